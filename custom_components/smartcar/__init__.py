"""Cars that are reached through the Smartcar cloud."""

from homeassistant.const import CONF_CLIENT_ID, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.device_registry import AnyDeviceEntry
from homeassistant.helpers.typing import ConfigType

from .application import FLOW_LISTINGS, client_of
from .const import DOMAIN
from .coordinator import ApplicationCoordinator, SmartcarConfigEntry
from .push import async_setup_push
from .removal import async_remove
from .services import async_setup_services
from .store import ApplicationStore

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)

PLATFORMS = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.COVER,
    Platform.DEVICE_TRACKER,
    Platform.EVENT,
    Platform.LOCK,
    Platform.NUMBER,
    Platform.SENSOR,
    Platform.SWITCH,
]


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions."""
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: SmartcarConfigEntry) -> bool:
    """Set up one Smartcar application with all its vehicles."""
    listing = hass.data.get(FLOW_LISTINGS, {}).pop(entry.data[CONF_CLIENT_ID], None)
    client = listing.client if listing else client_of(hass, entry)
    store = ApplicationStore(hass, entry.entry_id)
    application = ApplicationCoordinator(hass, entry, client, store, await store.async_load())
    await application.async_start(listing)
    entry.runtime_data = application
    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    async_setup_push(application)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: SmartcarConfigEntry) -> bool:
    """Unload the platforms and write what is not written yet."""
    if unloaded := await hass.config_entries.async_unload_platforms(entry, PLATFORMS):
        await entry.runtime_data.async_stop()
    return unloaded


async def async_remove_entry(hass: HomeAssistant, entry: SmartcarConfigEntry) -> None:
    """Delete what was stored, at Smartcar too as far as the user wants that."""
    await async_remove(hass, entry)


async def async_remove_config_entry_device(
    hass: HomeAssistant, entry: SmartcarConfigEntry, device: AnyDeviceEntry
) -> bool:
    """Let the user delete a vehicle."""
    for domain, vehicle_id in device.identifiers:
        if domain == DOMAIN:
            await entry.runtime_data.async_forget(vehicle_id)
    return True
