"""Faults: every way in which the cloud can fail a client."""

import asyncio
import json
from typing import Any

from aiohttp import ClientError, ClientPayloadError, ServerDisconnectedError
import pytest

from simulator import Cloud, Fault
from simulator.faults import Stream

from .conftest import Api

SIGNALS = "/v3/vehicles/{vehicle_id}/signals"
LOCK = "/v3/vehicles/{vehicle_id}/commands/security/lock"


async def test_fault_strikes_one_car(api: Api, cloud: Cloud) -> None:
    bev, ice = cloud.car_of_kind("BEV"), cloud.car_of_kind("ICE")
    status, fault = await api.call(
        "POST",
        "/_sim/faults",
        json={
            "method": "GET",
            "route": SIGNALS,
            "vehicle_id": bev.id,
            "status": 429,
            "headers": {"Retry-After": "120"},
            "count": 2,
        },
    )
    assert (status, fault["route"]) == (201, SIGNALS)
    assert len((await api.call("GET", "/_sim/faults"))[1]["faults"]) == 1
    user = cloud.owner_of(bev.id).id
    await api.signals(ice.id)
    headers = {"Authorization": f"Bearer {api.token}", "sc-user-id": user}
    for _ in range(2):
        async with api.http.get(f"/v3/vehicles/{bev.id}/signals", headers=headers) as response:
            assert (response.status, response.headers["Retry-After"]) == (429, "120")
            error = (await response.json())["errors"][0]
            assert (error["type"], error["code"]) == ("RATE_LIMIT", "VEHICLE")
    await api.signals(bev.id)
    assert cloud.requests[f"GET {SIGNALS}"] == 4
    assert len(cloud.faults) == 0


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (Fault(route="/v3/*", body="<html>", content_type="text/html", status=502), 502, "<html>"),
        (Fault(route="/v3/connections", body=""), 200, ""),
    ],
)
async def test_fault_answers_with_body_that_is_no_json(
    api: Api, cloud: Cloud, fault: Fault, status: int, body: str
) -> None:
    cloud.faults.add(fault)
    assert await api.call("GET", "/v3/connections") == (status, body)
    cloud.faults.clear()
    assert (await api.call("GET", "/v3/connections"))[0] == 200


@pytest.mark.parametrize(
    ("json", "expected"),
    [
        ({"type": "BILLING", "code": "VEHICLE_REQUEST_LIMIT"}, (430, "BILLING")),
        ({"type": "SERVER", "code": "INTERNAL", "status": 503}, (503, "SERVER")),
        ({"status": 504}, (504, "UPSTREAM")),
    ],
)
async def test_status_and_type_complete_each_other(
    api: Api, json: object, expected: tuple[int, str]
) -> None:
    await api.call("POST", "/_sim/faults", json=json)
    status, body = await api.call("GET", "/v3/connections")
    assert (status, body["errors"][0]["type"]) == expected
    assert (await api.call("DELETE", "/_sim/faults"))[0] == 204
    assert (await api.call("GET", "/v3/connections"))[0] == 200


async def test_token_endpoint_fails_with_oauth_error(api: Api, cloud: Cloud) -> None:
    cloud.faults.add(Fault(route="/oauth2/token", status=401))
    status, body = await api.call("POST", "/oauth2/token", json={})
    assert (status, body["error"]) == (401, "invalid_client")


async def test_fault_delays_and_drops_answers(api: Api, cloud: Cloud) -> None:
    cloud.faults.add(Fault(route="/v3/connections", delay=0.05, count=1))
    start = asyncio.get_running_loop().time()
    assert (await api.call("GET", "/v3/connections"))[0] == 200
    assert asyncio.get_running_loop().time() - start >= 0.05
    car = cloud.car_of_kind("BEV")
    cloud.patch_state(car.id, {"locked": False})
    for execute in (False, True):
        cloud.faults.add(Fault(route=LOCK, drop=True, execute=execute, count=1))
        with pytest.raises(ServerDisconnectedError):
            await api.command(car.id, "commands/security/lock")
        assert car.state.locked is execute


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (Stream(after=0.02), "data"),
        (Stream(status=409, type="VEHICLE_STATE", code="ASLEEP"), "errors"),
        (Stream(body="{"), None),
    ],
)
async def test_fault_streams_answer(
    api: Api, cloud: Cloud, stream: Stream, expected: str | None
) -> None:
    cloud.faults.add(Fault(method="POST", route=LOCK, stream=stream))
    car = cloud.car_of_kind("BEV")
    headers = {
        "Authorization": f"Bearer {api.token}",
        "sc-user-id": cloud.owner_of(car.id).id,
    }
    path = LOCK.format(vehicle_id=car.id)
    async with api.http.post(path, headers=headers) as response:
        assert response.status == 202
        assert "Content-Length" not in response.headers
        text = await response.text()
    if expected is None:
        with pytest.raises(ValueError, match="Expecting"):
            json.loads(text)
        return
    body: dict[str, Any] = json.loads(text)
    assert body.keys() == {expected}
    if expected == "errors":
        assert body["errors"][0]["status"] == "409"


async def test_fault_cuts_stream_off(api: Api, cloud: Cloud) -> None:
    status, _ = await api.call(
        "POST", "/_sim/faults", json={"route": LOCK, "stream": {"after": 0, "cut": True}}
    )
    assert status == 201
    with pytest.raises((ClientPayloadError, ClientError)):
        await api.command(cloud.car_of_kind("BEV").id, "commands/security/lock")


async def test_fault_refuses_unknown_fields_and_wrong_values(api: Api) -> None:
    for body in ({}, {"path": "/v3/connections"}, {"status": "many"}):
        assert (await api.call("POST", "/_sim/faults", json=body))[0] == 400
