"""What a car has spent, and when its next request is due."""

from datetime import datetime, timedelta
from typing import Final, Self

from ..api import Json
from .allowance import Allowance
from .bucket import ApplicationBucket
from .clock import DAY, keep_distance, month_bounds
from .month import Month, Months
from .plan import Budget, Purpose, Reason, Refusal
from .refusals import CloudRefusals
from .situation import Situation
from .stored import read_object, read_time, write_time
from .timing import PollTiming

# Cars report late: the effect of a command shows about a minute later.
_FOLLOW_UP_DELAY: Final = timedelta(seconds=60)


class Ledger:
    """The requests of one car: what it has spent, and when the next one is due.

    - Polls are paid from the allowance, the budget without the reserve.
    - Commands are paid from the reserve, and then from whatever is left of the month.
    - Refreshes are paid from the allowance if it has a request to spare, else from the reserve.
    """

    def __init__(self, budget: Budget, bucket: ApplicationBucket) -> None:
        """Begin with nothing spent and nothing learned: a poll is due at once."""
        self._budget = budget
        self._bucket = bucket
        self._months = Months()
        self._refusals = CloudRefusals()
        self._timing = PollTiming()
        self._follow_up_at: datetime | None = None
        self._now: datetime | None = None

    @property
    def budget(self) -> Budget:
        """The budget of the car."""
        return self._budget

    @property
    def failing_for(self) -> timedelta | None:
        """The time between the first and the last of the requests that failed in a row.

        None if the last request did not fail.
        """
        since, last = self._timing.failing_since, self._timing.failed_at
        return None if since is None or last is None else last - since

    def due(self, now: datetime) -> datetime:
        """Return when the next poll is due; `now` if it is due already."""
        month = self._open_month(now)
        if self._timing.polled_at is None and month.spent < self.budget.monthly:
            # The user is waiting for the first data of a new car, as for those of a refresh.
            return max(self._open_at(now, month), self._bucket.free_at(Purpose.REFRESH, now))
        allowance = self._allowance(now, month)
        worth_at = self._timing.worth_at(now, allowance.pace(self._timing.appetite))
        due = max(worth_at, allowance.affordable_at())
        if follow_up_due := self.follow_up_due(now):
            due = min(due, follow_up_due)
        return max(due, self._open_at(now, month), self._bucket.free_at(Purpose.POLL, now))

    def follow_up_due(self, now: datetime) -> datetime | None:
        """Return when the planned follow-up poll is due; None if none is planned."""
        month = self._open_month(now)
        if self._follow_up_at is None or not self._allowance(now, month).can_refresh():
            return None
        free_at = self._bucket.free_at(Purpose.POLL, now)
        return max(self._follow_up_at, self._open_at(now, month), free_at)

    def refusal(self, purpose: Purpose, now: datetime) -> Refusal | None:
        """Return why a refresh or a command cannot be sent now; None if it can."""
        month = self._open_month(now)
        if (open_at := self._open_at(now, month)) > now:
            is_plan = self._plan_open_at(now, month) > now
            return Refusal(Reason.PLAN if is_plan else Reason.RETRY_AFTER, open_at)
        if month.spent >= self.budget.monthly:
            return Refusal(Reason.SPENT, month_bounds(now)[1])
        allowance = self._allowance(now, month)
        if purpose is not Purpose.COMMAND and not allowance.can_refresh():
            return Refusal(Reason.SPENT, allowance.affordable_at())
        if (free_at := self._bucket.free_at(purpose, now)) > now:
            return Refusal(Reason.APPLICATION, free_at)
        return None

    def used_up(self, now: datetime) -> Refusal | None:
        """Return why no poll is sent for days, or while the plan is refused; None if polls go on.

        A budget so small that its polls are days apart is not used up.
        """
        month = self._open_month(now)
        open_at = self._open_at(now, month)
        if self._plan_open_at(now, month) > now:
            return Refusal(Reason.PLAN, open_at)
        allowance = self._allowance(now, month)
        affordable_at = allowance.affordable_at()
        is_spent = month.spent >= self.budget.monthly > 0
        if is_spent or affordable_at > now + allowance.longest_gap():
            return Refusal(Reason.SPENT, affordable_at)
        silent_until = max(open_at, self._bucket.free_at(Purpose.COMMAND, now))
        is_long = silent_until > now + DAY
        return Refusal(Reason.RETRY_AFTER, silent_until) if is_long else None

    def spent(self, now: datetime) -> int:
        """Return the number of requests of this month."""
        return self._open_month(now).spent

    def left(self, now: datetime) -> int:
        """Return the number of requests that are left of this month's budget."""
        month = self._open_month(now)
        is_refused = self._plan_open_at(now, month) > now
        return 0 if is_refused else max(self.budget.monthly - month.spent, 0)

    def set_budget(self, budget: Budget, now: datetime) -> None:
        """Set the budget. If that ends a refusal of the plan, a poll is due at once."""
        self._budget = budget
        month = self._open_month(now)
        if self._refusals.end_for_new_plan(now, month, budget.monthly):
            self._timing.forget_failures()
            self._follow_up_at = now

    def spend(self, purpose: Purpose, now: datetime) -> None:
        """Count a request that is about to be sent: Smartcar may count it even if it fails."""
        month = self._open_month(now)
        self._bucket.spend(now)
        if purpose is Purpose.COMMAND:
            month.from_reserve += 1
            return
        allowance = self._allowance(now, month)
        self._timing.record_request(purpose, now, allowance.pace(self._timing.appetite))
        if allowance.affordable_at() <= now:
            month.from_allowance += 1
        else:
            month.from_reserve += 1
            month.refreshes_from_reserve += 1
        if self._follow_up_at is not None and self._follow_up_at <= now:
            self._follow_up_at = None

    def plan_follow_up(self, now: datetime) -> None:
        """Plan one follow-up poll a minute from now, in place of one that is planned already."""
        self._open_month(now)
        self._follow_up_at = now + _FOLLOW_UP_DELAY

    def record_answer(self, situation: Situation, now: datetime, *, news: bool) -> None:
        """Record the answer to a poll or a refresh.

        Args:
            situation: What the car is doing by this answer.
            now: The present time, in UTC.
            news: Whether any value of the answer is newer than the stored one.
        """
        self._open_month(now)
        self._timing.record_answer(situation, now, news=news)

    def record_push(self, situation: Situation, now: datetime) -> None:
        """Record a push, which delays the next poll as an answer with news does."""
        self._open_month(now)
        self._timing.record_push(situation, now)

    def record_failure(self, now: datetime) -> None:
        """Record that a poll or a refresh failed: the next try comes soon."""
        self._open_month(now)
        self._timing.record_failure(now)

    def record_limit(self, now: datetime, retry_after: float | None = None) -> None:
        """Record a 429 or a `retry-after` (seconds): no request is sent to this car until then."""
        self._open_month(now)
        self._refusals.record_limit(now, retry_after)

    def record_plan_refusal(self, now: datetime, retry_after: float | None = None) -> None:
        """Record a 430: the plan is used up, whatever was counted here.

        It lasts until the month ends, or for as long as `retry_after` (seconds) says. Another
        monthly budget means another plan, and ends it as well. A month that is refused from its
        beginning is tried once a day, since the plan's month may begin later.
        """
        month = self._open_month(now)
        self._refusals.record_plan(
            now,
            month,
            self.budget.monthly,
            retry_after=retry_after,
            is_first_month=not self._months.has_earlier,
        )

    def _allowance(self, now: datetime, month: Month) -> Allowance:
        return Allowance(self.budget, month, now)

    def _open_at(self, now: datetime, month: Month) -> datetime:
        return self._refusals.open_at(now, month, self.budget.monthly)

    def _plan_open_at(self, now: datetime, month: Month) -> datetime:
        return self._refusals.plan_open_at(now, month, self.budget.monthly)

    def _open_month(self, now: datetime) -> Month:
        """Record the time, and return the month that it is in.

        If the clock was set back, what was planned stays as far away as it was, and the counts of
        the month that the clock shows are continued.
        """
        if now == self._now and (month := self._months.get(now)):
            return month
        self._refusals.follow_clock(self._now, now)
        self._follow_up_at = keep_distance(self._follow_up_at, self._now, now)
        self._timing.follow_clock(now)
        self._now = now
        return self._months.open(now)

    def as_json(self) -> dict[str, Json]:
        """Return what is stored."""
        return {
            "months": self._months.as_json(),
            **self._timing.as_json(),
            **self._refusals.as_json(),
            "times": {
                "now": write_time(self._now),
                "refresh_at": write_time(self._follow_up_at),
                **self._timing.times_as_json(),
                **self._refusals.times_as_json(),
            },
        }

    @classmethod
    def from_json(cls, value: Json, budget: Budget, bucket: ApplicationBucket) -> Self:
        """Return the stored ledger; a malformed value becomes that of a new ledger."""
        data = read_object(value)
        times = read_object(data.get("times"))
        ledger = cls(budget, bucket)
        ledger._months = Months.from_json(data.get("months"))
        ledger._timing = PollTiming.from_json(data, times)
        ledger._refusals = CloudRefusals.from_json(data, times)
        ledger._follow_up_at = read_time(times.get("refresh_at"))
        ledger._now = read_time(times.get("now"))
        return ledger
