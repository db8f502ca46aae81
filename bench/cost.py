"""What the integration costs: the figures, and the right numbers of requests, events and writes."""

from dataclasses import dataclass, fields
import json
from pathlib import Path
import subprocess
import sys
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
SIZES: Final = (1, 10, 100)

TOKENS: Final = "POST /oauth2/token"
CONNECTIONS: Final = "GET /v3/connections"
SIGNALS: Final = "GET /v3/vehicles/{vehicle_id}/signals"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cpu:
    """Milliseconds of CPU for one piece of work, and for the floor under it."""

    ms: float
    floor_ms: float

    @property
    def above_ms(self) -> float:
        """The integration's share."""
        return self.ms - self.floor_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The figures of one size. Events are of one refresh of every car, or of one push."""

    vehicles: int
    entities_per_car: float
    setup_requests: dict[str, int]
    setup_cpu_s: float
    restart_requests: dict[str, int]
    restart_cpu_s: float
    refresh_requests: dict[str, int]
    refresh: Cpu
    refresh_moved: Cpu
    push: Cpu
    changed_by_nothing: dict[str, int]
    changed_by_one_value: dict[str, int]
    changed_by_push: dict[str, int]
    reported: dict[str, int]
    """States written without a change, in all of the above."""
    memory_kib_per_car: float
    store_kib_per_car: float
    store_writes: int
    store_writes_allowed: int
    """One in half a minute, and one at the end."""

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Cost:
        """Read the figures that another process has measured."""
        for field in fields(cls):
            if field.type is Cpu:
                data[field.name] = Cpu(**data[field.name])
        return cls(**data)

    def missed(self) -> list[str]:
        """Return a sentence for each wrong count; times are not judged."""
        cars = self.vehicles
        # With a value, *Data from car* changes. With a request, *Requests left* changes.
        wanted: dict[str, tuple[object, object]] = {
            "requests to set up": (
                self.setup_requests,
                {TOKENS: 1, CONNECTIONS: 1, SIGNALS: cars},
            ),
            "requests to restart": (self.restart_requests, {}),
            "requests to refresh": (self.refresh_requests, {SIGNALS: cars}),
            "changes by a refresh without news": (self.changed_by_nothing, {"requests_left": cars}),
            "changes by a refresh with one value": (
                self.changed_by_one_value,
                {"requests_left": cars, "data_from_car": cars, "odometer": cars},
            ),
            "changes by a push of one value": (
                self.changed_by_push,
                {"data_from_car": 1, "last_push": 1, "odometer": 1},
            ),
            "states written without a change": (self.reported, {}),
            "too many writes to disk": (max(self.store_writes - self.store_writes_allowed, 0), 0),
        }
        return [
            f"{cars} cars: {what}: {found}, not {expected}"
            for what, (found, expected) in wanted.items()
            if found != expected
        ]


def measure(vehicles: int) -> Cost:
    """Measure one size in a fresh process."""
    command = [sys.executable, "-m", "bench.run", str(vehicles)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE)  # noqa: S603
    return Cost.from_json(json.loads(done.stdout))
