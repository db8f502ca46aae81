"""VEHICLE_ERROR: errors of cars (reference 9.5)."""

import pytest

from simulator import Cloud

from .receiver import LOCKED, Make, Receiver, subscribe


async def test_error_is_reported_and_resolved(cloud: Cloud, receiver: Receiver, car: str) -> None:
    error = cloud.report_error(car, type="PERMISSION", signals=[LOCKED])
    assert list(cloud.vehicle_errors.errors.values()) == [error]
    cloud.resolve_error(error)
    await cloud.flush()
    reported, resolved = receiver.events
    assert receiver.signed(reported)
    body = reported.json
    assert body["eventType"] == "VEHICLE_ERROR"
    assert body["data"]["vehicle"]["id"] == car
    assert "signalCount" not in body["meta"]
    [sent] = body["data"]["errors"]
    assert sent["description"]
    assert sent["docURL"].endswith("/permission-errors#null")
    assert (sent["type"], sent["code"], sent["state"]) == ("PERMISSION", None, "ERROR")
    assert sent["resolution"] == {"type": "REAUTHENTICATE"}
    assert sent["signals"] == [{"name": "IsLocked", "group": "Closure", "code": LOCKED}]
    assert resolved.json["data"]["errors"] == [{**sent, "state": "RESOLVED"}]
    assert resolved.json["eventId"] != body["eventId"]
    assert not cloud.vehicle_errors.errors


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("names", "Closure.IsLocked"),
        ("swapped", {"name": "Closure", "group": "IsLocked", "code": LOCKED}),
    ],
)
async def test_signals_of_an_error_have_several_forms(
    cloud: Cloud, receiver: Receiver, car: str, form: str, expected: object
) -> None:
    cloud.report_error(
        car,
        type="COMPATIBILITY",
        code="VEHICLE_NOT_CAPABLE",
        signals=[LOCKED],
        signals_form=form,
        suggested_user_message="Sorry.",
    )
    await cloud.flush()
    [error] = receiver.events[0].json["data"]["errors"]
    assert error["signals"] == [expected]
    assert error["resolution"] == {"type": None}
    assert error["suggestedUserMessage"] == "Sorry."


async def test_error_of_the_whole_connection_has_no_signals(
    cloud: Cloud, receiver: Receiver, car: str
) -> None:
    kind = {"type": "CONNECTED_SERVICES_ACCOUNT", "code": "AUTHENTICATION_FAILED"}
    cloud.report_error(car, **kind)
    cloud.report_error(car, **kind, resolution="CONTACT_SUPPORT")
    cloud.report_error(car, **kind, resolution={"type": None})
    await cloud.flush()
    errors = [event.json["data"]["errors"][0] for event in receiver.events]
    assert all("signals" not in error for error in errors)
    url = cloud.reauthenticate_url(car)
    assert [error["resolution"] for error in errors] == [
        {"type": "REAUTHENTICATE", "url": url},
        {"type": "CONTACT_SUPPORT"},
        {"type": None},
    ]


async def test_errors_may_have_their_own_callback(
    make: Make, cloud: Cloud, receiver: Receiver
) -> None:
    webhook = make(error_callback_uri=receiver.url.replace("abc", "errors"))
    await cloud.flush()
    cloud.report_error(subscribe(cloud, webhook), type="VEHICLE_STATE", code="ASLEEP")
    await cloud.flush()
    assert [event.path for event in receiver.events] == ["/api/webhook/abc", "/api/webhook/errors"]
