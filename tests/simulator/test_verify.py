"""VERIFY: how a webhook is verified (reference 9.3)."""

from datetime import datetime

import pytest

from simulator import Cloud, Misbehavior
from simulator.misbehavior import VerifyForm

from .receiver import Make, Receiver, subscribe


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
async def test_verify_has_several_forms(
    make: Make, cloud: Cloud, receiver: Receiver, form: VerifyForm
) -> None:
    webhook = make(verify=False)
    cloud.misbehave(webhook.id, Misbehavior(verify_form=form, silent=True))
    assert await cloud.verify_webhook(webhook.id)
    assert len(receiver.verifies[0].json) == {VerifyForm.BARE: 2, VerifyForm.LEGACY: 3}[form]
    assert not receiver.events


async def test_wrong_answer_does_not_verify(make: Make, cloud: Cloud, receiver: Receiver) -> None:
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


async def test_verification_may_need_a_subscription(
    make: Make, cloud: Cloud, receiver: Receiver
) -> None:
    cloud.verify_needs_subscription = True
    webhook = cloud.create_webhook("Home Assistant", receiver.url)
    await cloud.flush()
    assert not await cloud.verify_webhook(webhook.id)
    assert len(receiver.verifies) == 2
    subscribe(cloud, webhook)
    assert await cloud.verify_webhook(webhook.id)


async def test_verify_without_answer_fails(make: Make, cloud: Cloud, receiver: Receiver) -> None:
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
