"""Reading foreign JSON without trusting it.

The `required_*` functions raise `InvalidResponseError`, naming the field and the type that stood
there, never its value. The `optional_*` functions answer None for whatever is not of the type.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
import json
import math

from .errors import InvalidResponseError

type Json = bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None
type JsonObject = Mapping[str, Json]

_EPOCH = datetime.fromtimestamp(0, UTC)
# What JSON is read into, before what else can be one: asking an abstract class takes its time.
_OBJECT = (dict, Mapping)
_LIST = (list, Sequence)

# A number of milliseconds below this lies before March 1973, so it counts seconds.
_FIRST_PLAUSIBLE_MILLISECONDS = 1e11


def parse_json(body: bytes, *, status: int | None = None) -> Json:
    """Return the JSON of a response body.

    Raises InvalidResponseError for anything that is not JSON (HTML, an empty or a cut-off body).
    """
    try:
        parsed: Json = json.loads(body)
    # Brackets nested by the thousand end in a RecursionError.
    except ValueError, RecursionError:
        what = "an empty body" if not body.strip() else "a body that is not JSON"
        raise InvalidResponseError(f"expected JSON, got {what}", status=status) from None
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
    """Return the value if it is a text that is not blank."""
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
    """Return the text without blanks around it; None if nothing is left or it is no text.

    Halves of surrogate pairs, which JSON can hold and no encoder can write, become "\ufffd".
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
    """Return the value if it is a finite number; true and false are none."""
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
    """Return an aware UTC time from an ISO-8601 string or epoch milliseconds.

    0 means missing, and so does what it looks like when written out. A string without an offset
    is UTC. What cannot be a time is None.
    Source: https://smartcar.com/docs/api-reference/get-signals (REST),
    https://smartcar.com/docs/integrations/webhooks/webhook-receiver (milliseconds).
    """
    try:
        if isinstance(value, str) and not (value.isdecimal() and len(value) >= 12):
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
