"""Subscriptions of cars to the webhook: when they are made, and when they end."""

import asyncio
from collections import Counter, defaultdict
from datetime import timedelta
import logging
from typing import Any, override

from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from simulator import Cloud
from simulator.faults import Fault
from tests.helpers.push_home import PushHome
from tests.helpers.routes import LIST_SUBSCRIPTIONS, LIST_WEBHOOKS, SUBSCRIBE, UNSUBSCRIBE
from tests.helpers.times import LISTING


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


def subscribed(cloud: Cloud, webhook_id: str) -> set[str]:
    """Return the ids of the cars that are subscribed to a webhook."""
    return {one.vehicle_id for one in cloud.subscriptions.values() if one.webhook_id == webhook_id}


# VERIFY


# The dashboard's webhooks and subscriptions


async def test_reconciles_never_overlap(home: PushHome) -> None:
    requests = home.cloud.requests = RequestOrder()
    for route in ("/v3/webhooks", "/v3/subscriptions"):
        home.cloud.faults.add(Fault(method="GET", route=route, delay=0.3))
    # Reasons that come at the same time share one.
    for _ in range(5):
        home.hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE)
    await requests.begun(LIST_WEBHOOKS)
    # One that comes while the webhooks are listed waits until all is done, and so do those that
    # come while the subscriptions are listed. None is lost: what was listed may be old by then.
    home.hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE)
    await requests.begun(LIST_SUBSCRIPTIONS)
    for _ in range(3):
        home.hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE)
    await home.settle()
    assert requests.order == [LIST_WEBHOOKS, LIST_SUBSCRIPTIONS] * 2


@pytest.mark.usefixtures("freezer")
@pytest.mark.parametrize("vehicles", [3])
@pytest.mark.parametrize("failing", [0, 1, 2])
async def test_one_failing_subscription_does_not_stop_the_others(
    new_home: PushHome, failing: int
) -> None:
    for _ in range(failing):
        # A fault without anything is the usual answer.
        new_home.cloud.faults.add(Fault(method="POST", route="/v3/subscriptions", count=1))
    new_home.cloud.faults.add(Fault(method="POST", route="/v3/subscriptions", status=500, count=1))
    await new_home.make_webhook(verify=False)
    new_home.cloud.subscriptions.clear()
    await new_home.set_up_push()
    assert new_home.cloud.requests[SUBSCRIBE] == 3
    left = {car.id: car for car in new_home.cars}
    for vehicle_id in subscribed(new_home.cloud, new_home.webhook.id):
        del left[vehicle_id]
    (car,) = left.values()
    assert set(new_home.issues()) == {"push_not_subscribed"}
    placeholders = new_home.issues()["push_not_subscribed"].translation_placeholders
    assert placeholders is not None
    assert placeholders["vehicles"] == new_home.state(car, "button.refresh").name.rsplit(" ", 1)[0]
    # It is tried again a minute later, and only the one that failed.
    await new_home.let_pass(timedelta(seconds=61))
    assert new_home.cloud.requests[SUBSCRIBE] == 4
    assert subscribed(new_home.cloud, new_home.webhook.id) == {car.id for car in new_home.cars}
    assert set(new_home.issues()) == {"push_waiting"}


@pytest.mark.usefixtures("freezer")
@pytest.mark.parametrize("vehicles", [2])
async def test_gone_car_is_not_subscribed(home: PushHome, caplog: pytest.LogCaptureFixture) -> None:
    stays, goes = home.cars
    (connection,) = home.cloud.connections_of(vehicle_id=goes.id)
    home.cloud.disconnect(connection.id)
    # Two complete listings, an hour apart.
    await home.let_pass(2 * LISTING, LISTING)
    assert home.value(goes, "button.refresh") == "unavailable"
    assert home.value(stays, "button.refresh") != "unavailable"
    home.cloud.requests.clear()
    caplog.clear()
    await home.let_pass(3 * LISTING, LISTING)
    assert home.cloud.requests[LIST_SUBSCRIPTIONS] == 3
    assert home.cloud.requests[SUBSCRIBE] == 0
    assert is_quiet(home, caplog)
    # It is as soon as its owner connects it again.
    home.cloud.connect(connection.user_id, [goes.id], lag=0)
    await home.let_pass(2 * LISTING, LISTING)
    await home.flush()
    assert home.value(goes, "button.refresh") != "unavailable"
    assert subscribed(home.cloud, home.webhook.id) == {stays.id, goes.id}
    assert is_quiet(home, caplog)


def is_quiet(home: PushHome, caplog: pytest.LogCaptureFixture) -> bool:
    """Tell whether no repair is open and nothing was logged as a warning or worse."""
    return home.issues() == {} and not [
        record
        for record in caplog.get_records("call")
        # The server's own log cannot write a frozen time.
        if record.levelno >= logging.WARNING and record.name != "aiohttp.access"
    ]


@pytest.mark.usefixtures("freezer")
@pytest.mark.parametrize("vehicles", [3])
async def test_excluded_car_is_unsubscribed_from_this_webhook_alone(
    home: PushHome, hass_ws_client: WebSocketGenerator
) -> None:
    kept, excluded, _ = home.cars
    other = home.cloud.create_webhook("Other", "http://127.0.0.1:9/other", verify=False)
    for connection in home.cloud.connections.values():
        home.cloud.subscribe(other.id, connection.user_id, connection.vehicle_id)
    # The user deletes the device, as long as the car is connected.
    client = await hass_ws_client(home.hass)
    answer = await client.remove_device(home.device_id(excluded))
    assert answer["success"]
    await home.list_webhooks()
    everybody = {car.id for car in home.cars}
    assert subscribed(home.cloud, home.webhook.id) == everybody - {excluded.id}
    assert subscribed(home.cloud, other.id) == everybody
    assert home.cloud.requests[UNSUBSCRIBE] == 1
    # The dashboard subscribes every car that its owner connects again, or for the first time.
    # The latter is not listed yet: that is no reason to unsubscribe it.
    new = home.cloud.unconnected(home.cloud.owner_of(kept.id).id)[0]
    for car in (excluded, new):
        user = home.cloud.owner_of(car.id).id
        home.cloud.connect(user, [car.id], lag=0)
        home.cloud.subscribe(home.webhook.id, user, car.id)
    await home.list_webhooks()
    assert subscribed(home.cloud, home.webhook.id) == {*everybody, new.id} - {excluded.id}
    # And so it stays.
    requests: dict[str, Any] = {}
    for _ in range(2):
        home.cloud.requests.clear()
        await home.let_pass(LISTING)
        requests |= {route: count for route, count in home.cloud.requests.items() if count}
    assert requests.keys().isdisjoint({SUBSCRIBE, UNSUBSCRIBE})
    assert subscribed(home.cloud, home.webhook.id) == {*everybody, new.id} - {excluded.id}
    await home.flush()
    assert home.issues() == {}
