"""Applications, webhooks and subscriptions."""

from typing import Any

import pytest

from custom_components.smartcar.api import (
    Application,
    ConflictError,
    SmartcarClient,
    Subscription,
    Webhook,
)

from .cloud import CONNECTED, USER, VEHICLE, Cloud, Pages, Reply, envelope, listing


async def test_get_applications_returns_them(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on(
        "GET",
        "/management/v3/applications",
        Reply(json=listing([{"id": "app-1", "attributes": {"name": "Home"}}, {"id": "app-2"}])),
    )
    assert list(await client.get_applications()) == [
        Application(id="app-1", name="Home"),
        Application(id="app-2"),
    ]


WEBHOOK = {
    "id": "webhook-1",
    "type": "webhook",
    "attributes": {
        "name": "Home",
        "callbackUri": "https://example.invalid/hook",
        "errorCallbackUri": None,
        "isEnabled": True,
        "autoSubscribe": False,
    },
}


async def test_get_webhooks_returns_them(cloud: Cloud, client: SmartcarClient) -> None:
    expected = Webhook(
        id="webhook-1",
        name="Home",
        callback_uri="https://example.invalid/hook",
        is_enabled=True,
        auto_subscribe=False,
    )
    cloud.on("GET", "/management/v3/webhooks", Reply(json=listing([WEBHOOK])))
    assert list(await client.get_webhooks()) == [expected]


def _subscription(number: int) -> dict[str, Any]:
    return {
        "id": f"subscription-{number}",
        "type": "subscription",
        "attributes": {"vehicle": {"id": f"vehicle-{number}"}},
        "relationships": {
            "webhook": {"data": {"id": "webhook-1"}},
            "user": {"data": {"id": "ann"}},
        },
    }


@pytest.mark.parametrize("cap", [100, 25])
async def test_subscriptions_of_all_pages_are_returned(
    cloud: Cloud, client: SmartcarClient, cap: int
) -> None:
    cloud.on(
        "GET",
        "/management/v3/subscriptions",
        Pages([_subscription(number) for number in range(120)], cap),
    )
    got = await client.get_subscriptions(webhook_id="webhook-1", user_id="ann", vehicle_id="v")
    assert len(got) == 120
    assert got[0] == Subscription(
        id="subscription-0", webhook_id="webhook-1", user_id="ann", vehicle_id="vehicle-0"
    )
    for seen in cloud.seen():
        assert seen.query.items() >= {
            ("filter[webhookId]", "webhook-1"),
            ("filter[userId]", "ann"),
            ("filter[vehicleId]", "v"),
        }


async def test_create_subscription_sends_both_ids(cloud: Cloud, client: SmartcarClient) -> None:
    message = {"meta": {"message": "subscription creation in progress"}}
    cloud.on(
        "POST",
        "/management/v3/subscriptions",
        Reply(202, message),
        Reply(409, envelope(409, "NEW_KIND", "EXISTS")),
    )
    await client.create_subscription("webhook-1", CONNECTED)
    (seen,) = cloud.seen()
    assert seen.json == {
        "data": {"attributes": {"webhookId": "webhook-1", "userId": USER, "vehicleId": VEHICLE}}
    }
    assert "sc-user-id" not in seen.headers
    with pytest.raises(ConflictError):
        await client.create_subscription("webhook-1", CONNECTED)
