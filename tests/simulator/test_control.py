"""The control API and the command line."""

import asyncio
import json
import signal
import sys
from typing import Any

from aiohttp import ClientSession
import pytest

from simulator import Cloud

from .conftest import Api


async def test_control_requests_are_not_counted(api: Api, cloud: Cloud) -> None:
    await api.call("GET", "/v3/connections")
    await api.call("GET", "/_sim/state")
    assert (await api.call("GET", "/_sim/requests"))[1] == {"GET /v3/connections": 1}
    assert (await api.call("DELETE", "/_sim/requests"))[0] == 204
    assert not cloud.requests


async def test_state_follows_time(api: Api, cloud: Cloud) -> None:
    _, before = await api.call("GET", "/_sim/state")
    assert before["cars"].keys() == cloud.cars.keys()
    assert len(before["connections"]) == 3
    assert len(before["owners"]) == 2
    assert (await api.call("POST", "/_sim/advance", json={"seconds": 86400}))[0] == 200
    _, after = await api.call("GET", "/_sim/state")
    car = cloud.car_of_kind("ICE").id
    assert after["cars"][car]["state"]["odometer"] > before["cars"][car]["state"]["odometer"]
    assert (await api.call("POST", "/_sim/advance", json={"seconds": -1}))[0] == 400


async def test_connect_a_garage_car(api: Api, cloud: Cloud) -> None:
    status, made = await api.call("POST", "/_sim/connections", json={"permissions": ["read_vin"]})
    assert status == 201
    _, body = await api.call("GET", f"/v3/connections/{made['id']}")
    assert body["data"]["attributes"]["permissions"] == ["read_vin"]
    assert (await api.call("DELETE", f"/_sim/connections/{made['id']}"))[0] == 204
    assert (await api.call("POST", "/_sim/connections", json={"vehicle_id": "x"}))[0] == 404
    first = next(iter(cloud.owners))
    other = cloud.car_of_kind("PHEV").id
    body = {"vehicle_id": other, "owner": first}
    assert (await api.call("POST", "/_sim/connections", json=body))[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"stats": {}},
        {"state": {"wings": True}},
        {"state": {"soc": "full"}},
        {"state": {"locked": 1}},
        {"signals": {"wheel-tires": {"value": 3}}},
    ],
)
async def test_patch_refuses_unknown_fields_and_wrong_values(
    api: Api, cloud: Cloud, body: dict[str, Any]
) -> None:
    car = cloud.car_of_kind("BEV").id
    assert (await api.call("PATCH", f"/_sim/cars/{car}", json=body))[0] == 400
    assert (await api.call("PATCH", "/_sim/cars/x", json={"state": {"soc": 3}}))[0] == 404


async def test_change_without_report_stays_out_of_the_store(api: Api, cloud: Cloud) -> None:
    car = cloud.car_of_kind("BEV")
    await api.call("PATCH", f"/_sim/cars/{car.id}", json={"state": {"soc": 33}, "report": False})
    body = (await api.signals(car.id))["tractionbattery-stateofcharge"]["attributes"]["body"]
    assert body["value"] != 33
    await api.call("PATCH", f"/_sim/cars/{car.id}", json={"state": {"soc": 33}})
    body = (await api.signals(car.id))["tractionbattery-stateofcharge"]["attributes"]["body"]
    assert body == {"value": 33, "unit": "percent"}


@pytest.mark.parametrize("name", ["is_frozen", "held"])
async def test_patch_freezes_the_routine(api: Api, cloud: Cloud, name: str) -> None:
    car = cloud.car_of_kind("BEV")
    for value in (True, False):
        _, body = await api.call("PATCH", f"/_sim/cars/{car.id}", json={"state": {name: value}})
        assert car.is_frozen is body["is_frozen"] is value


async def test_revoke_tokens(api: Api) -> None:
    assert (await api.call("POST", "/_sim/revoke_tokens"))[0] == 204
    assert (await api.call("GET", "/v3/connections"))[0] == 401


async def run_and_stop(number: signal.Signals) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulator",
        *("--port", "0", "--vehicles", "2", "--seed", "5", "--connection-lag", "0"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = json.loads(await process.stdout.readline())
    expected = Cloud(vehicles=2, seed=5).credentials()
    assert line == {"origin": line["origin"], **expected}
    assert line["origin"].startswith("http://127.0.0.1:")
    async with ClientSession() as session, session.get(f"{line['origin']}/_sim/state") as response:
        assert len((await response.json())["connections"]) == 2
    process.send_signal(number)
    out, errors = await process.communicate()
    assert (process.returncode, out, errors) == (0, b"", b"")


async def test_process_ends_on_signals(socket_enabled: None) -> None:
    await asyncio.gather(run_and_stop(signal.SIGINT), run_and_stop(signal.SIGTERM))
