"""What all tests share."""

from hypothesis import HealthCheck, settings
import pytest

# Imported here, so that Home Assistant finds our custom_components and not the test library's.
import custom_components.smartcar  # noqa: F401

settings.register_profile(
    "suite",
    max_examples=200,
    deadline=None,
    # Fixtures here only hold servers and clocks; they need no reset between examples.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.register_profile("deep", settings.get_profile("suite"), max_examples=10_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --deep."""
    parser.addoption(
        "--deep", action="store_true", help="10,000 examples per property instead of 200"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Choose how many examples each property gets."""
    settings.load_profile("deep" if config.getoption("--deep") else "suite")


@pytest.fixture(autouse=True)
def _custom_integrations(request: pytest.FixtureRequest) -> None:
    """Let Home Assistant, where a test starts one, load this integration."""
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")
