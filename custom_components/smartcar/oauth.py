"""Smartcar Connect, the owner's consent, as an implementation for Home Assistant's flow helper.

Source: https://smartcar.com/docs/connect/redirect-to-connect
"""

from collections.abc import Iterable
from typing import Final, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.config_entry_oauth2_flow import LocalOAuth2Implementation

from .api import Origins
from .const import DOMAIN

# What the entities and commands use. The user can add more, or remove some.
DEFAULT_PERMISSIONS: Final = (
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
PERMISSIONS: Final = (
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
# The error codes of Connect's redirect. Each is also a menu of the config flow.
# Source: https://smartcar.com/docs/connect/handle-the-response
CONNECT_ERRORS: Final = (
    "access_denied",  # the owner declined or closed the page
    "configuration_error",  # the application is not set up as Connect requires
    "invalid_subscription",  # the car maker's connected service is not active
    "no_vehicles",  # the owner's login at the car maker has no cars
    "server_error",  # Smartcar or the car maker failed
    "unauthorized_client",  # the application may not connect cars of this make
    "vehicle_incompatible",  # the car was found, but is not supported
)


class ConnectImplementation(LocalOAuth2Implementation):
    """Sends the owner to Connect, and never exchanges the code of the redirect: v3 needs none.

    Home Assistant's helper always sends a `client_id`, which Connect accepts only if it is the
    Application ID: for the `client_...` of the credentials it says "Invalid parameter client_id".
    """

    def __init__(
        self, hass: HomeAssistant, application_id: str, permissions: Iterable[str] | None
    ) -> None:
        """Request these permissions; None requests those set in Smartcar's dashboard."""
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
        """Return the application and, unless the dashboard decides, the permissions."""
        data = {"application_id": self.client_id, "mode": "live", "approval_prompt": "force"}
        if self._permissions is not None:
            data["scope"] = " ".join(sorted(self._permissions))
        return data
