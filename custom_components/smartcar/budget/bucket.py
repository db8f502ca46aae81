"""The cloud's limit for all cars of an application."""

from datetime import datetime, timedelta
from typing import Final, Self

from ..api import Json
from .clock import keep_distance, later, retry_delay
from .plan import Purpose
from .stored import read_number, read_object, read_time, write_time


class ApplicationBucket:
    """The requests that the cars of an application may send at once.

    A full bucket holds 120 requests, and Smartcar refills it with 2 a minute. Polls leave the
    last 20 to the user.
    """

    CAPACITY: Final = 120
    PER_REFILL: Final = timedelta(seconds=30)
    KEPT_FROM_POLLS: Final = 20

    def __init__(self) -> None:
        self._level = float(self.CAPACITY)
        self._level_at: datetime | None = None
        self._blocked_until: datetime | None = None

    def free_at(self, purpose: Purpose, now: datetime) -> datetime:
        """Return when the next request for that purpose may be sent; `now` if at once."""
        self._refill(now)
        needed = 1 + (self.KEPT_FROM_POLLS if purpose is Purpose.POLL else 0)
        free = now + max(needed - self._level, 0) * self.PER_REFILL
        return max(free, self._blocked_until or free)

    def spend(self, now: datetime) -> None:
        """Count a request to the vehicle API, for any car or for the list of connections."""
        self._refill(now)
        self._level = max(self._level - 1, 0)

    def record_limit(self, now: datetime, retry_after: float | None = None) -> None:
        """Block all requests after a 429 for the application; `retry_after` is in seconds."""
        self._refill(now)
        self._level = 0
        self._blocked_until = later(self._blocked_until, now + retry_delay(retry_after))

    def _refill(self, now: datetime) -> None:
        passed = now - (self._level_at or now)
        self._blocked_until = keep_distance(self._blocked_until, self._level_at, now)
        self._level = min(self._level + max(passed / self.PER_REFILL, 0), self.CAPACITY)
        self._level_at = now

    def as_json(self) -> dict[str, Json]:
        """Return what is stored."""
        return {
            "level": self._level,
            "at": write_time(self._level_at),
            "blocked_until": write_time(self._blocked_until),
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Return the stored bucket; a malformed value becomes that of a new bucket."""
        data = read_object(value)
        bucket = cls()
        bucket._level = read_number(data.get("level"), 0, cls.CAPACITY, cls.CAPACITY)
        bucket._level_at = read_time(data.get("at"))
        bucket._blocked_until = read_time(data.get("blocked_until"))
        return bucket
