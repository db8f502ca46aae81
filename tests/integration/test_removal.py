"""Going away: unload, disable, delete a car, remove the entry. Nothing may stay behind."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.smartcar import async_remove_config_entry_device
from custom_components.smartcar.const import CONF_DISCONNECT_ON_REMOVAL, DOMAIN
from simulator import Cloud
from simulator.car import Car
from simulator.faults import Fault
from tests.helpers.routes import SIGNALS, SIGNALS_ROUTE
from tests.helpers.states import act, device, device_id, entity_id, let_pass, settle, value
from tests.helpers.times import LISTING, POLL, STEP

DELETE = "DELETE /v3/connections/{connection_id}"


def files(storage: dict[str, Any]) -> list[str]:
    return [name for name in storage if name.startswith(DOMAIN)]


async def delete(hass: HomeAssistant, entry: ConfigEntry, car: Car) -> None:
    """Delete a car's device, as Home Assistant does when its button is pressed."""
    found = device(hass, entry, car)
    assert found is not None
    assert await async_remove_config_entry_device(hass, entry, found)
    dr.async_get(hass).async_remove_device(found.id)
    await settle(hass)


async def test_unload(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    hass_storage: dict[str, Any],
) -> None:
    await act(hass, "lock.unlock", entity_id(hass, cars[0], "lock.door_lock"))
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert value(hass, cars[0], "sensor.odometer") == "unavailable"
    cloud.requests.clear()
    await let_pass(hass, freezer, 2 * LISTING, timedelta(minutes=1, seconds=1) * 10)
    assert not cloud.requests
    assert files(hass_storage) == [f"{DOMAIN}.{entry.entry_id}"]


async def test_remove(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    hass_storage: dict[str, Any],
) -> None:
    cloud.faults.add(
        Fault(
            route=SIGNALS_ROUTE,
            type="CONNECTED_SERVICES_ACCOUNT",
            code="AUTHENTICATION_FAILED",
        )
    )
    await let_pass(hass, freezer, POLL)
    assert len(ir.async_get(hass).issues) == len(cars)
    assert await hass.config_entries.async_remove(entry.entry_id)
    await settle(hass)
    assert not files(hass_storage)
    assert {state.domain for state in hass.states.async_all()} <= {"zone"}
    assert not dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert not ir.async_get(hass).issues
    cloud.requests.clear()
    await let_pass(hass, freezer, 2 * LISTING, STEP)
    assert not cloud.requests
    assert not files(hass_storage)
    assert len(cloud.connections) == len(cars)


async def test_remove_while_a_refresh_is_under_way(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    entry: ConfigEntry,
    hass_storage: dict[str, Any],
) -> None:
    cloud.faults.add(Fault(route=SIGNALS_ROUTE, delay=0.2))
    button = entity_id(hass, cars[0], "button.refresh")
    task = hass.async_create_task(act(hass, "button.press", button))
    assert await hass.config_entries.async_remove(entry.entry_id)
    await task
    await settle(hass)
    assert not files(hass_storage)


@pytest.mark.parametrize("status", [None, 500, 404])
async def test_remove_and_disconnect(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    entry: ConfigEntry,
    caplog: pytest.LogCaptureFixture,
    status: int | None,
) -> None:
    hass.config_entries.async_update_entry(entry, options={CONF_DISCONNECT_ON_REMOVAL: True})
    if status is not None:
        cloud.faults.add(Fault(route="/v3/connections/*", status=status))
    cloud.requests.clear()
    assert await hass.config_entries.async_remove(entry.entry_id)
    assert cloud.requests[DELETE] == len(cars)
    assert len(cloud.connections) == (0 if status is None else len(cars))
    assert ("Could not disconnect Volkswagen ID.4" in caplog.text) is (status == 500)


async def test_delete_a_car(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    cloud: Cloud,
    cars: list[Car],
    entry: ConfigEntry,
    hass_storage: dict[str, Any],
) -> None:
    """It stays away, although it is still connected; the others notice nothing."""
    deleted, *others = cars
    assert await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)
    answer = await client.remove_device(device_id(hass, entry, deleted))
    assert answer["success"], answer
    await client.close()
    await settle(hass)
    assert device(hass, entry, deleted) is None
    assert entity_id(hass, deleted, "sensor.odometer") is None
    cloud.requests.clear()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    assert device(hass, entry, deleted) is None
    assert not cloud.requests
    for car in others:
        cloud.patch_state(car.id, {"odometer": 888})
        await act(hass, "button.press", entity_id(hass, car, "button.refresh"))
        assert value(hass, car, "sensor.odometer") == "888.0"
    assert cloud.requests[SIGNALS] == len(others)
    stored = hass_storage[f"{DOMAIN}.{entry.entry_id}"]["data"]
    assert deleted.id not in stored["vehicles"]


async def test_deleted_car_stays_away_from_later_listings(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    await delete(hass, entry, cars[0])
    await let_pass(hass, freezer, 2 * LISTING, STEP)
    cloud.requests.clear()
    await let_pass(hass, freezer, POLL)
    assert cloud.requests[SIGNALS] == 2
    assert device(hass, entry, cars[0]) is None


async def test_gone_car_that_was_deleted_may_come_back(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    (connection,) = cloud.connections_of(vehicle_id=cars[0].id)
    cloud.disconnect(connection.id)
    await let_pass(hass, freezer, 2 * LISTING, STEP)
    assert value(hass, cars[0], "sensor.odometer") == "unavailable"
    await delete(hass, entry, cars[0])
    await let_pass(hass, freezer, 2 * LISTING, STEP)
    assert device(hass, entry, cars[0]) is None
    cloud.connect(connection.user_id, [cars[0].id])
    await let_pass(hass, freezer, LISTING, STEP)
    assert value(hass, cars[0], "sensor.odometer") != "unavailable"
