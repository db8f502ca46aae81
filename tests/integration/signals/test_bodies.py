"""Bodies that cars send: what the entities show of them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from custom_components.smartcar.const import CONF_REQUESTS_PER_MONTH
from tests.helpers.home import Home
from tests.helpers.signal_table import BODIES
from tests.helpers.signals import complaints, device_of, send

pytestmark = pytest.mark.usefixtures("everything_is_enabled")


UNKNOWN = "unknown"
KEPT = "what was shown before"
"""A body that says nothing, of a value that lasts."""


def _tire(pressure: Any, **unit: str) -> Mapping[str, Any]:
    return {"values": [{"row": 0, "column": 0, "tirePressure": pressure}], **unit}


def _limits(*values: Any, **more: Any) -> Mapping[str, Any]:
    return {"values": list(values), "unit": "percent", **more}


def _plain(
    code: str, key: str, *cases: tuple[Any, str | None, str | float]
) -> list[tuple[str, Mapping[str, Any], str, str | float]]:
    """Return cases of a signal with `value` and, unless None, `unit`."""
    return [
        (code, {"value": item} | ({"unit": unit} if unit else {}), key, shows)
        for item, unit, shows in cases
    ]


CASES: list[tuple[str, Mapping[str, Any], str, str | float]] = [
    *_plain(
        "tractionbattery-stateofcharge",
        "sensor.battery_level",
        (73, "percent", 73),
        (73, None, 73),
        (0, "percent", 0),
        (100, "percentage", 100),
        (0.5, "percent", 0.5),
        (7300, "percent", KEPT),
        (255, None, KEPT),
        (-1, "percent", KEPT),
        (73, "kWh", KEPT),
    ),
    *_plain(
        "internalcombustionengine-fuellevel",
        "sensor.fuel_percent",
        (0.77, None, 77),
        (77, None, 77),
        (0.77, "percent", 0.77),
        (0, None, 0),
    ),
    *_plain("internalcombustionengine-oillife", "sensor.engine_oil", (35, "percent", 35)),
    *_plain(
        "internalcombustionengine-amountremaining",
        "sensor.fuel",
        (40, "liters", 40),
        (12, "gallons", 45.424941),
        (None, "liters", KEPT),
    ),
    *_plain(
        "odometer-traveleddistance",
        "sensor.odometer",
        (52891.4, "km", 52891.4),
        (33_000, "miles", 53108.352),
        (100, "furlongs", KEPT),
        (4294967295, "km", KEPT),
    ),
    *_plain(
        "charge-chargerate",
        "sensor.charge_chargerate",
        (10, "miles_per_hour", 16.09344),
        (10, "mph", 16.09344),
        (10, "kph", 10),
    ),
    *_plain(
        "charge-wattage",
        "sensor.charge_wattage",
        (11, "kilowatts", 11),
        (-3500, "watts", -3.5),
    ),
    *_plain(
        "charge-energyadded",
        "sensor.charge_energyadded",
        # Less than before in the same session would not be shown.
        (13.5, "kilowatt_hours", 13.5),
        (14500, "Wh", 14.5),
        (15.5, "kilowatt-hours", 15.5),
    ),
    *_plain(
        "charge-timetocomplete",
        "sensor.charge_time_to_complete",
        (90, None, 90),
        (1.5, "hours", 90),
        (5400, "seconds", 90),
        (65535, None, UNKNOWN),
    ),
    *_plain(
        "climate-externaltemperature",
        "sensor.external_temperature",
        (-40, "fahrenheit", -40),
        (21, "degrees-celsius", 21),
        (215, "celsius", UNKNOWN),
    ),
    *_plain(
        "transmission-gearstate",
        "sensor.gear_state",
        ("DRIVE", None, "drive"),
        ("Reverse", None, "reverse"),
        ("LAUNCH", None, UNKNOWN),
        ("", None, UNKNOWN),
    ),
    *_plain(
        "lowvoltagebattery-status",
        "sensor.low_voltage_battery_status",
        ("Good", None, "good"),
        ("MEDIOCRE", None, UNKNOWN),
    ),
    *_plain(
        "charge-chargingconnectortype",
        "sensor.charge_connector_type",
        ("invalid", None, UNKNOWN),
        ("SAE J1772", None, "type_1"),
        ("Mennekes", None, "type_2"),
        ("x" * 300, None, "other"),
    ),
    *_plain("vehicleidentification-trim", "sensor.trim", ("x" * 300, None, "x" * 255)),
    *[
        (code, {"value": False}, key, "off")
        for code, key in (
            ("charge-ischarging", "binary_sensor.charging"),
            ("charge-ischarging", "switch.charging"),
            ("charge-ischargingcableconnected", "binary_sensor.plug_status"),
            ("connectivitystatus-isasleep", "binary_sensor.asleep"),
            ("connectivitystatus-isdigitalkeypaired", "binary_sensor.digital_key_paired"),
            ("connectivitystatus-isonline", "binary_sensor.online"),
            ("surveillance-isenabled", "binary_sensor.surveillance_enabled"),
        )
    ],
    ("charge-ischargingportflapopen", {"value": False}, "cover.charge_port", "closed"),
    ("closure-islocked", {"value": True}, "lock.door_lock", "locked"),
    ("closure-islocked", {"value": None}, "lock.door_lock", UNKNOWN),
    ("closure-fronttrunk", {"isOpen": True}, "binary_sensor.front_trunk_lock", UNKNOWN),
    ("closure-sunroof", {"isOpen": None}, "binary_sensor.sunroof", UNKNOWN),
    ("diagnostics-abs", {"status": "alert"}, "binary_sensor.diagnostics_abs", "on"),
    ("diagnostics-abs", {"status": "MAYBE"}, "binary_sensor.diagnostics_abs", UNKNOWN),
    *[
        ("wheel-tires", body, "sensor.tire_pressure_front_left", shows)
        for body, shows in (
            (_tire(258, unit="bar"), 2.58),
            (_tire(2.5, unit="bar"), 2.5),
            (_tire(250, unit="kPa"), 2.5),
            (_tire(36, unit="psi"), 2.48211),
            (_tire(36), 2.48211),
            (_tire(2.5), 2.5),
            (_tire(0.4, unit="bar"), 0.4),
            (_tire(699.9, unit="bar"), KEPT),
            (_tire(0, unit="bar"), KEPT),
            (_tire(None, unit="bar"), KEPT),
            (_tire("2.5", unit="bar"), KEPT),
        )
    ],
    *[
        ("charge-chargelimits", body, "number.charge_limit", shows)
        for body, shows in (
            (_limits(activeLimit=100), 100),
            (_limits({"type": "GLOBAL", "limit": 80}), 80),
            (_limits({"type": "global", "limit": 80, "condition": None}, activeLimit=None), 80),
            (
                _limits(
                    {"type": "LOCATION", "limit": 60, "condition": {"name": "Home"}},
                    {"type": "Global", "limit": 90},
                ),
                90,
            ),
            (_limits({"type": "GLOBAL", "limit": 80}, activeLimit=70), 70),
            (_limits({"type": "LOCATION", "limit": 60}), 60),
            (
                _limits({"type": "LOCATION", "limit": 60}, {"type": "LOCATION", "limit": 70}),
                UNKNOWN,
            ),
            (_limits(), UNKNOWN),
            ({"values": None, "activeLimit": 85}, 85),
        )
    ],
    (
        "location-preciselocation",
        {"latitude": 0, "longitude": 0},
        "device_tracker.location",
        KEPT,
    ),
    (
        "location-preciselocation",
        {"latitude": 91, "longitude": 0},
        "device_tracker.location",
        KEPT,
    ),
    (
        "transmission-drivemode",
        {"canonical": "ECO", "oemDisplayName": None},
        "sensor.drive_mode",
        "ECO",
    ),
    (
        "transmission-drivemode",
        {"canonical": None, "oemDisplayName": "x" * 300},
        "sensor.drive_mode",
        "x" * 255,
    ),
]


async def test_bodies_that_cars_send_are_shown(
    new_home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    await new_home.set_up(options={CONF_REQUESTS_PER_MONTH: 10_000})
    send(new_home.cloud, new_home.car, BODIES)
    await new_home.refresh()
    wrong = []
    for code, body, entity, shows in CASES:
        # The application may send one in half a minute.
        new_home.freezer.tick(timedelta(seconds=30))
        before = new_home.value(new_home.car, entity)
        send(new_home.cloud, new_home.car, {code: body})
        await new_home.refresh()
        shown: str | float = new_home.value(new_home.car, entity)
        wanted = before if shows is KEPT else shows
        if not isinstance(wanted, str) and shown != UNKNOWN:
            shown = round(float(shown), 6)
        if shown != wanted:
            wrong.append((code, body, entity, shown, wanted))
    assert wrong == []
    assert complaints(caplog) == []


async def test_trouble_codes_are_counted_and_listed(home: Home) -> None:
    """Some cars send the count, some the list; what is not known is not "none"."""
    send(home.cloud, home.car, {"diagnostics-dtccount": {"value": 2, "unit": "count"}})
    await home.refresh()
    shown = home.state(home.car, "sensor.dtc_count")
    assert (shown.state, shown.attributes["codes"]) == ("2", None)
    home.cloud.override(home.car.id, "diagnostics-dtccount", None)
    broken = [{"code": "P0420"}, {"code": None}, "P0300"]
    send(home.cloud, home.car, {"diagnostics-dtclist": {"values": broken}})
    await home.refresh()
    assert home.state(home.car, "sensor.dtc_count").attributes["codes"] == ["P0420"]


async def test_list_of_trouble_codes_alone_is_counted(home: Home) -> None:
    send(home.cloud, home.car, {"diagnostics-dtclist": {"values": []}})
    await home.refresh()
    shown = home.state(home.car, "sensor.dtc_count")
    assert (shown.state, shown.attributes["codes"]) == ("0", [])


async def test_nickname_names_the_device(home: Home) -> None:
    assert device_of(home).name == "Volkswagen ID.4"
    before = home.entity_id(home.car, "sensor.requests_left")
    for nickname, name in (("Ada's", "Ada's"), ("Bert", "Bert"), ("", "Bert"), (None, "Bert")):
        send(home.cloud, home.car, {"vehicleidentification-nickname": {"value": nickname}})
        await home.refresh()
        assert device_of(home).name == name
        assert home.state(home.car, "sensor.requests_left").name == f"{name} Requests left"
    assert home.entity_id(home.car, "sensor.requests_left") == before


def _at(*positions: tuple[int, int], **fields: Any) -> list[Mapping[str, Any]]:
    return [{"row": row, "column": column, **fields} for row, column in positions]


async def test_doors_windows_and_tires_in_any_number_of_rows(home: Home) -> None:
    """Two by two go by words, others by numbers; broken ones cost only themselves."""
    sparse: list[Any] = [{"row": 0}, {"column": 1, "isOpen": True}, None, "door", {}]
    send(
        home.cloud,
        home.car,
        {
            "closure-doors": {
                "values": [*sparse, *_at((0, 0), (2, 1), isOpen=True, isLocked=None)],
                "rowCount": 3,
                "columnCount": 2,
            },
            "closure-windows": {"windows": _at((0, 1), (0, 2), isOpen=False)},
            "wheel-tires": {
                "values": [*sparse, *_at((0, 0), (2, 3), tirePressure=2.5)],
                "unit": "bar",
            },
        },
    )
    await home.refresh()
    expected = {
        "binary_sensor.door_front_left": ("Door front left", "on"),
        "binary_sensor.door_row_3_column_2": ("Door in row 3, column 2", "on"),
        "binary_sensor.window_front_right": ("Window front right", "off"),
        "binary_sensor.window_row_1_column_3": ("Window in row 1, column 3", "off"),
        "sensor.tire_pressure_front_left": ("Tire pressure front left", "2.5"),
        "sensor.tire_pressure_row_3_column_4": ("Tire pressure in row 3, column 4", "2.5"),
    }
    things = ("door_", "window_", "tire_")
    found = {
        name
        for name in home.entities()
        if name.partition(".")[2].startswith(things) and not name.startswith("lock.")
    }
    assert found == expected.keys()
    device = device_of(home).name
    for name, (title, shows) in expected.items():
        shown = home.state(home.car, name)
        assert (shown.name, shown.state) == (f"{device} {title}", shows)


async def test_door_that_is_no_longer_sent_is_unknown(home: Home) -> None:
    send(home.cloud, home.car, {"closure-doors": {"values": _at((0, 0), (0, 1), isOpen=True)}})
    await home.refresh()
    send(home.cloud, home.car, {"closure-doors": {"values": _at((0, 0), isOpen=False)}})
    await home.refresh()
    await home.reload()
    assert home.value(home.car, "binary_sensor.door_front_left") == "off"
    assert home.value(home.car, "binary_sensor.door_front_right") == UNKNOWN
