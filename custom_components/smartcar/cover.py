"""The door of the charge port."""

from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.cover import CoverEntity, CoverEntityDescription, CoverEntityFeature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api.catalogue import IS_CHARGE_PORT_OPEN, SignalType
from .commands import CLOSE_CHARGE_PORT, OPEN_CHARGE_PORT, CommandType
from .coordinator import SmartcarConfigEntry
from .entity import SmartcarControl, SmartcarControlDescription, async_setup_entities

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SmartcarCoverDescription(SmartcarControlDescription, CoverEntityDescription):
    """A cover: the signal that is true while it is open, and its two commands."""

    signal: SignalType[bool]
    open_cover: CommandType[[]]
    close_cover: CommandType[[]]

    @property
    @override
    def commands(self) -> tuple[CommandType[...], ...]:
        return self.open_cover, self.close_cover


COVERS = (
    SmartcarCoverDescription(
        # No device class: as a door it would be opened, and reported, with those of the garage.
        key="charge_port",
        signal=IS_CHARGE_PORT_OPEN,
        signals=(IS_CHARGE_PORT_OPEN,),
        open_cover=OPEN_CHARGE_PORT,
        close_cover=CLOSE_CHARGE_PORT,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartcarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the covers."""
    async_setup_entities(entry, async_add_entities, "cover", COVERS, SmartcarCover)


class SmartcarCover(SmartcarControl, CoverEntity):
    """Opens and closes the charge port."""

    entity_description: SmartcarCoverDescription
    _attr_supported_features = CoverEntityFeature.OPEN | CoverEntityFeature.CLOSE

    @property
    @override
    def is_closed(self) -> bool | None:
        is_open = self.vehicle_state.value(self.entity_description.signal)
        return None if is_open is None else not is_open

    @property
    @override
    def is_opening(self) -> bool:
        return self._pending is True

    @property
    @override
    def is_closing(self) -> bool:
        return self._pending is False

    @override
    async def async_open_cover(self, **kwargs: Any) -> None:
        await self.async_command(self.entity_description.open_cover)

    @override
    async def async_close_cover(self, **kwargs: Any) -> None:
        await self.async_command(self.entity_description.close_cover)
