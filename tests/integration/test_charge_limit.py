"""The charge limit: what can be set, and what a scene restores."""

import asyncio

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
import pytest

from simulator import Cloud
from simulator.car import Car
from tests.helpers.home import NewEntry
from tests.helpers.signals import send
from tests.helpers.states import act, entity_id, refresh, set_up, state, value

LIMIT = "number.charge_limit"


@pytest.fixture
def vehicles() -> int:
    return 1


def limit(percent: float) -> dict[str, object]:
    return {"charge-chargelimits": {"values": [], "activeLimit": percent, "unit": "percent"}}


@pytest.fixture
async def entry(hass: HomeAssistant, cloud: Cloud, car: Car, new_entry: NewEntry) -> ConfigEntry:
    """Return an entry whose car has a limit of 40 %, which it does not accept as a command."""
    locked = {"closure-islocked": {"value": True}}
    send(cloud, car, limit(40) | locked | {"tractionbattery-stateofcharge": {"value": 30}})
    entry = new_entry()
    await set_up(hass, entry)
    cloud.requests.clear()
    return entry


def commands(cloud: Cloud) -> list[str]:
    """Return the commands since the last time, without their path."""
    sent = [route.partition("/commands/")[2] for route in cloud.requests if "/commands/" in route]
    cloud.requests.clear()
    return sent


async def test_minimum_follows_the_car(
    hass: HomeAssistant, cloud: Cloud, car: Car, entry: ConfigEntry
) -> None:
    attributes = state(hass, car, LIMIT).attributes
    assert (attributes["min"], attributes["max"]) == (40, 100)
    send(cloud, car, limit(80))
    await refresh(hass, car)
    attributes = state(hass, car, LIMIT).attributes
    assert (attributes["min"], attributes["max"]) == (50, 100)
    send(cloud, car, limit(101))
    await refresh(hass, car)
    assert state(hass, car, LIMIT).attributes["min"] <= 50


async def test_scene_with_the_present_limit_does_the_rest(
    hass: HomeAssistant, cloud: Cloud, car: Car, entry: ConfigEntry
) -> None:
    lock = entity_id(hass, car, "lock.door_lock")
    for component in ("homeassistant", "scene"):
        assert await async_setup_component(hass, component, {})
    await hass.services.async_call(
        "scene",
        "create",
        {"scene_id": "evening", "snapshot_entities": [lock, entity_id(hass, car, LIMIT)]},
        blocking=True,
    )
    await act(hass, "lock.unlock", lock)
    assert commands(cloud) == ["security/unlock"]
    await act(hass, "scene.turn_on", "scene.evening")
    assert commands(cloud) == ["security/lock"]
    assert (value(hass, car, "lock.door_lock"), value(hass, car, LIMIT)) == ("locked", "40.0")


async def test_a_limit_that_the_car_does_not_accept_is_refused_with_the_range(
    hass: HomeAssistant, cloud: Cloud, car: Car, entry: ConfigEntry
) -> None:
    number = entity_id(hass, car, LIMIT)
    with pytest.raises(ServiceValidationError, match="from 50 to 100 %"):
        await act(hass, "number.set_value", number, value=45)
    assert commands(cloud) == []
    assert value(hass, car, LIMIT) == "40.0"


async def test_the_present_limit_is_not_sent_again(
    hass: HomeAssistant, cloud: Cloud, car: Car, entry: ConfigEntry
) -> None:
    number = entity_id(hass, car, LIMIT)
    await act(hass, "number.set_value", number, value=80)
    assert commands(cloud) == ["charge/set-limit"]
    await act(hass, "number.set_value", number, value=80)
    assert commands(cloud) == []


async def test_the_limit_before_a_command_that_is_under_way_is_sent(
    hass: HomeAssistant, cloud: Cloud, car: Car, entry: ConfigEntry
) -> None:
    """It is not what the car will have."""
    number = entity_id(hass, car, LIMIT)
    await act(hass, "number.set_value", number, value=80)
    commands(cloud)
    await asyncio.gather(
        act(hass, "number.set_value", number, value=90),
        act(hass, "number.set_value", number, value=80),
    )
    assert cloud.requests["POST /v3/vehicles/{vehicle_id}/commands/charge/set-limit"] == 2
    assert (value(hass, car, LIMIT), car.state.charge_limit) == ("80.0", 80)


async def test_the_limit_is_a_threshold_for_battery_triggers(
    hass: HomeAssistant, car: Car, entry: ConfigEntry
) -> None:
    assert state(hass, car, LIMIT).attributes["device_class"] == "battery"
