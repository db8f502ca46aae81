"""Push and the dashboard's side of it: VERIFY, token rotation, subscriptions."""

import asyncio
from collections import Counter, defaultdict
from datetime import timedelta
import json
import logging
from typing import Any, override

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.smartcar.const import DOMAIN
from simulator import Cloud
from simulator.car import Car
from simulator.faults import Fault
from simulator.signing import sign
from tests.helpers.flow import Person
from tests.helpers.home import NewEntry
from tests.helpers.push_home import World
from tests.helpers.states import device_id, let_pass, settle, state, value
from tests.helpers.times import LISTING

LIST_WEBHOOKS = "GET /v3/webhooks"
LIST_SUBSCRIPTIONS = "GET /v3/subscriptions"
SUBSCRIBE = "POST /v3/subscriptions"
UNSUBSCRIBE = "DELETE /v3/subscriptions/{subscription_id}"

CHALLENGE = "a-B_9"
VERIFY = json.dumps({"eventType": "VERIFY", "data": {"challenge": CHALLENGE}}).encode()


class RequestOrder(Counter[str]):
    """The cloud's count of requests, which also remembers the order in which they began."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[str] = []
        self._begun: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    @override
    def __setitem__(self, route: str, count: int) -> None:
        super().__setitem__(route, count)
        self.order.append(route)
        self._begun[route].set()

    async def begun(self, route: str) -> None:
        """Wait for the first request of a kind."""
        async with asyncio.timeout(30):
            await self._begun[route].wait()


@pytest.fixture
def vehicles() -> int:
    """Return how many cars are connected; parametrize it for more."""
    return 1


@pytest.fixture
async def world(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    new_entry: NewEntry,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    """Return a world without an entry."""
    cloud.retry_scale = 0
    # Before the server starts, since it takes no more routes then.
    for component in ("homeassistant", "auth", "webhook", "config", "websocket_api"):
        assert await async_setup_component(hass, component, {})
    for car in cars:
        # Nothing moves but what a test moves.
        cloud.patch_state(car.id, {"charging": False, "plugged": False, "asleep": True})
    return World(hass, cloud, await hass_client_no_auth(), monkeypatch, new_entry)


@pytest.fixture
async def pushed(world: World) -> World:
    """Return a world in which every car has pushed, and no repair is open."""
    await world.set_up()
    await world.make_webhook()
    assert world.issues() == {}
    return world


async def reconcile(hass: HomeAssistant) -> None:
    """Let Home Assistant compare the dashboard with the entry, as after a change of its URL."""
    hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE)
    await settle(hass)


def subscribed(cloud: Cloud, webhook_id: str) -> set[str]:
    """Return the ids of the cars that are subscribed to a webhook."""
    return {one.vehicle_id for one in cloud.subscriptions.values() if one.webhook_id == webhook_id}


def car_name(hass: HomeAssistant, car: Car) -> str:
    """Return what a car is called in texts."""
    return state(hass, car, "button.refresh").name.rsplit(" ", 1)[0]


async def verify(world: World, times: int = 1) -> None:
    """Send VERIFY as anybody can, several at once; each is answered."""
    answers = await asyncio.gather(*(world.post(VERIFY) for _ in range(times)))
    expected = {"challenge": sign(world.cloud.application_management_token, CHALLENGE.encode())}
    assert [(status, json.loads(body)) for status, body in answers] == [(200, expected)] * times


# VERIFY


async def test_verify_after_the_first_delivery_causes_no_requests(
    hass: HomeAssistant, cloud: Cloud, freezer: FrozenDateTimeFactory, pushed: World
) -> None:
    for _ in range(3):
        # Longer than the pause that is kept while the first delivery is awaited. What timers
        # cause meanwhile does not count.
        await let_pass(hass, freezer, timedelta(minutes=11))
        cloud.requests.clear()
        await verify(pushed, times=5)
        await settle(hass)
        assert cloud.requests == {}
    # Nor after a restart, which lists the webhooks once by itself.
    await pushed.reload()
    cloud.requests.clear()
    await verify(pushed, times=5)
    await settle(hass)
    assert cloud.requests == {}


@pytest.mark.parametrize("is_webhook_there", [True, False], ids=["waiting", "not created"])
async def test_verify_before_the_first_delivery_lists_webhooks_once_in_ten_minutes(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    world: World,
    is_webhook_there: bool,
) -> None:
    if is_webhook_there:
        await world.make_webhook(verify=False)
    await world.set_up()
    repair = "push_waiting" if is_webhook_there else "push_not_created"
    assert set(world.issues()) == {repair}
    once = {LIST_WEBHOOKS: 1} | ({LIST_SUBSCRIPTIONS: 1} if is_webhook_there else {})

    async def requests_after(pause: timedelta) -> dict[str, int]:
        # What timers cause does not count.
        await let_pass(hass, freezer, pause)
        cloud.requests.clear()
        for _ in range(3):
            await verify(world, times=5)
            await settle(hass)
        return dict(cloud.requests)

    assert await requests_after(timedelta()) == once
    assert await requests_after(timedelta(minutes=9, seconds=59)) == {}
    assert await requests_after(timedelta(seconds=2)) == once
    assert await requests_after(timedelta(minutes=9, seconds=59)) == {}
    assert await requests_after(timedelta(seconds=2)) == once
    assert set(world.issues()) == {repair}


async def test_verify_that_is_refused_causes_no_requests(
    hass: HomeAssistant, cloud: Cloud, world: World
) -> None:
    await world.set_up()
    cloud.requests.clear()
    for challenge in ("", "a b", "x" * 129, 7, None):
        body = json.dumps({"eventType": "VERIFY", "data": {"challenge": challenge}}).encode()
        assert await world.post(body) == (401, b"")
    # A signature that is wrong makes it no better.
    assert await world.post(VERIFY, "0" * 64) == (401, b"")
    await settle(hass)
    assert cloud.requests == {}
    # The next one that is answered is not taken for a repetition.
    await verify(world)
    await settle(hass)
    assert cloud.requests == {LIST_WEBHOOKS: 1}


async def test_verify_is_answered_with_the_newest_token_during_a_rotation(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    pushed: World,
    current_request_with_host: None,
) -> None:
    old, new = cloud.application_management_token, "1" * 32
    hass.config.external_url = "https://ha.example.com"
    person = Person(hass, cloud, pushed.browser)
    person.wants_push = True
    person.show(
        await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": pushed.entry.entry_id}
        )
    )
    await person.choose("push")
    await person.fill_in(application_management_token=new)
    assert person.result["type"] is FlowResultType.ABORT
    assert person.result["reason"] == "reconfigure_successful"
    await settle(hass)

    async def soc_after_push(level: int) -> float:
        cloud.patch_state(cars[0].id, {"soc": float(level)})
        await pushed.flush()
        return float(value(hass, cars[0], "sensor.battery_level"))

    # The dashboard still signs with the token before.
    assert await soc_after_push(61) == 61
    expected = {"challenge": sign(new, CHALLENGE.encode())}
    for signatures in ((), (sign(old, VERIFY),), (sign(new, VERIFY),)):
        for door in ("http", "cloudhook"):
            status, answer = await pushed.post(VERIFY, *signatures, door=door)
            assert (status, json.loads(answer)) == (200, expected)
    # VERIFY does not end the rotation, whoever signed it.
    assert await soc_after_push(62) == 62
    cloud.application_management_token = new
    assert await cloud.verify_webhook(pushed.webhook.id)
    assert await soc_after_push(63) == 63
    # The delivery that the new token signed did.
    body = json.dumps(pushed.event({}, cars[0].id)).encode()
    assert await pushed.post(body, sign(old, body)) == (401, b"")


# The dashboard's webhooks and subscriptions


async def test_reconciles_never_overlap(hass: HomeAssistant, cloud: Cloud, pushed: World) -> None:
    requests = cloud.requests = RequestOrder()
    for route in ("/v3/webhooks", "/v3/subscriptions"):
        cloud.faults.add(Fault(method="GET", route=route, delay=0.3))
    # Reasons that come at the same time share one.
    for _ in range(5):
        hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE)
    await requests.begun(LIST_WEBHOOKS)
    # One that comes while the webhooks are listed waits until all is done, and so do those that
    # come while the subscriptions are listed. None is lost: what was listed may be old by then.
    hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE)
    await requests.begun(LIST_SUBSCRIPTIONS)
    for _ in range(3):
        hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE)
    await settle(hass)
    assert requests.order == [LIST_WEBHOOKS, LIST_SUBSCRIPTIONS] * 2


@pytest.mark.parametrize("vehicles", [3])
@pytest.mark.parametrize("failing", [0, 1, 2])
async def test_one_failing_subscription_does_not_stop_the_others(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    world: World,
    failing: int,
) -> None:
    for _ in range(failing):
        # A fault without anything is the usual answer.
        cloud.faults.add(Fault(method="POST", route="/v3/subscriptions", count=1))
    cloud.faults.add(Fault(method="POST", route="/v3/subscriptions", status=500, count=1))
    await world.make_webhook(verify=False)
    cloud.subscriptions.clear()
    await world.set_up()
    assert cloud.requests[SUBSCRIBE] == 3
    left = {car.id: car for car in cars}
    for vehicle_id in subscribed(cloud, world.webhook.id):
        del left[vehicle_id]
    (car,) = left.values()
    assert set(world.issues()) == {"push_not_subscribed"}
    placeholders = world.issues()["push_not_subscribed"].translation_placeholders
    assert placeholders is not None
    assert placeholders["vehicles"] == car_name(hass, car)
    # It is tried again a minute later, and only the one that failed.
    await let_pass(hass, freezer, timedelta(seconds=61))
    assert cloud.requests[SUBSCRIBE] == 4
    assert subscribed(cloud, world.webhook.id) == {car.id for car in cars}
    assert set(world.issues()) == {"push_waiting"}


@pytest.mark.parametrize("vehicles", [2])
async def test_gone_car_is_not_subscribed(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    pushed: World,
    caplog: pytest.LogCaptureFixture,
) -> None:
    stays, goes = cars
    (connection,) = cloud.connections_of(vehicle_id=goes.id)
    cloud.disconnect(connection.id)
    # Two complete listings, an hour apart.
    await let_pass(hass, freezer, 2 * LISTING, LISTING)
    assert value(hass, goes, "button.refresh") == "unavailable"
    assert value(hass, stays, "button.refresh") != "unavailable"
    cloud.requests.clear()
    caplog.clear()
    await let_pass(hass, freezer, 3 * LISTING, LISTING)
    assert cloud.requests[LIST_SUBSCRIPTIONS] == 3
    assert cloud.requests[SUBSCRIBE] == 0
    assert world_is_quiet(pushed, caplog)
    # It is as soon as its owner connects it again.
    cloud.connect(connection.user_id, [goes.id], lag=0)
    await let_pass(hass, freezer, 2 * LISTING, LISTING)
    await pushed.flush()
    assert value(hass, goes, "button.refresh") != "unavailable"
    assert subscribed(cloud, pushed.webhook.id) == {stays.id, goes.id}
    assert world_is_quiet(pushed, caplog)


def world_is_quiet(world: World, caplog: pytest.LogCaptureFixture) -> bool:
    """Tell whether no repair is open and nothing was logged as a warning or worse."""
    return world.issues() == {} and not [
        record
        for record in caplog.get_records("call")
        # The server's own log cannot write a frozen time.
        if record.levelno >= logging.WARNING and record.name != "aiohttp.access"
    ]


@pytest.mark.parametrize("vehicles", [3])
async def test_excluded_car_is_unsubscribed_from_this_webhook_alone(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    pushed: World,
    hass_ws_client: WebSocketGenerator,
) -> None:
    kept, excluded, _ = cars
    other = cloud.create_webhook("Other", "http://127.0.0.1:9/other", verify=False)
    for connection in cloud.connections.values():
        cloud.subscribe(other.id, connection.user_id, connection.vehicle_id)
    # The user deletes the device, as long as the car is connected.
    client = await hass_ws_client(hass)
    answer = await client.remove_device(device_id(hass, pushed.entry, excluded))
    assert answer["success"]
    await reconcile(hass)
    everybody = {car.id for car in cars}
    assert subscribed(cloud, pushed.webhook.id) == everybody - {excluded.id}
    assert subscribed(cloud, other.id) == everybody
    assert cloud.requests[UNSUBSCRIBE] == 1
    # The dashboard subscribes every car that its owner connects again, or for the first time.
    # The latter is not listed yet: that is no reason to unsubscribe it.
    new = cloud.unconnected(cloud.owner_of(kept.id).id)[0]
    for car in (excluded, new):
        user = cloud.owner_of(car.id).id
        cloud.connect(user, [car.id], lag=0)
        cloud.subscribe(pushed.webhook.id, user, car.id)
    await reconcile(hass)
    assert subscribed(cloud, pushed.webhook.id) == {*everybody, new.id} - {excluded.id}
    # And so it stays.
    requests: dict[str, Any] = {}
    for _ in range(2):
        cloud.requests.clear()
        await let_pass(hass, freezer, LISTING)
        requests |= {route: count for route, count in cloud.requests.items() if count}
    assert requests.keys().isdisjoint({SUBSCRIBE, UNSUBSCRIBE})
    assert subscribed(cloud, pushed.webhook.id) == {*everybody, new.id} - {excluded.id}
    await pushed.flush()
    assert pushed.issues() == {}
