"""What is known of one vehicle, and the one merge that changes it. Pure: nothing of Home Assistant."""

from .charging import ChargingState
from .identity import display_name, vehicle_name
from .state import Change, VehicleState
from .stored import StoredSignal

__all__ = [
    "Change",
    "ChargingState",
    "StoredSignal",
    "VehicleState",
    "display_name",
    "vehicle_name",
]
