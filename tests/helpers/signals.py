"""Signals of a car: what a test lets the cloud store, and what Home Assistant shows of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import json
import logging
import math
from typing import Any
from unittest.mock import PropertyMock, patch

from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity import Entity
import pytest

from custom_components.smartcar.const import DOMAIN
from simulator import Cloud
from simulator.car import Car
from simulator.ownership import Grant

from .home import Home
from .signal_table import Shown

ATTRIBUTES = ("unit_of_measurement", "device_class", "state_class")


@contextmanager
def everything_enabled() -> Iterator[None]:
    """Enable the entities that are disabled by default."""
    name = "entity_registry_enabled_default"
    with patch.object(Entity, name, new_callable=PropertyMock(return_value=True)):
        yield


def send(cloud: Cloud, car: Car, bodies: Mapping[str, Any]) -> None:
    """Store these bodies for a car."""
    for code, body in bodies.items():
        cloud.override(car.id, code, {"body": body, "status": "SUCCESS"})


def fail(cloud: Cloud, car: Car, errors: Mapping[str, Mapping[str, Any]]) -> None:
    """Store these failures for a car, written like `Override`."""
    for code, error in errors.items():
        cloud.override(car.id, code, dict(error))


def forbid(cloud: Cloud, car: Car, *permissions: str) -> None:
    """Take some permissions out of every grant of the owner of a car."""
    for connection in cloud.connections_of(vehicle_id=car.id):
        connection.grants = [
            Grant(
                tuple(name for name in grant.permissions if name not in permissions),
                grant.granted_at,
                grant.visible_at,
            )
            for grant in connection.grants
        ]


async def response(home: Home, action: str) -> Any:
    """Return the response of an action for the first car, as a template or the frontend gets it."""
    answer = await home.hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": home.device_id()},
        blocking=True,
        return_response=True,
    )
    (vehicle,) = json.loads(json.dumps(answer))["vehicles"]
    return vehicle


def seen(home: Home) -> dict[str, str]:
    """Return the state of each entity of the first car, by "platform.key"."""
    return {name: home.value(home.car, name) for name in sorted(home.entities())}


def differences(home: Home, expected: tuple[Shown, ...]) -> list[str]:
    """Return, in words, what the entities of the first car show otherwise than expected."""
    found = []
    for shown in expected:
        if (name := home.entity_id(home.car, shown.entity)) is None:
            found.append(f"{shown.entity}: missing")
            continue
        current = home.hass.states.get(name)
        assert current is not None
        wanted: dict[str, Any] = dict(
            zip(ATTRIBUTES, (shown.unit, shown.device_class, shown.state_class), strict=True)
        )
        wanted = {"state": shown.state, **wanted, **shown.attributes}
        actual: dict[str, Any] = {"state": current.state, **current.attributes}
        if not isinstance(shown.state, str) and current.state not in {"unknown", "unavailable"}:
            number = float(current.state)
            close = math.isclose(number, shown.state, rel_tol=1e-6)
            actual["state"] = shown.state if close else number
        found += [
            f"{shown.entity}: {key} is {actual.get(key)!r}, not {value!r}"
            for key, value in wanted.items()
            if json.loads(json.dumps(actual.get(key))) != value
        ]
    return found


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged as a warning or worse."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING
        and record.name.startswith(("custom_components", "homeassistant"))
        # Home Assistant warns of every custom integration.
        and record.name != "homeassistant.loader"
    ]


def device_of(home: Home) -> dr.DeviceEntry:
    """Return the device of the first car."""
    found = dr.async_get(home.hass).async_get(home.device_id())
    assert isinstance(found, dr.DeviceEntry)
    return found
