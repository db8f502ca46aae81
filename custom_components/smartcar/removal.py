"""What happens at Smartcar and in Home Assistant when an entry is removed. Never fails."""

import logging
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant

from .api import NotFoundError, SmartcarClient, SmartcarError
from .application import client_of
from .const import (
    CONF_APPLICATION_MANAGEMENT_TOKEN,
    CONF_DISCONNECT_ON_REMOVAL,
    CONF_EXCLUDED_VEHICLES,
)
from .issues import async_clear_all
from .push.subscriptions import async_unsubscribe
from .push.url import async_delete_push_url
from .store import ApplicationStore, StoredApplication
from .vehicle import vehicle_name

_LOGGER = logging.getLogger(__name__)


async def async_remove(hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
    """End push, take consents back if the user wants that, and delete what was stored."""
    store = ApplicationStore(hass, entry.entry_id)
    stored = await store.async_load()
    client = client_of(hass, entry)
    await _async_end_push(hass, entry, client, stored)
    if entry.options.get(CONF_DISCONNECT_ON_REMOVAL):
        await _async_disconnect(entry, client, stored)
    await store.async_remove()
    async_clear_all(hass, entry)


async def _async_end_push(
    hass: HomeAssistant,
    entry: ConfigEntry[Any],
    client: SmartcarClient,
    stored: StoredApplication,
) -> None:
    """Unsubscribe the vehicles, and delete the cloudhook."""
    webhook_id = entry.data[CONF_WEBHOOK_ID]
    known_id = stored.push.webhook_id
    if known_id is not None or CONF_APPLICATION_MANAGEMENT_TOKEN in entry.data:
        webhook_ids = {known_id} if known_id else set[str]()
        try:
            webhook_ids |= {
                candidate.id
                for candidate in await client.get_webhooks()
                if webhook_id in (candidate.callback_uri or "")
            }
        except SmartcarError as error:
            _LOGGER.warning("Could not list the webhooks at Smartcar: %s", error)
        for smartcar_webhook_id in sorted(webhook_ids):
            await async_unsubscribe(client, smartcar_webhook_id)
    await async_delete_push_url(hass, webhook_id)


async def _async_disconnect(
    entry: ConfigEntry[Any], client: SmartcarClient, stored: StoredApplication
) -> None:
    """Take the owners' consents back at Smartcar."""
    excluded = entry.options.get(CONF_EXCLUDED_VEHICLES, ())
    connections = (
        connection
        for vehicle in stored.connections.by_vehicle.values()
        for connection in vehicle.by_preference
    )
    for connection in connections:
        if connection.vehicle_id in excluded:
            continue
        try:
            await client.delete_connection(connection.id)
        except NotFoundError:
            pass
        except SmartcarError as error:
            _LOGGER.warning(
                "Could not disconnect %s at Smartcar (%s); the owner can do so at my.smartcar.com",
                vehicle_name(connection),
                error,
            )
