"""The options of an entry: preferences that can change at any time."""

from collections.abc import Mapping
import logging
import re
from typing import Any, Final

from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import CONF_CLIENT_ID, PERCENTAGE
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)
from homeassistant.util import dt as dt_util
import voluptuous as vol

from .api import SmartcarError
from .application import FlowListing, async_keep_listing, client_of, vehicle_modes
from .budget import DEFAULT_MONTHLY, DEFAULT_RESERVE_PERCENT, PLANS
from .const import (
    CONF_COMMAND_RESERVE,
    CONF_DISCONNECT_ON_REMOVAL,
    CONF_REQUESTS_PER_MONTH,
    CONF_USE_SIMULATED_VEHICLES,
)

_LOGGER = logging.getLogger(__name__)

_PLANS: Final = [str(requests) for requests in PLANS]
# The upper end is above every plan, and small enough to calculate with.
_REQUESTS_PER_MONTH: Final = range(1_000_001)

_OPTIONS_FORM = vol.Schema(
    {
        vol.Required(CONF_REQUESTS_PER_MONTH, default=str(DEFAULT_MONTHLY)): SelectSelector(
            SelectSelectorConfig(
                options=_PLANS,
                translation_key="requests_per_month",
                mode=SelectSelectorMode.DROPDOWN,
                custom_value=True,
            )
        ),
        vol.Required(CONF_COMMAND_RESERVE, default=DEFAULT_RESERVE_PERCENT): NumberSelector(
            NumberSelectorConfig(
                min=0,
                max=50,
                step=5,
                unit_of_measurement=PERCENTAGE,
                mode=NumberSelectorMode.SLIDER,
            )
        ),
        vol.Required(CONF_USE_SIMULATED_VEHICLES, default=False): BooleanSelector(),
        vol.Required(CONF_DISCONNECT_ON_REMOVAL, default=False): BooleanSelector(),
    }
)


class SmartcarOptionsFlow(OptionsFlowWithReload):
    """Lets the user set the budget, the simulated cars and the removal."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the options, and save them; options set elsewhere stay."""
        shown: Mapping[str, Any] = self.config_entry.options
        errors = {}
        if user_input is not None:
            requests = _whole_number(user_input[CONF_REQUESTS_PER_MONTH])
            if requests in _REQUESTS_PER_MONTH:
                chosen = {
                    **user_input,
                    CONF_REQUESTS_PER_MONTH: requests,
                    CONF_COMMAND_RESERVE: int(user_input[CONF_COMMAND_RESERVE]),
                }
                options = {**shown, **chosen}
                if vehicle_modes(options) != vehicle_modes(shown):
                    await self._async_list_for_reload(options)
                return self.async_create_entry(data=options)
            shown, errors = user_input, {CONF_REQUESTS_PER_MONTH: "not_a_number"}
        if CONF_REQUESTS_PER_MONTH in shown:
            shown = {**shown, CONF_REQUESTS_PER_MONTH: str(shown[CONF_REQUESTS_PER_MONTH])}
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(_OPTIONS_FORM, shown),
            errors=errors,
        )

    async def _async_list_for_reload(self, options: Mapping[str, Any]) -> None:
        """List the cars that the new options let in, so that they need not wait for an hour."""
        client = client_of(self.hass, self.config_entry)
        try:
            connections = await client.get_connections(modes=vehicle_modes(options))
        except SmartcarError as error:
            _LOGGER.warning("Could not list the cars for the new options: %s", error)
            return
        listing = FlowListing(client, connections, dt_util.utcnow())
        async_keep_listing(self.hass, self.config_entry.data[CONF_CLIENT_ID], listing)


def _whole_number(text: str) -> int | None:
    """Return a typed whole number, with or without thousands separators; None if it is not one."""
    if not re.fullmatch(r"[0-9]{1,9}|[0-9]{1,3}([ .,'_\u00a0\u202f][0-9]{3})+", text.strip()):
        return None
    return int(re.sub("[^0-9]", "", text))
