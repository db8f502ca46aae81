"""The door of the charge port."""

from dataclasses import dataclass
from typing import Any, override

from homeassistant.components.cover import (
    CoverDeviceClass,
    CoverEntity,
    CoverEntityDescription,
    CoverEntityFeature,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import SmartcarClient
from .api.signals import IS_CHARGE_PORT_OPEN
from .coordinator import SmartcarConfigEntry
from .entity import SmartcarEntity, SmartcarEntityDescription, async_setup_entities
from .vehicle import Command

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SmartcarCoverDescription(SmartcarEntityDescription, CoverEntityDescription):
    """A cover."""


COVERS = (
    SmartcarCoverDescription(
        key="charge_port",
        device_class=CoverDeviceClass.DOOR,
        signals=(IS_CHARGE_PORT_OPEN,),
        permission="control_charge",
        commands=(Command.OPEN_CHARGE_PORT, Command.CLOSE_CHARGE_PORT),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartcarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the covers."""
    async_setup_entities(entry, async_add_entities, "cover", COVERS, SmartcarCover)


class SmartcarCover(SmartcarEntity, CoverEntity):
    """Opens and closes the charge port."""

    entity_description: SmartcarCoverDescription
    _attr_supported_features = CoverEntityFeature.OPEN | CoverEntityFeature.CLOSE

    @property
    @override
    def is_closed(self) -> bool | None:
        is_open = self.car.value(IS_CHARGE_PORT_OPEN)
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
        await self.async_command(
            Command.OPEN_CHARGE_PORT,
            SmartcarClient.open_charge_port,
            (IS_CHARGE_PORT_OPEN, {"value": True}),
            pending=True,
        )

    @override
    async def async_close_cover(self, **kwargs: Any) -> None:
        await self.async_command(
            Command.CLOSE_CHARGE_PORT,
            SmartcarClient.close_charge_port,
            (IS_CHARGE_PORT_OPEN, {"value": False}),
            pending=False,
        )
