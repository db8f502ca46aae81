"""The budget: what is never exceeded, whatever happens, and when a request is worth it."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from random import Random
import subprocess
import sys

from hypothesis import given, settings, strategies as st
import pytest

from bench.cars import DAYS, END, PROFILES, START, Month, Use, reports_of
from bench.simulation import measure, run
from custom_components.smartcar import budget as module
from custom_components.smartcar.budget import (
    Activity,
    ApplicationBucket,
    Budget,
    Ledger,
    Purpose,
    Reason,
    Situation,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# The middle of a month, so that days fit on both sides. A Monday.
NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


# What docs/budget.md says of a thousand months; --deep tries more.
A_THOUSAND = settings(max_examples=max(1000, settings().max_examples))


def make(budget: Budget | None = None) -> Ledger:
    return Ledger(budget or Budget(), ApplicationBucket())


def poll(
    ledger: Ledger, now: datetime, activity: Activity = Activity.ASLEEP, *, news: bool = False
) -> None:
    ledger.spend(Purpose.POLL, now)
    ledger.answered(Situation(activity=activity, reported_at=now), now, news=news)


def restart(ledger: Ledger) -> Ledger:
    stored = json.loads(json.dumps(ledger.as_json()))
    bucket = ApplicationBucket.from_json(json.loads(json.dumps(ledger._bucket.as_json())))
    return Ledger.from_json(stored, ledger.budget, bucket)


def use_up(ledger: Ledger, now: datetime) -> None:
    """Spend everything that refreshes may spend now."""
    while ledger.refusal(Purpose.REFRESH, now) is None:
        ledger.spend(Purpose.REFRESH, now)
        ledger._bucket = ApplicationBucket()


def test_needs_the_standard_library_alone() -> None:
    program = """
import sys
class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("homeassistant", "aiohttp", "custom_components"):
            raise ImportError(name)
sys.meta_path.insert(0, Block())
import budget
assert budget.Ledger(budget.Budget(), budget.ApplicationBucket())
assert not [name for name in sys.modules if name.startswith(("homeassistant", "aiohttp"))]
"""
    folder = str(Path(module.__file__).parent)
    subprocess.run([sys.executable, "-S", "-c", program], cwd=folder, check=True, timeout=60)


# --- whatever happens ------------------------------------------------------------------------


class Life:
    """A car's thirty days in which much goes wrong, and what must hold at each request."""

    def __init__(self, seed: int, budget: Budget, mishaps: float, jumps: int) -> None:
        self.dice = Random(seed)
        self.budget = budget
        self.ledger = make(budget)
        self.mishaps = mishaps
        self.jumps = jumps
        self.sent: Counter[str] = Counter()
        self.by_user: Counter[str] = Counter()
        self.commands: Counter[str] = Counter()
        self.refused: set[str] = set()
        self.blocked_until: datetime | None = None

    def live(self) -> None:
        now = datetime(2026, 11, 12, tzinfo=UTC)
        shift = timedelta()
        jumps = sorted(now + 30 * DAY * self.dice.random() for _ in range(self.jumps))
        asked = sorted(now + 30 * DAY * self.dice.random() for _ in range(100))
        end = now + 30 * DAY
        while now < end:
            clock = now + shift
            due = self.ledger.due(clock)
            assert due >= clock
            if due == clock:
                self.send(Purpose.POLL, clock)
                continue
            following = [now + min(due - clock, 6 * HOUR)]
            following += [times[0] for times in (jumps, asked) if times]
            now = max(min(following), now)
            if jumps and now == jumps[0]:
                jumps.pop(0)
                by = timedelta(hours=self.dice.uniform(-900, 900))
                shift += by
                # What is blocked stays so for as long, if the clock goes back.
                if self.blocked_until:
                    self.blocked_until = None if by > timedelta() else self.blocked_until + by
            if asked and now == asked[0]:
                asked.pop(0)
                self.ask(now + shift)

    def ask(self, now: datetime) -> None:
        if self.dice.random() < 0.1:
            self.ledger = restart(self.ledger)
        if self.dice.random() < 0.2:
            self.ledger.pushed(Situation(activity=Activity.AWAKE, reported_at=now), now)
        purpose = self.dice.choice([Purpose.REFRESH, Purpose.COMMAND])
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
        month = ledger._months[key]
        assert month.polls <= self.budget.monthly - self.budget.reserve // 5
        # The first of all polls is sent at once, whether it has accrued or not.
        assert month.others <= self.commands[key] + max((self.budget.reserve + 1) // 2, 1)
        assert key not in self.refused
        assert self.blocked_until is None or now >= self.blocked_until
        if self.dice.random() < self.mishaps:
            self.fail(purpose, now)
        elif purpose is Purpose.COMMAND:
            ledger.refresh_soon(now)
        else:
            activity = self.dice.choice(list(Activity))
            told = now - self.dice.uniform(0, 3) * HOUR
            situation = Situation(activity=activity, reported_at=told, charge_complete_at=now)
            ledger.answered(situation, now, news=self.dice.random() < 0.7)
        # A command puts off no poll that is due at the same moment.
        assert purpose is Purpose.COMMAND or ledger.due(now) > now

    def fail(self, purpose: Purpose, now: datetime) -> None:
        kind = self.dice.random()
        if purpose is not Purpose.COMMAND:
            self.ledger.failed(now)
        if kind < 0.4:
            seconds = self.dice.choice([0.5, 120, 3600, 200_000])
            self.ledger.limited(now, seconds)
            until = now + timedelta(seconds=seconds)
            self.blocked_until = max(self.blocked_until or until, until)
        elif kind < 0.45:
            self.ledger.plan_refused(now)
            refusal = self.ledger.refusal(Purpose.COMMAND, now)
            assert refusal is not None
            if refusal.until - now > DAY:
                self.refused.add(f"{now:%Y-%m}")
            else:
                self.blocked_until = max(self.blocked_until or refusal.until, refusal.until)


@A_THOUSAND
@given(
    seed=st.integers(0, 2**32),
    monthly=st.integers(1, 800),
    reserve=st.integers(0, 100),
    mishaps=st.sampled_from([0, 0.02, 0.2]),
    jumps=st.integers(0, 4),
)
def test_nothing_that_must_hold_is_ever_broken(
    seed: int, monthly: int, reserve: int, mishaps: float, jumps: int
) -> None:
    Life(seed, Budget.of(monthly, reserve), mishaps, jumps).live()


def busy_month(seed: int, hour: float, hours: float, parts: int, spread: float) -> Month:
    """Return a month in which the car is in use for so many hours every day."""
    dice = Random(seed)
    uses: list[Use] = []
    for day in range(DAYS):
        at = START + day * DAY + max(hour + dice.gauss(0, spread), 0) * HOUR
        for _ in range(parts):
            activity = dice.choice([Activity.DRIVING, Activity.CHARGING])
            at = max(at, uses[-1].end + MINUTE) if uses else at
            uses.append(Use(at, at + hours / parts * HOUR, activity))
            at = uses[-1].end + dice.uniform(0.1, 0.7) * HOUR
    return Month([use for use in uses if use.end < END], reports_of(uses, dice))


@A_THOUSAND
@given(
    seed=st.integers(0, 2**32),
    hour=st.floats(0, 12),
    hours=st.floats(5, 10),
    parts=st.integers(1, 3),
    spread=st.floats(0, 1),
)
def test_a_car_that_deserves_its_allowance_gets_it(
    seed: int, hour: float, hours: float, parts: int, spread: float
) -> None:
    [(spent, _)] = run([busy_month(seed, hour, hours, parts, spread)])
    allowance = Budget().monthly - Budget().reserve // 5
    assert 0.95 * allowance <= spent <= allowance


@pytest.mark.parametrize("profile", PROFILES)
def test_what_the_benchmark_promises(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.simulation.MONTHS", 2)
    result = measure(profile)
    if result.is_idle:
        assert result.most_requests <= 100
    else:
        assert result.median <= 0.55 * result.fixed_median  # two months are few


# --- when a poll is due ----------------------------------------------------------------------


def test_first_poll_is_due_at_once_and_no_other_after_a_restart() -> None:
    ledger = make()
    assert ledger.due(NOW) == NOW
    poll(ledger, NOW, news=True)
    assert ledger.due(NOW) > NOW + HOUR / 4
    assert restart(ledger).due(NOW) == ledger.due(NOW)


def test_use_is_worth_more_than_being_awake_and_that_more_than_sleep() -> None:
    waits = []
    for activity in (Activity.DRIVING, Activity.AWAKE, Activity.ASLEEP):
        ledger = make()
        poll(ledger, NOW, activity, news=True)
        waits.append(ledger.due(NOW) - NOW)
    assert waits == sorted(set(waits))
    assert waits[0] < HOUR


@pytest.mark.parametrize("activity", Activity)
def test_each_poll_without_news_doubles_the_wait_up_to_a_day(activity: Activity) -> None:
    ledger = make()
    now = NOW
    poll(ledger, now, activity, news=True)
    first = wait = ledger.due(now) - now
    for _ in range(9):
        now = ledger.due(now)
        poll(ledger, now, activity)
        longer = ledger.due(now) - now
        # The pace moves with what is left, and what is learned of the hours makes them pass slower.
        assert longer == DAY or 1.5 * wait < longer < 3 * wait
        wait = longer
    assert wait == DAY
    poll(ledger, now + DAY, activity, news=True)
    assert ledger.due(now + DAY) - (now + DAY) < 1.5 * first


def test_poll_that_fails_is_tried_again_soon_and_then_ever_later() -> None:
    ledger = make()
    now = NOW
    for _ in range(6):
        poll(ledger, now, news=False)
        now = ledger.due(now)
    waits = []
    for _ in range(8):
        ledger.spend(Purpose.POLL, now)
        ledger.failed(now)
        assert restart(ledger).due(now) == ledger.due(now)
        waits.append((ledger.due(now) - now) / MINUTE)
        now = ledger.due(now)
    assert waits == [10, 20, 40, 80, 160, 320, 360, 360]
    # A command that asks for a look does not wait for that.
    ledger.refresh_soon(now)
    assert ledger.due(now) <= now + MINUTE
    now += MINUTE
    poll(ledger, now, news=False)
    assert ledger.due(now) - now == DAY


def test_charging_is_polled_when_it_ends() -> None:
    ledger = make()
    ledger.spend(Purpose.POLL, NOW)
    charging = Situation(
        activity=Activity.CHARGING, reported_at=NOW, charge_complete_at=NOW + 12 * MINUTE
    )
    ledger.answered(charging, NOW, news=True)
    assert ledger.due(NOW) == NOW + 14 * MINUTE
    far = replace(charging, charge_complete_at=NOW + 9 * HOUR)
    ledger.answered(far, NOW, news=True)
    assert NOW + 14 * MINUTE < ledger.due(NOW) < NOW + HOUR


def test_what_was_last_told_long_ago_is_no_use() -> None:
    ledger, other = make(), make()
    poll(ledger, NOW, Activity.ASLEEP, news=True)
    other.spend(Purpose.POLL, NOW)
    other.answered(Situation(activity=Activity.DRIVING, reported_at=NOW - 2 * HOUR), NOW, news=True)
    assert other.due(NOW) - NOW > HOUR


def test_pushes_put_polls_off_but_not_for_longer_than_a_day() -> None:
    ledger = make()
    poll(ledger, NOW, Activity.DRIVING, news=True)
    now = NOW
    while now < NOW + DAY - 10 * MINUTE:
        now += 5 * MINUTE
        assert ledger.due(now) > now
        ledger.pushed(Situation(activity=Activity.DRIVING, reported_at=now), now)
    assert ledger.due(now) == NOW + DAY


def test_pushes_far_apart_spare_the_polls_between_them() -> None:
    ledger = make()
    poll(ledger, NOW, Activity.DRIVING, news=True)
    polls, now = 0, NOW
    for minutes in range(0, 24 * 60, 5):
        now = NOW + minutes * MINUTE
        if minutes % 50 == 0:
            ledger.pushed(Situation(activity=Activity.DRIVING, reported_at=now), now)
        elif ledger.due(now) <= now:
            poll(ledger, now, Activity.DRIVING)
            polls += 1
    assert polls <= 3
    # The webhook dies: the next poll comes soon, brings news, and those after it come as usual.
    assert ledger.due(now) < now + 4 * HOUR
    poll(ledger, ledger.due(now), Activity.DRIVING, news=True)
    later = now + 4 * HOUR
    assert ledger.due(later) - later < HOUR


def test_car_that_pushes_is_left_asleep_until_a_poll_knows_better() -> None:
    ledger = make()
    poll(ledger, NOW, news=True)
    ledger.pushed(Situation(activity=Activity.ASLEEP, reported_at=NOW), NOW)
    assert ledger.due(NOW) == NOW + DAY
    poll(ledger, NOW + DAY, news=True)
    assert ledger.due(NOW + DAY) < NOW + DAY + 4 * HOUR


def test_habit_is_learned_and_its_hours_begin_with_a_look() -> None:
    ledger = make()
    start = datetime(2026, 11, 2, tzinfo=UTC)
    for day in range(5):
        for minutes in range(0, 24 * 60, 30):
            now = start + day * DAY + minutes * MINUTE
            driving = 8 <= now.hour < 10
            poll(ledger, now, Activity.DRIVING if driving else Activity.ASLEEP, news=driving)
    now = start + 7 * DAY + 3 * HOUR
    poll(ledger, now)
    assert start + 7 * DAY + 8 * HOUR < ledger.due(now) < start + 7 * DAY + 9 * HOUR
    assert restart(ledger).due(now) == ledger.due(now)


# --- the user --------------------------------------------------------------------------------


def test_commands_ask_for_one_poll_a_minute_after_the_last() -> None:
    ledger = make()
    poll(ledger, NOW, news=True)
    for second in (10, 20, 30):
        ledger.spend(Purpose.COMMAND, NOW + timedelta(seconds=second))
        ledger.refresh_soon(NOW + timedelta(seconds=second))
    due = NOW + timedelta(seconds=90)
    assert ledger.due(NOW + MINUTE) == due
    assert restart(ledger).due(NOW + MINUTE) == due
    poll(ledger, due)
    assert ledger.due(due) > due + 10 * MINUTE
    assert ledger.spent(due) == 5


def test_refreshes_leave_half_of_the_reserve_to_commands() -> None:
    ledger = make()
    use_up(ledger, NOW)
    refusal = ledger.refusal(Purpose.REFRESH, NOW)
    assert refusal is not None
    assert refusal.reason is Reason.SPENT
    # What accrues later can be spent later.
    assert NOW < refusal.until < NOW + 3 * HOUR
    assert ledger.refusal(Purpose.REFRESH, refusal.until) is None
    assert ledger.refusal(Purpose.COMMAND, NOW) is None


def test_commands_may_spend_everything_but_no_more() -> None:
    ledger = make(Budget(monthly=60, reserve=6))
    for _ in range(60):
        assert ledger.refusal(Purpose.COMMAND, NOW) is None
        ledger.spend(Purpose.COMMAND, NOW)
    refusal = ledger.refusal(Purpose.COMMAND, NOW)
    assert refusal is not None
    assert (refusal.reason, refusal.until) == (Reason.SPENT, datetime(2026, 12, 1, tzinfo=UTC))
    assert ledger.left(NOW) == 0
    assert ledger.due(NOW) == datetime(2026, 12, 1, tzinfo=UTC)


def test_who_begins_late_in_a_month_gets_its_rest_only() -> None:
    ledger = make()
    now = datetime(2026, 11, 28, tzinfo=UTC)
    while now.month == 11:
        poll(ledger, now, Activity.DRIVING, news=True)
        now = ledger.due(now)
    assert 60 <= ledger.spent(datetime(2026, 11, 30, 23, tzinfo=UTC)) <= 500 * 5 / 30


@pytest.mark.parametrize(
    ("monthly", "percent", "reserve"),
    [(500, 10, 50), (0, 10, 0), (-5, 10, 0), (5, 10, 1), (9, 200, 9)],
)
def test_reserve_is_a_share(monthly: int, percent: float, reserve: int) -> None:
    budget = Budget.of(monthly, percent)
    assert (budget.monthly, budget.reserve) == (max(monthly, 0), reserve)


def test_budget_of_nothing_sends_nothing_and_is_not_used_up() -> None:
    ledger = make(Budget(0, 0))
    assert ledger.due(NOW) == datetime(2026, 12, 1, tzinfo=UTC)
    assert ledger.used_up(NOW) is None


@pytest.mark.parametrize("budget", [Budget(10, 10), Budget(10, 1), Budget(1, 0)])
def test_first_poll_of_all_waits_for_nothing(budget: Budget) -> None:
    ledger = make(budget)
    assert ledger.due(NOW) == NOW
    poll(ledger, NOW, news=True)
    assert ledger.spent(NOW) == 1
    assert ledger.due(NOW) > NOW + DAY


def test_small_budget_is_not_used_up_while_its_polls_come() -> None:
    ledger = make(Budget.of(25))
    now = datetime(2026, 11, 2, tzinfo=UTC)
    while now.month == 11:
        poll(ledger, now, Activity.DRIVING, news=True)
        assert ledger.used_up(now) is None or ledger.spent(now) >= 22
        now = ledger.due(now)


def test_refreshes_without_news_put_no_poll_off() -> None:
    ledger = make()
    poll(ledger, NOW, Activity.DRIVING, news=True)
    wait = ledger.due(NOW) - NOW
    situation = Situation(activity=Activity.DRIVING, reported_at=NOW)
    for _ in range(6):
        ledger.spend(Purpose.REFRESH, NOW)
        ledger.answered(situation, NOW, news=False)
    assert ledger.due(NOW) - NOW < 1.5 * wait


def test_refresh_within_the_minute_does_not_replace_the_look_after_a_command() -> None:
    ledger = make()
    poll(ledger, NOW, news=True)
    ledger.spend(Purpose.COMMAND, NOW)
    ledger.refresh_soon(NOW)
    ledger.spend(Purpose.REFRESH, NOW + MINUTE / 6)
    ledger.answered(Situation(), NOW + MINUTE / 6, news=False)
    assert ledger.due(NOW + MINUTE / 2) == NOW + MINUTE


def test_commands_leave_refreshes_their_half_of_the_reserve() -> None:
    ledger = make()
    for _ in range(40):
        ledger.spend(Purpose.COMMAND, NOW)
    # What has accrued, and then 25 from the reserve.
    ledger._bucket = ApplicationBucket()
    use_up(ledger, NOW)
    spent = ledger.spent(NOW)
    accrued = ledger._months["2026-11"].polls
    assert spent - 40 - accrued == 25
    ledger.refresh_soon(NOW)
    assert ledger.due_after_command(NOW) is None


@pytest.mark.parametrize("monthly", [1, 20_000, 30_000, 1_000_000])
@pytest.mark.parametrize("percent", [0, 5, 50, 100])
def test_no_budget_is_too_large_to_reckon_with(monthly: int, percent: int) -> None:
    ledger = make(Budget.of(monthly, percent))
    reserve = ledger.budget.reserve
    for others in {0, 1, reserve // 2, reserve - 1, reserve, reserve + 1, monthly}:
        if others >= 0:
            ledger._months["2026-11"] = module._Month(NOW, others=others)
            poll(ledger, NOW)
            assert ledger.due(NOW) >= NOW
            assert ledger.used_up(NOW) is None or ledger.due(NOW) > NOW


def test_how_long_requests_have_failed_is_told_by_two_of_them() -> None:
    ledger = make()
    assert ledger.failing_for is None
    ledger.spend(Purpose.POLL, NOW)
    ledger.failed(NOW)
    assert restart(ledger).failing_for == timedelta()
    ledger.failed(NOW + HOUR)
    assert restart(ledger).failing_for == HOUR
    poll(ledger, NOW + HOUR)
    assert ledger.failing_for is None


def test_who_switched_polling_off_is_asked_after_commands_only() -> None:
    ledger = make()
    assert ledger.due_after_command(NOW) is None
    ledger.refresh_soon(NOW)
    assert ledger.due_after_command(NOW) == NOW + MINUTE
    poll(ledger, NOW + MINUTE)
    assert ledger.due_after_command(NOW + MINUTE) is None


# --- limits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "until"),
    [
        (7200, 2 * HOUR),
        (None, MINUTE),
        (float("nan"), MINUTE),
        (float("inf"), 31 * DAY),
        (-5, timedelta()),
    ],
)
def test_retry_after_is_obeyed(seconds: float | None, until: timedelta) -> None:
    ledger = make()
    ledger.spend(Purpose.COMMAND, NOW)
    ledger.limited(NOW, seconds)
    for one in (ledger, restart(ledger)):
        refusal = one.refusal(Purpose.REFRESH, NOW)
        assert (refusal.until - NOW if refusal else timedelta()) == until
        assert one.due(NOW) >= NOW + until


def test_shorter_retry_after_does_not_end_a_longer_one() -> None:
    ledger = make()
    ledger.limited(NOW, 7200)
    ledger.limited(NOW, 10)
    assert ledger.due(NOW) == NOW + 2 * HOUR


def test_plan_that_refuses_is_obeyed_until_the_month_ends() -> None:
    ledger = make()
    poll(ledger, NOW, news=True)
    ledger.plan_refused(NOW)
    end = datetime(2026, 12, 1, tzinfo=UTC)
    for one in (ledger, restart(ledger)):
        assert one.due(NOW) == end
        assert one.left(NOW) == 0
        for purpose in Purpose:
            refusal = one.refusal(purpose, NOW)
            assert refusal is not None
            assert (refusal.reason, refusal.until) == (Reason.PLAN, end)
        assert one.due(end) == end
        assert one.refusal(Purpose.COMMAND, end) is None


def test_another_plan_ends_the_refusal() -> None:
    ledger = make()
    poll(ledger, NOW, news=True)
    ledger.plan_refused(NOW)
    ledger.failed(NOW)
    ledger = restart(ledger)
    ledger.use(Budget.of(1000), NOW)
    assert ledger.refusal(Purpose.COMMAND, NOW) is None
    assert ledger.due(NOW) == NOW
    # And once only.
    poll(ledger, NOW, news=True)
    ledger = restart(ledger)
    ledger.use(Budget.of(1000), NOW)
    assert ledger.due(NOW) > NOW + HOUR / 4


def test_plan_whose_months_begin_later_than_ours_is_tried_once_a_day() -> None:
    """Used up before the 1st, it goes on refusing until its own month begins."""
    ledger = make()
    poll(ledger, NOW, news=True)
    ledger.plan_refused(NOW)
    now = ledger.due(NOW)
    assert now == datetime(2026, 12, 1, tzinfo=UTC)
    tries = []
    while now < datetime(2026, 12, 15, tzinfo=UTC):
        ledger.spend(Purpose.POLL, now)
        ledger.failed(now)
        ledger.plan_refused(now)
        tries.append(now)
        assert ledger.used_up(now) is not None
        ledger = restart(ledger)
        now = ledger.due(now)
    assert len(tries) == 14
    poll(ledger, now, news=True)
    assert ledger.used_up(now) is None
    # Later in a month that it has answered in, a refusal is one for the rest of it.
    for _ in range(40):
        ledger.spend(Purpose.COMMAND, now)
    ledger.plan_refused(now)
    assert ledger.due(now) == datetime(2027, 1, 1, tzinfo=UTC)


def test_refusal_that_is_over_is_not_ended_again() -> None:
    ledger = make()
    ledger.plan_refused(NOW, 60)
    poll(ledger, NOW + HOUR, news=True)
    due = ledger.due(NOW + HOUR)
    ledger.use(Budget.of(500, 20), NOW + HOUR)
    ledger.use(Budget.of(600, 20), NOW + HOUR)
    assert ledger.due(NOW + HOUR) > NOW + HOUR + 10 * MINUTE
    assert due > NOW + HOUR + 10 * MINUTE


def test_another_plan_ends_also_what_was_said_to_last() -> None:
    ledger = make()
    ledger.plan_refused(NOW, 86_400)
    ledger.use(Budget.of(500, 20), NOW)
    assert ledger.refusal(Purpose.COMMAND, NOW) is not None
    ledger.use(Budget.of(1000), NOW)
    assert ledger.refusal(Purpose.COMMAND, NOW) is None
    assert ledger.due(NOW) == NOW


def test_plan_that_says_for_how_long_is_obeyed_for_so_long() -> None:
    ledger = make()
    ledger.plan_refused(NOW, 3600)
    for one in (ledger, restart(ledger)):
        assert one.due(NOW) == NOW + HOUR
        assert one.left(NOW) == 0
        refusal = one.used_up(NOW)
        assert refusal is not None
        assert (refusal.reason, refusal.until) == (Reason.PLAN, NOW + HOUR)
        assert one.used_up(NOW + HOUR) is None
        assert one.left(NOW + HOUR) == 500


# --- what the user is told -------------------------------------------------------------------


def test_nothing_is_used_up_while_polls_go_on() -> None:
    ledger = make()
    ledger.limited(NOW, 3600)
    use_up(ledger, NOW)
    assert ledger.used_up(NOW) is None


def test_budget_that_is_gone_is_used_up_until_the_month_ends() -> None:
    ledger = make(Budget.of(20))
    for _ in range(20):
        ledger.spend(Purpose.COMMAND, NOW)
    end = datetime(2026, 12, 1, tzinfo=UTC)
    refusal = ledger.used_up(NOW)
    assert refusal is not None
    assert (refusal.reason, refusal.until) == (Reason.SPENT, end)
    assert ledger.used_up(end) is None


def test_commands_that_took_what_polls_had_are_told_of() -> None:
    """There are requests left for more of them, but nothing is polled for days."""
    ledger = make()
    now = datetime(2026, 11, 2, tzinfo=UTC)
    for _ in range(60):
        poll(ledger, now, Activity.DRIVING, news=True)
        now = ledger.due(now)
    while ledger.refusal(Purpose.COMMAND, now) is None and ledger.left(now) > 100:
        ledger.spend(Purpose.COMMAND, now)
        ledger._bucket = ApplicationBucket()
    refusal = ledger.used_up(now)
    assert refusal is not None
    assert refusal.reason is Reason.SPENT
    assert refusal.until > now + DAY
    assert ledger.used_up(refusal.until - DAY) is None


def test_car_that_must_be_left_alone_for_days_is_told_of() -> None:
    ledger = make()
    ledger.limited(NOW, 90_000)
    refusal = ledger.used_up(NOW)
    assert refusal is not None
    assert (refusal.reason, refusal.until) == (Reason.RETRY_AFTER, NOW + 25 * HOUR)


def test_application_that_must_be_silent_for_days_is_told_of() -> None:
    bucket = ApplicationBucket()
    bucket.limited(NOW, 90_000)
    refusal = Ledger(Budget(), bucket).used_up(NOW)
    assert refusal is not None
    assert (refusal.reason, refusal.until) == (Reason.RETRY_AFTER, NOW + 25 * HOUR)


# --- the application -------------------------------------------------------------------------


def test_bucket_is_shared_by_all_cars_and_kept_from_polls_for_the_user() -> None:
    bucket = ApplicationBucket()
    one, other, new = (Ledger(Budget(9000, 900), bucket) for _ in range(3))
    poll(other, NOW - DAY)
    for _ in range(100):
        one.spend(Purpose.COMMAND, NOW)
    assert other.due(NOW) == NOW + 30 * timedelta(seconds=1)
    # For the first data of a car somebody waits.
    assert new.due(NOW) == NOW
    assert other.refusal(Purpose.REFRESH, NOW) is None
    for _ in range(20):
        one.spend(Purpose.COMMAND, NOW)
    refusal = other.refusal(Purpose.COMMAND, NOW)
    assert refusal is not None
    assert (refusal.reason, refusal.until) == (Reason.APPLICATION, NOW + MINUTE / 2)


@given(gaps=st.lists(st.floats(0, 300), max_size=300))
def test_bucket_never_lets_more_through_than_the_cloud_does(gaps: list[float]) -> None:
    bucket = ApplicationBucket()
    now, level = NOW, 120.0
    for gap in gaps:
        now += timedelta(seconds=gap)
        level = min(level + gap / 30, 120)
        while bucket.free_at(Purpose.COMMAND, now) == now:
            bucket.take(now)
            level -= 1
            assert level > -1e-6
        bucket = ApplicationBucket.from_json(json.loads(json.dumps(bucket.as_json())))


def test_application_that_is_limited_stops_all_cars() -> None:
    bucket = ApplicationBucket()
    bucket.limited(NOW, 7200)
    ledger = Ledger(Budget(), bucket)
    assert ledger.due(NOW) == NOW + 2 * HOUR
    # The clock is put back: the wait stays as long.
    assert ledger.due(NOW - 30 * DAY) == NOW - 30 * DAY + 2 * HOUR


# --- the clock, and what is stored -----------------------------------------------------------


@pytest.mark.parametrize("jump", [-400 * DAY, -40 * DAY, -DAY, -HOUR, HOUR, 20 * DAY, 400 * DAY])
def test_clock_that_jumps_keeps_no_car_waiting(jump: timedelta) -> None:
    ledger = make()
    poll(ledger, NOW, news=True)
    assert ledger.due(NOW + jump) <= NOW + jump + DAY


def test_counts_are_found_again_when_the_clock_comes_back() -> None:
    ledger = make()
    for _ in range(7):
        ledger.spend(Purpose.COMMAND, NOW)
    assert ledger.spent(NOW + 400 * DAY) == 0
    assert ledger.spent(NOW - 400 * DAY) == 0
    assert restart(ledger).spent(NOW) == 7


def test_month_change_begins_anew_with_two_days_ahead() -> None:
    ledger = make()
    poll(ledger, datetime(2026, 11, 30, 23, 58, tzinfo=UTC))
    use_up(ledger, datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    december = datetime(2026, 12, 1, tzinfo=UTC)
    assert ledger.spent(december) == 0
    use_up(ledger, december)
    assert ledger.spent(december) == 490 * 2 // 31 + 25


def test_reserve_is_there_for_the_rest_of_the_month() -> None:
    """However busy the car is, and a fifth of it is there at the very end."""
    ledger = make()
    now = datetime(2026, 11, 1, tzinfo=UTC)
    while now.month == 11:
        poll(ledger, now, Activity.DRIVING, news=True)
        rest = (datetime(2026, 12, 1, tzinfo=UTC) - now) / (30 * DAY)
        assert ledger.left(now) >= 50 * (0.2 + 0.8 * rest)
        now = ledger.due(now)
    assert 10 <= ledger.left(datetime(2026, 11, 30, 23, 59, tzinfo=UTC)) <= 25


@given(seed=st.integers(0, 1000))
def test_what_is_stored_comes_back_as_it_was(seed: int) -> None:
    life = Life(seed, Budget(), 0.1, 0)
    for _ in range(20):
        life.send(Purpose.COMMAND, NOW) if not life.refused and not life.blocked_until else None
    stored = life.ledger.as_json()
    assert restart(life.ledger).as_json() == stored


@given(data=st.data())
def test_garbage_in_the_store_costs_nothing_but_itself(data: st.DataObject) -> None:
    ledger = make()
    poll(ledger, NOW, news=True)
    stored = ledger.as_json()
    for key in stored:
        if data.draw(st.booleans()):
            stored[key] = data.draw(JSON)
    whole = data.draw(st.sampled_from([stored, data.draw(JSON)]))
    bucket = ApplicationBucket.from_json(data.draw(JSON))
    again = Ledger.from_json(whole, Budget(), bucket)
    assert NOW <= again.due(NOW) <= NOW + 32 * DAY
    poll(again, again.due(NOW), news=True)
    assert json.loads(json.dumps(again.as_json()))


def test_stored_time_that_lies_ahead_is_not_waited_for() -> None:
    ledger = make()
    poll(ledger, NOW + 3000 * DAY, news=True)
    ledger.limited(NOW + 3000 * DAY, 60)
    stored = ledger.as_json()
    stored["times"] = {**stored["times"], "now": None}  # type: ignore[dict-item]
    again = Ledger.from_json(stored, Budget(), ApplicationBucket())
    assert again.due(NOW) <= NOW + 31 * DAY
