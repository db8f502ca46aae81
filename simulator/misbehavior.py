"""The ways in which the events of a webhook may be wrong."""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from .json_types import Json, JsonObject


class Signing(StrEnum):
    """How a body is signed."""

    RIGHT = "right"
    WRONG = "wrong"
    NONE = "none"
    UPPER = "upper"
    COMPACT = "compact"
    """Over the body as JavaScript prints it, while it is sent indented (reference 9.2, 14)."""


class TriggerForm(StrEnum):
    """How an event says what caused it (reference 9.4)."""

    OBJECTS = "objects"
    """Top level, `{type, signal: {name, code, group}}`: live captures."""
    NAMES = "names"
    """Top level, `{type, signal: "Group.Name"}`: live captures of 2025."""
    DATA = "data"
    """`data.triggers[{code, name, group}]`: the documents."""


class SignalMeta(StrEnum):
    """How a signal states its age."""

    RIGHT = "right"
    MISSING = "missing"
    EMPTY = "empty"
    ZERO = "zero"


class VerifyForm(StrEnum):
    """The forms of a VERIFY (reference 9.3)."""

    FULL = "full"
    BARE = "bare"
    """Only `eventType` and `data`, as captured live."""
    LEGACY = "legacy"
    """`eventName` and `payload`, as in v2."""


@dataclass(frozen=True, slots=True)
class Misbehavior:
    """What is wrong with a webhook's events; fields that are not given change nothing.

    An event takes the misbehavior that is set when it arises, and keeps it through its retries.
    """

    duplicates: int = 0
    """Each event is delivered this many times more, at once after the first."""
    reorder: int = 0
    """This many events wait for each other, then go newest first; `flush` sends those that wait."""
    concurrent: bool = False
    """No delivery waits for the answer to the one before."""
    signature: Signing = Signing.RIGHT
    pretty: bool = False
    """The body is indented, and signed as it is sent unless `signature` says otherwise."""
    delivered_at_offset: float = 0.0
    """Seconds: negative is old, positive is ahead."""
    delivered_at_missing: bool = False
    test_mode: bool = False
    """As the dashboard's test sends it: made-up ids, mode TEST (reference 9.6)."""
    unknown_event: bool = False
    malformed_signal: bool = False
    missing_status: bool = False
    """Good signals have no status, as before 2025-11-17."""
    signal_meta: SignalMeta = SignalMeta.RIGHT
    triggers: TriggerForm = TriggerForm.OBJECTS
    verify_form: VerifyForm = VerifyForm.FULL
    silent: bool = False
    """Only a VERIFY is sent; events that happen meanwhile are lost."""
    count: int | None = None
    """How many events go wrong; None is for ever."""

    def as_json(self) -> JsonObject:
        """Return the misbehavior as the control API takes it."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def from_json(cls, value: JsonObject) -> Misbehavior:
        """Read a misbehavior; raises ValueError for unknown fields and wrong values."""
        known = {one.name: one.default for one in fields(cls)}
        if unknown := set(value) - set(known):
            raise ValueError(f"unknown fields: {sorted(unknown)}")
        given: dict[str, Any] = {
            name: _read(name, known[name], item) for name, item in value.items()
        }
        return cls(**given)


def _read(name: str, default: object, value: Json) -> object:
    """Return a value of the type that a field has by default."""
    if name == "count" and value is None:
        return None
    if isinstance(default, StrEnum):
        return type(default)(str(value))
    if isinstance(default, bool):
        if isinstance(value, bool):
            return value
    elif isinstance(value, int) and not isinstance(value, bool):
        if value >= 0 or isinstance(default, float):
            return value
    elif isinstance(value, float) and isinstance(default, float):
        return value
    raise ValueError(f"not a value for {name}: {value!r}")
