"""The lock of a vehicle."""

from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.lock import LockEntity, LockEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.catalogue import IS_LOCKED, SignalType
from .commands import LOCK, UNLOCK, CommandType
from .coordinator import SmartcarConfigEntry
from .entity import SmartcarControl, SmartcarControlDescription, async_setup_entities

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SmartcarLockDescription(SmartcarControlDescription, LockEntityDescription):
    """A lock: the signal that shows it, and its two commands."""

    signal: SignalType[bool]
    lock: CommandType[[]]
    unlock: CommandType[[]]

    @property
    @override
    def commands(self) -> tuple[CommandType[...], ...]:
        return self.lock, self.unlock


LOCKS = (
    SmartcarLockDescription(
        key="door_lock",
        signal=IS_LOCKED,
        # Some vehicles can be locked but do not report it: the permission is enough.
        watches=frozenset({IS_LOCKED.code}),
        lock=LOCK,
        unlock=UNLOCK,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartcarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the locks."""
    async_setup_entities(entry, async_add_entities, "lock", LOCKS, SmartcarLock)


class SmartcarLock(SmartcarControl, LockEntity):
    """Locks and unlocks the doors."""

    entity_description: SmartcarLockDescription

    @property
    @override
    def is_locked(self) -> bool | None:
        return self.vehicle_state.value(self.entity_description.signal)

    @property
    @override
    def assumed_state(self) -> bool:
        return self.vehicle_state.stored(self.entity_description.signal) is None

    @property
    @override
    def is_locking(self) -> bool:
        return self._pending is True

    @property
    @override
    def is_unlocking(self) -> bool:
        return self._pending is False

    @override
    async def async_lock(self, **kwargs: Any) -> None:
        await self.async_command(self.entity_description.lock)

    @override
    async def async_unlock(self, **kwargs: Any) -> None:
        await self.async_command(self.entity_description.unlock)
