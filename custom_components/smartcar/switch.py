"""The switch that starts and stops charging."""

from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.switch import SwitchDeviceClass, SwitchEntity, SwitchEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import SmartcarClient
from .api.signals import IS_CHARGING
from .coordinator import SmartcarConfigEntry
from .entity import SmartcarEntity, SmartcarEntityDescription, async_setup_entities, can_be_charged
from .vehicle import Command

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SmartcarSwitchDescription(SmartcarEntityDescription, SwitchEntityDescription):
    """A switch."""


SWITCHES = (
    SmartcarSwitchDescription(
        key="charging",
        device_class=SwitchDeviceClass.SWITCH,
        watches=frozenset({IS_CHARGING.code}),
        exists_fn=can_be_charged,
        permission="control_charge",
        commands=(Command.START_CHARGE, Command.STOP_CHARGE),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartcarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the switches."""
    async_setup_entities(entry, async_add_entities, "switch", SWITCHES, SmartcarSwitch)


class SmartcarSwitch(SmartcarEntity, SwitchEntity):
    """Starts and stops charging; shows what was asked for while the car is being told."""

    entity_description: SmartcarSwitchDescription

    @property
    @override
    def is_on(self) -> bool | None:
        return self.car.value(IS_CHARGING) if self._pending is None else bool(self._pending)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        await self.async_command(
            Command.START_CHARGE,
            SmartcarClient.start_charge,
            (IS_CHARGING, {"value": True}),
            pending=True,
        )

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self.async_command(
            Command.STOP_CHARGE,
            SmartcarClient.stop_charge,
            (IS_CHARGING, {"value": False}),
            pending=False,
        )
