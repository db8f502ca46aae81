"""The bodies of the events that webhooks deliver (reference 9.3 to 9.6)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from .car import Car
from .catalogue import SIGNALS, name_and_group
from .clock import iso
from .errors import ErrorType
from .json_types import Json, JsonObject, as_object
from .misbehavior import Misbehavior, SignalMeta, TriggerForm, VerifyForm
from .signals import Missing, StoredSignal
from .vehicle_errors import VehicleError

VERSION: Final = "4.0"
VERIFY: Final = "VERIFY"
VEHICLE_STATE: Final = "VEHICLE_STATE"
VEHICLE_ERROR: Final = "VEHICLE_ERROR"
FIRST_DELIVERY: Final = "FIRST_DELIVERY"
UNKNOWN_EVENT: Final = "VEHICLE_PREMONITION"
"""An event type that nobody documented."""


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
        name, group = name_and_group(code)
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
    """Return a time of the store in epoch milliseconds; other values stay as they are."""
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
    wrong: Misbehavior,
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
    name, group = name_and_group(code)
    first = code == FIRST_DELIVERY
    match form:
        case TriggerForm.DATA:
            return {"code": code} if first else {"code": code, "name": name, "group": group}
        case TriggerForm.NAMES:
            signal: Json = f"{group}.{name}"
        case TriggerForm.OBJECTS:
            signal = {"name": name, "code": code, "group": group}
    return {"type": code} if first else {"type": "SIGNAL_UPDATED", "signal": signal}


def _spoiled(signals: Sequence[JsonObject], wrong: Misbehavior) -> list[Json]:
    """Return the signals as a misbehavior leaves them."""
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
