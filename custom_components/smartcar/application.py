"""What an entry needs to reach its Smartcar application."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .api import Connection, Listing, SmartcarClient, VehicleMode
from .const import CONF_USE_SIMULATED_VEHICLES, DOMAIN


@dataclass(frozen=True, slots=True)
class FlowListing:
    """The connections that a flow has listed, so that the set-up need not list them again."""

    client: SmartcarClient
    connections: Listing[Connection]
    listed_at: datetime

    @property
    def is_fresh(self) -> bool:
        """Whether the set-up followed at once. It does not if the entry is disabled."""
        return dt_util.utcnow() - self.listed_at < timedelta(minutes=5)


FLOW_LISTINGS: HassKey[dict[str, FlowListing]] = HassKey(f"{DOMAIN}_flow_listings")


@callback
def async_keep_listing(hass: HomeAssistant, client_id: str, listing: FlowListing) -> None:
    """Keep a list of connections for the set-up that follows, so that it begins with it."""
    hass.data.setdefault(FLOW_LISTINGS, {})[client_id] = listing


def vehicle_modes(options: Mapping[str, Any]) -> tuple[VehicleMode, ...]:
    """Return which vehicles an entry with these options uses: simulated ones only if it says so."""
    if options.get(CONF_USE_SIMULATED_VEHICLES):
        return tuple(VehicleMode)
    return (VehicleMode.LIVE,)


def client_of(hass: HomeAssistant, entry: ConfigEntry[Any]) -> SmartcarClient:
    """Return a new client with the entry's credentials."""
    return SmartcarClient.for_application(
        async_get_clientsession(hass), entry.data[CONF_CLIENT_ID], entry.data[CONF_CLIENT_SECRET]
    )
