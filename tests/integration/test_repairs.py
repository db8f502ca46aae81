"""Repairs that only the owner of a car can do."""

from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.smartcar.const import CONF_APPLICATION_ID, DOMAIN
from simulator.faults import Fault
from tests.helpers.home import ODOMETER, Home
from tests.helpers.routes import SIGNALS_ROUTE
from tests.helpers.times import POLL

pytestmark = pytest.mark.usefixtures("freezer")


@pytest.mark.parametrize("application_id", [None, "11111111-2222-4333-8444-555555555555"])
async def test_login_error_of_a_poll_raises_a_repair_with_a_link(
    home: Home, application_id: str | None
) -> None:
    car = home.car
    if application_id:
        home.hass.config_entries.async_update_entry(
            home.entry, data={**home.entry.data, CONF_APPLICATION_ID: application_id}
        )
    before = home.value(car, ODOMETER)
    fault = home.cloud.faults.add(
        Fault(
            route=SIGNALS_ROUTE,
            vehicle_id=car.id,
            type="CONNECTED_SERVICES_ACCOUNT",
            code="AUTHENTICATION_FAILED",
        )
    )
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await home.refresh(car)
    issue = home.issues()["owner_must_log_in"]
    assert not issue.is_fixable
    assert (issue.translation_placeholders or {})["vehicle"] == "Robin"
    if application_id:
        assert issue.learn_more_url is not None
        assert f"application_id={application_id}" in issue.learn_more_url
        assert f"vehicle_id={car.id}" in issue.learn_more_url
        assert "response_type=none" in issue.learn_more_url
        assert "redirect_uri" not in issue.learn_more_url
    else:
        assert issue.learn_more_url is None
    assert not home.hass.config_entries.flow.async_progress()
    assert home.value(car, ODOMETER) == before

    home.cloud.faults.remove(fault)
    await home.let_pass(POLL)
    assert not home.issues()


async def test_other_error_for_the_owner_shows_the_link_of_the_cloud(home: Home) -> None:
    home.cloud.faults.add(
        Fault(
            route=SIGNALS_ROUTE,
            vehicle_id=home.car.id,
            type="CONNECTED_SERVICES_ACCOUNT",
            code="VIRTUAL_KEY_REQUIRED",
            resolution={"type": "ACTION_REQUIRED", "url": "https://smartcar.com/virtual-key"},
        )
    )
    await home.let_pass(POLL)
    issue = home.issues()["owner_must_act"]
    assert issue.learn_more_url == "https://smartcar.com/virtual-key"
    placeholders = issue.translation_placeholders or {}
    assert placeholders["message"] == "Please add the virtual key to your car."


async def test_login_errors_of_signals_keep_the_values(home: Home) -> None:
    before = home.value(home.car, ODOMETER)
    home.cloud.require_login(home.car.id)
    await home.let_pass(POLL)
    assert home.value(home.car, ODOMETER) == before
    assert not home.hass.config_entries.flow.async_progress()
    assert "owner_must_log_in" in home.issues()
    home.cloud.require_login(home.car.id, needed=False)
    await home.let_pass(POLL)
    assert not home.issues()


def owner_actions(home: Home) -> list[ir.IssueEntry]:
    issues = ir.async_get(home.hass).issues.values()
    return [
        issue
        for issue in issues
        if issue.domain == DOMAIN and issue.issue_id.startswith("owner_action_")
    ]


async def test_login_errors_of_signals_raise_a_repair_for_the_owner(home: Home) -> None:
    """The request succeeds, with errors and old bodies in its answer: the values stay."""
    car = next(iter(home.cloud.cars.values()))
    battery = home.state(car, "sensor.battery_level")
    home.cloud.require_login(car.id)
    await home.press_refresh(car)
    (issue,) = owner_actions(home)
    assert issue.translation_key == "owner_must_log_in"
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["vehicle"] == "Robin"
    assert car.id not in issue.issue_id
    assert home.state(car, "sensor.battery_level") == battery
    assert not home.hass.config_entries.flow.async_progress()

    home.cloud.require_login(car.id, needed=False)
    await home.press_refresh(car)
    assert not owner_actions(home)


async def test_login_error_from_before_the_consent_is_no_repair(home: Home) -> None:
    car = next(iter(home.cloud.cars.values()))
    home.cloud.override(
        car.id,
        "charge-voltage",
        {
            "status": "ERROR",
            "error": {
                "type": "CONNECTED_SERVICES_ACCOUNT",
                "code": "AUTHENTICATION_FAILED",
                "resolution": {"type": "REAUTHENTICATE"},
            },
            "meta": {"ingestedAt": "2020-01-01T00:00:00Z"},
        },
    )
    await home.press_refresh(car)
    assert not owner_actions(home)
