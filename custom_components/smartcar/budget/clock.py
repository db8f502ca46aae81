"""Calendar months and hours in UTC, waiting times, and a clock that is set back."""

from collections.abc import Iterator
from datetime import datetime, timedelta
import math
from typing import Final

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

# How long to wait after an error 429 that does not say how long.
_DEFAULT_RETRY: Final = timedelta(seconds=60)
_LONGEST_RETRY: Final = timedelta(days=31)


def month_key(time: datetime) -> str:
    """Return the name of the month: "2026-11"."""
    return f"{time.year}-{time.month:02}"


def month_bounds(time: datetime) -> tuple[datetime, datetime]:
    """Return when the month of that time begins, and when the next one begins."""
    start = time.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return start, (start + timedelta(days=31)).replace(day=1)


def hour_of(time: datetime) -> datetime:
    """Return when the hour of that time begins."""
    return time.replace(minute=0, second=0, microsecond=0)


def hours_between(first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the beginning of each hour that overlaps the span, ends included."""
    hour = hour_of(first)
    while hour <= last:
        yield hour
        hour += HOUR


def later(one: datetime | None, other: datetime) -> datetime:
    """Return the later of two times, the first of which may be missing."""
    return other if one is None else max(one, other)


def not_after(time: datetime | None, now: datetime) -> datetime | None:
    """Return a time of the past, moved to `now` if the clock was set back before it."""
    return None if time is None else min(time, now)


def keep_distance(time: datetime | None, before: datetime | None, now: datetime) -> datetime | None:
    """Return a planned time, as far away as it was if the clock was set back.

    No planned time is more than 31 days away.

    Args:
        time: The planned time.
        before: The time that the clock showed when it was last read.
        now: The time that it shows now.
    """
    if time is None:
        return None
    set_back_by = min(now - (before or now), timedelta())
    return min(time + set_back_by, now + _LONGEST_RETRY)


def retry_delay(retry_after: float | None) -> timedelta:
    """Return how long to wait after an error with this `retry-after` (seconds)."""
    if retry_after is None or math.isnan(retry_after):
        return _DEFAULT_RETRY
    return timedelta(seconds=min(max(retry_after, 0), _LONGEST_RETRY.total_seconds()))
