"""The energy added in a charging session, so that no kilowatt hour is ever counted twice."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from ..api import Json, JsonObject, optional_number, optional_object, optional_time, time_to_json


@dataclass(slots=True, kw_only=True)
class EnergySession:
    """The charging session that the energy added belongs to.

    Makers keep the value of the last session until the next one, and correct it downward. So a fall
    alone begins no session. Plugging in, or driving since the peak, arms a new session. It begins
    with the first value that has changed while the vehicle charges, or that rises after a fall below
    half of the peak. Within a session the peak is shown.

    `peak` and `last` are in kWh, `odometer` is the one at the peak, in km.
    """

    started_at: datetime | None = None
    peak: float | None = None
    last: float | None = None
    odometer: float | None = None
    is_armed: bool = False

    def arm(self) -> None:
        """Expect a new session: the cable was plugged in."""
        self.is_armed = self.peak is not None

    def follow(
        self,
        energy: float | None,
        *,
        is_charging: bool,
        odometer: float | None,
        reported_at: datetime,
    ) -> None:
        """Apply the energy added, in kWh, that was reported at that time."""
        if odometer is not None and self.odometer is not None and odometer > self.odometer:
            self.arm()
        last = self.last
        if energy is None or energy == last:
            return
        self.last = energy
        if self.peak is None or last is None or self._begins(energy, last, is_charging=is_charging):
            self.started_at = reported_at
            self.peak, self.odometer = energy, odometer
            self.is_armed = False
        elif energy > self.peak:
            self.peak = energy
            if not self.is_armed and odometer is not None:
                # The farthest reading: an instrument that steps back and forth has not been driven.
                self.odometer = max(odometer, self.odometer or odometer)

    def _begins(self, energy: float, last: float, *, is_charging: bool) -> bool:
        """Tell whether a value that differs from the last one begins the armed session."""
        assert self.peak is not None
        rises_after_fall = last < self.peak / 2 and energy > last
        return self.is_armed and (is_charging or rises_after_fall)

    def as_json(self) -> dict[str, Json]:
        """Return what the store keeps."""
        return {
            "started_at": time_to_json(self.started_at),
            "peak": self.peak,
            "last": self.last,
            "odometer": self.odometer,
            "is_armed": self.is_armed,
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what the store kept. Parts of another shape are left out."""
        data: JsonObject = optional_object(value)
        return cls(
            started_at=optional_time(data.get("started_at")),
            peak=optional_number(data.get("peak")),
            last=optional_number(data.get("last")),
            odometer=optional_number(data.get("odometer")),
            is_armed=data.get("is_armed") is True,
        )
