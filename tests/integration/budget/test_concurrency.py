"""Requests that are under way at the same time, or are given up; the clock runs."""

import asyncio

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from simulator.faults import Fault
from tests.helpers.budget import left, ten_entities
from tests.helpers.home import LOCK, ODOMETER, Home
from tests.helpers.routes import ANY_COMMAND, SIGNALS, SIGNALS_ROUTE
from tests.helpers.times import MINUTE


async def test_all_kinds_of_refresh_at_once_are_one_request(home: Home) -> None:
    car = home.car
    before = left(home, car)
    home.sent()
    home.cloud.patch_state(car.id, {"odometer": 77_777})
    home.cloud.faults.add(Fault(route=SIGNALS_ROUTE, delay=0.2))
    await asyncio.gather(
        home.press_refresh(car),
        home.call_refresh(car),
        home.update_entities(car, *ten_entities(home, car)),
        home.press_refresh(car),
        home.call_refresh(car),
    )
    assert home.value(car, ODOMETER) == "77777.0"
    assert home.sent() == 1
    assert left(home, car) == before - 1


async def test_canceled_command_counts_and_is_followed_by_a_poll(home: Home) -> None:
    """A script that is restarted cancels its command; the car may have carried it out."""
    car = home.car
    before = left(home, car)
    home.cloud.faults.add(Fault(route=ANY_COMMAND, delay=0.3))
    task = home.begin(home.unlock(car))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left(home, car) == before - 1
    assert home.value(car, LOCK) != "unlocking"
    home.sent()
    async_fire_time_changed(home.hass, dt_util.utcnow() + MINUTE)
    await home.settle()
    assert home.cloud.requests[SIGNALS] == 1


async def test_late_refusal_after_removal_leaves_no_repair(home: Home) -> None:
    home.cloud.faults.add(Fault(route=ANY_COMMAND, status=430, delay=0.2, count=1))
    task = home.begin(home.unlock())
    await asyncio.sleep(0.05)
    await home.remove()
    with pytest.raises(HomeAssistantError):
        await task
    await home.settle()
    assert home.issues() == {}
