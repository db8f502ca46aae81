"""Foreign JSON as typed values, and times as JSON.

The `required_*` functions raise `InvalidResponseError`, which names the field and the type that
was found there, never the value. The `optional_*` functions return None (or nothing, for objects
and lists) for a value of another type, and never raise.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
import json
import math

from .errors import InvalidResponseError

type Json = bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None
type JsonObject = Mapping[str, Json]

_EPOCH = datetime.fromtimestamp(0, UTC)
# The types that `json` creates come first: a check against an abstract class is slow.
_OBJECT = (dict, Mapping)
_LIST = (list, Sequence)

# Longer texts of digits count seconds or milliseconds: "20260629" is a date.
_DIGITS_OF_A_DATE = 8
# As milliseconds, a smaller number would be before March 1973, so it counts seconds.
_FIRST_PLAUSIBLE_MILLISECONDS = 1e11


def parse_json(body: bytes, *, status: int | None = None) -> Json:
    """Return the JSON of a response body.

    Args:
        body: The raw bytes.
        status: The HTTP status of the response, which the error keeps.

    Raises:
        InvalidResponseError: The body is not JSON (HTML, empty, or cut off).
    """
    try:
        parsed: Json = json.loads(body)
    # Thousands of nested brackets raise a RecursionError.
    except ValueError, RecursionError:
        found = "an empty body" if not body.strip() else "a body that is not JSON"
        raise InvalidResponseError(f"expected JSON, got {found}", status=status) from None
    return parsed


def required_object(value: Json, where: str) -> JsonObject:
    """Return the value if it is an object."""
    if isinstance(value, _OBJECT):
        return value
    raise InvalidResponseError(f"{where}: expected an object, got {type(value).__name__}")


def required_list(value: Json, where: str) -> Sequence[Json]:
    """Return the value if it is an array."""
    if isinstance(value, _LIST) and not isinstance(value, str):
        return value
    raise InvalidResponseError(f"{where}: expected an array, got {type(value).__name__}")


def required_text(value: Json, where: str) -> str:
    """Return the value if it is a text that is not blank, without blanks around it."""
    if (text := optional_text(value)) is not None:
        return text
    raise InvalidResponseError(f"{where}: expected a text, got {type(value).__name__}")


def optional_object(value: Json) -> JsonObject:
    """Return the value if it is an object, else an empty one."""
    return value if isinstance(value, _OBJECT) else {}


def optional_list(value: Json) -> Sequence[Json]:
    """Return the value if it is an array, else an empty one."""
    return value if isinstance(value, _LIST) and not isinstance(value, str) else ()


def optional_text(value: Json) -> str | None:
    """Return the text without blanks around it; None if nothing is left or it is not a text.

    JSON can contain halves of surrogate pairs, which no encoder can write: they become "\ufffd".
    """
    if not isinstance(value, str):
        return None
    if not value.isascii():
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value.strip() or None


def optional_bool(value: Json) -> bool | None:
    """Return the value if it is true or false."""
    return value if isinstance(value, bool) else None


def optional_number(value: Json) -> float | None:
    """Return the value if it is a finite number; true and false are not numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def optional_integer(value: Json) -> int | None:
    """Return the value if it is a whole number, also when written as `2.0`."""
    number = optional_number(value)
    return int(number) if number is not None and number.is_integer() else None


def optional_time(value: Json) -> datetime | None:
    """Return an aware UTC time from an ISO-8601 string, epoch milliseconds or epoch seconds.

    Smartcar writes 0, or 1970 as a string, where it has no time: both are None. A string without
    an offset is UTC. Anything that is not a time is None.

    Source: https://smartcar.com/docs/api-reference/get-signals (ISO-8601),
    https://smartcar.com/docs/integrations/webhooks/webhook-receiver (milliseconds)
    """
    try:
        if isinstance(value, str) and not (value.isdecimal() and len(value) > _DIGITS_OF_A_DATE):
            moment = datetime.fromisoformat(value)
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
            return moment if moment > _EPOCH else None
        number = optional_number(int(value) if isinstance(value, str) else value)
        if not number or number < 0:
            return None
        seconds = number / 1000 if number >= _FIRST_PLAUSIBLE_MILLISECONDS else number
        return datetime.fromtimestamp(seconds, UTC)
    except ValueError, OverflowError, OSError:
        return None


def time_to_json(time: datetime | None) -> str | None:
    """Return the time as JSON, in the form that `optional_time` reads; None stays None."""
    return time.isoformat() if time else None


def writable(value: Json, depth: int = 20) -> Json:
    """Return foreign JSON as JSON that every encoder can write.

    Whole numbers beyond 64 bits, lone surrogates and endless nesting can be read and not written.
    Infinity and NaN would come back as null, as if nothing had been sent. Each is replaced by an
    empty object, which no reader takes for a value: one of them must not cost the whole store.
    """
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < 2**63 else {}
    if isinstance(value, float):
        return value if math.isfinite(value) else {}
    if isinstance(value, Mapping):
        items = value.items() if depth else ()
        return {str(writable(key)): writable(item, depth - 1) for key, item in items}
    if isinstance(value, list | tuple):
        return [writable(item, depth - 1) for item in value] if depth else []
    return value
