"""Everything known of one vehicle, and the one merge.

The merge does not know whether a signal came by poll, by push or out of the store.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple, Self

from ..api import (
    ErrorCode,
    ErrorType,
    Json,
    JsonObject,
    Position,
    Signal,
    SignalStatus,
    VehicleError,
    optional_integer,
    optional_list,
    optional_object,
    optional_text,
    optional_time,
    required_object,
    time_to_json,
)
from ..api.catalogue import (
    CATALOGUE,
    CHARGE_WATTAGE,
    DETAILED_CHARGING_STATUS,
    DOORS,
    ENERGY_ADDED,
    IS_CABLE_CONNECTED,
    IS_CHARGING,
    ODOMETER,
    PRECISE_LOCATION,
    TIME_TO_COMPLETE,
    TIRES,
    WINDOWS,
    SignalType,
)
from .charging import ChargingState, charging_state, estimate_completion, settle_charging
from .energy import EnergySession
from .evidence import Evidence
from .merge import merge_command, merge_signal
from .odometer import DoubtfulReading, is_jump
from .stored import StoredSignal

# How long a missing permission may be an error of the cloud.
_WITHDRAWN_AFTER: Final = timedelta(hours=24)


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
        self.position_at: datetime | None = None
        """Since when the vehicle has reported its position; the same position keeps its time."""
        self.session = EnergySession()
        self._doubtful_odometer = DoubtfulReading()
        self._evidence = Evidence()
        self._merged: dict[str, tuple[Signal, StoredSignal]] = {}
        """The last merged signal of each code, if merging it again would change nothing."""
        self._values: dict[str, object] = {}

    # What is known

    def value[T](self, signal: SignalType[T]) -> T | None:
        """Return the value of a signal as its reader gives it; None if unknown."""
        if signal.code not in self._values:
            stored = self.signals.get(signal.code)
            is_known = stored is not None and not stored.is_withdrawn
            self._values[signal.code] = signal.read(stored.body) if stored and is_known else None
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
            signal.read(stored.body) is not None
            or any(stored.body.get(key) is not None for key in ("value", "status"))
        )

    def positions(self, signal: SignalType[Mapping[Position, object]]) -> list[Position]:
        """Return where the vehicle has ever reported doors, windows or tires."""
        return self._evidence.positions(signal.code)

    @property
    def charging_state(self) -> ChargingState | None:
        """The status derived from the charging signals."""
        return charging_state(
            is_charging=self.value(IS_CHARGING),
            is_connected=self.value(IS_CABLE_CONNECTED),
            text=self.value(DETAILED_CHARGING_STATUS),
            power=self.value(CHARGE_WATTAGE),
        )

    @property
    def codes_in_use(self) -> frozenset[str]:
        """The signals that ever had a value."""
        return frozenset(code for code, stored in self.signals.items() if stored.has_value)

    @property
    def withdrawn(self) -> frozenset[str]:
        """The signals whose permission the owner has taken back."""
        return frozenset(code for code, stored in self.signals.items() if stored.is_withdrawn)

    # What changes it

    def record_push(self, now: datetime) -> None:
        """Count a push."""
        same_day = self.last_push is not None and self.last_push.date() == now.date()
        self.pushes_today = self.pushes_today + 1 if same_day else 1
        self.last_push = now

    def merge(self, signals: Iterable[Signal], now: datetime) -> frozenset[str]:
        """Apply what a poll or a push brought; return the codes whose body changed.

        Derived values that changed are returned as members of `Change`.
        """
        before = self._snapshot()
        was_connected, was_at = self.value(IS_CABLE_CONNECTED), self._coordinates()
        delivered: set[str] = set()
        not_charging: set[str] = set()
        for signal in signals:
            if signal.status is SignalStatus.SUCCESS:
                if self._apply(signal, now):
                    delivered.add(signal.code)
                continue
            self._apply(signal, now)
            if signal.error is not None and signal.error.code == ErrorCode.NOT_CHARGING:
                not_charging.add(signal.code)
        settle_charging(self.signals, delivered, not_charging)
        self._values.clear()
        self._follow_session(was_connected, now)
        if self._coordinates() != was_at:
            self.position_at = self.signals[PRECISE_LOCATION.code].updated_at
        return self._changes_since(before)

    def apply_command(
        self, signal: SignalType[object], body: JsonObject, completed_at: datetime, now: datetime
    ) -> frozenset[str]:
        """Store what a command achieved, as of when the vehicle had done it."""
        before = self._snapshot()
        stored = self.signals.get(signal.code, StoredSignal())
        self.signals[signal.code] = merge_command(stored, body, completed_at, now)
        settle_charging(self.signals, {signal.code}, set())
        self._values.clear()
        return self._changes_since(before)

    def update_withdrawn(self, granted: frozenset[str], now: datetime) -> frozenset[str]:
        """Make values unknown whose permission is not granted; return the codes that changed.

        The cloud must have reported the permission as missing for a day, and no owner's connection
        may grant it. A value is known again as soon as one does.
        """
        changed = set[str]()
        for code, stored in self.signals.items():
            row = CATALOGUE.get(code)
            if row is None or not stored.has_value:
                continue
            is_granted = row.permission in granted
            if stored.is_withdrawn is is_granted and (is_granted or _is_forbidden(stored, now)):
                changed.add(code)
        for code in changed:
            stored = self.signals[code]
            self.signals[code] = replace(stored, is_withdrawn=not stored.is_withdrawn)
        self._values.clear()
        return frozenset(changed)

    def _apply(self, signal: Signal, now: datetime) -> bool:
        """Merge one signal; False if it is out of date."""
        code = signal.code
        stored, merged = self.signals.get(code), self._merged.get(code)
        if merged is not None and merged[0] is signal and merged[1] is stored:
            return True
        after = merge_signal(stored or StoredSignal(), signal, now)
        if after is None:
            return False
        if code == ODOMETER.code and stored is not None and self._is_doubtful(stored, after, now):
            # The value stays, and what the delivery says besides it counts.
            self.signals[code] = replace(
                stored,
                error=after.error,
                error_since=after.error_since,
                is_withdrawn=after.is_withdrawn,
            )
            return False
        self.signals[code] = after
        # A success without a time of its own is as of now, each time. An undated one and the
        # result of a command yield to the same signal later.
        if after.dated and not after.commanded and after.body is not None:
            self._merged[code] = signal, after
        return True

    def _is_doubtful(self, stored: StoredSignal, after: StoredSignal, now: datetime) -> bool:
        """Tell whether an odometer reading jumped; one that is repeated for a day is believed."""
        before, reading = ODOMETER.read(stored.body), ODOMETER.read(after.body)
        if (
            stored.updated_at is None
            or after.updated_at is None
            or before is None
            or reading is None
        ):
            return False
        if not is_jump(before, reading, after.updated_at - stored.updated_at):
            self._doubtful_odometer.contradict(after.updated_at)
            return False
        is_believed = self._doubtful_odometer.believes(reading, after.updated_at, now)
        if is_believed:
            self._doubtful_odometer.clear()
        return not is_believed

    def _follow_session(self, was_connected: bool | None, now: datetime) -> None:
        if was_connected is False and self.value(IS_CABLE_CONNECTED):
            self.session.arm()
        stored = self.signals.get(ENERGY_ADDED.code)
        self.session.follow(
            self.value(ENERGY_ADDED),
            is_charging=self.charging_state is ChargingState.CHARGING,
            odometer=self.value(ODOMETER),
            reported_at=(stored.updated_at if stored else None) or now,
        )

    def _coordinates(self) -> tuple[float, float] | None:
        location = self.value(PRECISE_LOCATION)
        return (location.latitude, location.longitude) if location else None

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
        changed: set[str] = {code for code in touched if self._has_changed(code, before)}
        evident = {code for code in touched if self._can_show(code)}
        if self._evidence.update(touched, evident) | self._find_positions(changed):
            changed.add(Change.EVIDENCE)
        if self.charge_complete_at != before.charge_complete_at:
            changed.add(Change.CHARGE_COMPLETE_AT)
        if self.data_from_car != before.data_from_car:
            changed.add(Change.DATA_FROM_CAR)
        return frozenset(changed)

    def _has_changed(self, code: str, before: _Snapshot) -> bool:
        known, now_known = before.signals.get(code, StoredSignal()), self.signals[code]
        if (known.body, known.is_withdrawn) != (now_known.body, now_known.is_withdrawn):
            return True
        # Python takes true for 1, and the readers do not.
        row = CATALOGUE.get(code)
        return row is not None and row.read(known.body) != row.read(now_known.body)

    def _can_show(self, code: str) -> bool:
        """Tell whether the signal is evidence for an entity."""
        row = CATALOGUE.get(code)
        return row is not None and not self.signals[code].is_refused and self.is_evident(row)

    def _find_positions(self, codes: Iterable[str]) -> bool:
        """Tell whether any of these signals reports a door, window or tire for the first time."""
        found = [
            self._evidence.add_positions(signal.code, reported)
            for signal in (DOORS, TIRES, WINDOWS)
            if signal.code in codes and (reported := self._reported_positions(signal))
        ]
        return any(found)

    def _reported_positions(
        self, signal: SignalType[Mapping[Position, object]]
    ) -> Mapping[Position, object]:
        return self.value(signal) or {}

    # The store

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
            "position_at": time_to_json(self.position_at),
            "session": self.session.as_json(),
            "doubtful_odometer": self._doubtful_odometer.as_json(),
            "positions": self._evidence.as_json(),
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
        location = state.signals.get(PRECISE_LOCATION.code, StoredSignal())
        state.position_at = optional_time(data.get("position_at")) or location.updated_at
        state.session = EnergySession.from_json(
            # Versions before the peaks kept the last value of the session only.
            data.get("session")
            or {
                "started_at": data.get("charge_session_start"),
                "peak": data.get("energy_added"),
                "last": data.get("energy_added"),
            }
        )
        state._doubtful_odometer = DoubtfulReading.from_json(data.get("doubtful_odometer"))
        state._evidence = Evidence.from_json(data.get("positions"))
        return state


class _Snapshot(NamedTuple):
    """What a merge compares with."""

    signals: Mapping[str, StoredSignal]
    data_from_car: datetime | None
    charge_complete_at: datetime | None


def _is_forbidden(stored: StoredSignal, now: datetime) -> bool:
    """Tell whether the cloud has said for a day that the permission is missing."""
    return (
        stored.error is not None
        and stored.error.type == ErrorType.PERMISSION
        and stored.error_since is not None
        and now - stored.error_since >= _WITHDRAWN_AFTER
    )


def _texts(value: Json) -> set[str]:
    return {text for item in optional_list(value) if (text := optional_text(item))}
