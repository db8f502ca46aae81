"""The button that requests fresh data."""

from dataclasses import dataclass
from typing import override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import SmartcarConfigEntry
from .entity import SmartcarEntity, SmartcarEntityDescription, async_setup_entities

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SmartcarButtonDescription(SmartcarEntityDescription, ButtonEntityDescription):
    """A button."""


BUTTONS = (SmartcarButtonDescription(key="refresh", entity_category=EntityCategory.DIAGNOSTIC),)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartcarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the buttons."""
    async_setup_entities(entry, async_add_entities, "button", BUTTONS, SmartcarButton)


class SmartcarButton(SmartcarEntity, ButtonEntity):
    """Requests the vehicle's signals."""

    entity_description: SmartcarButtonDescription

    @override
    async def async_press(self) -> None:
        await self.coordinator.schedule.async_refresh_now()
