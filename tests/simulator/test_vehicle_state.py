"""VEHICLE_STATE: which events a receiver gets, and when (reference 9.4)."""

import asyncio
import time

from aiohttp.test_utils import TestServer
import pytest

from simulator import Cloud, create_app
from simulator.catalogue import SIGNALS

from .receiver import LOCKED, SOC, Make, Receiver, subscribe, wait_for, webhook_id


async def test_first_delivery_has_documented_shape(
    make: Make, cloud: Cloud, receiver: Receiver
) -> None:
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
    at = round(car.snapshot.reported_at * 1000)
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
    # A change of a signal that the owner did not grant causes no event.
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


async def test_only_triggers_cause_events(make: Make, cloud: Cloud, receiver: Receiver) -> None:
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


async def test_enabled_again_webhook_gets_first_delivery(
    cloud: Cloud, receiver: Receiver, car: str
) -> None:
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


async def test_ended_subscription_gets_no_events(
    cloud: Cloud, receiver: Receiver, car: str
) -> None:
    cloud.subscriptions.clear()
    cloud.patch_state(car, {"soc": 33})
    cloud.report_error(car, type="PERMISSION")
    await cloud.flush()
    assert not receiver.events
    cloud.delete_webhook(webhook_id(cloud))
    await cloud.flush()
