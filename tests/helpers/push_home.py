"""A home with push, which the simulated cloud and strangers reach over HTTP."""

from collections.abc import Mapping
import json
import time
from typing import Any

from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.webhook import async_handle_webhook
from homeassistant.const import (
    CONF_CLIENT_ID,
    CONF_CLIENT_SECRET,
    CONF_WEBHOOK_ID,
    EVENT_CORE_CONFIG_UPDATE,
)
from homeassistant.core import HomeAssistant
from homeassistant.util.aiohttp import MockRequest
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartcar.const import CONF_APPLICATION_MANAGEMENT_TOKEN
from custom_components.smartcar.push.url import NoPublicUrlError
from custom_components.smartcar.store import PushLog
from simulator import Cloud
from simulator.car import Car
from simulator.webhooks import Webhook

from .home import ODOMETER, Home, NewEntry

WEBHOOK_ID = "0123456789abcdef"
TRAVELED_DISTANCE = "odometer-traveleddistance"


class PushHome(Home):
    """A home with a public URL, and the webhook that its user makes in the dashboard."""

    webhook: Webhook

    def __init__(
        self,
        hass: HomeAssistant,
        cloud: Cloud,
        cars: list[Car],
        new_entry: NewEntry,
        clock: FrozenDateTimeFactory | None,
        browser: TestClient[Any, Any],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        super().__init__(hass, cloud, cars, new_entry, clock)
        self.browser = browser
        self.url: str | None = str(browser.make_url(f"/api/webhook/{WEBHOOK_ID}"))
        self._events = 0

        async def get_url(_: HomeAssistant, webhook_id: str) -> str:
            assert webhook_id == WEBHOOK_ID
            if self.url is None:
                raise NoPublicUrlError
            return self.url

        # The one thing that cannot be as in the world outside: the public URL.
        monkeypatch.setattr("custom_components.smartcar.push.url.async_get_push_url", get_url)

    async def set_up_push(self, **data: str) -> MockConfigEntry:
        """Add an entry with push, and set it up."""
        return await self.set_up(
            data={
                CONF_CLIENT_ID: self.cloud.client_id,
                CONF_CLIENT_SECRET: self.cloud.client_secret,
                CONF_WEBHOOK_ID: WEBHOOK_ID,
                CONF_APPLICATION_MANAGEMENT_TOKEN: self.cloud.application_management_token,
                **data,
            }
        )

    async def make_webhook(self, **options: Any) -> Webhook:
        """Make the webhook in the dashboard, as the repair says, and wait for the first push."""
        self.webhook = self.cloud.create_webhook("Home Assistant", str(self.url), **options)
        await self.flush()
        return self.webhook

    async def flush(self) -> None:
        """Wait until the cloud has delivered everything and Home Assistant has applied it."""
        for _ in range(2):
            await self.cloud.flush()
            await self.settle()

    async def list_webhooks(self) -> set[str]:
        """Let Home Assistant list the webhooks again; return the keys of the open repairs."""
        self.hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE)
        await self.settle()
        return set(self.issues())

    async def report(self, **values: Any) -> None:
        """Let the first car change, and wait until the cloud has delivered that."""
        self.cloud.patch_state(self.car.id, values)
        await self.flush()

    def battery(self) -> str:
        """Return the battery level that is shown of the first car, in percent."""
        return f"{float(self.value(self.car, 'sensor.battery_level')):g}"

    def odometer(self) -> float:
        """Return the odometer that is shown of the first car, in km."""
        return float(self.value(self.car, ODOMETER))

    def subscribed(self) -> set[str]:
        """Return the ids of the cars that are subscribed to any webhook."""
        return {subscription.vehicle_id for subscription in self.cloud.subscriptions.values()}

    @property
    def log(self) -> PushLog:
        """What is stored about the deliveries."""
        log: PushLog = self.entry.runtime_data.context.push_log
        return log

    @property
    def counts(self) -> dict[str, int]:
        """How many deliveries there were of each kind, without those that were applied."""
        return {
            kind: count for kind, count in self.log.counts.items() if kind != "applied" and count
        }

    # Sending

    def event(self, signals: Mapping[str, Any], vehicle_id: str, **changes: Any) -> dict[str, Any]:
        """Return an event with these bodies, as of now."""
        self._events += 1
        now = round(time.time() * 1000)
        return {
            "eventId": f"event-{self._events}",
            "eventType": "VEHICLE_STATE",
            "data": {
                "user": {"id": "user"},
                "vehicle": {"id": vehicle_id, "mode": "live"},
                "signals": [
                    {
                        "code": code,
                        "body": body,
                        "status": {"value": "SUCCESS"},
                        "meta": {"oemUpdatedAt": now, "retrievedAt": now},
                    }
                    for code, body in signals.items()
                ],
            },
            "triggers": [],
            "meta": {"deliveredAt": now, "mode": "LIVE"},
        } | changes

    async def post(
        self, body: bytes, *signatures: str, via: str = "http", **headers: str
    ) -> tuple[int, bytes]:
        """Send a body through the HTTP server, or as a cloudhook brings it."""
        if via == "cloudhook":
            if signatures:
                headers["SC-Signature"] = signatures[0]
            request = MockRequest(content=body, mock_source="cloud", method="POST", headers=headers)
            answer = await async_handle_webhook(self.hass, WEBHOOK_ID, request)
            content = answer.body
            return answer.status, content if isinstance(content, bytes) else b""
        pairs = [("SC-Signature", one) for one in signatures]
        response = await self.browser.post(
            f"/api/webhook/{WEBHOOK_ID}", data=body, headers=[*headers.items(), *pairs]
        )
        return response.status, await response.read()

    async def send(self, event: Mapping[str, Any], via: str = "http") -> int:
        """Send an event with the right signature; return the status."""
        body = json.dumps(event).encode()
        status, content = await self.post(body, self.cloud.sign(body), via=via)
        assert content == b""
        return status
