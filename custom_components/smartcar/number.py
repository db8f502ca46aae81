"""The charge limit."""

from dataclasses import dataclass
from typing import override

from homeassistant.components.number import NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import PERCENTAGE
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import CHARGE_LIMIT_RANGE, JsonObject
from .api.signals import CHARGE_LIMITS
from .coordinator import SmartcarConfigEntry
from .entity import SmartcarEntity, SmartcarEntityDescription, async_setup_entities, can_be_charged
from .vehicle import Command

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SmartcarNumberDescription(SmartcarEntityDescription, NumberEntityDescription):
    """A number."""


NUMBERS = (
    SmartcarNumberDescription(
        key="charge_limit",
        native_unit_of_measurement=PERCENTAGE,
        native_min_value=CHARGE_LIMIT_RANGE[0],
        native_max_value=CHARGE_LIMIT_RANGE[-1],
        native_step=1,
        mode=NumberMode.SLIDER,
        watches=frozenset({CHARGE_LIMITS.code}),
        exists_fn=can_be_charged,
        permission="control_charge",
        commands=(Command.SET_CHARGE_LIMIT,),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartcarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the numbers."""
    async_setup_entities(entry, async_add_entities, "number", NUMBERS, SmartcarNumber)


class SmartcarNumber(SmartcarEntity, NumberEntity):
    """Sets the charge limit; shows what was asked for while the car is being told."""

    entity_description: SmartcarNumberDescription

    @property
    @override
    def native_value(self) -> float | None:
        if self._pending is not None:
            return self._pending
        limits = self.car.value(CHARGE_LIMITS)
        return limits.percent if limits else None

    @override
    async def async_set_native_value(self, value: float) -> None:
        percent = round(value)
        effect: JsonObject = {
            "values": [{"type": "GLOBAL", "limit": percent}],
            "activeLimit": percent,
            "unit": "percent",
        }
        await self.async_command(
            Command.SET_CHARGE_LIMIT,
            lambda client, *car: client.set_charge_limit(*car, percent),
            (CHARGE_LIMITS, effect),
            pending=float(percent),
        )
