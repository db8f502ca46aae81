"""What a person or a command can do to a car, and when the car refuses it (reference 6)."""

from .car import Car


class RefusalError(Exception):
    """The car refuses a command: a VEHICLE_STATE code (reference 8.2)."""

    def __init__(self, code: str) -> None:
        """Remember the code."""
        super().__init__(code)
        self.code = code


def start_charge(car: Car) -> None:
    """Start charging."""
    state = car.state
    if not state.plugged:
        raise RefusalError("CHARGING_PLUG_NOT_CONNECTED")
    if state.charging:
        raise RefusalError("CHARGING_IN_PROGRESS")
    if state.soc >= state.charge_limit:
        raise RefusalError("FULLY_CHARGED")
    car.begin_charge()


def stop_charge(car: Car) -> None:
    """Stop charging."""
    if not car.state.plugged:
        raise RefusalError("CHARGING_PLUG_NOT_CONNECTED")
    if not car.state.charging:
        raise RefusalError("NOT_CHARGING")
    car.finish_charge()


def set_charge_limit(car: Car, percent: int) -> None:
    """Set the charge limit; a charge above it ends."""
    car.state.charge_limit = float(percent)
    if car.state.charging and car.state.soc >= percent:
        car.finish_charge()


def open_port(car: Car) -> None:
    """Open the charge port."""
    _require_standstill(car)
    car.state.port_open = True


def close_port(car: Car) -> None:
    """Close the charge port."""
    if car.state.plugged:
        raise RefusalError("CHARGING_PLUG_CONNECTED")
    car.state.port_open = False


def lock(car: Car) -> None:
    """Lock all doors."""
    _require_standstill(car)
    for is_open, code in (
        (car.state.door_open, "DOOR_OPEN"),
        (car.state.trunk_open, "TRUNK_OPEN"),
        (car.state.hood_open, "HOOD_OPEN"),
    ):
        if is_open:
            raise RefusalError(code)
    car.state.locked = True


def unlock(car: Car) -> None:
    """Unlock all doors."""
    _require_standstill(car)
    car.state.locked = False


def _require_standstill(car: Car) -> None:
    """Refuse while driving."""
    if car.state.driving:
        raise RefusalError("IN_MOTION")
