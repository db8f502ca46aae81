"""What the user refreshes, disables, or does not want to be polled."""

from datetime import timedelta

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from simulator.faults import Fault
from tests.helpers.home import ODOMETER, Home
from tests.helpers.routes import CONNECTIONS, SIGNALS
from tests.helpers.times import DAY, HOUR, LISTING, MINUTE, POLL, STEP

pytestmark = pytest.mark.usefixtures("freezer")


async def test_disabled_car_costs_no_request(home: Home) -> None:
    devices = dr.async_get(home.hass)
    found = home.device_id()
    devices.async_update_device(found, disabled_by=dr.DeviceEntryDisabler.USER)
    await home.settle()
    home.polls()
    await home.let_pass(POLL)
    assert home.polls() == 2
    # Home Assistant reloads the entry by itself half a minute after entities were disabled.
    await home.let_pass(LISTING, STEP)
    home.polls()
    await home.unload()
    home.freezer.tick(DAY)
    await home.load()
    assert home.polls() == 2
    devices.async_update_device(found, disabled_by=None)
    await home.let_pass(MINUTE, timedelta(seconds=31))
    assert home.value(home.car, ODOMETER) != "unavailable"


async def test_disabled_entity_is_current_when_enabled_again(home: Home) -> None:
    registry = er.async_get(home.hass)
    odometer = home.entity_id(home.car, ODOMETER)
    assert odometer is not None
    registry.async_update_entity(odometer, disabled_by=er.RegistryEntryDisabler.USER)
    await home.settle()
    assert home.hass.states.get(odometer) is None
    home.polls()
    await home.let_pass(POLL)
    assert home.polls() == 3
    registry.async_update_entity(odometer, disabled_by=None)
    await home.let_pass(MINUTE, timedelta(seconds=31))
    assert home.value(home.car, ODOMETER) != "unavailable"
    assert home.polls() == 0


async def test_polling_switched_off_leaves_refreshes(home: Home) -> None:
    home.hass.config_entries.async_update_entry(home.entry, pref_disable_polling=True)
    await home.reload()
    home.cloud.requests.clear()
    await home.let_pass(5 * LISTING, LISTING)
    await home.reload()
    assert not home.cloud.requests

    updates = (
        (home.car, home.update_entities(home.car, ODOMETER)),
        (home.cars[1], home.press_refresh(home.cars[1])),
    )
    for car, update in updates:
        home.cloud.patch_state(car.id, {"odometer": 76_888})
        await update
        await home.settle()
        assert home.value(car, ODOMETER) == "76888.0"
        assert home.polls() == 1


async def test_first_set_up_polls_once_though_polling_is_off(new_home: Home) -> None:
    """There is nothing to show then."""
    await new_home.set_up(pref_disable_polling=True)
    assert new_home.polls() == len(new_home.cars)
    await new_home.let_pass(5 * LISTING, LISTING)
    assert not new_home.cloud.requests


async def test_simultaneous_presses_cost_one_request(home: Home) -> None:
    home.cloud.requests.clear()
    for _ in range(5):
        home.begin(home.press_refresh())
    await home.settle()
    assert home.polls() == 1
    await home.press_refresh()
    assert home.polls() == 1


async def test_failed_refresh_says_why(home: Home) -> None:
    fault = home.cloud.faults.add(Fault(vehicle_id=home.car.id, status=502))
    before = home.value(home.car, ODOMETER)
    for _ in range(2):
        with pytest.raises(HomeAssistantError) as caught:
            await home.press_refresh()
        assert caught.value.translation_key == "refresh_failed"
        assert "Robin" in str(caught.value)
        assert "Your car's service is not answering" in str(caught.value)
    assert home.value(home.car, ODOMETER) == before
    home.cloud.faults.remove(fault)
    await home.press_refresh()


async def test_disabled_entry_costs_no_request(home: Home) -> None:
    await home.hass.config_entries.async_set_disabled_by(
        home.entry.entry_id, ConfigEntryDisabler.USER
    )
    home.cloud.requests.clear()
    await home.let_pass(DAY, 8 * HOUR)
    assert not home.cloud.requests
    await home.hass.config_entries.async_set_disabled_by(home.entry.entry_id, None)
    assert home.entry.state is ConfigEntryState.LOADED
    assert home.cloud.requests[SIGNALS] == len(home.cars)
    assert home.cloud.requests[CONNECTIONS] == 1
