"""The charge limit."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import override

from homeassistant.components.number import (
    NumberDeviceClass,
    NumberEntity,
    NumberEntityDescription,
    NumberMode,
)
from homeassistant.const import UnitOfRatio
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import CHARGE_LIMIT_RANGE
from .api.catalogue import CHARGE_LIMITS
from .commands import SET_CHARGE_LIMIT, CommandType
from .coordinator import SmartcarConfigEntry
from .entity import (
    SmartcarControl,
    SmartcarControlDescription,
    async_setup_entities,
    can_be_charged,
)
from .exceptions import invalid
from .vehicle import VehicleState

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class SmartcarNumberDescription(SmartcarControlDescription, NumberEntityDescription):
    """A number: its value, and the command that sets it, in whole units of a range."""

    value_fn: Callable[[VehicleState], float | None]
    set_value: CommandType[[int]]
    accepts: range

    @property
    @override
    def commands(self) -> tuple[CommandType[...], ...]:
        return (self.set_value,)


NUMBERS = (
    SmartcarNumberDescription(
        key="charge_limit",
        device_class=NumberDeviceClass.BATTERY,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        native_max_value=CHARGE_LIMIT_RANGE[-1],
        native_step=1,
        mode=NumberMode.SLIDER,
        watches=frozenset({CHARGE_LIMITS.code}),
        exists_fn=can_be_charged,
        value_fn=lambda state: limits.percent if (limits := state.value(CHARGE_LIMITS)) else None,
        set_value=SET_CHARGE_LIMIT,
        accepts=CHARGE_LIMIT_RANGE,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: SmartcarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Set up the numbers."""
    async_setup_entities(entry, async_add_entities, "number", NUMBERS, SmartcarNumber)


class SmartcarNumber(SmartcarControl, NumberEntity):
    """Shows and sets a limit."""

    entity_description: SmartcarNumberDescription

    @property
    @override
    def native_value(self) -> float | None:
        if self._pending is not None:
            return self._pending
        return self.entity_description.value_fn(self.vehicle_state)

    @property
    @override
    def native_min_value(self) -> float:
        # The car can have a lower limit than it accepts, and a scene restores what it has seen.
        lowest, present = self.entity_description.accepts[0], self.native_value
        return lowest if present is None else min(lowest, present)

    @override
    async def async_set_native_value(self, value: float) -> None:
        description = self.entity_description
        if not self.is_under_way and value == description.value_fn(self.vehicle_state):
            return
        if (wanted := round(value)) not in description.accepts:
            raise invalid(
                "charge_limit_out_of_range",
                vehicle=self.coordinator.display_name,
                lowest=str(description.accepts[0]),
                highest=str(description.accepts[-1]),
            )
        await self.async_command(description.set_value, wanted)
