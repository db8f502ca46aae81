"""The commands: one table, and the one seam that sends one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Concatenate, Final

from homeassistant.util import dt as dt_util

from .api import (
    ApiError,
    AuthenticationError,
    ChargingWindow,
    CommandExecution,
    ConnectedVehicle,
    ErrorCode,
    JsonObject,
    MissingPermissionError,
    NotFoundError,
    SmartcarClient,
    SmartcarError,
)
from .api.catalogue import CHARGE_LIMITS, IS_CHARGE_PORT_OPEN, IS_CHARGING, IS_LOCKED, SignalType
from .budget import Purpose
from .coordinator import VehicleCoordinator
from .exceptions import command_failed

CONTROL_CHARGE: Final = "control_charge"
CONTROL_NAVIGATION: Final = "control_navigation"
CONTROL_SECURITY: Final = "control_security"

type Send[**P] = Callable[
    Concatenate[SmartcarClient, ConnectedVehicle, P], Awaitable[CommandExecution | None]
]


class Command(StrEnum):
    """The commands. Their names are stored, for the vehicles that do not support them."""

    LOCK = "lock"
    UNLOCK = "unlock"
    START_CHARGE = "start_charge"
    STOP_CHARGE = "stop_charge"
    SET_CHARGE_LIMIT = "set_charge_limit"
    OPEN_CHARGE_PORT = "open_charge_port"
    CLOSE_CHARGE_PORT = "close_charge_port"
    SET_DESTINATION = "set_destination"
    SET_CHARGE_SCHEDULE = "set_charge_schedule"
    DELETE_CHARGE_SCHEDULE = "delete_charge_schedule"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a vehicle reports once it has carried out a command.

    `signal` then has this `body`. `shown` is what the control shows meanwhile.
    """

    signal: SignalType[object]
    body: JsonObject
    shown: bool | float


@dataclass(frozen=True, slots=True)
class CommandType[**P]:
    """One row of the table: how a command is sent, what it needs, and what it does.

    `send` is the client's method. `permission` is what the owner must have granted. `effect` is
    None if no signal shows what the command did.
    """

    command: Command
    send: Send[P]
    permission: str
    effect: Callable[P, Effect] | None = None


def _sets(signal: SignalType[bool], *, to: bool) -> Callable[[], Effect]:
    return lambda: Effect(signal, {"value": to}, to)


def _charge_limit_effect(percent: int) -> Effect:
    body: JsonObject = {
        "values": [{"type": "GLOBAL", "limit": percent}],
        "activeLimit": percent,
        "unit": "percent",
    }
    return Effect(CHARGE_LIMITS, body, float(percent))


async def _set_charge_schedule(
    client: SmartcarClient,
    vehicle: ConnectedVehicle,
    latitude: float,
    longitude: float,
    window: ChargingWindow,
) -> CommandExecution:
    return await client.set_daily_charge_schedule(
        vehicle, latitude=latitude, longitude=longitude, window=window
    )


LOCK = CommandType(Command.LOCK, SmartcarClient.lock, CONTROL_SECURITY, _sets(IS_LOCKED, to=True))
UNLOCK = CommandType(
    Command.UNLOCK, SmartcarClient.unlock, CONTROL_SECURITY, _sets(IS_LOCKED, to=False)
)
START_CHARGE = CommandType(
    Command.START_CHARGE, SmartcarClient.start_charge, CONTROL_CHARGE, _sets(IS_CHARGING, to=True)
)
STOP_CHARGE = CommandType(
    Command.STOP_CHARGE, SmartcarClient.stop_charge, CONTROL_CHARGE, _sets(IS_CHARGING, to=False)
)
SET_CHARGE_LIMIT = CommandType(
    Command.SET_CHARGE_LIMIT, SmartcarClient.set_charge_limit, CONTROL_CHARGE, _charge_limit_effect
)
OPEN_CHARGE_PORT = CommandType(
    Command.OPEN_CHARGE_PORT,
    SmartcarClient.open_charge_port,
    CONTROL_CHARGE,
    _sets(IS_CHARGE_PORT_OPEN, to=True),
)
CLOSE_CHARGE_PORT = CommandType(
    Command.CLOSE_CHARGE_PORT,
    SmartcarClient.close_charge_port,
    CONTROL_CHARGE,
    _sets(IS_CHARGE_PORT_OPEN, to=False),
)
SET_DESTINATION = CommandType(
    Command.SET_DESTINATION, SmartcarClient.set_destination, CONTROL_NAVIGATION
)
SET_CHARGE_SCHEDULE = CommandType(Command.SET_CHARGE_SCHEDULE, _set_charge_schedule, CONTROL_CHARGE)
DELETE_CHARGE_SCHEDULE = CommandType(
    Command.DELETE_CHARGE_SCHEDULE,
    SmartcarClient.delete_charge_schedule,
    CONTROL_CHARGE,
)


async def async_send_command[**P](
    vehicle: VehicleCoordinator, command: CommandType[P], *args: P.args, **kwargs: P.kwargs
) -> None:
    """Send one command to a vehicle: the one place where commands leave.

    Commands to one vehicle queue; those to two vehicles do not wait for each other. Raises
    HomeAssistantError, translated.
    """
    async with vehicle.command_lock:
        vehicle.schedule.check(Purpose.COMMAND)
        vehicle.schedule.spend(Purpose.COMMAND)
        # A caller that gives up waiting does not know what the vehicle did.
        is_follow_up_needed = True
        try:
            execution = await _send(vehicle, command, *args, **kwargs)
            if command.effect is not None:
                _apply(vehicle, command.effect(*args, **kwargs), execution)
        except SmartcarError as error:
            is_follow_up_needed = error.outcome_unknown
            vehicle.record_limit(error)
            if isinstance(error, ApiError) and error.code == ErrorCode.VEHICLE_NOT_CAPABLE:
                vehicle.async_retire(command.command)
            if isinstance(error, AuthenticationError):
                vehicle.config_entry.async_start_reauth(vehicle.hass)
            raise command_failed(vehicle.display_name, error) from error
        finally:
            if is_follow_up_needed:
                vehicle.schedule.plan_follow_up()
            vehicle.async_plan()


async def _send[**P](
    vehicle: VehicleCoordinator, command: CommandType[P], *args: P.args, **kwargs: P.kwargs
) -> CommandExecution | None:
    """Send a command in the name of an owner who may; if that is refused, once in another's."""
    client = vehicle.context.client
    first, *others = vehicle.connections.commanders(command.permission)
    try:
        return await command.send(client, first, *args, **kwargs)
    except MissingPermissionError, NotFoundError:
        # Both are refusals before anything is carried out.
        if not others or vehicle.schedule.is_spent:
            raise
        vehicle.schedule.spend(Purpose.COMMAND)
        return await command.send(client, others[0], *args, **kwargs)


def _apply(vehicle: VehicleCoordinator, effect: Effect, execution: CommandExecution | None) -> None:
    """Store what the vehicle did, as of when the vendor says it was completed."""
    now = dt_util.utcnow()
    completed_at = (execution.completed_at if execution else None) or now
    vehicle.async_apply_command(
        vehicle.data.apply_command(effect.signal, effect.body, completed_at, now)
    )
