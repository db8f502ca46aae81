"""What the tests of the config flow share: a user at each part of it, and Home Assistant Cloud."""

from collections.abc import Generator, Mapping
import logging
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_RECONFIGURE, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.smartcar.flow import application
from simulator import Cloud
from tests.helpers.cloudhooks import Cloudhooks
from tests.helpers.flow import PUBLIC_URL, WRONG_SECRET, Person
from tests.helpers.home import NewEntry

_CLOUD = "homeassistant.components.cloud"


@pytest.fixture
def short_connection_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """List the connections often while the flow waits for a new one."""
    monkeypatch.setattr(application, "_LIST_AGAIN_AFTER", 0.02)


@pytest.fixture
def no_secret_in_log(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> Generator[None]:
    """Check after the test that no line it logged contains a secret, an id or a place."""
    caplog.set_level(logging.DEBUG)
    known_secrets = [cloud.client_secret, WRONG_SECRET, cloud.application_management_token]
    yield
    secrets = [
        *known_secrets,
        cloud.client_secret,
        *cloud.tokens.issued,
        *cloud.owners,
        *cloud.cars,
    ]
    secrets += [car.vin for car in cloud.cars.values()]
    for car in cloud.cars.values():
        if location := cloud.stored(car).get("location-preciselocation"):
            attributes = location.as_json("")["attributes"]
            if isinstance(attributes, Mapping) and isinstance(attributes["body"], Mapping):
                secrets.append(str(attributes["body"]["latitude"]))
    # The test's servers and its storage log what they like. The core logs every state at this
    # level if another test made it do so, and a state is meant to be seen.
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
    """Return a user who has not begun yet."""
    for dependency in ("auth", "webhook", "homeassistant"):
        assert await async_setup_component(hass, dependency, {})
    return Person(hass, cloud, await hass_client_no_auth())


@pytest.fixture(params=["user", SOURCE_REAUTH, SOURCE_RECONFIGURE])
async def at_form(
    request: pytest.FixtureRequest, hass: HomeAssistant, person: Person, new_entry: NewEntry
) -> Person:
    """Return a user at each of the three forms that request a secret."""
    if request.param == "user":
        return await person.add_integration()
    entry = new_entry()
    await hass.config_entries.async_setup(entry.entry_id)
    if request.param == SOURCE_REAUTH:
        return person.show(await entry.start_reauth_flow(hass))
    person.show(await entry.start_reconfigure_flow(hass))
    return await person.choose("reconfigure_credentials")


@pytest.fixture
async def at_connect(person: Person) -> Person:
    """Return a user at the form that leads to Connect, with whatever cars are connected."""
    await person.add_integration()
    await person.give_credentials()
    return person if person.step == "connect" else await person.choose("connect")


@pytest.fixture
async def at_menu(person: Person, entry: ConfigEntry) -> Person:
    """Return a user at the menu of Reconfigure."""
    return await person.reconfigure(entry)


@pytest.fixture
def push_person(person: Person) -> Person:
    """Return a user who wants push, and has not begun yet."""
    person.wants_push = True
    return person


@pytest.fixture
def public_url(hass: HomeAssistant) -> str:
    """Let the internet reach Home Assistant; return its URL."""
    hass.config.external_url = PUBLIC_URL
    return PUBLIC_URL


@pytest.fixture
def cloudhooks() -> Generator[Cloudhooks]:
    """Let Home Assistant Cloud be active, with no cloudhook yet."""
    hooks = Cloudhooks()
    with (
        patch(f"{_CLOUD}.async_active_subscription", return_value=True),
        patch(f"{_CLOUD}.async_get_or_create_cloudhook", hooks.get_or_create),
        patch(f"{_CLOUD}.async_delete_cloudhook", hooks.delete),
    ):
        yield hooks
