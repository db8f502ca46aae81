"""The forms of the config flow. Their labels are in `translations`."""

from collections.abc import Collection, Mapping

from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import voluptuous as vol

from ..const import CONF_APPLICATION_ID, CONF_APPLICATION_MANAGEMENT_TOKEN
from ..oauth import DEFAULT_PERMISSIONS, PERMISSIONS

CONF_PERMISSIONS = "permissions"
# The key was released, and translations use it.
CONF_USE_DASHBOARD_PERMISSIONS = "ask_dashboard"
CONF_VEHICLES = "vehicles"

_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))

CREDENTIALS_FORM = vol.Schema(
    {
        vol.Required(CONF_CLIENT_ID): TextSelector(),
        vol.Required(CONF_CLIENT_SECRET): _SECRET,
    }
)
REAUTH_FORM = vol.Schema({vol.Required(CONF_CLIENT_SECRET): _SECRET})
CONNECT_FORM = vol.Schema(
    {
        vol.Required(CONF_APPLICATION_ID): TextSelector(),
        vol.Required(CONF_USE_DASHBOARD_PERMISSIONS, default=False): BooleanSelector(),
        vol.Required(CONF_PERMISSIONS, default=list(DEFAULT_PERMISSIONS)): SelectSelector(
            SelectSelectorConfig(
                options=list(PERMISSIONS), multiple=True, translation_key="permissions"
            )
        ),
    }
)
PUSH_FORM = vol.Schema({vol.Optional(CONF_APPLICATION_MANAGEMENT_TOKEN): _SECRET})


def vehicles_form(labels: Mapping[str, str], excluded: Collection[str]) -> vol.Schema:
    """Return the form that offers cars to choose from.

    Args:
        labels: What each car is called, by vehicle id.
        excluded: The vehicle ids that are not selected at first.
    """
    options = [SelectOptionDict(value=key, label=label) for key, label in labels.items()]
    selected = [key for key in labels if key not in excluded]
    return vol.Schema(
        {
            vol.Required(CONF_VEHICLES, default=selected): SelectSelector(
                SelectSelectorConfig(options=options, multiple=True)
            )
        }
    )
