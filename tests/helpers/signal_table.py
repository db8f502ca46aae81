"""What a user sees of the documented body of each signal.

Written from Smartcar's reference, not from the integration.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from simulator.examples import EXAMPLES
from simulator.json_types import JsonObject

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
    """A signal, and where it shows: entities, the car's device, or an action that returns it."""

    code: str
    shown: tuple[Shown, ...] = ()
    device: Mapping[str, str] = field(default_factory=dict)
    action: str | None = None

    @property
    def body(self) -> JsonObject:
        return EXAMPLES[self.code]


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


def _yes(code: str, key: str, device_class: str | None = None, *, value: bool = True) -> Row:
    return Row(code, (_is(key, value, device_class),))


def _system(code: str, key: str, *, alert: bool = False) -> Row:
    shown = _is(f"diagnostics_{key}", alert, "problem", description="See a workshop")
    return Row(code, (shown,))


def _four(part: str, device_class: str, suffix: str = "") -> tuple[Shown, ...]:
    return tuple(
        _is(f"{part}_{place}{suffix}", place == "back_right", device_class)
        for place in ("front_left", "front_right", "back_left", "back_right")
    )


# The cars of these tests report at noon (NOON), and may be commanded.
NOON = "2026-11-20T12:00:00+00:00"

_ROWS = (
    Row("charge-amperage", (_number("charge_amperage", 16, "A", "current"),)),
    Row("charge-amperagemax", (_number("charge_amperage_max", 32, "A", "current"),)),
    Row("charge-amperagerequested", (_number("charge_amperage_requested", 15.5, "A", "current"),)),
    Row("charge-chargelimits", (Shown("number.charge_limit", 80, "%", "battery"),)),
    Row("charge-chargeportstatuscolor", (_text("charge_port_color", "GREEN"),)),
    Row("charge-chargerate", (_number("charge_chargerate", 53, "km/h", "speed"),)),
    Row("charge-chargerecords", (_text("charge_records", 1),), action="charge_records"),
    Row("charge-chargerphases", (_number("charger_phases", 3, None, None),)),
    Row("charge-chargetimers", (_text("charge_schedules", 1),), action="charge_schedules"),
    Row("charge-chargingconnectortype", (_text("charge_connector_type", "type_1", "enum"),)),
    Row(
        "charge-detailedchargingstatus",
        (
            _text("charging_state", "charging", "enum", detailed_status="CHARGING"),
            _text("charging_status_abc", "c", "enum"),
        ),
    ),
    Row(
        "charge-energyadded",
        (Shown("sensor.charge_energyadded", 12.5, "kWh", "energy", "total", {"last_reset": NOON}),),
    ),
    Row("charge-fastchargertype", (_text("charge_fast_charger_type", "ccs", "enum"),)),
    Row(
        "charge-ischarging",
        (
            _is("charging", True, "battery_charging"),
            Shown("switch.charging", "on", device_class="switch"),
            # The first value is no event.
            Shown("event.charging_event", "unknown"),
        ),
    ),
    Row(
        "charge-ischargingcableconnected",
        (_is("plug_status", True, "plug"), Shown("event.cable_event", "unknown")),
    ),
    _yes("charge-ischargingcablelatched", "charge_cable_latched"),
    Row("charge-ischargingportflapopen", (Shown("cover.charge_port", "open"),)),
    _yes("charge-isfastchargerpresent", "charge_fast_charger_present"),
    Row(
        "charge-timetocomplete",
        (
            _number("charge_time_to_complete", 90, "min", "duration"),
            _text("charge_complete_at", "2026-11-20T13:30:00+00:00", "timestamp"),
        ),
    ),
    Row("charge-voltage", (_number("charge_voltage", 230, "V", "voltage"),)),
    Row("charge-wattage", (_number("charge_wattage", 11, "kW", "power"),)),
    Row(
        "climate-externaltemperature", (_number("external_temperature", -3.5, "°C", "temperature"),)
    ),
    Row("climate-internaltemperature", (_number("internal_temperature", 20, "°C", "temperature"),)),
    Row("closure-doors", (*_four("door", "door"), *_four("door", "lock", "_lock"))),
    Row("closure-enginecover", (_is("engine_cover", False, "opening"),)),
    Row(
        "closure-fronttrunk",
        (_is("front_trunk", False, "opening"), _is("front_trunk_lock", False, "lock")),
    ),
    Row(
        "closure-islocked",
        (Shown("lock.door_lock", "unlocked"), Shown("event.lock_event", "unknown")),
    ),
    Row(
        "closure-reartrunk",
        (_is("rear_trunk", True, "opening"), _is("rear_trunk_lock", True, "lock")),
    ),
    Row("closure-sunroof", (_is("sunroof", False, "window"),)),
    Row(
        "closure-tailgate", (_is("tailgate", False, "opening"), _is("tailgate_lock", True, "lock"))
    ),
    Row("closure-windows", _four("window", "window")),
    Row(
        "connectivitysoftware-currentfirmwareversion",
        (_text("firmware_version", "3.4.1"),),
        {"sw_version": "3.4.1"},
    ),
    _yes("connectivitystatus-isasleep", "asleep", value=False),
    _yes("connectivitystatus-isdigitalkeypaired", "digital_key_paired", value=False),
    _yes("connectivitystatus-isonline", "online", "connectivity", value=False),
    _system("diagnostics-abs", "abs"),
    _system("diagnostics-activesafety", "active_safety"),
    _system("diagnostics-airbag", "airbag", alert=True),
    _system("diagnostics-brakefluid", "brake_fluid"),
    _system("diagnostics-driverassistance", "driver_assistance"),
    _system("diagnostics-emissions", "emissions"),
    _system("diagnostics-evbatteryconditioning", "ev_battery_conditioning"),
    _system("diagnostics-evcharging", "ev_charging", alert=True),
    _system("diagnostics-evdriveunit", "ev_drive_unit"),
    _system("diagnostics-evhvbattery", "ev_hv_battery"),
    _system("diagnostics-lighting", "lighting"),
    _system("diagnostics-mil", "mil"),
    _system("diagnostics-oillife", "oil_life"),
    _system("diagnostics-oilpressure", "oil_pressure"),
    _system("diagnostics-oiltemperature", "oil_temperature"),
    _system("diagnostics-telematics", "telematics"),
    _system("diagnostics-tirepressure", "tire_pressure"),
    _system("diagnostics-tirepressuremonitoring", "tire_pressure_monitoring"),
    _system("diagnostics-transmission", "transmission"),
    _system("diagnostics-washerfluid", "washer_fluid"),
    _system("diagnostics-waterinfuel", "water_in_fuel"),
    Row("diagnostics-dtccount", (_number("dtc_count", 2, None, None),)),
    Row(
        "diagnostics-dtclist",
        (Shown("sensor.dtc_count", 2, None, None, "measurement", {"codes": ["P0420", "U0100"]}),),
    ),
    Row(
        "hvac-cabintargettemperature",
        (_number("cabin_target_temperature", 21.5, "°C", "temperature"),),
    ),
    _yes("hvac-iscabinhvacactive", "hvac_active", "running"),
    _yes("hvac-isfrontdefrosteractive", "front_defroster", "heat", value=False),
    _yes("hvac-isreardefrosteractive", "rear_defroster", "heat"),
    _yes("hvac-issteeringheateractive", "steering_heater", "heat", value=False),
    Row(
        "internalcombustionengine-amountremaining",
        (_number("fuel", 37.854118, "L", "volume_storage"),),
    ),
    Row("internalcombustionengine-fuellevel", (_number("fuel_percent", 77, "%", None),)),
    Row("internalcombustionengine-oillife", (_number("engine_oil", 35, "%", None),)),
    Row("internalcombustionengine-range", (_number("fuel_range", 160.9344, "km", "distance"),)),
    _yes("location-isathome", "at_home", "presence"),
    Row(
        "location-preciselocation",
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
                    "position_at": NOON,
                    "source_type": "gps",
                },
            ),
        ),
    ),
    Row(
        "lowvoltagebattery-stateofcharge",
        (_number("low_voltage_battery_level", 91, "%", None),),
    ),
    Row("lowvoltagebattery-status", (_text("low_voltage_battery_status", "warn", "enum"),)),
    Row("motion-currentspeed", (_number("speed", 50, "km/h", "speed"),)),
    Row(
        "odometer-traveleddistance",
        (_number("odometer", 52891, "km", "distance", "total"),),
    ),
    _yes("service-isinservice", "in_service", value=False),
    Row("service-records", (_text("service_records", 1),), action="service_records"),
    Row("surveillance-brand", (_text("surveillance_brand", "Sentry"),)),
    _yes("surveillance-isenabled", "surveillance_enabled", value=False),
    _yes("tractionbattery-isheateractive", "battery_heater_active", "heat"),
    Row(
        "tractionbattery-maxrangechargecounter",
        (_number("max_range_charge_count", 3, None, None, "total"),),
    ),
    Row(
        "tractionbattery-nominalcapacity",
        (
            _number("battery_capacity", 77, "kWh", "energy_storage"),
            # With the level of 42 %.
            _number("battery_energy", 32.34, "kWh", "energy_storage"),
        ),
    ),
    Row("tractionbattery-range", (_number("range", 253, "km", "distance"),)),
    Row("tractionbattery-stateofcharge", (_number("battery_level", 42, "%", "battery"),)),
    Row("transmission-drivemode", (_text("drive_mode", "Dynamic", canonical="SPORT"),)),
    Row("transmission-gearstate", (_text("gear_state", "park", "enum"),)),
    Row("vehicleidentification-exteriorcolor", (_text("exterior_color", "Moonstone"),)),
    Row("vehicleidentification-nickname", (_text("nickname", "Ferdinand"),), {"name": "Ferdinand"}),
    Row("vehicleidentification-packages", (_text("packages", 2, packages=["Winter", "Tow bar"]),)),
    Row("vehicleidentification-trim", (_text("trim", "Pro S"),)),
    Row("vehicleidentification-vin", device={"serial_number": "WVWZZZE1ZMP000001"}),
    Row(
        "vehicleuseraccount-permissions",
        (_text("account_permissions", 2, permissions=["unlock", "locate"]),),
    ),
    Row("vehicleuseraccount-role", (_text("account_role", "OWNER"),)),
    Row("wheel-style", (_text("wheel_style", "Turbine"),)),
    Row(
        "wheel-tires",
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
)

TABLE: Mapping[str, Row] = {row.code: row for row in _ROWS}
BODIES = {code: row.body for code, row in TABLE.items()}
SHOWN = tuple(shown for row in TABLE.values() for shown in row.shown)

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
