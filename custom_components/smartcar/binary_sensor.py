"""What is true or false of a vehicle: plugged in, charging, open, locked, faulty, ..."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import Closure, Position, SystemStatus, catalogue
from .api.catalogue import SignalType
from .commands import CONTROL_CHARGE, CONTROL_SECURITY
from .coordinator import SmartcarConfigEntry, VehicleCoordinator
from .entity import (
    SmartcarEntity,
    SmartcarEntityDescription,
    async_setup_entities,
    is_not_granted,
    position_key,
)
from .vehicle import VehicleState

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SmartcarBinarySensorDescription(SmartcarEntityDescription, BinarySensorEntityDescription):
    """A binary sensor."""

    is_on_fn: Callable[[VehicleState], bool | None]


def _true(
    key: str,
    signal: SignalType[bool],
    device_class: BinarySensorDeviceClass | None = None,
    *,
    category: EntityCategory | None = None,
    enabled: bool = True,
    exists_fn: Callable[[VehicleCoordinator], bool] = lambda _: True,
) -> SmartcarBinarySensorDescription:
    """Return the row of a signal that is true or false itself."""
    return SmartcarBinarySensorDescription(
        key=key,
        device_class=device_class,
        signals=(signal,),
        exists_fn=exists_fn,
        is_on_fn=lambda state: state.value(signal),
        entity_category=category,
        entity_registry_enabled_default=enabled,
    )


def _open(
    key: str, signal: SignalType[Closure], device_class: BinarySensorDeviceClass
) -> SmartcarBinarySensorDescription:
    """Return the row that tells whether something is open."""

    def is_open(state: VehicleState) -> bool | None:
        closure = state.value(signal)
        return closure.is_open if closure else None

    return SmartcarBinarySensorDescription(
        key=key,
        device_class=device_class,
        signals=(signal,),
        exists_fn=lambda vehicle: is_open(vehicle.data) is not None,
        is_on_fn=is_open,
    )


def _unlocked(key: str, signal: SignalType[Closure]) -> SmartcarBinarySensorDescription:
    """Return the row that tells whether something is unlocked."""

    def is_unlocked(state: VehicleState) -> bool | None:
        closure = state.value(signal)
        return _not(closure.is_locked if closure else None)

    return SmartcarBinarySensorDescription(
        key=key,
        device_class=BinarySensorDeviceClass.LOCK,
        signals=(signal,),
        exists_fn=lambda vehicle: is_unlocked(vehicle.data) is not None,
        is_on_fn=is_unlocked,
    )


def _problem(key: str, signal: SignalType[SystemStatus]) -> SmartcarBinarySensorDescription:
    """Return the row of a system that diagnoses itself."""

    def status(state: VehicleState) -> SystemStatus | None:
        return state.value(signal)

    return SmartcarBinarySensorDescription(
        key=f"diagnostics_{key}",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        signals=(signal,),
        is_on_fn=lambda state: found.is_alert if (found := status(state)) else None,
        attributes_fn=lambda state: {
            "description": found.description if (found := status(state)) else None
        },
    )


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


# Disabled by default: rare values, and values that another entity shows better.
BINARY_SENSORS = (
    _true("asleep", catalogue.IS_ASLEEP, category=EntityCategory.DIAGNOSTIC),
    _true("at_home", catalogue.IS_AT_HOME, BinarySensorDeviceClass.PRESENCE, enabled=False),
    _true(
        "battery_heater_active", catalogue.IS_BATTERY_HEATER_ACTIVE, BinarySensorDeviceClass.HEAT
    ),
    _true("charge_cable_latched", catalogue.IS_CABLE_LATCHED, enabled=False),
    _true(
        "charge_fast_charger_present",
        catalogue.IS_FAST_CHARGER_PRESENT,
        category=EntityCategory.DIAGNOSTIC,
    ),
    _true(
        # If the user may open it, there is a cover entity instead.
        "charge_port",
        catalogue.IS_CHARGE_PORT_OPEN,
        BinarySensorDeviceClass.OPENING,
        exists_fn=is_not_granted(CONTROL_CHARGE),
    ),
    _true("charging", catalogue.IS_CHARGING, BinarySensorDeviceClass.BATTERY_CHARGING),
    _problem("abs", catalogue.ABS),
    _problem("active_safety", catalogue.ACTIVE_SAFETY),
    _problem("airbag", catalogue.AIRBAG),
    _problem("brake_fluid", catalogue.BRAKE_FLUID),
    _problem("driver_assistance", catalogue.DRIVER_ASSISTANCE),
    _problem("emissions", catalogue.EMISSIONS),
    _problem("ev_battery_conditioning", catalogue.EV_BATTERY_CONDITIONING),
    _problem("ev_charging", catalogue.EV_CHARGING),
    _problem("ev_drive_unit", catalogue.EV_DRIVE_UNIT),
    _problem("ev_hv_battery", catalogue.EV_HV_BATTERY),
    _problem("lighting", catalogue.LIGHTING),
    _problem("mil", catalogue.MALFUNCTION_INDICATOR),
    _problem("oil_life", catalogue.OIL_LIFE_STATUS),
    _problem("oil_pressure", catalogue.OIL_PRESSURE),
    _problem("oil_temperature", catalogue.OIL_TEMPERATURE),
    _problem("telematics", catalogue.TELEMATICS),
    _problem("tire_pressure", catalogue.TIRE_PRESSURE_STATUS),
    _problem("tire_pressure_monitoring", catalogue.TIRE_PRESSURE_MONITORING),
    _problem("transmission", catalogue.TRANSMISSION),
    _problem("washer_fluid", catalogue.WASHER_FLUID),
    _problem("water_in_fuel", catalogue.WATER_IN_FUEL),
    _true(
        "digital_key_paired",
        catalogue.IS_DIGITAL_KEY_PAIRED,
        category=EntityCategory.DIAGNOSTIC,
        enabled=False,
    ),
    SmartcarBinarySensorDescription(
        # If the user may lock, there is a lock entity instead.
        key="door_lock",
        device_class=BinarySensorDeviceClass.LOCK,
        signals=(catalogue.IS_LOCKED,),
        exists_fn=is_not_granted(CONTROL_SECURITY),
        is_on_fn=lambda state: _not(state.value(catalogue.IS_LOCKED)),
    ),
    _open("engine_cover", catalogue.ENGINE_COVER, BinarySensorDeviceClass.OPENING),
    _true("front_defroster", catalogue.IS_FRONT_DEFROSTER_ACTIVE, BinarySensorDeviceClass.HEAT),
    _open("front_trunk", catalogue.FRONT_TRUNK, BinarySensorDeviceClass.OPENING),
    _unlocked("front_trunk_lock", catalogue.FRONT_TRUNK),
    _true("hvac_active", catalogue.IS_CABIN_HVAC_ACTIVE, BinarySensorDeviceClass.RUNNING),
    _true("in_service", catalogue.IS_IN_SERVICE, enabled=False),
    _true(
        "online",
        catalogue.IS_ONLINE,
        BinarySensorDeviceClass.CONNECTIVITY,
        category=EntityCategory.DIAGNOSTIC,
    ),
    _true("plug_status", catalogue.IS_CABLE_CONNECTED, BinarySensorDeviceClass.PLUG),
    _true("rear_defroster", catalogue.IS_REAR_DEFROSTER_ACTIVE, BinarySensorDeviceClass.HEAT),
    _open("rear_trunk", catalogue.REAR_TRUNK, BinarySensorDeviceClass.OPENING),
    _unlocked("rear_trunk_lock", catalogue.REAR_TRUNK),
    _true("steering_heater", catalogue.IS_STEERING_HEATER_ACTIVE, BinarySensorDeviceClass.HEAT),
    _open("sunroof", catalogue.SUNROOF, BinarySensorDeviceClass.WINDOW),
    _true("surveillance_enabled", catalogue.IS_SURVEILLANCE_ENABLED),
    _open("tailgate", catalogue.TAILGATE, BinarySensorDeviceClass.OPENING),
    _unlocked("tailgate_lock", catalogue.TAILGATE),
)


def _descriptions(state: VehicleState) -> Iterable[SmartcarBinarySensorDescription]:
    """Return the table, and rows for each door and window that the vehicle has."""
    yield from BINARY_SENSORS
    for position in state.positions(catalogue.DOORS):
        yield _at("door", position, catalogue.DOORS, BinarySensorDeviceClass.DOOR)
        yield _at("door", position, catalogue.DOORS, BinarySensorDeviceClass.LOCK, "_lock")
    for position in state.positions(catalogue.WINDOWS):
        yield _at("window", position, catalogue.WINDOWS, BinarySensorDeviceClass.WINDOW)


def _at(
    part: str,
    position: Position,
    signal: SignalType[Mapping[Position, Closure]],
    device_class: BinarySensorDeviceClass,
    suffix: str = "",
) -> SmartcarBinarySensorDescription:
    """Return the row of one door or window, or of its lock."""

    def is_on(state: VehicleState) -> bool | None:
        closure = (state.value(signal) or {}).get(position, Closure())
        return _not(closure.is_locked) if suffix else closure.is_open

    key, placeholders = position_key(part, position, suffix)
    return SmartcarBinarySensorDescription(
        key=key.unique,
        translation_key=key.translation,
        translation_placeholders=placeholders,
        device_class=device_class,
        signals=(signal,),
        exists_fn=lambda vehicle: is_on(vehicle.data) is not None,
        is_on_fn=is_on,
    )


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartcarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the binary sensors."""
    async_setup_entities(
        entry, async_add_entities, "binary_sensor", _descriptions, SmartcarBinarySensor
    )


class SmartcarBinarySensor(SmartcarEntity, BinarySensorEntity):
    """Shows something that is true or false of a vehicle."""

    entity_description: SmartcarBinarySensorDescription

    @property
    @override
    def is_on(self) -> bool | None:
        return self.entity_description.is_on_fn(self.vehicle_state)
