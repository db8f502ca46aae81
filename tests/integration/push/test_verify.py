"""VERIFY: what it causes, and how it is answered."""

import asyncio
from datetime import timedelta
import json

from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.smartcar.const import DOMAIN
from simulator.signing import sign
from tests.helpers.flow import Person
from tests.helpers.push_home import PushHome
from tests.helpers.routes import LIST_SUBSCRIPTIONS, LIST_WEBHOOKS

CHALLENGE = "a-B_9"


VERIFY = json.dumps({"eventType": "VERIFY", "data": {"challenge": CHALLENGE}}).encode()


async def verify(home: PushHome, times: int = 1) -> None:
    """Send VERIFY as anybody can, several at once; each is answered."""
    answers = await asyncio.gather(*(home.post(VERIFY) for _ in range(times)))
    expected = {"challenge": sign(home.cloud.application_management_token, CHALLENGE.encode())}
    assert [(status, json.loads(body)) for status, body in answers] == [(200, expected)] * times


@pytest.mark.usefixtures("freezer")
async def test_verify_after_the_first_delivery_causes_no_requests(home: PushHome) -> None:
    for _ in range(3):
        # Longer than the pause that is kept while the first delivery is awaited. What timers
        # cause meanwhile does not count.
        await home.let_pass(timedelta(minutes=11))
        home.cloud.requests.clear()
        await verify(home, times=5)
        await home.settle()
        assert home.cloud.requests == {}
    # Nor after a restart, which lists the webhooks once by itself.
    await home.reload()
    home.cloud.requests.clear()
    await verify(home, times=5)
    await home.settle()
    assert home.cloud.requests == {}


@pytest.mark.usefixtures("freezer")
@pytest.mark.parametrize("is_webhook_there", [True, False], ids=["waiting", "not created"])
async def test_verify_before_the_first_delivery_lists_webhooks_once_in_ten_minutes(
    new_home: PushHome, is_webhook_there: bool
) -> None:
    if is_webhook_there:
        await new_home.make_webhook(verify=False)
    await new_home.set_up_push()
    repair = "push_waiting" if is_webhook_there else "push_not_created"
    assert set(new_home.issues()) == {repair}
    once = {LIST_WEBHOOKS: 1} | ({LIST_SUBSCRIPTIONS: 1} if is_webhook_there else {})

    async def requests_after(pause: timedelta) -> dict[str, int]:
        # What timers cause does not count.
        await new_home.let_pass(pause)
        new_home.cloud.requests.clear()
        for _ in range(3):
            await verify(new_home, times=5)
            await new_home.settle()
        return dict(new_home.cloud.requests)

    assert await requests_after(timedelta()) == once
    assert await requests_after(timedelta(minutes=9, seconds=59)) == {}
    assert await requests_after(timedelta(seconds=2)) == once
    assert await requests_after(timedelta(minutes=9, seconds=59)) == {}
    assert await requests_after(timedelta(seconds=2)) == once
    assert set(new_home.issues()) == {repair}


async def test_verify_that_is_refused_causes_no_requests(new_home: PushHome) -> None:
    await new_home.set_up_push()
    new_home.cloud.requests.clear()
    for challenge in ("", "a b", "x" * 129, 7, None):
        body = json.dumps({"eventType": "VERIFY", "data": {"challenge": challenge}}).encode()
        assert await new_home.post(body) == (401, b"")
    # A signature that is wrong makes it no better.
    assert await new_home.post(VERIFY, "0" * 64) == (401, b"")
    await new_home.settle()
    assert new_home.cloud.requests == {}
    # The next one that is answered is not taken for a repetition.
    await verify(new_home)
    await new_home.settle()
    assert new_home.cloud.requests == {LIST_WEBHOOKS: 1}


async def test_verify_is_answered_with_the_newest_token_during_a_rotation(
    home: PushHome, current_request_with_host: None
) -> None:
    old, new = home.cloud.application_management_token, "1" * 32
    home.hass.config.external_url = "https://ha.example.com"
    person = Person(home.hass, home.cloud, home.browser)
    person.wants_push = True
    person.show(
        await home.hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": home.entry.entry_id}
        )
    )
    await person.choose("push")
    await person.fill_in(application_management_token=new)
    assert person.result["type"] is FlowResultType.ABORT
    assert person.result["reason"] == "reconfigure_successful"
    await home.settle()

    async def soc_after_push(level: int) -> float:
        await home.report(soc=float(level))
        return float(home.value(home.car, "sensor.battery_level"))

    # The dashboard still signs with the token before.
    assert await soc_after_push(61) == 61
    expected = {"challenge": sign(new, CHALLENGE.encode())}
    for signatures in ((), (sign(old, VERIFY),), (sign(new, VERIFY),)):
        for door in ("http", "cloudhook"):
            status, answer = await home.post(VERIFY, *signatures, via=door)
            assert (status, json.loads(answer)) == (200, expected)
    # VERIFY does not end the rotation, whoever signed it.
    assert await soc_after_push(62) == 62
    home.cloud.application_management_token = new
    assert await home.cloud.verify_webhook(home.webhook.id)
    assert await soc_after_push(63) == 63
    # The delivery that the new token signed did.
    body = json.dumps(home.event({}, home.car.id)).encode()
    assert await home.post(body, sign(old, body)) == (401, b"")
