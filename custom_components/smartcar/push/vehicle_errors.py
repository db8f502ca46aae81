"""The errors of a vehicle that the cloud pushes, and their repairs."""

from collections.abc import Iterable
from dataclasses import replace

from homeassistant.core import callback

from ..api import ErrorType, VehicleError
from ..api.catalogue import CATALOGUE
from ..coordinator import VehicleCoordinator
from ..issues import (
    async_clear_vehicle_errors,
    async_raise_vehicle_error,
    async_resolve_vehicle_error,
)


@callback
def async_apply_errors(
    vehicle: VehicleCoordinator, errors: Iterable[VehicleError], user_id: str | None
) -> None:
    """Record the errors of a vehicle and the ends of errors, and raise or clear their repairs.

    `user_id` is the owner in whose name they were pushed.
    """
    reported = vehicle.data.reported_errors
    granted_by_others = vehicle.granted_by_others(user_id)
    for each in errors:
        if (error := _without_noise(each, granted_by_others)) is None:
            continue
        before = reported.pop(error.key, None)
        known = before.codes if before else frozenset[str]()
        if not error.is_resolved:
            # Signals that failed in the same way before have not been resolved by this.
            codes = None if known is None or error.codes is None else known | error.codes
            reported[error.key] = replace(error, codes=codes)
        elif before and known and error.codes and (left := known - error.codes):
            reported[error.key] = replace(before, codes=left)
        if error.key not in reported or not _raise(vehicle, reported[error.key]):
            async_resolve_vehicle_error(vehicle.hass, vehicle.vehicle_id, error)
    # A missing permission has one repair, and a withdrawn one says more.
    vehicle.async_show_withdrawn()


@callback
def async_raise_errors(vehicle: VehicleCoordinator) -> None:
    """Raise the repairs of all errors that are stored."""
    for error in vehicle.data.reported_errors.values():
        _raise(vehicle, error)
    vehicle.async_show_withdrawn()


@callback
def async_clear_errors(vehicle: VehicleCoordinator) -> None:
    """Drop the errors: without push their ends would never arrive."""
    vehicle.data.reported_errors.clear()
    async_clear_vehicle_errors(vehicle.hass, vehicle.vehicle_id)
    vehicle.async_show_withdrawn()


def _raise(vehicle: VehicleCoordinator, error: VehicleError) -> bool:
    """Raise a repair if the error concerns a signal in use; tell whether it does."""
    if error.codes is not None:
        codes = error.codes & vehicle.data.codes_in_use
        if not codes:
            return False
        error = replace(error, codes=codes)
    async_raise_vehicle_error(
        vehicle.hass, vehicle.config_entry, vehicle.connection, vehicle.display_name, error
    )
    return True


def _without_noise(error: VehicleError, granted_by_others: frozenset[str]) -> VehicleError | None:
    """Return the error without signals that it need not name; None if no signal is left.

    Accounts without a role or a list of permissions are reported again and again. A permission
    that another owner has granted is not missing.
    """
    if error.codes is None:
        return error
    is_granted = granted_by_others if error.type == ErrorType.PERMISSION else frozenset[str]()
    codes = frozenset(
        code
        for code in error.codes
        if not code.startswith("vehicleuseraccount-")
        and ((row := CATALOGUE.get(code)) is None or row.permission not in is_granted)
    )
    return replace(error, codes=codes) if codes else None
