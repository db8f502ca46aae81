"""Event entities: the types of their events, one after the other."""

from typing import Any

from homeassistant.core import Event
from pytest_homeassistant_custom_component.common import async_capture_events

from simulator.car import Car

from .home import Home

CHARGING_EVENT = "event.charging_event"
CABLE_EVENT = "event.cable_event"
LOCK_EVENT = "event.lock_event"


class EventTypes:
    """Collects the types of the events of one event entity."""

    def __init__(self, home: Home, car: Car, entity: str) -> None:
        self._events: list[Event[Any]] = async_capture_events(home.hass, "state_changed")
        self._entity_id = home.entity_id(car, entity)
        self._last = home.value(car, entity)

    def take(self) -> list[str]:
        """Return the types of the events since the last call."""
        taken = []
        for event in self._events:
            if event.data["entity_id"] != self._entity_id:
                continue
            new = event.data["new_state"]
            # After a restart, the last event is shown as it was.
            if new.state not in {"unavailable", "unknown", self._last}:
                taken.append(new.attributes["event_type"])
                self._last = new.state
        self._events.clear()
        return taken
