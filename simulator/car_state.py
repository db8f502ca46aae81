"""The values of a car: its true state and what one report holds."""

from dataclasses import dataclass
from typing import Final

WEEK: Final = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")

type Place = tuple[float, float]
"""Latitude and longitude."""


@dataclass(slots=True)
class CarState:
    """The true state: what a person standing beside the car would see."""

    asleep: bool = False
    driving: bool = False
    plugged: bool = False
    charging: bool = False
    locked: bool = True
    online: bool = True
    door_open: bool = False
    window_open: bool = False
    trunk_open: bool = False
    front_trunk_open: bool = False
    hood_open: bool = False
    port_open: bool = False
    hvac_on: bool = False
    in_service: bool = False
    fast_charger: bool = False
    soc: float = 80.0
    charge_limit: float = 80.0
    energy_added: float = 0.0
    fuel: float = 0.0
    oil_life: float = 70.0
    low_voltage: float = 91.0
    odometer: float = 0.0
    speed: float = 0.0
    heading: float = 0.0
    latitude: float = 0.0
    longitude: float = 0.0
    target_temperature: float = 21.0
    external_temperature: float = 10.0
    internal_temperature: float = 14.0


@dataclass(frozen=True, slots=True)
class ChargeSchedule:
    """A schedule made by command; shown in `charge-chargetimers` (reference 6.2)."""

    id: str
    kind: str
    latitude: float
    longitude: float
    windows: tuple[tuple[tuple[str, ...], str | None, str | None], ...]
    """(days, start, stop) each."""


@dataclass(frozen=True, slots=True)
class LastCharge:
    """The newest values of a charge; they stay in the store as stale bodies (reference 4.3)."""

    measured_at: float
    watts: float
    kilometers_per_hour: float
    minutes: float


@dataclass(frozen=True, slots=True)
class ChargeRecord:
    """One finished charging session."""

    id: str
    started: float
    ended: float
    energy: float
    start_soc: float
    end_soc: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one report of the car holds."""

    reported_at: float
    state: CarState
    last_charge: LastCharge | None
    schedules: tuple[ChargeSchedule, ...]
    records: tuple[ChargeRecord, ...]
