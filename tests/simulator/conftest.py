"""A cloud on loopback and a client that holds a token."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
import pytest

from simulator import Cloud, create_app
from simulator.webhooks import Webhook

from .receiver import Make, Receiver, subscribe


@dataclass
class Api:
    """Calls the cloud over HTTP; answers are (status, parsed JSON)."""

    http: TestClient[web.Request, web.Application]
    cloud: Cloud
    token: str = ""

    async def call(
        self,
        method: str,
        path: str,
        *,
        user: str | None = None,
        json: object = None,
        params: Mapping[str, str] | None = None,
        authorized: bool = True,
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"} if authorized else {}
        if user is not None:
            headers["sc-user-id"] = user
        async with self.http.request(
            method, path, headers=headers, json=json, params=params, allow_redirects=False
        ) as response:
            if response.content_type == "application/json" and await response.read():
                return response.status, await response.json()
            return response.status, await response.text()

    async def login(self) -> None:
        self.token = self.cloud.mint_token()

    async def signals(self, vehicle_id: str) -> dict[str, Any]:
        user = self.cloud.owner_of(vehicle_id).id
        status, body = await self.call("GET", f"/v3/vehicles/{vehicle_id}/signals", user=user)
        assert status == 200
        return {item["id"]: item for item in body["data"]}

    async def command(
        self, vehicle_id: str, path: str, attributes: object = None
    ) -> tuple[int, Any]:
        body = None if attributes is None else {"data": {"attributes": attributes}}
        return await self.call(
            "POST",
            f"/v3/vehicles/{vehicle_id}/{path}",
            user=self.cloud.owner_of(vehicle_id).id,
            json=body,
        )


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(vehicles=3, seed=1, connection_lag=0, command_lag=0, subscription_lag=0)


@pytest.fixture
async def api(socket_enabled: None, cloud: Cloud) -> AsyncIterator[Api]:
    async with TestClient(TestServer(create_app(cloud))) as http:
        client = Api(http, cloud)
        await client.login()
        yield client


@pytest.fixture
async def receiver(socket_enabled: None, cloud: Cloud) -> AsyncIterator[Receiver]:
    receiver = Receiver(cloud.application_management_token)
    app = web.Application()
    app.router.add_post("/{tail:.*}", receiver.receive)
    async with TestServer(app, host="127.0.0.1") as server:
        receiver.url = str(server.make_url("/api/webhook/abc"))
        yield receiver


@pytest.fixture
def make(api: Api, cloud: Cloud, receiver: Receiver) -> Make:
    """Create a webhook at the receiver; its first car is subscribed."""
    cloud.retry_scale = 0
    cloud.step_interval = 3600
    for car in cloud.cars.values():
        car.is_frozen = True

    def make(**options: Any) -> Webhook:
        webhook = cloud.create_webhook("Home Assistant", receiver.url, **options)
        subscribe(cloud, webhook)
        return webhook

    return make


@pytest.fixture
async def car(make: Make, cloud: Cloud, receiver: Receiver) -> str:
    """Return the id of the car of a webhook that had its FIRST_DELIVERY."""
    make()
    await cloud.flush()
    assert len(receiver.events) == 1
    receiver.events.clear()
    cloud.deliveries.clear()
    return next(iter(cloud.connections.values())).vehicle_id
