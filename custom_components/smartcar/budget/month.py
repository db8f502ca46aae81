"""The requests of each calendar month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from ..api import Json
from .clock import month_key
from .stored import read_count, read_object, read_time

_MONTHS_KEPT: Final = 12
# A stored `refused_at` of a month in which the plan was not refused.
_NEVER_REFUSED: Final = -1


@dataclass(slots=True)
class Month:
    """The requests of a car in one month, by what paid for them.

    A refresh is paid from the allowance if that has a request to spare, else from the reserve.
    """

    since: datetime
    """When the counting began. Only the rest of the month counts, since somebody else may have
    spent the requests of the days before."""
    from_allowance: int = 0
    """Polls, and refreshes that the allowance paid for."""
    from_reserve: int = 0
    """Commands, and refreshes that the reserve paid for."""
    refreshes_from_reserve: int = 0
    refused_budget: int | None = None
    """The monthly budget that was set when Smartcar said that the plan is used up."""

    @property
    def spent(self) -> int:
        """All requests of the month."""
        return self.from_allowance + self.from_reserve

    def as_json(self) -> dict[str, Json]:
        """Return what is stored, under the keys of the first release."""
        refused_at = _NEVER_REFUSED if self.refused_budget is None else self.refused_budget
        return {
            "since": self.since.isoformat(),
            "polls": self.from_allowance,
            "others": self.from_reserve,
            "refreshes": self.refreshes_from_reserve,
            "refused_at": refused_at,
        }

    @classmethod
    def from_json(cls, value: Json) -> Self | None:
        """Return the stored month; None if its time is malformed."""
        data = read_object(value)
        if (since := read_time(data.get("since"))) is None:
            return None
        refused_at = read_count(data.get("refused_at"), _NEVER_REFUSED, default=_NEVER_REFUSED)
        return cls(
            since,
            from_allowance=read_count(data.get("polls")),
            from_reserve=read_count(data.get("others")),
            refreshes_from_reserve=read_count(data.get("refreshes")),
            refused_budget=None if refused_at == _NEVER_REFUSED else refused_at,
        )


class Months:
    """The last twelve months of a car.

    Earlier months are kept because a clock may be set back into one of them.
    """

    def __init__(self) -> None:
        self._months: dict[str, Month] = {}

    @property
    def has_earlier(self) -> bool:
        """Whether requests were counted in more than one month."""
        return len(self._months) > 1

    def get(self, now: datetime) -> Month | None:
        """Return the month of that time; None if nothing was counted in it yet."""
        return self._months.get(month_key(now))

    def add(self, month: Month) -> None:
        """Add a month, or replace the one of the same name."""
        self._months[month_key(month.since)] = month

    def open(self, now: datetime) -> Month:
        """Return the month of that time; begin to count it if it is new."""
        month = self.get(now)
        if month is None:
            self.add(month := Month(now))
            for oldest in list(self._months)[:-_MONTHS_KEPT]:
                del self._months[oldest]
        month.since = min(month.since, now)
        return month

    def as_json(self) -> list[Json]:
        """Return what is stored."""
        return [month.as_json() for month in self._months.values()]

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Return the stored months without those that are malformed."""
        months = cls()
        for item in value if isinstance(value, Sequence) else ():
            if month := Month.from_json(item):
                months.add(month)
        return months
