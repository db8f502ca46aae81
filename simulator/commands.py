"""The commands of reference 6: needs, checks and effects of each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from . import car_controls
from .car import Car
from .car_state import WEEK, ChargeSchedule
from .clock import iso
from .cloud import Cloud
from .command_parameters import (
    Parameters,
    attributes_of,
    read_daily,
    read_percent,
    read_place,
    read_weekly,
    read_workweek,
)
from .errors import ApiError, ErrorType, Resolution, not_found, problem, refuse
from .ids import random_hex
from .json_types import Json, JsonObject, as_number, as_object
from .ownership import Connection, Grant

type Action = Callable[[Car, Parameters], str | None]
"""Changes the car; returns the id of the schedule it is about, if any."""


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table of reference 6."""

    name: str
    permission: str
    able: Callable[[Car], bool]
    run: Action
    read: Callable[[JsonObject], Parameters] | None = None
    """Reads and checks `data.attributes`; None for a command without a body."""
    schedule: tuple[str, str] | None = None
    """(action, scheduleType) for charge schedules, whose answer differs."""

    @classmethod
    def delete(cls, schedule_id: str) -> Command:
        """Return the command that deletes a schedule."""

        def run(car: Car, _: Parameters) -> str:
            kept = tuple(one for one in car.schedules if one.id != schedule_id)
            if len(kept) == len(car.schedules):
                raise not_found("The charge schedule was not found.")
            car.schedules = kept
            return schedule_id

        return cls(
            "charge-schedule-delete",
            "control_charge",
            lambda car: bool(car.model.schedules),
            run,
            schedule=("delete", ""),
        )


def _simple(action: Callable[[Car], None]) -> Action:
    """Return a command without parameters."""
    return lambda car, _: action(car)


def _set_limit(car: Car, given: Parameters) -> None:
    """Set the charge limit."""
    car_controls.set_charge_limit(car, int(as_number(given["percent"]) or 0))


def _set_destination(car: Car, given: Parameters) -> None:
    """Send a destination to the car."""
    car.destination = (
        as_number(given["latitude"]) or 0.0,
        as_number(given["longitude"]) or 0.0,
    )


def _set_schedule(
    kind: str, groups: Callable[[Parameters], Mapping[tuple[str, ...], Json]]
) -> Action:
    """Return a command that stores a schedule in the car."""

    def run(car: Car, given: Parameters) -> str:
        place = as_object(given["location"])
        windows = []
        for days, value in groups(given).items():
            window = as_object(value)
            start, stop = window.get("startTime"), window.get("stopTime")
            windows.append(
                (
                    days,
                    start if isinstance(start, str) else None,
                    stop if isinstance(stop, str) else None,
                )
            )
        schedule = ChargeSchedule(
            car.new_schedule_id(),
            kind,
            as_number(place["latitude"]) or 0.0,
            as_number(place["longitude"]) or 0.0,
            tuple(windows),
        )
        car.schedules = (*car.schedules, schedule)
        return schedule.id

    return run


def _workweek_groups(given: Parameters) -> Mapping[tuple[str, ...], Json]:
    """Return the times by days."""
    parts = {"weekdays": WEEK[:5], "weekends": WEEK[5:]}
    return {days: given[name] for name, days in parts.items() if name in given}


def _electric(car: Car) -> bool:
    """Whether the car charges."""
    return car.model.electric


def _port(car: Car) -> bool:
    """Whether the charge port has a motor."""
    return car.model.port_motor


def _command(
    name: str,
    permission: str,
    able: Callable[[Car], bool],
    run: Action,
    *,
    read: Callable[[JsonObject], Parameters] | None = None,
) -> Command:
    """Return a row; short so that the table reads like the reference's."""
    return Command(name, f"control_{permission}", able, run, read=read)


COMMANDS: Final[Mapping[str, Command]] = {
    "charge/start": _command(
        "charge-start", "charge", _electric, _simple(car_controls.start_charge)
    ),
    "charge/stop": _command("charge-stop", "charge", _electric, _simple(car_controls.stop_charge)),
    "charge/set-limit": _command(
        "charge-set-limit", "charge", _electric, _set_limit, read=read_percent
    ),
    "charge-port/open": _command(
        "charge-port-open", "charge", _port, _simple(car_controls.open_port)
    ),
    "charge-port/close": _command(
        "charge-port-close", "charge", _port, _simple(car_controls.close_port)
    ),
    "security/lock": _command(
        "security-lock", "security", lambda car: True, _simple(car_controls.lock)
    ),
    "security/unlock": _command(
        "security-unlock", "security", lambda car: True, _simple(car_controls.unlock)
    ),
    "navigation/set-destination": _command(
        "navigation-set-destination",
        "navigation",
        lambda car: car.model.navigation,
        _set_destination,
        read=read_place,
    ),
}


def _schedule(
    kind: str,
    read: Callable[[JsonObject], Parameters],
    groups: Callable[[Parameters], Mapping[tuple[str, ...], Json]],
) -> Command:
    """Return a row for a charge schedule."""
    return Command(
        f"charge-schedule-{kind}",
        "control_charge",
        lambda car: kind in car.model.schedules,
        _set_schedule(kind, groups),
        read=read,
        schedule=("create", kind),
    )


SCHEDULES: Final[Mapping[str, Command]] = {
    "daily": _schedule("daily", read_daily, lambda given: {WEEK: given}),
    "weekly": _schedule(
        "weekly",
        read_weekly,
        lambda given: {
            (name.upper(),): window for name, window in as_object(given["days"]).items()
        },
    ),
    "workweek": _schedule("workweek", read_workweek, _workweek_groups),
}


def run_command(
    cloud: Cloud, connection: Connection, grant: Grant, command: Command, body: Json
) -> JsonObject:
    """Run a command and return its execution (reference 6.1).

    Order of refusals: body, permission, capability, login, state of the car.
    """
    parameters = command.read(attributes_of(body)) if command.read else {}
    if command.permission not in grant.permissions:
        raise refuse(ErrorType.PERMISSION, "UNKNOWN")
    car = cloud.cars[connection.vehicle_id]
    if not command.able(car):
        raise refuse(ErrorType.COMPATIBILITY, "VEHICLE_NOT_CAPABLE")
    if cloud.logins.is_needed(car.id):
        url = cloud.reauthenticate_url(car.id)
        raise ApiError(
            problem(
                ErrorType.CONNECTED_SERVICES_ACCOUNT,
                "AUTHENTICATION_FAILED",
                resolution={"type": Resolution.REAUTHENTICATE, "url": url},
            )
        )
    cloud.reports.sync(car)
    if not car.state.online:
        raise refuse(ErrorType.VEHICLE_STATE, "UNREACHABLE")
    executed_at = cloud.clock.now()
    car.wake_for_command()
    try:
        schedule_id = command.run(car, parameters)
    except car_controls.RefusalError as refusal:
        raise refuse(ErrorType.VEHICLE_STATE, refusal.code) from refusal
    finally:
        # Even a refused command wakes the car, which then reports.
        car.report_after(cloud.clock.after(cloud.command_lag))
    return _execution(
        cloud, car, command, parameters, executed_at=executed_at, schedule_id=schedule_id
    )


def _execution(
    cloud: Cloud,
    car: Car,
    command: Command,
    parameters: Parameters,
    *,
    executed_at: float,
    schedule_id: str | None,
) -> JsonObject:
    """Return the execution of a command that succeeded."""
    completed_at = cloud.clock.now()
    attributes: dict[str, Json] = {
        "status": {"value": "SUCCESS"},
        "executionMode": "sync",
        "parameters": parameters,
    }
    data: dict[str, Json] = {"id": f"exec_{random_hex(cloud.rng, 96)}"}
    if command.schedule is None:
        data["type"] = "command-execution"
        attributes = {"commandType": command.name, **attributes}
    else:
        data["type"] = "charge-schedule-execution"
        action, kind = command.schedule
        attributes = {"action": action, **attributes, "scheduleId": schedule_id}
        if kind:
            attributes["scheduleType"] = kind
        if action == "create":
            path = f"/vehicles/{car.id}/charge-schedules/{schedule_id}"
            data["links"] = {"schedule": path}
    data["attributes"] = attributes
    data["meta"] = {
        "executedAt": iso(executed_at),
        "completedAt": iso(completed_at),
        "durationInSeconds": round(completed_at - executed_at),
    }
    return {"data": data}
