"""What an entry needs to reach its Smartcar application."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .api import Connection, Listing, SmartcarClient
from .const import DOMAIN


@dataclass(frozen=True, slots=True)
class FlowListing:
    """The connections that a config flow has listed, so that the set-up need not list them again."""

    client: SmartcarClient
    connections: Listing[Connection]
    listed_at: datetime

    @property
    def is_fresh(self) -> bool:
        """Whether the set-up followed at once. It does not if the entry is disabled."""
        return dt_util.utcnow() - self.listed_at < timedelta(minutes=5)


FLOW_LISTINGS: HassKey[dict[str, FlowListing]] = HassKey(f"{DOMAIN}_flow_listings")


def client_of(hass: HomeAssistant, entry: ConfigEntry[Any]) -> SmartcarClient:
    """Return a new client with the entry's credentials."""
    return SmartcarClient.for_application(
        async_get_clientsession(hass), entry.data[CONF_CLIENT_ID], entry.data[CONF_CLIENT_SECRET]
    )
