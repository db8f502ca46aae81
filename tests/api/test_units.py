"""Every number in the unit of its quantity, or None."""

from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.smartcar.api.units import (
    Quantity,
    normalize,
    normalize_charge_limit,
    normalize_percent_or_fraction,
    normalize_tire_pressure,
)

from .strategies import WORDS, anything

NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("quantity", "value", "units", "expected"),
    [
        (Quantity.PERCENT, 57, "percent percentage % Percent PERCENT", 57),
        (Quantity.PERCENT, 57, "pct \uff05", 57),
        (Quantity.PERCENT, 0.57, "fraction ratio", 57),
        (Quantity.CHARGE_LIMIT, 80, "percent percentage %", 80),
        (Quantity.FUEL_RANGE, 100, "km kilometers kilometer KM Kilometres kms", 100),
        (Quantity.FUEL_RANGE, 100, "mi miles mile", 160.9344),
        (Quantity.FUEL_RANGE, 1500, "m meters metre", 1.5),
        (Quantity.ELECTRIC_RANGE, 100, "km kilometers kilometer KM Kilometres kms", 100),
        (Quantity.ELECTRIC_RANGE, 100, "mi miles mile", 160.9344),
        (Quantity.ODOMETER, 52891, "km kilometers", 52891),
        (Quantity.ODOMETER, 100000, "miles mi", 160934.4),
        (Quantity.SPEED, 50, "km/h kph kmh kmph km/hr kilometers/hour kilometers_per_hour", 50),
        (Quantity.SPEED, 50, "mph mi/h mi/hr miles/hour miles_per_hour miles-per-hour", 80.4672),
        (Quantity.SPEED, 10, "m/s meters_per_second", 36),
        (Quantity.CHARGE_RATE, 53, "km/h kph km/hr km kilometers", 53),
        (Quantity.CHARGE_RATE, 50, "mph mi/h mi/hr miles_per_hour mi miles", 80.4672),
        (Quantity.CHARGE_RATE, 2, "km/min kilometers_per_minute", 120),
        (
            Quantity.ENERGY,
            12.3,
            "kWh kwh kilowatt_hours kWhr kilowatt-hours kW·h kWhs kilowatt_hour kilowatthour",
            12.3,
        ),
        (Quantity.ENERGY, 12300, "Wh watt_hours watt-hour", 12.3),
        (Quantity.CAPACITY, 78, "kWh kilowatt_hours kWhr kilowatt-hours", 78),
        (Quantity.POWER, 8000, "watts watt W", 8000),
        (Quantity.POWER, 7.4, "kilowatts kW kilowatt", 7400),
        (Quantity.CURRENT, 16, "ampere amps A amperes", 16),
        (Quantity.CURRENT, 16000, "mA milliamps milliamperes", 16),
        (Quantity.VOLTAGE, 230, "volts V volt", 230),
        (Quantity.VOLTAGE, 12600, "mV millivolts", 12.6),
        (Quantity.VOLTAGE, 0.4, "kV kilovolts", 400),
        (Quantity.TEMPERATURE, 21.5, "celsius degrees-celsius C °C degrees_celsius", 21.5),
        (Quantity.TEMPERATURE, 21.5, "degC deg_C degree_celsius ℃ ºC centigrade", 21.5),
        (Quantity.TEMPERATURE, 68, "fahrenheit degrees-fahrenheit F °F degF ℉", 20),
        (Quantity.TEMPERATURE, 293.15, "kelvin K", 20),
        (Quantity.TEMPERATURE, -40, "fahrenheit celsius", -40),
        (Quantity.VOLUME, 40, "liters L litres ltr", 40),
        (Quantity.VOLUME, 40000, "ml milliliters", 40),
        (Quantity.VOLUME, 10, "gallons gal us_gallons US-gal gal(US)", 37.854118),
        (Quantity.VOLUME, 10, "imperial_gallons imp_gal uk-gallons gal(UK)", 45.4609),
        (Quantity.TIME_TO_COMPLETE, 95, "minute minutes min", 95),
        (Quantity.TIME_TO_COMPLETE, 90, "seconds s sec", 1.5),
        (Quantity.TIME_TO_COMPLETE, 90000, "ms milliseconds", 1.5),
        (Quantity.TIME_TO_COMPLETE, 1.5, "hours h hr", 90),
        (Quantity.COUNT, 3, "count Count counts times", 3),
        (Quantity.PHASES, 3, "count phases", 3),
        (Quantity.TROUBLE_CODES, 3, "count codes", 3),
        (Quantity.HEADING, 94, "degrees deg °", 94),
    ],
)
def test_all_names_of_a_unit_are_known(
    quantity: Quantity, value: float, units: str, expected: float
) -> None:
    for unit in units.split():
        assert normalize(value, unit, quantity) == expected
        assert normalize(value, f" {unit} ", quantity) == expected
    assert type(normalize(value, units.split(maxsplit=1)[0], quantity)) is float


@pytest.mark.parametrize("quantity", Quantity)
def test_missing_unit_is_the_unit_of_the_quantity(quantity: Quantity) -> None:
    unit: Any
    number = 2 if quantity is Quantity.PHASES else 50
    for unit in (None, "", "  ", 5, [], {}, True):
        assert normalize(number, unit, quantity) == number


@pytest.mark.parametrize("quantity", Quantity)
def test_number_with_an_unknown_unit_is_none(quantity: Quantity) -> None:
    for unit in ("parsec", "null", "percents", "furlong"):
        assert normalize(50, unit, quantity) is None


@pytest.mark.parametrize("quantity", Quantity)
def test_value_that_is_not_a_number_is_none(quantity: Quantity) -> None:
    for value in (None, True, False, "50", "", [50], {"value": 50}, NAN, INFINITY, -INFINITY):
        assert normalize(value, None, quantity) is None
    assert normalize(10**400, None, quantity) is None


PLAUSIBLE = {
    Quantity.CAPACITY: (0.1, 600),
    Quantity.CHARGE_LIMIT: (1, 100),
    Quantity.CHARGE_RATE: (0, 3000),
    Quantity.COUNT: (0, 60000),
    Quantity.CURRENT: (-1500, 1500),
    Quantity.ELECTRIC_RANGE: (0, 1300),
    Quantity.ENERGY: (0, 600),
    Quantity.FUEL_RANGE: (0, 2000),
    Quantity.HEADING: (0, 360),
    Quantity.ODOMETER: (0.001, 1.67e6),
    Quantity.PERCENT: (0, 100),
    Quantity.PHASES: (0, 3),
    Quantity.POWER: (-1e5, 4e6),
    Quantity.SPEED: (0, 500),
    Quantity.TEMPERATURE: (-60, 85),
    Quantity.TIME_TO_COMPLETE: (0, 10080),
    Quantity.TROUBLE_CODES: (0, 254),
    Quantity.VOLTAGE: (0, 2000),
    Quantity.VOLUME: (0, 250),
}


@pytest.mark.parametrize("quantity", Quantity)
def test_implausible_number_is_none(quantity: Quantity) -> None:
    low, high = PLAUSIBLE[quantity]
    assert normalize(low, None, quantity) == low
    assert normalize(high, None, quantity) == high
    assert normalize(low - 0.01, None, quantity) is None
    assert normalize(high + 0.01, None, quantity) is None


@pytest.mark.parametrize(
    ("value", "unit", "quantity"),
    [
        (255, "percent", Quantity.PERCENT),
        (7300, "percent", Quantity.PERCENT),
        (-1, "percent", Quantity.PERCENT),
        (102.3, "percent", Quantity.PERCENT),
        (-5, "percent", Quantity.PERCENT),
        (0, "percent", Quantity.CHARGE_LIMIT),
        (255, "percent", Quantity.CHARGE_LIMIT),
        (2046, "km", Quantity.ELECTRIC_RANGE),
        (2047, "km", Quantity.ELECTRIC_RANGE),
        (-1, "km", Quantity.ELECTRIC_RANGE),
        (2047, "km", Quantity.FUEL_RANGE),
        (4095, "km", Quantity.FUEL_RANGE),
        (65535, "km", Quantity.FUEL_RANGE),
        (0, "km", Quantity.ODOMETER),
        (0, "miles", Quantity.ODOMETER),
        (-1, "km", Quantity.ODOMETER),
        (1677721.5, "km", Quantity.ODOMETER),
        (16777215, "km", Quantity.ODOMETER),
        (-1, "km/h", Quantity.SPEED),
        (511, "km/h", Quantity.SPEED),
        (6553.5, "km/h", Quantity.CHARGE_RATE),
        (655.35, "kWh", Quantity.ENERGY),
        (655.35, "kWh", Quantity.CAPACITY),
        (255, "liters", Quantity.VOLUME),
        (-1, "liters", Quantity.VOLUME),
        (255, "count", Quantity.PHASES),
        (65535, "count", Quantity.COUNT),
        (255, "count", Quantity.TROUBLE_CODES),
        (87.5, "celsius", Quantity.TEMPERATURE),
        (127.5, "celsius", Quantity.TEMPERATURE),
        (215, "celsius", Quantity.TEMPERATURE),
        (6553.5, "volts", Quantity.VOLTAGE),
        (6553.5, "ampere", Quantity.CURRENT),
        (511, "degrees", Quantity.HEADING),
        (-1, "minutes", Quantity.TIME_TO_COMPLETE),
        (0, "kWh", Quantity.CAPACITY),
        (65535, "minutes", Quantity.TIME_TO_COMPLETE),
    ],
)
def test_marker_for_no_value_is_none(value: float, unit: str, quantity: Quantity) -> None:
    assert normalize(value, unit, quantity) is None


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.77, None, 77),
        (0.07, None, 7),
        (1, None, 100),
        (0, None, 0),
        (77, None, 77),
        (1.5, None, 1.5),
        (0.77, "percent", 0.77),
        (77, "percent", 77),
        (0.77, "liters", None),
        (101, None, None),
        (-0.5, None, None),
        (True, None, None),
        ("0.77", None, None),
        (NAN, None, None),
    ],
)
def test_fuel_level_can_be_a_fraction(value: Any, unit: Any, expected: float | None) -> None:
    assert normalize_percent_or_fraction(value, unit) == expected


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (80, "percent", 80),
        (0.8, None, 80),
        (0.8, "percent", 80),
        (1, None, 100),
        (0, "percent", None),
        (-1, "percent", None),
        (255, "percent", None),
        (80, "km", None),
        (None, None, None),
        ("80", None, None),
    ],
)
def test_no_car_has_a_charge_limit_of_one_percent_or_less(
    value: Any, unit: Any, expected: float | None
) -> None:
    assert normalize_charge_limit(value, unit) == expected


def test_only_a_fuel_level_can_be_a_fraction() -> None:
    assert normalize(0.5, None, Quantity.PERCENT) == 0.5
    assert normalize(73, None, Quantity.PERCENT) == 73


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (2.5, "bar", 250),
        (2.58, "bar", 258),
        (258, "bar", 258),
        (270.5, "bar", 270.5),
        (36, "bar", 248.211),
        (0.4, "bar", 40),
        (6, "bar", 600),
        (699.9, "bar", None),
        (6999, "bar", None),
        (36, "psi", 248.211),
        (5, "psi", 34.474),
        (250, "psi", 250),
        (699.9, "psi", None),
        (250, "kPa", 250),
        (250, "KPA", 250),
        (60, "kPa", 60),
        (2.4, "kPa", 240),
        (0.5, "kPa", None),
        (699.9, "kPa", None),
        (2.5, None, 250),
        (36, None, 248.211),
        (250, None, 250),
        (250, "", 250),
        (0.5, None, None),
        (10, None, None),
        (95, None, None),
        (699.9, None, None),
        (0, "bar", None),
        (0, None, None),
        (-2.5, "bar", None),
        (2.5, "furlong", None),
        (2.5, "bars", 250),
        (250, "kilopascals", 250),
        (250, "kilo_pascal", 250),
        (36, "pounds_per_square_inch", 248.211),
        (36, "pound-force per square inch", 248.211),
        (36, "lbf/in2", 248.211),
        (36, "PSIG", 248.211),
        (2500, "mbar", 250),
        (2500, "millibars", 250),
        (2500, "hPa", 250),
        (250000, "pascals", 250),
        (250000, "Pa", 250),
        (0.25, "MPa", 250),
        (2.5, "kgf/cm2", 245.166),
        (6999, "mbar", None),
        (655.35, "psi", None),
        (255, "psi", 255),
        (True, "bar", None),
        ("2.5", "bar", None),
        (None, "bar", None),
        ([2.5], "bar", None),
        (NAN, "bar", None),
        (INFINITY, "bar", None),
    ],
)
def test_size_of_a_tire_pressure_decides_its_unit(
    value: Any, unit: Any, expected: float | None
) -> None:
    assert normalize_tire_pressure(value, unit) == expected


numbers = st.integers() | st.floats() | st.floats(-1000, 100000) | anything()
units = st.none() | st.sampled_from(WORDS) | st.text(max_size=6) | anything()


@given(numbers, units)
def test_normalized_numbers_are_in_their_range(value: Any, unit: Any) -> None:
    for quantity, (low, high) in PLAUSIBLE.items():
        got = normalize(value, unit, quantity)
        assert got is None or (type(got) is float and low <= got <= high)
    got = normalize_percent_or_fraction(value, unit)
    assert got is None or 0 <= got <= 100
    got = normalize_tire_pressure(value, unit)
    assert got is None or 0 <= got <= 620.53


@given(st.floats(100, 600), st.sampled_from([None, "bar", "psi", "kPa"]))
def test_tire_pressure_in_kilopascal_keeps_its_value(value: float, unit: str | None) -> None:
    assert normalize_tire_pressure(value, unit) == pytest.approx(value, abs=0.001)


@given(st.floats(0, 1200), st.sampled_from([("miles", 1.609344), ("m", 0.001), ("km", 1)]))
def test_distances_are_converted(value: float, unit: tuple[str, float]) -> None:
    assert normalize(value, unit[0], Quantity.FUEL_RANGE) == pytest.approx(
        value * unit[1], abs=1e-6
    )
