"""JSON as a type, and readers that never trust their input."""

from collections.abc import Mapping, Sequence

type Json = bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None
type JsonObject = Mapping[str, Json]


def as_object(value: Json) -> JsonObject:
    """Return `value` when it is an object, an empty one otherwise."""
    return value if isinstance(value, Mapping) else {}


def as_list(value: Json) -> Sequence[Json]:
    """Return `value` when it is an array, an empty one otherwise."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value
    return ()


def as_text(value: Json) -> str | None:
    """Return `value` when it is a string."""
    return value if isinstance(value, str) else None


def as_number(value: Json) -> float | None:
    """Return `value` when it is a number; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def as_texts(value: Json) -> tuple[str, ...]:
    """Return the strings of an array."""
    return tuple(item for item in as_list(value) if isinstance(item, str))
