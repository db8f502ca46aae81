"""Tokens of requests, the repeat after a 401, pages, ids in paths, and log lines."""

import asyncio
import json
import logging
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.smartcar.api import (
    ApiError,
    AuthenticationError,
    BillingError,
    ConnectedVehicle,
    InvalidResponseError,
    LimitError,
    MissingPermissionError,
    RateLimitError,
    ServerError,
    SmartcarClient,
    SmartcarError,
    TransportError,
    TransportTimeoutError,
    UpstreamError,
    VehicleStateError,
)
from custom_components.smartcar.api.session import Request

from .answers import ORIGINS
from .calls import CALLS, OTHER_METHODS, shorten_time_limits
from .cloud import (
    CLIENT_ID,
    CLIENT_SECRET,
    CONNECTED,
    CONNECTED_CARS,
    CONNECTIONS,
    LATITUDE,
    LONGITUDE,
    OWNERS,
    SIGNALS,
    TOKEN,
    UNAUTHORIZED,
    USER,
    VEHICLE,
    VEHICLE_PATH,
    VIN,
    Cloud,
    Handler,
    Pages,
    Reply,
    Stream,
    connection,
    error,
    executed,
    hang_up,
    listing,
    never,
    signal,
)

LOCK = f"/vehicle/v3/vehicles/{VEHICLE}/commands/security/lock"


READ = ("GET", SIGNALS, Reply(json=listing([])))


COMMAND = ("POST", LOCK, Reply(json=executed()))
UNAUTHORIZED_BODY = json.dumps(UNAUTHORIZED.json).encode()


async def _call(client: SmartcarClient, path: str) -> None:
    await (client.lock if path == LOCK else client.get_signals)(CONNECTED)


@pytest.mark.parametrize(("method", "path", "good"), [READ, COMMAND])
@pytest.mark.parametrize("refusal", [UNAUTHORIZED, Reply(401), Reply(401, body=b"<html>")])
async def test_401_gets_one_new_token_and_one_repeat(
    cloud: Cloud, client: SmartcarClient, method: str, path: str, good: Reply, refusal: Reply
) -> None:
    cloud.on(method, path, refusal, good)
    await _call(client, path)
    assert [seen.token for seen in cloud.seen(path)] == ["token-1", "token-2"]
    first, second = cloud.seen(path)
    assert first.body == second.body
    assert first.headers["sc-user-id"] == second.headers["sc-user-id"] == USER


@pytest.mark.parametrize(("method", "path", "good"), [READ, COMMAND])
async def test_second_401_is_raised(
    cloud: Cloud, client: SmartcarClient, method: str, path: str, good: Reply
) -> None:
    cloud.on(method, path, UNAUTHORIZED)
    with pytest.raises(AuthenticationError):
        await _call(client, path)
    assert (len(cloud.seen(path)), cloud.minted) == (2, 2)
    cloud.on(method, path, good)
    await _call(client, path)
    assert len(cloud.seen(path)) == 3


@pytest.mark.parametrize("status", [200, 202])
async def test_streamed_authentication_error_is_not_repeated(
    cloud: Cloud, client: SmartcarClient, status: int
) -> None:
    """Only a real 401 was refused before anything was executed."""
    unlock = f"{VEHICLE_PATH}/commands/security/unlock"
    cloud.on("POST", unlock, Stream([UNAUTHORIZED_BODY], status=status), COMMAND[2])
    with pytest.raises(AuthenticationError):
        await client.unlock(CONNECTED)
    assert (len(cloud.seen(unlock)), cloud.minted) == (1, 1)


@pytest.mark.parametrize(("method", "path", "good"), [READ, COMMAND])
@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (error(401, "AUTHENTICATION", "UNAUTHORIZED", detail="Monthly quota spent"), LimitError),
        (error(401, "AUTHENTICATION", "TIME_LIMIT"), LimitError),
        (error(401, "BILLING", "INVALID_PLAN"), LimitError),
        (error(403, "AUTHENTICATION", "ACCESS_DENIED"), MissingPermissionError),
        (error(403, "PERMISSION", None), MissingPermissionError),
    ],
)
async def test_other_refusals_get_no_new_token(
    cloud: Cloud,
    client: SmartcarClient,
    method: str,
    path: str,
    good: Reply,
    reply: Reply,
    expected: type[ApiError],
) -> None:
    cloud.on(method, path, reply, good)
    with pytest.raises(expected):
        await _call(client, path)
    assert (len(cloud.seen(path)), cloud.minted) == (1, 1)


async def test_expired_token_is_renewed(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on(
        "GET",
        SIGNALS,
        error(401, "AUTHENTICATION", "UNAUTHORIZED", detail="The token has expired"),
        Reply(json=listing([])),
    )
    await client.get_signals(CONNECTED)
    assert cloud.minted == 2


async def test_two_concurrent_401s_get_one_new_token(cloud: Cloud, client: SmartcarClient) -> None:
    both = asyncio.Barrier(2)

    async def expired(request: Any) -> Any:
        if request.headers["Authorization"] == "Bearer token-1":
            await both.wait()
            return await UNAUTHORIZED(request)
        return await Reply(json=listing([]))(request)

    cloud.on("GET", SIGNALS, expired)
    cloud.on("GET", CONNECTIONS, expired)
    await asyncio.gather(client.get_signals(CONNECTED), client.get_connections())
    assert (cloud.minted, len(cloud.seen())) == (2, 4)


async def test_late_401_does_not_drop_the_new_token(cloud: Cloud, client: SmartcarClient) -> None:
    late = asyncio.Event()

    async def slowly_refused(request: Any) -> Any:
        if request.headers["Authorization"] == "Bearer token-1":
            await late.wait()
            return await UNAUTHORIZED(request)
        return await Reply(json=listing([]))(request)

    cloud.on("GET", SIGNALS, slowly_refused)
    cloud.on("GET", CONNECTIONS, UNAUTHORIZED, Reply(json=listing([])))
    slow = asyncio.create_task(client.get_signals(CONNECTED))
    await cloud.wait_for(2)
    await client.get_connections()
    late.set()
    await slow
    assert cloud.minted == 2


async def test_error_of_the_new_token_is_raised(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on("GET", SIGNALS, UNAUTHORIZED)
    cloud.on("POST", TOKEN, Reply(json={"access_token": "first"}), error(500, "SERVER", "INTERNAL"))
    with pytest.raises(ServerError):
        await client.get_signals(CONNECTED)
    assert len(cloud.seen(SIGNALS)) == 1


async def test_token_with_a_line_break_is_not_sent(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on("POST", TOKEN, Reply(json={"access_token": "good\r\nX-Injected: yes"}))
    with pytest.raises(SmartcarError):
        await client.get_signals(CONNECTED)
    assert cloud.seen(SIGNALS) == []


@pytest.mark.parametrize("reply", [Reply(504), Reply(200, body=b"{"), hang_up])
async def test_command_without_a_token_has_a_known_outcome(
    cloud: Cloud, client: SmartcarClient, reply: Reply | Handler
) -> None:
    """The car was certainly not unlocked."""
    cloud.on("POST", TOKEN, reply)
    with pytest.raises(SmartcarError) as caught:
        await client.unlock(CONNECTED)
    assert caught.value.outcome_unknown is False


async def test_refused_credentials_raise_authentication_error(
    cloud: Cloud, client: SmartcarClient
) -> None:
    cloud.on("POST", TOKEN, Reply(401, {"error": "invalid_client"}))
    with pytest.raises(AuthenticationError):
        await client.get_connections()
    assert cloud.seen() == []


async def test_quota_of_the_token_endpoint_is_a_limit(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on("POST", TOKEN, Reply(403, {"error": "quota_exceeded"}))
    with pytest.raises(LimitError):
        await client.lock(CONNECTED)
    assert cloud.seen() == []


ONE_ATTEMPT: dict[str, tuple[Handler, type[SmartcarError]]] = {
    "429": (error(429, "RATE_LIMIT", "SMARTCAR_API"), RateLimitError),
    "430": (error(430, "BILLING", "VEHICLE_LIMIT"), BillingError),
    "500": (error(500, "SERVER", "INTERNAL"), ServerError),
    "502": (error(502, "UPSTREAM", "NO_RESPONSE"), UpstreamError),
    "503": (Reply(503, body=b"<html>down</html>", headers={"Retry-After": "1"}), UpstreamError),
    "504": (Reply(504, body=b"<html>late</html>"), UpstreamError),
    "409": (error(409, "VEHICLE_STATE", "ASLEEP"), VehicleStateError),
    "silence": (never, TransportTimeoutError),
    "lost": (hang_up, TransportError),
    "cut off": (Stream([b'{"data":'], status=200, cut_off=True), TransportError),
    "redirect": (Reply(307, headers={"Location": "/vehicle/v3/other"}), InvalidResponseError),
    "html": (Reply(200, body=b"<html>hello</html>", content_type="text/html"), SmartcarError),
}


@pytest.mark.parametrize(
    "name", ["lock", "set_charge_limit", "daily", "delete_charge_schedule", "get_signals"]
)
async def test_request_is_not_repeated_after_trouble(
    cloud: Cloud, client: SmartcarClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    call, method, path = CALLS[name]
    for trouble, (reply, expected) in ONE_ATTEMPT.items():
        cloud.requests.clear()
        cloud.on(method, path, reply)
        shorten_time_limits(monkeypatch, 0.2 if trouble == "silence" else 30)
        with pytest.raises(expected):
            await call(client)
        assert len(cloud.seen()) == 1, trouble
    assert cloud.minted == 1


@pytest.mark.parametrize(
    ("pages", "complete"),
    [
        ({}, True),
        ({"next_link": None}, True),
        ({"with_links": False}, True),
        ({"next_link": "?page%5Bnumber%5D={number}"}, True),
        ({"next_link": "/v3/connections?page[number]={number}"}, True),
        ({"with_meta": False}, True),
        ({"counted": None}, True),
        ({"counted": 3}, True),
        ({"counted": 1000}, False),
        ({"counted": "250"}, True),
        ({"next_link": "http://[", "counted": 250}, True),
    ],
)
async def test_connections_of_all_pages_are_returned(
    cloud: Cloud, client: SmartcarClient, pages: dict[str, Any], complete: bool
) -> None:
    for cap in (100, 50, 10):
        cloud.requests.clear()
        cloud.on("GET", CONNECTIONS, Pages(CONNECTED_CARS, cap, **pages))
        got = await client.get_connections()
        assert [each.id for each in got] == [car["id"] for car in CONNECTED_CARS]
        assert {each.user_id for each in got} == set(OWNERS)
        assert got.complete is complete
        numbers = [int(seen.query.get("page[number]", 1)) for seen in cloud.seen()]
        assert numbers == list(range(1, -(-250 // cap) + (not complete) + 1))


@pytest.mark.parametrize("scheme", ["http://{there}", "//{there}", "https://user:pw@{there}"])
async def test_token_is_not_sent_to_the_host_of_a_link(
    cloud: Cloud, client: SmartcarClient, elsewhere: Cloud, scheme: str
) -> None:
    there = scheme.format(there=elsewhere.base.removeprefix("http://"))
    link = there + "/vehicle/v3/connections?page[number]={number}&filter[userId]=x&evil=1"
    cloud.on("GET", CONNECTIONS, Pages(CONNECTED_CARS, 100, next_link=link))
    assert len(await client.get_connections(user_id="all")) == 250
    assert [set(seen.query) for seen in cloud.seen()] == [
        {"page[size]", "filter[userId]"},
        *[{"page[size]", "filter[userId]", "page[number]"}] * 2,
    ]
    assert {seen.query["filter[userId]"] for seen in cloud.seen()} == {"all"}


async def test_repeated_page_ends_the_list(cloud: Cloud, client: SmartcarClient) -> None:
    """The list of a server that ignores page numbers must end, and be incomplete."""
    body = listing(CONNECTED_CARS[:10], totalCount=None) | {"links": {"next": "?page[number]=2"}}
    cloud.on("GET", CONNECTIONS, Reply(json=body))
    got = await client.get_connections()
    assert len(got) == 10
    assert not got.complete
    assert len(cloud.seen()) == 2


async def test_list_has_fifty_pages_at_most(cloud: Cloud, client: SmartcarClient) -> None:
    cars = [connection(number) for number in range(60)]
    cloud.on("GET", CONNECTIONS, Pages(cars, 1))
    got = await client.get_connections()
    assert (len(got), got.complete, got.pages) == (50, False, 50)


async def test_empty_page_ends_the_list(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on(
        "GET",
        CONNECTIONS,
        Reply(json=listing(CONNECTED_CARS[:100], totalCount=250)),
        Reply(json=listing([], totalCount=250)),
    )
    got = await client.get_connections()
    assert (len(got), got.complete, len(cloud.seen())) == (100, False, 2)


async def test_members_of_overlapping_pages_are_returned_once(
    cloud: Cloud, client: SmartcarClient
) -> None:
    """A car that is connected between two requests moves another one to the next page."""
    cloud.on(
        "GET",
        CONNECTIONS,
        Reply(json=listing(CONNECTED_CARS[:100], totalCount=150)),
        Reply(json=listing(CONNECTED_CARS[99:149], totalCount=150)),
        Reply(json=listing(CONNECTED_CARS[149:150], totalCount=150)),
    )
    got = await client.get_connections()
    assert [each.id for each in got] == [car["id"] for car in CONNECTED_CARS[:150]]
    assert got.complete


async def test_empty_list_is_complete(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on("GET", CONNECTIONS, Reply(json=listing([])))
    got = await client.get_connections()
    assert (list(got), got.complete, len(cloud.seen())) == ([], True, 1)


async def test_error_of_a_later_page_is_raised(cloud: Cloud, client: SmartcarClient) -> None:
    """Half a list would mean that cars were disconnected."""
    cloud.on(
        "GET",
        CONNECTIONS,
        Reply(json=listing(CONNECTED_CARS[:100], totalCount=250)),
        error(500, "SERVER", "INTERNAL"),
    )
    with pytest.raises(ServerError):
        await client.get_connections()


async def test_token_is_renewed_between_pages(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on(
        "GET",
        CONNECTIONS,
        Reply(json=listing(CONNECTED_CARS[:100], totalCount=150)),
        UNAUTHORIZED,
        Reply(json=listing(CONNECTED_CARS[100:150], totalCount=150)),
    )
    assert len(await client.get_connections()) == 150
    assert [seen.token for seen in cloud.seen()] == ["token-1", "token-1", "token-2"]


ODD_IDS = {
    "a/b": "a%2Fb",
    "../../users/1": "..%2F..%2Fusers%2F1",
    "a b?c#d": "a%20b%3Fc%23d",
    "%2e": "%252e",
    "{vehicle_id}": "%7Bvehicle_id%7D",
    "é☃": "%C3%A9%E2%98%83",
    "a\r\nb": "a%0D%0Ab",
    "\ud800": "%3F",
}


async def test_odd_ids_are_quoted(cloud: Cloud, client: SmartcarClient) -> None:
    for odd, quoted in ODD_IDS.items():
        lock = f"/vehicle/v3/vehicles/{quoted}/commands/security/lock"
        cloud.on("GET", f"{CONNECTIONS}/{quoted}", Reply(json={"data": connection()}))
        cloud.on("DELETE", f"{VEHICLE_PATH}/charge-schedules/{quoted}", Reply(204))
        cloud.on("POST", lock, Reply(json=executed()))
        await client.get_connection(odd)
        await client.delete_charge_schedule(CONNECTED, odd)
        await client.lock(ConnectedVehicle(odd, USER))
    assert len(cloud.seen()) == 3 * len(ODD_IDS)


@given(st.text(st.characters(codec=None)) | st.text())
def test_any_id_stays_one_segment_of_the_path(odd: str) -> None:
    request = Request(
        method="GET",
        path="/vehicles/{vehicle_id}/signals/{code}",
        ids={"vehicle_id": odd, "code": "x"},
        query={"page[size]": "100"},
    )
    url = request.url(ORIGINS.vehicle)
    path = url.raw_path
    assert path.startswith("/v3/vehicles/")
    assert path.endswith("/signals/x")
    assert path.isascii()
    assert path.count("/") == 5
    assert url.host == "127.0.0.1"


@pytest.mark.parametrize("user_id", ["a\r\nX-Injected: yes", "a\nb"])
async def test_user_id_cannot_inject_a_header(
    cloud: Cloud, client: SmartcarClient, user_id: str
) -> None:
    cloud.on("GET", SIGNALS, Reply(json=listing([])))
    with pytest.raises(SmartcarError):
        await client.get_signals(ConnectedVehicle(VEHICLE, user_id))
    assert cloud.seen() == []


async def test_log_lines_contain_no_secret(
    cloud: Cloud, client: SmartcarClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = [CLIENT_ID, CLIENT_SECRET, "token-1", "token-2", USER, VEHICLE, VIN]
    secrets += ["connection-0", "schedule-7", "webhook-1", "subscription-1"]
    secrets += [str(LATITUDE), str(LONGITUDE)]
    details = " ".join(secrets)
    body = {"latitude": LATITUDE, "longitude": LONGITUDE, "value": VIN}
    for name, (call, method, path) in CALLS.items():
        good = OTHER_METHODS[name][3] if name in OTHER_METHODS else executed()
        if name == "get_signals":
            good = listing([signal("location-preciselocation", body)])
        cloud.on(
            method,
            path,
            error(401, "AUTHENTICATION", "UNAUTHORIZED", detail=details),
            Reply(200 if good else 204, good),
            error(400, "VALIDATION", VIN, detail=details),
        )
        await call(client)
        with pytest.raises(ApiError) as caught:
            await call(client)
        logging.getLogger("smartcar.test").warning("%s", caught.value)
    lines = [
        record.getMessage()
        for record in caplog.records
        if record.name not in {"aiohttp.access", "aiohttp.server", "asyncio"}
    ]
    assert len(lines) >= 4 * len(CALLS)
    for line in lines:
        assert not [secret for secret in secrets if secret in line]
    assert "GET /v3/vehicles/{vehicle_id}/signals: 200" in lines
