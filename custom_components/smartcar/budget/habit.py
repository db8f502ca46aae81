"""In which hours a car is usually in use."""

from collections.abc import Sequence
from datetime import datetime, timedelta
import math
from typing import Final

from ..api import Json
from .clock import HOUR, hour_of, hours_between
from .situation import Situation
from .stored import read_number

_UNKNOWN: Final = 0.06
_LEAST: Final = 0.01
_HABITUAL: Final = 0.5

# How far one observation moves the likelihood. Weekends have fewer days to learn from.
_WEEKDAY_RATE: Final = 0.3
_WEEKEND_RATE: Final = 0.4
_FIRST_WEEKEND_SLOT: Final = 24

# If a poll finds the car in use, the use may have begun in any of the hours before.
_MAYBE_USED: Final = 0.4
_MAYBE_SPAN: Final = 6 * HOUR
_FORGET_AFTER: Final = timedelta(days=7)


class Habit:
    """How likely a car is in use in each hour of a weekday and of a weekend day, in UTC."""

    def __init__(self) -> None:
        self._likelihoods = [_UNKNOWN] * 48
        self.learned_to: datetime | None = None
        """The beginning of the first hour that is still to be learned."""

    def likelihood(self, hour: datetime) -> float:
        """Return how likely the car is in use in the hour that begins then."""
        return self._likelihoods[_slot(hour)]

    def speed(self, hour: datetime) -> float:
        """Return how fast the wait for the next poll passes in that hour.

        The data of a car in use has the least age, averaged over all hours, if each hour gets
        polls in proportion to the square root of its likelihood.
        """
        return math.sqrt(self.likelihood(hour))

    def begins(self, hour: datetime) -> bool:
        """Return whether the car is usually in use in that hour, but not in the hour before."""
        return self.likelihood(hour - HOUR) < _HABITUAL <= self.likelihood(hour)

    def has_begun(self, since: datetime, now: datetime) -> bool:
        """Return whether hours of usual use have begun between the two times."""
        return any(hour > since and self.begins(hour) for hour in hours_between(since, now))

    def learn(self, before: Situation, after: Situation, now: datetime, *, news: bool) -> None:
        """Learn whether the car was in use in the hours since the last call, each hour once.

        Args:
            before: What the car was doing by the report before.
            after: What it is doing by the newest report.
            now: The present time, in UTC.
            news: Whether the newest report differs from the one before.
        """
        was_used, is_used = before.activity.is_use, after.activity.is_use
        if is_used and not news:
            return  # The use may have ended at any time since.
        this_hour = hour_of(now)
        report_hour = min(hour_of(after.reported_at or now), this_hour)
        learned_to = self.learned_to or this_hour
        if not this_hour - _FORGET_AFTER <= learned_to <= this_hour + HOUR:
            learned_to = this_hour
        for hour in hours_between(learned_to, now):
            if was_used and (is_used or hour <= report_hour):
                self._observe(hour, 1)
            elif news and hour < report_hour:
                if report_hour - hour <= _MAYBE_SPAN:
                    self._observe(hour, _MAYBE_USED)
            elif is_used or (news and hour == report_hour):
                self._observe(hour, 1)
            elif report_hour < hour < this_hour:
                self._observe(hour, 0)
        # The present hour is still to be learned, unless the car was in use in it.
        is_complete = is_used or (report_hour == this_hour and (was_used or news))
        self.learned_to = max(learned_to, this_hour + HOUR if is_complete else this_hour)

    def _observe(self, hour: datetime, use: float) -> None:
        """Move the likelihood of an hour toward what was observed: 1 for use, 0 for none."""
        slot = _slot(hour)
        rate = _WEEKDAY_RATE if slot < _FIRST_WEEKEND_SLOT else _WEEKEND_RATE
        known = self._likelihoods[slot]
        self._likelihoods[slot] = max(round(known + rate * (use - known), 4), _LEAST)

    def as_json(self) -> list[Json]:
        """Return the likelihoods: 24 of weekdays, then 24 of weekend days."""
        return list(self._likelihoods)

    @classmethod
    def from_json(cls, value: Json, learned_to: datetime | None) -> Habit:
        """Return the stored habit; a malformed likelihood becomes that of an unknown car."""
        habit = cls()
        habit.learned_to = learned_to
        if isinstance(value, Sequence) and len(value) == len(habit._likelihoods):
            habit._likelihoods = [read_number(item, _LEAST, 1, _UNKNOWN) for item in value]
        return habit


def _slot(hour: datetime) -> int:
    """Return the index of an hour: 0 to 23 on weekdays, 24 to 47 on weekends."""
    return hour.hour + (_FIRST_WEEKEND_SLOT if hour.weekday() >= 5 else 0)
