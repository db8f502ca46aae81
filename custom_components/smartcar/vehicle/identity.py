"""How a vehicle is named to a person."""

from typing import Final

from ..api import Connection, Vehicle
from ..api.catalogue import NICKNAME
from .state import VehicleState

# The makes whose names are not simply words with a capital. The cloud sends them in capitals, with
# underscores, hyphens or blanks.
_MAKES: Final = {
    "BMW": "BMW",
    "BYD": "BYD",
    "CITROEN": "Citroën",
    "CUPRA": "CUPRA",
    "DS": "DS",
    "GMC": "GMC",
    "MCLAREN": "McLaren",
    "MERCEDES BENZ": "Mercedes-Benz",
    "MG": "MG",
    "MINI": "MINI",
    "NIO": "NIO",
    "RAM": "RAM",
    "ROLLS ROYCE": "Rolls-Royce",
    "SEAT": "SEAT",
    "SKODA": "Škoda",
    "VINFAST": "VinFast",
    "VW": "VW",
    "XPENG": "XPENG",
}


def make_name(make: str | None) -> str | None:
    """Return a make as people write it: "Volkswagen", "BMW", "Mercedes-Benz"."""
    if make is None:
        return None
    words = " ".join(make.replace("_", " ").replace("-", " ").split())
    if known := _MAKES.get(words.upper()):
        return known
    return words.title() if make.isupper() or make.islower() else make


def model_name(vehicle: Vehicle) -> str | None:
    """Return a model with its year: "ID.4 (2023)"."""
    if vehicle.model is None or not vehicle.year:
        return vehicle.model
    return f"{vehicle.model} ({vehicle.year})"


def vehicle_name(connection: Connection) -> str:
    """Return make and model, "Volkswagen ID.4": the name while no nickname is known.

    Logs use this name only, because a nickname is private.
    """
    vehicle = connection.vehicle
    return " ".join(filter(None, (make_name(vehicle.make), vehicle.model))) or "Smartcar"


def display_name(connection: Connection, state: VehicleState) -> str:
    """Return the owner's nickname for the vehicle, or else make and model."""
    return state.value(NICKNAME) or vehicle_name(connection)
