"""Restarts, and clocks that are wrong: the counts survive them."""

import json
from typing import Any

import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.smartcar.const import DOMAIN
from tests.helpers.budget import fall_asleep, left
from tests.helpers.home import Home
from tests.helpers.times import DAY, HOUR, MINUTE, STEP

pytestmark = pytest.mark.usefixtures("mid_march")


@pytest.mark.parametrize("vehicles", [3])
async def test_spent_requests_survive_a_restart(home: Home, hass_storage: dict[str, Any]) -> None:
    for _ in range(5):
        await home.press_refresh()
    await home.unlock(home.cars[1])
    await home.let_pass(10 * MINUTE, MINUTE)
    expected = [left(home, car) for car in home.cars]
    assert expected == [494, 497, 499]
    home.cloud.requests.clear()
    await home.reload()
    assert [left(home, car) for car in home.cars] == expected

    # And a restart of everything, from the file.
    await home.unload()
    key = f"{DOMAIN}.{home.entry.entry_id}"
    hass_storage[key] = json.loads(json.dumps(hass_storage[key]))
    home.freezer.tick(5 * MINUTE)
    await home.load()
    assert [left(home, car) for car in home.cars] == expected
    assert not home.cloud.requests
    await home.press_refresh()
    assert left(home, home.car) == expected[0] - 1


async def test_long_stop_and_restarts_cost_one_request(home: Home) -> None:
    fall_asleep(home.cloud, *home.cars)
    await home.refresh(*home.cars)
    home.sent()
    for _ in range(10):
        await home.reload()
    assert home.sent() == 0
    await home.unload()
    home.freezer.tick(60 * DAY)
    await home.load()
    for _ in range(10):
        await home.reload()
    assert home.sent() == 1
    assert left(home, home.car) == 499


@pytest.mark.parametrize("days", [-40, -3, 3, 400])
async def test_wrong_clock_at_a_restart_does_not_stop_polling(home: Home, days: int) -> None:
    """The clock is set right again later, in the same way."""
    car = home.car
    fall_asleep(home.cloud, car)
    await home.refresh(car)
    before = left(home, car)
    for offset in (days * DAY, -days * DAY):
        await home.unload()
        home.freezer.tick(offset)
        home.sent()
        await home.load()
        await home.let_pass(DAY + HOUR, STEP)
        assert 1 <= home.sent() <= 8
        await home.press_refresh(car)
        assert left(home, car) > 0
    # Each month has its own counts.
    assert before - 25 < left(home, car) < before


@pytest.mark.parametrize("days", [-40, -3, 3, 40])
async def test_clock_set_while_running_does_not_stop_polling(home: Home, days: int) -> None:
    fall_asleep(home.cloud, *home.cars)
    await home.let_pass(DAY, STEP)
    # And set right again.
    for offset in (days * DAY, -days * DAY):
        home.sent()
        # An hour later every timer has ended: they run by another clock, which nobody sets.
        home.freezer.tick(offset + HOUR)
        async_fire_time_changed(home.hass, fire_all=True)
        await home.settle()
        await home.let_pass(DAY + HOUR, STEP)
        assert 1 <= home.sent() <= 8
    assert 450 < left(home, home.car) < 500
