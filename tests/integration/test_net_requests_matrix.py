"""Every way to a request, in every situation that stops one: what the cloud sees of it."""

from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
import json
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.smartcar.const import CONF_APPLICATION_MANAGEMENT_TOKEN
from simulator import Cloud
from simulator.car import Car
from simulator.faults import Fault
from tests.helpers.home import NewEntry
from tests.helpers.routes import COMMANDS, CONNECTIONS, SIGNALS, SIGNALS_ROUTE
from tests.helpers.states import settle

from .net_home import HOUR, MINUTE, Home

type Way = Callable[[Home], Coroutine[Any, Any, None]]
type Situation = Callable[[Home, Way], Coroutine[Any, Any, None]]

UNLOCK: Final = f"{COMMANDS}security/unlock"
MANAGEMENT: Final = {"GET /v3/webhooks": 1, "GET /v3/subscriptions": 1}
URL: Final = "https://home.example.com"
WEBHOOK_ID: Final = "0123456789abcdef0123456789abcdef"


# The ways


async def poll(home: Home) -> None:
    """Wait until the next poll of a car that drives was due, but no list."""
    await home.wait(50 * MINUTE)


async def list_connections(home: Home) -> None:
    """Wait until the next list was due, but no poll of a car that sleeps."""
    await home.wait(HOUR)


async def manage(home: Home) -> None:
    """Let Home Assistant's settings change, after which the webhook is checked."""
    await home.hass.config.async_update(location_name="Home")
    await settle(home.hass)


WAYS: Final[Mapping[str, Way]] = {
    "poll": poll,
    "refresh": Home.press,
    "update_entity": Home.update_entity,
    "list": list_connections,
    "command": Home.unlock,
    "management": manage,
}


# The situations


async def nothing_wrong(home: Home, way: Way) -> None:
    home.requests()
    with suppress(HomeAssistantError):
        await way(home)


async def application_limited(home: Home, way: Way) -> None:
    """The application has met its limit, which lasts for two hours."""
    home.limit_application(SIGNALS_ROUTE, 7200)
    assert await home.refused(home.press()) == "refresh_failed"
    await nothing_wrong(home, way)


async def caller_canceled(home: Home, way: Way) -> None:
    """Whoever waits gives up while the request is under way, and time passes."""
    home.be_slow("/v3/vehicles/*", count=1)
    home.requests()
    task = home.begin(way(home))
    await home.until_requested()
    await home.give_up(task)
    await home.answer()
    await home.wait(3 * MINUTE, MINUTE)


async def car_gone(home: Home, way: Way) -> None:
    await home.lose_car()
    await nothing_wrong(home, way)


async def car_disabled(home: Home, way: Way) -> None:
    await home.disable_car()
    await nothing_wrong(home, way)


async def budget_spent(home: Home, way: Way) -> None:
    """The first poll and a command have spent the budget of two."""
    await home.call("set_destination", latitude=52.5, longitude=13.4)
    await nothing_wrong(home, way)


SITUATIONS: Final[Mapping[str, Situation]] = {
    "nothing wrong": nothing_wrong,
    "application limited": application_limited,
    "caller canceled": caller_canceled,
    "car gone": car_gone,
    "car disabled": car_disabled,
    "budget spent": budget_spent,
}


# What the cloud sees; a sentence stands for a cell that there cannot be

TIMER: Final = "a timer sends it, and nobody waits"
MATRIX: Final[Mapping[str, tuple[Mapping[str, int] | str, ...]]] = {
    "poll": ({SIGNALS: 1}, {}, TIMER, {}, {}, {}),
    "refresh": ({SIGNALS: 1}, {}, {SIGNALS: 1}, {}, {}, {}),
    "update_entity": ({SIGNALS: 1}, {}, {SIGNALS: 1}, {}, {}, {}),
    # Cars that are gone, disabled or out of budget do not keep new ones from being found.
    "list": ({CONNECTIONS: 1}, {}, TIMER, {CONNECTIONS: 1}, {CONNECTIONS: 1}, {CONNECTIONS: 1}),
    # Nobody knows what the car did: a follow-up poll tells.
    "command": ({UNLOCK: 1}, {}, {UNLOCK: 1, SIGNALS: 1}, {}, {}, {}),
    # Another API with limits of its own. It subscribes no car that is gone.
    "management": (MANAGEMENT, MANAGEMENT, TIMER, MANAGEMENT, MANAGEMENT, MANAGEMENT),
}

CELLS: Final = [
    pytest.param(way, situation, expected, id=f"{way}, {situation}")
    for way, row in MATRIX.items()
    for situation, expected in zip(SITUATIONS, row, strict=True)
    if not isinstance(expected, str)
]


def create_webhook(cloud: Cloud) -> None:
    """Make a webhook that the list shows with the address of Home Assistant.

    The cloud itself knows it by an address of this machine, and never verifies that.
    """
    made = cloud.create_webhook("Home", "http://localhost/", verify=False)
    url = f"{URL}/api/webhook/{WEBHOOK_ID}"
    attributes = {"name": "Home", "callbackUri": url, "isEnabled": True, "autoSubscribe": False}
    webhook = {"id": made.id, "type": "webhook", "attributes": attributes}
    body = json.dumps({"data": [webhook], "meta": {"totalCount": 1}, "links": {}})
    cloud.faults.add(Fault(method="GET", route="/v3/webhooks", body=body))


@pytest.fixture
def vehicles() -> int:
    """Return how many cars are connected."""
    return 1


@pytest.fixture
async def home(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    mid_month: None,
    freezer: FrozenDateTimeFactory,
    new_entry: NewEntry,
    way: str,
    situation: str,
) -> Home:
    """Return a home that is set up for a cell: with push only where it is needed."""
    made = Home(hass, cloud, cars, freezer, new_entry)
    cloud.patch_state(made.car.id, {"driving": way == "poll"})
    cloud.patch_state(made.car.id, {"asleep": way == "list"})
    data = {}
    if way == "management":
        await hass.config.async_update(external_url=URL)
        create_webhook(cloud)
        token = cloud.application_management_token
        data = {CONF_WEBHOOK_ID: WEBHOOK_ID, CONF_APPLICATION_MANAGEMENT_TOKEN: token}
    await made.start(2 if situation == "budget spent" else 500, data=data)
    return made


@pytest.mark.parametrize(("way", "situation", "expected"), CELLS)
async def test_requests_that_the_cloud_sees(
    home: Home, way: str, situation: str, expected: Mapping[str, int]
) -> None:
    await SITUATIONS[situation](home, WAYS[way])
    assert home.requests() == expected
