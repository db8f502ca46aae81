"""Bodies of signals as the values that a person would read there."""

import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.smartcar.api import (
    ChargeLimits,
    Closure,
    DriveMode,
    Location,
    Position,
    SystemStatus,
)
from custom_components.smartcar.api.catalogue import CATALOGUE, SignalType

from .documented import ALL, BOOLEANS, DOCUMENTED, SYSTEMS, TIMER
from .strategies import anything, damaged, objects


def test_every_signal_has_a_documented_body() -> None:
    assert len(BOOLEANS) == 17
    assert len(SYSTEMS) == 21
    assert {*DOCUMENTED, *BOOLEANS, *SYSTEMS} == ALL
    assert len(DOCUMENTED) + len(BOOLEANS) + len(SYSTEMS) == 93


@pytest.mark.parametrize("code", DOCUMENTED)
def test_documented_body_is_read(code: str) -> None:
    body, expected = DOCUMENTED[code]
    got = CATALOGUE[code].read(json.loads(json.dumps(body)))
    assert got == expected
    assert not isinstance(got, bool)


def test_false_is_read_as_false() -> None:
    """A check for presence would show each car as awake, online and paired."""
    for code in BOOLEANS:
        read = CATALOGUE[code].read
        assert read({"value": False}) is False
        assert read({"value": True}) is True
        value: Any
        for value in (None, 0, 1, "false", "true", [], {}, {"value": True}):
            assert read({"value": value}) is None
        assert read({}) is None


def test_system_status_is_alert_or_ok() -> None:
    for code in SYSTEMS:
        read = CATALOGUE[code].read
        assert read({"status": "ALERT", "description": "Low"}) == SystemStatus(True, "Low")
        assert read({"status": "OK", "description": None}) == SystemStatus(False)
        assert read({"status": "ok"}) == SystemStatus(False)
        status: Any
        for status in (None, "", "UNKNOWN", 1, True, [], {}):
            assert read({"status": status}) is None


EMPTY: list[Any] = [None, float("nan"), float("inf"), [], {}, "", 10**400]
NOTHING: list[dict[str, Any]] = [
    {},
    *(
        {key: value, "unit": unit}
        for value in EMPTY
        for key in ("value", "capacity", "isOpen", "latitude", "canonical", "status")
        for unit in ("percent", None, 5)
    ),
    {"values": None},
    {"values": "text"},
    {"values": {"row": 0}},
]


def test_body_without_a_value_is_none() -> None:
    for code, row in CATALOGUE.items():
        for body in NOTHING:
            assert row.read(body) is None, (code, body)


def _read(code: str, **body: Any) -> Any:
    return CATALOGUE[code].read(body)


NUMBERS = sorted(
    code for code, (body, expected) in DOCUMENTED.items() if isinstance(expected, int | float)
)


def test_number_must_not_be_a_text_or_a_boolean() -> None:
    assert len(NUMBERS) == 24
    for code in NUMBERS:
        body, expected = DOCUMENTED[code]
        key = "capacity" if "capacity" in body else "value"
        value: Any
        for value in (True, False, str(expected), [expected], {"value": expected}, None):
            assert CATALOGUE[code].read(body | {key: value}) is None
        assert CATALOGUE[code].read(body | {"unit": "parsec"}) is None
        without_unit = {name: item for name, item in body.items() if name != "unit"}
        assert CATALOGUE[code].read(without_unit) == expected


@pytest.mark.parametrize(
    ("code", "body", "expected"),
    [
        ("tractionbattery-stateofcharge", {"value": 73}, 73),
        ("tractionbattery-stateofcharge", {"value": 0.5}, 0.5),
        ("tractionbattery-stateofcharge", {"value": 7300, "unit": "percent"}, None),
        ("internalcombustionengine-fuellevel", {"value": 0.77}, 77),
        ("internalcombustionengine-amountremaining", {"value": 10, "unit": "gallons"}, 37.854118),
        ("charge-chargerate", {"value": 50, "unit": "mph"}, 80.4672),
        ("tractionbattery-nominalcapacity", {"capacity": None, "source": None}, None),
        ("tractionbattery-nominalcapacity", {"value": 90}, None),
        ("charge-chargingconnectortype", {"value": "Invalid"}, None),
        ("charge-fastchargertype", {"value": "invalid"}, None),
        ("charge-detailedchargingstatus", {"value": "Not charging"}, "NOT_CHARGING"),
        ("transmission-gearstate", {"value": "drive-low"}, "DRIVE_LOW"),
        ("charge-chargerphases", {"value": 2.5}, None),
        ("charge-chargerphases", {"value": 3.0}, 3),
        ("vehicleidentification-packages", {"values": []}, ()),
        ("vehicleidentification-packages", {"values": ["Tow", None, 5, " "]}, ("Tow",)),
        ("charge-chargetimers", {"values": []}, ()),
        ("charge-chargetimers", {"values": [None, 5, TIMER, {}]}, (TIMER,)),
        ("diagnostics-dtclist", {"values": []}, ()),
        ("diagnostics-dtclist", {"values": [None, {"code": 5}, {}]}, ()),
        (
            "transmission-drivemode",
            {"canonical": None, "oemDisplayName": "X"},
            DriveMode(None, "X"),
        ),
        ("closure-sunroof", {"isOpen": None}, None),
        ("vehicleidentification-nickname", {"value": "  Blue  "}, "Blue"),
        ("vehicleidentification-nickname", {"value": "\ud800"}, "\ufffd"),
    ],
    ids=ascii,
)
def test_bodies_of_real_vehicles_are_read(code: str, body: dict[str, Any], expected: Any) -> None:
    assert CATALOGUE[code].read(body) == expected


@pytest.mark.parametrize(
    ("body", "percent"),
    [
        ({"values": [], "activeLimit": 100, "unit": "percent"}, 100),
        ({"activeLimit": 80}, 80),
        ({"values": [{"type": "GLOBAL", "limit": 80}]}, 80),
        ({"values": [{"type": "global", "limit": 80}], "activeLimit": None}, 80),
        ({"values": [{"limit": 80}]}, 80),
        ({"values": [{"type": "LOCATION", "limit": 70}], "activeLimit": None}, 70),
        ({"values": [{"type": "LOCATION", "limit": 70}, {"type": "global", "limit": 80}]}, 80),
        ({"values": [{"type": "LOCATION", "limit": 70}, {"type": "LOCATION", "limit": 60}]}, None),
        ({"values": [{"type": "GLOBAL", "limit": 80}], "activeLimit": 90}, 90),
        ({"values": [{"type": "GLOBAL", "limit": 180}], "activeLimit": 255}, "nothing"),
        ({"values": [{"type": "GLOBAL", "limit": None}, None, 5]}, "nothing"),
        ({"values": [], "activeLimit": None}, "nothing"),
        ({"values": [], "activeLimit": True}, "nothing"),
    ],
)
def test_charge_limit_in_force_is_chosen(body: dict[str, Any], percent: Any) -> None:
    limits = CATALOGUE["charge-chargelimits"].read(body)
    if percent == "nothing":
        assert limits is None
    else:
        assert isinstance(limits, ChargeLimits)
        assert limits.percent == percent


@pytest.mark.parametrize(
    ("code", "key", "cell", "expected"),
    [
        ("closure-doors", "doors", {"isOpen": True}, Closure(True)),
        ("closure-doors", "values", {"isLocked": False}, Closure(None, False)),
        ("closure-windows", "windows", {"isOpen": False}, Closure(False)),
        ("wheel-tires", "values", {"tirePressure": 36, "unit": "psi"}, 248.211),
        ("wheel-tires", "values", {"tirePressure": 2.4}, 240),
    ],
)
def test_doors_windows_and_tires_have_positions(
    code: str, key: str, cell: dict[str, Any], expected: Any
) -> None:
    read = CATALOGUE[code].read
    broken: list[Any] = [
        None,
        5,
        [],
        {},
        cell,
        cell | {"row": 0},
        cell | {"row": "0", "column": 0},
        cell | {"row": -1, "column": 0},
        cell | {"row": 255, "column": 0},
        cell | {"row": 0, "column": 1e300},
        cell | {"row": True, "column": True},
        cell | {"row": 0.5, "column": 0},
        {"row": 1, "column": 1},
        dict.fromkeys(cell, None) | {"row": 1, "column": 1},
    ]
    assert read({key: [*broken, cell | {"row": 1, "column": 0.0}]}) == {Position(1, 0): expected}
    assert read({key: broken}) is None
    assert read({key: []}) is None
    nothing: Any
    for nothing in (None, [], {}, "x"):
        if key != "values":
            both = {"values": nothing, key: [cell | {"row": 0, "column": 0}]}
            assert read(both) == {Position(0, 0): expected}


def test_tire_with_an_implausible_pressure_is_unknown() -> None:
    read = CATALOGUE["wheel-tires"].read
    for pressure in (699.9, 0, -1, "2.5", True, [2.5], float("nan")):
        cell = {"row": 0, "column": 0, "tirePressure": pressure}
        assert read({"values": [cell], "unit": "bar"}) == {Position(0, 0): None}


def test_positions_are_ordered_from_the_front_left() -> None:
    places = [Position(row, column) for row in (0, 1) for column in (0, 1)]
    shuffled = [places[number] for number in (2, 0, 3, 1)]
    assert sorted(shuffled) == places


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"latitude": -33.9, "longitude": 151.2}, Location(-33.9, 151.2)),
        ({"latitude": 0, "longitude": 9.5}, Location(0, 9.5)),
        ({"latitude": 90, "longitude": -180}, Location(90, -180)),
        ({"latitude": 1, "longitude": 2, "heading": 361}, Location(1, 2)),
        ({"latitude": 1, "longitude": 2, "heading": None, "direction": 5}, Location(1, 2)),
        ({"latitude": 0, "longitude": 0}, None),
        ({"latitude": 0.0, "longitude": -0.0}, None),
        ({"latitude": 90.1, "longitude": 0}, None),
        ({"latitude": 0, "longitude": 180.1}, None),
        ({"latitude": 1}, None),
        ({"latitude": "1", "longitude": "2"}, None),
        ({"latitude": True, "longitude": 2}, None),
        ({"latitude": float("nan"), "longitude": 2}, None),
    ],
)
def test_location_must_be_on_earth(body: dict[str, Any], expected: Location | None) -> None:
    assert CATALOGUE["location-preciselocation"].read(body) == expected


RANGES = {
    "percent": (0, 100),
    "celsius": (-60, 100),
    "km/h": (-100, 3000),
    "km": (0, 3_000_000),
    "kWh": (0, 1000),
    "ampere": (-1500, 1500),
    "volts": (0, 2000),
    "watts": (-100_000, 4_000_000),
    "liters": (0, 2000),
    "count": (0, 1_000_000),
    None: (0, 10080),
}


def _check(row: SignalType[Any], body: dict[str, Any]) -> None:
    got = row.read(body)
    if isinstance(got, bool):
        assert row.code in BOOLEANS
    elif isinstance(got, int | float):
        low, high = RANGES[DOCUMENTED[row.code][0].get("unit")]
        assert low <= got <= high
    elif isinstance(got, str):
        assert got.strip()
        got.encode()
    elif isinstance(got, Location):
        assert abs(got.latitude) <= 90
        assert abs(got.longitude) <= 180
        assert got.heading is None or 0 <= got.heading <= 360
    elif isinstance(got, ChargeLimits):
        percents = [limit.limit for limit in got.limits]
        percents += [each for each in (got.active, got.percent) if each is not None]
        assert percents
        assert all(0 <= percent <= 100 for percent in percents)
    elif isinstance(got, dict):
        assert got
        for place, value in got.items():
            assert 0 <= place.row < 10
            assert 0 <= place.column < 10
            if row.code == "wheel-tires":
                assert value is None or 0 < value <= 620.53
            else:
                assert value != Closure()
                assert {value.is_open, value.is_locked} <= {True, False, None}
    elif isinstance(got, tuple):
        assert isinstance(body["values"], list)
        assert len(got) <= len(body["values"])


@given(objects())
def test_every_reader_survives_any_object(body: dict[str, Any]) -> None:
    for row in CATALOGUE.values():
        _check(row, body)


BODIES = {code: body for code, (body, _) in DOCUMENTED.items()}
BODIES |= {code: {"value": True} for code in BOOLEANS}
BODIES |= {code: {"status": "OK", "description": None} for code in SYSTEMS}


@given(st.data())
def test_every_reader_survives_its_damaged_body(data: st.DataObject) -> None:
    code = data.draw(st.sampled_from(sorted(BODIES)))
    _check(CATALOGUE[code], data.draw(damaged(BODIES[code])))


@given(anything(), anything())
def test_every_reader_survives_any_value_and_unit(value: Any, unit: Any) -> None:
    body = dict.fromkeys(("value", "values", "capacity", "latitude", "longitude", "status"), value)
    for row in CATALOGUE.values():
        _check(row, body | {"unit": unit, "activeLimit": value})


def test_every_reader_survives_deep_nesting() -> None:
    deep: Any = []
    for _ in range(500):
        deep = [{"values": deep, "value": deep, "row": 0, "column": 0}]
    for row in CATALOGUE.values():
        _check(row, {"value": deep, "values": deep, "unit": deep, "status": deep})
