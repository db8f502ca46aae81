"""How a car charges: current, sessions, and the values that stay after a session."""

import random
from typing import Final

from .car_state import CarState, ChargeRecord, LastCharge
from .ids import random_hex
from .models import Model

EFFICIENCY: Final = 0.92
_KEPT_RECORDS: Final = 5


class Charging:
    """The charging of one car; changes the car's state."""

    def __init__(self, model: Model, state: CarState, rng: random.Random, now: float) -> None:
        """Start without a session."""
        self._model = model
        self._state = state
        self._rng = rng
        self._session: tuple[float, float] = (now, 0.0)
        self.records: tuple[ChargeRecord, ...] = ()
        self.last_charge: LastCharge | None = None

    @property
    def volts(self) -> float:
        """The voltage of a charger."""
        return 230.0

    @property
    def watts(self) -> float:
        """The power of a charge."""
        return self.volts * self._model.amperes * self._model.phases

    @property
    def kilometers_per_hour(self) -> float:
        """The range that an hour of charging adds."""
        return self.watts / 1000 * EFFICIENCY / self._model.kwh_per_km

    def minutes_to_limit(self) -> float:
        """Return how long the charge goes on."""
        missing = max(0.0, self._state.charge_limit - self._state.soc) / 100
        kilowatts = self.watts / 1000 * EFFICIENCY
        return missing * self._model.battery_kwh / kilowatts * 60

    def begin(self, now: float) -> None:
        """Let current flow, in a new session."""
        self._state.charging = True
        self._state.energy_added = 0.0
        self._session = (now, self._state.soc)
        self.record_values(now)

    def flow(self, hours: float) -> None:
        """Charge for some time, at most to the limit."""
        state = self._state
        kwh = self.watts / 1000 * EFFICIENCY * hours
        state.energy_added += kwh
        state.soc = min(state.charge_limit, state.soc + kwh / self._model.battery_kwh * 100)

    def finish(self, now: float) -> None:
        """Stop the current and record the session."""
        state = self._state
        self.record_values(now)
        state.charging = False
        if state.charge_limit - state.soc < 0.01:
            state.soc = max(state.soc, min(state.charge_limit, 100.0))
        started, soc = self._session
        record = ChargeRecord(
            f"record-{random_hex(self._rng, 40)}", started, now, state.energy_added, soc, state.soc
        )
        self.records = (*self.records, record)[-_KEPT_RECORDS:]

    def record_values(self, now: float) -> None:
        """Keep the values that stay in the store after the charge."""
        self.last_charge = LastCharge(
            now, self.watts, self.kilometers_per_hour, self.minutes_to_limit()
        )
