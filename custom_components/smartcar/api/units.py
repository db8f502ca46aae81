"""The normalizer: returns each number in the unit of its quantity, or None.

Makers write units in many ways, leave them out, or name one and mean another; and some send a
marker where they have no value. These are pure functions that never raise.

Source: https://smartcar.com/docs/api-reference/signals/schema and live bodies
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from .payload import Json, optional_number, optional_text


class Unit(StrEnum):
    """The units of normalized numbers: one for each quantity."""

    AMPERE = "A"
    CELSIUS = "°C"
    COUNT = "count"
    DEGREE = "°"
    KILOMETER = "km"
    KILOMETER_PER_HOUR = "km/h"
    KILOPASCAL = "kPa"
    KILOWATT_HOUR = "kWh"
    LITER = "L"
    MINUTE = "min"
    PERCENT = "%"
    VOLT = "V"
    WATT = "W"


@dataclass(frozen=True, slots=True)
class _Scale:
    """`value * factor + offset` is the value in the unit of the quantity."""

    factor: float = 1.0
    offset: float = 0.0

    def apply(self, value: float) -> float:
        # Rounded, so that 100 miles are 160.9344 km and not 160.93439999999998.
        return round(value * self.factor + self.offset, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Quantity:
    unit: Unit
    scales: Mapping[str, _Scale] = field(default_factory=dict)
    minimum: float
    maximum: float


_SAME = _Scale()
_MILE = _Scale(1.609344)
_FAHRENHEIT = _Scale(5 / 9, -160 / 9)


class Quantity(Enum):
    """A quantity: its unit, the units that are converted to it, and its plausible range.

    The ranges also catch the markers that makers send for "no value": 255 %, 65535 km, ...
    """

    CAPACITY = _Quantity(
        unit=Unit.KILOWATT_HOUR,
        scales={
            "kwh": _SAME,
            "kwhr": _SAME,
            "kilowatthours": _SAME,
            "wh": _Scale(0.001),
        },
        # No battery has a capacity of 0: makers send it where they do not know.
        minimum=0.1,
        maximum=1000,
    )
    CHARGE_RATE = _Quantity(
        unit=Unit.KILOMETER_PER_HOUR,
        scales={"km/h": _SAME, "kph": _SAME, "kmh": _SAME, "kilometersperhour": _SAME}
        | dict.fromkeys(("mph", "mi/h", "milesperhour"), _MILE),
        minimum=0,
        maximum=3000,
    )
    COUNT = _Quantity(unit=Unit.COUNT, scales={"count": _SAME}, minimum=0, maximum=1e6)
    CURRENT = _Quantity(
        unit=Unit.AMPERE,
        scales=dict.fromkeys(("a", "amp", "amps", "ampere", "amperes"), _SAME)
        | dict.fromkeys(("ma", "milliamps", "milliampere"), _Scale(0.001)),
        minimum=-1500,
        maximum=1500,
    )
    DISTANCE = _Quantity(
        unit=Unit.KILOMETER,
        scales=dict.fromkeys(("km", "kilometer", "kilometers", "kilometre", "kilometres"), _SAME)
        | dict.fromkeys(("mi", "mile", "miles"), _MILE)
        | dict.fromkeys(("m", "meter", "meters"), _Scale(0.001)),
        minimum=0,
        maximum=5000,
    )
    ENERGY = _Quantity(unit=Unit.KILOWATT_HOUR, scales=CAPACITY.scales, minimum=0, maximum=1000)
    HEADING = _Quantity(
        unit=Unit.DEGREE,
        scales={"degrees": _SAME, "degree": _SAME},
        minimum=0,
        maximum=360,
    )
    ODOMETER = _Quantity(unit=Unit.KILOMETER, scales=DISTANCE.scales, minimum=0, maximum=3e6)
    PERCENT = _Quantity(
        unit=Unit.PERCENT,
        scales={"percent": _SAME, "percentage": _SAME, "%": _SAME},
        minimum=0,
        maximum=100,
    )
    POWER = _Quantity(
        unit=Unit.WATT,
        scales=dict.fromkeys(("w", "watt", "watts"), _SAME)
        | dict.fromkeys(("kw", "kilowatt", "kilowatts"), _Scale(1000)),
        # Below zero the car feeds power into the home.
        minimum=-1e5,
        maximum=4e6,
    )
    SPEED = _Quantity(
        unit=Unit.KILOMETER_PER_HOUR,
        scales=CHARGE_RATE.scales,
        minimum=-100,
        maximum=500,
    )
    TEMPERATURE = _Quantity(
        unit=Unit.CELSIUS,
        scales=dict.fromkeys(("c", "°c", "celsius", "degreescelsius"), _SAME)
        | dict.fromkeys(("f", "°f", "fahrenheit", "degreesfahrenheit"), _FAHRENHEIT),
        minimum=-60,
        maximum=100,
    )
    TIME_TO_COMPLETE = _Quantity(
        unit=Unit.MINUTE,
        scales=dict.fromkeys(("min", "mins", "minute", "minutes"), _SAME)
        | dict.fromkeys(("s", "sec", "second", "seconds"), _Scale(1 / 60))
        | dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), _Scale(60)),
        minimum=0,
        maximum=7 * 24 * 60,
    )
    VOLTAGE = _Quantity(
        unit=Unit.VOLT,
        scales=dict.fromkeys(("v", "volt", "volts"), _SAME)
        | dict.fromkeys(("mv", "millivolts"), _Scale(0.001)),
        minimum=0,
        maximum=2000,
    )
    VOLUME = _Quantity(
        unit=Unit.LITER,
        scales=dict.fromkeys(("l", "liter", "liters", "litre", "litres"), _SAME)
        # Smartcar means gallons of the United States.
        | dict.fromkeys(("gal", "gallon", "gallons"), _Scale(3.785411784)),
        minimum=0,
        maximum=2000,
    )


def normalize(value: Json, unit: Json, quantity: Quantity) -> float | None:
    """Return the number in the unit of its quantity; None if it is not a plausible number.

    Without a unit the number counts as written in the unit of the quantity. With a unit that is
    not known for the quantity, the number is useless.
    """
    number = optional_number(value)
    definition = quantity.value
    name = optional_text(unit)
    scale = definition.scales.get(_alias(name)) if name else _SAME
    if number is None or scale is None:
        return None
    normalized = scale.apply(number)
    return normalized if definition.minimum <= normalized <= definition.maximum else None


def normalize_percent_or_fraction(value: Json, unit: Json) -> float | None:
    """Return percent, from percent or from a fraction of 1 that has no unit.

    Only for the signals that are known to come as a fraction. Seen live: a fuel level of 0.77
    without a unit, which is 77 %.
    """
    number = optional_number(value)
    if number is not None and optional_text(unit) is None and 0 < number <= 1:
        value = round(number * 100, 6)
    return normalize(value, unit, Quantity.PERCENT)


@dataclass(frozen=True, slots=True)
class _PressureUnit:
    to_kilopascal: float
    # The range of a tire that can be driven on, in this unit. The three do not overlap.
    lowest: float
    highest: float


_PRESSURE_UNITS: Mapping[str, _PressureUnit] = {
    "bar": _PressureUnit(100, 1, 6),
    "psi": _PressureUnit(6.894757, 15, 90),
    "kpa": _PressureUnit(1, 100, 600),
}


def normalize_tire_pressure(value: Json, unit: Json) -> float | None:
    """Return the pressure of a tire in kPa; its size decides where the unit cannot be right.

    Seen live: 258 "bar", which is kPa, and 699.9 as a marker for no value. A pressure too low to
    drive on is taken in the stated unit: an owner wants to see a flat tire.
    """
    number = optional_number(value)
    name = optional_text(unit)
    stated = _PRESSURE_UNITS.get(_alias(name)) if name else None
    if number is None or number <= 0 or (name and stated is None):
        return None
    if stated is not None and number <= stated.highest and not _is_mistaken_for_kpa(number, stated):
        return round(number * stated.to_kilopascal, 3)
    for known in _PRESSURE_UNITS.values():
        if known.lowest <= number <= known.highest:
            return round(number * known.to_kilopascal, 3)
    return None


def _is_mistaken_for_kpa(number: float, stated: _PressureUnit) -> bool:
    """Return whether a pressure stated in kPa must be bar: no tire has 2.5 kPa."""
    return stated is _PRESSURE_UNITS["kpa"] and number <= _PRESSURE_UNITS["bar"].highest


def _alias(unit: str) -> str:
    """Return the unit in lower case, without blanks, hyphens and underscores."""
    return unit.lower().replace("_", "").replace("-", "").replace(" ", "")
