"""The limits that the cloud sets: for a car, its plan and the application."""

from datetime import UTC, datetime, timedelta
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.smartcar.api import (
    BillingError,
    RateLimitError,
    SmartcarError,
    TransportError,
    UpstreamError,
)
from custom_components.smartcar.api.errors import ErrorDetails
from custom_components.smartcar.budget import (
    ApplicationBucket,
    Budget,
    Ledger,
    Purpose,
    Reason,
    Refusal,
    record_error_limit,
)

from .ledgers import DAY, HOUR, MINUTE, NOW, make, poll, restart


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
def test_no_request_is_sent_before_retry_after(seconds: float | None, until: timedelta) -> None:
    ledger = make()
    ledger.spend(Purpose.COMMAND, NOW)
    ledger.record_limit(NOW, seconds)
    for one in (ledger, restart(ledger)):
        refusal = one.refusal(Purpose.REFRESH, NOW)
        assert (refusal.until - NOW if refusal else timedelta()) == until
        assert one.due(NOW) >= NOW + until


def test_shorter_retry_after_does_not_end_a_longer_one() -> None:
    ledger = make()
    ledger.record_limit(NOW, 7200)
    ledger.record_limit(NOW, 10)
    assert ledger.due(NOW) == NOW + 2 * HOUR


def test_refused_plan_stops_requests_until_the_month_ends() -> None:
    ledger = make()
    poll(ledger, NOW, news=True)
    ledger.record_plan_refusal(NOW)
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


def test_other_budget_ends_the_refusal_of_the_plan() -> None:
    ledger = make()
    poll(ledger, NOW, news=True)
    ledger.record_plan_refusal(NOW)
    ledger.record_failure(NOW)
    ledger = restart(ledger)
    ledger.set_budget(Budget.of(1000), NOW)
    assert ledger.refusal(Purpose.COMMAND, NOW) is None
    assert ledger.due(NOW) == NOW
    assert ledger.failing_for is None
    # But only once.
    poll(ledger, NOW, news=True)
    ledger = restart(ledger)
    ledger.set_budget(Budget.of(1000), NOW)
    assert ledger.due(NOW) > NOW + HOUR / 4


def test_plan_refused_since_the_first_of_the_month_is_tried_daily() -> None:
    """The plan was used up before the 1st, and its own month begins on the 15th."""
    ledger = make()
    poll(ledger, NOW, news=True)
    ledger.record_plan_refusal(NOW)
    now = ledger.due(NOW)
    assert now == datetime(2026, 12, 1, tzinfo=UTC)
    tries = []
    while now < datetime(2026, 12, 15, tzinfo=UTC):
        ledger.spend(Purpose.POLL, now)
        ledger.record_failure(now)
        ledger.record_plan_refusal(now)
        tries.append(now)
        assert ledger.used_up(now) is not None
        ledger = restart(ledger)
        now = ledger.due(now)
    assert len(tries) == 14
    poll(ledger, now, news=True)
    assert ledger.used_up(now) is None
    # The plan has answered in this month, so a later refusal is for the rest of the month.
    for _ in range(40):
        ledger.spend(Purpose.COMMAND, now)
    ledger.record_plan_refusal(now)
    assert ledger.due(now) == datetime(2027, 1, 1, tzinfo=UTC)


def test_other_budget_after_a_refusal_changes_nothing() -> None:
    ledger = make()
    ledger.record_plan_refusal(NOW, 60)
    poll(ledger, NOW + HOUR, news=True)
    due = ledger.due(NOW + HOUR)
    ledger.set_budget(Budget.of(500, 20), NOW + HOUR)
    ledger.set_budget(Budget.of(600, 20), NOW + HOUR)
    assert ledger.due(NOW + HOUR) > NOW + HOUR + 10 * MINUTE
    assert due > NOW + HOUR + 10 * MINUTE


def test_other_budget_ends_a_refusal_with_retry_after() -> None:
    ledger = make()
    ledger.record_plan_refusal(NOW, 86_400)
    ledger.set_budget(Budget.of(500, 20), NOW)
    assert ledger.refusal(Purpose.COMMAND, NOW) is not None
    ledger.set_budget(Budget.of(1000), NOW)
    assert ledger.refusal(Purpose.COMMAND, NOW) is None
    assert ledger.due(NOW) == NOW


def test_plan_refusal_with_retry_after_lasts_that_long() -> None:
    ledger = make()
    ledger.record_plan_refusal(NOW, 3600)
    for one in (ledger, restart(ledger)):
        assert one.due(NOW) == NOW + HOUR
        assert one.left(NOW) == 0
        refusal = one.used_up(NOW)
        assert refusal is not None
        assert (refusal.reason, refusal.until) == (Reason.PLAN, NOW + HOUR)
        assert one.used_up(NOW + HOUR) is None
        assert one.left(NOW + HOUR) == 500


def test_cars_share_the_bucket_and_polls_leave_the_last_20_to_the_user() -> None:
    bucket = ApplicationBucket()
    one, other, new = (Ledger(Budget(9000, 900), bucket) for _ in range(3))
    poll(other, NOW - DAY)
    for _ in range(100):
        one.spend(Purpose.COMMAND, NOW)
    assert other.due(NOW) == NOW + 30 * timedelta(seconds=1)
    # The first poll of a car is for a user who waits, so it may spend the last 20 too.
    assert new.due(NOW) == NOW
    assert other.refusal(Purpose.REFRESH, NOW) is None
    for _ in range(20):
        one.spend(Purpose.COMMAND, NOW)
    refusal = other.refusal(Purpose.COMMAND, NOW)
    assert refusal is not None
    assert (refusal.reason, refusal.until) == (Reason.APPLICATION, NOW + MINUTE / 2)


@given(gaps=st.lists(st.floats(0, 300), max_size=300))
def test_bucket_never_allows_more_than_the_cloud(gaps: list[float]) -> None:
    bucket = ApplicationBucket()
    now, level = NOW, 120.0
    for gap in gaps:
        now += timedelta(seconds=gap)
        level = min(level + gap / 30, 120)
        while bucket.free_at(Purpose.COMMAND, now) == now:
            bucket.spend(now)
            level -= 1
            assert level > -1e-6
        bucket = ApplicationBucket.from_json(json.loads(json.dumps(bucket.as_json())))


def test_application_limit_stops_all_cars() -> None:
    bucket = ApplicationBucket()
    bucket.record_limit(NOW, 7200)
    ledger = Ledger(Budget(), bucket)
    assert ledger.due(NOW) == NOW + 2 * HOUR
    # The clock is set back: the wait stays as long.
    assert ledger.due(NOW - 30 * DAY) == NOW - 30 * DAY + 2 * HOUR


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            RateLimitError(ErrorDetails(status=429, code="SMARTCAR_API", retry_after=90.0)),
            Reason.APPLICATION,
        ),
        (
            RateLimitError(ErrorDetails(status=429, code="VEHICLE", retry_after=90.0)),
            Reason.RETRY_AFTER,
        ),
        (BillingError(ErrorDetails(status=430, retry_after=90.0)), Reason.PLAN),
        (UpstreamError(ErrorDetails(status=502, retry_after=90.0)), Reason.RETRY_AFTER),
        (UpstreamError(ErrorDetails(status=502)), None),
        (TransportError("connection lost"), None),
    ],
)
def test_error_sets_a_limit_for_the_car_its_plan_or_the_application(
    error: SmartcarError, reason: Reason | None
) -> None:
    until = NOW + timedelta(seconds=90)
    bucket = ApplicationBucket()
    ledger = Ledger(Budget(), bucket)
    record_error_limit(error, NOW, bucket, ledger)
    assert ledger.refusal(Purpose.COMMAND, NOW) == (Refusal(reason, until) if reason else None)
    # A list of connections is for no car, so only the application's limit counts.
    bucket = ApplicationBucket()
    record_error_limit(error, NOW, bucket)
    free_at = bucket.free_at(Purpose.COMMAND, NOW)
    assert free_at == (until if reason is Reason.APPLICATION else NOW)
