"""Everything known of one vehicle, and the one merge.

The merge does not know whether a signal came by poll, by push or out of the store.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Self

from ..api import (
    ErrorCode,
    Json,
    JsonObject,
    Position,
    Signal,
    SignalError,
    SignalStatus,
    VehicleError,
    optional_integer,
    optional_list,
    optional_number,
    optional_object,
    optional_text,
    optional_time,
    required_object,
    time_to_json,
    writable,
)
from ..api.catalogue import (
    CATALOGUE,
    DETAILED_CHARGING_STATUS,
    DOORS,
    ENERGY_ADDED,
    IS_CABLE_CONNECTED,
    IS_CHARGING,
    TIME_TO_COMPLETE,
    TIRES,
    WINDOWS,
    SignalType,
)
from .charging import (
    WITHOUT_CHARGE,
    ChargingSession,
    ChargingState,
    charging_state,
    estimate_completion,
)
from .stored import StoredSignal

# A time further ahead than this is a wrong clock, and would pin a value for ever.
_CLOCK_TOLERANCE = timedelta(minutes=5)
# How long a value without a maker's time does not overwrite a command's result.
_COMMAND_GRACE = timedelta(minutes=10)


class Change(StrEnum):
    """What can change of a vehicle besides the bodies of its signals.

    Entities name these beside signal codes as the reasons to write their state.
    """

    CHARGE_COMPLETE_AT = "charge_complete_at"
    DATA_FROM_CAR = "data_from_car"
    EVIDENCE = "evidence"
    """There may be evidence for entities that do not exist yet."""
    LAST_CONTACT = "last_contact"
    LAST_PUSH = "last_push"
    NEXT_POLL = "next_poll"
    REQUESTS = "requests"


class VehicleState:
    """Everything stored of one vehicle."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.signals: dict[str, StoredSignal] = {}
        self.entities: set[str] = set()
        """Keys of the entities that were ever created, as "platform.key"."""
        self.unsupported_commands: set[str] = set()
        """The commands that the vehicle has refused as not capable."""
        self.last_contact: datetime | None = None
        """When the cloud last answered for this vehicle, by poll or push."""
        self.last_push: datetime | None = None
        """When the cloud last pushed data of this vehicle."""
        self.pushes_today = 0
        """The number of pushes on the day (UTC) of the last push."""
        self.reported_errors: dict[str, VehicleError] = {}
        """The errors that were pushed and are not resolved yet, by type and code."""
        self.data_from_car: datetime | None = None
        """The newest of the maker's times; values without one do not count."""
        self.charge_complete_at: datetime | None = None
        """When charging will be complete; moves only with estimates that differ."""
        self.session = ChargingSession()
        self._positions: dict[str, set[Position]] = {}
        self._evident: set[str] = set()
        """The codes whose values some entity can show, as of the last merge."""
        self._merged: dict[str, tuple[Signal, StoredSignal]] = {}
        """The last merged signal of each code, if merging it again would change nothing."""
        self._values: dict[str, object] = {}

    def value[T](self, signal: SignalType[T]) -> T | None:
        """Return the value of a signal as its reader gives it; None if unknown."""
        if signal.code not in self._values:
            stored = self.signals.get(signal.code)
            self._values[signal.code] = signal.read(stored.body) if stored else None
        value: T | None = self._values[signal.code]  # type: ignore[assignment]  # same reader
        return value

    def stored(self, signal: SignalType[object]) -> StoredSignal | None:
        """Return what is stored of a signal, if it ever had a value."""
        stored = self.signals.get(signal.code)
        return stored if stored is not None and stored.has_value else None

    def is_evident(self, signal: SignalType[object]) -> bool:
        """Tell whether the vehicle has reported anything under this signal.

        A value that cannot be read counts. A body whose value is null does not, even if other
        fields stand beside it, such as the list of capacities that a battery may have.
        """
        stored = self.stored(signal)
        return stored is not None and (
            self.value(signal) is not None
            or any(stored.body.get(key) is not None for key in ("value", "status"))
        )

    def positions(self, signal: SignalType[Mapping[Position, object]]) -> list[Position]:
        """Return where the vehicle has ever reported doors, windows or tires."""
        return sorted(self._positions.get(signal.code, ()))

    @property
    def charging_state(self) -> ChargingState | None:
        """The status derived from the charging signals."""
        return charging_state(
            is_charging=self.value(IS_CHARGING),
            is_connected=self.value(IS_CABLE_CONNECTED),
            text=self.value(DETAILED_CHARGING_STATUS),
        )

    @property
    def codes_in_use(self) -> frozenset[str]:
        """The signals that ever had a value."""
        return frozenset(code for code, stored in self.signals.items() if stored.has_value)

    def record_push(self, now: datetime) -> None:
        """Count a push."""
        same_day = self.last_push is not None and self.last_push.date() == now.date()
        self.pushes_today = self.pushes_today + 1 if same_day else 1
        self.last_push = now

    def merge(self, signals: Iterable[Signal], now: datetime) -> frozenset[str]:
        """Apply what a poll or a push brought; return the codes whose body changed.

        Derived values that changed are returned as members of `Change`.

        - A success replaces the value unless its time is older than the stored one. A missing
          time means `now`, and so does a time that lies ahead.
        - An error keeps the last good value and is recorded beside it.
        - A vehicle that does not charge has no power, current and rate, and no voltage and time to
          complete, whatever body stands beside NOT_CHARGING.
        """
        before = self._snapshot()
        was_connected = self.value(IS_CABLE_CONNECTED)
        not_charging: set[str] = set()
        charging: bool | None = None
        for signal in signals:
            is_applied = self._apply(signal, now)
            if signal.status is not SignalStatus.SUCCESS:
                if signal.error is not None and signal.error.code == ErrorCode.NOT_CHARGING:
                    not_charging.add(signal.code)
            elif signal.code == IS_CHARGING.code and is_applied:
                charging = IS_CHARGING.read(signal.body)
        self._values.clear()
        if charging is False:
            self._end_charge(WITHOUT_CHARGE, self.signals[IS_CHARGING.code])
        elif not_charging:
            # One signal's error is good for all, unless the same delivery says that the vehicle
            # is charging.
            self._end_charge(not_charging if charging else WITHOUT_CHARGE, None)
        self._values.clear()
        self._follow_session(was_connected, now)
        return self._changes_since(before)

    def apply_command(
        self, signal: SignalType[object], body: JsonObject, completed_at: datetime, now: datetime
    ) -> frozenset[str]:
        """Store what a command achieved, as of when the vehicle had done it.

        It counts as newer than what is stored, whatever the two clocks say.
        """
        before = self._snapshot()
        stored = self.signals.get(signal.code, StoredSignal())
        updated_at = now if _lies_ahead(completed_at, now) else completed_at
        if stored.updated_at is not None and not _lies_ahead(stored.updated_at, now):
            updated_at = max(updated_at, stored.updated_at)
        done = replace(stored, body=body, updated_at=updated_at, dated=True, commanded=True)
        self.signals[signal.code] = done
        if signal.code == IS_CHARGING.code and IS_CHARGING.read(body) is False:
            self._end_charge(WITHOUT_CHARGE, done)
        self._values.clear()
        return self._changes_since(before)

    def _apply(self, signal: Signal, now: datetime) -> bool:
        """Store a success or record an error; False for a success older than the stored one."""
        stored, merged = self.signals.get(signal.code), self._merged.get(signal.code)
        if merged is not None and merged[0] is signal and merged[1] is stored:
            return True
        if signal.status is not SignalStatus.SUCCESS:
            self._record_error(signal, now)
        elif not self._store(signal, now):
            return False
        stored = self.signals[signal.code]
        # A success without a time of its own is as of now, each time.
        if stored.dated or stored.error is not None:
            self._merged[signal.code] = signal, stored
        return True

    def _store(self, signal: Signal, now: datetime) -> bool:
        stored = self.signals.get(signal.code)
        reported_at = signal.oem_updated_at
        if reported_at is not None and _lies_ahead(reported_at, now):
            reported_at = None
        updated_at = reported_at or now
        # What is stored can lie ahead too: Home Assistant's clock may have been wrong.
        if stored is not None and stored.updated_at and not _lies_ahead(stored.updated_at, now):
            if updated_at < stored.updated_at:
                return False
            if stored.commanded:
                if reported_at is not None and updated_at == stored.updated_at:
                    return False
                if reported_at is None and now < stored.updated_at + _COMMAND_GRACE:
                    return False
        body = signal.body
        if stored is None or body != stored.body:
            body = optional_object(writable(body))
        self.signals[signal.code] = StoredSignal(
            body=body, updated_at=updated_at, dated=reported_at is not None
        )
        return True

    def _record_error(self, signal: Signal, now: datetime) -> None:
        error = signal.error or SignalError(type=signal.status.value)
        stored = self.signals.get(signal.code, StoredSignal())
        same = stored.error is not None and (stored.error.type, stored.error.code) == (
            error.type,
            error.code,
        )
        self.signals[signal.code] = replace(
            stored, error=error, error_since=stored.error_since if same else now
        )

    def _end_charge(self, codes: Iterable[str], cause: StoredSignal | None) -> None:
        ended_at = cause.updated_at if cause else None
        for code in codes:
            stored = self.signals.get(code)
            body = WITHOUT_CHARGE.get(code)
            if stored is None or stored.updated_at is None or body is None:
                continue
            if ended_at is not None and stored.updated_at > ended_at:
                continue
            # Without a time of its own the old one stays, so that the next success is not older.
            self.signals[code] = replace(
                stored,
                body=body,
                updated_at=ended_at or stored.updated_at,
                dated=cause.dated if cause else stored.dated,
            )

    def _follow_session(self, was_connected: bool | None, now: datetime) -> None:
        if was_connected is False and self.value(IS_CABLE_CONNECTED):
            self.session.plugged_in_at = self.signals[IS_CABLE_CONNECTED.code].updated_at
        if ENERGY_ADDED.code in self.signals:
            reported_at = self.signals[ENERGY_ADDED.code].updated_at or now
            self.session.follow(self.value(ENERGY_ADDED), reported_at)

    def _last_report(self) -> datetime | None:
        times = (stored.updated_at for stored in self.signals.values() if stored.dated)
        return max(filter(None, times), default=None)

    def _snapshot(self) -> _Snapshot:
        return _Snapshot(dict(self.signals), self.data_from_car, self.charge_complete_at)

    def _changes_since(self, before: _Snapshot) -> frozenset[str]:
        """Derive the derived values, and return what differs from before."""
        time_to_complete = self.signals.get(TIME_TO_COMPLETE.code)
        self.charge_complete_at = estimate_completion(
            self.charge_complete_at,
            self.value(TIME_TO_COMPLETE),
            time_to_complete.updated_at if time_to_complete else None,
        )
        self.data_from_car = self._last_report()
        touched = [
            code for code, stored in self.signals.items() if stored is not before.signals.get(code)
        ]
        changed: set[str] = {
            code
            for code in touched
            if self.signals[code].body
            != (before.signals[code].body if code in before.signals else {})
        }
        if self._find_evidence(touched) | self._find_positions(changed):
            changed.add(Change.EVIDENCE)
        if self.charge_complete_at != before.charge_complete_at:
            changed.add(Change.CHARGE_COMPLETE_AT)
        if self.data_from_car != before.data_from_car:
            changed.add(Change.DATA_FROM_CAR)
        return frozenset(changed)

    def _find_evidence(self, codes: Iterable[str]) -> bool:
        """Tell whether any of these signals can bring an entity and could not before."""
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

    def _find_positions(self, codes: Iterable[str]) -> bool:
        """Tell whether any of these signals reports a door, window or tire for the first time."""
        is_new = False
        for signal in (DOORS, TIRES, WINDOWS):
            if signal.code in codes:
                reported: Mapping[Position, object] = self.value(signal) or {}
                known = self._positions.setdefault(signal.code, set())
                is_new = is_new or not known.issuperset(reported)
                known.update(reported)
        return is_new

    def as_json(self) -> dict[str, Json]:
        """Return what the store keeps."""
        return {
            "signals": {code: stored.as_json() for code, stored in self.signals.items()},
            "entities": sorted(self.entities),
            "incapable_of": sorted(self.unsupported_commands),
            "last_contact": time_to_json(self.last_contact),
            "last_push": time_to_json(self.last_push),
            "pushes_today": self.pushes_today,
            "reported_errors": [error.as_json() for error in self.reported_errors.values()],
            "charge_complete_at": time_to_json(self.charge_complete_at),
            "charge_session_start": time_to_json(self.session.started_at),
            "plugged_in_at": time_to_json(self.session.plugged_in_at),
            "energy_added": self.session.energy,
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
            code: StoredSignal.from_json(stored)
            for code, stored in optional_object(data.get("signals")).items()
        }
        state.entities = _texts(data.get("entities"))
        state.unsupported_commands = _texts(data.get("incapable_of"))
        state.last_contact = optional_time(data.get("last_contact"))
        state.last_push = optional_time(data.get("last_push"))
        state.pushes_today = optional_integer(data.get("pushes_today")) or 0
        errors = map(VehicleError.from_json, optional_list(data.get("reported_errors")))
        state.reported_errors = {error.key: error for error in errors}
        state.charge_complete_at = optional_time(data.get("charge_complete_at"))
        state.data_from_car = state._last_report()
        state.session = ChargingSession(
            started_at=optional_time(data.get("charge_session_start")),
            plugged_in_at=optional_time(data.get("plugged_in_at")),
            energy=optional_number(data.get("energy_added")),
        )
        for code, positions in optional_object(data.get("positions")).items():
            state._positions[code] = {
                Position(row, column)
                for item in optional_list(positions)
                if len(pair := optional_list(item)) == 2
                and isinstance(row := pair[0], int)
                and isinstance(column := pair[1], int)
            }
        return state


class _Snapshot(NamedTuple):
    """What a merge compares with."""

    signals: Mapping[str, StoredSignal]
    data_from_car: datetime | None
    charge_complete_at: datetime | None


def _texts(value: Json) -> set[str]:
    return {text for item in optional_list(value) if (text := optional_text(item))}


def _lies_ahead(time: datetime, now: datetime) -> bool:
    return time > now + _CLOCK_TOLERANCE
