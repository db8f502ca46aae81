"""Whatever a server answers, every call returns or raises a member of the error tree."""

from collections.abc import Coroutine
import json
from typing import Any, cast
from unittest.mock import patch

import aiohttp
from hypothesis import given, strategies as st
import pytest

from custom_components.smartcar.api import (
    ApplicationTokenSource,
    Origins,
    SmartcarClient,
    SmartcarError,
    TransportError,
    TransportTimeoutError,
    auth,
    client as client_module,
)
from custom_components.smartcar.api.transport import Answer

from .cloud import USER, VEHICLE, connection, envelope, executed, listing, signal
from .strategies import anything, damaged
from .test_client import CALLS, OTHERS

ORIGINS = Origins(vehicle="http://127.0.0.1:1", management="http://127.0.0.1:2")


class _Tokens:
    async def async_get_token(self) -> str:
        return "token"

    def reject(self, token: str) -> None:
        pass


def _run[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """Run what never waits, without a loop."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return cast(T, stop.value)
    raise AssertionError("it waited")


def _call_everything(answer: Answer) -> None:
    sent = 0

    async def exchange(*_: Any, **__: Any) -> Answer:
        nonlocal sent
        sent += 1
        assert sent < 10
        return answer

    client = SmartcarClient(cast(aiohttp.ClientSession, None), _Tokens(), origins=ORIGINS)
    with patch.object(client_module, "exchange", exchange):
        for call, _, _ in CALLS.values():
            sent = 0
            try:
                _run(cast(Coroutine[Any, Any, Any], call(client)))
            except SmartcarError as error:
                str(error).encode()


statuses = st.sampled_from([200, 202, 204, 302, 400, 401, 403, 404, 409, 429, 430, 500, 504]) | (
    st.integers(100, 599)
)
headers = st.none() | st.text(st.characters(max_codepoint=0xFF), max_size=30)
documents = st.sampled_from(
    [
        envelope(409, "VEHICLE_STATE", "ASLEEP", resolution={"type": "RETRY_LATER", "url": None}),
        {"error": "invalid_client", "error_description": "No"},
        listing([connection(0), connection(1)], totalCount=3),
        listing([signal("charge-voltage"), signal("charge-wattage")]),
        executed(scheduleId="s", parameters={"percent": 80}),
        executed("FAILURE"),
        {"data": connection()},
        {"data": signal("charge-voltage")},
        *(good for _, _, _, good in OTHERS.values() if good),
    ]
).flatmap(damaged)


@given(statuses, st.binary() | st.text().map(str.encode), headers, headers)
def test_any_bytes(status: int, body: bytes, retry_after: str | None, request_id: Any) -> None:
    _call_everything(
        Answer(status=status, body=body, retry_after=retry_after, request_id=request_id)
    )


@given(statuses, anything() | documents)
def test_any_json(status: int, body: Any) -> None:
    _call_everything(Answer(status=status, body=_dumped(body)))


@given(statuses, anything() | documents)
def test_any_json_from_the_token_endpoint(status: int, body: Any) -> None:
    answer = Answer(status=status, body=_dumped(body))

    async def exchange(*_: Any, **__: Any) -> Answer:
        return answer

    source = ApplicationTokenSource(
        cast(aiohttp.ClientSession, None), "id", "secret", origins=ORIGINS
    )
    with patch.object(auth, "exchange", exchange):
        try:
            token = _run(source._mint())
        except SmartcarError:
            return
    assert token.strip()
    assert source._minted is not None
    assert source._minted.renew_at > 0


def _dumped(body: Any) -> bytes:
    try:
        return json.dumps(body).encode()
    except ValueError:  # An integer with more digits than Python likes to write.
        return b"1" * 5000


@given(st.text(st.characters(codec=None)) | st.text())
def test_any_id_stays_in_its_place(odd: str) -> None:
    request = client_module._Request(
        method="GET",
        origin=ORIGINS.vehicle,
        path="/vehicles/{vehicle_id}/signals/{code}",
        ids={"vehicle_id": odd, "code": "x"},
        query={"page[size]": "100"},
    )
    path = request.url.raw_path
    assert path.startswith("/v3/vehicles/")
    assert path.endswith("/signals/x")
    assert path.isascii()
    assert path.count("/") == 5
    assert request.url.host == "127.0.0.1"


class _Broken:
    """A session whose requests fail in a given way."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def request(self, *_: Any, **__: Any) -> Any:
        raise self.error


URL = f"http://127.0.0.1/v3/vehicles/{VEHICLE}/signals"
INFO: Any = aiohttp.RequestInfo(cast(Any, URL), "GET", cast(Any, {"Authorization": "secret"}))


@pytest.mark.parametrize(
    ("error", "expected", "sent"),
    [
        (aiohttp.ConnectionTimeoutError(f"Connection timeout to host {URL}"), "timeout", False),
        (aiohttp.SocketTimeoutError(URL), "timeout", True),
        (aiohttp.ServerTimeoutError(URL), "timeout", True),
        (TimeoutError(URL), "timeout", True),
        (aiohttp.ServerDisconnectedError(URL), "lost", True),
        (aiohttp.ClientOSError(104, URL), "lost", True),
        (aiohttp.ClientPayloadError(URL), "lost", True),
        (aiohttp.ClientResponseError(INFO, (), message="bad"), "lost", True),
        (aiohttp.InvalidURL(URL), "lost", True),
        (ValueError(URL), "lost", True),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_broken_exchange_tells_no_address(error: Exception, expected: str, sent: bool) -> None:
    """Neither its own text nor, in a traceback, that of its cause."""
    client = SmartcarClient(cast(Any, _Broken(error)), _Tokens(), origins=ORIGINS)
    with pytest.raises(TransportError) as caught:
        _run(client.get_signals(VEHICLE, USER))
    assert isinstance(caught.value, TransportTimeoutError) is (expected == "timeout")
    assert caught.value.sent is caught.value.outcome_unknown is sent
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert VEHICLE not in str(caught.value)
