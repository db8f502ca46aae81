"""One car whose store a test fills signal by signal, and Home Assistant as it shows the car."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import json
import logging
import math
from typing import Any
from unittest.mock import PropertyMock, patch

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity import Entity
import pytest

from custom_components.smartcar.const import DOMAIN
from simulator import Cloud
from simulator.car import Car
from simulator.ownership import Grant
from tests.helpers.signal_table import Shown
from tests.helpers.states import device_id, entities, entity_id, settle, state

ATTRIBUTES = ("unit_of_measurement", "device_class", "state_class")


@contextmanager
def everything_enabled() -> Iterator[None]:
    """Enable the entities that are disabled by default; which ones is not judged here."""
    name = "entity_registry_enabled_default"
    with patch.object(Entity, name, new_callable=PropertyMock(return_value=True)):
        yield


def send(cloud: Cloud, car: Car, bodies: Mapping[str, Any]) -> None:
    """Let the car's store hold these bodies."""
    for code, body in bodies.items():
        cloud.override(car.id, code, {"body": body, "status": "SUCCESS"})


def fail(cloud: Cloud, car: Car, errors: Mapping[str, Mapping[str, Any]]) -> None:
    """Let the car's store hold these failures, written like `Override`."""
    for code, error in errors.items():
        cloud.override(car.id, code, dict(error))


def forbid(cloud: Cloud, car: Car, *permissions: str) -> None:
    """Let the car's owner never have granted some permissions."""
    for connection in cloud.connections_of(vehicle_id=car.id):
        connection.grants = [
            Grant(
                tuple(name for name in grant.permissions if name not in permissions),
                grant.granted_at,
                grant.visible_at,
            )
            for grant in connection.grants
        ]


async def set_up(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Set the entry up."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)


async def ask(hass: HomeAssistant, entry: ConfigEntry, car: Car, action: str) -> Any:
    """Return what one of the actions that answer says of the car."""
    answer = await hass.services.async_call(
        DOMAIN,
        action,
        {"device_id": device_id(hass, entry, car)},
        blocking=True,
        return_response=True,
    )
    # As a script, a template or the frontend gets it.
    (vehicle,) = json.loads(json.dumps(answer))["vehicles"]
    return vehicle


def seen(hass: HomeAssistant, entry: ConfigEntry, car: Car) -> dict[str, str]:
    """Return the state of each entity of the car, as "platform.key"."""
    return {name: state(hass, car, name).state for name in sorted(entities(hass, entry, car))}


def differences(hass: HomeAssistant, car: Car, expected: tuple[Shown, ...]) -> list[str]:
    """Return, in words, what an entity shows otherwise than expected."""
    found = []
    for shown in expected:
        if (name := entity_id(hass, car, shown.entity)) is None:
            found.append(f"{shown.entity}: missing")
            continue
        current = hass.states.get(name)
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


def device_of(hass: HomeAssistant, entry: ConfigEntry, car: Car) -> dr.DeviceEntry:
    """Return the car's device."""
    found = dr.async_get(hass).async_get(device_id(hass, entry, car))
    assert isinstance(found, dr.DeviceEntry)
    return found
