"""The models of cars that stand in the garages."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """The powertrains of reference 3.1."""

    BEV = "BEV"
    PHEV = "PHEV"
    ICE = "ICE"


@dataclass(frozen=True, slots=True)
class Model:
    """The hardware of a car."""

    make: str
    name: str
    year: int
    kind: Kind
    trim: str
    battery_kwh: float = 0.0
    kwh_per_km: float = 0.17
    amperes: float = 16.0
    phases: int = 3
    tank_liters: float = 0.0
    liters_per_km: float = 0.065
    tire_bar: float = 2.5
    port_motor: bool = False
    schedules: frozenset[str] = frozenset()
    navigation: bool = True

    @property
    def electric(self) -> bool:
        """Whether it has a plug."""
        return self.kind is not Kind.ICE

    @property
    def fueled(self) -> bool:
        """Whether it has a tank."""
        return self.kind is not Kind.BEV


_TESLA: Final = frozenset({"daily", "weekly", "workweek"})
_VOLVO: Final = frozenset({"daily"})

MODELS: Final[dict[Kind, tuple[Model, ...]]] = {
    Kind.BEV: (
        Model("VOLKSWAGEN", "ID.4", 2023, Kind.BEV, "Pro", battery_kwh=77.0, port_motor=True),
        Model(
            "TESLA",
            "Model Y",
            2023,
            Kind.BEV,
            "Long Range",
            battery_kwh=75.0,
            kwh_per_km=0.16,
            tire_bar=2.9,
            port_motor=True,
            schedules=_TESLA,
        ),
        Model("HYUNDAI", "IONIQ 5", 2022, Kind.BEV, "Project 45", battery_kwh=72.6),
        Model("RENAULT", "Megane E-Tech", 2024, Kind.BEV, "Techno", battery_kwh=60.0),
    ),
    Kind.PHEV: (
        Model(
            "VOLVO",
            "XC60",
            2024,
            Kind.PHEV,
            "Recharge",
            battery_kwh=18.8,
            kwh_per_km=0.21,
            phases=1,
            tank_liters=71.0,
            liters_per_km=0.075,
            schedules=_VOLVO,
        ),
        Model(
            "FORD",
            "Kuga",
            2023,
            Kind.PHEV,
            "ST-Line",
            battery_kwh=14.4,
            kwh_per_km=0.19,
            phases=1,
            tank_liters=45.0,
            navigation=False,
        ),
    ),
    Kind.ICE: (
        Model("BMW", "118i", 2022, Kind.ICE, "Sport Line", tank_liters=50.0),
        Model("TOYOTA", "Corolla", 2021, Kind.ICE, "Comfort", tank_liters=43.0),
        Model("SKODA", "Octavia", 2020, Kind.ICE, "Style", tank_liters=50.0, navigation=False),
    ),
}
