"""The config flow with cars that are connected already."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
import pytest

from custom_components.smartcar.const import DOMAIN
from custom_components.smartcar.oauth import PERMISSIONS
from simulator import Cloud
from tests.helpers.flow import WRONG_SECRET, Person, connected_vehicles
from tests.helpers.routes import CONNECTIONS, SIGNALS, TOKENS

pytestmark = pytest.mark.usefixtures("no_secret_in_log")


@pytest.mark.parametrize("vehicles", [1, 2, 7])
async def test_user_sets_up_all_connected_cars(
    cloud: Cloud, person: Person, vehicles: int, caplog: pytest.LogCaptureFixture
) -> None:
    """The set-up costs one token, one list of each mode, and one poll of each car."""
    await person.add_integration()
    assert (person.step, person.fields) == ("user", {"client_id": None, "client_secret": None})
    await person.give_credentials()
    assert (person.step, person.options) == ("connected", ["vehicles", "connect"])
    assert person.placeholders["count"] == str(vehicles)
    assert "Volkswagen ID.4 (2023)" in person.placeholders["vehicles"]
    await person.choose("vehicles")
    if vehicles > 1:
        assert set(person.fields["vehicles"]) == connected_vehicles(cloud)
        await person.fill_in(**person.fields)

    entry = person.assert_done()
    assert (entry.unique_id, entry.version) == (cloud.client_id, 3)
    webhook_id = entry.data["webhook_id"]
    assert len(webhook_id) == 64
    assert entry.data == {
        "client_id": cloud.client_id,
        "client_secret": cloud.client_secret,
        "webhook_id": webhook_id,
    }
    assert entry.options == {"excluded_vehicles": []}
    assert person.vehicle_devices() == connected_vehicles(cloud)
    assert cloud.requests == {TOKENS: 1, CONNECTIONS: 2, SIGNALS: vehicles}
    # These lines must exist, or `no_secret_in_log` checks nothing.
    logged = {record.name for record in caplog.records}
    assert {
        "custom_components.smartcar.api.client",
        "custom_components.smartcar.coordinator",
    } & logged


async def test_unselected_cars_get_no_device_and_no_request(
    hass: HomeAssistant, cloud: Cloud, person: Person
) -> None:
    """Neither the set-up nor a reload polls an excluded car."""
    selected, *others = connected_vehicles(cloud)
    await person.add_integration()
    await person.give_credentials()
    await person.choose("vehicles")
    await person.fill_in(vehicles=[selected])
    entry = person.assert_done()
    assert set(entry.options["excluded_vehicles"]) == set(others)
    assert person.vehicle_devices() == {selected}
    assert cloud.requests == {TOKENS: 1, CONNECTIONS: 2, SIGNALS: 1}
    cloud.requests.clear()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert person.vehicle_devices() == {selected}
    assert not cloud.requests


@pytest.mark.parametrize("vehicles", [1])
async def test_car_of_two_owners_is_offered_once(cloud: Cloud, person: Person) -> None:
    """Two owners of one car have a connection each."""
    (vehicle_id,) = connected_vehicles(cloud)
    cloud.ownership.add(list(cloud.owners)[1], vehicle_id, PERMISSIONS)
    await person.add_integration()
    await person.give_credentials()
    assert person.placeholders == {"count": "1", "vehicles": "Volkswagen ID.4 (2023)"}
    await person.choose("vehicles")
    person.assert_done()
    assert person.vehicle_devices() == {vehicle_id}


@pytest.mark.parametrize("vehicles", [2])
@pytest.mark.parametrize("missing", ["every signal", "VIN"])
async def test_cars_with_missing_data_get_devices(
    hass: HomeAssistant, cloud: Cloud, person: Person, missing: str
) -> None:
    for vehicle_id in connected_vehicles(cloud):
        if missing == "VIN":
            cloud.override(vehicle_id, "vehicleidentification-vin", None)
        else:
            cloud.set_store_empty(vehicle_id)
    await person.add_integration()
    await person.give_credentials()
    await person.accept()
    entry = person.assert_done()
    assert person.vehicle_devices() == connected_vehicles(cloud)
    registry = dr.async_get(hass)
    assert {
        device.serial_number
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id)
    } == {None}


@pytest.mark.parametrize("vehicles", [1])
async def test_second_set_up_of_an_application_aborts(
    hass: HomeAssistant, cloud: Cloud, person: Person, entry: ConfigEntry
) -> None:
    cloud.requests.clear()
    await person.add_integration()
    await person.give_credentials(WRONG_SECRET)
    assert person.result["type"] is FlowResultType.ABORT
    assert person.result["reason"] == "already_configured"
    assert not cloud.requests
    assert hass.config_entries.async_entries(DOMAIN) == [entry]
