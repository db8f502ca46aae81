"""The steps of the config flow that connect cars, and that choose among the connected ones."""

import logging
from typing import Any, override

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigFlowResult
from homeassistant.helpers.config_entry_oauth2_flow import async_get_redirect_uri

from ..api import SmartcarError
from ..const import CONF_APPLICATION_ID, CONF_USE_SIMULATED_VEHICLES
from ..oauth import CONNECT_ERRORS, ConnectImplementation
from .application import is_uuid
from .base import SmartcarFlow
from .forms import (
    CONF_PERMISSIONS,
    CONF_USE_DASHBOARD_PERMISSIONS,
    CONF_VEHICLES,
    CONNECT_FORM,
    vehicles_form,
)

_LOGGER = logging.getLogger(__name__)


class ConnectSteps(SmartcarFlow):
    """Connected cars, Smartcar Connect, and the menus that say why it connected no car."""

    async def async_step_connected(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Offer the cars that are connected already; go on to Connect if there are none."""
        labels = self._application.vehicle_labels
        left_out = await self._application.async_count_left_out()
        placeholders = {"count": str(len(labels)), "vehicles": ", ".join(labels.values())}
        if left_out:
            return self.async_show_menu(
                step_id="connected_simulated" if labels else "only_simulated",
                menu_options=["vehicles" if labels else "use_simulated", "connect"],
                description_placeholders={**placeholders, "simulated": str(left_out)},
            )
        if not labels:
            return await self.async_step_connect()
        return self.async_show_menu(
            step_id="connected",
            menu_options=["vehicles", "connect"],
            description_placeholders=placeholders,
        )

    # The same menu with more to say. Home Assistant shows it again by its own id.
    async_step_connected_simulated = async_step_connected
    async_step_only_simulated = async_step_connected

    async def async_step_use_simulated(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Turn the option on and offer the simulated cars."""
        self._application.options = {CONF_USE_SIMULATED_VEHICLES: True}
        try:
            await self._application.async_list_connections()
        except SmartcarError as error:
            _LOGGER.warning("Could not list the simulated cars: %s", error)
            return await self.async_show_connect_menu("server_error")
        return await self.async_step_vehicles()

    async def async_step_vehicles(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let the user choose among the connected cars. At first, all are chosen."""
        labels = self._application.vehicle_labels
        excluded = self._excluded_before
        if user_input is not None:
            # A car that was excluded before and is not listed now was not on the form: it stays.
            offered = dict.fromkeys([*excluded, *labels])
            self._excluded = [key for key in offered if key not in user_input[CONF_VEHICLES]]
            return await self.async_step_finish()
        if len(labels) < 2 and self.source == SOURCE_USER:
            return await self.async_step_finish()
        form = vehicles_form(labels, excluded)
        if left_out := await self._application.async_count_left_out():
            return self.async_show_form(
                step_id="vehicles_simulated",
                data_schema=form,
                description_placeholders={"simulated": str(left_out)},
            )
        return self.async_show_form(step_id="vehicles", data_schema=form)

    async_step_vehicles_simulated = async_step_vehicles

    async def async_step_connect(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Request the Application ID and the permissions, then send the owner to Connect."""
        errors: dict[str, str] = {}
        if user_input is not None:
            application_id = user_input[CONF_APPLICATION_ID].strip().lower()
            permissions = user_input[CONF_PERMISSIONS]
            if user_input[CONF_USE_DASHBOARD_PERMISSIONS]:
                permissions = None
            if not is_uuid(application_id):
                errors[CONF_APPLICATION_ID] = "not_an_application_id"
            if permissions == []:
                # To Connect, an empty list means the permissions set in the dashboard.
                errors[CONF_PERMISSIONS] = "no_permissions"
            if not errors:
                self._application.id = application_id
                self.flow_impl = ConnectImplementation(self.hass, application_id, permissions)
                return await self.async_step_auth()
        try:
            redirect_uri = async_get_redirect_uri(self.hass)
        except RuntimeError:
            # Outside a browser and without the `my` integration, Connect has no way to return.
            return self.async_abort(reason="no_redirect_uri")
        suggested = user_input or {CONF_APPLICATION_ID: await self._application.async_find_id()}
        return self.async_show_form(
            step_id="connect",
            data_schema=self.add_suggested_values_to_schema(CONNECT_FORM, suggested),
            description_placeholders={"redirect_uri": redirect_uri},
            errors=errors,
        )

    @override
    async def async_step_creation(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Wait for the connection that the owner made, and offer it with the others.

        This replaces the base class's exchange of the redirect's code, which v3 does not need.
        """
        try:
            await self._application.async_wait_for_new_connection()
        except SmartcarError as error:
            _LOGGER.warning("Could not list the connections after Connect: %s", error)
            return await self.async_show_connect_menu("server_error")
        if not self._application.connections:
            return await self.async_show_connect_menu("connection_missing")
        return await self.async_step_vehicles()

    @override
    async def async_step_authorize_rejected(self, data: None = None) -> ConfigFlowResult:
        """Show the menu of the error that Connect redirected with."""
        error = str(self.external_data["error"])
        return await self.async_show_connect_menu(
            error if error in CONNECT_ERRORS else "connect_failed"
        )

    async def async_show_connect_menu(self, step_id: str) -> ConfigFlowResult:
        """Show why Connect connected no car, and offer to try again or to do without it."""
        options = ["connect", "credentials"]
        if self._application.connections or self.source == SOURCE_RECONFIGURE:
            options.append("finish")
        error = (self.external_data or {}).get("error", "")
        return self.async_show_menu(
            step_id=step_id,
            menu_options=options,
            description_placeholders={"error": str(error)},
        )
