"""Push through the front door: set-up, what arrives, forgers, and how it fails and heals."""

import asyncio
from collections.abc import AsyncGenerator, Callable
import copy
from datetime import timedelta
import gzip
import json
import logging
import random
import time
from typing import Any
from unittest.mock import AsyncMock, patch

from aiohttp import ClientPayloadError
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.test_utils import TestServer
from aiohttp.web import Application, HTTPTemporaryRedirect, RequestPayloadError
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components import cloud as home_cloud
from homeassistant.components.webhook import async_handle_webhook
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.aiohttp import MockRequest
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.smartcar.const import (
    CONF_APPLICATION_ID,
    CONF_APPLICATION_MANAGEMENT_TOKEN,
    CONF_EXCLUDED_VEHICLES,
    CONF_PREVIOUS_MANAGEMENT_TOKEN,
    DOMAIN,
)
from custom_components.smartcar.push import receiver, url as push
from simulator import Cloud
from simulator.car import Car
from simulator.faults import Fault
from simulator.misbehavior import Misbehavior, SignalMeta, Signing, TriggerForm, VerifyForm
from tests.helpers.push_home import ODOMETER, WEBHOOK_ID, World
from tests.helpers.routes import SIGNALS_ROUTE
from tests.helpers.signals import everything_enabled
from tests.helpers.states import Changes, device, entity_id, let_pass, settle, state, value
from tests.helpers.times import LISTING, POLL

WEBHOOKS = "GET /v3/webhooks"
SUBSCRIBE = "POST /v3/subscriptions"


@pytest.fixture
def vehicles() -> int:
    """Return how many cars are connected; parametrize it for more."""
    return 1


@pytest.fixture
async def world(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    new_entry: Callable[..., MockConfigEntry],
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> AsyncGenerator[World]:
    """Return a world without an entry; nothing secret is ever logged in it, and no exception."""
    cloud.retry_scale = 0
    caplog.set_level(logging.DEBUG, "custom_components.smartcar")
    # Before the server starts, since it takes no more routes then.
    for component in ("homeassistant", "auth", "webhook", "config"):
        assert await async_setup_component(hass, component, {})
    for car in cars:
        # Nothing moves but what a test moves.
        cloud.patch_state(car.id, {"charging": False, "plugged": False, "asleep": True})
    world = World(hass, cloud, await hass_client_no_auth(), monkeypatch, new_entry)
    yield world
    secrets = [
        WEBHOOK_ID,
        "://",
        cloud.client_secret,
        cloud.application_management_token,
        *(car.id for car in cars),
        *cloud.owners,
        "oemUpdatedAt",
        "challenge",
    ]
    for record in caplog.get_records("call"):
        # The server's own log cannot write a frozen time.
        if record.name != "aiohttp.access":
            assert record.levelno < logging.ERROR, record.getMessage()
        if record.name.startswith("custom_components.smartcar"):
            said = record.getMessage() + str(record.exc_text)
            assert not [secret for secret in secrets if secret in said], said


@pytest.fixture
async def pushed(world: World) -> World:
    """Return a world in which push works, and no repair is open."""
    await world.set_up()
    await world.make_webhook()
    assert world.issues() == {}
    return world


def soc(hass: HomeAssistant, car: Car) -> str:
    return f"{float(value(hass, car, 'sensor.battery_level')):g}"


def km(hass: HomeAssistant, car: Car) -> float:
    return float(value(hass, car, "sensor.odometer"))


# --- set-up


@pytest.mark.parametrize("vehicles", [3])
async def test_from_nothing_to_the_first_push(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], world: World
) -> None:
    cloud.verify_needs_subscription = True
    await world.set_up()
    (issue,) = world.issues().values()
    assert issue.translation_key == "push_not_created"
    assert (issue.translation_placeholders or {})["url"] == world.url
    assert issue.learn_more_url is not None
    # VERIFY is answered, and is what tells Home Assistant to look at the dashboard again.
    await world.make_webhook()
    assert {one.vehicle_id for one in cloud.subscriptions.values()} == {car.id for car in cars}
    assert set(world.issues()) == {"push_waiting"}
    assert value(hass, cars[0], "sensor.last_push") == "unknown"
    # As the repair says: "choose Verify".
    assert await cloud.verify_webhook(world.webhook.id)
    await world.flush()
    assert world.issues() == {}
    assert [one.status for one in cloud.deliveries[-3:]] == [200] * 3
    assert all(value(hass, car, "sensor.last_push") != "unknown" for car in cars)
    assert cloud.requests[SUBSCRIBE] == 3
    # The next look finds everything done.
    hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE)
    await settle(hass)
    assert cloud.requests[SUBSCRIBE] == 3


async def test_each_thing_that_is_missing_has_its_repair_and_heals(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], world: World
) -> None:
    async def look() -> set[str]:
        hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE)
        await settle(hass)
        return set(world.issues())

    url, world.url = world.url, None
    await world.set_up()
    assert await look() == {"push_no_url"}
    world.url = url
    assert await look() == {"push_not_created"}
    other = cloud.create_webhook("Somebody", "http://127.0.0.1:9/elsewhere", verify=False)
    assert await look() == {"push_not_created"}
    old = cloud.create_webhook("Old", f"http://127.0.0.1:9/{WEBHOOK_ID}", verify=False)
    assert await look() == {"push_url_differs"}
    assert (world.issues()["push_url_differs"].translation_placeholders or {})["url"] == url
    assert cloud.subscriptions == {}
    cloud.edit_webhook(old.id, callback_uri=f"{url}/", verify=False)
    assert await look() == {"push_url_differs"}
    # Of two that lead here, the one that is switched on counts.
    hook = cloud.create_webhook("HA", str(url), is_enabled=False, verify=False)
    cloud.create_webhook("HA too", str(url), is_enabled=False, verify=False)
    assert await look() == {"push_not_enabled"}
    cloud.edit_webhook(hook.id, is_enabled=True)
    cloud.subscriptions.clear()
    fault = Fault(method="POST", route="/v3/subscriptions", status=500)
    cloud.faults.add(fault)
    assert await look() == {"push_not_subscribed"}
    told = world.issues()["push_not_subscribed"].translation_placeholders or {}
    assert told["vehicles"] == state(hass, cars[0], "button.refresh").name.rsplit(" ", 1)[0]
    cloud.faults.clear()
    # "In progress" and "is subscribed already" are both fine.
    assert await look() == {"push_waiting"}
    cloud.subscription_lag = 0
    cloud.faults.add(Fault(method="GET", route="/v3/subscriptions", body='{"data": []}', count=1))
    assert await look() == {"push_waiting"}
    assert cloud.requests[SUBSCRIBE] == 4
    assert not [one for one in cloud.subscriptions.values() if one.webhook_id == other.id]
    assert await cloud.verify_webhook(hook.id)
    await world.flush()
    assert world.issues() == {}
    # The address was changed: what led here before is known by its id.
    world.url = "https://new.example.com/hook"
    assert await look() == {"push_url_differs"}
    world.url = url
    assert await look() == set()


async def test_cloud_that_fails_costs_the_set_up_nothing_and_is_asked_less_and_less(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], freezer: FrozenDateTimeFactory, world: World
) -> None:
    cloud.faults.add(Fault(method="GET", route="/v3/webhooks", status=500))
    entry = await world.set_up()
    assert entry.state is ConfigEntryState.LOADED
    assert soc(hass, cars[0]) != "unknown"
    asked = []
    for _ in range(16):
        asked.append(cloud.requests[WEBHOOKS])
        await let_pass(hass, freezer, timedelta(seconds=60))
    assert asked == [1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5]
    assert world.issues() == {}
    cloud.faults.clear()
    await let_pass(hass, freezer, LISTING)
    assert set(world.issues()) == {"push_not_created"}
    # Half a list tells nothing of what is missing.
    world.entry.runtime_data.context.push_log.counts.clear()
    await world.make_webhook()
    assert world.issues() == {}
    cloud.faults.add(
        Fault(method="GET", route="/v3/webhooks", body='{"data": [], "meta": {"totalCount": 1}}')
    )
    await let_pass(hass, freezer, LISTING)
    assert world.issues() == {}


@pytest.mark.parametrize("vehicles", [2])
async def test_car_that_comes_is_subscribed_and_one_that_goes_is_not(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], world: World
) -> None:
    # Many webhooks of others, on two pages.
    for index in range(60):
        cloud.create_webhook(f"Other {index}", "http://127.0.0.1:9/other", verify=False)
    await world.set_up()
    await world.make_webhook()
    assert world.issues() == {}
    user = next(iter(cloud.owners))
    car = cloud.unconnected(user)[0]
    # It comes while another one is being subscribed, with the list of cars already made.
    cloud.subscriptions.clear()
    cloud.faults.add(Fault(method="POST", route="/v3/subscriptions", delay=0.2))
    hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE)
    await asyncio.sleep(0.05)
    cloud.connect(user, [car.id], lag=0)
    await world.entry.runtime_data.async_refresh()
    await world.flush()
    subscribed = {one.vehicle_id for one in cloud.subscriptions.values()}
    assert subscribed == {car.id, *(one.id for one in cars)}
    # The user leaves one car out: it is unsubscribed, though its consent stays.
    hass.config_entries.async_update_entry(world.entry, options={CONF_EXCLUDED_VEHICLES: [car.id]})
    await world.reload()
    assert {one.vehicle_id for one in cloud.subscriptions.values()} == {one.id for one in cars}


async def test_removal_unsubscribes_whatever_the_address_was(
    hass: HomeAssistant, cloud: Cloud, world: World
) -> None:
    # As with a cloudhook: our id is not in the address.
    hidden = str(world.browser.make_url("/hidden"))
    world.url = hidden
    await world.set_up()
    await world.make_webhook(verify=False)
    hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE)
    await settle(hass)
    kept = cloud.create_webhook("Other", "http://127.0.0.1:9/other", verify=False)
    car = next(iter(cloud.subscriptions.values()))
    cloud.subscribe(kept.id, car.user_id, car.vehicle_id)
    assert len(cloud.subscriptions) == 2
    with patch.object(home_cloud, "async_delete_cloudhook", AsyncMock()) as deleted:
        await hass.config_entries.async_remove(world.entry.entry_id)
        await settle(hass)
    deleted.assert_awaited_once_with(hass, WEBHOOK_ID)
    assert [one.webhook_id for one in cloud.subscriptions.values()] == [kept.id]
    assert world.issues() == {}


@pytest.mark.parametrize(
    "fault",
    [
        Fault(route="/v3/webhooks", status=500),
        Fault(method="DELETE", status=404),
        Fault(route="/v3/subscriptions", drop=True),
    ],
    ids=["webhooks", "gone", "subscriptions"],
)
async def test_removal_never_fails(
    hass: HomeAssistant, cloud: Cloud, pushed: World, fault: Fault
) -> None:
    cloud.faults.add(fault)
    result = await hass.config_entries.async_remove(pushed.entry.entry_id)
    await settle(hass)
    assert result == {"require_restart": False}
    assert hass.config_entries.async_entries(DOMAIN) == []
    status, _ = await pushed.post(b"{}")
    # That is how Home Assistant answers for what it does not know.
    assert status == 200


async def test_push_that_is_switched_off_ends(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], pushed: World
) -> None:
    cloud.report_error(cars[0].id, type="CONNECTED_SERVICES_ACCOUNT", code="AUTHENTICATION_FAILED")
    await pushed.flush()
    await pushed.post(b"")
    assert set(pushed.issues()) == {"owner_must_log_in"}
    data = {
        key: value
        for key, value in pushed.entry.data.items()
        if key != CONF_APPLICATION_MANAGEMENT_TOKEN
    }
    hass.config_entries.async_update_entry(pushed.entry, data=data)
    await pushed.reload()
    assert cloud.subscriptions == {}
    assert pushed.issues() == {}
    await pushed.reload()
    assert pushed.issues() == {}


# --- the door


@pytest.mark.parametrize("door", ["http", "cloudhook"])
async def test_what_is_not_signed_gets_401_and_no_word(
    hass: HomeAssistant, cars: list[Car], pushed: World, door: str
) -> None:
    event = pushed.event({ODOMETER: {"value": 1, "unit": "km"}}, cars[0].id)
    body = json.dumps(event).encode()
    right = pushed.cloud.sign(body)
    cases: list[tuple[str, ...]] = [
        (),
        ("",),
        ("0" * 64,),
        (right[:-1],),
        (right + "0",),
        ("é" * 64,),
        (f"sha256={right}",),
        (pushed.cloud.sign(body + b" "),),
    ]
    if door == "http":
        cases += [(right, right), (right, "0" * 64), (f"{right},{right}",)]
    before = km(hass, cars[0])
    for case in cases:
        assert await pushed.post(body, *case, door=door) == (401, b""), case
    assert (pushed.log.rejected, pushed.counts) == (len(cases), {})
    assert km(hass, cars[0]) == before
    (issue,) = pushed.issues().values()
    assert issue.translation_key == "push_rejected"
    assert (issue.translation_placeholders or {})["count"] == ("10" if door == "http" else "3")
    # The right one, in capitals; the repair goes.
    assert await pushed.post(body, right.upper(), door=door) == (200, b"")
    assert km(hass, cars[0]) == 1
    assert pushed.issues() == {}


async def test_door_is_narrow(hass: HomeAssistant, cars: list[Car], pushed: World) -> None:
    path = f"/api/webhook/{WEBHOOK_ID}"
    for method, status in (("GET", 405), ("PUT", 405), ("HEAD", 200), ("DELETE", 405)):
        assert (await pushed.browser.request(method, path)).status == status
    assert pushed.log.rejected == 0

    def padded(length: int) -> bytes:
        event = pushed.event({ODOMETER: {"value": length, "unit": "km"}}, cars[0].id)
        body = json.dumps(event).encode()
        return body + b" " * (length - len(body))

    for length, expected in ((65536, 200), (65537, 413), (1_000_000, 413)):
        for door in ("http", "cloudhook"):
            body = padded(length)
            assert await pushed.post(body, pushed.cloud.sign(body), door=door) == (expected, b"")
    assert km(hass, cars[0]) == 65536
    assert pushed.log.rejected == 4
    # A compressed body is judged as what it unpacks to.
    body = padded(60_000)
    signature = pushed.cloud.sign(body)
    packed = {"Content-Encoding": "gzip"}
    assert await pushed.post(gzip.compress(body), signature, **packed) == (200, b"")
    assert km(hass, cars[0]) == 60_000
    bomb = gzip.compress(bytes(50_000_000))
    assert (await pushed.post(bomb, signature, **packed))[0] in {400, 413}
    # What breaks off, or cannot be unpacked, is refused.
    for error in (RequestPayloadError, ClientPayloadError, ConnectionResetError, BadHttpMessage):
        request = MockRequest(content=b"", mock_source="test", method="POST")
        stream = AsyncMock(read=AsyncMock(side_effect=error("body")))
        with patch.object(MockRequest, "content", stream):
            assert (await async_handle_webhook(hass, WEBHOOK_ID, request)).status == 400
    # In pieces it is fine, and slowly it is not.
    body = padded(3_000)

    async def pieces(pause: float) -> AsyncGenerator[bytes]:
        for start in range(0, len(body), 1000):
            yield body[start : start + 1000]
            await asyncio.sleep(pause)

    headers = {"SC-Signature": pushed.cloud.sign(body)}
    answer = await pushed.browser.post(path, data=pieces(0), headers=headers)
    assert answer.status == 200
    with patch.object(receiver, "_READ_TIMEOUT", 0.02):
        answer = await pushed.browser.post(path, data=pieces(0.05), headers=headers)
    assert answer.status == 408
    assert pushed.log.rejected == 10
    # The last of what was right took the repair back.
    assert pushed.issues() == {}


async def test_verify_in_all_its_forms_and_no_other(cloud: Cloud, world: World) -> None:
    await world.set_up()
    hook = await world.make_webhook(verify=False)
    for form in VerifyForm:
        cloud.misbehave(hook.id, Misbehavior(verify_form=form))
        assert await cloud.verify_webhook(hook.id), form
    cloud.misbehave(hook.id)
    await world.flush()
    rejected = world.log.rejected
    forged = json.dumps(world.event({}, "x"))
    wrong: list[Any] = [None, "", " ", forged, "a b", "a.b", "x" * 129, ["abc"], {"a": "b"}, 7, "é"]
    for challenge in wrong:
        body = json.dumps({"eventType": "VERIFY", "data": {"challenge": challenge}}).encode()
        for door in ("http", "cloudhook"):
            assert await world.post(body, door=door) == (401, b""), challenge
    assert world.log.rejected == rejected + 2 * len(wrong)
    body = json.dumps({"eventType": "VERIFY", "data": {"challenge": "a-B_9"}}).encode()
    for door in ("http", "cloudhook"):
        status, answer = await world.post(body, door=door)
        assert (status, json.loads(answer)) == (200, {"challenge": cloud.sign(b"a-B_9")})
    # Signed it may be as well, but not wrongly.
    assert (await world.post(body, cloud.sign(body)))[0] == 200
    assert await world.post(body, "0" * 64) == (401, b"")


# --- what arrives


@pytest.mark.parametrize(
    "wrong",
    [
        Misbehavior(triggers=TriggerForm.NAMES, missing_status=True),
        Misbehavior(triggers=TriggerForm.DATA, signal_meta=SignalMeta.EMPTY),
        Misbehavior(signal_meta=SignalMeta.ZERO, signature=Signing.UPPER),
        Misbehavior(signal_meta=SignalMeta.MISSING, signature=Signing.COMPACT),
        Misbehavior(malformed_signal=True, pretty=True),
        Misbehavior(duplicates=3, concurrent=True),
        Misbehavior(delivered_at_missing=True),
    ],
    ids=["names", "empty", "zero", "missing", "malformed", "duplicates", "undated"],
)
async def test_delivery_in_any_form_is_applied_once(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], pushed: World, wrong: Misbehavior
) -> None:
    cloud.misbehave(pushed.webhook.id, wrong)
    before = pushed.log.counts["applied"]
    cloud.patch_state(cars[0].id, {"soc": 33.0})
    await pushed.flush()
    assert soc(hass, cars[0]) == "33"
    assert pushed.log.counts["applied"] == before + 1
    assert pushed.log.counts["duplicate"] == wrong.duplicates
    assert (pushed.log.counts["malformed_part"] > 0) is wrong.malformed_signal
    assert {one.status for one in cloud.deliveries} == {200}
    assert pushed.issues() == {}
    cloud.misbehave(pushed.webhook.id)
    cloud.patch_state(cars[0].id, {"soc": 34.0})
    await pushed.flush()
    assert soc(hass, cars[0]) == "34"


async def test_order_of_arrival_does_not_matter(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    pushed: World,
) -> None:
    cloud.misbehave(pushed.webhook.id, Misbehavior(reorder=4))
    for level in (41, 42, 43, 44):
        freezer.tick(10)
        cloud.patch_state(cars[0].id, {"soc": float(level)})
    await pushed.flush()
    assert [one.status for one in cloud.deliveries[-4:]] == [200] * 4
    assert soc(hass, cars[0]) == "44"


async def test_events_are_remembered_for_an_hour_and_over_a_restart(
    hass: HomeAssistant, cars: list[Car], freezer: FrozenDateTimeFactory, pushed: World
) -> None:
    event = pushed.event({ODOMETER: {"value": 5, "unit": "km"}}, cars[0].id)
    long = event | {"eventId": "x" * 50_000}
    nameless = event | {"eventId": None}
    for one in (event, long, nameless):
        assert await pushed.send(one) == 200
        assert await pushed.send(one) == 200
    assert pushed.counts == {"duplicate": 3}
    assert max(map(len, pushed.log.seen)) <= 64
    await pushed.reload()
    for one in (event, long, nameless):
        assert await pushed.send(one) == 200
    assert pushed.counts == {"duplicate": 6}
    assert pushed.log.counts["applied"] == 4
    await let_pass(hass, freezer, timedelta(minutes=61), timedelta(minutes=61))
    # Too old by now, and once told not told again.
    assert await pushed.send(event) == 202
    assert await pushed.send(event) == 200
    assert pushed.counts == {"duplicate": 7, "wrong_time": 1}
    assert len(pushed.log.seen) == 1
    # Memory has an end, also for those put in while the clock was wrong.
    with patch.object(receiver, "_MAX_EVENTS", 5):
        for _ in range(9):
            await pushed.send(pushed.event({}, cars[0].id))
    assert len(pushed.log.seen) == 5
    freezer.tick(-7200)
    assert await pushed.send(pushed.event({}, cars[0].id)) == 200
    assert len(pushed.log.seen) == 1


async def test_wrong_times_are_not_applied_and_reported(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], pushed: World
) -> None:
    before = soc(hass, cars[0])
    applied = pushed.log.counts["applied"]
    for counted, offset in enumerate((-3700, 330, -86400), 1):
        cloud.misbehave(pushed.webhook.id, Misbehavior(delivered_at_offset=offset, duplicates=4))
        assert set(pushed.issues()) == set()
        cloud.patch_state(cars[0].id, {"soc": 20.0 + counted})
        await pushed.flush()
        # A replay counts as what it is.
        assert pushed.counts == {"wrong_time": counted, "duplicate": 4 * counted}
    assert set(pushed.issues()) == {"push_clock"}
    assert soc(hass, cars[0]) == before
    assert pushed.log.counts["applied"] == applied
    cloud.misbehave(pushed.webhook.id, Misbehavior(delivered_at_offset=-3500))
    cloud.patch_state(cars[0].id, {"soc": 50.0})
    await pushed.flush()
    assert (soc(hass, cars[0]), pushed.issues()) == ("50", {})
    cloud.misbehave(pushed.webhook.id, Misbehavior(delivered_at_offset=270))
    cloud.patch_state(cars[0].id, {"soc": 51.0})
    await pushed.flush()
    assert soc(hass, cars[0]) == "51"


async def test_what_is_not_for_us_is_acknowledged_and_counted(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], world: World
) -> None:
    await world.set_up()
    await world.make_webhook(verify=False)
    hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE)
    await settle(hass)
    assert set(world.issues()) == {"push_waiting"}
    changes = Changes(hass)
    signals = {ODOMETER: {"value": 5, "unit": "km"}}
    test = world.event(signals, cars[0].id, meta={"mode": "TEST"})
    assert await world.send(test) == 202
    # A test from the dashboard is no push of a car.
    assert set(world.issues()) == {"push_waiting"}
    assert world.log.last_delivery is None
    assert (
        await world.send(world.event(signals, cars[0].id, eventType="VEHICLE_PREMONITION")) == 202
    )
    assert await world.send(world.event(signals, "somebody-else")) == 202
    assert await world.send(world.event(signals, cars[0].id, data=[])) == 202
    body = b"[1]"
    assert await world.post(body, cloud.sign(body)) == (202, b"")
    await settle(hass)
    assert changes.take() == []
    assert world.counts == {
        "test": 1,
        "unknown_event": 1,
        "unknown_vehicle": 2,
        "malformed": 1,
    }
    assert world.log.rejected == 0


async def test_failure_inside_is_told_to_the_cloud_which_tries_again(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    pushed: World,
    caplog: pytest.LogCaptureFixture,
) -> None:
    vehicle = pushed.entry.runtime_data.vehicles[cars[0].id]
    failing = patch.object(vehicle, "async_push", side_effect=ValueError("secret body"))
    with failing as called:
        called.side_effect = [ValueError("secret body"), None]
        await cloud.deliver(cars[0].id)
    assert [one.status for one in cloud.deliveries[-2:]] == [500, 200]
    assert (called.call_count, pushed.log.counts["failed"]) == (2, 1)
    assert "secret" not in caplog.text
    assert "ValueError" in caplog.text
    caplog.clear()


# --- signatures that fail, and tokens that change


async def test_wrong_signatures_raise_a_repair_and_polling_goes_on(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    pushed: World,
) -> None:
    cloud.misbehave(pushed.webhook.id, Misbehavior(signature=Signing.WRONG))
    cloud.patch_state(cars[0].id, {"soc": 21.0})
    await pushed.flush()
    (issue,) = pushed.issues().values()
    # Four attempts at one event.
    assert (issue.translation_key, pushed.log.rejected) == ("push_rejected", 4)
    assert soc(hass, cars[0]) != "21"
    await let_pass(hass, freezer, POLL)
    assert soc(hass, cars[0]) == "21"
    cloud.misbehave(pushed.webhook.id)
    cloud.patch_state(cars[0].id, {"soc": 22.0})
    await pushed.flush()
    assert (soc(hass, cars[0]), pushed.issues()) == ("22", {})


async def test_both_tokens_are_good_while_one_replaces_the_other(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], pushed: World
) -> None:
    old = cloud.application_management_token
    new = "the-next-management-token"
    hass.config_entries.async_update_entry(
        pushed.entry,
        data={
            **pushed.entry.data,
            CONF_APPLICATION_MANAGEMENT_TOKEN: new,
            CONF_PREVIOUS_MANAGEMENT_TOKEN: old,
        },
    )
    await pushed.reload()
    cloud.patch_state(cars[0].id, {"soc": 61.0})
    await pushed.flush()
    assert soc(hass, cars[0]) == "61"
    # A forger who has the new one sign what VERIFY signs ends nothing.
    asked = b'{"eventType": "VERIFY", "data": {"challenge": "1"}}'
    _, answer = await pushed.post(asked)
    assert (await pushed.post(b"1", json.loads(answer)["challenge"]))[0] == 401
    assert CONF_PREVIOUS_MANAGEMENT_TOKEN in pushed.entry.data
    cloud.application_management_token = new
    cloud.patch_state(cars[0].id, {"soc": 62.0})
    await pushed.flush()
    assert soc(hass, cars[0]) == "62"
    assert CONF_PREVIOUS_MANAGEMENT_TOKEN not in pushed.entry.data
    cloud.application_management_token = old
    cloud.patch_state(cars[0].id, {"soc": 63.0})
    await pushed.flush()
    assert soc(hass, cars[0]) == "62"
    assert set(pushed.issues()) == {"push_rejected"}


async def test_silence_raises_a_repair_and_polling_takes_over(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    pushed: World,
) -> None:
    cloud.misbehave(pushed.webhook.id, Misbehavior(silent=True))
    # A car that sleeps is no reason to worry.
    await let_pass(hass, freezer, timedelta(hours=9), LISTING)
    assert pushed.issues() == {}
    for day in range(2):
        cloud.patch_state(cars[0].id, {"soc": 60.0 + day})
        await let_pass(hass, freezer, POLL, timedelta(hours=6))
        assert soc(hass, cars[0]) == str(60 + day)
    (issue,) = pushed.issues().values()
    assert issue.translation_key == "push_silent"
    assert int((issue.translation_placeholders or {})["hours"]) >= 12
    # It is still so after a restart, which knows how long ago the last push was.
    await pushed.reload()
    await let_pass(hass, freezer, LISTING)
    assert set(pushed.issues()) == {"push_silent"}
    cloud.misbehave(pushed.webhook.id)
    cloud.patch_state(cars[0].id, {"soc": 70.0})
    await pushed.flush()
    assert (soc(hass, cars[0]), pushed.issues()) == ("70", {})


# --- errors of cars


async def test_errors_of_cars(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], pushed: World
) -> None:
    car = cars[0]
    login = cloud.report_error(
        car.id, type="CONNECTED_SERVICES_ACCOUNT", code="AUTHENTICATION_FAILED"
    )
    await pushed.flush()
    (issue,) = pushed.issues().values()
    assert issue.translation_key == "owner_must_log_in"
    assert (issue.translation_placeholders or {})["message"] == login.suggested_user_message
    # Its own link, of the one form that does not end on a dead page; the entry has no
    # Application ID, but the vendor's link does.
    assert issue.learn_more_url is not None
    assert issue.learn_more_url.endswith(
        f"/oauth/reauthenticate?response_type=none&application_id={cloud.application_id}"
        f"&vehicle_id={car.id}"
    )
    assert not issue.is_fixable
    # No re-authentication of the application, and the data stays.
    assert hass.config_entries.flow.async_progress() == []
    assert soc(hass, car) != "unavailable"
    # It is still there after a restart.
    ir.async_get(hass).issues.clear()
    await pushed.reload()
    assert set(pushed.issues()) == {"owner_must_log_in"}
    cloud.resolve_error(login)
    await pushed.flush()
    assert pushed.issues() == {}
    await pushed.reload()
    assert pushed.issues() == {}


async def test_errors_of_signals_that_nobody_uses_are_no_repair(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], pushed: World
) -> None:
    car = cars[0]
    noise = ["vehicleuseraccount-role", "vehicleuseraccount-permissions"]
    used = ["tractionbattery-stateofcharge", ODOMETER]

    def permission(signals: list[str] | None, **more: Any) -> Any:
        return cloud.report_error(car.id, type="PERMISSION", signals=signals, **more)

    def told() -> str | None:
        issue = pushed.issues().get("permission_missing")
        return (issue.translation_placeholders or {})["signals"] if issue else None

    # Even if there was a role to be read once.
    cloud.override(car.id, noise[0], {"body": {"value": "OWNER"}, "status": "SUCCESS"})
    await pushed.flush()
    assert noise[0] in pushed.entry.runtime_data.vehicles[car.id].data.codes_in_use
    permission(noise)
    permission(["internalcombustionengine-fuellevel"])
    cloud.report_error(
        car.id, type="COMPATIBILITY", code="VEHICLE_NOT_CAPABLE", signals=used, resolution="X"
    )
    await pushed.flush()
    assert pushed.issues() == {}
    first = permission([*used, *noise], signals_form="names")
    await pushed.flush()
    assert told() == ", ".join(sorted(used))
    # The noise comes again and again, and its end is the end of nothing else.
    repeated = permission(noise)
    await pushed.flush()
    cloud.resolve_error(repeated)
    await pushed.flush()
    assert told() == ", ".join(sorted(used))
    await pushed.reload()
    assert told() == ", ".join(sorted(used))
    # Part of it is over, then all.
    part = permission(used[:1], signals_form="swapped")
    cloud.resolve_error(part)
    await pushed.flush()
    assert told() == used[1]
    cloud.resolve_error(first)
    await pushed.flush()
    assert pushed.issues() == {}
    # Without signals, or with none in the list, it is the whole connection.
    nothing: list[str] = []
    for signals in (None, nothing):
        error = permission(signals, resolution={"type": "REAUTHENTICATE", "url": "javascript:x"})
        await pushed.flush()
        assert set(pushed.issues()) == {"owner_must_log_in"}
        assert pushed.issues()["owner_must_log_in"].learn_more_url is None
        cloud.resolve_error(error)
        await pushed.flush()
        assert pushed.issues() == {}


@pytest.mark.parametrize("vehicles", [2])
async def test_error_concerns_one_car_and_goes_with_it(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], world: World
) -> None:
    await world.set_up(**{CONF_APPLICATION_ID: "our-application"})
    await world.make_webhook()
    for car in cars:
        cloud.report_error(car.id, type="CONNECTED_SERVICES_ACCOUNT", code="AUTHENTICATION_FAILED")
        cloud.report_error(
            car.id,
            type="VEHICLE_STATE",
            code="REMOTE_ACCESS_DISABLED",
            resolution={"type": "X", "url": "http://127.0.0.1.example.com/"},
        )
    await world.flush()

    def issues() -> list[ir.IssueEntry]:
        return [one for (domain, _), one in ir.async_get(hass).issues.items() if domain == DOMAIN]

    assert sorted(str(one.translation_key) for one in issues()) == [
        *["owner_must_act"] * 2,
        *["owner_must_log_in"] * 2,
    ]
    links = {one.learn_more_url for one in issues()}
    assert len(links) == 3
    assert None in links
    assert all("application_id=our-application" in link for link in links if link)
    assert not any(car.id in one.issue_id for one in issues() for car in cars)
    await world.entry.runtime_data.async_forget(cars[0].id)
    assert len(issues()) == 2
    assert device(hass, world.entry, cars[1]) is not None


# --- whoever knows the address


def fingerprint(hass: HomeAssistant, world: World) -> Any:
    """Return all that a forger may not change: anything, but the count of the rejects."""
    account = world.entry.runtime_data
    log = {
        key: value
        for key, value in world.log.as_json().items()
        if key not in {"rejected", "counts"}
    }
    return copy.deepcopy(
        (
            [one.as_dict() for one in sorted(hass.states.async_all(), key=str)],
            {key: vehicle.data.as_json() for key, vehicle in account.vehicles.items()},
            log,
            {kind: count for kind, count in world.log.counts.items() if kind != "duplicate"},
            dict(world.entry.data),
            sorted(set(world.issues()) - {"push_rejected"}),
            sorted(world.cloud.subscriptions),
        )
    )


async def test_forger_changes_nothing(  # noqa: C901  # one case of each forgery
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    world: World,
    request: pytest.FixtureRequest,
) -> None:
    """The forger knows the address, and has seen a few deliveries go by."""
    with everything_enabled():
        await world.set_up()
    await world.make_webhook()
    rng = random.Random(1)
    heard = []
    for kilometres in (900_000, 900_001):
        event = world.event({ODOMETER: {"value": kilometres, "unit": "km"}}, cars[0].id)
        heard.append(json.dumps(event).encode())
        assert (await world.post(heard[-1], cloud.sign(heard[-1])))[0] == 200
    await settle(hass)
    cloud.requests.clear()
    before = fingerprint(hass, world)
    told = Changes(hass)

    def forged() -> bytes:
        event = world.event({ODOMETER: {"value": 7, "unit": "km"}}, cars[0].id)
        if rng.random() < 0.3:
            event["eventType"] = "VEHICLE_ERROR"
            event["data"]["errors"] = [{"type": "CONNECTED_SERVICES_ACCOUNT", "state": "ERROR"}]
        return json.dumps(event).encode()

    async def ask(challenge: Any) -> tuple[int, bytes]:
        event = {"eventType": "VERIFY", "data": {"challenge": challenge}}
        return await world.post(json.dumps(event).encode(), door=door)

    for _ in range(10_000 if request.config.getoption("--deep") else 1_000):
        door = rng.choice(["http", "cloudhook"])
        body = forged()
        match rng.randrange(8):
            case 0:
                status, answer = await world.post(body, door=door)
            case 1:
                key = rng.choice([cloud.client_secret, cloud.application_id, "", WEBHOOK_ID])
                with patch.object(cloud, "application_management_token", key):
                    signature = cloud.sign(body)
                status, answer = await world.post(body, signature, door=door)
            case 2:
                signature = cloud.sign(heard[0])
                status, answer = await world.post(body, signature, door=door)
            case 3:
                # A replay: taken for what it is.
                body = rng.choice(heard)
                status, answer = await world.post(body, cloud.sign(body), door=door)
                assert (status, answer) == (200, b"")
                continue
            case 4:
                cut = rng.randrange(1, len(heard[0]))
                altered = heard[0][:cut] + bytes([heard[0][cut] ^ 1]) + heard[0][cut + 1 :]
                status, answer = await world.post(altered, cloud.sign(heard[0]), door=door)
            case 5:
                status, answer = await ask(body.decode())
            case 6:
                # The answers to VERIFY as signatures of whatever they can be of.
                word = rng.choice(["1", "0", "true", "null", "NaN", "-1", f"{rng.getrandbits(64)}"])
                status, answer = await ask(word)
                assert status == 200
                assert json.loads(answer) == {"challenge": cloud.sign(word.encode())}
                signature = json.loads(answer)["challenge"]
                blank = rng.choice(["", " ", "\n"])
                status, answer = await world.post(
                    (blank + word).encode(), rng.choice([signature, signature.upper()]), door=door
                )
            case _:
                rubbish = rng.randbytes(rng.randrange(100))
                status, answer = await world.post(
                    rubbish, *[rng.randbytes(8).hex() * 4] * rng.randrange(3), door=door
                )
        # No word, so no secret either.
        assert (status, answer) == (401, b"")
    await settle(hass)
    assert fingerprint(hass, world) == before
    assert told.take() == []
    # Nor does a forger make us ask the cloud.
    assert dict(cloud.requests) == {}
    assert set(world.issues()) == {"push_rejected"}
    cloud.patch_state(cars[0].id, {"soc": 62.0})
    await world.flush()
    assert (soc(hass, cars[0]), world.issues()) == ("62", {})


# --- anything that is signed


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the ways to all parts of a document."""
    children: list[tuple[Any, Any]] = []
    if isinstance(document, dict):
        children = list(document.items())
    elif isinstance(document, list):
        children = list(enumerate(document))
    return [way for key, child in children for way in ((*path, key), *places(child, (*path, key)))]


ODD: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 10**30, 2**63, "", " ", "\ud800", "\x00", "é" * 300, [], {}),
    *([None], [[]], {"value": {}}, {"value": []}, {"code": "closure-islocked"}, "SUCCESS", "ERROR"),
    *(1e308, -(10**400), "NaN", "2026-01-01", 1765157664581, {"": {"": None}}, [[[[[]]]]]),
    *("charge-ischarging", {"values": [{"row": 0, "column": -1}]}, {"unit": "percent", "value": 1}),
]


def damage(rng: random.Random, document: Any) -> None:
    """Replace or remove up to three parts of a document."""
    for _ in range(rng.randrange(1, 4)):
        *way, last = rng.choice(places(document) or [()]) or (None,)
        if last is None:
            return
        parent = document
        for key in way:
            parent = parent[key]
        if isinstance(parent, dict) and rng.random() < 0.3:
            del parent[last]
        else:
            parent[last] = copy.deepcopy(rng.choice(ODD))


async def test_signed_rubbish_costs_nothing_that_stands_beside_it(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    pushed: World,
    request: pytest.FixtureRequest,
) -> None:
    rng = random.Random(2)
    car = cars[0]
    await cloud.deliver(car.id)
    bodies = {
        code: signal.body
        for code, signal in cloud.stored(car).items()
        if signal.status == "SUCCESS" and code != ODOMETER
    }
    number = 10_000 if request.config.getoption("--deep") else 1_000
    for index in range(number):
        codes = rng.sample(sorted(bodies), 4)
        event = pushed.event({code: bodies[code] for code in codes}, car.id)
        data = event["data"]
        if index % 4 == 0:
            event["eventType"] = rng.choice(["VEHICLE_ERROR", "VEHICLE_STATE", "VERIFY", "OTHER"])
            data["errors"] = [
                {"type": "PERMISSION", "state": "ERROR", "signals": [{"code": ODOMETER}]}
            ]
            damage(rng, event)
            assert await pushed.send(event, door="cloudhook") in {200, 202, 401}
            continue
        damage(rng, data["signals"])
        good = pushed.event({ODOMETER: {"value": index + 1, "unit": "km"}}, car.id)
        data["signals"].insert(rng.randrange(len(data["signals"]) + 1), good["data"]["signals"][0])
        damage(rng, event["triggers"])
        assert await pushed.send(event, door=rng.choice(["cloudhook", "http"])) == 200
        assert km(hass, car) == index + 1
    assert pushed.log.counts["failed"] == 0
    # What was held of it can be kept, and read again.
    await pushed.reload()
    assert pushed.entry.state is ConfigEntryState.LOADED
    assert km(hass, car) == number


async def test_burst_while_a_poll_runs(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], pushed: World
) -> None:
    car = cars[0]
    now = round(time.time() * 1000)
    number = 1_000
    # The poll has something of the middle of the burst, and answers into it.
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now / 1000 + 50))
    cloud.override(
        car.id,
        ODOMETER,
        {
            "body": {"value": 500_000, "unit": "km"},
            "status": "SUCCESS",
            "meta": {"oemUpdatedAt": when, "retrievedAt": when},
        },
    )
    cloud.faults.add(Fault(route=SIGNALS_ROUTE, delay=0.3, count=1))
    events = []
    for index in range(number):
        event = pushed.event({ODOMETER: {"value": index, "unit": "km"}}, car.id)
        event["data"]["signals"][0]["meta"]["oemUpdatedAt"] = now + index * 100
        events.append(event)
    random.Random(3).shuffle(events)
    poll = asyncio.create_task(pushed.entry.runtime_data.vehicles[car.id].async_refresh())
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0)
            beats += 1

    heart = asyncio.create_task(beat())
    gate = asyncio.Semaphore(20)

    async def send(event: dict[str, Any]) -> None:
        async with gate:
            assert await pushed.send(event) == 200

    await asyncio.gather(*map(send, events))
    await poll
    heart.cancel()
    assert beats > number / 20
    assert km(hass, car) == number - 1
    assert pushed.log.counts["applied"] >= number
    assert len(pushed.log.seen) >= number
    # How long the loop stands still for one delivery of the largest kind: time of this thread
    # only, since others use the machine as well.
    now_seen = dt_util.utcnow()
    pushed.log.seen.update({f"{index:036}": now_seen for index in range(10_000)})
    everything = {code: signal.body for code, signal in cloud.stored(car).items()}
    spent = []
    for index in range(40):
        everything[ODOMETER] = {"value": number + index, "unit": "km"}
        body = json.dumps(pushed.event(everything, car.id, triggers=["x" * 20_000]), default=str)
        signature = cloud.sign(body.encode())
        began = time.thread_time()
        assert (await pushed.post(body.encode(), signature, door="cloudhook"))[0] == 200
        spent.append(time.thread_time() - began)
    assert sorted(spent)[30] < 0.02, spent


# --- entities


async def test_sensors_of_push(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], freezer: FrozenDateTimeFactory, world: World
) -> None:
    await world.set_up()
    car = cars[0]
    registry = er.async_get(hass)
    for key in ("pushes_today", "pushes_rejected"):
        found = registry.async_get(str(entity_id(hass, car, f"sensor.{key}")))
        assert found is not None
        assert found.disabled_by is er.RegistryEntryDisabler.INTEGRATION
        registry.async_update_entity(found.entity_id, disabled_by=None)
    # The clock of the cloud must not go back.
    noon = dt_util.utcnow().replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    freezer.move_to(noon)
    await world.reload()
    await world.make_webhook()
    assert value(hass, car, "sensor.last_push") == noon.isoformat()
    for count in (2, 3):
        freezer.tick(1)
        cloud.patch_state(car.id, {"soc": 30.0 + count})
        await world.flush()
        assert value(hass, car, "sensor.pushes_today") == str(count)
    assert value(hass, car, "sensor.last_push") == (noon + timedelta(seconds=2)).isoformat()
    changes = Changes(hass)
    for _ in range(5):
        await world.post(b"{}")
    await settle(hass)
    # A forger writes no state; the next delivery, or poll, shows the count.
    assert changes.take() == []
    freezer.tick(timedelta(hours=12))
    cloud.patch_state(car.id, {"soc": 40.0})
    await world.flush()
    assert value(hass, car, "sensor.pushes_today") == "1"
    assert value(hass, car, "sensor.pushes_rejected") == "5"


# --- the address


async def test_public_address(hass: HomeAssistant, socket_enabled: None) -> None:
    await async_setup_component(hass, "webhook", {})

    async def url(external: str | None) -> str | None:
        hass.config.external_url = external
        try:
            return await push.async_get_push_url(hass, "abc")
        except push.NoPublicUrlError:
            return None

    assert await url("https://ha.example.com") == "https://ha.example.com/api/webhook/abc"
    assert (
        await url("https://ha.example.com:8443/") == "https://ha.example.com:8443/api/webhook/abc"
    )
    assert await url("https://93.184.216.34") is not None
    assert await url("https://[2606:2800:220:1::1]") is not None
    for private in (
        *(None, "http://ha.example.com", "https://homeassistant", "https://ha.local"),
        *("https://192.168.1.2", "https://127.0.0.1", "https://[fe80::1]", "https://[::1]"),
        *("https://ha.home.arpa", "https://ha.lan", "https://100.64.0.1"),
    ):
        assert await url(private) is None, private
    # Home Assistant Cloud comes first. What it raises is its own.
    get = "async_get_or_create_cloudhook"
    with (
        patch.object(home_cloud, "async_active_subscription", return_value=True),
        patch.object(home_cloud, get, AsyncMock(return_value="https://hooks.example/x")) as hook,
    ):
        assert await url("https://ha.example.com") == "https://hooks.example/x"
        for error in (home_cloud.CloudNotConnected, ValueError, RuntimeError):
            hook.side_effect = error
            assert await url("https://ha.example.com") is None


async def test_cloud_that_is_about_to_connect_is_no_repair(
    hass: HomeAssistant, cloud: Cloud, world: World
) -> None:
    url, world.url = world.url, None
    with patch.object(home_cloud, "async_active_subscription", return_value=True):
        await world.set_up()
        assert world.issues() == {}
        world.url = url
        async_dispatcher_send(
            hass,
            home_cloud.SIGNAL_CLOUD_CONNECTION_STATE,
            home_cloud.CloudConnectionState.CLOUD_CONNECTED,
        )
        await settle(hass)
        assert set(world.issues()) == {"push_not_created"}


async def test_own_address_is_tested_as_the_cloud_would(
    hass: HomeAssistant, cloud: Cloud, pushed: World
) -> None:
    async def test(path: str, token: str = cloud.application_management_token) -> Any:
        url = str(pushed.browser.make_url(path))
        return (await push.async_test_push_url(hass, url, token))[0]

    own = f"/api/webhook/{WEBHOOK_ID}"
    assert await test(own) is push.UrlTest.WORKS
    assert await test(own, "another-token") is push.UrlTest.WRONG_ANSWER
    # So does Home Assistant answer for what it does not know.
    assert await test("/api/webhook/unknown") is push.UrlTest.WRONG_ANSWER
    assert await test("/nothing") is push.UrlTest.WRONG_STATUS
    # The cloud would not follow; and that it leads here in the end proves nothing.
    elsewhere = Application()
    elsewhere.router.add_post("/", AsyncMock(side_effect=HTTPTemporaryRedirect(str(pushed.url))))
    async with TestServer(elsewhere, host="127.0.0.1") as server:
        result = await push.async_test_push_url(hass, str(server.make_url("/")), "token")
    assert result == (push.UrlTest.WRONG_STATUS, 307)
    result = await push.async_test_push_url(hass, "http://127.0.0.1:1/", "token")
    assert result == (push.UrlTest.UNREACHABLE, None)
