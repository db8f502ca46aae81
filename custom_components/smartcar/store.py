"""What survives a restart: the cars of an application, their last signals, and the evidence."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
import logging
from pathlib import Path
from typing import Self

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import UnsupportedStorageVersionError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .api import Connection, InvalidResponseError, Json, JsonObject, Vehicle
from .api.reading import (
    optional_integer,
    optional_list,
    optional_object,
    optional_text,
    optional_time,
    required_object,
    required_text,
)
from .budget import ApplicationBucket, Budget, Ledger
from .const import DOMAIN
from .vehicle import VehicleState

_LOGGER = logging.getLogger(__name__)

_VERSION = 1
_SAVE_DELAY = 30


@dataclass(slots=True, kw_only=True)
class PushLog:
    """What is remembered of the deliveries.

    `seen` are the events of the last hour, by id; `counts` is how many deliveries there were of
    each kind; `rejected` counts those that were not signed, which change nothing else.
    `webhook_id` is the id that Smartcar gave to the webhook which leads here.
    """

    seen: dict[str, datetime] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    last_delivery: datetime | None = None
    webhook_id: str | None = None
    rejected: int = 0
    rejected_in_a_row: int = 0

    def as_json(self) -> dict[str, Json]:
        """Return what the store keeps."""
        return {
            "seen": {event_id: at.isoformat() for event_id, at in self.seen.items()},
            "counts": dict(self.counts),
            "last_delivery": self.last_delivery.isoformat() if self.last_delivery else None,
            "webhook_id": self.webhook_id,
            "rejected": self.rejected,
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what the store kept."""
        data = optional_object(value)
        return cls(
            seen=_times(data.get("seen")),
            counts=Counter(
                {
                    kind: count
                    for kind, value in optional_object(data.get("counts")).items()
                    if (count := optional_integer(value))
                }
            ),
            last_delivery=optional_time(data.get("last_delivery")),
            webhook_id=optional_text(data.get("webhook_id")),
            rejected=optional_integer(data.get("rejected")) or 0,
        )


@dataclass(slots=True, kw_only=True)
class StoredAccount:
    """The content of the store.

    `listed_at` is when the connections were last listed completely; `missing` holds since when
    a car has not been among them. `ledgers` hold what each car has spent and `bucket` what all have;
    the budgets of the ledgers are for whoever loads them to set.
    """

    connections: dict[str, Connection] = field(default_factory=dict)
    listed_at: datetime | None = None
    missing: dict[str, datetime] = field(default_factory=dict)
    vehicles: dict[str, VehicleState] = field(default_factory=dict)
    push: PushLog = field(default_factory=PushLog)
    bucket: ApplicationBucket = field(default_factory=ApplicationBucket)
    ledgers: dict[str, Ledger] = field(default_factory=dict)


class AccountStore:
    """The one write path to disk of an entry."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Name the file; nothing is read yet."""
        self._hass = hass
        self._entry_id = entry_id
        self._store = Store[dict[str, Json]](
            hass, _VERSION, f"{DOMAIN}.{entry_id}", private=True, atomic_writes=True
        )
        self._is_save_pending = False
        self._is_closed = False

    async def async_load(self) -> StoredAccount:
        """Return what was kept; an empty account if there is nothing or it cannot be used.

        A file that is corrupt or of a newer version is set aside and reported, never fatal.
        """
        try:
            data = await self._store.async_load()
            return StoredAccount() if data is None else _account_from_json(data)
        # What has no version, or no object in it, is no file of ours either.
        except UnsupportedStorageVersionError, InvalidResponseError, LookupError, TypeError:
            await self._async_set_aside()
            return StoredAccount()

    def schedule_save(self, account: Callable[[], StoredAccount]) -> None:
        """Save within half a minute, and when Home Assistant stops.

        A save that is due is not put off by another: a stream of pushes must not keep everything
        in memory.
        """
        if self._is_save_pending or self._is_closed:
            return
        self._is_save_pending = True

        def serialise() -> dict[str, Json]:
            self._is_save_pending = False
            return _account_as_json(account())

        self._store.async_delay_save(serialise, _SAVE_DELAY)

    async def async_close(self, account: StoredAccount) -> None:
        """Save now, and nothing any more: the entry is unloaded, and its file may be deleted."""
        self._is_closed = True
        await self._store.async_save(_account_as_json(account))

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    async def _async_set_aside(self) -> None:
        path = Path(self._store.path)
        kept = path.with_name(f"{path.name}.set-aside.{dt_util.utcnow():%Y%m%dT%H%M%S}")
        await self._hass.async_add_executor_job(path.replace, kept)
        _LOGGER.warning("The stored data could not be used and was set aside")
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            f"store_set_aside_{self._entry_id}",
            is_fixable=False,
            is_persistent=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key="store_set_aside",
            translation_placeholders={"file": kept.name},
            data={"entry_id": self._entry_id},
        )


def _account_as_json(account: StoredAccount) -> dict[str, Json]:
    return {
        "connections": [_connection_as_json(item) for item in account.connections.values()],
        "listed_at": account.listed_at.isoformat() if account.listed_at else None,
        "missing": {key: since.isoformat() for key, since in account.missing.items()},
        "vehicles": {key: state.as_json() for key, state in account.vehicles.items()},
        "push": account.push.as_json(),
        "bucket": account.bucket.as_json(),
        "ledgers": {key: ledger.as_json() for key, ledger in account.ledgers.items()},
    }


def _account_from_json(value: Json) -> StoredAccount:
    data = required_object(value, "data")
    connections = map(_connection_from_json, optional_list(data.get("connections")))
    bucket = ApplicationBucket.from_json(data.get("bucket"))
    return StoredAccount(
        connections={connection.vehicle_id: connection for connection in connections},
        listed_at=optional_time(data.get("listed_at")),
        missing=_times(data.get("missing")),
        vehicles={
            key: VehicleState.from_json(value)
            for key, value in required_object(data.get("vehicles"), "vehicles").items()
        },
        push=PushLog.from_json(data.get("push")),
        bucket=bucket,
        ledgers={
            key: Ledger.from_json(value, Budget(), bucket)
            for key, value in optional_object(data.get("ledgers")).items()
        },
    )


def _times(value: Json) -> dict[str, datetime]:
    times = {key: optional_time(time) for key, time in optional_object(value).items()}
    return {key: time for key, time in times.items() if time is not None}


def _connection_as_json(connection: Connection) -> JsonObject:
    vehicle = connection.vehicle
    return {
        "id": connection.id,
        "user_id": connection.user_id,
        "permissions": sorted(connection.permissions),
        "updated_at": connection.updated_at.isoformat() if connection.updated_at else None,
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
