"""What more than one module needs to agree on."""

from typing import Final

DOMAIN: Final = "smartcar"

CONF_APPLICATION_ID: Final = "application_id"
CONF_DISCONNECT_ON_REMOVAL: Final = "disconnect_on_removal"
CONF_EXCLUDED_VEHICLES: Final = "excluded_vehicles"
