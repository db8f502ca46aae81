"""What has happened to a vehicle, for automations that need no templates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.catalogue import (
    CHARGE_WATTAGE,
    DETAILED_CHARGING_STATUS,
    IS_CABLE_CONNECTED,
    IS_CHARGING,
    IS_LOCKED,
)
from .coordinator import SmartcarConfigEntry, VehicleCoordinator
from .entity import SmartcarEntity, SmartcarEntityDescription, async_setup_entities
from .vehicle import ChargingState, VehicleState

PARALLEL_UPDATES = 0

type Known = bool | ChargingState | None


@dataclass(frozen=True, kw_only=True)
class SmartcarEventDescription(SmartcarEntityDescription, EventEntityDescription):
    """An event entity: the value that it follows, and the event type of each change of it.

    A change from or to an unknown value is no event.
    """

    value_fn: Callable[[VehicleState], Known]
    changes: Mapping[tuple[Known, Known], str]

    def type_of(self, before: Known, after: Known) -> str | None:
        """Return the event type of a change; None if it is no event."""
        return self.changes.get((before, after))


def _charging_changes() -> Mapping[tuple[Known, Known], str]:
    changes: dict[tuple[Known, Known], str] = {}
    for state in ChargingState:
        changes[state, ChargingState.CHARGING] = "started"
        changes[state, ChargingState.COMPLETE] = "complete"
    for state in (ChargingState.CONNECTED, ChargingState.DISCONNECTED, ChargingState.FAULT):
        changes[ChargingState.CHARGING, state] = "stopped"
    # The same state twice is no change.
    del changes[ChargingState.CHARGING, ChargingState.CHARGING]
    del changes[ChargingState.COMPLETE, ChargingState.COMPLETE]
    return changes


EVENTS = (
    SmartcarEventDescription(
        key="charging_event",
        signals=(IS_CHARGING, DETAILED_CHARGING_STATUS, IS_CABLE_CONNECTED),
        watches=frozenset({CHARGE_WATTAGE.code}),
        event_types=["started", "stopped", "complete"],
        value_fn=lambda state: state.charging_state,
        changes=_charging_changes(),
    ),
    SmartcarEventDescription(
        key="cable_event",
        signals=(IS_CABLE_CONNECTED,),
        event_types=["plugged_in", "unplugged"],
        value_fn=lambda state: state.value(IS_CABLE_CONNECTED),
        changes={(False, True): "plugged_in", (True, False): "unplugged"},
    ),
    SmartcarEventDescription(
        key="lock_event",
        signals=(IS_LOCKED,),
        event_types=["locked", "unlocked"],
        value_fn=lambda state: state.value(IS_LOCKED),
        changes={(False, True): "locked", (True, False): "unlocked"},
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartcarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the events."""
    async_setup_entities(entry, async_add_entities, "event", EVENTS, SmartcarEvent)


class SmartcarEvent(SmartcarEntity, EventEntity):
    """Fires on changes, whether a poll or a push reported them."""

    entity_description: SmartcarEventDescription

    def __init__(
        self, coordinator: VehicleCoordinator, description: SmartcarEventDescription
    ) -> None:
        """Remember the present value: it is no event."""
        super().__init__(coordinator, description)
        self._before = description.value_fn(self.vehicle_state)

    @callback
    @override
    def _handle_coordinator_update(self) -> None:
        after = self.entity_description.value_fn(self.vehicle_state)
        event_type = self.entity_description.type_of(self._before, after)
        if after is not None:
            self._before = after
        if event_type is not None:
            self._trigger_event(event_type)
        self.async_write_ha_state()
