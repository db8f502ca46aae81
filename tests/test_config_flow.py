"""The config flow, through the real core and real HTTP to the simulated cloud."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import IPv4Address
import json
import logging
from pathlib import Path
import ssl
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hass_nabucasa import CloudError
from homeassistant.components.cloud import (
    _SIGNAL_CLOUDHOOKS_UPDATED,
    SIGNAL_CLOUD_CONNECTION_STATE,
    CloudConnectionState,
    CloudNotAvailable,
    CloudNotConnected,
)
from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigEntryState,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.helpers.config_entry_oauth2_flow import MY_AUTH_CALLBACK_PATH
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.smartcar import config_flow, webhook as smartcar_webhook
from custom_components.smartcar.api.webhook import sign
from custom_components.smartcar.config_flow import CONNECT_ERRORS, SmartcarConfigFlow
from custom_components.smartcar.const import DOMAIN
from custom_components.smartcar.oauth import DEFAULT_PERMISSIONS, PERMISSIONS
from simulator import Cloud
from simulator.connect import ERRORS as SIMULATED_CONNECT_ERRORS
from simulator.faults import Fault

from .flow import Person
from .front_door import NewEntry

REDIRECT_URI = "https://example.com/auth/external/callback"
WRONG_SECRET = "0123-a-wrong-secret-4567"
TOKEN, CONNECTIONS = "POST /oauth2/token", "GET /v3/connections"
SIGNALS, APPLICATIONS = "GET /v3/vehicles/{vehicle_id}/signals", "GET /v3/applications"


@pytest.fixture(autouse=True)
def _frequent_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_flow, "_CONNECTION_TRY_EVERY", 0.02)


async def consent_in_vain(person: Person) -> None:
    """Go through Connect, and do not wait for long for a connection that does not come."""
    with patch.object(config_flow, "_CONNECTION_LAG", 0.1):
        await person.consent()


@pytest.fixture(autouse=True)
def _no_secret_is_logged(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> Generator[None]:
    """Look through everything that a test has logged."""
    caplog.set_level(logging.DEBUG)
    known_secrets = [cloud.client_secret, WRONG_SECRET, cloud.application_management_token]
    yield
    secrets = [*known_secrets, cloud.client_secret, *cloud._tokens, *cloud.owners, *cloud.cars]
    secrets += [car.vin for car in cloud.cars.values()]
    secrets += [
        str(value["latitude"])
        for car in cloud.cars.values()
        if (location := cloud.stored(car).get("location-preciselocation"))
        and isinstance(value := location.as_json("")["attributes"]["body"], dict)
    ]
    # What the test's two servers and its storage write is neither Home Assistant's nor ours; and
    # its core, where other tests left it talkative, writes every state, which is meant to be seen.
    others = ("aiohttp.access", "homeassistant.core", "pytest_homeassistant_custom_component")
    lines = [record for record in caplog.get_records("call") if not record.name.startswith(others)]
    for record in lines:
        text = logging.Formatter().format(record)
        assert not [secret for secret in secrets if secret in text], record.name


@pytest.fixture
async def person(
    hass: HomeAssistant,
    cloud: Cloud,
    hass_client_no_auth: ClientSessionGenerator,
    current_request_with_host: None,
) -> Person:
    for dependency in ("auth", "webhook", "homeassistant"):
        assert await async_setup_component(hass, dependency, {})
    return Person(hass, await hass_client_no_auth())


@pytest.fixture(params=["user", SOURCE_REAUTH, SOURCE_RECONFIGURE])
async def at_form(
    request: pytest.FixtureRequest, hass: HomeAssistant, person: Person, new_entry: NewEntry
) -> Person:
    """Return a person at each of the three forms that ask for a secret."""
    if request.param == "user":
        return await person.add_integration()
    entry = new_entry()
    await hass.config_entries.async_setup(entry.entry_id)
    if request.param == SOURCE_REAUTH:
        return person.take_over(await entry.start_reauth_flow(hass))
    person.take_over(await entry.start_reconfigure_flow(hass))
    return await person.choose("reconfigure_credentials")


@pytest.fixture
async def at_connect(cloud: Cloud, person: Person) -> Person:
    """Return a person at the form that leads to Connect, with whatever cars there are."""
    await person.add_integration()
    await give_credentials(person, cloud)
    return person if person.step == "connect" else await person.choose("connect")


@pytest.fixture
async def at_menu(hass: HomeAssistant, person: Person, entry: ConfigEntry) -> Person:
    """Return a person at the menu of Reconfigure."""
    return await reconfigure(hass, person, entry)


async def reconfigure(hass: HomeAssistant, person: Person, entry: ConfigEntry) -> Person:
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
    )
    return person.take_over(result)


async def give_credentials(person: Person, cloud: Cloud, secret: str | None = None) -> Person:
    """Fill in the credentials form, whichever of the three it is."""
    values = {"client_id": cloud.client_id, "client_secret": secret or cloud.client_secret}
    return await person.fill_in(**{key: values[key] for key in person.fields})


async def accept(person: Person) -> Person:
    """Go on to the end with what is offered."""
    if person.result["type"] is FlowResultType.MENU:
        await person.choose("vehicles")
    if person.result["type"] is FlowResultType.FORM:
        await person.fill_in(**person.fields)
    return person


def the_entry(hass: HomeAssistant) -> ConfigEntry:
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    return entry


def assert_done(hass: HomeAssistant, person: Person) -> ConfigEntry:
    """Check that the flow has ended well, whichever it was, and that the entry runs."""
    result = person.result
    if result["type"] is FlowResultType.ABORT:
        assert result["reason"] in {"reauth_successful", "reconfigure_successful"}
    else:
        assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = the_entry(hass)
    assert entry.state is ConfigEntryState.LOADED
    assert not hass.config_entries.flow.async_progress()
    return entry


def devices(hass: HomeAssistant) -> set[str]:
    """Return the ids of the cars that have a device."""
    found = dr.async_entries_for_config_entry(dr.async_get(hass), the_entry(hass).entry_id)
    return {vehicle_id for device in found for _, vehicle_id in device.identifiers}


def connected(cloud: Cloud) -> set[str]:
    """Return the ids of the cars whose connections show."""
    return {connection.vehicle_id for connection, _ in cloud.visible_connections()}


def query(person: Person) -> Mapping[str, str]:
    """Return the parameters of the address that the person is sent to."""
    return URL(person.result["url"]).query


# Connected cars


@pytest.mark.parametrize("vehicles", [1, 2, 7])
async def test_connected_cars(
    hass: HomeAssistant,
    cloud: Cloud,
    person: Person,
    vehicles: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One form, and all cars; it costs one token, one listing, and one request per car."""
    await person.add_integration()
    assert (person.step, person.fields) == ("user", {"client_id": None, "client_secret": None})
    await give_credentials(person, cloud)
    assert (person.step, person.options) == ("connected", ["vehicles", "connect"])
    placeholders = person.result["description_placeholders"]
    assert placeholders["count"] == str(vehicles)
    assert "Volkswagen ID.4 (2023)" in placeholders["vehicles"]
    await person.choose("vehicles")
    if vehicles > 1:
        assert set(person.fields["vehicles"]) == connected(cloud)
        await person.fill_in(**person.fields)

    entry = assert_done(hass, person)
    assert (entry.unique_id, entry.version) == (cloud.client_id, 3)
    webhook_id = entry.data["webhook_id"]
    assert len(webhook_id) == 64
    assert entry.data == {
        "client_id": cloud.client_id,
        "client_secret": cloud.client_secret,
        "webhook_id": webhook_id,
    }
    assert entry.options == {"excluded_vehicles": []}
    assert devices(hass) == connected(cloud)
    assert cloud.requests == {TOKEN: 1, CONNECTIONS: 1, SIGNALS: vehicles}
    # Those lines are there to be looked through for secrets.
    logged = {record.name for record in caplog.records}
    assert {
        "custom_components.smartcar.api.client",
        "custom_components.smartcar.coordinator",
    } & logged


async def test_some_cars(hass: HomeAssistant, cloud: Cloud, person: Person) -> None:
    """What is not picked gets no device and costs nothing."""
    picked, *others = connected(cloud)
    await person.add_integration()
    await give_credentials(person, cloud)
    await person.choose("vehicles")
    await person.fill_in(vehicles=[picked])
    entry = assert_done(hass, person)
    assert set(entry.options["excluded_vehicles"]) == set(others)
    assert devices(hass) == {picked}
    assert cloud.requests == {TOKEN: 1, CONNECTIONS: 1, SIGNALS: 1}
    cloud.requests.clear()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert devices(hass) == {picked}
    assert not cloud.requests


@pytest.mark.parametrize("vehicles", [1])
async def test_car_of_two_owners(hass: HomeAssistant, cloud: Cloud, person: Person) -> None:
    """Two consents for one car are one car to choose, and not two."""
    (vehicle_id,) = connected(cloud)
    cloud._add_connection(list(cloud.owners)[1], vehicle_id, PERMISSIONS, cloud.clock.now(), 0)
    await person.add_integration()
    await give_credentials(person, cloud)
    placeholders = person.result["description_placeholders"]
    assert placeholders == {"count": "1", "vehicles": "Volkswagen ID.4 (2023)"}
    await person.choose("vehicles")
    assert_done(hass, person)
    assert devices(hass) == {vehicle_id}


@pytest.mark.parametrize("vehicles", [2])
@pytest.mark.parametrize("missing", ["every signal", "VIN"])
async def test_cars_that_say_little(
    hass: HomeAssistant, cloud: Cloud, person: Person, missing: str
) -> None:
    for vehicle_id in connected(cloud):
        if missing == "VIN":
            cloud.override(vehicle_id, "vehicleidentification-vin", None)
        else:
            cloud.set_store_empty(vehicle_id)
    await person.add_integration()
    await give_credentials(person, cloud)
    await accept(person)
    entry = assert_done(hass, person)
    assert devices(hass) == connected(cloud)
    registry = dr.async_get(hass)
    assert {
        device.serial_number
        for device in dr.async_entries_for_config_entry(registry, entry.entry_id)
    } == {None}


# Credentials


def envelope(route: str, status: int, **more: Any) -> Fault:
    method, path = route.split()
    return Fault(method=method, route=path, status=status, **more)


def odd(route: str, body: str, content_type: str = "application/json", status: int = 200) -> Fault:
    return envelope(route, status, body=body, content_type=content_type)


INVALID, LIMIT = {"client_secret": "invalid_auth"}, {"base": "limit_reached"}
UNREACHED, FAILED = {"base": "cannot_connect"}, {"base": "cloud_error"}
SPENT = '{"errors": [{"status": "401", "detail": "Monthly quota exceeded"}]}'
HTML = "<!doctype html><title>Oops</title>"

FAILURES: Mapping[str, tuple[Fault, dict[str, str]]] = {
    "token-400": (envelope(TOKEN, 400), INVALID),
    "token-401": (envelope(TOKEN, 401), INVALID),
    "token-403": (envelope(TOKEN, 403), INVALID),
    "api-401": (envelope(CONNECTIONS, 401), INVALID),
    "token-429": (envelope(TOKEN, 429, headers={"Retry-After": "7"}), LIMIT),
    "api-429": (envelope(CONNECTIONS, 429), LIMIT),
    "api-430": (envelope(CONNECTIONS, 430), LIMIT),
    "token-quota": (odd(TOKEN, SPENT, status=401), LIMIT),
    "api-quota": (odd(CONNECTIONS, SPENT, status=401), LIMIT),
    "token-time-limit": (envelope(TOKEN, 401, detail="Time limit reached"), LIMIT),
    "token-dropped": (Fault(route="/oauth2/token", drop=True), UNREACHED),
    "api-dropped": (Fault(route="/v3/connections", drop=True), UNREACHED),
    "token-500": (envelope(TOKEN, 500), FAILED),
    "api-500": (envelope(CONNECTIONS, 500), FAILED),
    "api-403": (envelope(CONNECTIONS, 403), FAILED),
    "token-html": (odd(TOKEN, HTML, "text/html"), FAILED),
    "api-html-502": (odd(CONNECTIONS, HTML, "text/html", 502), FAILED),
    "token-number": (odd(TOKEN, '{"access_token": 7}'), FAILED),
    "api-list": (odd(CONNECTIONS, "[]"), FAILED),
    "api-no-list": (odd(CONNECTIONS, '{"data": 7}'), FAILED),
    "api-half": (odd(CONNECTIONS, '{"data": [{}]'), FAILED),
}


@pytest.mark.parametrize("vehicles", [1])
async def test_failures_and_recovery(hass: HomeAssistant, cloud: Cloud, at_form: Person) -> None:
    """Each failure says what it is and keeps the form; and with the next try all is well."""
    step = at_form.step
    for name, (fault, errors) in FAILURES.items():
        cloud.faults.add(fault)
        await give_credentials(at_form, cloud)
        assert (name, at_form.step, at_form.errors) == (name, step, errors)
        cloud.faults.clear()
    await give_credentials(at_form, cloud)
    await accept(at_form)
    entry = assert_done(hass, at_form)
    assert entry.data["client_secret"] == cloud.client_secret
    assert devices(hass) == connected(cloud)


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize("at_form", ["user"], indirect=True)
@pytest.mark.parametrize("name", ["token-401", "api-429", "api-dropped", "token-html"])
async def test_failure_and_recovery(
    hass: HomeAssistant, cloud: Cloud, at_form: Person, name: str
) -> None:
    """One failure alone leaves nothing behind, either: the same token and listing do."""
    fault, errors = FAILURES[name]
    cloud.faults.add(fault)
    await give_credentials(at_form, cloud)
    assert at_form.errors == errors
    cloud.faults.clear()
    cloud.requests.clear()
    await give_credentials(at_form, cloud)
    await accept(at_form)
    assert_done(hass, at_form)
    assert cloud.requests == {TOKEN: 1, CONNECTIONS: 1, SIGNALS: 1}


@pytest.mark.parametrize("vehicles", [1])
async def test_no_network(
    hass: HomeAssistant, cloud: Cloud, at_form: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as offline:
        offline.setenv("SMARTCAR_AUTH_ORIGIN", f"http://127.0.0.1:{unused_port()}")
        await give_credentials(at_form, cloud)
    assert at_form.errors == UNREACHED
    await give_credentials(at_form, cloud)
    await accept(at_form)
    assert_done(hass, at_form)


@pytest.mark.parametrize("vehicles", [1])
async def test_wrong_secret(hass: HomeAssistant, cloud: Cloud, at_form: Person) -> None:
    for secret in (WRONG_SECRET, "  ", "\N{KEY}"):
        await give_credentials(at_form, cloud, secret)
        assert at_form.errors == INVALID
    await give_credentials(at_form, cloud)
    await accept(at_form)
    assert assert_done(hass, at_form).data["client_secret"] == cloud.client_secret


@pytest.mark.parametrize("vehicles", [1])
async def test_blanks_around_pasted_values(
    hass: HomeAssistant, cloud: Cloud, at_form: Person
) -> None:
    values = {
        "client_id": f" {cloud.client_id}\t",
        "client_secret": f"\n{cloud.client_secret} ",
    }
    await at_form.fill_in(**{key: values[key] for key in at_form.fields})
    await accept(at_form)
    entry = assert_done(hass, at_form)
    assert entry.unique_id == entry.data["client_id"] == cloud.client_id
    assert entry.data["client_secret"] == cloud.client_secret


@pytest.mark.parametrize("at_form", ["user", SOURCE_RECONFIGURE], indirect=True)
@pytest.mark.parametrize("vehicles", [1])
async def test_application_id_as_client_id(
    hass: HomeAssistant, cloud: Cloud, at_form: Person
) -> None:
    """It is told by its form, without a request."""
    cloud.requests.clear()
    id_ = cloud.application_id
    for given in (id_, id_.upper(), f" {id_}\n"):
        await at_form.fill_in(client_id=given, client_secret=cloud.client_secret)
        assert at_form.errors == {"client_id": "application_id_given"}
        assert at_form.fields == {"client_id": given.strip(), "client_secret": cloud.client_secret}
    assert not cloud.requests
    await give_credentials(at_form, cloud)
    await accept(at_form)
    assert_done(hass, at_form)


@pytest.mark.parametrize("at_form", ["user", SOURCE_RECONFIGURE], indirect=True)
@pytest.mark.parametrize("vehicles", [1])
async def test_unknown_client_id(hass: HomeAssistant, cloud: Cloud, at_form: Person) -> None:
    for client_id in ("client_01234", "  "):
        await at_form.fill_in(client_id=client_id, client_secret=cloud.client_secret)
        assert at_form.errors == INVALID
        assert at_form.fields["client_id"] == client_id.strip()
    await give_credentials(at_form, cloud)
    await accept(at_form)
    assert assert_done(hass, at_form).unique_id == cloud.client_id


@pytest.mark.parametrize("vehicles", [1])
async def test_duplicate(
    hass: HomeAssistant, cloud: Cloud, person: Person, entry: ConfigEntry
) -> None:
    cloud.requests.clear()
    await person.add_integration()
    await give_credentials(person, cloud, WRONG_SECRET)
    assert person.result["type"] is FlowResultType.ABORT
    assert person.result["reason"] == "already_configured"
    assert not cloud.requests
    assert hass.config_entries.async_entries(DOMAIN) == [entry]


@pytest.mark.parametrize("at_form", ["user", SOURCE_RECONFIGURE], indirect=True)
@pytest.mark.parametrize("vehicles", [1])
async def test_a_flow_left_open_is_in_nobodys_way(
    hass: HomeAssistant, cloud: Cloud, at_form: Person, new_entry: NewEntry
) -> None:
    """A tab that was closed at Smartcar leaves a flow behind that nobody can finish."""
    left = Person(hass, at_form._browser)
    if entries := hass.config_entries.async_entries(DOMAIN):
        await reconfigure(hass, left, entries[0])
        await left.choose("reconfigure_credentials")
    else:
        await left.add_integration()
    await give_credentials(left, cloud, WRONG_SECRET)
    await give_credentials(at_form, cloud)
    await accept(at_form)
    assert_done_beside(hass, at_form)


def assert_done_beside(hass: HomeAssistant, person: Person) -> None:
    """Check that the flow has ended well, whatever other flows there are."""
    for flow in hass.config_entries.flow.async_progress():
        hass.config_entries.flow.async_abort(flow["flow_id"])
    assert_done(hass, person)


# Connect


@pytest.mark.parametrize("vehicles", [0])
async def test_first_car(hass: HomeAssistant, cloud: Cloud, at_connect: Person) -> None:
    assert at_connect.step == "connect"
    assert at_connect.result["description_placeholders"] == {"redirect_uri": REDIRECT_URI}
    assert at_connect.fields == {
        "application_id": cloud.application_id,
        "ask_dashboard": False,
        "permissions": list(DEFAULT_PERMISSIONS),
    }
    await at_connect.fill_in(**at_connect.fields)
    await at_connect.consent()

    entry = assert_done(hass, at_connect)
    assert entry.title == cloud.application_name
    assert entry.data == {
        "client_id": cloud.client_id,
        "client_secret": cloud.client_secret,
        "application_id": cloud.application_id,
        "webhook_id": entry.data["webhook_id"],
    }
    (connection,) = cloud.connections.values()
    assert sorted(connection.permissions) == sorted(DEFAULT_PERMISSIONS)
    assert devices(hass) == {connection.vehicle_id}
    assert cloud.requests == {
        TOKEN: 1,
        CONNECTIONS: 2,
        APPLICATIONS: 1,
        SIGNALS: 1,
    }


async def test_another_car(hass: HomeAssistant, cloud: Cloud, at_connect: Person) -> None:
    """The cars to use are chosen among the old and the new ones."""
    known = connected(cloud)
    await at_connect.fill_in(**at_connect.fields)
    await at_connect.consent()
    assert at_connect.step == "vehicles"
    assert set(at_connect.fields["vehicles"]) == connected(cloud) > known
    new = connected(cloud) - known
    await at_connect.fill_in(vehicles=list(new))
    assert_done(hass, at_connect)
    assert devices(hass) == new


@pytest.mark.parametrize("vehicles", [0])
async def test_authorize_link(hass: HomeAssistant, cloud: Cloud, at_connect: Person) -> None:
    """Both ids are the Application ID, and the redirect URI is the one that was shown."""
    cloud.redirect_uris.append(REDIRECT_URI)
    shown = at_connect.result["description_placeholders"]["redirect_uri"]
    await at_connect.fill_in(
        **at_connect.fields | {"permissions": ["read_vin", "control_security", "read_tires"]}
    )
    link = URL(at_connect.result["url"])
    assert link.path == "/oauth/authorize"
    asked = dict(link.query)
    assert asked.pop("state")
    assert asked == {
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
    assert_done(hass, at_connect)
    (connection,) = cloud.connections.values()
    assert set(connection.permissions) == {"read_vin", "control_security", "read_tires"}


@pytest.mark.parametrize("vehicles", [0])
async def test_what_the_dashboard_says(
    hass: HomeAssistant, cloud: Cloud, at_connect: Person
) -> None:
    cloud.dashboard_permissions = ("read_battery", "read_compass")
    await at_connect.fill_in(**at_connect.fields | {"ask_dashboard": True})
    assert "scope" not in query(at_connect)
    await at_connect.consent()
    assert_done(hass, at_connect)
    (connection,) = cloud.connections.values()
    assert connection.permissions == ("read_battery", "read_compass")


@pytest.mark.parametrize("vehicles", [0])
async def test_no_permission_picked(hass: HomeAssistant, cloud: Cloud, at_connect: Person) -> None:
    """Connect would take an empty scope for the dashboard's list."""
    await at_connect.fill_in(**at_connect.fields | {"permissions": []})
    assert at_connect.errors == {"permissions": "no_permissions"}
    await at_connect.fill_in(**at_connect.fields | {"permissions": [], "ask_dashboard": True})
    await at_connect.consent()
    assert_done(hass, at_connect)


@pytest.mark.parametrize("vehicles", [0])
async def test_my_home_assistant(hass: HomeAssistant, cloud: Cloud, person: Person) -> None:
    hass.config.components.add("my")
    await person.add_integration()
    await give_credentials(person, cloud)
    assert person.result["description_placeholders"]["redirect_uri"] == MY_AUTH_CALLBACK_PATH
    await person.fill_in(**person.fields)
    assert query(person)["redirect_uri"] == MY_AUTH_CALLBACK_PATH
    await person.consent()
    assert_done(hass, person)


@pytest.mark.parametrize("vehicles", [0])
async def test_nowhere_to_come_back_to(hass: HomeAssistant, cloud: Cloud, person: Person) -> None:
    """Outside a browser; inside one it works."""
    await person.add_integration()
    with patch("homeassistant.helpers.http.current_request") as current_request:
        current_request.get.return_value = None
        await give_credentials(person, cloud)
    assert person.result["type"] is FlowResultType.ABORT
    assert person.result["reason"] == "no_redirect_uri"
    await person.add_integration()
    await give_credentials(person, cloud)
    await person.fill_in(**person.fields)
    await person.consent()
    assert_done(hass, person)


def applications(*ids: str) -> Fault:
    items = ", ".join(f'{{"id": "{id_}", "type": "application"}}' for id_ in ids)
    return odd(APPLICATIONS, f'{{"data": [{items}]}}')


OTHER_ID = "01234567-89ab-4def-8123-456789abcdef"


@pytest.mark.parametrize("vehicles", [0])
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(envelope(APPLICATIONS, 403), id="forbidden"),
        pytest.param(envelope(APPLICATIONS, 404), id="not-there"),
        pytest.param(Fault(route="/v3/applications", drop=True), id="dropped"),
        pytest.param(odd(APPLICATIONS, HTML, "text/html"), id="html"),
        pytest.param(applications(), id="none"),
        pytest.param(applications(OTHER_ID, OTHER_ID.replace("0", "1")), id="two"),
        pytest.param(applications("app_1"), id="no-uuid"),
    ],
)
async def test_application_id_is_asked(
    hass: HomeAssistant, cloud: Cloud, person: Person, fault: Fault
) -> None:
    """Where the management API does not tell it, it is typed, and a slip keeps the rest."""
    cloud.faults.add(fault)
    await person.add_integration()
    await give_credentials(person, cloud)
    assert (person.step, person.fields["application_id"]) == ("connect", None)
    picked = {"ask_dashboard": False, "permissions": ["read_odometer", "read_tires"]}
    for typed in ("", "client_0123", cloud.application_id[:-1], f"{cloud.application_id}0"):
        await person.fill_in(application_id=typed, **picked)
        assert person.errors == {"application_id": "not_an_application_id"}
        assert person.fields == {"application_id": typed, **picked}

    await person.fill_in(application_id=f" {cloud.application_id.upper()} ", **picked)
    assert query(person)["application_id"] == cloud.application_id
    await person.consent()
    entry = assert_done(hass, person)
    assert entry.data["application_id"] == cloud.application_id
    assert entry.title == "Smartcar"


# What Connect comes back with

COMES_BACK = sorted({*CONNECT_ERRORS, *SIMULATED_CONNECT_ERRORS, "brand_new_error"})


async def come_back_with(person: Person, error: str) -> None:
    if error in SIMULATED_CONNECT_ERRORS:
        await person.consent(error=error)
    else:
        back = URL(REDIRECT_URI).with_query(error=error, state=query(person)["state"])
        await person.come_back(back)


def test_every_documented_error_has_a_menu() -> None:
    assert set(CONNECT_ERRORS) >= SIMULATED_CONNECT_ERRORS.keys()


@pytest.mark.parametrize("vehicles", [0, 1])
@pytest.mark.parametrize("error", COMES_BACK)
async def test_connect_fails(
    hass: HomeAssistant, cloud: Cloud, at_connect: Person, error: str, vehicles: int
) -> None:
    """Every error says what it is, and from each one can go back, try again, and succeed."""
    known = connected(cloud)
    for way in ("credentials", "connect"):
        await at_connect.fill_in(**at_connect.fields)
        await come_back_with(at_connect, error)
        assert at_connect.step == (error if error in CONNECT_ERRORS else "connect_failed")
        if at_connect.step == "connect_failed":
            assert at_connect.result["description_placeholders"] == {"error": error}
        assert at_connect.options == ["connect", "credentials", *["finish"][:vehicles]]
        assert connected(cloud) == known
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
    await at_connect.fill_in(**at_connect.fields)
    await at_connect.consent()
    await accept(at_connect)
    assert_done(hass, at_connect)
    assert devices(hass) == connected(cloud) > known


@pytest.mark.parametrize("vehicles", [2])
@pytest.mark.parametrize("error", ["access_denied", "brand_new_error"])
async def test_finish_with_the_cars_there_are(
    hass: HomeAssistant, cloud: Cloud, at_connect: Person, error: str
) -> None:
    await at_connect.fill_in(**at_connect.fields)
    await come_back_with(at_connect, error)
    cloud.requests.clear()
    await at_connect.choose("finish")
    assert_done(hass, at_connect)
    assert devices(hass) == connected(cloud)
    assert cloud.requests == {SIGNALS: 2}


@pytest.mark.parametrize("vehicles", [1])
async def test_reload_of_every_page(hass: HomeAssistant, cloud: Cloud, person: Person) -> None:
    """The frontend loads a step again whenever its window is opened anew."""

    async def reload() -> None:
        before = person.result
        await person.reload_page()
        same = ("type", "step_id", "menu_options", "description_placeholders")
        assert [person.result.get(key) for key in same] == [before.get(key) for key in same]

    await person.add_integration()
    await reload()
    await give_credentials(person, cloud)
    await reload()
    for error in COMES_BACK:
        await person.choose("connect")
        await reload()
        await person.fill_in(**person.fields)
        await reload()
        await come_back_with(person, error)
        await reload()
    await person.choose("connect")
    await person.fill_in(**person.fields)
    await person.consent()
    await reload()
    await person.fill_in(**person.fields)
    entry = assert_done(hass, person)
    await reconfigure(hass, person, entry)
    await reload()
    await person.choose("reconfigure_credentials")
    await reload()
    await give_credentials(person, cloud)
    assert_done(hass, person)
    person.take_over(
        await hass.config_entries.flow.async_init(
            DOMAIN, context={"source": SOURCE_REAUTH, "entry_id": entry.entry_id}, data=entry.data
        )
    )
    await reload()
    await give_credentials(person, cloud)
    assert_done(hass, person)


@pytest.mark.parametrize("vehicles", [0])
async def test_other_credentials_are_of_another_application(
    hass: HomeAssistant, cloud: Cloud, at_connect: Person
) -> None:
    """Whoever goes back to type another client id is not offered the old Application ID."""
    old_id, old_name = cloud.application_id, cloud.application_name
    await at_connect.fill_in(**at_connect.fields)
    await at_connect.consent(error="configuration_error")
    cloud.client_id += "0"
    cloud.application_id = OTHER_ID
    cloud.application_name = "The other one"
    cloud.revoke_tokens()
    await at_connect.choose("credentials")
    await give_credentials(at_connect, cloud)
    assert at_connect.fields["application_id"] == OTHER_ID != old_id
    await at_connect.fill_in(**at_connect.fields)
    await at_connect.consent()
    entry = assert_done(hass, at_connect)
    assert entry.unique_id == cloud.client_id
    assert entry.data["application_id"] == OTHER_ID
    assert entry.title == "The other one" != old_name


# The new connection


@pytest.mark.parametrize("vehicles", [0, 1])
async def test_connection_lags(hass: HomeAssistant, cloud: Cloud, at_connect: Person) -> None:
    """The list is read again and again, until the car is in it."""
    known = len(connected(cloud))
    cloud.connection_lag = 3600
    await at_connect.fill_in(**at_connect.fields)
    cloud.requests.clear()

    async def let_it_show() -> None:
        while cloud.requests[CONNECTIONS] < 3:  # noqa: ASYNC110  # it has no events
            await asyncio.sleep(0.01)
        cloud.clock.advance(3600)

    async with asyncio.timeout(5):
        await asyncio.gather(at_connect.consent(), let_it_show())
    await accept(at_connect)
    assert_done(hass, at_connect)
    assert devices(hass) == connected(cloud)
    assert len(cloud.connections) == len(devices(hass)) == known + 1


@pytest.mark.parametrize("vehicles", [0])
async def test_connection_never_shows(
    hass: HomeAssistant, cloud: Cloud, at_connect: Person
) -> None:
    cloud.connection_lag = 3600
    await at_connect.fill_in(**at_connect.fields)
    await consent_in_vain(at_connect)
    assert at_connect.step == "connection_missing"
    assert at_connect.options == ["connect", "credentials"]
    await at_connect.reload_page()
    assert at_connect.step == "connection_missing"

    cloud.connection_lag = 0
    await at_connect.choose("connect")
    await at_connect.fill_in(**at_connect.fields)
    await at_connect.consent()
    assert_done(hass, at_connect)
    assert devices(hass) == connected(cloud)


@pytest.mark.parametrize("vehicles", [2])
async def test_another_connection_never_shows(
    hass: HomeAssistant, cloud: Cloud, at_connect: Person
) -> None:
    """Then the list is taken as it is."""
    known = connected(cloud)
    cloud.connection_lag = 3600
    await at_connect.fill_in(**at_connect.fields)
    await consent_in_vain(at_connect)
    assert at_connect.step == "vehicles"
    await at_connect.fill_in(**at_connect.fields)
    assert_done(hass, at_connect)
    assert devices(hass) == known


@pytest.mark.parametrize("vehicles", [0, 1])
@pytest.mark.parametrize("status", [401, 500])
async def test_no_listing_after_consent(
    hass: HomeAssistant, cloud: Cloud, at_connect: Person, status: int, vehicles: int
) -> None:
    known = connected(cloud)
    await at_connect.fill_in(**at_connect.fields)
    cloud.faults.add(envelope(CONNECTIONS, status))
    await at_connect.consent()
    assert at_connect.step == "server_error"
    assert ("finish" in at_connect.options) is bool(known)
    cloud.faults.clear()
    await at_connect.choose("connect")
    await at_connect.fill_in(**at_connect.fields)
    await at_connect.consent()
    await accept(at_connect)
    assert_done(hass, at_connect)
    assert devices(hass) == connected(cloud) > known


@pytest.mark.parametrize("vehicles", [2])
async def test_listing_that_hangs_after_consent(
    hass: HomeAssistant, cloud: Cloud, at_connect: Person
) -> None:
    known = connected(cloud)
    await at_connect.fill_in(**at_connect.fields)
    cloud.faults.add(Fault(route="/v3/connections", delay=0.5, count=1))
    await consent_in_vain(at_connect)
    assert at_connect.step == "vehicles"
    await at_connect.fill_in(**at_connect.fields)
    assert_done(hass, at_connect)
    assert devices(hass) == known


@pytest.mark.parametrize("vehicles", [2])
async def test_consent_anew(hass: HomeAssistant, cloud: Cloud, at_connect: Person) -> None:
    """The same car with other permissions is news, too: nobody waits for a new one."""
    connection = next(iter(cloud.connections.values()))
    await at_connect.fill_in(**at_connect.fields)
    cloud.requests.clear()
    await at_connect.consent(
        owner=connection.user_id, vehicles=[connection.vehicle_id], permissions=["read_tires"][:0]
    )
    assert cloud.requests[CONNECTIONS] == 1
    await at_connect.fill_in(**at_connect.fields)
    assert_done(hass, at_connect)
    assert not connection.permissions


# Reauth


async def test_reauth(
    hass: HomeAssistant, cloud: Cloud, person: Person, new_entry: NewEntry
) -> None:
    """It begins by itself, asks for the secret only, and keeps everything else."""
    excluded = next(iter(connected(cloud)))
    entry = new_entry(
        title="Our cars",
        data={
            "client_id": cloud.client_id,
            "client_secret": WRONG_SECRET,
            "webhook_id": "0123456789abcdef",
            "application_id": OTHER_ID,
            "application_management_token": "kept",
        },
        options={"disconnect_on_removal": True, "excluded_vehicles": [excluded]},
    )
    kept = {**entry.data, "client_secret": cloud.client_secret}
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH

    person.result = flow  # Its id is all that matters here.
    await person.reload_page()
    assert (person.step, person.fields) == ("reauth_confirm", {"client_secret": None})
    assert person.result["description_placeholders"]["client_id"] == cloud.client_id
    await give_credentials(person, cloud, WRONG_SECRET)
    assert person.errors == INVALID
    cloud.requests.clear()
    await give_credentials(person, cloud)

    assert assert_done(hass, person) is entry
    assert person.result["reason"] == "reauth_successful"
    assert (entry.title, entry.data, entry.unique_id) == ("Our cars", kept, cloud.client_id)
    assert entry.options == {"disconnect_on_removal": True, "excluded_vehicles": [excluded]}
    assert devices(hass) == connected(cloud) - {excluded}
    assert cloud.requests == {TOKEN: 1, CONNECTIONS: 1, SIGNALS: 2}


# Reconfigure


@pytest.mark.parametrize("vehicles", [1])
async def test_reconfigure_menu(at_menu: Person) -> None:
    assert at_menu.step == "reconfigure"
    assert at_menu.options == ["reconfigure_credentials", "connect", "vehicles", "push"]


@pytest.mark.parametrize("vehicles", [0])
async def test_reconfigure_menu_without_cars(hass: HomeAssistant, at_menu: Person) -> None:
    assert at_menu.options == ["reconfigure_credentials", "connect", "push"]
    await at_menu.choose("connect")
    await at_menu.fill_in(**at_menu.fields)
    await at_menu.consent()
    await at_menu.fill_in(**at_menu.fields)
    assert_done(hass, at_menu)
    assert len(devices(hass)) == 1


@pytest.mark.parametrize("vehicles", [1])
async def test_reconfigure_with_dead_credentials(
    hass: HomeAssistant, cloud: Cloud, person: Person, entry: ConfigEntry
) -> None:
    """Nothing else can be done then; and the pending reauth is not in the way."""
    cloud.client_secret = cloud.client_secret[::-1]
    cloud.revoke_tokens()
    entry.async_start_reauth(hass)
    await hass.async_block_till_done()
    assert len(hass.config_entries.flow.async_progress()) == 1
    await reconfigure(hass, person, entry)
    assert person.options == ["reconfigure_credentials"]
    await person.choose("reconfigure_credentials")
    await give_credentials(person, cloud)
    assert person.result["reason"] == "reconfigure_successful"
    assert assert_done(hass, person).data["client_secret"] == cloud.client_secret


async def test_reconfigure_keeps_everything_else(
    hass: HomeAssistant, cloud: Cloud, person: Person, new_entry: NewEntry
) -> None:
    excluded = next(iter(connected(cloud)))
    entry = new_entry(
        options={"disconnect_on_removal": True, "excluded_vehicles": [excluded]}, title="Our cars"
    )
    kept = dict(entry.data)
    await hass.config_entries.async_setup(entry.entry_id)
    await reconfigure(hass, person, entry)
    await person.choose("reconfigure_credentials")
    assert person.fields == {"client_id": cloud.client_id, "client_secret": cloud.client_secret}
    await person.fill_in(**person.fields)
    assert_done(hass, person)
    assert (entry.title, entry.data) == ("Our cars", kept)
    assert entry.options == {"disconnect_on_removal": True, "excluded_vehicles": [excluded]}
    assert devices(hass) == connected(cloud) - {excluded}


async def test_reconfigure_of_another_application(
    hass: HomeAssistant, cloud: Cloud, at_menu: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials that see none of the cars are another application's; the same are taken."""
    await at_menu.choose("reconfigure_credentials")
    mine = dict(cloud.connections)
    old_id, cloud.client_id = cloud.client_id, "client_01another"
    (other,) = cloud.connect(*_garage_car(cloud))
    cloud.connections = {other.id: other}
    await give_credentials(at_menu, cloud)
    assert at_menu.step == "reconfigure_credentials"
    assert at_menu.errors == {"client_id": "other_application"}
    assert the_entry(hass).data["client_id"] == the_entry(hass).unique_id == old_id

    cloud.connections.update(mine)
    await give_credentials(at_menu, cloud)
    entry = assert_done(hass, at_menu)
    assert entry.data["client_id"] == entry.unique_id == cloud.client_id
    assert devices(hass) == connected(cloud)


def _garage_car(cloud: Cloud) -> tuple[str, list[str]]:
    owner = next(owner for owner in cloud.owners if cloud.unconnected(owner))
    return owner, [cloud.unconnected(owner)[0].id]


@pytest.mark.parametrize("vehicles", [0])
async def test_reconfigure_of_an_entry_without_cars(
    hass: HomeAssistant, cloud: Cloud, at_menu: Person
) -> None:
    """There is nothing to tell its application by, and nothing to lose."""
    cloud.client_id = "client_01another"
    await at_menu.choose("reconfigure_credentials")
    await give_credentials(at_menu, cloud)
    assert assert_done(hass, at_menu).unique_id == cloud.client_id


@pytest.mark.parametrize("vehicles", [1])
async def test_reconfigure_of_an_entry_that_is_not_loaded(
    hass: HomeAssistant, cloud: Cloud, person: Person, new_entry: NewEntry
) -> None:
    entry = new_entry()
    await reconfigure(hass, person, entry)
    await person.choose("reconfigure_credentials")
    cloud.client_id = "client_01another"
    await give_credentials(person, cloud)
    assert assert_done(hass, person).unique_id == cloud.client_id


@pytest.mark.parametrize("vehicles", [1])
async def test_reconfigure_to_what_another_entry_has(
    hass: HomeAssistant, cloud: Cloud, at_menu: Person, new_entry: NewEntry
) -> None:
    other = new_entry(unique_id="client_01another")
    await at_menu.choose("reconfigure_credentials")
    await at_menu.fill_in(client_id=other.unique_id, client_secret=cloud.client_secret)
    assert at_menu.result["reason"] == "already_configured"


async def test_reconfigure_connects_another_car(
    hass: HomeAssistant, cloud: Cloud, at_menu: Person
) -> None:
    """The new car is there at once, and the others are not asked again."""
    known = connected(cloud)
    await at_menu.choose("connect")
    await at_menu.fill_in(**at_menu.fields)
    cloud.connection_lag = 0.1
    await at_menu.consent()
    assert at_menu.step == "vehicles"
    assert set(at_menu.fields["vehicles"]) == connected(cloud) > known
    cloud.requests.clear()
    await at_menu.fill_in(**at_menu.fields)
    entry = assert_done(hass, at_menu)
    assert devices(hass) == connected(cloud)
    assert entry.data["application_id"] == cloud.application_id
    assert cloud.requests == {SIGNALS: 1}


@pytest.mark.parametrize("vehicles", [1])
async def test_reconfigure_changes_permissions(
    hass: HomeAssistant, cloud: Cloud, at_menu: Person
) -> None:
    """What is no longer granted is known at once, and so is what is granted now."""
    car = cloud.car_of_kind("BEV")
    (connection,) = cloud.connections_of(vehicle_id=car.id)
    for granted in (("read_odometer", "read_vin"), DEFAULT_PERMISSIONS):
        await at_menu.choose("connect")
        await at_menu.fill_in(**at_menu.fields | {"permissions": list(granted)})
        await at_menu.consent(owner=connection.user_id, vehicles=[car.id])
        await at_menu.fill_in(**at_menu.fields)
        entry = assert_done(hass, at_menu)
        known = entry.runtime_data.vehicles[car.id].connection
        assert known.permissions == set(granted) == set(connection.permissions)
        await reconfigure(hass, at_menu, entry)


@pytest.mark.parametrize("way", ["connect", "credentials", "finish"])
@pytest.mark.parametrize("vehicles", [1])
async def test_reconfigure_connect_fails(
    hass: HomeAssistant, cloud: Cloud, at_menu: Person, way: str
) -> None:
    entry, known = the_entry(hass), connected(cloud)
    for error in COMES_BACK:
        await at_menu.choose("connect")
        await at_menu.fill_in(**at_menu.fields)
        await come_back_with(at_menu, error)
        assert at_menu.options == ["connect", "credentials", "finish"]
    await at_menu.choose(way)
    if way == "connect":
        await at_menu.fill_in(**at_menu.fields)
        await at_menu.consent()
        await at_menu.fill_in(**at_menu.fields)
    elif way == "credentials":
        assert at_menu.step == "reconfigure_credentials"
        await at_menu.fill_in(**at_menu.fields)
    assert_done(hass, at_menu)
    assert devices(hass) == connected(cloud) >= known
    assert entry.options == {"excluded_vehicles": []}


async def test_reconfigure_chooses_cars(hass: HomeAssistant, cloud: Cloud, at_menu: Person) -> None:
    """A car that is deselected leaves; selected again it is back, for no request at all."""
    everything = connected(cloud)
    left_out = next(iter(everything))
    cloud.requests.clear()
    await at_menu.choose("vehicles")
    assert set(at_menu.fields["vehicles"]) == everything
    await at_menu.fill_in(vehicles=list(everything - {left_out}))
    entry = assert_done(hass, at_menu)
    assert entry.options["excluded_vehicles"] == [left_out]
    assert devices(hass) == everything - {left_out}
    assert not _states_of(hass, left_out)

    await reconfigure(hass, at_menu, entry)
    await at_menu.choose("vehicles")
    assert set(at_menu.fields["vehicles"]) == everything - {left_out}
    await at_menu.fill_in(vehicles=list(everything))
    assert_done(hass, at_menu)
    assert entry.options["excluded_vehicles"] == []
    assert devices(hass) == everything
    assert SIGNALS not in cloud.requests


def _states_of(hass: HomeAssistant, vehicle_id: str) -> list[str]:
    account = the_entry(hass).runtime_data
    return [] if vehicle_id not in account.vehicles else [vehicle_id]


async def test_reconfigure_of_cars_keeps_other_choices(
    hass: HomeAssistant, cloud: Cloud, person: Person, new_entry: NewEntry
) -> None:
    """A car that was left out, and that the list lacks for now, stays out."""
    entry = new_entry(options={"excluded_vehicles": ["one-that-is-away"]})
    await hass.config_entries.async_setup(entry.entry_id)
    await reconfigure(hass, person, entry)
    await person.choose("vehicles")
    first, *others = person.fields["vehicles"]
    await person.fill_in(vehicles=others)
    assert_done(hass, person)
    assert set(entry.options["excluded_vehicles"]) == {"one-that-is-away", first}


# Options


async def shown_options(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, object]:
    """Return what the form of the options begins with."""
    result = await hass.config_entries.options.async_init(entry.entry_id)
    hass.config_entries.options.async_abort(result["flow_id"])
    return {
        str(marker): marker.description["suggested_value"]
        for marker in result["data_schema"].schema
        if marker.description
    }


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("500", 500),
        ("100", 100),
        ("1234", 1234),
        (" 0 ", 0),
        ("1,000,000", 1_000_000),
        ("1.500", 1500),
        ("1\u202f500", 1500),
        ("", None),
        ("many", None),
        ("12.5", None),
        ("-5", None),
        ("1000001", None),
        ("1" * 50, None),
        ("\u0665\u0660\u0660", None),
    ],
)
async def test_requests_per_month_are_a_choice_or_a_number(
    hass: HomeAssistant, cloud: Cloud, new_entry: NewEntry, typed: str, kept: int | None
) -> None:
    """A bad one is told of, and what was typed stays; then a good one is taken."""
    entry = new_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert await shown_options(hass, entry) == {}
    cloud.requests.clear()
    result = await hass.config_entries.options.async_init(entry.entry_id)
    if kept is None:
        result = await hass.config_entries.options.async_configure(
            result["flow_id"], {"requests_per_month": typed, "command_reserve": 20}
        )
        assert result["errors"] == {"requests_per_month": "not_a_number"}
        suggested = [(marker.description or {}) for marker in result["data_schema"].schema]
        assert suggested[:2] == [{"suggested_value": typed}, {"suggested_value": 20}]
        typed, kept = "700", 700
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {"requests_per_month": typed, "command_reserve": 20.0}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options["requests_per_month"] == kept
    assert entry.options["command_reserve"] == 20
    assert not cloud.requests
    shown = await shown_options(hass, entry)
    assert shown["requests_per_month"] == str(kept)
    left = {state.state for state in hass.states.async_all() if "requests_left" in state.entity_id}
    assert left == {str(max(kept - 1, 0))}


@pytest.mark.parametrize("chosen", [True, False, None])
async def test_disconnect_on_removal(
    hass: HomeAssistant, cloud: Cloud, new_entry: NewEntry, chosen: bool | None
) -> None:
    """Only what is used is disconnected, and only if that was chosen."""
    left_out, *used = connected(cloud)
    entry = new_entry(options={"excluded_vehicles": [left_out]})
    assert await hass.config_entries.async_setup(entry.entry_id)
    if chosen is not None:
        result = await hass.config_entries.options.async_init(entry.entry_id)
        assert result["step_id"] == "init"
        result = await hass.config_entries.options.async_configure(
            result["flow_id"], {"disconnect_on_removal": chosen}
        )
        assert result["type"] is FlowResultType.CREATE_ENTRY
        await hass.async_block_till_done()
        assert entry.state is ConfigEntryState.LOADED
        assert entry.options == {
            "excluded_vehicles": [left_out],
            "requests_per_month": 500,
            "command_reserve": 10,
            "disconnect_on_removal": chosen,
        }
        assert await shown_options(hass, entry) == {
            "requests_per_month": "500",
            "command_reserve": 10,
            "disconnect_on_removal": chosen,
        }
    await hass.config_entries.async_remove(entry.entry_id)
    assert connected(cloud) == ({left_out} if chosen else {left_out, *used})


def test_the_helper_logs_in_our_name() -> None:
    assert SmartcarConfigFlow().logger.name == config_flow.__name__


# As the frontend sees it


@pytest.mark.parametrize("vehicles", [1])
async def test_over_the_http_api(
    hass: HomeAssistant, cloud: Cloud, hass_client: ClientSessionGenerator
) -> None:
    """All forms can be serialised, and the redirect URI is that of the real request."""
    for component in ("config", "auth", "webhook", "homeassistant"):
        assert await async_setup_component(hass, component, {})
    client = await hass_client()
    headers = {"HA-Frontend-Base": "https://home.example"}

    async def post(path: str, **data: object) -> dict[str, Any]:
        async with client.post(
            f"/api/config/config_entries/{path}", json=data, headers=headers
        ) as response:
            assert response.status == 200, await response.text()
            answer: dict[str, Any] = await response.json()
            return answer

    result = await post("flow", handler=DOMAIN)
    flow = f"flow/{result['flow_id']}"
    await post(flow, client_id=cloud.client_id, client_secret=WRONG_SECRET)
    result = await post(flow, client_id=cloud.client_id, client_secret=cloud.client_secret)
    assert result["menu_options"] == ["vehicles", "connect"]
    result = await post(flow, next_step_id="connect")
    permissions = result["data_schema"][2]
    assert permissions["selector"]["select"]["options"] == list(PERMISSIONS)
    assert permissions["default"] == list(DEFAULT_PERMISSIONS)
    result = await post(
        flow,
        application_id=cloud.application_id,
        ask_dashboard=False,
        permissions=list(DEFAULT_PERMISSIONS),
    )
    link = URL(result["url"])
    assert link.query["redirect_uri"] == "https://home.example/auth/external/callback"
    back = URL(link.query["redirect_uri"]).with_query(
        code="0", user_id="0", state=link.query["state"]
    )
    cloud.connect(*_garage_car(cloud))
    assert (await client.get(back.relative())).status == 200
    result = await post(flow)
    (vehicles,) = result["data_schema"]
    result = await post(flow, vehicles=vehicles["default"])
    assert result["step_id"] == "push_unavailable"
    assert result["menu_options"] == ["without_push", "push"]
    result = await post(flow, next_step_id="without_push")
    assert result["type"] == "create_entry"
    await hass.async_block_till_done()
    entry = the_entry(hass)
    assert devices(hass) == connected(cloud)

    result = await post("flow", handler=DOMAIN, entry_id=entry.entry_id)
    assert result["step_id"] == "reconfigure"
    result = await post("options/flow", handler=entry.entry_id)
    result = await post(f"options/flow/{result['flow_id']}", disconnect_on_removal=True)
    assert result["type"] == "create_entry"
    await hass.async_block_till_done()


# Push

MANAGEMENT_TOKEN = "11111111-2222-4333-8444-555555555555"
PUBLIC = "https://home.example.org"
CLOUD = "homeassistant.components.cloud"


@pytest.fixture
def eager(person: Person) -> Person:
    """Return a person who wants push."""
    person.eager_for_push = True
    return person


@pytest.fixture
def public(hass: HomeAssistant) -> str:
    """Let the internet reach Home Assistant; return its address."""
    hass.config.external_url = PUBLIC
    return PUBLIC


@dataclass
class Cloudhooks:
    """Home Assistant Cloud, as far as it is asked: the hooks there are, by webhook id."""

    base: str = "https://hooks.example.com"
    hooks: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    error: Exception | None = None

    async def get_or_create(self, hass: HomeAssistant, webhook_id: str) -> str:
        if self.error is not None:
            raise self.error
        # A cloudhook's address does not tell which webhook it leads to.
        return self.hooks.setdefault(webhook_id, f"{self.base}/hook-{len(self.deleted)}")

    async def delete(self, hass: HomeAssistant, webhook_id: str) -> None:
        if webhook_id not in self.hooks:
            raise ValueError("Hook is not enabled for the cloud.")
        del self.hooks[webhook_id]
        self.deleted.append(webhook_id)
        async_dispatcher_send(hass, _SIGNAL_CLOUDHOOKS_UPDATED, dict(self.hooks))


@pytest.fixture
def cloudhooks() -> Generator[Cloudhooks]:
    """Let Home Assistant Cloud be there."""
    hooks = Cloudhooks()
    with (
        patch(f"{CLOUD}.async_active_subscription", return_value=True),
        patch(f"{CLOUD}.async_get_or_create_cloudhook", hooks.get_or_create),
        patch(f"{CLOUD}.async_delete_cloudhook", hooks.delete),
    ):
        yield hooks


async def to_push(person: Person, cloud: Cloud) -> Person:
    """Go to the offer of push."""
    await person.add_integration()
    await give_credentials(person, cloud)
    return await person.choose("vehicles")


def url_of(person: Person) -> str:
    """Return the address that is shown."""
    placeholders = person.result["description_placeholders"]
    assert placeholders is not None
    return placeholders["url"]


def with_push(new_entry: NewEntry, cloud: Cloud, **more: str) -> MockConfigEntry:
    """Return an entry with push, not set up yet."""
    return new_entry(
        data={
            "client_id": cloud.client_id,
            "client_secret": cloud.client_secret,
            "webhook_id": "0123456789abcdef",
            "application_management_token": cloud.application_management_token,
            **more,
        }
    )


def is_receiving(hass: HomeAssistant, webhook_id: str) -> bool:
    return webhook_id in hass.data.get("webhook", {})


@pytest.mark.parametrize("vehicles", [1])
async def test_push(hass: HomeAssistant, cloud: Cloud, eager: Person, public: str) -> None:
    """The address is shown before the entry is made, and is the one that it receives under."""
    await to_push(eager, cloud)
    assert (eager.step, eager.fields) == ("push", {"application_management_token": None})
    url = url_of(eager)
    await eager.reload_page()
    assert (eager.step, url_of(eager)) == ("push", url)
    await eager.fill_in(application_management_token=MANAGEMENT_TOKEN)

    entry = assert_done(hass, eager)
    assert entry.data == {
        "client_id": cloud.client_id,
        "client_secret": cloud.client_secret,
        # What the token could be mistaken for is looked up.
        "application_id": cloud.application_id,
        "application_management_token": MANAGEMENT_TOKEN,
        "webhook_id": (webhook_id := entry.data["webhook_id"]),
    }
    assert url == f"{PUBLIC}/api/webhook/{webhook_id}"
    assert len(webhook_id) == 64
    assert is_receiving(hass, webhook_id)
    # The closing page says what is left to do.
    assert eager.result["description"] == "push"
    assert eager.result["description_placeholders"] == {"url": url}


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize("answer", [{}, {"application_management_token": " \t"}])
async def test_push_is_not_wanted(
    hass: HomeAssistant, cloud: Cloud, eager: Person, public: str, answer: dict[str, str]
) -> None:
    await to_push(eager, cloud)
    await eager.fill_in(**answer)
    entry = assert_done(hass, eager)
    assert "application_management_token" not in entry.data
    assert not is_receiving(hass, entry.data["webhook_id"])
    assert eager.result["description"] is None


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize(
    "address",
    [
        pytest.param(None, id="none"),
        pytest.param("http://home.example.org", id="http"),
        pytest.param("https://homeassistant", id="no-domain"),
        pytest.param("https://homeassistant.local:8123", id="mdns"),
        pytest.param("https://homeassistant.local.", id="mdns-with-dot"),
        pytest.param("https://HOME.Fritz.Box", id="router"),
        pytest.param("https://home.localhost", id="localhost"),
        pytest.param("https://home.lan", id="lan"),
        pytest.param("https://ha.home.arpa", id="home-arpa"),
        pytest.param("https://192.168.178.20:8123", id="private-ip"),
        pytest.param("https://100.64.0.7", id="carrier-ip"),
        pytest.param("https://127.0.0.1:8123", id="loopback"),
        pytest.param("https://[fd00::7]:8123", id="private-ipv6"),
        pytest.param("http://8.8.8.8", id="public-ip-without-https"),
    ],
)
async def test_no_public_address(
    hass: HomeAssistant, cloud: Cloud, eager: Person, address: str | None
) -> None:
    """It is said plainly, with the way to the settings, and polling goes on."""
    hass.config.external_url = address
    hass.config.internal_url = "https://inside.example.org"
    await to_push(eager, cloud)
    assert (eager.step, eager.options) == ("push_unavailable", ["without_push", "push"])
    assert eager.result["description_placeholders"] == {"network_settings": "/config/network"}
    for look in (eager.reload_page(), eager.choose("push")):
        await look
        assert eager.step == "push_unavailable"
    await eager.choose("without_push")
    entry = assert_done(hass, eager)
    assert "application_management_token" not in entry.data


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize("address", [PUBLIC, "https://8.8.8.8:8443", "https://[2600::7]"])
async def test_look_again(hass: HomeAssistant, cloud: Cloud, eager: Person, address: str) -> None:
    """Whoever sets the address meanwhile goes on with it; and it can go again."""
    await to_push(eager, cloud)
    assert eager.step == "push_unavailable"
    hass.config.external_url = address
    await eager.choose("push")
    assert eager.step == "push"
    hass.config.external_url = None
    await eager.fill_in(application_management_token=MANAGEMENT_TOKEN)
    assert eager.step == "push_unavailable"
    hass.config.external_url = address
    await eager.choose("push")
    assert url_of(eager).startswith(f"{address}/api/webhook/")
    await eager.fill_in(application_management_token=MANAGEMENT_TOKEN)
    entry = assert_done(hass, eager)
    assert entry.data["application_management_token"] == MANAGEMENT_TOKEN


@pytest.mark.parametrize("vehicles", [1])
async def test_what_is_taken_for_the_token(
    hass: HomeAssistant, cloud: Cloud, eager: Person, public: str
) -> None:
    """The dashboard is full of ids in the same form; those that are known are told apart."""
    await to_push(eager, cloud)
    (connection,) = cloud.connections.values()
    for wrong in (
        "short",
        "0123456789abcde",
        cloud.client_secret,
        cloud.client_id,
        "client_01another0123456789",
        cloud.application_id,
        cloud.application_id.upper(),
        connection.vehicle_id,
        connection.user_id,
        url_of(eager),
        "two words 0123456789",
        "0123456789\N{KEY}abcdef",
        "0123456789\x00abcdef",
    ):
        await eager.fill_in(application_management_token=wrong)
        assert (wrong, eager.errors) == (
            wrong,
            {"application_management_token": "not_a_management_token"},
        )
        assert eager.step == "push"
        # What was typed is a secret, and is not sent back.
        assert eager.fields == {"application_management_token": None}
    await eager.fill_in(application_management_token=f" {MANAGEMENT_TOKEN}\n")
    entry = assert_done(hass, eager)
    assert entry.data["application_management_token"] == MANAGEMENT_TOKEN
    assert entry.data["application_id"] == cloud.application_id


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize("application", ["unknown", "typed"])
async def test_token_that_is_a_uuid(
    hass: HomeAssistant, cloud: Cloud, eager: Person, public: str, application: str
) -> None:
    """Real ones are. Only an id that is known is refused, and not to know it is no obstacle."""
    cloud.faults.add(envelope(APPLICATIONS, 403))
    await to_push(eager, cloud)
    if application == "typed":
        hass.config_entries.flow.async_abort(eager.result["flow_id"])
        await eager.add_integration()
        await give_credentials(eager, cloud)
        await eager.choose("connect")
        await eager.fill_in(**eager.fields | {"application_id": cloud.application_id})
        await come_back_with(eager, "access_denied")
        await eager.choose("finish")
        await eager.fill_in(application_management_token=cloud.application_id)
        assert eager.errors == {"application_management_token": "not_a_management_token"}
    await eager.fill_in(application_management_token=MANAGEMENT_TOKEN)
    assert assert_done(hass, eager).data["application_management_token"] == MANAGEMENT_TOKEN


# Cloudhooks


@pytest.mark.parametrize("vehicles", [1])
async def test_cloudhook(
    hass: HomeAssistant, cloud: Cloud, eager: Person, public: str, cloudhooks: Cloudhooks
) -> None:
    """It comes before an external address, is made once, and stays with the entry."""
    await to_push(eager, cloud)
    assert url_of(eager) == "https://hooks.example.com/hook-0"
    await eager.fill_in(application_management_token=MANAGEMENT_TOKEN)
    entry = assert_done(hass, eager)
    assert cloudhooks.hooks == {entry.data["webhook_id"]: "https://hooks.example.com/hook-0"}
    assert not cloudhooks.deleted


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize("way", ["abandoned", "not-wanted", "address-gone"])
async def test_cloudhook_that_nobody_needs(
    hass: HomeAssistant, cloud: Cloud, eager: Person, cloudhooks: Cloudhooks, way: str
) -> None:
    await to_push(eager, cloud)
    (webhook_id,) = cloudhooks.hooks
    if way == "abandoned":
        hass.config_entries.flow.async_abort(eager.result["flow_id"])
        await hass.async_block_till_done()
    elif way == "not-wanted":
        await eager.fill_in()
        assert assert_done(hass, eager).data["webhook_id"] == webhook_id
    else:
        cloudhooks.error = CloudNotConnected()
        await eager.fill_in(application_management_token=MANAGEMENT_TOKEN)
        await eager.choose("without_push")
        assert_done(hass, eager)
    assert cloudhooks.deleted == [webhook_id]


@pytest.mark.parametrize("vehicles", [1])
async def test_abandoned_before_push(
    hass: HomeAssistant, cloud: Cloud, person: Person, cloudhooks: Cloudhooks
) -> None:
    await person.add_integration()
    await give_credentials(person, cloud)
    hass.config_entries.flow.async_abort(person.result["flow_id"])
    await hass.async_block_till_done()
    assert not cloudhooks.hooks
    assert not cloudhooks.deleted


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize(
    "error", [CloudNotConnected(), CloudNotAvailable(), CloudError(), TimeoutError(), ValueError()]
)
async def test_cloud_fails(
    hass: HomeAssistant,
    cloud: Cloud,
    eager: Person,
    public: str,
    cloudhooks: Cloudhooks,
    error: Exception,
) -> None:
    """Then another address would only be for a while: it is tried again."""
    cloudhooks.error = error
    await to_push(eager, cloud)
    assert eager.step == "push_unavailable"
    cloudhooks.error = None
    await eager.choose("push")
    await eager.fill_in(application_management_token=MANAGEMENT_TOKEN)
    assert_done(hass, eager)
    assert len(cloudhooks.hooks) == 1


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize("is_on", [False, True])
async def test_reconfigure_abandoned(
    hass: HomeAssistant,
    cloud: Cloud,
    eager: Person,
    cloudhooks: Cloudhooks,
    new_entry: NewEntry,
    is_on: bool,
) -> None:
    """What push uses already is not deleted."""
    entry = with_push(new_entry, cloud) if is_on else new_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    await reconfigure(hass, eager, entry)
    await eager.choose("push")
    assert len(cloudhooks.hooks) == 1
    hass.config_entries.flow.async_abort(eager.result["flow_id"])
    await hass.async_block_till_done()
    assert len(cloudhooks.hooks) == is_on
    assert len(cloudhooks.deleted) == (not is_on)


# Push by Reconfigure


@pytest.mark.parametrize("vehicles", [1])
async def test_push_is_switched_on_and_off(
    hass: HomeAssistant, cloud: Cloud, eager: Person, entry: ConfigEntry, public: str
) -> None:
    """The address stays, whatever is done and undone."""
    webhook_id = entry.data["webhook_id"]
    without = dict(entry.data)
    for _ in range(2):
        await reconfigure(hass, eager, entry)
        assert "test_push" not in eager.options
        await eager.choose("push")
        assert url_of(eager) == f"{PUBLIC}/api/webhook/{webhook_id}"
        await eager.fill_in(application_management_token=MANAGEMENT_TOKEN)
        assert_done(hass, eager)
        without["application_id"] = cloud.application_id
        assert entry.data == {**without, "application_management_token": MANAGEMENT_TOKEN}
        assert is_receiving(hass, webhook_id)
        assert await hass.config_entries.async_reload(entry.entry_id)
        assert entry.data["webhook_id"] == webhook_id

        await reconfigure(hass, eager, entry)
        assert eager.options[-2:] == ["push", "test_push"]
        await eager.choose("push")
        await eager.fill_in()
        assert_done(hass, eager)
        assert entry.data == without
        assert not is_receiving(hass, webhook_id)


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize("way", ["switched off", "removed"])
async def test_nothing_is_left_behind(
    hass: HomeAssistant,
    cloud: Cloud,
    eager: Person,
    cloudhooks: Cloudhooks,
    new_entry: NewEntry,
    way: str,
) -> None:
    """Without push no car stays subscribed, and no cloudhook leads here."""
    cloudhooks.base = f"http://127.0.0.1:{unused_port()}"
    entry = with_push(new_entry, cloud)
    url = await cloudhooks.get_or_create(hass, entry.data["webhook_id"])
    ours = cloud.create_webhook("Ours", url, verify=False)
    other = cloud.create_webhook("Another", f"{cloudhooks.base}/other", verify=False)
    cloud.verify_needs_subscription = False
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    (vehicle_id,) = connected(cloud)
    (connection,) = cloud.connections.values()
    cloud.subscribe(other.id, connection.user_id, vehicle_id)
    assert {item.webhook_id for item in cloud.subscriptions.values()} == {ours.id, other.id}

    if way == "removed":
        await hass.config_entries.async_remove(entry.entry_id)
    else:
        await reconfigure(hass, eager, entry)
        await eager.choose("push")
        await eager.fill_in()
        assert_done(hass, eager)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert not cloudhooks.hooks
    assert {item.webhook_id for item in cloud.subscriptions.values()} == {other.id}
    assert cloudhooks.deleted == [entry.data["webhook_id"]]


@pytest.mark.parametrize("vehicles", [1])
async def test_no_address_by_reconfigure(
    hass: HomeAssistant, cloud: Cloud, eager: Person, new_entry: NewEntry
) -> None:
    """An address that is away for a while costs nobody their token: that takes a choice."""
    entry = with_push(new_entry, cloud)
    assert await hass.config_entries.async_setup(entry.entry_id)
    for step in ("push", "test_push"):
        await reconfigure(hass, eager, entry)
        await eager.choose(step)
        assert eager.step == "push_unavailable"
        assert eager.options == ["finish", "without_push", "push"]
        await eager.choose("finish")
        assert_done(hass, eager)
        assert "application_management_token" in entry.data
    await reconfigure(hass, eager, entry)
    await eager.choose("push")
    await eager.choose("without_push")
    assert_done(hass, eager)
    assert "application_management_token" not in entry.data
    await reconfigure(hass, eager, entry)
    await eager.choose("push")
    assert eager.options == ["finish", "push"]


NEW_TOKEN, NEWER_TOKEN = "1" * 32, "2" * 32


async def set_token(hass: HomeAssistant, person: Person, entry: ConfigEntry, token: str) -> None:
    await reconfigure(hass, person, entry)
    await person.choose("push")
    await person.fill_in(application_management_token=token)
    assert_done(hass, person)


def tokens_of(entry: ConfigEntry) -> tuple[str, str | None]:
    data = entry.data
    return data["application_management_token"], data.get("previous_management_token")


async def deliver(hass: HomeAssistant, person: Person, entry: ConfigEntry, token: str) -> int:
    """Deliver something that a token signed; return the status."""
    event = {"eventType": "VEHICLE_STATE", "eventId": str(uuid4()), "data": {}, "meta": {}}
    body = json.dumps(event).encode()
    response = await person._browser.post(
        f"/api/webhook/{entry.data['webhook_id']}",
        data=body,
        headers={"SC-Signature": sign(token, body)},
    )
    await hass.async_block_till_done()
    return response.status


@pytest.mark.parametrize("vehicles", [1])
async def test_token_rotation(
    hass: HomeAssistant, cloud: Cloud, eager: Person, public: str, new_entry: NewEntry
) -> None:
    """Two tokens are good until the new one has signed a delivery."""
    entry = with_push(new_entry, cloud)
    old = cloud.application_management_token
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert await deliver(hass, eager, entry, old) < 300
    assert await deliver(hass, eager, entry, NEW_TOKEN) == 401

    await set_token(hass, eager, entry, NEW_TOKEN)
    assert tokens_of(entry) == (NEW_TOKEN, old)
    # To enter it once more, or to change something else, does not end the rotation.
    await set_token(hass, eager, entry, NEW_TOKEN)
    await reconfigure(hass, eager, entry)
    await eager.choose("reconfigure_credentials")
    await give_credentials(eager, cloud)
    assert tokens_of(entry) == (NEW_TOKEN, old)
    assert await deliver(hass, eager, entry, old) < 300
    # The new one was wrong, so it never signed anything: the old one stays good.
    await set_token(hass, eager, entry, NEWER_TOKEN)
    assert tokens_of(entry) == (NEWER_TOKEN, old)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert await deliver(hass, eager, entry, old) < 300
    assert await deliver(hass, eager, entry, NEW_TOKEN) == 401

    assert await deliver(hass, eager, entry, NEWER_TOKEN) < 300
    assert tokens_of(entry) == (NEWER_TOKEN, None)
    assert await deliver(hass, eager, entry, old) == 401
    await set_token(hass, eager, entry, NEWER_TOKEN)
    assert tokens_of(entry) == (NEWER_TOKEN, None)

    await set_token(hass, eager, entry, old)
    await set_token(hass, eager, entry, NEWER_TOKEN)
    assert tokens_of(entry) == (NEWER_TOKEN, None)
    await set_token(hass, eager, entry, old)
    await reconfigure(hass, eager, entry)
    await eager.choose("push")
    await eager.fill_in()
    assert not [key for key in entry.data if "token" in key]


# Test of the own address


@pytest.fixture
async def at_test(
    hass: HomeAssistant,
    cloud: Cloud,
    eager: Person,
    cloudhooks: Cloudhooks,
    new_entry: NewEntry,
) -> Callable[[str], Awaitable[Person]]:
    """Return a function that tests an address; the path of the webhook belongs to it."""
    entry = with_push(new_entry, cloud)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await reconfigure(hass, eager, entry)

    async def test(origin: str) -> Person:
        cloudhooks.hooks[entry.data["webhook_id"]] = url = (
            f"{origin}/api/webhook/{entry.data['webhook_id']}"
        )
        await eager.choose("test_push")
        assert eager.options == ["finish", "test_push", "push"]
        assert url_of(eager) == url
        return eager

    return test


type Test = Callable[[str], Awaitable[Person]]


@pytest.mark.parametrize("vehicles", [1])
async def test_address_works(hass: HomeAssistant, eager: Person, at_test: Test) -> None:
    """It goes over the network to the real view, and changes nothing."""
    origin = str(eager._browser.make_url("")).rstrip("/")
    entry = the_entry(hass)
    kept = dict(entry.data)
    for _ in range(2):
        await at_test(origin)
        assert eager.step == "push_test_works"
        await eager.reload_page()
        assert eager.step == "push_test_works"
    assert entry.runtime_data.push_log.rejected == 0
    await eager.choose("finish")
    assert_done(hass, eager)
    assert entry.data == kept
    await reconfigure(hass, eager, entry)
    await at_test(origin)
    await eager.choose("push")
    assert eager.step == "push"


async def _refuse(_: web.Request) -> web.Response:
    return web.Response(status=405)


async def _lead_away(_: web.Request) -> web.Response:
    raise web.HTTPFound("/elsewhere")


async def _say_nothing(_: web.Request) -> web.Response:
    return web.Response()


async def _show_page(_: web.Request) -> web.Response:
    return web.Response(text=HTML, content_type="text/html")


async def _send_bytes(_: web.Request) -> web.Response:
    return web.Response(body=b"\xff\xfe\xff")


async def _answer_otherwise(_: web.Request) -> web.Response:
    return web.json_response({"challenge": "0" * 64})


async def _break_off(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def _hang(_: web.Request) -> web.Response:
    await asyncio.sleep(1)
    return web.Response()


@asynccontextmanager
async def serving(
    handler: Callable[[web.Request], Awaitable[web.Response]], context: ssl.SSLContext | None = None
) -> AsyncGenerator[str]:
    """Run a tiny server that answers everything; return its origin."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    server = TestServer(app, host="127.0.0.1", scheme="https" if context else "http")
    await server.start_server(ssl=context)
    async with server:
        yield str(server.make_url("")).rstrip("/")


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize(
    ("handler", "step", "status"),
    [
        (_refuse, "push_test_wrong_status", "405"),
        (_lead_away, "push_test_wrong_status", "302"),
        (_say_nothing, "push_test_wrong_answer", "200"),
        (_show_page, "push_test_wrong_answer", "200"),
        (_send_bytes, "push_test_wrong_answer", "200"),
        (_answer_otherwise, "push_test_wrong_answer", "200"),
        (_break_off, "push_test_unreachable", ""),
        (_hang, "push_test_unreachable", ""),
    ],
)
async def test_address_does_not_work(
    eager: Person,
    at_test: Test,
    handler: Callable[[web.Request], Awaitable[web.Response]],
    step: str,
    status: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(smartcar_webhook, "_TEST_TIMEOUT", 0.5)
    async with serving(handler) as origin:
        await at_test(origin)
        assert eager.step == step
        placeholders = eager.result["description_placeholders"]
        assert placeholders is not None
        assert placeholders["status"] == status
        await eager.reload_page()
        assert eager.step == step


@pytest.mark.parametrize("vehicles", [1])
async def test_address_that_nobody_answers(eager: Person, at_test: Test) -> None:
    await at_test(f"http://127.0.0.1:{unused_port()}")
    assert eager.step == "push_test_unreachable"


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize("kind", ["self-signed", "no TLS"])
async def test_address_with_a_bad_certificate(
    eager: Person, at_test: Test, tmp_path: Path, kind: str
) -> None:
    context = _self_signed(tmp_path) if kind == "self-signed" else None
    async with serving(_say_nothing, context) as origin:
        await at_test(origin.replace("http:", "https:"))
        assert eager.step == "push_test_bad_certificate"
        await eager.reload_page()
        assert eager.step == "push_test_bad_certificate"


def _self_signed(folder: Path) -> ssl.SSLContext:
    """Return the context of a server whose certificate nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt_util.utcnow()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


@pytest.mark.parametrize("vehicles", [1])
async def test_cloud_that_is_not_connected_yet_is_no_repair(
    hass: HomeAssistant, cloud: Cloud, cloudhooks: Cloudhooks, new_entry: NewEntry
) -> None:
    """At every start Home Assistant Cloud connects later than the cars are set up."""
    cloudhooks.error = CloudNotConnected()
    entry = with_push(new_entry, cloud)
    assert await async_setup_component(hass, "homeassistant", {})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not [key for key in ir.async_get(hass).issues if "push" in key[1]]
    cloudhooks.error = None
    async_dispatcher_send(hass, SIGNAL_CLOUD_CONNECTION_STATE, CloudConnectionState.CLOUD_CONNECTED)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert cloudhooks.hooks
    assert [key for key in ir.async_get(hass).issues if "push_not_created" in key[1]]


@pytest.mark.parametrize("vehicles", [1])
async def test_a_cloudhook_that_is_deleted_stays_deleted(
    hass: HomeAssistant, cloud: Cloud, cloudhooks: Cloudhooks, new_entry: NewEntry
) -> None:
    """Between the end of push and the reload nothing makes another one."""
    entry = with_push(new_entry, cloud)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(cloudhooks.hooks) == 1
    data = {key: value for key, value in entry.data.items() if "token" not in key}
    hass.config_entries.async_update_entry(entry, data=data)
    await cloudhooks.delete(hass, entry.data["webhook_id"])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not cloudhooks.hooks
