"""Times and steps that the tests of the budget share."""

from datetime import UTC, datetime, timedelta
import json

from custom_components.smartcar.budget import (
    Activity,
    ApplicationBucket,
    Budget,
    Ledger,
    Purpose,
    Situation,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# A Monday in the middle of a month, so that days fit on both sides.
NOW = datetime(2026, 11, 16, 12, tzinfo=UTC)


def make(budget: Budget | None = None) -> Ledger:
    return Ledger(budget or Budget(), ApplicationBucket())


def poll(
    ledger: Ledger, now: datetime, activity: Activity = Activity.ASLEEP, *, news: bool = False
) -> None:
    ledger.spend(Purpose.POLL, now)
    ledger.record_answer(Situation(activity=activity, reported_at=now), now, news=news)


def restart(ledger: Ledger) -> Ledger:
    stored = json.loads(json.dumps(ledger.as_json()))
    bucket = ApplicationBucket.from_json(json.loads(json.dumps(ledger._bucket.as_json())))
    return Ledger.from_json(stored, ledger.budget, bucket)


def use_up(ledger: Ledger, now: datetime) -> None:
    """Spend everything that refreshes may spend now."""
    while ledger.refusal(Purpose.REFRESH, now) is None:
        ledger.spend(Purpose.REFRESH, now)
        ledger._bucket = ApplicationBucket()
