"""Bodies of signals as the values that a person would read there."""

import json
import shlex
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.smartcar.api import (
    ChargeLimits,
    Closure,
    ConnectorType,
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
        ("tractionbattery-range", {"value": 2046, "unit": "km"}, None),
        ("tractionbattery-range", {"value": 1250, "unit": "km"}, 1250),
        ("internalcombustionengine-range", {"value": 1450, "unit": "km"}, 1450),
        ("odometer-traveleddistance", {"value": 0, "unit": "km"}, None),
        ("odometer-traveleddistance", {"value": 0.5, "unit": "km"}, 0.5),
        ("charge-chargerphases", {"value": 255}, None),
        ("diagnostics-dtccount", {"value": 255}, None),
        ("tractionbattery-maxrangechargecounter", {"value": 65535}, None),
        ("tractionbattery-maxrangechargecounter", {"value": 1200}, 1200),
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
    ("text", "name"),
    [
        ("NOT_CHARGING", "NOT_CHARGING"),
        ("FULLY_CHARGED", "FULLY_CHARGED"),
        ("chargePurposeReached", "CHARGE_PURPOSE_REACHED"),
        ("ChargePurposeReachedAndConservation", "CHARGE_PURPOSE_REACHED_AND_CONSERVATION"),
        ("fullyCharged", "FULLY_CHARGED"),
        ("Not Charging", "NOT_CHARGING"),
        ("not-charging", "NOT_CHARGING"),
        ("Not - Charging", "NOT_CHARGING"),
        ("notReadyForCharging", "NOT_READY_FOR_CHARGING"),
        ("chargingAC", "CHARGING_AC"),
        ("ACCharging", "AC_CHARGING"),
        ("AC", "AC"),
        ("DC charging", "DC_CHARGING"),
        ("chargingDCHighPower", "CHARGING_DC_HIGH_POWER"),
        ("level2Charging", "LEVEL2_CHARGING"),
        ("CHARGE_ENDED", "CHARGE_ENDED"),
        ("green", "GREEN"),
        ("_Done_", "DONE"),
        ("--", None),
        ("", None),
    ],
)
def test_names_are_split_into_their_words(text: str, name: str | None) -> None:
    for code in ("charge-detailedchargingstatus", "transmission-gearstate"):
        assert _read(code, value=text) == name


@given(st.from_regex("[A-Z0-9]+(_[A-Z0-9]+)*", fullmatch=True))
def test_names_in_capitals_stay_as_they_are(name: str) -> None:
    assert _read("charge-detailedchargingstatus", value=name) == name


CONNECTORS = {
    ConnectorType.TYPE_1: "J1772 SAE_J1772 'SAE J1772' TYPE_1 Type1 'Type 1' IEC_62196_T1 Yazaki SAE",
    ConnectorType.TYPE_2: "MENNEKES TYPE_2 Type2 'Type 2' IEC_62196_T2 'IEC 62196 Type 2' "
    "iec62196T2 IEC Menekes TYPE_2_CABLE",
    ConnectorType.CCS: "CCS ccs COMBO CCS_COMBO 'Combined Charging System'",
    ConnectorType.CCS1: "CCS1 CCS_1 'CCS Combo 1' COMBO_1 IEC_62196_T1_COMBO J1772_COMBO "
    "'J1772 CCS' TYPE_1_CCS CCS_TYPE_1 'SAE Combo'",
    ConnectorType.CCS2: "CCS2 CCS_2 'CCS Combo 2' COMBO2 IEC_62196_T2_COMBO TYPE_2_CCS "
    "'Type 2 Combo' 'CCS (Type 2)' CCS_TYPE2 'Mennekes Combo'",
    ConnectorType.CHADEMO: "CHAdeMO CHADEMO chademo CHA_DE_MO",
    ConnectorType.NACS: "NACS J3400 SAE_J3400 NACS_DC 'Tesla NACS' 'North American Charging Standard'",
    ConnectorType.TESLA: "TESLA Tesla Supercharger TESLA_S TESLA_R ACSingleWireCAN MCSingleWireCAN",
    ConnectorType.GBT: "GB GBT GB/T GB_T",
    ConnectorType.GBT_AC: "GBT_AC 'GB/T AC' GB_AC",
    ConnectorType.GBT_DC: "GBT_DC 'GB/T DC' GB_DC",
    ConnectorType.HOUSEHOLD: "Schuko SCHUKO DOMESTIC_F HOUSEHOLD 'Wall outlet' 'NEMA 5-15' Household_Socket",
    ConnectorType.OTHER: "AC DC OTHER 'Type 3' 'Quantum coupler' 42",
    None: "invalid Invalid <invalid> UNKNOWN none N/A SNA null NOT_CONNECTED 'not connected' "
    "notConnected unplugged Disconnected UNAVAILABLE undefined UNSPECIFIED '  ' -",
}


@pytest.mark.parametrize("connector", CONNECTORS)
def test_connectors_have_one_name_each(connector: ConnectorType | None) -> None:
    for text in shlex.split(CONNECTORS[connector]):
        for code in ("charge-chargingconnectortype", "charge-fastchargertype"):
            assert _read(code, value=text) is connector, text


@given(st.text())
def test_every_text_is_a_known_connector_or_none(text: str) -> None:
    connector = _read("charge-chargingconnectortype", value=text)
    assert connector is None or connector in ConnectorType


def test_connector_must_be_a_text() -> None:
    value: Any
    for value in (None, 2, True, ["CCS"], {}):
        assert _read("charge-chargingconnectortype", value=value) is None


def test_connectors_are_lower_case_keys() -> None:
    assert {*ConnectorType} == {str(connector).lower() for connector in ConnectorType}


@pytest.mark.parametrize(
    ("body", "percent"),
    [
        ({"values": [], "activeLimit": 100, "unit": "percent"}, 100),
        ({"activeLimit": 80}, 80),
        ({"activeLimit": 0.8}, 80),
        ({"activeLimit": 0, "values": [{"type": "GLOBAL", "limit": 80}]}, 80),
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
