"""How a car is named to a person."""

import pytest

from custom_components.smartcar.api import Vehicle
from custom_components.smartcar.vehicle import make_name, model_name


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("VOLKSWAGEN", "Volkswagen"),
        ("BMW", "BMW"),
        ("KIA", "Kia"),
        ("MINI", "MINI"),
        ("MERCEDES_BENZ", "Mercedes-Benz"),
        ("MERCEDES-BENZ", "Mercedes-Benz"),
        ("Mercedes Benz", "Mercedes-Benz"),
        ("LAND_ROVER", "Land Rover"),
        ("ALFA ROMEO", "Alfa Romeo"),
        ("SKODA", "Škoda"),
        ("CITROEN", "Citroën"),
        ("ROLLS-ROYCE", "Rolls-Royce"),
        ("CUPRA", "CUPRA"),
        ("SEAT", "SEAT"),
        ("DS", "DS"),
        ("BYD", "BYD"),
        ("MG", "MG"),
        ("GMC", "GMC"),
        ("RAM", "RAM"),
        ("tesla", "Tesla"),
        # A make in its own capitals stays.
        ("DeLorean", "DeLorean"),
        ("", ""),
        (None, None),
    ],
)
def test_makes_are_written_as_people_write_them(sent: str | None, shown: str | None) -> None:
    assert make_name(sent) == shown


@pytest.mark.parametrize(
    ("model", "year", "shown"),
    [
        ("ID.4", 2023, "ID.4 (2023)"),
        ("ID.4", None, "ID.4"),
        ("ID.4", 0, "ID.4"),
        (None, 2023, None),
    ],
)
def test_model_has_its_year(model: str | None, year: int | None, shown: str | None) -> None:
    assert model_name(Vehicle(id="v", model=model, year=year)) == shown
