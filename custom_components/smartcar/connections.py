"""The connections of an application, in whose name requests are sent, and which cars are gone. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from .api import (
    ConnectedVehicle,
    Connection,
    InvalidResponseError,
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
_NEVER: Final = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class VehicleConnections:
    """The connections of one vehicle, at least one: two owners can share it.

    Reads are sent in the name that grants most read permissions, commands in a name that has the
    permission. Among equals the newest connection counts.
    """

    by_preference: tuple[Connection, ...]

    @classmethod
    def of(cls, connections: Iterable[Connection]) -> Self:
        """Sort the connections of one vehicle, newest first, by preference for reading."""
        return cls(tuple(sorted(connections, key=_preference, reverse=True)))

    @property
    def reading(self) -> Connection:
        """The connection in whose name the vehicle is read and subscribed."""
        return self.by_preference[0]

    @property
    def vehicle_id(self) -> str:
        """The vehicle's id."""
        return self.reading.vehicle_id

    @property
    def vehicle(self) -> Vehicle:
        """Make, model and year."""
        return self.reading.vehicle

    @property
    def permissions(self) -> frozenset[str]:
        """What any of the owners has granted."""
        return frozenset[str]().union(*(item.permissions for item in self.by_preference))

    @property
    def consented_at(self) -> datetime | None:
        """When an owner gave consent last."""
        return max(
            (item.updated_at for item in self.by_preference if item.updated_at), default=None
        )

    @property
    def consents(self) -> frozenset[tuple[str, datetime | None, frozenset[str]]]:
        """What changes when any of the owners gives or takes consent."""
        return frozenset(
            (item.user_id, item.updated_at, item.permissions) for item in self.by_preference
        )

    def prefer(self, reader: ConnectedVehicle) -> Self:
        """Return the same connections, to be read in this name first."""
        first = [item for item in self.by_preference if item.connected_vehicle == reader]
        others = [item for item in self.by_preference if item.connected_vehicle != reader]
        return type(self)((*first, *others))

    def readers(self) -> tuple[ConnectedVehicle, ...]:
        """Return the names in which the vehicle can be read, in the order to try."""
        return tuple(item.connected_vehicle for item in self.by_preference)

    def commanders(self, permission: str) -> tuple[ConnectedVehicle, ...]:
        """Return the names in which a command can be sent, in the order to try; never none."""
        granting = [item for item in self.by_preference if permission in item.permissions]
        newest_first = sorted(granting, key=_consented_at, reverse=True)
        return tuple(item.connected_vehicle for item in newest_first) or self.readers()[:1]

    def granted_by_others(self, user_id: str) -> frozenset[str]:
        """Return the permissions that only other owners than this one have granted."""
        own = frozenset[str]().union(
            *(item.permissions for item in self.by_preference if item.user_id == user_id)
        )
        return self.permissions - own


def _preference(connection: Connection) -> tuple[int, datetime]:
    reads = sum(permission.startswith("read_") for permission in connection.permissions)
    return reads, _consented_at(connection)


def _consented_at(connection: Connection) -> datetime:
    return connection.updated_at or _NEVER


@dataclass(slots=True, kw_only=True)
class Connections:
    """The connections by vehicle id.

    `listed_at` is when they were last listed completely. `missing` is since when a vehicle has not
    been among them.
    """

    by_vehicle: dict[str, VehicleConnections] = field(default_factory=dict)
    listed_at: datetime | None = None
    missing: dict[str, datetime] = field(default_factory=dict)

    def apply(self, listing: Listing[Connection], now: datetime) -> None:
        """Record a listing. An incomplete one proves nothing about what it lacks."""
        present: dict[str, list[Connection]] = defaultdict(list)
        # The list begins with the newest connection; the vehicles come as they were connected.
        for connection in reversed(listing):
            present[connection.vehicle_id].append(connection)
        for vehicle_id, connections in present.items():
            known = self.by_vehicle.get(vehicle_id)
            if known is not None and not listing.complete:
                listed = {connection.id for connection in connections}
                connections += [item for item in known.by_preference if item.id not in listed]
            self.by_vehicle[vehicle_id] = VehicleConnections.of(reversed(connections))
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
            "connections": [
                _connection_to_json(item)
                for connections in self.by_vehicle.values()
                for item in connections.by_preference
            ],
            "listed_at": time_to_json(self.listed_at),
            "missing": {key: time_to_json(since) for key, since in self.missing.items()},
        }

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Read what the store kept. A broken connection costs only itself."""
        by_vehicle: dict[str, list[Connection]] = defaultdict(list)
        for item in optional_list(data.get("connections")):
            try:
                connection = _connection_from_json(item)
            except InvalidResponseError:
                continue
            by_vehicle[connection.vehicle_id].append(connection)
        return cls(
            by_vehicle={key: VehicleConnections.of(items) for key, items in by_vehicle.items()},
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
