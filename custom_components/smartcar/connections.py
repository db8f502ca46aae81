"""The connections of an application, and which vehicles are gone. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self

from .api import (
    Connection,
    Json,
    JsonObject,
    Listing,
    Vehicle,
    optional_list,
    optional_object,
    optional_text,
    optional_time,
    required_object,
    required_text,
    time_to_json,
)

CONNECTIONS_INTERVAL: Final = timedelta(hours=1)
# Two lists that are an hour apart can arrive a little closer to each other.
_TOLERANCE: Final = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Connections:
    """The connections by vehicle id.

    `listed_at` is when they were last listed completely. `missing` is since when a vehicle has not
    been among them.
    """

    by_vehicle: dict[str, Connection] = field(default_factory=dict)
    listed_at: datetime | None = None
    missing: dict[str, datetime] = field(default_factory=dict)

    def apply(self, listing: Listing[Connection], now: datetime) -> None:
        """Record a listing. An incomplete one proves nothing about the vehicles it lacks."""
        # The newest comes first: of two owners' connections of one vehicle, that one counts.
        present = {connection.vehicle_id: connection for connection in reversed(listing)}
        self.by_vehicle = {**self.by_vehicle, **present}
        if not listing.complete:
            return
        self.listed_at = now
        for vehicle_id in self.by_vehicle:
            if vehicle_id in present:
                self.missing.pop(vehicle_id, None)
            else:
                self.missing.setdefault(vehicle_id, now)

    def is_gone(self, vehicle_id: str) -> bool:
        """Tell whether two complete listings, an hour apart, lack the vehicle."""
        since = self.missing.get(vehicle_id)
        if since is None or self.listed_at is None:
            return False
        return self.listed_at - since >= CONNECTIONS_INTERVAL - _TOLERANCE

    def forget(self, vehicle_id: str) -> None:
        """Drop a vehicle."""
        self.by_vehicle.pop(vehicle_id, None)
        self.missing.pop(vehicle_id, None)

    def as_json(self) -> dict[str, Json]:
        """Return what the store keeps, as parts of its document."""
        return {
            "connections": [_connection_to_json(item) for item in self.by_vehicle.values()],
            "listed_at": time_to_json(self.listed_at),
            "missing": {key: time_to_json(since) for key, since in self.missing.items()},
        }

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Read what the store kept. Raises InvalidResponseError for a broken connection."""
        connections = map(_connection_from_json, optional_list(data.get("connections")))
        return cls(
            by_vehicle={connection.vehicle_id: connection for connection in connections},
            listed_at=optional_time(data.get("listed_at")),
            missing=times_from_json(data.get("missing")),
        )


def times_from_json(value: Json) -> dict[str, datetime]:
    """Return the times of an object whose values are times; what is none is left out."""
    times = {key: optional_time(time) for key, time in optional_object(value).items()}
    return {key: time for key, time in times.items() if time is not None}


def _connection_to_json(connection: Connection) -> Mapping[str, Json]:
    vehicle = connection.vehicle
    return {
        "id": connection.id,
        "user_id": connection.user_id,
        "permissions": sorted(connection.permissions),
        "updated_at": time_to_json(connection.updated_at),
        "vehicle": {
            "id": vehicle.id,
            "make": vehicle.make,
            "model": vehicle.model,
            "year": vehicle.year,
            "powertrainType": vehicle.powertrain_type,
            "mode": vehicle.mode,
        },
    }


def _connection_from_json(value: Json) -> Connection:
    data = required_object(value, "connection")
    vehicle = required_object(data.get("vehicle"), "connection.vehicle")
    return Connection(
        id=required_text(data.get("id"), "connection.id"),
        user_id=required_text(data.get("user_id"), "connection.user_id"),
        vehicle=Vehicle.from_json(required_text(vehicle.get("id"), "vehicle.id"), vehicle),
        permissions=frozenset(
            text for item in optional_list(data.get("permissions")) if (text := optional_text(item))
        ),
        updated_at=optional_time(data.get("updated_at")),
    )
