"""One HTTP exchange: time limits, lost connections, redirects, answers that are not HTTP."""

import asyncio
from typing import Any, cast

import aiohttp
import pytest

from custom_components.smartcar.api import (
    InvalidResponseError,
    Origins,
    SmartcarClient,
    TransportError,
    TransportTimeoutError,
)

from .answers import ORIGINS
from .calls import (
    CALLS,
    COMMANDS,
    EVERY_COMMAND,
    OTHER_METHODS,
    AnyToken,
    GivenToken,
    run_without_waiting,
    shorten_time_limits,
)
from .cloud import (
    CLIENT_ID,
    CLIENT_SECRET,
    CONNECTED,
    SIGNALS,
    TOKEN,
    VEHICLE,
    Cloud,
    Reply,
    Stream,
    executed,
    hang_up,
    listing,
)


@EVERY_COMMAND
async def test_command_is_not_repeated_when_a_kept_connection_is_lost(
    cloud: Cloud, client: SmartcarClient, name: str
) -> None:
    """aiohttp would repeat a GET or a DELETE by itself."""
    call, method, path = CALLS[name]
    cloud.on("GET", SIGNALS, Reply(json=listing([])))
    await client.get_signals(CONNECTED)
    cloud.on(method, path, hang_up)
    with pytest.raises(TransportError) as caught:
        await call(client)
    assert caught.value.outcome_unknown
    assert len(cloud.seen(path)) == 1


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


async def test_redirect_of_the_token_endpoint_is_not_followed(
    cloud: Cloud, client: SmartcarClient, elsewhere: Cloud
) -> None:
    cloud.on("POST", TOKEN, Reply(307, headers={"Location": elsewhere.base + TOKEN}))
    with pytest.raises(InvalidResponseError):
        await client.get_connections()


@pytest.mark.parametrize("name", ["get_signals", "lock"])
async def test_endless_stream_times_out(
    cloud: Cloud, client: SmartcarClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The time limit covers the body as well, and a trickle of data does not extend it."""
    shorten_time_limits(monkeypatch, 0.1)
    call, method, path = CALLS[name]
    cloud.on(method, path, Stream([b" "] * 200, pause=0.02))
    with pytest.raises(TransportTimeoutError) as caught:
        await call(client)
    assert caught.value.outcome_unknown


async def test_refused_connection_of_the_token_endpoint_has_a_known_outcome(
    session: aiohttp.ClientSession, cloud: Cloud
) -> None:
    nowhere = Origins(iam="http://127.0.0.1:1", vehicle="http://127.0.0.1:1")
    client = SmartcarClient.for_application(session, CLIENT_ID, CLIENT_SECRET, origins=nowhere)
    with pytest.raises(TransportError) as caught:
        await client.get_connections()
    assert not caught.value.outcome_unknown


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
async def test_answer_that_is_not_http_is_a_transport_error(
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
            await client.lock(CONNECTED)
    assert caught.value.outcome_unknown


async def test_refused_connection_has_not_left(session: aiohttp.ClientSession) -> None:
    """The vehicle cannot have been unlocked."""
    client = SmartcarClient(session, GivenToken(), origins=Origins(vehicle="http://127.0.0.1:1"))
    with pytest.raises(TransportError) as caught:
        await client.unlock(CONNECTED)
    assert not caught.value.sent
    assert not caught.value.outcome_unknown


class _Recorder:
    """A session that records the time limits of each request."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session
        self.timeouts: list[aiohttp.ClientTimeout] = []

    def request(self, *args: Any, timeout: aiohttp.ClientTimeout, **options: Any) -> Any:
        self.timeouts.append(timeout)
        return self.session.request(*args, timeout=timeout, **options)


@pytest.mark.parametrize("name", CALLS)
async def test_time_limits_of_each_method(
    cloud: Cloud, session: aiohttp.ClientSession, name: str
) -> None:
    """Smartcar streams the answer to a slow command, for which its SDKs wait 310 s."""
    call, method, path = CALLS[name]
    good = OTHER_METHODS[name][3] if name in OTHER_METHODS else executed()
    cloud.on(method, path, Reply(200 if good else 204, good))
    recorder = _Recorder(session)
    client = SmartcarClient.for_application(
        cast(aiohttp.ClientSession, recorder), CLIENT_ID, CLIENT_SECRET, origins=cloud.origins
    )
    await call(client)
    token, request = recorder.timeouts
    assert (token.total, token.sock_connect) == (30, 30)
    assert (request.total, request.sock_connect) == (310 if name in COMMANDS else 120, 30)


async def test_invalid_origin_is_a_transport_error(session: aiohttp.ClientSession) -> None:
    client = SmartcarClient.for_application(
        session, CLIENT_ID, CLIENT_SECRET, origins=Origins(iam="nonsense")
    )
    with pytest.raises(TransportError):
        await client.get_connections()


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
def test_transport_error_contains_no_address(error: Exception, expected: str, sent: bool) -> None:
    """Its text has no address, and neither has the cause in a traceback."""
    client = SmartcarClient(cast(Any, _Broken(error)), AnyToken(), origins=ORIGINS)
    with pytest.raises(TransportError) as caught:
        run_without_waiting(client.get_signals(CONNECTED))
    assert isinstance(caught.value, TransportTimeoutError) is (expected == "timeout")
    assert caught.value.sent is caught.value.outcome_unknown is sent
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert VEHICLE not in str(caught.value)
