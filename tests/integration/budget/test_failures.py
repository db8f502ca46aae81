"""Polls that fail: when they are tried again, and what stays."""

from homeassistant.exceptions import HomeAssistantError
import pytest

from simulator.faults import Fault
from tests.helpers.budget import fall_asleep, left, poll_intervals, poll_into_fault
from tests.helpers.home import LOCK, ODOMETER, Home, refused
from tests.helpers.routes import SIGNALS_ROUTE
from tests.helpers.times import DAY, HOUR, MINUTE, SECOND, STEP

pytestmark = pytest.mark.usefixtures("mid_march")


async def test_failed_poll_is_repeated_after_ten_minutes_that_double(home: Home) -> None:
    car = home.car
    await home.refresh(car)
    home.cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=502))
    before = home.value(car, ODOMETER)
    first, *found = await poll_intervals(home, 12 * HOUR, 5 * MINUTE)
    assert first < 2 * HOUR
    assert found == [10 * MINUTE * 2**number for number in range(len(found))]
    assert len(found) >= 5
    # A restart is no reason to try at once, nor to give up.
    assert home.value(car, ODOMETER) == before
    spent = left(home, car)
    await home.reload()
    assert home.sent() == 0
    assert home.value(car, ODOMETER) == before
    assert left(home, car) == spent


async def test_car_is_unavailable_after_a_day_of_failed_polls(home: Home) -> None:
    car = home.car
    await home.refresh(car)
    before = home.value(car, ODOMETER)
    home.cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=502))
    await home.let_pass(12 * HOUR, 5 * MINUTE)
    home.sent()
    await home.let_pass(DAY - STEP - 12 * HOUR, STEP)
    assert 1 <= home.sent() <= 3
    assert home.value(car, ODOMETER) == before
    await home.let_pass(3 * HOUR, STEP)
    assert home.value(car, ODOMETER) == "unavailable"
    await home.reload()
    assert home.value(car, ODOMETER) == "unavailable"


async def test_failing_car_is_polled_four_times_a_day_until_it_is_back(home: Home) -> None:
    car = home.car
    await home.refresh(car)
    fault = home.cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=502))
    await home.let_pass(DAY + 3 * HOUR, STEP)
    home.sent()
    assert max(await poll_intervals(home, DAY, STEP)) <= 6 * HOUR + STEP
    home.cloud.faults.remove(fault)
    home.cloud.patch_state(car.id, {"odometer": 77_777})
    await home.let_pass(6 * HOUR + STEP, STEP)
    assert home.value(car, ODOMETER) == "77777.0"
    # The next failure begins anew with ten minutes.
    home.cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=502, count=1))
    with pytest.raises(HomeAssistantError):
        await home.press_refresh(car)
    assert await poll_intervals(home, 11 * MINUTE, MINUTE) == [10 * MINUTE]
    assert home.value(car, ODOMETER) == "77777.0"


async def test_one_failed_poll_keeps_the_values_of_a_sleeping_car(home: Home) -> None:
    car = home.car
    fall_asleep(home.cloud, car)
    await home.let_pass(4 * DAY, STEP)
    before = home.value(car, ODOMETER)
    home.cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=502))
    await poll_into_fault(home)
    assert home.value(car, ODOMETER) == before
    assert home.value(car, LOCK) == "locked"


async def test_repeated_refreshes_do_not_delay_the_repeat_of_a_failed_poll(home: Home) -> None:
    car = home.car
    home.cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=502))
    for _ in range(7):
        with pytest.raises(HomeAssistantError):
            await home.press_refresh(car)
        home.freezer.tick(5 * SECOND)
    home.cloud.faults.clear()
    home.cloud.patch_state(car.id, {"odometer": 77_777})
    await home.let_pass(2 * HOUR, 5 * MINUTE)
    assert home.value(car, ODOMETER) == "77777.0"


async def test_one_failed_refresh_keeps_the_values_if_polling_is_off(
    new_home: Home,
) -> None:
    """Nothing is repeated then, so one failure may be an accident."""
    car = new_home.car
    await new_home.set_up(requests=500, pref_disable_polling=True)
    before = new_home.value(car, ODOMETER)
    await new_home.let_pass(25 * HOUR, HOUR)
    fault = new_home.cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=502))
    with pytest.raises(HomeAssistantError):
        await new_home.press_refresh(car)
    await new_home.let_pass(20 * HOUR, HOUR)
    assert new_home.value(car, ODOMETER) == before
    with pytest.raises(HomeAssistantError):
        await new_home.press_refresh(car)
    assert new_home.value(car, ODOMETER) == "unavailable"
    new_home.cloud.faults.remove(fault)
    await new_home.call_refresh(car)
    assert new_home.value(car, ODOMETER) == before


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_retry_after_of_a_server_error_is_obeyed(home: Home, status: int) -> None:
    headers = {"Retry-After": "7200"}
    home.cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=status, headers=headers))
    await poll_into_fault(home)
    home.sent()
    await home.let_pass(110 * MINUTE, 5 * MINUTE)
    await refused(home.press_refresh(), "request_refused_retry_after")
    assert home.sent() == 0
    await home.let_pass(15 * MINUTE, 5 * MINUTE)
    assert home.sent() == 1
