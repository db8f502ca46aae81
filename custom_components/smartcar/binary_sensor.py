"""What a car is or is not: plugged in, charging, locked, ..."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.signals import IS_CABLE_CONNECTED, IS_CHARGING, SignalType
from .coordinator import SmartcarConfigEntry
from .entity import SmartcarEntity, SmartcarEntityDescription, async_setup_entities
from .vehicle import VehicleState

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SmartcarBinarySensorDescription(SmartcarEntityDescription, BinarySensorEntityDescription):
    """A binary sensor."""

    is_on_fn: Callable[[VehicleState], bool | None]


def _row(
    key: str, signal: SignalType[bool], device_class: BinarySensorDeviceClass | None = None
) -> SmartcarBinarySensorDescription:
    """Return the row of a signal that is true or false itself."""
    return SmartcarBinarySensorDescription(
        key=key,
        device_class=device_class,
        signals=(signal,),
        is_on_fn=lambda car: car.value(signal),
    )


BINARY_SENSORS = (
    _row("charging", IS_CHARGING, BinarySensorDeviceClass.BATTERY_CHARGING),
    _row("plug_status", IS_CABLE_CONNECTED, BinarySensorDeviceClass.PLUG),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartcarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the binary sensors."""
    async_setup_entities(
        entry, async_add_entities, "binary_sensor", BINARY_SENSORS, SmartcarBinarySensor
    )


class SmartcarBinarySensor(SmartcarEntity, BinarySensorEntity):
    """Shows something that a car is or is not."""

    entity_description: SmartcarBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        return self.entity_description.is_on_fn(self.car)
