"""Diagnostics: an allow list of facts that help. Users attach them to public issues."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import AnyDeviceEntry
from homeassistant.util import dt as dt_util

from .api import optional_text
from .api.catalogue import CATALOGUE
from .const import CONF_APPLICATION_ID, DOMAIN
from .coordinator import SmartcarConfigEntry, VehicleCoordinator
from .vehicle import StoredSignal

# Of these groups not even numbers are shown.
_PRIVATE_GROUPS = {"location", "vehicleidentification", "vehicleuseraccount"}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: SmartcarConfigEntry
) -> Mapping[str, Any]:
    """Return what is known of the application: no id, secret, VIN or coordinates."""
    application = entry.runtime_data
    return {
        "has_application_id": CONF_APPLICATION_ID in entry.data,
        "options": sorted(entry.options),
        "polling": not entry.pref_disable_polling,
        "connections": {
            "listed": application.last_update_success,
            "error": _exception(application.last_exception),
            "owners": len(
                {
                    connection.user_id
                    for vehicle in application.data.values()
                    for connection in vehicle.by_preference
                }
            ),
        },
        "vehicles": [_vehicle(vehicle) for vehicle in application.vehicles.values()],
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: SmartcarConfigEntry, device: AnyDeviceEntry
) -> Mapping[str, Any]:
    """Return what is known of one vehicle."""
    for domain, vehicle_id in device.identifiers:
        if domain == DOMAIN and (vehicle := entry.runtime_data.vehicles.get(vehicle_id)):
            return _vehicle(vehicle)
    return {}


def _vehicle(vehicle: VehicleCoordinator) -> Mapping[str, Any]:
    state, identity = vehicle.data, vehicle.connection.vehicle
    return {
        "make": identity.make,
        "model": identity.model,
        "year": identity.year,
        "powertrain_type": identity.powertrain_type,
        "mode": identity.mode,
        "permissions": sorted(vehicle.permissions),
        "available": vehicle.is_available,
        "last_contact": state.last_contact,
        "data_from_car": state.data_from_car,
        "last_update_success": vehicle.last_update_success,
        "error": _exception(vehicle.last_exception),
        "requests": _requests(vehicle),
        "incapable_of": sorted(state.unsupported_commands),
        "entities": Counter(entity.partition(".")[0] for entity in state.entities),
        "signals": {code: _signal(code, stored) for code, stored in sorted(state.signals.items())},
    }


def _requests(vehicle: VehicleCoordinator) -> Mapping[str, Any]:
    """Return how the budget of the month is doing."""
    ledger = vehicle.schedule.ledger
    used_up = ledger.used_up(dt_util.utcnow())
    return {
        "per_month": ledger.budget.monthly,
        "reserve": ledger.budget.reserve,
        "this_month": vehicle.schedule.requests_this_month,
        "left": vehicle.schedule.requests_left,
        "next_poll": vehicle.schedule.next_poll,
        "used_up": {"reason": used_up.reason, "until": used_up.until} if used_up else None,
    }


def _signal(code: str, stored: StoredSignal) -> Mapping[str, Any]:
    """Return the state of a signal, with its value only if that is a number or a boolean.

    Of a signal that is not in the catalogue, only the names of its fields are shown.
    """
    signal = CATALOGUE.get(code)
    is_public = signal is not None and signal.group not in _PRIVATE_GROUPS
    value = signal.read(stored.body) if signal and is_public else None
    return {
        "known": signal is not None,
        "permission": signal.permission if signal else None,
        "updated_at": stored.updated_at,
        "commanded": stored.commanded,
        "error": f"{stored.error.type}:{stored.error.code}" if stored.error else None,
        "error_since": stored.error_since,
        "fields": sorted(stored.body),
        "unit": optional_text(stored.body.get("unit")) if is_public else None,
        "value": value if isinstance(value, bool | int | float) else None,
    }


def _exception(error: BaseException | None) -> str | None:
    """Return the types only: texts can hold what the vendor wrote."""
    if error is None:
        return None
    causes = [error]
    while causes[-1].__cause__ is not None:
        causes.append(causes[-1].__cause__)
    return " <- ".join(type(cause).__name__ for cause in causes)
