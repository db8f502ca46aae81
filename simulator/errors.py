"""The error envelope and what the reference says about each error (reference 8)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .json_types import JsonObject


class ErrorType(StrEnum):
    """The types of reference 8.2."""

    AUTHENTICATION = "AUTHENTICATION"
    BILLING = "BILLING"
    COMPATIBILITY = "COMPATIBILITY"
    CONNECTED_SERVICES_ACCOUNT = "CONNECTED_SERVICES_ACCOUNT"
    PERMISSION = "PERMISSION"
    RATE_LIMIT = "RATE_LIMIT"
    RESOURCE_NOT_FOUND = "RESOURCE_NOT_FOUND"
    SERVER = "SERVER"
    UPSTREAM = "UPSTREAM"
    VALIDATION = "VALIDATION"
    VEHICLE_STATE = "VEHICLE_STATE"


STATUS: Final[Mapping[str, int]] = {
    ErrorType.AUTHENTICATION: 401,
    ErrorType.BILLING: 430,
    ErrorType.COMPATIBILITY: 501,
    ErrorType.CONNECTED_SERVICES_ACCOUNT: 400,
    ErrorType.PERMISSION: 403,
    ErrorType.RATE_LIMIT: 429,
    ErrorType.RESOURCE_NOT_FOUND: 404,
    ErrorType.SERVER: 500,
    ErrorType.UPSTREAM: 502,
    ErrorType.VALIDATION: 400,
    ErrorType.VEHICLE_STATE: 409,
}

USUAL: Final[Mapping[int, tuple[ErrorType, str]]] = {
    400: (ErrorType.VALIDATION, "BAD_REQUEST"),
    401: (ErrorType.AUTHENTICATION, "UNAUTHORIZED"),
    403: (ErrorType.AUTHENTICATION, "ACCESS_DENIED"),
    404: (ErrorType.RESOURCE_NOT_FOUND, "NOT_FOUND"),
    409: (ErrorType.VEHICLE_STATE, "UNKNOWN"),
    429: (ErrorType.RATE_LIMIT, "VEHICLE"),
    430: (ErrorType.BILLING, "VEHICLE_REQUEST_LIMIT"),
    500: (ErrorType.SERVER, "INTERNAL"),
    501: (ErrorType.COMPATIBILITY, "VEHICLE_NOT_CAPABLE"),
    502: (ErrorType.UPSTREAM, "NO_RESPONSE"),
    504: (ErrorType.UPSTREAM, "NO_RESPONSE"),
}
"""The type and code of an answer with this status, when a fault names no others."""


class Resolution(StrEnum):
    """The resolution types of reference 8.2."""

    RETRY_LATER = "RETRY_LATER"
    REAUTHENTICATE = "REAUTHENTICATE"
    CONTACT_SUPPORT = "CONTACT_SUPPORT"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    UNKNOWN = "UNKNOWN_RESOLUTION_TYPE"


@dataclass(frozen=True, slots=True)
class _Text:
    """The words of one error."""

    detail: str
    message: str | None = None
    resolution: Resolution | None = None


def _state(what: str, todo: str, resolution: Resolution | None = None) -> _Text:
    """Return the words of a VEHICLE_STATE error."""
    return _Text(f"The vehicle is unable to perform your request because {what}.", todo, resolution)


_TEXTS: Final[Mapping[tuple[str, str], _Text]] = {
    (ErrorType.AUTHENTICATION, "UNAUTHORIZED"): _Text(
        "The authorization header is missing, malformed, or its token is invalid or expired."
    ),
    (ErrorType.AUTHENTICATION, "ACCESS_DENIED"): _Text(
        "The application has no access to this vehicle for the given user."
    ),
    (ErrorType.BILLING, "VEHICLE_REQUEST_LIMIT"): _Text(
        "The vehicle has reached its monthly request limit.",
        "This month's requests for your vehicle are used up.",
        Resolution.CONTACT_SUPPORT,
    ),
    (ErrorType.COMPATIBILITY, "VEHICLE_NOT_CAPABLE"): _Text(
        "The vehicle is incapable of performing your request.",
        "Your car does not support this feature.",
    ),
    (ErrorType.COMPATIBILITY, "PLATFORM_NOT_CAPABLE"): _Text(
        "The vehicle moved to another platform of its maker.",
        "Please connect your car again.",
        Resolution.REAUTHENTICATE,
    ),
    (ErrorType.CONNECTED_SERVICES_ACCOUNT, "AUTHENTICATION_FAILED"): _Text(
        "The login of the vehicle owner's connected services account is no longer valid.",
        "Please log in to your car account again.",
        Resolution.REAUTHENTICATE,
    ),
    (ErrorType.CONNECTED_SERVICES_ACCOUNT, "PERMISSION"): _Text(
        "The connected services account may not do this.",
        "Please log in with the main driver's account.",
        Resolution.REAUTHENTICATE,
    ),
    (ErrorType.CONNECTED_SERVICES_ACCOUNT, "VIRTUAL_KEY_REQUIRED"): _Text(
        "The vehicle needs a virtual key before it accepts commands.",
        "Please add the virtual key to your car.",
        Resolution.ACTION_REQUIRED,
    ),
    (ErrorType.PERMISSION, "UNKNOWN"): _Text(
        "Your application has insufficient permissions to access the requested resource. "
        "Please prompt the user to re-authenticate using Smartcar Connect.",
        "Please grant the missing permission and try again.",
        Resolution.REAUTHENTICATE,
    ),
    (ErrorType.RATE_LIMIT, "SMARTCAR_API"): _Text(
        "The application has sent too many requests.", None, Resolution.RETRY_LATER
    ),
    (ErrorType.RATE_LIMIT, "VEHICLE"): _Text(
        "The vehicle has received too many requests in a short time.",
        "Your car is busy. Please try again later.",
        Resolution.RETRY_LATER,
    ),
    (ErrorType.RESOURCE_NOT_FOUND, "INVALID_PATH"): _Text("The requested path does not exist."),
    (ErrorType.RESOURCE_NOT_FOUND, "SIGNAL_NOT_FOUND"): _Text("The signal was not found."),
    (ErrorType.RESOURCE_NOT_FOUND, "NOT_FOUND"): _Text("The requested resource was not found."),
    (ErrorType.SERVER, "INTERNAL"): _Text("An internal error occurred."),
    (ErrorType.UPSTREAM, "NO_RESPONSE"): _Text(
        "The vehicle maker's service did not answer.",
        "Your car's service is not answering. Please try again later.",
        Resolution.RETRY_LATER,
    ),
    (ErrorType.UPSTREAM, "RATE_LIMIT"): _Text(
        "The vehicle maker's service refuses more requests.",
        "Your car's service is busy. Please try again later.",
        Resolution.RETRY_LATER,
    ),
    (ErrorType.VEHICLE_STATE, "ASLEEP"): _state(
        "it is asleep", "Your car is asleep. Please wake it and try again."
    ),
    (ErrorType.VEHICLE_STATE, "CHARGING_IN_PROGRESS"): _state(
        "it is currently charging", "Your car is charging. Please stop charging first."
    ),
    (ErrorType.VEHICLE_STATE, "CHARGING_PLUG_CONNECTED"): _state(
        "its charging plug is connected", "Please unplug your car and try again."
    ),
    (ErrorType.VEHICLE_STATE, "CHARGING_PLUG_NOT_CONNECTED"): _state(
        "its charging plug is not connected", "Please plug your car in and try again."
    ),
    (ErrorType.VEHICLE_STATE, "DOOR_OPEN"): _state(
        "a door is open", "Please close all doors and try again."
    ),
    (ErrorType.VEHICLE_STATE, "FULLY_CHARGED"): _state(
        "it is already charged to its limit", "Your car is already charged to its limit."
    ),
    (ErrorType.VEHICLE_STATE, "HOOD_OPEN"): _state(
        "its hood is open", "Please close the hood and try again."
    ),
    (ErrorType.VEHICLE_STATE, "IN_MOTION"): _state(
        "it is in motion", "Your car is being driven. Please try again when it is parked."
    ),
    (ErrorType.VEHICLE_STATE, "LOW_BATTERY"): _state(
        "its battery is low",
        "Your car's battery is low. Please charge it and try again.",
        Resolution.RETRY_LATER,
    ),
    (ErrorType.VEHICLE_STATE, "NOT_CHARGING"): _state(
        "it is not currently charging", "Your car is not charging."
    ),
    (ErrorType.VEHICLE_STATE, "TRUNK_OPEN"): _state(
        "its trunk is open", "Please close the trunk and try again."
    ),
    (ErrorType.VEHICLE_STATE, "UNREACHABLE"): _state(
        "it cannot be reached", "Your car cannot be reached. Please try again later."
    ),
    (ErrorType.VEHICLE_STATE, "UNKNOWN"): _state(
        "of an unknown state", "Please try again later.", Resolution.RETRY_LATER
    ),
    (ErrorType.VEHICLE_STATE, "DEVICE_PAIRING_REQUIRED"): _state(
        "no phone key is paired",
        "Please pair your phone as a key with your car.",
        Resolution.REAUTHENTICATE,
    ),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of `errors[]`."""

    status: int
    type: str
    code: str
    title: str
    detail: str
    message: str | None = None
    resolution: JsonObject | None = None


def problem(
    type_: str,
    code: str,
    *,
    status: int | None = None,
    detail: str | None = None,
    message: str | None = None,
    resolution: JsonObject | None = None,
) -> Problem:
    """Return a problem, completed from the reference's table."""
    text = _TEXTS.get((type_, code), _Text(f"The request failed: {type_} {code}."))
    if status is None:
        forbidden = type_ == ErrorType.AUTHENTICATION and code != "UNAUTHORIZED"
        status = 403 if forbidden else STATUS.get(type_, 500)
    if resolution is None and text.resolution is not None:
        resolution = {"type": text.resolution}
    return Problem(
        status=status,
        type=type_,
        code=code,
        title=code.replace("_", " ").title(),
        detail=detail or text.detail,
        message=message or text.message,
        resolution=resolution,
    )


class ApiError(Exception):
    """An error that the caller gets as an envelope."""

    def __init__(self, problem_: Problem) -> None:
        """Remember the problem."""
        super().__init__(f"{problem_.type}/{problem_.code}")
        self.problem = problem_


def refuse(type_: str, code: str, detail: str | None = None, status: int | None = None) -> ApiError:
    """Return the exception for a problem of the table."""
    return ApiError(problem(type_, code, detail=detail, status=status))


def invalid(detail: str) -> ApiError:
    """Return the exception for malformed input."""
    return refuse(ErrorType.VALIDATION, "INVALID_INPUT_FORMAT", detail)


def missing(detail: str) -> ApiError:
    """Return the exception for input that is not there."""
    return refuse(ErrorType.VALIDATION, "MISSING_PARAMETER", detail)


def not_found(detail: str) -> ApiError:
    """Return the exception for an unknown resource."""
    return refuse(ErrorType.RESOURCE_NOT_FOUND, "NOT_FOUND", detail)


def envelope(problem_: Problem, request_id: str, application_id: str) -> JsonObject:
    """Return the v3 error envelope (reference 8.1); its status is a string."""
    error: dict[str, JsonObject | str | None] = {
        "status": str(problem_.status),
        "type": problem_.type,
        "code": problem_.code,
        "title": problem_.title,
        "detail": problem_.detail,
        "resolution": problem_.resolution,
    }
    if problem_.message is not None:
        error["suggestedUserMessage"] = problem_.message
    error["meta"] = {"debug": {"applicationId": application_id, "requestId": request_id}}
    return {"errors": [error]}


@dataclass(frozen=True, slots=True)
class SignalError:
    """The error object inside the status of a signal (reference 4.3)."""

    type: str
    code: str | None
    resolution: JsonObject = field(default_factory=lambda: {"type": Resolution.UNKNOWN})

    def as_json(self) -> JsonObject:
        """Return the object as the API sends it."""
        words = problem(self.type, self.code or "UNKNOWN")
        return {
            "type": self.type,
            "code": self.code,
            "title": words.title,
            "detail": words.detail,
            "description": "Deprecated. Use detail",
            "resolution": self.resolution,
        }
