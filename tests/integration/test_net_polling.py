"""Polls and lists: which cars are polled, when, and how many requests that costs."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest

from simulator import Cloud
from simulator.car import Car
from simulator.json_types import Json
from tests.helpers.home import NewEntry
from tests.helpers.routes import CONNECTIONS, CONNECTIONS_ROUTE, SIGNALS, SIGNALS_ROUTE
from tests.helpers.states import settle

from .net_home import DAY, HOUR, MINUTE, ODOMETER, SECOND, Home

type Action = Callable[[Home], Coroutine[Any, Any, None]]


@pytest.fixture
def vehicles() -> int:
    """Return how many cars are connected; parametrize it for more."""
    return 1


@pytest.fixture
def home(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    mid_month: None,
    freezer: FrozenDateTimeFactory,
    new_entry: NewEntry,
) -> Home:
    """Return a home that is not set up yet."""
    return Home(hass, cloud, cars, freezer, new_entry)


# Cars that are not polled


async def test_disabled_car_is_not_polled(home: Home) -> None:
    await home.start()
    await home.disable_car()
    await home.wait(3 * DAY, HOUR)
    await home.reload()
    assert SIGNALS not in home.requests()
    await home.disable_car(disabled=False)
    assert home.requests()[SIGNALS] == 1


async def test_gone_car_is_not_polled(home: Home) -> None:
    await home.start()
    await home.lose_car()
    home.requests()
    await home.wait(3 * DAY, HOUR)
    await home.reload()
    await home.wait(3 * DAY, HOUR)
    requests = home.requests()
    assert CONNECTIONS in requests
    assert SIGNALS not in requests


@pytest.mark.parametrize(
    ("lists", "gone"),
    [
        pytest.param({0: False, 30: False}, False, id="missing for half an hour"),
        pytest.param({0: False, 58: False}, False, id="missing for 58 minutes"),
        pytest.param({0: False, 59: False}, True, id="missing for an hour, with tolerance"),
        pytest.param({0: False, 30: True}, False, id="back after half an hour"),
        pytest.param({0: False, 30: True, 59: False}, False, id="back, and missing again"),
        pytest.param({0: False, 30: False, 59: False}, True, id="missing from three lists"),
    ],
)
async def test_car_is_gone_if_lists_an_hour_apart_lack_it(
    home: Home, lists: dict[int, bool], gone: bool
) -> None:
    """Each list is requested at a minute and holds the car or not; no other list is due."""
    await home.start()
    user_id = home.disconnect()
    began = dt_util.utcnow()
    for minute, is_there in lists.items():
        await home.wait(began + minute * MINUTE - dt_util.utcnow())
        home.cloud.forget_user(user_id)
        if is_there:
            home.cloud.connect(user_id, [home.car.id])
        await home.entry.runtime_data.async_refresh()
        await settle(home.hass)
    assert home.requests()[CONNECTIONS] == len(lists)
    assert (home.shows(ODOMETER) == "unavailable") is gone


# The limit of the application


async def list_soon(home: Home) -> None:
    await home.wait(HOUR)


async def poll_soon(home: Home) -> None:
    await home.wait(home.next_request() - dt_util.utcnow())


async def press(home: Home) -> None:
    assert await home.refused(home.press()) == "refresh_failed"


async def unlock(home: Home) -> None:
    assert await home.refused(home.unlock()) == "command_limit_reached"


@pytest.mark.parametrize(
    ("route", "meet"),
    [
        pytest.param(CONNECTIONS_ROUTE, list_soon, id="list"),
        pytest.param(SIGNALS_ROUTE, poll_soon, id="poll"),
        pytest.param(SIGNALS_ROUTE, press, id="refresh"),
        pytest.param(SIGNALS_ROUTE, Home.update_entity, id="update_entity"),
        pytest.param("*/security/unlock", unlock, id="command"),
    ],
)
async def test_whoever_meets_the_limit_of_the_application_all_obey(
    home: Home,
    everything_is_enabled: None,
    route: str,
    meet: Action,
) -> None:
    await home.start()
    home.limit_application(route, 7200)
    await meet(home)
    assert not home.cloud.faults
    end = dt_util.utcnow() + 2 * HOUR
    home.requests()
    for action in (home.press(), home.unlock()):
        assert await home.refused(action) == "request_refused_application"
    await home.update_entity()
    await home.wait(end - 2 * SECOND - dt_util.utcnow(), 10 * MINUTE)
    assert home.requests() == {}
    await home.wait(5 * SECOND, SECOND)
    await home.press()
    assert set(home.requests()) == {CONNECTIONS, SIGNALS}


@pytest.mark.parametrize(
    ("seconds", "waits"),
    [
        pytest.param(1, MINUTE, id="least"),
        pytest.param(7200, 2 * HOUR, id="as it says"),
        pytest.param(10 * 86400, DAY, id="most"),
    ],
)
async def test_list_waits_for_retry_after_within_bounds(
    home: Home, seconds: int, waits: timedelta
) -> None:
    await home.start()
    home.fail(CONNECTIONS_ROUTE, seconds, status=503)
    await home.wait(HOUR)
    assert home.requests()[CONNECTIONS] == 1
    await home.wait(waits - 3 * SECOND, HOUR)
    assert CONNECTIONS not in home.requests()
    await home.wait(5 * SECOND)
    assert home.requests()[CONNECTIONS] == 1


@pytest.mark.parametrize(
    ("code", "reason"), [("VEHICLE", "retry_after"), ("SMARTCAR_API", "application")]
)
async def test_absurd_retry_after_silences_for_a_month_at_most(
    home: Home, code: str, reason: str
) -> None:
    await home.start()
    home.fail(SIGNALS_ROUTE, 10**8, type="RATE_LIMIT", code=code)
    assert await home.refused(home.press()) == "refresh_failed"
    await home.wait(31 * DAY - MINUTE)
    assert await home.refused(home.press()) == f"request_refused_{reason}"
    home.requests()
    await home.wait(2 * MINUTE)
    await home.press()
    assert SIGNALS in home.requests()


# What a car is doing


@dataclass(frozen=True, eq=False)
class Seen:
    """What the second request finds, and what that says of the car.

    `bodies` are what its store holds; `odometer` is how far it has gone since the first request,
    `age` how long ago it reported last.
    """

    name: str
    activity: str
    bodies: Mapping[str, Json] = field(default_factory=dict)
    odometer: float = 0
    age: timedelta = timedelta()


SPEED: Final = "motion-currentspeed"
GEAR: Final = "transmission-gearstate"
ASLEEP: Final = "connectivitystatus-isasleep"
SEEN: Final = (
    Seen("parked", "awake"),
    Seen("speed of zero", "awake", {SPEED: {"value": 0, "unit": "km/h"}}),
    Seen("speed", "driving", {SPEED: {"value": 1, "unit": "km/h"}}),
    Seen("in neutral", "awake", {GEAR: {"value": "NEUTRAL"}}),
    Seen("in park", "awake", {GEAR: {"value": "PARK"}}),
    Seen("in drive", "driving", {GEAR: {"value": "DRIVE"}}),
    Seen("in reverse", "driving", {GEAR: {"value": "REVERSE"}}),
    Seen("moved", "driving", odometer=1),
    Seen("asleep", "asleep", {ASLEEP: {"value": True}}),
    Seen(
        "asleep at speed",
        "driving",
        {ASLEEP: {"value": True}, SPEED: {"value": 30, "unit": "km/h"}},
    ),
    Seen("reported 29 minutes ago", "awake", age=29 * MINUTE),
    Seen("reported 31 minutes ago", "asleep", age=31 * MINUTE),
)


@pytest.mark.parametrize("vehicles", [len(SEEN)])
async def test_what_counts_as_driving_awake_and_asleep(
    home: Home, everything_is_enabled: None
) -> None:
    """Cars with the same past differ in when their next request is sent.

    A car that drives is worth a request soonest, one that is awake half as long again later.
    """
    await home.start(100)
    cars = dict(zip(SEEN, home.cars, strict=True))
    began = dt_util.utcnow()
    for seen in sorted(SEEN, key=lambda seen: seen.age, reverse=True):
        car = cars[seen]
        await home.wait(began + 31 * MINUTE - seen.age - dt_util.utcnow())
        home.cloud.patch_state(car.id, {"odometer": car.state.odometer + seen.odometer})
        for code, body in seen.bodies.items():
            home.cloud.override(car.id, code, {"body": body})
    home.requests()
    for car in cars.values():
        await home.press(car)
    assert home.requests() == {SIGNALS: len(SEEN)}
    waits = {seen: home.next_request(car) - dt_util.utcnow() for seen, car in cars.items()}
    driving, awake = waits[SEEN[2]], waits[SEEN[0]]
    assert awake == pytest.approx(1.5 * driving)
    for seen, wait in waits.items():
        expected = "driving" if wait <= driving else "awake" if wait <= awake else "asleep"
        assert (seen.name, expected) == (seen.name, seen.activity)


# One request for all who wait


@pytest.fixture
async def slow_home(home: Home, everything_is_enabled: None) -> Home:
    """Return a home that is set up, and whose cloud is slow to answer."""
    await home.start()
    home.cloud.patch_state(home.car.id, {"odometer": 77_777})
    home.be_slow(SIGNALS_ROUTE)
    return home


async def begin_poll(home: Home) -> None:
    home.wake_up_at(home.next_request())


async def update_another(home: Home) -> None:
    """Update another entity: Home Assistant itself never updates one twice at a time."""
    await home.update_entity("sensor.battery_level")


async def test_poll_refresh_and_update_entity_at_once_are_one_request(slow_home: Home) -> None:
    home = slow_home
    await begin_poll(home)
    waiting = [home.begin(action(home)) for action in (Home.press, Home.update_entity)]
    waiting.append(home.begin(home.call("refresh")))
    await home.until_requested()
    await home.answer(*waiting)
    assert home.requests() == {SIGNALS: 1}
    assert home.shows(ODOMETER) == "77777.0"


@pytest.mark.parametrize("leaves", [Home.press, update_another])
@pytest.mark.parametrize("begins", [begin_poll, Home.press, Home.update_entity])
async def test_whoever_joins_a_request_and_leaves_does_not_cancel_it(
    slow_home: Home, begins: Action, leaves: Action
) -> None:
    home = slow_home
    first = home.begin(begins(home))
    await home.until_requested()
    await home.give_up(home.begin(leaves(home)))
    await home.answer(first)
    assert home.requests() == {SIGNALS: 1}
    assert home.shows(ODOMETER) == "77777.0"


@pytest.mark.parametrize("stays", [Home.press, update_another])
@pytest.mark.parametrize("begins", [Home.press, Home.update_entity])
async def test_whoever_begins_a_request_and_leaves_does_not_cancel_it(
    slow_home: Home, begins: Action, stays: Action
) -> None:
    home = slow_home
    first = home.begin(begins(home))
    await home.until_requested()
    second = home.begin(stays(home))
    await home.give_up(first)
    await home.answer(second)
    assert home.requests() == {SIGNALS: 1}
    assert home.shows(ODOMETER) == "77777.0"
