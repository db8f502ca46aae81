"""What the tests of push share: a home with a public URL, and a check that it logs no secret."""

from collections.abc import AsyncGenerator
import logging

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from simulator import Cloud
from simulator.car import Car
from tests.helpers.home import NewEntry
from tests.helpers.push_home import WEBHOOK_ID, PushHome


@pytest.fixture
def vehicles() -> int:
    """Return how many cars are connected; parametrize it for more."""
    return 1


@pytest.fixture
async def new_home(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    new_entry: NewEntry,
    clock: FrozenDateTimeFactory | None,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> AsyncGenerator[PushHome]:
    """Return a home without an entry; afterwards check that no secret and no error was logged."""
    cloud.retry_scale = 0
    caplog.set_level(logging.DEBUG, "custom_components.smartcar")
    # Before the server starts, since it takes no more routes then.
    for component in ("homeassistant", "auth", "webhook", "config", "websocket_api"):
        assert await async_setup_component(hass, component, {})
    for car in cars:
        # Nothing moves but what a test moves.
        cloud.patch_state(car.id, {"charging": False, "plugged": False, "asleep": True})
    browser = await hass_client_no_auth()
    yield PushHome(hass, cloud, cars, new_entry, clock, browser, monkeypatch)
    secrets = [
        WEBHOOK_ID,
        "://",
        cloud.client_secret,
        cloud.application_management_token,
        *(car.id for car in cars),
        *cloud.owners,
        "oemUpdatedAt",
        "challenge",
    ]
    for record in caplog.get_records("call"):
        # The server's own log cannot write a frozen time.
        if record.name != "aiohttp.access":
            assert record.levelno < logging.ERROR, record.getMessage()
        if record.name.startswith("custom_components.smartcar"):
            text = record.getMessage() + str(record.exc_text)
            assert not [secret for secret in secrets if secret in text], text


@pytest.fixture
async def home(new_home: PushHome) -> PushHome:
    """Return a home in which push works, and no repair is open."""
    await new_home.set_up_push()
    await new_home.make_webhook()
    assert new_home.issues() == {}
    return new_home
