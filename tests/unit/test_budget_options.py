"""The budget that the options of an entry set."""

from collections.abc import Mapping

import pytest

from custom_components.smartcar.budget import Budget, budget_from_options


@pytest.mark.parametrize(
    ("options", "budget"),
    [
        ({}, Budget(500, 50)),
        ({"requests_per_month": 100}, Budget(100, 10)),
        ({"requests_per_month": 0, "command_reserve": 20}, Budget(0, 0)),
        ({"requests_per_month": 1000, "command_reserve": 0}, Budget(1000, 0)),
        ({"command_reserve": 2.5}, Budget(500, 13)),
        ({"requests_per_month": "many", "command_reserve": None}, Budget(500, 50)),
    ],
)
def test_budget_comes_from_the_options(options: Mapping[str, object], budget: Budget) -> None:
    assert budget_from_options(options) == budget
