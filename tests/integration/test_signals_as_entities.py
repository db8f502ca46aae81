"""All 93 signals through the front door: each shows, errors show nothing, and garbage is unknown."""

from collections.abc import Callable, Mapping
from datetime import timedelta
import json
import logging
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
import pytest

import custom_components.smartcar
from custom_components.smartcar import binary_sensor, sensor
from custom_components.smartcar.api.catalogue import CATALOGUE
from simulator import Cloud
from simulator.car import Car
from simulator.catalogue import SIGNALS
from tests.helpers.home import NewEntry
from tests.helpers.signal_table import ALWAYS, BY_PERMISSION, ENTITIES, NOON, TABLE, Shown
from tests.helpers.signals import (
    ask,
    complaints,
    device_of,
    differences,
    fail,
    forbid,
    seen,
    send,
    set_up,
)
from tests.helpers.states import entities, refresh, state

pytestmark = pytest.mark.usefixtures("everything_is_enabled")


BODIES = {code: row.body for code, row in TABLE.items()}
SHOWN = tuple(shown for row in TABLE.values() for shown in row.shown)


@pytest.fixture
def vehicles() -> int:
    return 1


@pytest.fixture
async def full(hass: HomeAssistant, cloud: Cloud, car: Car, new_entry: NewEntry) -> ConfigEntry:
    """Return an entry whose car has sent every signal."""
    send(cloud, car, BODIES)
    entry = new_entry()
    await set_up(hass, entry)
    return entry


def test_table_is_complete() -> None:
    assert len(TABLE) == 93
    assert TABLE.keys() == CATALOGUE.keys() == SIGNALS.keys()
    assert all(row.shown or row.device for row in TABLE.values())


# Success


async def test_every_signal_shows(
    hass: HomeAssistant, car: Car, full: ConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    assert differences(hass, car, SHOWN) == []
    assert entities(hass, full, car) == ENTITIES | ALWAYS
    device = device_of(hass, full, car)
    for row in TABLE.values():
        for key, value in row.device.items():
            assert getattr(device, key) == value
    assert complaints(caplog) == []


async def test_every_entity_has_a_name_of_its_own(
    hass: HomeAssistant, car: Car, full: ConfigEntry
) -> None:
    everything = entities(hass, full, car)
    events = {name for name in everything if name.startswith("event.")}
    for some in (everything - events, events):
        names = [state(hass, car, name).name for name in some]
        # One name for two is right where one commands what the other reports, and where an event
        # tells of what another shows.
        assert {name for name in names if names.count(name) > 1} <= {"Ferdinand Charging"}
        assert [name for name in names if not name.startswith("Ferdinand ")] == []


async def test_actions_return_what_no_state_can_hold(
    hass: HomeAssistant, car: Car, full: ConfigEntry
) -> None:
    signals = (await ask(hass, full, car, "get_signals"))["signals"]
    assert {code: held["body"] for code, held in signals.items()} == BODIES
    assert {held["updated_at"] for held in signals.values()} == {NOON}
    for row in TABLE.values():
        if row.action:
            answer = await ask(hass, full, car, f"get_{row.action}")
            assert answer[row.action] == row.body["values"]
            assert (answer["vehicle_id"], answer["name"]) == (car.id, "Ferdinand")


async def test_without_the_permission_to_command(
    hass: HomeAssistant, cloud: Cloud, car: Car, new_entry: NewEntry
) -> None:
    """What would be commanded is shown by a sensor instead."""
    forbid(cloud, car, "control_charge", "control_security")
    send(cloud, car, BODIES)
    entry = new_entry()
    await set_up(hass, entry)
    instead = (
        Shown("binary_sensor.charge_port", "on", device_class="opening"),
        Shown("binary_sensor.door_lock", "on", device_class="lock"),
        Shown("sensor.charge_limit", 80, "%"),
    )
    assert differences(hass, car, instead) == []
    commanded = {
        "cover.charge_port",
        "lock.door_lock",
        "number.charge_limit",
        "switch.charging",
    }
    shown = {shown.entity for shown in instead}
    assert entities(hass, entry, car) == ((ENTITIES - commanded) | ALWAYS | shown)


async def test_american_units(
    hass: HomeAssistant, cloud: Cloud, car: Car, new_entry: NewEntry
) -> None:
    hass.config.units = US_CUSTOMARY_SYSTEM
    send(cloud, car, BODIES)
    await set_up(hass, new_entry())
    expected = (
        Shown("sensor.charge_chargerate", 53 / 1.609344, "mph", "speed", "measurement"),
        Shown("sensor.external_temperature", 25.7, "°F", "temperature", "measurement"),
        Shown("sensor.fuel", 10, "gal", "volume_storage", "measurement"),
        Shown("sensor.fuel_range", 100, "mi", "distance", "measurement"),
        Shown("sensor.internal_temperature", 68, "°F", "temperature", "measurement"),
        Shown("sensor.odometer", 52891 / 1.609344, "mi", "distance", "total_increasing"),
        Shown("sensor.tire_pressure_back_right", 36.259435, "psi", "pressure", "measurement"),
        Shown("sensor.tire_pressure_front_left", 37.419737, "psi", "pressure", "measurement"),
    )
    assert differences(hass, car, expected) == []


def test_every_option_is_translated() -> None:
    folder = Path(custom_components.smartcar.__file__).parent
    texts = json.loads((folder / "translations/en.json").read_text())["entity"]["sensor"]
    rows = [row for row in sensor.SENSORS if row.options]
    assert {row.key for row in rows} == {
        "charging_state",
        "gear_state",
        "low_voltage_battery_status",
    }
    for row in rows:
        assert set(row.options or ()) == texts[row.key]["state"].keys()


# Errors


def _error(kind: str, code: str | None, body: object = ...) -> Mapping[str, Any]:
    told: dict[str, Any] = {"error": {"type": kind, "code": code}}
    return told if body is ... else told | {"body": body}


def _stale(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a body that must not be believed: every value in it is another one."""

    def other(value: Any) -> Any:
        match value:
            case bool():
                return not value
            case int() | float():
                return value + 1
            case str():
                return value + "?"
            case list():
                return []
            case dict():
                return {key: other(item) for key, item in value.items()}
        return value

    return {key: item if key == "unit" else other(item) for key, item in body.items()}


NOT_CHARGING = "not charging"
ERRORS: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
    "incapable": lambda body: _error("COMPATIBILITY", "VEHICLE_NOT_CAPABLE"),
    "incapable, null fields": lambda body: _error(
        "COMPATIBILITY", "VEHICLE_NOT_CAPABLE", dict.fromkeys(body)
    ),
    "permission": lambda body: _error("PERMISSION", None, None),
    "permission unknown": lambda body: _error("PERMISSION", "UNKNOWN"),
    NOT_CHARGING: lambda body: _error("VEHICLE_STATE", "NOT_CHARGING", _stale(body)),
    "server": lambda body: _error("SERVER", "INTERNAL"),
    "unavailable": lambda body: {"status": "UNAVAILABLE", "body": _stale(body)},
    "login": lambda body: _error(
        "CONNECTED_SERVICES_ACCOUNT", "AUTHENTICATION_FAILED", _stale(body)
    ),
}
# What a car without a charge reads, whatever stale body stands beside the error.
WITHOUT_CHARGE = {
    "sensor.charge_amperage": 0,
    "sensor.charge_chargerate": 0,
    "sensor.charge_complete_at": "unknown",
    "sensor.charge_time_to_complete": "unknown",
    "sensor.charge_voltage": "unknown",
    "sensor.charge_wattage": 0,
}


async def test_errors_alone_show_nothing(
    hass: HomeAssistant,
    cloud: Cloud,
    car: Car,
    new_entry: NewEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    entry = new_entry()
    await set_up(hass, entry)
    for kind, error in ERRORS.items():
        freezer.tick(timedelta(minutes=10))
        fail(cloud, car, {code: error(body) for code, body in BODIES.items()})
        await refresh(hass, car)
        assert entities(hass, entry, car) == ALWAYS | BY_PERMISSION, kind
        assert seen(hass, entry, car)["lock.door_lock"] == "unknown", kind
        signals = (await ask(hass, entry, car, "get_signals"))["signals"]
        assert signals.keys() == TABLE.keys()
        assert all(held["error"] and not held["body"] for held in signals.values()), kind
    assert complaints(caplog) == []


async def test_errors_take_nothing_away(
    hass: HomeAssistant,
    cloud: Cloud,
    car: Car,
    full: ConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The last good value stays, also after a restart, whatever body stands beside the error."""
    before = _values(hass, full, car)
    # The one that changes something comes last.
    for kind, error in sorted(ERRORS.items(), key=lambda item: item[0] == NOT_CHARGING):
        freezer.tick(timedelta(minutes=10))
        fail(cloud, car, {code: error(body) for code, body in BODIES.items()})
        await refresh(hass, car)
        if kind == NOT_CHARGING:
            before |= WITHOUT_CHARGE
        assert _values(hass, full, car) == before, kind
    await hass.config_entries.async_reload(full.entry_id)
    assert _values(hass, full, car) == before
    assert complaints(caplog) == []


def _values(hass: HomeAssistant, entry: ConfigEntry, car: Car) -> dict[str, object]:
    """Return what the entities show, apart from when they were told; numbers as numbers."""
    shown: dict[str, object] = {}
    for name, text in seen(hass, entry, car).items():
        if name in ALWAYS:
            continue
        try:
            shown[name] = float(text)
        except ValueError:
            shown[name] = text
    return shown


# Garbage

GARBAGE: Mapping[str, Any] = {
    "not a number": float("nan"),
    "null": None,
    "an object": {"value": 1},
    "nested lists": [[[]]],
    "a number of 400 digits": 10**400,
    "a body of null": ...,
}
# Lists: they can be counted, whatever is in them.
COUNTED = {
    "sensor.account_permissions",
    "sensor.charge_records",
    "sensor.charge_schedules",
    "sensor.dtc_count",
    "sensor.packages",
    "sensor.service_records",
}


@pytest.mark.parametrize("kind", GARBAGE)
async def test_garbage_is_unknown(
    hass: HomeAssistant,
    cloud: Cloud,
    car: Car,
    full: ConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    kind: str,
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.smartcar")
    value = GARBAGE[kind]
    there = entities(hass, full, car)
    for _ in range(2):
        freezer.tick(timedelta(minutes=10))
        send(
            cloud,
            car,
            {
                code: None if value is ... else {key: value for key in body if key != "unit"}
                for code, body in BODIES.items()
            },
        )
        await refresh(hass, car)
    await ask(hass, full, car, "get_signals")
    await hass.config_entries.async_reload(full.entry_id)
    assert entities(hass, full, car) == there
    shown = seen(hass, full, car)
    expected = {"unknown", "0"} if kind == "nested lists" else {"unknown"}
    assert {
        name: state
        for name, state in shown.items()
        if name not in ALWAYS and state not in (expected if name in COUNTED else {"unknown"})
    } == {}
    assert device_of(hass, full, car).name != "Ferdinand"
    assert complaints(caplog) == []
    logged = [text for text in caplog.messages if "cannot be read" in text]
    assert len(logged) == len(set(logged)) <= len(TABLE)
    if kind in {"an object", "not a number"}:
        assert len(logged) == len(TABLE)


@pytest.mark.parametrize(
    ("value", "shows", "unknown"),
    [
        pytest.param(
            "12",
            {"charge_connector_type", "trim"},
            {"odometer", "battery_level", "plug_status", "asleep", "gear_state", "location"},
            id="a number as a text",
        ),
        pytest.param(
            True,
            {"asleep", "online", "plug_status"},
            {"odometer", "battery_level", "charge_wattage", "trim", "gear_state"},
            id="a boolean as a number",
        ),
        pytest.param(
            1,
            {"odometer", "battery_level"},
            {"asleep", "online", "plug_status", "door_lock", "charge_port", "trim", "gear_state"},
            id="a number as a boolean",
        ),
    ],
)
async def test_value_of_another_type_is_unknown(
    hass: HomeAssistant,
    cloud: Cloud,
    car: Car,
    full: ConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    value: Any,
    shows: set[str],
    unknown: set[str],
) -> None:
    freezer.tick(timedelta(minutes=10))
    send(cloud, car, {code: {"value": value} for code in BODIES})
    await refresh(hass, car)
    shown = {name.partition(".")[2]: text for name, text in seen(hass, full, car).items()}
    assert {shown[key] for key in shows} <= {"12", "on", "1", "1.0"}
    assert {key: shown[key] for key in unknown if shown[key] != "unknown"} == {}
    assert complaints(caplog) == []


async def test_unreadable_value_is_logged_once_for_each_car(
    hass: HomeAssistant,
    cloud: Cloud,
    car: Car,
    full: ConfigEntry,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.smartcar")
    for value in ("a", "b", 12, "c"):
        freezer.tick(timedelta(minutes=10))
        send(cloud, car, {"odometer-traveleddistance": {"value": value}})
        await refresh(hass, car)
    logged = [text for text in caplog.messages if "cannot be read" in text]
    assert len(logged) == 1
    assert "odometer-traveleddistance" in logged[0]
    assert "Ferdinand" not in logged[0]


# Nothing but nulls

NULLS: Mapping[str, Mapping[str, Any]] = {
    "charge-chargelimits": {"values": [], "activeLimit": None, "unit": "percent"},
    "closure-doors": {
        "values": [{"row": 0, "column": 0, "isOpen": None, "isLocked": None}],
        "rowCount": 2,
        "columnCount": 2,
    },
    "closure-windows": {"values": [{"row": 0, "column": 0, "isOpen": None}], "rowCount": 2},
    "diagnostics-abs": {"status": None, "description": None},
    "location-preciselocation": {
        "latitude": None,
        "longitude": None,
        "locationType": "LAST_PARKED",
    },
    "tractionbattery-nominalcapacity": {
        "capacity": None,
        "source": None,
        "availableCapacities": [{"capacity": 77, "description": "Pro"}],
        "unit": "kWh",
    },
    "tractionbattery-range": {
        "value": None,
        "type": "DEFAULT",
        "additionalValues": [],
        "unit": "km",
    },
    "wheel-tires": {
        "values": [{"row": 0, "column": 0, "tirePressure": None}],
        "rowCount": 2,
        "columnCount": 2,
        "unit": "bar",
    },
}


async def test_null_fields_create_nothing(
    hass: HomeAssistant, cloud: Cloud, car: Car, new_entry: NewEntry
) -> None:
    plain = {code: dict.fromkeys(body) for code, body in BODIES.items()}
    send(cloud, car, {**plain, **NULLS})
    entry = new_entry()
    await set_up(hass, entry)
    assert entities(hass, entry, car) == ALWAYS | BY_PERMISSION
    send(cloud, car, {"tractionbattery-nominalcapacity": {"capacity": 77, "unit": "kWh"}})
    await refresh(hass, car)
    assert "sensor.battery_capacity" in entities(hass, entry, car)


def test_no_two_entities_share_a_key() -> None:
    for rows in (sensor.SENSORS, binary_sensor.BINARY_SENSORS):
        keys = [row.key for row in rows]
        assert len(keys) == len(set(keys))
