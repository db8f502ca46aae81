"""What Home Assistant's own statistics make of the counters of a car."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from simulator import Cloud
from simulator.car import Car
from tests.helpers.home import NewEntry
from tests.helpers.push_home import PushHome
from tests.helpers.signal_table import NOON
from tests.helpers.signals import everything_enabled, send
from tests.helpers.states import entity_id, refresh, set_up, settle, state

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _custom_integrations(recorder_mock: Any, enable_custom_integrations: None) -> None:
    """Start the recorder before Home Assistant, which is what this replaces."""


@pytest.fixture
def vehicles() -> int:
    return 1


@pytest.fixture
async def car(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], freezer: FrozenDateTimeFactory
) -> Car:
    """Return a car whose store is empty. It is noon."""
    freezer.move_to(NOON)
    assert await async_setup_component(hass, "sensor", {})
    cloud.set_store_empty(cars[0].id)
    return cars[0]


async def summed(hass: HomeAssistant, car: Car, sensor: str, periods: Sequence[datetime]) -> float:
    """Return what the sensor's states in these periods of five minutes sum up to."""
    await async_wait_recording_done(hass)
    for start in periods:
        do_adhoc_statistics(hass, start=start)
    await async_wait_recording_done(hass)
    name = str(entity_id(hass, car, f"sensor.{sensor}"))
    statistics = await get_instance(hass).async_add_executor_job(
        statistics_during_period, hass, periods[0], None, {name}, "5minute", None, {"sum"}
    )
    sums = [row["sum"] for row in statistics[name]]
    assert len(sums) == len(periods)
    assert sums[-1] is not None
    return sums[-1]


@pytest.mark.parametrize(
    ("code", "sensor", "readings", "total"),
    [
        # A zero is no reading, and its end is no new beginning.
        ("odometer-traveleddistance", "odometer", (52891, 0, 52900), 9),
        # Small steps back, as of a car that rounds in two ways.
        ("odometer-traveleddistance", "odometer", (52891, 52880, 52895, 52894, 52900), 9),
        ("tractionbattery-maxrangechargecounter", "max_range_charge_count", (3, 4, 0, 4, 5), 2),
        ("tractionbattery-maxrangechargecounter", "max_range_charge_count", (3, 255, 4), 1),
    ],
)
async def test_a_reading_that_is_none_is_not_added(
    hass: HomeAssistant,
    cloud: Cloud,
    car: Car,
    new_entry: NewEntry,
    freezer: FrozenDateTimeFactory,
    code: str,
    sensor: str,
    readings: Sequence[float],
    total: float,
) -> None:
    send(cloud, car, {code: {"value": readings[0]}})
    with everything_enabled():
        await set_up(hass, new_entry())
    for reading in readings[1:]:
        freezer.tick(timedelta(seconds=30))
        send(cloud, car, {code: {"value": reading}})
        await refresh(hass, car)
        await async_wait_recording_done(hass)
    noon = dt_util.parse_datetime(NOON, raise_on_error=True)
    assert await summed(hass, car, sensor, [noon]) == total
    assert "last_reset" not in state(hass, car, f"sensor.{sensor}").attributes


async def test_pushes_of_every_day_are_added(
    hass: HomeAssistant,
    cloud: Cloud,
    car: Car,
    new_entry: NewEntry,
    freezer: FrozenDateTimeFactory,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also on days with as many pushes as the day before: one, one, two, and two."""
    for component in ("auth", "webhook"):
        assert await async_setup_component(hass, component, {})
    home = PushHome(
        hass, cloud, [car], new_entry, freezer, await hass_client_no_auth(), monkeypatch
    )
    with everything_enabled():
        await home.set_up_push()
    noon = dt_util.utcnow()
    await async_wait_recording_done(hass)
    for day, pushes in enumerate((1, 1, 2, 2)):
        freezer.move_to(noon + day * DAY + MINUTE)
        for _ in range(pushes):
            freezer.tick(10)
            body = {"odometer-traveleddistance": {"value": 100, "unit": "km"}}
            assert await home.send(home.event(body, car.id)) == 200
            await settle(hass)
            await async_wait_recording_done(hass)
    days = [noon + day * DAY for day in range(4)]
    assert await summed(hass, car, "pushes_today", days) == 1 + 1 + 2 + 2


async def test_requests_of_every_month_are_added(
    hass: HomeAssistant,
    cloud: Cloud,
    car: Car,
    new_entry: NewEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Also in a month with as few requests as the one before: one each."""
    send(cloud, car, {"odometer-traveleddistance": {"value": 100, "unit": "km"}})
    with everything_enabled():
        await set_up(hass, new_entry())
    first = dt_util.utcnow()
    assert state(hass, car, "sensor.requests_this_month").state == "1"
    await async_wait_recording_done(hass)
    second = first + 31 * DAY
    freezer.move_to(second + MINUTE)
    await refresh(hass, car)
    assert state(hass, car, "sensor.requests_this_month").state == "1"
    # A sum begins with the first state, so that one adds nothing.
    assert await summed(hass, car, "requests_this_month", [first, second]) == 1
