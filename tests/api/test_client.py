"""The client against the fake cloud: what it sends, what it makes of the answers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
import itertools
import json
import logging
from typing import Any, cast, override

import aiohttp
import pytest

from custom_components.smartcar.api import (
    WEEKDAYS,
    ApiError,
    Application,
    AuthenticationError,
    BillingError,
    ChargingWindow,
    CommandFailedError,
    ConflictError,
    InvalidResponseError,
    LimitError,
    NotFoundError,
    Origins,
    RateLimitError,
    ServerError,
    SignalStatus,
    SmartcarClient,
    SmartcarError,
    Subscription,
    TokenSource,
    TransportError,
    TransportTimeoutError,
    UpstreamError,
    Vehicle,
    VehicleStateError,
    Webhook,
    client as client_module,
)

from .cloud import (
    CLIENT_ID,
    CLIENT_SECRET,
    CONNECTIONS,
    LATITUDE,
    LONGITUDE,
    SIGNALS,
    TOKEN,
    UNAUTHORIZED,
    USER,
    VEHICLE,
    VIN,
    Cloud,
    Handler,
    Pages,
    Reply,
    Stream,
    connection,
    envelope,
    error,
    executed,
    hang_up,
    listing,
    never,
    signal,
)

HOUSE = f"/vehicle/v3/vehicles/{VEHICLE}"
OWNERS = ("ann", "ben", "cem")
CARS = [connection(number, OWNERS[number % 3]) for number in range(250)]


def _window(start: str, stop: str) -> ChargingWindow:
    return ChargingWindow(start=start, stop=stop)


MORNING = _window("08:00", "10:00")
NIGHT = _window("22:30", "06:15")
PLACE = {"latitude": LATITUDE, "longitude": LONGITUDE}
HERE = {"location": PLACE}

type Call = Callable[[SmartcarClient], Awaitable[Any]]

# name -> call, method, path, attributes of its body
COMMANDS: dict[str, tuple[Call, str, str, Mapping[str, Any] | None]] = {
    "lock": (lambda c: c.lock(VEHICLE, USER), "POST", "commands/security/lock", None),
    "unlock": (lambda c: c.unlock(VEHICLE, USER), "POST", "commands/security/unlock", None),
    "start_charge": (
        lambda c: c.start_charge(VEHICLE, USER),
        "POST",
        "commands/charge/start",
        None,
    ),
    "stop_charge": (lambda c: c.stop_charge(VEHICLE, USER), "POST", "commands/charge/stop", None),
    "set_charge_limit": (
        lambda c: c.set_charge_limit(VEHICLE, USER, 80),
        "POST",
        "commands/charge/set-limit",
        {"percent": 80},
    ),
    "open_charge_port": (
        lambda c: c.open_charge_port(VEHICLE, USER),
        "POST",
        "commands/charge-port/open",
        None,
    ),
    "close_charge_port": (
        lambda c: c.close_charge_port(VEHICLE, USER),
        "POST",
        "commands/charge-port/close",
        None,
    ),
    "set_destination": (
        lambda c: c.set_destination(VEHICLE, USER, LATITUDE, LONGITUDE),
        "POST",
        "commands/navigation/set-destination",
        PLACE,
    ),
    "daily": (
        lambda c: c.set_daily_charge_schedule(VEHICLE, USER, **PLACE, window=MORNING),
        "POST",
        "charge-schedules/daily",
        HERE | {"startTime": "08:00", "stopTime": "10:00"},
    ),
    "weekly": (
        lambda c: c.set_weekly_charge_schedule(
            VEHICLE, USER, **PLACE, days={"sunday": NIGHT, "monday": MORNING}
        ),
        "POST",
        "charge-schedules/weekly",
        HERE
        | {
            "days": {
                "monday": {"startTime": "08:00", "stopTime": "10:00"},
                "sunday": {"startTime": "22:30", "stopTime": "06:15"},
            }
        },
    ),
    "workweek": (
        lambda c: c.set_workweek_charge_schedule(
            VEHICLE, USER, **PLACE, weekdays=MORNING, weekends=NIGHT
        ),
        "POST",
        "charge-schedules/workweek",
        HERE
        | {
            "weekdays": {"startTime": "08:00", "stopTime": "10:00"},
            "weekends": {"startTime": "22:30", "stopTime": "06:15"},
        },
    ),
    "delete_charge_schedule": (
        lambda c: c.delete_charge_schedule(VEHICLE, USER, "schedule-7"),
        "DELETE",
        "charge-schedules/schedule-7",
        None,
    ),
}
EVERY_COMMAND = pytest.mark.parametrize("name", COMMANDS)

# name -> call, method, path, a good answer
OTHERS: dict[str, tuple[Call, str, str, Any]] = {
    "get_connections": (lambda c: c.get_connections(), "GET", CONNECTIONS, listing([])),
    "get_connection": (
        lambda c: c.get_connection("connection-0"),
        "GET",
        f"{CONNECTIONS}/connection-0",
        {"data": connection()},
    ),
    "delete_connection": (
        lambda c: c.delete_connection("connection-0"),
        "DELETE",
        f"{CONNECTIONS}/connection-0",
        None,
    ),
    "delete_user": (
        lambda c: c.delete_user(USER),
        "DELETE",
        f"/vehicle/v3/users/{USER}",
        None,
    ),
    "get_vehicle": (
        lambda c: c.get_vehicle(VEHICLE),
        "GET",
        HOUSE,
        {"data": {"id": VEHICLE, "attributes": {}}},
    ),
    "get_signals": (lambda c: c.get_signals(VEHICLE, USER), "GET", SIGNALS, listing([])),
    "get_signal": (
        lambda c: c.get_signal(VEHICLE, USER, "charge-voltage"),
        "GET",
        f"{SIGNALS}/charge-voltage",
        {"data": signal("charge-voltage")},
    ),
    "get_applications": (
        lambda c: c.get_applications(),
        "GET",
        "/management/v3/applications",
        listing([]),
    ),
    "get_webhooks": (lambda c: c.get_webhooks(), "GET", "/management/v3/webhooks", listing([])),
    "get_webhook": (
        lambda c: c.get_webhook("webhook-1"),
        "GET",
        "/management/v3/webhooks/webhook-1",
        {"data": {"id": "webhook-1"}},
    ),
    "get_subscriptions": (
        lambda c: c.get_subscriptions(),
        "GET",
        "/management/v3/subscriptions",
        listing([]),
    ),
    "create_subscription": (
        lambda c: c.create_subscription("webhook-1", USER, VEHICLE),
        "POST",
        "/management/v3/subscriptions",
        {"meta": {"message": "subscription creation in progress"}},
    ),
    "delete_subscription": (
        lambda c: c.delete_subscription("subscription-1"),
        "DELETE",
        "/management/v3/subscriptions/subscription-1",
        None,
    ),
}
CALLS: dict[str, tuple[Call, str, str]] = {
    name: (call, method, f"{HOUSE}/{path}") for name, (call, method, path, _) in COMMANDS.items()
} | {name: (call, method, path) for name, (call, method, path, _) in OTHERS.items()}
EVERY_CALL = pytest.mark.parametrize("name", CALLS)
WITH_USER = {*COMMANDS, "get_signals", "get_signal"}


@EVERY_CALL
async def test_each_call_is_one_request_to_its_place(
    cloud: Cloud, client: SmartcarClient, name: str
) -> None:
    call, method, path = CALLS[name]
    good = OTHERS[name][3] if name in OTHERS else executed()
    cloud.on(method, path, Reply(200 if good else 204, good))
    await call(client)
    (seen,) = cloud.seen()
    assert (seen.method, seen.path) == (method, path)
    assert seen.headers["Authorization"] == "Bearer token-1"
    assert seen.headers.get("sc-user-id") == (USER if name in WITH_USER else None)


@EVERY_CALL
async def test_an_error_reaches_the_caller_of_every_call(
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


def _hurry(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    monkeypatch.setattr(client_module, "_COMMAND_TIMEOUT", seconds)
    defaults: Any = client_module._Request.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "timeout", seconds)


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
async def test_nothing_is_repeated(
    cloud: Cloud, client: SmartcarClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    call, method, path = CALLS[name]
    await client.authenticate()
    for trouble, (reply, expected) in ONE_ATTEMPT.items():
        cloud.requests.clear()
        cloud.on(method, path, reply)
        _hurry(monkeypatch, 0.2 if trouble == "silence" else 30)
        with pytest.raises(expected):
            await call(client)
        assert len(cloud.seen()) == 1, trouble
    assert cloud.minted == 1


@EVERY_COMMAND
async def test_no_command_is_repeated_on_a_kept_connection_that_is_lost(
    cloud: Cloud, client: SmartcarClient, name: str
) -> None:
    """The HTTP library would repeat a GET or a DELETE by itself."""
    call, method, path = CALLS[name]
    cloud.on("GET", SIGNALS, Reply(json=listing([])))
    await client.get_signals(VEHICLE, USER)
    cloud.on(method, path, hang_up)
    with pytest.raises(TransportError) as caught:
        await call(client)
    assert caught.value.outcome_unknown
    assert len(cloud.seen(path)) == 1


# Connections


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
async def test_all_pages_of_all_owners(
    cloud: Cloud, client: SmartcarClient, pages: dict[str, Any], complete: bool
) -> None:
    for cap in (100, 50, 10):
        cloud.requests.clear()
        cloud.on("GET", CONNECTIONS, Pages(CARS, cap, **pages))
        got = await client.get_connections()
        assert [each.id for each in got] == [car["id"] for car in CARS]
        assert {each.user_id for each in got} == set(OWNERS)
        assert got.complete is complete
        numbers = [int(seen.query.get("page[number]", 1)) for seen in cloud.seen()]
        assert numbers == list(range(1, -(-250 // cap) + (not complete) + 1))


@pytest.mark.parametrize("scheme", ["http://{there}", "//{there}", "https://user:pw@{there}"])
async def test_the_token_never_follows_a_link_to_another_host(
    cloud: Cloud, client: SmartcarClient, elsewhere: Cloud, scheme: str
) -> None:
    there = scheme.format(there=elsewhere.base.removeprefix("http://"))
    link = there + "/vehicle/v3/connections?page[number]={number}&filter[userId]=x&evil=1"
    cloud.on("GET", CONNECTIONS, Pages(CARS, 100, next_link=link))
    assert len(await client.get_connections(user_id="all")) == 250
    assert [set(seen.query) for seen in cloud.seen()] == [
        {"page[size]", "filter[userId]"},
        *[{"page[size]", "filter[userId]", "page[number]"}] * 2,
    ]
    assert {seen.query["filter[userId]"] for seen in cloud.seen()} == {"all"}


async def test_a_page_that_comes_again_is_the_last(cloud: Cloud, client: SmartcarClient) -> None:
    """A server that ignores page numbers must neither hang us nor pass for a whole answer."""
    body = listing(CARS[:10], totalCount=None) | {"links": {"next": "?page[number]=2"}}
    cloud.on("GET", CONNECTIONS, Reply(json=body))
    got = await client.get_connections()
    assert len(got) == 10
    assert not got.complete
    assert len(cloud.seen()) == 2


async def test_an_empty_page_is_the_last(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on(
        "GET",
        CONNECTIONS,
        Reply(json=listing(CARS[:100], totalCount=250)),
        Reply(json=listing([], totalCount=250)),
    )
    got = await client.get_connections()
    assert (len(got), got.complete, len(cloud.seen())) == (100, False, 2)


async def test_pages_that_overlap_count_once(cloud: Cloud, client: SmartcarClient) -> None:
    """A car that is connected while pages are read shifts the others to the next page."""
    cloud.on(
        "GET",
        CONNECTIONS,
        Reply(json=listing(CARS[:100], totalCount=150)),
        Reply(json=listing(CARS[99:149], totalCount=150)),
        Reply(json=listing(CARS[149:150], totalCount=150)),
    )
    got = await client.get_connections()
    assert [each.id for each in got] == [car["id"] for car in CARS[:150]]
    assert got.complete


async def test_no_connections_is_a_whole_answer(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on("GET", CONNECTIONS, Reply(json=listing([])))
    got = await client.get_connections()
    assert (list(got), got.complete, len(cloud.seen())) == ([], True, 1)


async def test_an_error_on_a_later_page_is_an_error(cloud: Cloud, client: SmartcarClient) -> None:
    """Half a list must not look like cars that are gone."""
    cloud.on(
        "GET",
        CONNECTIONS,
        Reply(json=listing(CARS[:100], totalCount=250)),
        error(500, "SERVER", "INTERNAL"),
    )
    with pytest.raises(ServerError):
        await client.get_connections()


async def test_a_token_that_ends_between_pages_is_renewed(
    cloud: Cloud, client: SmartcarClient
) -> None:
    cloud.on(
        "GET",
        CONNECTIONS,
        Reply(json=listing(CARS[:100], totalCount=150)),
        UNAUTHORIZED,
        Reply(json=listing(CARS[100:150], totalCount=150)),
    )
    assert len(await client.get_connections()) == 150
    assert [seen.token for seen in cloud.seen()] == ["token-1", "token-1", "token-2"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {}),
        ({"user_id": "ann"}, {"filter[userId]": "ann"}),
        ({"vehicle_id": VEHICLE}, {"filter[vehicleId]": VEHICLE}),
        ({"mode": "simulated"}, {"filter[vehicle.mode]": "simulated"}),
        (
            {"user_id": "a&b=c d/é", "vehicle_id": "v", "mode": "live"},
            {
                "filter[userId]": "a&b=c d/é",
                "filter[vehicleId]": "v",
                "filter[vehicle.mode]": "live",
            },
        ),
    ],
)
async def test_filters_of_connections(
    cloud: Cloud, client: SmartcarClient, filters: dict[str, str], expected: dict[str, str]
) -> None:
    cloud.on("GET", CONNECTIONS, Pages(CARS, 100))
    await client.get_connections(**filters)
    for number, seen in enumerate(cloud.seen(), 1):
        paging = {"page[size]": "100"} | ({"page[number]": str(number)} if number > 1 else {})
        assert seen.query == expected | paging


async def test_a_listing_of_nonsense_is_invalid(cloud: Cloud, client: SmartcarClient) -> None:
    broken: Any
    for broken in ([], None, "text", {"id": "x"}, {"id": None, "attributes": {}}):
        cloud.on("GET", CONNECTIONS, Reply(json={"data": [connection(), broken]}))
        with pytest.raises(InvalidResponseError):
            await client.get_connections()


@pytest.mark.parametrize("name", ["get_connections", "get_signals", "get_webhooks"])
async def test_a_listing_without_a_list_is_invalid(
    cloud: Cloud, client: SmartcarClient, name: str
) -> None:
    call, method, path = CALLS[name]
    data: Any
    for data in (None, {}, "text", 3, True):
        cloud.on(method, path, Reply(json={"data": data, "meta": {"totalCount": 0}}))
        with pytest.raises(InvalidResponseError):
            await call(client)


async def test_one_connection(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on("GET", f"{CONNECTIONS}/connection-0", Reply(json={"data": connection()}))
    got = await client.get_connection("connection-0")
    assert (got.id, got.user_id, got.vehicle_id) == ("connection-0", USER, "vehicle-0")


@pytest.mark.parametrize("name", ["get_connection", "get_vehicle", "get_signal", "get_webhook"])
async def test_one_thing_of_a_wrong_shape_is_invalid(
    cloud: Cloud, client: SmartcarClient, name: str
) -> None:
    call, method, path = CALLS[name]
    body: Any
    for body in ({}, {"data": None}, {"data": []}, {"data": {}}, []):
        cloud.on(method, path, Reply(json=body))
        with pytest.raises(InvalidResponseError):
            await call(client)


@pytest.mark.parametrize("name", ["delete_connection", "delete_user", "delete_subscription"])
async def test_what_is_gone_cannot_be_deleted(
    cloud: Cloud, client: SmartcarClient, name: str
) -> None:
    call, _, _ = CALLS[name]
    with pytest.raises(NotFoundError):
        await call(client)


# Vehicles and signals


async def test_a_vehicle(cloud: Cloud, client: SmartcarClient) -> None:
    attributes = connection()["attributes"]["vehicle"]
    cloud.on("GET", HOUSE, Reply(json={"data": {"id": VEHICLE, "attributes": attributes}}))
    assert await client.get_vehicle(VEHICLE) == Vehicle(
        id=VEHICLE, make="TESLA", model="Model S", year=2014, powertrain_type="BEV", mode="live"
    )


async def test_signals_are_one_request(cloud: Cloud, client: SmartcarClient) -> None:
    data = [signal("tractionbattery-stateofcharge"), signal("charge-ischarging", {"value": False})]
    cloud.on("GET", SIGNALS, Reply(json=listing(data)))
    got = await client.get_signals(VEHICLE, USER)
    assert [(each.code, each.body) for each in got] == [
        ("tractionbattery-stateofcharge", {"value": 57, "unit": "percent"}),
        ("charge-ischarging", {"value": False}),
    ]
    assert got.complete
    assert got[0].oem_updated_at is not None
    (seen,) = cloud.seen()
    assert seen.query == {}


async def test_what_is_as_before_is_not_read_again(cloud: Cloud, client: SmartcarClient) -> None:
    before = [signal("charge-voltage"), signal("charge-wattage")]
    after = [signal("charge-voltage"), signal("charge-wattage", {"value": 58, "unit": "percent"})]
    replies = (Reply(json=listing(data)) for data in (before, before, after, before[:1], before))
    cloud.on("GET", SIGNALS, *replies)
    first = await client.get_signals(VEHICLE, USER)
    assert await client.get_signals(VEHICLE, USER) is first
    moved = await client.get_signals(VEHICLE, USER)
    assert moved[0] is first[0]
    assert [each.body["value"] for each in moved] == [57, 58]
    # What was not told for a while is nothing special when it comes back.
    assert await client.get_signals(VEHICLE, USER) == first[:1]
    assert await client.get_signals(VEHICLE, USER) == first
    assert len(cloud.seen()) == 5


async def test_what_is_as_before_is_of_the_same_car(cloud: Cloud, client: SmartcarClient) -> None:
    other = SIGNALS.replace(VEHICLE, "another")
    cloud.on("GET", SIGNALS, Reply(json=listing([signal("charge-voltage")])))
    cloud.on("GET", other, Reply(json=listing([])))
    assert len(await client.get_signals(VEHICLE, USER)) == 1
    assert await client.get_signals("another", USER) == []


@pytest.mark.parametrize("status", [200, 500])
async def test_error_between_two_answers_is_an_error(
    cloud: Cloud, client: SmartcarClient, status: int
) -> None:
    """Also one with the body of the answer before."""
    good = Reply(json=listing([signal("charge-voltage")]))
    bad = replace(good, status=status) if status == 500 else Reply(body=b"<html>")
    cloud.on("GET", SIGNALS, good, bad, good)
    first = await client.get_signals(VEHICLE, USER)
    with pytest.raises(SmartcarError):
        await client.get_signals(VEHICLE, USER)
    assert await client.get_signals(VEHICLE, USER) == first


async def test_second_page_is_asked_for_again_although_the_first_is_as_before(
    cloud: Cloud, client: SmartcarClient
) -> None:
    first = listing([signal("charge-voltage")], totalCount=2)
    first["links"]["next"] = f"{SIGNALS}?page[number]=2&page[size]=1"
    seconds = [listing([signal("charge-wattage", {"value": n})], totalCount=2) for n in (1, 2)]
    cloud.on("GET", SIGNALS, *(Reply(json=page) for second in seconds for page in (first, second)))
    values = [(await client.get_signals(VEHICLE, USER))[1].body["value"] for _ in seconds]
    assert values == [1, 2]


async def test_a_signal_that_failed_fails_nothing(cloud: Cloud, client: SmartcarClient) -> None:
    status = {"value": "ERROR", "error": {"type": "VEHICLE_STATE", "code": "NOT_CHARGING"}}
    cloud.on(
        "GET",
        SIGNALS,
        Reply(json=listing([signal("charge-wattage", {"value": 8000}, status=status)])),
    )
    (got,) = await client.get_signals(VEHICLE, USER)
    assert got.status is SignalStatus.ERROR
    assert got.error is not None
    assert got.error.code == "NOT_CHARGING"


async def test_a_malformed_signal_costs_only_itself(cloud: Cloud, client: SmartcarClient) -> None:
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
    got = await client.get_signals(VEHICLE, USER)
    assert [each.code for each in got] == ["charge-voltage", "odometer-traveleddistance"]
    assert not got.complete
    assert len(cloud.seen()) == 1


async def test_signals_that_were_counted_but_not_shown_cost_no_request(
    cloud: Cloud, client: SmartcarClient
) -> None:
    cloud.on("GET", SIGNALS, Reply(json=listing([signal("charge-voltage")], totalCount=31)))
    got = await client.get_signals(VEHICLE, USER)
    assert (len(got), got.complete, len(cloud.seen())) == (1, False, 1)


async def test_signals_that_link_to_another_page_are_followed(
    cloud: Cloud, client: SmartcarClient
) -> None:
    first = listing([signal("charge-voltage")], totalCount=2)
    first["links"]["next"] = f"{SIGNALS}?page[number]=2&page[size]=1"
    cloud.on(
        "GET",
        SIGNALS,
        Reply(json=first),
        Reply(json=listing([signal("charge-wattage")], totalCount=2)),
    )
    got = await client.get_signals(VEHICLE, USER)
    assert (len(got), got.complete) == (2, True)
    assert cloud.seen()[1].query == {"page[number]": "2", "page[size]": "1"}
    assert cloud.seen()[1].headers["sc-user-id"] == USER


async def test_an_empty_store_is_no_error(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on("GET", SIGNALS, Reply(json=listing([])))
    got = await client.get_signals(VEHICLE, USER)
    assert (list(got), got.complete) == ([], True)


async def test_one_signal(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on("GET", f"{SIGNALS}/charge-voltage", Reply(json={"data": signal("charge-voltage")}))
    got = await client.get_signal(VEHICLE, USER, "charge-voltage")
    assert (got.code, got.status) == ("charge-voltage", SignalStatus.SUCCESS)


async def test_a_signal_that_the_cloud_does_not_have(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on("GET", f"{SIGNALS}/vin", error(404, "RESOURCE_NOT_FOUND", "SIGNAL_NOT_FOUND"))
    with pytest.raises(NotFoundError) as caught:
        await client.get_signal(VEHICLE, USER, "vin")
    assert caught.value.code == "SIGNAL_NOT_FOUND"


# Commands


@EVERY_COMMAND
async def test_what_a_command_sends(cloud: Cloud, client: SmartcarClient, name: str) -> None:
    call, method, path, attributes = COMMANDS[name]
    cloud.on(method, f"{HOUSE}/{path}", Reply(json=executed(scheduleId="schedule-7")))
    got = await call(client)
    (seen,) = cloud.seen()
    if attributes is None:
        assert seen.body == b""
        assert "Content-Type" not in seen.headers
    else:
        assert seen.json == {"data": {"attributes": attributes}}
        assert seen.headers["Content-Type"] == "application/json"
    if method == "POST":
        assert (got.id, got.command, got.duration) == ("exec_1", "charge-start", 2)
        assert got.completed_at > got.executed_at
        assert got.schedule_id == "schedule-7"


@pytest.mark.parametrize("percent", [50, 51, 100, 80.0])
async def test_charge_limits_that_are_sent(
    cloud: Cloud, client: SmartcarClient, percent: Any
) -> None:
    cloud.on("POST", f"{HOUSE}/commands/charge/set-limit", Reply(json=executed()))
    await client.set_charge_limit(VEHICLE, USER, percent)
    assert (
        cloud.seen()[0].body
        == json.dumps({"data": {"attributes": {"percent": int(percent)}}}).encode()
    )


NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize(
    "call",
    [
        *(
            lambda c, percent=percent: c.set_charge_limit(VEHICLE, USER, percent)
            for percent in (49, 101, 0, -80, 80.5, 0.8, True, "80", None, NAN, INFINITY)
        ),
        *(
            lambda c, place=place: c.set_destination(VEHICLE, USER, *place)
            for place in (
                (90.1, 0),
                (-90.1, 0),
                (0, 180.1),
                (0, -180.1),
                (NAN, 0),
                (0, NAN),
                (INFINITY, 0),
                (0, -INFINITY),
                (10**400, 0),
            )
        ),
        *(
            lambda c, window=window: c.set_daily_charge_schedule(
                VEHICLE, USER, **PLACE, window=window
            )
            for window in (
                _window("8:00", "10:00"),
                _window("08:00", "24:00"),
                _window("08:00", "10:60"),
                _window("08:00:00", "10:00"),
                _window("08", "10:00"),
                _window("T0800", "10:00"),
                _window("0800Z", "10:00"),
                _window("", "10:00"),
                _window("ab:cd", "10:00"),
            )
        ),
        lambda c: c.set_daily_charge_schedule(
            VEHICLE, USER, latitude=91, longitude=0, window=MORNING
        ),
        lambda c: c.set_weekly_charge_schedule(VEHICLE, USER, **PLACE, days={}),
        lambda c: c.set_weekly_charge_schedule(VEHICLE, USER, **PLACE, days={"Monday": MORNING}),
        lambda c: c.set_weekly_charge_schedule(
            VEHICLE, USER, **PLACE, days={"monday": _window("25:00", "10:00")}
        ),
        lambda c: c.set_workweek_charge_schedule(
            VEHICLE, USER, **PLACE, weekdays=MORNING, weekends=_window("x", "y")
        ),
        lambda c: c.set_workweek_charge_schedule(
            VEHICLE, USER, latitude=0, longitude=NAN, weekdays=MORNING, weekends=NIGHT
        ),
    ],
)
async def test_nonsense_is_refused_before_any_request(call: Call) -> None:
    offline = SmartcarClient(cast(Any, None), cast(Any, None))
    with pytest.raises(ValueError):  # noqa: PT011
        await call(offline)


async def test_a_whole_week_is_sent_in_order(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on("POST", f"{HOUSE}/charge-schedules/weekly", Reply(json=executed()))
    days = dict.fromkeys(reversed(WEEKDAYS), MORNING)
    await client.set_weekly_charge_schedule(VEHICLE, USER, **PLACE, days=days)
    assert list(cloud.seen()[0].json["data"]["attributes"]["days"]) == list(WEEKDAYS)


def _pieces(body: Any) -> list[bytes]:
    raw = json.dumps(body).encode()
    return [b"", *(bytes(piece) for piece in itertools.batched(raw, 40, strict=False))]


@EVERY_COMMAND
async def test_a_late_success_is_streamed(cloud: Cloud, client: SmartcarClient, name: str) -> None:
    call, method, path = CALLS[name]
    cloud.on(method, path, Stream(_pieces(executed())))
    await call(client)
    assert len(cloud.seen()) == 1


@EVERY_COMMAND
async def test_a_late_error_is_streamed(cloud: Cloud, client: SmartcarClient, name: str) -> None:
    call, method, path = CALLS[name]
    cloud.on(method, path, Stream(_pieces(envelope(409, "VEHICLE_STATE", "IN_MOTION"))))
    with pytest.raises(VehicleStateError) as caught:
        await call(client)
    assert (caught.value.status, caught.value.code) == (409, "IN_MOTION")
    assert not caught.value.outcome_unknown
    assert len(cloud.seen()) == 1


@pytest.mark.parametrize("name", ["lock", "daily", "delete_charge_schedule"])
@pytest.mark.parametrize(
    "reply",
    [
        Stream(_pieces(executed())[:3], cut_off=True),
        Stream(_pieces(executed())[:3]),
        Stream([]),
        Stream([b"   \n"]),
        Stream(_pieces(executed()), cut_off=True),
        Stream([b"<html>"]),
        Stream([b"{}"]),
        Stream([b'{"data": {}}']),
        Stream(_pieces(executed("PENDING"))),
        Stream(_pieces(envelope(504, "UPSTREAM", "NO_RESPONSE"))),
    ],
    ids=[
        "cut off",
        "short",
        "empty",
        "blank",
        "no end",
        "html",
        "{}",
        "no status",
        "pending",
        "504",
    ],
)
async def test_a_stream_that_says_nothing_leaves_the_outcome_unknown(
    cloud: Cloud, client: SmartcarClient, name: str, reply: Stream
) -> None:
    call, method, path = CALLS[name]
    cloud.on(method, path, reply)
    with pytest.raises(SmartcarError) as caught:
        await call(client)
    assert caught.value.outcome_unknown
    assert len(cloud.seen()) == 1


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"value": "SUCCESS"}, None),
        ({"value": "success"}, None),
        ("SUCCESS", None),
        ({"value": "FAILURE"}, CommandFailedError),
        ("FAILURE", CommandFailedError),
        ({"value": "Failed"}, CommandFailedError),
        ({"value": "ERROR"}, CommandFailedError),
        ({"value": "PENDING"}, InvalidResponseError),
        ({"value": "NEW"}, InvalidResponseError),
        ({"value": ""}, InvalidResponseError),
        ({"value": None}, InvalidResponseError),
        ({"value": True}, InvalidResponseError),
        ({}, InvalidResponseError),
        (None, InvalidResponseError),
        ([], InvalidResponseError),
    ],
)
async def test_only_success_is_success(
    cloud: Cloud, client: SmartcarClient, status: Any, expected: type[SmartcarError] | None
) -> None:
    body = executed()
    body["data"]["attributes"]["status"] = status
    for http_status in (200, 202):
        cloud.requests.clear()
        cloud.on("POST", f"{HOUSE}/commands/security/unlock", Reply(http_status, body))
        if expected is None:
            await client.unlock(VEHICLE, USER)
        else:
            with pytest.raises(expected) as caught:
                await client.unlock(VEHICLE, USER)
            assert caught.value.outcome_unknown is (expected is InvalidResponseError)
        assert len(cloud.seen()) == 1


@EVERY_COMMAND
async def test_a_failure_says_why(cloud: Cloud, client: SmartcarClient, name: str) -> None:
    body = executed()
    body["data"]["attributes"]["status"] = {
        "value": "FAILURE",
        "error": {
            "type": "VEHICLE_STATE",
            "code": "DOOR_OPEN",
            "detail": "A door is open",
            "suggestedUserMessage": "Close it",
        },
    }
    call, method, path = CALLS[name]
    cloud.on(method, path, Reply(json=body, headers={"SC-Request-Id": "request-1"}))
    with pytest.raises(CommandFailedError) as caught:
        await call(client)
    failure = caught.value
    assert (failure.type, failure.code) == ("VEHICLE_STATE", "DOOR_OPEN")
    assert (failure.detail, failure.suggested_user_message) == ("A door is open", "Close it")
    assert failure.request_id == "request-1"


@pytest.mark.parametrize(
    "reply",
    [Reply(204), Reply(200), Reply(200, {}), Reply(200, {"status": "success"})],
)
async def test_a_schedule_is_deleted_whatever_the_good_answer_looks_like(
    cloud: Cloud, client: SmartcarClient, reply: Reply
) -> None:
    """The shape of this answer is not documented."""
    cloud.on("DELETE", f"{HOUSE}/charge-schedules/schedule-7", reply)
    await client.delete_charge_schedule(VEHICLE, USER, "schedule-7")


# Management


async def test_applications(cloud: Cloud, client: SmartcarClient) -> None:
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


async def test_webhooks(cloud: Cloud, client: SmartcarClient) -> None:
    expected = Webhook(
        id="webhook-1",
        name="Home",
        callback_uri="https://example.invalid/hook",
        is_enabled=True,
        auto_subscribe=False,
    )
    cloud.on("GET", "/management/v3/webhooks", Reply(json=listing([WEBHOOK])))
    cloud.on("GET", "/management/v3/webhooks/webhook-1", Reply(json={"data": WEBHOOK}))
    assert list(await client.get_webhooks()) == [expected]
    assert await client.get_webhook("webhook-1") == expected


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
async def test_all_pages_of_subscriptions(cloud: Cloud, client: SmartcarClient, cap: int) -> None:
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


async def test_subscribing(cloud: Cloud, client: SmartcarClient) -> None:
    message = {"meta": {"message": "subscription creation in progress"}}
    cloud.on(
        "POST",
        "/management/v3/subscriptions",
        Reply(202, message),
        Reply(409, envelope(409, "NEW_KIND", "EXISTS")),
    )
    await client.create_subscription("webhook-1", USER, VEHICLE)
    (seen,) = cloud.seen()
    assert seen.json == {
        "data": {"attributes": {"webhookId": "webhook-1", "userId": USER, "vehicleId": VEHICLE}}
    }
    assert "sc-user-id" not in seen.headers
    with pytest.raises(ConflictError):
        await client.create_subscription("webhook-1", USER, VEHICLE)


# How requests are sent


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
        cloud.on("DELETE", f"{HOUSE}/charge-schedules/{quoted}", Reply(204))
        cloud.on("POST", lock, Reply(json=executed()))
        await client.get_connection(odd)
        await client.delete_charge_schedule(VEHICLE, USER, odd)
        await client.lock(odd, USER)
    assert len(cloud.seen()) == 3 * len(ODD_IDS)


@pytest.mark.parametrize("user_id", ["a\r\nX-Injected: yes", "a\nb"])
async def test_a_header_cannot_be_smuggled_in(
    cloud: Cloud, client: SmartcarClient, user_id: str
) -> None:
    cloud.on("GET", SIGNALS, Reply(json=listing([])))
    with pytest.raises(SmartcarError):
        await client.get_signals(VEHICLE, user_id)
    assert cloud.seen() == []


@pytest.mark.parametrize("name", ["get_signals", "lock", "delete_user", "get_connections"])
async def test_redirects_are_not_followed(
    cloud: Cloud, client: SmartcarClient, elsewhere: Cloud, name: str
) -> None:
    call, method, path = CALLS[name]
    for status in (301, 302, 303, 307, 308):
        cloud.on(method, path, Reply(status, headers={"Location": elsewhere.base + path}))
        with pytest.raises(InvalidResponseError) as caught:
            await call(client)
        assert caught.value.status == status
    assert len(cloud.seen()) == 5


async def test_a_redirect_of_the_token_endpoint_is_not_followed(
    cloud: Cloud, client: SmartcarClient, elsewhere: Cloud
) -> None:
    cloud.on("POST", TOKEN, Reply(307, headers={"Location": elsewhere.base + TOKEN}))
    with pytest.raises(InvalidResponseError):
        await client.authenticate()


@pytest.mark.parametrize("name", ["get_signals", "lock"])
async def test_a_stream_that_never_ends_times_out(
    cloud: Cloud, client: SmartcarClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The time limit covers the body as well, and drops that come do not prolong it."""
    _hurry(monkeypatch, 0.1)
    call, method, path = CALLS[name]
    cloud.on(method, path, Stream([b" "] * 200, pause=0.02))
    await client.authenticate()
    with pytest.raises(TransportTimeoutError) as caught:
        await call(client)
    assert caught.value.outcome_unknown


async def test_nobody_there(session: aiohttp.ClientSession, cloud: Cloud) -> None:
    nowhere = Origins(iam="http://127.0.0.1:1", vehicle="http://127.0.0.1:1")
    client = SmartcarClient.for_application(session, CLIENT_ID, CLIENT_SECRET, origins=nowhere)
    with pytest.raises(TransportError) as caught:
        await client.authenticate()
    assert not caught.value.outcome_unknown


class GivenToken(TokenSource):
    """A token that needs no endpoint."""

    @override
    async def async_get_token(self) -> str:
        return "given"

    @override
    def reject(self, token: str) -> None:
        raise AssertionError


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"\x00\xff\xfe" * 50,
    ],
    ids=["nothing", "text", "status", "short", "chunks", "gzip", "length", "header", "binary"],
)
async def test_what_is_no_http_is_a_transport_error(
    session: aiohttp.ClientSession, raw: bytes
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        origins = Origins(vehicle=f"http://127.0.0.1:{port}")
        client = SmartcarClient(session, GivenToken(), origins=origins)
        with pytest.raises(TransportError) as caught:
            await client.lock(VEHICLE, USER)
    assert caught.value.outcome_unknown


async def test_an_origin_that_is_no_address(session: aiohttp.ClientSession) -> None:
    client = SmartcarClient.for_application(
        session, CLIENT_ID, CLIENT_SECRET, origins=Origins(iam="nonsense")
    )
    with pytest.raises(TransportError):
        await client.authenticate()


def test_origins_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMARTCAR_AUTH_ORIGIN", "http://localhost:1/")
    monkeypatch.setenv("SMARTCAR_API_ORIGIN", "http://localhost:2")
    monkeypatch.setenv("SMARTCAR_MANAGEMENT_API_ORIGIN", "")
    monkeypatch.delenv("SMARTCAR_CONNECT_ORIGIN", raising=False)
    assert Origins.from_environment() == Origins(
        connect="https://connect.smartcar.com",
        iam="http://localhost:1",
        vehicle="http://localhost:2",
        management="https://management.api.smartcar.com",
    )
    assert Origins().vehicle == "https://vehicle.api.smartcar.com"
    assert Origins().iam == "https://iam.smartcar.com"


async def test_clients_use_the_environment(
    cloud: Cloud, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMARTCAR_AUTH_ORIGIN", cloud.origins.iam)
    monkeypatch.setenv("SMARTCAR_API_ORIGIN", cloud.origins.vehicle)
    cloud.on("GET", CONNECTIONS, Reply(json=listing([])))
    client = SmartcarClient.for_application(session, CLIENT_ID, CLIENT_SECRET)
    await client.get_connections()
    assert len(cloud.requests) == 2


async def test_log_lines_tell_no_secret(
    cloud: Cloud, client: SmartcarClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = [CLIENT_ID, CLIENT_SECRET, "token-1", "token-2", USER, VEHICLE, VIN]
    secrets += ["connection-0", "schedule-7", "webhook-1", "subscription-1"]
    secrets += [str(LATITUDE), str(LONGITUDE)]
    details = " ".join(secrets)
    body = {"latitude": LATITUDE, "longitude": LONGITUDE, "value": VIN}
    for name, (call, method, path) in CALLS.items():
        good = OTHERS[name][3] if name in OTHERS else executed()
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


async def test_a_refused_client_says_so(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on("POST", TOKEN, Reply(401, {"error": "invalid_client"}))
    with pytest.raises(AuthenticationError):
        await client.get_connections()
    assert cloud.seen() == []


async def test_a_spent_quota_of_the_token_endpoint_is_a_limit(
    cloud: Cloud, client: SmartcarClient
) -> None:
    cloud.on("POST", TOKEN, Reply(403, {"error": "quota_exceeded"}))
    with pytest.raises(LimitError):
        await client.lock(VEHICLE, USER)
    assert cloud.seen() == []
