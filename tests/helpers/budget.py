"""The budget of requests in a home: what is spent, when cars are polled, and what is refused."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
import logging
import re

from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest

from custom_components.smartcar.const import CONF_COMMAND_RESERVE, CONF_REQUESTS_PER_MONTH
from simulator import Cloud
from simulator.car import Car

from .home import Home
from .times import MINUTE

NEXT_POLL = "sensor.next_poll"


def fall_asleep(cloud: Cloud, *cars: Car) -> None:
    """Let cars be parked and asleep."""
    for car in cars:
        cloud.patch_state(car.id, {"driving": False, "charging": False})
        cloud.patch_state(car.id, {"asleep": True})


def left(home: Home, car: Car) -> int:
    """Return how many requests are left this month."""
    return int(home.value(car, "sensor.requests_left"))


def ten_entities(home: Home, car: Car) -> list[str]:
    """Return ten entities of a car."""
    return sorted(home.entities(car))[:10]


async def poll_intervals(home: Home, span: timedelta, step: timedelta) -> list[timedelta]:
    """Let time pass; return how long it was until each poll since the one before."""
    home.sent()
    found, last, end = [], dt_util.utcnow(), dt_util.utcnow() + span
    while dt_util.utcnow() < end:
        await home.let_pass(step)
        if count := home.sent():
            assert count == 1
            found.append(dt_util.utcnow() - last)
            last = dt_util.utcnow()
    return found


async def poll_into_fault(home: Home) -> None:
    """Let time pass until a poll has met the fault that is set, and remove the fault."""
    assert len(home.cloud.faults)
    home.sent()
    while not home.sent():
        await home.let_pass(5 * MINUTE)
    home.cloud.faults.clear()


async def repeat_until_refused(action: Callable[[], Awaitable[None]], key: str) -> tuple[int, str]:
    """Return how often an action could be done, and the sentence that refuses it then."""
    error, count = None, 0
    while error is None:
        try:
            await action()
            count += 1
        except HomeAssistantError as caught:
            error = caught
    assert error.translation_key == key
    return count, str(error)


async def refresh_until_refused(home: Home, car: Car) -> tuple[int, str]:
    """Return how often a car could be refreshed, and the sentence that refuses it then."""
    return await repeat_until_refused(lambda: home.press_refresh(car), "request_refused_spent")


async def set_budget(home: Home, requests: int, reserve: int = 10) -> None:
    """Set the budget in the options, as the user does."""
    options = home.hass.config_entries.options
    result = await options.async_init(home.entry.entry_id)
    result = await options.async_configure(
        result["flow_id"],
        {CONF_REQUESTS_PER_MONTH: str(requests), CONF_COMMAND_RESERVE: reserve},
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await home.settle()


def local(time: datetime) -> str:
    """Return a time that falls on a minute as a person reads it."""
    return f"{dt_util.as_local(time):%Y-%m-%d %H:%M}"


def time_in(sentence: str) -> datetime:
    """Return the time that a sentence names."""
    (found,) = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", sentence)
    return datetime.fromisoformat(found).replace(tzinfo=dt_util.get_default_time_zone())


def log_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the integration has logged for the user, and forget it."""
    lines = [
        f"{record.levelname} {record.getMessage()}"
        for record in caplog.records
        if record.name.startswith("custom_components") and record.levelno >= logging.INFO
    ]
    caplog.clear()
    return lines
