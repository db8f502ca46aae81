"""When the next poll of a car is worth its request."""

from dataclasses import replace
from datetime import datetime, timedelta
import math
from typing import Final, Self

from ..api import Json, JsonObject
from .clock import DAY, HOUR, hours_between, not_after
from .habit import Habit
from .plan import Purpose
from .situation import Activity, Situation
from .stored import read_count, read_number, read_time, write_time

# A webhook can die silently, and a car without a subscription changes about once a day.
_LONGEST_WAIT: Final = DAY
_SHORTEST_WAIT: Final = timedelta(minutes=5)
# A parked car that is awake waits this much longer than one that drives or charges.
_PARKED: Final = 1.5
# Charging ends a little later than the car estimates.
_AFTER_CHARGE: Final = timedelta(minutes=2)
# A report that was older than this when it arrived does not show what the car is doing now.
_STALE: Final = timedelta(minutes=90)

# A failed poll is tried again after the first of these, doubled each time, up to the second: it
# says nothing about the car, and the cause may be gone by now.
_FIRST_RETRY: Final = timedelta(minutes=10)
_LAST_RETRY: Final = timedelta(hours=6)
_MOST_DOUBLINGS: Final = 12

# The appetite of a car of which nothing is known, the least that is assumed since every quiet
# time ends, and the time over which it is learned.
_UNKNOWN_APPETITE: Final = 0.35
_LEAST_APPETITE: Final = 0.22
_APPETITE_SPAN: Final = timedelta(days=5)


class PollTiming:
    """What the answers and pushes of a car have shown, and when its next poll is worth it.

    The wait between two polls grows from the pace, the wait with which the allowance lasts.
    """

    def __init__(self) -> None:
        self.polled_at: datetime | None = None
        """When data was last requested, by a poll or a refresh."""
        self.failing_since: datetime | None = None
        """When the first of the requests failed that have failed in a row."""
        self.failed_at: datetime | None = None
        """When a request last failed."""
        self._received_at: datetime | None = None
        """When an answer or a push last arrived."""
        self._situation = Situation()
        self._polls_without_news = 0
        """The number of polls in a row that brought nothing newer."""
        self._failures = 0
        """The number of polls in a row that failed."""
        self._is_poll = False
        """Whether the last request for data was a poll, and not a refresh by the user."""
        self._has_push = False
        """Whether a push has arrived since a poll last brought news."""
        self._appetite = _UNKNOWN_APPETITE
        self._habit = Habit()

    @property
    def appetite(self) -> float:
        """The share of the time in which the car wants polls.

        It is the number of polls of the last days, each counted as the pace of its time, over the
        length of those days.
        """
        return max(self._appetite, _LEAST_APPETITE)

    def record_request(self, purpose: Purpose, now: datetime, pace: timedelta) -> None:
        """Count a poll or a refresh that is about to be sent."""
        self._is_poll = purpose is Purpose.POLL
        passed = now - (self.polled_at or now)
        decay = math.exp(-passed / _APPETITE_SPAN)
        self._appetite = min(self._appetite * decay + pace / _APPETITE_SPAN, 1.0)
        self.polled_at = now

    def record_answer(self, situation: Situation, now: datetime, *, news: bool) -> None:
        """Learn from the answer to a poll or a refresh."""
        is_new_habit = self._habit.has_begun(self._received_at or now, now)
        if news or is_new_habit:
            self._polls_without_news = 0
        if not news and self._is_poll:
            # Only polls count: impatient refreshes of the user must not delay the next poll.
            self._polls_without_news = min(self._polls_without_news + 1, _MOST_DOUBLINGS)
        self.forget_failures()
        if news:
            # If pushes still arrived, one of them would have brought this news.
            self._has_push = False
        self._record_report(situation, now, news=news)

    def record_push(self, situation: Situation, now: datetime) -> None:
        """Learn from a push, which delays the next poll as an answer with news does.

        Polls that brought nothing newer than the pushes stay rare while pushes arrive.
        """
        if not self._has_push:
            self._polls_without_news = 0
        self._has_push = True
        self._record_report(situation, now, news=True)

    def record_failure(self, now: datetime) -> None:
        """Count a poll or a refresh that failed."""
        self.failing_since = self.failing_since or now
        self.failed_at = now
        if self._is_poll or not self._failures:
            self._failures = min(self._failures + 1, _MOST_DOUBLINGS)

    def forget_failures(self) -> None:
        """Return to the usual waits after failed requests."""
        self._failures, self.failing_since = 0, None

    def _record_report(self, situation: Situation, now: datetime, *, news: bool) -> None:
        reported_at = situation.reported_at
        if reported_at is not None and now - reported_at > _STALE:
            situation = replace(situation, activity=Activity.ASLEEP)
        if self._received_at is not None:
            self._habit.learn(self._situation, situation, now, news=news)
        self._situation = situation
        self._received_at = now

    def worth_at(self, now: datetime, pace: timedelta) -> datetime:
        """Return when the next poll is worth its request; it may be in the past."""
        if self.polled_at is None:
            return now
        if self._failures:
            return self.polled_at + min(_FIRST_RETRY * (1 << self._failures - 1), _LAST_RETRY)
        received_at = max(self.polled_at, self._received_at or self.polled_at)
        wait = pace * (1 << self._polls_without_news)
        latest = self.polled_at + _LONGEST_WAIT
        match self._situation.activity:
            case Activity.DRIVING | Activity.CHARGING:
                due = self._worth_in_use(received_at, wait)
            case Activity.AWAKE:
                due = received_at + _PARKED * wait
            case Activity.ASLEEP if self._has_push:
                due = latest
            case Activity.ASLEEP:
                due = self._worth_asleep(received_at, wait, pace)
        return min(due, latest)

    def _worth_in_use(self, received_at: datetime, wait: timedelta) -> datetime:
        """Return when to poll a car that drives or charges: at the latest when charging ends."""
        due = received_at + wait
        if (complete_at := self._situation.charge_complete_at) is None:
            return due
        ends_at = complete_at + _AFTER_CHARGE
        if ends_at <= received_at:
            return due
        return min(due, max(ends_at, received_at + _SHORTEST_WAIT))

    def _worth_asleep(self, received_at: datetime, wait: timedelta, pace: timedelta) -> datetime:
        """Return when to poll a sleeping car.

        The wait passes faster in hours in which the car is usually in use. When such hours begin,
        a poll is due soon.
        """
        at = received_at
        for hour in hours_between(received_at, received_at + _LONGEST_WAIT):
            speed = self._habit.speed(hour)
            if hour > received_at and self._habit.begins(hour):
                return at + min(pace / 2, wait / speed)
            passes = (hour + HOUR - at) * speed
            if passes >= wait:
                return at + wait / speed
            wait -= passes
            at = hour + HOUR
        return at

    def follow_clock(self, now: datetime) -> None:
        """Move the times of the past to `now` if the clock was set back before them."""
        self.polled_at = not_after(self.polled_at, now)
        self._received_at = not_after(self._received_at, now)
        self.failing_since = not_after(self.failing_since, now)
        self.failed_at = not_after(self.failed_at, now)

    def as_json(self) -> dict[str, Json]:
        """Return what is stored beside the times."""
        return {
            "activity": self._situation.activity.value,
            "reported_at": write_time(self._situation.reported_at),
            "charge_complete_at": write_time(self._situation.charge_complete_at),
            "fruitless": self._polls_without_news,
            "failures": self._failures,
            "appetite": self._appetite,
            "habit": self._habit.as_json(),
            "is_pushed": self._has_push,
        }

    def times_as_json(self) -> dict[str, Json]:
        """Return the times that are stored."""
        return {
            "polled_at": write_time(self.polled_at),
            "heard_at": write_time(self._received_at),
            "learned_to": write_time(self._habit.learned_to),
            "failing_since": write_time(self.failing_since),
            "failed_at": write_time(self.failed_at),
        }

    @classmethod
    def from_json(cls, data: JsonObject, times: JsonObject) -> Self:
        """Return what was stored; a malformed value becomes that of an unknown car."""
        timing = cls()
        activity = data.get("activity")
        timing._situation = Situation(
            activity=Activity(activity) if activity in list(Activity) else Activity.ASLEEP,
            reported_at=read_time(data.get("reported_at")),
            charge_complete_at=read_time(data.get("charge_complete_at")),
        )
        timing._polls_without_news = read_count(data.get("fruitless"), most=_MOST_DOUBLINGS)
        timing._failures = read_count(data.get("failures"), most=_MOST_DOUBLINGS)
        timing._appetite = read_number(data.get("appetite"), 0, 1, _UNKNOWN_APPETITE)
        timing._habit = Habit.from_json(data.get("habit"), read_time(times.get("learned_to")))
        timing._has_push = data.get("is_pushed") is True
        timing.polled_at = read_time(times.get("polled_at"))
        timing._received_at = read_time(times.get("heard_at"))
        timing.failing_since = read_time(times.get("failing_since"))
        timing.failed_at = read_time(times.get("failed_at"))
        return timing
