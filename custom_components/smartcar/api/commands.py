"""The commands to vehicles, and their charge schedules."""

from collections.abc import Mapping
from datetime import time

from .errors import CommandFailedError, ErrorDetails, InvalidResponseError
from .models import ChargingWindow, CommandExecution, ConnectedVehicle
from .payload import JsonObject, optional_object, optional_text, required_object
from .session import COMMAND_TIMEOUT, ApiSession, Request
from .transport import Answer

CHARGE_LIMIT_RANGE = range(50, 101)


class CommandMethods:
    """The methods of `SmartcarClient` that command a vehicle.

    All of them take the pair of ids of a connection (`Connection.connected_vehicle`), whose owner
    must have granted the permission. None is ever sent twice, and each waits up to 310 seconds.

    An execution that is returned was successful. In addition to the errors of every method, all
    of them raise ConnectedServicesAccountError, CompatibilityError, VehicleStateError and
    CommandFailedError. An error whose `outcome_unknown` is True leaves open whether the vehicle
    executed the command.
    """

    _vehicle_api: ApiSession

    async def lock(self, vehicle: ConnectedVehicle) -> CommandExecution:
        """Lock the doors.

        Permission: control_security.
        Source: https://smartcar.com/docs/api-reference/commands/overview
        """
        return await self._command(vehicle, "commands/security/lock")

    async def unlock(self, vehicle: ConnectedVehicle) -> CommandExecution:
        """Unlock the doors.

        Permission: control_security.
        Source: https://smartcar.com/docs/api-reference/commands/security/unlock-doors
        """
        return await self._command(vehicle, "commands/security/unlock")

    async def start_charge(self, vehicle: ConnectedVehicle) -> CommandExecution:
        """Start charging.

        Permission: control_charge.
        Source: https://smartcar.com/docs/api-reference/commands/overview
        """
        return await self._command(vehicle, "commands/charge/start")

    async def stop_charge(self, vehicle: ConnectedVehicle) -> CommandExecution:
        """Stop charging.

        Permission: control_charge.
        Source: https://smartcar.com/docs/api-reference/commands/overview
        """
        return await self._command(vehicle, "commands/charge/stop")

    async def set_charge_limit(self, vehicle: ConnectedVehicle, percent: int) -> CommandExecution:
        """Set the charge limit.

        Permission: control_charge.
        Source: https://smartcar.com/docs/api-reference/commands/charging/set-charge-limit

        Args:
            vehicle: The pair of ids.
            percent: The limit in whole percent, a member of CHARGE_LIMIT_RANGE (50 to 100).

        Raises:
            ValueError: The limit is not such a number. Nothing was sent.
        """
        if isinstance(percent, bool) or percent not in CHARGE_LIMIT_RANGE:
            raise ValueError("the charge limit is a whole number of percent from 50 to 100")
        return await self._command(vehicle, "commands/charge/set-limit", {"percent": int(percent)})

    async def open_charge_port(self, vehicle: ConnectedVehicle) -> CommandExecution:
        """Open the door of the charge port.

        Permission: control_charge.
        Source: https://smartcar.com/docs/api-reference/commands/overview
        """
        return await self._command(vehicle, "commands/charge-port/open")

    async def close_charge_port(self, vehicle: ConnectedVehicle) -> CommandExecution:
        """Close the door of the charge port.

        Permission: control_charge.
        Source: https://smartcar.com/docs/api-reference/commands/overview
        """
        return await self._command(vehicle, "commands/charge-port/close")

    async def set_destination(
        self, vehicle: ConnectedVehicle, latitude: float, longitude: float
    ) -> CommandExecution:
        """Send a destination to the navigation of the vehicle.

        Permission: control_navigation.
        Source: https://smartcar.com/docs/api-reference/commands/overview

        Args:
            vehicle: The pair of ids.
            latitude: Degrees, from -90 to 90.
            longitude: Degrees, from -180 to 180.

        Raises:
            ValueError: The place is not on Earth. Nothing was sent.
        """
        place = _coordinates(latitude, longitude)
        return await self._command(vehicle, "commands/navigation/set-destination", place)

    async def set_daily_charge_schedule(
        self,
        vehicle: ConnectedVehicle,
        *,
        latitude: float,
        longitude: float,
        window: ChargingWindow,
    ) -> CommandExecution:
        """Let the vehicle charge every day in a window of time, at one place.

        The execution has the `schedule_id`, which `delete_charge_schedule` takes.

        Permission: control_charge.
        Source: https://smartcar.com/docs/api-reference/commands/charge-schedules/set-daily-charge-schedule

        Args:
            vehicle: The pair of ids.
            latitude: Degrees, from -90 to 90.
            longitude: Degrees, from -180 to 180.
            window: The window, in the local time of the vehicle. It can span midnight.

        Raises:
            ValueError: The place is not on Earth, or a time is not "HH:MM". Nothing was sent.
        """
        place = _coordinates(latitude, longitude)
        attributes: JsonObject = {"location": place, **_window_to_json(window)}
        return await self._command(vehicle, "charge-schedules/daily", attributes)

    async def delete_charge_schedule(self, vehicle: ConnectedVehicle, schedule_id: str) -> None:
        """Delete a charge schedule.

        Permission: control_charge.
        Source: https://smartcar.com/docs/api-reference/commands/overview

        Args:
            vehicle: The pair of ids.
            schedule_id: The id, from an execution or from the signal "charge-chargetimers".
        """
        request = Request(
            method="DELETE",
            path="/vehicles/{vehicle_id}/charge-schedules/{schedule_id}",
            ids={"vehicle_id": vehicle.vehicle_id, "schedule_id": schedule_id},
            user_id=vehicle.user_id,
            timeout=COMMAND_TIMEOUT,
        )
        answer = await self._vehicle_api.send(request)
        answer.raise_for_error()
        # The shape of a good answer is not documented: it may be empty, or have no status.
        if answer.status == 202 or answer.body.strip():
            data = optional_object(answer.json_object().get("data"))
            if answer.status == 202 or "status" in optional_object(data.get("attributes")):
                _raise_unless_successful(data, answer)

    async def _command(
        self, vehicle: ConnectedVehicle, path: str, attributes: JsonObject | None = None
    ) -> CommandExecution:
        request = Request(
            method="POST",
            path=f"/vehicles/{{vehicle_id}}/{path}",
            ids={"vehicle_id": vehicle.vehicle_id},
            user_id=vehicle.user_id,
            json=None if attributes is None else {"data": {"attributes": attributes}},
            timeout=COMMAND_TIMEOUT,
        )
        answer = await self._vehicle_api.send(request)
        data = required_object(answer.json_object().get("data"), "data")
        _raise_unless_successful(data, answer)
        return CommandExecution.from_json(data)


def _raise_unless_successful(data: JsonObject, answer: Answer) -> None:
    """Judge a command by the status in its answer. Only SUCCESS is documented."""
    value = optional_object(data.get("attributes")).get("status")
    status = optional_object(value)
    text = (optional_text(status.get("value")) or optional_text(value) or "").upper()
    if text == "SUCCESS":
        return
    if text in {"FAILURE", "FAILED", "ERROR"}:
        error = optional_object(status.get("error"))
        raise CommandFailedError(
            ErrorDetails(
                status=answer.status,
                type=optional_text(error.get("type")),
                code=optional_text(error.get("code")),
                detail=optional_text(error.get("detail")),
                suggested_user_message=optional_text(error.get("suggestedUserMessage")),
                request_id=answer.request_id,
            )
        )
    raise InvalidResponseError("the status of the command is undocumented", status=answer.status)


def _coordinates(latitude: float, longitude: float) -> Mapping[str, float]:
    if not abs(latitude) <= 90:
        raise ValueError("the latitude is a number of degrees from -90 to 90")
    if not abs(longitude) <= 180:
        raise ValueError("the longitude is a number of degrees from -180 to 180")
    return {"latitude": latitude, "longitude": longitude}


def _window_to_json(window: ChargingWindow) -> Mapping[str, str]:
    for text in (window.start, window.stop):
        if len(text) != 5 or time.fromisoformat(text).strftime("%H:%M") != text:
            raise ValueError("times are written HH:MM")
    return window.to_json()
