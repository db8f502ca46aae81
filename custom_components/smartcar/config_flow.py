"""The config flow: set up a Smartcar application, change how it is set up, or renew its secret.

The ways through, each named by its source:

- user: credentials, then the connected cars or Connect, then push. It creates an entry.
- reconfigure: a menu of the same parts. Each part updates the entry.
- reauth: the client secret alone. It updates the entry.

Home Assistant finds a step by the name of its method, `async_step_<step id>`.
"""

from collections.abc import Awaitable, Callable, Mapping
import logging
from typing import Any, Final, override

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigFlowResult,
    OptionsFlow,
)
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET
from homeassistant.core import callback

from .application import async_keep_listing
from .const import CONF_APPLICATION_ID, CONF_EXCLUDED_VEHICLES, DOMAIN
from .flow.application import is_uuid
from .flow.connect_steps import ConnectSteps
from .flow.forms import CREDENTIALS_FORM, REAUTH_FORM
from .flow.push_steps import PushSteps
from .oauth import CONNECT_ERRORS
from .options_flow import SmartcarOptionsFlow
from .push.url import UrlTest

_LOGGER = logging.getLogger(__name__)


class SmartcarConfigFlow(ConnectSteps, PushSteps, domain=DOMAIN):
    """Leads through the credentials to the entry. Its base classes have the steps between.

    Every way except reauthentication ends in `async_step_finish`.
    """

    VERSION = 3
    DOMAIN = DOMAIN

    @property
    @override
    def logger(self) -> logging.Logger:
        """Return the logger that the base class uses."""
        return _LOGGER

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the options flow."""
        return SmartcarOptionsFlow()

    @callback
    @override
    def async_remove(self) -> None:
        """Delete the cloudhook of a flow that was abandoned, or that ended without push."""
        self._push.async_delete_unused_cloudhook(self.hass)

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Set up a new application: request its credentials and validate them."""
        return await self._async_request_credentials("user", user_input, self.async_step_connected)

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Change an entry: offer what can be changed."""
        entry = self._get_reconfigure_entry()
        self._application.options = entry.options
        self._application.set_credentials(
            entry.data[CONF_CLIENT_ID], entry.data[CONF_CLIENT_SECRET]
        )
        self._application.id = entry.data.get(CONF_APPLICATION_ID)
        self._push.use_entry(entry.data)
        options = ["reconfigure_credentials"]
        # Everything else needs working credentials.
        if not await self._async_validate_credentials():
            options += ["connect", "vehicles"] if self._application.connections else ["connect"]
            options += ["push", "test_push"] if self._push.was_on else ["push"]
        return self.async_show_menu(step_id="reconfigure", menu_options=options)

    async def async_step_reconfigure_credentials(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Request other credentials of the same application."""
        return await self._async_request_credentials(
            "reconfigure_credentials", user_input, self.async_step_finish
        )

    async def async_step_credentials(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Return to the credentials from a menu."""
        if self.source == SOURCE_RECONFIGURE:
            return await self.async_step_reconfigure_credentials()
        return await self.async_step_user()

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Renew the secret, because Smartcar refuses the credentials."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Request the secret alone; everything else of the entry stays."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            self._application.options = entry.options
            self._application.set_credentials(
                entry.data[CONF_CLIENT_ID], user_input[CONF_CLIENT_SECRET].strip()
            )
            if not (errors := await self._async_validate_credentials()):
                self._keep_listing_for_setup()
                return self.async_update_reload_and_abort(
                    entry, data_updates=self._application.credentials
                )
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=REAUTH_FORM,
            description_placeholders={"client_id": entry.data[CONF_CLIENT_ID]},
            errors=errors,
        )

    async def _async_request_credentials(
        self,
        step_id: str,
        user_input: dict[str, Any] | None,
        next_step: Callable[[], Awaitable[ConfigFlowResult]],
    ) -> ConfigFlowResult:
        errors: dict[str, str] = {}
        if user_input is not None:
            client_id = user_input[CONF_CLIENT_ID].strip()
            self._application.set_credentials(client_id, user_input[CONF_CLIENT_SECRET].strip())
            if is_uuid(client_id):
                errors[CONF_CLIENT_ID] = "application_id_given"
            else:
                # A tab that was closed at Smartcar leaves a flow in progress that never ends.
                await self.async_set_unique_id(client_id, raise_on_progress=False)
                self._abort_if_other_entry_uses_application()
                errors = await self._async_validate_credentials()
            if not errors:
                return await next_step()
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                CREDENTIALS_FORM, self._application.credentials
            ),
            errors=errors,
        )

    def _abort_if_other_entry_uses_application(self) -> None:
        if self.source == SOURCE_USER:
            self._abort_if_unique_id_configured()
            return
        for entry in self._async_current_entries():
            if entry.unique_id == self.unique_id and entry is not self._get_reconfigure_entry():
                self._abort_if_unique_id_configured()

    async def _async_validate_credentials(self) -> dict[str, str]:
        """Use the credentials; return the keys of the form's errors by field."""
        errors = await self._application.async_validate_credentials(self.hass)
        if not errors and self.source == SOURCE_RECONFIGURE and not self._is_same_application():
            return {CONF_CLIENT_ID: "other_application"}
        return errors

    def _is_same_application(self) -> bool:
        """Tell whether the credentials see a car that the entry has, if it has any."""
        entry = self._get_reconfigure_entry()
        if entry.unique_id == self._application.credentials[CONF_CLIENT_ID]:
            return True
        coordinator = getattr(entry, "runtime_data", None)
        known = set(coordinator.data) if coordinator else set()
        return not known or not known.isdisjoint(self._application.vehicle_labels)

    @override
    async def async_step_finish(self, user_input: None = None) -> ConfigFlowResult:
        """Create or update the entry; for a new one, offer push first."""
        excluded = self._excluded_before if self._excluded is None else self._excluded
        if self.source == SOURCE_RECONFIGURE:
            return self._update_entry(excluded)
        if not self._push.is_made:
            return await self.async_step_push()
        self._keep_listing_for_setup()
        return self.async_create_entry(
            title=self._application.name,
            data=self._changed_data({}),
            options={**self._application.options, CONF_EXCLUDED_VEHICLES: excluded},
            description="push" if self._push.token else None,
            description_placeholders={"url": self._push.url} if self._push.token else None,
        )

    def _update_entry(self, excluded: list[str]) -> ConfigFlowResult:
        entry = self._get_reconfigure_entry()
        self._keep_listing_for_setup()
        return self.async_update_reload_and_abort(
            entry,
            unique_id=self._application.credentials[CONF_CLIENT_ID],
            data=self._changed_data(entry.data),
            options={**entry.options, CONF_EXCLUDED_VEHICLES: excluded},
        )

    def _changed_data(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return an entry's data with the credentials, the Application ID and the choice of push."""
        changed = {**data, **self._application.credentials}
        if self._application.id is not None:
            changed[CONF_APPLICATION_ID] = self._application.id
        return self._push.apply_to(changed)

    def _keep_listing_for_setup(self) -> None:
        async_keep_listing(
            self.hass,
            self._application.credentials[CONF_CLIENT_ID],
            self._application.listing(),
        )


# The menus that show a result, and what each does when the frontend loads it again.
MENU_STEPS: Final[
    Mapping[str, Callable[[SmartcarConfigFlow, str], Awaitable[ConfigFlowResult]]]
] = {
    **dict.fromkeys(CONNECT_ERRORS, SmartcarConfigFlow.async_show_connect_menu),
    # Connect redirected with an undocumented error.
    "connect_failed": SmartcarConfigFlow.async_show_connect_menu,
    # The owner gave consent, but no connection is listed.
    "connection_missing": SmartcarConfigFlow.async_show_connect_menu,
    **dict.fromkeys(UrlTest, SmartcarConfigFlow.async_repeat_push_test),
}


def _make_step(
    step_id: str, load: Callable[[SmartcarConfigFlow, str], Awaitable[ConfigFlowResult]]
) -> Callable[[SmartcarConfigFlow, None], Awaitable[ConfigFlowResult]]:
    """Make the method `async_step_<step id>` of a menu out of its row in `MENU_STEPS`."""

    async def async_step(self: SmartcarConfigFlow, user_input: None = None) -> ConfigFlowResult:
        return await load(self, step_id)

    async_step.__name__ = f"async_step_{step_id}"
    return async_step


for _step_id, _load in MENU_STEPS.items():
    setattr(SmartcarConfigFlow, f"async_step_{_step_id}", _make_step(_step_id, _load))
