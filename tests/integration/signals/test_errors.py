"""Errors of signals without a value: they show nothing, and keep the last good value.

A body beside an error is a value only with the maker's time, and not beside every error.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from simulator.car import Car
from tests.helpers.home import Home
from tests.helpers.signal_table import ALWAYS, BODIES, BY_PERMISSION, TABLE
from tests.helpers.signals import complaints, fail, response, seen

pytestmark = pytest.mark.usefixtures("everything_is_enabled")


def _error(kind: str, code: str | None, body: object = ...) -> Mapping[str, Any]:
    failure: dict[str, Any] = {"error": {"type": kind, "code": code}}
    return failure if body is ... else failure | {"body": body}


def _stale(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a body that must not be believed: every value in it is another one."""

    def other(value: Any) -> Any:
        match value:
            case bool():
                return not value
            case int() | float():
                return value + 1
            case str():
                return value + "?"
            case list():
                return []
            case dict():
                return {key: other(item) for key, item in value.items()}
        return value

    return {key: item if key == "unit" else other(item) for key, item in body.items()}


NOT_CHARGING = "not charging"


ERRORS: Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {
    "incapable": lambda body: _error("COMPATIBILITY", "VEHICLE_NOT_CAPABLE"),
    "incapable, null fields": lambda body: _error(
        "COMPATIBILITY", "VEHICLE_NOT_CAPABLE", dict.fromkeys(body)
    ),
    "permission": lambda body: _error("PERMISSION", None, None),
    "permission unknown": lambda body: _error("PERMISSION", "UNKNOWN"),
    NOT_CHARGING: lambda body: _error("VEHICLE_STATE", "NOT_CHARGING", _stale(body)),
    "server": lambda body: _error("SERVER", "INTERNAL"),
    "incapable, stale": lambda body: _error("COMPATIBILITY", "VEHICLE_NOT_CAPABLE", _stale(body)),
    "permission, stale": lambda body: _error("PERMISSION", "UNKNOWN", _stale(body)),
    "unavailable": lambda body: {"status": "UNAVAILABLE", "body": _stale(body), "meta": {}},
    "login": lambda body: {
        **_error("CONNECTED_SERVICES_ACCOUNT", "AUTHENTICATION_FAILED", _stale(body)),
        "meta": {},
    },
}


WITHOUT_CHARGE = {
    "sensor.charge_amperage": 0,
    "sensor.charge_chargerate": 0,
    "sensor.charge_complete_at": "unknown",
    "sensor.charge_time_to_complete": "unknown",
    "sensor.charge_voltage": "unknown",
    "sensor.charge_wattage": 0,
    "binary_sensor.charging": "off",
    "sensor.charging_state": "connected",
    "sensor.charging_status_abc": "b",
    "switch.charging": "off",
}


async def test_errors_alone_create_no_entity(
    new_home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    await new_home.set_up()
    for kind, error in ERRORS.items():
        new_home.freezer.tick(timedelta(minutes=10))
        fail(new_home.cloud, new_home.car, {code: error(body) for code, body in BODIES.items()})
        await new_home.refresh()
        assert new_home.entities() == ALWAYS | BY_PERMISSION, kind
        assert seen(new_home)["lock.door_lock"] == "unknown", kind
        signals = (await response(new_home, "get_signals"))["signals"]
        assert signals.keys() == TABLE.keys()
        assert all(stored["error"] and not stored["body"] for stored in signals.values()), kind
    assert complaints(caplog) == []


async def test_errors_keep_the_last_good_values(
    full_home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    """The last good value stays, also after a restart, whatever body stands beside the error."""
    before = _values(full_home, full_home.car)
    # The one that changes something comes last.
    for kind, error in sorted(ERRORS.items(), key=lambda item: item[0] == NOT_CHARGING):
        full_home.freezer.tick(timedelta(minutes=10))
        fail(full_home.cloud, full_home.car, {code: error(body) for code, body in BODIES.items()})
        await full_home.refresh()
        if kind == NOT_CHARGING:
            before |= WITHOUT_CHARGE
        assert _values(full_home, full_home.car) == before, kind
    await full_home.reload()
    assert _values(full_home, full_home.car) == before
    assert complaints(caplog) == []


def _values(home: Home, car: Car) -> dict[str, object]:
    """Return what the entities show, apart from times; numbers as numbers."""
    shown: dict[str, object] = {}
    for name, text in seen(home).items():
        if name in ALWAYS or name.startswith("event."):
            continue
        try:
            shown[name] = float(text)
        except ValueError:
            shown[name] = text
    return shown
