"""Deliveries: what becomes of those that are signed."""

from datetime import timedelta
from unittest.mock import patch

from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest

from custom_components.smartcar.push import receiver
from simulator.misbehavior import Misbehavior, SignalMeta, Signing, TriggerForm
from tests.helpers.push_home import TRAVELED_DISTANCE, PushHome


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
async def test_delivery_in_any_form_is_applied_once(home: PushHome, wrong: Misbehavior) -> None:
    home.cloud.misbehave(home.webhook.id, wrong)
    before = home.log.counts["applied"]
    await home.report(soc=33.0)
    assert home.battery() == "33"
    assert home.log.counts["applied"] == before + 1
    assert home.log.counts["duplicate"] == wrong.duplicates
    assert (home.log.counts["malformed_part"] > 0) is wrong.malformed_signal
    assert {one.status for one in home.cloud.deliveries} == {200}
    assert home.issues() == {}
    home.cloud.misbehave(home.webhook.id)
    await home.report(soc=34.0)
    assert home.battery() == "34"


@pytest.mark.usefixtures("freezer")
async def test_order_of_arrival_does_not_matter(home: PushHome) -> None:
    home.cloud.misbehave(home.webhook.id, Misbehavior(reorder=4))
    for level in (41, 42, 43, 44):
        home.freezer.tick(10)
        home.cloud.patch_state(home.car.id, {"soc": float(level)})
    await home.flush()
    assert [one.status for one in home.cloud.deliveries[-4:]] == [200] * 4
    assert home.battery() == "44"


@pytest.mark.usefixtures("freezer")
async def test_repeated_event_is_known_for_an_hour_and_after_a_restart(home: PushHome) -> None:
    event = home.event({TRAVELED_DISTANCE: {"value": 5, "unit": "km"}}, home.car.id)
    long = event | {"eventId": "x" * 50_000}
    nameless = event | {"eventId": None}
    for one in (event, long, nameless):
        assert await home.send(one) == 200
        assert await home.send(one) == 200
    assert home.counts == {"duplicate": 3}
    assert max(map(len, home.log.seen)) <= 64
    await home.reload()
    for one in (event, long, nameless):
        assert await home.send(one) == 200
    assert home.counts == {"duplicate": 6}
    assert home.log.counts["applied"] == 4
    await home.let_pass(timedelta(minutes=61), timedelta(minutes=61))
    # Too old by now; a repeat of that is a duplicate.
    assert await home.send(event) == 202
    assert await home.send(event) == 200
    assert home.counts == {"duplicate": 7, "wrong_time": 1}
    assert len(home.log.seen) == 1
    # The number of known events has a limit, also if the clock was wrong meanwhile.
    with patch.object(receiver, "_MAX_EVENTS", 5):
        for _ in range(9):
            await home.send(home.event({}, home.car.id))
    assert len(home.log.seen) == 5
    home.freezer.tick(-7200)
    assert await home.send(home.event({}, home.car.id)) == 200
    assert len(home.log.seen) == 1


async def test_events_of_wrong_times_are_not_applied_and_raise_a_repair(home: PushHome) -> None:
    before = home.battery()
    applied = home.log.counts["applied"]
    for counted, offset in enumerate((-3700, 330, -86400), 1):
        home.cloud.misbehave(home.webhook.id, Misbehavior(delivered_at_offset=offset, duplicates=4))
        assert set(home.issues()) == set()
        await home.report(soc=20.0 + counted)
        # A replay counts as what it is.
        assert home.counts == {"wrong_time": counted, "duplicate": 4 * counted}
    assert set(home.issues()) == {"push_clock"}
    assert home.battery() == before
    assert home.log.counts["applied"] == applied
    home.cloud.misbehave(home.webhook.id, Misbehavior(delivered_at_offset=-3500))
    await home.report(soc=50.0)
    assert (home.battery(), home.issues()) == ("50", {})
    home.cloud.misbehave(home.webhook.id, Misbehavior(delivered_at_offset=270))
    await home.report(soc=51.0)
    assert home.battery() == "51"


async def test_foreign_deliveries_are_acknowledged_and_counted(new_home: PushHome) -> None:
    await new_home.set_up_push()
    await new_home.make_webhook(verify=False)
    await new_home.list_webhooks()
    assert set(new_home.issues()) == {"push_waiting"}
    changes = new_home.changes()
    signals = {TRAVELED_DISTANCE: {"value": 5, "unit": "km"}}
    test = new_home.event(signals, new_home.car.id, meta={"mode": "TEST"})
    assert await new_home.send(test) == 202
    # A test from the dashboard is no push of a car.
    assert set(new_home.issues()) == {"push_waiting"}
    assert new_home.log.last_delivery is None
    assert (
        await new_home.send(
            new_home.event(signals, new_home.car.id, eventType="VEHICLE_PREMONITION")
        )
        == 202
    )
    assert await new_home.send(new_home.event(signals, "somebody-else")) == 202
    assert await new_home.send(new_home.event(signals, new_home.car.id, data=[])) == 202
    body = b"[1]"
    assert await new_home.post(body, new_home.cloud.sign(body)) == (202, b"")
    await new_home.settle()
    assert changes.take() == []
    assert new_home.counts == {
        "test": 1,
        "unknown_event": 1,
        "unknown_vehicle": 2,
        "malformed": 1,
    }
    assert new_home.log.rejected == 0


async def test_cloud_repeats_a_delivery_that_failed(
    home: PushHome, caplog: pytest.LogCaptureFixture
) -> None:
    vehicle = home.entry.runtime_data.vehicles[home.car.id]
    failing = patch.object(vehicle, "async_push", side_effect=ValueError("secret body"))
    with failing as called:
        called.side_effect = [ValueError("secret body"), None]
        await home.cloud.deliver(home.car.id)
    assert [one.status for one in home.cloud.deliveries[-2:]] == [500, 200]
    assert (called.call_count, home.log.counts["failed"]) == (2, 1)
    assert "secret" not in caplog.text
    assert "ValueError" in caplog.text
    caplog.clear()


@pytest.mark.usefixtures("freezer")
async def test_push_sensors_count_deliveries_and_rejects(new_home: PushHome) -> None:
    await new_home.set_up_push()
    car = new_home.car
    registry = er.async_get(new_home.hass)
    for key in ("pushes_today", "pushes_rejected"):
        found = registry.async_get(str(new_home.entity_id(car, f"sensor.{key}")))
        assert found is not None
        assert found.disabled_by is er.RegistryEntryDisabler.INTEGRATION
        registry.async_update_entity(found.entity_id, disabled_by=None)
    # The clock of the cloud must not go back.
    noon = dt_util.utcnow().replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=1)
    new_home.freezer.move_to(noon)
    await new_home.reload()
    await new_home.make_webhook()
    assert new_home.value(car, "sensor.last_push") == noon.isoformat()
    for count in (2, 3):
        new_home.freezer.tick(1)
        await new_home.report(soc=30.0 + count)
        assert new_home.value(car, "sensor.pushes_today") == str(count)
    assert new_home.value(car, "sensor.last_push") == (noon + timedelta(seconds=2)).isoformat()
    changes = new_home.changes()
    for _ in range(5):
        await new_home.post(b"{}")
    await new_home.settle()
    # A forger writes no state; the next delivery or poll shows the count.
    assert changes.take() == []
    new_home.freezer.tick(timedelta(hours=12))
    await new_home.report(soc=40.0)
    assert new_home.value(car, "sensor.pushes_today") == "1"
    assert new_home.value(car, "sensor.pushes_rejected") == "5"
