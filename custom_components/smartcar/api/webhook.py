"""What the cloud pushes: signatures, the answer to VERIFY, and events. Pure functions.

Source: https://smartcar.com/docs/integrations/webhooks/receiving-webhooks,
https://smartcar.com/docs/integrations/webhooks/callback-verification.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
import hashlib
import hmac
import json
import re
from typing import Self

from .errors import InvalidResponseError, Resolution
from .models import Signal
from .reading import (
    Json,
    JsonObject,
    optional_list,
    optional_object,
    optional_text,
    optional_time,
    parse_json,
    required_object,
    required_text,
)

_SIGNATURE = re.compile(r"[0-9a-f]{64}")
# Signing any text at all would let whoever knows the URL have forged events signed. What is
# signed all the same is never an event: even "1" and "true" are JSON.
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{1,128}")


class EventType(StrEnum):
    """The kinds of events. There are no others in the documents or in the wild."""

    VERIFY = "VERIFY"
    VEHICLE_STATE = "VEHICLE_STATE"
    VEHICLE_ERROR = "VEHICLE_ERROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleError:
    """One error of a car, or the end of one.

    `codes` are the signals it concerns; None means the whole connection, as an empty list does.
    """

    type: str
    code: str | None = None
    is_resolved: bool = False
    description: str | None = None
    suggested_user_message: str | None = None
    resolution: Resolution | None = None
    codes: frozenset[str] | None = None

    @property
    def key(self) -> str:
        """What an error and its resolution have in common."""
        return f"{self.type}:{self.code}"

    def as_json(self) -> JsonObject:
        """Return the error in the form in which it came."""
        resolution = self.resolution or Resolution()
        return {
            "type": self.type,
            "code": self.code,
            "description": self.description,
            "suggestedUserMessage": self.suggested_user_message,
            "resolution": {"type": resolution.type, "url": resolution.url},
            "signals": None
            if self.codes is None
            else [{"code": code} for code in sorted(self.codes)],
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read one element of `data.errors`."""
        data = required_object(value, "error")
        resolution = optional_object(data.get("resolution"))
        listed = data.get("signals")
        return cls(
            type=required_text(data.get("type"), "error.type"),
            code=optional_text(data.get("code")),
            is_resolved=(optional_text(data.get("state")) or "").upper() == "RESOLVED",
            description=optional_text(data.get("description")),
            suggested_user_message=optional_text(data.get("suggestedUserMessage")),
            resolution=Resolution(
                optional_text(resolution.get("type")), optional_text(resolution.get("url"))
            )
            if resolution
            else None,
            codes=None
            if listed is None or listed == []
            else frozenset(code for item in optional_list(listed) if (code := _signal_code(item))),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One delivery. `id` is the same for every try to deliver it.

    `delivered_at` is None if the delivery does not say; `malformed` counts the signals and errors
    that could not be read and cost the others nothing.
    """

    type: EventType | None
    id: str | None = None
    delivered_at: datetime | None = None
    is_test: bool = False
    vehicle_id: str | None = None
    challenge: str | None = None
    signals: tuple[Signal, ...] = ()
    errors: tuple[VehicleError, ...] = ()
    malformed: int = 0


def sign(token: str, payload: bytes) -> str:
    """Return the lower-case hex HMAC-SHA256 of a payload under the management token."""
    return hmac.new(token.encode(), payload, hashlib.sha256).hexdigest()


def is_signed(body: bytes, signature: str, tokens: Iterable[str]) -> bool:
    """Tell whether one of the tokens signed the body, in constant time for each.

    The raw bytes count. If they fail, the compact dump of the parsed body gets one try, since
    that is what the vendor's own recipe signs. What could be a challenge is signed by nobody:
    VERIFY signs it for everybody.
    """
    given = signature.lower()
    if not signature.isascii() or not _SIGNATURE.fullmatch(given) or _is_challenge(body):
        return False
    tokens = tuple(tokens)
    if any(hmac.compare_digest(sign(token, body), given) for token in tokens):
        return True
    try:
        parsed = parse_json(body)
        dump = json.dumps(parsed, separators=(",", ":"), ensure_ascii=False).encode()
    except InvalidResponseError, ValueError, RecursionError:
        return False
    if _is_challenge(dump):
        return False
    return any(hmac.compare_digest(sign(token, dump), given) for token in tokens)


def _is_challenge(payload: bytes) -> bool:
    return _CHALLENGE.fullmatch(payload.decode(errors="replace")) is not None


def answer_challenge(challenge: str, token: str) -> Mapping[str, str] | None:
    """Return the answer to VERIFY; None unless the challenge is a short, token-like text."""
    if not _CHALLENGE.fullmatch(challenge):
        return None
    return {"challenge": sign(token, challenge.encode())}


def parse_event(body: bytes) -> Event:
    """Return the event in a body.

    Raises InvalidResponseError if the body as a whole is not of the documented shape; a type that
    nobody knows is none, and costs nothing.
    """
    return _event(required_object(parse_json(body), "event"))


def _event(data: JsonObject) -> Event:
    name = optional_text(data.get("eventType")) or optional_text(data.get("eventName")) or ""
    kind = EventType(name.upper()) if name.upper() in EventType else None
    content = optional_object(data.get("data")) or optional_object(data.get("payload"))
    meta = optional_object(data.get("meta"))
    vehicle = optional_object(content.get("vehicle"))
    modes = {optional_text(meta.get("mode")), optional_text(vehicle.get("mode"))}
    signals, bad_signals = _read_each(content.get("signals"), Signal.from_event)
    errors, bad_errors = _read_each(content.get("errors"), VehicleError.from_json)
    return Event(
        type=kind,
        id=optional_text(data.get("eventId")),
        delivered_at=optional_time(meta.get("deliveredAt"))
        or optional_time(meta.get("deliveryTime")),
        is_test="TEST" in {mode.upper() for mode in modes if mode},
        vehicle_id=optional_text(vehicle.get("id")),
        challenge=optional_text(content.get("challenge")),
        signals=signals,
        errors=errors,
        malformed=bad_signals + bad_errors,
    )


def _read_each[T](value: Json, read: Callable[[Json], T]) -> tuple[tuple[T, ...], int]:
    found: list[T] = []
    malformed = 0
    for item in optional_list(value):
        try:
            found.append(read(item))
        except InvalidResponseError:
            malformed += 1
    return tuple(found), malformed


def _signal_code(value: Json) -> str | None:
    """Return the code of a signal that is an object with `code`, or, before 2026, "Group.Name"."""
    if isinstance(value, str):
        return value.replace(".", "-", 1).lower()
    code = optional_text(optional_object(value).get("code"))
    return code.lower() if code else None
