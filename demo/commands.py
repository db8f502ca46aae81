"""The commands to the cars, sent with Home Assistant's actions.

A command works if Home Assistant shows the new state and the simulated car has it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .cloud import Cloud
from .garage import Key, Vehicle
from .home_assistant import HomeAssistant
from .processes import DemoError

_LOCK: Final[Key] = ("lock", "door_lock")
_CHARGING: Final[Key] = ("switch", "charging")
_LIMIT: Final[Key] = ("number", "charge_limit")
_REFRESH: Final[Key] = ("button", "refresh")

_TIMEOUT: Final = 20
_POLL: Final = 0.1
_DESTINATION: Final = (52.5163, 13.3777)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a command."""

    name: str
    ok: bool
    detail: str


class UnverifiedError(DemoError):
    """A command was accepted, but its effect does not show."""


async def eventually[T](
    read: Callable[[], Awaitable[T]], is_right: Callable[[T], bool], what: str
) -> T:
    """Read until the value is right. Raises UnverifiedError with the last value."""
    value: T | None = None
    try:
        async with asyncio.timeout(_TIMEOUT):
            while True:
                value = await read()
                if is_right(value):
                    return value
                await asyncio.sleep(_POLL)
    except TimeoutError as error:
        raise UnverifiedError(f"{what} is {value} after {_TIMEOUT} s") from error


@dataclass(frozen=True, slots=True)
class Driver:
    """Sends commands to one car."""

    instance: HomeAssistant
    cloud: Cloud
    vehicle: Vehicle

    async def try_everything(self) -> AsyncIterator[Outcome]:
        """Send every command that the car has an entity for."""
        try:
            await self._make_ready()
        except DemoError as error:
            yield Outcome(f"prepare {self.vehicle.name}", ok=False, detail=str(error))
        if _REFRESH in self.vehicle.entities:
            yield await self._attempt("refresh", self._refresh())
        if _LOCK in self.vehicle.entities:
            is_locked = (await self._true_state())["locked"]
            for lock in (False, True) if is_locked else (True, False):
                yield await self._attempt("lock" if lock else "unlock", self._set_lock(lock))
        if _CHARGING in self.vehicle.entities:
            is_charging = (await self._true_state())["charging"]
            for charge in (False, True) if is_charging else (True, False):
                name = "start charging" if charge else "stop charging"
                yield await self._attempt(name, self._set_charging(charge))
        if _LIMIT in self.vehicle.entities:
            yield await self._attempt("set charge limit", self._set_charge_limit())
        yield await self._attempt("set destination", self._set_destination())

    async def _attempt(self, name: str, command: Awaitable[str]) -> Outcome:
        """Send a command; an error becomes part of the outcome."""
        label = f"{name} {self.vehicle.name}"
        try:
            return Outcome(label, ok=True, detail=await command)
        except DemoError as error:
            return Outcome(label, ok=False, detail=str(error))

    async def _true_state(self) -> Mapping[str, Any]:
        """Return the true state of the car."""
        state: Mapping[str, Any] = (await self.cloud.car(self.vehicle.vehicle_id))["state"]
        return state

    def _entity(self, key: Key) -> str:
        return self.vehicle.entities[key].entity_id

    async def _make_ready(self) -> None:
        """Put the car into a state in which it accepts every command: parked, plugged in, not full."""
        state = await self._true_state()
        changes: dict[str, object] = {"is_frozen": True}
        if state["driving"]:
            changes["driving"] = False
        if _CHARGING in self.vehicle.entities:
            changes["plugged"] = True
            if state["soc"] > state["charge_limit"] - 5:
                changes["soc"] = state["charge_limit"] - 20
        await self.cloud.control("PATCH", f"cars/{self.vehicle.vehicle_id}", {"state": changes})

    async def _refresh(self) -> str:
        """Press the button, and check that the signals are requested."""
        route = "GET /v3/vehicles/{vehicle_id}/signals"
        button = self._entity(_REFRESH)
        before = (await self.cloud.control("GET", "requests")).get(route, 0)
        pressed = await self.instance.state(button)
        await self.instance.perform("button.press", {"entity_id": button})
        await eventually(
            lambda: self.instance.state(button), lambda state: state != pressed, button
        )
        requests = (await self.cloud.control("GET", "requests")).get(route, 0) - before
        if requests < 1:
            raise UnverifiedError("the signals were not requested")
        return f"the signals were requested {requests} time(s)"

    async def _set_lock(self, lock: bool) -> str:
        """Lock or unlock."""
        action, state = ("lock.lock", "locked") if lock else ("lock.unlock", "unlocked")
        return await self._command(action, _LOCK, shows=state, true=("locked", lock))

    async def _set_charging(self, charge: bool) -> str:
        """Start or stop charging."""
        action, state = ("switch.turn_on", "on") if charge else ("switch.turn_off", "off")
        return await self._command(action, _CHARGING, shows=state, true=("charging", charge))

    async def _set_charge_limit(self) -> str:
        """Set a limit other than the present one."""
        limit = 95 if (await self._true_state())["charge_limit"] == 85 else 85
        return await self._command(
            "number.set_value", _LIMIT, shows=str(limit), true=("charge_limit", limit), value=limit
        )

    async def _command(
        self, action: str, key: Key, *, shows: str, true: tuple[str, object], **data: object
    ) -> str:
        """Perform an action on an entity; wait for its state and for the car's."""
        entity_id = self._entity(key)
        await self.instance.perform(action, {"entity_id": entity_id}, **data)
        name, wanted = true

        async def true_value() -> object:
            return (await self._true_state())[name]

        await eventually(true_value, lambda value: value == wanted, f"the car's '{name}'")
        await eventually(
            lambda: self.instance.state(entity_id),
            lambda state: _same(state, shows),
            entity_id,
        )
        return f"{entity_id} is {shows}; the car's '{name}' is {wanted}"

    async def _set_destination(self) -> str:
        """Send a destination to the car."""
        latitude, longitude = _DESTINATION
        await self.instance.perform(
            "smartcar.set_destination",
            {"device_id": self.vehicle.device_id},
            latitude=latitude,
            longitude=longitude,
        )

        async def destination() -> object:
            return (await self.cloud.car(self.vehicle.vehicle_id))["destination"]

        await eventually(
            destination, lambda value: value == list(_DESTINATION), "the car's destination"
        )
        return f"the car goes to {latitude}, {longitude}"


def _same(state: str, wanted: str) -> bool:
    """Tell whether two states are equal, as numbers if they are numbers."""
    try:
        return float(state) == float(wanted)
    except ValueError:
        return state == wanted
