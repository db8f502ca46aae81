"""Setting up: which devices and entities there are, and what a start costs."""

from datetime import datetime, timedelta
import os
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util
import pytest

from custom_components.smartcar.const import DOMAIN
from simulator import Cloud
from simulator.car import Car
from simulator.faults import Fault
from tests.helpers.home import NewEntry
from tests.helpers.routes import (
    CONNECTIONS,
    CONNECTIONS_ROUTE,
    SIGNALS,
    SIGNALS_ROUTE,
    TOKENS,
    TOKENS_ROUTE,
)
from tests.helpers.states import (
    Changes,
    device,
    entities,
    entity_id,
    let_pass,
    refresh,
    settle,
    value,
)
from tests.helpers.times import LISTING, POLL, STEP, next_month

ALWAYS = {
    "button.refresh",
    "device_tracker.location",
    "lock.door_lock",
    "sensor.data_from_car",
    "sensor.requests_left",
    "sensor.low_voltage_battery_level",
    "sensor.odometer",
}
PLUG = {
    "binary_sensor.plug_status",
    "number.charge_limit",
    "sensor.battery_level",
    "sensor.charging_state",
    "sensor.range",
    "switch.charging",
}
TANK = {"sensor.engine_oil", "sensor.fuel", "sensor.fuel_percent", "sensor.fuel_range"}


async def test_entities_of_each_kind_of_car(
    hass: HomeAssistant, cars: list[Car], entry: ConfigEntry
) -> None:
    electric, hybrid, fuelled = (entities(hass, entry, car) for car in cars)
    assert electric >= ALWAYS | PLUG
    assert electric.isdisjoint(TANK)
    assert hybrid >= ALWAYS | PLUG | TANK
    assert fuelled >= ALWAYS | TANK
    assert fuelled.isdisjoint(PLUG)


async def test_ids_are_made_of_the_vehicle_id(
    hass: HomeAssistant, cars: list[Car], entry: ConfigEntry
) -> None:
    registry = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        assert any(entity.unique_id.startswith(f"{car.id}_") for car in cars), entity.unique_id
    battery = registry.async_get("sensor.robin_battery")
    assert battery is not None
    assert battery.unique_id == f"{cars[0].id}_battery_level"


async def test_devices(hass: HomeAssistant, cars: list[Car], entry: ConfigEntry) -> None:
    for car in cars:
        found = device(hass, entry, car)
        assert found is not None
        assert found.identifiers == {(DOMAIN, car.id)}
        assert (found.name, found.serial_number) == (car.nickname, car.vin)
        assert (found.manufacturer, found.model) == (car.model.make, car.model.name)
        assert found.model_id == str(car.model.year)


async def test_cars_of_two_owners(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    assert len({cloud.owner_of(car.id).id for car in cars}) == 2
    assert all(value(hass, car, "sensor.odometer") != "unavailable" for car in cars)


async def test_car_without_vin_and_nickname(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], new_entry: NewEntry
) -> None:
    car = cars[0]
    cloud.override(car.id, "vehicleidentification-vin", None)
    cloud.override(car.id, "vehicleidentification-nickname", {"body": {"value": None}})
    entry = new_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    found = device(hass, entry, car)
    assert found is not None
    assert (found.name, found.serial_number) == ("Volkswagen ID.4", None)
    assert entity_id(hass, car, "sensor.battery_level") == "sensor.volkswagen_id_4_battery"


async def test_nickname_and_vin_that_come_late(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    new_entry: NewEntry,
) -> None:
    """They rename the device; entity ids, which automations hold, stay."""
    car = cars[0]
    cloud.override(car.id, "vehicleidentification-vin", None)
    entry = new_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    before = entity_id(hass, car, "sensor.battery_level")
    cloud.override(car.id, "vehicleidentification-vin", {})
    cloud.override(car.id, "vehicleidentification-nickname", {"body": {"value": "Blue one"}})
    await let_pass(hass, freezer, POLL)
    found = device(hass, entry, car)
    assert found is not None
    assert (found.name, found.serial_number) == ("Blue one", car.vin)
    assert entity_id(hass, car, "sensor.battery_level") == before == "sensor.robin_battery"
    assert hass.states.get("sensor.robin_battery") is not None
    await hass.config_entries.async_reload(entry.entry_id)
    assert entity_id(hass, car, "sensor.battery_level") == before


async def test_name_given_by_the_user_stays(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    found = device(hass, entry, cars[0])
    assert found is not None
    dr.async_get(hass).async_update_device(found.id, name_by_user="Mine")
    cloud.override(cars[0].id, "vehicleidentification-nickname", {"body": {"value": "Blue one"}})
    await let_pass(hass, freezer, POLL)
    found = device(hass, entry, cars[0])
    assert found is not None
    assert (found.name_by_user, found.name) == ("Mine", "Blue one")


# What it costs


async def test_requests(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    assert cloud.requests == {TOKENS: 1, CONNECTIONS: 1, SIGNALS: len(cars)}
    cloud.requests.clear()
    await refresh(hass, cars[0])
    assert cloud.requests == {SIGNALS: 1}
    await let_pass(hass, freezer, 4 * LISTING, timedelta(minutes=10))
    assert cloud.requests[CONNECTIONS] == 4
    assert set(cloud.requests) == {SIGNALS, CONNECTIONS}


async def test_restart_with_fresh_data_costs_nothing(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    mid_month: None,
    everything_is_enabled: None,
    entry: ConfigEntry,
) -> None:
    for car in cars:
        cloud.patch_state(car.id, {"charging": False})
        cloud.patch_state(car.id, {"asleep": True})
    await refresh(hass, *cars)
    await let_pass(hass, freezer, timedelta(minutes=10))
    polled_at = {car.id: value(hass, car, "sensor.next_poll") for car in cars}

    def shown() -> dict[str, str]:
        """Return all states. When to ask next is worked out anew, to a few seconds."""
        everything = {state.entity_id: state.state for state in hass.states.async_all()}
        return {key: state for key, state in everything.items() if "next_request" not in key}

    before = shown()
    cloud.requests.clear()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    assert not cloud.requests
    assert shown() == before
    # The next polls come when they would have come.
    first = min(map(datetime.fromisoformat, polled_at.values()))
    await let_pass(hass, freezer, first - dt_util.utcnow() - timedelta(minutes=1), STEP)
    assert SIGNALS not in cloud.requests
    await let_pass(hass, freezer, timedelta(minutes=2))
    assert 1 <= cloud.requests[SIGNALS] <= len(cars)


async def test_restart_with_stale_data_costs_one_request_per_car(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    freezer.tick(POLL + timedelta(seconds=1))
    cloud.requests.clear()
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert cloud.requests == {TOKENS: 1, CONNECTIONS: 1, SIGNALS: len(cars)}


async def test_start_with_the_files_of_another_run(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    entry: ConfigEntry,
    hass_storage: dict[str, Any],
    new_entry: NewEntry,
) -> None:
    """The entry and its file are all that a new Home Assistant has."""
    before = value(hass, cars[0], "sensor.battery_level")
    assert await hass.config_entries.async_unload(entry.entry_id)
    saved = hass_storage[f"{DOMAIN}.{entry.entry_id}"]
    assert await hass.config_entries.async_remove(entry.entry_id)
    hass_storage[f"{DOMAIN}.restored"] = saved | {"key": f"{DOMAIN}.restored"}
    cloud.requests.clear()
    restored = new_entry(entry_id="restored")
    assert await hass.config_entries.async_setup(restored.entry_id)
    await settle(hass)
    assert not cloud.requests
    assert value(hass, cars[0], "sensor.battery_level") == before


async def test_a_clock_that_was_ahead_does_not_stop_the_polls(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    new_entry: NewEntry,
) -> None:
    now = freezer.time_to_freeze
    freezer.move_to(now + timedelta(days=400))
    entry = new_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert await hass.config_entries.async_unload(entry.entry_id)
    freezer.move_to(now)
    cloud.revoke_tokens()
    cloud.requests.clear()
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert cloud.requests == {TOKENS: 1, CONNECTIONS: 1}
    await let_pass(hass, freezer, POLL)
    assert cloud.requests[SIGNALS] == len(cars)


# What can go wrong at the start


@pytest.mark.parametrize(
    "fault",
    [
        Fault(route=CONNECTIONS_ROUTE, status=500),
        Fault(route=CONNECTIONS_ROUTE, status=429, headers={"Retry-After": "60"}),
        Fault(route=CONNECTIONS_ROUTE, drop=True),
        Fault(route=CONNECTIONS_ROUTE, body="<html>"),
        Fault(route=TOKENS_ROUTE, status=500),
    ],
)
async def test_very_first_listing_fails(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    new_entry: NewEntry,
    fault: Fault,
) -> None:
    """Home Assistant tries again by itself, and then everything lives."""
    cloud.faults.add(fault)
    entry = new_entry()
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert _state(entry) is ConfigEntryState.SETUP_RETRY
    assert not hass.config_entries.flow.async_progress()
    cloud.faults.clear()
    await let_pass(hass, freezer, timedelta(minutes=2))
    assert _state(entry) is ConfigEntryState.LOADED
    await _assert_alive(hass, cloud, cars, freezer)


async def test_very_first_signals_of_all_cars_fail(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    new_entry: NewEntry,
) -> None:
    cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=500))
    entry = new_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    for car in cars:
        assert "sensor.odometer" not in entities(hass, entry, car)
        assert value(hass, car, "button.refresh") == "unavailable"
    cloud.faults.clear()
    await let_pass(hass, freezer, POLL)
    for car in cars:
        assert entities(hass, entry, car) >= ALWAYS
    await _assert_alive(hass, cloud, cars, freezer)


def _state(entry: ConfigEntry) -> ConfigEntryState:
    """Return the state, without mypy concluding that it never changes."""
    return entry.state


async def _assert_alive(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], freezer: FrozenDateTimeFactory
) -> None:
    """Entities that are there follow what the cars do."""
    for car in cars:
        cloud.patch_state(car.id, {"odometer": 12345})
    await let_pass(hass, freezer, POLL)
    for car in cars:
        assert value(hass, car, "sensor.odometer") == "12345.0"


@pytest.mark.parametrize("later", [timedelta(minutes=5), timedelta(hours=5)])
async def test_cloud_is_down_at_a_restart(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    later: timedelta,
) -> None:
    before = value(hass, cars[0], "sensor.battery_level")
    assert await hass.config_entries.async_unload(entry.entry_id)
    freezer.tick(later)
    cloud.faults.add(Fault(drop=True))
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert value(hass, cars[0], "sensor.battery_level") == before
    cloud.faults.clear()
    await let_pass(hass, freezer, POLL)
    await _assert_alive(hass, cloud, cars, freezer)


async def test_cloud_is_down_at_a_restart_after_incomplete_listings(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    new_entry: NewEntry,
) -> None:
    """Some listings are never complete; the cars in them are known all the same."""
    listing = await _listing(hass, cloud)
    cloud.faults.add(
        Fault(route=CONNECTIONS_ROUTE, body=listing.replace('"totalCount": 3', '"totalCount": 9'))
    )
    entry = new_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert await hass.config_entries.async_unload(entry.entry_id)
    cloud.faults.clear()
    cloud.faults.add(Fault(drop=True))
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert value(hass, cars[0], "sensor.battery_level") != "unavailable"


async def test_data_of_a_day_ago_is_no_longer_current(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    freezer.tick(timedelta(hours=25))
    cloud.faults.add(Fault(drop=True))
    assert await hass.config_entries.async_setup(entry.entry_id)
    # One request that fails takes nothing away.
    assert value(hass, cars[0], "sensor.battery_level") != "unavailable"
    await let_pass(hass, freezer, timedelta(hours=2), timedelta(minutes=10))
    assert value(hass, cars[0], "sensor.battery_level") == "unavailable"
    cloud.faults.clear()
    await let_pass(hass, freezer, POLL)
    await _assert_alive(hass, cloud, cars, freezer)


# Credentials


@pytest.mark.parametrize("first", [True, False])
async def test_refused_credentials_ask_for_new_ones_once(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    new_entry: NewEntry,
    first: bool,
) -> None:
    entry = new_entry()
    if not first:
        assert await hass.config_entries.async_setup(entry.entry_id)
        cloud.revoke_tokens()
    cloud.faults.add(Fault(route=TOKENS_ROUTE, status=401))
    if first:
        assert not await hass.config_entries.async_setup(entry.entry_id)
        assert entry.state is ConfigEntryState.SETUP_ERROR
    await let_pass(hass, freezer, timedelta(hours=3), timedelta(minutes=10))
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_refused_credentials_keep_the_values(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    before = value(hass, cars[0], "sensor.odometer")
    cloud.revoke_tokens()
    fault = cloud.faults.add(Fault(route=TOKENS_ROUTE, status=401))
    await let_pass(hass, freezer, timedelta(hours=3), timedelta(minutes=10))
    assert value(hass, cars[0], "sensor.odometer") == before
    cloud.faults.remove(fault)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await _assert_alive(hass, cloud, cars, freezer)


async def test_refused_token_costs_one_new_token(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    cloud.revoke_tokens()
    cloud.requests.clear()
    await let_pass(hass, freezer, POLL)
    assert cloud.requests[TOKENS] == 1
    assert not hass.config_entries.flow.async_progress()
    await _assert_alive(hass, cloud, cars, freezer)


@pytest.mark.parametrize(
    ("status", "type_", "code"),
    [
        (403, "PERMISSION", "UNKNOWN"),
        (403, "AUTHENTICATION", "ACCESS_DENIED"),
        (401, "RATE_LIMIT", "QUOTA_EXCEEDED"),
        (403, "BILLING", "ACCOUNT_SUSPENDED"),
        (429, "RATE_LIMIT", "SMARTCAR_API"),
        (430, "BILLING", "VEHICLE_REQUEST_LIMIT"),
        (400, "CONNECTED_SERVICES_ACCOUNT", "AUTHENTICATION_FAILED"),
        (404, "RESOURCE_NOT_FOUND", "NOT_FOUND"),
    ],
)
@pytest.mark.parametrize("route", [SIGNALS_ROUTE, CONNECTIONS_ROUTE])
async def test_other_refusals_ask_for_no_credentials(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    status: int,
    type_: str,
    code: str,
    route: str,
) -> None:
    fault = cloud.faults.add(Fault(route=route, status=status, type=type_, code=code))
    await let_pass(hass, freezer, timedelta(hours=1), STEP)
    assert not hass.config_entries.flow.async_progress()
    assert value(hass, cars[0], "sensor.odometer") != "unavailable"
    cloud.faults.remove(fault)
    if type_ == "BILLING" and route == SIGNALS_ROUTE:
        freezer.move_to(next_month())
    await let_pass(hass, freezer, POLL)
    await _assert_alive(hass, cloud, cars, freezer)


# A hundred cars


@pytest.mark.parametrize("vehicles", [100])
async def test_a_hundred_cars(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    new_entry: NewEntry,
) -> None:
    entry = new_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert cloud.requests == {TOKENS: 1, CONNECTIONS: 1, SIGNALS: 100}
    assert all(entities(hass, entry, car) >= ALWAYS for car in cars[:6])
    for car in cars:
        cloud.patch_state(car.id, {"charging": False})
        cloud.patch_state(car.id, {"asleep": True})
    # Polls leave some of what the application may send at once to the user, and come later.
    cloud.requests.clear()
    for _ in range(2):
        await let_pass(hass, freezer, POLL)
        await let_pass(hass, freezer, timedelta(minutes=2), timedelta(seconds=30))
        assert cloud.requests[SIGNALS] == 100
        cloud.requests.clear()
    # One value of one car: what is written does not grow with the number of cars.
    changes = Changes(hass)
    code = "odometer-traveleddistance"
    cloud.override(cars[50].id, code, {"body": {"value": 123456, "unit": "km"}})
    await let_pass(hass, freezer, POLL)
    await let_pass(hass, freezer, timedelta(minutes=2), timedelta(seconds=30))
    assert cloud.requests[SIGNALS] == 100
    assert len(changes.take()) == len(cars) + 2


async def _listing(hass: HomeAssistant, cloud: Cloud) -> str:
    """Return what the cloud answers when asked for the connections."""
    response = await async_get_clientsession(hass).get(
        f"{os.environ['SMARTCAR_API_ORIGIN']}/v3/connections",
        headers={"Authorization": f"Bearer {cloud.mint_token()}"},
    )
    cloud.requests.clear()
    return await response.text()
