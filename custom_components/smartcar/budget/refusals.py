"""How long the cloud refuses requests for a car."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from ..api import Json, JsonObject
from .clock import DAY, keep_distance, later, month_bounds, retry_delay
from .month import Month
from .stored import read_count, read_time, write_time

# A stored `plan_budget` if no refusal of the plan is stored.
_NO_BUDGET: Final = -1
# With one try a day, a month that is refused from its beginning counts no more requests than its
# days and these.
_FEW_REQUESTS: Final = 2


@dataclass(slots=True)
class CloudRefusals:
    """The refusals of the cloud for one car, and how long they last.

    A refused plan (430) lasts until the month ends, unless the error says for how long. The
    former is stored with the `Month`, the latter here.
    """

    blocked_until: datetime | None = None
    plan_until: datetime | None = None
    plan_budget: int | None = None
    """The monthly budget that was set when the plan was refused until `plan_until`."""

    def plan_open_at(self, now: datetime, month: Month, monthly: int) -> datetime:
        """Return when the plan has requests again; `now` if it is not refused.

        Another monthly budget than that of the refusal means another plan, which is not refused.
        """
        if month.refused_budget == monthly:
            return month_bounds(now)[1]
        if self.plan_budget != monthly:
            return now
        return max(self.plan_until or now, now)

    def open_at(self, now: datetime, month: Month, monthly: int) -> datetime:
        """Return when the cloud allows the next request; `now` if it refuses none."""
        return max(self.blocked_until or now, self.plan_open_at(now, month, monthly))

    def record_limit(self, now: datetime, retry_after: float | None) -> None:
        """Remember an error 429 or a `retry-after` (seconds)."""
        self.blocked_until = later(self.blocked_until, now + retry_delay(retry_after))

    def record_plan(
        self,
        now: datetime,
        month: Month,
        monthly: int,
        *,
        retry_after: float | None,
        is_first_month: bool,
    ) -> None:
        """Remember an error 430, with its `retry-after` (seconds) if it has one.

        The plan's month may begin later than the calendar month. So if the cloud refuses a month
        from its beginning, it is tried again after a day.
        """
        days = (now - month_bounds(now)[0]).days
        if retry_after is None and not is_first_month and month.spent <= days + _FEW_REQUESTS:
            retry_after = DAY.total_seconds()
        if retry_after is None:
            month.refused_budget = monthly
        else:
            self.plan_until = now + retry_delay(retry_after)
            self.plan_budget = monthly

    def end_for_new_plan(self, now: datetime, month: Month, monthly: int) -> bool:
        """Forget a refusal of the plan if it was for another monthly budget.

        Returns whether a refusal has ended so.
        """
        is_refused = self.plan_until is not None and self.plan_until > now
        has_ended = month.refused_budget not in (None, monthly) or (
            is_refused and self.plan_budget not in (None, monthly)
        )
        if has_ended:
            month.refused_budget = self.plan_budget = None
        return has_ended

    def follow_clock(self, before: datetime | None, now: datetime) -> None:
        """Keep the waiting times if the clock was set back from `before` to `now`."""
        self.blocked_until = keep_distance(self.blocked_until, before, now)
        self.plan_until = keep_distance(self.plan_until, before, now)

    def as_json(self) -> dict[str, Json]:
        """Return what is stored beside the times."""
        return {"plan_budget": _NO_BUDGET if self.plan_budget is None else self.plan_budget}

    def times_as_json(self) -> dict[str, Json]:
        """Return the times that are stored."""
        return {
            "blocked_until": write_time(self.blocked_until),
            "plan_until": write_time(self.plan_until),
        }

    @classmethod
    def from_json(cls, data: JsonObject, times: JsonObject) -> Self:
        """Return the stored refusals without those that are malformed."""
        budget = read_count(data.get("plan_budget"), _NO_BUDGET, default=_NO_BUDGET)
        return cls(
            blocked_until=read_time(times.get("blocked_until")),
            plan_until=read_time(times.get("plan_until")),
            plan_budget=None if budget == _NO_BUDGET else budget,
        )
