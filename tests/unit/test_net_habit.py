"""The learned hours: what a car does at weekends says nothing of its weekdays."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from custom_components.smartcar.budget import (
    Activity,
    ApplicationBucket,
    Budget,
    Ledger,
    Purpose,
    Situation,
)

HOUR: Final = timedelta(hours=1)
WEEK: Final = timedelta(days=7)
MONDAY: Final = datetime(2027, 3, 1, tzinfo=UTC)
IN_USE: Final = range(15, 18)
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def hours(weeks: int) -> Iterator[datetime]:
    """Yield the hours of some weeks that begin with a Monday."""
    end = MONDAY + weeks * WEEK
    now = MONDAY
    while now < end:
        yield now
        now += HOUR


def next_poll(*used: str, on: str) -> timedelta:
    """Return when a car that sleeps is polled next, from noon of a day of the week after.

    For three weeks it was in use in the afternoon of some days, and asleep else.
    """
    ledger = Ledger(Budget.of(60), ApplicationBucket())
    reported_at = MONDAY
    for now in hours(3):
        is_used = now.hour in IN_USE and DAYS[now.weekday()] in used
        activity = Activity.DRIVING if is_used else Activity.ASLEEP
        reported_at = now if is_used else reported_at
        situation = Situation(activity=activity, reported_at=reported_at)
        ledger.record_answer(situation, now, news=is_used)
    noon = MONDAY + 3 * WEEK + timedelta(days=DAYS.index(on), hours=12)
    ledger.spend(Purpose.POLL, noon)
    ledger.record_answer(Situation(reported_at=reported_at), noon, news=False)
    return ledger.due(noon) - noon


@pytest.mark.parametrize(
    ("used", "on", "concerns"),
    [
        ("Saturday", "Saturday", True),
        ("Saturday", "Sunday", True),
        ("Sunday", "Saturday", True),
        ("Saturday", "Monday", False),
        ("Sunday", "Monday", False),
        ("Friday", "Friday", True),
        ("Friday", "Monday", True),
        ("Friday", "Saturday", False),
        ("Friday", "Sunday", False),
    ],
)
def test_weekdays_and_weekends_have_habits_of_their_own(used: str, on: str, concerns: bool) -> None:
    usual, learned = next_poll(on=on), next_poll(used, on=on)
    assert (learned < usual) is concerns
    assert (learned == usual) is not concerns
