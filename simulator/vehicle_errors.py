"""The errors of cars that webhooks report (reference 9.5)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
import random

from .car import Car
from .catalogue import name_and_group
from .errors import Resolution, problem
from .ids import random_uuid
from .json_types import Json, JsonObject
from .logins import Logins


class ErrorSignals(StrEnum):
    """How a VEHICLE_ERROR names signals (reference 9.5)."""

    OBJECTS = "objects"
    NAMES = "names"
    """Strings "Group.Name", as in 2025."""
    SWAPPED = "swapped"
    """Objects whose name and group are exchanged, as one capture had it."""


@dataclass(frozen=True, slots=True)
class VehicleError:
    """An error that was reported and may be resolved (reference 9.5)."""

    id: str
    vehicle_id: str
    type: str
    code: str | None
    resolution: JsonObject
    description: str
    suggested_user_message: str | None
    signals: tuple[str, ...] | None
    """None: the whole connection."""
    signals_form: ErrorSignals

    def as_json(self, state: str) -> JsonObject:
        """Return the element of `errors`."""
        topic = self.type.lower().replace("_", "-")
        anchor = (self.code or "null").lower().replace("_", "-")
        error: dict[str, Json] = {
            "type": self.type,
            "code": self.code,
            "description": self.description,
            "docURL": f"https://smartcar.com/docs/errors/api-errors/{topic}-errors#{anchor}",
            "resolution": self.resolution,
        }
        if self.suggested_user_message is not None:
            error["suggestedUserMessage"] = self.suggested_user_message
        error["state"] = state
        if self.signals is not None:
            error["signals"] = [self._signal(code) for code in self.signals]
        return error

    def _signal(self, code: str) -> Json:
        """Return one signal as the form has it."""
        name, group = name_and_group(code)
        match self.signals_form:
            case ErrorSignals.OBJECTS:
                return {"name": name, "group": group, "code": code}
            case ErrorSignals.NAMES:
                return f"{group}.{name}"
            case ErrorSignals.SWAPPED:
                return {"name": group, "group": name, "code": code}


def vehicle_error(
    error_id: str,
    vehicle_id: str,
    type_: str,
    code: str | None,
    *,
    signals: Iterable[str] | None,
    signals_form: str,
    resolution: str | JsonObject | None,
    suggested_user_message: str | None,
    reauthenticate_url: str,
) -> VehicleError:
    """Return an error completed from the reference's table."""
    words = problem(type_, code or "UNKNOWN")
    if resolution is None:
        resolution = dict(words.resolution or {"type": None})
        if code == "AUTHENTICATION_FAILED":
            resolution = {"type": Resolution.REAUTHENTICATE, "url": reauthenticate_url}
    elif isinstance(resolution, str):
        resolution = {"type": resolution}
    return VehicleError(
        id=error_id,
        vehicle_id=vehicle_id,
        type=type_,
        code=code,
        resolution=resolution,
        description=words.detail,
        suggested_user_message=suggested_user_message or words.message,
        signals=None if signals is None else tuple(signals),
        signals_form=ErrorSignals(signals_form),
    )


class VehicleErrors:
    """The errors that cars reported and that are not resolved yet."""

    def __init__(
        self,
        rng: random.Random,
        cars: Mapping[str, Car],
        logins: Logins,
        send: Callable[[VehicleError, str], None],
    ) -> None:
        """Start without an error; `send` sends an error and its state to the webhooks."""
        self._rng = rng
        self._cars = cars
        self._logins = logins
        self._send = send
        self.errors: dict[str, VehicleError] = {}

    def report(
        self,
        vehicle_id: str,
        *,
        type: str,  # noqa: A002
        code: str | None = None,
        signals: Iterable[str] | None = None,
        signals_form: str = ErrorSignals.OBJECTS,
        resolution: str | JsonObject | None = None,
        suggested_user_message: str | None = None,
    ) -> VehicleError:
        """Send a VEHICLE_ERROR with state ERROR.

        `signals` are codes; None leaves them out, as for a whole connection. A `resolution` is a
        type or an object; None takes the one of the reference. Raises KeyError for
        an unknown car and ValueError for an unknown form.
        """
        error = vehicle_error(
            random_uuid(self._rng),
            self._cars[vehicle_id].id,
            type,
            code,
            signals=signals,
            signals_form=signals_form,
            resolution=resolution,
            suggested_user_message=suggested_user_message,
            reauthenticate_url=self._logins.reauthenticate_url(vehicle_id),
        )
        self.errors[error.id] = error
        self._send(error, "ERROR")
        return error

    def resolve(self, error: VehicleError | str) -> None:
        """Send the VEHICLE_ERROR that says that an error (or its id) is RESOLVED."""
        error_id = error if isinstance(error, str) else error.id
        self._send(self.errors.pop(error_id), "RESOLVED")
