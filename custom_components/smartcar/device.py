"""A vehicle's device in Home Assistant's registry."""

from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceInfo

from .api import Connection
from .api.catalogue import FIRMWARE_VERSION, NICKNAME, VIN
from .const import DOMAIN
from .vehicle import VehicleState, display_name, make_name, model_name

# Where the owner of the application manages vehicles, permissions and webhooks.
_DASHBOARD: Final = "https://dashboard.smartcar.com"
# The signals that the device shows.
SHOWN_BY_DEVICE = frozenset({FIRMWARE_VERSION.code, NICKNAME.code, VIN.code})


def device_info(connection: Connection, state: VehicleState) -> DeviceInfo:
    """Return what is known of the vehicle as a device. A VIN can come late, or never."""
    vehicle = connection.vehicle
    return DeviceInfo(
        identifiers={(DOMAIN, connection.vehicle_id)},
        manufacturer=make_name(vehicle.make),
        model=model_name(vehicle),
        # Older versions stored the year here.
        model_id=None,
        configuration_url=_DASHBOARD,
        name=display_name(connection, state),
        serial_number=state.value(VIN),
        sw_version=state.value(FIRMWARE_VERSION),
    )


@callback
def async_find_device(
    hass: HomeAssistant, entry: ConfigEntry, vehicle_id: str
) -> dr.DeviceEntry | None:
    """Return the vehicle's device, if it has one."""
    return dr.async_get(hass).async_get_device_by_identifier((DOMAIN, vehicle_id), entry.entry_id)


@callback
def async_update_device(
    hass: HomeAssistant, entry: ConfigEntry, connection: Connection, state: VehicleState
) -> None:
    """Write what has become known to the device; entity ids stay as they are."""
    if (device := async_find_device(hass, entry, connection.vehicle_id)) is not None:
        dr.async_get(hass).async_update_device(
            device.id,
            name=display_name(connection, state),
            serial_number=state.value(VIN),
            sw_version=state.value(FIRMWARE_VERSION),
        )


@callback
def async_remove_device(hass: HomeAssistant, entry: ConfigEntry, vehicle_id: str) -> None:
    """Remove the vehicle's device, if it has one."""
    if device := async_find_device(hass, entry, vehicle_id):
        dr.async_get(hass).async_remove_device(device.id)


@callback
def async_find_other_entry(
    hass: HomeAssistant, entry: ConfigEntry, vehicle_id: str
) -> ConfigEntry | None:
    """Return another entry of this integration that has a device for the vehicle."""
    for other in hass.config_entries.async_entries(DOMAIN):
        if other is not entry and async_find_device(hass, other, vehicle_id):
            return other
    return None
