"""Setting up: which devices and entities there are, and what a start costs."""

from datetime import datetime, timedelta
import os
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util
import pytest

from custom_components.smartcar.const import DOMAIN
from simulator.faults import Fault
from tests.helpers.home import Home
from tests.helpers.routes import (
    CONNECTIONS,
    CONNECTIONS_ROUTE,
    SIGNALS,
    SIGNALS_ROUTE,
    TOKENS,
    TOKENS_ROUTE,
)
from tests.helpers.times import LISTING, POLL, STEP, next_month

pytestmark = pytest.mark.usefixtures("freezer")

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


async def test_entities_of_each_kind_of_car(home: Home) -> None:
    electric, hybrid, fuelled = (home.entities(car) for car in home.cars)
    assert electric >= ALWAYS | PLUG
    assert electric.isdisjoint(TANK)
    assert hybrid >= ALWAYS | PLUG | TANK
    assert fuelled >= ALWAYS | TANK
    assert fuelled.isdisjoint(PLUG)


async def test_unique_ids_start_with_the_vehicle_id(home: Home) -> None:
    registry = er.async_get(home.hass)
    for entity in er.async_entries_for_config_entry(registry, home.entry.entry_id):
        assert any(entity.unique_id.startswith(f"{car.id}_") for car in home.cars), entity.unique_id
    battery = registry.async_get("sensor.robin_battery")
    assert battery is not None
    assert battery.unique_id == f"{home.car.id}_battery_level"


async def test_device_describes_its_car(home: Home) -> None:
    for car, make in zip(home.cars, ("Volkswagen", "Volvo", "BMW"), strict=True):
        found = home.device(car)
        assert found is not None
        assert found.identifiers == {(DOMAIN, car.id)}
        assert (found.name, found.serial_number) == (car.nickname, car.vin)
        assert found.manufacturer == make
        assert (found.model, found.model_id) == (f"{car.model.name} ({car.model.year})", None)
        assert found.configuration_url == "https://dashboard.smartcar.com"


async def test_cars_of_two_owners_are_set_up(home: Home) -> None:
    assert len({home.cloud.owner_of(car.id).id for car in home.cars}) == 2
    assert all(home.value(car, "sensor.odometer") != "unavailable" for car in home.cars)


async def test_car_without_nickname_is_named_for_its_model(new_home: Home) -> None:
    car = new_home.car
    new_home.cloud.override(car.id, "vehicleidentification-vin", None)
    new_home.cloud.override(car.id, "vehicleidentification-nickname", {"body": {"value": None}})
    await new_home.set_up()
    found = new_home.device(car)
    assert found is not None
    assert (found.name, found.serial_number) == ("Volkswagen ID.4", None)
    assert new_home.entity_id(car, "sensor.battery_level") == "sensor.volkswagen_id_4_battery"


async def test_late_nickname_renames_the_device_and_no_entity_id(new_home: Home) -> None:
    """Automations use the entity ids, so those stay."""
    car = new_home.car
    new_home.cloud.override(car.id, "vehicleidentification-vin", None)
    await new_home.set_up()
    before = new_home.entity_id(car, "sensor.battery_level")
    new_home.cloud.override(car.id, "vehicleidentification-vin", {})
    new_home.cloud.override(
        car.id, "vehicleidentification-nickname", {"body": {"value": "Blue one"}}
    )
    await new_home.let_pass(POLL)
    found = new_home.device(car)
    assert found is not None
    assert (found.name, found.serial_number) == ("Blue one", car.vin)
    assert new_home.entity_id(car, "sensor.battery_level") == before == "sensor.robin_battery"
    assert new_home.hass.states.get("sensor.robin_battery") is not None
    await new_home.reload()
    assert new_home.entity_id(car, "sensor.battery_level") == before


async def test_name_given_by_the_user_stays(home: Home) -> None:
    found = home.device(home.car)
    assert found is not None
    dr.async_get(home.hass).async_update_device(found.id, name_by_user="Mine")
    home.cloud.override(
        home.car.id, "vehicleidentification-nickname", {"body": {"value": "Blue one"}}
    )
    await home.let_pass(POLL)
    found = home.device(home.car)
    assert found is not None
    assert (found.name_by_user, found.name) == ("Mine", "Blue one")


# What it costs


async def test_set_up_and_refresh_request_each_car_once(home: Home) -> None:
    assert home.cloud.requests == {TOKENS: 1, CONNECTIONS: 1, SIGNALS: len(home.cars)}
    home.cloud.requests.clear()
    await home.refresh()
    assert home.cloud.requests == {SIGNALS: 1}
    await home.let_pass(4 * LISTING, timedelta(minutes=10))
    assert home.cloud.requests[CONNECTIONS] == 4
    assert set(home.cloud.requests) == {SIGNALS, CONNECTIONS}


@pytest.mark.usefixtures("mid_month", "everything_is_enabled")
async def test_restart_with_fresh_data_costs_nothing(home: Home) -> None:
    for car in home.cars:
        home.cloud.patch_state(car.id, {"charging": False})
        home.cloud.patch_state(car.id, {"asleep": True})
    await home.refresh(*home.cars)
    await home.let_pass(timedelta(minutes=10))
    polled_at = {car.id: home.value(car, "sensor.next_poll") for car in home.cars}

    def shown() -> dict[str, str]:
        """Return all states but the next poll, which is computed anew, to a few seconds."""
        everything = {state.entity_id: state.state for state in home.hass.states.async_all()}
        return {key: state for key, state in everything.items() if "next_request" not in key}

    before = shown()
    home.cloud.requests.clear()
    await home.reload()
    assert not home.cloud.requests
    assert shown() == before
    # The next polls come when they would have come.
    first = min(map(datetime.fromisoformat, polled_at.values()))
    await home.let_pass(first - dt_util.utcnow() - timedelta(minutes=1), STEP)
    assert SIGNALS not in home.cloud.requests
    await home.let_pass(timedelta(minutes=2))
    assert 1 <= home.cloud.requests[SIGNALS] <= len(home.cars)


async def test_restart_with_stale_data_costs_one_request_per_car(home: Home) -> None:
    await home.unload()
    home.freezer.tick(POLL + timedelta(seconds=1))
    home.cloud.requests.clear()
    await home.load()
    assert home.cloud.requests == {TOKENS: 1, CONNECTIONS: 1, SIGNALS: len(home.cars)}


async def test_start_with_the_files_of_another_run(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    """The entry and its file are all that a new Home Assistant has."""
    before = home.value(home.car, "sensor.battery_level")
    await home.unload()
    saved = hass_storage[f"{DOMAIN}.{home.entry.entry_id}"]
    await home.remove()
    hass_storage[f"{DOMAIN}.restored"] = saved | {"key": f"{DOMAIN}.restored"}
    home.cloud.requests.clear()
    await home.set_up(entry_id="restored")
    assert not home.cloud.requests
    assert home.value(home.car, "sensor.battery_level") == before


async def test_clock_that_was_ahead_does_not_stop_polling(new_home: Home) -> None:
    now = new_home.freezer.time_to_freeze
    new_home.freezer.move_to(now + timedelta(days=400))
    await new_home.set_up()
    await new_home.unload()
    new_home.freezer.move_to(now)
    new_home.cloud.revoke_tokens()
    new_home.cloud.requests.clear()
    await new_home.load()
    assert new_home.cloud.requests == {TOKENS: 1, CONNECTIONS: 1}
    await new_home.let_pass(POLL)
    assert new_home.cloud.requests[SIGNALS] == len(new_home.cars)


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
async def test_set_up_is_tried_again_after_the_first_list_failed(
    new_home: Home, fault: Fault
) -> None:
    """Home Assistant tries again by itself, and then everything lives."""
    new_home.cloud.faults.add(fault)
    new_home.add_entry()
    assert not await new_home.hass.config_entries.async_setup(new_home.entry.entry_id)
    assert new_home.entry_state() is ConfigEntryState.SETUP_RETRY
    assert not new_home.hass.config_entries.flow.async_progress()
    new_home.cloud.faults.clear()
    await new_home.let_pass(timedelta(minutes=2))
    assert new_home.entry_state() is ConfigEntryState.LOADED
    await _assert_alive(new_home)


async def test_entities_appear_after_the_first_polls_failed(new_home: Home) -> None:
    new_home.cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=500))
    await new_home.set_up()
    for car in new_home.cars:
        assert "sensor.odometer" not in new_home.entities(car)
        assert new_home.value(car, "button.refresh") == "unavailable"
    new_home.cloud.faults.clear()
    await new_home.let_pass(POLL)
    for car in new_home.cars:
        assert new_home.entities(car) >= ALWAYS
    await _assert_alive(new_home)


async def _assert_alive(home: Home) -> None:
    """Check that the entities follow what the cars do."""
    for car in home.cars:
        home.cloud.patch_state(car.id, {"odometer": 76_345})
    await home.let_pass(POLL)
    for car in home.cars:
        assert home.value(car, "sensor.odometer") == "76345.0"


@pytest.mark.parametrize("later", [timedelta(minutes=5), timedelta(hours=5)])
async def test_restart_shows_stored_values_while_the_cloud_is_down(
    home: Home, later: timedelta
) -> None:
    before = home.value(home.car, "sensor.battery_level")
    await home.unload()
    home.freezer.tick(later)
    home.cloud.faults.add(Fault(drop=True))
    await home.load()
    assert home.value(home.car, "sensor.battery_level") == before
    home.cloud.faults.clear()
    await home.let_pass(POLL)
    await _assert_alive(home)


async def test_restart_knows_the_cars_of_incomplete_lists(new_home: Home) -> None:
    """Some listings are never complete; the cars in them are known all the same."""
    listing = await _listing(new_home)
    new_home.cloud.faults.add(
        Fault(route=CONNECTIONS_ROUTE, body=listing.replace('"totalCount": 3', '"totalCount": 9'))
    )
    await new_home.set_up()
    await new_home.unload()
    new_home.cloud.faults.clear()
    new_home.cloud.faults.add(Fault(drop=True))
    await new_home.load()
    assert new_home.value(new_home.car, "sensor.battery_level") != "unavailable"


async def test_values_of_a_day_ago_become_unavailable_at_a_restart(home: Home) -> None:
    await home.unload()
    home.freezer.tick(timedelta(hours=25))
    home.cloud.faults.add(Fault(drop=True))
    await home.load()
    # One request that fails takes nothing away.
    assert home.value(home.car, "sensor.battery_level") != "unavailable"
    await home.let_pass(timedelta(hours=2), timedelta(minutes=10))
    assert home.value(home.car, "sensor.battery_level") == "unavailable"
    home.cloud.faults.clear()
    await home.let_pass(POLL)
    await _assert_alive(home)


# Credentials


@pytest.mark.parametrize("first", [True, False])
async def test_refused_credentials_start_one_reauth(new_home: Home, first: bool) -> None:
    new_home.add_entry()
    if not first:
        await new_home.load()
        new_home.cloud.revoke_tokens()
    new_home.cloud.faults.add(Fault(route=TOKENS_ROUTE, status=401))
    if first:
        assert not await new_home.hass.config_entries.async_setup(new_home.entry.entry_id)
        assert new_home.entry.state is ConfigEntryState.SETUP_ERROR
    await new_home.let_pass(timedelta(hours=3), timedelta(minutes=10))
    (flow,) = new_home.hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_refused_credentials_keep_the_values(home: Home) -> None:
    before = home.value(home.car, "sensor.odometer")
    home.cloud.revoke_tokens()
    fault = home.cloud.faults.add(Fault(route=TOKENS_ROUTE, status=401))
    await home.let_pass(timedelta(hours=3), timedelta(minutes=10))
    assert home.value(home.car, "sensor.odometer") == before
    home.cloud.faults.remove(fault)
    await home.reload()
    await _assert_alive(home)


async def test_refused_token_costs_one_new_token(home: Home) -> None:
    home.cloud.revoke_tokens()
    home.cloud.requests.clear()
    await home.let_pass(POLL)
    assert home.cloud.requests[TOKENS] == 1
    assert not home.hass.config_entries.flow.async_progress()
    await _assert_alive(home)


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
async def test_other_refusals_start_no_reauth(
    home: Home, status: int, type_: str, code: str, route: str
) -> None:
    fault = home.cloud.faults.add(Fault(route=route, status=status, type=type_, code=code))
    await home.let_pass(timedelta(hours=1), STEP)
    assert not home.hass.config_entries.flow.async_progress()
    assert home.value(home.car, "sensor.odometer") != "unavailable"
    home.cloud.faults.remove(fault)
    if type_ == "BILLING" and route == SIGNALS_ROUTE:
        home.freezer.move_to(next_month())
    await home.let_pass(POLL)
    await _assert_alive(home)


# A hundred cars


@pytest.mark.parametrize("vehicles", [100])
async def test_hundred_cars_cost_requests_and_writes_in_proportion(new_home: Home) -> None:
    await new_home.set_up()
    assert new_home.cloud.requests == {TOKENS: 1, CONNECTIONS: 1, SIGNALS: 100}
    assert all(new_home.entities(car) >= ALWAYS for car in new_home.cars[:6])
    for car in new_home.cars:
        new_home.cloud.patch_state(car.id, {"charging": False})
        new_home.cloud.patch_state(car.id, {"asleep": True})
    # Polls leave some of what the application may send at once to the user, and come later.
    new_home.cloud.requests.clear()
    for _ in range(2):
        await new_home.let_pass(POLL)
        await new_home.let_pass(timedelta(minutes=2), timedelta(seconds=30))
        assert new_home.cloud.requests[SIGNALS] == 100
        new_home.cloud.requests.clear()
    # One value of one car: what is written does not grow with the number of cars.
    changes = new_home.changes()
    code = "odometer-traveleddistance"
    new_home.cloud.override(new_home.cars[50].id, code, {"body": {"value": 76_123, "unit": "km"}})
    await new_home.let_pass(POLL)
    await new_home.let_pass(timedelta(minutes=2), timedelta(seconds=30))
    assert new_home.cloud.requests[SIGNALS] == 100
    assert len(changes.take()) == len(new_home.cars) + 2


async def _listing(home: Home) -> str:
    """Return the list of connections as the cloud sends it."""
    response = await async_get_clientsession(home.hass).get(
        f"{os.environ['SMARTCAR_API_ORIGIN']}/v3/connections",
        headers={"Authorization": f"Bearer {home.cloud.mint_token()}"},
    )
    home.cloud.requests.clear()
    return await response.text()
