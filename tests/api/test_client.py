"""Connections, users, vehicles and signals; and the rules for every method of the client."""

import ast
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
import re
from typing import Any, cast
from unittest.mock import patch

import aiohttp
from hypothesis import given, strategies as st
import pytest

from custom_components.smartcar import api
from custom_components.smartcar.api import (
    ConnectedVehicle,
    InvalidResponseError,
    NotFoundError,
    RateLimitError,
    SignalStatus,
    SmartcarClient,
    SmartcarError,
    Vehicle,
    VehicleMode,
    session,
)
from custom_components.smartcar.api.catalogue import CATALOGUE, STATE_OF_CHARGE
from custom_components.smartcar.api.transport import Answer

from .answers import DOCUMENTS, HEADERS, ORIGINS, STATUSES, dumped
from .calls import CALLS, EVERY_CALL, OTHER_METHODS, WITH_USER, AnyToken, run_without_waiting
from .cloud import (
    CONNECTED,
    CONNECTED_CARS,
    CONNECTIONS,
    SIGNALS,
    UNAUTHORIZED,
    USER,
    VEHICLE,
    VEHICLE_PATH,
    Cloud,
    Pages,
    Reply,
    connection,
    error,
    executed,
    listing,
    signal,
)
from .strategies import anything


@EVERY_CALL
async def test_each_method_sends_one_request(
    cloud: Cloud, client: SmartcarClient, name: str
) -> None:
    call, method, path = CALLS[name]
    good = OTHER_METHODS[name][3] if name in OTHER_METHODS else executed()
    cloud.on(method, path, Reply(200 if good else 204, good))
    await call(client)
    (seen,) = cloud.seen()
    assert (seen.method, seen.path) == (method, path)
    assert seen.headers["Authorization"] == "Bearer token-1"
    assert seen.headers.get("sc-user-id") == (USER if name in WITH_USER else None)


@EVERY_CALL
async def test_each_method_raises_the_error_of_the_cloud(
    cloud: Cloud, client: SmartcarClient, name: str
) -> None:
    call, method, path = CALLS[name]
    cloud.on(
        method, path, error(429, "RATE_LIMIT", "VEHICLE", {"Retry-After": "120"}), UNAUTHORIZED
    )
    with pytest.raises(RateLimitError) as caught:
        await call(client)
    assert (caught.value.retry_after, caught.value.code) == (120, "VEHICLE")
    assert len(cloud.seen()) == 1


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {}),
        ({"user_id": "ann"}, {"filter[userId]": "ann"}),
        ({"vehicle_id": VEHICLE}, {"filter[vehicleId]": VEHICLE}),
        ({"modes": [VehicleMode.SIMULATED]}, {"filter[vehicle.mode]": "simulated"}),
        (
            {"user_id": "a&b=c d/é", "vehicle_id": "v", "modes": [VehicleMode.LIVE]},
            {"filter[userId]": "a&b=c d/é", "filter[vehicleId]": "v"},
        ),
    ],
)
async def test_filters_are_sent_with_each_page(
    cloud: Cloud, client: SmartcarClient, filters: Any, expected: dict[str, str]
) -> None:
    cloud.on("GET", CONNECTIONS, Pages(CONNECTED_CARS, 100))
    await client.get_connections(**filters)
    for number, seen in enumerate(cloud.seen(), 1):
        paging = {"page[size]": "100"} | ({"page[number]": str(number)} if number > 1 else {})
        assert seen.query == expected | paging


LISTS = ("get_connections", "get_signals", "get_applications", "get_webhooks", "get_subscriptions")


@pytest.mark.parametrize("name", LISTS)
async def test_malformed_member_costs_only_itself(
    cloud: Cloud, client: SmartcarClient, name: str
) -> None:
    call, method, path = CALLS[name]
    good = signal("charge-voltage") if name == "get_signals" else connection()
    broken: Any
    for broken in ([], None, "text", {"attributes": []}, {"id": None, "attributes": {}}):
        cloud.requests.clear()
        cloud.on(method, path, Reply(json=listing([broken, good])))
        got = await call(client)
        assert (len(got), got.complete, len(cloud.seen())) == (1, False, 1)


@pytest.mark.parametrize("name", LISTS)
async def test_list_of_malformed_members_only_is_invalid(
    cloud: Cloud, client: SmartcarClient, name: str
) -> None:
    """Such an answer says nothing, so it must not count as one."""
    call, method, path = CALLS[name]
    cloud.on(method, path, Reply(json=listing([None, {"id": None}, []])))
    with pytest.raises(InvalidResponseError):
        await call(client)


async def test_connections_of_several_modes_are_one_list(
    cloud: Cloud, client: SmartcarClient
) -> None:
    live, simulated = connection(0), connection(1, mode="simulated")
    cloud.on("GET", CONNECTIONS, Reply(json=listing([live])), Reply(json=listing([simulated])))
    got = await client.get_connections(modes=VehicleMode)
    assert [each.vehicle.mode for each in got] == ["live", "simulated"]
    assert (got.complete, got.pages) == (True, 2)
    assert [seen.query.get("filter[vehicle.mode]") for seen in cloud.seen()] == [None, "simulated"]


async def test_connections_of_several_modes_are_complete_only_together(
    cloud: Cloud, client: SmartcarClient
) -> None:
    simulated = listing([connection(1, mode="simulated"), None])
    cloud.on("GET", CONNECTIONS, Reply(json=listing([connection(0)])), Reply(json=simulated))
    got = await client.get_connections(modes=VehicleMode)
    assert (len(got), got.complete) == (2, False)


async def test_simulated_vehicle_among_live_ones_is_left_out(
    cloud: Cloud, client: SmartcarClient
) -> None:
    """A developer saw the connection of a simulated vehicle in the list of live ones."""
    members = [connection(0), connection(1, mode="simulated"), connection(2, mode="new")]
    cloud.on("GET", CONNECTIONS, Reply(json=listing(members)))
    got = await client.get_connections()
    assert [each.vehicle.mode for each in got] == ["live", "new"]
    assert got.complete


@pytest.mark.parametrize("name", ["get_connections", "get_signals", "get_webhooks"])
async def test_list_answer_without_a_list_is_invalid(
    cloud: Cloud, client: SmartcarClient, name: str
) -> None:
    call, method, path = CALLS[name]
    data: Any
    for data in (None, {}, "text", 3, True):
        cloud.on(method, path, Reply(json={"data": data, "meta": {"totalCount": 0}}))
        with pytest.raises(InvalidResponseError):
            await call(client)


async def test_example_of_the_readme_works(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SMARTCAR_AUTH_ORIGIN", cloud.origins.iam)
    monkeypatch.setenv("SMARTCAR_API_ORIGIN", cloud.origins.vehicle)
    cloud.on("GET", CONNECTIONS, Reply(json=listing([connection(vehicle=VEHICLE)])))
    cloud.on("GET", SIGNALS, Reply(json=listing([signal(STATE_OF_CHARGE.code)])))
    cloud.on(
        "POST", f"{VEHICLE_PATH}/commands/security/lock", error(409, "VEHICLE_STATE", "DOOR_OPEN")
    )
    readme = Path(api.__file__).with_name("README.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert len(example.splitlines()) == 10
    code = compile(example, "README.md", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    await eval(code, vars(api) | {"STATE_OF_CHARGE": STATE_OF_CHARGE, "aiohttp": aiohttp})  # noqa: S307
    assert capsys.readouterr().out == "Model S 57.0\nNot locked: 409 VEHICLE_STATE:DOOR_OPEN\n"


async def test_get_connection_returns_the_connection(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on("GET", f"{CONNECTIONS}/connection-0", Reply(json={"data": connection()}))
    got = await client.get_connection("connection-0")
    assert (got.id, got.user_id, got.vehicle_id) == ("connection-0", USER, "vehicle-0")


@pytest.mark.parametrize("name", ["get_connection", "get_vehicle", "get_signal"])
async def test_resource_of_a_wrong_shape_is_invalid(
    cloud: Cloud, client: SmartcarClient, name: str
) -> None:
    call, method, path = CALLS[name]
    body: Any
    for body in ({}, {"data": None}, {"data": []}, {"data": {}}, []):
        cloud.on(method, path, Reply(json=body))
        with pytest.raises(InvalidResponseError):
            await call(client)


@pytest.mark.parametrize("name", ["delete_connection", "delete_user", "delete_subscription"])
async def test_deleting_a_missing_resource_raises_not_found(
    cloud: Cloud, client: SmartcarClient, name: str
) -> None:
    call, _, _ = CALLS[name]
    with pytest.raises(NotFoundError):
        await call(client)


async def test_get_vehicle_returns_the_attributes(cloud: Cloud, client: SmartcarClient) -> None:
    attributes = connection()["attributes"]["vehicle"]
    cloud.on("GET", VEHICLE_PATH, Reply(json={"data": {"id": VEHICLE, "attributes": attributes}}))
    assert await client.get_vehicle(VEHICLE) == Vehicle(
        id=VEHICLE, make="TESLA", model="Model S", year=2014, powertrain_type="BEV", mode="live"
    )


async def test_signals_take_one_request(cloud: Cloud, client: SmartcarClient) -> None:
    data = [signal("tractionbattery-stateofcharge"), signal("charge-ischarging", {"value": False})]
    cloud.on("GET", SIGNALS, Reply(json=listing(data)))
    got = await client.get_signals(CONNECTED)
    assert [(each.code, each.body) for each in got] == [
        ("tractionbattery-stateofcharge", {"value": 57, "unit": "percent"}),
        ("charge-ischarging", {"value": False}),
    ]
    assert got.complete
    assert got[0].oem_updated_at is not None
    (seen,) = cloud.seen()
    assert seen.query == {}


async def test_unchanged_signals_are_the_same_objects(cloud: Cloud, client: SmartcarClient) -> None:
    before = [signal("charge-voltage"), signal("charge-wattage")]
    after = [signal("charge-voltage"), signal("charge-wattage", {"value": 58, "unit": "percent"})]
    replies = (Reply(json=listing(data)) for data in (before, before, after, before[:1], before))
    cloud.on("GET", SIGNALS, *replies)
    first = await client.get_signals(CONNECTED)
    assert await client.get_signals(CONNECTED) is first
    moved = await client.get_signals(CONNECTED)
    assert moved[0] is first[0]
    assert [each.body["value"] for each in moved] == [57, 58]
    # A signal that is missing once is read anew when it comes again.
    assert await client.get_signals(CONNECTED) == first[:1]
    assert await client.get_signals(CONNECTED) == first
    assert len(cloud.seen()) == 5


async def test_unchanged_signals_are_of_the_same_vehicle(
    cloud: Cloud, client: SmartcarClient
) -> None:
    other = SIGNALS.replace(VEHICLE, "another")
    cloud.on("GET", SIGNALS, Reply(json=listing([signal("charge-voltage")])))
    cloud.on("GET", other, Reply(json=listing([])))
    assert len(await client.get_signals(CONNECTED)) == 1
    assert await client.get_signals(ConnectedVehicle("another", USER)) == []


@pytest.mark.parametrize("status", [200, 500])
async def test_error_between_two_equal_answers_is_raised(
    cloud: Cloud, client: SmartcarClient, status: int
) -> None:
    """Even an error with the same body as the last answer."""
    good = Reply(json=listing([signal("charge-voltage")]))
    bad = replace(good, status=status) if status == 500 else Reply(body=b"<html>")
    cloud.on("GET", SIGNALS, good, bad, good)
    first = await client.get_signals(CONNECTED)
    with pytest.raises(SmartcarError):
        await client.get_signals(CONNECTED)
    assert await client.get_signals(CONNECTED) == first


async def test_second_page_is_requested_although_the_first_is_unchanged(
    cloud: Cloud, client: SmartcarClient
) -> None:
    first = listing([signal("charge-voltage")], totalCount=2)
    first["links"]["next"] = f"{SIGNALS}?page[number]=2&page[size]=1"
    seconds = [listing([signal("charge-wattage", {"value": n})], totalCount=2) for n in (1, 2)]
    cloud.on("GET", SIGNALS, *(Reply(json=page) for second in seconds for page in (first, second)))
    values = [(await client.get_signals(CONNECTED))[1].body["value"] for _ in seconds]
    assert values == [1, 2]


async def test_failed_signal_does_not_fail_the_request(
    cloud: Cloud, client: SmartcarClient
) -> None:
    status = {"value": "ERROR", "error": {"type": "VEHICLE_STATE", "code": "NOT_CHARGING"}}
    cloud.on(
        "GET",
        SIGNALS,
        Reply(json=listing([signal("charge-wattage", {"value": 8000}, status=status)])),
    )
    (got,) = await client.get_signals(CONNECTED)
    assert got.status is SignalStatus.ERROR
    assert got.error is not None
    assert got.error.code == "NOT_CHARGING"


async def test_malformed_signal_is_left_out(cloud: Cloud, client: SmartcarClient) -> None:
    good = [signal("charge-voltage"), signal("odometer-traveleddistance")]
    broken: list[Any] = [
        None,
        5,
        "text",
        [],
        {},
        {"id": "x"},
        {"id": None, "attributes": {"code": 4}},
    ]
    cloud.on("GET", SIGNALS, Reply(json=listing([*broken, good[0], {"attributes": []}, good[1]])))
    got = await client.get_signals(CONNECTED)
    assert [each.code for each in got] == ["charge-voltage", "odometer-traveleddistance"]
    assert not got.complete
    assert len(cloud.seen()) == 1


async def test_counted_but_missing_signals_cause_no_request(
    cloud: Cloud, client: SmartcarClient
) -> None:
    cloud.on("GET", SIGNALS, Reply(json=listing([signal("charge-voltage")], totalCount=31)))
    got = await client.get_signals(CONNECTED)
    assert (len(got), got.complete, len(cloud.seen())) == (1, False, 1)


async def test_linked_page_of_signals_is_requested(cloud: Cloud, client: SmartcarClient) -> None:
    first = listing([signal("charge-voltage")], totalCount=2)
    first["links"]["next"] = f"{SIGNALS}?page[number]=2&page[size]=1"
    cloud.on(
        "GET",
        SIGNALS,
        Reply(json=first),
        Reply(json=listing([signal("charge-wattage")], totalCount=2)),
    )
    got = await client.get_signals(CONNECTED)
    assert (len(got), got.complete) == (2, True)
    assert cloud.seen()[1].query == {"page[number]": "2", "page[size]": "1"}
    assert cloud.seen()[1].headers["sc-user-id"] == USER


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("page=2&pageSize=10", {"page": "2", "pageSize": "10"}),
        ("page=2&pageSize=10&evil=1&filter[userId]=x", {"page": "2", "pageSize": "10"}),
        ("page[number]=2", {"page[number]": "2"}),
        ("pageNumber=2&pageSize=10", {"pageNumber": "2", "pageSize": "10"}),
        ("evil=1", {"page[number]": "2"}),
    ],
)
async def test_pages_of_signals_are_requested_as_their_links_say(
    cloud: Cloud, client: SmartcarClient, query: str, expected: dict[str, str]
) -> None:
    """The documents have one example with `page=2&pageSize=10`; only such parameters are sent."""
    codes = sorted(CATALOGUE)[:15]
    first = {
        "data": [signal(code) for code in codes[:10]],
        "meta": {"page": 1, "pageSize": 10, "totalCount": 15},
        "links": {"next": f"https://elsewhere.example/x?{query}"},
    }
    second = {
        "data": [signal(code) for code in codes[10:]],
        "meta": {"page": 2, "pageSize": 10, "totalCount": 15},
        "links": {"next": None},
    }
    cloud.on("GET", SIGNALS, Reply(json=first), Reply(json=second))
    got = await client.get_signals(CONNECTED)
    assert [each.code for each in got] == codes
    assert (got.complete, got.pages) == (True, 2)
    assert [seen.query for seen in cloud.seen()] == [{}, expected]


@pytest.mark.parametrize(
    ("meta", "complete"),
    [
        ({"page": {"number": 1, "size": 10, "totalCount": 1}}, True),
        ({"page": {"number": 1, "size": 10, "totalCount": 31}}, False),
        ({"page": {"total": 31}}, False),
        ({"page": 1, "totalCount": 31}, False),
        ({"page": 1}, True),
        ({"page": "1", "total": 31}, False),
    ],
)
async def test_signals_are_counted_in_either_place(
    cloud: Cloud, client: SmartcarClient, meta: Any, complete: bool
) -> None:
    cloud.on("GET", SIGNALS, Reply(json={"data": [signal("charge-voltage")], "meta": meta}))
    got = await client.get_signals(CONNECTED)
    assert (len(got), got.complete) == (1, complete)


async def test_empty_store_is_not_an_error(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on("GET", SIGNALS, Reply(json=listing([])))
    got = await client.get_signals(CONNECTED)
    assert (list(got), got.complete) == ([], True)


async def test_get_signal_returns_the_signal(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on("GET", f"{SIGNALS}/charge-voltage", Reply(json={"data": signal("charge-voltage")}))
    got = await client.get_signal(CONNECTED, "charge-voltage")
    assert (got.code, got.status) == ("charge-voltage", SignalStatus.SUCCESS)


async def test_unknown_signal_raises_not_found(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on("GET", f"{SIGNALS}/vin", error(404, "RESOURCE_NOT_FOUND", "SIGNAL_NOT_FOUND"))
    with pytest.raises(NotFoundError) as caught:
        await client.get_signal(CONNECTED, "vin")
    assert caught.value.code == "SIGNAL_NOT_FOUND"


def _call_everything(answer: Answer) -> None:
    sent = 0

    async def exchange(*_: Any, **__: Any) -> Answer:
        nonlocal sent
        sent += 1
        assert sent < 10
        return answer

    client = SmartcarClient(cast(aiohttp.ClientSession, None), AnyToken(), origins=ORIGINS)
    with patch.object(session, "exchange", exchange):
        for call, _, _ in CALLS.values():
            sent = 0
            try:
                run_without_waiting(cast(Coroutine[Any, Any, Any], call(client)))
            except SmartcarError as error:
                str(error).encode()


@given(STATUSES, st.binary() | st.text().map(str.encode), HEADERS, HEADERS)
def test_every_method_survives_any_bytes(
    status: int, body: bytes, retry_after: str | None, request_id: Any
) -> None:
    _call_everything(
        Answer(status=status, body=body, retry_after=retry_after, request_id=request_id)
    )


@given(STATUSES, anything() | DOCUMENTS)
def test_every_method_survives_any_json(status: int, body: Any) -> None:
    _call_everything(Answer(status=status, body=dumped(body)))
