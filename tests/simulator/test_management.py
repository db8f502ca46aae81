"""Reference 9.7: webhooks, subscriptions, applications."""

from simulator import Cloud

from .conftest import Api


async def test_webhooks_come_from_the_dashboard(api: Api, cloud: Cloud) -> None:
    assert (await api.call("GET", "/v3/webhooks"))[1]["data"] == []
    status, made = await api.call(
        "POST",
        "/_sim/webhooks",
        json={
            "name": "Home Assistant",
            "callbackUri": "https://127.0.0.1/api/webhook/abc",
            "verify": False,
            "triggers": ["odometer-traveleddistance"],
        },
    )
    assert status == 201
    cloud.create_webhook("Other", "http://[::1]/", is_enabled=False, verify=False)
    _, body = await api.call("GET", "/v3/webhooks", params={"filter[callbackUri]": "/webhook/abc"})
    [webhook] = body["data"]
    assert (webhook["id"], webhook["type"]) == (made["id"], "webhook")
    assert webhook["attributes"]["triggers"] == [
        {"group": "Odometer", "name": "TraveledDistance", "code": "odometer-traveleddistance"}
    ]
    assert len(webhook["attributes"]["data"]) == 93
    assert body["meta"]["pageSize"] == 50
    for params in ({"filter[isEnabled]": "false"}, {"filter[name]": "Other"}, {"page[size]": "1"}):
        _, body = await api.call("GET", "/v3/webhooks", params=params)
        assert [item["attributes"]["name"] for item in body["data"]] == ["Other"]
    assert (await api.call("GET", f"/v3/webhooks/{made['id']}"))[1]["data"] == webhook
    assert (await api.call("GET", "/v3/webhooks/unknown"))[0] == 404
    assert (await api.call("POST", "/v3/webhooks", json={}))[0] == 404


async def test_subscription_is_created_listed_and_deleted(api: Api, cloud: Cloud) -> None:
    cloud.subscription_lag = 1
    webhook = cloud.create_webhook("Home Assistant", "http://localhost/", verify=False)
    connection = next(iter(cloud.connections.values()))
    attributes = {
        "webhookId": webhook.id,
        "userId": connection.user_id,
        "vehicleId": connection.vehicle_id,
    }
    body = {"data": {"attributes": attributes}}
    assert await api.call("POST", "/v3/subscriptions", json=body) == (
        202,
        {"meta": {"message": "subscription creation in progress"}},
    )
    assert (await api.call("POST", "/v3/subscriptions", json=body))[0] == 409
    assert (await api.call("GET", "/v3/subscriptions"))[1]["data"] == []
    cloud.clock.advance(1)
    for params, count in (
        ({"filter[vehicleId]": connection.vehicle_id}, 1),
        ({"filter[webhookId]": "other"}, 0),
        ({"filter[userId]": connection.user_id, "filter[vehicle.mode]": "live"}, 1),
    ):
        _, found = await api.call("GET", "/v3/subscriptions", params=params)
        assert found["meta"]["totalCount"] == count
    [subscription] = cloud.subscriptions.values()
    _, one = await api.call("GET", f"/v3/subscriptions/{subscription.id}")
    assert one["data"]["relationships"]["webhook"]["data"]["id"] == webhook.id
    assert one["data"]["attributes"]["vehicle"]["make"] == "VOLKSWAGEN"
    assert (await api.call("DELETE", f"/v3/subscriptions/{subscription.id}"))[0] == 204
    assert (await api.call("DELETE", f"/v3/subscriptions/{subscription.id}"))[0] == 404
    for name, status in (("webhookId", 404), ("vehicleId", 404), (None, 400)):
        wrong = {**attributes, name: "unknown"} if name else {}
        answer = await api.call("POST", "/v3/subscriptions", json={"data": {"attributes": wrong}})
        assert answer[0] == status


async def test_auto_subscribe_subscribes_new_cars(cloud: Cloud) -> None:
    cloud.create_webhook("Home Assistant", "http://localhost/", auto_subscribe=True)
    assert len(cloud.subscriptions) == 3
    owner = next(iter(cloud.owners))
    cloud.connect(owner, [cloud.unconnected(owner)[0].id])
    assert len(cloud.subscriptions) == 4
    cloud.forget_user(owner)
    assert len(cloud.subscriptions) == 1


async def test_application_is_listed_without_secrets(api: Api, cloud: Cloud) -> None:
    _, body = await api.call("GET", "/v3/applications")
    assert [item["id"] for item in body["data"]] == [cloud.application_id]
    path = f"/v3/applications/{cloud.application_id}"
    assert (await api.call("GET", path))[1]["data"]["type"] == "application"
    _, secrets = await api.call("GET", f"{path}/secrets")
    assert cloud.client_secret not in str(secrets)
    assert (await api.call("GET", "/v3/applications/other"))[0] == 404
