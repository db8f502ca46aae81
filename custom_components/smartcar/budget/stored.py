"""Reading stored values: a default replaces a value of another shape."""

from collections.abc import Mapping
from datetime import UTC, datetime

from ..api import Json, JsonObject


def read_object(value: Json) -> JsonObject:
    """Return the value if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def read_number(value: Json, least: float, most: float, default: float) -> float:
    """Return the value if it is a number within the bounds, else the default."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        return default
    return value


def read_count(value: Json, least: int = 0, most: float = 1e9, default: int = 0) -> int:
    """Return the value as a whole number if it is a number within the bounds, else the default."""
    return int(read_number(value, least, most, default))


def read_time(value: Json) -> datetime | None:
    """Return the time in UTC; None if it is no time, or one without a time zone."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    # Adding a month to a year near the first or the last one would overflow.
    return time.astimezone(UTC) if time and time.tzinfo and 1970 < time.year < 9000 else None


def write_time(time: datetime | None) -> str | None:
    """Return the time as it is stored."""
    return time.isoformat() if time else None
