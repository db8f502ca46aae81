"""The daily routine of every car: to work and home again, then to the charger."""

from enum import StrEnum
import math
from typing import Final

DAY: Final = 86400.0


class Step(StrEnum):
    """A step of the daily routine."""

    WAKE = "wake"
    LEAVE_HOME = "leave_home"
    ARRIVE_WORK = "arrive_work"
    LEAVE_WORK = "leave_work"
    ARRIVE_HOME = "arrive_home"
    PLUG_IN = "plug_in"


def _seconds(hour: int, minute: int) -> float:
    """Return the seconds from midnight."""
    return hour * 3600.0 + minute * 60.0


ROUTINE: Final[tuple[tuple[float, Step], ...]] = (
    (_seconds(7, 20), Step.WAKE),
    (_seconds(7, 30), Step.LEAVE_HOME),
    (_seconds(8, 10), Step.ARRIVE_WORK),
    (_seconds(16, 50), Step.WAKE),
    (_seconds(17, 0), Step.LEAVE_WORK),
    (_seconds(17, 40), Step.ARRIVE_HOME),
    (_seconds(17, 50), Step.PLUG_IN),
)

START_OF_DAY: Final[tuple[float, ...]] = (_seconds(18, 0), _seconds(18, 5), _seconds(18, 0))
"""The hour of the first three cars when the simulator starts: charging, charging, parked.

Further cars start anywhere in the day. So a demonstration shows the same at noon and at night.
"""


def next_step(now: float, offset: float) -> tuple[float, Step]:
    """Return when the next step of the routine is due, and the step.

    `offset` is what must be added to a time to count the seconds of the car's own days.
    """
    midnight = math.floor((now + offset) / DAY) * DAY - offset
    for day in (midnight, midnight + DAY):
        for seconds, step in ROUTINE:
            if day + seconds > now + 1e-3:
                return day + seconds, step
    raise AssertionError("a day has steps")
