"""The dashboard of webhooks, under `/_sim`."""

from simulator import Cloud, Misbehavior
from simulator.misbehavior import Signing

from .conftest import Api
from .receiver import LOCKED, Make, Receiver, wait_for, webhook_id


async def test_webhook_is_created_edited_and_deleted(
    api: Api, cloud: Cloud, receiver: Receiver, make: Make
) -> None:
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
    for incomplete in ({"name": "x"}, {**body, "callbackUri": "http://8.8.8.8"}):
        assert (await api.call("POST", "/_sim/webhooks", json=incomplete))[0] == 400


async def test_misbehavior_is_set_over_http(
    api: Api, cloud: Cloud, receiver: Receiver, car: str
) -> None:
    path = f"/_sim/webhooks/{webhook_id(cloud)}/misbehave"
    wanted = Misbehavior(
        signature=Signing.WRONG, duplicates=1, delivered_at_offset=-60, silent=False, count=5
    )
    status, answer = await api.call("POST", path, json=wanted.as_json())
    assert (status, answer) == (200, wanted.as_json())
    assert cloud.push.misbehavior(webhook_id(cloud)) == wanted
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
    assert (await api.call("POST", path, json={}))[1] == Misbehavior().as_json()


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


async def test_management_token_is_rotated_over_http(api: Api, cloud: Cloud) -> None:
    old = cloud.application_management_token
    status, body = await api.call("POST", "/_sim/rotate_management_token")
    assert status == 200
    assert body["application_management_token"] == cloud.application_management_token != old
