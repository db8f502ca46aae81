"""What the user spends: refreshes and commands, until the budget refuses them."""

from collections.abc import Awaitable, Iterable
from datetime import datetime

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util
import pytest

from simulator.faults import Fault
from tests.helpers.budget import (
    NEXT_POLL,
    fall_asleep,
    left,
    local,
    log_lines,
    refresh_until_refused,
    set_budget,
    ten_entities,
    time_in,
)
from tests.helpers.home import LOCK, ODOMETER, Home, refused
from tests.helpers.routes import ANY_COMMAND
from tests.helpers.times import DAY, HOUR, MINUTE, SECOND, STEP, next_month

pytestmark = pytest.mark.usefixtures("mid_march")


@pytest.mark.parametrize(
    ("requests", "plan"),
    [
        (500, "Free, 500 requests per month"),
        (100, "Build, 100 requests per month"),
        (62, "62 requests per month"),
    ],
)
async def test_refreshes_are_refused_when_only_the_reserve_is_left(
    new_home: Home, requests: int, plan: str
) -> None:
    car = new_home.car
    await new_home.set_up(requests=requests)
    count, sentence = await refresh_until_refused(new_home, car)
    spent = new_home.sent()
    assert spent == count + 1
    assert left(new_home, car) == requests - spent
    assert "Robin" in sentence
    assert f"({plan})" in sentence
    assert f"The {requests - spent} that are left" in sentence
    until = time_in(sentence)
    assert dt_util.utcnow() < until <= dt_util.utcnow() + DAY

    # It stays refused, without a request, in each way.
    for action in (new_home.press_refresh(car), new_home.call_refresh(car)):
        assert await refused(action, "request_refused_spent") == sentence
    assert new_home.sent() == 0
    # The rest is kept for commands.
    await new_home.unlock(car)
    assert new_home.value(car, LOCK) == "unlocked"
    assert new_home.sent() == 1
    assert left(new_home, car) == requests - spent - 1


@pytest.mark.parametrize("requests", [500, 100, 62])
async def test_refreshes_are_refused_until_the_time_that_is_named(
    new_home: Home, requests: int
) -> None:
    car = new_home.car
    await new_home.set_up(requests=requests)
    await refresh_until_refused(new_home, car)
    # A command takes its request from there as well.
    await new_home.unlock(car)
    new_home.sent()
    until = time_in(await refused(new_home.press_refresh(car), "request_refused_spent"))
    await new_home.let_pass(until - dt_util.utcnow() - 2 * MINUTE, HOUR)
    await refused(new_home.press_refresh(car), "request_refused_spent")
    assert new_home.sent() == 0
    new_home.freezer.move_to(until)
    new_home.cloud.patch_state(car.id, {"odometer": 77_777})
    await new_home.press_refresh(car)
    assert new_home.sent() == 1
    assert new_home.value(car, ODOMETER) == "77777.0"


async def test_refused_update_of_entities_is_one_line_in_the_log(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    car = home.car
    ten = ten_entities(home, car)
    _, sentence = await refresh_until_refused(home, car)
    home.sent()
    log_lines(caplog)
    for _ in range(2):
        await home.update_entities(car, *ten)
        await home.let_pass(MINUTE, 11 * SECOND)
    assert home.sent() == 0
    (line,) = log_lines(caplog)
    assert line.startswith("INFO The requests for ")
    assert "Free, 500 requests per month" in line
    for secret in (car.id, car.vin, car.nickname, home.cloud.owner_of(car.id).id):
        assert secret not in line

    home.freezer.move_to(time_in(sentence))
    home.cloud.patch_state(car.id, {"odometer": 77_777})
    await home.update_entities(car, *ten)
    assert home.sent() == 1
    assert home.value(car, ODOMETER) == "77777.0"
    assert log_lines(caplog) == []


@pytest.mark.parametrize("at_once", [True, False])
async def test_update_of_ten_entities_is_one_request(home: Home, at_once: bool) -> None:
    car = home.car
    before = left(home, car)
    ten = ten_entities(home, car)
    home.freezer.tick(MINUTE)
    home.sent()
    for names in [ten] if at_once else [[name] for name in ten]:
        await home.update_entities(car, *names)
    await home.let_pass(MINUTE, 11 * SECOND)
    assert home.sent() == 1
    assert left(home, car) == before - 1
    # A minute later it is another request.
    home.cloud.patch_state(car.id, {"odometer": 77_777})
    await home.update_entities(car, *ten)
    assert home.value(car, ODOMETER) == "77777.0"
    assert home.sent() == 1


async def test_each_command_counts_also_if_it_fails(home: Home) -> None:
    car = home.car
    fall_asleep(home.cloud, car)
    await home.refresh(car)
    before = left(home, car)
    home.sent()
    home.cloud.faults.add(Fault(route=ANY_COMMAND, status=409, code="DOOR_OPEN", count=1))
    await refused(home.unlock(car), "command_door_open")
    assert left(home, car) == before - 1
    # The car has done nothing, so there is no follow-up poll.
    await home.let_pass(10 * MINUTE, MINUTE)
    assert home.sent() == 1
    await home.unlock(car)
    await home.act("number.set_value", car, "number.charge_limit", value=70)
    assert left(home, car) == before - 3
    assert home.sent() == 2
    await home.let_pass(2 * MINUTE, MINUTE)
    assert home.sent() == 1
    assert left(home, car) == before - 4


@pytest.fixture
async def spent_home(new_home: Home) -> Home:
    """Return a home whose commands have spent the whole budget."""
    await new_home.set_up(requests=35)
    assert left(new_home, new_home.car) == 34
    assert new_home.issues() == {}
    new_home.sent()
    for _ in range(34):
        await new_home.unlock()
    assert new_home.sent() == 34
    assert left(new_home, new_home.car) == 0
    return new_home


async def test_spent_budget_is_a_repair_and_refuses_everything(spent_home: Home) -> None:
    home, car, end = spent_home, spent_home.car, next_month()
    issue = home.issues()["requests_spent"]
    assert not issue.is_fixable
    assert issue.translation_placeholders == {
        "vehicle": "Robin",
        "plan": "35 requests per month",
        "until": local(end),
    }

    def everything() -> Iterable[Awaitable[None]]:
        yield home.lock(car)
        yield home.act("switch.turn_off", car, "switch.charging")
        yield home.press_refresh(car)
        yield home.call_refresh(car)

    for action in everything():
        sentence = await refused(action, "request_refused_all_spent")
        assert "Robin" in sentence
        assert "35 requests per month" in sentence
        assert time_in(sentence) == end
        assert home.value(car, LOCK) == "unlocked"
        assert home.value(car, "switch.charging") == "on"
    await home.reload()
    await refused(home.press_refresh(car), "request_refused_all_spent")
    assert left(home, car) == 0
    assert set(home.issues()) == {"requests_spent"}


async def test_spent_budget_stops_requests_until_the_next_month(spent_home: Home) -> None:
    home, car, end = spent_home, spent_home.car, next_month()
    await home.let_pass(end - dt_util.utcnow() - 6 * HOUR, 6 * HOUR)
    assert home.sent() == 0
    assert set(home.issues()) == {"requests_spent"}
    # A value that is not polled is old, and not wrong.
    assert home.value(car, ODOMETER) != "unavailable"

    home.cloud.patch_state(car.id, {"odometer": 77_777})
    await home.let_pass(7 * HOUR, HOUR)
    assert home.issues() == {}
    assert home.value(car, ODOMETER) == "77777.0"
    assert left(home, car) == 35 - home.sent() < 35
    await home.lock(car)
    assert home.value(car, LOCK) == "locked"


async def test_larger_budget_ends_the_refusals_at_once(new_home: Home) -> None:
    car = new_home.car
    await new_home.set_up(requests=40)
    # By refreshes first; the rest is for commands, and by and by for polls.
    await refresh_until_refused(new_home, car)
    while left(new_home, car):
        await new_home.unlock(car)
    assert new_home.sent() == 40
    assert "requests_spent" in new_home.issues()
    await set_budget(new_home, 500)
    assert new_home.issues() == {}
    assert left(new_home, car) == 460 - new_home.sent()
    await new_home.unlock(car)
    await new_home.press_refresh(car)
    assert new_home.sent() == 2


@pytest.mark.usefixtures("everything_is_enabled")
async def test_budget_that_commands_have_nearly_spent_is_a_repair(new_home: Home) -> None:
    """Nothing is polled for two weeks, although two requests are left."""
    car = new_home.car
    await new_home.set_up(requests=100)
    while left(new_home, car) > 2:
        await new_home.unlock(car)
    await new_home.let_pass(HOUR, STEP)
    assert datetime.fromisoformat(new_home.value(car, NEXT_POLL)) == next_month()
    assert "requests_spent" in new_home.issues()


async def test_small_budget_that_is_not_spent_is_no_repair(new_home: Home) -> None:
    await new_home.set_up(requests=25)
    for _ in range(7 * 24):
        await new_home.let_pass(HOUR)
        assert left(new_home, new_home.car) > 10
        assert new_home.issues() == {}


@pytest.mark.parametrize("what", ["entry", "device"])
async def test_repair_of_a_disabled_car_is_withdrawn(new_home: Home, what: str) -> None:
    car = new_home.car
    entry = await new_home.set_up(requests=20)
    while left(new_home, car):
        await new_home.unlock(car)
    assert set(new_home.issues()) == {"requests_spent"}
    if what == "entry":
        await new_home.hass.config_entries.async_set_disabled_by(
            entry.entry_id, ConfigEntryDisabler.USER
        )
    else:
        dr.async_get(new_home.hass).async_update_device(
            new_home.device_id(car), disabled_by=dr.DeviceEntryDisabler.USER
        )
        await new_home.let_pass(MINUTE, 31 * SECOND)
    assert new_home.issues() == {}
    if what == "entry":
        await new_home.hass.config_entries.async_set_disabled_by(entry.entry_id, None)
        assert set(new_home.issues()) == {"requests_spent"}


@pytest.mark.usefixtures("everything_is_enabled")
async def test_budget_of_zero_requests_nothing_until_it_is_raised(new_home: Home) -> None:
    car = new_home.car
    await new_home.set_up(requests=0)
    assert new_home.sent() == 0
    assert new_home.value(car, NEXT_POLL) == "unknown"
    for action in (new_home.press_refresh(car), new_home.unlock(car)):
        assert "options" in await refused(action, "request_refused_budget")
    await new_home.let_pass(40 * DAY, DAY)
    assert new_home.sent() == 0
    assert new_home.issues() == {}
    await set_budget(new_home, 500)
    assert new_home.sent() == 1
    assert ODOMETER in new_home.entities(car)
