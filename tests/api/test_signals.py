"""The catalogue: 93 signals, each read as a person would read its body."""

from datetime import UTC, datetime
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.smartcar.api.signals import (
    CATALOGUE,
    ChargeLimit,
    ChargeLimits,
    Closure,
    DriveMode,
    Location,
    Position,
    SignalType,
    SystemStatus,
    TroubleCode,
)

from .strategies import anything, damaged, objects

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


def test_the_catalogue_has_exactly_the_documented_signals() -> None:
    assert len(ALL) == 93
    assert set(CATALOGUE) == ALL
    for code, row in CATALOGUE.items():
        assert row.code == code
        assert row.group == code.split("-")[0]
        assert row.permission.startswith("read_")


@pytest.mark.parametrize(
    ("permission", "codes"),
    [
        ("read_charge", "charge-chargelimits charge-ischarging charge-detailedchargingstatus"),
        ("read_security", "closure-doors closure-islocked closure-windows closure-sunroof"),
        ("read_diagnostics", "diagnostics-abs diagnostics-dtclist diagnostics-dtccount"),
        ("read_climate", "hvac-cabintargettemperature hvac-iscabinhvacactive"),
        ("read_fuel", "internalcombustionengine-range"),
        ("read_location", "location-preciselocation"),
        ("read_odometer", "odometer-traveleddistance"),
        ("read_vin", "vehicleidentification-vin"),
        (
            "read_battery",
            "tractionbattery-nominalcapacity tractionbattery-range tractionbattery-stateofcharge",
        ),
    ],
)
def test_permissions_that_live_grants_showed(permission: str, codes: str) -> None:
    for code in codes.split():
        assert CATALOGUE[code].permission == permission


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
    "charge-chargingconnectortype": ({"value": "J1772"}, "J1772"),
    "charge-detailedchargingstatus": ({"value": "NOT_CHARGING"}, "NOT_CHARGING"),
    "charge-energyadded": ({"value": 12.34, "unit": "kWh"}, 12.34),
    "charge-fastchargertype": ({"value": "CCS"}, "CCS"),
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


def test_every_signal_has_a_body_here() -> None:
    assert len(BOOLEANS) == 17
    assert len(SYSTEMS) == 21
    assert {*DOCUMENTED, *BOOLEANS, *SYSTEMS} == ALL
    assert len(DOCUMENTED) + len(BOOLEANS) + len(SYSTEMS) == 93


@pytest.mark.parametrize("code", DOCUMENTED)
def test_a_documented_body_gives_what_a_person_reads(code: str) -> None:
    body, expected = DOCUMENTED[code]
    got = CATALOGUE[code].read(json.loads(json.dumps(body)))
    assert got == expected
    assert not isinstance(got, bool)


def test_false_stays_false() -> None:
    """A peer showed a car as awake, online and paired, whatever it said."""
    for code in BOOLEANS:
        read = CATALOGUE[code].read
        assert read({"value": False}) is False
        assert read({"value": True}) is True
        value: Any
        for value in (None, 0, 1, "false", "true", [], {}, {"value": True}):
            assert read({"value": value}) is None
        assert read({}) is None


def test_systems_alert_or_do_not() -> None:
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


def test_nothing_is_read_out_of_nothing() -> None:
    for code, row in CATALOGUE.items():
        for body in NOTHING:
            assert row.read(body) is None, (code, body)


def _read(code: str, **body: Any) -> Any:
    return CATALOGUE[code].read(body)


NUMBERS = sorted(
    code for code, (body, expected) in DOCUMENTED.items() if isinstance(expected, int | float)
)


def test_numbers_are_no_texts_and_no_truths() -> None:
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
def test_what_cars_really_send(code: str, body: dict[str, Any], expected: Any) -> None:
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
def test_which_charge_limit_holds(body: dict[str, Any], percent: Any) -> None:
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
def test_things_with_a_place(code: str, key: str, cell: dict[str, Any], expected: Any) -> None:
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


def test_a_tyre_with_an_impossible_pressure_is_there_and_unknown() -> None:
    read = CATALOGUE["wheel-tires"].read
    for pressure in (699.9, 0, -1, "2.5", True, [2.5], float("nan")):
        cell = {"row": 0, "column": 0, "tirePressure": pressure}
        assert read({"values": [cell], "unit": "bar"}) == {Position(0, 0): None}


def test_places_are_counted_from_the_front_left() -> None:
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
def test_where_a_car_can_be(body: dict[str, Any], expected: Location | None) -> None:
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
def test_every_reader_takes_any_object(body: dict[str, Any]) -> None:
    for row in CATALOGUE.values():
        _check(row, body)


BODIES = {code: body for code, (body, _) in DOCUMENTED.items()}
BODIES |= {code: {"value": True} for code in BOOLEANS}
BODIES |= {code: {"status": "OK", "description": None} for code in SYSTEMS}


@given(st.data())
def test_every_reader_takes_its_own_body_damaged(data: st.DataObject) -> None:
    code = data.draw(st.sampled_from(sorted(BODIES)))
    _check(CATALOGUE[code], data.draw(damaged(BODIES[code])))


@given(anything(), anything())
def test_every_reader_takes_any_value_and_unit(value: Any, unit: Any) -> None:
    body = dict.fromkeys(("value", "values", "capacity", "latitude", "longitude", "status"), value)
    for row in CATALOGUE.values():
        _check(row, body | {"unit": unit, "activeLimit": value})


def test_nesting_without_end_is_no_trouble() -> None:
    deep: Any = []
    for _ in range(500):
        deep = [{"values": deep, "value": deep, "row": 0, "column": 0}]
    for row in CATALOGUE.values():
        _check(row, {"value": deep, "values": deep, "unit": deep, "status": deep})
