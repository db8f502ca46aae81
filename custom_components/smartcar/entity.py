"""What all entities share: the row that describes one, and the base classes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, override

from homeassistant.const import MAX_LENGTH_STATE_STATE
from homeassistant.core import callback
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity
from homeassistant.util import dt as dt_util

from .api import Position
from .api.catalogue import CATALOGUE, SignalType
from .commands import CommandType, async_send_command
from .const import CONF_APPLICATION_MANAGEMENT_TOKEN
from .coordinator import SmartcarConfigEntry, VehicleCoordinator
from .device import device_info
from .vehicle import VehicleState


@dataclass(frozen=True, kw_only=True)
class SmartcarEntityDescription(EntityDescription):
    """A row of a platform's table.

    `signals` are what the entity shows: it is created once one of them had a value, and stays.
    `exists_fn` narrows that down, and decides alone where there are no signals. `watches` names
    what else, beside the signals, makes the entity write its state.
    """

    signals: tuple[SignalType[object], ...] = ()
    exists_fn: Callable[[VehicleCoordinator], bool] = lambda _: True
    watches: frozenset[str] = frozenset()
    attributes_fn: Callable[[VehicleState], Mapping[str, object]] | None = None

    @property
    def context(self) -> frozenset[str]:
        """The codes whose change concerns the entity."""
        return self.watches | {signal.code for signal in self.signals}

    def is_usable(self, vehicle: VehicleCoordinator) -> bool:
        """Tell whether nothing but missing values keeps the vehicle from having this entity."""
        return True

    def is_supported(self, vehicle: VehicleCoordinator, platform: str) -> bool:
        """Tell whether this vehicle gets this entity."""
        state, now = vehicle.data, dt_util.utcnow()
        has_existed = f"{platform}.{self.key}" in state.entities
        if not self.is_usable(vehicle):
            return False
        if self.signals:
            known = [stored for row in self.signals if (stored := state.signals.get(row.code))]
            if not known or all(stored.is_incapable(now) for stored in known):
                return False
            if not has_existed and not any(map(state.is_evident, self.signals)):
                return False
        return has_existed or self.exists_fn(vehicle)


@dataclass(frozen=True, kw_only=True)
class SmartcarControlDescription(SmartcarEntityDescription):
    """A row of an entity that commands the vehicle.

    The owner must have granted the commands' permission, and the vehicle must not have refused one
    of them as not capable.
    """

    @property
    def commands(self) -> tuple[CommandType[...], ...]:
        """The commands that the entity sends."""
        raise NotImplementedError

    def is_retired(self, vehicle: VehicleCoordinator) -> bool:
        """Tell whether the vehicle has refused one of the commands as not capable."""
        return not vehicle.data.unsupported_commands.isdisjoint(
            row.command for row in self.commands
        )

    @override
    def is_usable(self, vehicle: VehicleCoordinator) -> bool:
        granted = vehicle.permissions
        return not self.is_retired(vehicle) and granted.issuperset(
            row.permission for row in self.commands
        )


type DescriptionsFn[D: SmartcarEntityDescription] = Callable[[VehicleState], Iterable[D]]


@callback
def async_setup_entities[D: SmartcarEntityDescription](
    entry: SmartcarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    platform: str,
    descriptions: Iterable[D] | DescriptionsFn[D],
    create: Callable[[VehicleCoordinator, D], SmartcarEntity],
) -> None:
    """Create a platform's entities for every vehicle, now and whenever evidence for more arrives."""

    @callback
    def add_vehicle(vehicle: VehicleCoordinator) -> None:
        created: set[str] = set()

        @callback
        def add_entities() -> None:
            rows = descriptions(vehicle.data) if callable(descriptions) else descriptions
            new = [
                row
                for row in rows
                if row.key not in created and row.is_supported(vehicle, platform)
            ]
            if new:
                created.update(row.key for row in new)
                vehicle.data.entities.update(f"{platform}.{row.key}" for row in new)
                async_add_entities(create(vehicle, row) for row in new)

        add_entities()
        entry.async_on_unload(vehicle.async_add_evidence_listener(add_entities))

    entry.async_on_unload(entry.runtime_data.async_add_vehicle_listener(add_vehicle))


class SmartcarEntity(CoordinatorEntity[VehicleCoordinator]):
    """An entity of one vehicle, described by a row of its platform's table."""

    _attr_has_entity_name = True
    entity_description: SmartcarEntityDescription

    def __init__(
        self, coordinator: VehicleCoordinator, description: SmartcarEntityDescription
    ) -> None:
        """Tie the row to the vehicle."""
        super().__init__(coordinator, context=description.context)
        self.entity_description = description
        self._attr_unique_id = f"{coordinator.vehicle_id}_{description.key}"
        if description.translation_key is None:
            self._attr_translation_key = description.key
        self._attr_device_info = device_info(coordinator.connection, coordinator.data)

    @property
    def vehicle_state(self) -> VehicleState:
        """What is known of the vehicle."""
        return self.coordinator.data

    @property
    @override
    def available(self) -> bool:
        """Whether the vehicle is available; a failed poll alone changes nothing."""
        return self.coordinator.is_available

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, object] | None:
        attributes = self.entity_description.attributes_fn
        if attributes is None:
            return None
        return {key: _shortened(value) for key, value in attributes(self.vehicle_state).items()}


class SmartcarControl(SmartcarEntity):
    """An entity that commands the vehicle, and shows the command's effect until it is answered."""

    entity_description: SmartcarControlDescription
    # What the last command asks for, while any is under way.
    _pending: float | bool | None = None
    _commands_under_way = 0

    @property
    @override
    def available(self) -> bool:
        return super().available and not self.entity_description.is_retired(self.coordinator)

    @property
    def is_under_way(self) -> bool:
        """Whether a command was sent, or waits to be, that is not answered yet."""
        return self._commands_under_way > 0

    async def async_command[**P](
        self, command: CommandType[P], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Send a command. While several queue, show the effect of the last one until all are done.

        Raises HomeAssistantError, translated.
        """
        if command.effect is not None:
            self._pending = command.effect(*args, **kwargs).shown
        self._commands_under_way += 1
        self.async_write_ha_state()
        try:
            await async_send_command(self.coordinator, command, *args, **kwargs)
        finally:
            self._commands_under_way -= 1
            if not self._commands_under_way:
                self._pending = None
            self.async_write_ha_state()


class PositionKey(NamedTuple):
    """The keys of a door, a window or a tire."""

    unique: str
    translation: str


def position_key(
    part: str, position: Position, suffix: str = ""
) -> tuple[PositionKey, Mapping[str, str]]:
    """Return the keys, and the placeholders of the name, of a part that a vehicle has several of.

    The four parts that every vehicle has are named by words, any other by its row and column.
    """
    row, column = position.row, position.column
    if row < 2 and column < 2:
        # Released keys say "back" where the names say "rear".
        key = f"{part}_{('front', 'back')[row]}_{('left', 'right')[column]}{suffix}"
        return PositionKey(key, key), {}
    numbers = {"row": str(row + 1), "column": str(column + 1)}
    unique = f"{part}_row_{numbers['row']}_column_{numbers['column']}{suffix}"
    return PositionKey(unique, f"{part}_other{suffix}"), numbers


def shorten(text: str) -> str:
    """Return as much of a text as fits into a state; attributes are cut to the same length."""
    return text[:MAX_LENGTH_STATE_STATE]


def _shortened(attribute: object) -> object:
    """Return an attribute with its text, or each text of its list, shortened."""
    match attribute:
        case str():
            return shorten(attribute)
        case list() | tuple():
            return [_shortened(item) for item in attribute]
    return attribute


def has_push(vehicle: VehicleCoordinator) -> bool:
    """Tell whether push is set up."""
    return CONF_APPLICATION_MANAGEMENT_TOKEN in vehicle.config_entry.data


def is_not_granted(permission: str) -> Callable[[VehicleCoordinator], bool]:
    """Return a function that tells whether the owner has not granted a permission."""
    return lambda vehicle: permission not in vehicle.permissions


def can_be_charged(vehicle: VehicleCoordinator) -> bool:
    """Tell whether a signal has proven that the vehicle has a battery to charge."""
    return any(
        vehicle.data.is_evident(signal)
        for signal in CATALOGUE.values()
        if signal.group in {"charge", "tractionbattery"}
    )
