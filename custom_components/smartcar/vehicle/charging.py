"""Charging: the one status, the end of a charge, the session, and when it will be complete."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ..api import JsonObject
from ..api.catalogue import (
    CHARGE_AMPERAGE,
    CHARGE_RATE,
    CHARGE_VOLTAGE,
    CHARGE_WATTAGE,
    TIME_TO_COMPLETE,
)

# An estimate that moves by less is the same estimate.
_ESTIMATE_TOLERANCE = timedelta(minutes=2)

# The bodies of a vehicle that does not charge, whatever stale body the cloud still stores.
WITHOUT_CHARGE: Final[Mapping[str, JsonObject]] = {
    CHARGE_WATTAGE.code: {"value": 0},
    CHARGE_AMPERAGE.code: {"value": 0},
    CHARGE_RATE.code: {"value": 0},
    CHARGE_VOLTAGE.code: {"value": None},
    TIME_TO_COMPLETE.code: {"value": None},
}

_COMPLETE = frozenset({"FULLY_CHARGED", "COMPLETE", "COMPLETED", "CHARGING_COMPLETE"})


class ChargingState(StrEnum):
    """One charging status instead of three signals. docs/charging-state.md maps it."""

    DISCONNECTED = "disconnected"
    CONNECTED = "connected"
    CHARGING = "charging"
    COMPLETE = "complete"
    FAULT = "fault"


def charging_state(
    *, is_charging: bool | None, is_connected: bool | None, text: str | None
) -> ChargingState | None:
    """Derive the status from charging, cable and the maker's text, in this order of trust.

    The text tells complete and fault apart only while the vehicle does not charge, because makers
    do not reset it.
    """
    text = text or ""
    if is_charging is None and is_connected is not False:
        is_charging = text == "CHARGING"
    if is_charging:
        return ChargingState.CHARGING
    if "FAULT" in text or "ERROR" in text:
        return ChargingState.FAULT
    if is_connected is False:
        return ChargingState.DISCONNECTED
    if text in _COMPLETE:
        return ChargingState.COMPLETE
    return ChargingState.CONNECTED if is_connected else None


def estimate_completion(
    known: datetime | None, minutes: float | None, reported_at: datetime | None
) -> datetime | None:
    """Return when charging will be complete, in UTC; `known` while the estimate has not moved."""
    if minutes is None or reported_at is None:
        return None
    estimate = reported_at + timedelta(minutes=minutes)
    if known is not None and known <= estimate and not minutes:
        # It was complete before, and still is.
        return known
    if known is None or abs(estimate - known) > _ESTIMATE_TOLERANCE:
        return estimate
    return known


@dataclass(slots=True)
class ChargingSession:
    """Where a charging session begins: the energy added counts from there.

    A session begins when the energy falls, or when it changes after the cable was plugged in.
    Pausing and resuming, as with solar power, begins no session, and neither does a value that
    cannot be read.
    """

    started_at: datetime | None = None
    plugged_in_at: datetime | None = None
    energy: float | None = None

    def follow(self, energy: float | None, reported_at: datetime) -> None:
        """Apply the energy added, in kWh, that was reported at that time."""
        before = self.energy
        if energy is None or energy == before:
            return
        self.energy = energy
        if before is None or energy < before or self.plugged_in_at:
            if before is None:
                self.started_at = self.started_at or reported_at
            else:
                self.started_at = self.plugged_in_at or reported_at
            self.plugged_in_at = None
