"""Entities exist if their signals were seen, and as long as the car is capable of them."""

import pytest

from simulator.json_types import Json
from tests.helpers.home import Home
from tests.helpers.times import DAY, LISTING, POLL, STEP

pytestmark = pytest.mark.usefixtures("freezer")


BATTERY = "sensor.battery_level"


async def test_entity_appears_with_its_first_value(new_home: Home) -> None:
    car = new_home.car
    code = "tractionbattery-stateofcharge"
    new_home.cloud.override(car.id, code, None)
    await new_home.set_up()
    assert BATTERY not in new_home.entities(car)
    new_home.cloud.override(car.id, code, {"body": {"value": None, "unit": "percent"}})
    await new_home.let_pass(POLL)
    assert BATTERY not in new_home.entities(car)
    new_home.cloud.override(car.id, code, {"body": {"value": 42, "unit": "percent"}})
    await new_home.let_pass(POLL)
    assert new_home.value(car, BATTERY) == "42.0"


async def test_car_with_an_empty_store_has_only_general_entities(new_home: Home) -> None:
    """So it is before a webhook fills it."""
    new_home.cloud.set_store_empty(new_home.car.id)
    await new_home.set_up()
    assert new_home.entities() == {
        "button.refresh",
        "lock.door_lock",
        "sensor.data_from_car",
        "sensor.requests_left",
    }
    new_home.cloud.set_store_empty(new_home.car.id, empty=False)
    await new_home.let_pass(POLL)
    assert new_home.entities() >= {BATTERY, "switch.charging", "number.charge_limit"}


NOT_CAPABLE: Json = {
    "status": "ERROR",
    "error": {"type": "COMPATIBILITY", "code": "VEHICLE_NOT_CAPABLE"},
}


async def test_entity_of_an_incapable_signal_stays_until_a_start_after_seven_days(
    home: Home,
) -> None:
    car = home.car
    before = home.value(car, BATTERY)
    home.cloud.override(car.id, "tractionbattery-stateofcharge", NOT_CAPABLE)
    await home.let_pass(POLL)
    await home.let_pass(7 * DAY - LISTING, DAY)
    assert home.value(car, BATTERY) == before
    await home.reload()
    assert home.value(car, BATTERY) == before
    await home.let_pass(2 * LISTING, STEP)
    assert home.value(car, BATTERY) == before
    await home.reload()
    assert BATTERY not in {
        entity
        for entity in home.entities(car)
        if not home.state(car, entity).attributes.get("restored")
    }
    home.cloud.override(car.id, "tractionbattery-stateofcharge", {})
    await home.let_pass(POLL)
    assert home.value(car, BATTERY) != "unavailable"
