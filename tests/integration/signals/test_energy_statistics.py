"""The energy added, as Home Assistant's own statistics and its Energy dashboard count it."""

from datetime import timedelta
from typing import Any

from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.helpers.recorder import get_instance
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)

from tests.helpers.home import Home
from tests.helpers.signal_table import NOON
from tests.helpers.signals import send

pytestmark = pytest.mark.usefixtures("freezer")


@pytest.fixture(autouse=True)
def _custom_integrations(recorder_mock: Any, enable_custom_integrations: None) -> None:
    """Start the recorder before Home Assistant, which is what this replaces."""


@pytest.fixture
def vehicles() -> int:
    return 1


async def test_statistics_sum_the_sessions(new_home: Home) -> None:
    noon = dt_util.parse_datetime(NOON, raise_on_error=True)
    new_home.freezer.move_to(noon)
    assert await async_setup_component(new_home.hass, "sensor", {})
    car = new_home.car
    new_home.cloud.set_store_empty(car.id)
    send(new_home.cloud, car, {"charge-energyadded": {"value": 0}})
    await new_home.set_up()
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
        new_home.freezer.tick(timedelta(seconds=30))
        send(
            new_home.cloud,
            car,
            {
                "charge-energyadded": {"value": energy},
                "charge-ischargingcableconnected": {"value": is_connected},
            },
        )
        await new_home.refresh(car)
        await async_wait_recording_done(new_home.hass)
    do_adhoc_statistics(new_home.hass, start=noon)
    await async_wait_recording_done(new_home.hass)
    name = new_home.entity_id(car, "sensor.charge_energyadded")
    assert name
    statistics = await get_instance(new_home.hass).async_add_executor_job(
        statistics_during_period, new_home.hass, noon, None, {name}, "5minute", None, {"sum"}
    )
    assert [row["sum"] for row in statistics[name]] == [12 + 13 + 3]
