"""Actions: what no entity can do."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple, cast

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
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.target import TargetSelection, async_extract_referenced_entity_ids
import voluptuous as vol

from .api import ChargingWindow, JsonObject, catalogue
from .api.catalogue import SignalType
from .commands import (
    DELETE_CHARGE_SCHEDULE,
    SET_CHARGE_SCHEDULE,
    SET_DESTINATION,
    CommandType,
    async_send_command,
)
from .const import DOMAIN
from .coordinator import ApplicationCoordinator, VehicleCoordinator
from .exceptions import invalid
from .vehicle import VehicleState

ATTR_ENTITY: Final = "entity"
ATTR_SCHEDULE_ID: Final = "schedule_id"
ATTR_START: Final = "start"
ATTR_STOP: Final = "stop"

_TARGET: Final[Mapping[Any, object]] = {
    vol.Optional(key): vol.All(cv.ensure_list, [cv.string])
    for key in (ATTR_AREA_ID, ATTR_DEVICE_ID, ATTR_ENTITY_ID, ATTR_FLOOR_ID, ATTR_LABEL_ID)
}


# Ranges and combinations are checked by `_place`, whose errors are translated.
_PLACE: Final[Mapping[Any, object]] = {
    vol.Optional(ATTR_LATITUDE): vol.Coerce(float),
    vol.Optional(ATTR_LONGITUDE): vol.Coerce(float),
    vol.Optional(ATTR_LOCATION): dict,
    vol.Optional(ATTR_ENTITY): cv.entity_id,
}


class Action(StrEnum):
    """The names of the actions."""

    DELETE_CHARGE_SCHEDULE = "delete_charge_schedule"
    GET_CHARGE_RECORDS = "get_charge_records"
    GET_CHARGE_SCHEDULES = "get_charge_schedules"
    GET_SERVICE_RECORDS = "get_service_records"
    GET_SIGNALS = "get_signals"
    REFRESH = "refresh"
    SET_CHARGE_SCHEDULE = "set_charge_schedule"
    SET_DESTINATION = "set_destination"


class Place(NamedTuple):
    """Degrees."""

    latitude: float
    longitude: float


async def _refresh(call: ServiceCall) -> None:
    """Request the signals of the targeted vehicles."""
    await _all(vehicle.schedule.async_refresh_now() for vehicle in _vehicles(call))


async def _set_destination(call: ServiceCall) -> None:
    """Send a destination to the targeted vehicles' navigation."""
    await _send(call, SET_DESTINATION, *_place(call))


async def _set_charge_schedule(call: ServiceCall) -> None:
    """Let the targeted vehicles charge every day in a window, at a place."""
    place = _place(call)
    start, stop = (f"{call.data[key]:%H:%M}" for key in (ATTR_START, ATTR_STOP))
    await _send(call, SET_CHARGE_SCHEDULE, *place, ChargingWindow(start=start, stop=stop))


async def _delete_charge_schedule(call: ServiceCall) -> None:
    """Delete a schedule of the targeted vehicle."""
    await _send(call, DELETE_CHARGE_SCHEDULE, call.data[ATTR_SCHEDULE_ID])


async def _send[**P](
    call: ServiceCall, command: CommandType[P], *args: P.args, **kwargs: P.kwargs
) -> None:
    await _all(async_send_command(vehicle, command, *args, **kwargs) for vehicle in _vehicles(call))


async def _all(work: Iterable[Coroutine[Any, Any, object]]) -> None:
    """Do it for all vehicles at once; raise the first error when all are done."""
    for result in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(result, BaseException):
            raise result


async def _get_signals(call: ServiceCall) -> ServiceResponse:
    """Return everything stored of the targeted vehicles, times and errors included."""
    return _response(call, lambda state: {"signals": state.as_json()["signals"]})


async def _get_charge_records(call: ServiceCall) -> ServiceResponse:
    """Return the charging history of the targeted vehicles."""
    return _response(call, lambda state: {"charge_records": _list(state, catalogue.CHARGE_RECORDS)})


async def _get_charge_schedules(call: ServiceCall) -> ServiceResponse:
    """Return the charge schedules of the targeted vehicles, however they were made."""
    return _response(
        call, lambda state: {"charge_schedules": _list(state, catalogue.CHARGE_TIMERS)}
    )


async def _get_service_records(call: ServiceCall) -> ServiceResponse:
    """Return the service history of the targeted vehicles."""
    return _response(
        call, lambda state: {"service_records": _list(state, catalogue.SERVICE_RECORDS)}
    )


def _list(state: VehicleState, signal: SignalType[tuple[JsonObject, ...]]) -> list[JsonObject]:
    return list(state.value(signal) or ())


def _response(
    call: ServiceCall, read: Callable[[VehicleState], Mapping[str, object]]
) -> ServiceResponse:
    """Return `{"vehicles": [{"vehicle_id", "name", ...}]}` with what is read of each vehicle."""
    vehicles = [
        {"vehicle_id": vehicle.vehicle_id, "name": vehicle.display_name, **read(vehicle.data)}
        for vehicle in _vehicles(call)
    ]
    return cast("ServiceResponse", {"vehicles": vehicles})


class _Action(NamedTuple):
    handler: Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse | None]]
    fields: Mapping[Any, object] = {}
    response: SupportsResponse = SupportsResponse.NONE


_ACTIONS: Final = {
    Action.DELETE_CHARGE_SCHEDULE: _Action(
        _delete_charge_schedule, {vol.Required(ATTR_SCHEDULE_ID): cv.string}
    ),
    Action.GET_CHARGE_RECORDS: _Action(_get_charge_records, response=SupportsResponse.ONLY),
    Action.GET_CHARGE_SCHEDULES: _Action(_get_charge_schedules, response=SupportsResponse.ONLY),
    Action.GET_SERVICE_RECORDS: _Action(_get_service_records, response=SupportsResponse.ONLY),
    Action.GET_SIGNALS: _Action(_get_signals, response=SupportsResponse.ONLY),
    Action.REFRESH: _Action(_refresh),
    Action.SET_CHARGE_SCHEDULE: _Action(
        _set_charge_schedule,
        {**_PLACE, vol.Required(ATTR_START): cv.time, vol.Required(ATTR_STOP): cv.time},
    ),
    Action.SET_DESTINATION: _Action(_set_destination, _PLACE),
}


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    for name, action in _ACTIONS.items():
        schema = vol.Schema({**_TARGET, **action.fields})
        hass.services.async_register(
            DOMAIN, name, action.handler, schema, supports_response=action.response
        )


def _vehicles(call: ServiceCall) -> list[VehicleCoordinator]:
    """Return the targeted vehicles: as devices, by an entity of theirs, an area, ...

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
        raise invalid("no_vehicle_targeted")
    return list(vehicles.values())


def _vehicle(
    hass: HomeAssistant, vehicle_id: str, device: dr.AnyDeviceEntry | None
) -> VehicleCoordinator:
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        application: ApplicationCoordinator = entry.runtime_data
        if vehicle := application.vehicles.get(vehicle_id):
            return vehicle
    name = (device.name_by_user or device.name) if device else None
    raise invalid("vehicle_not_loaded", vehicle=name or "")


def _place(call: ServiceCall) -> Place:
    """Return the one place that the call names. Raises ServiceValidationError."""
    data = call.data
    pair = [key for key in (ATTR_LATITUDE, ATTR_LONGITUDE) if key in data]
    ways = [key for key in (ATTR_LOCATION, ATTR_ENTITY) if key in data]
    if len(pair) == 1:
        raise invalid("place_half")
    if len(ways) + bool(pair) != 1:
        raise invalid("place_missing" if not ways and not pair else "place_double")
    source: Mapping[str, Any] = data
    if ATTR_LOCATION in data:
        source = data[ATTR_LOCATION]
    elif entity_id := data.get(ATTR_ENTITY):
        state = call.hass.states.get(entity_id)
        source = state.attributes if state else {}
        if source.get(ATTR_LATITUDE) is None or source.get(ATTR_LONGITUDE) is None:
            raise invalid("entity_without_coordinates", entity=entity_id)
    try:
        place = Place(float(source[ATTR_LATITUDE]), float(source[ATTR_LONGITUDE]))
    except (KeyError, TypeError, ValueError) as error:
        raise invalid("place_out_of_range") from error
    # Written so that what is not a number fails as well.
    if not (abs(place.latitude) <= 90 and abs(place.longitude) <= 180):
        raise invalid("place_out_of_range")
    return place
