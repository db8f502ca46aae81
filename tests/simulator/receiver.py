"""A receiver of webhooks that checks signatures by itself, and helpers for its tests."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
import hashlib
import hmac
import json
from typing import Any

from aiohttp import web
import pytest

from simulator import Cloud
from simulator.webhooks import Webhook

LOCKED = "closure-islocked"
SOC = "tractionbattery-stateofcharge"

type Make = Callable[..., Webhook]


def hexdigest(key: str, message: bytes) -> str:
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


@dataclass
class Arrival:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def signature(self) -> str | None:
        return self.headers.get("SC-Signature")

    @property
    def signals(self) -> dict[str, Any]:
        return {signal["code"]: signal for signal in self.json["data"]["signals"]}


@dataclass
class Receiver:
    """Answers a VERIFY with the key it has, and events with `statuses`, then 200."""

    key: str
    url: str = ""
    statuses: list[int] = field(default_factory=list)
    delay: float = 0.0
    verifies: list[Arrival] = field(default_factory=list)
    events: list[Arrival] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def receive(self, request: web.Request) -> web.Response:
        arrival = Arrival(request.path, dict(request.headers), await request.read())
        body = arrival.json
        if body.get("eventType") == "VERIFY" or body.get("eventName") == "verify":
            self.verifies.append(arrival)
            challenge = (body.get("data") or body["payload"])["challenge"]
            return web.json_response({"challenge": hexdigest(self.key, challenge.encode())})
        self.events.append(arrival)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.delay)
        self.at_once -= 1
        status = self.statuses.pop(0) if self.statuses else 200
        return web.Response(status=status, text="thanks", headers={"Location": "/elsewhere"})

    def signed(self, arrival: Arrival) -> bool:
        return arrival.signature == hexdigest(self.key, arrival.raw)


def subscribe(cloud: Cloud, webhook: Webhook) -> str:
    connection = next(iter(cloud.connections.values()))
    cloud.subscribe(webhook.id, connection.user_id, connection.vehicle_id)
    return connection.vehicle_id


def webhook_id(cloud: Cloud) -> str:
    return next(iter(cloud.webhooks))


async def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not happen")
