"""What only a car's owner can put right."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from custom_components.smartcar.const import DOMAIN
from simulator import Cloud
from tests.helpers.states import act, entity_id, state


def _owner_actions(hass: HomeAssistant) -> list[ir.IssueEntry]:
    issues = ir.async_get(hass).issues.values()
    return [
        issue
        for issue in issues
        if issue.domain == DOMAIN and issue.issue_id.startswith("owner_action_")
    ]


async def test_a_login_that_the_signals_say_is_lost(
    hass: HomeAssistant, cloud: Cloud, entry: ConfigEntry
) -> None:
    """The answer succeeds, with errors and old bodies in it: values stay, the owner is asked."""
    car = next(iter(cloud.cars.values()))
    battery = state(hass, car, "sensor.battery_level")
    cloud.require_login(car.id)
    await act(hass, "button.press", entity_id(hass, car, "button.refresh"))
    (issue,) = _owner_actions(hass)
    assert issue.translation_key == "owner_must_log_in"
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["vehicle"] == "Robin"
    assert car.id not in issue.issue_id
    assert state(hass, car, "sensor.battery_level") == battery
    assert not hass.config_entries.flow.async_progress()

    cloud.require_login(car.id, needed=False)
    await act(hass, "button.press", entity_id(hass, car, "button.refresh"))
    assert not _owner_actions(hass)


async def test_an_error_from_before_the_consent_means_nothing(
    hass: HomeAssistant, cloud: Cloud, entry: ConfigEntry
) -> None:
    car = next(iter(cloud.cars.values()))
    cloud.override(
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
    await act(hass, "button.press", entity_id(hass, car, "button.refresh"))
    assert not _owner_actions(hass)
