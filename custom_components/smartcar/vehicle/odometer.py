"""The odometer, without the readings that no car can have."""

from dataclasses import dataclass
from datetime import datetime, timedelta
import math
from typing import Final, Self

from ..api import Json, JsonObject, optional_number, optional_object, optional_time, time_to_json

# What no car does, in km: Home Assistant adds up what the odometer shows, for years.
_MOST_DOWN: Final = 1_000
_MOST_DOWN_SHARE: Final = 0.1
_MOST_UP_PER_DAY: Final = 2_500
# A reading that is repeated for so long is true all the same: another unit, another instrument.
_BELIEVED_AFTER: Final = timedelta(days=1)


def is_jump(before: float, after: float, elapsed: timedelta) -> bool:
    """Tell whether a change of the odometer, in km, is more than a car can do in that time."""
    if after < before:
        return before - after > min(_MOST_DOWN, _MOST_DOWN_SHARE * before)
    days = max(math.ceil(elapsed / timedelta(days=1)), 1)
    return after - before > _MOST_UP_PER_DAY * days


@dataclass(slots=True, kw_only=True)
class DoubtfulReading:
    """A reading that jumped, and since when it has been repeated. It is shown after a day."""

    kilometers: float | None = None
    reported_at: datetime | None = None
    since: datetime | None = None

    def believes(self, kilometers: float, reported_at: datetime, now: datetime) -> bool:
        """Record a reading that jumped; tell whether it has been repeated for a day."""
        is_repeated = (
            self.kilometers is not None
            and self.reported_at is not None
            and not is_jump(self.kilometers, kilometers, reported_at - self.reported_at)
        )
        if not is_repeated or self.since is None:
            self.since = now
        self.kilometers, self.reported_at = kilometers, reported_at
        return now - self.since >= _BELIEVED_AFTER

    def contradict(self, reported_at: datetime) -> None:
        """Forget the reading if a plausible one, reported at that time, is newer."""
        if self.reported_at is not None and reported_at > self.reported_at:
            self.clear()

    def clear(self) -> None:
        """Forget the reading."""
        self.kilometers = self.reported_at = self.since = None

    def as_json(self) -> dict[str, Json]:
        """Return what the store keeps."""
        return {
            "kilometers": self.kilometers,
            "reported_at": time_to_json(self.reported_at),
            "since": time_to_json(self.since),
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what the store kept. Parts of another shape are left out."""
        data: JsonObject = optional_object(value)
        return cls(
            kilometers=optional_number(data.get("kilometers")),
            reported_at=optional_time(data.get("reported_at")),
            since=optional_time(data.get("since")),
        )
