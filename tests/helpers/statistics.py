"""What Home Assistant's recorder sums up, compiled every five minutes as it does by itself."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import get_instance
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)

PERIOD = timedelta(minutes=5)


async def sums(
    hass: HomeAssistant, entity_ids: Iterable[str], periods: Iterable[datetime]
) -> dict[str, list[float]]:
    """Compile the five minutes after each of `periods`; return each entity's sums after them."""
    await async_wait_recording_done(hass)
    starts = sorted(set(periods))
    for start in starts:
        do_adhoc_statistics(hass, start=start)
    await async_wait_recording_done(hass)
    statistics = await get_instance(hass).async_add_executor_job(
        statistics_during_period, hass, starts[0], None, {*entity_ids}, "5minute", None, {"sum"}
    )
    return {
        entity_id: [round(row["sum"] or 0, 6) for row in rows]
        for entity_id, rows in statistics.items()
    }


def period_of(time: datetime) -> datetime:
    """Return the beginning of the five minutes of a time."""
    return time.replace(minute=time.minute // 5 * 5, second=0, microsecond=0)
