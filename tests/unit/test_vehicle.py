"""The merge: the state of a car after polls, pushes and commands, in any order."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import itertools
import json
import math

from homeassistant.helpers.json import prepare_save_json
from hypothesis import example, given, strategies as st
import pytest

from custom_components.smartcar.api import (
    InvalidResponseError,
    Json,
    Position,
    Signal,
    SignalError,
    SignalStatus,
)
from custom_components.smartcar.api.catalogue import (
    BATTERY_RANGE,
    CHARGE_AMPERAGE,
    CHARGE_RATE,
    CHARGE_VOLTAGE,
    CHARGE_WATTAGE,
    ENERGY_ADDED,
    IS_CABLE_CONNECTED,
    IS_CHARGING,
    IS_LOCKED,
    ODOMETER,
    STATE_OF_CHARGE,
    SUNROOF,
    TIME_TO_COMPLETE,
    TIRES,
    VIN,
    SignalType,
)
from custom_components.smartcar.vehicle import Change, StoredSignal, VehicleState

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


def minute(minutes: float) -> datetime:
    """Return a time that many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def reported(signal: SignalType[object], value: Json, time: datetime | None) -> Signal:
    """Return a signal with a value, as of some time."""
    return Signal(code=signal.code, body={"value": value}, oem_updated_at=time)


def failed(
    signal: SignalType[object],
    code: str | None = "VEHICLE_NOT_CAPABLE",
    body: Mapping[str, Json] | None = None,
    time: datetime | None = None,
) -> Signal:
    return Signal(
        code=signal.code,
        status=SignalStatus.ERROR,
        error=SignalError(type="COMPATIBILITY", code=code),
        body=body or {},
        oem_updated_at=time,
    )


def merged(*signals: Signal, now: datetime = NOON) -> VehicleState:
    """Return the state of a car that has sent these signals."""
    state = VehicleState()
    state.merge(signals, now)
    return state


# Which of two values stays


@pytest.mark.parametrize(
    ("first", "second", "winner"),
    [
        pytest.param(-10, -5, 2, id="newer"),
        pytest.param(-5, -10, 1, id="older"),
        pytest.param(-5, -5, 2, id="same age: the later word"),
        pytest.param(
            None, -5, 2, id="the first came without a time, the second is retrieved later"
        ),
        pytest.param(None, 5, 2, id="the first came without a time, before the second was made"),
        pytest.param(-5, None, 2, id="without a time counts as of its arrival"),
        pytest.param(4, None, 2, id="a clock a little ahead is believed, and then overtaken"),
        pytest.param(6, 5, 2, id="a time that lies ahead counts as of its arrival"),
        pytest.param(60 * 24 * 365, 5, 2, id="a time far ahead pins nothing"),
    ],
)
def test_newest_value_stays(first: float | None, second: float | None, winner: int) -> None:
    times = [None if minutes is None else minute(minutes) for minutes in (first, second)]
    state = merged(reported(ODOMETER, 1, times[0]))
    state.merge([reported(ODOMETER, 2, times[1])], minute(5))
    assert state.value(ODOMETER) == winner


def test_own_wrong_clock_pins_nothing() -> None:
    state = merged(reported(ODOMETER, 1, None), now=minute(60 * 24 * 365))
    state.merge([reported(ODOMETER, 2, minute(-1))], NOON)
    assert state.value(ODOMETER) == 2


def test_command_completed_in_the_future_pins_nothing() -> None:
    state = merged(reported(IS_LOCKED, False, minute(-5)))
    state.apply_command(IS_LOCKED, {"value": True}, minute(60 * 24 * 365), NOON)
    assert state.value(IS_LOCKED) is True
    state.merge([reported(IS_LOCKED, False, minute(2))], minute(3))
    assert state.value(IS_LOCKED) is False


def test_malformed_value_costs_only_itself() -> None:
    state = merged(
        reported(ODOMETER, {"what": []}, minute(-1)), reported(STATE_OF_CHARGE, 50, minute(-1))
    )
    assert (state.value(ODOMETER), state.value(STATE_OF_CHARGE)) == (None, 50)


def test_merge_returns_what_changed() -> None:
    state = merged(reported(ODOMETER, 1, minute(-9)), reported(STATE_OF_CHARGE, 50, minute(-9)))
    again = [reported(ODOMETER, 1, minute(-9)), reported(STATE_OF_CHARGE, 50, minute(-9))]
    assert state.merge(again, minute(1)) == frozenset()
    newer = [reported(ODOMETER, 1, minute(-3)), reported(STATE_OF_CHARGE, 51, minute(-3))]
    assert state.merge(newer, minute(2)) == {STATE_OF_CHARGE.code, Change.DATA_FROM_CAR}
    assert state.merge([failed(ODOMETER)], minute(3)) == frozenset()


def test_data_from_car_is_as_old_as_the_car_says() -> None:
    """A signal that never has a time (a VIN) must not make a sleeping car seem awake."""
    state = merged(reported(ODOMETER, 1, minute(-90)), reported(VIN, "SIM", None))
    assert state.data_from_car == minute(-90)
    assert Change.DATA_FROM_CAR not in state.merge([reported(VIN, "SIM", None)], minute(30))
    assert state.data_from_car == minute(-90)


def test_data_from_car_without_any_time_is_the_time_of_arrival() -> None:
    assert merged(reported(ODOMETER, 1, None)).data_from_car is None
    assert VehicleState().data_from_car is None


# Errors


def test_error_keeps_the_last_good_value_and_is_recorded() -> None:
    state = merged(reported(ODOMETER, 1, minute(-9)))
    state.merge([failed(ODOMETER, "UNREACHABLE", {"value": 0})], minute(1))
    state.merge([failed(ODOMETER, "UNREACHABLE")], minute(2))
    signal = state.signals[ODOMETER.code]
    assert state.value(ODOMETER) == 1
    assert signal.error is not None
    assert (signal.error.code, signal.error_since) == ("UNREACHABLE", minute(1))


def test_other_error_begins_anew_and_success_ends_it() -> None:
    state = merged(failed(ODOMETER, "UNREACHABLE"))
    state.merge([failed(ODOMETER, "ASLEEP")], minute(1))
    assert state.signals[ODOMETER.code].error_since == minute(1)
    state.merge([reported(ODOMETER, 1, minute(2))], minute(2))
    assert state.signals[ODOMETER.code].error is None


def test_status_without_error_is_recorded_all_the_same() -> None:
    state = merged(Signal(code=ODOMETER.code, status=SignalStatus.UNAVAILABLE))
    error = state.signals[ODOMETER.code].error
    assert error is not None
    assert error.type == "UNAVAILABLE"


def test_not_capable_creates_nothing_and_deletes_nothing() -> None:
    state = merged(reported(ODOMETER, 1, minute(-9)), failed(SUNROOF, body={"isOpen": None}))
    assert state.stored(SUNROOF) is None
    state.merge([failed(ODOMETER)], minute(1))
    assert state.stored(ODOMETER) is not None
    assert state.value(ODOMETER) == 1


@pytest.mark.parametrize(
    ("code", "after", "expected"),
    [
        ("VEHICLE_NOT_CAPABLE", WEEK - timedelta(seconds=1), False),
        ("VEHICLE_NOT_CAPABLE", WEEK, True),
        ("UNREACHABLE", 4 * WEEK, False),
        (None, 4 * WEEK, False),
    ],
)
def test_incapable_after_seven_days(code: str | None, after: timedelta, expected: bool) -> None:
    state = merged(reported(ODOMETER, 1, minute(-9)), now=NOON)
    state.merge([failed(ODOMETER, code)], NOON)
    state.merge([failed(ODOMETER, code)], NOON + after)
    assert state.signals[ODOMETER.code].is_incapable(NOON + after) is expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, False),
        ({"value": None}, False),
        ({"value": None, "unit": "km"}, False),
        ({"unit": "km"}, False),
        ({"value": 0, "unit": "km"}, True),
        ({"value": False}, True),
        ({"values": []}, True),
    ],
)
def test_null_fields_are_no_value(body: Mapping[str, Json], expected: bool) -> None:
    state = merged(Signal(code=ODOMETER.code, body=body))
    assert (state.stored(ODOMETER) is not None) is expected


# Charging

CHARGE_VALUES = {
    CHARGE_WATTAGE: 11_000,
    CHARGE_AMPERAGE: 16,
    CHARGE_RATE: 60,
    CHARGE_VOLTAGE: 230,
    TIME_TO_COMPLETE: 90,
}
WITHOUT_CHARGE = {
    CHARGE_WATTAGE: 0,
    CHARGE_AMPERAGE: 0,
    CHARGE_RATE: 0,
    CHARGE_VOLTAGE: None,
    TIME_TO_COMPLETE: None,
}


def charging(time: datetime = NOON) -> VehicleState:
    return merged(
        reported(IS_CHARGING, True, time),
        *(reported(signal, value, time) for signal, value in CHARGE_VALUES.items()),
        now=time,
    )


def shown(state: VehicleState) -> dict[SignalType[float], float | None]:
    return {signal: state.value(signal) for signal in CHARGE_VALUES}


@pytest.mark.parametrize("signal", CHARGE_VALUES, ids=lambda signal: signal.code)
def test_not_charging_ends_the_charge(signal: SignalType[float]) -> None:
    """One signal's NOT_CHARGING is good for all; the body beside it is stale."""
    state = charging()
    assert shown(state) == CHARGE_VALUES
    state.merge([failed(signal, "NOT_CHARGING", {"value": CHARGE_VALUES[signal]})], minute(9))
    assert shown(state) == WITHOUT_CHARGE


def test_end_of_charging_ends_the_charge() -> None:
    state = charging()
    changed = state.merge([reported(IS_CHARGING, False, minute(5))], minute(9))
    assert shown(state) == WITHOUT_CHARGE
    assert {signal.code for signal in CHARGE_VALUES} <= changed


def test_older_end_of_charging_ends_nothing() -> None:
    state = charging()
    state.merge([reported(IS_CHARGING, False, minute(-5))], minute(9))
    assert shown(state) == CHARGE_VALUES


def test_end_of_charging_spares_newer_values() -> None:
    state = charging()
    state.merge(
        [reported(CHARGE_WATTAGE, 50, minute(8)), reported(IS_CHARGING, False, minute(5))],
        minute(9),
    )
    assert shown(state) == WITHOUT_CHARGE | {CHARGE_WATTAGE: 50}


def test_stale_value_after_the_end_of_charging_changes_nothing() -> None:
    state = charging()
    state.merge([reported(IS_CHARGING, False, minute(5))], minute(5))
    state.merge([reported(CHARGE_WATTAGE, 11_000, minute(4))], minute(9))
    assert state.value(CHARGE_WATTAGE) == 0


def test_car_that_charges_ends_only_the_value_that_says_otherwise() -> None:
    state = charging()
    state.merge(
        [failed(CHARGE_RATE, "NOT_CHARGING"), reported(IS_CHARGING, True, minute(5))],
        minute(9),
    )
    assert shown(state) == CHARGE_VALUES | {CHARGE_RATE: 0}


def test_charge_that_resumes_shows_again() -> None:
    state = charging()
    state.merge([failed(CHARGE_WATTAGE, "NOT_CHARGING")], minute(5))
    state.merge([reported(CHARGE_WATTAGE, 7_000, minute(6))], minute(6))
    assert state.value(CHARGE_WATTAGE) == 7_000


def test_not_charging_creates_nothing() -> None:
    state = merged(*(failed(signal, "NOT_CHARGING", {"value": 1}) for signal in CHARGE_VALUES))
    assert shown(state) == dict.fromkeys(CHARGE_VALUES)
    assert not any(state.stored(signal) for signal in CHARGE_VALUES)


def test_completion_moves_only_with_estimates_that_differ() -> None:
    state = charging()
    assert state.charge_complete_at == minute(90)
    assert Change.CHARGE_COMPLETE_AT not in state.merge(
        [reported(TIME_TO_COMPLETE, 79, minute(10))], minute(10)
    )
    assert state.charge_complete_at == minute(90)
    assert Change.CHARGE_COMPLETE_AT in state.merge(
        [reported(TIME_TO_COMPLETE, 60, minute(20))], minute(20)
    )
    assert state.charge_complete_at == minute(80)
    state.merge([reported(IS_CHARGING, False, minute(30))], minute(30))
    assert state.charge_complete_at is None


def test_positions_once_seen_stay() -> None:
    def tire(row: int) -> Json:
        return {"row": row, "column": 0, "tirePressure": 2.5}

    def tires(*rows: int) -> Signal:
        body = {"values": [tire(row) for row in rows], "unit": "bar"}
        return Signal(code=TIRES.code, body=body)

    state = merged(tires(0, 1))
    state.merge([tires(1)], minute(5))
    assert state.positions(TIRES) == [Position(0, 0), Position(1, 0)]
    stored = VehicleState.from_json(json.loads(json.dumps(state.as_json())))
    assert stored.positions(TIRES) == state.positions(TIRES)


# Commands


def commanded(time: datetime = NOON) -> VehicleState:
    state = merged(reported(IS_LOCKED, False, minute(-30)))
    state.apply_command(IS_LOCKED, {"value": True}, time, time)
    return state


@pytest.mark.parametrize(
    ("time", "now", "locked"),
    [
        pytest.param(minute(-30), minute(1), True, id="stale poll"),
        pytest.param(minute(0), minute(1), True, id="as old as the command"),
        pytest.param(minute(1), minute(1), False, id="newer"),
        pytest.param(None, minute(9), True, id="without a time, soon after"),
        pytest.param(None, minute(11), False, id="without a time, later"),
        pytest.param(minute(60), minute(1), True, id="a time that lies ahead, soon after"),
    ],
)
def test_only_newer_signal_replaces_what_was_commanded(
    time: datetime | None, now: datetime, locked: bool
) -> None:
    state = commanded()
    state.merge([reported(IS_LOCKED, False, time)], now)
    assert state.value(IS_LOCKED) is locked


def test_confirmed_command_is_a_signal_like_any_other() -> None:
    state = commanded()
    state.merge([reported(IS_LOCKED, True, minute(1))], minute(1))
    state.merge([reported(IS_LOCKED, False, None)], minute(2))
    assert state.value(IS_LOCKED) is False


def test_error_after_a_command_keeps_what_was_commanded() -> None:
    state = commanded()
    state.merge([failed(IS_LOCKED, "UNREACHABLE")], minute(1))
    state.merge([reported(IS_LOCKED, False, minute(-30))], minute(2))
    assert state.value(IS_LOCKED) is True


def test_command_returns_what_changed() -> None:
    state = charging(minute(-5))
    changed = state.apply_command(IS_CHARGING, {"value": False}, minute(1), minute(1))
    assert changed >= {IS_CHARGING.code, *(signal.code for signal in CHARGE_VALUES)}
    assert shown(state) == WITHOUT_CHARGE
    state.merge([reported(CHARGE_WATTAGE, 11_000, minute(0))], minute(2))
    assert state.value(CHARGE_WATTAGE) == 0


# The store

WEIRD: list[Json] = [
    10**400,
    -(2**70),
    2**63 - 1,
    1e308,
    "\ud800",
    {"\udfff": "\ud83d\ude00"},
    [[[]]],
    {"a": None},
]


def nested(depth: int) -> Json:
    value: Json = []
    for _ in range(depth):
        value = [value, {"deeper": value}] if depth < 5 else [value]
    return value


@pytest.mark.parametrize("weird", [*WEIRD, nested(10_000)], ids=lambda value: type(value).__name__)
def test_any_body_can_be_stored(weird: Json) -> None:
    state = merged(Signal(code="some-thing", body={"value": weird, "key": 1}))
    prepare_save_json(state.as_json(), encoder=None)
    again = VehicleState.from_json(json.loads(json.dumps(state.as_json())))
    assert again.as_json() == state.as_json()
    # A body that cannot be stored must not count as a change each time.
    assert again.merge([Signal(code="some-thing", body={"value": weird, "key": 1})], minute(1)) <= {
        "some-thing"
    }


@pytest.mark.parametrize("weird", [*WEIRD, nested(1_000)], ids=lambda value: type(value).__name__)
def test_body_that_had_to_be_cleaned_does_not_change_each_time(weird: Json) -> None:
    signal = Signal(code="some-thing", body={"value": weird})
    state = merged(signal)
    assert state.merge([signal], minute(1)) == frozenset()


def test_everything_survives_a_restart() -> None:
    state = charging()
    state.merge([failed(ODOMETER), reported(VIN, "SIM", None)], minute(1))
    state.apply_command(IS_LOCKED, {"value": True}, minute(2), minute(2))
    state.entities.add("sensor.odometer")
    state.unsupported_commands.add("lock")
    state.last_contact = minute(3)
    again = VehicleState.from_json(json.loads(json.dumps(state.as_json())))
    assert again.as_json() == state.as_json()
    assert (again.entities, again.unsupported_commands) == (
        state.entities,
        state.unsupported_commands,
    )
    assert (again.last_contact, again.data_from_car) == (minute(3), state.data_from_car)
    assert shown(again) == shown(state)
    # The rules go on: the command still outlives a stale poll.
    again.merge([reported(IS_LOCKED, False, minute(2))], minute(4))
    assert again.value(IS_LOCKED) is True


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"signals": []},
        {"signals": {"a": 5, "b": None, "c": {"body": [], "updated_at": "never", "error": 3}}},
        {"entities": [None, 3], "unsupported_commands": ["fly", None, {}], "last_contact": {}},
        {"positions": {"a": 3, "b": [None], "c": [[1]], "d": [["x", "y"]], "e": [[0, 1, 2]]}},
    ],
)
def test_malformed_parts_of_a_stored_car_are_left_out(value: Json) -> None:
    state = VehicleState.from_json(value)
    assert state.data_from_car is None
    assert not any(signal.has_value for signal in state.signals.values())
    assert not state.positions(TIRES)


@pytest.mark.parametrize("value", [None, [], "car", 5])
def test_stored_car_that_is_no_object_is_refused(value: Json) -> None:
    with pytest.raises(InvalidResponseError):
        VehicleState.from_json(value)


def test_stored_signal_of_nothing_is_empty() -> None:
    assert StoredSignal.from_json(None) == StoredSignal()


# Properties

YEAR = 365 * 24 * 60  # in minutes
MINUTES = st.integers(min_value=-10_000, max_value=0)
FLAGS = st.sampled_from([IS_CHARGING, IS_LOCKED, IS_CABLE_CONNECTED])
NUMBERS = st.sampled_from([*CHARGE_VALUES, BATTERY_RANGE, ODOMETER, STATE_OF_CHARGE, ENERGY_ADDED])
TIMES = st.none() | st.integers(-50 * YEAR, 70 * YEAR).map(minute)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=8,
)
SIGNALS = st.one_of(
    st.builds(reported, FLAGS, st.booleans(), TIMES),
    st.builds(reported, NUMBERS, st.integers(0, 100), TIMES),
    st.builds(reported, NUMBERS, JSON_VALUES, TIMES),
    st.builds(failed, NUMBERS | FLAGS, st.sampled_from([None, "NOT_CHARGING", "UNREACHABLE"])),
)
POLLS = st.lists(
    st.tuples(st.lists(SIGNALS, max_size=5), st.integers(0, 10_000).map(minute)), max_size=6
)


@given(st.lists(MINUTES, unique=True, min_size=1, max_size=6).flatmap(st.permutations))
def test_order_of_arrival_does_not_matter(order: list[int]) -> None:
    state = VehicleState()
    for minutes in order:
        state.merge([reported(CHARGE_RATE, -minutes / 10, minute(minutes))], NOON)
    assert state.value(CHARGE_RATE) == -max(order) / 10


@given(POLLS)
def test_no_value_is_replaced_by_an_older_one(polls: list[tuple[list[Signal], datetime]]) -> None:
    state = VehicleState()
    # Time runs forward here; what wrong clocks do has tests of its own.
    for signals, now in sorted(polls, key=lambda poll: poll[1]):
        before = dict(state.signals)
        state.merge(signals, now)
        for code, signal in before.items():
            after = state.signals[code]
            if signal.updated_at is None or not (signal.dated and after.dated):
                continue
            assert after.updated_at is not None
            assert after.updated_at >= signal.updated_at


@given(POLLS, st.sampled_from([BATTERY_RANGE, CHARGE_WATTAGE, STATE_OF_CHARGE]))
def test_no_history_pins_a_value(
    polls: list[tuple[list[Signal], datetime]], signal: SignalType[float]
) -> None:
    """Whatever clocks were wrong before: a value of this moment is shown."""
    state = VehicleState()
    for signals, now in polls:
        state.merge(signals, now)
    now = minute(10_006)
    state.merge([reported(IS_CHARGING, True, now), reported(signal, 42, now)], now)
    assert state.value(signal) == 42


@given(
    st.lists(SIGNALS, min_size=1, max_size=6),
    st.lists(
        st.tuples(st.lists(st.integers(0, 5), max_size=6), st.integers(0, 60), st.booleans()),
        max_size=12,
    ),
)
def test_same_signal_again_is_the_same_as_an_equal_one(
    pool: list[Signal], polls: list[tuple[list[int], int, bool]]
) -> None:
    """An identical signal is passed over, so that must never make a difference."""
    same, equal = VehicleState(), VehicleState()
    now = NOON
    for indices, minutes, is_commanded in polls:
        now += timedelta(minutes=minutes)
        signals = [pool[index % len(pool)] for index in indices]
        changed = same.merge(signals, now)
        assert changed == equal.merge([replace(signal) for signal in signals], now)
        if is_commanded:
            for state in (same, equal):
                state.apply_command(IS_CHARGING, {"value": minutes % 2 == 0}, now, now)
        assert same.as_json() == equal.as_json()
        assert same.data_from_car == equal.data_from_car


def test_new_evidence_is_returned_once() -> None:
    state = VehicleState()
    assert Change.EVIDENCE in state.merge([reported(ODOMETER, 1, minute(-9))], NOON)
    assert Change.EVIDENCE not in state.merge([reported(ODOMETER, 2, minute(-8))], NOON)
    assert Change.EVIDENCE in state.merge([reported(STATE_OF_CHARGE, 50, minute(-8))], NOON)
    assert Change.EVIDENCE not in state.merge([reported(IS_LOCKED, None, minute(-8))], NOON)
    assert Change.EVIDENCE not in state.merge([failed(STATE_OF_CHARGE)], NOON)
    # It counts as lacking now, so its coming back is news even with the same value.
    assert Change.EVIDENCE in state.merge([reported(STATE_OF_CHARGE, 50, minute(-8))], NOON)
    tire: dict[str, Json] = {"row": 0, "column": 0, "tirePressure": 250}
    body: dict[str, Json] = {"values": [tire], "unit": "kilopascal"}
    first = replace(reported(TIRES, None, minute(-8)), body=body)
    assert Change.EVIDENCE in state.merge([first], NOON)
    more = replace(first, body={**body, "values": [tire, {**tire, "column": 1}]})
    assert Change.EVIDENCE in state.merge([more], NOON)
    assert Change.EVIDENCE not in state.merge([first], NOON)


@given(POLLS, st.integers(-YEAR, YEAR).map(minute))
@example([([reported(CHARGE_WATTAGE, math.inf, None)], minute(0))], minute(0))
def test_stored_state_is_the_same_state(
    polls: list[tuple[list[Signal], datetime]], completed_at: datetime
) -> None:
    state = VehicleState()
    for signals, now in polls:
        state.merge(signals, now)
    state.apply_command(IS_LOCKED, {"value": True}, completed_at, NOON)
    mode, written = prepare_save_json(state.as_json(), encoder=None)
    again = VehicleState.from_json(json.loads(written))
    assert mode in {"w", "wb"}
    assert again.as_json() == json.loads(written)
    assert {code: item.has_value for code, item in again.signals.items()} == {
        code: item.has_value for code, item in state.signals.items()
    }


@given(POLLS, POLLS)
def test_only_newer_signals_replace_what_was_commanded(
    before: list[tuple[list[Signal], datetime]], after: list[tuple[list[Signal], datetime]]
) -> None:
    state = VehicleState()
    for signals, _ in before:
        state.merge(signals, minute(-1))
    state.apply_command(IS_LOCKED, {"value": True}, NOON, NOON)
    for signals, now in sorted(after, key=lambda poll: poll[1]):
        state.merge(signals, now)
    newer = [
        signal
        for signals, now in after
        for signal in signals
        if signal.code == IS_LOCKED.code
        and signal.status is SignalStatus.SUCCESS
        # After an hour, some cars' clocks stand still.
        and (signal.oem_updated_at is None or signal.oem_updated_at > NOON or now >= minute(60))
    ]
    assert newer or state.value(IS_LOCKED) is True


@given(st.data())
def test_car_that_does_not_charge_shows_no_power(data: st.DataObject) -> None:
    """However the signals of one poll are ordered."""
    order = data.draw(st.permutations([IS_CHARGING, *CHARGE_VALUES]))
    state = charging()
    state.merge(
        [
            reported(IS_CHARGING, False, minute(5))
            if signal is IS_CHARGING
            else failed(signal, "NOT_CHARGING", {"value": 1}, minute(-60))
            for signal in order
        ],
        minute(6),
    )
    assert shown(state) == WITHOUT_CHARGE


def test_all_orders_of_one_poll_end_alike() -> None:
    signals = [
        reported(IS_CHARGING, False, minute(5)),
        reported(CHARGE_WATTAGE, 11_000, minute(4)),
        failed(CHARGE_RATE, "NOT_CHARGING"),
        reported(CHARGE_VOLTAGE, 230, minute(5)),
    ]
    ends = []
    for order in itertools.permutations(signals):
        state = charging()
        state.merge(order, minute(6))
        ends.append(shown(state))
    assert all(end == ends[0] for end in ends)
