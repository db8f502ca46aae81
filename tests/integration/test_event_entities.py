"""Event entities: which changes of a car are events."""

from itertools import pairwise
from typing import Any

import pytest

from custom_components.smartcar.event import EVENTS
from custom_components.smartcar.vehicle import ChargingState
from tests.helpers.event_types import CABLE_EVENT, CHARGING_EVENT, LOCK_EVENT, EventTypes
from tests.helpers.home import Home
from tests.helpers.signals import send

pytestmark = pytest.mark.usefixtures("freezer")


IS_CHARGING = "charge-ischarging"
TEXT = "charge-detailedchargingstatus"
CONNECTED = "charge-ischargingcableconnected"
LOCKED = "closure-islocked"


@pytest.fixture
def vehicles() -> int:
    """Return how many cars are connected."""
    return 1


def condition(charging: ChargingState | None) -> dict[str, Any]:
    """Return the bodies from which a charging state is derived."""
    match charging:
        case ChargingState.DISCONNECTED:
            values = (False, "NOT_CHARGING", False)
        case ChargingState.CONNECTED:
            values = (False, "NOT_CHARGING", True)
        case ChargingState.CHARGING:
            values = (True, "CHARGING", True)
        case ChargingState.COMPLETE:
            values = (False, "FULLY_CHARGED", True)
        case ChargingState.FAULT:
            values = (False, "CHARGER_FAULT", True)
        case None:
            return {key: {"value": None} for key in (IS_CHARGING, TEXT, CONNECTED)}
    return dict(
        zip((IS_CHARGING, TEXT, CONNECTED), ({"value": one} for one in values), strict=True)
    )


def expected(before: ChargingState, after: ChargingState) -> list[str]:
    if before is after:
        return []
    if after is ChargingState.CHARGING:
        return ["started"]
    if after is ChargingState.COMPLETE:
        return ["complete"]
    return ["stopped"] if before is ChargingState.CHARGING else []


def every_change() -> list[ChargingState]:
    """Return a way through the states that takes every step from one to another."""
    states = list(ChargingState)
    left = {(one, other) for one in states for other in states}
    way = [states[0]]
    while left:
        here = way[-1]
        step = min(
            (pair for pair in left if pair[0] is here),
            key=lambda pair: sum(other[0] is pair[1] for other in left) == 0,
            default=(here, next(iter(sorted(left)))[0]),
        )
        left.discard(step)
        way.append(step[1])
    return way


async def test_every_change_of_the_charging_state_has_its_event(new_home: Home) -> None:
    car = new_home.car
    way = every_change()
    assert {*pairwise(way)} >= {(one, other) for one in ChargingState for other in ChargingState}
    send(new_home.cloud, car, condition(way[0]))
    await new_home.set_up()
    events = EventTypes(new_home, car, CHARGING_EVENT)
    # The first value is no event.
    assert new_home.value(car, CHARGING_EVENT) == "unknown"
    vehicle = new_home.entry.runtime_data.vehicles[car.id]
    for before, after in pairwise(way):
        new_home.freezer.tick(1)
        send(new_home.cloud, car, condition(after))
        await vehicle.async_refresh()
        assert vehicle.data.charging_state is after
        assert events.take() == expected(before, after), (before, after)


async def test_unknown_values_and_errors_are_no_event(home: Home) -> None:
    car = home.car
    vehicle = home.entry.runtime_data.vehicles[car.id]
    events = {
        name: EventTypes(home, car, name) for name in (CHARGING_EVENT, CABLE_EVENT, LOCK_EVENT)
    }

    async def report(bodies: dict[str, Any]) -> dict[str, list[str]]:
        home.freezer.tick(1)
        send(home.cloud, car, bodies)
        await vehicle.async_refresh()
        return {name: taken for name, one in events.items() if (taken := one.take())}

    await report(condition(ChargingState.CHARGING) | {LOCKED: {"value": True}})
    unknown = condition(None) | {LOCKED: {"value": None}}
    assert await report(unknown) == {}
    # It is as before, so nothing has happened.
    same = condition(ChargingState.CHARGING) | {LOCKED: {"value": True}}
    assert await report(same) == {}
    assert await report(unknown) == {}
    assert await report(condition(ChargingState.DISCONNECTED) | {LOCKED: {"value": False}}) == {
        CHARGING_EVENT: ["stopped"],
        CABLE_EVENT: ["unplugged"],
        LOCK_EVENT: ["unlocked"],
    }
    # An error keeps the value, and is no event.
    for code in (IS_CHARGING, CONNECTED, LOCKED):
        home.cloud.override(car.id, code, {"status": "ERROR", "error": {"type": "VEHICLE_STATE"}})
    await vehicle.async_refresh()
    assert not any(one.take() for one in events.values())
    home.cloud.clear_overrides(car.id)
    assert await report(condition(ChargingState.CONNECTED) | {LOCKED: {"value": True}}) == {
        CABLE_EVENT: ["plugged_in"],
        LOCK_EVENT: ["locked"],
    }


async def test_car_without_a_plug_has_no_charging_events(new_home: Home) -> None:
    for code in (IS_CHARGING, TEXT, CONNECTED):
        new_home.cloud.override(new_home.car.id, code, None)
    await new_home.set_up()
    found = {name for name in new_home.entities() if name.startswith("event.")}
    assert found == {LOCK_EVENT}


def test_every_change_has_an_event_type() -> None:
    for description in EVENTS:
        assert {*description.changes.values()} == {*(description.event_types or ())}
        assert all(before is not after for before, after in description.changes)
        assert not any(None in change for change in description.changes)
