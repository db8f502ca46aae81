"""Bodies of several parts: a part that a report does not say is taken from the stored body."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.smartcar.api import ChargeLimits, Json, JsonObject, Position
from custom_components.smartcar.api.catalogue import (
    CATALOGUE,
    CHARGE_LIMITS,
    FUEL_LEVEL,
    PRECISE_LOCATION,
    TIRES,
)

from .documented import DOCUMENTED
from .strategies import objects

FRONT_LEFT, FRONT_RIGHT = Position(0, 0), Position(0, 1)


def tires(*pressures: Json, unit: Json = "kPa", **other: Json) -> JsonObject:
    """Return a body with the tires of the front axle, from the left."""
    values: list[Json] = [
        {"row": 0, "column": column, "tirePressure": pressure}
        for column, pressure in enumerate(pressures)
    ]
    return {"values": values, "unit": unit, **other}


@pytest.mark.parametrize("silent", [None, 699.9, 0, -1, "250"])
def test_tire_without_a_plausible_pressure_keeps_the_stored_one(silent: Json) -> None:
    completed = TIRES.complete(tires(250, 255), tires(240, silent))
    assert TIRES.read(completed) == {FRONT_LEFT: 240, FRONT_RIGHT: 255}


def test_tire_that_is_missing_keeps_the_stored_pressure() -> None:
    completed = TIRES.complete(tires(250, 255), tires(240, columnCount=2))
    assert TIRES.read(completed) == {FRONT_LEFT: 240, FRONT_RIGHT: 255}
    assert completed["columnCount"] == 2


def test_kept_pressure_keeps_its_own_unit() -> None:
    completed = TIRES.complete(tires(2.5, 0.7, unit="bar"), tires(36, None, unit="psi"))
    assert TIRES.read(completed) == {FRONT_LEFT: pytest.approx(248.211), FRONT_RIGHT: 70}


def test_tires_that_are_all_reported_are_the_new_body() -> None:
    new = tires(240, 241)
    assert TIRES.complete(tires(250, 255), new) is new
    assert TIRES.complete({}, new) is new


def test_completion_can_be_repeated() -> None:
    completed = TIRES.complete(tires(250, 255), tires(240, None))
    again = TIRES.complete(completed, tires(None, None))
    assert TIRES.read(again) == {FRONT_LEFT: 240, FRONT_RIGHT: 255}


def test_unchanged_limits_keep_the_active_one() -> None:
    """Unplugged cars send null for the active limit."""
    values: list[Json] = [
        {"type": "LOCATION", "limit": 80, "condition": {"name": "Home"}},
        {"type": "LOCATION", "limit": 90, "condition": {"name": "Work"}},
    ]
    stored: JsonObject = {"values": values, "activeLimit": 80, "unit": "percent"}
    silent: tuple[JsonObject, ...] = ({"values": values, "activeLimit": None}, {"values": values})
    for new in silent:
        limits = CHARGE_LIMITS.read(CHARGE_LIMITS.complete(stored, new))
        assert limits is not None
        assert limits.active == 80
        assert len(limits.limits) == 2


def test_changed_limits_do_not_keep_the_active_one() -> None:
    stored: JsonObject = {"values": [{"type": "GLOBAL", "limit": 80}], "activeLimit": 80}
    new: JsonObject = {"values": [{"type": "GLOBAL", "limit": 90}], "activeLimit": None}
    limits = CHARGE_LIMITS.read(CHARGE_LIMITS.complete(stored, new))
    assert limits is not None
    assert (limits.active, limits.percent) == (None, 90)


def test_limit_without_a_number_keeps_the_stored_one() -> None:
    stored: JsonObject = {"values": [{"type": "GLOBAL", "limit": 80}], "activeLimit": 80}
    new: JsonObject = {"values": [{"type": "GLOBAL", "limit": None}], "activeLimit": None}
    # Such a body says nothing: the stored one is kept whole, and not completed.
    assert CHARGE_LIMITS.read(new) is None
    assert CHARGE_LIMITS.complete(stored, new) is new


def test_active_limit_alone_is_the_new_body() -> None:
    stored: JsonObject = {"values": [{"type": "GLOBAL", "limit": 80}], "activeLimit": 80}
    new: JsonObject = {"values": [], "activeLimit": 90}
    assert CHARGE_LIMITS.complete(stored, new) is new
    assert CHARGE_LIMITS.read(new) == ChargeLimits(90, ())


def test_same_place_keeps_the_heading() -> None:
    stored: JsonObject = {"latitude": 1.5, "longitude": 2.5, "heading": 90, "direction": "E"}
    parked: JsonObject = {"latitude": 1.5, "longitude": 2.5, "locationType": "LAST_PARKED"}
    location = PRECISE_LOCATION.read(PRECISE_LOCATION.complete(stored, parked))
    assert location is not None
    assert (location.heading, location.direction) == (90, "E")
    assert location.location_type == "LAST_PARKED"


def test_another_place_does_not_keep_the_heading() -> None:
    stored: JsonObject = {"latitude": 1.5, "longitude": 2.5, "heading": 90, "direction": "E"}
    moved: JsonObject = {"latitude": 1.6, "longitude": 2.5}
    assert PRECISE_LOCATION.complete(stored, moved) is moved


def test_new_heading_replaces_the_stored_one() -> None:
    stored: JsonObject = {"latitude": 1.5, "longitude": 2.5, "heading": 90, "direction": "E"}
    turned: JsonObject = {"latitude": 1.5, "longitude": 2.5, "heading": 180, "direction": "S"}
    location = PRECISE_LOCATION.read(PRECISE_LOCATION.complete(stored, turned))
    assert location is not None
    assert (location.heading, location.direction) == (180, "S")


@pytest.mark.parametrize(
    ("stored", "new", "percent"),
    [
        ({"value": 45, "unit": "percent"}, {"value": 1}, 1),
        ({"value": 45}, {"value": 1}, 1),
        ({"value": 45}, {"value": 0.5}, 0.5),
        ({"value": 45}, {"value": 44}, 44),
        ({"value": 0.77}, {"value": 1}, 100),
        ({"value": 1}, {"value": 0.97}, 97),
        ({"value": 0.77}, {"value": 0.5}, 50),
        ({}, {"value": 0.77}, 77),
        ({"value": 45, "unit": "percent"}, {"value": 0.77, "unit": "percent"}, 0.77),
    ],
)
def test_fuel_level_is_percent_once_the_car_has_sent_more_than_one(
    stored: JsonObject, new: JsonObject, percent: float
) -> None:
    assert FUEL_LEVEL.read(FUEL_LEVEL.complete(stored, new)) == percent


def test_fuel_level_stays_percent_while_the_tank_empties() -> None:
    body: JsonObject = {"value": 2}
    for number in (1, 0, 1, 0.5):
        body = FUEL_LEVEL.complete(body, {"value": number})
        assert FUEL_LEVEL.read(body) == number
    assert FUEL_LEVEL.read(FUEL_LEVEL.complete(body, {"value": 60})) == 60


@pytest.mark.parametrize("code", DOCUMENTED)
def test_documented_body_completes_nothing(code: str) -> None:
    body: Any = DOCUMENTED[code][0]
    row = CATALOGUE[code]
    assert row.read(row.complete(body, body)) == row.read(body)


@given(objects(), objects())
def test_completion_survives_any_bodies(stored: Any, new: Any) -> None:
    for row in CATALOGUE.values():
        completed = row.complete(stored, new)
        if row.read(new) is not None:
            assert row.read(completed) is not None


@given(
    stored=st.lists(st.floats(100, 600), min_size=2, max_size=2),
    new=st.lists(st.none() | st.floats(100, 600), min_size=2, max_size=2),
)
def test_every_tire_shows_its_last_pressure(stored: list[float], new: list[float | None]) -> None:
    read = TIRES.read(TIRES.complete(tires(*stored), tires(*new)))
    assert read is not None
    for position, before, after in zip((FRONT_LEFT, FRONT_RIGHT), stored, new, strict=True):
        assert read[position] == pytest.approx(before if after is None else after, abs=0.001)
