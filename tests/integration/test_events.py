"""Event entities: what has happened to a car, whichever way it came to be known."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.smartcar.event import EVENTS
from custom_components.smartcar.vehicle import ChargingState
from simulator import Cloud
from simulator.car import Car
from tests.helpers.push_home import World
from tests.helpers.signals import send, set_up
from tests.helpers.states import act, entities, entity_id, refresh, settle, state, value

CHARGING = "event.charging_event"
CABLE = "event.cable_event"
LOCK = "event.lock_event"

IS_CHARGING = "charge-ischarging"
TEXT = "charge-detailedchargingstatus"
CONNECTED = "charge-ischargingcableconnected"
LOCKED = "closure-islocked"


@pytest.fixture
def vehicles() -> int:
    """Return how many cars are connected."""
    return 1


class Told:
    """Collects what an event entity has told."""

    def __init__(self, hass: HomeAssistant, car: Car, entity: str) -> None:
        self._events: list[Event[Any]] = async_capture_events(hass, "state_changed")
        self._entity_id = entity_id(hass, car, entity)
        self._last = value(hass, car, entity)

    def take(self) -> list[str]:
        """Return the types of the events since the last time."""
        taken = []
        for event in self._events:
            if event.data["entity_id"] != self._entity_id:
                continue
            new = event.data["new_state"]
            # What comes back after a restart is the last one, as it was.
            if new.state not in {"unavailable", "unknown", self._last}:
                taken.append(new.attributes["event_type"])
                self._last = new.state
        self._events.clear()
        return taken


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


async def test_every_change_of_the_charging_state_by_poll(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    new_entry: Callable[..., MockConfigEntry],
) -> None:
    car = cars[0]
    way = every_change()
    assert {*pairwise(way)} >= {(one, other) for one in ChargingState for other in ChargingState}
    send(cloud, car, condition(way[0]))
    entry = new_entry()
    await async_setup_component(hass, "homeassistant", {})
    await set_up(hass, entry)
    told = Told(hass, car, CHARGING)
    # How things stand at first is no event.
    assert value(hass, car, CHARGING) == "unknown"
    vehicle = entry.runtime_data.vehicles[car.id]
    for before, after in pairwise(way):
        freezer.tick(1)
        send(cloud, car, condition(after))
        await vehicle.async_refresh()
        assert vehicle.data.charging_state is after
        assert told.take() == expected(before, after), (before, after)


async def test_what_is_not_known_is_no_event(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    car = cars[0]
    vehicle = entry.runtime_data.vehicles[car.id]
    told = {name: Told(hass, car, name) for name in (CHARGING, CABLE, LOCK)}

    async def report(bodies: dict[str, Any]) -> dict[str, list[str]]:
        freezer.tick(1)
        send(cloud, car, bodies)
        await vehicle.async_refresh()
        return {name: taken for name, one in told.items() if (taken := one.take())}

    await report(condition(ChargingState.CHARGING) | {LOCKED: {"value": True}})
    unknown = condition(None) | {LOCKED: {"value": None}}
    assert await report(unknown) == {}
    # It is as it was, so nothing has happened.
    same = condition(ChargingState.CHARGING) | {LOCKED: {"value": True}}
    assert await report(same) == {}
    assert await report(unknown) == {}
    assert await report(condition(ChargingState.DISCONNECTED) | {LOCKED: {"value": False}}) == {
        CHARGING: ["stopped"],
        CABLE: ["unplugged"],
        LOCK: ["unlocked"],
    }
    # An error keeps the value, and is no event.
    for code in (IS_CHARGING, CONNECTED, LOCKED):
        cloud.override(car.id, code, {"status": "ERROR", "error": {"type": "VEHICLE_STATE"}})
    await vehicle.async_refresh()
    assert not any(one.take() for one in told.values())
    cloud.clear_overrides(car.id)
    assert await report(condition(ChargingState.CONNECTED) | {LOCKED: {"value": True}}) == {
        CABLE: ["plugged_in"],
        LOCK: ["locked"],
    }


async def test_push_poll_and_command_tell_the_same_and_each_thing_once(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    new_entry: Callable[..., MockConfigEntry],
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    car = cars[0]
    cloud.patch_state(car.id, {"charging": False, "plugged": False, "locked": True})
    for component in ("homeassistant", "auth", "webhook", "config"):
        assert await async_setup_component(hass, component, {})
    world = World(hass, cloud, await hass_client_no_auth(), monkeypatch, new_entry)
    await world.set_up()
    await world.make_webhook()
    charging, cable, lock = (Told(hass, car, name) for name in (CHARGING, CABLE, LOCK))
    # By push, and once more by poll.
    cloud.patch_state(car.id, {"plugged": True, "charging": True, "locked": False})
    await world.flush()
    await refresh(hass, car)
    assert (charging.take(), cable.take(), lock.take()) == (
        ["started"],
        ["plugged_in"],
        ["unlocked"],
    )
    assert state(hass, car, LOCK).attributes["event_type"] == "unlocked"
    # By command, and once more by push.
    await act(hass, "lock.lock", entity_id(hass, car, "lock.door_lock"))
    await world.flush()
    assert lock.take() == ["locked"]
    # By poll, and once more by push.
    cloud.patch_state(car.id, {"charging": False}, report=True)
    await refresh(hass, car)
    await world.flush()
    await cloud.deliver(car.id)
    assert charging.take() == ["stopped"]
    # What was so before a restart is not told again, and what changed meanwhile is.
    await world.reload()
    assert (charging.take(), cable.take(), lock.take()) == ([], [], [])
    assert await hass.config_entries.async_unload(world.entry.entry_id)
    cloud.patch_state(car.id, {"plugged": False})
    assert await hass.config_entries.async_setup(world.entry.entry_id)
    await settle(hass)
    await refresh(hass, car)
    await world.flush()
    assert cable.take() == ["unplugged"]


async def test_car_without_a_plug_has_no_charging_events(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    new_entry: Callable[..., MockConfigEntry],
) -> None:
    for code in (IS_CHARGING, TEXT, CONNECTED):
        cloud.override(cars[0].id, code, None)
    entry = new_entry()
    await async_setup_component(hass, "homeassistant", {})
    await set_up(hass, entry)
    found = {name for name in entities(hass, entry, cars[0]) if name.startswith("event.")}
    assert found == {LOCK}


def test_all_that_can_happen_has_a_name() -> None:
    for description in EVENTS:
        assert {*description.changes.values()} == {*(description.event_types or ())}
        assert all(before is not after for before, after in description.changes)
        assert not any(None in change for change in description.changes)
