"""What survives a restart: an application's connections, vehicles, deliveries and requests."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
import logging
from pathlib import Path
from typing import Self

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import UnsupportedStorageVersionError
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util

from .api import (
    InvalidResponseError,
    Json,
    optional_integer,
    optional_object,
    optional_text,
    optional_time,
    required_object,
    time_to_json,
)
from .budget import ApplicationBucket, Budget, Ledger
from .connections import Connections, times_from_json
from .const import DOMAIN
from .issues import async_raise_store_set_aside
from .vehicle import VehicleState

_LOGGER = logging.getLogger(__name__)

_VERSION = 1
_SAVE_DELAY = 30


@dataclass(slots=True, kw_only=True)
class PushLog:
    """What is remembered of the deliveries.

    `seen` are the events of the last hour, by id. `counts` is the number of deliveries of each
    kind. `rejected` counts unsigned deliveries, which change nothing else. `webhook_id` is
    Smartcar's id of the webhook that delivers here.
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
            "seen": {event_id: time_to_json(seen_at) for event_id, seen_at in self.seen.items()},
            "counts": dict(self.counts),
            "last_delivery": time_to_json(self.last_delivery),
            "webhook_id": self.webhook_id,
            "rejected": self.rejected,
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what the store kept."""
        data = optional_object(value)
        return cls(
            seen=times_from_json(data.get("seen")),
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
class StoredApplication:
    """The content of the store.

    `ledgers` count the requests of each vehicle, and `bucket` those of all. Whoever loads the ledgers
    sets their budgets.
    """

    connections: Connections = field(default_factory=Connections)
    vehicles: dict[str, VehicleState] = field(default_factory=dict)
    push: PushLog = field(default_factory=PushLog)
    bucket: ApplicationBucket = field(default_factory=ApplicationBucket)
    ledgers: dict[str, Ledger] = field(default_factory=dict)


class ApplicationStore:
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

    async def async_load(self) -> StoredApplication:
        """Return what was kept; an empty application if there is nothing or it cannot be used.

        A file that is corrupt or of a newer version is set aside and reported, never fatal.
        """
        try:
            data = await self._store.async_load()
            return StoredApplication() if data is None else _application_from_json(data)
        # A file without a version or an object was not written by this store either.
        except UnsupportedStorageVersionError, InvalidResponseError, LookupError, TypeError:
            await self._async_set_aside()
            return StoredApplication()

    def schedule_save(self, application: Callable[[], StoredApplication]) -> None:
        """Save within half a minute, and when Home Assistant stops.

        A later call does not delay a save that is due: a stream of pushes must not keep
        everything in memory.
        """
        if self._is_save_pending or self._is_closed:
            return
        self._is_save_pending = True

        def serialize() -> dict[str, Json]:
            self._is_save_pending = False
            return _application_as_json(application())

        self._store.async_delay_save(serialize, _SAVE_DELAY)

    async def async_close(self, application: StoredApplication) -> None:
        """Save now, and never again: the entry is unloaded, and its file may be deleted."""
        self._is_closed = True
        await self._store.async_save(_application_as_json(application))

    async def async_remove(self) -> None:
        """Delete the file."""
        await self._store.async_remove()

    async def _async_set_aside(self) -> None:
        path = Path(self._store.path)
        kept = path.with_name(f"{path.name}.set-aside.{dt_util.utcnow():%Y%m%dT%H%M%S}")
        await self._hass.async_add_executor_job(path.replace, kept)
        _LOGGER.warning("The stored data could not be used and was set aside")
        async_raise_store_set_aside(self._hass, self._entry_id, kept.name)


def _application_as_json(application: StoredApplication) -> dict[str, Json]:
    return {
        **application.connections.as_json(),
        "vehicles": {key: state.as_json() for key, state in application.vehicles.items()},
        "push": application.push.as_json(),
        "bucket": application.bucket.as_json(),
        "ledgers": {key: ledger.as_json() for key, ledger in application.ledgers.items()},
    }


def _application_from_json(value: Json) -> StoredApplication:
    data = required_object(value, "data")
    bucket = ApplicationBucket.from_json(data.get("bucket"))
    return StoredApplication(
        connections=Connections.from_json(data),
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
