"""The config flow through Smartcar Connect: the form, the URL, errors, and the new connection."""

import asyncio
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.config_entry_oauth2_flow import MY_AUTH_CALLBACK_PATH
import pytest
from yarl import URL

from custom_components.smartcar.flow import application
from custom_components.smartcar.oauth import CONNECT_ERRORS, DEFAULT_PERMISSIONS
from simulator import Cloud
from simulator.connect import ERRORS as SIMULATED_CONNECT_ERRORS
from simulator.faults import Fault
from tests.helpers.flow import (
    APPLICATIONS,
    CONNECT_RESULTS,
    HTML,
    OTHER_ID,
    REDIRECT_URI,
    Person,
    connected_vehicles,
    error_response,
    odd_response,
)
from tests.helpers.routes import CONNECTIONS, SIGNALS, TOKENS

pytestmark = pytest.mark.usefixtures("no_secret_in_log", "short_connection_wait")


async def consent_without_new_connection(person: Person) -> None:
    """Go through Connect, and wait only briefly for a connection that does not come."""
    with patch.object(application, "_CONNECTION_LAG", 0.1):
        await person.consent()


@pytest.mark.parametrize("vehicles", [0])
async def test_connect_first_car(cloud: Cloud, at_connect: Person) -> None:
    assert at_connect.step == "connect"
    assert at_connect.placeholders == {"redirect_uri": REDIRECT_URI}
    assert at_connect.fields == {
        "application_id": cloud.application_id,
        "ask_dashboard": False,
        "permissions": list(DEFAULT_PERMISSIONS),
    }
    await at_connect.connect()

    entry = at_connect.assert_done()
    assert entry.title == cloud.application_name
    assert entry.data == {
        "client_id": cloud.client_id,
        "client_secret": cloud.client_secret,
        "application_id": cloud.application_id,
        "webhook_id": entry.data["webhook_id"],
    }
    (connection,) = cloud.connections.values()
    assert sorted(connection.permissions) == sorted(DEFAULT_PERMISSIONS)
    assert at_connect.vehicle_devices() == {connection.vehicle_id}
    assert cloud.requests == {
        TOKENS: 1,
        CONNECTIONS: 3,
        APPLICATIONS: 1,
        SIGNALS: 1,
    }


async def test_connect_another_car(cloud: Cloud, at_connect: Person) -> None:
    """The user chooses among the cars connected before and the new one."""
    known = connected_vehicles(cloud)
    await at_connect.connect()
    assert at_connect.step == "vehicles"
    assert set(at_connect.fields["vehicles"]) == connected_vehicles(cloud) > known
    new = connected_vehicles(cloud) - known
    await at_connect.fill_in(vehicles=list(new))
    at_connect.assert_done()
    assert at_connect.vehicle_devices() == new


@pytest.mark.parametrize("vehicles", [0])
async def test_authorize_url_names_application_and_permissions(
    cloud: Cloud, at_connect: Person
) -> None:
    """Both ids are the Application ID, and the redirect URI is the one on the form."""
    cloud.redirect_uris.append(REDIRECT_URI)
    shown = at_connect.placeholders["redirect_uri"]
    await at_connect.fill_in(
        **at_connect.fields | {"permissions": ["read_vin", "control_security", "read_tires"]}
    )
    link = URL(at_connect.result["url"])
    assert link.path == "/oauth/authorize"
    parameters = dict(link.query)
    assert parameters.pop("state")
    assert parameters == {
        "application_id": cloud.application_id,
        "client_id": cloud.application_id,
        "response_type": "code",
        "redirect_uri": shown,
        "mode": "live",
        "approval_prompt": "force",
        "scope": "control_security read_tires read_vin",
    }
    assert cloud.client_id not in str(link)
    assert cloud.client_secret not in str(link)
    await at_connect.consent()
    at_connect.assert_done()
    (connection,) = cloud.connections.values()
    assert set(connection.permissions) == {"read_vin", "control_security", "read_tires"}


@pytest.mark.parametrize("vehicles", [0])
async def test_dashboard_permissions_send_no_scope(cloud: Cloud, at_connect: Person) -> None:
    cloud.dashboard_permissions = ("read_battery", "read_compass")
    await at_connect.fill_in(**at_connect.fields | {"ask_dashboard": True})
    assert "scope" not in at_connect.url_query
    await at_connect.consent()
    at_connect.assert_done()
    (connection,) = cloud.connections.values()
    assert connection.permissions == ("read_battery", "read_compass")


@pytest.mark.parametrize("vehicles", [0])
async def test_empty_permissions_are_refused(at_connect: Person) -> None:
    """To Connect, an empty scope means the permissions set in the dashboard."""
    await at_connect.fill_in(**at_connect.fields | {"permissions": []})
    assert at_connect.errors == {"permissions": "no_permissions"}
    await at_connect.fill_in(**at_connect.fields | {"permissions": [], "ask_dashboard": True})
    await at_connect.consent()
    at_connect.assert_done()


@pytest.mark.parametrize("vehicles", [0])
async def test_redirect_uri_of_my_home_assistant(hass: HomeAssistant, person: Person) -> None:
    hass.config.components.add("my")
    await person.add_integration()
    await person.give_credentials()
    assert person.placeholders["redirect_uri"] == MY_AUTH_CALLBACK_PATH
    await person.fill_in(**person.fields)
    assert person.url_query["redirect_uri"] == MY_AUTH_CALLBACK_PATH
    await person.consent()
    person.assert_done()


@pytest.mark.parametrize("vehicles", [0])
async def test_missing_redirect_uri_aborts(person: Person) -> None:
    """Outside a browser Connect has no way to return. The next flow, inside one, succeeds."""
    await person.add_integration()
    with patch("homeassistant.helpers.http.current_request") as current_request:
        current_request.get.return_value = None
        await person.give_credentials()
    assert person.result["type"] is FlowResultType.ABORT
    assert person.result["reason"] == "no_redirect_uri"
    await person.add_integration()
    await person.give_credentials()
    await person.connect()
    person.assert_done()


def applications(*ids: str) -> Fault:
    """Return a fault that lists applications with these ids."""
    items = ", ".join(f'{{"id": "{id_}", "type": "application"}}' for id_ in ids)
    return odd_response(APPLICATIONS, f'{{"data": [{items}]}}')


@pytest.mark.parametrize("vehicles", [0])
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(error_response(APPLICATIONS, 403), id="forbidden"),
        pytest.param(error_response(APPLICATIONS, 404), id="not-there"),
        pytest.param(Fault(route="/v3/applications", drop=True), id="dropped"),
        pytest.param(odd_response(APPLICATIONS, HTML, "text/html"), id="html"),
        pytest.param(applications(), id="none"),
        pytest.param(applications(OTHER_ID, OTHER_ID.replace("0", "1")), id="two"),
        pytest.param(applications("app_1"), id="no-uuid"),
    ],
)
async def test_unknown_application_id_is_typed(cloud: Cloud, person: Person, fault: Fault) -> None:
    """If the management API does not name one application, the user types its id."""
    cloud.faults.add(fault)
    await person.add_integration()
    await person.give_credentials()
    assert (person.step, person.fields["application_id"]) == ("connect", None)
    permissions = {"ask_dashboard": False, "permissions": ["read_odometer", "read_tires"]}
    for typed in ("", "client_0123", cloud.application_id[:-1], f"{cloud.application_id}0"):
        await person.fill_in(application_id=typed, **permissions)
        assert person.errors == {"application_id": "not_an_application_id"}
        assert person.fields == {"application_id": typed, **permissions}

    await person.fill_in(application_id=f" {cloud.application_id.upper()} ", **permissions)
    assert person.url_query["application_id"] == cloud.application_id
    await person.consent()
    entry = person.assert_done()
    assert entry.data["application_id"] == cloud.application_id
    assert entry.title == "Smartcar"


def test_every_documented_error_has_a_menu() -> None:
    assert set(CONNECT_ERRORS) >= SIMULATED_CONNECT_ERRORS.keys()


@pytest.mark.parametrize("vehicles", [0, 1])
@pytest.mark.parametrize("error", CONNECT_RESULTS)
async def test_connect_error_menu_leads_back_and_on(
    cloud: Cloud, at_connect: Person, error: str, vehicles: int
) -> None:
    """From each error the user can return to the credentials, try again, and succeed."""
    known = connected_vehicles(cloud)
    for way in ("credentials", "connect"):
        await at_connect.fill_in(**at_connect.fields)
        await at_connect.return_from_connect(error)
        assert at_connect.step == (error if error in CONNECT_ERRORS else "connect_failed")
        if at_connect.step == "connect_failed":
            assert at_connect.placeholders == {"error": error}
        assert at_connect.options == ["connect", "credentials", *(["finish"] if vehicles else [])]
        assert connected_vehicles(cloud) == known
        await at_connect.choose(way)
        if way == "credentials":
            assert at_connect.step == "user"
            assert at_connect.fields == {
                "client_id": cloud.client_id,
                "client_secret": cloud.client_secret,
            }
            await at_connect.fill_in(**at_connect.fields)
            if vehicles:
                await at_connect.choose("connect")
        assert at_connect.fields["application_id"] == cloud.application_id
    await at_connect.connect()
    await at_connect.accept()
    at_connect.assert_done()
    assert at_connect.vehicle_devices() == connected_vehicles(cloud) > known


@pytest.mark.parametrize("vehicles", [2])
@pytest.mark.parametrize("error", ["access_denied", "brand_new_error"])
async def test_finish_after_connect_error_uses_connected_cars(
    cloud: Cloud, at_connect: Person, error: str
) -> None:
    await at_connect.fill_in(**at_connect.fields)
    await at_connect.return_from_connect(error)
    cloud.requests.clear()
    await at_connect.choose("finish")
    at_connect.assert_done()
    assert at_connect.vehicle_devices() == connected_vehicles(cloud)
    assert cloud.requests == {SIGNALS: 2}


@pytest.mark.parametrize("vehicles", [0])
async def test_other_credentials_forget_the_application(cloud: Cloud, at_connect: Person) -> None:
    """Another client id gets its own Application ID and title."""
    old_id, old_name = cloud.application_id, cloud.application_name
    await at_connect.fill_in(**at_connect.fields)
    await at_connect.consent(error="configuration_error")
    cloud.client_id += "0"
    cloud.application_id = OTHER_ID
    cloud.application_name = "The other one"
    cloud.revoke_tokens()
    await at_connect.choose("credentials")
    await at_connect.give_credentials()
    assert at_connect.fields["application_id"] == OTHER_ID != old_id
    await at_connect.connect()
    entry = at_connect.assert_done()
    assert entry.unique_id == cloud.client_id
    assert entry.data["application_id"] == OTHER_ID
    assert entry.title == "The other one" != old_name


@pytest.mark.parametrize("vehicles", [0, 1])
async def test_late_connection_is_waited_for(cloud: Cloud, at_connect: Person) -> None:
    """The connections are listed until the new car is among them."""
    known = len(connected_vehicles(cloud))
    cloud.connection_lag = 3600
    await at_connect.fill_in(**at_connect.fields)
    cloud.requests.clear()

    async def show_connection_later() -> None:
        while cloud.requests[CONNECTIONS] < 3:  # noqa: ASYNC110  # it has no events
            await asyncio.sleep(0.01)
        cloud.clock.advance(3600)

    async with asyncio.timeout(5):
        await asyncio.gather(at_connect.consent(), show_connection_later())
    await at_connect.accept()
    at_connect.assert_done()
    assert at_connect.vehicle_devices() == connected_vehicles(cloud)
    assert len(cloud.connections) == len(at_connect.vehicle_devices()) == known + 1


@pytest.mark.parametrize("vehicles", [0])
async def test_missing_connection_shows_a_menu(cloud: Cloud, at_connect: Person) -> None:
    cloud.connection_lag = 3600
    await at_connect.fill_in(**at_connect.fields)
    await consent_without_new_connection(at_connect)
    assert at_connect.step == "connection_missing"
    assert at_connect.options == ["connect", "credentials"]
    await at_connect.reload_page()
    assert at_connect.step == "connection_missing"

    cloud.connection_lag = 0
    await at_connect.choose("connect")
    await at_connect.connect()
    at_connect.assert_done()
    assert at_connect.vehicle_devices() == connected_vehicles(cloud)


@pytest.mark.parametrize("vehicles", [2])
async def test_missing_second_connection_leaves_the_first_ones(
    cloud: Cloud, at_connect: Person
) -> None:
    """After the wait, the cars that are listed are offered."""
    known = connected_vehicles(cloud)
    cloud.connection_lag = 3600
    await at_connect.fill_in(**at_connect.fields)
    await consent_without_new_connection(at_connect)
    assert at_connect.step == "vehicles"
    await at_connect.fill_in(**at_connect.fields)
    at_connect.assert_done()
    assert at_connect.vehicle_devices() == known


@pytest.mark.parametrize("vehicles", [0, 1])
@pytest.mark.parametrize("status", [401, 500])
async def test_failed_list_after_consent_shows_a_menu(
    cloud: Cloud, at_connect: Person, status: int, vehicles: int
) -> None:
    known = connected_vehicles(cloud)
    await at_connect.fill_in(**at_connect.fields)
    cloud.faults.add(error_response(CONNECTIONS, status))
    await at_connect.consent()
    assert at_connect.step == "server_error"
    assert ("finish" in at_connect.options) is bool(known)
    cloud.faults.clear()
    await at_connect.choose("connect")
    await at_connect.connect()
    await at_connect.accept()
    at_connect.assert_done()
    assert at_connect.vehicle_devices() == connected_vehicles(cloud) > known


@pytest.mark.parametrize("vehicles", [2])
async def test_hanging_list_after_consent_leaves_the_known_cars(
    cloud: Cloud, at_connect: Person
) -> None:
    known = connected_vehicles(cloud)
    await at_connect.fill_in(**at_connect.fields)
    cloud.faults.add(Fault(route="/v3/connections", delay=0.5, count=1))
    await consent_without_new_connection(at_connect)
    assert at_connect.step == "vehicles"
    await at_connect.fill_in(**at_connect.fields)
    at_connect.assert_done()
    assert at_connect.vehicle_devices() == known


@pytest.mark.parametrize("vehicles", [2])
async def test_changed_consent_ends_the_wait(cloud: Cloud, at_connect: Person) -> None:
    """Other permissions of the same car count as a new connection."""
    connection = next(iter(cloud.connections.values()))
    await at_connect.fill_in(**at_connect.fields)
    cloud.requests.clear()
    await at_connect.consent(
        owner=connection.user_id, vehicles=[connection.vehicle_id], permissions=[]
    )
    assert cloud.requests[CONNECTIONS] == 1
    await at_connect.fill_in(**at_connect.fields)
    at_connect.assert_done()
    assert not connection.permissions
