"""The allowance: what polls may spend in a month, and when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from .clock import DAY, HOUR, month_bounds
from .month import Month
from .plan import Budget

# A month can begin with a busy day: the allowance is available this long ahead of its time.
_HEAD_START: Final = timedelta(days=2)
# This share of the reserve is kept until the last minute of the month.
_KEPT_TO_THE_END: Final = 0.2

# No car's data changes faster than this for long.
_SHORTEST_PACE: Final = timedelta(minutes=5)
_LONGEST_PACE: Final = DAY


@dataclass(frozen=True, slots=True)
class Allowance:
    """The allowance of a month at one moment: the budget without the reserve.

    It accrues evenly over the month, so that a busy day can use what a quiet day has left. As the
    month goes by, the rest of it needs less of the reserve, and polls may spend the difference.
    """

    budget: Budget
    month: Month
    now: datetime

    @property
    def total(self) -> float:
        """The requests that polls may spend in the whole month, without the user's share."""
        kept = self.month.from_reserve + _KEPT_TO_THE_END * self._unused_reserve
        return max(self.budget.monthly - kept, 0)

    @property
    def _unused_reserve(self) -> int:
        return max(self.budget.reserve - self.month.from_reserve, 0)

    def affordable_at(self) -> datetime:
        """Return when the allowance has one more request: `now`, or at the latest next month."""
        start, end = month_bounds(self.now)
        total, polls = self.total, self.month.from_allowance + 1
        if polls > total:
            return end
        accrued = self.month.since - _HEAD_START + polls / total * (end - start)
        if unused := self._unused_reserve:
            # The reserve is meant for the rest of the month, and shrinks with it.
            share = (self.budget.monthly - self.month.spent - 1) / unused - _KEPT_TO_THE_END
            accrued = max(accrued, end - min(share / (1 - _KEPT_TO_THE_END), 1) * (end - start))
        return min(max(accrued, self.now), end)

    def can_refresh(self) -> bool:
        """Return whether a refresh can be paid. Refreshes leave half of the reserve to commands."""
        if self.month.spent >= self.budget.monthly:
            return False
        for_refreshes = self.budget.reserve - self.budget.reserve // 2
        return self.affordable_at() <= self.now or self.month.refreshes_from_reserve < for_refreshes

    def pace(self, appetite: float) -> timedelta:
        """Return the wait between polls of a car in use with which the allowance lasts.

        Args:
            appetite: The share of the time in which the car wants polls, from 0 to 1.
        """
        start, end = month_bounds(self.now)
        share = min((end - self.month.since + _HEAD_START) / (end - start), 1.0)
        left = max(self.total * share - self.month.from_allowance, 0.5)
        # One more hour, or the last hours of the month would be spent in a rush.
        pace = (end - self.now + HOUR) * (appetite / left)
        return min(max(pace, _SHORTEST_PACE), _LONGEST_PACE)

    def longest_gap(self) -> timedelta:
        """Return the longest time between two polls that still counts as polling.

        It is twice the gap of polls that are spread evenly over the month, and at least a day.
        """
        start, end = month_bounds(self.now)
        even_gap = (end - start) / max(self.budget.monthly - self.budget.reserve, 1)
        return max(DAY, 2 * even_gap)
