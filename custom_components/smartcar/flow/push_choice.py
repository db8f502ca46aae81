"""Whether push is on after a flow, with which token, and who deletes the cloudhook."""

from collections.abc import Mapping
from typing import Any

from homeassistant.components import webhook
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant, callback

from ..const import CONF_APPLICATION_MANAGEMENT_TOKEN, CONF_PREVIOUS_MANAGEMENT_TOKEN
from ..push import url as push_url


class PushChoice:
    """The webhook of a flow, and what the user chose about push.

    Attributes:
        webhook_id: The id of Home Assistant's webhook: the entry's, or a new one.
        was_on: Whether push was on before the flow.
        is_made: Whether the user has chosen. Else push stays as it was.
        url: The public URL of the webhook, once it was shown.
        token: The application management token; empty for no push.
    """

    def __init__(self) -> None:
        """Begin with a new webhook id and no choice."""
        self.webhook_id = webhook.async_generate_id()
        self.was_on = False
        self.is_made = False
        self.url = ""
        self.token = ""
        # Reading the URL may create a cloudhook, which then belongs to this flow alone.
        self._owns_cloudhook = False

    def use_entry(self, data: Mapping[str, Any]) -> None:
        """Begin with the webhook of an entry, given the entry's data."""
        self.webhook_id = data[CONF_WEBHOOK_ID]
        self.was_on = CONF_APPLICATION_MANAGEMENT_TOKEN in data

    async def async_get_url(self, hass: HomeAssistant) -> str:
        """Return the public URL of the webhook.

        Raises:
            NoPublicUrlError: The internet cannot reach this Home Assistant by HTTPS.
        """
        self.url = await push_url.async_get_push_url(hass, self.webhook_id)
        self._owns_cloudhook = not self.was_on
        return self.url

    def accept(self, token: str) -> None:
        """Choose push, with deliveries signed by this token. The entry will use the cloudhook."""
        self.is_made = True
        self.token = token
        self._owns_cloudhook = False

    def decline(self) -> None:
        """Choose no push; if it was on, it ends, and its cloudhook is no longer needed."""
        self.is_made = True
        self.token = ""
        self._owns_cloudhook = self._owns_cloudhook or self.was_on

    def apply_to(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return an entry's data as the choice changes it.

        The last confirmed token stays beside a new one, until the new one has signed a delivery.
        """
        changed = {**data, CONF_WEBHOOK_ID: self.webhook_id}
        if not self.is_made:
            return changed
        latest = changed.pop(CONF_APPLICATION_MANAGEMENT_TOKEN, None)
        # If there is one before the latest, the latest has not signed any delivery yet.
        confirmed = changed.pop(CONF_PREVIOUS_MANAGEMENT_TOKEN, latest)
        if self.token:
            changed[CONF_APPLICATION_MANAGEMENT_TOKEN] = self.token
            if confirmed and confirmed != self.token:
                changed[CONF_PREVIOUS_MANAGEMENT_TOKEN] = confirmed
        return changed

    @callback
    def async_delete_unused_cloudhook(self, hass: HomeAssistant) -> None:
        """Delete the cloudhook that no entry uses, if the flow leaves one behind."""
        if self._owns_cloudhook:
            hass.async_create_task(push_url.async_delete_push_url(hass, self.webhook_id))
