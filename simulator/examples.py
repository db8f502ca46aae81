"""A documented body of each signal (reference 5.2), the same for every car.

The cars of the simulator make their bodies themselves (`bodies.py`), and no car sends all signals.
Tests and the benchmark put these examples into the store to have every signal at once.
"""

from collections.abc import Mapping
from typing import Final

from .json_types import Json, JsonObject


def _grid(**parts: tuple[Json, Json]) -> JsonObject:
    """Return two by two cells; the last one, rear right, differs from the rest."""
    cells: list[Json] = [
        {"row": row, "column": column}
        | {key: (odd if row == column == 1 else usual) for key, (usual, odd) in parts.items()}
        for row in (0, 1)
        for column in (0, 1)
    ]
    return {"values": cells, "rowCount": 2, "columnCount": 2}


_OK: Final[JsonObject] = {"status": "OK", "description": "See a workshop"}
_ALERT: Final[JsonObject] = {"status": "ALERT", "description": "See a workshop"}

CHARGE_RECORD: Final[JsonObject] = {
    "id": "record-1",
    "cost": {"currency": "EUR", "energyAmount": 4.2, "otherAmount": 0},
    "startTime": "2026-11-19T18:00:00.000Z",
    "endTime": "2026-11-19T22:00:00.000Z",
    "location": {
        "name": "Grandmother",
        "address": "12 Elm Street",
        "latitude": 48.137154,
        "longitude": 11.576124,
    },
    "energyAdded": 13.5,
    "connectorType": "TYPE_2",
    "isPublicCharger": False,
    "startStateOfCharge": 40,
    "endStateOfCharge": 60,
}
CHARGE_TIMER: Final[JsonObject] = {
    "type": "LOCATION",
    "scheduleType": "DAILY",
    "scheduleId": "schedule-1",
    "condition": {"name": "Home", "address": None, "latitude": 48.1, "longitude": 11.5},
    "schedules": [{"start": "22:00:00", "end": "06:00:00", "days": ["MONDAY"]}],
    "departureTimers": [],
    "isOEMOptimizationEnabled": False,
}
SERVICE_RECORD: Final[JsonObject] = {
    "id": None,
    "cost": {"amount": 289.0, "currency": "EUR"},
    "time": "2026-05-12T09:30:00.000Z",
    "tasks": [{"id": "1", "description": "Inspection"}],
    "details": [],
    "odometer": 3800.0,
}

EXAMPLES: Final[Mapping[str, JsonObject]] = {
    "charge-amperage": {"value": 16, "unit": "ampere"},
    "charge-amperagemax": {"value": 32, "unit": "ampere"},
    "charge-amperagerequested": {"value": 15.5, "unit": "amps"},
    "charge-chargelimits": {
        "values": [{"type": "GLOBAL", "limit": 80}],
        "activeLimit": 80,
        "unit": "percent",
    },
    "charge-chargeportstatuscolor": {"value": "green"},
    "charge-chargerate": {"value": 53, "unit": "km/h"},
    "charge-chargerecords": {"values": [CHARGE_RECORD]},
    "charge-chargerphases": {"value": 3, "unit": "count"},
    "charge-chargetimers": {"values": [CHARGE_TIMER]},
    "charge-chargingconnectortype": {"value": "J1772"},
    "charge-detailedchargingstatus": {"value": "CHARGING"},
    "charge-energyadded": {"value": 12.5, "unit": "kWh"},
    "charge-fastchargertype": {"value": "CCS"},
    "charge-ischarging": {"value": True},
    "charge-ischargingcableconnected": {"value": True},
    "charge-ischargingcablelatched": {"value": True},
    "charge-ischargingportflapopen": {"value": True},
    "charge-isfastchargerpresent": {"value": True},
    "charge-timetocomplete": {"value": 90},
    "charge-voltage": {"value": 230, "unit": "volts"},
    "charge-wattage": {"value": 11000, "unit": "watts"},
    "climate-externaltemperature": {"value": -3.5, "unit": "celsius"},
    "climate-internaltemperature": {"value": 68, "unit": "fahrenheit"},
    "closure-doors": _grid(isOpen=(False, True), isLocked=(True, False)),
    "closure-enginecover": {"isOpen": False},
    "closure-fronttrunk": {"isOpen": False, "isLocked": True},
    "closure-islocked": {"value": False},
    "closure-reartrunk": {"isOpen": True, "isLocked": False},
    "closure-sunroof": {"isOpen": False},
    "closure-tailgate": {"isOpen": False, "isLocked": False},
    "closure-windows": _grid(isOpen=(False, True)),
    "connectivitysoftware-currentfirmwareversion": {"value": "3.4.1"},
    "connectivitystatus-isasleep": {"value": False},
    "connectivitystatus-isdigitalkeypaired": {"value": False},
    "connectivitystatus-isonline": {"value": False},
    "diagnostics-abs": _OK,
    "diagnostics-activesafety": _OK,
    "diagnostics-airbag": _ALERT,
    "diagnostics-brakefluid": _OK,
    "diagnostics-driverassistance": _OK,
    "diagnostics-emissions": _OK,
    "diagnostics-evbatteryconditioning": _OK,
    "diagnostics-evcharging": _ALERT,
    "diagnostics-evdriveunit": _OK,
    "diagnostics-evhvbattery": _OK,
    "diagnostics-lighting": _OK,
    "diagnostics-mil": _OK,
    "diagnostics-oillife": _OK,
    "diagnostics-oilpressure": _OK,
    "diagnostics-oiltemperature": _OK,
    "diagnostics-telematics": _OK,
    "diagnostics-tirepressure": _OK,
    "diagnostics-tirepressuremonitoring": _OK,
    "diagnostics-transmission": _OK,
    "diagnostics-washerfluid": _OK,
    "diagnostics-waterinfuel": _OK,
    "diagnostics-dtccount": {"value": 2, "unit": "count"},
    "diagnostics-dtclist": {
        "values": [
            {"code": "P0420", "timestamp": "2026-11-01T00:00:00.000Z"},
            {"code": "U0100", "timestamp": None},
        ]
    },
    "hvac-cabintargettemperature": {"value": 21.5, "unit": "celsius"},
    "hvac-iscabinhvacactive": {"value": True},
    "hvac-isfrontdefrosteractive": {"value": False},
    "hvac-isreardefrosteractive": {"value": True},
    "hvac-issteeringheateractive": {"value": False},
    "internalcombustionengine-amountremaining": {"value": 10, "unit": "gallons"},
    "internalcombustionengine-fuellevel": {"value": 0.77},
    "internalcombustionengine-oillife": {"value": 35, "unit": "percent"},
    "internalcombustionengine-range": {"value": 100, "unit": "miles"},
    "location-isathome": {"value": True},
    "location-preciselocation": {
        "latitude": 52.238523,
        "longitude": 0.154656,
        "heading": 94,
        "direction": "E",
        "locationType": "LAST_PARKED",
    },
    "lowvoltagebattery-stateofcharge": {"value": 91, "unit": "percent"},
    "lowvoltagebattery-status": {"value": "WARN"},
    "motion-currentspeed": {"value": 50, "unit": "km/h"},
    "odometer-traveleddistance": {"value": 52891, "unit": "km"},
    "service-isinservice": {"value": False},
    "service-records": {"values": [SERVICE_RECORD]},
    "surveillance-brand": {"value": "Sentry"},
    "surveillance-isenabled": {"value": False},
    "tractionbattery-isheateractive": {"value": True},
    "tractionbattery-maxrangechargecounter": {"value": 3, "unit": "count"},
    "tractionbattery-nominalcapacity": {
        "capacity": 77,
        "source": "SMARTCAR",
        "availableCapacities": [{"capacity": 77, "description": None}],
        "unit": "kWh",
    },
    "tractionbattery-range": {
        "value": 253,
        "type": "DEFAULT",
        "additionalValues": [],
        "unit": "km",
    },
    "tractionbattery-stateofcharge": {"value": 42},
    "transmission-drivemode": {"canonical": "SPORT", "oemDisplayName": "Dynamic"},
    "transmission-gearstate": {"value": "PARK"},
    "vehicleidentification-exteriorcolor": {"value": "Moonstone"},
    "vehicleidentification-nickname": {"value": "Ferdinand"},
    "vehicleidentification-packages": {"values": ["Winter", "Tow bar"]},
    "vehicleidentification-trim": {"value": "Pro S"},
    "vehicleidentification-vin": {"value": "WVWZZZE1ZMP000001"},
    "vehicleuseraccount-permissions": {"values": ["unlock", "locate"]},
    "vehicleuseraccount-role": {"value": "OWNER"},
    "wheel-style": {"value": "Turbine"},
    "wheel-tires": {**_grid(tirePressure=(258, 2.5)), "unit": "bar"},
}
