"""Home Assistant Cloud, as far as webhooks need it."""

from dataclasses import dataclass, field

from homeassistant.components.cloud import _SIGNAL_CLOUDHOOKS_UPDATED
from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import async_dispatcher_send


@dataclass
class Cloudhooks:
    """The cloudhooks of Home Assistant Cloud: `hooks` are their URLs by webhook id."""

    base: str = "https://hooks.example.com"
    hooks: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    error: Exception | None = None

    async def get_or_create(self, hass: HomeAssistant, webhook_id: str) -> str:
        """Return the URL of a webhook's cloudhook, or raise `error` if it is set."""
        if self.error is not None:
            raise self.error
        # The URL of a cloudhook does not contain the webhook id.
        return self.hooks.setdefault(webhook_id, f"{self.base}/hook-{len(self.deleted)}")

    async def delete(self, hass: HomeAssistant, webhook_id: str) -> None:
        """Delete the cloudhook of a webhook, which must have one."""
        if webhook_id not in self.hooks:
            raise ValueError("Hook is not enabled for the cloud.")
        del self.hooks[webhook_id]
        self.deleted.append(webhook_id)
        async_dispatcher_send(hass, _SIGNAL_CLOUDHOOKS_UPDATED, dict(self.hooks))
