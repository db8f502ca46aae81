"""Many deliveries at once, and large ones."""

import asyncio
import json
import random
import time
from typing import Any

from homeassistant.util import dt as dt_util

from simulator.faults import Fault
from tests.helpers.home import ODOMETER_AT_FIRST
from tests.helpers.push_home import TRAVELED_DISTANCE, PushHome
from tests.helpers.routes import SIGNALS_ROUTE


async def test_burst_of_deliveries_during_a_poll_ends_with_the_newest_value(
    home: PushHome,
) -> None:
    car = home.car
    now = round(time.time() * 1000)
    number = 1_000
    # The poll brings a value of the middle of the burst, and is answered during it.
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now / 1000 + 50))
    home.cloud.override(
        car.id,
        TRAVELED_DISTANCE,
        {
            "body": {"value": 500_000, "unit": "km"},
            "status": "SUCCESS",
            "meta": {"oemUpdatedAt": when, "retrievedAt": when},
        },
    )
    home.cloud.faults.add(Fault(route=SIGNALS_ROUTE, delay=0.3, count=1))
    events = []
    for index in range(number):
        odometer = {"value": ODOMETER_AT_FIRST + index / 10, "unit": "km"}
        event = home.event({TRAVELED_DISTANCE: odometer}, car.id)
        event["data"]["signals"][0]["meta"]["oemUpdatedAt"] = now + index * 100
        events.append(event)
    random.Random(3).shuffle(events)
    poll = asyncio.create_task(home.entry.runtime_data.vehicles[car.id].async_refresh())
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
            assert await home.send(event) == 200

    await asyncio.gather(*map(send, events))
    await poll
    heart.cancel()
    assert beats > number / 20
    assert home.odometer() == ODOMETER_AT_FIRST + (number - 1) / 10
    assert home.log.counts["applied"] >= number
    assert len(home.log.seen) >= number


async def test_large_delivery_does_not_hold_up_the_event_loop(home: PushHome) -> None:
    """Measured as time of this thread, since other programs use the machine as well."""
    now = dt_util.utcnow()
    home.log.seen.update({f"{index:036}": now for index in range(10_000)})
    bodies = {code: signal.body for code, signal in home.cloud.stored(home.car).items()}
    spent = []
    for index in range(40):
        bodies[TRAVELED_DISTANCE] = {"value": 1_000 + index, "unit": "km"}
        event = home.event(bodies, home.car.id, triggers=["x" * 20_000])
        body = json.dumps(event, default=str).encode()
        signature = home.cloud.sign(body)
        began = time.thread_time()
        assert (await home.post(body, signature, via="cloudhook"))[0] == 200
        spent.append(time.thread_time() - began)
    assert sorted(spent)[30] < 0.02, spent
