"""The normalizer: returns each number in the unit of its quantity, or None.

Makers write units in many ways, leave them out, or name one and mean another; and some send a
marker where they have no value. These are pure functions that never raise.

Source: https://smartcar.com/docs/api-reference/signals/schema and live bodies
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
import unicodedata

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


_WITHOUT_SIGNS = str.maketrans("", "", "_- .·⋅()[]")


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


def _units(*groups: tuple[str, _Scale]) -> Mapping[str, _Scale]:
    """Return the scales by name; a group is the names of one unit, as `_alias` returns them."""
    return {name: scale for names, scale in groups for name in names.split()}


_SAME = _Scale()
_MILE = _Scale(1.609344)
_THOUSANDTH = _Scale(0.001)
_THOUSANDFOLD = _Scale(1000)

_PERCENT = _units(("% percent percentage pct", _SAME), ("fraction ratio", _Scale(100)))
_LENGTH = _units(
    ("km kms kilometer kilometers kilometre kilometres", _SAME),
    ("mi mile miles", _MILE),
    ("m meter meters metre metres", _THOUSANDTH),
)
_SPEED = _units(
    ("km/h km/hr km/hour kmh kmhr kph kmph kmperhour kmsperhour", _SAME),
    ("kilometers/hour kilometers/h kilometerperhour kilometersperhour", _SAME),
    ("kilometres/hour kilometres/h kilometreperhour kilometresperhour", _SAME),
    ("mph mi/h mi/hr mi/hour mih mihr miperhour", _MILE),
    ("miles/hour miles/hr miles/h mileperhour milesperhour", _MILE),
    ("m/s mps meters/second meterspersecond metrespersecond", _Scale(3.6)),
)
_RANGE_PER_TIME = _units(
    # Range gained: "per hour" is what the signal means, so some leave it out.
    ("km kms kilometer kilometers kilometre kilometres", _SAME),
    ("mi mile miles", _MILE),
    ("km/min km/minute kmperminute kilometersperminute kilometresperminute", _Scale(60)),
    ("mi/min mi/minute miperminute milesperminute", _Scale(60 * 1.609344)),
)
_ENERGY = _units(
    ("kwh kwhs kwhr kwhrs kwhour kwhours kw/h", _SAME),
    ("kilowatthour kilowatthours kilowatthr kilowatthrs", _SAME),
    ("wh whs whr watthour watthours watthr watthrs", _THOUSANDTH),
)
_FAHRENHEIT = _Scale(5 / 9, -160 / 9)
_GALLON = _Scale(3.785411784)
_IMPERIAL_GALLON = _Scale(4.54609)
_COUNT = _units(("count counts number times cycle cycles", _SAME))


class Quantity(Enum):
    """A quantity: its unit, the units that are converted to it, and its plausible range.

    The ranges also catch the markers that makers send for "no value": 255 %, 2046 km, ...
    """

    CAPACITY = _Quantity(
        unit=Unit.KILOWATT_HOUR,
        scales=_ENERGY,
        # No battery has a capacity of 0: makers send it where they do not know.
        minimum=0.1,
        maximum=600,
    )
    # No car stops charging at 0 %: makers send it where no limit is set.
    CHARGE_LIMIT = _Quantity(unit=Unit.PERCENT, scales=_PERCENT, minimum=1, maximum=100)
    CHARGE_RATE = _Quantity(
        unit=Unit.KILOMETER_PER_HOUR,
        scales={**_SPEED, **_RANGE_PER_TIME},
        minimum=0,
        maximum=3000,
    )
    COUNT = _Quantity(unit=Unit.COUNT, scales=_COUNT, minimum=0, maximum=60000)
    CURRENT = _Quantity(
        unit=Unit.AMPERE,
        scales=_units(
            ("a amp amps ampere amperes", _SAME),
            ("ma milliamp milliamps milliampere milliamperes", _THOUSANDTH),
        ),
        minimum=-1500,
        maximum=1500,
    )
    # Markers of 11 bits, 2046 and 2047 km, were seen.
    ELECTRIC_RANGE = _Quantity(unit=Unit.KILOMETER, scales=_LENGTH, minimum=0, maximum=1300)
    ENERGY = _Quantity(unit=Unit.KILOWATT_HOUR, scales=_ENERGY, minimum=0, maximum=600)
    FUEL_RANGE = _Quantity(unit=Unit.KILOMETER, scales=_LENGTH, minimum=0, maximum=2000)
    HEADING = _Quantity(
        unit=Unit.DEGREE,
        scales=_units(("degrees degree deg degs °", _SAME)),
        minimum=0,
        maximum=360,
    )
    # A car that knows its mileage has moved at least a meter. A marker of 24 bits, in steps of
    # 100 m, is 1,677,721.5 km.
    ODOMETER = _Quantity(unit=Unit.KILOMETER, scales=_LENGTH, minimum=0.001, maximum=1.67e6)
    PERCENT = _Quantity(unit=Unit.PERCENT, scales=_PERCENT, minimum=0, maximum=100)
    PHASES = _Quantity(
        unit=Unit.COUNT, scales={**_COUNT, **_units(("phase phases", _SAME))}, minimum=0, maximum=3
    )
    POWER = _Quantity(
        unit=Unit.WATT,
        scales=_units(
            ("w watt watts", _SAME),
            ("kw kilowatt kilowatts", _THOUSANDFOLD),
        ),
        # Below zero the car feeds power into the home.
        minimum=-1e5,
        maximum=4e6,
    )
    SPEED = _Quantity(
        unit=Unit.KILOMETER_PER_HOUR,
        scales=_SPEED,
        minimum=0,
        maximum=500,
    )
    TEMPERATURE = _Quantity(
        unit=Unit.CELSIUS,
        scales=_units(
            ("c °c degc degsc degreec degreesc celsius centigrade", _SAME),
            ("degcelsius degreecelsius degreescelsius degreescentigrade", _SAME),
            ("f °f degf degsf degreef degreesf fahrenheit", _FAHRENHEIT),
            ("degfahrenheit degreefahrenheit degreesfahrenheit", _FAHRENHEIT),
            ("k kelvin kelvins degreekelvin degreeskelvin", _Scale(offset=-273.15)),
        ),
        minimum=-60,
        # A cabin in the sun has 80 °C at most. A marker of 8 bits, in half degrees, is 87.5 °C.
        maximum=85,
    )
    TIME_TO_COMPLETE = _Quantity(
        unit=Unit.MINUTE,
        scales=_units(
            ("min mins minute minutes", _SAME),
            ("s sec secs second seconds", _Scale(1 / 60)),
            ("ms msec milliseconds", _Scale(1 / 60000)),
            ("h hr hrs hour hours", _Scale(60)),
        ),
        minimum=0,
        maximum=7 * 24 * 60,
    )
    TROUBLE_CODES = _Quantity(
        unit=Unit.COUNT, scales={**_COUNT, **_units(("code codes", _SAME))}, minimum=0, maximum=254
    )
    VOLTAGE = _Quantity(
        unit=Unit.VOLT,
        scales=_units(
            ("v volt volts", _SAME),
            ("mv millivolt millivolts", _THOUSANDTH),
            ("kv kilovolt kilovolts", _THOUSANDFOLD),
        ),
        minimum=0,
        maximum=2000,
    )
    VOLUME = _Quantity(
        unit=Unit.LITER,
        scales=_units(
            ("l lt ltr ltrs liter liters litre litres", _SAME),
            ("ml milliliter milliliters millilitre millilitres", _THOUSANDTH),
            # Smartcar means gallons of the United States, unless others are named.
            ("gal gals gallon gallons", _GALLON),
            ("usgal usgallon usgallons usliquidgallons galus gallonus gallonsus", _GALLON),
            ("impgal imperialgal imperialgallon imperialgallons", _IMPERIAL_GALLON),
            ("ukgal ukgallon ukgallons", _IMPERIAL_GALLON),
            ("galimp galuk gallonimperial gallonsimperial gallonuk gallonsuk", _IMPERIAL_GALLON),
        ),
        minimum=0,
        # A marker of 8 bits is 255.
        maximum=250,
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


def normalize_charge_limit(value: Json, unit: Json) -> float | None:
    """Return a charge limit in percent; a number of 1 or less is a fraction of 1."""
    number = optional_number(value)
    if number is not None and 0 < number <= 1:
        value = round(number * 100, 6)
    return normalize(value, unit, Quantity.CHARGE_LIMIT)


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


_BAR = _PressureUnit(100, 1, 6)
_PSI = _PressureUnit(6.894757, 15, 90)
_KILOPASCAL = _PressureUnit(1, 100, 600)
_PRESSURE_UNITS = (_BAR, _PSI, _KILOPASCAL)

# The names of each unit, and what a number in it is multiplied by to be in the other one.
_PRESSURE_NAMES: Mapping[str, tuple[_PressureUnit, float]] = {
    name: (unit, factor)
    for names, unit, factor in (
        ("bar bars", _BAR, 1),
        ("mbar mbars millibar millibars", _BAR, 0.001),
        ("mpa megapascal megapascals", _BAR, 10),
        ("kg/cm2 kgf/cm2", _BAR, 0.980665),
        ("psi psig lb/in2 lbs/in2 lbf/in2", _PSI, 1),
        ("poundpersquareinch poundspersquareinch", _PSI, 1),
        ("poundforcepersquareinch poundsforcepersquareinch", _PSI, 1),
        ("kpa kilopascal kilopascals", _KILOPASCAL, 1),
        ("hpa hectopascal hectopascals", _KILOPASCAL, 0.1),
        ("pa pascal pascals", _KILOPASCAL, 0.001),
    )
    for name in names.split()
}


def normalize_tire_pressure(value: Json, unit: Json) -> float | None:
    """Return the pressure of a tire in kPa; its size decides where the unit cannot be right.

    Seen live: 258 "bar", which is kPa, and 699.9 as a marker for no value. A pressure too low to
    drive on is taken in the stated unit: an owner wants to see a flat tire.
    """
    number = optional_number(value)
    name = optional_text(unit)
    stated, factor = _PRESSURE_NAMES.get(_alias(name), (None, 1)) if name else (None, 1)
    if number is None or number <= 0 or (name and stated is None):
        return None
    number *= factor
    if stated is not None and number <= stated.highest and not _is_mistaken_for_kpa(number, stated):
        return round(number * stated.to_kilopascal, 3)
    for known in _PRESSURE_UNITS:
        if known.lowest <= number <= known.highest:
            return round(number * known.to_kilopascal, 3)
    return None


def _is_mistaken_for_kpa(number: float, stated: _PressureUnit) -> bool:
    """Return whether a pressure stated in kPa must be bar: no tire has 2.5 kPa."""
    return stated is _KILOPASCAL and number <= _BAR.highest


def _alias(unit: str) -> str:
    """Return the unit in lower case, without blanks, hyphens, underscores, dots and brackets."""
    if not unit.isascii():
        # Some write the sign of Spanish ordinals for degrees, or one sign for two, such as ℃.
        unit = unicodedata.normalize("NFKC", unit.replace("º", "°").replace("²", "2"))
    return unit.lower().translate(_WITHOUT_SIGNS)
