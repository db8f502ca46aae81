"""The energy added, as Home Assistant's own statistics and its Energy dashboard count it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)

from simulator import Cloud
from simulator.car import Car
from tests.helpers.signal_table import NOON
from tests.helpers.signals import send, set_up
from tests.helpers.states import entity_id, refresh


@pytest.fixture(autouse=True)
def _custom_integrations(recorder_mock: Any, enable_custom_integrations: None) -> None:
    """Start the recorder before Home Assistant, which is what this replaces."""


@pytest.fixture
def vehicles() -> int:
    return 1


async def test_statistics_sum_the_sessions(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    new_entry: Callable[..., MockConfigEntry],
    freezer: FrozenDateTimeFactory,
) -> None:
    noon = dt_util.parse_datetime(NOON, raise_on_error=True)
    freezer.move_to(noon)
    assert await async_setup_component(hass, "sensor", {})
    car = cars[0]
    cloud.set_store_empty(car.id)
    send(cloud, car, {"charge-energyadded": {"value": 0}})
    await set_up(hass, new_entry())
    for energy, is_connected in (
        (10, True),
        (12, True),
        # Unplugged, and plugged in again: 13 is more than 12, and all of it is new.
        (12, False),
        (12, True),
        (13, True),
        # A fall: of the next session too.
        (2, True),
        (3, True),
    ):
        freezer.tick(timedelta(seconds=30))
        send(
            cloud,
            car,
            {
                "charge-energyadded": {"value": energy},
                "charge-ischargingcableconnected": {"value": is_connected},
            },
        )
        await refresh(hass, car)
        await async_wait_recording_done(hass)
    do_adhoc_statistics(hass, start=noon)
    await async_wait_recording_done(hass)
    name = entity_id(hass, car, "sensor.charge_energyadded")
    assert name
    statistics = await get_instance(hass).async_add_executor_job(
        statistics_during_period, hass, noon, None, {name}, "5minute", None, {"sum"}
    )
    assert [row["sum"] for row in statistics[name]] == [12 + 13 + 3]
