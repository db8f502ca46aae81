"""The errors of a vehicle that the cloud pushes, and their repairs."""

from collections.abc import Iterable
from dataclasses import replace

from homeassistant.core import callback

from ..api import VehicleError
from ..coordinator import VehicleCoordinator
from ..issues import (
    async_clear_vehicle_errors,
    async_raise_vehicle_error,
    async_resolve_vehicle_error,
)


@callback
def async_apply_errors(vehicle: VehicleCoordinator, errors: Iterable[VehicleError]) -> None:
    """Record the errors of a vehicle and the ends of errors, and raise or clear their repairs."""
    reported = vehicle.data.reported_errors
    for error in map(_without_noise, errors):
        if error is None:
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


@callback
def async_raise_errors(vehicle: VehicleCoordinator) -> None:
    """Raise the repairs of all errors that are stored."""
    for error in vehicle.data.reported_errors.values():
        _raise(vehicle, error)


@callback
def async_clear_errors(vehicle: VehicleCoordinator) -> None:
    """Drop the errors: without push their ends would never arrive."""
    vehicle.data.reported_errors.clear()
    async_clear_vehicle_errors(vehicle.hass, vehicle.vehicle_id)


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


def _without_noise(error: VehicleError) -> VehicleError | None:
    """Return the error without signals of the owner's account; None if no signal is left.

    Accounts without a role or a list of permissions are reported again and again.
    """
    if error.codes is None:
        return error
    codes = frozenset(code for code in error.codes if not code.startswith("vehicleuseraccount-"))
    return replace(error, codes=codes) if codes else None
