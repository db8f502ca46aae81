"""The 93 signal codes: name, group, permission (reference 5.2 and 10).

The permission of a code is inferred in the reference; where it names two, the one that the
command and permission table of section 10 supports is taken.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SignalInfo:
    """The name and group of a signal, and the permission that opens it."""

    code: str
    name: str
    group: str
    permission: str
    static: bool = False


_ROWS: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("charge-amperage", "Amperage", "Charge", "read_charge"),
    ("charge-amperagemax", "AmperageMax", "Charge", "read_charge"),
    ("charge-amperagerequested", "AmperageRequested", "Charge", "read_charge"),
    ("charge-chargelimits", "ChargeLimits", "Charge", "read_charge"),
    ("charge-chargeportstatuscolor", "ChargePortStatusColor", "Charge", "read_charge"),
    ("charge-chargerate", "ChargeRate", "Charge", "read_charge"),
    ("charge-chargerecords", "ChargeRecords", "Charge", "read_charge_records"),
    ("charge-chargerphases", "ChargerPhases", "Charge", "read_charge"),
    ("charge-chargetimers", "ChargeTimers", "Charge", "read_charge"),
    ("charge-chargingconnectortype", "ChargingConnectorType", "Charge", "read_charge"),
    ("charge-detailedchargingstatus", "DetailedChargingStatus", "Charge", "read_charge"),
    ("charge-energyadded", "EnergyAdded", "Charge", "read_charge"),
    ("charge-fastchargertype", "FastChargerType", "Charge", "read_charge"),
    ("charge-ischarging", "IsCharging", "Charge", "read_charge"),
    ("charge-ischargingcableconnected", "IsChargingCableConnected", "Charge", "read_charge"),
    ("charge-ischargingcablelatched", "IsChargingCableLatched", "Charge", "read_charge"),
    ("charge-ischargingportflapopen", "IsChargingPortFlapOpen", "Charge", "read_charge"),
    ("charge-isfastchargerpresent", "IsFastChargerPresent", "Charge", "read_charge"),
    ("charge-timetocomplete", "TimeToComplete", "Charge", "read_charge"),
    ("charge-voltage", "Voltage", "Charge", "read_charge"),
    ("charge-wattage", "Wattage", "Charge", "read_charge"),
    ("climate-externaltemperature", "ExternalTemperature", "Climate", "read_thermometer"),
    ("climate-internaltemperature", "InternalTemperature", "Climate", "read_thermometer"),
    ("closure-doors", "Doors", "Closure", "read_security"),
    ("closure-enginecover", "EngineCover", "Closure", "read_security"),
    ("closure-fronttrunk", "FrontTrunk", "Closure", "read_security"),
    ("closure-islocked", "IsLocked", "Closure", "read_security"),
    ("closure-reartrunk", "RearTrunk", "Closure", "read_security"),
    ("closure-sunroof", "Sunroof", "Closure", "read_security"),
    ("closure-tailgate", "Tailgate", "Closure", "read_security"),
    ("closure-windows", "Windows", "Closure", "read_security"),
    (
        "connectivitysoftware-currentfirmwareversion",
        "CurrentFirmwareVersion",
        "ConnectivitySoftware",
        "read_extended_vehicle_info",
    ),
    ("connectivitystatus-isasleep", "IsAsleep", "ConnectivityStatus", "read_vehicle_info"),
    (
        "connectivitystatus-isdigitalkeypaired",
        "IsDigitalKeyPaired",
        "ConnectivityStatus",
        "read_vehicle_info",
    ),
    ("connectivitystatus-isonline", "IsOnline", "ConnectivityStatus", "read_vehicle_info"),
    ("diagnostics-abs", "ABS", "Diagnostics", "read_diagnostics"),
    ("diagnostics-activesafety", "ActiveSafety", "Diagnostics", "read_diagnostics"),
    ("diagnostics-airbag", "Airbag", "Diagnostics", "read_diagnostics"),
    ("diagnostics-brakefluid", "BrakeFluid", "Diagnostics", "read_diagnostics"),
    ("diagnostics-driverassistance", "DriverAssistance", "Diagnostics", "read_diagnostics"),
    ("diagnostics-emissions", "Emissions", "Diagnostics", "read_diagnostics"),
    (
        "diagnostics-evbatteryconditioning",
        "EVBatteryConditioning",
        "Diagnostics",
        "read_diagnostics",
    ),
    ("diagnostics-evcharging", "EVCharging", "Diagnostics", "read_diagnostics"),
    ("diagnostics-evdriveunit", "EVDriveUnit", "Diagnostics", "read_diagnostics"),
    ("diagnostics-evhvbattery", "EVHVBattery", "Diagnostics", "read_diagnostics"),
    ("diagnostics-lighting", "Lighting", "Diagnostics", "read_diagnostics"),
    ("diagnostics-mil", "MIL", "Diagnostics", "read_diagnostics"),
    ("diagnostics-oillife", "OilLife", "Diagnostics", "read_diagnostics"),
    ("diagnostics-oilpressure", "OilPressure", "Diagnostics", "read_diagnostics"),
    ("diagnostics-oiltemperature", "OilTemperature", "Diagnostics", "read_diagnostics"),
    ("diagnostics-telematics", "Telematics", "Diagnostics", "read_diagnostics"),
    ("diagnostics-tirepressure", "TirePressure", "Diagnostics", "read_diagnostics"),
    (
        "diagnostics-tirepressuremonitoring",
        "TirePressureMonitoring",
        "Diagnostics",
        "read_diagnostics",
    ),
    ("diagnostics-transmission", "Transmission", "Diagnostics", "read_diagnostics"),
    ("diagnostics-washerfluid", "WasherFluid", "Diagnostics", "read_diagnostics"),
    ("diagnostics-waterinfuel", "WaterInFuel", "Diagnostics", "read_diagnostics"),
    ("diagnostics-dtccount", "DTCCount", "Diagnostics", "read_diagnostics"),
    ("diagnostics-dtclist", "DTCList", "Diagnostics", "read_diagnostics"),
    ("hvac-cabintargettemperature", "CabinTargetTemperature", "HVAC", "read_climate"),
    ("hvac-iscabinhvacactive", "IsCabinHVACActive", "HVAC", "read_climate"),
    ("hvac-isfrontdefrosteractive", "IsFrontDefrosterActive", "HVAC", "read_climate"),
    ("hvac-isreardefrosteractive", "IsRearDefrosterActive", "HVAC", "read_climate"),
    ("hvac-issteeringheateractive", "IsSteeringHeaterActive", "HVAC", "read_climate"),
    (
        "internalcombustionengine-amountremaining",
        "AmountRemaining",
        "InternalCombustionEngine",
        "read_fuel",
    ),
    ("internalcombustionengine-fuellevel", "FuelLevel", "InternalCombustionEngine", "read_fuel"),
    ("internalcombustionengine-oillife", "OilLife", "InternalCombustionEngine", "read_engine_oil"),
    ("internalcombustionengine-range", "Range", "InternalCombustionEngine", "read_fuel"),
    ("location-isathome", "IsAtHome", "Location", "read_location"),
    ("location-preciselocation", "PreciseLocation", "Location", "read_location"),
    ("lowvoltagebattery-stateofcharge", "StateOfCharge", "LowVoltageBattery", "read_battery"),
    ("lowvoltagebattery-status", "Status", "LowVoltageBattery", "read_battery"),
    ("motion-currentspeed", "CurrentSpeed", "Motion", "read_speedometer"),
    ("odometer-traveleddistance", "TraveledDistance", "Odometer", "read_odometer"),
    ("service-isinservice", "IsInService", "Service", "read_service_history"),
    ("service-records", "Records", "Service", "read_service_history"),
    ("surveillance-brand", "Brand", "Surveillance", "read_security"),
    ("surveillance-isenabled", "IsEnabled", "Surveillance", "read_security"),
    ("tractionbattery-isheateractive", "IsHeaterActive", "TractionBattery", "read_battery"),
    (
        "tractionbattery-maxrangechargecounter",
        "MaxRangeChargeCounter",
        "TractionBattery",
        "read_battery",
    ),
    ("tractionbattery-nominalcapacity", "NominalCapacity", "TractionBattery", "read_battery"),
    ("tractionbattery-range", "Range", "TractionBattery", "read_battery"),
    ("tractionbattery-stateofcharge", "StateOfCharge", "TractionBattery", "read_battery"),
    ("transmission-drivemode", "DriveMode", "Transmission", "read_extended_vehicle_info"),
    ("transmission-gearstate", "GearState", "Transmission", "read_extended_vehicle_info"),
    (
        "vehicleidentification-exteriorcolor",
        "ExteriorColor",
        "VehicleIdentification",
        "read_extended_vehicle_info",
    ),
    ("vehicleidentification-nickname", "Nickname", "VehicleIdentification", "read_vehicle_info"),
    ("vehicleidentification-packages", "Packages", "VehicleIdentification", "read_vehicle_info"),
    ("vehicleidentification-trim", "Trim", "VehicleIdentification", "read_vehicle_info"),
    ("vehicleidentification-vin", "VIN", "VehicleIdentification", "read_vin"),
    ("vehicleuseraccount-permissions", "Permissions", "VehicleUserAccount", "read_user_profile"),
    ("vehicleuseraccount-role", "Role", "VehicleUserAccount", "read_user_profile"),
    ("wheel-style", "Style", "Wheel", "read_extended_vehicle_info"),
    ("wheel-tires", "Tires", "Wheel", "read_tires"),
)

_STATIC: Final = frozenset(
    {
        "surveillance-brand",
        "tractionbattery-nominalcapacity",
        "vehicleidentification-exteriorcolor",
        "vehicleidentification-packages",
        "vehicleidentification-trim",
        "vehicleidentification-vin",
        "wheel-style",
    }
)

SIGNALS: Final[dict[str, SignalInfo]] = {
    code: SignalInfo(code, name, group, permission, code in _STATIC)
    for code, name, group, permission in _ROWS
}


def name_and_group(code: str) -> tuple[str, str]:
    """Return the name and the group of a signal, known or not."""
    info = SIGNALS.get(code)
    return (info.name, info.group) if info else (code, "Unknown")


PERMISSIONS: Final[tuple[str, ...]] = (
    "read_vehicle_info",
    "read_extended_vehicle_info",
    "read_user_profile",
    "read_vin",
    "read_battery",
    "read_charge",
    "read_charge_records",
    "read_charge_locations",
    "read_charge_events",
    "read_location",
    "read_compass",
    "read_odometer",
    "read_speedometer",
    "read_security",
    "read_fuel",
    "read_engine_oil",
    "read_tires",
    "read_thermometer",
    "read_climate",
    "read_diagnostics",
    "read_alerts",
    "read_service_history",
    "control_charge",
    "control_security",
    "control_navigation",
    "control_climate",
    "control_trunk",
    "control_pin",
)
"""The 28 permissions of reference 10; also what the dashboard's Vehicle Access lists here."""
