"""Spans of time, and moments that tests begin at."""

from datetime import UTC, datetime, timedelta

from homeassistant.util import dt as dt_util

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# No car waits for longer: if so much time passes at once, each car is polled once.
POLL = DAY
LISTING = HOUR
# Short enough for everything that is timed, for long spans.
STEP = timedelta(minutes=30)


def next_month() -> datetime:
    """Return when the UTC month ends, and with it the counts of the budget."""
    return (dt_util.utcnow().replace(day=1) + timedelta(days=31)).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )


def next_march() -> datetime:
    """Return noon of the next 16 March."""
    now = datetime.now(UTC)
    march = now.replace(month=3, day=16, hour=12, minute=0, second=0, microsecond=0)
    return march if march > now else march.replace(year=march.year + 1)
