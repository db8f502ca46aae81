"""Changes the true state of a car from outside, as `PATCH /_sim/cars/{vehicle_id}` does."""

from typing import Final

from .car import AWAKE_AFTER_CHARGE, Car
from .car_state import CarState
from .json_types import Json, as_number

FROZEN: Final = frozenset({"is_frozen", "held"})
"""Names for `Car.is_frozen`; `held` is the older one, which scripts still send."""


def patch_car(car: Car, name: str, value: Json) -> None:
    """Set one field of the true state; what belongs to it follows.

    Raises ValueError for an unknown name or a value of the wrong type.
    """
    if name in FROZEN:
        car.is_frozen = _boolean(name, value)
        return
    current = getattr(car.state, name, None) if name in CarState.__slots__ else None
    if current is None:
        raise ValueError(f"no such state: {name}")
    if isinstance(current, bool):
        _patch_switch(car, name, _boolean(name, value))
        return
    number = as_number(value)
    if number is None:
        raise ValueError(f"{name} must be a number")
    setattr(car.state, name, number)


def _patch_switch(car: Car, name: str, value: bool) -> None:
    """Set one of the booleans of the true state."""
    place = (car.state.latitude, car.state.longitude)
    match name, value:
        case "charging", True:
            car.plug_in()
            if not car.state.charging:
                car.state.asleep = False
                car.begin_charge()
        case "charging", False:
            if car.state.charging:
                car.finish_charge()
        case "plugged", True:
            car.plug_in()
        case "plugged", False:
            car.unplug()
        case "driving", True:
            car.leave(place, car.work)
        case "driving", False:
            car.arrive(place, AWAKE_AFTER_CHARGE)
        case "asleep", True:
            car.fall_asleep()
        case "asleep", False:
            car.wake_for_command()
        case _:
            setattr(car.state, name, value)


def _boolean(name: str, value: Json) -> bool:
    """Return a value that must be true or false."""
    if value is True or value is False:
        return value
    raise ValueError(f"{name} must be true or false")
