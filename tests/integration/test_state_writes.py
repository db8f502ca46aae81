"""Which states a poll writes, and what tells how old the data are."""

from datetime import datetime, timedelta

from homeassistant.util import dt as dt_util
import pytest

from tests.helpers.home import ODOMETER, Home
from tests.helpers.times import MINUTE, POLL, STEP

pytestmark = pytest.mark.usefixtures("freezer")


async def test_poll_without_news_writes_one_state_of_each_car(home: Home) -> None:
    for car in home.cars:
        home.cloud.patch_state(car.id, {"charging": False})
        home.cloud.patch_state(car.id, {"asleep": True})
    await home.let_pass(2 * POLL, POLL)
    changes = home.changes()
    await home.let_pass(POLL)
    counts = [str(home.entity_id(car, "sensor.requests_left")) for car in home.cars]
    assert changes.take() == sorted(counts)
    home.cloud.override(
        home.car.id, "odometer-traveleddistance", {"body": {"value": 76_888, "unit": "km"}}
    )
    await home.let_pass(POLL)
    more = [str(home.entity_id(home.car, entity)) for entity in (ODOMETER, "sensor.data_from_car")]
    assert changes.take() == sorted(counts + more)


@pytest.mark.usefixtures("everything_is_enabled")
async def test_refresh_without_news_writes_five_states_with_all_enabled(
    home: Home,
) -> None:
    home.cloud.patch_state(home.car.id, {"charging": False})
    home.cloud.patch_state(home.car.id, {"asleep": True})
    await home.let_pass(POLL)
    await home.refresh()
    changes = home.changes()
    home.freezer.tick(1)
    await home.refresh()
    keys = ("last_contact", "next_poll", "requests_left", "requests_this_month")
    written = [str(home.entity_id(home.car, f"sensor.{key}")) for key in keys]
    # Pressing it is what a button's state tells.
    button = str(home.entity_id(home.car, "button.refresh"))
    assert changes.take() == sorted([button, *written])


@pytest.mark.usefixtures("everything_is_enabled")
async def test_sleeping_car_shows_how_old_its_data_are(home: Home) -> None:
    car = home.cars[2]
    home.cloud.patch_state(car.id, {"asleep": True})
    await home.let_pass(POLL)
    reported = home.value(car, "sensor.data_from_car")
    contact = home.value(car, "sensor.last_contact")
    await home.let_pass(2 * POLL, POLL)
    assert home.value(car, "sensor.data_from_car") == reported
    assert home.value(car, "sensor.last_contact") > contact
    assert home.value(car, ODOMETER) != "unavailable"


@pytest.mark.usefixtures("mid_month", "everything_is_enabled")
async def test_first_poll_after_a_restart_without_news_doubles_the_wait(home: Home) -> None:
    """A poll that brings nothing new doubles the wait, also the first one after a restart."""
    car = home.car
    home.cloud.patch_state(car.id, {"charging": False})
    home.cloud.patch_state(car.id, {"asleep": True})

    async def wait_for_poll() -> timedelta:
        """Let time pass until the next poll; return how long the one after it will wait."""
        due = datetime.fromisoformat(home.value(car, "sensor.next_poll"))
        await home.let_pass(due - dt_util.utcnow() + MINUTE, STEP)
        return datetime.fromisoformat(home.value(car, "sensor.next_poll")) - dt_util.utcnow()

    await wait_for_poll()
    before = await wait_for_poll()
    await home.reload()
    assert await wait_for_poll() > 1.4 * before
