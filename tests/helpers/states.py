"""Home Assistant as its user has it: states, actions, and time that passes."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, HomeAssistant, State
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
from pytest_homeassistant_custom_component.common import (
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.smartcar.const import DOMAIN
from simulator.car import Car


def entity_id(hass: HomeAssistant, car: Car, entity: str) -> str | None:
    """Return the id of an entity that is named as "platform.key"."""
    platform, key = entity.split(".")
    return er.async_get(hass).async_get_entity_id(platform, DOMAIN, f"{car.id}_{key}")


def state(hass: HomeAssistant, car: Car, entity: str) -> State:
    """Return the state of an entity that must be there."""
    found = entity_id(hass, car, entity)
    assert found is not None, f"no {entity}"
    current = hass.states.get(found)
    assert current is not None, f"no state of {entity}"
    return current


def value(hass: HomeAssistant, car: Car, entity: str) -> str:
    """Return what an entity shows."""
    return state(hass, car, entity).state


def entities(hass: HomeAssistant, entry: ConfigEntry, car: Car) -> set[str]:
    """Return the entities of a car that show a state, as "platform.key"."""
    return {
        f"{entity.domain}.{entity.unique_id.removeprefix(f'{car.id}_')}"
        for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
        if entity.unique_id.startswith(car.id) and hass.states.get(entity.entity_id)
    }


def device(hass: HomeAssistant, entry: ConfigEntry, car: Car) -> dr.DeviceEntry | None:
    """Return the device of a car."""
    return dr.async_get(hass).async_get_device_by_identifier((DOMAIN, car.id), entry.entry_id)


def device_id(hass: HomeAssistant, entry: ConfigEntry, car: Car) -> str:
    """Return the id of a device that must be there."""
    found = device(hass, entry, car)
    assert found is not None
    return found.id


async def act(hass: HomeAssistant, action: str, target: str | None, **data: Any) -> None:
    """Call an action of Home Assistant, as "domain.action", on one entity."""
    domain, name = action.split(".")
    assert target is not None, "no such entity"
    await hass.services.async_call(domain, name, {"entity_id": target, **data}, blocking=True)


async def set_up(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Set an entry up."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await settle(hass)


async def settle(hass: HomeAssistant) -> None:
    """Wait until nothing is under way."""
    await hass.async_block_till_done(wait_background_tasks=True)


async def let_pass(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    span: timedelta,
    step: timedelta | None = None,
) -> None:
    """Let time pass, in steps if need be, and whatever is due happen.

    The clock must be frozen before the entry is set up: what was timed earlier is due at once.
    """
    left = span
    while left > timedelta():
        part = min(left, step or span)
        left -= part
        freezer.tick(part)
        async_fire_time_changed(hass)
        await settle(hass)


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return the open repairs of the integration, by the key of their text."""
    return {
        str(issue.translation_key): issue
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN and issue.active
    }


async def refresh(hass: HomeAssistant, *cars: Car) -> None:
    """Press *Refresh* of several cars, and wait until nothing is under way."""
    for car in cars:
        await act(hass, "button.press", entity_id(hass, car, "button.refresh"))
    await settle(hass)


class Changes:
    """Collects the entities whose state was written with something new."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._events: list[Event[Any]] = async_capture_events(hass, "state_changed")

    def take(self) -> list[str]:
        """Return the entity ids, sorted, and begin anew."""
        taken = sorted(event.data["entity_id"] for event in self._events)
        self._events.clear()
        return taken
