"""One Home Assistant with cars of one application, and the requests that the cloud counted."""

import asyncio
from collections.abc import Awaitable, Coroutine, Mapping
from datetime import datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from custom_components.smartcar.const import CONF_COMMAND_RESERVE, CONF_REQUESTS_PER_MONTH, DOMAIN
from simulator import Cloud
from simulator.car import Car
from simulator.faults import Fault
from tests.helpers.home import NewEntry
from tests.helpers.states import act, device_id, entity_id, let_pass, settle, state

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

# How long a slow cloud takes, in seconds of the frozen clock.
_SLOW = 1.0

LOCK = "lock.door_lock"
NEXT = "sensor.next_poll"
ODOMETER = "sensor.odometer"
REFRESH = "button.refresh"


class Home:
    """The home of a test: what its user does, what it shows, and what that costs.

    It is noon of the 10th of a month, the cars are parked and awake, and their routine stands
    still.
    """

    entry: MockConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        cloud: Cloud,
        cars: list[Car],
        freezer: FrozenDateTimeFactory,
        new_entry: NewEntry,
    ) -> None:
        self.hass = hass
        self.cloud = cloud
        self.cars = cars
        self.freezer = freezer
        self._new_entry = new_entry
        # A car then reports what a test lets it report, and nothing else.
        cloud.report_interval = 1e9
        for car in cars:
            cloud.patch_state(car.id, {"driving": False, "charging": False, "asleep": False})

    @property
    def car(self) -> Car:
        """The first car."""
        return self.cars[0]

    async def start(
        self, requests: int = 500, *, data: Mapping[str, str] | None = None, **entry: Any
    ) -> None:
        """Set the entry up with a budget, and forget what that cost."""
        await async_setup_component(self.hass, "homeassistant", {})
        self.entry = self._new_entry(
            options={CONF_REQUESTS_PER_MONTH: requests, CONF_COMMAND_RESERVE: 10}, **entry
        )
        if data:
            self.hass.config_entries.async_update_entry(
                self.entry, data={**self.entry.data, **data}
            )
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await settle(self.hass)
        self.requests()

    async def reload(self) -> None:
        """Unload the entry and set it up again."""
        assert await self.hass.config_entries.async_reload(self.entry.entry_id)
        await settle(self.hass)

    def requests(self) -> dict[str, int]:
        """Return the requests that the cloud counted since the last call."""
        counted = dict(self.cloud.requests)
        self.cloud.requests.clear()
        return counted

    async def wait(self, span: timedelta, step: timedelta | None = None) -> None:
        """Let time pass, in steps if need be."""
        await let_pass(self.hass, self.freezer, span, step)

    def wake_up_at(self, time: datetime) -> None:
        """Let it be that time, and do not wait for what is due then."""
        self.freezer.move_to(time)
        async_fire_time_changed(self.hass)

    async def save(self) -> None:
        """Let everything be written that waits to be written, as when Home Assistant stops.

        That needs no time: under a frozen clock a delayed save may not be due when it should.
        """
        self.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
        await _let_others_run()

    # What is shown

    def id(self, entity: str, car: Car | None = None) -> str:
        """Return the id of an entity of a car that must be there, as "platform.key"."""
        found = entity_id(self.hass, car or self.car, entity)
        assert found is not None, f"no {entity}"
        return found

    def shows(self, entity: str, car: Car | None = None) -> str:
        """Return the state of an entity of a car."""
        return state(self.hass, car or self.car, entity).state

    def next_request(self, car: Car | None = None) -> datetime:
        """Return what *Next request* shows; it is disabled by default."""
        return datetime.fromisoformat(self.shows(NEXT, car))

    # What the user does

    async def act(self, action: str, entity: str, **data: Any) -> None:
        """Call an action on an entity of the first car."""
        await act(self.hass, action, self.id(entity), **data)

    async def press(self, car: Car | None = None) -> None:
        """Press *Refresh*."""
        await act(self.hass, "button.press", self.id(REFRESH, car))

    async def update_entity(self, entity: str = ODOMETER) -> None:
        """Update an entity of the first car, as an automation does."""
        await self.act("homeassistant.update_entity", entity)

    async def unlock(self) -> None:
        """Unlock the first car."""
        await self.act("lock.unlock", LOCK)

    async def lock(self) -> None:
        """Lock the first car."""
        await self.act("lock.lock", LOCK)

    async def call(self, action: str, **data: Any) -> None:
        """Call one of our actions on the device of the first car."""
        target = {"device_id": device_id(self.hass, self.entry, self.car)}
        await self.hass.services.async_call(DOMAIN, action, {**target, **data}, blocking=True)

    async def refused(self, action: Awaitable[None]) -> str:
        """Return the key of the sentence with which an action is refused."""
        with pytest.raises(HomeAssistantError) as caught:
            await action
        assert caught.value.translation_key is not None
        return caught.value.translation_key

    async def disable_car(self, *, disabled: bool = True) -> None:
        """Disable or enable the device of the first car, and wait for the reload after it."""
        dr.async_get(self.hass).async_update_device(
            device_id(self.hass, self.entry, self.car),
            disabled_by=dr.DeviceEntryDisabler.USER if disabled else None,
        )
        await self.wait(31 * SECOND)

    # What is under way

    def begin[T](self, action: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin something that a user waits for."""
        return self.hass.async_create_task(action)

    async def until_requested(self) -> None:
        """Wait until the cloud has got a request, which it is slow to answer."""
        for _ in range(100_000):
            if self.cloud.requests:
                return
            # The clock stands still, and with it every other way to wait.
            await asyncio.sleep(0)
        raise AssertionError("no request")

    async def give_up(self, task: asyncio.Task[Any]) -> None:
        """Give up waiting, as a script does that is started anew."""
        await _let_others_run()
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def answer(self, *waiting: asyncio.Task[Any]) -> None:
        """Let the cloud answer what it was slow to answer."""
        self.freezer.tick(2 * _SLOW)
        await asyncio.gather(*waiting)
        await settle(self.hass)

    # What the cloud does

    def be_slow(self, route: str, **fault: Any) -> Fault:
        """Let the next requests of a route be answered only after some time."""
        return self.cloud.faults.add(Fault(route=route, delay=_SLOW, **fault))

    def fail(self, route: str, seconds: int | None = None, **fault: Any) -> Fault:
        """Let the next request of a route fail, with a `retry-after` if there are seconds."""
        headers = {} if seconds is None else {"Retry-After": str(seconds)}
        return self.cloud.faults.add(Fault(route=route, headers=headers, **{"count": 1, **fault}))

    def limit_application(self, route: str, seconds: int, **fault: Any) -> Fault:
        """Let the next request of a route meet the limit of the application."""
        return self.fail(route, seconds, type="RATE_LIMIT", code="SMARTCAR_API", **fault)

    def disconnect(self) -> str:
        """Let the owner of the first car take the consent back; return the owner's id."""
        (connection,) = self.cloud.connections_of(vehicle_id=self.car.id)
        self.cloud.disconnect(connection.id)
        return connection.user_id

    async def lose_car(self) -> None:
        """Let the first car be missing from two lists, an hour apart."""
        self.disconnect()
        await self.wait(2 * HOUR, HOUR)
        assert self.shows(ODOMETER) == "unavailable"


async def _let_others_run() -> None:
    """Let what is under way go on as far as it can without an answer, and do not wait for it."""
    for _ in range(100):
        await asyncio.sleep(0)
