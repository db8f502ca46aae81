"""Deliveries that fail are repeated (reference 9.1)."""

import asyncio

from simulator import Cloud

from .receiver import Receiver, hexdigest, wait_for


async def test_failed_delivery_is_repeated(cloud: Cloud, receiver: Receiver, car: str) -> None:
    receiver.statuses = [500, 302]
    [last] = await cloud.deliver(car)
    assert (last.attempt, last.status, last.body, last.vehicle_id) == (3, 200, "thanks", car)
    assert [(one.attempt, one.status) for one in cloud.deliveries] == [(1, 500), (2, 302), (3, 200)]
    assert len({event.json["eventId"] for event in receiver.events}) == 1
    assert len({event.json["meta"]["deliveryId"] for event in receiver.events}) == 3
    assert all(receiver.signed(event) for event in receiver.events)


async def test_delivery_ends_after_four_attempts(
    cloud: Cloud, receiver: Receiver, car: str
) -> None:
    cloud.retry_scale = 0.0002
    receiver.statuses = [404] * 9
    start = asyncio.get_running_loop().time()
    [last] = await cloud.deliver(car)
    assert asyncio.get_running_loop().time() - start >= 175 * 0.0002
    assert (last.attempt, last.status, len(receiver.events)) == (4, 404, 4)
    await cloud.flush()
    assert len(receiver.events) == 4


async def test_late_answer_counts_as_no_answer(cloud: Cloud, receiver: Receiver, car: str) -> None:
    cloud.answer_timeout = 0.05
    receiver.delay = 0.5
    delivering = asyncio.create_task(cloud.deliver(car))
    await wait_for(lambda: bool(cloud.deliveries))
    receiver.delay = 0
    [last] = await delivering
    assert cloud.deliveries[0].status is None
    assert "Timeout" in str(cloud.deliveries[0].error)
    assert last.succeeded


async def test_new_token_signs_retries(cloud: Cloud, receiver: Receiver, car: str) -> None:
    old = cloud.application_management_token
    receiver.statuses = [503]
    receiver.delay = 0.05
    delivering = asyncio.create_task(cloud.deliver(car))
    await wait_for(lambda: bool(receiver.events))
    new = cloud.dashboard.rotate_management_token()
    await delivering
    assert new != old
    assert cloud.credentials()["application_management_token"] == new
    signatures = [event.signature for event in receiver.events]
    assert signatures == [
        hexdigest(old, receiver.events[0].raw),
        hexdigest(new, receiver.events[1].raw),
    ]
    assert cloud.sign(receiver.events[1].raw) == signatures[1]
