"""Charging, minute by minute: the energy added and the completion."""

from typing import Any

import pytest

from tests.helpers.home import Home
from tests.helpers.signals import send
from tests.helpers.times import MINUTE

pytestmark = pytest.mark.usefixtures("everything_is_enabled")


async def report_after(home: Home, minutes: float, **values: Any) -> None:
    """Let time pass and the car report: `charge_voltage=230` is "charge-voltage"."""
    home.freezer.tick(minutes * MINUTE)
    bodies = {code.replace("_", "-"): {"value": value} for code, value in values.items()}
    send(home.cloud, home.car, bodies)
    await home.refresh()


async def test_energy_added_counts_from_the_start_of_its_session(home: Home) -> None:
    def counted() -> tuple[float, str]:
        shown = home.state(home.car, "sensor.charge_energyadded")
        assert shown.attributes["state_class"] == "total"
        return float(shown.state), shown.attributes["last_reset"][11:16]

    plugged = {"charge_ischargingcableconnected": True, "charge_ischarging": True}
    await report_after(home, 0, **plugged, charge_energyadded=5, odometer_traveleddistance=76_000)
    assert counted() == (5, "12:00")
    await report_after(home, 10, charge_energyadded=8)
    assert counted() == (8, "12:00")
    # A pause, as with solar power.
    await report_after(home, 10, charge_ischarging=False)
    await report_after(home, 10, charge_ischarging=True, charge_energyadded=9)
    assert counted() == (9, "12:00")
    await home.reload()
    assert counted() == (9, "12:00")
    await report_after(home, 10, charge_energyadded=10)
    assert counted() == (10, "12:00")
    # Unplugged and plugged in again: the old value still belongs to the old session.
    await report_after(home, 10, charge_ischargingcableconnected=False, charge_ischarging=False)
    await report_after(home, 10, **plugged)
    assert counted() == (10, "12:00")
    await home.reload()
    await report_after(home, 10, charge_energyadded=11)
    assert counted() == (11, "13:10")
    # A fall is no new session: makers correct the value downward, and send 0 when full.
    await report_after(home, 50, charge_energyadded=0.5)
    await report_after(home, 10, charge_energyadded=4)
    # A value that cannot be read says nothing.
    await report_after(home, 10, charge_energyadded="?")
    assert counted() == (11, "13:10")
    await report_after(home, 10, charge_energyadded=12)
    assert counted() == (12, "13:10")
    # Driving shows that a new session comes, also where the plug was not seen.
    await report_after(home, 10, odometer_traveleddistance=76_020)
    assert counted() == (12, "13:10")
    await report_after(home, 20, charge_energyadded=1)
    assert counted() == (1, "15:00")


async def test_completion_moves_only_with_the_estimate(home: Home) -> None:
    def complete_at() -> str:
        return home.value(home.car, "sensor.charge_complete_at")[11:16]

    await report_after(home, 0, charge_ischarging=True, charge_timetocomplete=90)
    assert complete_at() == "13:30"
    for minutes_left, shows in (
        (81, "13:30"),
        (72, "13:30"),
        (69, "13:30"),
        (60, "13:40"),
        (20, "13:10"),
    ):
        await report_after(home, 10, charge_timetocomplete=minutes_left)
        assert complete_at() == shows
    await home.reload()
    assert complete_at() == "13:10"
    # Full: it does not become complete again and again.
    await report_after(home, 20, charge_timetocomplete=0)
    await report_after(home, 30, charge_timetocomplete=0)
    await report_after(home, 30, charge_timetocomplete=0)
    assert complete_at() == "13:10"
    await report_after(home, 30, charge_timetocomplete=60)
    assert complete_at() == "15:40"
    await report_after(home, 10, charge_ischarging=False)
    assert home.value(home.car, "sensor.charge_complete_at") == "unknown"
