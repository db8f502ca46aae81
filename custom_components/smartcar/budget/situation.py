"""What a car is doing, as far as its last report shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ..api.catalogue import CURRENT_SPEED, GEAR_STATE, IS_ASLEEP, IS_CHARGING
from ..vehicle import VehicleState

# Cars report every few minutes while they are awake, those of the slowest makes every hour.
_AWAKE_FOR: Final = timedelta(minutes=30)
_GEARS_AT_REST: Final = frozenset({"PARK", "NEUTRAL"})


class Activity(StrEnum):
    """What a car is doing, in falling order of how many requests it is worth."""

    DRIVING = "driving"
    CHARGING = "charging"
    AWAKE = "awake"
    ASLEEP = "asleep"

    @property
    def is_use(self) -> bool:
        """Whether somebody wants to see fresh data."""
        return self in (Activity.DRIVING, Activity.CHARGING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a car was doing at its last report, and when its charging will be complete."""

    activity: Activity = Activity.ASLEEP
    reported_at: datetime | None = None
    charge_complete_at: datetime | None = None


def situation_of(state: VehicleState, now: datetime, *, has_moved: bool) -> Situation:
    """Return what a car is doing.

    Args:
        state: What is known of the car.
        now: The present time, in UTC.
        has_moved: Whether the odometer has changed with the last report.
    """
    reported_at = state.data_from_car
    return Situation(
        activity=_activity_of(state, reported_at, now, has_moved=has_moved),
        reported_at=reported_at,
        charge_complete_at=state.charge_complete_at,
    )


def _activity_of(
    state: VehicleState, reported_at: datetime | None, now: datetime, *, has_moved: bool
) -> Activity:
    if state.value(IS_CHARGING):
        return Activity.CHARGING
    speed, gear = state.value(CURRENT_SPEED), state.value(GEAR_STATE)
    if has_moved or (speed or 0) > 0 or (gear is not None and gear not in _GEARS_AT_REST):
        return Activity.DRIVING
    if state.value(IS_ASLEEP) or reported_at is None or now - reported_at > _AWAKE_FOR:
        return Activity.ASLEEP
    return Activity.AWAKE
