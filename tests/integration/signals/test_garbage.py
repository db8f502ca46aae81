"""Bodies that cannot be read: they keep what lasts, are unknown else, and create nothing."""

from collections.abc import Mapping
from datetime import timedelta
import logging
from typing import Any

import pytest

from custom_components.smartcar.api.catalogue import CATALOGUE
from tests.helpers.home import Home
from tests.helpers.signal_table import ALWAYS, BODIES, BY_PERMISSION, TABLE
from tests.helpers.signals import complaints, device_of, response, seen, send

pytestmark = pytest.mark.usefixtures("everything_is_enabled")


GARBAGE: Mapping[str, Any] = {
    "not a number": float("nan"),
    "null": None,
    "an object": {"value": 1},
    "nested lists": [[[]]],
    "a number of 400 digits": 10**400,
    "a body of null": ...,
}


# What stays true while nobody reports it; the rest is what the car is or does now.
LASTING = {
    *(
        shown.entity
        for code, row in TABLE.items()
        if CATALOGUE[code].lasting
        for shown in row.shown
    ),
    "sensor.battery_energy",
}
COUNTED = {
    "sensor.account_permissions",
    "sensor.charge_records",
    "sensor.charge_schedules",
    "sensor.dtc_count",
    "sensor.packages",
    "sensor.service_records",
}


@pytest.mark.parametrize("kind", GARBAGE)
async def test_unreadable_body_keeps_what_lasts_and_is_unknown_else(
    full_home: Home, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.smartcar")
    value = GARBAGE[kind]
    there, before = full_home.entities(), seen(full_home)
    for _ in range(2):
        full_home.freezer.tick(timedelta(minutes=10))
        send(
            full_home.cloud,
            full_home.car,
            {
                code: None if value is ... else {key: value for key in body if key != "unit"}
                for code, body in BODIES.items()
            },
        )
        await full_home.refresh()
    await response(full_home, "get_signals")
    await full_home.reload()
    assert full_home.entities() == there
    expected = {name: before[name] if name in LASTING else "unknown" for name in there - ALWAYS}
    if kind == "nested lists":
        # A list with nothing in it that can be read is an empty one.
        expected |= dict.fromkeys(COUNTED, "0")
    assert {name: text for name, text in seen(full_home).items() if name not in ALWAYS} == expected
    assert device_of(full_home).name == "Ferdinand"
    assert complaints(caplog) == []
    logged = [text for text in caplog.messages if "cannot be read" in text]
    assert len(logged) == len(set(logged)) <= len(TABLE)
    if kind in {"an object", "not a number"}:
        assert len(logged) == len(TABLE)


@pytest.mark.parametrize(
    ("value", "shows", "unknown", "kept"),
    [
        pytest.param(
            "12",
            {"charge_connector_type", "trim"},
            {"speed", "charge_wattage", "plug_status", "asleep", "gear_state"},
            {"odometer", "battery_level", "location"},
            id="a number as a text",
        ),
        pytest.param(
            True,
            {"asleep", "online", "plug_status"},
            {"speed", "charge_wattage", "gear_state"},
            {"odometer", "battery_level", "trim"},
            id="a boolean as a number",
        ),
        pytest.param(
            1,
            {"engine_oil", "battery_level"},
            {"asleep", "online", "plug_status", "door_lock", "charge_port", "gear_state"},
            {"trim", "location"},
            id="a number as a boolean",
        ),
    ],
)
async def test_value_of_another_type_is_no_value(
    full_home: Home,
    caplog: pytest.LogCaptureFixture,
    value: Any,
    shows: set[str],
    unknown: set[str],
    kept: set[str],
) -> None:
    def by_key() -> dict[str, str]:
        return {name.partition(".")[2]: text for name, text in seen(full_home).items()}

    before = by_key()
    full_home.freezer.tick(timedelta(minutes=10))
    send(full_home.cloud, full_home.car, {code: {"value": value} for code in BODIES})
    await full_home.refresh()
    shown = by_key()
    assert {shown[key] for key in shows} <= {"12", "other", "on", "1", "1.0"}
    assert {key: shown[key] for key in unknown if shown[key] != "unknown"} == {}
    assert {key: shown[key] for key in kept} == {key: before[key] for key in kept}
    assert complaints(caplog) == []


async def test_unreadable_value_is_logged_once_for_each_car(
    full_home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "custom_components.smartcar")
    for value in ("a", "b", 12, "c"):
        full_home.freezer.tick(timedelta(minutes=10))
        send(full_home.cloud, full_home.car, {"odometer-traveleddistance": {"value": value}})
        await full_home.refresh()
    logged = [text for text in caplog.messages if "cannot be read" in text]
    assert len(logged) == 1
    assert "odometer-traveleddistance" in logged[0]
    assert "Ferdinand" not in logged[0]


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


async def test_null_fields_create_nothing(new_home: Home) -> None:
    plain = {code: dict.fromkeys(body) for code, body in BODIES.items()}
    send(new_home.cloud, new_home.car, {**plain, **NULLS})
    await new_home.set_up()
    assert new_home.entities() == ALWAYS | BY_PERMISSION
    send(
        new_home.cloud,
        new_home.car,
        {"tractionbattery-nominalcapacity": {"capacity": 77, "unit": "kWh"}},
    )
    await new_home.refresh()
    assert "sensor.battery_capacity" in new_home.entities()
