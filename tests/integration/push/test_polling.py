"""Polls beside pushes: rarer while pushes come, and as often as before when they end."""

import pytest

from tests.helpers.budget import fall_asleep, left, poll_intervals
from tests.helpers.push_home import PushHome
from tests.helpers.times import HOUR, MINUTE

pytestmark = pytest.mark.usefixtures("mid_march")


async def test_pushes_cost_no_request_and_replace_polls(new_home: PushHome) -> None:
    """Without pushes, a car in use would be polled twice an hour."""
    home = new_home
    home.cloud.patch_state(home.car.id, {"driving": True})
    await home.set_up_push()
    await home.make_webhook()
    before = left(home, home.car)
    polls = []
    for number in range(26 * 6):
        home.sent()
        await home.let_pass(10 * MINUTE)
        await home.report(odometer=76_100 + number)
        assert home.odometer() == 76_100 + number
        polls += [number] * home.sent()
    assert len(polls) == 1
    assert polls[0] <= 24 * 6
    assert left(home, home.car) == before - len(polls)


async def test_pushed_car_that_sleeps_is_polled_once_a_day(home: PushHome) -> None:
    fall_asleep(home.cloud, home.car)
    await home.flush()
    polls = []
    for number in range(4 * 6):
        home.sent()
        await home.let_pass(4 * HOUR, HOUR)
        polls.append(home.sent())
        if not number % 3:
            await home.report(soc=20.0 + number)
    assert 3 <= sum(polls) <= 5


async def test_car_in_use_is_polled_again_when_its_pushes_end(home: PushHome) -> None:
    await home.report(driving=True)
    home.cloud.delete_webhook(home.webhook.id)
    assert len(await poll_intervals(home, 6 * HOUR, 10 * MINUTE)) >= 8
