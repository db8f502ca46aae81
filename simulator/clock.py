"""The one source of time of the simulator."""

from datetime import UTC, datetime
import time


class Clock:
    """Time that reads `time.time()` at each call, so that a frozen clock in a test moves it.

    `now()` is the time in the simulated world: it runs `scale` times as fast as real time and
    jumps with `advance`. `real()` jumps too but never runs faster: tokens live by it, because
    their clients count real seconds.
    """

    def __init__(self, scale: float = 1.0) -> None:
        """Start at the real time."""
        if scale <= 0:
            raise ValueError("scale must be positive")
        self.scale = scale
        self._origin = time.time()
        self._advanced = 0.0

    def now(self) -> float:
        """Return the simulated time in epoch seconds."""
        return self._origin + (time.time() - self._origin) * self.scale + self._advanced

    def real(self) -> float:
        """Return the unscaled time in epoch seconds, jumps included."""
        return time.time() + self._advanced

    def wall(self) -> float:
        """Return the time on everybody else's clocks: neither scaled nor jumped."""
        return time.time()

    def after(self, real_seconds: float) -> float:
        """Return the simulated time at which `real_seconds` will have passed."""
        return self.now() + real_seconds * self.scale

    def advance(self, seconds: float) -> None:
        """Let simulated time jump forward."""
        if seconds < 0:
            raise ValueError("time runs forward only")
        self._advanced += seconds


def iso(at: float) -> str:
    """Return a time as the API writes it: ISO 8601, milliseconds, Z (reference 4.2)."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"
