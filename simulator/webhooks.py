"""What webhooks are, how they may misbehave, and the bodies they send (reference 9)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
import hashlib
import hmac
from ipaddress import ip_address
import json
from typing import Any, Final
from urllib.parse import urlsplit

from .car import Car
from .catalogue import SIGNALS
from .clock import iso
from .errors import ErrorType, Resolution, problem
from .json_types import Json, JsonObject, as_object
from .signals import Missing, StoredSignal

VERSION: Final = "4.0"
VERIFY: Final = "VERIFY"
VEHICLE_STATE: Final = "VEHICLE_STATE"
VEHICLE_ERROR: Final = "VEHICLE_ERROR"
FIRST_DELIVERY: Final = "FIRST_DELIVERY"
UNKNOWN_EVENT: Final = "VEHICLE_PREMONITION"
"""An event type that nobody documented."""

RETRY_DELAYS: Final = (0.0, 25.0, 50.0, 100.0)
"""Seconds before each attempt; after the last one the event is dropped for good."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook made in the dashboard (reference 9.7); no API shows whether it is verified."""

    id: str
    name: str
    callback_uri: str
    error_callback_uri: str | None
    is_enabled: bool
    auto_subscribe: bool
    triggers: tuple[str, ...]
    data: tuple[str, ...]
    created_at: float
    is_verified: bool = False

    def __post_init__(self) -> None:
        """Refuse unknown signals and addresses that are elsewhere."""
        unknown = {*self.triggers, *self.data} - set(SIGNALS)
        if unknown:
            raise ValueError(f"unknown signals: {sorted(unknown)}")
        for uri in (self.callback_uri, self.error_callback_uri):
            if uri is not None and not _on_loopback(uri):
                raise ValueError("a callback must be an http or https address on loopback")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A car subscribed to a webhook (reference 9.7)."""

    id: str
    webhook_id: str
    user_id: str
    vehicle_id: str
    created_at: float
    visible_at: float


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to deliver an event, and what the receiver answered.

    `status` is None when no answer came; `error` then says why.
    """

    webhook_id: str
    event_id: str
    delivery_id: str
    type: str
    vehicle_id: str | None
    attempt: int
    at: float
    status: int | None = None
    body: str = ""
    error: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the answer ends the retries."""
        return self.status is not None and 200 <= self.status < 300

    def as_json(self) -> JsonObject:
        """Return the delivery as the control API shows it."""
        return {
            "webhook_id": self.webhook_id,
            "event_id": self.event_id,
            "delivery_id": self.delivery_id,
            "type": self.type,
            "vehicle_id": self.vehicle_id,
            "attempt": self.attempt,
            "at": iso(self.at),
            "status": self.status,
            "body": self.body,
            "error": self.error,
        }


class ErrorSignals(StrEnum):
    """How a VEHICLE_ERROR names signals (reference 9.5)."""

    OBJECTS = "objects"
    NAMES = "names"
    """Strings "Group.Name", as in 2025."""
    SWAPPED = "swapped"
    """Objects whose name and group are exchanged, as one capture had it."""


@dataclass(frozen=True, slots=True)
class VehicleError:
    """An error that was reported and may be resolved (reference 9.5)."""

    id: str
    vehicle_id: str
    type: str
    code: str | None
    resolution: JsonObject
    description: str
    suggested_user_message: str | None
    signals: tuple[str, ...] | None
    """None: the whole connection."""
    signals_form: ErrorSignals

    def as_json(self, state: str) -> JsonObject:
        """Return the element of `errors`."""
        topic = self.type.lower().replace("_", "-")
        anchor = (self.code or "null").lower().replace("_", "-")
        error: dict[str, Json] = {
            "type": self.type,
            "code": self.code,
            "description": self.description,
            "docURL": f"https://smartcar.com/docs/errors/api-errors/{topic}-errors#{anchor}",
            "resolution": self.resolution,
        }
        if self.suggested_user_message is not None:
            error["suggestedUserMessage"] = self.suggested_user_message
        error["state"] = state
        if self.signals is not None:
            error["signals"] = [self._signal(code) for code in self.signals]
        return error

    def _signal(self, code: str) -> Json:
        """Return one signal as the form has it."""
        name, group = named(code)
        match self.signals_form:
            case ErrorSignals.OBJECTS:
                return {"name": name, "group": group, "code": code}
            case ErrorSignals.NAMES:
                return f"{group}.{name}"
            case ErrorSignals.SWAPPED:
                return {"name": group, "group": name, "code": code}


def vehicle_error(
    error_id: str,
    vehicle_id: str,
    type_: str,
    code: str | None,
    *,
    signals: Iterable[str] | None,
    signals_form: str,
    resolution: str | JsonObject | None,
    suggested_user_message: str | None,
    reauthenticate_url: str,
) -> VehicleError:
    """Return an error with everything not given taken from the reference's table."""
    words = problem(type_, code or "UNKNOWN")
    if resolution is None:
        resolution = dict(words.resolution or {"type": None})
        if code == "AUTHENTICATION_FAILED":
            resolution = {"type": Resolution.REAUTHENTICATE, "url": reauthenticate_url}
    elif isinstance(resolution, str):
        resolution = {"type": resolution}
    return VehicleError(
        id=error_id,
        vehicle_id=vehicle_id,
        type=type_,
        code=code,
        resolution=resolution,
        description=words.detail,
        suggested_user_message=suggested_user_message or words.message,
        signals=None if signals is None else tuple(signals),
        signals_form=ErrorSignals(signals_form),
    )


# --- misbehaviour ---------------------------------------------------------------------------


class Signing(StrEnum):
    """How a body is signed."""

    RIGHT = "right"
    WRONG = "wrong"
    NONE = "none"
    UPPER = "upper"
    COMPACT = "compact"
    """Over the compact JSON, while the body is pretty-printed (reference 9.2)."""


class TriggerForm(StrEnum):
    """How an event says what caused it (reference 9.4)."""

    OBJECTS = "objects"
    """Top level, `{type, signal: {name, code, group}}`: live captures."""
    NAMES = "names"
    """Top level, `{type, signal: "Group.Name"}`: live captures of 2025."""
    DATA = "data"
    """`data.triggers[{code, name, group}]`: the documents."""


class SignalMeta(StrEnum):
    """What a signal says about its age."""

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
class Misbehaviour:
    """What is wrong with a webhook's events; everything not given is as it should be.

    An event takes the misbehaviour that is set when it arises, and keeps it through its retries.
    """

    duplicates: int = 0
    """Each event is delivered this many times more, at once after the first."""
    reorder: int = 0
    """This many events are held back, then sent newest first; `flush` sends what is held."""
    concurrent: bool = False
    """No delivery waits for the answer to the one before."""
    signature: Signing = Signing.RIGHT
    pretty: bool = False
    """The body is indented; what is signed is what is sent, unless `signature` says otherwise."""
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
    """Nothing but VERIFY is sent; what happens meanwhile is lost."""
    count: int | None = None
    """How many events go wrong; None is for ever."""

    def as_json(self) -> JsonObject:
        """Return the misbehaviour as the control API takes it."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def from_json(cls, value: JsonObject) -> Misbehaviour:
        """Read a misbehaviour; raises ValueError when it says something unknown."""
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


# --- bodies ---------------------------------------------------------------------------------


def named(code: str) -> tuple[str, str]:
    """Return the name and the group of a signal."""
    info = SIGNALS.get(code)
    return (info.name, info.group) if info else (code, "Unknown")


def verify_body(
    form: VerifyForm, event_id: str, webhook_id: str, challenge: str, at: float
) -> JsonObject:
    """Return the body of a VERIFY."""
    match form:
        case VerifyForm.FULL:
            return {
                "eventId": event_id,
                "eventType": VERIFY,
                "data": {"challenge": challenge},
                "meta": {"version": VERSION, "webhookId": webhook_id, "deliveredAt": iso(at)},
            }
        case VerifyForm.BARE:
            return {"eventType": VERIFY, "data": {"challenge": challenge}}
        case VerifyForm.LEGACY:
            return {"version": "2.0", "eventName": "verify", "payload": {"challenge": challenge}}


def state_signals(
    store: Mapping[str, StoredSignal],
    codes: Iterable[str],
    permissions: Collection[str],
    absent: Collection[str],
) -> list[JsonObject]:
    """Return the signals of a VEHICLE_STATE.

    Every configured signal is there, a failed one with its error only. Codes in `absent` and
    those that the catalogue does not know follow the store.
    """
    signals: list[JsonObject] = []
    for code in (*codes, *(code for code in store if code not in SIGNALS)):
        stored = store.get(code)
        name, group = named(code)
        signal: dict[str, Json] = {"code": code, "name": name, "group": group}
        if stored is not None and stored.status == "SUCCESS":
            if not isinstance(stored.body, Missing):
                signal["body"] = stored.body
            signal["status"] = {"value": "SUCCESS"}
            signal["meta"] = {
                field: _milliseconds(stored.meta.get(field, 0))
                for field in ("oemUpdatedAt", "retrievedAt")
            }
        elif stored is not None:
            signal["status"] = _failed(stored.status, stored.error)
        elif code in absent:
            continue
        else:
            allowed = SIGNALS[code].permission in permissions
            type_ = ErrorType.COMPATIBILITY if allowed else ErrorType.PERMISSION
            signal["status"] = _failed("ERROR", {"type": type_, "code": "VEHICLE_NOT_CAPABLE"})
        signals.append(signal)
    return signals


def _failed(status: str, error: JsonObject | None) -> JsonObject:
    """Return the status of a failed signal: only type and code, and PERMISSION has no code."""
    if error is None:
        return {"value": status}
    type_ = error.get("type")
    code = None if type_ == ErrorType.PERMISSION else error.get("code")
    return {"value": status, "error": {"type": type_, "code": code}}


def _milliseconds(value: Json) -> Json:
    """Return a time of the store in epoch milliseconds; what is no time stays as it is."""
    try:
        return round(datetime.fromisoformat(str(value)).timestamp() * 1000)
    except ValueError:
        return value


def state_body(
    event_id: str,
    car: Car,
    user: JsonObject,
    *,
    signals: Sequence[JsonObject],
    triggers: Iterable[str],
    wrong: Misbehaviour,
) -> JsonObject:
    """Return the body of a VEHICLE_STATE without `meta`; triggers are codes or FIRST_DELIVERY."""
    data: dict[str, Json] = {
        "user": user,
        "vehicle": {**_vehicle(car), "mode": car.mode, "powertrainType": car.model.kind},
        "signals": _spoiled(signals, wrong),
    }
    body: dict[str, Json] = {"eventId": event_id, "eventType": VEHICLE_STATE, "data": data}
    listed = [_trigger(code, wrong.triggers) for code in triggers]
    if wrong.triggers is TriggerForm.DATA:
        data["triggers"] = listed
    else:
        body["triggers"] = listed
    return body


def _vehicle(car: Car) -> dict[str, Json]:
    """Return how an event names a car."""
    model = car.model
    return {"id": car.id, "make": model.make, "model": model.name, "year": model.year}


def _trigger(code: str, form: TriggerForm) -> JsonObject:
    """Return one trigger."""
    name, group = named(code)
    first = code == FIRST_DELIVERY
    match form:
        case TriggerForm.DATA:
            return {"code": code} if first else {"code": code, "name": name, "group": group}
        case TriggerForm.NAMES:
            signal: Json = f"{group}.{name}"
        case TriggerForm.OBJECTS:
            signal = {"name": name, "code": code, "group": group}
    return {"type": code} if first else {"type": "SIGNAL_UPDATED", "signal": signal}


def _spoiled(signals: Sequence[JsonObject], wrong: Misbehaviour) -> list[Json]:
    """Return the signals as a misbehaviour leaves them."""
    spoiled: list[Json] = []
    broken = not wrong.malformed_signal
    for one in signals:
        signal = dict(one)
        if "meta" in signal:
            if wrong.missing_status:
                del signal["status"]
            match wrong.signal_meta:
                case SignalMeta.MISSING:
                    del signal["meta"]
                case SignalMeta.EMPTY:
                    signal["meta"] = {}
                case SignalMeta.ZERO:
                    signal["meta"] = {"oemUpdatedAt": 0, "retrievedAt": 0}
            if not broken:
                broken = True
                spoiled += (None, "closure-islocked", {"body": {"value": 1}}, {"code": 7}, [])
                signal.update(body=["broken"], meta="yesterday", status="fine")
        spoiled.append(signal)
    return spoiled


def error_body(
    event_id: str, car: Car, user_id: str, errors: Iterable[VehicleError], state: str
) -> JsonObject:
    """Return the body of a VEHICLE_ERROR without `meta`."""
    return {
        "eventId": event_id,
        "eventType": VEHICLE_ERROR,
        "data": {
            "user": {"id": user_id},
            "vehicle": _vehicle(car),
            "errors": [error.as_json(state) for error in errors],
        },
    }


def as_test(body: JsonObject, user_id: str, vehicle_id: str) -> JsonObject:
    """Return a body with made-up ids (reference 9.6)."""
    data = as_object(body["data"])
    vehicle = {**as_object(data.get("vehicle")), "id": vehicle_id, "mode": "test"}
    return {**body, "data": {**data, "user": {"id": user_id}, "vehicle": vehicle}}


# --- bytes and signatures -------------------------------------------------------------------


def compact(value: Json) -> bytes:
    """Return JSON as `JSON.stringify` writes it."""
    text = json.dumps(_whole(value), ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def pretty(value: Json) -> bytes:
    """Return indented JSON."""
    return json.dumps(_whole(value), ensure_ascii=False, indent=1).encode()


def _whole(value: Json) -> Json:
    """Return `value` with whole numbers as integers, because that is all JavaScript has."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _whole(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_whole(item) for item in value]
    return value


def sign(token: str, raw: bytes) -> str:
    """Return the lower-case hex HMAC-SHA256 that `SC-Signature` and a VERIFY answer hold."""
    return hmac.new(token.encode(), raw, hashlib.sha256).hexdigest()


def write(body: JsonObject, token: str, wrong: Misbehaviour) -> tuple[bytes, str | None]:
    """Return the bytes of a body and their signature, if it has one."""
    indented = wrong.pretty or wrong.signature is Signing.COMPACT
    raw = pretty(body) if indented else compact(body)
    match wrong.signature:
        case Signing.RIGHT:
            return raw, sign(token, raw)
        case Signing.WRONG:
            return raw, sign(f"not {token}", raw)
        case Signing.NONE:
            return raw, None
        case Signing.UPPER:
            return raw, sign(token, raw).upper()
        case Signing.COMPACT:
            return raw, sign(token, compact(body))


def _on_loopback(uri: str) -> bool:
    """Return whether an address is one that the simulator may call: it never calls out."""
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
        if parts.scheme not in {"http", "https"} or host is None:
            return False
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
