"""Where a vehicle is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import override

from homeassistant.components.device_tracker import TrackerEntity, TrackerEntityDescription
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.catalogue import PRECISE_LOCATION
from .coordinator import SmartcarConfigEntry
from .entity import SmartcarEntity, SmartcarEntityDescription, async_setup_entities
from .vehicle import VehicleState

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SmartcarTrackerDescription(SmartcarEntityDescription, TrackerEntityDescription):
    """A device tracker."""


def _attributes(state: VehicleState) -> Mapping[str, object]:
    location = state.value(PRECISE_LOCATION)
    position_at = state.position_at if location else None
    return {
        "heading": location.heading if location else None,
        "direction": location.direction if location else None,
        "location_type": location.location_type if location else None,
        "position_at": position_at.isoformat() if position_at else None,
    }


TRACKERS = (
    SmartcarTrackerDescription(
        key="location", signals=(PRECISE_LOCATION,), attributes_fn=_attributes
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartcarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the device trackers."""
    async_setup_entities(entry, async_add_entities, "device_tracker", TRACKERS, SmartcarTracker)


class SmartcarTracker(SmartcarEntity, TrackerEntity):
    """Shows the last known position, its time, where it heads, and what kind of position it is."""

    entity_description: SmartcarTrackerDescription
    # The vehicle's main feature on this platform: named as the vehicle itself.
    _attr_name = None

    @property
    @override
    def latitude(self) -> float | None:
        location = self.vehicle_state.value(PRECISE_LOCATION)
        return location.latitude if location else None

    @property
    @override
    def longitude(self) -> float | None:
        location = self.vehicle_state.value(PRECISE_LOCATION)
        return location.longitude if location else None
