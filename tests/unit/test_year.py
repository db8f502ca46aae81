"""A year of five makes, with all quirks, losses, duplicates and disorder, against what was delivered.

The long version runs with --deep: drives every day, and six years.
"""

from datetime import datetime
import json
import random

import pytest

from custom_components.smartcar.api import Json
from custom_components.smartcar.api.catalogue import (
    CATALOGUE,
    CHARGE_WATTAGE,
    IS_CHARGING,
    IS_LOCKED,
    PRECISE_LOCATION,
)
from custom_components.smartcar.vehicle import ChargingState, VehicleState

from .year_of_driving import (
    CHARGING,
    ENERGY,
    LASTING,
    MAKES,
    ODOMETER,
    POSITION,
    POWER,
    STATUS,
    Command,
    Event,
    Expected,
    year,
)

# What the charge settles is compared with the evidence, and not signal by signal.
SETTLED = {CHARGING, POWER, ENERGY, STATUS}


def shown(state: VehicleState, code: str) -> object:
    """Return the value of a signal, a position as its coordinates."""
    if code == POSITION:
        place = state.value(PRECISE_LOCATION)
        return None if place is None else (place.latitude, place.longitude)
    return state.value(CATALOGUE[code])


def restarted(state: VehicleState) -> VehicleState:
    """Return what is known after a restart."""
    stored: Json = json.loads(json.dumps(state.as_json()))
    return VehicleState.from_json(stored)


def apply(state: VehicleState, event: Event, *, swap: bool = False) -> None:
    """Bring an event into the state; `swap` reads polls as pushes and pushes as polls."""
    if isinstance(event, Command):
        state.apply_command(IS_LOCKED, {"value": event.locked}, event.at, event.at)
        return
    pushed = event.pushed is not swap
    state.merge([one.as_signal(pushed=pushed) for one in event.signals], event.at)


class Meter:
    """Adds up the energy as Home Assistant's statistics do."""

    def __init__(self) -> None:
        self._started_at: datetime | None = None
        self._peak: float | None = None
        self.total = 0.0

    def read(self, state: VehicleState) -> None:
        peak, started_at = state.session.peak, state.session.started_at
        if peak is None:
            assert self._peak is None, "the peak is gone"
            return
        if self._peak is None:
            # The first value is where the statistics begin.
            self._peak, self._started_at = peak, started_at
        if started_at != self._started_at:
            self.total += peak
        else:
            assert peak >= self._peak, "the peak fell within a session"
            self.total += peak - self._peak
        self._peak, self._started_at = peak, started_at


def differences(state: VehicleState, expected: Expected, codes: frozenset[str]) -> list[str]:
    """Return, in words, what is shown otherwise than what was delivered."""
    found = []
    for code in codes - SETTLED:
        if shown(state, code) != expected.value(code):
            found.append(f"{code} is {shown(state, code)}, not {expected.value(code)}")
        if code in LASTING and code in expected.kept and shown(state, code) is None:
            found.append(f"{code} was known and is not any more")
    found += _charging_differences(state, expected)
    if state.value(IS_CHARGING) is True and state.charging_state is not ChargingState.CHARGING:
        found.append(f"charging, but {state.charging_state}")
    if state.charging_state is ChargingState.CHARGING and state.value(IS_CHARGING) is False:
        found.append("charging status, but not charging")
    return found


def _charging_differences(state: VehicleState, expected: Expected) -> list[str]:
    truth = expected.truth
    if truth is None:
        return []
    power = state.value(CHARGE_WATTAGE)
    found = []
    if truth.charging:
        wanted = ChargingState.CHARGING
    elif not truth.plugged:
        wanted = ChargingState.DISCONNECTED
    else:
        wanted = ChargingState.COMPLETE if truth.complete else ChargingState.CONNECTED
    if state.charging_state is not wanted:
        found.append(f"the charging status is {state.charging_state}, not {wanted}")
    if CHARGING in expected.kept and state.value(IS_CHARGING) is not truth.charging:
        found.append(f"charging is {state.value(IS_CHARGING)}, not {truth.charging}")
    # A power that never came is unknown.
    if power != truth.power and not (power is None and not truth.charging):
        found.append(f"the power is {power}, not {truth.power}")
    return found


def summary(state: VehicleState, codes: frozenset[str]) -> list[object]:
    """Return everything that a user sees of a state."""
    return [
        *(shown(state, code) for code in sorted(codes)),
        state.charging_state,
        state.session.peak,
        state.session.started_at,
        state.charge_complete_at,
        state.data_from_car,
    ]


@pytest.mark.parametrize("name", MAKES)
def test_year_shows_what_was_delivered(name: str, request: pytest.FixtureRequest) -> None:
    """After each delivery the state is what the maker said last, in every form and after restarts."""
    is_deep: bool = request.config.getoption("--deep")
    for seed in range(6 if is_deep else 1):
        _live_through(seed, name, dense=is_deep)


def _live_through(seed: int, name: str, *, dense: bool) -> None:
    make = MAKES[name]
    lived = year(seed, make, 365, dense=dense)
    rng = random.Random(seed)
    state, swapped, restarting = VehicleState(), VehicleState(), VehicleState()
    expected, meter = Expected(), Meter()
    restarts = 0
    for number, event in enumerate(lived.events):
        where = f"seed {seed}, event {number} at {event.at:%d %b %H:%M:%S}, {event}"
        apply(state, event)
        apply(swapped, event, swap=True)
        apply(restarting, event)
        expected.apply(event)
        assert differences(state, expected, make.codes) == [], where
        if rng.random() < 0.05:
            restarts += 1
            restarting = restarted(restarting)
        known = summary(state, make.codes)
        assert summary(swapped, make.codes) == known, where
        assert summary(restarting, make.codes) == known, where
        if ENERGY in make.codes:
            assert state.session.peak == expected.peak, where
            meter.read(state)
    assert shown(state, ODOMETER) == expected.value(ODOMETER)
    peaks = expected.peaks
    if ENERGY in make.codes:
        # Before the first session nothing is counted.
        assert meter.total == pytest.approx(sum(peak for at, peak in peaks.items() if at))
        assert len(peaks) == lived.sessions + 1
    # It was a year with everything in it.
    assert lived.sessions > 60
    assert min(lived.lost, lived.repeated, restarts) > 60
    assert not make.disorder or min(lived.delayed, expected.refused) > 60
