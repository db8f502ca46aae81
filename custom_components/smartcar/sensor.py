"""What can be measured or named about a car."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import PERCENTAGE, EntityCategory, UnitOfLength, UnitOfVolume
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.signals import (
    BATTERY_RANGE,
    DETAILED_CHARGING_STATUS,
    FUEL_AMOUNT,
    FUEL_LEVEL,
    FUEL_RANGE,
    IS_CABLE_CONNECTED,
    IS_CHARGING,
    LOW_VOLTAGE_STATE_OF_CHARGE,
    ODOMETER,
    OIL_LIFE,
    STATE_OF_CHARGE,
    SignalType,
)
from .coordinator import DATA_FROM_CAR, LAST_CONTACT, SmartcarConfigEntry
from .entity import SmartcarEntity, SmartcarEntityDescription, async_setup_entities
from .vehicle import VehicleState

PARALLEL_UPDATES = 0

type SensorValue = float | str | datetime | None


@dataclass(frozen=True, kw_only=True)
class SmartcarSensorDescription(SmartcarEntityDescription, SensorEntityDescription):
    """A sensor."""

    value_fn: Callable[[VehicleState], SensorValue]
    attributes_fn: Callable[[VehicleState], Mapping[str, object]] | None = None


class ChargingState(StrEnum):
    """One charging status for whoever wants only one. docs/charging-state.md maps it."""

    DISCONNECTED = "disconnected"
    CONNECTED = "connected"
    CHARGING = "charging"
    COMPLETE = "complete"
    FAULT = "fault"


def charging_state(car: VehicleState) -> ChargingState | None:
    """Derive the status from cable, charging and the vendor's text: the plainest word wins.

    A car that says it charges does; the text tells complete and fault apart only while it does
    not, since makers leave it behind.
    """
    text = car.value(DETAILED_CHARGING_STATUS) or ""
    is_connected = car.value(IS_CABLE_CONNECTED)
    is_charging = car.value(IS_CHARGING)
    if is_charging is None and is_connected is not False:
        is_charging = True if text == "CHARGING" else None
    if is_charging:
        return ChargingState.CHARGING
    if "FAULT" in text or "ERROR" in text:
        return ChargingState.FAULT
    if is_connected is False:
        return ChargingState.DISCONNECTED
    if text in {"FULLY_CHARGED", "COMPLETE", "COMPLETED", "CHARGING_COMPLETE"}:
        return ChargingState.COMPLETE
    if is_connected:
        return ChargingState.CONNECTED
    return None


def _measured(
    key: str,
    signal: SignalType[float],
    unit: str,
    device_class: SensorDeviceClass | None = None,
    *,
    precision: int = 0,
    state_class: SensorStateClass = SensorStateClass.MEASUREMENT,
) -> SmartcarSensorDescription:
    """Return the row of a signal that is a number itself."""
    return SmartcarSensorDescription(
        key=key,
        signals=(signal,),
        value_fn=lambda car: car.value(signal),
        device_class=device_class,
        native_unit_of_measurement=unit,
        state_class=state_class,
        suggested_display_precision=precision,
    )


SENSORS = (
    _measured("battery_level", STATE_OF_CHARGE, PERCENTAGE, SensorDeviceClass.BATTERY),
    SmartcarSensorDescription(
        key="charging_state",
        signals=(IS_CHARGING, IS_CABLE_CONNECTED, DETAILED_CHARGING_STATUS),
        value_fn=charging_state,
        attributes_fn=lambda car: {"detailed_status": car.value(DETAILED_CHARGING_STATUS)},
        device_class=SensorDeviceClass.ENUM,
        options=list(ChargingState),
    ),
    SmartcarSensorDescription(
        key="data_from_car",
        watches=frozenset({DATA_FROM_CAR}),
        value_fn=lambda car: car.data_from_car,
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    _measured("engine_oil", OIL_LIFE, PERCENTAGE),
    _measured(
        "fuel",
        FUEL_AMOUNT,
        UnitOfVolume.LITERS,
        SensorDeviceClass.VOLUME_STORAGE,
        precision=1,
    ),
    _measured("fuel_percent", FUEL_LEVEL, PERCENTAGE),
    _measured("fuel_range", FUEL_RANGE, UnitOfLength.KILOMETERS, SensorDeviceClass.DISTANCE),
    SmartcarSensorDescription(
        key="last_contact",
        watches=frozenset({LAST_CONTACT}),
        value_fn=lambda car: car.last_contact,
        device_class=SensorDeviceClass.TIMESTAMP,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    _measured(
        "low_voltage_battery_level",
        LOW_VOLTAGE_STATE_OF_CHARGE,
        PERCENTAGE,
        SensorDeviceClass.BATTERY,
    ),
    _measured(
        "odometer",
        ODOMETER,
        UnitOfLength.KILOMETERS,
        SensorDeviceClass.DISTANCE,
        state_class=SensorStateClass.TOTAL_INCREASING,
    ),
    _measured("range", BATTERY_RANGE, UnitOfLength.KILOMETERS, SensorDeviceClass.DISTANCE),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartcarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors."""
    async_setup_entities(entry, async_add_entities, "sensor", SENSORS, SmartcarSensor)


class SmartcarSensor(SmartcarEntity, SensorEntity):
    """Shows something measured or named."""

    entity_description: SmartcarSensorDescription

    @property
    @override
    def native_value(self) -> SensorValue:
        return self.entity_description.value_fn(self.car)

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, object] | None:
        attributes = self.entity_description.attributes_fn
        return attributes(self.car) if attributes else None
