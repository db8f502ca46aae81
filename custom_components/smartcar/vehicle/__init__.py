"""What is known of one vehicle, and the one merge that changes it. Pure: nothing of Home Assistant."""

from .charging import ChargingState
from .identity import display_name, make_name, model_name, vehicle_name
from .state import Change, VehicleState
from .stored import StoredSignal, says_anything

__all__ = [
    "Change",
    "ChargingState",
    "StoredSignal",
    "VehicleState",
    "display_name",
    "make_name",
    "model_name",
    "says_anything",
    "vehicle_name",
]
