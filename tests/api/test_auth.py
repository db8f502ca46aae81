"""Application tokens: when they are requested, and what a refusal means."""

import asyncio
import gc
from typing import Any, cast
from unittest.mock import patch

import aiohttp
from hypothesis import given
import pytest

from custom_components.smartcar.api import (
    ApplicationTokenSource,
    AuthenticationError,
    BillingError,
    InvalidResponseError,
    MissingPermissionError,
    RateLimitError,
    ServerError,
    SmartcarError,
    TransportError,
    TransportTimeoutError,
    UpstreamError,
    ValidationError,
    auth,
)
from custom_components.smartcar.api.transport import Answer

from .answers import DOCUMENTS, ORIGINS, STATUSES, dumped
from .calls import run_without_waiting
from .cloud import (
    CLIENT_ID,
    CLIENT_SECRET,
    TOKEN,
    Clock,
    Cloud,
    Handler,
    Reply,
    Stream,
    error,
    hang_up,
    never,
)
from .strategies import anything


async def test_credentials_are_sent_as_a_form(cloud: Cloud, tokens: ApplicationTokenSource) -> None:
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


async def test_special_characters_of_a_secret_are_sent(
    cloud: Cloud, session: aiohttp.ClientSession
) -> None:
    secret = "a+b&c=d%20 é/?#"
    await ApplicationTokenSource(
        session, CLIENT_ID, secret, origins=cloud.origins
    ).async_get_token()
    assert cloud.requests[0].form["client_secret"] == [secret]


async def test_callers_share_one_token_request(
    cloud: Cloud, tokens: ApplicationTokenSource
) -> None:
    got = await asyncio.gather(*(tokens.async_get_token() for _ in range(100)))
    assert (set(got), cloud.minted, len(cloud.requests)) == ({"token-1"}, 1, 1)
    assert await tokens.async_get_token() == "token-1"
    assert cloud.minted == 1


async def test_callers_share_the_error_of_a_token_request(
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


async def test_caller_can_request_again_right_after_an_error(
    cloud: Cloud, tokens: ApplicationTokenSource
) -> None:
    cloud.on("POST", TOKEN, error(500, "SERVER", "INTERNAL"), Reply(json={"access_token": "good"}))

    async def request_twice() -> str:
        try:
            return await tokens.async_get_token()
        except ServerError:
            return await tokens.async_get_token()

    assert set(await asyncio.gather(*(request_twice() for _ in range(10)))) == {"good"}
    assert len(cloud.requests) == 2


async def test_canceled_caller_does_not_cancel_the_token_request(
    cloud: Cloud, tokens: ApplicationTokenSource
) -> None:
    cloud.token_gate = asyncio.Event()
    callers = [asyncio.create_task(tokens.async_get_token()) for _ in range(3)]
    await cloud.wait_for(1)
    callers[0].cancel()
    await asyncio.sleep(0)
    cloud.token_gate.set()
    with pytest.raises(asyncio.CancelledError):
        await callers[0]
    assert await asyncio.gather(*callers[1:]) == ["token-1"] * 2
    assert cloud.minted == 1


@pytest.mark.parametrize("reply", [None, error(401, "AUTHENTICATION", "UNAUTHORIZED")])
async def test_token_request_without_callers_ends_silently(
    cloud: Cloud, tokens: ApplicationTokenSource, reply: Handler | None
) -> None:
    """Its token is kept, and its failure does not reach the loop's exception handler."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    gate = asyncio.Event()

    async def answer_later(request: Any) -> Any:
        await gate.wait()
        return await (reply or Reply(json={"access_token": "good"}))(request)

    cloud.on("POST", TOKEN, answer_later)
    caller = asyncio.create_task(tokens.async_get_token())
    await cloud.wait_for(1)
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


async def test_canceled_token_request_is_forgotten(
    cloud: Cloud, tokens: ApplicationTokenSource
) -> None:
    cloud.token_gate = asyncio.Event()
    caller = asyncio.create_task(tokens.async_get_token())
    await cloud.wait_for(1)
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
async def test_token_is_renewed_before_it_expires(
    cloud: Cloud, tokens: ApplicationTokenSource, clock: Clock, lifetime: Any, good_for: float
) -> None:
    cloud.lifetime = lifetime
    assert await tokens.async_get_token() == "token-1"
    clock.now += good_for - 0.001
    assert await tokens.async_get_token() == "token-1"
    clock.now += 0.001
    assert await tokens.async_get_token() == "token-2"
    assert await tokens.async_get_token() == "token-2"


async def test_lifetime_counts_from_the_request(
    cloud: Cloud, tokens: ApplicationTokenSource, clock: Clock
) -> None:
    """A slow answer must not extend it."""

    async def slow(request: Any) -> Any:
        clock.now += 600
        return await Reply(json={"access_token": "old", "expires_in": 3600})(request)

    cloud.on("POST", TOKEN, slow, Reply(json={"access_token": "new"}))
    await tokens.async_get_token()
    clock.now += 3540 - 600
    assert await tokens.async_get_token() == "new"


async def test_reject_drops_only_the_refused_token(
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
        # The page of a firewall on the way is not about the credentials.
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
async def test_refused_token_request_raises_the_error(
    cloud: Cloud, tokens: ApplicationTokenSource, reply: Handler, expected: type[SmartcarError]
) -> None:
    cloud.on("POST", TOKEN, reply)
    with pytest.raises(SmartcarError) as caught:
        await tokens.async_get_token()
    assert type(caught.value) is expected
    assert len(cloud.requests) == 1
    assert CLIENT_SECRET not in str(caught.value)


async def test_refusal_has_the_code_and_detail_of_the_cloud(
    cloud: Cloud, tokens: ApplicationTokenSource
) -> None:
    cloud.on(
        "POST", TOKEN, Reply(401, {"error": "invalid_client", "error_description": "No such one"})
    )
    with pytest.raises(AuthenticationError) as caught:
        await tokens.async_get_token()
    assert (caught.value.status, caught.value.code) == (401, "invalid_client")
    assert caught.value.detail == "No such one"


async def test_silent_token_endpoint_times_out(
    cloud: Cloud, tokens: ApplicationTokenSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "_TOKEN_TIMEOUT", 0.05)
    cloud.on("POST", TOKEN, never)
    with pytest.raises(TransportTimeoutError):
        await tokens.async_get_token()


@given(STATUSES, anything() | DOCUMENTS)
def test_token_source_survives_any_json(status: int, body: Any) -> None:
    answer = Answer(status=status, body=dumped(body))

    async def exchange(*_: Any, **__: Any) -> Answer:
        return answer

    source = ApplicationTokenSource(
        cast(aiohttp.ClientSession, None), "id", "secret", origins=ORIGINS
    )
    with patch.object(auth, "exchange", exchange):
        try:
            token = run_without_waiting(source._mint())
        except SmartcarError:
            return
    assert token.strip()
    assert source._minted is not None
    assert source._minted.renew_at > 0
