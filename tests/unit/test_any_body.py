"""Whatever a car sends breaks no entity, and shows no number that no car has."""

from collections.abc import Mapping
from datetime import UTC, datetime
import json
from types import SimpleNamespace
from typing import cast

from homeassistant.helpers.json import json_bytes
from hypothesis import example, given, strategies as st
import pytest

from custom_components.smartcar import binary_sensor, sensor
from custom_components.smartcar.api import Connection, Signal, SignalError, SignalStatus
from custom_components.smartcar.coordinator import VehicleCoordinator
from custom_components.smartcar.cover import COVERS, SmartcarCover
from custom_components.smartcar.device import device_info
from custom_components.smartcar.device_tracker import TRACKERS, SmartcarTracker
from custom_components.smartcar.entity import SmartcarEntity
from custom_components.smartcar.lock import LOCKS, SmartcarLock
from custom_components.smartcar.number import NUMBERS, SmartcarNumber
from custom_components.smartcar.switch import SWITCHES, SmartcarSwitch
from custom_components.smartcar.vehicle import VehicleState, display_name
from tests.api.strategies import anything, damaged, objects
from tests.helpers.signal_table import BODIES, NOON
from tests.helpers.times import MINUTE

NOW = datetime.fromisoformat(NOON)


PLAUSIBLE: Mapping[str | None, tuple[float, float]] = {
    "%": (0, 100),
    "A": (-1500, 1500),
    "L": (0, 2000),
    "V": (0, 2000),
    "W": (-1e5, 4e6),
    "bar": (0, 6),
    "kWh": (0, 1000),
    "km": (0, 3e6),
    "km/h": (-100, 3000),
    "min": (0, 7 * 24 * 60),
    "°C": (-60, 100),
    None: (0, 1e6),
}


_bodies = st.one_of(
    objects(),
    st.sampled_from(sorted(BODIES)).flatmap(lambda code: damaged(BODIES[code])),
    st.builds(lambda value, unit: {"value": value, "unit": unit}, anything(), anything()),
)


_times = st.none() | st.integers(-600, 600).map(lambda minutes: NOW + minutes * MINUTE)


_errors = st.builds(
    SignalError,
    type=st.just("VEHICLE_STATE"),
    code=st.sampled_from([None, "NOT_CHARGING", "VEHICLE_NOT_CAPABLE"]),
)


@st.composite
def _signals(draw: st.DrawFn) -> list[Signal]:
    """Return documented signals, some of them damaged, some replaced, some failed."""
    signals = []
    for code in draw(st.lists(st.sampled_from(sorted(BODIES)), max_size=5)):
        body = draw(_bodies | st.just(BODIES[code]) | damaged(BODIES[code]))
        error = draw(st.none() | _errors)
        signals.append(
            Signal(
                code=code,
                status=SignalStatus.SUCCESS if error is None else SignalStatus.ERROR,
                error=error,
                body=body,
                oem_updated_at=draw(_times),
            )
        )
    return signals


def _coordinator(car: VehicleState) -> VehicleCoordinator:
    """Return what an entity reads of its coordinator, without Home Assistant."""
    connection = Connection.from_json(
        {
            "id": "c",
            "relationships": {
                "user": {"data": {"id": "u"}},
                "vehicle": {"data": {"id": "v"}},
            },
        }
    )
    double = SimpleNamespace(
        data=car,
        connection=connection,
        vehicle_id="v",
        display_name="Car",
        schedule=SimpleNamespace(next_poll=None, requests_left=0, requests_this_month=0),
        context=SimpleNamespace(push_log=SimpleNamespace(rejected=0)),
    )
    return cast("VehicleCoordinator", double)


def _check_number(unit: str | None, number: object) -> None:
    if number is not None:
        lowest, highest = PLAUSIBLE[unit]
        assert isinstance(number, int | float)
        assert not isinstance(number, bool)
        assert lowest <= number <= highest


def _check_attributes(attributes: Mapping[str, object] | None) -> None:
    json_bytes(dict(attributes or {}))


def _check_everything(car: VehicleState) -> None:
    """Read all that any platform shows of the car."""
    coordinator = _coordinator(car)
    for row in sensor._descriptions(car):
        shown = row.value_fn(coordinator)
        if row.native_unit_of_measurement or row.state_class:
            _check_number(row.native_unit_of_measurement, shown)
        elif row.options is not None:
            assert shown is None or shown in row.options
        elif isinstance(shown, datetime):
            assert shown.tzinfo is not None
        elif isinstance(shown, str):
            assert 0 < len(shown) <= 255
        else:
            _check_number(None, shown)
        _check_attributes(row.attributes_fn(car) if row.attributes_fn else None)
        reset = row.last_reset_fn(car)
        assert reset is None or reset.tzinfo is not None
        for signal in row.signals:
            assert car.is_evident(signal) in {True, False}
    for switch in binary_sensor._descriptions(car):
        assert switch.is_on_fn(car) in {True, False, None}
        assert not isinstance(switch.is_on_fn(car), int) or switch.is_on_fn(car) in {True, False}
        _check_attributes(switch.attributes_fn(car) if switch.attributes_fn else None)
    assert SmartcarCover(coordinator, COVERS[0]).is_closed in {True, False, None}
    assert SmartcarLock(coordinator, LOCKS[0]).is_locked in {True, False, None}
    assert SmartcarSwitch(coordinator, SWITCHES[0]).is_on in {True, False, None}
    _check_number("%", SmartcarNumber(coordinator, NUMBERS[0]).native_value)
    tracker = SmartcarTracker(coordinator, TRACKERS[0])
    assert tracker.latitude is None or -90 <= tracker.latitude <= 90
    assert tracker.longitude is None or -180 <= tracker.longitude <= 180
    _check_attributes(tracker.extra_state_attributes)
    assert isinstance(tracker, SmartcarEntity)
    assert device_info(coordinator.connection, car)["name"] == display_name(
        coordinator.connection, car
    )


@example([[Signal(code="charge-voltage", body={"\ud800": [2**70], "value": "\ud800"})]])
@given(st.lists(_signals(), min_size=1, max_size=2))
def test_nothing_that_a_car_sends_breaks_an_entity(answers: list[list[Signal]]) -> None:
    car = VehicleState()
    for number, signals in enumerate(answers):
        car.merge(signals, NOW + number * 10 * MINUTE)
        _check_everything(car)
    # And after a restart it is the same car.
    restored = VehicleState.from_json(json.loads(json_bytes(car.as_json())))
    _check_everything(restored)
    for row in sensor._descriptions(car):
        assert row.value_fn(_coordinator(restored)) == row.value_fn(_coordinator(car))
    for switch in binary_sensor._descriptions(car):
        assert switch.is_on_fn(restored) == switch.is_on_fn(car)


@pytest.mark.parametrize("code", ["tractionbattery-stateofcharge", "charge-wattage"])
@given(number=st.floats() | st.integers(), unit=st.none() | st.text(max_size=10))
def test_no_number_is_shown_that_no_car_has(code: str, number: float, unit: str | None) -> None:
    car = VehicleState()
    car.merge([Signal(code=code, body={"value": number, "unit": unit})], datetime.now(UTC))
    _check_everything(car)
