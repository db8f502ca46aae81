"""Diagnostics: facts that help, from a list of what may be told. Users attach them to issues."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import AnyDeviceEntry
from homeassistant.util import dt as dt_util

from .api.reading import optional_text
from .api.signals import CATALOGUE
from .const import CONF_APPLICATION_ID, DOMAIN
from .coordinator import SmartcarConfigEntry, VehicleCoordinator
from .vehicle import HeldSignal

# Of these not even numbers are told: where the car is, and where it is charged.
_PRIVATE_GROUPS = {"location", "vehicleidentification", "vehicleuseraccount"}


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: SmartcarConfigEntry
) -> Mapping[str, Any]:
    """Return what is known of the application: no id, no secret, no VIN, no coordinates."""
    account = entry.runtime_data
    return {
        "has_application_id": CONF_APPLICATION_ID in entry.data,
        "options": sorted(entry.options),
        "polling": not entry.pref_disable_polling,
        "connections": {
            "listed": account.last_update_success,
            "error": _exception(account.last_exception),
            "owners": len({connection.user_id for connection in account.data.values()}),
        },
        "vehicles": [_vehicle(vehicle) for vehicle in account.vehicles.values()],
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: SmartcarConfigEntry, device: AnyDeviceEntry
) -> Mapping[str, Any]:
    """Return what is known of one car."""
    for domain, vehicle_id in device.identifiers:
        if domain == DOMAIN and (vehicle := entry.runtime_data.vehicles.get(vehicle_id)):
            return _vehicle(vehicle)
    return {}


def _vehicle(vehicle: VehicleCoordinator) -> Mapping[str, Any]:
    car, identity = vehicle.data, vehicle.connection.vehicle
    return {
        "make": identity.make,
        "model": identity.model,
        "year": identity.year,
        "powertrain_type": identity.powertrain_type,
        "mode": identity.mode,
        "permissions": sorted(vehicle.connection.permissions),
        "available": vehicle.is_available,
        "last_contact": car.last_contact,
        "data_from_car": car.data_from_car,
        "last_update_success": vehicle.last_update_success,
        "error": _exception(vehicle.last_exception),
        "requests": _requests(vehicle),
        "incapable_of": sorted(car.incapable_of),
        "entities": Counter(entity.partition(".")[0] for entity in car.entities),
        "signals": {code: _signal(code, held) for code, held in sorted(car.signals.items())},
    }


def _requests(vehicle: VehicleCoordinator) -> Mapping[str, Any]:
    """Return how the budget of the month is doing."""
    ledger = vehicle.ledger
    used_up = ledger.used_up(dt_util.utcnow())
    return {
        "per_month": ledger.budget.monthly,
        "reserve": ledger.budget.reserve,
        "this_month": vehicle.requests_this_month,
        "left": vehicle.requests_left,
        "next_poll": vehicle.next_poll,
        "used_up": {"reason": used_up.reason, "until": used_up.until} if used_up else None,
    }


def _signal(code: str, held: HeldSignal) -> Mapping[str, Any]:
    """Return how a signal fares. Values only where they are numbers or yes and no.

    Of a signal that nobody knows yet the names of the fields are told, and nothing in them.
    """
    signal = CATALOGUE.get(code)
    is_public = signal is not None and signal.group not in _PRIVATE_GROUPS
    value = signal.read(held.body) if signal and is_public else None
    return {
        "known": signal is not None,
        "permission": signal.permission if signal else None,
        "updated_at": held.updated_at,
        "commanded": held.commanded,
        "error": f"{held.error.type}:{held.error.code}" if held.error else None,
        "error_since": held.error_since,
        "fields": sorted(held.body),
        "unit": optional_text(held.body.get("unit")) if is_public else None,
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
