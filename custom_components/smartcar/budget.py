"""How many requests are left, and when the next one is worth spending.

Pure: no I/O, no clock, nothing of Home Assistant and nothing of the rest of the house. Times are
aware UTC datetimes, and every method is told `now`. docs/budget.md explains and measures it.

One `Ledger` per car, and one `ApplicationBucket` that the cars of an application share:

    ledger = Ledger(budget, bucket)   or   Ledger.from_json(stored, budget, bucket)

    a timer      at `ledger.due(now)`, asked for anew after each of the calls below, and hourly,
                 since clocks jump. If it is due: `spend(Purpose.POLL, now)`, then send. Who has
                 switched polling off asks for `due_after_command(now)` instead
    the user     `refusal(Purpose.REFRESH, now)`; if None: `spend(Purpose.REFRESH, now)`, then send
    a command    `refusal(Purpose.COMMAND, now)`; if None: `spend(Purpose.COMMAND, now)`, send it,
                 and `refresh_soon(now)` when it has ended: due in 60 s, however many commands ask
    an answer    `answered(situation, now, news=...)`: did it bring anything newer?
    a push       `pushed(situation, now)`
    an error     `failed` if it was a poll or a refresh. Besides, whatever it was: `plan_refused`
                 for a 430; `limited` for a 429 or a `retry-after`, or the bucket's `limited` if
                 that was meant for the application
    a repair     `used_up(now)`: nothing will be polled for days, and why
    the options  `use(budget, now)`

What is spent is counted before it is sent: a request that fails may have been counted as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
import math
from typing import Final, Self

type Json = bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None

DEFAULT_MONTHLY: Final = 500
DEFAULT_RESERVE_PERCENT: Final = 10

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)

# No car's data is refreshed faster than this for long.
_LEAST_WAIT: Final = timedelta(minutes=5)
# A car that nobody subscribed is refreshed about once a day, and a webhook can die silently.
_LONGEST_WAIT: Final = _DAY
# What may be spent ahead of its time, so that a month can begin with a busy day.
_HEAD_START: Final = timedelta(days=2)
# This share of the reserve is kept up to the month's last minute.
_KEPT_TO_THE_END: Final = 0.2
# Cars answer late: what a command did shows about a minute later.
_REFRESH_AFTER_COMMAND: Final = timedelta(seconds=60)
# Charging has ended a little after it was to end.
_AFTER_CHARGE: Final = timedelta(minutes=2)
# A car that was last heard of this long ago no longer does what it did then.
_STALE: Final = timedelta(minutes=90)
# A poll that failed is tried again after this, doubled each time, up to that: it is not the car
# that has nothing to tell, and somebody may have put it right by now.
_FIRST_RETRY: Final = timedelta(minutes=10)
_LAST_RETRY: Final = timedelta(hours=6)
# A 429 that does not say how long.
_UNSAID_RETRY: Final = timedelta(seconds=60)
_LONGEST_RETRY: Final = timedelta(days=31)
# A car that is awake is worth a request this much later than one that drives or charges.
_PARKED: Final = 1.5
_MOST_DOUBLINGS: Final = 12

# The appetite of a car that nothing is known of; what is assumed at least, as every quiet time
# ends; and over which time it is learned.
_UNKNOWN_APPETITE: Final = 0.35
_LEAST_APPETITE: Final = 0.22
_APPETITE_SPAN: Final = timedelta(days=5)

# The habit: how likely a car is in use in an hour. Weekends have fewer days to learn from.
_UNKNOWN_HABIT: Final = 0.06
_LEAST_HABIT: Final = 0.01
_HABITUAL: Final = 0.5
_LEARN_WEEKDAY: Final = 0.3
_LEARN_WEEKEND: Final = 0.4
# What is learned of the hours before a car was found in use: it may have begun in any of them.
_PERHAPS: Final = 0.4
_PERHAPS_SPAN: Final = 6 * _HOUR
_FORGET_AFTER: Final = timedelta(days=7)

_MONTHS_KEPT: Final = 12


class Activity(StrEnum):
    """What a car does, in falling order of how much its data is worth."""

    DRIVING = "driving"
    CHARGING = "charging"
    AWAKE = "awake"
    ASLEEP = "asleep"

    @property
    def is_use(self) -> bool:
        """Whether somebody wants to see fresh data."""
        return self in (Activity.DRIVING, Activity.CHARGING)


class Purpose(StrEnum):
    """Why a request is sent."""

    POLL = "poll"
    REFRESH = "refresh"
    COMMAND = "command"


class Reason(StrEnum):
    """Why a request is not sent."""

    SPENT = "spent"
    PLAN = "plan"
    RETRY_AFTER = "retry_after"
    APPLICATION = "application"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not now, and from when on it may be tried again."""

    reason: Reason
    until: datetime


@dataclass(frozen=True, slots=True)
class Budget:
    """Requests per car and UTC month, and how many of them polls leave to the user."""

    monthly: int = DEFAULT_MONTHLY
    reserve: int = DEFAULT_MONTHLY * DEFAULT_RESERVE_PERCENT // 100

    @classmethod
    def of(cls, monthly: int, reserve_percent: float = DEFAULT_RESERVE_PERCENT) -> Self:
        """Return the budget with a reserve of so many percent, rounded up."""
        monthly = max(monthly, 0)
        share = min(max(reserve_percent, 0), 100) / 100
        return cls(monthly, math.ceil(monthly * share))


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is known of a car: what it does, as of when, and when its charging will be complete."""

    activity: Activity = Activity.ASLEEP
    reported_at: datetime | None = None
    charge_complete_at: datetime | None = None


@dataclass(slots=True)
class _Month:
    """What was spent in a month.

    It is counted from `since`: who begins on the 20th has no claim to what the 19 days before
    were worth, as somebody else may have spent it. `others` are commands, and those polls and
    refreshes (`refreshes`) that nothing had accrued for. `refused_at` is the monthly budget under
    which the cloud said that the plan is used up, else -1.
    """

    since: datetime
    polls: int = 0
    others: int = 0
    refreshes: int = 0
    refused_at: int = -1

    @property
    def spent(self) -> int:
        return self.polls + self.others


class ApplicationBucket:
    """The cloud's limit for all cars of an application: 120 requests, refilled at 2 a minute.

    Polls leave the last 20 to the user.
    """

    CAPACITY: Final = 120
    PER_REFILL: Final = timedelta(seconds=30)
    KEPT_FROM_POLLS: Final = 20

    def __init__(self) -> None:
        """Begin full."""
        self._level = float(self.CAPACITY)
        self._at: datetime | None = None
        self._blocked_until: datetime | None = None

    def free_at(self, purpose: Purpose, now: datetime) -> datetime:
        """Return when the next request for that purpose may be sent; `now` if at once."""
        self._settle(now)
        needed = 1 + (self.KEPT_FROM_POLLS if purpose is Purpose.POLL else 0)
        free = now + max(needed - self._level, 0) * self.PER_REFILL
        return max(free, self._blocked_until or free)

    def take(self, now: datetime) -> None:
        """Count a request to the vehicle API, of any car."""
        self._settle(now)
        self._level = max(self._level - 1, 0)

    def limited(self, now: datetime, retry_after: float | None = None) -> None:
        """Obey a 429 that is meant for the application; `retry_after` is in seconds."""
        self._settle(now)
        self._level = 0
        self._blocked_until = _later(self._blocked_until, now + _retry_after(retry_after))

    def _settle(self, now: datetime) -> None:
        passed = now - (self._at or now)
        self._blocked_until = _put_back(self._blocked_until, self._at, now)
        self._level = min(self._level + max(passed / self.PER_REFILL, 0), self.CAPACITY)
        self._at = now

    def as_json(self) -> dict[str, Json]:
        """Return what survives a restart."""
        return {
            "level": self._level,
            "at": _time_as_json(self._at),
            "blocked_until": _time_as_json(self._blocked_until),
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what survived; what is not of its shape is left out."""
        data = value if isinstance(value, Mapping) else {}
        bucket = cls()
        bucket._level = _number(data.get("level"), 0, cls.CAPACITY, cls.CAPACITY)
        bucket._at = _time(data.get("at"))
        bucket._blocked_until = _time(data.get("blocked_until"))
        return bucket


class Ledger:
    """What one car has spent, what is known of its ways, and when to ask for it again.

    - Polls are paid from an allowance (the budget without the reserve) that accrues over the
      month; what a quiet day leaves is there for a busy one. As the month goes by, less of the
      reserve is needed for the rest of it, and polls may have the difference.
    - What the user asks for is paid from the reserve; refreshes from the allowance, if something
      is there. They leave half of the reserve to commands, which may spend all that is left.
    """

    _TIMES: Final = (
        *("now", "polled_at", "heard_at", "learned_to", "refresh_at"),
        *("failing_since", "failed_at", "blocked_until", "plan_until"),
    )

    def __init__(self, budget: Budget, bucket: ApplicationBucket) -> None:
        """Begin with nothing spent and nothing known: a poll is due at once."""
        self.budget = budget
        self._bucket = bucket
        self._months: dict[str, _Month] = {}
        self._situation = Situation()
        self._fruitless = 0
        """How many polls in a row brought nothing newer."""
        self._failures = 0
        """How many polls in a row failed."""
        self._failing_since: datetime | None = None
        self._failed_at: datetime | None = None
        self._is_poll = False
        """Whether the request under way is a poll, and not one that the user asked for."""
        self._appetite = _UNKNOWN_APPETITE
        self._habit = [_UNKNOWN_HABIT] * 48
        self._learned_to: datetime | None = None
        self._is_pushed = False
        self._now: datetime | None = None
        self._polled_at: datetime | None = None
        self._heard_at: datetime | None = None
        self._refresh_at: datetime | None = None
        self._blocked_until: datetime | None = None
        self._plan_until: datetime | None = None
        """Until when a 430 said that the plan is used up, and ..."""
        self._plan_budget = -1
        """... under which monthly budget."""

    # --- when, and whether -------------------------------------------------------------------

    def due(self, now: datetime) -> datetime:
        """Return when the next poll is due; `now` if it is due already."""
        month = self._settle(now)
        if self._polled_at is None and month.spent < self.budget.monthly:
            # Who sets a car up waits for its first answer, as he does for one that he asks for.
            free_at = self._bucket.free_at(Purpose.REFRESH, now)
            return max(self._open_at(now, month), free_at)
        due = max(self._worth_at(now, month), self._token_at(now, month))
        if after_command := self.due_after_command(now):
            due = min(due, after_command)
        return max(due, self._open_at(now, month), self._bucket.free_at(Purpose.POLL, now))

    def due_after_command(self, now: datetime) -> datetime | None:
        """Return when the poll that a command asked for is due; None if none did."""
        month = self._settle(now)
        if self._refresh_at is None or not self._can_refresh(now, month):
            return None
        free_at = self._bucket.free_at(Purpose.POLL, now)
        return max(self._refresh_at, self._open_at(now, month), free_at)

    def refusal(self, purpose: Purpose, now: datetime) -> Refusal | None:
        """Return why what the user asks for cannot be sent now; None if it can."""
        month = self._settle(now)
        if (open_at := self._open_at(now, month)) > now:
            is_plan = self._plan_open_at(now, month) > now
            return Refusal(Reason.PLAN if is_plan else Reason.RETRY_AFTER, open_at)
        if month.spent >= self.budget.monthly:
            return Refusal(Reason.SPENT, _month_around(now)[1])
        if purpose is not Purpose.COMMAND and not self._can_refresh(now, month):
            return Refusal(Reason.SPENT, self._token_at(now, month))
        if (free := self._bucket.free_at(purpose, now)) > now:
            return Refusal(Reason.APPLICATION, free)
        return None

    def used_up(self, now: datetime) -> Refusal | None:
        """Return why nothing is polled for days, or for as long as a 430 says; None if it is.

        A budget so small that its polls are days apart is not used up while they come.
        """
        month = self._settle(now)
        open_at = self._open_at(now, month)
        if self._plan_open_at(now, month) > now:
            return Refusal(Reason.PLAN, open_at)
        start, end = _month_around(now)
        apart = (end - start) / max(self.budget.monthly - self.budget.reserve, 1)
        token_at = self._token_at(now, month)
        if month.spent >= self.budget.monthly > 0 or token_at > now + max(_DAY, 2 * apart):
            return Refusal(Reason.SPENT, token_at)
        silent_until = max(open_at, self._bucket.free_at(Purpose.COMMAND, now))
        is_long = silent_until > now + _DAY
        return Refusal(Reason.RETRY_AFTER, silent_until) if is_long else None

    @property
    def failing_for(self) -> timedelta | None:
        """How far apart the first and the last request are that failed in a row; None if none."""
        if self._failing_since is None or self._failed_at is None:
            return None
        return self._failed_at - self._failing_since

    def spent(self, now: datetime) -> int:
        """Return the number of requests that were spent this month."""
        return self._settle(now).spent

    def left(self, now: datetime) -> int:
        """Return the number of requests that are left of this month's budget."""
        month = self._settle(now)
        is_refused = self._plan_open_at(now, month) > now
        return 0 if is_refused else max(self.budget.monthly - month.spent, 0)

    def use(self, budget: Budget, now: datetime) -> None:
        """Go on with this budget. If it ends a refusal of the plan, a poll is due at once."""
        self.budget = budget
        month = self._settle(now)
        is_told = self._plan_until is not None and self._plan_until > now
        is_other = is_told and self._plan_budget not in (-1, budget.monthly)
        if month.refused_at not in (-1, budget.monthly) or is_other:
            month.refused_at = self._plan_budget = -1
            self._failures, self._failing_since = 0, None
            self._refresh_at = now

    # --- what happens ------------------------------------------------------------------------

    def spend(self, purpose: Purpose, now: datetime) -> None:
        """Count a request that is about to be sent."""
        month = self._settle(now)
        self._bucket.take(now)
        if purpose is Purpose.COMMAND:
            month.others += 1
            return
        self._is_poll = purpose is Purpose.POLL
        passed = now - (self._polled_at or now)
        decay = math.exp(-passed / _APPETITE_SPAN)
        self._appetite = min(self._appetite * decay + self._pace(now, month) / _APPETITE_SPAN, 1.0)
        if self._token_at(now, month) <= now:
            month.polls += 1
        else:
            month.others += 1
            month.refreshes += 1
        self._polled_at = now
        if self._refresh_at is not None and self._refresh_at <= now:
            self._refresh_at = None

    def refresh_soon(self, now: datetime) -> None:
        """Ask for one poll in 60 s, since a command has ended."""
        self._settle(now)
        self._refresh_at = now + _REFRESH_AFTER_COMMAND

    def answered(self, situation: Situation, now: datetime, *, news: bool) -> None:
        """Take in what a poll brought, and whether any of it is newer than what was held."""
        self._settle(now)
        if not news and self._habit_began_since_last_heard(now):
            self._fruitless = 0
        if news:
            self._fruitless = 0
        elif self._is_poll:
            # A user who is impatient must not put polls off.
            self._fruitless = min(self._fruitless + 1, _MOST_DOUBLINGS)
        self._failures, self._failing_since = 0, None
        if news:
            # Had pushes arrived, this would have been known.
            self._is_pushed = False
        self._hear(situation, now, news)

    def pushed(self, situation: Situation, now: datetime) -> None:
        """Take in what a push brought. It puts polls off, as if it had been one with news.

        But polls that have brought nothing besides pushes stay rare while pushes go on.
        """
        self._settle(now)
        if not self._is_pushed:
            self._fruitless = 0
        self._is_pushed = True
        self._hear(situation, now, news=True)

    def failed(self, now: datetime) -> None:
        """Try again soon: a poll or a refresh has failed."""
        self._settle(now)
        self._failing_since = self._failing_since or now
        self._failed_at = now
        if self._is_poll or not self._failures:
            self._failures = min(self._failures + 1, _MOST_DOUBLINGS)

    def limited(self, now: datetime, retry_after: float | None = None) -> None:
        """Leave this car alone, as a 429 or a `retry-after` (in seconds) asks for."""
        self._settle(now)
        self._blocked_until = _later(self._blocked_until, now + _retry_after(retry_after))

    def plan_refused(self, now: datetime, retry_after: float | None = None) -> None:
        """Obey a 430, whatever we have counted, until the month ends or for as long as it says.

        Another monthly budget means another plan, and ends it as well. If a month has just begun
        for us and not for the plan, it is tried again once a day.
        """
        month = self._settle(now)
        days = (now - _month_around(now)[0]).days
        if retry_after is None and len(self._months) > 1 and month.spent <= days + 2:
            retry_after = _DAY.total_seconds()
        if retry_after is None:
            month.refused_at = self.budget.monthly
        else:
            self._plan_until = now + _retry_after(retry_after)
            self._plan_budget = self.budget.monthly

    def _plan_open_at(self, now: datetime, month: _Month) -> datetime:
        """Return until when the plan is used up, by the cloud's word; `now` if it is not."""
        if month.refused_at == self.budget.monthly:
            return _month_around(now)[1]
        is_told = self._plan_budget == self.budget.monthly
        return max(self._plan_until or now, now) if is_told else now

    def _open_at(self, now: datetime, month: _Month) -> datetime:
        """Return until when the cloud has told us to be silent; `now` if it has not."""
        return max(self._blocked_until or now, self._plan_open_at(now, month))

    # --- what is affordable ------------------------------------------------------------------

    def _unused_reserve(self, month: _Month) -> int:
        return max(self.budget.reserve - month.others, 0)

    def _allowance(self, month: _Month) -> float:
        """What polls may spend in a whole month: never what is kept, or gone, for the user."""
        kept = month.others + _KEPT_TO_THE_END * self._unused_reserve(month)
        return max(self.budget.monthly - kept, 0)

    def _token_at(self, now: datetime, month: _Month) -> datetime:
        """Return when a poll can be paid; `now` if it can, the month's end if not before."""
        start, end = _month_around(now)
        allowance = self._allowance(month)
        if month.polls + 1 > allowance:
            return end
        earned = month.since - _HEAD_START + (month.polls + 1) / allowance * (end - start)
        if unused := self._unused_reserve(month):
            # The reserve is for the rest of the month, and shrinks with it.
            share = (self.budget.monthly - month.spent - 1) / unused - _KEPT_TO_THE_END
            earned = max(earned, end - min(share / (1 - _KEPT_TO_THE_END), 1) * (end - start))
        return min(max(earned, now), end)

    def _can_refresh(self, now: datetime, month: _Month) -> bool:
        if month.spent >= self.budget.monthly:
            return False
        for_refreshes = self.budget.reserve - self.budget.reserve // 2
        return self._token_at(now, month) <= now or month.refreshes < for_refreshes

    def _pace(self, now: datetime, month: _Month) -> timedelta:
        """Return the wait between polls of a car in use that makes the allowance last.

        The appetite is the share of the time in which the car is, as it were, in use: the polls
        of the last days, each worth the pace of its time, over the length of those days.
        """
        start, end = _month_around(now)
        share = min((end - month.since + _HEAD_START) / (end - start), 1.0)
        left = max(self._allowance(month) * share - month.polls, 0.5)
        # A little more, or the last hours would be spent in a rush.
        pace = (end - now + _HOUR) * (max(self._appetite, _LEAST_APPETITE) / left)
        return min(max(pace, _LEAST_WAIT), _LONGEST_WAIT)

    # --- what is worth it --------------------------------------------------------------------

    def _worth_at(self, now: datetime, month: _Month) -> datetime:
        """Return when the next poll is worth its request."""
        if self._polled_at is None:
            return now
        if self._failures:
            return self._polled_at + min(_FIRST_RETRY * (1 << self._failures - 1), _LAST_RETRY)
        heard_at = max(self._polled_at, self._heard_at or self._polled_at)
        pace = self._pace(now, month)
        wait = pace * (1 << self._fruitless)
        latest = self._polled_at + _LONGEST_WAIT
        match self._situation.activity:
            case Activity.DRIVING | Activity.CHARGING:
                due = heard_at + wait
                if complete := self._situation.charge_complete_at:
                    ended = max(complete + _AFTER_CHARGE, heard_at + _LEAST_WAIT)
                    due = min(due, ended) if complete + _AFTER_CHARGE > heard_at else due
            case Activity.AWAKE:
                due = heard_at + _PARKED * wait
            case Activity.ASLEEP:
                due = latest if self._is_pushed else self._sleep_until(heard_at, wait, pace)
        return min(due, latest)

    def _sleep_until(self, heard_at: datetime, wait: timedelta, pace: timedelta) -> datetime:
        """Return when to look after a car that sleeps.

        The age of what is known while the car is in use, averaged over all hours, is least if
        each hour gets polls by the square root of the likelihood of use. So that is how fast the
        wait passes. An hour in which the car is mostly in use begins with a look.
        """
        at = heard_at
        for hour in _hours(heard_at, heard_at + _LONGEST_WAIT):
            speed = math.sqrt(self._habit[_slot(hour)])
            if hour > heard_at and self._begins_habit(hour):
                return at + min(pace / 2, wait / speed)
            passes = (hour + _HOUR - at) * speed
            if passes >= wait:
                return at + wait / speed
            wait -= passes
            at = hour + _HOUR
        return at

    def _begins_habit(self, hour: datetime) -> bool:
        before, after = self._habit[_slot(hour - _HOUR)], self._habit[_slot(hour)]
        return before < _HABITUAL <= after

    def _habit_began_since_last_heard(self, now: datetime) -> bool:
        since = self._heard_at or now
        return any(hour > since and self._begins_habit(hour) for hour in _hours(since, now))

    # --- what is learned ---------------------------------------------------------------------

    def _hear(self, situation: Situation, now: datetime, news: bool) -> None:
        told = situation.reported_at
        if told is not None and now - told > _STALE:
            situation = replace(situation, activity=Activity.ASLEEP)
        self._learn(situation, now, news)
        self._situation = situation
        self._heard_at = now

    def _learn(self, situation: Situation, now: datetime, news: bool) -> None:
        """Learn of each hour that has passed, once, whether the car was in use."""
        this = _hour_of(now)
        told = min(_hour_of(situation.reported_at or now), this)
        was_used, is_used = self._situation.activity.is_use, situation.activity.is_use
        if self._heard_at is None or (is_used and not news):
            return  # who knows since when
        learned_to = self._learned_to or this
        if not this - _FORGET_AFTER <= learned_to <= this + _HOUR:
            learned_to = this
        for hour in _hours(learned_to, now):
            used: float | None = None
            if was_used and (is_used or hour <= told):
                used = 1
            elif news and hour < told:
                used = _PERHAPS if told - hour <= _PERHAPS_SPAN else None
            elif is_used or (news and hour == told):
                used = 1
            elif told < hour < this:
                used = 0
            if used is not None:
                slot = _slot(hour)
                rate = _LEARN_WEEKDAY if slot < 24 else _LEARN_WEEKEND
                learned = self._habit[slot] + rate * (used - self._habit[slot])
                self._habit[slot] = max(round(learned, 4), _LEAST_HABIT)
        # The present hour stays open unless the car was in use in it.
        is_judged = is_used or (told == this and (was_used or news))
        self._learned_to = max(learned_to, this + _HOUR if is_judged else this)

    # --- the clock, and the restart ----------------------------------------------------------

    def _settle(self, now: datetime) -> _Month:
        """Note the time; return the month that it is in.

        A clock that was put back takes along what was planned by it, and finds the counts of the
        month that it is put back to.
        """
        key = _month_key(now)
        if now == self._now and key in self._months:
            return self._months[key]
        self._blocked_until = _put_back(self._blocked_until, self._now, now)
        self._plan_until = _put_back(self._plan_until, self._now, now)
        self._refresh_at = _put_back(self._refresh_at, self._now, now)
        self._now = now
        self._polled_at = min(self._polled_at, now) if self._polled_at else None
        self._heard_at = min(self._heard_at, now) if self._heard_at else None
        self._failing_since = min(self._failing_since, now) if self._failing_since else None
        self._failed_at = min(self._failed_at, now) if self._failed_at else None
        if key not in self._months:
            self._months[key] = _Month(now)
            for oldest in list(self._months)[:-_MONTHS_KEPT]:
                del self._months[oldest]
        month = self._months[key]
        month.since = min(month.since, now)
        return month

    def as_json(self) -> dict[str, Json]:
        """Return what survives a restart."""
        return {
            "months": [
                {
                    "since": month.since.isoformat(),
                    "polls": month.polls,
                    "others": month.others,
                    "refreshes": month.refreshes,
                    "refused_at": month.refused_at,
                }
                for month in self._months.values()
            ],
            "activity": self._situation.activity.value,
            "reported_at": _time_as_json(self._situation.reported_at),
            "charge_complete_at": _time_as_json(self._situation.charge_complete_at),
            "fruitless": self._fruitless,
            "failures": self._failures,
            "appetite": self._appetite,
            "habit": list(self._habit),
            "is_pushed": self._is_pushed,
            "plan_budget": self._plan_budget,
            "times": {name: _time_as_json(getattr(self, f"_{name}")) for name in self._TIMES},
        }

    @classmethod
    def from_json(cls, value: Json, budget: Budget, bucket: ApplicationBucket) -> Self:
        """Read what survived; what is not of its shape is left out."""
        data = value if isinstance(value, Mapping) else {}
        ledger = cls(budget, bucket)
        months = data.get("months")
        for item in months if isinstance(months, Sequence) else ():
            if isinstance(item, Mapping) and (since := _time(item.get("since"))):
                ledger._months[_month_key(since)] = _Month(
                    since,
                    polls=int(_number(item.get("polls"), 0, 1e9, 0)),
                    others=int(_number(item.get("others"), 0, 1e9, 0)),
                    refreshes=int(_number(item.get("refreshes"), 0, 1e9, 0)),
                    refused_at=int(_number(item.get("refused_at"), -1, 1e9, -1)),
                )
        activity = data.get("activity")
        ledger._situation = Situation(
            activity=Activity(activity) if activity in list(Activity) else Activity.ASLEEP,
            reported_at=_time(data.get("reported_at")),
            charge_complete_at=_time(data.get("charge_complete_at")),
        )
        ledger._fruitless = int(_number(data.get("fruitless"), 0, _MOST_DOUBLINGS, 0))
        ledger._failures = int(_number(data.get("failures"), 0, _MOST_DOUBLINGS, 0))
        ledger._appetite = _number(data.get("appetite"), 0, 1, _UNKNOWN_APPETITE)
        habit = data.get("habit")
        if isinstance(habit, Sequence) and len(habit) == len(ledger._habit):
            ledger._habit = [_number(item, _LEAST_HABIT, 1, _UNKNOWN_HABIT) for item in habit]
        ledger._is_pushed = data.get("is_pushed") is True
        ledger._plan_budget = int(_number(data.get("plan_budget"), -1, 1e9, -1))
        times = data.get("times")
        if isinstance(times, Mapping):
            for name in cls._TIMES:
                setattr(ledger, f"_{name}", _time(times.get(name)))
        return ledger


def _month_key(time: datetime) -> str:
    return f"{time.year}-{time.month:02}"


def _month_around(now: datetime) -> tuple[datetime, datetime]:
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return start, (start + timedelta(days=31)).replace(day=1)


def _hour_of(time: datetime) -> datetime:
    return time.replace(minute=0, second=0, microsecond=0)


def _hours(first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the beginning of each hour that has a part between the two."""
    hour = _hour_of(first)
    while hour <= last:
        yield hour
        hour += _HOUR


def _slot(hour: datetime) -> int:
    """Return the place of an hour in the habit: 24 for weekdays, 24 for weekends, in UTC."""
    return hour.hour + (24 if hour.weekday() >= 5 else 0)


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)


def _put_back(time: datetime | None, then: datetime | None, now: datetime) -> datetime | None:
    """Return a time in the future as far away as it was, if the clock was put back since."""
    if time is None:
        return None
    return min(time + min(now - (then or now), timedelta()), now + _LONGEST_RETRY)


def _retry_after(seconds: float | None) -> timedelta:
    if seconds is None or math.isnan(seconds):
        return _UNSAID_RETRY
    return timedelta(seconds=min(max(seconds, 0), _LONGEST_RETRY.total_seconds()))


def _number(value: Json, least: float, most: float, default: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        return default
    return value


def _time(value: Json) -> datetime | None:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    # Far enough from both ends of time to reckon with.
    return time.astimezone(UTC) if time and time.tzinfo and 1970 < time.year < 9000 else None


def _time_as_json(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
