"""What all tests share: a simulated cloud over real HTTP, and an entry that is set up on it."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
import logging

from aiohttp.test_utils import TestServer
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from hypothesis import HealthCheck, settings
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

# Importing the cloud imports the cameras, which miss a library of the system: not our matter, and
# it would be written below pytest's closing line.
logging.getLogger("homeassistant.components.camera.img_util").setLevel(logging.CRITICAL)

# Else an assertion that fails in a helper shows no values.
pytest.register_assert_rewrite("tests.helpers")

# Imported here, so that Home Assistant finds our custom_components and not the test library's.
import custom_components.smartcar  # noqa: E402, F401
from custom_components.smartcar.const import DOMAIN  # noqa: E402
from simulator import Cloud, create_app  # noqa: E402
from simulator.car import Car  # noqa: E402

from .helpers.home import ODOMETER_AT_FIRST, Home, NewEntry  # noqa: E402
from .helpers.signal_table import NOON  # noqa: E402
from .helpers.signals import everything_enabled  # noqa: E402
from .helpers.times import next_march, next_month  # noqa: E402

settings.register_profile(
    "suite",
    max_examples=200,
    deadline=None,
    # Fixtures here only hold servers and clocks; they need no reset between examples.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("deep", settings.get_profile("suite"), max_examples=10_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --deep."""
    parser.addoption(
        "--deep", action="store_true", help="10,000 examples per property instead of 200"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Choose how many examples each property gets."""
    settings.load_profile("deep" if config.getoption("--deep") else "suite")


@pytest.fixture(autouse=True)
def _custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant, where a test starts one, load this integration."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture
def vehicles() -> int:
    """Return how many cars are connected; parametrize it for more."""
    return 3


@pytest.fixture
async def cloud(
    vehicles: int, monkeypatch: pytest.MonkeyPatch, socket_enabled: None
) -> AsyncGenerator[Cloud]:
    """Return a simulated cloud that all four origins point to."""
    # Else every callback keeps a traceback of its making, at a third of the whole time.
    asyncio.get_running_loop().set_debug(False)
    cloud = Cloud(vehicles=vehicles, seed=1, connection_lag=0, command_lag=0, subscription_lag=0)
    server = TestServer(create_app(cloud), host="127.0.0.1")
    # Its access log cannot write a frozen time.
    await server.start_server(access_log=None)
    async with server:
        for variable in (
            "SMARTCAR_CONNECT_ORIGIN",
            "SMARTCAR_AUTH_ORIGIN",
            "SMARTCAR_API_ORIGIN",
            "SMARTCAR_MANAGEMENT_API_ORIGIN",
        ):
            monkeypatch.setenv(variable, str(server.make_url("")).rstrip("/"))
        yield cloud


@pytest.fixture
def cars(cloud: Cloud) -> list[Car]:
    """Return the connected cars: electric, hybrid, with a tank. Their routine stands still."""
    # A frozen clock ages the cloud's tokens and not the client's, which counts by another one.
    cloud.token_lifetime = 10**9
    connected = [cloud.cars[connection.vehicle_id] for connection in cloud.connections.values()]
    for car in connected:
        car.is_frozen = True
        # The tests move the odometer by a few kilometers. A longer way would be a jump.
        cloud.patch_state(car.id, {"odometer": ODOMETER_AT_FIRST})
    return connected


@pytest.fixture
def mid_month(cars: list[Car], freezer: FrozenDateTimeFactory) -> None:
    """Let it be noon of the 10th of a month: neither its beginning nor its end is near."""
    freezer.move_to(next_month().replace(day=10, hour=12))


@pytest.fixture
def mid_march(freezer: FrozenDateTimeFactory) -> None:
    """Let it be noon of the next 16 March.

    Months differ in length, and the clock of the cloud must not go back: so a test uses this by
    `usefixtures`, which comes before everything that reads the clock.
    """
    freezer.move_to(next_march())


@pytest.fixture
def new_entry(hass: HomeAssistant, cloud: Cloud) -> NewEntry:
    """Return a function that makes an entry for the cloud's application, not set up yet."""

    def make(**overrides: object) -> MockConfigEntry:
        arguments: dict[str, object] = {
            "domain": DOMAIN,
            "title": "Smartcar",
            "unique_id": cloud.client_id,
            "version": 3,
            "data": {
                CONF_CLIENT_ID: cloud.client_id,
                CONF_CLIENT_SECRET: cloud.client_secret,
                CONF_WEBHOOK_ID: "0123456789abcdef",
            },
        }
        entry = MockConfigEntry(**arguments | overrides)
        entry.add_to_hass(hass)
        return entry

    return make


@pytest.fixture
async def entry(hass: HomeAssistant, new_entry: NewEntry) -> ConfigEntry:
    """Return an entry that is set up."""
    entry = new_entry()
    await async_setup_component(hass, "homeassistant", {})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry


@pytest.fixture
def clock(request: pytest.FixtureRequest) -> FrozenDateTimeFactory | None:
    """Return the clock that stands still, if the test uses the fixture `freezer`."""
    return request.getfixturevalue("freezer") if "freezer" in request.fixturenames else None


@pytest.fixture
def new_home(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    new_entry: NewEntry,
    clock: FrozenDateTimeFactory | None,
) -> Home:
    """Return a home without an entry."""
    return Home(hass, cloud, cars, new_entry, clock)


@pytest.fixture
async def home(new_home: Home) -> Home:
    """Return a home whose entry is set up."""
    await new_home.set_up()
    return new_home


@pytest.fixture
def everything_is_enabled() -> Iterator[None]:
    """Enable the entities that are disabled by default as well."""
    with everything_enabled():
        yield


@pytest.fixture
def car(cloud: Cloud, cars: list[Car], freezer: FrozenDateTimeFactory) -> Car:
    """Return a car whose store is empty. It is noon."""
    freezer.move_to(NOON)
    cloud.set_store_empty(cars[0].id)
    return cars[0]
