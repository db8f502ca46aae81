"""The rules of the merge: which report counts, and what a report says."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
import json

import pytest

from custom_components.smartcar.api import (
    Json,
    JsonObject,
    Location,
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
    CURRENT_SPEED,
    DETAILED_CHARGING_STATUS,
    ENERGY_ADDED,
    FUEL_LEVEL,
    IS_CABLE_CONNECTED,
    IS_CHARGING,
    IS_LOCKED,
    ODOMETER,
    PRECISE_LOCATION,
    STATE_OF_CHARGE,
    TIRES,
    SignalType,
)
from custom_components.smartcar.vehicle import ChargingState, VehicleState

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def reported(
    row: SignalType[object],
    value: Json,
    minutes: float | None = 0,
    retrieved: float | None = None,
) -> Signal:
    return with_body(row, {"value": value}, minutes, retrieved)


def with_body(
    row: SignalType[object],
    body: JsonObject,
    minutes: float | None = 0,
    retrieved: float | None = None,
) -> Signal:
    return Signal(
        code=row.code,
        body=body,
        oem_updated_at=None if minutes is None else at(minutes),
        retrieved_at=None if retrieved is None else at(retrieved),
    )


def error(
    row: SignalType[object],
    value: Json = None,
    minutes: float | None = 0,
    *,
    code: str = "UNREACHABLE",
    type: str = "VEHICLE_STATE",  # noqa: A002  # as Smartcar calls it
) -> Signal:
    return Signal(
        code=row.code,
        status=SignalStatus.ERROR,
        error=SignalError(type=type, code=code),
        body={} if value is None else {"value": value},
        oem_updated_at=None if minutes is None else at(minutes),
    )


def merged(*signals: Signal, minutes: float = 0) -> VehicleState:
    state = VehicleState()
    state.merge(signals, at(minutes))
    return state


def restarted(state: VehicleState) -> VehicleState:
    return VehicleState.from_json(json.loads(json.dumps(state.as_json())))


# An error that carries a value


def test_body_beside_an_error_is_the_first_value() -> None:
    state = merged(error(STATE_OF_CHARGE, 63, -30))
    assert state.value(STATE_OF_CHARGE) == 63
    assert state.is_evident(STATE_OF_CHARGE)
    stored = state.signals[STATE_OF_CHARGE.code]
    assert stored.error is not None
    assert stored.updated_at == at(-30)


def test_newer_body_beside_an_error_replaces_an_older_value() -> None:
    state = merged(reported(STATE_OF_CHARGE, 60, -60))
    state.merge([error(STATE_OF_CHARGE, 63, -30)], NOON)
    assert state.value(STATE_OF_CHARGE) == 63
    state.merge([error(STATE_OF_CHARGE, 59, -90)], NOON)
    assert state.value(STATE_OF_CHARGE) == 63


@pytest.mark.parametrize(
    ("type_", "code"),
    [
        ("VEHICLE_STATE", "NOT_CHARGING"),
        ("COMPATIBILITY", "VEHICLE_NOT_CAPABLE"),
        ("PERMISSION", "UNKNOWN"),
    ],
)
def test_body_beside_some_errors_is_no_value(type_: str, code: str) -> None:
    assert merged(error(BATTERY_RANGE, 5, -30, code=code, type=type_)).stored(BATTERY_RANGE) is None


def test_body_beside_an_error_without_a_time_is_no_value() -> None:
    assert merged(error(STATE_OF_CHARGE, 63, None)).stored(STATE_OF_CHARGE) is None


@pytest.mark.parametrize(("retrieved", "shown"), [(1, 63), (-1, 60)])
def test_value_without_a_time_yields_to_a_body_beside_an_error_that_was_retrieved_later(
    retrieved: float, shown: float
) -> None:
    state = merged(reported(STATE_OF_CHARGE, 60, None))
    late = replace(error(STATE_OF_CHARGE, 63, -30), retrieved_at=at(retrieved))
    state.merge([late], at(2))
    assert state.value(STATE_OF_CHARGE) == shown


@pytest.mark.parametrize(("minutes", "locked"), [(59, True), (61, False)])
def test_command_yields_to_a_body_beside_an_error_after_an_hour(
    minutes: float, locked: bool
) -> None:
    state = merged(reported(IS_LOCKED, False, -30))
    state.apply_command(IS_LOCKED, {"value": True}, NOON, NOON)
    stale = replace(error(IS_LOCKED, False, -30), retrieved_at=at(minutes))
    state.merge([stale], at(minutes))
    assert state.value(IS_LOCKED) is locked


def test_body_beside_an_error_does_not_replace_a_success_of_the_same_time() -> None:
    state = merged(reported(STATE_OF_CHARGE, 60, -30))
    state.merge([error(STATE_OF_CHARGE, 63, -30)], NOON)
    assert state.value(STATE_OF_CHARGE) == 60


# A success that says nothing


@pytest.mark.parametrize("nothing", [None, 102.3, -5, "unknown"])
@pytest.mark.parametrize("row", [STATE_OF_CHARGE, FUEL_LEVEL], ids=lambda row: row.code)
def test_lasting_value_outlives_a_report_without_a_value(
    row: SignalType[float], nothing: Json
) -> None:
    state = merged(with_body(row, {"value": 40, "unit": "percent"}, -60))
    state.merge([with_body(row, {"value": nothing, "unit": "percent"})], NOON)
    assert state.value(row) == 40
    assert restarted(state).value(row) == 40


def test_momentary_value_becomes_unknown() -> None:
    state = merged(reported(CURRENT_SPEED, 50, -10), reported(IS_LOCKED, True, -10))
    state.merge([reported(CURRENT_SPEED, None), reported(IS_LOCKED, None)], NOON)
    assert (state.value(CURRENT_SPEED), state.value(IS_LOCKED)) == (None, None)


def test_position_outlives_a_report_of_nulls() -> None:
    state = merged(with_body(PRECISE_LOCATION, {"latitude": 52.5, "longitude": 13.4}, -10))
    state.merge([with_body(PRECISE_LOCATION, {"latitude": None, "longitude": None})], NOON)
    assert state.value(PRECISE_LOCATION) == Location(52.5, 13.4)


def test_tire_outlives_its_marker() -> None:
    def tires(*pressures: float | None) -> Signal:
        values = [
            {"row": row, "column": 0, "tirePressure": pressure}
            for row, pressure in enumerate(pressures)
        ]
        return with_body(TIRES, {"values": values, "unit": "kPa"}, 10 * len(state.signals))

    state = VehicleState()
    state.merge([tires(250, 260)], NOON)
    state.merge([tires(699.9, 255)], at(15))
    assert state.value(TIRES) == {Position(0, 0): 250, Position(1, 0): 255}


# Charging


POWER = (
    reported(CHARGE_WATTAGE, 7000, -20),
    reported(CHARGE_AMPERAGE, 16, -20),
    reported(CHARGE_RATE, 40, -20),
    reported(CHARGE_VOLTAGE, 230, -20),
)


@pytest.mark.parametrize(
    ("signals", "expected"),
    [
        pytest.param([reported(IS_CABLE_CONNECTED, False)], ChargingState.DISCONNECTED, id="cable"),
        *(
            pytest.param(
                [reported(IS_CABLE_CONNECTED, True), reported(DETAILED_CHARGING_STATUS, text)],
                expected,
                id=text,
            )
            for text, expected in {
                "FULLY_CHARGED": ChargingState.COMPLETE,
                "CHARGE_ENDED": ChargingState.COMPLETE,
                "DONE": ChargingState.COMPLETE,
                "chargePurposeReachedAndNotConservationCharging": ChargingState.COMPLETE,
                "NOT_CHARGING": ChargingState.CONNECTED,
                "ChargingPaused": ChargingState.CONNECTED,
                "NOT_FULLY_CHARGED": ChargingState.CONNECTED,
                "CHARGING_ERROR": ChargingState.FAULT,
            }.items()
        ),
    ],
)
@pytest.mark.parametrize("was_charging", [None, True])
def test_derived_status_ends_the_charge(
    signals: list[Signal], expected: ChargingState, was_charging: bool | None
) -> None:
    """A webhook need not send whether the car charges."""
    state = merged(*POWER)
    if was_charging:
        state.merge([reported(IS_CHARGING, True, -20)], NOON)
    state.merge(signals, NOON)
    assert state.charging_state is expected
    assert [state.value(row) for row in (CHARGE_WATTAGE, CHARGE_AMPERAGE, CHARGE_RATE)] == [0, 0, 0]
    assert state.value(CHARGE_VOLTAGE) is None
    assert not state.value(IS_CHARGING)
    assert restarted(state).charging_state is expected


@pytest.mark.parametrize("text", ["CHARGING", "charging", "AC_CHARGING", "NO_ERROR"])
def test_power_of_a_charging_car_stays(text: str) -> None:
    state = merged(*POWER)
    state.merge(
        [reported(IS_CABLE_CONNECTED, True), reported(DETAILED_CHARGING_STATUS, text)], NOON
    )
    assert state.value(CHARGE_WATTAGE) == 7000
    assert state.charging_state is ChargingState.CHARGING


def test_old_power_beside_a_connected_cable_is_stale() -> None:
    state = merged(reported(CHARGE_WATTAGE, 7000, -60))
    state.merge([reported(IS_CABLE_CONNECTED, True)], NOON)
    assert state.value(CHARGE_WATTAGE) == 0
    assert state.charging_state is ChargingState.CONNECTED


def test_delivery_that_says_charging_is_believed_against_its_text() -> None:
    state = merged(reported(IS_CHARGING, True), reported(DETAILED_CHARGING_STATUS, "FULL", 0.1))
    assert state.value(IS_CHARGING) is True
    assert state.charging_state is ChargingState.CHARGING


@pytest.mark.parametrize("stopped_by", [IS_CABLE_CONNECTED, DETAILED_CHARGING_STATUS])
def test_poll_that_repeats_an_old_report_of_charging_does_not_go_on_charging(
    stopped_by: SignalType[object],
) -> None:
    """Also if it is the first poll: then nothing but the times tells what is old."""
    report = [
        reported(IS_CHARGING, True, -60),
        *POWER,
        reported(IS_CABLE_CONNECTED, stopped_by is not IS_CABLE_CONNECTED),
        reported(DETAILED_CHARGING_STATUS, "NOT_CHARGING"),
    ]
    state = merged(*report)
    for minutes in (0, 1):
        state.merge(report, at(minutes))
        assert state.value(IS_CHARGING) is False
        assert state.value(CHARGE_WATTAGE) == 0


def test_text_of_a_push_replaces_an_older_poll() -> None:
    state = merged(reported(IS_CHARGING, False, -30))
    state.merge([reported(DETAILED_CHARGING_STATUS, "CHARGING")], NOON)
    assert state.value(IS_CHARGING) is True
    state.merge([reported(DETAILED_CHARGING_STATUS, "CHARGE_ENDED", 10)], at(10))
    assert state.value(IS_CHARGING) is False


@pytest.mark.parametrize("is_charging", [False, None])
def test_car_that_feeds_the_house_shows_it(is_charging: bool | None) -> None:
    state = merged(
        reported(CHARGE_WATTAGE, -1200),
        reported(CHARGE_AMPERAGE, -5),
        reported(CHARGE_VOLTAGE, 230),
        reported(IS_CHARGING, is_charging),
        reported(DETAILED_CHARGING_STATUS, "DISCHARGING"),
    )
    assert (state.value(CHARGE_WATTAGE), state.value(CHARGE_AMPERAGE)) == (-1200, -5)
    assert state.value(CHARGE_VOLTAGE) == 230
    state.merge([error(CHARGE_WATTAGE, code="NOT_CHARGING")], at(1))
    assert state.value(CHARGE_WATTAGE) == 0


def test_car_that_feeds_the_house_no_longer_shows_the_charge_before() -> None:
    state = merged(*POWER, reported(DETAILED_CHARGING_STATUS, "CHARGING", -20))
    state.merge(
        [reported(CHARGE_WATTAGE, -1200), reported(DETAILED_CHARGING_STATUS, "DISCHARGING")], NOON
    )
    assert state.value(CHARGE_WATTAGE) == -1200
    assert (state.value(CHARGE_AMPERAGE), state.value(CHARGE_VOLTAGE)) == (0, None)


# Times


@pytest.mark.parametrize("stops", [reported(IS_CHARGING, False, 0), reported(IS_CHARGING, None, 0)])
def test_end_of_a_charge_never_takes_the_time_of_the_maker_back(stops: Signal) -> None:
    state = merged(reported(CHARGE_AMPERAGE, 16, 5), minutes=5)
    cable = reported(IS_CABLE_CONNECTED, False, 0)
    state.merge([stops, cable, reported(CHARGE_AMPERAGE, 16, None)], at(5))
    assert state.value(CHARGE_AMPERAGE) == 16
    state.merge([reported(CHARGE_AMPERAGE, 9, 2)], at(6))
    assert state.value(CHARGE_AMPERAGE) == 16


def test_undated_push_yields_to_a_poll_that_was_retrieved_later() -> None:
    """The VW ID.4 pushes `charge-ischarging` with `meta: {}`."""
    state = merged(reported(IS_CHARGING, False, None), minutes=0)
    state.merge([reported(IS_CHARGING, True, -2, retrieved=1)], at(2))
    assert state.value(IS_CHARGING) is True


def test_undated_push_stands_against_what_was_retrieved_before() -> None:
    state = merged(reported(IS_CHARGING, False, None))
    state.merge([reported(IS_CHARGING, True, -2, retrieved=-1)], at(2))
    assert state.value(IS_CHARGING) is False


def test_maker_time_does_not_go_back_through_an_undated_value() -> None:
    state = merged(reported(ODOMETER, 100, -5))
    state.merge([reported(ODOMETER, 101, None)], at(1))
    state.merge([reported(ODOMETER, 99, -10)], at(2))
    assert state.value(ODOMETER) == 101


@pytest.mark.parametrize(
    ("row", "after", "stands"),
    [
        (IS_LOCKED, HOUR - timedelta(seconds=1), True),
        (IS_LOCKED, HOUR, False),
        (IS_CHARGING, DAY - timedelta(seconds=1), True),
        (IS_CHARGING, DAY, False),
    ],
)
def test_command_yields_although_the_car_clock_stands_still(
    row: SignalType[bool], after: timedelta, stands: bool
) -> None:
    state = merged(reported(row, False, -100))
    state.apply_command(row, {"value": True}, NOON, NOON)
    now = NOON + after
    poll = Signal(code=row.code, body={"value": False}, oem_updated_at=at(-100), retrieved_at=now)
    assert state.merge([poll], at(1)) == frozenset()
    state.merge([poll], now)
    assert state.value(row) is stands


def test_poll_retrieved_before_the_command_never_replaces_it() -> None:
    state = merged(reported(IS_LOCKED, False, -100))
    state.apply_command(IS_LOCKED, {"value": True}, NOON, NOON)
    state.merge([reported(IS_LOCKED, False, -100, retrieved=-1)], NOON + DAY)
    assert state.value(IS_LOCKED) is True


# The odometer


def odometer(*steps: tuple[float, float]) -> VehicleState:
    state = VehicleState()
    for minutes, kilometers in steps:
        state.merge([reported(ODOMETER, kilometers, minutes)], at(minutes))
        state = restarted(state)
    return state


@pytest.mark.parametrize("jump", [0, 999_999, 40_000, 60_000])
def test_odometer_that_jumped_is_not_shown(jump: float) -> None:
    assert odometer((0, 52_891), (5, jump)).value(ODOMETER) == 52_891
    assert odometer((0, 52_891), (5, jump), (10, 52_900)).value(ODOMETER) == 52_900


def test_odometer_that_jumped_is_believed_after_a_day() -> None:
    day = DAY / timedelta(minutes=1)
    steps = [(0, 52_891.0), (5, 32_864.0), (600, 32_900.0)]
    assert odometer(*steps, (day, 33_000)).value(ODOMETER) == 52_891
    assert odometer(*steps, (day + 5, 33_000)).value(ODOMETER) == 33_000


def test_single_jumps_are_no_repetition() -> None:
    day = DAY / timedelta(minutes=1)
    assert odometer((0, 50_000), (5, 900_000), (day + 9, 1.0)).value(ODOMETER) == 50_000


def test_reading_that_was_known_before_contradicts_a_jump() -> None:
    day = DAY / timedelta(minutes=1)
    steps = [(0, 52_891.0), (5, 999_999.0), (600, 52_891.0)]
    assert odometer(*steps, (day + 6, 999_999)).value(ODOMETER) == 52_891


def test_reading_from_before_a_jump_does_not_contradict_it() -> None:
    """A poll repeats what the cloud stored before the push that jumped."""
    day = DAY / timedelta(minutes=1)
    state = odometer((0, 52_891), (5, 10_000))
    state.merge([reported(ODOMETER, 52_891, 0)], at(10))
    state.merge([reported(ODOMETER, 10_000, day + 5)], at(day + 5))
    assert state.value(ODOMETER) == 10_000


def test_reading_that_jumped_clears_the_error_before_it() -> None:
    state = odometer((0, 52_891))
    state.merge([error(ODOMETER)], at(1))
    state.merge([reported(ODOMETER, 999_999, 5)], at(5))
    assert state.value(ODOMETER) == 52_891
    assert state.signals[ODOMETER.code].error is None


def test_small_steps_back_are_shown() -> None:
    assert odometer((0, 52_891), (5, 52_890.6)).value(ODOMETER) == 52_890.6


def test_long_silence_allows_a_long_way() -> None:
    week = 7 * DAY / timedelta(minutes=1)
    assert odometer((0, 50_000), (week, 65_000)).value(ODOMETER) == 65_000


# Energy added


def energy(*steps: float | str) -> tuple[float | None, list[float]]:
    """Return the peak that is shown last, and the peaks of all sessions.

    A step is a value in kWh while charging; or "plug", "drive", "stop" (it charges no more), "idle
    5" (a value while it does not charge).
    """
    state, peaks, kilometers = VehicleState(), list[float](), 1000.0
    state.merge([reported(IS_CABLE_CONNECTED, True), reported(ODOMETER, kilometers)], NOON)
    started_at = None
    for number, step in enumerate(steps, 1):
        minutes = number * 10.0
        signals: list[Signal] = []
        match str(step).split():
            case ["plug"]:
                state.merge([reported(IS_CABLE_CONNECTED, False, minutes - 2)], at(minutes - 2))
                signals = [reported(IS_CABLE_CONNECTED, True, minutes)]
            case ["drive"]:
                kilometers += 25
                signals = [reported(ODOMETER, kilometers, minutes)]
            case ["step", way]:
                kilometers += {"back": -0.3, "on": 0.3}[way]
                signals = [
                    reported(IS_CHARGING, True, minutes),
                    reported(ODOMETER, kilometers, minutes),
                ]
            case ["stop"]:
                signals = [reported(IS_CHARGING, False, minutes)]
            case ["idle", value]:
                signals = [
                    reported(IS_CHARGING, False, minutes),
                    reported(ENERGY_ADDED, float(value), minutes),
                ]
            case _:
                signals = [
                    reported(IS_CHARGING, True, minutes),
                    reported(ENERGY_ADDED, step, minutes),
                ]
        state.merge(signals, at(minutes))
        state = restarted(state)
        if state.session.peak is not None:
            if state.session.started_at != started_at:
                started_at = state.session.started_at
                peaks.append(state.session.peak)
            peaks[-1] = state.session.peak
    return state.session.peak, peaks


@pytest.mark.parametrize(
    ("steps", "peaks"),
    [
        pytest.param([20, 48.06, 47.95], [48.06], id="corrected downward"),
        pytest.param([36.6, 36.3, 35.9, 35.2, 34.4], [36.6], id="corrected again and again"),
        pytest.param([8, 0, 8, 10], [10], id="a dropped value"),
        pytest.param([5, 20, "idle 0"], [20], id="0 at the moment it is full"),
        pytest.param(
            [5, 20, "idle 0", "plug", 3, 9], [20, 9], id="0 when full, then another session"
        ),
        pytest.param(
            [10, 48.06, "plug", "idle 47.95", 0.2, 12], [48.06, 12], id="kept until the next"
        ),
        pytest.param([10, 20, "plug", 12, 15], [20, 15], id="ends above half of the one before"),
        pytest.param([10, 20, "plug", 25, 30], [20, 30], id="first seen above the one before"),
        pytest.param([10, 20, "plug", 20, 20, 1], [20, 1], id="old value counts once"),
        pytest.param([5, "stop", 5, 9, "stop", 9, 12], [12], id="solar pauses"),
        pytest.param([5, 9, "drive", 1, 4], [9, 4], id="driving arms, too"),
        pytest.param(
            [5, 20, "drive", "idle 3", "idle 6"], [20, 6], id="fallen below half, then risen"
        ),
        pytest.param([5, 20, "drive", "idle 19.5"], [20], id="a correction begins nothing"),
        pytest.param(
            [5, "step back", 6, "step on", 7, 9], [9], id="an odometer that steps back and forth"
        ),
        pytest.param([5, 20, 2, 6], [20], id="two sessions whose border no report shows"),
    ],
)
def test_energy_is_counted_once(steps: list[float | str], peaks: list[float]) -> None:
    shown, sessions = energy(*steps)
    assert sessions == peaks
    assert shown == peaks[-1]


def test_session_that_an_older_version_stored_goes_on() -> None:
    stored = merged(reported(ENERGY_ADDED, 9, -60)).as_json()
    del stored["session"]
    state = VehicleState.from_json(
        {**stored, "charge_session_start": at(-600).isoformat(), "energy_added": 9}
    )
    assert (state.session.peak, state.session.started_at) == (9, at(-600))
    state.merge([reported(IS_CHARGING, True), reported(ENERGY_ADDED, 12)], NOON)
    assert (state.session.peak, state.session.started_at) == (12, at(-600))


# Withdrawn permissions


def test_missing_permission_is_one_error_in_polls_and_pushes() -> None:
    state = merged(reported(STATE_OF_CHARGE, 60, -10))
    for hours, code in ((0, "UNKNOWN"), (9, ""), (23, "UNKNOWN")):
        refused = error(STATE_OF_CHARGE, type="PERMISSION", code=code, minutes=None)
        state.merge([refused], NOON + hours * HOUR)
    assert state.update_withdrawn(frozenset(), NOON + DAY) == {STATE_OF_CHARGE.code}


def test_withdrawn_value_is_known_again_once_the_permission_is_granted() -> None:
    state = merged(reported(STATE_OF_CHARGE, 60, -10))
    state.merge([error(STATE_OF_CHARGE, type="PERMISSION", minutes=None)], NOON)
    state.update_withdrawn(frozenset(), NOON + DAY)
    assert state.update_withdrawn(frozenset({"read_battery"}), NOON + DAY) == {STATE_OF_CHARGE.code}
    assert (state.value(STATE_OF_CHARGE), state.withdrawn) == (60, frozenset())


def test_withdrawn_permission_makes_the_value_unknown_after_a_day() -> None:
    state = merged(reported(STATE_OF_CHARGE, 60, -10))
    refused = error(STATE_OF_CHARGE, type="PERMISSION", code="UNKNOWN", minutes=None)
    state.merge([refused], NOON)
    others = frozenset({"read_odometer"})
    assert state.update_withdrawn(others, NOON + DAY - timedelta(seconds=1)) == frozenset()
    assert state.update_withdrawn(others | {"read_battery"}, NOON + DAY) == frozenset()
    assert state.update_withdrawn(others, NOON + DAY) == {STATE_OF_CHARGE.code}
    assert state.value(STATE_OF_CHARGE) is None
    assert restarted(state).withdrawn == {STATE_OF_CHARGE.code}
    assert state.stored(STATE_OF_CHARGE) is not None

    changed = state.merge([reported(STATE_OF_CHARGE, 60, -10)], NOON + 2 * DAY)
    assert STATE_OF_CHARGE.code in changed
    assert (state.value(STATE_OF_CHARGE), state.withdrawn) == (60, frozenset())
