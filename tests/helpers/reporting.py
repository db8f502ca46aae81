"""One car whose maker reports what a test says, as a poll or as a signed push brings it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from custom_components.smartcar.api import Json, JsonObject
from simulator.car import Car
from tests.helpers.push_home import PushHome
from tests.helpers.states import entities, entity_id, refresh, settle, state


class Way(StrEnum):
    """How a report reaches Home Assistant."""

    POLL = "poll"
    PUSH = "push"


@dataclass(frozen=True, kw_only=True)
class Report:
    """One signal of a report.

    `error` is type and code. The maker's time and Smartcar's time are now unless they are given;
    `dated` False leaves both out, as in `meta: {}`.
    """

    body: Json = None
    error: tuple[str, str | None] | None = None
    reported_at: datetime | None = None
    retrieved_at: datetime | None = None
    dated: bool = True

    def _times(self) -> dict[str, datetime]:
        if not self.dated:
            return {}
        now = dt_util.utcnow()
        return {
            "oemUpdatedAt": self.reported_at or now,
            "retrievedAt": self.retrieved_at or now,
        }

    def as_override(self) -> dict[str, Json]:
        """Return what the simulator's store takes."""
        override: dict[str, Json] = {
            "meta": {name: time.isoformat() for name, time in self._times().items()},
            "status": "ERROR" if self.error else "SUCCESS",
        }
        if self.error:
            override["error"] = {"type": self.error[0], "code": self.error[1]}
        if self.body is not None:
            override["body"] = self.body
        return override

    def as_event_signal(self, code: str) -> dict[str, Json]:
        """Return the element of a webhook's `data.signals`."""
        status: dict[str, Json] = {"value": "ERROR" if self.error else "SUCCESS"}
        if self.error:
            status["error"] = {"type": self.error[0], "code": self.error[1]}
        signal: dict[str, Json] = {
            "code": code,
            "status": status,
            "meta": {name: round(time.timestamp() * 1000) for name, time in self._times().items()},
        }
        if self.body is not None:
            signal["body"] = self.body
        return signal


class ReportingCar:
    """A car with an empty store, which reports what a test says."""

    def __init__(self, hass: HomeAssistant, home: PushHome, car: Car, way: Way) -> None:
        self.hass = hass
        self.home = home
        self.car = car
        self.way = way
        home.cloud.set_store_empty(car.id)

    async def report(
        self, signals: Mapping[str, JsonObject | Report], way: Way | None = None
    ) -> None:
        """Let signals reach Home Assistant. A poll repeats what was polled before, too."""
        await report_all({self: signals}, way)

    def _reports(self, signals: Mapping[str, JsonObject | Report]) -> Mapping[str, Report]:
        return {
            code: one if isinstance(one, Report) else Report(body=one)
            for code, one in signals.items()
        }

    def store(self, signals: Mapping[str, JsonObject | Report]) -> None:
        """Let the cloud store signals, for the next poll."""
        for code, one in self._reports(signals).items():
            self.home.cloud.override(self.car.id, code, one.as_override())

    async def push(self, signals: Mapping[str, JsonObject | Report]) -> None:
        """Push signals, and nothing else."""
        event = self.home.event({}, self.car.id)
        event["data"]["signals"] = [
            one.as_event_signal(code) for code, one in self._reports(signals).items()
        ]
        assert await self.home.send(event) < 300

    async def poll(self) -> None:
        """Poll the car."""
        await refresh(self.hass, self.car)

    async def restart(self) -> None:
        """Restart: only what was stored on disk is known afterwards."""
        await self.home.reload()

    def shows(self, entity: str) -> str:
        """Return the state of an entity; numbers as short as they can be written."""
        text = state(self.hass, self.car, entity).state
        try:
            return f"{float(text):.12g}"
        except ValueError:
            return text

    def attributes(self, entity: str) -> Mapping[str, Any]:
        """Return the attributes of an entity."""
        return state(self.hass, self.car, entity).attributes

    def has(self, entity: str) -> bool:
        """Tell whether an entity exists and has a state."""
        name = entity_id(self.hass, self.car, entity)
        return name is not None and self.hass.states.get(name) is not None

    def all_states(self) -> dict[str, str]:
        """Return every state of the car, but what tells only when something was transferred.

        The time of the last report is among that: it moves once an hour, or with a restart.
        """
        own = (
            "data_from_car",
            "last_contact",
            "last_push",
            "next_poll",
            "requests_left",
            "requests_this_month",
        )
        return {
            entity: self.shows(entity)
            for entity in sorted(entities(self.hass, self.home.entry, self.car))
            if not entity.endswith(own) and not entity.startswith(("button.", "event."))
        }


async def report_all(
    reports: Mapping[ReportingCar, Mapping[str, JsonObject | Report]], way: Way | None = None
) -> None:
    """Let each car report; all of them in the same way."""
    if not reports:
        return
    some = next(iter(reports))
    if (way or some.way) is Way.POLL:
        for car, signals in reports.items():
            car.store(signals)
        await refresh(some.hass, *(car.car for car in reports))
        return
    for car, signals in reports.items():
        await car.push(signals)
    await settle(some.hass)
