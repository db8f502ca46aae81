"""The catalogue: one row for each signal that Smartcar documents.

A row has the code of the signal, the permission that it needs, the reader of its body, and whether
its value lasts. The cloud can send codes that have no row: their bodies can be stored, but not
read.

A lasting value stays true while nobody reports it: a level, a range, a position, a limit, a name.
A momentary value says what the car is or does now: charging, power, speed, locks, doors, climate.
A report without a usable value keeps a lasting value and makes a momentary one unknown.

The permissions are inferred from live grants and errors: Smartcar publishes the mapping only in
its Compatible Vehicles API.

Source: https://smartcar.com/docs/api-reference/signals/schema
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from .payload import JsonObject
from .readers import (
    closures_reader,
    complete_charge_limits,
    complete_location,
    complete_percent_or_fraction,
    complete_tires,
    integer_reader,
    new_body,
    number_reader,
    read_boolean,
    read_charge_limits,
    read_closure,
    read_connector,
    read_drive_mode,
    read_location,
    read_name,
    read_percent_or_fraction,
    read_records,
    read_system_status,
    read_text,
    read_texts,
    read_tires,
    read_trouble_codes,
)
from .units import Quantity


@dataclass(frozen=True, slots=True)
class SignalType[T]:
    """One row of the catalogue: a signal whose body reads as a `T`.

    Attributes:
        code: Smartcar's code, such as "charge-ischarging".
        permission: The permission that the owner must grant, such as "read_charge".
        read: The reader of the body. Returns None for a body without a usable value.
        lasting: Whether the value stays true while nobody reports it.
        complete: Returns the new body (second argument) with the parts that it does not say taken
            from the stored body (first argument). Most bodies have one part only: then it is the
            new body.
    """

    code: str
    permission: str
    read: Callable[[JsonObject], T | None]
    lasting: bool
    complete: Callable[[JsonObject, JsonObject], JsonObject] = new_body

    @property
    def group(self) -> str:
        """The part of the code before the hyphen, such as "charge"."""
        return self.code.partition("-")[0]


CATALOGUE: Final[dict[str, SignalType[object]]] = {}


def _lasting[T](
    code: str,
    permission: str,
    read: Callable[[JsonObject], T | None],
    complete: Callable[[JsonObject, JsonObject], JsonObject] = new_body,
) -> SignalType[T]:
    row = SignalType(code, permission, read, lasting=True, complete=complete)
    CATALOGUE[code] = row
    return row


def _momentary[T](
    code: str, permission: str, read: Callable[[JsonObject], T | None]
) -> SignalType[T]:
    row = SignalType(code, permission, read, lasting=False)
    CATALOGUE[code] = row
    return row


_CHARGE = "read_charge"
CHARGE_AMPERAGE = _momentary("charge-amperage", _CHARGE, number_reader(Quantity.CURRENT))
CHARGE_AMPERAGE_MAX = _momentary("charge-amperagemax", _CHARGE, number_reader(Quantity.CURRENT))
CHARGE_AMPERAGE_REQUESTED = _momentary(
    "charge-amperagerequested", _CHARGE, number_reader(Quantity.CURRENT)
)
CHARGE_LIMITS = _lasting("charge-chargelimits", _CHARGE, read_charge_limits, complete_charge_limits)
CHARGE_PORT_COLOR = _momentary("charge-chargeportstatuscolor", _CHARGE, read_name)
CHARGE_RATE = _momentary("charge-chargerate", _CHARGE, number_reader(Quantity.CHARGE_RATE))
CHARGE_RECORDS = _lasting("charge-chargerecords", "read_charge_records", read_records)
CHARGER_PHASES = _momentary("charge-chargerphases", _CHARGE, integer_reader(Quantity.PHASES))
CHARGE_TIMERS = _lasting("charge-chargetimers", _CHARGE, read_records)
CHARGING_CONNECTOR_TYPE = _momentary("charge-chargingconnectortype", _CHARGE, read_connector)
DETAILED_CHARGING_STATUS = _momentary("charge-detailedchargingstatus", _CHARGE, read_name)
ENERGY_ADDED = _lasting("charge-energyadded", _CHARGE, number_reader(Quantity.ENERGY))
FAST_CHARGER_TYPE = _momentary("charge-fastchargertype", _CHARGE, read_connector)
IS_CHARGING = _momentary("charge-ischarging", _CHARGE, read_boolean)
IS_CABLE_CONNECTED = _momentary("charge-ischargingcableconnected", _CHARGE, read_boolean)
IS_CABLE_LATCHED = _momentary("charge-ischargingcablelatched", _CHARGE, read_boolean)
IS_CHARGE_PORT_OPEN = _momentary("charge-ischargingportflapopen", _CHARGE, read_boolean)
IS_FAST_CHARGER_PRESENT = _momentary("charge-isfastchargerpresent", _CHARGE, read_boolean)
TIME_TO_COMPLETE = _momentary(
    "charge-timetocomplete", _CHARGE, number_reader(Quantity.TIME_TO_COMPLETE)
)
CHARGE_VOLTAGE = _momentary("charge-voltage", _CHARGE, number_reader(Quantity.VOLTAGE))
CHARGE_WATTAGE = _momentary("charge-wattage", _CHARGE, number_reader(Quantity.POWER))

EXTERNAL_TEMPERATURE = _momentary(
    "climate-externaltemperature", "read_thermometer", number_reader(Quantity.TEMPERATURE)
)
INTERNAL_TEMPERATURE = _momentary(
    "climate-internaltemperature", "read_thermometer", number_reader(Quantity.TEMPERATURE)
)

_SECURITY = "read_security"
# Smartcar's schema names the lists `doors` and `windows`; every live body names them `values`.
DOORS = _momentary("closure-doors", _SECURITY, closures_reader("values", "doors"))
ENGINE_COVER = _momentary("closure-enginecover", _SECURITY, read_closure)
FRONT_TRUNK = _momentary("closure-fronttrunk", _SECURITY, read_closure)
IS_LOCKED = _momentary("closure-islocked", _SECURITY, read_boolean)
REAR_TRUNK = _momentary("closure-reartrunk", _SECURITY, read_closure)
SUNROOF = _momentary("closure-sunroof", _SECURITY, read_closure)
TAILGATE = _momentary("closure-tailgate", _SECURITY, read_closure)
WINDOWS = _momentary("closure-windows", _SECURITY, closures_reader("values", "windows"))

FIRMWARE_VERSION = _lasting(
    "connectivitysoftware-currentfirmwareversion", "read_extended_vehicle_info", read_text
)
IS_ASLEEP = _momentary("connectivitystatus-isasleep", "read_vehicle_info", read_boolean)
IS_DIGITAL_KEY_PAIRED = _lasting(
    "connectivitystatus-isdigitalkeypaired", "read_vehicle_info", read_boolean
)
IS_ONLINE = _momentary("connectivitystatus-isonline", "read_vehicle_info", read_boolean)

_DIAGNOSTICS = "read_diagnostics"
ABS = _momentary("diagnostics-abs", _DIAGNOSTICS, read_system_status)
ACTIVE_SAFETY = _momentary("diagnostics-activesafety", _DIAGNOSTICS, read_system_status)
AIRBAG = _momentary("diagnostics-airbag", _DIAGNOSTICS, read_system_status)
BRAKE_FLUID = _momentary("diagnostics-brakefluid", _DIAGNOSTICS, read_system_status)
DRIVER_ASSISTANCE = _momentary("diagnostics-driverassistance", _DIAGNOSTICS, read_system_status)
EMISSIONS = _momentary("diagnostics-emissions", _DIAGNOSTICS, read_system_status)
EV_BATTERY_CONDITIONING = _momentary(
    "diagnostics-evbatteryconditioning", _DIAGNOSTICS, read_system_status
)
EV_CHARGING = _momentary("diagnostics-evcharging", _DIAGNOSTICS, read_system_status)
EV_DRIVE_UNIT = _momentary("diagnostics-evdriveunit", _DIAGNOSTICS, read_system_status)
EV_HV_BATTERY = _momentary("diagnostics-evhvbattery", _DIAGNOSTICS, read_system_status)
LIGHTING = _momentary("diagnostics-lighting", _DIAGNOSTICS, read_system_status)
MALFUNCTION_INDICATOR = _momentary("diagnostics-mil", _DIAGNOSTICS, read_system_status)
OIL_LIFE_STATUS = _momentary("diagnostics-oillife", _DIAGNOSTICS, read_system_status)
OIL_PRESSURE = _momentary("diagnostics-oilpressure", _DIAGNOSTICS, read_system_status)
OIL_TEMPERATURE = _momentary("diagnostics-oiltemperature", _DIAGNOSTICS, read_system_status)
TELEMATICS = _momentary("diagnostics-telematics", _DIAGNOSTICS, read_system_status)
TIRE_PRESSURE_STATUS = _momentary("diagnostics-tirepressure", _DIAGNOSTICS, read_system_status)
TIRE_PRESSURE_MONITORING = _momentary(
    "diagnostics-tirepressuremonitoring", _DIAGNOSTICS, read_system_status
)
TRANSMISSION = _momentary("diagnostics-transmission", _DIAGNOSTICS, read_system_status)
WASHER_FLUID = _momentary("diagnostics-washerfluid", _DIAGNOSTICS, read_system_status)
WATER_IN_FUEL = _momentary("diagnostics-waterinfuel", _DIAGNOSTICS, read_system_status)
DTC_COUNT = _momentary("diagnostics-dtccount", _DIAGNOSTICS, integer_reader(Quantity.TROUBLE_CODES))
DTC_LIST = _momentary("diagnostics-dtclist", _DIAGNOSTICS, read_trouble_codes)

_CLIMATE = "read_climate"
CABIN_TARGET_TEMPERATURE = _momentary(
    "hvac-cabintargettemperature", _CLIMATE, number_reader(Quantity.TEMPERATURE)
)
IS_CABIN_HVAC_ACTIVE = _momentary("hvac-iscabinhvacactive", _CLIMATE, read_boolean)
IS_FRONT_DEFROSTER_ACTIVE = _momentary("hvac-isfrontdefrosteractive", _CLIMATE, read_boolean)
IS_REAR_DEFROSTER_ACTIVE = _momentary("hvac-isreardefrosteractive", _CLIMATE, read_boolean)
IS_STEERING_HEATER_ACTIVE = _momentary("hvac-issteeringheateractive", _CLIMATE, read_boolean)

FUEL_AMOUNT = _lasting(
    "internalcombustionengine-amountremaining", "read_fuel", number_reader(Quantity.VOLUME)
)
FUEL_LEVEL = _lasting(
    "internalcombustionengine-fuellevel",
    "read_fuel",
    read_percent_or_fraction,
    complete_percent_or_fraction,
)
OIL_LIFE = _lasting(
    "internalcombustionengine-oillife", "read_engine_oil", number_reader(Quantity.PERCENT)
)
FUEL_RANGE = _lasting(
    "internalcombustionengine-range", "read_fuel", number_reader(Quantity.FUEL_RANGE)
)

IS_AT_HOME = _lasting("location-isathome", "read_location", read_boolean)
PRECISE_LOCATION = _lasting(
    "location-preciselocation", "read_location", read_location, complete_location
)

LOW_VOLTAGE_STATE_OF_CHARGE = _lasting(
    "lowvoltagebattery-stateofcharge", "read_battery", number_reader(Quantity.PERCENT)
)
LOW_VOLTAGE_STATUS = _momentary("lowvoltagebattery-status", "read_battery", read_name)

CURRENT_SPEED = _momentary("motion-currentspeed", "read_speedometer", number_reader(Quantity.SPEED))
ODOMETER = _lasting("odometer-traveleddistance", "read_odometer", number_reader(Quantity.ODOMETER))

IS_IN_SERVICE = _momentary("service-isinservice", "read_service_history", read_boolean)
SERVICE_RECORDS = _lasting("service-records", "read_service_history", read_records)

SURVEILLANCE_BRAND = _lasting("surveillance-brand", "read_extended_vehicle_info", read_text)
IS_SURVEILLANCE_ENABLED = _momentary("surveillance-isenabled", _SECURITY, read_boolean)

_BATTERY = "read_battery"
IS_BATTERY_HEATER_ACTIVE = _momentary("tractionbattery-isheateractive", _BATTERY, read_boolean)
MAX_RANGE_CHARGE_COUNTER = _lasting(
    "tractionbattery-maxrangechargecounter", _BATTERY, integer_reader(Quantity.COUNT)
)
NOMINAL_CAPACITY = _lasting(
    "tractionbattery-nominalcapacity", _BATTERY, number_reader(Quantity.CAPACITY, "capacity")
)
BATTERY_RANGE = _lasting("tractionbattery-range", _BATTERY, number_reader(Quantity.ELECTRIC_RANGE))
STATE_OF_CHARGE = _lasting(
    "tractionbattery-stateofcharge", _BATTERY, number_reader(Quantity.PERCENT)
)

DRIVE_MODE = _momentary("transmission-drivemode", "read_extended_vehicle_info", read_drive_mode)
GEAR_STATE = _momentary("transmission-gearstate", "read_extended_vehicle_info", read_name)

EXTERIOR_COLOR = _lasting(
    "vehicleidentification-exteriorcolor", "read_extended_vehicle_info", read_text
)
NICKNAME = _lasting("vehicleidentification-nickname", "read_vehicle_info", read_text)
PACKAGES = _lasting("vehicleidentification-packages", "read_extended_vehicle_info", read_texts)
TRIM = _lasting("vehicleidentification-trim", "read_extended_vehicle_info", read_text)
VIN = _lasting("vehicleidentification-vin", "read_vin", read_text)

ACCOUNT_PERMISSIONS = _lasting("vehicleuseraccount-permissions", "read_user_profile", read_texts)
ACCOUNT_ROLE = _lasting("vehicleuseraccount-role", "read_user_profile", read_text)

WHEEL_STYLE = _lasting("wheel-style", "read_extended_vehicle_info", read_text)
TIRES = _lasting("wheel-tires", "read_tires", read_tires, complete_tires)
