"""The budget of requests as its user has it: who is asked when, what is refused, how it heals."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
import itertools
import json
import logging
import re
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.smartcar.const import CONF_COMMAND_RESERVE, CONF_REQUESTS_PER_MONTH, DOMAIN
from simulator import Cloud
from simulator.car import Car
from simulator.faults import Fault
from tests.helpers.home import NewEntry
from tests.helpers.push_home import World
from tests.helpers.routes import ANY_COMMAND, COMMANDS, CONNECTIONS, SIGNALS, SIGNALS_ROUTE
from tests.helpers.signals import set_up
from tests.helpers.states import (
    act,
    device_id,
    entities,
    entity_id,
    issues,
    let_pass,
    refresh,
    settle,
    value,
)
from tests.helpers.times import STEP, next_month

type Start = Callable[..., Awaitable[MockConfigEntry]]

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

LEFT = "sensor.requests_left"
NEXT = "sensor.next_poll"
LOCK = "lock.door_lock"
ODOMETER = "sensor.odometer"


@pytest.fixture
def vehicles() -> int:
    """Return how many cars are connected; parametrize it for more."""
    return 1


@pytest.fixture(autouse=True)
def _middle_of_a_month(request: pytest.FixtureRequest) -> None:
    """Let a frozen clock stand in the middle of the next March, before anything looks at it.

    Months differ in length, and the clock of the cloud must not go back.
    """
    if "freezer" in request.fixturenames:
        now = datetime.now(UTC)
        march = now.replace(month=3, day=16, hour=12, minute=0, second=0, microsecond=0)
        later = march if march > now else march.replace(year=march.year + 1)
        request.getfixturevalue("freezer").move_to(later)


@pytest.fixture
def start(hass: HomeAssistant, cars: list[Car], new_entry: NewEntry) -> Start:
    """Return a function that sets an entry up, with a budget."""

    async def start(requests: int = 500, reserve: int = 10, **entry: Any) -> MockConfigEntry:
        options = {CONF_REQUESTS_PER_MONTH: requests, CONF_COMMAND_RESERVE: reserve}
        made = new_entry(options=options, **entry)
        await async_setup_component(hass, "homeassistant", {})
        await set_up(hass, made)
        return made

    return start


def fall_asleep(cloud: Cloud, *cars: Car) -> None:
    for car in cars:
        cloud.patch_state(car.id, {"driving": False, "charging": False})
        cloud.patch_state(car.id, {"asleep": True})


def sent(cloud: Cloud) -> int:
    """Return how many requests there were that count, and forget them."""
    counted = [
        number
        for request, number in cloud.requests.items()
        if request == SIGNALS or request.startswith(COMMANDS)
    ]
    cloud.requests.clear()
    return sum(counted)


async def waits(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    cloud: Cloud,
    span: timedelta,
    step: timedelta,
) -> list[timedelta]:
    """Let time pass; return how long it was until each request for signals since the last one."""
    sent(cloud)
    found, last, end = [], dt_util.utcnow(), dt_util.utcnow() + span
    while dt_util.utcnow() < end:
        await let_pass(hass, freezer, step)
        if count := sent(cloud):
            assert count == 1
            found.append(dt_util.utcnow() - last)
            last = dt_util.utcnow()
    return found


def left(hass: HomeAssistant, car: Car) -> int:
    return int(value(hass, car, LEFT))


async def press(hass: HomeAssistant, car: Car) -> None:
    await act(hass, "button.press", entity_id(hass, car, "button.refresh"))


async def call_refresh(hass: HomeAssistant, entry: ConfigEntry, car: Car) -> None:
    target = {"device_id": device_id(hass, entry, car)}
    await hass.services.async_call(DOMAIN, "refresh", target, blocking=True)


async def unlock(hass: HomeAssistant, car: Car) -> None:
    await act(hass, "lock.unlock", entity_id(hass, car, LOCK))


async def update_entity(hass: HomeAssistant, *entity_ids: str | None) -> None:
    data = {"entity_id": entity_ids}
    await hass.services.async_call("homeassistant", "update_entity", data, blocking=True)


def ten_entities(hass: HomeAssistant, entry: ConfigEntry, car: Car) -> list[str | None]:
    return [entity_id(hass, car, name) for name in sorted(entities(hass, entry, car))[:10]]


async def refused(key: str, asked: Awaitable[None]) -> str:
    """Return the sentence with which something is refused that was asked for."""
    with pytest.raises(HomeAssistantError) as caught:
        await asked
    assert caught.value.translation_key == key
    return str(caught.value)


async def let_strike(hass: HomeAssistant, freezer: FrozenDateTimeFactory, cloud: Cloud) -> None:
    """Let time pass until a poll has met the fault that is on, and take it off."""
    assert len(cloud.faults)
    sent(cloud)
    while not sent(cloud):
        await let_pass(hass, freezer, 5 * MINUTE)
    cloud.faults.clear()


async def repeat_until_refused(key: str, ask: Callable[[], Awaitable[None]]) -> tuple[int, str]:
    """Return how often something could be done, and the sentence with which it is refused then."""
    error, count = None, 0
    while error is None:
        try:
            await ask()
            count += 1
        except HomeAssistantError as caught:
            error = caught
    assert error.translation_key == key
    return count, str(error)


async def refresh_until_refused(hass: HomeAssistant, car: Car) -> tuple[int, str]:
    return await repeat_until_refused("request_refused_spent", lambda: press(hass, car))


def local(time: datetime) -> str:
    """Return a time that falls on a minute as a person reads it."""
    return f"{dt_util.as_local(time):%Y-%m-%d %H:%M}"


def time_in(sentence: str) -> datetime:
    """Return the time that a sentence names."""
    (found,) = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", sentence)
    return datetime.fromisoformat(found).replace(tzinfo=dt_util.get_default_time_zone())


async def choose(hass: HomeAssistant, entry: ConfigEntry, requests: int, reserve: int = 10) -> None:
    """Set the budget in the options."""
    result = await hass.config_entries.options.async_init(entry.entry_id)
    result = await hass.config_entries.options.async_configure(
        result["flow_id"],
        {CONF_REQUESTS_PER_MONTH: str(requests), CONF_COMMAND_RESERVE: reserve},
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await settle(hass)


async def restart(hass: HomeAssistant, entry: ConfigEntry) -> None:
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what we have logged for the user, and forget it."""
    lines = [
        f"{record.levelname} {record.getMessage()}"
        for record in caplog.records
        if record.name.startswith("custom_components") and record.levelno >= logging.INFO
    ]
    caplog.clear()
    return lines


# When a car is asked


async def test_car_that_sleeps_is_asked_ever_more_rarely_and_news_end_that(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    start: Start,
) -> None:
    step = 15 * MINUTE
    fall_asleep(cloud, *cars)
    await start()
    found = await waits(hass, freezer, cloud, 3 * DAY, step)
    assert found[0] < 3 * HOUR
    assert found == sorted(found)
    assert DAY <= found[-1] <= DAY + step
    assert len(found) <= 6

    # What is new is found at the next look, and the one after that comes soon.
    cloud.patch_state(cars[0].id, {"odometer": 77_777})
    first, second, *_ = await waits(hass, freezer, cloud, DAY + 3 * HOUR, step)
    assert value(hass, cars[0], ODOMETER) == "77777.0"
    assert first <= DAY + step
    assert second < 3 * HOUR


@pytest.mark.parametrize(
    "use",
    [{"driving": True}, {"charging": True, "soc": 1.0, "charge_limit": 100.0}],
    ids=["driving", "charging"],
)
async def test_car_in_use_is_asked_often(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    start: Start,
    use: dict[str, bool | float],
) -> None:
    """Six hours of sleep cost two requests, six hours of use ten."""
    fall_asleep(cloud, *cars)
    await start()
    assert len(await waits(hass, freezer, cloud, 6 * HOUR, 10 * MINUTE)) <= 2
    await let_pass(hass, freezer, 2 * DAY, HOUR)
    cloud.patch_state(cars[0].id, use)
    await refresh(hass, cars[0])
    found = await waits(hass, freezer, cloud, 6 * HOUR, 10 * MINUTE)
    assert len(found) >= 10
    assert max(found) <= 40 * MINUTE
    # It ends as it began.
    fall_asleep(cloud, *cars)
    assert len(await waits(hass, freezer, cloud, 2 * DAY, 10 * MINUTE)) <= 10


@pytest.mark.parametrize("told", [True, False])
async def test_car_that_charges_is_asked_when_that_should_be_over(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    start: Start,
    told: bool,
) -> None:
    """With so small a budget there are hours between two looks else."""
    car = cars[0]
    cloud.patch_state(car.id, {"charging": False})
    cloud.patch_state(car.id, {"charging": True, "soc": 70.0, "charge_limit": 80.0})
    if not told:
        cloud.override(car.id, "charge-timetocomplete", None)
    await start(62)
    lasts = car.charging.minutes_to_limit() * MINUTE
    assert 20 * MINUTE < lasts < 100 * MINUTE
    found = await waits(hass, freezer, cloud, 2 * HOUR, MINUTE)
    if not told:
        assert found == []
        return
    shown = dt_util.parse_datetime(
        value(hass, car, "sensor.charge_complete_at"), raise_on_error=False
    )
    assert lasts + MINUTE <= found[0] <= lasts + 4 * MINUTE, (lasts, found, shown)
    assert len(found) == 1
    assert value(hass, car, "binary_sensor.charging") == "off"


async def test_whole_month_with_a_small_budget(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    start: Start,
) -> None:
    """Always news, and a user who asks, and commands, more often than there are requests."""
    car, budget, step = cars[0], 30, 2 * HOUR
    freezer.move_to(next_month() - step)
    cloud.patch_state(car.id, {"driving": True})
    await start(budget)
    assert sent(cloud) == 1
    # What is sent at the first moment of a month is of that month.
    await let_pass(hass, freezer, step)
    total = sent(cloud)
    refusals = 0
    while (now := dt_util.utcnow()).month == 4:
        if now.hour == 12:
            for ask in (press,) if now.day % 2 else (unlock, press):
                before = left(hass, car)
                try:
                    await ask(hass, car)
                except HomeAssistantError as error:
                    refusals += error.translation_key == "request_refused_spent"
                    assert left(hass, car) in {before, before - 1}
        await let_pass(hass, freezer, step)
        if dt_util.utcnow().month == 4:
            total += sent(cloud)
            assert left(hass, car) == budget - total >= 0
    assert total == budget
    assert refusals

    spent = sent(cloud)
    await let_pass(hass, freezer, DAY, step)
    spent += sent(cloud)
    assert spent >= 1
    assert left(hass, car) == budget - spent


async def test_impatient_user_does_not_put_polls_off(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    start: Start,
) -> None:
    car = cars[0]
    cloud.patch_state(car.id, {"driving": True})
    await start()
    assert len(await waits(hass, freezer, cloud, 2 * HOUR, 5 * MINUTE)) >= 3
    for _ in range(6):
        freezer.tick(5 * SECOND)
        await press(hass, car)
    before = value(hass, car, ODOMETER)
    await waits(hass, freezer, cloud, 4 * HOUR, 5 * MINUTE)
    assert value(hass, car, ODOMETER) != before


# What the user asks for


@pytest.mark.parametrize(
    ("requests", "plan"),
    [
        (500, "Free, 500 requests per month"),
        (100, "Build, 100 requests per month"),
        (62, "62 requests per month"),
    ],
)
async def test_refreshes_until_they_are_refused(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    start: Start,
    requests: int,
    plan: str,
) -> None:
    car = cars[0]
    entry = await start(requests)
    count, sentence = await refresh_until_refused(hass, car)
    spent = sent(cloud)
    assert spent == count + 1
    assert left(hass, car) == requests - spent
    assert "Robin" in sentence
    assert f"({plan})" in sentence
    assert f"The {requests - spent} that are left" in sentence
    until = time_in(sentence)
    assert dt_util.utcnow() < until <= dt_util.utcnow() + DAY

    # It goes on being refused, without a request, by whatever way.
    for ask in (press(hass, car), call_refresh(hass, entry, car)):
        assert await refused("request_refused_spent", ask) == sentence
    assert sent(cloud) == 0
    # Commands are what the rest is kept for.
    await unlock(hass, car)
    assert value(hass, car, LOCK) == "unlocked"
    assert sent(cloud) == 1
    assert left(hass, car) == requests - spent - 1

    # Until the minute that it names; a command takes its request from there as well.
    until = time_in(await refused("request_refused_spent", press(hass, car)))
    await let_pass(hass, freezer, until - dt_util.utcnow() - 2 * MINUTE, HOUR)
    await refused("request_refused_spent", press(hass, car))
    assert sent(cloud) == 0
    freezer.move_to(until)
    cloud.patch_state(car.id, {"odometer": 77_777})
    await press(hass, car)
    assert sent(cloud) == 1
    assert value(hass, car, ODOMETER) == "77777.0"


async def test_update_entity_that_is_refused_is_one_line_in_the_log(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    car = cars[0]
    ten = ten_entities(hass, entry, car)
    _, sentence = await refresh_until_refused(hass, car)
    sent(cloud)
    said(caplog)
    for _ in range(2):
        await update_entity(hass, *ten)
        await let_pass(hass, freezer, MINUTE, 11 * SECOND)
    assert sent(cloud) == 0
    (line,) = said(caplog)
    assert line.startswith("INFO The requests for ")
    assert "Free, 500 requests per month" in line
    for secret in (car.id, car.vin, car.nickname, cloud.owner_of(car.id).id):
        assert secret not in line

    freezer.move_to(time_in(sentence))
    cloud.patch_state(car.id, {"odometer": 77_777})
    await update_entity(hass, *ten)
    assert sent(cloud) == 1
    assert value(hass, car, ODOMETER) == "77777.0"
    assert said(caplog) == []


@pytest.mark.parametrize("at_once", [True, False])
async def test_ten_entities_updated_are_one_request(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    at_once: bool,
) -> None:
    car = cars[0]
    before = left(hass, car)
    ten = ten_entities(hass, entry, car)
    freezer.tick(MINUTE)
    sent(cloud)
    for names in [ten] if at_once else [[name] for name in ten]:
        await update_entity(hass, *names)
    await let_pass(hass, freezer, MINUTE, 11 * SECOND)
    assert sent(cloud) == 1
    assert left(hass, car) == before - 1
    # A minute later it is meant anew.
    cloud.patch_state(car.id, {"odometer": 77_777})
    await update_entity(hass, *ten)
    assert value(hass, car, ODOMETER) == "77777.0"
    assert sent(cloud) == 1


async def test_all_ways_at_once_are_one_request(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    car = cars[0]
    before = left(hass, car)
    sent(cloud)
    cloud.patch_state(car.id, {"odometer": 77_777})
    cloud.faults.add(Fault(route=SIGNALS_ROUTE, delay=0.2))
    await asyncio.gather(
        press(hass, car),
        call_refresh(hass, entry, car),
        update_entity(hass, *ten_entities(hass, entry, car)),
        press(hass, car),
        call_refresh(hass, entry, car),
    )
    assert value(hass, car, ODOMETER) == "77777.0"
    assert sent(cloud) == 1
    assert left(hass, car) == before - 1


# Commands


async def test_each_command_counts_and_one_that_fails_as_well(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    car = cars[0]
    fall_asleep(cloud, car)
    await refresh(hass, car)
    before = left(hass, car)
    sent(cloud)
    cloud.faults.add(Fault(route=ANY_COMMAND, status=409, code="DOOR_OPEN", count=1))
    await refused("command_door_open", unlock(hass, car))
    assert left(hass, car) == before - 1
    # The car has done nothing, so there is nothing to look at.
    await let_pass(hass, freezer, 10 * MINUTE, MINUTE)
    assert sent(cloud) == 1
    await unlock(hass, car)
    await act(hass, "number.set_value", entity_id(hass, car, "number.charge_limit"), value=70)
    assert left(hass, car) == before - 3
    assert sent(cloud) == 2
    await let_pass(hass, freezer, 2 * MINUTE, MINUTE)
    assert sent(cloud) == 1
    assert left(hass, car) == before - 4


async def test_budget_that_commands_have_spent(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    start: Start,
) -> None:
    """Nothing is sent, the lock shows what it is, a repair says so; a new month ends it all."""
    car, end = cars[0], next_month()
    entry = await start(35)
    assert left(hass, car) == 34
    assert issues(hass) == {}
    sent(cloud)
    for _ in range(34):
        await unlock(hass, car)
    assert sent(cloud) == 34
    assert left(hass, car) == 0
    issue = issues(hass)["requests_spent"]
    assert not issue.is_fixable
    assert issue.translation_placeholders == {
        "vehicle": "Robin",
        "plan": "35 requests per month",
        "until": local(end),
    }

    def everything() -> Iterable[Awaitable[None]]:
        yield act(hass, "lock.lock", entity_id(hass, car, LOCK))
        yield act(hass, "switch.turn_off", entity_id(hass, car, "switch.charging"))
        yield press(hass, car)
        yield call_refresh(hass, entry, car)

    for ask in everything():
        sentence = await refused("request_refused_all_spent", ask)
        assert "Robin" in sentence
        assert "35 requests per month" in sentence
        assert time_in(sentence) == end
        assert value(hass, car, LOCK) == "unlocked"
        assert value(hass, car, "switch.charging") == "on"
    await restart(hass, entry)
    await refused("request_refused_all_spent", press(hass, car))
    assert left(hass, car) == 0
    assert set(issues(hass)) == {"requests_spent"}
    await let_pass(hass, freezer, end - dt_util.utcnow() - 6 * HOUR, 6 * HOUR)
    assert sent(cloud) == 0
    assert set(issues(hass)) == {"requests_spent"}
    # What nobody asks for is old, and not wrong.
    assert value(hass, car, ODOMETER) != "unavailable"

    cloud.patch_state(car.id, {"odometer": 77_777})
    await let_pass(hass, freezer, 7 * HOUR, HOUR)
    assert issues(hass) == {}
    assert value(hass, car, ODOMETER) == "77777.0"
    assert left(hass, car) == 35 - sent(cloud) < 35
    await act(hass, "lock.lock", entity_id(hass, car, LOCK))
    assert value(hass, car, LOCK) == "locked"


async def test_larger_budget_ends_that_at_once(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    start: Start,
) -> None:
    car = cars[0]
    entry = await start(40)
    # By refreshes first: what is left then, only commands get, and by and by polls.
    await refresh_until_refused(hass, car)
    while left(hass, car):
        await unlock(hass, car)
    assert sent(cloud) == 40
    assert "requests_spent" in issues(hass)
    await choose(hass, entry, 500)
    assert issues(hass) == {}
    assert left(hass, car) == 460 - sent(cloud)
    await unlock(hass, car)
    await press(hass, car)
    assert sent(cloud) == 2


async def test_budget_that_commands_have_all_but_spent_is_a_repair(
    hass: HomeAssistant,
    everything_is_enabled: None,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    start: Start,
) -> None:
    """Nothing is asked for two weeks, although two requests are left."""
    car = cars[0]
    await start(100)
    while left(hass, car) > 2:
        await unlock(hass, car)
    await let_pass(hass, freezer, HOUR, STEP)
    assert datetime.fromisoformat(value(hass, car, NEXT)) == next_month()
    assert "requests_spent" in issues(hass)


async def test_small_budget_of_which_much_is_left_is_no_repair(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    start: Start,
) -> None:
    await start(25)
    for _ in range(7 * 24):
        await let_pass(hass, freezer, HOUR)
        assert left(hass, cars[0]) > 10
        assert issues(hass) == {}


async def test_first_answer_of_a_new_car_does_not_wait_for_the_budget(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    start: Start,
) -> None:
    entry = await start(15)
    assert left(hass, cars[0]) == 14
    assert ODOMETER in entities(hass, entry, cars[0])


async def test_command_that_is_given_up_is_counted_and_looked_after(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    """As a script does that is restarted: the car may have done it all the same."""
    car = cars[0]
    before = left(hass, car)
    cloud.faults.add(Fault(route=ANY_COMMAND, delay=0.3))
    task = hass.async_create_task(unlock(hass, car))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left(hass, car) == before - 1
    assert value(hass, car, LOCK) != "unlocking"
    sent(cloud)
    async_fire_time_changed(hass, dt_util.utcnow() + MINUTE)
    await settle(hass)
    assert cloud.requests[SIGNALS] == 1


@pytest.mark.parametrize("what", ["entry", "device"])
async def test_repair_goes_when_the_car_is_disabled(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    start: Start,
    what: str,
) -> None:
    car = cars[0]
    entry = await start(20)
    while left(hass, car):
        await unlock(hass, car)
    assert set(issues(hass)) == {"requests_spent"}
    if what == "entry":
        await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    else:
        dr.async_get(hass).async_update_device(
            device_id(hass, entry, car), disabled_by=dr.DeviceEntryDisabler.USER
        )
        await let_pass(hass, freezer, MINUTE, 31 * SECOND)
    assert issues(hass) == {}
    if what == "entry":
        await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
        assert set(issues(hass)) == {"requests_spent"}


# Limits of the cloud


@pytest.mark.parametrize("vehicles", [3])
async def test_limit_of_one_car_is_no_matter_of_the_others(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    for car in cars:
        cloud.patch_state(car.id, {"driving": True})
    bad, *others = cars
    headers = {"Retry-After": "7200"}
    cloud.faults.add(
        Fault(
            route=SIGNALS_ROUTE,
            vehicle_id=bad.id,
            type="RATE_LIMIT",
            code="VEHICLE",
            headers=headers,
        )
    )
    await let_strike(hass, freezer, cloud)
    end = dt_util.utcnow() + 2 * HOUR
    before = {car.id: value(hass, car, ODOMETER) for car in cars}
    counts = {car.id: left(hass, car) for car in cars}
    sent(cloud)

    for ask in (press, unlock):
        sentence = await refused("request_refused_retry_after", ask(hass, bad))
        assert "Robin" in sentence
        assert end <= time_in(sentence) < end + MINUTE
    assert value(hass, bad, LOCK) == "locked"
    await update_entity(hass, entity_id(hass, bad, ODOMETER))
    assert sent(cloud) == 0
    await let_pass(hass, freezer, 2 * HOUR - MINUTE, 7 * MINUTE)
    assert value(hass, bad, ODOMETER) == before[bad.id]
    assert left(hass, bad) == counts[bad.id]
    for car in others:
        assert value(hass, car, ODOMETER) != before[car.id]
        assert left(hass, car) < counts[car.id]
    await let_pass(hass, freezer, 2 * MINUTE, MINUTE)
    assert value(hass, bad, ODOMETER) != before[bad.id]


async def test_car_that_must_be_left_alone_for_days_is_a_repair(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    car, headers = cars[0], {"Retry-After": "172800"}
    cloud.faults.add(Fault(route=ANY_COMMAND, status=429, headers=headers, count=1))
    await refused("command_limit_reached", unlock(hass, car))
    until = dt_util.utcnow() + 2 * DAY
    sent(cloud)
    issue = issues(hass)["requests_retry_after"]
    assert not issue.is_fixable
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["vehicle"] == "Robin"
    assert time_in(issue.translation_placeholders["until"]) == until
    await restart(hass, entry)
    for ask in (press, unlock):
        sentence = await refused("request_refused_retry_after", ask(hass, car))
        assert time_in(sentence) == until
    await let_pass(hass, freezer, 2 * DAY - HOUR, HOUR)
    assert sent(cloud) == 0
    # A matter of hours is none for a repair.
    assert issues(hass) == {}
    cloud.patch_state(car.id, {"odometer": 77_777})
    await let_pass(hass, freezer, HOUR, STEP)
    assert value(hass, car, ODOMETER) == "77777.0"


@pytest.mark.parametrize("vehicles", [3])
async def test_limit_of_the_application_silences_all_cars(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    for car in cars:
        cloud.patch_state(car.id, {"driving": True})
    limit = Fault(
        route=SIGNALS_ROUTE,
        type="RATE_LIMIT",
        code="SMARTCAR_API",
        headers={"Retry-After": "7200"},
    )
    cloud.faults.add(limit)
    await let_strike(hass, freezer, cloud)
    end = dt_util.utcnow() + 2 * HOUR
    for car in cars:
        for ask in (press, unlock):
            sentence = await refused("request_refused_application", ask(hass, car))
            assert car.nickname in sentence
            assert end <= time_in(sentence) < end + MINUTE
        assert value(hass, car, LOCK) == "locked"
        await update_entity(hass, entity_id(hass, car, ODOMETER))
    await let_pass(hass, freezer, 2 * HOUR - MINUTE, 7 * MINUTE)
    assert sent(cloud) == 0
    await restart(hass, entry)
    assert sent(cloud) == 0
    await let_pass(hass, freezer, 2 * MINUTE, MINUTE)
    assert sent(cloud) == 3
    for car in cars:
        await press(hass, car)


async def test_application_that_must_be_silent_for_days_is_a_repair(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    headers = {"Retry-After": "259200"}
    limit = Fault(route=SIGNALS_ROUTE, type="RATE_LIMIT", code="SMARTCAR_API", headers=headers)
    cloud.faults.add(limit)
    await let_strike(hass, freezer, cloud)
    until = dt_util.utcnow() + 3 * DAY
    await let_pass(hass, freezer, HOUR, STEP)
    placeholders = issues(hass)["requests_retry_after"].translation_placeholders
    assert placeholders is not None
    assert until <= time_in(placeholders["until"]) < until + MINUTE
    await let_pass(hass, freezer, until - dt_util.utcnow() - HOUR, HOUR)
    assert sent(cloud) == 0
    cloud.patch_state(cars[0].id, {"odometer": 77_777})
    await let_pass(hass, freezer, 2 * HOUR, STEP)
    assert issues(hass) == {}
    assert value(hass, cars[0], ODOMETER) == "77777.0"


async def test_limit_of_the_application_goes_for_the_list_of_connections(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    headers = {"Retry-After": "36000"}
    limit = Fault(route=SIGNALS_ROUTE, type="RATE_LIMIT", code="SMARTCAR_API", headers=headers)
    cloud.faults.add(limit)
    await let_strike(hass, freezer, cloud)
    cloud.requests.clear()
    await let_pass(hass, freezer, 9 * HOUR, STEP)
    assert not cloud.requests
    cloud.faults.clear()
    await let_pass(hass, freezer, 2 * HOUR, STEP)
    assert cloud.requests[CONNECTIONS] >= 1
    await let_pass(hass, freezer, 3 * HOUR, STEP)
    assert cloud.requests[CONNECTIONS] >= 4


async def test_budget_of_nothing_asks_nothing(
    hass: HomeAssistant,
    everything_is_enabled: None,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    start: Start,
) -> None:
    """Until there is one."""
    car = cars[0]
    entry = await start(0)
    assert sent(cloud) == 0
    assert value(hass, car, NEXT) == "unknown"
    for ask in (press(hass, car), unlock(hass, car)):
        assert "options" in await refused("request_refused_budget", ask)
    await let_pass(hass, freezer, 40 * DAY, DAY)
    assert sent(cloud) == 0
    assert issues(hass) == {}
    await choose(hass, entry, 500)
    assert sent(cloud) == 1
    assert ODOMETER in entities(hass, entry, car)


@pytest.mark.parametrize("vehicles", [3])
async def test_cars_share_what_the_application_may_send_at_once(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    start: Start,
) -> None:
    for car in cars:
        cloud.patch_state(car.id, {"driving": True})
    await start(1_000_000)
    assert cloud.requests["GET /v3/connections"] + sent(cloud) == 4
    turns = itertools.cycle(cars)
    odometers = itertools.count(77_777)

    async def press_next() -> None:
        car = next(turns)
        # Always news, else it would not be worth while to poll so soon.
        cloud.patch_state(car.id, {"odometer": next(odometers)})
        await press(hass, car)

    count, _ = await repeat_until_refused("request_refused_application", press_next)
    assert count == sent(cloud) == 116
    for car in cars:
        for ask in (press, unlock):
            sentence = await refused("request_refused_application", ask(hass, car))
            assert car.nickname in sentence
            assert time_in(sentence) - dt_util.utcnow() <= MINUTE
        await update_entity(hass, entity_id(hass, car, ODOMETER))
    assert sent(cloud) == 0

    # One for each half minute; polls leave 20 to the user.
    freezer.tick(31 * SECOND)
    await press(hass, cars[0])
    await refused("request_refused_application", unlock(hass, cars[1]))
    await let_pass(hass, freezer, 10 * MINUTE, MINUTE)
    assert sent(cloud) == 1
    await let_pass(hass, freezer, HOUR, MINUTE)
    assert sent(cloud) >= 20
    for car in cars:
        await press(hass, car)


# A plan that is used up


async def use_plan_up(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    cloud: Cloud,
    car: Car,
    by: str,
    after: timedelta | None,
) -> None:
    """Let a poll or a command of a car be answered with 430."""
    headers = {"Retry-After": f"{after.total_seconds():.0f}"} if after else {}
    cloud.faults.add(Fault(vehicle_id=car.id, status=430, headers=headers))
    if by == "poll":
        await let_strike(hass, freezer, cloud)
    else:
        await refused("command_limit_reached", unlock(hass, car))
        cloud.faults.clear()


@pytest.mark.parametrize("after", [None, 3 * DAY], ids=["month", "retry-after"])
@pytest.mark.parametrize("by", ["poll", "command"])
async def test_plan_that_is_used_up(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    after: timedelta | None,
    by: str,
) -> None:
    car = cars[0]
    await use_plan_up(hass, freezer, cloud, car, by, after)
    until = dt_util.utcnow() + after if after else next_month()
    assert left(hass, car) == 0
    issue = issues(hass)["requests_plan"]
    assert not issue.is_fixable
    assert issue.learn_more_url is not None
    assert issue.translation_placeholders is not None
    assert set(issues(hass)) == {"requests_plan"}
    assert issue.translation_placeholders["vehicle"] == "Robin"
    assert issue.translation_placeholders["plan"] == "Free, 500 requests per month"
    named = issue.translation_placeholders["until"]
    assert until <= time_in(named) < until + MINUTE

    sent(cloud)
    for _ in range(2):
        for ask in (press, unlock):
            sentence = await refused("request_refused_plan", ask(hass, car))
            assert "Robin" in sentence
            assert named in sentence
        await update_entity(hass, entity_id(hass, car, ODOMETER))
        assert value(hass, car, LOCK) == "locked"
        await restart(hass, entry)
        assert set(issues(hass)) == {"requests_plan"}
        assert left(hass, car) == 0
    await let_pass(hass, freezer, until - dt_util.utcnow() - HOUR, 6 * HOUR)
    assert sent(cloud) == 0
    assert set(issues(hass)) == {"requests_plan"}

    cloud.patch_state(car.id, {"odometer": 77_777})
    await let_pass(hass, freezer, 3 * HOUR, HOUR)
    assert issues(hass) == {}
    assert value(hass, car, ODOMETER) == "77777.0"
    assert 450 < left(hass, car) < 500
    await unlock(hass, car)


@pytest.mark.parametrize("after", [None, 3 * DAY], ids=["month", "retry-after"])
@pytest.mark.parametrize("by", ["poll", "command"])
async def test_another_plan_ends_that_at_once(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    after: timedelta | None,
    by: str,
) -> None:
    car = cars[0]
    await use_plan_up(hass, freezer, cloud, car, by, after)
    await let_pass(hass, freezer, HOUR, STEP)
    # Another reserve is no other plan.
    sent(cloud)
    await choose(hass, entry, 500, 20)
    assert set(issues(hass)) == {"requests_plan"}
    await refused("request_refused_plan", press(hass, car))
    assert sent(cloud) == 0

    cloud.patch_state(car.id, {"odometer": 77_777})
    await choose(hass, entry, 1000)
    assert issues(hass) == {}
    assert left(hass, car) > 990
    assert sent(cloud) == 1
    assert value(hass, car, ODOMETER) == "77777.0"
    await press(hass, car)
    await unlock(hass, car)


async def test_refusal_that_comes_after_the_removal_leaves_no_repair(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    cloud.faults.add(Fault(route=ANY_COMMAND, status=430, delay=0.2, count=1))
    task = hass.async_create_task(unlock(hass, cars[0]))
    await asyncio.sleep(0.05)
    assert await hass.config_entries.async_remove(entry.entry_id)
    with pytest.raises(HomeAssistantError):
        await task
    await settle(hass)
    assert issues(hass) == {}


async def test_plan_that_is_used_up_takes_nothing_away(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    """Else the count is gone, and the button, which would tell why nothing comes."""
    car = cars[0]
    await use_plan_up(hass, freezer, cloud, car, "poll", None)
    before = value(hass, car, ODOMETER)
    await let_pass(hass, freezer, 2 * DAY, HOUR)
    assert value(hass, car, LEFT) == "0"
    await refused("request_refused_plan", press(hass, car))
    assert value(hass, car, ODOMETER) == before


# Restarts, and clocks that are wrong


@pytest.mark.parametrize("vehicles", [3])
async def test_what_was_spent_survives_a_restart(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    hass_storage: dict[str, Any],
) -> None:
    for _ in range(5):
        await press(hass, cars[0])
    await unlock(hass, cars[1])
    await let_pass(hass, freezer, 10 * MINUTE, MINUTE)
    expected = [left(hass, car) for car in cars]
    assert expected == [494, 497, 499]
    cloud.requests.clear()
    await restart(hass, entry)
    assert [left(hass, car) for car in cars] == expected

    # And a restart of everything, from what is on the disk.
    assert await hass.config_entries.async_unload(entry.entry_id)
    key = f"{DOMAIN}.{entry.entry_id}"
    hass_storage[key] = json.loads(json.dumps(hass_storage[key]))
    freezer.tick(5 * MINUTE)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert [left(hass, car) for car in cars] == expected
    assert not cloud.requests
    await press(hass, cars[0])
    assert left(hass, cars[0]) == expected[0] - 1


async def test_time_that_passes_while_nothing_runs_is_no_reason_for_a_flood(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    fall_asleep(cloud, *cars)
    await refresh(hass, *cars)
    sent(cloud)
    for _ in range(10):
        await restart(hass, entry)
    assert sent(cloud) == 0
    assert await hass.config_entries.async_unload(entry.entry_id)
    freezer.tick(60 * DAY)
    assert await hass.config_entries.async_setup(entry.entry_id)
    for _ in range(10):
        await restart(hass, entry)
    assert sent(cloud) == 1
    assert left(hass, cars[0]) == 499


@pytest.mark.parametrize("days", [-40, -3, 3, 400])
async def test_clock_that_is_set_while_nothing_runs(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    days: int,
) -> None:
    """And is put right again later, in the same way."""
    car = cars[0]
    fall_asleep(cloud, car)
    await refresh(hass, car)
    before = left(hass, car)
    for offset in (days * DAY, -days * DAY):
        assert await hass.config_entries.async_unload(entry.entry_id)
        freezer.tick(offset)
        sent(cloud)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await settle(hass)
        await let_pass(hass, freezer, DAY + HOUR, STEP)
        assert 1 <= sent(cloud) <= 8
        await press(hass, car)
        assert left(hass, car) > 0
    # Each month has its own counts.
    assert before - 25 < left(hass, car) < before


@pytest.mark.parametrize("days", [-40, -3, 3, 40])
async def test_clock_that_is_set_while_all_is_running(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    days: int,
) -> None:
    fall_asleep(cloud, *cars)
    await let_pass(hass, freezer, DAY, STEP)
    # And put right again.
    for offset in (days * DAY, -days * DAY):
        sent(cloud)
        # An hour later every timer has ended: they run by another clock, which nobody sets.
        freezer.tick(offset + HOUR)
        async_fire_time_changed(hass, fire_all=True)
        await settle(hass)
        await let_pass(hass, freezer, DAY + HOUR, STEP)
        assert 1 <= sent(cloud) <= 8
    assert 450 < left(hass, cars[0]) < 500


# Polling switched off


async def test_polling_switched_off(
    hass: HomeAssistant,
    everything_is_enabled: None,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    start: Start,
) -> None:
    car = cars[0]
    await start(pref_disable_polling=True)
    before = value(hass, car, ODOMETER)
    assert sent(cloud) == 1
    assert value(hass, car, NEXT) == "unknown"
    cloud.patch_state(car.id, {"odometer": 77_777})
    await let_pass(hass, freezer, 3 * DAY, HOUR)
    assert not cloud.requests
    assert value(hass, car, ODOMETER) == before
    assert issues(hass) == {}

    await unlock(hass, car)
    assert value(hass, car, NEXT) == (dt_util.utcnow() + MINUTE).isoformat()
    assert sent(cloud) == 1
    await let_pass(hass, freezer, MINUTE - SECOND)
    assert not cloud.requests
    await let_pass(hass, freezer, SECOND)
    assert sent(cloud) == 1
    assert value(hass, car, ODOMETER) == "77777.0"
    assert value(hass, car, NEXT) == "unknown"
    await let_pass(hass, freezer, DAY, HOUR)
    assert not cloud.requests

    cloud.patch_state(car.id, {"odometer": 88_888})
    await press(hass, car)
    assert sent(cloud) == 1
    assert value(hass, car, ODOMETER) == "88888.0"
    assert left(hass, car) == 496


async def test_polling_switched_on_again(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    start: Start,
) -> None:
    entry = await start(pref_disable_polling=True)
    await let_pass(hass, freezer, 3 * DAY, HOUR)
    sent(cloud)
    cloud.patch_state(cars[0].id, {"odometer": 77_777})
    hass.config_entries.async_update_entry(entry, pref_disable_polling=False)
    # As the frontend does it.
    await restart(hass, entry)
    assert value(hass, cars[0], ODOMETER) == "77777.0"
    assert sent(cloud) == 1


# Polls that fail


async def test_poll_that_fails_is_tried_again_soon_and_ever_more_rarely(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    car = cars[0]
    await refresh(hass, car)
    contact = dt_util.utcnow()
    fault = cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=502))
    before = value(hass, car, ODOMETER)
    first, *found = await waits(hass, freezer, cloud, 12 * HOUR, 5 * MINUTE)
    assert first < 2 * HOUR
    assert found == [10 * MINUTE * 2**number for number in range(len(found))]
    assert len(found) >= 5
    # A restart is no reason to try at once, nor to give up.
    assert value(hass, car, ODOMETER) == before
    spent = left(hass, car)
    await restart(hass, entry)
    assert sent(cloud) == 0
    assert value(hass, car, ODOMETER) == before
    assert left(hass, car) == spent
    await let_pass(hass, freezer, contact + DAY - STEP - dt_util.utcnow(), STEP)
    assert 1 <= sent(cloud) <= 3
    assert value(hass, car, ODOMETER) == before
    await let_pass(hass, freezer, 3 * HOUR, STEP)
    assert value(hass, car, ODOMETER) == "unavailable"
    await restart(hass, entry)
    assert value(hass, car, ODOMETER) == "unavailable"

    # It is tried four times a day at least, so that it heals by itself.
    sent(cloud)
    found = await waits(hass, freezer, cloud, DAY, STEP)
    assert max(found) <= 6 * HOUR + STEP
    cloud.faults.remove(fault)
    cloud.patch_state(car.id, {"odometer": 77_777})
    await let_pass(hass, freezer, 6 * HOUR + STEP, STEP)
    assert value(hass, car, ODOMETER) == "77777.0"
    # And begins anew with ten minutes.
    cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=502, count=1))
    with pytest.raises(HomeAssistantError):
        await press(hass, car)
    assert await waits(hass, freezer, cloud, 11 * MINUTE, MINUTE) == [10 * MINUTE]
    assert value(hass, car, ODOMETER) == "77777.0"


async def test_one_poll_that_fails_takes_nothing_away_from_a_car_that_sleeps(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    car = cars[0]
    fall_asleep(cloud, car)
    await let_pass(hass, freezer, 4 * DAY, STEP)
    before = value(hass, car, ODOMETER)
    cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=502))
    await let_strike(hass, freezer, cloud)
    assert value(hass, car, ODOMETER) == before
    assert value(hass, car, LOCK) == "locked"


async def test_impatient_user_does_not_put_off_what_heals(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    car = cars[0]
    cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=502))
    for _ in range(7):
        with pytest.raises(HomeAssistantError):
            await press(hass, car)
        freezer.tick(5 * SECOND)
    cloud.faults.clear()
    cloud.patch_state(car.id, {"odometer": 77_777})
    await let_pass(hass, freezer, 2 * HOUR, 5 * MINUTE)
    assert value(hass, car, ODOMETER) == "77777.0"


async def test_one_refresh_that_fails_takes_nothing_away_where_nothing_is_polled(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    start: Start,
) -> None:
    """Nobody tries again then, so that nobody knows."""
    car = cars[0]
    entry = await start(pref_disable_polling=True)
    before = value(hass, car, ODOMETER)
    await let_pass(hass, freezer, 25 * HOUR, HOUR)
    fault = cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=502))
    with pytest.raises(HomeAssistantError):
        await press(hass, car)
    await let_pass(hass, freezer, 20 * HOUR, HOUR)
    assert value(hass, car, ODOMETER) == before
    with pytest.raises(HomeAssistantError):
        await press(hass, car)
    assert value(hass, car, ODOMETER) == "unavailable"
    cloud.faults.remove(fault)
    await call_refresh(hass, entry, car)
    assert value(hass, car, ODOMETER) == before


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_retry_after_of_whatever_error_is_obeyed(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    status: int,
) -> None:
    headers = {"Retry-After": "7200"}
    cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=status, headers=headers))
    await let_strike(hass, freezer, cloud)
    sent(cloud)
    await let_pass(hass, freezer, 110 * MINUTE, 5 * MINUTE)
    await refused("request_refused_retry_after", press(hass, cars[0]))
    assert sent(cloud) == 0
    await let_pass(hass, freezer, 15 * MINUTE, 5 * MINUTE)
    assert sent(cloud) == 1


# Push


async def test_pushes_cost_nothing_and_put_polls_off(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    new_entry: NewEntry,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    car, step = cars[0], 10 * MINUTE
    cloud.retry_scale = 0
    for component in ("homeassistant", "auth", "webhook", "config"):
        assert await async_setup_component(hass, component, {})
    cloud.patch_state(car.id, {"driving": True})
    world = World(hass, cloud, await hass_client_no_auth(), monkeypatch, new_entry)
    await world.set_up()
    await world.make_webhook()
    before = left(hass, car)

    # A car in use would be asked twice an hour without.
    polls = []
    for number in range(26 * 6):
        sent(cloud)
        await let_pass(hass, freezer, step)
        cloud.patch_state(car.id, {"odometer": 70_000 + number})
        await world.flush()
        assert value(hass, car, ODOMETER) == f"{70_000 + number}.0"
        polls += [number] * sent(cloud)
    assert len(polls) == 1
    assert polls[0] <= 24 * 6
    assert left(hass, car) == before - len(polls)

    # One that sleeps is trusted to tell of itself, and is asked once a day.
    fall_asleep(cloud, car)
    await world.flush()
    polls = []
    for number in range(4 * 6):
        sent(cloud)
        await let_pass(hass, freezer, 4 * HOUR, HOUR)
        polls.append(sent(cloud))
        if not number % 3:
            cloud.patch_state(car.id, {"soc": 20.0 + number})
            await world.flush()
    assert 3 <= sum(polls) <= 5

    # When the pushes end while it is in use, nobody is left without.
    cloud.patch_state(car.id, {"driving": True})
    await world.flush()
    cloud.delete_webhook(world.webhook.id)
    found = await waits(hass, freezer, cloud, 6 * HOUR, 10 * MINUTE)
    assert len(found) >= 8


# A new consent


@pytest.mark.parametrize("vehicles", [3])
async def test_new_consent_is_followed_by_one_look(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    fall_asleep(cloud, *cars)
    await let_pass(hass, freezer, 4 * DAY, HOUR)
    # Right after a look at all of them, so that none is due.
    await refresh(hass, *cars)
    await let_pass(hass, freezer, MINUTE, MINUTE)
    cloud.connect(cloud.owner_of(cars[0].id).id, [cars[0].id])
    cloud.requests.clear()
    while not cloud.requests["GET /v3/connections"]:
        await let_pass(hass, freezer, MINUTE)
    cloud.patch_state(cars[0].id, {"soc": 33.0})
    assert sent(cloud) == 0
    await let_pass(hass, freezer, MINUTE - 2 * SECOND)
    assert sent(cloud) == 0
    await let_pass(hass, freezer, 2 * SECOND)
    assert sent(cloud) == 1
    assert float(value(hass, cars[0], "sensor.battery_level")) == 33
    await let_pass(hass, freezer, 20 * MINUTE, MINUTE)
    assert sent(cloud) == 0


# What shows it


async def test_sensors_of_the_budget(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    registry = er.async_get(hass)
    off = {}
    for key in ("requests_left", "requests_this_month", "next_poll"):
        found = registry.async_get(str(entity_id(hass, cars[0], f"sensor.{key}")))
        assert found is not None
        off[key] = found.disabled_by
    assert off == {
        "requests_left": None,
        "requests_this_month": er.RegistryEntryDisabler.INTEGRATION,
        "next_poll": er.RegistryEntryDisabler.INTEGRATION,
    }


async def test_next_request_is_sent_when_the_sensor_says(
    hass: HomeAssistant,
    everything_is_enabled: None,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    car = cars[0]
    fall_asleep(cloud, car)
    await refresh(hass, car)
    for count in range(3, 9):
        due = datetime.fromisoformat(value(hass, car, NEXT))
        assert dt_util.utcnow() < due <= dt_util.utcnow() + DAY
        sent(cloud)
        # The plan moves a little: the less is left of a month, the sooner what is left is spent.
        began = dt_util.utcnow()
        (found,) = await waits(hass, freezer, cloud, due - began + STEP, 10 * MINUTE)
        assert due - found / 10 <= began + found <= due + 10 * MINUTE
        assert value(hass, car, "sensor.requests_this_month") == str(count)
        assert left(hass, car) == 500 - count
    # Whatever ends the silence is what it shows.
    cloud.faults.add(Fault(route=ANY_COMMAND, status=430, count=1))
    await refused("command_limit_reached", unlock(hass, car))
    assert datetime.fromisoformat(value(hass, car, NEXT)) == next_month()
    await let_pass(hass, freezer, next_month() - dt_util.utcnow(), 6 * HOUR)
    assert value(hass, car, "sensor.requests_this_month") == "1"
    assert left(hass, car) == 499
