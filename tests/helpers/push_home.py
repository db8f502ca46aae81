"""Home Assistant with push set up, reached by the simulated cloud, and by strangers, over HTTP."""

from collections.abc import Callable, Mapping
import json
import time
from typing import Any

from aiohttp.test_utils import TestClient
from homeassistant.components.webhook import async_handle_webhook
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.aiohttp import MockRequest
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartcar.const import CONF_APPLICATION_MANAGEMENT_TOKEN
from custom_components.smartcar.push.url import NoPublicUrlError
from custom_components.smartcar.store import PushLog
from simulator import Cloud
from simulator.webhooks import Webhook
from tests.helpers.states import issues, settle

WEBHOOK_ID = "0123456789abcdef"
ODOMETER = "odometer-traveleddistance"


class World:
    """One entry with push, the address that it is told to have, and the dashboard's webhook."""

    entry: MockConfigEntry
    webhook: Webhook

    def __init__(
        self,
        hass: HomeAssistant,
        cloud: Cloud,
        browser: TestClient[Any, Any],
        monkeypatch: pytest.MonkeyPatch,
        new_entry: Callable[..., MockConfigEntry],
    ) -> None:
        self._hass = hass
        self.cloud = cloud
        self.browser = browser
        self.url: str | None = str(browser.make_url(f"/api/webhook/{WEBHOOK_ID}"))
        self._new_entry = new_entry
        self._events = 0

        async def get_url(_: HomeAssistant, webhook_id: str) -> str:
            assert webhook_id == WEBHOOK_ID
            if self.url is None:
                raise NoPublicUrlError
            return self.url

        # The one thing that cannot be as outside: the public address.
        monkeypatch.setattr("custom_components.smartcar.push.url.async_get_push_url", get_url)

    async def set_up(self, **data: str) -> MockConfigEntry:
        """Set the entry up."""
        self.entry = self._new_entry(
            data={
                CONF_CLIENT_ID: self.cloud.client_id,
                CONF_CLIENT_SECRET: self.cloud.client_secret,
                CONF_WEBHOOK_ID: WEBHOOK_ID,
                CONF_APPLICATION_MANAGEMENT_TOKEN: self.cloud.application_management_token,
                **data,
            }
        )
        assert await self._hass.config_entries.async_setup(self.entry.entry_id)
        await settle(self._hass)
        return self.entry

    async def make_webhook(self, **options: Any) -> Webhook:
        """Make the webhook in the dashboard, as the repair says, and wait for the first push."""
        self.webhook = self.cloud.create_webhook("Home Assistant", str(self.url), **options)
        await self.flush()
        return self.webhook

    async def flush(self) -> None:
        """Wait until the cloud has delivered everything and Home Assistant has dealt with it."""
        for _ in range(2):
            await self.cloud.flush()
            await settle(self._hass)

    async def reload(self) -> None:
        """Unload the entry and set it up again, as a restart does."""
        assert await self._hass.config_entries.async_reload(self.entry.entry_id)
        await settle(self._hass)

    @property
    def log(self) -> PushLog:
        """What is remembered of the deliveries."""
        log: PushLog = self.entry.runtime_data.context.push_log
        return log

    @property
    def counts(self) -> dict[str, int]:
        """How many deliveries there were of each kind, without those that were applied."""
        return {
            kind: count for kind, count in self.log.counts.items() if kind != "applied" and count
        }

    def issues(self) -> dict[str, ir.IssueEntry]:
        """Return the repairs, by the key of their text."""
        return issues(self._hass)

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
        self, body: bytes, *signatures: str, door: str = "http", **headers: str
    ) -> tuple[int, bytes]:
        """Send a body through the HTTP server, or as a cloudhook brings it."""
        if door == "cloudhook":
            if signatures:
                headers["SC-Signature"] = signatures[0]
            request = MockRequest(content=body, mock_source="cloud", method="POST", headers=headers)
            answer = await async_handle_webhook(self._hass, WEBHOOK_ID, request)
            content = answer.body
            return answer.status, content if isinstance(content, bytes) else b""
        pairs = [("SC-Signature", one) for one in signatures]
        response = await self.browser.post(
            f"/api/webhook/{WEBHOOK_ID}", data=body, headers=[*headers.items(), *pairs]
        )
        return response.status, await response.read()

    async def send(self, event: Mapping[str, Any], door: str = "http") -> int:
        """Send an event with the right signature; return the status."""
        body = json.dumps(event).encode()
        status, content = await self.post(body, self.cloud.sign(body), door=door)
        assert content == b""
        return status
