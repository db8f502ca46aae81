"""What more than one module needs to agree on."""

from typing import Final

DOMAIN: Final = "smartcar"

CONF_APPLICATION_ID: Final = "application_id"
CONF_APPLICATION_MANAGEMENT_TOKEN: Final = "application_management_token"  # noqa: S105  # the name of a secret
CONF_COMMAND_RESERVE: Final = "command_reserve"
CONF_DISCONNECT_ON_REMOVAL: Final = "disconnect_on_removal"
CONF_EXCLUDED_VEHICLES: Final = "excluded_vehicles"
CONF_PREVIOUS_MANAGEMENT_TOKEN: Final = "previous_management_token"  # noqa: S105  # likewise
CONF_REQUESTS_PER_MONTH: Final = "requests_per_month"
CONF_USE_SIMULATED_VEHICLES: Final = "use_simulated_vehicles"
