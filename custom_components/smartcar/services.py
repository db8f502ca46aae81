"""Actions: what no entity can stand for."""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from homeassistant.const import (
    ATTR_AREA_ID,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ATTR_FLOOR_ID,
    ATTR_LABEL_ID,
    ATTR_LATITUDE,
    ATTR_LOCATION,
    ATTR_LONGITUDE,
)
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
import probatio as vol

from .const import DOMAIN
from .coordinator import AccountCoordinator, VehicleCoordinator
from .entity import async_send_command
from .vehicle import Command

CONF_DESTINATION_ENTITY: Final = "entity"

_TARGET: Final = {
    vol.Optional(key): vol.All(cv.ensure_list, [cv.string])
    for key in (ATTR_AREA_ID, ATTR_DEVICE_ID, ATTR_ENTITY_ID, ATTR_FLOOR_ID, ATTR_LABEL_ID)
}


class Action(StrEnum):
    """The names of the actions."""

    REFRESH = "refresh"
    SET_DESTINATION = "set_destination"


_SCHEMAS: Final = {
    Action.REFRESH: vol.Schema(_TARGET),
    # Ranges and combinations are checked by `_destination`, whose errors are translated.
    Action.SET_DESTINATION: vol.Schema(
        {
            **_TARGET,
            vol.Optional(ATTR_LATITUDE): vol.Coerce(float),
            vol.Optional(ATTR_LONGITUDE): vol.Coerce(float),
            vol.Optional(ATTR_LOCATION): dict,
            vol.Optional(CONF_DESTINATION_ENTITY): cv.entity_id,
        }
    ),
}


class Destination(NamedTuple):
    """Degrees."""

    latitude: float
    longitude: float


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    handlers = {Action.REFRESH: _refresh, Action.SET_DESTINATION: _set_destination}
    for action, handler in handlers.items():
        hass.services.async_register(DOMAIN, action, handler, _SCHEMAS[action])


async def _refresh(call: ServiceCall) -> None:
    """Ask the cloud for the signals of the targeted cars."""
    await asyncio.gather(*(vehicle.async_refresh_now() for vehicle in _vehicles(call)))


async def _set_destination(call: ServiceCall) -> None:
    """Send a destination to the targeted cars' navigation."""
    destination = _destination(call)
    await asyncio.gather(
        *(
            async_send_command(
                vehicle,
                Command.SET_DESTINATION,
                lambda client, *car: client.set_destination(*car, *destination),
            )
            for vehicle in _vehicles(call)
        )
    )


def _vehicles(call: ServiceCall) -> list[VehicleCoordinator]:
    """Return the cars that are targeted: as devices, by an entity of theirs, an area, ...

    Raises ServiceValidationError if there is none, or if one is not loaded.
    """
    hass = call.hass
    selected = async_extract_referenced_entity_ids(hass, TargetSelection(call.data))
    entities, devices = er.async_get(hass), dr.async_get(hass)
    device_ids = set(selected.referenced_devices)
    for entity_id in selected.referenced | selected.indirectly_referenced:
        if (entity := entities.async_get(entity_id)) and entity.device_id:
            device_ids.add(entity.device_id)
    vehicles: dict[str, VehicleCoordinator] = {}
    for device_id in device_ids:
        device = devices.async_get(device_id)
        for domain, vehicle_id in device.identifiers if device else ():
            if domain == DOMAIN:
                vehicles[vehicle_id] = _vehicle(hass, vehicle_id, device)
    if not vehicles:
        raise _invalid("no_vehicle_targeted")
    return list(vehicles.values())


def _vehicle(
    hass: HomeAssistant, vehicle_id: str, device: dr.AnyDeviceEntry | None
) -> VehicleCoordinator:
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        account: AccountCoordinator = entry.runtime_data
        if vehicle := account.vehicles.get(vehicle_id):
            return vehicle
    name = (device.name_by_user or device.name) if device else None
    raise _invalid("vehicle_not_loaded", vehicle=name or "")


def _destination(call: ServiceCall) -> Destination:
    """Return the one place that the call names. Raises ServiceValidationError."""
    data = call.data
    pair = [key for key in (ATTR_LATITUDE, ATTR_LONGITUDE) if key in data]
    ways = [key for key in (ATTR_LOCATION, CONF_DESTINATION_ENTITY) if key in data]
    if len(pair) == 1:
        raise _invalid("destination_half")
    if len(ways) + bool(pair) != 1:
        raise _invalid("destination_missing" if not ways and not pair else "destination_double")
    source: Mapping[str, Any] = data
    if ATTR_LOCATION in data:
        source = data[ATTR_LOCATION]
    elif entity_id := data.get(CONF_DESTINATION_ENTITY):
        state = call.hass.states.get(entity_id)
        source = state.attributes if state else {}
        if source.get(ATTR_LATITUDE) is None or source.get(ATTR_LONGITUDE) is None:
            raise _invalid("destination_entity_without_coordinates", entity=entity_id)
    try:
        destination = Destination(float(source[ATTR_LATITUDE]), float(source[ATTR_LONGITUDE]))
    except (KeyError, TypeError, ValueError) as error:
        raise _invalid("destination_out_of_range") from error
    # Written so that what is not a number fails as well.
    if not (abs(destination.latitude) <= 90 and abs(destination.longitude) <= 180):
        raise _invalid("destination_out_of_range")
    return destination


def _invalid(key: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders
    )
