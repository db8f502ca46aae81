"""The switch that starts and stops charging."""

from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.switch import SwitchDeviceClass, SwitchEntity, SwitchEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.catalogue import IS_CHARGING, SignalType
from .commands import START_CHARGE, STOP_CHARGE, CommandType
from .coordinator import SmartcarConfigEntry
from .entity import (
    SmartcarControl,
    SmartcarControlDescription,
    async_setup_entities,
    can_be_charged,
)

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SmartcarSwitchDescription(SmartcarControlDescription, SwitchEntityDescription):
    """A switch: the signal that shows it, and its two commands."""

    signal: SignalType[bool]
    turn_on: CommandType[[]]
    turn_off: CommandType[[]]

    @property
    @override
    def commands(self) -> tuple[CommandType[...], ...]:
        return self.turn_on, self.turn_off


SWITCHES = (
    SmartcarSwitchDescription(
        key="charging",
        device_class=SwitchDeviceClass.SWITCH,
        signal=IS_CHARGING,
        watches=frozenset({IS_CHARGING.code}),
        exists_fn=can_be_charged,
        turn_on=START_CHARGE,
        turn_off=STOP_CHARGE,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartcarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the switches."""
    async_setup_entities(entry, async_add_entities, "switch", SWITCHES, SmartcarSwitch)


class SmartcarSwitch(SmartcarControl, SwitchEntity):
    """Starts and stops charging."""

    entity_description: SmartcarSwitchDescription

    @property
    @override
    def is_on(self) -> bool | None:
        if self._pending is not None:
            return bool(self._pending)
        return self.vehicle_state.value(self.entity_description.signal)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self.async_command(self.entity_description.turn_on)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self.async_command(self.entity_description.turn_off)
