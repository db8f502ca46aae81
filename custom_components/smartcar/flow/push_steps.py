"""The steps of the config flow that switch push on or off, and that test its URL."""

from typing import Any

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigFlowResult

from ..const import CONF_APPLICATION_MANAGEMENT_TOKEN
from ..push import url as push_url
from .base import SmartcarFlow
from .forms import PUSH_FORM


class PushSteps(SmartcarFlow):
    """The offer of push, the ways on without it, and the test of its URL."""

    async def async_step_push(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer push: show the URL, and request the token that deliveries are signed with."""
        try:
            url = await self._push.async_get_url(self.hass)
        except push_url.NoPublicUrlError:
            return await self.async_step_push_unavailable()
        errors: dict[str, str] = {}
        if user_input is not None:
            token = user_input.get(CONF_APPLICATION_MANAGEMENT_TOKEN, "").strip()
            if not token:
                return await self.async_step_without_push()
            if await self._application.async_can_be_management_token(token):
                self._push.accept(token)
                return await self.async_step_finish()
            errors[CONF_APPLICATION_MANAGEMENT_TOKEN] = "not_a_management_token"
        return self.async_show_form(
            step_id="push",
            data_schema=PUSH_FORM,
            description_placeholders={"url": url},
            errors=errors,
        )

    async def async_step_push_unavailable(self, user_input: None = None) -> ConfigFlowResult:
        """Say that the internet cannot reach this Home Assistant, and offer to go on."""
        options = []
        if self.source == SOURCE_RECONFIGURE:
            # The URL may be missing only for a while: that alone must not remove the token.
            options.append("finish")
        if self.source == SOURCE_USER or self._push.was_on:
            options.append("without_push")
        return self.async_show_menu(
            step_id="push_unavailable",
            menu_options=[*options, "push"],
            description_placeholders={"network_settings": "/config/network"},
        )

    async def async_step_without_push(self, user_input: None = None) -> ConfigFlowResult:
        """Go on without push; if it was on, it ends."""
        self._push.decline()
        return await self.async_step_finish()

    async def async_step_test_push(self, user_input: None = None) -> ConfigFlowResult:
        """Send a verification to the URL as Smartcar does, and show the result."""
        token = self._get_reconfigure_entry().data[CONF_APPLICATION_MANAGEMENT_TOKEN]
        try:
            url = await self._push.async_get_url(self.hass)
        except push_url.NoPublicUrlError:
            return await self.async_step_push_unavailable()
        result, status = await push_url.async_test_push_url(self.hass, url, token)
        return self.async_show_menu(
            step_id=result,
            menu_options=["finish", "test_push", "push"],
            description_placeholders={"url": url, "status": str(status or "")},
        )

    async def async_repeat_push_test(self, step_id: str) -> ConfigFlowResult:
        """Test again when the menu of a result is loaded again: it may be out of date."""
        return await self.async_step_test_push()
