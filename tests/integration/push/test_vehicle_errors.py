"""Errors of cars that deliveries report: the repairs they raise and clear."""

from typing import Any

from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.smartcar.const import CONF_APPLICATION_ID, DOMAIN
from tests.helpers.push_home import TRAVELED_DISTANCE, PushHome

UNUSED = ["vehicleuseraccount-role", "vehicleuseraccount-permissions"]
USED = ["tractionbattery-stateofcharge", TRAVELED_DISTANCE]


async def test_login_error_raises_a_repair_until_it_is_resolved(home: PushHome) -> None:
    car = home.car
    login = home.cloud.report_error(
        car.id, type="CONNECTED_SERVICES_ACCOUNT", code="AUTHENTICATION_FAILED"
    )
    await home.flush()
    (issue,) = home.issues().values()
    assert issue.translation_key == "owner_must_log_in"
    assert (issue.translation_placeholders or {})["message"] == login.suggested_user_message
    # A link of its own, in the one form that does not end on a dead page; the entry has no
    # Application ID, but the link in the error has.
    assert issue.learn_more_url is not None
    assert issue.learn_more_url.endswith(
        f"/oauth/reauthenticate?response_type=none&application_id={home.cloud.application_id}"
        f"&vehicle_id={car.id}"
    )
    assert not issue.is_fixable
    # No re-authentication of the application, and the data stays.
    assert home.hass.config_entries.flow.async_progress() == []
    assert home.battery() != "unavailable"
    # It is still there after a restart.
    ir.async_get(home.hass).issues.clear()
    await home.reload()
    assert set(home.issues()) == {"owner_must_log_in"}
    home.cloud.resolve_error(login)
    await home.flush()
    assert home.issues() == {}
    await home.reload()
    assert home.issues() == {}


def named_signals(home: PushHome) -> str | None:
    """Return the signals that the repair of a missing permission names."""
    issue = home.issues().get("permission_missing")
    return (issue.translation_placeholders or {})["signals"] if issue else None


async def test_errors_of_unused_signals_are_no_repair(home: PushHome) -> None:
    car = home.car
    # Even if there was a role to be read once.
    home.cloud.override(car.id, UNUSED[0], {"body": {"value": "OWNER"}, "status": "SUCCESS"})
    await home.flush()
    assert UNUSED[0] in home.entry.runtime_data.vehicles[car.id].data.codes_in_use
    home.cloud.report_error(car.id, type="PERMISSION", signals=UNUSED)
    home.cloud.report_error(
        car.id, type="PERMISSION", signals=["internalcombustionengine-fuellevel"]
    )
    home.cloud.report_error(
        car.id, type="COMPATIBILITY", code="VEHICLE_NOT_CAPABLE", signals=USED, resolution="X"
    )
    await home.flush()
    assert home.issues() == {}


async def test_missing_permission_names_the_used_signals_until_they_are_resolved(
    home: PushHome,
) -> None:
    def permission(signals: list[str], **form: Any) -> Any:
        return home.cloud.report_error(home.car.id, type="PERMISSION", signals=signals, **form)

    first = permission([*USED, *UNUSED], signals_form="names")
    await home.flush()
    assert named_signals(home) == ", ".join(sorted(USED))
    # An error of unused signals is repeated often, and its end resolves nothing else.
    repeated = permission(UNUSED)
    await home.flush()
    home.cloud.resolve_error(repeated)
    await home.flush()
    assert named_signals(home) == ", ".join(sorted(USED))
    await home.reload()
    assert named_signals(home) == ", ".join(sorted(USED))
    # Part of it is over, then all.
    part = permission(USED[:1], signals_form="swapped")
    home.cloud.resolve_error(part)
    await home.flush()
    assert named_signals(home) == USED[1]
    home.cloud.resolve_error(first)
    await home.flush()
    assert home.issues() == {}


@pytest.mark.parametrize("signals", [None, []], ids=["missing", "empty"])
async def test_missing_permission_without_signals_concerns_the_connection(
    home: PushHome, signals: list[str] | None
) -> None:
    resolution = {"type": "REAUTHENTICATE", "url": "javascript:x"}
    error = home.cloud.report_error(
        home.car.id, type="PERMISSION", signals=signals, resolution=resolution
    )
    await home.flush()
    assert set(home.issues()) == {"owner_must_log_in"}
    assert home.issues()["owner_must_log_in"].learn_more_url is None
    home.cloud.resolve_error(error)
    await home.flush()
    assert home.issues() == {}


@pytest.mark.parametrize("vehicles", [2])
async def test_repairs_of_a_car_go_with_it(new_home: PushHome) -> None:
    await new_home.set_up_push(**{CONF_APPLICATION_ID: "our-application"})
    await new_home.make_webhook()
    for car in new_home.cars:
        new_home.cloud.report_error(
            car.id, type="CONNECTED_SERVICES_ACCOUNT", code="AUTHENTICATION_FAILED"
        )
        new_home.cloud.report_error(
            car.id,
            type="VEHICLE_STATE",
            code="REMOTE_ACCESS_DISABLED",
            resolution={"type": "X", "url": "http://127.0.0.1.example.com/"},
        )
    await new_home.flush()

    def issues() -> list[ir.IssueEntry]:
        return [
            one
            for (domain, _), one in ir.async_get(new_home.hass).issues.items()
            if domain == DOMAIN
        ]

    assert sorted(str(one.translation_key) for one in issues()) == [
        *["owner_must_act"] * 2,
        *["owner_must_log_in"] * 2,
    ]
    links = {one.learn_more_url for one in issues()}
    assert len(links) == 3
    assert None in links
    assert all("application_id=our-application" in link for link in links if link)
    assert not any(car.id in one.issue_id for one in issues() for car in new_home.cars)
    await new_home.entry.runtime_data.async_forget(new_home.car.id)
    assert len(issues()) == 2
    assert new_home.device(new_home.cars[1]) is not None
