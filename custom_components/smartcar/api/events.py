"""Deliveries of webhooks: the signature, the answer to VERIFY, and the event. Pure functions.

Source: https://smartcar.com/docs/integrations/webhooks/receiving-webhooks,
https://smartcar.com/docs/integrations/webhooks/callback-verification
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
import hashlib
import hmac
import re
from typing import Self

from .errors import InvalidResponseError, Resolution
from .models import Signal, resolution_from_json
from .payload import (
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
from .stringify import stringify

_SIGNATURE = re.compile(r"[0-9a-f]{64}")
# A stranger who knows the URL could have a forged event signed if any text were signed. A short
# text of these characters is not an event, though "1" and "true" are JSON.
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{1,128}")


class EventType(StrEnum):
    """The types of events. No others are documented or were seen."""

    VERIFY = "VERIFY"
    VEHICLE_STATE = "VEHICLE_STATE"
    VEHICLE_ERROR = "VEHICLE_ERROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleError:
    """An error of a vehicle, or the end of one.

    Attributes:
        type: A member of `ErrorType`, or a new one.
        code: A member of `ErrorCode`, or another one. Can be None.
        is_resolved: True if the error has ended.
        description: A description for developers. It can contain ids.
        suggested_user_message: A description for the owner.
        resolution: The remedy.
        codes: The codes of the signals that it concerns; None for the whole connection, which an
            empty list means as well.
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
        """The same for an error and for its end."""
        return f"{self.type}:{self.code}"

    def as_json(self) -> JsonObject:
        """Return the error as JSON that `from_json` reads, without its state."""
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
        listed = data.get("signals")
        return cls(
            type=required_text(data.get("type"), "error.type"),
            code=optional_text(data.get("code")),
            is_resolved=(optional_text(data.get("state")) or "").upper() == "RESOLVED",
            description=optional_text(data.get("description")),
            suggested_user_message=optional_text(data.get("suggestedUserMessage")),
            resolution=resolution_from_json(data.get("resolution")),
            codes=None
            if listed is None or listed == []
            else frozenset(code for item in optional_list(listed) if (code := _signal_code(item))),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event.

    Attributes:
        type: None for a type that is not known.
        id: Smartcar's id of the event, the same in each retry of its delivery.
        delivered_at: The time at which Smartcar sent the delivery; None if it does not say.
        is_test: True for the dashboard's *Test webhook*, whose ids are made up.
        vehicle_id: Smartcar's id of the vehicle.
        user_id: Smartcar's id of the owner whose permissions the event was made with.
        challenge: The challenge of VERIFY.
        signals: The signals of VEHICLE_STATE.
        errors: The errors of VEHICLE_ERROR.
        malformed: How many signals and errors were left out because they could not be read.
    """

    type: EventType | None
    id: str | None = None
    delivered_at: datetime | None = None
    is_test: bool = False
    vehicle_id: str | None = None
    user_id: str | None = None
    challenge: str | None = None
    signals: tuple[Signal, ...] = ()
    errors: tuple[VehicleError, ...] = ()
    malformed: int = 0


def sign(token: str, payload: bytes) -> str:
    """Return the HMAC-SHA256 of a payload in lower-case hex.

    Args:
        token: The application management token.
        payload: The raw body of a delivery, or a challenge.
    """
    return hmac.new(token.encode(), payload, hashlib.sha256).hexdigest()


def is_signed(body: bytes, signature: str, tokens: Iterable[str]) -> bool:
    """Return whether one of the tokens signed the body, in constant time for each.

    The raw bytes are checked first, then the parsed body as JavaScript prints it, because Smartcar's
    own recipe signs that form. A body that could be a challenge never counts as signed: VERIFY
    signs it for everyone.

    Args:
        body: The raw body of the delivery.
        signature: The header `SC-Signature`.
        tokens: The application management tokens that are valid now.
    """
    given = signature.lower()
    if not signature.isascii() or not _SIGNATURE.fullmatch(given) or _is_challenge(body):
        return False
    tokens = tuple(tokens)
    if any(hmac.compare_digest(sign(token, body), given) for token in tokens):
        return True
    try:
        parsed = parse_json(body)
        printed = stringify(parsed).encode()
    except InvalidResponseError, RecursionError:
        return False
    if _is_challenge(printed):
        return False
    return any(hmac.compare_digest(sign(token, printed), given) for token in tokens)


def _is_challenge(payload: bytes) -> bool:
    return _CHALLENGE.fullmatch(payload.decode(errors="replace")) is not None


def answer_challenge(challenge: str, token: str) -> Mapping[str, str] | None:
    """Return the answer to VERIFY as JSON; None unless the challenge is a short, token-like text.

    Args:
        challenge: The challenge of the event.
        token: The application management token.

    Source: https://smartcar.com/docs/integrations/webhooks/callback-verification
    """
    if not _CHALLENGE.fullmatch(challenge):
        return None
    return {"challenge": sign(token, challenge.encode())}


def parse_event(body: bytes) -> Event:
    """Return the event in the body of a delivery. Does not check the signature.

    Raises:
        InvalidResponseError: The body is not a JSON object.

    Source: https://smartcar.com/docs/integrations/webhooks/receiving-webhooks
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
        vehicle_id=optional_text(vehicle.get("id"))
        or optional_text(content.get("vehicleId"))
        or optional_text(data.get("vehicleId")),
        user_id=optional_text(optional_object(content.get("user")).get("id"))
        or optional_text(content.get("userId"))
        or optional_text(data.get("userId")),
        challenge=optional_text(content.get("challenge")),
        signals=signals,
        errors=errors,
        malformed=bad_signals + bad_errors,
    )


def _read_each[T](value: Json, read: Callable[[Json], T]) -> tuple[tuple[T, ...], int]:
    members: list[T] = []
    malformed = 0
    for item in optional_list(value):
        try:
            members.append(read(item))
        except InvalidResponseError:
            malformed += 1
    return tuple(members), malformed


def _signal_code(value: Json) -> str | None:
    """Return the code of a signal: an object with `code`, or "Group.Name" until 2025."""
    if isinstance(value, str):
        return value.replace(".", "-", 1).lower()
    code = optional_text(optional_object(value).get("code"))
    return code.lower() if code else None
