"""Simulated cars: left out of the set-up unless the option *Use simulated cars* is on."""

from collections.abc import Sequence

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.smartcar.api import (
    Connection,
    Listing,
    SmartcarClient,
    TransportError,
    VehicleMode,
)
from custom_components.smartcar.oauth import PERMISSIONS
from simulator import Cloud
from tests.helpers.flow import Person, connected_vehicles
from tests.helpers.home import NewEntry
from tests.helpers.routes import CONNECTIONS
from tests.helpers.states import settle, value

pytestmark = pytest.mark.usefixtures("no_secret_in_log")

OPTION = "use_simulated_vehicles"


@pytest.fixture
def simulated(cloud: Cloud) -> str:
    """Connect a simulated car and return its id."""
    (vehicle_id,) = (car.id for car in cloud.cars.values() if car.mode == "simulated")
    cloud.ownership.add(cloud.owner_of(vehicle_id).id, vehicle_id, PERMISSIONS)
    return vehicle_id


@pytest.mark.parametrize("vehicles", [2])
async def test_simulated_car_is_left_out_and_counted(
    cloud: Cloud, person: Person, simulated: str
) -> None:
    live = connected_vehicles(cloud) - {simulated}
    await person.add_integration()
    await person.give_credentials()
    assert (person.step, person.options) == ("connected_simulated", ["vehicles", "connect"])
    assert (person.placeholders["count"], person.placeholders["simulated"]) == ("2", "1")
    await person.choose("vehicles")
    assert person.step == "vehicles_simulated"
    assert person.placeholders == {"simulated": "1"}
    assert set(person.fields["vehicles"]) == live
    await person.fill_in(**person.fields)
    entry = person.assert_done()
    assert entry.options == {"excluded_vehicles": []}
    assert person.vehicle_devices() == live
    # The simulated ones are listed once for the whole flow.
    assert cloud.requests[CONNECTIONS] == 2


@pytest.mark.parametrize("vehicles", [1])
async def test_set_up_works_without_the_list_of_simulated_cars(
    person: Person, simulated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their number is a courtesy; only the live ones are needed."""
    get_connections = SmartcarClient.get_connections

    async def get_live_connections(
        self: SmartcarClient, *, modes: Sequence[VehicleMode]
    ) -> Listing[Connection]:
        if VehicleMode.SIMULATED in modes:
            raise TransportError("lost")
        return await get_connections(self, modes=modes)

    monkeypatch.setattr(SmartcarClient, "get_connections", get_live_connections)
    await person.add_integration()
    await person.give_credentials()
    assert person.step == "connected"
    await person.choose("vehicles")
    assert simulated not in person.vehicle_devices()
    person.assert_done()


@pytest.mark.parametrize("vehicles", [0])
async def test_application_with_simulated_cars_only_can_be_tried(
    cloud: Cloud, person: Person, simulated: str
) -> None:
    await person.add_integration()
    await person.give_credentials()
    assert (person.step, person.options) == ("only_simulated", ["use_simulated", "connect"])
    assert person.placeholders["simulated"] == "1"
    await person.choose("use_simulated")
    entry = person.assert_done()
    assert entry.options == {OPTION: True, "excluded_vehicles": []}
    assert person.vehicle_devices() == {simulated}


@pytest.mark.parametrize("vehicles", [1])
async def test_option_brings_simulated_cars_at_once_and_takes_them_away(
    hass: HomeAssistant,
    cloud: Cloud,
    person: Person,
    simulated: str,
    new_entry: NewEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    cloud.token_lifetime = 10**9
    live = connected_vehicles(cloud) - {simulated}
    entry = new_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)
    assert set(entry.runtime_data.vehicles) == live

    async def save(chosen: bool) -> None:
        result = await hass.config_entries.options.async_init(entry.entry_id)
        result = await hass.config_entries.options.async_configure(
            result["flow_id"], {OPTION: chosen}
        )
        assert result["type"] is FlowResultType.CREATE_ENTRY
        await settle(hass)

    await save(True)
    assert entry.options[OPTION] is True
    assert set(entry.runtime_data.vehicles) == {*live, simulated}
    await entry.runtime_data.async_refresh()
    assert set(entry.runtime_data.vehicles) == {*live, simulated}
    # With the option on, no car is left out.
    await person.reconfigure(entry)
    await person.choose("vehicles")
    assert person.step == "vehicles"
    assert set(person.fields["vehicles"]) == {*live, simulated}
    await person.fill_in(**person.fields)
    assert entry.options[OPTION] is True
    await save(False)
    for _ in range(2):
        freezer.tick(3700)
        await entry.runtime_data.async_refresh()
        await settle(hass)
    assert value(hass, cloud.cars[simulated], "sensor.odometer") == "unavailable"
    (kept,) = live
    assert value(hass, cloud.cars[kept], "sensor.odometer") != "unavailable"
