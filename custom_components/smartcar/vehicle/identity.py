"""How a vehicle is named to a person."""

from ..api import Connection
from ..api.catalogue import NICKNAME
from .state import VehicleState


def vehicle_name(connection: Connection) -> str:
    """Return make and model, "Volkswagen ID.4": the name while no nickname is known.

    Logs use this name only, because a nickname is private.
    """
    vehicle = connection.vehicle
    # Makes arrive in capitals. Those of up to three letters (BMW, MG) are written so.
    make = vehicle.make.title() if vehicle.make and len(vehicle.make) > 3 else vehicle.make
    return " ".join(filter(None, (make, vehicle.model))) or "Smartcar"


def display_name(connection: Connection, state: VehicleState) -> str:
    """Return the owner's nickname for the vehicle, or else make and model."""
    return state.value(NICKNAME) or vehicle_name(connection)
