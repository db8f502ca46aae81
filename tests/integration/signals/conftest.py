"""What the tests of signals share: one car whose store a test fills signal by signal."""

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from simulator import Cloud
from simulator.car import Car
from tests.helpers.home import Home, NewEntry
from tests.helpers.signal_table import BODIES, NOON
from tests.helpers.signals import send


@pytest.fixture
def vehicles() -> int:
    """Return how many cars are connected."""
    return 1


@pytest.fixture
def new_home(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    new_entry: NewEntry,
    freezer: FrozenDateTimeFactory,
) -> Home:
    """Return a home without an entry, at noon; its car has sent nothing yet."""
    freezer.move_to(NOON)
    cloud.set_store_empty(cars[0].id)
    return Home(hass, cloud, cars, new_entry, freezer)


@pytest.fixture
async def full_home(new_home: Home) -> Home:
    """Return a home whose car has sent every signal."""
    send(new_home.cloud, new_home.car, BODIES)
    await new_home.set_up()
    return new_home
