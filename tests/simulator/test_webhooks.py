"""Reference 9: webhooks as they arrive at a receiver that checks signatures by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime
import hashlib
import hmac
import json
import time
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from simulator import Cloud, Misbehaviour, create_app
from simulator.catalogue import SIGNALS
from simulator.webhooks import SignalMeta, Signing, TriggerForm, VerifyForm, Webhook

from .conftest import Api

LOCKED = "closure-islocked"
SOC = "tractionbattery-stateofcharge"


def hexdigest(key: str, message: bytes) -> str:
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


@dataclass
class Arrival:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def signature(self) -> str | None:
        return self.headers.get("SC-Signature")

    @property
    def signals(self) -> dict[str, Any]:
        return {signal["code"]: signal for signal in self.json["data"]["signals"]}


@dataclass
class Receiver:
    """Answers a VERIFY with the key it has, and events with `statuses`, then 200."""

    key: str
    url: str = ""
    statuses: list[int] = field(default_factory=list)
    delay: float = 0.0
    verifies: list[Arrival] = field(default_factory=list)
    events: list[Arrival] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def receive(self, request: web.Request) -> web.Response:
        arrival = Arrival(request.path, dict(request.headers), await request.read())
        body = arrival.json
        if body.get("eventType") == "VERIFY" or body.get("eventName") == "verify":
            self.verifies.append(arrival)
            challenge = (body.get("data") or body["payload"])["challenge"]
            return web.json_response({"challenge": hexdigest(self.key, challenge.encode())})
        self.events.append(arrival)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.delay)
        self.at_once -= 1
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, text="thanks", headers={"Location": "/elsewhere"})

    def signed(self, arrival: Arrival) -> bool:
        return arrival.signature == hexdigest(self.key, arrival.raw)


@pytest.fixture
async def receiver(socket_enabled: None, cloud: Cloud) -> AsyncIterator[Receiver]:
    receiver = Receiver(cloud.application_management_token)
    app = web.Application()
    app.router.add_post("/{tail:.*}", receiver.receive)
    async with TestServer(app, host="127.0.0.1") as server:
        receiver.url = str(server.make_url("/api/webhook/abc"))
        yield receiver


type Make = Callable[..., Webhook]


@pytest.fixture
def make(api: Api, cloud: Cloud, receiver: Receiver) -> Make:
    """Create a webhook at the receiver; its first car is subscribed."""
    cloud.retry_scale = 0
    cloud.step_interval = 3600
    for car in cloud.cars.values():
        car.held = True

    def make(**options: Any) -> Webhook:
        webhook = cloud.create_webhook("Home Assistant", receiver.url, **options)
        subscribe(cloud, webhook)
        return webhook

    return make


def subscribe(cloud: Cloud, webhook: Webhook) -> str:
    connection = next(iter(cloud.connections.values()))
    cloud.subscribe(webhook.id, connection.user_id, connection.vehicle_id)
    return connection.vehicle_id


@pytest.fixture
async def car(make: Make, cloud: Cloud, receiver: Receiver) -> str:
    """Return the id of the car of a webhook that had its FIRST_DELIVERY."""
    make()
    await cloud.flush()
    assert len(receiver.events) == 1
    receiver.events.clear()
    cloud.deliveries.clear()
    return next(iter(cloud.connections.values())).vehicle_id


def webhook_id(cloud: Cloud) -> str:
    return next(iter(cloud.webhooks))


# --- VERIFY -----------------------------------------------------------------------------------


async def test_verify_is_unsigned(make: Make, cloud: Cloud, receiver: Receiver) -> None:
    webhook = make()
    await cloud.flush()
    [verify] = receiver.verifies
    assert verify.signature is None
    assert verify.headers["Content-Type"] == "application/json"
    assert verify.headers["User-Agent"].startswith("Smartcar/")
    body = verify.json
    assert body.keys() == {"eventId", "eventType", "data", "meta"}
    assert body["data"].keys() == {"challenge"}
    assert (body["meta"]["version"], body["meta"]["webhookId"]) == ("4.0", webhook.id)
    assert datetime.fromisoformat(body["meta"]["deliveredAt"])
    assert cloud.webhooks[webhook.id].is_verified
    first = cloud.deliveries[0]
    assert (first.type, first.status, first.event_id) == ("VERIFY", 200, body["eventId"])


@pytest.mark.parametrize("form", [VerifyForm.BARE, VerifyForm.LEGACY])
async def test_other_forms_of_verify(
    make: Make, cloud: Cloud, receiver: Receiver, form: VerifyForm
) -> None:
    webhook = make(verify=False)
    cloud.misbehave(webhook.id, Misbehaviour(verify_form=form, silent=True))
    assert await cloud.verify_webhook(webhook.id)
    assert len(receiver.verifies[0].json) == {VerifyForm.BARE: 2, VerifyForm.LEGACY: 3}[form]
    assert not receiver.events


async def test_a_wrong_answer_verifies_nothing(
    make: Make, cloud: Cloud, receiver: Receiver
) -> None:
    receiver.key = "another token"
    webhook = make()
    await cloud.flush()
    assert len(receiver.verifies) == 1
    assert not cloud.webhooks[webhook.id].is_verified
    assert await cloud.deliver() == []
    receiver.key = cloud.application_management_token
    assert await cloud.verify_webhook(webhook.id)
    await cloud.flush()
    assert [event.json["triggers"] for event in receiver.events] == [[{"type": "FIRST_DELIVERY"}]]


async def test_verification_may_need_a_car(make: Make, cloud: Cloud, receiver: Receiver) -> None:
    cloud.verify_needs_subscription = True
    webhook = cloud.create_webhook("Home Assistant", receiver.url)
    await cloud.flush()
    assert not await cloud.verify_webhook(webhook.id)
    assert len(receiver.verifies) == 2
    subscribe(cloud, webhook)
    assert await cloud.verify_webhook(webhook.id)


async def test_nobody_answers_a_verify(make: Make, cloud: Cloud, receiver: Receiver) -> None:
    webhook = cloud.create_webhook("Home Assistant", "http://127.0.0.1:1/", verify=False)
    assert not await cloud.verify_webhook(webhook.id)
    assert cloud.deliveries[0].status is None
    assert cloud.deliveries[0].error == "ClientConnectorError"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "http://127.0.0.1.example.com/",
        "http://192.168.1.2:8123/",
        "http://127.0.0.1@example.com/",
        "ftp://127.0.0.1/",
        "http:///",
        "http://127.0.0.1:port/",
        "/api/webhook",
    ],
)
async def test_the_simulator_never_calls_out(cloud: Cloud, url: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        cloud.create_webhook("Home Assistant", url)
    with pytest.raises(ValueError, match="loopback"):
        cloud.create_webhook("Home Assistant", "http://127.0.0.1/", error_callback_uri=url)
    assert not cloud.webhooks
    webhook = cloud.create_webhook("Home Assistant", "http://127.0.0.1/")
    with pytest.raises(ValueError, match="loopback"):
        cloud.edit_webhook(webhook.id, callback_uri=url)


async def test_nothing_is_sent_without_an_application(cloud: Cloud) -> None:
    webhook = cloud.create_webhook("Home Assistant", "http://127.0.0.1:1/")
    await cloud.flush()
    with pytest.raises(RuntimeError, match="application"):
        await cloud.verify_webhook(webhook.id)


# --- VEHICLE_STATE ----------------------------------------------------------------------------


async def test_first_delivery(make: Make, cloud: Cloud, receiver: Receiver) -> None:
    webhook = make()
    connection = next(iter(cloud.connections.values()))
    cloud.set_store_empty(connection.vehicle_id)
    before = time.time()
    await cloud.flush()
    [event] = receiver.events
    assert receiver.signed(event)
    assert event.signature == (event.signature or "").lower()
    assert len(event.raw) < 50_000
    body = event.json
    assert body["eventType"] == "VEHICLE_STATE"
    assert body["triggers"] == [{"type": "FIRST_DELIVERY"}]
    assert body["data"]["user"] == {"id": connection.user_id, "externalId": None}
    assert body["data"]["vehicle"] == {
        "id": connection.vehicle_id,
        "make": "VOLKSWAGEN",
        "model": "ID.4",
        "year": 2023,
        "mode": "live",
        "powertrainType": "BEV",
    }
    meta = body["meta"]
    assert before - 1 < meta.pop("deliveredAt") / 1000 < time.time() + 1
    assert meta.pop("deliveryId") == cloud.deliveries[-1].delivery_id
    assert meta == {
        "version": "4.0",
        "webhookId": webhook.id,
        "webhookName": "Home Assistant",
        "mode": "LIVE",
        "sequence": 1,
        "signalCount": 93,
    }
    signals = event.signals
    assert signals.keys() == SIGNALS.keys()
    car = cloud.cars[connection.vehicle_id]
    at = round(car.snapshot.at * 1000)
    good = signals[SOC]
    assert good["meta"] == {
        "oemUpdatedAt": pytest.approx(at, abs=1),
        "retrievedAt": pytest.approx(at, abs=1),
    }
    assert isinstance(good["meta"]["oemUpdatedAt"], int)
    assert {**good, "meta": None} == {
        "code": SOC,
        "name": "StateOfCharge",
        "group": "TractionBattery",
        "body": {"value": round(car.state.soc), "unit": "percent"},
        "status": {"value": "SUCCESS"},
        "meta": None,
    }
    assert signals["vehicleidentification-vin"]["meta"] == {"oemUpdatedAt": 0, "retrievedAt": 0}
    for code in ("closure-sunroof", "wheel-style"):
        assert signals[code] == {
            "code": code,
            "name": SIGNALS[code].name,
            "group": SIGNALS[code].group,
            "status": {
                "value": "ERROR",
                "error": {"type": "COMPATIBILITY", "code": "VEHICLE_NOT_CAPABLE"},
            },
        }


async def test_only_configured_and_granted_signals(
    make: Make, cloud: Cloud, receiver: Receiver
) -> None:
    owner = next(iter(cloud.owners))
    codes = (SOC, "wheel-tires", "wheel-style", LOCKED)
    webhook = cloud.create_webhook("Home Assistant", receiver.url, triggers=[LOCKED], data=codes)
    new = cloud.unconnected(owner)[0].id
    cloud.connect(owner, [new], ["read_battery", "read_tires"])
    cloud.subscribe(webhook.id, owner, new)
    cloud.override(new, "wheel-tires", None)
    cloud.override(new, "novel-signal", {"body": {"value": 1.0}, "meta": {"oemUpdatedAt": "?"}})
    await cloud.flush()
    signals = receiver.events[0].signals
    assert list(signals) == [SOC, "wheel-style", LOCKED, "novel-signal"]
    permission = {"value": "ERROR", "error": {"type": "PERMISSION", "code": None}}
    assert signals["wheel-style"]["status"] == signals[LOCKED]["status"] == permission
    assert signals["novel-signal"]["meta"] == {"oemUpdatedAt": "?", "retrievedAt": 0}
    # What the owner did not grant tells nobody that it changed.
    cloud.patch_state(new, {"locked": False})
    await cloud.flush()
    assert len(receiver.events) == 1


async def test_changes_are_delivered(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.step()
    await cloud.flush()
    assert not receiver.events
    cloud.patch_state(car, {"soc": 33})
    cloud.override(car, LOCKED, {"body": {"value": None}})
    await cloud.flush()
    first, second = receiver.events
    triggers = {one["signal"]["code"]: one for one in first.json["triggers"]}
    assert triggers.keys() >= {SOC, "tractionbattery-range"}
    assert triggers[SOC] == {
        "type": "SIGNAL_UPDATED",
        "signal": {"name": "StateOfCharge", "code": SOC, "group": "TractionBattery"},
    }
    assert first.signals[SOC]["body"]["value"] == 33
    assert len(first.signals) == 93
    assert [one["signal"]["code"] for one in second.json["triggers"]] == [LOCKED]
    assert [event.json["meta"]["sequence"] for event in receiver.events] == [2, 3]
    assert all(receiver.signed(event) for event in receiver.events)


async def test_triggers_decide_when(make: Make, cloud: Cloud, receiver: Receiver) -> None:
    webhook = make(triggers=[LOCKED])
    car = subscribe(cloud, webhook)
    cloud.patch_state(car, {"soc": 33})
    await cloud.flush()
    cloud.patch_state(car, {"soc": 44})
    await cloud.flush()
    assert len(receiver.events) == 1
    cloud.patch_state(car, {"locked": False})
    await cloud.flush()
    assert len(receiver.events) == 2
    assert receiver.events[1].signals[SOC]["body"]["value"] == 44


async def test_the_application_steps_the_cloud(cloud: Cloud, receiver: Receiver) -> None:
    cloud.step_interval = 0.01
    cloud.create_webhook("Home Assistant", receiver.url, auto_subscribe=True)
    async with TestServer(create_app(cloud)):
        await wait_for(lambda: len(receiver.events) == 3)
        cloud.report_interval = 60
        cloud.clock.advance(3600)
        await wait_for(lambda: len(receiver.events) > 4)
    count = len(receiver.events)
    cloud.clock.advance(3600)
    await asyncio.sleep(0.05)
    assert len(receiver.events) == count


async def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not happen")


async def test_enabling_again_begins_anew(cloud: Cloud, receiver: Receiver, car: str) -> None:
    webhook = webhook_id(cloud)
    cloud.edit_webhook(webhook, is_enabled=False)
    cloud.patch_state(car, {"soc": 33})
    assert await cloud.deliver(car) == []
    cloud.edit_webhook(webhook, is_enabled=True)
    await cloud.flush()
    [event] = receiver.events
    assert event.json["triggers"] == [{"type": "FIRST_DELIVERY"}]
    assert event.signals[SOC]["body"]["value"] == 33


async def test_a_new_callback_is_verified(cloud: Cloud, receiver: Receiver, car: str) -> None:
    receiver.verifies.clear()
    url = receiver.url.replace("abc", "def")
    edited = cloud.edit_webhook(webhook_id(cloud), callback_uri=url, verify=False)
    assert not edited.is_verified
    assert await cloud.deliver(car) == []
    cloud.edit_webhook(webhook_id(cloud), callback_uri=receiver.url)
    await cloud.flush()
    assert [one.path for one in receiver.verifies] == ["/api/webhook/abc"]
    assert len(receiver.events) == 1


async def test_the_end_of_a_subscription(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.subscriptions.clear()
    cloud.patch_state(car, {"soc": 33})
    cloud.report_error(car, type="PERMISSION")
    await cloud.flush()
    assert not receiver.events
    cloud.delete_webhook(webhook_id(cloud))
    await cloud.flush()


# --- retries ----------------------------------------------------------------------------------


async def test_retries(cloud: Cloud, receiver: Receiver, car: str) -> None:
    receiver.statuses = [500, 302]
    [last] = await cloud.deliver(car)
    assert (last.attempt, last.status, last.body, last.vehicle_id) == (3, 200, "thanks", car)
    assert [(one.attempt, one.status) for one in cloud.deliveries] == [(1, 500), (2, 302), (3, 200)]
    assert len({event.json["eventId"] for event in receiver.events}) == 1
    assert len({event.json["meta"]["deliveryId"] for event in receiver.events}) == 3
    assert all(receiver.signed(event) for event in receiver.events)


async def test_four_attempts_and_no_more(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.retry_scale = 0.0002
    receiver.statuses = [404] * 9
    start = asyncio.get_running_loop().time()
    [last] = await cloud.deliver(car)
    assert asyncio.get_running_loop().time() - start >= 175 * 0.0002
    assert (last.attempt, last.status, len(receiver.events)) == (4, 404, 4)
    await cloud.flush()
    assert len(receiver.events) == 4


async def test_a_late_answer_is_none(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.answer_timeout = 0.05
    receiver.delay = 0.5
    delivering = asyncio.create_task(cloud.deliver(car))
    await wait_for(lambda: bool(cloud.deliveries))
    receiver.delay = 0
    [last] = await delivering
    assert cloud.deliveries[0].status is None
    assert "Timeout" in str(cloud.deliveries[0].error)
    assert last.succeeded


async def test_a_new_token_signs_retries_too(cloud: Cloud, receiver: Receiver, car: str) -> None:
    old = cloud.application_management_token
    receiver.statuses = [503]
    receiver.delay = 0.05
    delivering = asyncio.create_task(cloud.deliver(car))
    await wait_for(lambda: bool(receiver.events))
    new = cloud.rotate_management_token()
    await delivering
    assert new != old
    assert cloud.credentials()["application_management_token"] == new
    signatures = [event.signature for event in receiver.events]
    assert signatures == [
        hexdigest(old, receiver.events[0].raw),
        hexdigest(new, receiver.events[1].raw),
    ]
    assert cloud.sign(receiver.events[1].raw) == signatures[1]


# --- VEHICLE_ERROR ----------------------------------------------------------------------------


async def test_errors(cloud: Cloud, receiver: Receiver, car: str) -> None:
    error = cloud.report_error(car, type="PERMISSION", signals=[LOCKED])
    assert list(cloud.errors.values()) == [error]
    cloud.resolve_error(error)
    await cloud.flush()
    reported, resolved = receiver.events
    assert receiver.signed(reported)
    body = reported.json
    assert body["eventType"] == "VEHICLE_ERROR"
    assert body["data"]["vehicle"]["id"] == car
    assert "signalCount" not in body["meta"]
    [told] = body["data"]["errors"]
    assert told["description"]
    assert told["docURL"].endswith("/permission-errors#null")
    assert (told["type"], told["code"], told["state"]) == ("PERMISSION", None, "ERROR")
    assert told["resolution"] == {"type": "REAUTHENTICATE"}
    assert told["signals"] == [{"name": "IsLocked", "group": "Closure", "code": LOCKED}]
    assert resolved.json["data"]["errors"] == [{**told, "state": "RESOLVED"}]
    assert resolved.json["eventId"] != body["eventId"]
    assert not cloud.errors


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("names", "Closure.IsLocked"),
        ("swapped", {"name": "Closure", "group": "IsLocked", "code": LOCKED}),
    ],
)
async def test_forms_of_the_signals_of_an_error(
    cloud: Cloud, receiver: Receiver, car: str, form: str, expected: object
) -> None:
    cloud.report_error(
        car,
        type="COMPATIBILITY",
        code="VEHICLE_NOT_CAPABLE",
        signals=[LOCKED],
        signals_form=form,
        suggested_user_message="Sorry.",
    )
    await cloud.flush()
    [error] = receiver.events[0].json["data"]["errors"]
    assert error["signals"] == [expected]
    assert error["resolution"] == {"type": None}
    assert error["suggestedUserMessage"] == "Sorry."


async def test_errors_of_the_whole_connection(cloud: Cloud, receiver: Receiver, car: str) -> None:
    kind = {"type": "CONNECTED_SERVICES_ACCOUNT", "code": "AUTHENTICATION_FAILED"}
    cloud.report_error(car, **kind)
    cloud.report_error(car, **kind, resolution="CONTACT_SUPPORT")
    cloud.report_error(car, **kind, resolution={"type": None})
    await cloud.flush()
    errors = [event.json["data"]["errors"][0] for event in receiver.events]
    assert all("signals" not in error for error in errors)
    url = cloud.reauthenticate_url(car)
    assert [error["resolution"] for error in errors] == [
        {"type": "REAUTHENTICATE", "url": url},
        {"type": "CONTACT_SUPPORT"},
        {"type": None},
    ]


async def test_errors_may_have_their_own_callback(
    make: Make, cloud: Cloud, receiver: Receiver
) -> None:
    webhook = make(error_callback_uri=receiver.url.replace("abc", "errors"))
    await cloud.flush()
    cloud.report_error(subscribe(cloud, webhook), type="VEHICLE_STATE", code="ASLEEP")
    await cloud.flush()
    assert [event.path for event in receiver.events] == ["/api/webhook/abc", "/api/webhook/errors"]


# --- misbehaviour -----------------------------------------------------------------------------


@pytest.mark.parametrize("signing", [one for one in Signing if one is not Signing.RIGHT])
async def test_wrong_signatures(
    cloud: Cloud, receiver: Receiver, car: str, signing: Signing
) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehaviour(signature=signing, count=1))
    await cloud.deliver(car)
    await cloud.deliver(car)
    wrong, right = receiver.events
    assert receiver.signed(right)
    assert not receiver.signed(wrong)
    match signing:
        case Signing.NONE:
            assert wrong.signature is None
        case Signing.UPPER:
            assert wrong.signature == hexdigest(receiver.key, wrong.raw).upper()
        case Signing.COMPACT:
            assert b"\n" in wrong.raw
            assert len(wrong.raw) < 50_000
            compact = json.dumps(wrong.json, separators=(",", ":"), ensure_ascii=False)
            assert wrong.signature == hexdigest(receiver.key, compact.encode())


async def test_pretty_bodies(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehaviour(pretty=True))
    await cloud.deliver(car)
    assert b"\n" in receiver.events[0].raw
    assert receiver.signed(receiver.events[0])


async def test_duplicates(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehaviour(duplicates=2))
    await cloud.deliver(car)
    assert len(receiver.events) == 3
    assert len({event.json["eventId"] for event in receiver.events}) == 1
    assert len({event.json["meta"]["deliveryId"] for event in receiver.events}) == 3
    assert receiver.most_at_once == 1


@pytest.mark.parametrize("concurrent", [True, False])
async def test_concurrency(cloud: Cloud, receiver: Receiver, car: str, concurrent: bool) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehaviour(concurrent=concurrent, duplicates=1))
    receiver.delay = 0.03
    await asyncio.gather(cloud.deliver(car), cloud.deliver(car))
    assert len(receiver.events) == 4
    assert receiver.most_at_once == (4 if concurrent else 1)


async def test_reordering(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehaviour(reorder=3))
    for soc in (31, 32):
        cloud.patch_state(car, {"soc": soc})
    assert await cloud.deliver(car) == []
    await wait_for(lambda: len(receiver.events) == 3)
    cloud.patch_state(car, {"soc": 34})
    cloud.patch_state(car, {"soc": 35})
    await cloud.flush()
    cloud.patch_state(car, {"soc": 36})
    cloud.misbehave(webhook_id(cloud))
    await cloud.flush()
    assert [event.json["meta"]["sequence"] for event in receiver.events] == [4, 3, 2, 6, 5, 7]
    values = [event.signals[SOC]["body"]["value"] for event in receiver.events]
    assert values == [32, 32, 31, 35, 34, 36]


async def test_silence(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehaviour(silent=True))
    cloud.patch_state(car, {"soc": 33})
    cloud.report_error(car, type="PERMISSION")
    assert await cloud.deliver(car) == []
    cloud.misbehave(webhook_id(cloud))
    await cloud.flush()
    assert not receiver.events
    assert not cloud.deliveries


@pytest.mark.parametrize("offset", [-86400.0, 3600.0])
async def test_wrong_times_of_delivery(
    cloud: Cloud, receiver: Receiver, car: str, offset: float
) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehaviour(delivered_at_offset=offset))
    await cloud.deliver(car)
    told = receiver.events[0].json["meta"]["deliveredAt"] / 1000
    assert told == pytest.approx(time.time() + offset, abs=5)


async def test_a_missing_time_of_delivery(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehaviour(delivered_at_missing=True))
    await cloud.deliver(car)
    assert "deliveredAt" not in receiver.events[0].json["meta"]
    assert receiver.signed(receiver.events[0])


async def test_jumps_in_time_do_not_show_in_deliveries(
    cloud: Cloud, receiver: Receiver, car: str
) -> None:
    cloud.clock.advance(7200)
    await cloud.flush()
    event = receiver.events[-1]
    assert event.json["meta"]["deliveredAt"] / 1000 == pytest.approx(time.time(), abs=5)
    assert event.signals[SOC]["meta"]["oemUpdatedAt"] / 1000 > time.time() + 3600


async def test_test_mode(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehaviour(test_mode=True))
    await cloud.deliver(car)
    [event] = receiver.events
    assert receiver.signed(event)
    assert event.json["meta"]["mode"] == "TEST"
    assert event.json["data"]["vehicle"]["mode"] == "test"
    assert event.json["data"]["vehicle"]["id"] not in cloud.cars
    assert event.json["data"]["user"]["id"] not in cloud.owners


async def test_an_unknown_event(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehaviour(unknown_event=True))
    [delivery] = await cloud.deliver(car)
    assert receiver.events[0].json["eventType"] == delivery.type
    assert delivery.type not in {"VEHICLE_STATE", "VEHICLE_ERROR", "VERIFY"}


async def test_a_malformed_signal(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehaviour(malformed_signal=True))
    await cloud.deliver(car)
    signals = receiver.events[0].json["data"]["signals"]
    objects = [one for one in signals if isinstance(one, dict)]
    assert len(signals) == 93 + 5
    assert len(objects) == 93 + 2
    assert [one["code"] for one in objects if one.get("status") == "fine"] == ["charge-amperage"]
    assert any(one.get("code") == SOC and one["body"]["unit"] == "percent" for one in objects)


async def test_a_missing_status(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehaviour(missing_status=True))
    await cloud.deliver(car)
    signals = receiver.events[0].signals
    assert "status" not in signals[SOC]
    assert signals["closure-sunroof"]["status"]["value"] == "ERROR"


@pytest.mark.parametrize(
    ("meta", "expected"),
    [
        (SignalMeta.MISSING, None),
        (SignalMeta.EMPTY, {}),
        (SignalMeta.ZERO, {"oemUpdatedAt": 0, "retrievedAt": 0}),
    ],
)
async def test_meta_of_signals(
    cloud: Cloud, receiver: Receiver, car: str, meta: SignalMeta, expected: object
) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehaviour(signal_meta=meta))
    await cloud.deliver(car)
    assert receiver.events[0].signals[SOC].get("meta") == expected


async def test_forms_of_triggers(cloud: Cloud, receiver: Receiver, car: str) -> None:
    for form in (TriggerForm.NAMES, TriggerForm.DATA):
        cloud.misbehave(webhook_id(cloud), Misbehaviour(triggers=form))
        await cloud.deliver(car, triggers=["FIRST_DELIVERY", LOCKED])
    names, data = (event.json for event in receiver.events)
    assert names["triggers"] == [
        {"type": "FIRST_DELIVERY"},
        {"type": "SIGNAL_UPDATED", "signal": "Closure.IsLocked"},
    ]
    assert "triggers" not in data
    assert data["data"]["triggers"] == [
        {"code": "FIRST_DELIVERY"},
        {"code": LOCKED, "name": "IsLocked", "group": "Closure"},
    ]


# --- over HTTP --------------------------------------------------------------------------------


async def test_the_dashboard(api: Api, cloud: Cloud, receiver: Receiver, make: Make) -> None:
    body = {"name": "Home Assistant", "callbackUri": receiver.url, "autoSubscribe": True}
    status, made = await api.call("POST", "/_sim/webhooks", json=body)
    assert (status, made["verified"]) == (201, True)
    await cloud.flush()
    assert len(receiver.events) == 3
    path = f"/_sim/webhooks/{made['id']}"
    assert (await api.call("POST", f"{path}/verify"))[1] == {"verified": True}
    [listed] = (await api.call("GET", "/_sim/webhooks"))[1]["webhooks"]
    assert (listed["verified"], len(listed["subscriptions"])) == (True, 3)
    receiver.key = "wrong"
    url = receiver.url + "/new"
    _, edited = await api.call(
        "PATCH", path, json={"callbackUri": url, "isEnabled": False, "autoSubscribe": False}
    )
    assert (edited["callbackUri"], edited["verified"]) == (url, False)
    assert (edited["isEnabled"], edited["autoSubscribe"]) == (False, False)
    for wrong in ({}, {"id": "x"}, {"isEnabled": "yes"}, {"callbackUri": "http://example.com"}):
        assert (await api.call("PATCH", path, json=wrong))[0] == 400
    assert (await api.call("PATCH", path, json={"autoSubscribe": True, "name": "HA"}))[0] == 200
    assert (await api.call("DELETE", path))[0] == 204
    assert not cloud.subscriptions
    for method, tail in (
        ("PATCH", ""),
        ("DELETE", ""),
        ("POST", "/verify"),
        ("POST", "/misbehave"),
    ):
        assert (await api.call(method, path + tail, json={"isEnabled": True}))[0] == 404
    for wrong in ({"name": "x"}, {**body, "callbackUri": "http://8.8.8.8"}):
        assert (await api.call("POST", "/_sim/webhooks", json=wrong))[0] == 400


async def test_misbehaviour_over_http(api: Api, cloud: Cloud, receiver: Receiver, car: str) -> None:
    path = f"/_sim/webhooks/{webhook_id(cloud)}/misbehave"
    wanted = Misbehaviour(
        signature=Signing.WRONG, duplicates=1, delivered_at_offset=-60, silent=False, count=5
    )
    status, told = await api.call("POST", path, json=wanted.as_json())
    assert (status, told) == (200, wanted.as_json())
    assert cloud.push.misbehaviour(webhook_id(cloud)) == wanted
    status, _ = await api.call(
        "PATCH", f"/_sim/cars/{car}", json={"signals": {LOCKED: {"body": {"value": None}}}}
    )
    await wait_for(lambda: len(receiver.events) == 2)
    assert not receiver.signed(receiver.events[1])
    for wrong in (
        {"signature": "funny"},
        {"silent": 1},
        {"duplicates": -1},
        {"count": "2"},
        {"delivered_at_offset": None},
        {"sgnature": "none"},
    ):
        assert (await api.call("POST", path, json=wrong))[0] == 400
    assert (await api.call("POST", path, json={}))[1] == Misbehaviour().as_json()


async def test_errors_and_deliveries_over_http(
    api: Api, cloud: Cloud, receiver: Receiver, car: str
) -> None:
    status, made = await api.call(
        "POST",
        "/_sim/errors",
        json={
            "vehicle_id": car,
            "type": "PERMISSION",
            "signals": [LOCKED],
            "signals_form": "names",
            "resolution": "REAUTHENTICATE",
            "suggestedUserMessage": "Log in.",
        },
    )
    assert status == 201
    assert [one["id"] for one in (await api.call("GET", "/_sim/errors"))[1]["errors"]] == [
        made["id"]
    ]
    assert (await api.call("DELETE", f"/_sim/errors/{made['id']}"))[0] == 204
    assert (await api.call("DELETE", f"/_sim/errors/{made['id']}"))[0] == 404
    await cloud.flush()
    _, body = await api.call("GET", "/_sim/deliveries")
    assert [(one["type"], one["status"], one["attempt"]) for one in body["deliveries"]] == [
        ("VEHICLE_ERROR", 200, 1)
    ] * 2
    assert (await api.call("DELETE", "/_sim/deliveries"))[0] == 204
    assert not cloud.deliveries
    for wrong in (
        {"type": "PERMISSION"},
        {"vehicle_id": car},
        {"vehicle_id": car, "type": "PERMISSION", "signals_form": "poem"},
    ):
        assert (await api.call("POST", "/_sim/errors", json=wrong))[0] in {400, 404}


async def test_rotation_over_http(api: Api, cloud: Cloud) -> None:
    old = cloud.application_management_token
    status, body = await api.call("POST", "/_sim/rotate_management_token")
    assert status == 200
    assert body["application_management_token"] == cloud.application_management_token != old
