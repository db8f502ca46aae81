"""The signals in the cloud's store, rendered from the reports of the cars (reference 4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from .bodies import BODIES
from .capabilities import CAPABLE, NOT_CAPABLE
from .car import Car
from .car_state import Snapshot
from .catalogue import SIGNALS
from .clock import iso
from .errors import ErrorType, Resolution, SignalError
from .json_types import Json, JsonObject

_LAST_CHARGE: Final[Mapping[str, tuple[str, str | None]]] = {
    "charge-chargerate": ("kilometers_per_hour", "km/h"),
    "charge-timetocomplete": ("minutes", None),
    "charge-wattage": ("watts", "watts"),
}
"""Signals that end in ERROR NOT_CHARGING with a stale body; time to complete has no unit."""

_INCAPABLE: Final = SignalError(ErrorType.COMPATIBILITY, "VEHICLE_NOT_CAPABLE").as_json()
_NOT_CHARGING: Final = SignalError(ErrorType.VEHICLE_STATE, "NOT_CHARGING").as_json()
_INTERNAL: Final = SignalError(ErrorType.SERVER, "INTERNAL").as_json()
_NO_PERMISSION: Final = SignalError(
    ErrorType.PERMISSION, "UNKNOWN", {"type": Resolution.REAUTHENTICATE}
).as_json()


class Missing(Enum):
    """A signal without `body`; null would be a body."""

    NO_BODY = "no body"


NO_BODY: Final = Missing.NO_BODY


@dataclass(frozen=True, slots=True)
class StoredSignal:
    """One signal in the cloud's store."""

    code: str
    status: str
    meta: JsonObject
    error: JsonObject | None = None
    body: Json | Missing = NO_BODY

    def as_json(self, signals_url: str) -> JsonObject:
        """Return the element of `data`; `meta` is a sibling of `attributes` (reference 4.2)."""
        info = SIGNALS.get(self.code)
        status: dict[str, Json] = {"value": self.status}
        if self.error is not None:
            status["error"] = self.error
        attributes: dict[str, Json] = {
            "code": self.code,
            "name": info.name if info else self.code,
            "group": info.group if info else "Unknown",
            "status": status,
        }
        if not isinstance(self.body, Missing):
            attributes["body"] = self.body
        return {
            "id": self.code,
            "type": "signal",
            "attributes": attributes,
            "meta": self.meta,
            "links": {"self": f"{signals_url}/{self.code}"},
        }


@dataclass(frozen=True, slots=True)
class Override:
    """A test's replacement for a stored signal.

    Parts that are None stay as rendered. `absent` takes the signal out of the store.
    """

    set_at: float
    body: Json | Missing = NO_BODY
    status: str | None = None
    error: JsonObject | None = None
    meta: JsonObject | None = None
    absent: bool = False

    def apply(self, code: str, stored: StoredSignal | None, reported_at: float) -> StoredSignal:
        """Return the stored signal with the override on top."""
        status, error = "SUCCESS", None
        if stored is not None and isinstance(self.body, Missing) and self.status is None:
            # Only the times were given: the rest stays.
            status, error = stored.status, stored.error
        if self.error is not None:
            status, error = "ERROR", self.error
        if self.status is not None:
            status = self.status
        body = self.body
        if isinstance(body, Missing) and stored is not None:
            body = stored.body
        meta = times(max(self.set_at, reported_at)) if self.meta is None else self.meta
        return StoredSignal(code, status, meta, error, body)


def times(reported_at: float) -> JsonObject:
    """Return the `meta` of a signal that the car reported at a time."""
    time = iso(reported_at)
    return {"ingestedAt": time, "retrievedAt": time, "oemUpdatedAt": time}


def render(car: Car, since: float) -> dict[str, StoredSignal]:
    """Return the stored signals after the last report of a car, by code, sorted.

    `since` is when the car was connected: errors that are no report have only `ingestedAt`.
    """
    shot = car.snapshot
    meta = times(shot.reported_at)
    ingested: JsonObject = {"ingestedAt": iso(since)}
    store: dict[str, StoredSignal] = {}
    for code in CAPABLE[car.model.kind]:
        if code in _LAST_CHARGE:
            store[code] = _charge_value(code, shot, meta)
        elif code == "charge-ischargingportflapopen" and not car.model.port_motor:
            store[code] = StoredSignal(code, "ERROR", ingested, _INCAPABLE)
        else:
            static = SIGNALS[code].static
            store[code] = StoredSignal(
                code, "SUCCESS", ingested if static else meta, None, BODIES[code](car, shot)
            )
    for code in NOT_CAPABLE[car.model.kind]:
        # The sunroof was seen with a null body (reference 4.3).
        body: Json | Missing = {"isOpen": None} if code == "closure-sunroof" else NO_BODY
        store[code] = StoredSignal(code, "ERROR", ingested, _INCAPABLE, body)
    return dict(sorted(store.items()))


def _charge_value(code: str, shot: Snapshot, meta: JsonObject) -> StoredSignal:
    """Return a value that exists only while charging, or its stale rest (reference 4.3)."""
    attribute, unit = _LAST_CHARGE[code]
    last = shot.last_charge
    body: dict[str, Json] = {"value": None if last is None else round(getattr(last, attribute))}
    if unit is not None:
        body["unit"] = unit
    if shot.state.charging:
        return StoredSignal(code, "SUCCESS", meta, None, body)
    if last is not None:
        stale = iso(last.measured_at)
        meta = {"ingestedAt": iso(shot.reported_at), "retrievedAt": stale, "oemUpdatedAt": stale}
    return StoredSignal(code, "ERROR", meta, _NOT_CHARGING, body)


def with_error_beside_body(signal: StoredSignal) -> StoredSignal:
    """Return a good signal as an ERROR that keeps its body and times (reference 4.4, Rivian)."""
    if signal.status != "SUCCESS" or SIGNALS[signal.code].static:
        return signal
    return StoredSignal(signal.code, "ERROR", signal.meta, _INTERNAL, signal.body)


def without_permission(code: str, since: float) -> StoredSignal:
    """Return the signal of a permission that the owner did not grant."""
    return StoredSignal(code, "ERROR", {"ingestedAt": iso(since)}, _NO_PERMISSION)


@dataclass(frozen=True, slots=True)
class LoginNeeded:
    """The error of a car whose owner must log in at the maker again (reference 1.7, 4.3)."""

    url: str
    needed_since: float
    error: JsonObject = field(init=False)

    def __post_init__(self) -> None:
        """Build the error once."""
        resolution: JsonObject = {"type": Resolution.REAUTHENTICATE, "url": self.url}
        error = SignalError(
            ErrorType.CONNECTED_SERVICES_ACCOUNT, "AUTHENTICATION_FAILED", resolution
        )
        object.__setattr__(self, "error", error.as_json())

    def apply(self, signal: StoredSignal) -> StoredSignal:
        """Return the signal with the error and its cached body."""
        info = SIGNALS.get(signal.code)
        if info is not None and info.static:
            return signal
        meta = {**signal.meta, "ingestedAt": iso(self.needed_since)}
        return StoredSignal(signal.code, "ERROR", meta, self.error, signal.body)
