"""What every signal is to become: a documented body for each code, and what a user sees of it.

Written from Smartcar's reference, not from the integration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Shown:
    """An entity, as "platform.key", and what it shows; numbers are compared as numbers."""

    entity: str
    state: str | float
    unit: str | None = None
    device_class: str | None = None
    state_class: str | None = None
    attributes: Mapping[str, Any] = NOTHING


@dataclass(frozen=True)
class Row:
    """A body, and where it shows: entities, the car's device, or an action that returns it."""

    body: Mapping[str, Any]
    shown: tuple[Shown, ...] = ()
    device: Mapping[str, str] = field(default_factory=dict)
    action: str | None = None


def _number(
    key: str, state: float, unit: str | None, device_class: str | None, kind: str = "measurement"
) -> Shown:
    return Shown(f"sensor.{key}", state, unit, device_class, kind)


def _is(key: str, state: bool, device_class: str | None = None, **attributes: Any) -> Shown:
    return Shown(
        f"binary_sensor.{key}", "on" if state else "off", None, device_class, None, attributes
    )


def _text(key: str, state: str | float, device_class: str | None = None, **more: Any) -> Shown:
    return Shown(f"sensor.{key}", state, None, device_class, None, more)


def _yes(key: str, device_class: str | None = None, *, value: bool = True) -> Row:
    return Row({"value": value}, (_is(key, value, device_class),))


def _system(key: str, *, alert: bool = False) -> Row:
    body = {"status": "ALERT" if alert else "OK", "description": "See a workshop"}
    shown = _is(f"diagnostics_{key}", alert, "problem", description="See a workshop")
    return Row(body, (shown,))


def _grid(**parts: Any) -> Mapping[str, Any]:
    """Two by two; the last, back right, differs from the others."""
    cells = [
        {"row": row, "column": column}
        | {key: (odd if row == column == 1 else usual) for key, (usual, odd) in parts.items()}
        for row in (0, 1)
        for column in (0, 1)
    ]
    return {"values": cells, "rowCount": 2, "columnCount": 2}


def _four(thing: str, device_class: str, suffix: str = "") -> tuple[Shown, ...]:
    return tuple(
        _is(f"{thing}_{place}{suffix}", place == "back_right", device_class)
        for place in ("front_left", "front_right", "back_left", "back_right")
    )


CHARGE_RECORD = {
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
CHARGE_TIMER = {
    "type": "LOCATION",
    "scheduleType": "DAILY",
    "scheduleId": "schedule-1",
    "condition": {"name": "Home", "address": None, "latitude": 48.1, "longitude": 11.5},
    "schedules": [{"start": "22:00:00", "end": "06:00:00", "days": ["MONDAY"]}],
    "departureTimers": [],
    "isOEMOptimizationEnabled": False,
}
SERVICE_RECORD = {
    "id": None,
    "cost": {"amount": 289.0, "currency": "EUR"},
    "time": "2026-05-12T09:30:00.000Z",
    "tasks": [{"id": "1", "description": "Inspection"}],
    "details": [],
    "odometer": 3800.0,
}

# The cars of these tests report at noon (NOON), and may be commanded.
NOON = "2026-11-20T12:00:00+00:00"

TABLE: Mapping[str, Row] = {
    "charge-amperage": Row(
        {"value": 16, "unit": "ampere"}, (_number("charge_amperage", 16, "A", "current"),)
    ),
    "charge-amperagemax": Row(
        {"value": 32, "unit": "ampere"}, (_number("charge_amperage_max", 32, "A", "current"),)
    ),
    "charge-amperagerequested": Row(
        {"value": 15.5, "unit": "amps"},
        (_number("charge_amperage_requested", 15.5, "A", "current"),),
    ),
    "charge-chargelimits": Row(
        {"values": [{"type": "GLOBAL", "limit": 80}], "activeLimit": 80, "unit": "percent"},
        (Shown("number.charge_limit", 80, "%"),),
    ),
    "charge-chargeportstatuscolor": Row({"value": "green"}, (_text("charge_port_color", "GREEN"),)),
    "charge-chargerate": Row(
        {"value": 53, "unit": "km/h"}, (_number("charge_chargerate", 53, "km/h", "speed"),)
    ),
    "charge-chargerecords": Row(
        {"values": [CHARGE_RECORD]}, (_text("charge_records", 1),), action="charge_records"
    ),
    "charge-chargerphases": Row(
        {"value": 3, "unit": "count"}, (_number("charger_phases", 3, None, None),)
    ),
    "charge-chargetimers": Row(
        {"values": [CHARGE_TIMER]}, (_text("charge_schedules", 1),), action="charge_schedules"
    ),
    "charge-chargingconnectortype": Row(
        {"value": "J1772"}, (_text("charge_connector_type", "J1772"),)
    ),
    "charge-detailedchargingstatus": Row(
        {"value": "CHARGING"},
        (_text("charging_state", "charging", "enum", detailed_status="CHARGING"),),
    ),
    "charge-energyadded": Row(
        {"value": 12.5, "unit": "kWh"},
        (Shown("sensor.charge_energyadded", 12.5, "kWh", "energy", "total", {"last_reset": NOON}),),
    ),
    "charge-fastchargertype": Row({"value": "CCS"}, (_text("charge_fast_charger_type", "CCS"),)),
    "charge-ischarging": Row(
        {"value": True},
        (
            _is("charging", True, "battery_charging"),
            Shown("switch.charging", "on", device_class="switch"),
            # How things stand at first is no event.
            Shown("event.charging_event", "unknown"),
        ),
    ),
    "charge-ischargingcableconnected": Row(
        {"value": True},
        (_is("plug_status", True, "plug"), Shown("event.cable_event", "unknown")),
    ),
    "charge-ischargingcablelatched": _yes("charge_cable_latched"),
    "charge-ischargingportflapopen": Row(
        {"value": True}, (Shown("cover.charge_port", "open", device_class="door"),)
    ),
    "charge-isfastchargerpresent": _yes("charge_fast_charger_present"),
    "charge-timetocomplete": Row(
        {"value": 90},
        (
            _number("charge_time_to_complete", 90, "min", "duration"),
            _text("charge_complete_at", "2026-11-20T13:30:00+00:00", "timestamp"),
        ),
    ),
    "charge-voltage": Row(
        {"value": 230, "unit": "volts"}, (_number("charge_voltage", 230, "V", "voltage"),)
    ),
    "charge-wattage": Row(
        {"value": 11000, "unit": "watts"}, (_number("charge_wattage", 11000, "W", "power"),)
    ),
    "climate-externaltemperature": Row(
        {"value": -3.5, "unit": "celsius"},
        (_number("external_temperature", -3.5, "°C", "temperature"),),
    ),
    "climate-internaltemperature": Row(
        {"value": 68, "unit": "fahrenheit"},
        (_number("internal_temperature", 20, "°C", "temperature"),),
    ),
    "closure-doors": Row(
        _grid(isOpen=(False, True), isLocked=(True, False)),
        (*_four("door", "door"), *_four("door", "lock", "_lock")),
    ),
    "closure-enginecover": Row({"isOpen": False}, (_is("engine_cover", False, "opening"),)),
    "closure-fronttrunk": Row(
        {"isOpen": False, "isLocked": True},
        (_is("front_trunk", False, "opening"), _is("front_trunk_lock", False, "lock")),
    ),
    "closure-islocked": Row(
        {"value": False},
        (Shown("lock.door_lock", "unlocked"), Shown("event.lock_event", "unknown")),
    ),
    "closure-reartrunk": Row(
        {"isOpen": True, "isLocked": False},
        (_is("rear_trunk", True, "opening"), _is("rear_trunk_lock", True, "lock")),
    ),
    "closure-sunroof": Row({"isOpen": False}, (_is("sunroof", False, "window"),)),
    "closure-tailgate": Row(
        {"isOpen": False, "isLocked": False},
        (_is("tailgate", False, "opening"), _is("tailgate_lock", True, "lock")),
    ),
    "closure-windows": Row(_grid(isOpen=(False, True)), _four("window", "window")),
    "connectivitysoftware-currentfirmwareversion": Row(
        {"value": "3.4.1"}, (_text("firmware_version", "3.4.1"),), {"sw_version": "3.4.1"}
    ),
    "connectivitystatus-isasleep": _yes("asleep", value=False),
    "connectivitystatus-isdigitalkeypaired": _yes("digital_key_paired", value=False),
    "connectivitystatus-isonline": _yes("online", "connectivity", value=False),
    "diagnostics-abs": _system("abs"),
    "diagnostics-activesafety": _system("active_safety"),
    "diagnostics-airbag": _system("airbag", alert=True),
    "diagnostics-brakefluid": _system("brake_fluid"),
    "diagnostics-driverassistance": _system("driver_assistance"),
    "diagnostics-emissions": _system("emissions"),
    "diagnostics-evbatteryconditioning": _system("ev_battery_conditioning"),
    "diagnostics-evcharging": _system("ev_charging", alert=True),
    "diagnostics-evdriveunit": _system("ev_drive_unit"),
    "diagnostics-evhvbattery": _system("ev_hv_battery"),
    "diagnostics-lighting": _system("lighting"),
    "diagnostics-mil": _system("mil"),
    "diagnostics-oillife": _system("oil_life"),
    "diagnostics-oilpressure": _system("oil_pressure"),
    "diagnostics-oiltemperature": _system("oil_temperature"),
    "diagnostics-telematics": _system("telematics"),
    "diagnostics-tirepressure": _system("tire_pressure"),
    "diagnostics-tirepressuremonitoring": _system("tire_pressure_monitoring"),
    "diagnostics-transmission": _system("transmission"),
    "diagnostics-washerfluid": _system("washer_fluid"),
    "diagnostics-waterinfuel": _system("water_in_fuel"),
    "diagnostics-dtccount": Row(
        {"value": 2, "unit": "count"}, (_number("dtc_count", 2, None, None),)
    ),
    "diagnostics-dtclist": Row(
        {
            "values": [
                {"code": "P0420", "timestamp": "2026-11-01T00:00:00.000Z"},
                {"code": "U0100", "timestamp": None},
            ]
        },
        (Shown("sensor.dtc_count", 2, None, None, "measurement", {"codes": ["P0420", "U0100"]}),),
    ),
    "hvac-cabintargettemperature": Row(
        {"value": 21.5, "unit": "celsius"},
        (_number("cabin_target_temperature", 21.5, "°C", "temperature"),),
    ),
    "hvac-iscabinhvacactive": _yes("hvac_active", "running"),
    "hvac-isfrontdefrosteractive": _yes("front_defroster", value=False),
    "hvac-isreardefrosteractive": _yes("rear_defroster"),
    "hvac-issteeringheateractive": _yes("steering_heater", value=False),
    "internalcombustionengine-amountremaining": Row(
        {"value": 10, "unit": "gallons"}, (_number("fuel", 37.854118, "L", "volume_storage"),)
    ),
    "internalcombustionengine-fuellevel": Row(
        {"value": 0.77}, (_number("fuel_percent", 77, "%", None),)
    ),
    "internalcombustionengine-oillife": Row(
        {"value": 35, "unit": "percent"}, (_number("engine_oil", 35, "%", None),)
    ),
    "internalcombustionengine-range": Row(
        {"value": 100, "unit": "miles"}, (_number("fuel_range", 160.9344, "km", "distance"),)
    ),
    "location-isathome": _yes("at_home", "presence"),
    "location-preciselocation": Row(
        {
            "latitude": 52.238523,
            "longitude": 0.154656,
            "heading": 94,
            "direction": "E",
            "locationType": "LAST_PARKED",
        },
        (
            Shown(
                "device_tracker.location",
                "not_home",
                attributes={
                    "latitude": 52.238523,
                    "longitude": 0.154656,
                    "heading": 94,
                    "direction": "E",
                    "location_type": "LAST_PARKED",
                    "source_type": "gps",
                },
            ),
        ),
    ),
    "lowvoltagebattery-stateofcharge": Row(
        {"value": 91, "unit": "percent"},
        (_number("low_voltage_battery_level", 91, "%", "battery"),),
    ),
    "lowvoltagebattery-status": Row(
        {"value": "WARN"}, (_text("low_voltage_battery_status", "warn", "enum"),)
    ),
    "motion-currentspeed": Row(
        {"value": 50, "unit": "km/h"}, (_number("speed", 50, "km/h", "speed"),)
    ),
    "odometer-traveleddistance": Row(
        {"value": 52891, "unit": "km"},
        (_number("odometer", 52891, "km", "distance", "total_increasing"),),
    ),
    "service-isinservice": _yes("in_service", value=False),
    "service-records": Row(
        {"values": [SERVICE_RECORD]}, (_text("service_records", 1),), action="service_records"
    ),
    "surveillance-brand": Row({"value": "Sentry"}, (_text("surveillance_brand", "Sentry"),)),
    "surveillance-isenabled": _yes("surveillance_enabled", value=False),
    "tractionbattery-isheateractive": _yes("battery_heater_active"),
    "tractionbattery-maxrangechargecounter": Row(
        {"value": 3, "unit": "count"},
        (_number("max_range_charge_count", 3, None, None, "total_increasing"),),
    ),
    "tractionbattery-nominalcapacity": Row(
        {
            "capacity": 77,
            "source": "SMARTCAR",
            "availableCapacities": [{"capacity": 77, "description": None}],
            "unit": "kWh",
        },
        (_number("battery_capacity", 77, "kWh", "energy_storage"),),
    ),
    "tractionbattery-range": Row(
        {"value": 253, "type": "DEFAULT", "additionalValues": [], "unit": "km"},
        (_number("range", 253, "km", "distance"),),
    ),
    "tractionbattery-stateofcharge": Row(
        {"value": 42}, (_number("battery_level", 42, "%", "battery"),)
    ),
    "transmission-drivemode": Row(
        {"canonical": "SPORT", "oemDisplayName": "Dynamic"},
        (_text("drive_mode", "Dynamic", canonical="SPORT"),),
    ),
    "transmission-gearstate": Row({"value": "PARK"}, (_text("gear_state", "park", "enum"),)),
    "vehicleidentification-exteriorcolor": Row(
        {"value": "Moonstone"}, (_text("exterior_color", "Moonstone"),)
    ),
    "vehicleidentification-nickname": Row(
        {"value": "Ferdinand"}, (_text("nickname", "Ferdinand"),), {"name": "Ferdinand"}
    ),
    "vehicleidentification-packages": Row(
        {"values": ["Winter", "Tow bar"]}, (_text("packages", 2, packages=["Winter", "Tow bar"]),)
    ),
    "vehicleidentification-trim": Row({"value": "Pro S"}, (_text("trim", "Pro S"),)),
    "vehicleidentification-vin": Row(
        {"value": "WVWZZZE1ZMP000001"}, device={"serial_number": "WVWZZZE1ZMP000001"}
    ),
    "vehicleuseraccount-permissions": Row(
        {"values": ["unlock", "locate"]},
        (_text("account_permissions", 2, permissions=["unlock", "locate"]),),
    ),
    "vehicleuseraccount-role": Row({"value": "OWNER"}, (_text("account_role", "OWNER"),)),
    "wheel-style": Row({"value": "Turbine"}, (_text("wheel_style", "Turbine"),)),
    "wheel-tires": Row(
        {**_grid(tirePressure=(258, 2.5)), "unit": "bar"},
        tuple(
            _number(
                f"tire_pressure_{place}",
                2.5 if place == "back_right" else 2.58,
                "bar",
                "pressure",
            )
            for place in ("front_left", "front_right", "back_left", "back_right")
        ),
    ),
}

# What every car has, whatever it sends.
ALWAYS = frozenset(
    {
        "button.refresh",
        "sensor.data_from_car",
        "sensor.last_contact",
        "sensor.next_poll",
        "sensor.requests_left",
        "sensor.requests_this_month",
    }
)
# What the owner's permission alone brings.
BY_PERMISSION = frozenset({"lock.door_lock"})
# What else shows one of the signals above.
EVENTS = frozenset({"event.cable_event", "event.charging_event", "event.lock_event"})
ENTITIES = EVENTS | {shown.entity for row in TABLE.values() for shown in row.shown}
