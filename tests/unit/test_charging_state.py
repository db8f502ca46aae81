"""The one charging status out of three signals."""

from datetime import UTC, datetime
from typing import Any

import pytest

from custom_components.smartcar.api import Signal
from custom_components.smartcar.vehicle import VehicleState

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("charging", "cable", "text", "shows"),
    [
        (True, True, "CHARGING", "charging"),
        (False, True, "NOT_CHARGING", "connected"),
        (False, False, "NOT_CHARGING", "disconnected"),
        (False, True, "FULLY_CHARGED", "complete"),
        (False, True, "fully charged", "complete"),
        (True, True, "FULLY_CHARGED", "charging"),
        (False, False, "FULLY_CHARGED", "disconnected"),
        (False, True, "CHARGING", "connected"),
        (False, True, "CHARGE_FAULT", "fault"),
        (True, None, None, "charging"),
        (None, True, None, "connected"),
        (None, None, "CHARGING", "charging"),
        (None, False, "CHARGING", "disconnected"),
        (None, None, "PONDERING", None),
        (1, "yes", 5, None),
    ],
)
def test_charging_state_is_derived_from_three_signals(
    charging: Any, cable: Any, text: Any, shows: str | None
) -> None:
    car = VehicleState()
    bodies = {
        "charge-ischarging": charging,
        "charge-ischargingcableconnected": cable,
        "charge-detailedchargingstatus": text,
    }
    car.merge([Signal(code=code, body={"value": body}) for code, body in bodies.items()], NOON)
    assert car.charging_state == shows
