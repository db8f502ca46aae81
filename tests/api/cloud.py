"""A small scripted cloud on loopback, which records every request."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
import json
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from aiohttp import web
from aiohttp.test_utils import TestServer

from custom_components.smartcar.api import ConnectedVehicle, Origins

CLIENT_ID = "client_made_up_id"
CLIENT_SECRET = "made-up-secret"
USER = "user-0f5c"
VEHICLE = "vehicle-9b1e"
CONNECTED = ConnectedVehicle(VEHICLE, USER)
VIN = "5YJSA1CN5DFP00101"
LATITUDE, LONGITUDE = 52.238523, 13.154655

CONNECTIONS = "/vehicle/v3/connections"
VEHICLE_PATH = f"/vehicle/v3/vehicles/{VEHICLE}"
SIGNALS = f"{VEHICLE_PATH}/signals"
TOKEN = "/iam/oauth2/token"

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Seen:
    """One request as it came in; `path` is raw, with its percent signs."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode(), strict_parsing=True)

    @property
    def token(self) -> str | None:
        return self.headers.get("Authorization", "").removeprefix("Bearer ") or None


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    status: int = 200
    json: Any = None
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        body = self.body
        if body is None:
            body = b"" if self.json is None else json.dumps(self.json).encode()
        return web.Response(
            status=self.status, body=body, headers=self.headers, content_type=self.content_type
        )


@dataclass(frozen=True)
class Stream:
    """Headers at once without a length, then the body in pieces; perhaps cut off before its end."""

    pieces: Sequence[bytes]
    status: int = 202
    cut_off: bool = False
    pause: float = 0.005

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=self.status)
        response.content_type = "application/json"
        response.enable_chunked_encoding()
        await response.prepare(request)
        for piece in self.pieces:
            await asyncio.sleep(self.pause)
            await response.write(piece)
        if self.cut_off:
            assert request.transport is not None
            request.transport.close()
        else:
            await response.write_eof()
        return response


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def never(request: web.Request) -> web.StreamResponse:
    """Take the request and stay silent."""
    await asyncio.sleep(30)
    return web.Response()


def envelope(status: int, kind: str, code: str | None, **more: Any) -> dict[str, Any]:
    """Return the documented error body."""
    error = {"status": str(status), "type": kind, "code": code, "title": "T", "detail": "D"}
    return {"errors": [error | more]}


def error(
    status: int, kind: str, code: str | None, headers: dict[str, str] | None = None, **more: Any
) -> Reply:
    """Return an answer with the documented error body."""
    return Reply(status, envelope(status, kind, code, **more), headers=headers or {})


UNAUTHORIZED = error(401, "AUTHENTICATION", "UNAUTHORIZED")


def executed(status: str | None = "SUCCESS", **attributes: Any) -> dict[str, Any]:
    """Return the documented body of a command's answer."""
    return {
        "data": {
            "id": "exec_1",
            "type": "command-execution",
            "attributes": {
                "commandType": "charge-start",
                "status": {"value": status},
                "executionMode": "sync",
                **attributes,
            },
            "meta": {
                "executedAt": "2026-01-01T12:00:00Z",
                "completedAt": "2026-01-01T12:00:02Z",
                "durationInSeconds": 2,
            },
        }
    }


def connection(
    number: int = 0, user: str = USER, vehicle: str | None = None, mode: str = "live"
) -> dict[str, Any]:
    """Return one element of `data` of the connections, as recorded live."""
    vehicle = vehicle or f"vehicle-{number}"
    return {
        "id": f"connection-{number}",
        "type": "connection",
        "attributes": {
            "permissions": ["read_vin", "read_battery"],
            "vehicle": {
                "make": "TESLA",
                "model": "Model S",
                "year": 2014,
                "mode": mode,
                "powertrainType": "BEV",
            },
            "user": {"id": user, "externalId": "external-1"},
        },
        "relationships": {
            "vehicle": {"data": {"id": vehicle, "type": "vehicle"}},
            "user": {"data": {"id": user, "type": "user"}},
        },
        "meta": {
            "createdAt": "2025-05-03T02:45:45.349Z",
            "updatedAt": "2026-06-21T02:56:21.130Z",
        },
    }


OWNERS = ("ann", "ben", "cem")
CONNECTED_CARS = [connection(number, OWNERS[number % 3]) for number in range(250)]


def signal(code: str, body: Any = None, **attributes: Any) -> dict[str, Any]:
    """Return one element of `data` of the signals, as recorded live."""
    return {
        "id": code,
        "type": "signal",
        "attributes": {
            "code": code,
            "name": "Name",
            "group": "Group",
            "status": {"value": "SUCCESS"},
            "body": {"value": 57, "unit": "percent"} if body is None else body,
            **attributes,
        },
        "meta": {
            "ingestedAt": "2026-06-30T00:03:55.110Z",
            "retrievedAt": "2026-06-30T00:03:53.743Z",
            "oemUpdatedAt": "2026-06-29T23:55:53.000Z",
        },
    }


def listing(members: Iterable[Any], **meta: Any) -> dict[str, Any]:
    """Return a listing of one page."""
    data = list(members)
    return {
        "data": data,
        "meta": {"pageNumber": 1, "pageSize": len(data), "totalCount": len(data), **meta},
        "links": {"self": "/", "next": None, "prev": None},
    }


@dataclass
class Pages:
    """A listing in pages of at most `cap`; `links` and `meta` can be left out or be wrong."""

    members: Sequence[Any]
    cap: int = 100
    next_link: str | None = "{path}?page[number]={number}&page[size]={size}"
    counted: int | None = -1
    with_links: bool = True
    with_meta: bool = True

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        size = min(int(request.query.get("page[size]", 10)), self.cap)
        number = int(request.query.get("page[number]", 1))
        data = self.members[(number - 1) * size : number * size]
        more = number * size < len(self.members)
        body: dict[str, Any] = {"data": data}
        if self.with_meta:
            total = len(self.members) if self.counted == -1 else self.counted
            body["meta"] = {"pageNumber": number, "pageSize": size, "totalCount": total}
        if self.with_links:
            link = self.next_link if more else None
            body["links"] = {
                "next": link
                and link.format(path=request.path, number=number + 1, size=size, host=request.host)
            }
        return web.json_response(body)


class Cloud:
    """The fake. Without a script a path answers 404; the token endpoint works by itself."""

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self.replies: defaultdict[tuple[str, str], list[Handler]] = defaultdict(list)
        self.minted = 0
        self.lifetime: Any = 3600
        self.token_gate: asyncio.Event | None = None
        app = web.Application()
        app.router.add_route("*", r"/{path:[\s\S]*}", self._answer)
        self.server = TestServer(app, host="127.0.0.1")

    @property
    def base(self) -> str:
        return str(self.server.make_url("")).rstrip("/")

    @property
    def origins(self) -> Origins:
        """The origins, each with a path of its own in front."""
        base = self.base
        return Origins(
            connect=f"{base}/connect",
            iam=f"{base}/iam",
            vehicle=f"{base}/vehicle",
            management=f"{base}/management",
        )

    def on(self, method: str, path: str, *replies: Handler) -> None:
        """Answer these, one after the other; the last one stays."""
        self.replies[method, path] = list(replies)

    def seen(self, path: str | None = None) -> list[Seen]:
        """Return the requests for one path; without one, all but those for tokens."""
        return [
            each
            for each in self.requests
            if (each.path == path if path is not None else each.path != TOKEN)
        ]

    async def wait_for(self, requests: int) -> None:
        """Wait until so many requests have come in."""
        async with asyncio.timeout(5):
            while len(self.requests) < requests:  # noqa: ASYNC110
                await asyncio.sleep(0.001)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        target = urlsplit(request.raw_path)
        seen = Seen(
            request.method,
            target.path,
            dict(parse_qsl(target.query, keep_blank_values=True)),
            dict(request.headers),
            await request.read(),
        )
        self.requests.append(seen)
        replies = self.replies.get((seen.method, seen.path), [])
        if replies:
            return await (replies.pop(0) if len(replies) > 1 else replies[0])(request)
        if seen.path == TOKEN:
            if self.token_gate is not None:
                await self.token_gate.wait()
            self.minted += 1
            return web.json_response(
                {
                    "access_token": f"token-{self.minted}",
                    "token_type": "Bearer",
                    "expires_in": self.lifetime,
                }
            )
        return await error(404, "RESOURCE_NOT_FOUND", "PATH")(request)


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now
