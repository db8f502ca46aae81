"""The documented signals: their codes, and a body of each with the value that it has."""

from datetime import UTC, datetime
from typing import Any

from custom_components.smartcar.api import (
    ChargeLimit,
    ChargeLimits,
    Closure,
    ConnectorType,
    DriveMode,
    Location,
    Position,
    TroubleCode,
)

CODES = {
    "charge": "amperage amperagemax amperagerequested chargelimits chargeportstatuscolor "
    "chargerate chargerecords chargerphases chargetimers chargingconnectortype "
    "detailedchargingstatus energyadded fastchargertype ischarging ischargingcableconnected "
    "ischargingcablelatched ischargingportflapopen isfastchargerpresent timetocomplete voltage "
    "wattage",
    "climate": "externaltemperature internaltemperature",
    "closure": "doors enginecover fronttrunk islocked reartrunk sunroof tailgate windows",
    "connectivitysoftware": "currentfirmwareversion",
    "connectivitystatus": "isasleep isdigitalkeypaired isonline",
    "diagnostics": "abs activesafety airbag brakefluid driverassistance emissions "
    "evbatteryconditioning evcharging evdriveunit evhvbattery lighting mil oillife oilpressure "
    "oiltemperature telematics tirepressure tirepressuremonitoring transmission washerfluid "
    "waterinfuel dtccount dtclist",
    "hvac": "cabintargettemperature iscabinhvacactive isfrontdefrosteractive isreardefrosteractive "
    "issteeringheateractive",
    "internalcombustionengine": "amountremaining fuellevel oillife range",
    "location": "isathome preciselocation",
    "lowvoltagebattery": "stateofcharge status",
    "motion": "currentspeed",
    "odometer": "traveleddistance",
    "service": "isinservice records",
    "surveillance": "brand isenabled",
    "tractionbattery": "isheateractive maxrangechargecounter nominalcapacity range stateofcharge",
    "transmission": "drivemode gearstate",
    "vehicleidentification": "exteriorcolor nickname packages trim vin",
    "vehicleuseraccount": "permissions role",
    "wheel": "style tires",
}
ALL = {f"{group}-{name}" for group, names in CODES.items() for name in names.split()}


def _grid(*cells: dict[str, Any], **more: Any) -> dict[str, Any]:
    values = [
        {"row": number // 2, "column": number % 2} | cell for number, cell in enumerate(cells)
    ]
    return {"values": values, "rowCount": 2, "columnCount": 2, **more}


def _by_place[T](*values: T) -> dict[Position, T]:
    return {Position(number // 2, number % 2): value for number, value in enumerate(values)}


RECORD = {
    "id": "r1",
    "cost": {"currency": "EUR", "energyAmount": 12.5, "otherAmount": 0},
    "startTime": "2026-01-01T00:00:00Z",
    "endTime": "2026-01-01T03:00:00Z",
    "location": {"name": "Home", "address": None, "latitude": 1.5, "longitude": 2.5},
    "energyAdded": 30.1,
    "connectorType": "CCS",
    "isPublicCharger": False,
    "startStateOfCharge": 20,
    "endStateOfCharge": 80,
}
TIMER = {
    "type": "LOCATION",
    "scheduleType": "DAILY",
    "scheduleId": "s1",
    "condition": None,
    "schedules": [{"start": "08:00:00", "end": "10:00:00", "days": ["MONDAY"]}],
    "departureTimers": [],
    "isOEMOptimizationEnabled": False,
}
SERVICE = {
    "id": None,
    "cost": {"amount": 99.5, "currency": "EUR"},
    "time": "2026-01-01T00:00:00Z",
    "tasks": [{"id": "1", "description": "Oil"}],
    "details": [],
    "odometer": 12000,
}
AMPERE = {"unit": "ampere"}
CELSIUS = {"unit": "celsius"}
PERCENT = {"unit": "percent"}
KM = {"unit": "km"}

DOCUMENTED: dict[str, tuple[dict[str, Any], Any]] = {
    "charge-amperage": ({"value": 16} | AMPERE, 16),
    "charge-amperagemax": ({"value": 32} | AMPERE, 32),
    "charge-amperagerequested": ({"value": 15.5} | AMPERE, 15.5),
    "charge-chargelimits": (
        {
            "values": [
                {"type": "GLOBAL", "limit": 80, "condition": None},
                {"type": "location", "limit": 90, "condition": {"name": "Home"}},
            ],
            "activeLimit": 85,
            "unit": "percent",
        },
        ChargeLimits(
            85, (ChargeLimit("GLOBAL", 80, {}), ChargeLimit("LOCATION", 90, {"name": "Home"}))
        ),
    ),
    "charge-chargeportstatuscolor": ({"value": "green"}, "GREEN"),
    "charge-chargerate": ({"value": 53, "unit": "km/h"}, 53),
    "charge-chargerecords": ({"values": [RECORD]}, (RECORD,)),
    "charge-chargerphases": ({"value": 3, "unit": "count"}, 3),
    "charge-chargetimers": ({"values": [TIMER]}, (TIMER,)),
    "charge-chargingconnectortype": ({"value": "J1772"}, ConnectorType.TYPE_1),
    "charge-detailedchargingstatus": ({"value": "NOT_CHARGING"}, "NOT_CHARGING"),
    "charge-energyadded": ({"value": 12.34, "unit": "kWh"}, 12.34),
    "charge-fastchargertype": ({"value": "CCS"}, ConnectorType.CCS),
    "charge-timetocomplete": ({"value": 95}, 95),
    "charge-voltage": ({"value": 231, "unit": "volts"}, 231),
    "charge-wattage": ({"value": 8000, "unit": "watts"}, 8000),
    "climate-externaltemperature": ({"value": -3.5} | CELSIUS, -3.5),
    "climate-internaltemperature": ({"value": 21} | CELSIUS, 21),
    "closure-doors": (
        _grid(
            {"isOpen": False, "isLocked": True},
            {"isOpen": True, "isLocked": False},
            {"isOpen": None, "isLocked": True},
            {"isOpen": False, "isLocked": None},
        ),
        _by_place(
            Closure(False, True), Closure(True, False), Closure(None, True), Closure(False, None)
        ),
    ),
    "closure-enginecover": ({"isOpen": False}, Closure(False)),
    "closure-fronttrunk": ({"isOpen": False, "isLocked": True}, Closure(False, True)),
    "closure-reartrunk": ({"isOpen": True, "isLocked": False}, Closure(True, False)),
    "closure-sunroof": ({"isOpen": True}, Closure(True)),
    "closure-tailgate": ({"isOpen": False, "isLocked": None}, Closure(False)),
    "closure-windows": (
        _grid({"isOpen": False}, {"isOpen": True}, {"isOpen": False}),
        _by_place(Closure(False), Closure(True), Closure(False)),
    ),
    "connectivitysoftware-currentfirmwareversion": ({"value": "2024.8.9"}, "2024.8.9"),
    "diagnostics-dtccount": ({"value": 2, "unit": "count"}, 2),
    "diagnostics-dtclist": (
        {
            "values": [
                {"code": "P302D", "timestamp": "2026-01-02T03:04:05Z"},
                {"code": "C1A", "timestamp": None},
            ]
        },
        (TroubleCode("P302D", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)), TroubleCode("C1A")),
    ),
    "hvac-cabintargettemperature": ({"value": 20.5} | CELSIUS, 20.5),
    "internalcombustionengine-amountremaining": ({"value": 40.5, "unit": "liters"}, 40.5),
    "internalcombustionengine-fuellevel": ({"value": 77} | PERCENT, 77),
    "internalcombustionengine-oillife": ({"value": 35} | PERCENT, 35),
    "internalcombustionengine-range": ({"value": 239} | KM, 239),
    "location-preciselocation": (
        {
            "latitude": 52.238523,
            "longitude": -0.154655,
            "heading": 94,
            "direction": "E",
            "locationType": "LAST_PARKED",
        },
        Location(52.238523, -0.154655, 94, "E", "LAST_PARKED"),
    ),
    "lowvoltagebattery-stateofcharge": ({"value": 100} | PERCENT, 100),
    "lowvoltagebattery-status": ({"value": "GOOD"}, "GOOD"),
    "motion-currentspeed": ({"value": 0, "unit": "km/h"}, 0),
    "odometer-traveleddistance": ({"value": 167336} | KM, 167336),
    "service-records": ({"values": [SERVICE]}, (SERVICE,)),
    "surveillance-brand": ({"value": "Sentry Mode"}, "Sentry Mode"),
    "tractionbattery-maxrangechargecounter": ({"value": 7, "unit": "count"}, 7),
    "tractionbattery-nominalcapacity": (
        {
            "capacity": 90,
            "source": "USER_SELECTED",
            "availableCapacities": [{"capacity": 90, "description": "BEV:EV320 AWD"}],
            "unit": "kWh",
        },
        90,
    ),
    "tractionbattery-range": (
        {"value": 253, "type": "DEFAULT", "additionalValues": []} | KM,
        253,
    ),
    "tractionbattery-stateofcharge": ({"value": 57} | PERCENT, 57),
    "transmission-drivemode": (
        {"canonical": "ECO", "oemDisplayName": "Eco Pro"},
        DriveMode("ECO", "Eco Pro"),
    ),
    "transmission-gearstate": ({"value": "PARK"}, "PARK"),
    "vehicleidentification-exteriorcolor": ({"value": "Moonstone"}, "Moonstone"),
    "vehicleidentification-nickname": ({"value": "Blue"}, "Blue"),
    "vehicleidentification-packages": ({"values": ["Tow", "Winter"]}, ("Tow", "Winter")),
    "vehicleidentification-trim": ({"value": "Pro S"}, "Pro S"),
    "vehicleidentification-vin": ({"value": "5YJSA1CN5DFP00101"}, "5YJSA1CN5DFP00101"),
    "vehicleuseraccount-permissions": ({"values": ["LOCK"]}, ("LOCK",)),
    "vehicleuseraccount-role": ({"value": "PRIMARY"}, "PRIMARY"),
    "wheel-style": ({"value": "Aero 19"}, "Aero 19"),
    "wheel-tires": (
        _grid(
            {"tirePressure": 2.5},
            {"tirePressure": 258},
            {"tirePressure": 699.9},
            {"tirePressure": 2.62},
            unit="bar",
        ),
        _by_place(250, 258, None, 262),
    ),
}

BOOLEANS = sorted(
    code
    for code in ALL
    if code.partition("-")[2].startswith("is") or code == "surveillance-isenabled"
)
SYSTEMS = sorted(code for code in ALL if code.startswith("diagnostics-") and "dtc" not in code)
