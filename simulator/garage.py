"""Makes the owners and the cars of a cloud from its seed."""

from collections.abc import Callable, Sequence
import random
from typing import Final

from .car import Car
from .ids import random_uuid
from .models import MODELS, Kind, Model
from .ownership import LIVE, SIMULATED, Owner
from .routine import DAY, START_OF_DAY

_OWNERS: Final = ("Ada", "Ben")
_KINDS: Final = (Kind.BEV, Kind.PHEV, Kind.ICE)
_COLORS: Final = ("Blue", "White", "Silver", "Black", "Red", "Gray")
_NAMES: Final = ("Robin", "Sparrow", "Heron", "Swift", "Wren", "Finch", "Lark", "Kite", "Plover")
_UNCONNECTED: Final[tuple[tuple[int, Model, str], ...]] = (
    (0, MODELS[Kind.BEV][1], LIVE),
    (1, MODELS[Kind.ICE][1], LIVE),
    (1, Model("CUPRA", "Born", 2024, Kind.BEV, "e-Boost", battery_kwh=77.0), SIMULATED),
)
"""Cars that are not connected yet: the owner's index, the model, the mode."""


def make_owners(rng: random.Random) -> list[Owner]:
    """Return the owners, their garages empty."""
    return [Owner(random_uuid(rng), name) for name in _OWNERS]


class Garage:
    """Makes cars and puts them into the garages of their owners.

    Car number n is the same car whatever the number of cars.
    """

    def __init__(
        self,
        owners: Sequence[Owner],
        seed: int,
        now: float,
        report_interval: Callable[[], float],
    ) -> None:
        """Keep the values that all cars share."""
        self._owners = owners
        self._seed = seed
        self._now = now
        self._report_interval = report_interval

    def cars_to_connect(self, count: int) -> list[tuple[Owner, Car]]:
        """Return so many cars with their owners, who take turns."""
        made = []
        for index in range(count):
            owner = self._owners[index % len(self._owners)]
            models = MODELS[_KINDS[index % len(_KINDS)]]
            model = models[index // len(_KINDS) % len(models)]
            made.append((owner, self._make(f"car/{index}", model, LIVE, owner, index)))
        return made

    def unconnected_cars(self) -> list[Car]:
        """Return the cars that only stand in a garage."""
        return [
            self._make(f"garage/{index}", model, mode, self._owners[number], index + 3)
            for index, (number, model, mode) in enumerate(_UNCONNECTED)
        ]

    def _make(self, name: str, model: Model, mode: str, owner: Owner, index: int) -> Car:
        """Return a new car of an owner."""
        rng = random.Random(f"{self._seed}/{name}")
        car = Car(
            vehicle_id=random_uuid(rng),
            vin="SIM" + "".join(rng.choices("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", k=14)),
            model=model,
            mode=mode,
            nickname=_NAMES[index % len(_NAMES)],
            color=rng.choice(_COLORS),
            rng=rng,
            now=self._now,
            day_seconds=(START_OF_DAY[index] if index < len(START_OF_DAY) else rng.uniform(0, DAY)),
            report_interval=self._report_interval,
        )
        owner.garage.append(car.id)
        return car
