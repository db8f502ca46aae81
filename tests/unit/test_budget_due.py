"""When a poll is due."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from custom_components.smartcar.budget import Activity, Budget, Purpose, Situation

from .ledgers import DAY, HOUR, MINUTE, NOW, make, poll, restart


def test_first_poll_is_due_at_once_and_no_second_one_after_restart() -> None:
    ledger = make()
    assert ledger.due(NOW) == NOW
    poll(ledger, NOW, news=True)
    assert ledger.due(NOW) > NOW + HOUR / 4
    assert restart(ledger).due(NOW) == ledger.due(NOW)


def test_car_in_use_is_polled_before_awake_car_and_that_before_sleeping_car() -> None:
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
        # The pace depends on what is left, and the learned habit makes quiet hours pass slower.
        assert longer == DAY or 1.5 * wait < longer < 3 * wait
        wait = longer
    assert wait == DAY
    poll(ledger, now + DAY, activity, news=True)
    assert ledger.due(now + DAY) - (now + DAY) < 1.5 * first


def test_failed_poll_is_retried_after_ten_minutes_doubling_to_six_hours() -> None:
    ledger = make()
    now = NOW
    for _ in range(6):
        poll(ledger, now, news=False)
        now = ledger.due(now)
    waits = []
    for _ in range(8):
        ledger.spend(Purpose.POLL, now)
        ledger.record_failure(now)
        assert restart(ledger).due(now) == ledger.due(now)
        waits.append((ledger.due(now) - now) / MINUTE)
        now = ledger.due(now)
    assert waits == [10, 20, 40, 80, 160, 320, 360, 360]
    # The follow-up poll of a command does not wait for the retry.
    ledger.plan_follow_up(now)
    assert ledger.due(now) <= now + MINUTE
    now += MINUTE
    poll(ledger, now, news=False)
    assert ledger.due(now) - now == DAY


def test_charging_car_is_polled_when_charging_ends() -> None:
    ledger = make()
    ledger.spend(Purpose.POLL, NOW)
    charging = Situation(
        activity=Activity.CHARGING, reported_at=NOW, charge_complete_at=NOW + 12 * MINUTE
    )
    ledger.record_answer(charging, NOW, news=True)
    assert ledger.due(NOW) == NOW + 14 * MINUTE
    far = replace(charging, charge_complete_at=NOW + 9 * HOUR)
    ledger.record_answer(far, NOW, news=True)
    assert NOW + 14 * MINUTE < ledger.due(NOW) < NOW + HOUR


def test_old_report_of_driving_counts_as_asleep() -> None:
    asleep, driving = make(), make()
    poll(asleep, NOW, Activity.ASLEEP, news=True)
    driving.spend(Purpose.POLL, NOW)
    old_report = Situation(activity=Activity.DRIVING, reported_at=NOW - 2 * HOUR)
    driving.record_answer(old_report, NOW, news=True)
    assert driving.due(NOW) - NOW > HOUR
    assert driving.due(NOW) == asleep.due(NOW)


def test_pushes_delay_polls_by_at_most_a_day() -> None:
    ledger = make()
    poll(ledger, NOW, Activity.DRIVING, news=True)
    now = NOW
    while now < NOW + DAY - 10 * MINUTE:
        now += 5 * MINUTE
        assert ledger.due(now) > now
        ledger.record_push(Situation(activity=Activity.DRIVING, reported_at=now), now)
    assert ledger.due(now) == NOW + DAY


def test_pushes_make_polls_between_them_rare() -> None:
    ledger = make()
    poll(ledger, NOW, Activity.DRIVING, news=True)
    polls, now = 0, NOW
    for minutes in range(0, 24 * 60, 5):
        now = NOW + minutes * MINUTE
        if minutes % 50 == 0:
            ledger.record_push(Situation(activity=Activity.DRIVING, reported_at=now), now)
        elif ledger.due(now) <= now:
            poll(ledger, now, Activity.DRIVING)
            polls += 1
    assert polls <= 3
    # The webhook dies. The next poll comes soon and brings news; the ones after it are as usual.
    assert ledger.due(now) < now + 4 * HOUR
    poll(ledger, ledger.due(now), Activity.DRIVING, news=True)
    later = now + 4 * HOUR
    assert ledger.due(later) - later < HOUR


def test_sleeping_car_with_push_is_polled_daily_until_a_poll_brings_news() -> None:
    ledger = make()
    poll(ledger, NOW, news=True)
    ledger.record_push(Situation(activity=Activity.ASLEEP, reported_at=NOW), NOW)
    assert ledger.due(NOW) == NOW + DAY
    poll(ledger, NOW + DAY, news=True)
    assert ledger.due(NOW + DAY) < NOW + DAY + 4 * HOUR


def test_poll_is_due_soon_after_hours_of_usual_use_begin() -> None:
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


def test_refreshes_without_news_do_not_delay_polls() -> None:
    ledger = make()
    poll(ledger, NOW, Activity.DRIVING, news=True)
    wait = ledger.due(NOW) - NOW
    situation = Situation(activity=Activity.DRIVING, reported_at=NOW)
    for _ in range(6):
        ledger.spend(Purpose.REFRESH, NOW)
        ledger.record_answer(situation, NOW, news=False)
    assert ledger.due(NOW) - NOW < 1.5 * wait


def test_refresh_within_a_minute_does_not_replace_the_follow_up_poll() -> None:
    ledger = make()
    poll(ledger, NOW, news=True)
    ledger.spend(Purpose.COMMAND, NOW)
    ledger.plan_follow_up(NOW)
    ledger.spend(Purpose.REFRESH, NOW + MINUTE / 6)
    ledger.record_answer(Situation(), NOW + MINUTE / 6, news=False)
    assert ledger.due(NOW + MINUTE / 2) == NOW + MINUTE


def test_failing_for_is_the_time_between_first_and_last_failure() -> None:
    ledger = make()
    assert ledger.failing_for is None
    ledger.spend(Purpose.POLL, NOW)
    ledger.record_failure(NOW)
    assert restart(ledger).failing_for == timedelta()
    ledger.record_failure(NOW + HOUR)
    assert restart(ledger).failing_for == HOUR
    poll(ledger, NOW + HOUR)
    assert ledger.failing_for is None


def test_follow_up_is_due_only_after_a_command() -> None:
    ledger = make()
    assert ledger.follow_up_due(NOW) is None
    ledger.plan_follow_up(NOW)
    assert ledger.follow_up_due(NOW) == NOW + MINUTE
    poll(ledger, NOW + MINUTE)
    assert ledger.follow_up_due(NOW + MINUTE) is None


@pytest.mark.parametrize("budget", [Budget(10, 10), Budget(10, 1), Budget(1, 0)])
def test_first_poll_does_not_wait_for_the_allowance(budget: Budget) -> None:
    ledger = make(budget)
    assert ledger.due(NOW) == NOW
    poll(ledger, NOW, news=True)
    assert ledger.spent(NOW) == 1
    assert ledger.due(NOW) > NOW + DAY
