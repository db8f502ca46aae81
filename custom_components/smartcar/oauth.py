"""Smartcar Connect, the owner's consent, as an implementation for Home Assistant's flow helper.

Source: https://smartcar.com/docs/connect/redirect-to-connect
"""

from collections.abc import Iterable
from typing import override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.config_entry_oauth2_flow import LocalOAuth2Implementation

from .api import Origins
from .const import DOMAIN

# What our entities and commands use. More can be ticked; what is not granted shows nothing.
DEFAULT_PERMISSIONS = (
    "control_charge",
    "control_navigation",
    "control_security",
    "read_battery",
    "read_charge",
    "read_engine_oil",
    "read_fuel",
    "read_location",
    "read_odometer",
    "read_security",
    "read_vehicle_info",
    "read_vin",
)
# Source: https://smartcar.com/docs/api-reference/permissions
PERMISSIONS = (
    *DEFAULT_PERMISSIONS,
    "control_climate",
    "control_pin",
    "control_trunk",
    "read_alerts",
    "read_charge_events",
    "read_charge_locations",
    "read_charge_records",
    "read_climate",
    "read_compass",
    "read_diagnostics",
    "read_extended_vehicle_info",
    "read_service_history",
    "read_speedometer",
    "read_thermometer",
    "read_tires",
    "read_user_profile",
)


class ConnectImplementation(LocalOAuth2Implementation):
    """Sends the owner to Connect. What comes back is a code that v3 has no use for.

    Home Assistant's helper always sends a `client_id`, which Connect takes only if it is the
    Application ID: with the `client_...` of the credentials it says "Invalid parameter client_id".
    """

    def __init__(
        self, hass: HomeAssistant, application_id: str, permissions: Iterable[str] | None
    ) -> None:
        """Ask for these permissions; for those of the dashboard if there are none."""
        super().__init__(
            hass,
            DOMAIN,
            application_id,
            "",
            f"{Origins.from_environment().connect}/oauth/authorize",
            "",
        )
        self._permissions = permissions

    @property
    @override
    def extra_authorize_data(self) -> dict[str, str]:
        """Name the application and, unless the dashboard is to decide, the permissions."""
        data = {"application_id": self.client_id, "mode": "live", "approval_prompt": "force"}
        if self._permissions is not None:
            data["scope"] = " ".join(sorted(self._permissions))
        return data
