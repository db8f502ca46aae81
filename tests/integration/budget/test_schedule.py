"""When cars are polled, and what the sensors show of that."""

from datetime import datetime

from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest

from simulator.faults import Fault
from tests.helpers.budget import NEXT_POLL, fall_asleep, left, poll_intervals
from tests.helpers.home import ODOMETER, Home, refused
from tests.helpers.routes import ANY_COMMAND
from tests.helpers.times import DAY, HOUR, MINUTE, SECOND, STEP, next_month

pytestmark = pytest.mark.usefixtures("mid_march")


async def test_sleeping_car_is_polled_less_and_less_until_it_has_news(new_home: Home) -> None:
    step = 15 * MINUTE
    fall_asleep(new_home.cloud, *new_home.cars)
    await new_home.set_up(requests=500)
    found = await poll_intervals(new_home, 3 * DAY, step)
    assert found[0] < 3 * HOUR
    assert found == sorted(found)
    assert DAY <= found[-1] <= DAY + step
    assert len(found) <= 6

    # News are found by the next poll, and the one after that comes soon.
    new_home.cloud.patch_state(new_home.car.id, {"odometer": 77_777})
    first, second, *_ = await poll_intervals(new_home, DAY + 3 * HOUR, step)
    assert new_home.value(new_home.car, ODOMETER) == "77777.0"
    assert first <= DAY + step
    assert second < 3 * HOUR


@pytest.mark.parametrize(
    "use",
    [{"driving": True}, {"charging": True, "soc": 1.0, "charge_limit": 100.0}],
    ids=["driving", "charging"],
)
async def test_car_in_use_is_polled_often(new_home: Home, use: dict[str, bool | float]) -> None:
    """Six hours of sleep cost two requests, six hours of use ten."""
    fall_asleep(new_home.cloud, *new_home.cars)
    await new_home.set_up(requests=500)
    assert len(await poll_intervals(new_home, 6 * HOUR, 10 * MINUTE)) <= 2
    await new_home.let_pass(2 * DAY, HOUR)
    new_home.cloud.patch_state(new_home.car.id, use)
    await new_home.refresh()
    found = await poll_intervals(new_home, 6 * HOUR, 10 * MINUTE)
    assert len(found) >= 10
    assert max(found) <= 40 * MINUTE
    # It ends as it began.
    fall_asleep(new_home.cloud, *new_home.cars)
    assert len(await poll_intervals(new_home, 2 * DAY, 10 * MINUTE)) <= 10


@pytest.mark.parametrize("is_estimated", [True, False])
async def test_charging_car_is_polled_when_it_should_be_charged(
    new_home: Home, is_estimated: bool
) -> None:
    """With such a small budget there are otherwise hours between two polls."""
    car = new_home.car
    new_home.cloud.patch_state(car.id, {"charging": False})
    new_home.cloud.patch_state(car.id, {"charging": True, "soc": 70.0, "charge_limit": 80.0})
    if not is_estimated:
        new_home.cloud.override(car.id, "charge-timetocomplete", None)
    await new_home.set_up(requests=62)
    lasts = car.charging.minutes_to_limit() * MINUTE
    assert 20 * MINUTE < lasts < 100 * MINUTE
    found = await poll_intervals(new_home, 2 * HOUR, MINUTE)
    if not is_estimated:
        assert found == []
        return
    shown = dt_util.parse_datetime(
        new_home.value(car, "sensor.charge_complete_at"), raise_on_error=False
    )
    assert lasts + MINUTE <= found[0] <= lasts + 4 * MINUTE, (lasts, found, shown)
    assert len(found) == 1
    assert new_home.value(car, "binary_sensor.charging") == "off"


async def test_small_budget_lasts_the_whole_month_and_is_not_exceeded(new_home: Home) -> None:
    """There are always news, and a user who refreshes and commands more often than possible."""
    car, budget, step = new_home.car, 30, 2 * HOUR
    new_home.freezer.move_to(next_month() - step)
    new_home.cloud.patch_state(car.id, {"driving": True})
    await new_home.set_up(requests=budget)
    assert new_home.sent() == 1
    # A request at the first moment of a month counts for that month.
    await new_home.let_pass(step)
    total = new_home.sent()
    press, refusals = new_home.press_refresh, 0
    while (now := dt_util.utcnow()).month == 4:
        if now.hour == 12:
            for action in (press,) if now.day % 2 else (new_home.unlock, press):
                before = left(new_home, car)
                try:
                    await action(car)
                except HomeAssistantError as error:
                    refusals += error.translation_key == "request_refused_spent"
                    assert left(new_home, car) in {before, before - 1}
        await new_home.let_pass(step)
        if dt_util.utcnow().month == 4:
            total += new_home.sent()
            assert left(new_home, car) == budget - total >= 0
    assert total == budget
    assert refusals

    spent = new_home.sent()
    await new_home.let_pass(DAY, step)
    spent += new_home.sent()
    assert spent >= 1
    assert left(new_home, car) == budget - spent


async def test_repeated_refreshes_do_not_delay_polls(new_home: Home) -> None:
    car = new_home.car
    new_home.cloud.patch_state(car.id, {"driving": True})
    await new_home.set_up(requests=500)
    assert len(await poll_intervals(new_home, 2 * HOUR, 5 * MINUTE)) >= 3
    for _ in range(6):
        new_home.freezer.tick(5 * SECOND)
        await new_home.press_refresh(car)
    before = new_home.value(car, ODOMETER)
    await poll_intervals(new_home, 4 * HOUR, 5 * MINUTE)
    assert new_home.value(car, ODOMETER) != before


async def test_first_poll_of_a_new_car_does_not_wait_for_the_budget(new_home: Home) -> None:
    await new_home.set_up(requests=15)
    assert left(new_home, new_home.car) == 14
    assert ODOMETER in new_home.entities()


@pytest.mark.parametrize("vehicles", [3])
async def test_new_consent_is_followed_by_one_poll(home: Home) -> None:
    fall_asleep(home.cloud, *home.cars)
    await home.let_pass(4 * DAY, HOUR)
    # Right after a poll of all of them, so that none is due.
    await home.refresh(*home.cars)
    await home.let_pass(MINUTE, MINUTE)
    home.cloud.connect(home.cloud.owner_of(home.car.id).id, [home.car.id])
    home.cloud.requests.clear()
    while not home.cloud.requests["GET /v3/connections"]:
        await home.let_pass(MINUTE)
    home.cloud.patch_state(home.car.id, {"soc": 33.0})
    assert home.sent() == 0
    await home.let_pass(MINUTE - 2 * SECOND)
    assert home.sent() == 0
    await home.let_pass(2 * SECOND)
    assert home.sent() == 1
    assert float(home.value(home.car, "sensor.battery_level")) == 33
    await home.let_pass(20 * MINUTE, MINUTE)
    assert home.sent() == 0


@pytest.mark.usefixtures("everything_is_enabled")
async def test_polling_switched_off_leaves_refreshes_and_follow_up_polls(new_home: Home) -> None:
    car = new_home.car
    await new_home.set_up(requests=500, pref_disable_polling=True)
    before = new_home.value(car, ODOMETER)
    assert new_home.sent() == 1
    assert new_home.value(car, NEXT_POLL) == "unknown"
    new_home.cloud.patch_state(car.id, {"odometer": 77_777})
    await new_home.let_pass(3 * DAY, HOUR)
    assert not new_home.cloud.requests
    assert new_home.value(car, ODOMETER) == before
    assert new_home.issues() == {}

    await new_home.unlock(car)
    assert new_home.value(car, NEXT_POLL) == (dt_util.utcnow() + MINUTE).isoformat()
    assert new_home.sent() == 1
    await new_home.let_pass(MINUTE - SECOND)
    assert not new_home.cloud.requests
    await new_home.let_pass(SECOND)
    assert new_home.sent() == 1
    assert new_home.value(car, ODOMETER) == "77777.0"
    assert new_home.value(car, NEXT_POLL) == "unknown"
    await new_home.let_pass(DAY, HOUR)
    assert not new_home.cloud.requests

    new_home.cloud.patch_state(car.id, {"odometer": 78_888})
    await new_home.press_refresh(car)
    assert new_home.sent() == 1
    assert new_home.value(car, ODOMETER) == "78888.0"
    assert left(new_home, car) == 496


async def test_polling_switched_on_again_polls_at_once(new_home: Home) -> None:
    entry = await new_home.set_up(requests=500, pref_disable_polling=True)
    await new_home.let_pass(3 * DAY, HOUR)
    new_home.sent()
    new_home.cloud.patch_state(new_home.car.id, {"odometer": 77_777})
    new_home.hass.config_entries.async_update_entry(entry, pref_disable_polling=False)
    # As the frontend does it.
    await new_home.reload()
    assert new_home.value(new_home.car, ODOMETER) == "77777.0"
    assert new_home.sent() == 1


async def test_requests_left_is_the_only_budget_sensor_enabled_by_default(home: Home) -> None:
    registry = er.async_get(home.hass)
    off = {}
    for key in ("requests_left", "requests_this_month", "next_poll"):
        found = registry.async_get(str(home.entity_id(home.car, f"sensor.{key}")))
        assert found is not None
        off[key] = found.disabled_by
    assert off == {
        "requests_left": None,
        "requests_this_month": er.RegistryEntryDisabler.INTEGRATION,
        "next_poll": er.RegistryEntryDisabler.INTEGRATION,
    }


@pytest.mark.usefixtures("everything_is_enabled")
async def test_next_poll_is_sent_when_its_sensor_says(home: Home) -> None:
    car = home.car
    fall_asleep(home.cloud, car)
    await home.refresh(car)
    for count in range(3, 9):
        due = datetime.fromisoformat(home.value(car, NEXT_POLL))
        assert dt_util.utcnow() < due <= dt_util.utcnow() + DAY
        home.sent()
        # The plan moves a little: the less is left of a month, the sooner what is left is spent.
        began = dt_util.utcnow()
        (found,) = await poll_intervals(home, due - began + STEP, 10 * MINUTE)
        assert due - found / 10 <= began + found <= due + 10 * MINUTE
        assert home.value(car, "sensor.requests_this_month") == str(count)
        assert left(home, car) == 500 - count
    # It shows the end of a limit as well.
    home.cloud.faults.add(Fault(route=ANY_COMMAND, status=430, count=1))
    await refused(home.unlock(car), "command_limit_reached")
    assert datetime.fromisoformat(home.value(car, NEXT_POLL)) == next_month()
    await home.let_pass(next_month() - dt_util.utcnow(), 6 * HOUR)
    assert home.value(car, "sensor.requests_this_month") == "1"
    assert left(home, car) == 499
