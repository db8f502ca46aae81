"""What can be measured or named about a vehicle."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, override

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    EntityCategory,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfLength,
    UnitOfPower,
    UnitOfPressure,
    UnitOfRatio,
    UnitOfSpeed,
    UnitOfTemperature,
    UnitOfTime,
    UnitOfVolume,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from .api import ConnectorType, Position, catalogue
from .api.catalogue import SignalType
from .budget import situation_of
from .commands import CONTROL_CHARGE
from .coordinator import SmartcarConfigEntry, VehicleCoordinator
from .entity import (
    SmartcarEntity,
    SmartcarEntityDescription,
    async_setup_entities,
    has_push,
    is_not_granted,
    position_key,
    shorten,
)
from .vehicle import Change, ChargingState, VehicleState

PARALLEL_UPDATES = 0

type SensorValue = float | str | datetime | None


@dataclass(frozen=True, kw_only=True)
class SmartcarSensorDescription(SmartcarEntityDescription, SensorEntityDescription):
    """A sensor: one function for its value, out of the vehicle's state and requests.

    A calm one moves at most once an hour while the vehicle is driven or charged.
    """

    value_fn: Callable[[VehicleCoordinator], SensorValue]
    last_reset_fn: Callable[[VehicleState], datetime | None] = lambda _: None
    is_calm: bool = False


def _measured(
    key: str,
    signal: SignalType[float],
    unit: str | None,
    device_class: SensorDeviceClass | None = None,
    *,
    suggested_unit: str | None = None,
    precision: int = 0,
    state_class: SensorStateClass = SensorStateClass.MEASUREMENT,
    category: EntityCategory | None = None,
    enabled: bool = True,
) -> SmartcarSensorDescription:
    """Return the row of a signal that is a number itself."""
    return SmartcarSensorDescription(
        key=key,
        signals=(signal,),
        value_fn=lambda vehicle: vehicle.data.value(signal),
        device_class=device_class,
        native_unit_of_measurement=unit,
        suggested_unit_of_measurement=suggested_unit,
        state_class=state_class,
        suggested_display_precision=precision,
        entity_category=category,
        entity_registry_enabled_default=enabled,
    )


def _named(
    key: str,
    signal: SignalType[str],
    *,
    options: list[str] | None = None,
    category: EntityCategory | None = EntityCategory.DIAGNOSTIC,
    enabled: bool = True,
) -> SmartcarSensorDescription:
    """Return the row of a signal that is a name: one of the options, or any text of the maker."""

    def name(vehicle: VehicleCoordinator) -> str | None:
        text = vehicle.data.value(signal)
        if options is None:
            return shorten(text) if text else None
        return text.lower() if text and text.lower() in options else None

    return SmartcarSensorDescription(
        key=key,
        signals=(signal,),
        value_fn=name,
        device_class=SensorDeviceClass.ENUM if options else None,
        options=options,
        entity_category=category,
        entity_registry_enabled_default=enabled,
    )


def _counted(
    key: str,
    signal: SignalType[tuple[object, ...]],
    attribute: str | None = None,
    *,
    enabled: bool = True,
) -> SmartcarSensorDescription:
    """Return the row of a list: how many there are, and the list itself where it is short."""

    def attributes(state: VehicleState) -> Mapping[str, object]:
        return {attribute: state.value(signal)} if attribute else {}

    return SmartcarSensorDescription(
        key=key,
        signals=(signal,),
        value_fn=lambda vehicle: (
            None if (items := vehicle.data.value(signal)) is None else len(items)
        ),
        attributes_fn=attributes,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
    )


def _status(
    key: str,
    watches: Iterable[str],
    read: Callable[[VehicleCoordinator], SensorValue],
    *,
    device_class: SensorDeviceClass | None = None,
    state_class: SensorStateClass | None = None,
    last_reset: Callable[[], datetime | None] = lambda: None,
    exists: Callable[[VehicleCoordinator], bool] = lambda _: True,
    is_calm: bool = False,
    enabled: bool = True,
) -> SmartcarSensorDescription:
    """Return the row of a fact beside the signals; its state is written when one of `watches` changes."""
    return SmartcarSensorDescription(
        key=key,
        watches=frozenset(watches),
        exists_fn=exists,
        value_fn=read,
        last_reset_fn=lambda _: last_reset(),
        is_calm=is_calm,
        device_class=device_class,
        state_class=state_class,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=enabled,
    )


def _trouble_code_count(vehicle: VehicleCoordinator) -> int | None:
    """Return the number of active trouble codes; some vehicles send only the list."""
    count = vehicle.data.value(catalogue.DTC_COUNT)
    codes = vehicle.data.value(catalogue.DTC_LIST)
    return count if count is not None or codes is None else len(codes)


def _trouble_codes(state: VehicleState) -> list[str] | None:
    """Return the trouble codes. A vehicle that sends only their number has not said "none"."""
    codes = state.value(catalogue.DTC_LIST)
    return None if codes is None else [code.code for code in codes]


def _drive_mode(vehicle: VehicleCoordinator) -> str | None:
    mode = vehicle.data.value(catalogue.DRIVE_MODE)
    text = (mode.label or mode.canonical) if mode else None
    return shorten(text) if text else None


def _charge_limit(vehicle: VehicleCoordinator) -> float | None:
    limits = vehicle.data.value(catalogue.CHARGE_LIMITS)
    return limits.percent if limits else None


def _energy_added(vehicle: VehicleCoordinator) -> float | None:
    """Return the most that the session had: makers correct the value downward, or end with 0."""
    is_known = vehicle.data.value(catalogue.ENERGY_ADDED) is not None
    return vehicle.data.session.peak if is_known else None


def _has_battery_energy(vehicle: VehicleCoordinator) -> bool:
    return all(
        vehicle.data.is_evident(signal)
        for signal in (catalogue.STATE_OF_CHARGE, catalogue.NOMINAL_CAPACITY)
    )


def _battery_energy(vehicle: VehicleCoordinator) -> float | None:
    percent = vehicle.data.value(catalogue.STATE_OF_CHARGE)
    capacity = vehicle.data.value(catalogue.NOMINAL_CAPACITY)
    if percent is None or capacity is None:
        return None
    # Rounded, so that 55 % of 100 kWh are 55 kWh and not 55.00000000000001.
    return round(percent * capacity / 100, 6)


def _charging_state(vehicle: VehicleCoordinator) -> str | None:
    state = vehicle.data.charging_state
    return state.value if state else None


def _charging_status_abc(vehicle: VehicleCoordinator) -> str | None:
    """Return the charging status by the letters of IEC 61851, in small ones."""
    match vehicle.data.charging_state:
        case None:
            return None
        case ChargingState.CHARGING:
            return "c"
        case ChargingState.DISCONNECTED:
            return "a"
        case ChargingState.FAULT:
            return "b" if vehicle.data.value(catalogue.IS_CABLE_CONNECTED) else "a"
    return "b"


def _pushes_today(vehicle: VehicleCoordinator) -> int:
    last_push = vehicle.data.last_push
    return vehicle.data.pushes_today if last_push and last_push >= _start_of_day() else 0


def _start_of_day() -> datetime:
    return dt_util.utcnow().replace(hour=0, minute=0, second=0, microsecond=0)


def _start_of_month() -> datetime:
    return _start_of_day().replace(day=1)


# Plain texts: some software writes members of an enumeration in Python's own form.
_CONNECTORS: Final = [kind.value for kind in ConnectorType]
_CHARGING_STATES: Final = [state.value for state in ChargingState]
_CHARGING_SIGNALS: Final = (
    catalogue.IS_CHARGING,
    catalogue.IS_CABLE_CONNECTED,
    catalogue.DETAILED_CHARGING_STATUS,
)
# Power decides where nothing else says whether the vehicle charges, but brings no status alone.
_CHARGING_EVIDENCE: Final = frozenset({catalogue.CHARGE_WATTAGE.code})

# The state class of a sum: TOTAL_INCREASING takes every fall for a new beginning and adds the whole
# value again, so only what never falls but to its beginning has it. Counts by day or month name
# their beginning, and are written at each contact: the same number can be another month's.

# Disabled by default: rare values, values that change with every meter driven or never, and values
# that another entity shows better.
SENSORS = (
    _counted("account_permissions", catalogue.ACCOUNT_PERMISSIONS, "permissions", enabled=False),
    _named("account_role", catalogue.ACCOUNT_ROLE, enabled=False),
    _measured(
        "battery_capacity",
        catalogue.NOMINAL_CAPACITY,
        UnitOfEnergy.KILO_WATT_HOUR,
        SensorDeviceClass.ENERGY_STORAGE,
        precision=1,
        category=EntityCategory.DIAGNOSTIC,
    ),
    _measured(
        "battery_level",
        catalogue.STATE_OF_CHARGE,
        UnitOfRatio.PERCENTAGE,
        SensorDeviceClass.BATTERY,
    ),
    SmartcarSensorDescription(
        key="battery_energy",
        signals=(catalogue.STATE_OF_CHARGE, catalogue.NOMINAL_CAPACITY),
        exists_fn=_has_battery_energy,
        value_fn=_battery_energy,
        device_class=SensorDeviceClass.ENERGY_STORAGE,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
    ),
    _measured(
        "cabin_target_temperature",
        catalogue.CABIN_TARGET_TEMPERATURE,
        UnitOfTemperature.CELSIUS,
        SensorDeviceClass.TEMPERATURE,
        precision=1,
    ),
    _measured(
        "charge_amperage",
        catalogue.CHARGE_AMPERAGE,
        UnitOfElectricCurrent.AMPERE,
        SensorDeviceClass.CURRENT,
    ),
    _measured(
        "charge_amperage_max",
        catalogue.CHARGE_AMPERAGE_MAX,
        UnitOfElectricCurrent.AMPERE,
        SensorDeviceClass.CURRENT,
        category=EntityCategory.DIAGNOSTIC,
    ),
    _measured(
        "charge_amperage_requested",
        catalogue.CHARGE_AMPERAGE_REQUESTED,
        UnitOfElectricCurrent.AMPERE,
        SensorDeviceClass.CURRENT,
        category=EntityCategory.DIAGNOSTIC,
        enabled=False,
    ),
    _measured(
        "charge_chargerate",
        catalogue.CHARGE_RATE,
        UnitOfSpeed.KILOMETERS_PER_HOUR,
        SensorDeviceClass.SPEED,
    ),
    SmartcarSensorDescription(
        key="charge_complete_at",
        signals=(catalogue.TIME_TO_COMPLETE,),
        watches=frozenset({Change.CHARGE_COMPLETE_AT}),
        value_fn=lambda vehicle: vehicle.data.charge_complete_at,
        device_class=SensorDeviceClass.TIMESTAMP,
    ),
    _named("charge_connector_type", catalogue.CHARGING_CONNECTOR_TYPE, options=_CONNECTORS),
    SmartcarSensorDescription(
        # A released key; so are charge_chargerate and range.
        key="charge_energyadded",
        signals=(catalogue.ENERGY_ADDED,),
        value_fn=_energy_added,
        last_reset_fn=lambda state: state.session.started_at,
        device_class=SensorDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        state_class=SensorStateClass.TOTAL,
        suggested_display_precision=2,
    ),
    _named(
        "charge_fast_charger_type",
        catalogue.FAST_CHARGER_TYPE,
        options=_CONNECTORS,
        enabled=False,
    ),
    SmartcarSensorDescription(
        # If the user may set the limit, there is a number entity instead.
        key="charge_limit",
        signals=(catalogue.CHARGE_LIMITS,),
        exists_fn=is_not_granted(CONTROL_CHARGE),
        value_fn=_charge_limit,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
    ),
    _named(
        "charge_port_color",
        catalogue.CHARGE_PORT_COLOR,
        enabled=False,
    ),
    _counted("charge_records", catalogue.CHARGE_RECORDS),
    _counted("charge_schedules", catalogue.CHARGE_TIMERS),
    _measured(
        "charge_time_to_complete",
        catalogue.TIME_TO_COMPLETE,
        UnitOfTime.MINUTES,
        SensorDeviceClass.DURATION,
        enabled=False,
    ),
    _measured(
        "charge_voltage",
        catalogue.CHARGE_VOLTAGE,
        UnitOfElectricPotential.VOLT,
        SensorDeviceClass.VOLTAGE,
    ),
    _measured(
        "charge_wattage",
        catalogue.CHARGE_WATTAGE,
        UnitOfPower.WATT,
        SensorDeviceClass.POWER,
        suggested_unit=UnitOfPower.KILO_WATT,
        precision=1,
    ),
    _measured(
        "charger_phases",
        catalogue.CHARGER_PHASES,
        None,
        category=EntityCategory.DIAGNOSTIC,
        enabled=False,
    ),
    SmartcarSensorDescription(
        key="charging_state",
        signals=_CHARGING_SIGNALS,
        watches=_CHARGING_EVIDENCE,
        value_fn=_charging_state,
        attributes_fn=lambda state: {
            "detailed_status": state.value(catalogue.DETAILED_CHARGING_STATUS)
        },
        device_class=SensorDeviceClass.ENUM,
        options=_CHARGING_STATES,
    ),
    SmartcarSensorDescription(
        # For software that knows the status by these letters, such as evcc.
        key="charging_status_abc",
        signals=_CHARGING_SIGNALS,
        watches=_CHARGING_EVIDENCE,
        value_fn=_charging_status_abc,
        device_class=SensorDeviceClass.ENUM,
        options=["a", "b", "c"],
        entity_registry_enabled_default=False,
    ),
    _status(
        "data_from_car",
        {Change.DATA_FROM_CAR, Change.LAST_CONTACT},
        lambda vehicle: vehicle.data.data_from_car,
        device_class=SensorDeviceClass.TIMESTAMP,
        is_calm=True,
    ),
    SmartcarSensorDescription(
        key="drive_mode",
        signals=(catalogue.DRIVE_MODE,),
        value_fn=_drive_mode,
        attributes_fn=lambda state: {
            "canonical": mode.canonical if (mode := state.value(catalogue.DRIVE_MODE)) else None
        },
    ),
    SmartcarSensorDescription(
        key="dtc_count",
        signals=(catalogue.DTC_COUNT, catalogue.DTC_LIST),
        value_fn=_trouble_code_count,
        attributes_fn=lambda state: {"codes": _trouble_codes(state)},
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    _measured("engine_oil", catalogue.OIL_LIFE, UnitOfRatio.PERCENTAGE),
    _named("exterior_color", catalogue.EXTERIOR_COLOR, enabled=False),
    _measured(
        "external_temperature",
        catalogue.EXTERNAL_TEMPERATURE,
        UnitOfTemperature.CELSIUS,
        SensorDeviceClass.TEMPERATURE,
        precision=1,
    ),
    _named("firmware_version", catalogue.FIRMWARE_VERSION),
    _measured(
        "fuel",
        catalogue.FUEL_AMOUNT,
        UnitOfVolume.LITERS,
        SensorDeviceClass.VOLUME_STORAGE,
        precision=1,
    ),
    _measured("fuel_percent", catalogue.FUEL_LEVEL, UnitOfRatio.PERCENTAGE),
    _measured(
        "fuel_range", catalogue.FUEL_RANGE, UnitOfLength.KILOMETERS, SensorDeviceClass.DISTANCE
    ),
    _named(
        "gear_state",
        catalogue.GEAR_STATE,
        options=["park", "reverse", "neutral", "drive", "low", "sport", "manual"],
        category=None,
    ),
    _measured(
        "internal_temperature",
        catalogue.INTERNAL_TEMPERATURE,
        UnitOfTemperature.CELSIUS,
        SensorDeviceClass.TEMPERATURE,
        precision=1,
    ),
    # Off, because it changes with every request and says nothing about the vehicle.
    _status(
        "last_contact",
        {Change.LAST_CONTACT},
        lambda vehicle: vehicle.data.last_contact,
        device_class=SensorDeviceClass.TIMESTAMP,
        enabled=False,
    ),
    _status(
        "last_push",
        {Change.LAST_PUSH, Change.LAST_CONTACT},
        lambda vehicle: vehicle.data.last_push,
        device_class=SensorDeviceClass.TIMESTAMP,
        is_calm=True,
        exists=has_push,
    ),
    _measured(
        "low_voltage_battery_level",
        catalogue.LOW_VOLTAGE_STATE_OF_CHARGE,
        UnitOfRatio.PERCENTAGE,
        # No device class: a device page shows one battery, and that is the vehicle's.
        category=EntityCategory.DIAGNOSTIC,
    ),
    _named(
        "low_voltage_battery_status",
        catalogue.LOW_VOLTAGE_STATUS,
        options=["good", "warn", "bad"],
        category=None,
    ),
    _measured(
        "max_range_charge_count",
        catalogue.MAX_RANGE_CHARGE_COUNTER,
        None,
        state_class=SensorStateClass.TOTAL,
        category=EntityCategory.DIAGNOSTIC,
        enabled=False,
    ),
    _status(
        "next_poll",
        {Change.NEXT_POLL},
        lambda vehicle: vehicle.schedule.next_poll,
        device_class=SensorDeviceClass.TIMESTAMP,
        enabled=False,
    ),
    _named("nickname", catalogue.NICKNAME, enabled=False),
    _measured(
        "odometer",
        catalogue.ODOMETER,
        UnitOfLength.KILOMETERS,
        SensorDeviceClass.DISTANCE,
        state_class=SensorStateClass.TOTAL,
    ),
    _counted("packages", catalogue.PACKAGES, "packages", enabled=False),
    _measured(
        "range", catalogue.BATTERY_RANGE, UnitOfLength.KILOMETERS, SensorDeviceClass.DISTANCE
    ),
    _status(
        "requests_left",
        {Change.REQUESTS},
        lambda vehicle: vehicle.schedule.requests_left,
        state_class=SensorStateClass.MEASUREMENT,
    ),
    _status(
        "requests_this_month",
        {Change.REQUESTS, Change.LAST_CONTACT},
        lambda vehicle: vehicle.schedule.requests_this_month,
        state_class=SensorStateClass.TOTAL,
        last_reset=_start_of_month,
        enabled=False,
    ),
    _counted("service_records", catalogue.SERVICE_RECORDS),
    _measured(
        "speed",
        catalogue.CURRENT_SPEED,
        UnitOfSpeed.KILOMETERS_PER_HOUR,
        SensorDeviceClass.SPEED,
        enabled=False,
    ),
    # Of the whole application: an unsigned delivery belongs to no vehicle.
    _status(
        "pushes_rejected",
        {Change.LAST_CONTACT},
        lambda vehicle: vehicle.context.push_log.rejected,
        state_class=SensorStateClass.TOTAL_INCREASING,
        exists=has_push,
        enabled=False,
    ),
    _status(
        "pushes_today",
        {Change.LAST_PUSH, Change.LAST_CONTACT},
        _pushes_today,
        state_class=SensorStateClass.TOTAL,
        last_reset=_start_of_day,
        exists=has_push,
        enabled=False,
    ),
    _named("surveillance_brand", catalogue.SURVEILLANCE_BRAND, enabled=False),
    _named("trim", catalogue.TRIM, enabled=False),
    _named("wheel_style", catalogue.WHEEL_STYLE, enabled=False),
)


def _descriptions(state: VehicleState) -> Iterable[SmartcarSensorDescription]:
    """Return the table, and a row for each tire that the vehicle has."""
    yield from SENSORS
    for position in state.positions(catalogue.TIRES):
        yield _tire_pressure(position)


def _tire_pressure(position: Position) -> SmartcarSensorDescription:
    def pressure(vehicle: VehicleCoordinator) -> float | None:
        kilopascal = (vehicle.data.value(catalogue.TIRES) or {}).get(position)
        return None if kilopascal is None else kilopascal / 100

    key, placeholders = position_key("tire_pressure", position)
    return SmartcarSensorDescription(
        key=key.unique,
        translation_key=key.translation,
        translation_placeholders=placeholders,
        signals=(catalogue.TIRES,),
        value_fn=pressure,
        device_class=SensorDeviceClass.PRESSURE,
        # Not the suggested unit: that one is shown to Americans too.
        native_unit_of_measurement=UnitOfPressure.BAR,
        suggested_display_precision=1,
        state_class=SensorStateClass.MEASUREMENT,
    )


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartcarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the sensors."""
    async_setup_entities(entry, async_add_entities, "sensor", _descriptions, _create)


def _create(
    coordinator: VehicleCoordinator, description: SmartcarSensorDescription
) -> SmartcarSensor:
    kind = SmartcarCalmSensor if description.is_calm else SmartcarSensor
    return kind(coordinator, description)


class SmartcarSensor(SmartcarEntity, SensorEntity):
    """Shows something measured or named."""

    entity_description: SmartcarSensorDescription

    @property
    @override
    def native_value(self) -> SensorValue:
        return self.entity_description.value_fn(self.coordinator)

    @property
    @override
    def last_reset(self) -> datetime | None:
        return self.entity_description.last_reset_fn(self.vehicle_state)


# Each new time of a time sensor is a line in Home Assistant's activity list, and a vehicle that is
# driven or charged reports again and again. The list leaves out sensors that have a unit only.
_CALM_FOR: Final = timedelta(hours=1)


class SmartcarCalmSensor(SmartcarSensor):
    """Shows when something last happened; moves at most once an hour while the vehicle is used.

    It never shows a later time than the true one, and shows that one as soon as the use ends.
    """

    def __init__(
        self, coordinator: VehicleCoordinator, description: SmartcarSensorDescription
    ) -> None:
        """Begin with the true time."""
        super().__init__(coordinator, description)
        self._shown = super().native_value
        self._moved_at = dt_util.utcnow()
        self._was_available = self.available

    @property
    @override
    def native_value(self) -> SensorValue:
        return self._shown

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        has_moved = self._move(dt_util.utcnow())
        if has_moved or self.available != self._was_available:
            self._was_available = self.available
            super()._handle_coordinator_update()

    def _move(self, now: datetime) -> bool:
        """Show the true time if it is due; tell whether it differs from the one shown."""
        shown, newest = self._shown, super().native_value
        if newest == shown:
            return False
        if isinstance(shown, datetime) and isinstance(newest, datetime) and newest > shown:
            is_due = abs(now - self._moved_at) >= _CALM_FOR
            if not is_due and self._is_in_use(now):
                return False
        self._shown, self._moved_at = newest, now
        return True

    def _is_in_use(self, now: datetime) -> bool:
        state = self.vehicle_state
        return (
            state.charging_state is ChargingState.CHARGING
            or situation_of(state, now, has_moved=False).activity.is_use
        )
