"""What polls, refreshes and commands may spend, and when the budget is used up."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smartcar.budget import (
    Activity,
    ApplicationBucket,
    Budget,
    Ledger,
    Purpose,
    Reason,
)
from custom_components.smartcar.budget.month import Month

from .ledgers import DAY, HOUR, MINUTE, NOW, make, poll, restart, use_up


def test_commands_plan_one_follow_up_poll_a_minute_after_the_last() -> None:
    ledger = make()
    poll(ledger, NOW, news=True)
    for second in (10, 20, 30):
        ledger.spend(Purpose.COMMAND, NOW + timedelta(seconds=second))
        ledger.plan_follow_up(NOW + timedelta(seconds=second))
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
    # The allowance that accrues later can be spent later.
    assert NOW < refusal.until < NOW + 3 * HOUR
    assert ledger.refusal(Purpose.REFRESH, refusal.until) is None
    assert ledger.refusal(Purpose.COMMAND, NOW) is None


def test_commands_may_spend_the_whole_budget_and_no_more() -> None:
    ledger = make(Budget(monthly=60, reserve=6))
    for _ in range(60):
        assert ledger.refusal(Purpose.COMMAND, NOW) is None
        ledger.spend(Purpose.COMMAND, NOW)
    refusal = ledger.refusal(Purpose.COMMAND, NOW)
    assert refusal is not None
    assert (refusal.reason, refusal.until) == (Reason.SPENT, datetime(2026, 12, 1, tzinfo=UTC))
    assert ledger.left(NOW) == 0
    assert ledger.due(NOW) == datetime(2026, 12, 1, tzinfo=UTC)


def test_month_that_begins_late_has_only_its_remaining_share() -> None:
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
def test_reserve_is_a_percentage_rounded_up(monthly: int, percent: float, reserve: int) -> None:
    budget = Budget.of(monthly, percent)
    assert (budget.monthly, budget.reserve) == (max(monthly, 0), reserve)


def test_budget_of_zero_sends_nothing_and_is_not_used_up() -> None:
    ledger = make(Budget(0, 0))
    assert ledger.due(NOW) == datetime(2026, 12, 1, tzinfo=UTC)
    assert ledger.used_up(NOW) is None


def test_small_budget_is_not_used_up_while_polls_go_on() -> None:
    ledger = make(Budget.of(25))
    now = datetime(2026, 11, 2, tzinfo=UTC)
    while now.month == 11:
        poll(ledger, now, Activity.DRIVING, news=True)
        assert ledger.used_up(now) is None or ledger.spent(now) >= 22
        now = ledger.due(now)


def test_refreshes_keep_half_of_the_reserve_after_many_commands() -> None:
    ledger = make()
    for _ in range(40):
        ledger.spend(Purpose.COMMAND, NOW)
    # Refreshes spend what has accrued, and then 25 requests of the reserve.
    ledger._bucket = ApplicationBucket()
    use_up(ledger, NOW)
    spent = ledger.spent(NOW)
    accrued = ledger._months.open(NOW).from_allowance
    assert spent - 40 - accrued == 25
    ledger.plan_follow_up(NOW)
    assert ledger.follow_up_due(NOW) is None


@pytest.mark.parametrize("monthly", [1, 20_000, 30_000, 1_000_000])
@pytest.mark.parametrize("percent", [0, 5, 50, 100])
def test_budget_of_any_size_can_be_computed(monthly: int, percent: int) -> None:
    ledger = make(Budget.of(monthly, percent))
    reserve = ledger.budget.reserve
    for commands in {0, 1, reserve // 2, reserve - 1, reserve, reserve + 1, monthly}:
        if commands >= 0:
            ledger._months.add(Month(NOW, from_reserve=commands))
            poll(ledger, NOW)
            assert ledger.due(NOW) >= NOW
            assert ledger.used_up(NOW) is None or ledger.due(NOW) > NOW


def test_hour_of_silence_is_not_used_up() -> None:
    ledger = make()
    ledger.record_limit(NOW, 3600)
    use_up(ledger, NOW)
    assert ledger.used_up(NOW) is None


def test_spent_budget_is_used_up_until_the_month_ends() -> None:
    ledger = make(Budget.of(20))
    for _ in range(20):
        ledger.spend(Purpose.COMMAND, NOW)
    end = datetime(2026, 12, 1, tzinfo=UTC)
    refusal = ledger.used_up(NOW)
    assert refusal is not None
    assert (refusal.reason, refusal.until) == (Reason.SPENT, end)
    assert ledger.used_up(end) is None


def test_budget_is_used_up_when_commands_spent_the_allowance() -> None:
    """Requests are left for more commands, but no poll is sent for days."""
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


def test_retry_after_of_more_than_a_day_is_used_up() -> None:
    ledger = make()
    ledger.record_limit(NOW, 90_000)
    refusal = ledger.used_up(NOW)
    assert refusal is not None
    assert (refusal.reason, refusal.until) == (Reason.RETRY_AFTER, NOW + 25 * HOUR)


def test_application_limit_of_more_than_a_day_is_used_up() -> None:
    bucket = ApplicationBucket()
    bucket.record_limit(NOW, 90_000)
    refusal = Ledger(Budget(), bucket).used_up(NOW)
    assert refusal is not None
    assert (refusal.reason, refusal.until) == (Reason.RETRY_AFTER, NOW + 25 * HOUR)


def test_new_month_begins_with_two_days_of_allowance() -> None:
    ledger = make()
    poll(ledger, datetime(2026, 11, 30, 23, 58, tzinfo=UTC))
    use_up(ledger, datetime(2026, 11, 30, 23, 59, tzinfo=UTC))
    december = datetime(2026, 12, 1, tzinfo=UTC)
    assert ledger.spent(december) == 0
    use_up(ledger, december)
    assert ledger.spent(december) == 490 * 2 // 31 + 25


def test_reserve_lasts_for_the_rest_of_the_month() -> None:
    """Even with a busy car, a fifth of the reserve is left at the end of the month."""
    ledger = make()
    now = datetime(2026, 11, 1, tzinfo=UTC)
    while now.month == 11:
        poll(ledger, now, Activity.DRIVING, news=True)
        rest = (datetime(2026, 12, 1, tzinfo=UTC) - now) / (30 * DAY)
        assert ledger.left(now) >= 50 * (0.2 + 0.8 * rest)
        now = ledger.due(now)
    assert 10 <= ledger.left(datetime(2026, 11, 30, 23, 59, tzinfo=UTC)) <= 25
