"""The catalogue: one row for each signal that Smartcar documents.

A row has the code of the signal, the permission that it needs, and the reader of its body. The
cloud can send codes that have no row: their bodies can be stored, but not read.

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
    number_reader,
    read_boolean,
    read_charge_limits,
    read_closure,
    read_connector,
    read_drive_mode,
    read_integer,
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
    """

    code: str
    permission: str
    read: Callable[[JsonObject], T | None]

    @property
    def group(self) -> str:
        """The part of the code before the hyphen, such as "charge"."""
        return self.code.partition("-")[0]


CATALOGUE: Final[dict[str, SignalType[object]]] = {}


def _row[T](code: str, permission: str, read: Callable[[JsonObject], T | None]) -> SignalType[T]:
    row = SignalType(code, permission, read)
    CATALOGUE[code] = row
    return row


_CHARGE = "read_charge"
CHARGE_AMPERAGE = _row("charge-amperage", _CHARGE, number_reader(Quantity.CURRENT))
CHARGE_AMPERAGE_MAX = _row("charge-amperagemax", _CHARGE, number_reader(Quantity.CURRENT))
CHARGE_AMPERAGE_REQUESTED = _row(
    "charge-amperagerequested", _CHARGE, number_reader(Quantity.CURRENT)
)
CHARGE_LIMITS = _row("charge-chargelimits", _CHARGE, read_charge_limits)
CHARGE_PORT_COLOR = _row("charge-chargeportstatuscolor", _CHARGE, read_name)
CHARGE_RATE = _row("charge-chargerate", _CHARGE, number_reader(Quantity.CHARGE_RATE))
CHARGE_RECORDS = _row("charge-chargerecords", "read_charge_records", read_records)
CHARGER_PHASES = _row("charge-chargerphases", _CHARGE, read_integer)
CHARGE_TIMERS = _row("charge-chargetimers", _CHARGE, read_records)
CHARGING_CONNECTOR_TYPE = _row("charge-chargingconnectortype", _CHARGE, read_connector)
DETAILED_CHARGING_STATUS = _row("charge-detailedchargingstatus", _CHARGE, read_name)
ENERGY_ADDED = _row("charge-energyadded", _CHARGE, number_reader(Quantity.ENERGY))
FAST_CHARGER_TYPE = _row("charge-fastchargertype", _CHARGE, read_connector)
IS_CHARGING = _row("charge-ischarging", _CHARGE, read_boolean)
IS_CABLE_CONNECTED = _row("charge-ischargingcableconnected", _CHARGE, read_boolean)
IS_CABLE_LATCHED = _row("charge-ischargingcablelatched", _CHARGE, read_boolean)
IS_CHARGE_PORT_OPEN = _row("charge-ischargingportflapopen", _CHARGE, read_boolean)
IS_FAST_CHARGER_PRESENT = _row("charge-isfastchargerpresent", _CHARGE, read_boolean)
TIME_TO_COMPLETE = _row("charge-timetocomplete", _CHARGE, number_reader(Quantity.TIME_TO_COMPLETE))
CHARGE_VOLTAGE = _row("charge-voltage", _CHARGE, number_reader(Quantity.VOLTAGE))
CHARGE_WATTAGE = _row("charge-wattage", _CHARGE, number_reader(Quantity.POWER))

EXTERNAL_TEMPERATURE = _row(
    "climate-externaltemperature", "read_thermometer", number_reader(Quantity.TEMPERATURE)
)
INTERNAL_TEMPERATURE = _row(
    "climate-internaltemperature", "read_thermometer", number_reader(Quantity.TEMPERATURE)
)

_SECURITY = "read_security"
# Smartcar's schema names the lists `doors` and `windows`; every live body names them `values`.
DOORS = _row("closure-doors", _SECURITY, closures_reader("values", "doors"))
ENGINE_COVER = _row("closure-enginecover", _SECURITY, read_closure)
FRONT_TRUNK = _row("closure-fronttrunk", _SECURITY, read_closure)
IS_LOCKED = _row("closure-islocked", _SECURITY, read_boolean)
REAR_TRUNK = _row("closure-reartrunk", _SECURITY, read_closure)
SUNROOF = _row("closure-sunroof", _SECURITY, read_closure)
TAILGATE = _row("closure-tailgate", _SECURITY, read_closure)
WINDOWS = _row("closure-windows", _SECURITY, closures_reader("values", "windows"))

FIRMWARE_VERSION = _row(
    "connectivitysoftware-currentfirmwareversion", "read_extended_vehicle_info", read_text
)
IS_ASLEEP = _row("connectivitystatus-isasleep", "read_vehicle_info", read_boolean)
IS_DIGITAL_KEY_PAIRED = _row(
    "connectivitystatus-isdigitalkeypaired", "read_vehicle_info", read_boolean
)
IS_ONLINE = _row("connectivitystatus-isonline", "read_vehicle_info", read_boolean)

_DIAGNOSTICS = "read_diagnostics"
ABS = _row("diagnostics-abs", _DIAGNOSTICS, read_system_status)
ACTIVE_SAFETY = _row("diagnostics-activesafety", _DIAGNOSTICS, read_system_status)
AIRBAG = _row("diagnostics-airbag", _DIAGNOSTICS, read_system_status)
BRAKE_FLUID = _row("diagnostics-brakefluid", _DIAGNOSTICS, read_system_status)
DRIVER_ASSISTANCE = _row("diagnostics-driverassistance", _DIAGNOSTICS, read_system_status)
EMISSIONS = _row("diagnostics-emissions", _DIAGNOSTICS, read_system_status)
EV_BATTERY_CONDITIONING = _row(
    "diagnostics-evbatteryconditioning", _DIAGNOSTICS, read_system_status
)
EV_CHARGING = _row("diagnostics-evcharging", _DIAGNOSTICS, read_system_status)
EV_DRIVE_UNIT = _row("diagnostics-evdriveunit", _DIAGNOSTICS, read_system_status)
EV_HV_BATTERY = _row("diagnostics-evhvbattery", _DIAGNOSTICS, read_system_status)
LIGHTING = _row("diagnostics-lighting", _DIAGNOSTICS, read_system_status)
MALFUNCTION_INDICATOR = _row("diagnostics-mil", _DIAGNOSTICS, read_system_status)
OIL_LIFE_STATUS = _row("diagnostics-oillife", _DIAGNOSTICS, read_system_status)
OIL_PRESSURE = _row("diagnostics-oilpressure", _DIAGNOSTICS, read_system_status)
OIL_TEMPERATURE = _row("diagnostics-oiltemperature", _DIAGNOSTICS, read_system_status)
TELEMATICS = _row("diagnostics-telematics", _DIAGNOSTICS, read_system_status)
TIRE_PRESSURE_STATUS = _row("diagnostics-tirepressure", _DIAGNOSTICS, read_system_status)
TIRE_PRESSURE_MONITORING = _row(
    "diagnostics-tirepressuremonitoring", _DIAGNOSTICS, read_system_status
)
TRANSMISSION = _row("diagnostics-transmission", _DIAGNOSTICS, read_system_status)
WASHER_FLUID = _row("diagnostics-washerfluid", _DIAGNOSTICS, read_system_status)
WATER_IN_FUEL = _row("diagnostics-waterinfuel", _DIAGNOSTICS, read_system_status)
DTC_COUNT = _row("diagnostics-dtccount", _DIAGNOSTICS, read_integer)
DTC_LIST = _row("diagnostics-dtclist", _DIAGNOSTICS, read_trouble_codes)

_CLIMATE = "read_climate"
CABIN_TARGET_TEMPERATURE = _row(
    "hvac-cabintargettemperature", _CLIMATE, number_reader(Quantity.TEMPERATURE)
)
IS_CABIN_HVAC_ACTIVE = _row("hvac-iscabinhvacactive", _CLIMATE, read_boolean)
IS_FRONT_DEFROSTER_ACTIVE = _row("hvac-isfrontdefrosteractive", _CLIMATE, read_boolean)
IS_REAR_DEFROSTER_ACTIVE = _row("hvac-isreardefrosteractive", _CLIMATE, read_boolean)
IS_STEERING_HEATER_ACTIVE = _row("hvac-issteeringheateractive", _CLIMATE, read_boolean)

FUEL_AMOUNT = _row(
    "internalcombustionengine-amountremaining", "read_fuel", number_reader(Quantity.VOLUME)
)
FUEL_LEVEL = _row("internalcombustionengine-fuellevel", "read_fuel", read_percent_or_fraction)
OIL_LIFE = _row(
    "internalcombustionengine-oillife", "read_engine_oil", number_reader(Quantity.PERCENT)
)
FUEL_RANGE = _row("internalcombustionengine-range", "read_fuel", number_reader(Quantity.DISTANCE))

IS_AT_HOME = _row("location-isathome", "read_location", read_boolean)
PRECISE_LOCATION = _row("location-preciselocation", "read_location", read_location)

LOW_VOLTAGE_STATE_OF_CHARGE = _row(
    "lowvoltagebattery-stateofcharge", "read_battery", number_reader(Quantity.PERCENT)
)
LOW_VOLTAGE_STATUS = _row("lowvoltagebattery-status", "read_battery", read_name)

CURRENT_SPEED = _row("motion-currentspeed", "read_speedometer", number_reader(Quantity.SPEED))
ODOMETER = _row("odometer-traveleddistance", "read_odometer", number_reader(Quantity.ODOMETER))

IS_IN_SERVICE = _row("service-isinservice", "read_service_history", read_boolean)
SERVICE_RECORDS = _row("service-records", "read_service_history", read_records)

SURVEILLANCE_BRAND = _row("surveillance-brand", "read_extended_vehicle_info", read_text)
IS_SURVEILLANCE_ENABLED = _row("surveillance-isenabled", _SECURITY, read_boolean)

_BATTERY = "read_battery"
IS_BATTERY_HEATER_ACTIVE = _row("tractionbattery-isheateractive", _BATTERY, read_boolean)
MAX_RANGE_CHARGE_COUNTER = _row("tractionbattery-maxrangechargecounter", _BATTERY, read_integer)
NOMINAL_CAPACITY = _row(
    "tractionbattery-nominalcapacity", _BATTERY, number_reader(Quantity.CAPACITY, "capacity")
)
BATTERY_RANGE = _row("tractionbattery-range", _BATTERY, number_reader(Quantity.DISTANCE))
STATE_OF_CHARGE = _row("tractionbattery-stateofcharge", _BATTERY, number_reader(Quantity.PERCENT))

DRIVE_MODE = _row("transmission-drivemode", "read_extended_vehicle_info", read_drive_mode)
GEAR_STATE = _row("transmission-gearstate", "read_extended_vehicle_info", read_name)

EXTERIOR_COLOR = _row(
    "vehicleidentification-exteriorcolor", "read_extended_vehicle_info", read_text
)
NICKNAME = _row("vehicleidentification-nickname", "read_vehicle_info", read_text)
PACKAGES = _row("vehicleidentification-packages", "read_extended_vehicle_info", read_texts)
TRIM = _row("vehicleidentification-trim", "read_extended_vehicle_info", read_text)
VIN = _row("vehicleidentification-vin", "read_vin", read_text)

ACCOUNT_PERMISSIONS = _row("vehicleuseraccount-permissions", "read_user_profile", read_texts)
ACCOUNT_ROLE = _row("vehicleuseraccount-role", "read_user_profile", read_text)

WHEEL_STYLE = _row("wheel-style", "read_extended_vehicle_info", read_text)
TIRES = _row("wheel-tires", "read_tires", read_tires)
