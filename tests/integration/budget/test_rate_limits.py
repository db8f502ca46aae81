"""Limits of the cloud: of one car, and of the application."""

import itertools

from homeassistant.util import dt as dt_util
import pytest

from simulator.faults import Fault
from tests.helpers.budget import left, poll_into_fault, repeat_until_refused, time_in
from tests.helpers.home import LOCK, ODOMETER, Home, refused
from tests.helpers.routes import ANY_COMMAND, CONNECTIONS, SIGNALS_ROUTE
from tests.helpers.times import DAY, HOUR, MINUTE, SECOND, STEP

pytestmark = pytest.mark.usefixtures("mid_march")


@pytest.mark.parametrize("vehicles", [3])
async def test_limit_of_one_car_does_not_concern_the_others(home: Home) -> None:
    for car in home.cars:
        home.cloud.patch_state(car.id, {"driving": True})
    bad, *others = home.cars
    headers = {"Retry-After": "7200"}
    home.cloud.faults.add(
        Fault(
            route=SIGNALS_ROUTE,
            vehicle_id=bad.id,
            type="RATE_LIMIT",
            code="VEHICLE",
            headers=headers,
        )
    )
    await poll_into_fault(home)
    end = dt_util.utcnow() + 2 * HOUR
    before = {car.id: home.value(car, ODOMETER) for car in home.cars}
    counts = {car.id: left(home, car) for car in home.cars}
    home.sent()

    for action in (home.press_refresh, home.unlock):
        sentence = await refused(action(bad), "request_refused_retry_after")
        assert "Robin" in sentence
        assert end <= time_in(sentence) < end + MINUTE
    assert home.value(bad, LOCK) == "locked"
    await home.update_entities(bad, ODOMETER)
    assert home.sent() == 0
    await home.let_pass(2 * HOUR - MINUTE, 7 * MINUTE)
    assert home.value(bad, ODOMETER) == before[bad.id]
    assert left(home, bad) == counts[bad.id]
    for car in others:
        assert home.value(car, ODOMETER) != before[car.id]
        assert left(home, car) < counts[car.id]
    await home.let_pass(2 * MINUTE, MINUTE)
    assert home.value(bad, ODOMETER) != before[bad.id]


async def test_limit_of_a_car_for_days_is_a_repair(home: Home) -> None:
    car, headers = home.car, {"Retry-After": "172800"}
    home.cloud.faults.add(Fault(route=ANY_COMMAND, status=429, headers=headers, count=1))
    await refused(home.unlock(car), "command_limit_reached")
    until = dt_util.utcnow() + 2 * DAY
    home.sent()
    issue = home.issues()["requests_retry_after"]
    assert not issue.is_fixable
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["vehicle"] == "Robin"
    assert time_in(issue.translation_placeholders["until"]) == until
    await home.reload()
    for action in (home.press_refresh, home.unlock):
        sentence = await refused(action(car), "request_refused_retry_after")
        assert time_in(sentence) == until
    await home.let_pass(2 * DAY - HOUR, HOUR)
    assert home.sent() == 0
    # The last hours are no repair any more.
    assert home.issues() == {}
    home.cloud.patch_state(car.id, {"odometer": 77_777})
    await home.let_pass(HOUR, STEP)
    assert home.value(car, ODOMETER) == "77777.0"


@pytest.mark.parametrize("vehicles", [3])
async def test_limit_of_the_application_stops_all_requests_for_cars(home: Home) -> None:
    for car in home.cars:
        home.cloud.patch_state(car.id, {"driving": True})
    limit = Fault(
        route=SIGNALS_ROUTE,
        type="RATE_LIMIT",
        code="SMARTCAR_API",
        headers={"Retry-After": "7200"},
    )
    home.cloud.faults.add(limit)
    await poll_into_fault(home)
    end = dt_util.utcnow() + 2 * HOUR
    for car in home.cars:
        for action in (home.press_refresh, home.unlock):
            sentence = await refused(action(car), "request_refused_application")
            assert car.nickname in sentence
            assert end <= time_in(sentence) < end + MINUTE
        assert home.value(car, LOCK) == "locked"
        await home.update_entities(car, ODOMETER)
    await home.let_pass(2 * HOUR - MINUTE, 7 * MINUTE)
    assert home.sent() == 0
    await home.reload()
    assert home.sent() == 0
    await home.let_pass(2 * MINUTE, MINUTE)
    assert home.sent() == 3
    for car in home.cars:
        await home.press_refresh(car)


async def test_limit_of_the_application_for_days_is_a_repair(home: Home) -> None:
    headers = {"Retry-After": "259200"}
    limit = Fault(route=SIGNALS_ROUTE, type="RATE_LIMIT", code="SMARTCAR_API", headers=headers)
    home.cloud.faults.add(limit)
    await poll_into_fault(home)
    until = dt_util.utcnow() + 3 * DAY
    await home.let_pass(HOUR, STEP)
    placeholders = home.issues()["requests_retry_after"].translation_placeholders
    assert placeholders is not None
    assert until <= time_in(placeholders["until"]) < until + MINUTE
    await home.let_pass(until - dt_util.utcnow() - HOUR, HOUR)
    assert home.sent() == 0
    home.cloud.patch_state(home.car.id, {"odometer": 77_777})
    await home.let_pass(2 * HOUR, STEP)
    assert home.issues() == {}
    assert home.value(home.car, ODOMETER) == "77777.0"


async def test_limit_of_the_application_stops_the_list_of_connections(home: Home) -> None:
    headers = {"Retry-After": "36000"}
    limit = Fault(route=SIGNALS_ROUTE, type="RATE_LIMIT", code="SMARTCAR_API", headers=headers)
    home.cloud.faults.add(limit)
    await poll_into_fault(home)
    home.cloud.requests.clear()
    await home.let_pass(9 * HOUR, STEP)
    assert not home.cloud.requests
    home.cloud.faults.clear()
    await home.let_pass(2 * HOUR, STEP)
    assert home.cloud.requests[CONNECTIONS] >= 1
    await home.let_pass(3 * HOUR, STEP)
    assert home.cloud.requests[CONNECTIONS] >= 4


@pytest.mark.parametrize("vehicles", [3])
async def test_cars_share_the_requests_that_the_application_may_send_at_once(
    new_home: Home,
) -> None:
    for car in new_home.cars:
        new_home.cloud.patch_state(car.id, {"driving": True})
    await new_home.set_up(requests=1_000_000)
    assert new_home.cloud.requests["GET /v3/connections"] + new_home.sent() == 4
    turns = itertools.cycle(new_home.cars)
    odometers = itertools.count(77_777)

    async def press_next() -> None:
        car = next(turns)
        # Always news, else a poll so soon would not be worth it.
        new_home.cloud.patch_state(car.id, {"odometer": next(odometers)})
        await new_home.press_refresh(car)

    count, _ = await repeat_until_refused(press_next, "request_refused_application")
    assert count == new_home.sent() == 116
    for car in new_home.cars:
        for action in (new_home.press_refresh, new_home.unlock):
            sentence = await refused(action(car), "request_refused_application")
            assert car.nickname in sentence
            assert time_in(sentence) - dt_util.utcnow() <= MINUTE
        await new_home.update_entities(car, ODOMETER)
    assert new_home.sent() == 0

    # One for each half minute; polls leave 20 to the user.
    new_home.freezer.tick(31 * SECOND)
    await new_home.press_refresh()
    await refused(new_home.unlock(new_home.cars[1]), "request_refused_application")
    await new_home.let_pass(10 * MINUTE, MINUTE)
    assert new_home.sent() == 1
    await new_home.let_pass(HOUR, MINUTE)
    assert new_home.sent() >= 20
    for car in new_home.cars:
        await new_home.press_refresh(car)
