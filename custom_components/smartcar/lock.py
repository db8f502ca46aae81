"""The lock of a car."""

from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.lock import LockEntity, LockEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import SmartcarClient
from .api.signals import IS_LOCKED
from .coordinator import SmartcarConfigEntry
from .entity import SmartcarEntity, SmartcarEntityDescription, async_setup_entities
from .vehicle import Command

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SmartcarLockDescription(SmartcarEntityDescription, LockEntityDescription):
    """A lock."""


LOCKS = (
    SmartcarLockDescription(
        key="door_lock",
        # Some cars can be locked but do not tell whether they are: the permission is enough.
        watches=frozenset({IS_LOCKED.code}),
        permission="control_security",
        commands=(Command.LOCK, Command.UNLOCK),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartcarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the locks."""
    async_setup_entities(entry, async_add_entities, "lock", LOCKS, SmartcarLock)


class SmartcarLock(SmartcarEntity, LockEntity):
    """Locks and unlocks the doors."""

    entity_description: SmartcarLockDescription

    @property
    @override
    def is_locked(self) -> bool | None:
        return self.car.value(IS_LOCKED)

    @property
    @override
    def assumed_state(self) -> bool:
        return self.car.held(IS_LOCKED) is None

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
        await self.async_command(
            Command.LOCK, SmartcarClient.lock, (IS_LOCKED, {"value": True}), pending=True
        )

    @override
    async def async_unlock(self, **kwargs: Any) -> None:
        await self.async_command(
            Command.UNLOCK, SmartcarClient.unlock, (IS_LOCKED, {"value": False}), pending=False
        )
