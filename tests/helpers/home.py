"""The home of a test: Home Assistant with the cars of one application, and the cloud they are in."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartcar.const import CONF_COMMAND_RESERVE, CONF_REQUESTS_PER_MONTH, DOMAIN
from simulator import Cloud
from simulator.car import Car

from . import states
from .routes import COMMANDS, SIGNALS

LOCK = "lock.door_lock"
ODOMETER = "sensor.odometer"
# What the odometers of all cars show at first, in km.
ODOMETER_AT_FIRST = 76_000

type NewEntry = Callable[..., MockConfigEntry]


class Home:
    """What a test does in Home Assistant, and what it sees there.

    Entities are named as "platform.key". Where no car is given, the first one is meant.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        cloud: Cloud,
        cars: list[Car],
        new_entry: NewEntry,
        clock: FrozenDateTimeFactory | None,
    ) -> None:
        self.hass = hass
        self.cloud = cloud
        self.cars = cars
        self._new_entry = new_entry
        self._clock = clock
        self._entry: MockConfigEntry | None = None

    @property
    def car(self) -> Car:
        """The first car."""
        return self.cars[0]

    # The entry

    @property
    def entry(self) -> MockConfigEntry:
        """The entry that was added first."""
        assert self._entry is not None, "no entry yet"
        return self._entry

    def entry_state(self) -> ConfigEntryState:
        """Return the state of the entry."""
        return self.entry.state

    def add_entry(self, **overrides: Any) -> MockConfigEntry:
        """Add an entry without setting it up."""
        entry = self._new_entry(**overrides)
        self._entry = self._entry or entry
        return entry

    async def set_up(
        self, *, requests: int | None = None, reserve: int = 10, **overrides: Any
    ) -> MockConfigEntry:
        """Add an entry, with a monthly budget if one is given, and set it up."""
        if requests is not None:
            overrides["options"] = {
                CONF_REQUESTS_PER_MONTH: requests,
                CONF_COMMAND_RESERVE: reserve,
            }
        entry = self.add_entry(**overrides)
        await async_setup_component(self.hass, "homeassistant", {})
        await self.load(entry)
        return entry

    async def load(self, entry: ConfigEntry | None = None) -> None:
        """Set up an entry that was added, or unloaded, before."""
        await states.set_up(self.hass, entry or self.entry)

    async def unload(self) -> None:
        """Unload the entry."""
        assert await self.hass.config_entries.async_unload(self.entry.entry_id)

    async def reload(self, entry: ConfigEntry | None = None) -> None:
        """Unload the entry and set it up again, as a restart does."""
        assert await self.hass.config_entries.async_reload((entry or self.entry).entry_id)
        await self.settle()

    async def remove(self, entry: ConfigEntry | None = None) -> None:
        """Remove the entry."""
        assert await self.hass.config_entries.async_remove((entry or self.entry).entry_id)
        await self.settle()

    # What is shown

    def entity_id(self, car: Car, entity: str) -> str | None:
        """Return the id of an entity, if it exists."""
        return states.entity_id(self.hass, car, entity)

    def state(self, car: Car, entity: str) -> State:
        """Return the state of an entity that must be there."""
        return states.state(self.hass, car, entity)

    def value(self, car: Car, entity: str) -> str:
        """Return what an entity shows."""
        return self.state(car, entity).state

    def entities(self, car: Car | None = None) -> set[str]:
        """Return the entities of a car that show a state."""
        return states.entities(self.hass, self.entry, car or self.car)

    def device(self, car: Car, entry: ConfigEntry | None = None) -> dr.DeviceEntry | None:
        """Return the device of a car, if it exists."""
        return states.device(self.hass, entry or self.entry, car)

    def device_id(self, car: Car | None = None) -> str:
        """Return the id of a device that must be there."""
        return states.device_id(self.hass, self.entry, car or self.car)

    def issues(self) -> dict[str, ir.IssueEntry]:
        """Return the open repairs of the integration, by the key of their text."""
        return states.issues(self.hass)

    def changes(self) -> states.Changes:
        """Begin to collect the entities whose state changes."""
        return states.Changes(self.hass)

    # What the user does

    async def act(self, action: str, car: Car, entity: str, **data: Any) -> None:
        """Call an action of Home Assistant, as "domain.action", on one entity."""
        await states.act(self.hass, action, self.entity_id(car, entity), **data)

    async def press_refresh(self, car: Car | None = None) -> None:
        """Press *Refresh*."""
        await self.act("button.press", car or self.car, "button.refresh")

    async def refresh(self, *cars: Car) -> None:
        """Press *Refresh* of cars, and wait until nothing is under way."""
        for car in cars or (self.car,):
            await self.press_refresh(car)
        await self.settle()

    async def lock(self, car: Car | None = None) -> None:
        """Lock a car."""
        await self.act("lock.lock", car or self.car, LOCK)

    async def unlock(self, car: Car | None = None) -> None:
        """Unlock a car."""
        await self.act("lock.unlock", car or self.car, LOCK)

    async def update_entities(self, car: Car, *entities: str) -> None:
        """Update entities, as an automation does."""
        ids = [self.entity_id(car, entity) for entity in entities]
        await self.hass.services.async_call(
            "homeassistant", "update_entity", {"entity_id": ids}, blocking=True
        )

    def begin[T](self, action: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin something that the user waits for."""
        return self.hass.async_create_task(action)

    async def call(self, action: str, **data: Any) -> None:
        """Call an action of the integration."""
        await self.hass.services.async_call(DOMAIN, action, data, blocking=True)

    async def call_refresh(self, car: Car | None = None) -> None:
        """Call the action *Refresh* on the device of a car."""
        await self.call("refresh", device_id=self.device_id(car))

    # Time

    @property
    def freezer(self) -> FrozenDateTimeFactory:
        """The clock, which stands still; only where the test uses the fixture `freezer`."""
        assert self._clock is not None, "the test does not use the fixture freezer"
        return self._clock

    async def let_pass(self, span: timedelta, step: timedelta | None = None) -> None:
        """Let time pass, in steps if need be, and whatever is due happen."""
        await states.let_pass(self.hass, self.freezer, span, step)

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        await states.settle(self.hass)

    # What the cloud counted

    def polls(self) -> int:
        """Return how many requests for signals there were, and forget all requests."""
        count = self.cloud.requests[SIGNALS]
        self.cloud.requests.clear()
        return count

    def sent(self) -> int:
        """Return how many requests there were that the budget counts, and forget all requests."""
        counted = [
            number
            for request, number in self.cloud.requests.items()
            if request == SIGNALS or request.startswith(COMMANDS)
        ]
        self.cloud.requests.clear()
        return sum(counted)


async def refused(action: Awaitable[object], key: str | None = None) -> str:
    """Return the sentence that refuses an action; `key`, if given, is the key of its text."""
    with pytest.raises(HomeAssistantError) as caught:
        await action
    assert caught.value.translation_key
    if key is not None:
        assert caught.value.translation_key == key
    return str(caught.value)
