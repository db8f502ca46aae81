"""How a car drives from one place to another."""

import math
from typing import Final

from .car_state import CarState, Place
from .models import Kind, Model

LEG_SECONDS: Final = 40 * 60.0
PURE_ELECTRIC_FLOOR: Final = 8.0
"""Below this charge a plug-in hybrid burns fuel."""


class Journey:
    """The way of one car between two places; changes the car's state."""

    def __init__(self, model: Model, state: CarState, kilometers: float, place: Place) -> None:
        """Start at a place; every journey has the same length."""
        self._model = model
        self._state = state
        self._kilometers = kilometers
        self._leg = (place, place)
        self._progress = 0.0

    def begin(self, start: Place, goal: Place) -> None:
        """Set off to a goal from where the car stands, heading as from `start`."""
        state = self._state
        self._leg = ((state.latitude, state.longitude), goal)
        self._progress = 0.0
        north, east = goal[0] - start[0], goal[1] - start[1]
        state.heading = math.degrees(math.atan2(east, north)) % 360

    def move(self, seconds: float) -> None:
        """Move along the leg, using battery and fuel."""
        state, model = self._state, self._model
        kilometers = self._kilometers * seconds / LEG_SECONDS
        state.odometer += kilometers
        self._progress = min(1.0, self._progress + seconds / LEG_SECONDS)
        start, goal = self._leg
        state.latitude = start[0] + (goal[0] - start[0]) * self._progress
        state.longitude = start[1] + (goal[1] - start[1]) * self._progress
        state.speed = 25.0 + 55.0 * math.sin(self._progress * math.pi)
        floor = PURE_ELECTRIC_FLOOR if model.kind is Kind.PHEV else 3.0
        if model.electric and state.soc > floor:
            used = kilometers * model.kwh_per_km / model.battery_kwh * 100
            state.soc = max(floor, state.soc - used)
        elif model.fueled:
            state.fuel = max(1.0, state.fuel - kilometers * model.liters_per_km)
        if model.fueled:
            state.oil_life = max(0.0, state.oil_life - kilometers / 150)
