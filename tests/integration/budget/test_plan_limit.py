"""A plan that is used up, which the cloud says with 430."""

from datetime import timedelta

from homeassistant.util import dt as dt_util
import pytest

from simulator.car import Car
from simulator.faults import Fault
from tests.helpers.budget import left, poll_into_fault, set_budget, time_in
from tests.helpers.home import LOCK, ODOMETER, Home, refused
from tests.helpers.times import DAY, HOUR, MINUTE, STEP, next_month

pytestmark = pytest.mark.usefixtures("mid_march")


async def use_plan_up(home: Home, car: Car, by: str, after: timedelta | None) -> None:
    """Let a poll or a command of a car be answered with 430."""
    headers = {"Retry-After": f"{after.total_seconds():.0f}"} if after else {}
    home.cloud.faults.add(Fault(vehicle_id=car.id, status=430, headers=headers))
    if by == "poll":
        await poll_into_fault(home)
    else:
        await refused(home.unlock(car), "command_limit_reached")
        home.cloud.faults.clear()


@pytest.mark.parametrize("after", [None, 3 * DAY], ids=["month", "retry-after"])
@pytest.mark.parametrize("by", ["poll", "command"])
async def test_used_up_plan_is_a_repair_and_refuses_everything(
    home: Home, after: timedelta | None, by: str
) -> None:
    car = home.car
    await use_plan_up(home, car, by, after)
    until = dt_util.utcnow() + after if after else next_month()
    assert left(home, car) == 0
    issue = home.issues()["requests_plan"]
    assert not issue.is_fixable
    assert issue.learn_more_url is not None
    assert issue.translation_placeholders is not None
    assert set(home.issues()) == {"requests_plan"}
    assert issue.translation_placeholders["vehicle"] == "Robin"
    assert issue.translation_placeholders["plan"] == "Free, 500 requests per month"
    named = issue.translation_placeholders["until"]
    assert until <= time_in(named) < until + MINUTE
    home.sent()
    for _ in range(2):
        for action in (home.press_refresh, home.unlock):
            sentence = await refused(action(car), "request_refused_plan")
            assert "Robin" in sentence
            assert named in sentence
        await home.update_entities(car, ODOMETER)
        assert home.value(car, LOCK) == "locked"
        await home.reload()
        assert set(home.issues()) == {"requests_plan"}
        assert left(home, car) == 0
    assert home.sent() == 0


@pytest.mark.parametrize("after", [None, 3 * DAY], ids=["month", "retry-after"])
@pytest.mark.parametrize("by", ["poll", "command"])
async def test_used_up_plan_stops_requests_until_its_time(
    home: Home, after: timedelta | None, by: str
) -> None:
    car = home.car
    await use_plan_up(home, car, by, after)
    until = dt_util.utcnow() + after if after else next_month()
    home.sent()
    await home.let_pass(until - dt_util.utcnow() - HOUR, 6 * HOUR)
    assert home.sent() == 0
    assert set(home.issues()) == {"requests_plan"}

    home.cloud.patch_state(car.id, {"odometer": 77_777})
    await home.let_pass(3 * HOUR, HOUR)
    assert home.issues() == {}
    assert home.value(car, ODOMETER) == "77777.0"
    assert 450 < left(home, car) < 500
    await home.unlock(car)


@pytest.mark.parametrize("after", [None, 3 * DAY], ids=["month", "retry-after"])
@pytest.mark.parametrize("by", ["poll", "command"])
async def test_larger_plan_ends_the_refusals_at_once(
    home: Home, after: timedelta | None, by: str
) -> None:
    car = home.car
    await use_plan_up(home, car, by, after)
    await home.let_pass(HOUR, STEP)
    # Another reserve is no other plan.
    home.sent()
    await set_budget(home, 500, 20)
    assert set(home.issues()) == {"requests_plan"}
    await refused(home.press_refresh(car), "request_refused_plan")
    assert home.sent() == 0

    home.cloud.patch_state(car.id, {"odometer": 77_777})
    await set_budget(home, 1000)
    assert home.issues() == {}
    assert left(home, car) > 990
    assert home.sent() == 1
    assert home.value(car, ODOMETER) == "77777.0"
    await home.press_refresh(car)
    await home.unlock(car)


async def test_used_up_plan_keeps_the_values(home: Home) -> None:
    """The count and the button stay too: the button says why nothing is polled."""
    car = home.car
    await use_plan_up(home, car, "poll", None)
    before = home.value(car, ODOMETER)
    await home.let_pass(2 * DAY, HOUR)
    assert left(home, car) == 0
    await refused(home.press_refresh(car), "request_refused_plan")
    assert home.value(car, ODOMETER) == before
