"""Webhooks whose events are wrong in some way."""

import asyncio
import json
import time

import pytest

from simulator import Cloud, Misbehavior
from simulator.misbehavior import SignalMeta, Signing, TriggerForm

from .receiver import LOCKED, SOC, Receiver, hexdigest, wait_for, webhook_id


@pytest.mark.parametrize("signing", [one for one in Signing if one is not Signing.RIGHT])
async def test_signature_is_wrong(
    cloud: Cloud, receiver: Receiver, car: str, signing: Signing
) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehavior(signature=signing, count=1))
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
            # JavaScript prints 78.0 as 78.
            parsed = json.loads(
                wrong.raw, parse_float=lambda text: json.loads(text.removesuffix(".0"))
            )
            compact = json.dumps(parsed, separators=(",", ":"), ensure_ascii=False)
            assert wrong.signature == hexdigest(receiver.key, compact.encode())


async def test_pretty_body_is_signed(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehavior(pretty=True))
    await cloud.deliver(car)
    assert b"\n" in receiver.events[0].raw
    assert receiver.signed(receiver.events[0])


async def test_event_is_delivered_several_times(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehavior(duplicates=2))
    await cloud.deliver(car)
    assert len(receiver.events) == 3
    assert len({event.json["eventId"] for event in receiver.events}) == 1
    assert len({event.json["meta"]["deliveryId"] for event in receiver.events}) == 3
    assert receiver.most_at_once == 1


@pytest.mark.parametrize("concurrent", [True, False])
async def test_deliveries_are_concurrent_when_set(
    cloud: Cloud, receiver: Receiver, car: str, concurrent: bool
) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehavior(concurrent=concurrent, duplicates=1))
    receiver.delay = 0.03
    await asyncio.gather(cloud.deliver(car), cloud.deliver(car))
    assert len(receiver.events) == 4
    assert receiver.most_at_once == (4 if concurrent else 1)


async def test_events_arrive_newest_first(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehavior(reorder=3))
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


async def test_silent_webhook_sends_no_events(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehavior(silent=True))
    cloud.patch_state(car, {"soc": 33})
    cloud.report_error(car, type="PERMISSION")
    assert await cloud.deliver(car) == []
    cloud.misbehave(webhook_id(cloud))
    await cloud.flush()
    assert not receiver.events
    assert not cloud.deliveries


@pytest.mark.parametrize("offset", [-86400.0, 3600.0])
async def test_time_of_delivery_is_wrong(
    cloud: Cloud, receiver: Receiver, car: str, offset: float
) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehavior(delivered_at_offset=offset))
    await cloud.deliver(car)
    delivered_at = receiver.events[0].json["meta"]["deliveredAt"] / 1000
    assert delivered_at == pytest.approx(time.time() + offset, abs=5)


async def test_time_of_delivery_is_missing(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehavior(delivered_at_missing=True))
    await cloud.deliver(car)
    assert "deliveredAt" not in receiver.events[0].json["meta"]
    assert receiver.signed(receiver.events[0])


async def test_time_of_delivery_ignores_jumps_of_the_clock(
    cloud: Cloud, receiver: Receiver, car: str
) -> None:
    cloud.clock.advance(7200)
    await cloud.flush()
    event = receiver.events[-1]
    assert event.json["meta"]["deliveredAt"] / 1000 == pytest.approx(time.time(), abs=5)
    assert event.signals[SOC]["meta"]["oemUpdatedAt"] / 1000 > time.time() + 3600


async def test_test_mode_has_made_up_ids(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehavior(test_mode=True))
    await cloud.deliver(car)
    [event] = receiver.events
    assert receiver.signed(event)
    assert event.json["meta"]["mode"] == "TEST"
    assert event.json["data"]["vehicle"]["mode"] == "test"
    assert event.json["data"]["vehicle"]["id"] not in cloud.cars
    assert event.json["data"]["user"]["id"] not in cloud.owners


async def test_event_type_is_unknown(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehavior(unknown_event=True))
    [delivery] = await cloud.deliver(car)
    assert receiver.events[0].json["eventType"] == delivery.type
    assert delivery.type not in {"VEHICLE_STATE", "VEHICLE_ERROR", "VERIFY"}


async def test_signals_are_malformed(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehavior(malformed_signal=True))
    await cloud.deliver(car)
    signals = receiver.events[0].json["data"]["signals"]
    objects = [one for one in signals if isinstance(one, dict)]
    assert len(signals) == 93 + 5
    assert len(objects) == 93 + 2
    assert [one["code"] for one in objects if one.get("status") == "fine"] == ["charge-amperage"]
    assert any(one.get("code") == SOC and one["body"]["unit"] == "percent" for one in objects)


async def test_status_of_good_signals_is_missing(
    cloud: Cloud, receiver: Receiver, car: str
) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehavior(missing_status=True))
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
async def test_meta_of_signals_is_wrong(
    cloud: Cloud, receiver: Receiver, car: str, meta: SignalMeta, expected: object
) -> None:
    cloud.misbehave(webhook_id(cloud), Misbehavior(signal_meta=meta))
    await cloud.deliver(car)
    assert receiver.events[0].signals[SOC].get("meta") == expected


async def test_triggers_have_several_forms(cloud: Cloud, receiver: Receiver, car: str) -> None:
    for form in (TriggerForm.NAMES, TriggerForm.DATA):
        cloud.misbehave(webhook_id(cloud), Misbehavior(triggers=form))
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
