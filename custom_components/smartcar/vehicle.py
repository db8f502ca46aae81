"""What is known of one car, and the one merge that changes it.

Pure: no I/O and nothing of Home Assistant. The merge does not know whether a signal came by poll,
by push or out of the store. Its rules stand in `VehicleState.merge`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
import math
from typing import Final, NamedTuple, Self

from .api import Json, JsonObject, Signal, SignalError, SignalStatus, VehicleError
from .api.reading import (
    optional_bool,
    optional_integer,
    optional_list,
    optional_number,
    optional_object,
    optional_text,
    optional_time,
    required_object,
)
from .api.signals import (
    CATALOGUE,
    CHARGE_AMPERAGE,
    CHARGE_RATE,
    CHARGE_VOLTAGE,
    CHARGE_WATTAGE,
    DETAILED_CHARGING_STATUS,
    DOORS,
    ENERGY_ADDED,
    IS_CABLE_CONNECTED,
    IS_CHARGING,
    TIME_TO_COMPLETE,
    TIRES,
    WINDOWS,
    Position,
    SignalType,
)

# A time further ahead than this is a wrong clock, and would pin a value for ever.
_CLOCK_TOLERANCE = timedelta(minutes=5)
# How long a value without any time of its own may not turn a command's result back.
_COMMAND_GRACE = timedelta(minutes=10)
_INCAPABLE_FOR_GOOD = timedelta(days=7)

# An estimate that moves by less is the same estimate.
_ESTIMATE_TOLERANCE = timedelta(minutes=2)

# What is derived from the signals, for the entities that show it: told beside the codes.
CHARGE_COMPLETE_AT: Final = "charge_complete_at"
DATA_FROM_CAR: Final = "data_from_car"
# And what tells that there may be evidence for entities that are not there yet.
EVIDENCE: Final = "evidence"

NOT_CHARGING: Final = "NOT_CHARGING"
VEHICLE_NOT_CAPABLE: Final = "VEHICLE_NOT_CAPABLE"

# What a car that does not charge reads, whatever stale body the cloud still holds.
_WITHOUT_CHARGE: Final[Mapping[str, JsonObject]] = {
    CHARGE_WATTAGE.code: {"value": 0},
    CHARGE_AMPERAGE.code: {"value": 0},
    CHARGE_RATE.code: {"value": 0},
    CHARGE_VOLTAGE.code: {"value": None},
    TIME_TO_COMPLETE.code: {"value": None},
}


class Command(StrEnum):
    """The commands that a car can turn out not to know."""

    LOCK = "lock"
    UNLOCK = "unlock"
    START_CHARGE = "start_charge"
    STOP_CHARGE = "stop_charge"
    SET_CHARGE_LIMIT = "set_charge_limit"
    OPEN_CHARGE_PORT = "open_charge_port"
    CLOSE_CHARGE_PORT = "close_charge_port"
    SET_DESTINATION = "set_destination"
    SET_CHARGE_SCHEDULE = "set_charge_schedule"
    DELETE_CHARGE_SCHEDULE = "delete_charge_schedule"


class ChargingState(StrEnum):
    """One charging status for whoever wants only one. docs/charging-state.md maps it."""

    DISCONNECTED = "disconnected"
    CONNECTED = "connected"
    CHARGING = "charging"
    COMPLETE = "complete"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSignal:
    """The last good body of a signal, and the error that has befallen it since.

    `updated_at` is when the car's maker got the body, else (`dated` is False) when it arrived;
    None if there never was one. `commanded` marks the result of a command that no signal has
    confirmed yet.
    """

    body: JsonObject = field(default_factory=dict)
    updated_at: datetime | None = None
    dated: bool = True
    commanded: bool = False
    error: SignalError | None = None
    error_since: datetime | None = None

    @property
    def has_value(self) -> bool:
        """Whether there ever was a success that said anything."""
        return self.updated_at is not None and any(
            value is not None for key, value in self.body.items() if key != "unit"
        )

    @property
    def is_refused(self) -> bool:
        """Whether the car has last been said to lack this."""
        return self.error is not None and self.error.code == VEHICLE_NOT_CAPABLE

    def is_incapable(self, now: datetime) -> bool:
        """Tell whether the car has been said to lack this for so long that it must be true."""
        return (
            self.is_refused
            and self.error_since is not None
            and now - self.error_since >= _INCAPABLE_FOR_GOOD
        )

    def as_json(self) -> dict[str, Json]:
        """Return what the store keeps."""
        return {
            "body": self.body,
            "updated_at": _time_as_json(self.updated_at),
            "dated": self.dated,
            "commanded": self.commanded,
            "error": {"type": self.error.type, "code": self.error.code} if self.error else None,
            "error_since": _time_as_json(self.error_since),
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what the store kept; what is not of its shape is left out."""
        data = optional_object(value)
        error = data.get("error")
        return cls(
            body=optional_object(data.get("body")),
            updated_at=optional_time(data.get("updated_at")),
            dated=data.get("dated") is not False,
            commanded=optional_bool(data.get("commanded")) or False,
            error=SignalError.from_json(error) if error is not None else None,
            error_since=optional_time(data.get("error_since")),
        )


class VehicleState:
    """Everything held of one car."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.signals: dict[str, HeldSignal] = {}
        self.entities: set[str] = set()
        """Keys of the entities that were ever created, as "platform.key"."""
        self.incapable_of: set[Command] = set()
        self.last_contact: datetime | None = None
        """When the cloud last answered for this car, by poll or push."""
        self.last_push: datetime | None = None
        """When the cloud last pushed something of this car."""
        self.pushes_today = 0
        """How often it did so on the day (UTC) of the last push."""
        self.reported_errors: dict[str, VehicleError] = {}
        """The errors of the car that were pushed and not resolved yet, by type and code."""
        self.data_from_car: datetime | None = None
        """When the car last reported anything. What came without a time tells nothing of that."""
        self.charge_complete_at: datetime | None = None
        """When charging will be complete; moves only with estimates that differ."""
        self.charge_session_start: datetime | None = None
        """Since when the energy added has been counted."""
        self._plugged_in_at: datetime | None = None
        self._energy_added: float | None = None
        self._positions: dict[str, set[Position]] = {}
        self._evident: set[str] = set()
        """The codes of which an entity can tell something, as far as was noticed."""
        self._merged: dict[str, tuple[Signal, HeldSignal]] = {}
        """What was merged last of each code, if to merge it again would come to the same."""
        self._values: dict[str, object] = {}

    def value[T](self, signal: SignalType[T]) -> T | None:
        """Return the value of a signal as its reader gives it; None if unknown."""
        if signal.code not in self._values:
            held = self.signals.get(signal.code)
            self._values[signal.code] = signal.read(held.body) if held else None
        value: T | None = self._values[signal.code]  # type: ignore[assignment]  # same reader
        return value

    def held(self, signal: SignalType[object]) -> HeldSignal | None:
        """Return what is held of a signal, if it ever had a value."""
        held = self.signals.get(signal.code)
        return held if held is not None and held.has_value else None

    def is_evident(self, signal: SignalType[object]) -> bool:
        """Tell whether the car has said anything of it.

        What cannot be read counts. What only stands beside a null, as the list of capacities
        that a battery may have, does not.
        """
        held = self.held(signal)
        return held is not None and (
            self.value(signal) is not None
            or any(held.body.get(key) is not None for key in ("value", "status"))
        )

    def positions(self, signal: SignalType[Mapping[Position, object]]) -> list[Position]:
        """Return where the car was ever seen to have doors, windows or tyres."""
        return sorted(self._positions.get(signal.code, ()))

    def merge(self, signals: Iterable[Signal], now: datetime) -> frozenset[str]:
        """Take in what a poll or a push brought; return the codes whose body changed.

        What is derived from the signals and changed is told by a name of its own.

        - A success replaces the value unless it is older than what is held. No time means `now`,
          and so does a time that lies ahead.
        - An error keeps the last good value and is recorded beside it.
        - A car that does not charge has no power, current and rate, and no voltage and time to
          complete, whatever body stands beside NOT_CHARGING.
        """
        before = _Before(dict(self.signals), self.data_from_car, self.charge_complete_at)
        was_connected = self.value(IS_CABLE_CONNECTED)
        errors: set[str] = set()
        charging: bool | None = None
        for signal in signals:
            is_taken = self._take_in(signal, now)
            if signal.status is not SignalStatus.SUCCESS:
                if signal.error is not None and signal.error.code == NOT_CHARGING:
                    errors.add(signal.code)
            elif signal.code == IS_CHARGING.code and is_taken:
                charging = IS_CHARGING.read(signal.body)
        self._values.clear()
        if charging is False:
            self._end_charge(_WITHOUT_CHARGE, self.signals[IS_CHARGING.code])
        elif errors:
            # One signal's word is good for all, unless the car says in the same breath that it
            # is charging.
            self._end_charge(errors if charging else _WITHOUT_CHARGE, None)
        self._values.clear()
        self._follow_session(was_connected, now)
        return self._changed(before)

    @property
    def charging_state(self) -> ChargingState | None:
        """The status derived from cable, charging and the maker's text, in this order of trust.

        The text tells complete and fault apart only while the car does not charge: makers leave
        it behind.
        """
        text = self.value(DETAILED_CHARGING_STATUS) or ""
        is_connected = self.value(IS_CABLE_CONNECTED)
        is_charging = self.value(IS_CHARGING)
        if is_charging is None and is_connected is not False:
            is_charging = text == "CHARGING"
        if is_charging:
            return ChargingState.CHARGING
        if "FAULT" in text or "ERROR" in text:
            return ChargingState.FAULT
        if is_connected is False:
            return ChargingState.DISCONNECTED
        if text in {"FULLY_CHARGED", "COMPLETE", "COMPLETED", "CHARGING_COMPLETE"}:
            return ChargingState.COMPLETE
        return ChargingState.CONNECTED if is_connected else None

    @property
    def codes_in_use(self) -> frozenset[str]:
        """The signals that ever had a value."""
        return frozenset(code for code, held in self.signals.items() if held.has_value)

    def note_push(self, now: datetime) -> None:
        """Count a push."""
        same_day = self.last_push is not None and self.last_push.date() == now.date()
        self.pushes_today = self.pushes_today + 1 if same_day else 1
        self.last_push = now

    def apply_command(
        self, signal: SignalType[object], body: JsonObject, completed_at: datetime, now: datetime
    ) -> frozenset[str]:
        """Store what a command achieved, as of when the car had done it.

        It is newer than what is held, whatever two clocks say.
        """
        before = _Before(dict(self.signals), self.data_from_car, self.charge_complete_at)
        held = self.signals.get(signal.code, HeldSignal())
        at = now if _lies_ahead(completed_at, now) else completed_at
        if held.updated_at is not None and not _lies_ahead(held.updated_at, now):
            at = max(at, held.updated_at)
        done = replace(held, body=body, updated_at=at, dated=True, commanded=True)
        self.signals[signal.code] = done
        if signal.code == IS_CHARGING.code and IS_CHARGING.read(body) is False:
            self._end_charge(_WITHOUT_CHARGE, done)
        self._values.clear()
        return self._changed(before)

    def _take_in(self, signal: Signal, now: datetime) -> bool:
        """Accept a success or record an error; False if the success is older than what is held."""
        held, merged = self.signals.get(signal.code), self._merged.get(signal.code)
        if merged is not None and merged[0] is signal and merged[1] is held:
            return True
        if signal.status is not SignalStatus.SUCCESS:
            self._record_error(signal, now)
        elif not self._accept(signal, now):
            return False
        held = self.signals[signal.code]
        # A success without a time of its own is as of now, each time.
        if held.dated or held.error is not None:
            self._merged[signal.code] = signal, held
        return True

    def _accept(self, signal: Signal, now: datetime) -> bool:
        held = self.signals.get(signal.code)
        told = signal.oem_updated_at
        if told is not None and _lies_ahead(told, now):
            told = None
        at = told or now
        # What is held can lie ahead too: our own clock may have been wrong.
        if held is not None and held.updated_at and not _lies_ahead(held.updated_at, now):
            if at < held.updated_at:
                return False
            if held.commanded:
                if told is not None and at == held.updated_at:
                    return False
                if told is None and now < held.updated_at + _COMMAND_GRACE:
                    return False
        body = signal.body
        if held is None or body != held.body:
            body = optional_object(_storable(body))
        self.signals[signal.code] = HeldSignal(body=body, updated_at=at, dated=told is not None)
        return True

    def _record_error(self, signal: Signal, now: datetime) -> None:
        error = signal.error or SignalError(type=signal.status.value)
        held = self.signals.get(signal.code, HeldSignal())
        same = held.error is not None and (held.error.type, held.error.code) == (
            error.type,
            error.code,
        )
        self.signals[signal.code] = replace(
            held, error=error, error_since=held.error_since if same else now
        )

    def _end_charge(self, codes: Iterable[str], cause: HeldSignal | None) -> None:
        at = cause.updated_at if cause else None
        for code in codes:
            held = self.signals.get(code)
            body = _WITHOUT_CHARGE.get(code)
            if held is None or held.updated_at is None or body is None:
                continue
            if at is not None and held.updated_at > at:
                continue
            # Without a time of its own the old one stays, so that the next success is not older.
            self.signals[code] = replace(
                held,
                body=body,
                updated_at=at or held.updated_at,
                dated=cause.dated if cause else held.dated,
            )

    def _follow_session(self, was_connected: bool | None, now: datetime) -> None:
        """Notice where a charging session begins: the energy added counts from there.

        It begins when the energy falls, or when it changes after the cable was plugged in.
        Pausing and resuming, as with solar power, begins nothing, nor does a value that cannot
        be read.
        """
        if was_connected is False and self.value(IS_CABLE_CONNECTED):
            self._plugged_in_at = self.signals[IS_CABLE_CONNECTED.code].updated_at
        energy, energy_before = self.value(ENERGY_ADDED), self._energy_added
        if energy is None or energy == energy_before:
            return
        self._energy_added = energy
        if energy_before is None or energy < energy_before or self._plugged_in_at:
            counted_at = self.signals[ENERGY_ADDED.code].updated_at or now
            if energy_before is None:
                self.charge_session_start = self.charge_session_start or counted_at
            else:
                self.charge_session_start = self._plugged_in_at or counted_at
            self._plugged_in_at = None

    def _last_report(self) -> datetime | None:
        times = (held.updated_at for held in self.signals.values() if held.dated)
        return max(filter(None, times), default=None)

    def _estimate_completion(self) -> None:
        minutes = self.value(TIME_TO_COMPLETE)
        held = self.signals.get(TIME_TO_COMPLETE.code)
        if minutes is None or held is None or held.updated_at is None:
            self.charge_complete_at = None
            return
        estimate = held.updated_at + timedelta(minutes=minutes)
        known = self.charge_complete_at
        if known is not None and known <= estimate and not minutes:
            # Complete it is, and was before.
            return
        if known is None or abs(estimate - known) > _ESTIMATE_TOLERANCE:
            self.charge_complete_at = estimate

    def _changed(self, before: _Before) -> frozenset[str]:
        """Derive what is derived, and tell what differs from before."""
        self._estimate_completion()
        self.data_from_car = self._last_report()
        touched = [
            code for code, held in self.signals.items() if held is not before.signals.get(code)
        ]
        changed = {
            code
            for code in touched
            if self.signals[code].body
            != (before.signals[code].body if code in before.signals else {})
        }
        if self._notice_evidence(touched):
            changed.add(EVIDENCE)
        for signal in (DOORS, TIRES, WINDOWS):
            if signal.code in changed:
                seen: Mapping[Position, object] = self.value(signal) or {}
                known = self._positions.setdefault(signal.code, set())
                if not known.issuperset(seen):
                    known.update(seen)
                    changed.add(EVIDENCE)
        if self.charge_complete_at != before.charge_complete_at:
            changed.add(CHARGE_COMPLETE_AT)
        if self.data_from_car != before.data_from_car:
            changed.add(DATA_FROM_CAR)
        return frozenset(changed)

    def _notice_evidence(self, codes: Iterable[str]) -> bool:
        """Tell whether any of these can bring an entity and could not before."""
        evident = {
            code
            for code in codes
            if (signal := CATALOGUE.get(code)) is not None
            and not self.signals[code].is_refused
            and self.is_evident(signal)
        }
        is_new = not evident <= self._evident
        self._evident = self._evident.difference(codes) | evident
        return is_new

    def as_json(self) -> dict[str, Json]:
        """Return what the store keeps."""
        return {
            "signals": {code: held.as_json() for code, held in self.signals.items()},
            "entities": sorted(self.entities),
            "incapable_of": sorted(self.incapable_of),
            "last_contact": _time_as_json(self.last_contact),
            "last_push": _time_as_json(self.last_push),
            "pushes_today": self.pushes_today,
            "reported_errors": [error.as_json() for error in self.reported_errors.values()],
            "charge_complete_at": _time_as_json(self.charge_complete_at),
            "charge_session_start": _time_as_json(self.charge_session_start),
            "plugged_in_at": _time_as_json(self._plugged_in_at),
            "energy_added": self._energy_added,
            "positions": {
                code: [[position.row, position.column] for position in sorted(positions)]
                for code, positions in self._positions.items()
            },
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what the store kept. Raises InvalidResponseError if it is no object."""
        data = required_object(value, "vehicle")
        state = cls()
        state.signals = {
            code: HeldSignal.from_json(held)
            for code, held in optional_object(data.get("signals")).items()
        }
        state.entities = {
            text for item in optional_list(data.get("entities")) if (text := optional_text(item))
        }
        state.incapable_of = {
            Command(item)
            for item in optional_list(data.get("incapable_of"))
            if item in list(Command)
        }
        state.last_contact = optional_time(data.get("last_contact"))
        state.last_push = optional_time(data.get("last_push"))
        state.pushes_today = optional_integer(data.get("pushes_today")) or 0
        errors = map(VehicleError.from_json, optional_list(data.get("reported_errors")))
        state.reported_errors = {error.key: error for error in errors}
        state.charge_complete_at = optional_time(data.get("charge_complete_at"))
        state.data_from_car = state._last_report()
        state.charge_session_start = optional_time(data.get("charge_session_start"))
        state._plugged_in_at = optional_time(data.get("plugged_in_at"))
        state._energy_added = optional_number(data.get("energy_added"))
        for code, positions in optional_object(data.get("positions")).items():
            state._positions[code] = {
                Position(row, column)
                for item in optional_list(positions)
                if len(pair := optional_list(item)) == 2
                and isinstance(row := pair[0], int)
                and isinstance(column := pair[1], int)
            }
        return state


class _Before(NamedTuple):
    """What a merge compares with."""

    signals: Mapping[str, HeldSignal]
    data_from_car: datetime | None
    charge_complete_at: datetime | None


def _lies_ahead(time: datetime, now: datetime) -> bool:
    return time > now + _CLOCK_TOLERANCE


def _time_as_json(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _storable(value: Json, depth: int = 20) -> Json:
    """Return foreign JSON as something that every encoder can write.

    Whole numbers beyond 64 bits, lone surrogates and endless nesting are valid JSON to read and
    fatal to write; one of them must not cost the store of all cars. Infinity and NaN would come
    back as null, as if nothing had been sent. Instead of what cannot be kept stands an empty object,
    of which no reader makes a value.
    """
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < 2**63 else {}
    if isinstance(value, float):
        return value if math.isfinite(value) else {}
    if isinstance(value, Mapping):
        items = value.items() if depth else ()
        return {str(_storable(key)): _storable(item, depth - 1) for key, item in items}
    if isinstance(value, list | tuple):
        return [_storable(item, depth - 1) for item in value] if depth else []
    return value
