"""Application tokens: who mints, when, and what a refusal means."""

import asyncio
import gc
from typing import Any

import aiohttp
import pytest

from custom_components.smartcar.api import (
    ApiError,
    ApplicationTokenSource,
    AuthenticationError,
    BillingError,
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
    ValidationError,
    auth,
)

from .cloud import (
    CLIENT_ID,
    CLIENT_SECRET,
    CONNECTIONS,
    SIGNALS,
    TOKEN,
    UNAUTHORIZED,
    USER,
    VEHICLE,
    Clock,
    Cloud,
    Handler,
    Reply,
    Stream,
    error,
    executed,
    hang_up,
    listing,
    never,
)

LOCK = f"/vehicle/v3/vehicles/{VEHICLE}/commands/security/lock"


async def _until(cloud: Cloud, requests: int) -> None:
    async with asyncio.timeout(5):
        while len(cloud.requests) < requests:  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def test_the_credentials_go_into_a_form(cloud: Cloud, tokens: ApplicationTokenSource) -> None:
    assert await tokens.async_get_token() == "token-1"
    (seen,) = cloud.requests
    assert (seen.method, seen.path, seen.query) == ("POST", TOKEN, {})
    assert seen.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in seen.headers
    assert seen.form == {
        "grant_type": ["client_credentials"],
        "client_id": [CLIENT_ID],
        "client_secret": [CLIENT_SECRET],
    }


async def test_odd_characters_in_a_secret_survive(
    cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    secret = "a+b&c=d%20 é/?#"
    await ApplicationTokenSource(
        session, CLIENT_ID, secret, origins=cloud.origins
    ).async_get_token()
    assert cloud.requests[0].form["client_secret"] == [secret]


async def test_a_hundred_callers_share_one_mint(
    cloud: Cloud, tokens: ApplicationTokenSource
) -> None:
    got = await asyncio.gather(*(tokens.async_get_token() for _ in range(100)))
    assert (set(got), cloud.minted, len(cloud.requests)) == ({"token-1"}, 1, 1)
    assert await tokens.async_get_token() == "token-1"
    assert cloud.minted == 1


async def test_a_failing_mint_is_shared_and_not_kept(
    cloud: Cloud, tokens: ApplicationTokenSource
) -> None:
    cloud.on("POST", TOKEN, error(500, "SERVER", "INTERNAL"))
    got = await asyncio.gather(
        *(tokens.async_get_token() for _ in range(100)), return_exceptions=True
    )
    assert {type(each) for each in got} == {ServerError}
    assert len(cloud.requests) == 1
    cloud.replies.clear()
    assert await tokens.async_get_token() == "token-1"
    assert len(cloud.requests) == 2


async def test_a_caller_may_ask_again_the_moment_a_mint_failed(
    cloud: Cloud, tokens: ApplicationTokenSource
) -> None:
    cloud.on("POST", TOKEN, error(500, "SERVER", "INTERNAL"), Reply(json={"access_token": "good"}))

    async def stubborn() -> str:
        try:
            return await tokens.async_get_token()
        except ServerError:
            return await tokens.async_get_token()

    assert set(await asyncio.gather(*(stubborn() for _ in range(10)))) == {"good"}
    assert len(cloud.requests) == 2


async def test_a_cancelled_caller_does_not_hurt_the_others(
    cloud: Cloud, tokens: ApplicationTokenSource
) -> None:
    cloud.token_gate = asyncio.Event()
    callers = [asyncio.create_task(tokens.async_get_token()) for _ in range(3)]
    await _until(cloud, 1)
    callers[0].cancel()
    await asyncio.sleep(0)
    cloud.token_gate.set()
    with pytest.raises(asyncio.CancelledError):
        await callers[0]
    assert await asyncio.gather(*callers[1:]) == ["token-1"] * 2
    assert cloud.minted == 1


@pytest.mark.parametrize("reply", [None, error(401, "AUTHENTICATION", "UNAUTHORIZED")])
async def test_a_mint_that_nobody_waits_for_ends_silently(
    cloud: Cloud, tokens: ApplicationTokenSource, reply: Handler | None
) -> None:
    """Neither its token is lost nor does its failure reach the loop's exception handler."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    gate = asyncio.Event()

    async def held_up(request: Any) -> Any:
        await gate.wait()
        return await (reply or Reply(json={"access_token": "good"}))(request)

    cloud.on("POST", TOKEN, held_up)
    caller = asyncio.create_task(tokens.async_get_token())
    await _until(cloud, 1)
    minting = tokens._minting
    assert minting is not None
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    gate.set()
    await asyncio.wait((minting,))
    await asyncio.sleep(0)
    assert tokens._minting is None
    if reply is None:
        assert await tokens.async_get_token() == "good"
        assert len(cloud.requests) == 1
    del minting, caller
    gc.collect()
    await asyncio.sleep(0)
    assert complaints == []


async def test_a_cancelled_mint_is_forgotten(cloud: Cloud, tokens: ApplicationTokenSource) -> None:
    cloud.token_gate = asyncio.Event()
    caller = asyncio.create_task(tokens.async_get_token())
    await _until(cloud, 1)
    assert tokens._minting is not None
    tokens._minting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    cloud.token_gate.set()
    assert (await tokens.async_get_token()).startswith("token-")


@pytest.mark.parametrize(
    ("lifetime", "good_for"),
    [
        (3600, 3540),
        (7200, 7140),
        (120, 60),
        (60, 30),
        (10, 5),
        (0, 3540),
        (-5, 3540),
        (None, 3540),
        ("3600", 3540),
        (True, 3540),
        (float("nan"), 3540),
        (float("inf"), 3540),
        ([], 3540),
    ],
)
async def test_a_token_is_renewed_before_its_end(
    cloud: Cloud, tokens: ApplicationTokenSource, clock: Clock, lifetime: Any, good_for: float
) -> None:
    cloud.lifetime = lifetime
    assert await tokens.async_get_token() == "token-1"
    clock.now += good_for - 0.001
    assert await tokens.async_get_token() == "token-1"
    clock.now += 0.001
    assert await tokens.async_get_token() == "token-2"
    assert await tokens.async_get_token() == "token-2"


async def test_the_lifetime_counts_from_the_request(
    cloud: Cloud, tokens: ApplicationTokenSource, clock: Clock
) -> None:
    """An answer that took long must not stretch it."""

    async def slow(request: Any) -> Any:
        clock.now += 600
        return await Reply(json={"access_token": "old", "expires_in": 3600})(request)

    cloud.on("POST", TOKEN, slow, Reply(json={"access_token": "new"}))
    await tokens.async_get_token()
    clock.now += 3540 - 600
    assert await tokens.async_get_token() == "new"


async def test_rejecting_drops_only_the_token_that_was_refused(
    cloud: Cloud, tokens: ApplicationTokenSource
) -> None:
    tokens.reject("token-1")
    first = await tokens.async_get_token()
    tokens.reject("another")
    assert await tokens.async_get_token() == first
    tokens.reject(first)
    assert await tokens.async_get_token() == "token-2"
    tokens.reject(first)
    assert await tokens.async_get_token() == "token-2"


QUOTA = {"error": "quota_exceeded", "error_description": "The quota is spent"}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(400, {"error": "invalid_request"}), AuthenticationError),
        (Reply(401, {"error": "invalid_client"}), AuthenticationError),
        (Reply(403, {"error": "access_denied"}), AuthenticationError),
        (Reply(401), AuthenticationError),
        # The page of a firewall on the way says nothing of the credentials.
        (Reply(403, body=b"<html>"), MissingPermissionError),
        (Reply(400, body=b"<html>"), ValidationError),
        (error(401, "AUTHENTICATION", "UNAUTHORIZED"), AuthenticationError),
        (error(403, "AUTHENTICATION", "ACCESS_DENIED"), AuthenticationError),
        (error(400, "VALIDATION", "INVALID_INPUT_FORMAT"), AuthenticationError),
        (Reply(401, QUOTA), RateLimitError),
        (Reply(403, QUOTA), RateLimitError),
        (error(429, "RATE_LIMIT", "SMARTCAR_API"), RateLimitError),
        (Reply(429), RateLimitError),
        (error(430, "BILLING", "ACCOUNT_SUSPENDED"), BillingError),
        (error(500, "SERVER", "INTERNAL"), ServerError),
        (Reply(502, body=b"<html>Bad Gateway</html>"), UpstreamError),
        (Reply(503), UpstreamError),
        (Reply(200, body=b"<html>Welcome</html>"), InvalidResponseError),
        (Reply(200), InvalidResponseError),
        (Reply(200, {}), InvalidResponseError),
        (Reply(200, {"access_token": None}), InvalidResponseError),
        (Reply(200, {"access_token": 17}), InvalidResponseError),
        (Reply(200, {"access_token": "  "}), InvalidResponseError),
        (Reply(200, ["access_token"]), InvalidResponseError),
        (Reply(302, headers={"Location": "/"}), InvalidResponseError),
        (hang_up, TransportError),
        (Stream([b'{"access_token":'], status=200, cut_off=True), TransportError),
    ],
)
async def test_what_a_refused_mint_means(
    cloud: Cloud, tokens: ApplicationTokenSource, reply: Handler, expected: type[SmartcarError]
) -> None:
    cloud.on("POST", TOKEN, reply)
    with pytest.raises(SmartcarError) as caught:
        await tokens.async_get_token()
    assert type(caught.value) is expected
    assert len(cloud.requests) == 1
    assert CLIENT_SECRET not in str(caught.value)


async def test_a_refusal_keeps_what_the_cloud_said(
    cloud: Cloud, tokens: ApplicationTokenSource
) -> None:
    cloud.on(
        "POST", TOKEN, Reply(401, {"error": "invalid_client", "error_description": "No such one"})
    )
    with pytest.raises(AuthenticationError) as caught:
        await tokens.async_get_token()
    assert (caught.value.status, caught.value.code) == (401, "invalid_client")
    assert caught.value.detail == "No such one"


async def test_a_silent_token_endpoint_times_out(
    cloud: Cloud, tokens: ApplicationTokenSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "_TOKEN_TIMEOUT", 0.05)
    cloud.on("POST", TOKEN, never)
    with pytest.raises(TransportTimeoutError):
        await tokens.async_get_token()


async def test_authenticating_only_mints(cloud: Cloud, client: SmartcarClient) -> None:
    await client.authenticate()
    assert [seen.path for seen in cloud.requests] == [TOKEN]


READ = ("GET", SIGNALS, Reply(json=listing([])))
COMMAND = ("POST", LOCK, Reply(json=executed()))


async def _call(client: SmartcarClient, path: str) -> None:
    await (client.lock if path == LOCK else client.get_signals)(VEHICLE, USER)


@pytest.mark.parametrize(("method", "path", "good"), [READ, COMMAND])
@pytest.mark.parametrize("refusal", [UNAUTHORIZED, Reply(401), Reply(401, body=b"<html>")])
async def test_a_401_costs_one_token_and_one_repeat(
    cloud: Cloud, client: SmartcarClient, method: str, path: str, good: Reply, refusal: Reply
) -> None:
    cloud.on(method, path, refusal, good)
    await _call(client, path)
    assert [seen.token for seen in cloud.seen(path)] == ["token-1", "token-2"]
    first, second = cloud.seen(path)
    assert first.body == second.body
    assert first.headers["sc-user-id"] == second.headers["sc-user-id"] == USER


@pytest.mark.parametrize(("method", "path", "good"), [READ, COMMAND])
async def test_a_second_401_is_the_end(
    cloud: Cloud, client: SmartcarClient, method: str, path: str, good: Reply
) -> None:
    cloud.on(method, path, UNAUTHORIZED)
    with pytest.raises(AuthenticationError):
        await _call(client, path)
    assert (len(cloud.seen(path)), cloud.minted) == (2, 2)
    cloud.on(method, path, good)
    await _call(client, path)
    assert len(cloud.seen(path)) == 3


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
async def test_other_refusals_cost_no_token(
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


async def test_an_expired_token_is_renewed_for_a_read(cloud: Cloud, client: SmartcarClient) -> None:
    cloud.on(
        "GET",
        SIGNALS,
        error(401, "AUTHENTICATION", "UNAUTHORIZED", detail="The token has expired"),
        Reply(json=listing([])),
    )
    await client.get_signals(VEHICLE, USER)
    assert cloud.minted == 2


async def test_two_concurrent_401s_cost_one_token(cloud: Cloud, client: SmartcarClient) -> None:
    both = asyncio.Barrier(2)

    async def expired(request: Any) -> Any:
        if request.headers["Authorization"] == "Bearer token-1":
            await both.wait()
            return await UNAUTHORIZED(request)
        return await Reply(json=listing([]))(request)

    cloud.on("GET", SIGNALS, expired)
    cloud.on("GET", CONNECTIONS, expired)
    await asyncio.gather(client.get_signals(VEHICLE, USER), client.get_connections())
    assert (cloud.minted, len(cloud.seen())) == (2, 4)


async def test_a_late_401_does_not_drop_the_new_token(cloud: Cloud, client: SmartcarClient) -> None:
    late = asyncio.Event()

    async def slowly_refused(request: Any) -> Any:
        if request.headers["Authorization"] == "Bearer token-1":
            await late.wait()
            return await UNAUTHORIZED(request)
        return await Reply(json=listing([]))(request)

    cloud.on("GET", SIGNALS, slowly_refused)
    cloud.on("GET", CONNECTIONS, UNAUTHORIZED, Reply(json=listing([])))
    slow = asyncio.create_task(client.get_signals(VEHICLE, USER))
    await _until(cloud, 2)
    await client.get_connections()
    late.set()
    await slow
    assert cloud.minted == 2


async def test_a_refused_renewal_is_what_the_caller_learns(
    cloud: Cloud, client: SmartcarClient
) -> None:
    cloud.on("GET", SIGNALS, UNAUTHORIZED)
    cloud.on("POST", TOKEN, Reply(json={"access_token": "first"}), error(500, "SERVER", "INTERNAL"))
    with pytest.raises(ServerError):
        await client.get_signals(VEHICLE, USER)
    assert len(cloud.seen(SIGNALS)) == 1


async def test_a_token_with_a_line_break_is_never_sent(
    cloud: Cloud, client: SmartcarClient
) -> None:
    cloud.on("POST", TOKEN, Reply(json={"access_token": "good\r\nX-Injected: yes"}))
    with pytest.raises(SmartcarError):
        await client.get_signals(VEHICLE, USER)
    assert cloud.seen(SIGNALS) == []


@pytest.mark.parametrize("reply", [Reply(504), Reply(200, body=b"{"), hang_up])
async def test_without_a_token_a_command_has_not_left(
    cloud: Cloud, client: SmartcarClient, reply: Reply | Handler
) -> None:
    """Nobody is told to wonder whether the car was unlocked."""
    cloud.on("POST", TOKEN, reply)
    with pytest.raises(SmartcarError) as caught:
        await client.unlock(VEHICLE, USER)
    assert caught.value.outcome_unknown is False
