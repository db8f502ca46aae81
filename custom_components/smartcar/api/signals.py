"""The catalogue: the signals that Smartcar has, and how each one's body is read.

A signal is one row: its code, the permission it needs, and a reader. Readers take whatever the
cloud sent and return the value in the house's units, or None; they never raise. A code that is
not in the catalogue is kept all the same and can be seen in the diagnostics.

Source: https://smartcar.com/docs/api-reference/signals/schema. The permissions are inferred from
live grants and errors (the true table is in the Compatible Vehicles API).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from .reading import (
    JsonObject,
    optional_bool,
    optional_integer,
    optional_list,
    optional_number,
    optional_object,
    optional_text,
    optional_time,
)
from .units import Quantity, normalise, normalise_percent_or_fraction, normalise_tire_pressure


@dataclass(frozen=True, slots=True)
class SignalType[T]:
    """One row of the catalogue."""

    code: str
    permission: str
    read: Callable[[JsonObject], T | None]

    @property
    def group(self) -> str:
        """The part of the code before the hyphen: what belongs together."""
        return self.code.partition("-")[0]


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where on the car: row 0 is in front, column 0 on the left, seen from the driver's seat."""

    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Closure:
    """A door, window, trunk, ...: what is None is not known."""

    is_open: bool | None = None
    is_locked: bool | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """Where the car is, in degrees; `heading` counts clockwise from north."""

    latitude: float
    longitude: float
    heading: float | None = None
    direction: str | None = None
    location_type: str | None = None


@dataclass(frozen=True, slots=True)
class ChargeLimit:
    """One configured limit in percent; `type` is GLOBAL, LOCATION, CHARGING_TYPE, ..."""

    type: str
    limit: float
    condition: JsonObject


@dataclass(frozen=True, slots=True)
class ChargeLimits:
    """The limit in force, where it is known, and all that are configured."""

    active: float | None
    limits: tuple[ChargeLimit, ...]

    @property
    def percent(self) -> float | None:
        """The limit in force; else the one for everywhere; else the only one."""
        if self.active is not None:
            return self.active
        everywhere = [limit for limit in self.limits if limit.type == "GLOBAL"]
        candidates = everywhere or (self.limits if len(self.limits) == 1 else ())
        return candidates[0].limit if candidates else None


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """What the car's self-diagnosis says of one system."""

    is_alert: bool
    description: str | None = None


@dataclass(frozen=True, slots=True)
class TroubleCode:
    """One active trouble code."""

    code: str
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class DriveMode:
    """The drive mode: Smartcar's name for it and the maker's."""

    canonical: str | None
    label: str | None


CATALOGUE: Final[dict[str, SignalType[object]]] = {}


def _row[T](code: str, permission: str, read: Callable[[JsonObject], T | None]) -> SignalType[T]:
    row = SignalType(code, permission, read)
    CATALOGUE[code] = row
    return row


# Readers

_PLAUSIBLE_POSITIONS = frozenset(range(10))


def _boolean(body: JsonObject) -> bool | None:
    return optional_bool(body.get("value"))


def _text(body: JsonObject) -> str | None:
    return optional_text(body.get("value"))


def _code(body: JsonObject) -> str | None:
    """Read a name out of an open list, which makers write in either case."""
    text = _text(body)
    return text.upper().replace(" ", "_").replace("-", "_") if text else None


def _connector(body: JsonObject) -> str | None:
    """Read a connector's name. Unplugged cars were seen to send "invalid"."""
    text = _text(body)
    return None if text is None or text.lower() == "invalid" else text


def _number(quantity: Quantity, key: str = "value") -> Callable[[JsonObject], float | None]:
    return lambda body: normalise(body.get(key), body.get("unit"), quantity)


def _integer(body: JsonObject) -> int | None:
    count = normalise(body.get("value"), body.get("unit"), Quantity.COUNT)
    return int(count) if count is not None and count.is_integer() else None


def _percent_or_fraction(body: JsonObject) -> float | None:
    return normalise_percent_or_fraction(body.get("value"), body.get("unit"))


def _texts(body: JsonObject) -> tuple[str, ...] | None:
    if not _has_values(body):
        return None
    return tuple(text for item in optional_list(body["values"]) if (text := optional_text(item)))


def _records(body: JsonObject) -> tuple[JsonObject, ...] | None:
    """Read a list of records as they are; what they hold differs from maker to maker."""
    if not _has_values(body):
        return None
    return tuple(
        record for item in optional_list(body["values"]) if (record := optional_object(item))
    )


def _has_values(body: JsonObject) -> bool:
    return isinstance(body.get("values"), list | tuple)


def _closure(body: JsonObject) -> Closure | None:
    closure = Closure(optional_bool(body.get("isOpen")), optional_bool(body.get("isLocked")))
    return None if closure == Closure() else closure


def _positions(body: JsonObject, *keys: str) -> Iterator[tuple[Position, JsonObject]]:
    """Walk a list of things with `row` and `column`. Broken ones cost only themselves."""
    for item in next(filter(None, (optional_list(body.get(key)) for key in keys)), ()):
        thing = optional_object(item)
        row, column = optional_integer(thing.get("row")), optional_integer(thing.get("column"))
        if row is None or column is None or not {row, column} <= _PLAUSIBLE_POSITIONS:
            continue
        yield Position(row, column), thing


def _closures(*keys: str) -> Callable[[JsonObject], Mapping[Position, Closure] | None]:
    def read(body: JsonObject) -> Mapping[Position, Closure] | None:
        read_all = ((position, _closure(thing)) for position, thing in _positions(body, *keys))
        return {position: closure for position, closure in read_all if closure} or None

    return read


def _tires(body: JsonObject) -> Mapping[Position, float | None] | None:
    """Read the pressures. A tyre that sends a number no tyre can have is there, and unknown."""
    return {
        position: normalise_tire_pressure(pressure, tire.get("unit") or body.get("unit"))
        for position, tire in _positions(body, "values")
        if (pressure := tire.get("tirePressure")) is not None
    } or None


def _location(body: JsonObject) -> Location | None:
    latitude, longitude = (
        optional_number(body.get("latitude")),
        optional_number(body.get("longitude")),
    )
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    # Nobody parks in the Gulf of Guinea: both zero is what a receiver without a fix says.
    if latitude == longitude == 0:
        return None
    return Location(
        latitude,
        longitude,
        normalise(body.get("heading"), None, Quantity.HEADING),
        optional_text(body.get("direction")),
        optional_text(body.get("locationType")),
    )


def _charge_limits(body: JsonObject) -> ChargeLimits | None:
    unit = body.get("unit")
    limits = []
    for item in optional_list(body.get("values")):
        entry = optional_object(item)
        if (limit := normalise(entry.get("limit"), unit, Quantity.PERCENT)) is not None:
            kind = (optional_text(entry.get("type")) or "GLOBAL").upper()
            limits.append(ChargeLimit(kind, limit, optional_object(entry.get("condition"))))
    active = normalise(body.get("activeLimit"), unit, Quantity.PERCENT)
    return ChargeLimits(active, tuple(limits)) if limits or active is not None else None


def _system_status(body: JsonObject) -> SystemStatus | None:
    status = optional_text(body.get("status"))
    if status is None or status.upper() not in {"ALERT", "OK"}:
        return None
    return SystemStatus(status.upper() == "ALERT", optional_text(body.get("description")))


def _trouble_codes(body: JsonObject) -> tuple[TroubleCode, ...] | None:
    if not _has_values(body):
        return None
    return tuple(
        TroubleCode(code, optional_time(entry.get("timestamp")))
        for item in optional_list(body["values"])
        if (code := optional_text((entry := optional_object(item)).get("code")))
    )


def _drive_mode(body: JsonObject) -> DriveMode | None:
    canonical, label = (
        optional_text(body.get("canonical")),
        optional_text(body.get("oemDisplayName")),
    )
    return DriveMode(canonical, label) if canonical or label else None


# The catalogue

_CHARGE = "read_charge"
CHARGE_AMPERAGE = _row("charge-amperage", _CHARGE, _number(Quantity.CURRENT))
CHARGE_AMPERAGE_MAX = _row("charge-amperagemax", _CHARGE, _number(Quantity.CURRENT))
CHARGE_AMPERAGE_REQUESTED = _row("charge-amperagerequested", _CHARGE, _number(Quantity.CURRENT))
CHARGE_LIMITS = _row("charge-chargelimits", _CHARGE, _charge_limits)
CHARGE_PORT_COLOR = _row("charge-chargeportstatuscolor", _CHARGE, _code)
CHARGE_RATE = _row("charge-chargerate", _CHARGE, _number(Quantity.CHARGE_RATE))
CHARGE_RECORDS = _row("charge-chargerecords", "read_charge_records", _records)
CHARGER_PHASES = _row("charge-chargerphases", _CHARGE, _integer)
CHARGE_TIMERS = _row("charge-chargetimers", _CHARGE, _records)
CHARGING_CONNECTOR_TYPE = _row("charge-chargingconnectortype", _CHARGE, _connector)
DETAILED_CHARGING_STATUS = _row("charge-detailedchargingstatus", _CHARGE, _code)
ENERGY_ADDED = _row("charge-energyadded", _CHARGE, _number(Quantity.ENERGY))
FAST_CHARGER_TYPE = _row("charge-fastchargertype", _CHARGE, _connector)
IS_CHARGING = _row("charge-ischarging", _CHARGE, _boolean)
IS_CABLE_CONNECTED = _row("charge-ischargingcableconnected", _CHARGE, _boolean)
IS_CABLE_LATCHED = _row("charge-ischargingcablelatched", _CHARGE, _boolean)
IS_CHARGE_PORT_OPEN = _row("charge-ischargingportflapopen", _CHARGE, _boolean)
IS_FAST_CHARGER_PRESENT = _row("charge-isfastchargerpresent", _CHARGE, _boolean)
TIME_TO_COMPLETE = _row("charge-timetocomplete", _CHARGE, _number(Quantity.TIME_TO_COMPLETE))
CHARGE_VOLTAGE = _row("charge-voltage", _CHARGE, _number(Quantity.VOLTAGE))
CHARGE_WATTAGE = _row("charge-wattage", _CHARGE, _number(Quantity.POWER))

EXTERNAL_TEMPERATURE = _row(
    "climate-externaltemperature", "read_thermometer", _number(Quantity.TEMPERATURE)
)
INTERNAL_TEMPERATURE = _row(
    "climate-internaltemperature", "read_thermometer", _number(Quantity.TEMPERATURE)
)

_SECURITY = "read_security"
# The vendor's schema names the lists `doors` and `windows`; every live body names them `values`.
DOORS = _row("closure-doors", _SECURITY, _closures("values", "doors"))
ENGINE_COVER = _row("closure-enginecover", _SECURITY, _closure)
FRONT_TRUNK = _row("closure-fronttrunk", _SECURITY, _closure)
IS_LOCKED = _row("closure-islocked", _SECURITY, _boolean)
REAR_TRUNK = _row("closure-reartrunk", _SECURITY, _closure)
SUNROOF = _row("closure-sunroof", _SECURITY, _closure)
TAILGATE = _row("closure-tailgate", _SECURITY, _closure)
WINDOWS = _row("closure-windows", _SECURITY, _closures("values", "windows"))

FIRMWARE_VERSION = _row(
    "connectivitysoftware-currentfirmwareversion", "read_extended_vehicle_info", _text
)
IS_ASLEEP = _row("connectivitystatus-isasleep", "read_vehicle_info", _boolean)
IS_DIGITAL_KEY_PAIRED = _row("connectivitystatus-isdigitalkeypaired", "read_vehicle_info", _boolean)
IS_ONLINE = _row("connectivitystatus-isonline", "read_vehicle_info", _boolean)

_DIAGNOSTICS = "read_diagnostics"
ABS = _row("diagnostics-abs", _DIAGNOSTICS, _system_status)
ACTIVE_SAFETY = _row("diagnostics-activesafety", _DIAGNOSTICS, _system_status)
AIRBAG = _row("diagnostics-airbag", _DIAGNOSTICS, _system_status)
BRAKE_FLUID = _row("diagnostics-brakefluid", _DIAGNOSTICS, _system_status)
DRIVER_ASSISTANCE = _row("diagnostics-driverassistance", _DIAGNOSTICS, _system_status)
EMISSIONS = _row("diagnostics-emissions", _DIAGNOSTICS, _system_status)
EV_BATTERY_CONDITIONING = _row("diagnostics-evbatteryconditioning", _DIAGNOSTICS, _system_status)
EV_CHARGING = _row("diagnostics-evcharging", _DIAGNOSTICS, _system_status)
EV_DRIVE_UNIT = _row("diagnostics-evdriveunit", _DIAGNOSTICS, _system_status)
EV_HV_BATTERY = _row("diagnostics-evhvbattery", _DIAGNOSTICS, _system_status)
LIGHTING = _row("diagnostics-lighting", _DIAGNOSTICS, _system_status)
MALFUNCTION_INDICATOR = _row("diagnostics-mil", _DIAGNOSTICS, _system_status)
OIL_LIFE_STATUS = _row("diagnostics-oillife", _DIAGNOSTICS, _system_status)
OIL_PRESSURE = _row("diagnostics-oilpressure", _DIAGNOSTICS, _system_status)
OIL_TEMPERATURE = _row("diagnostics-oiltemperature", _DIAGNOSTICS, _system_status)
TELEMATICS = _row("diagnostics-telematics", _DIAGNOSTICS, _system_status)
TIRE_PRESSURE_STATUS = _row("diagnostics-tirepressure", _DIAGNOSTICS, _system_status)
TIRE_PRESSURE_MONITORING = _row("diagnostics-tirepressuremonitoring", _DIAGNOSTICS, _system_status)
TRANSMISSION = _row("diagnostics-transmission", _DIAGNOSTICS, _system_status)
WASHER_FLUID = _row("diagnostics-washerfluid", _DIAGNOSTICS, _system_status)
WATER_IN_FUEL = _row("diagnostics-waterinfuel", _DIAGNOSTICS, _system_status)
DTC_COUNT = _row("diagnostics-dtccount", _DIAGNOSTICS, _integer)
DTC_LIST = _row("diagnostics-dtclist", _DIAGNOSTICS, _trouble_codes)

_CLIMATE = "read_climate"
CABIN_TARGET_TEMPERATURE = _row(
    "hvac-cabintargettemperature", _CLIMATE, _number(Quantity.TEMPERATURE)
)
IS_CABIN_HVAC_ACTIVE = _row("hvac-iscabinhvacactive", _CLIMATE, _boolean)
IS_FRONT_DEFROSTER_ACTIVE = _row("hvac-isfrontdefrosteractive", _CLIMATE, _boolean)
IS_REAR_DEFROSTER_ACTIVE = _row("hvac-isreardefrosteractive", _CLIMATE, _boolean)
IS_STEERING_HEATER_ACTIVE = _row("hvac-issteeringheateractive", _CLIMATE, _boolean)

FUEL_AMOUNT = _row(
    "internalcombustionengine-amountremaining", "read_fuel", _number(Quantity.VOLUME)
)
FUEL_LEVEL = _row("internalcombustionengine-fuellevel", "read_fuel", _percent_or_fraction)
OIL_LIFE = _row("internalcombustionengine-oillife", "read_engine_oil", _number(Quantity.PERCENT))
FUEL_RANGE = _row("internalcombustionengine-range", "read_fuel", _number(Quantity.DISTANCE))

IS_AT_HOME = _row("location-isathome", "read_location", _boolean)
PRECISE_LOCATION = _row("location-preciselocation", "read_location", _location)

LOW_VOLTAGE_STATE_OF_CHARGE = _row(
    "lowvoltagebattery-stateofcharge", "read_battery", _number(Quantity.PERCENT)
)
LOW_VOLTAGE_STATUS = _row("lowvoltagebattery-status", "read_battery", _code)

CURRENT_SPEED = _row("motion-currentspeed", "read_speedometer", _number(Quantity.SPEED))
ODOMETER = _row("odometer-traveleddistance", "read_odometer", _number(Quantity.ODOMETER))

IS_IN_SERVICE = _row("service-isinservice", "read_service_history", _boolean)
SERVICE_RECORDS = _row("service-records", "read_service_history", _records)

SURVEILLANCE_BRAND = _row("surveillance-brand", "read_extended_vehicle_info", _text)
IS_SURVEILLANCE_ENABLED = _row("surveillance-isenabled", _SECURITY, _boolean)

_BATTERY = "read_battery"
IS_BATTERY_HEATER_ACTIVE = _row("tractionbattery-isheateractive", _BATTERY, _boolean)
MAX_RANGE_CHARGE_COUNTER = _row("tractionbattery-maxrangechargecounter", _BATTERY, _integer)
NOMINAL_CAPACITY = _row(
    "tractionbattery-nominalcapacity", _BATTERY, _number(Quantity.CAPACITY, "capacity")
)
BATTERY_RANGE = _row("tractionbattery-range", _BATTERY, _number(Quantity.DISTANCE))
STATE_OF_CHARGE = _row("tractionbattery-stateofcharge", _BATTERY, _number(Quantity.PERCENT))

DRIVE_MODE = _row("transmission-drivemode", "read_extended_vehicle_info", _drive_mode)
GEAR_STATE = _row("transmission-gearstate", "read_extended_vehicle_info", _code)

EXTERIOR_COLOR = _row("vehicleidentification-exteriorcolor", "read_extended_vehicle_info", _text)
NICKNAME = _row("vehicleidentification-nickname", "read_vehicle_info", _text)
PACKAGES = _row("vehicleidentification-packages", "read_extended_vehicle_info", _texts)
TRIM = _row("vehicleidentification-trim", "read_extended_vehicle_info", _text)
VIN = _row("vehicleidentification-vin", "read_vin", _text)

ACCOUNT_PERMISSIONS = _row("vehicleuseraccount-permissions", "read_user_profile", _texts)
ACCOUNT_ROLE = _row("vehicleuseraccount-role", "read_user_profile", _text)

WHEEL_STYLE = _row("wheel-style", "read_extended_vehicle_info", _text)
TIRES = _row("wheel-tires", "read_tires", _tires)
