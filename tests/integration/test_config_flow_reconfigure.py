"""Reconfigure: other credentials, other cars, and what stays."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from custom_components.smartcar.oauth import DEFAULT_PERMISSIONS
from simulator import Cloud
from tests.helpers.flow import CONNECT_RESULTS, Person, connected_vehicles, unconnected_vehicle
from tests.helpers.home import NewEntry
from tests.helpers.routes import SIGNALS

pytestmark = pytest.mark.usefixtures("no_secret_in_log", "short_connection_wait")


@pytest.mark.parametrize("vehicles", [1])
async def test_menu_with_a_car(at_menu: Person) -> None:
    assert at_menu.step == "reconfigure"
    assert at_menu.options == ["reconfigure_credentials", "connect", "vehicles", "push"]


@pytest.mark.parametrize("vehicles", [0])
async def test_menu_without_cars_leads_to_connect(at_menu: Person) -> None:
    assert at_menu.options == ["reconfigure_credentials", "connect", "push"]
    await at_menu.choose("connect")
    await at_menu.connect()
    await at_menu.fill_in(**at_menu.fields)
    at_menu.assert_done()
    assert len(at_menu.vehicle_devices()) == 1


@pytest.mark.parametrize("vehicles", [1])
async def test_refused_credentials_leave_only_the_credentials(
    hass: HomeAssistant, cloud: Cloud, person: Person, entry: ConfigEntry
) -> None:
    """A reauthentication in progress does not block Reconfigure."""
    cloud.client_secret = cloud.client_secret[::-1]
    cloud.revoke_tokens()
    entry.async_start_reauth(hass)
    await hass.async_block_till_done()
    assert len(hass.config_entries.flow.async_progress()) == 1
    await person.reconfigure(entry)
    assert person.options == ["reconfigure_credentials"]
    await person.choose("reconfigure_credentials")
    await person.give_credentials()
    assert person.result["reason"] == "reconfigure_successful"
    assert person.assert_done().data["client_secret"] == cloud.client_secret


async def test_same_credentials_change_nothing(
    hass: HomeAssistant, cloud: Cloud, person: Person, new_entry: NewEntry
) -> None:
    excluded = next(iter(connected_vehicles(cloud)))
    entry = new_entry(
        options={"disconnect_on_removal": True, "excluded_vehicles": [excluded]},
        title="Family cars",
    )
    kept = dict(entry.data)
    await hass.config_entries.async_setup(entry.entry_id)
    await person.reconfigure(entry)
    await person.choose("reconfigure_credentials")
    assert person.fields == {"client_id": cloud.client_id, "client_secret": cloud.client_secret}
    await person.fill_in(**person.fields)
    person.assert_done()
    assert (entry.title, dict(entry.data)) == ("Family cars", kept)
    assert entry.options == {"disconnect_on_removal": True, "excluded_vehicles": [excluded]}
    assert person.vehicle_devices() == connected_vehicles(cloud) - {excluded}


async def test_credentials_of_another_application_are_refused(
    cloud: Cloud, at_menu: Person
) -> None:
    """Credentials that see none of the entry's cars belong to another application."""
    await at_menu.choose("reconfigure_credentials")
    original = dict(cloud.connections)
    old_id, cloud.client_id = cloud.client_id, "client_01another"
    cloud.connect(*unconnected_vehicle(cloud))
    for connection_id in original:
        del cloud.connections[connection_id]
    await at_menu.give_credentials()
    assert at_menu.step == "reconfigure_credentials"
    assert at_menu.errors == {"client_id": "other_application"}
    assert at_menu.entry().data["client_id"] == at_menu.entry().unique_id == old_id

    cloud.connections.update(original)
    await at_menu.give_credentials()
    entry = at_menu.assert_done()
    assert entry.data["client_id"] == entry.unique_id == cloud.client_id
    assert at_menu.vehicle_devices() == connected_vehicles(cloud)


@pytest.mark.parametrize("vehicles", [0])
async def test_entry_without_cars_accepts_any_application(cloud: Cloud, at_menu: Person) -> None:
    """No car shows which application the entry belongs to, and none can be lost."""
    cloud.client_id = "client_01another"
    await at_menu.choose("reconfigure_credentials")
    await at_menu.give_credentials()
    assert at_menu.assert_done().unique_id == cloud.client_id


@pytest.mark.parametrize("vehicles", [1])
async def test_entry_that_is_not_loaded_accepts_any_application(
    cloud: Cloud, person: Person, new_entry: NewEntry
) -> None:
    entry = new_entry()
    await person.reconfigure(entry)
    await person.choose("reconfigure_credentials")
    cloud.client_id = "client_01another"
    await person.give_credentials()
    assert person.assert_done().unique_id == cloud.client_id


@pytest.mark.parametrize("vehicles", [1])
async def test_application_of_another_entry_aborts(
    cloud: Cloud, at_menu: Person, new_entry: NewEntry
) -> None:
    other = new_entry(unique_id="client_01another")
    await at_menu.choose("reconfigure_credentials")
    await at_menu.fill_in(client_id=other.unique_id, client_secret=cloud.client_secret)
    assert at_menu.result["reason"] == "already_configured"


async def test_connect_another_car(cloud: Cloud, at_menu: Person) -> None:
    """Only the new car is polled."""
    known = connected_vehicles(cloud)
    await at_menu.choose("connect")
    await at_menu.fill_in(**at_menu.fields)
    cloud.connection_lag = 0.1
    await at_menu.consent()
    assert at_menu.step == "vehicles"
    assert set(at_menu.fields["vehicles"]) == connected_vehicles(cloud) > known
    cloud.requests.clear()
    await at_menu.fill_in(**at_menu.fields)
    entry = at_menu.assert_done()
    assert at_menu.vehicle_devices() == connected_vehicles(cloud)
    assert entry.data["application_id"] == cloud.application_id
    assert cloud.requests == {SIGNALS: 1}


@pytest.mark.parametrize("vehicles", [1])
async def test_changed_permissions_are_known_at_once(cloud: Cloud, at_menu: Person) -> None:
    """Permissions that were removed or added count after the reload."""
    car = cloud.car_of_kind("BEV")
    (connection,) = cloud.connections_of(vehicle_id=car.id)
    for granted in (("read_odometer", "read_vin"), DEFAULT_PERMISSIONS):
        await at_menu.choose("connect")
        await at_menu.fill_in(**at_menu.fields | {"permissions": list(granted)})
        await at_menu.consent(owner=connection.user_id, vehicles=[car.id])
        await at_menu.fill_in(**at_menu.fields)
        entry = at_menu.assert_done()
        known = entry.runtime_data.vehicles[car.id].connection
        assert known.permissions == set(granted) == set(connection.permissions)
        await at_menu.reconfigure(entry)


@pytest.mark.parametrize("way", ["connect", "credentials", "finish"])
@pytest.mark.parametrize("vehicles", [1])
async def test_connect_error_menu_leads_back_and_on(
    cloud: Cloud, at_menu: Person, way: str
) -> None:
    entry, known = at_menu.entry(), connected_vehicles(cloud)
    for error in CONNECT_RESULTS:
        await at_menu.choose("connect")
        await at_menu.fill_in(**at_menu.fields)
        await at_menu.return_from_connect(error)
        assert at_menu.options == ["connect", "credentials", "finish"]
    await at_menu.choose(way)
    if way == "connect":
        await at_menu.connect()
        await at_menu.fill_in(**at_menu.fields)
    elif way == "credentials":
        assert at_menu.step == "reconfigure_credentials"
        await at_menu.fill_in(**at_menu.fields)
    at_menu.assert_done()
    assert at_menu.vehicle_devices() == connected_vehicles(cloud) >= known
    assert entry.options == {"excluded_vehicles": []}


async def test_excluded_car_leaves_and_returns_without_requests(
    cloud: Cloud, at_menu: Person
) -> None:
    """Neither excluding a car nor selecting it again polls a car."""
    all_vehicles = connected_vehicles(cloud)
    excluded = next(iter(all_vehicles))
    cloud.requests.clear()
    await at_menu.choose("vehicles")
    assert set(at_menu.fields["vehicles"]) == all_vehicles
    await at_menu.fill_in(vehicles=list(all_vehicles - {excluded}))
    entry = at_menu.assert_done()
    assert entry.options["excluded_vehicles"] == [excluded]
    assert at_menu.vehicle_devices() == all_vehicles - {excluded}
    assert excluded not in entry.runtime_data.vehicles

    await at_menu.reconfigure(entry)
    await at_menu.choose("vehicles")
    assert set(at_menu.fields["vehicles"]) == all_vehicles - {excluded}
    await at_menu.fill_in(vehicles=list(all_vehicles))
    at_menu.assert_done()
    assert entry.options["excluded_vehicles"] == []
    assert at_menu.vehicle_devices() == all_vehicles
    assert SIGNALS not in cloud.requests


async def test_car_missing_from_the_list_stays_excluded(
    hass: HomeAssistant, person: Person, new_entry: NewEntry
) -> None:
    """A car that cannot be deselected, because it is not listed, stays excluded."""
    entry = new_entry(options={"excluded_vehicles": ["one-that-is-away"]})
    await hass.config_entries.async_setup(entry.entry_id)
    await person.reconfigure(entry)
    await person.choose("vehicles")
    first, *others = person.fields["vehicles"]
    await person.fill_in(vehicles=others)
    person.assert_done()
    assert set(entry.options["excluded_vehicles"]) == {"one-that-is-away", first}
