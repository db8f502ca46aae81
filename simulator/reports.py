"""Lets the cars live, and notifies listeners when one of them reported."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .car import Car
from .car_patch import patch_car
from .clock import Clock
from .json_types import Json, as_object
from .logins import Logins
from .ownership import Connection, Ownership
from .store import Store

type Contents = dict[str, Json]
"""What makes a signal a changed one, by code."""


@dataclass(frozen=True, slots=True)
class CarReport:
    """A connected car reported, or a test changed its store: the origin of a webhook delivery.

    `changed` holds the codes whose body or status differs from the report before.
    """

    car: Car
    connections: tuple[Connection, ...]
    reported_at: float
    reason: str
    changed: frozenset[str]


class Reports:
    """The reports of all cars.

    `listeners` are called with a `CarReport` whenever a connected car reports. A report is
    noticed when a car is synchronized: by a request for its signals, by a command, or by a step.
    """

    def __init__(
        self,
        clock: Clock,
        cars: Mapping[str, Car],
        ownership: Ownership,
        store: Store,
        logins: Logins,
    ) -> None:
        """Start with the present reports of the cars, which notify nobody."""
        self._clock = clock
        self._cars = cars
        self._ownership = ownership
        self._store = store
        self._logins = logins
        self.listeners: list[Callable[[CarReport], None]] = []
        self._noticed: dict[str, tuple[int, Contents]] = {
            car.id: (car.reports, self._contents(car)) for car in cars.values()
        }

    def sync(self, car: Car) -> None:
        """Let a car live until now, and notify the listeners when it reported."""
        car.run_to(self._clock.now())
        noticed, before = self._noticed[car.id]
        if noticed == car.reports and car.id not in self._store.edited:
            return
        self._store.edited.discard(car.id)
        after = self._contents(car)
        self._noticed[car.id] = (car.reports, after)
        connections = tuple(self._ownership.connections_of(vehicle_id=car.id))
        if not connections:
            return
        changed = frozenset(code for code, value in after.items() if before.get(code) != value)
        report = CarReport(car, connections, car.snapshot.reported_at, car.report_reason, changed)
        for listener in tuple(self.listeners):
            listener(report)

    def sync_all(self) -> None:
        """Let every car live until now."""
        for car in self._cars.values():
            self.sync(car)

    def patch_state(
        self, vehicle_id: str, state: Mapping[str, Json], *, report: bool = True
    ) -> None:
        """Change the true state of a car, which then reports unless `report` is false.

        Takes the fields of `CarState`, `is_frozen` and `needs_login`. Raises ValueError for
        other names and for values of the wrong type.
        """
        car = self._cars[vehicle_id]
        self.sync(car)
        for name, value in state.items():
            if name == "needs_login":
                self._logins.require(vehicle_id, value is True)
            else:
                patch_car(car, name, value)
        if report:
            car.report("patched")
        self.sync(car)

    def _contents(self, car: Car) -> Contents:
        """Return the stored attributes of a car's signals."""
        return {
            code: {**as_object(signal.as_json("")["attributes"])}
            for code, signal in self._store.stored(car).items()
        }
