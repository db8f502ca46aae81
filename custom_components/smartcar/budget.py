"""draft."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
import math
from typing import Final, Self

type Json = bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None

_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_LEAST_WAIT: Final = timedelta(minutes=5)
_MOST_PACE: Final = timedelta(hours=1.5)
_HEAD_START: Final = timedelta(days=2)
_REFRESH_AFTER_COMMAND: Final = timedelta(seconds=60)
_AFTER_CHARGE: Final = timedelta(minutes=2)

import os
P0 = float(os.environ.get("P0", "0.06"))
PMIN = float(os.environ.get("PMIN", "0.01"))
HABIT = os.environ.get("HABIT", "1") == "1"
LOAD0 = float(os.environ.get("LOAD0", "0.35"))
TAU = timedelta(days=float(os.environ.get("TAU", "4")))
ALPHA = float(os.environ.get("ALPHA", "0.25"))
HABITUAL = float(os.environ.get("HABITUAL", "0.5"))
START = datetime(2026,11,1,tzinfo=UTC)
BASE = timedelta(hours=float(os.environ.get("BASE", "1")))
EXP0 = float(os.environ.get("EXP0", "5"))
MAXEXP = float(os.environ.get("MAXEXP", "0.6"))
OFF = float(os.environ.get("OFF", "0.5"))
NMAX = int(os.environ.get("NMAX", "10"))
CAPF = float(os.environ.get("CAPF", "4"))
CAP0 = float(os.environ.get("CAP0", "2"))
GAP = float(os.environ.get("GAP", "0.3"))
GAPH = float(os.environ.get("GAPH", "6"))
LATEX = float(os.environ.get("LATEX", "1"))
LOADF = float(os.environ.get("LOADF", "0.25"))
AWAKE = float(os.environ.get("AWAKE", "2"))


class Activity(StrEnum):
    DRIVING = "driving"
    CHARGING = "charging"
    AWAKE = "awake"
    ASLEEP = "asleep"

    @property
    def is_active(self) -> bool:
        return self in (Activity.DRIVING, Activity.CHARGING)


class Purpose(StrEnum):
    POLL = "poll"
    REFRESH = "refresh"
    COMMAND = "command"


class Reason(StrEnum):
    SPENT = "spent"
    PLAN = "plan"
    RETRY_AFTER = "retry_after"


@dataclass(frozen=True, slots=True)
class Refusal:
    reason: Reason
    until: datetime


@dataclass(frozen=True, slots=True)
class Budget:
    monthly: int = 500
    reserve: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    activity: Activity = Activity.ASLEEP
    reported_at: datetime | None = None
    charge_complete_at: datetime | None = None


@dataclass(slots=True)
class Month:
    since: datetime
    polls: int = 0
    others: int = 0
    used_up_at: int | None = None

    @property
    def spent(self) -> int:
        return self.polls + self.others


class Ledger:
    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.months: dict[str, Month] = {}
        self.situation = Situation()
        self.unchanged = 0
        self.load = LOAD0
        self.explore = EXP0
        self.habit = [P0] * 48
        self.seen: datetime | None = None
        self.polled_at: datetime | None = None
        self.heard_at: datetime | None = None
        self.learned_to: datetime | None = None
        self.by_push = False
        self.noted = None
        self.active_at = None
        self.blocked_until: datetime | None = None
        self.refresh_at: datetime | None = None

    def month(self, now):
        key = f"{now:%Y-%m}"
        if key not in self.months:
            self.months[key] = Month(now)
        return self.months[key]

    def cap(self, m):
        return self.budget.monthly - max(self.budget.reserve, m.others)

    def earned(self, now):
        m = self.month(now)
        start, end = bounds(now)
        share = (now - m.since + _HEAD_START) / (end - start)
        return self.cap(m) * min(share, 1.0)

    def token_at(self, now):
        m = self.month(now)
        start, end = bounds(now)
        if m.polls + 1 <= self.earned(now):
            return now
        cap = self.cap(m)
        if m.polls + 1 > cap:
            return end
        t = m.since + (m.polls + 1) / cap * (end - start) - _HEAD_START + timedelta(seconds=1)
        return min(max(t, now), end)

    def pace(self, now):
        m = self.month(now)
        start, end = bounds(now)
        total = self.cap(m) * min(1, (end - m.since + _HEAD_START) / (end - start))
        left = end - now + timedelta(hours=6)
        tokens = max(total - m.polls, 0.5)
        return min(max(max(self.load, LOADF) * left / tokens, _LEAST_WAIT), _MOST_PACE)

    def worth_at(self, now):
        s = self.situation
        anchor = max(self.polled_at, self.heard_at)
        pace = self.pace(now)
        wait = pace * 2 ** min(self.unchanged, 10)
        if s.activity.is_active:
            due = anchor + wait
            if s.charge_complete_at and anchor < s.charge_complete_at + _AFTER_CHARGE < due:
                due = max(s.charge_complete_at + _AFTER_CHARGE, anchor + _LEAST_WAIT)
        elif s.activity is Activity.AWAKE:
            due = anchor + wait * AWAKE
        elif self.by_push:
            due = anchor + _DAY
        else:
            due = self.asleep(anchor, wait, pace)
        return min(due, self.polled_at + _DAY)

    def asleep(self, anchor, wait, pace):
        if not HABIT:
            return anchor + min(_DAY, BASE * 2**min(self.unchanged,10))
        need = pace.total_seconds() * 2 ** min(self.unchanged, NMAX)
        t = anchor
        end = anchor + _DAY
        was = self.p(t) >= HABITUAL
        while t < end:
            nxt = (t + _HOUR).replace(minute=0, second=0, microsecond=0)
            v = math.sqrt(self.p(t))
            if self.p(t) >= HABITUAL and not was:
                return min(t + pace * OFF, t + need / v * timedelta(seconds=1))
            was = self.p(t) >= HABITUAL
            got = (nxt - t).total_seconds() * v
            if got >= need:
                return t + timedelta(seconds=need / v)
            need -= got
            t = nxt
        return end

    def p(self, t):
        return self.habit[slot(t)]

    def due(self, now):
        if self.polled_at is None:
            return now
        due = self.worth_at(now)
        due = max(due, self.token_at(max(now, due)))
        if self.refresh_at:
            due = min(due, self.refresh_at)
        if self.blocked_until:
            due = max(due, self.blocked_until)
        return max(due, now)

    def refusal(self, purpose, now):
        m = self.month(now)
        if m.spent >= self.budget.monthly:
            return Refusal(Reason.SPENT, bounds(now)[1])
        if purpose is Purpose.REFRESH and self.token_at(now) > now and m.others >= self.budget.reserve - self.budget.reserve // 2:
            return Refusal(Reason.SPENT, self.token_at(now))
        return None

    def spend(self, purpose, now):
        m = self.month(now)
        if purpose is not Purpose.COMMAND and self.token_at(now) <= now:
            m.polls += 1
        else:
            m.others += 1
        if purpose is Purpose.COMMAND:
            self.refresh_at = now + _REFRESH_AFTER_COMMAND
        else:
            self.refresh_at = None
            if self.polled_at:
                dt = max(now - self.polled_at, timedelta())
                self.load = self.load * math.exp(-dt / TAU) + self.pace(now) / TAU
            self.last = self.polled_at
            self.polled_at = now

    def answered(self, situation, news, now):
        self.learn(situation, news, now)
        if not news and HABIT and self.last and self.began(self.last, now):
            self.unchanged = 0
        self.unchanged = 0 if news else self.unchanged + 1
        if news:
            self.by_push = False
        if not situation.activity.is_active or (now - situation.reported_at < timedelta(hours=2)):
            self.situation = situation
        if situation.activity.is_active and now - situation.reported_at > timedelta(minutes=90):
            self.situation = Situation(activity=Activity.ASLEEP, reported_at=situation.reported_at)
        if situation.activity.is_active and now - situation.reported_at < timedelta(hours=2):
            self.active_at = situation.reported_at
        self.heard_at = now

    def began(self, a, b):
        t = (a + _HOUR).replace(minute=0, second=0, microsecond=0)
        while t <= b:
            if self.p(t) >= HABITUAL and self.p(t - _HOUR) < HABITUAL:
                return True
            t += _HOUR
        return False

    def pushed(self, situation, now):
        self.learn(situation, True, now)
        self.unchanged = 0
        self.by_push = True
        self.situation = situation
        if situation.activity.is_active: self.active_at = now
        self.heard_at = now

    def learn(self, situation, news, now):
        """Learn what the hours that have passed since the last time were like."""
        r = situation.reported_at
        h = self.heard_at
        was = self.situation.activity.is_active
        active = situation.activity.is_active
        if h is None or r is None or now - h > timedelta(days=3):
            return
        was = self.situation.activity.is_active
        active = situation.activity.is_active
        if news and h < r:
            if was and active:
                self.note(h, r, 1.0)
            elif active:
                self.note(r - _HOUR * GAPH if r - _HOUR * GAPH > h else h, r - _HOUR, GAP)
                self.note(r, r, 1.0)
            elif was:
                self.note(h, h, 1.0)
            elif r - h > timedelta(minutes=30) and not self.by_push:
                self.note(r, r, LATEX)
        if not active:
            self.note(max(h, r) + _HOUR, now - _HOUR, 0.0)

    def note(self, a, b, x):
        t = a.replace(minute=0, second=0, microsecond=0)
        while t <= b:
            if t != self.noted:
                i = slot(t)
                w = ALPHA if i < 24 else 1.5 * ALPHA
                self.habit[i] = max(PMIN, self.habit[i] + w * (x - self.habit[i]))
                if x == 1.0: self.noted = t
            t += _HOUR

    def failed(self, now, retry_after=None, used_up=False):
        self.unchanged += 1
        self.heard_at = now


def slot(t):
    return t.hour + (24 if t.weekday() >= 5 else 0)


def bounds(now):
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return start, (start + timedelta(days=32)).replace(day=1)
