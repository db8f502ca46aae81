"""The lock of a car."""

from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.lock import LockEntity, LockEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import SmartcarClient
from .api.signals import IS_LOCKED
from .coordinator import SmartcarConfigEntry
from .entity import (
    SmartcarEntity,
    SmartcarEntityDescription,
    async_send_command,
    async_setup_entities,
)
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

    @override
    async def async_lock(self, **kwargs: Any) -> None:
        await self._async_send(Command.LOCK, is_locked=True)

    @override
    async def async_unlock(self, **kwargs: Any) -> None:
        await self._async_send(Command.UNLOCK, is_locked=False)

    async def _async_send(self, command: Command, *, is_locked: bool) -> None:
        send = SmartcarClient.lock if is_locked else SmartcarClient.unlock
        self._attr_is_locking, self._attr_is_unlocking = is_locked, not is_locked
        self._commands_under_way += 1
        self.async_write_ha_state()
        try:
            await async_send_command(
                self.coordinator, command, send, (IS_LOCKED, {"value": is_locked})
            )
        finally:
            self._commands_under_way -= 1
            if not self._commands_under_way:
                self._attr_is_locking = self._attr_is_unlocking = False
            self.async_write_ha_state()
