"""What a car is doing, as far as its last report shows."""

from datetime import timedelta

import pytest

from custom_components.smartcar.api import Json, Signal
from custom_components.smartcar.api.catalogue import (
    CURRENT_SPEED,
    GEAR_STATE,
    IS_ASLEEP,
    IS_CHARGING,
    SignalType,
)
from custom_components.smartcar.budget import Activity, Situation, situation_of
from custom_components.smartcar.vehicle import VehicleState

from .ledgers import HOUR, MINUTE, NOW


def report(values: dict[SignalType[object], Json], *, age: timedelta = timedelta()) -> VehicleState:
    """Return the state of a car that reported these values."""
    state = VehicleState()
    signals = [
        Signal(code=signal.code, body={"value": value}, oem_updated_at=NOW - age)
        for signal, value in values.items()
    ]
    state.merge(signals, NOW)
    return state


@pytest.mark.parametrize(
    ("values", "activity"),
    [
        ({IS_CHARGING: True, CURRENT_SPEED: 50}, Activity.CHARGING),
        ({IS_CHARGING: False, CURRENT_SPEED: 0.5}, Activity.DRIVING),
        ({CURRENT_SPEED: 0}, Activity.AWAKE),
        ({GEAR_STATE: "DRIVE"}, Activity.DRIVING),
        ({GEAR_STATE: "REVERSE"}, Activity.DRIVING),
        ({GEAR_STATE: "PARK"}, Activity.AWAKE),
        ({GEAR_STATE: "NEUTRAL"}, Activity.AWAKE),
        ({IS_ASLEEP: False}, Activity.AWAKE),
        ({IS_ASLEEP: True}, Activity.ASLEEP),
        ({IS_ASLEEP: True, CURRENT_SPEED: 5}, Activity.DRIVING),
    ],
)
def test_activity_follows_the_last_report(
    values: dict[SignalType[object], Json], activity: Activity
) -> None:
    assert situation_of(report(values), NOW, has_moved=False).activity is activity


def test_car_whose_odometer_moved_is_driving() -> None:
    state = report({GEAR_STATE: "PARK"})
    assert situation_of(state, NOW, has_moved=True).activity is Activity.DRIVING


@pytest.mark.parametrize(
    ("age", "activity"), [(30 * MINUTE, Activity.AWAKE), (31 * MINUTE, Activity.ASLEEP)]
)
def test_parked_car_is_awake_for_half_an_hour_after_its_last_report(
    age: timedelta, activity: Activity
) -> None:
    situation = situation_of(report({GEAR_STATE: "PARK"}, age=age), NOW, has_moved=False)
    assert situation == Situation(activity=activity, reported_at=NOW - age)


def test_car_without_a_report_is_asleep() -> None:
    assert situation_of(VehicleState(), NOW, has_moved=False) == Situation()


def test_end_of_charging_comes_from_the_state() -> None:
    state = report({IS_CHARGING: True})
    state.charge_complete_at = NOW + HOUR
    assert situation_of(state, NOW, has_moved=False).charge_complete_at == NOW + HOUR
