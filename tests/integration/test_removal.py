"""Going away: unload, disable, delete a car, remove the entry. Nothing may stay behind."""

from datetime import timedelta
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.smartcar import async_remove_config_entry_device
from custom_components.smartcar.const import CONF_DISCONNECT_ON_REMOVAL, DOMAIN
from simulator.car import Car
from simulator.faults import Fault
from tests.helpers.home import Home
from tests.helpers.routes import SIGNALS, SIGNALS_ROUTE
from tests.helpers.times import LISTING, POLL, STEP

DELETE = "DELETE /v3/connections/{connection_id}"


def files(storage: dict[str, Any]) -> list[str]:
    return [name for name in storage if name.startswith(DOMAIN)]


async def delete(home: Home, car: Car) -> None:
    """Delete a car's device, as Home Assistant does when its button is pressed."""
    found = home.device(car)
    assert found is not None
    assert await async_remove_config_entry_device(home.hass, home.entry, found)
    dr.async_get(home.hass).async_remove_device(found.id)
    await home.settle()


@pytest.mark.usefixtures("freezer")
async def test_unloaded_entry_requests_nothing_and_keeps_its_file(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    await home.unlock()
    await home.unload()
    assert home.entry.state is ConfigEntryState.NOT_LOADED
    assert home.value(home.car, "sensor.odometer") == "unavailable"
    home.cloud.requests.clear()
    await home.let_pass(2 * LISTING, timedelta(minutes=1, seconds=1) * 10)
    assert not home.cloud.requests
    assert files(hass_storage) == [f"{DOMAIN}.{home.entry.entry_id}"]


@pytest.mark.usefixtures("freezer")
async def test_removed_entry_leaves_nothing(home: Home, hass_storage: dict[str, Any]) -> None:
    home.cloud.faults.add(
        Fault(
            route=SIGNALS_ROUTE,
            type="CONNECTED_SERVICES_ACCOUNT",
            code="AUTHENTICATION_FAILED",
        )
    )
    await home.let_pass(POLL)
    assert len(ir.async_get(home.hass).issues) == len(home.cars)
    await home.remove()
    assert not files(hass_storage)
    assert {state.domain for state in home.hass.states.async_all()} <= {"zone"}
    assert not dr.async_entries_for_config_entry(dr.async_get(home.hass), home.entry.entry_id)
    assert not ir.async_get(home.hass).issues
    home.cloud.requests.clear()
    await home.let_pass(2 * LISTING, STEP)
    assert not home.cloud.requests
    assert not files(hass_storage)
    assert len(home.cloud.connections) == len(home.cars)


async def test_removal_during_a_refresh_leaves_no_file(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    home.cloud.faults.add(Fault(route=SIGNALS_ROUTE, delay=0.2))
    task = home.begin(home.press_refresh())
    await home.remove()
    await task
    await home.settle()
    assert not files(hass_storage)


@pytest.mark.parametrize("status", [None, 500, 404])
async def test_removal_disconnects_the_cars_if_that_is_chosen(
    home: Home, caplog: pytest.LogCaptureFixture, status: int | None
) -> None:
    home.hass.config_entries.async_update_entry(
        home.entry, options={CONF_DISCONNECT_ON_REMOVAL: True}
    )
    if status is not None:
        home.cloud.faults.add(Fault(route="/v3/connections/*", status=status))
    home.cloud.requests.clear()
    await home.remove()
    assert home.cloud.requests[DELETE] == len(home.cars)
    assert len(home.cloud.connections) == (0 if status is None else len(home.cars))
    assert ("Could not disconnect Volkswagen ID.4" in caplog.text) is (status == 500)


async def test_deleted_car_stays_away_though_it_is_connected(
    home: Home, hass_ws_client: WebSocketGenerator, hass_storage: dict[str, Any]
) -> None:
    """It stays away, although it is still connected; the others notice nothing."""
    deleted, *others = home.cars
    assert await async_setup_component(home.hass, "config", {})
    client = await hass_ws_client(home.hass)
    answer = await client.remove_device(home.device_id(deleted))
    assert answer["success"], answer
    await client.close()
    await home.settle()
    assert home.device(deleted) is None
    assert home.entity_id(deleted, "sensor.odometer") is None
    home.cloud.requests.clear()
    await home.reload()
    assert home.device(deleted) is None
    assert not home.cloud.requests
    for car in others:
        home.cloud.patch_state(car.id, {"odometer": 76_888})
        await home.press_refresh(car)
        assert home.value(car, "sensor.odometer") == "76888.0"
    assert home.cloud.requests[SIGNALS] == len(others)
    stored = hass_storage[f"{DOMAIN}.{home.entry.entry_id}"]["data"]
    assert deleted.id not in stored["vehicles"]


@pytest.mark.usefixtures("freezer")
async def test_deleted_car_stays_away_from_later_lists(home: Home) -> None:
    await delete(home, home.car)
    await home.let_pass(2 * LISTING, STEP)
    home.cloud.requests.clear()
    await home.let_pass(POLL)
    assert home.cloud.requests[SIGNALS] == 2
    assert home.device(home.car) is None


@pytest.mark.usefixtures("freezer")
async def test_gone_car_that_was_deleted_may_come_back(home: Home) -> None:
    (connection,) = home.cloud.connections_of(vehicle_id=home.car.id)
    home.cloud.disconnect(connection.id)
    await home.let_pass(2 * LISTING, STEP)
    assert home.value(home.car, "sensor.odometer") == "unavailable"
    await delete(home, home.car)
    await home.let_pass(2 * LISTING, STEP)
    assert home.device(home.car) is None
    home.cloud.connect(connection.user_id, [home.car.id])
    await home.let_pass(LISTING, STEP)
    assert home.value(home.car, "sensor.odometer") != "unavailable"
