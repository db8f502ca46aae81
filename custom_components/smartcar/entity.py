"""What all entities share: the description, the base class, and the one seam for commands."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, override

from homeassistant.core import callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity
from homeassistant.util import dt as dt_util

from .api import (
    ApiError,
    AuthenticationError,
    CommandExecution,
    JsonObject,
    LimitError,
    MissingPermissionError,
    SmartcarClient,
    SmartcarError,
)
from .api.signals import CATALOGUE, FIRMWARE_VERSION, VIN, Position, SignalType
from .budget import Purpose
from .const import CONF_APPLICATION_MANAGEMENT_TOKEN, DOMAIN
from .coordinator import SmartcarConfigEntry, VehicleCoordinator
from .vehicle import VEHICLE_NOT_CAPABLE, Command, VehicleState


@dataclass(frozen=True, kw_only=True)
class SmartcarEntityDescription(EntityDescription):
    """A row of a platform's table.

    `signals` are what the entity shows: it is created once one of them had a value, and stays.
    `exists_fn` narrows that down, and decides alone where there are no signals. `permission` is
    what the owner must have granted, `commands` what the car must not have refused.
    `watches` names what else, beside the signals, makes the entity write its state.
    """

    signals: tuple[SignalType[object], ...] = ()
    exists_fn: Callable[[VehicleCoordinator], bool] = lambda _: True
    permission: str | None = None
    commands: tuple[Command, ...] = ()
    watches: frozenset[str] = frozenset()

    @property
    def context(self) -> frozenset[str]:
        """The codes whose change concerns the entity."""
        return self.watches | {signal.code for signal in self.signals}

    def is_retired(self, vehicle: VehicleCoordinator) -> bool:
        """Tell whether the car has said that it does not know one of the commands."""
        return not vehicle.data.incapable_of.isdisjoint(self.commands)

    def is_supported(self, vehicle: VehicleCoordinator, platform: str) -> bool:
        """Tell whether this car is to have this entity."""
        state, now = vehicle.data, dt_util.utcnow()
        was_there = f"{platform}.{self.key}" in state.entities
        if self.permission and self.permission not in vehicle.connection.permissions:
            return False
        if self.is_retired(vehicle):
            return False
        if self.signals:
            known = [held for signal in self.signals if (held := state.signals.get(signal.code))]
            if not known or all(held.is_incapable(now) for held in known):
                return False
            if not was_there and not any(map(state.is_evident, self.signals)):
                return False
        return was_there or self.exists_fn(vehicle)


type DescriptionsFn[D: SmartcarEntityDescription] = Callable[[VehicleState], Iterable[D]]


@callback
def async_setup_entities[D: SmartcarEntityDescription](
    entry: SmartcarConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    platform: str,
    descriptions: Iterable[D] | DescriptionsFn[D],
    create: Callable[[VehicleCoordinator, D], SmartcarEntity],
) -> None:
    """Create a platform's entities for every car, now and whenever evidence for more arrives."""

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
        entry.async_on_unload(vehicle.async_add_new_entity_listener(add_entities))

    entry.async_on_unload(entry.runtime_data.async_add_vehicle_listener(add_vehicle))


class SmartcarEntity(CoordinatorEntity[VehicleCoordinator]):
    """An entity of one car, described by a row of its platform's table."""

    _attr_has_entity_name = True
    entity_description: SmartcarEntityDescription
    # What the last command asked for, while any is under way.
    _pending: float | bool | None = None
    _commands_under_way = 0

    def __init__(
        self, coordinator: VehicleCoordinator, description: SmartcarEntityDescription
    ) -> None:
        """Tie the row to the car."""
        super().__init__(coordinator, context=description.context)
        self.entity_description = description
        self._attr_unique_id = f"{coordinator.vehicle_id}_{description.key}"
        if description.translation_key is None:
            self._attr_translation_key = description.key
        self._attr_device_info = device_info(coordinator)

    @property
    def car(self) -> VehicleState:
        """What is known of the car."""
        return self.coordinator.data

    @property
    @override
    def available(self) -> bool:
        """Whether the car is there; a failed poll alone takes nothing away."""
        vehicle = self.coordinator
        return vehicle.is_available and not self.entity_description.is_retired(vehicle)

    async def async_command(
        self,
        command: Command,
        send: Send,
        effect: tuple[SignalType[object], JsonObject],
        pending: float | bool,
    ) -> None:
        """Send a command, and show what it asks for until the car has answered.

        While several queue, what the last one asks for is shown until all are done. Raises
        HomeAssistantError, translated.
        """
        self._pending = pending
        self._commands_under_way += 1
        self.async_write_ha_state()
        try:
            await async_send_command(self.coordinator, command, send, effect)
        finally:
            self._commands_under_way -= 1
            if not self._commands_under_way:
                self._pending = None
            self.async_write_ha_state()

    async def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Nothing here depends on the entity id."""


def device_info(coordinator: VehicleCoordinator) -> DeviceInfo:
    """Return what is known of the car as a device. A VIN can come late, or never."""
    vehicle = coordinator.connection.vehicle
    state = coordinator.data
    return DeviceInfo(
        identifiers={(DOMAIN, coordinator.vehicle_id)},
        manufacturer=vehicle.make,
        model=vehicle.model,
        model_id=str(vehicle.year) if vehicle.year else None,
        name=coordinator.display_name,
        serial_number=state.value(VIN),
        sw_version=state.value(FIRMWARE_VERSION),
    )


class PositionKey(NamedTuple):
    """The keys of something that a car has several of."""

    unique: str
    translation: str


def position_key(
    thing: str, position: Position, suffix: str = ""
) -> tuple[PositionKey, Mapping[str, str]]:
    """Return the keys and the placeholders of the name of a door, a window, a tyre, ...

    The four that every car has go by words (and so did the peer's), any other by its numbers.
    """
    row, column = position.row, position.column
    if row < 2 and column < 2:
        key = f"{thing}_{('front', 'back')[row]}_{('left', 'right')[column]}{suffix}"
        return PositionKey(key, key), {}
    numbers = {"row": str(row + 1), "column": str(column + 1)}
    unique = f"{thing}_row_{numbers['row']}_column_{numbers['column']}{suffix}"
    return PositionKey(unique, f"{thing}_other{suffix}"), numbers


def has_push(vehicle: VehicleCoordinator) -> bool:
    """Tell whether push is set up."""
    return CONF_APPLICATION_MANAGEMENT_TOKEN in vehicle.config_entry.data


def may_charge(vehicle: VehicleCoordinator) -> bool:
    """Tell whether the owner has permitted commands that concern charging."""
    return "control_charge" in vehicle.connection.permissions


def may_lock(vehicle: VehicleCoordinator) -> bool:
    """Tell whether the owner has permitted to lock and unlock."""
    return "control_security" in vehicle.connection.permissions


def can_be_charged(vehicle: VehicleCoordinator) -> bool:
    """Tell whether a signal has proven that the car has a battery to charge."""
    return any(
        vehicle.data.is_evident(signal)
        for signal in CATALOGUE.values()
        if signal.group in {"charge", "tractionbattery"}
    )


# The seam for commands

type Send = Callable[[SmartcarClient, str, str], Awaitable[CommandExecution | None]]

# The documented codes that have a sentence of their own in the translations.
_TRANSLATED_CODES: Final = frozenset(
    {
        "ASLEEP",
        "CHARGE_FAULT",
        "CHARGING_IN_PROGRESS",
        "CHARGING_PLUG_CONNECTED",
        "CHARGING_PLUG_NOT_CONNECTED",
        "DEVICE_PAIRING_REQUIRED",
        "DOOR_OPEN",
        "FULLY_CHARGED",
        "HOOD_OPEN",
        "IGNITION_ON",
        "IN_MOTION",
        "LOW_BATTERY",
        "NOT_CHARGING",
        "REMOTE_ACCESS_DISABLED",
        "TRUNK_OPEN",
        "UNREACHABLE",
        "VEHICLE_NOT_CAPABLE",
        "VEHICLE_OFFLINE_FOR_SERVICE",
        "VIRTUAL_KEY_REQUIRED",
    }
)


async def async_send_command(
    vehicle: VehicleCoordinator,
    command: Command,
    send: Send,
    effect: tuple[SignalType[object], JsonObject] | None = None,
) -> CommandExecution | None:
    """Send one command to a car: the one place where commands leave and their errors are told.

    Commands to one car queue; those to two cars do not wait for each other. `effect` is the body
    that the signal has once the car did as it was told. Raises HomeAssistantError, translated.
    """
    async with vehicle.command_lock:
        vehicle.check_budget(Purpose.COMMAND)
        vehicle.spend(Purpose.COMMAND)
        # Who gives up waiting does not know what the car did.
        look = True
        try:
            execution = await send(
                vehicle.account.client, vehicle.vehicle_id, vehicle.connection.user_id
            )
            if effect is not None:
                signal, body = effect
                now = dt_util.utcnow()
                completed_at = (execution.completed_at if execution else None) or now
                vehicle.async_apply(vehicle.data.apply_command(signal, body, completed_at, now))
        except SmartcarError as error:
            look = error.outcome_unknown
            vehicle.note_limit(error)
            if isinstance(error, ApiError) and error.code == VEHICLE_NOT_CAPABLE:
                vehicle.async_retire(command)
            if isinstance(error, AuthenticationError):
                vehicle.config_entry.async_start_reauth(vehicle.hass)
            raise command_failed(vehicle, error) from error
        finally:
            vehicle.async_plan(look=look)
        return execution


def command_failed(vehicle: VehicleCoordinator, error: SmartcarError) -> HomeAssistantError:
    """Return the error that a person is shown: which car, what happened, what to do."""
    vendor = error.suggested_user_message if isinstance(error, ApiError) else None
    if error.outcome_unknown:
        key = "command_outcome_unknown"
    elif isinstance(error, ApiError) and error.code in _TRANSLATED_CODES:
        key = f"command_{error.code.lower()}"
    elif isinstance(error, AuthenticationError):
        key = "command_credentials_refused"
    elif isinstance(error, MissingPermissionError):
        key = "command_permission_missing"
    elif isinstance(error, LimitError):
        key = "command_limit_reached"
    else:
        key = "command_failed"
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={
            "vehicle": vehicle.display_name,
            "error": str(error),
            # With its blank, so that a sentence without it ends cleanly.
            "message": f" {vendor}" if vendor else "",
        },
    )
