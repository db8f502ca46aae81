"""What the tests of the budget share."""

import pytest


@pytest.fixture
def vehicles() -> int:
    """Return how many cars are connected; parametrize it for more."""
    return 1
