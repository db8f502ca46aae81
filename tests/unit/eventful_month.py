"""A random month in which requests fail, limits are set, and the clock jumps."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

from custom_components.smartcar.budget import Activity, Budget, Purpose, Reason, Situation

from .ledgers import DAY, HOUR, make, restart


class EventfulMonth:
    """Thirty days of a car in which much goes wrong. At each request, every limit is checked."""

    def __init__(self, seed: int, budget: Budget, mishaps: float, jumps: int) -> None:
        self.random = Random(seed)
        self.budget = budget
        self.ledger = make(budget)
        self.mishaps = mishaps
        self.jumps = jumps
        self.sent: Counter[str] = Counter()
        self.commands: Counter[str] = Counter()
        self.refused: set[str] = set()
        self.blocked_until: datetime | None = None

    def run(self) -> None:
        now = datetime(2026, 11, 12, tzinfo=UTC)
        shift = timedelta()
        jumps = sorted(now + 30 * DAY * self.random.random() for _ in range(self.jumps))
        user_times = sorted(now + 30 * DAY * self.random.random() for _ in range(100))
        end = now + 30 * DAY
        while now < end:
            clock = now + shift
            due = self.ledger.due(clock)
            assert due >= clock
            if due == clock:
                self.send(Purpose.POLL, clock)
                continue
            following = [now + min(due - clock, 6 * HOUR)]
            following += [times[0] for times in (jumps, user_times) if times]
            now = max(min(following), now)
            if jumps and now == jumps[0]:
                jumps.pop(0)
                by = timedelta(hours=self.random.uniform(-900, 900))
                shift += by
                # If the clock is set back, the wait stays as long.
                if self.blocked_until:
                    self.blocked_until = None if by > timedelta() else self.blocked_until + by
            if user_times and now == user_times[0]:
                user_times.pop(0)
                self.request_by_user(now + shift)

    def request_by_user(self, now: datetime) -> None:
        if self.random.random() < 0.1:
            self.ledger = restart(self.ledger)
        if self.random.random() < 0.2:
            self.ledger.record_push(Situation(activity=Activity.AWAKE, reported_at=now), now)
        purpose = self.random.choice([Purpose.REFRESH, Purpose.COMMAND])
        refusal = self.ledger.refusal(purpose, now)
        if refusal is None:
            self.send(purpose, now)
        else:
            assert refusal.until > now
            if purpose is Purpose.COMMAND and refusal.reason is Reason.SPENT:
                assert self.sent[f"{now:%Y-%m}"] >= self.budget.monthly

    def send(self, purpose: Purpose, now: datetime) -> None:
        key = f"{now:%Y-%m}"
        ledger = self.ledger
        ledger.spend(purpose, now)
        self.sent[key] += 1
        self.commands[key] += purpose is Purpose.COMMAND
        assert self.sent[key] == ledger.spent(now) <= self.budget.monthly
        month = ledger._months.open(now)
        assert month.from_allowance <= self.budget.monthly - self.budget.reserve // 5
        # The first poll of a car is sent even if the allowance has no request for it yet.
        assert month.from_reserve <= self.commands[key] + max((self.budget.reserve + 1) // 2, 1)
        assert key not in self.refused
        assert self.blocked_until is None or now >= self.blocked_until
        if self.random.random() < self.mishaps:
            self.fail(purpose, now)
        elif purpose is Purpose.COMMAND:
            ledger.plan_follow_up(now)
        else:
            activity = self.random.choice(list(Activity))
            reported_at = now - self.random.uniform(0, 3) * HOUR
            situation = Situation(
                activity=activity, reported_at=reported_at, charge_complete_at=now
            )
            ledger.record_answer(situation, now, news=self.random.random() < 0.7)
        # A command does not delay a poll that is due at the same moment.
        assert purpose is Purpose.COMMAND or ledger.due(now) > now

    def fail(self, purpose: Purpose, now: datetime) -> None:
        kind = self.random.random()
        if purpose is not Purpose.COMMAND:
            self.ledger.record_failure(now)
        if kind < 0.4:
            seconds = self.random.choice([0.5, 120, 3600, 200_000])
            self.ledger.record_limit(now, seconds)
            until = now + timedelta(seconds=seconds)
            self.blocked_until = max(self.blocked_until or until, until)
        elif kind < 0.45:
            self.ledger.record_plan_refusal(now)
            refusal = self.ledger.refusal(Purpose.COMMAND, now)
            assert refusal is not None
            if refusal.until - now > DAY:
                self.refused.add(f"{now:%Y-%m}")
            else:
                self.blocked_until = max(self.blocked_until or refusal.until, refusal.until)
