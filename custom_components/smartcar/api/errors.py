"""The exceptions of the client: one tree, from the error bodies of the cloud and from HTTP.

    SmartcarError
    +- TransportError                 no answer or only a part: connection refused, lost, cut off
    |  +- TransportTimeoutError       the answer did not come in time
    +- InvalidResponseError           an answer that does not have the documented shape
    +- ApiError                       an error body or an error status
       +- AuthenticationError         the credentials or the token of the application were refused
       +- MissingPermissionError      the owner did not grant the permission
       +- LimitError                  too many requests
       |  +- RateLimitError           too many in a short time: wait `retry_after` seconds
       |  +- BillingError             the plan is used up, too small, or unpaid
       +- ConnectedServicesAccountError   the owner must act at the car maker
       +- CompatibilityError          this vehicle cannot do that
       +- NotFoundError               no such path, connection, vehicle or signal
       +- ValidationError             the request was wrong
       +- VehicleStateError           not in the state that the vehicle is in now
       +- ConflictError               any other 409
       +- CommandFailedError          the vehicle tried the command and failed
       +- UpstreamError               the car maker's cloud failed
       +- ServerError                 Smartcar failed

Source: https://smartcar.com/docs/api-reference/api-errors and the `ErrorResponse` schema of
https://smartcar.com/docs/api-reference/list-connections
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
import re
from typing import override

_NAME = re.compile("[A-Za-z_]{1,64}")


class ErrorType(StrEnum):
    """The documented types of errors. The list is open: an error can have another type."""

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


class ErrorCode(StrEnum):
    """The codes that say what to do or to show. The list is open: an error can have another code.

    They stand in errors of requests (`ApiError.code`), of signals (`SignalError.code`) and of
    deliveries (`VehicleError.code`).
    """

    # Of COMPATIBILITY
    VEHICLE_NOT_CAPABLE = "VEHICLE_NOT_CAPABLE"
    # Of CONNECTED_SERVICES_ACCOUNT
    VIRTUAL_KEY_REQUIRED = "VIRTUAL_KEY_REQUIRED"
    # Of RATE_LIMIT: the limit of the whole application
    SMARTCAR_API = "SMARTCAR_API"
    # Of UPSTREAM
    NO_RESPONSE = "NO_RESPONSE"
    # Of VEHICLE_STATE
    ASLEEP = "ASLEEP"
    CHARGE_FAULT = "CHARGE_FAULT"
    CHARGING_IN_PROGRESS = "CHARGING_IN_PROGRESS"
    CHARGING_PLUG_CONNECTED = "CHARGING_PLUG_CONNECTED"
    CHARGING_PLUG_NOT_CONNECTED = "CHARGING_PLUG_NOT_CONNECTED"
    DEVICE_PAIRING_REQUIRED = "DEVICE_PAIRING_REQUIRED"
    DOOR_OPEN = "DOOR_OPEN"
    FULLY_CHARGED = "FULLY_CHARGED"
    HOOD_OPEN = "HOOD_OPEN"
    IGNITION_ON = "IGNITION_ON"
    IN_MOTION = "IN_MOTION"
    LOW_BATTERY = "LOW_BATTERY"
    NOT_CHARGING = "NOT_CHARGING"
    REMOTE_ACCESS_DISABLED = "REMOTE_ACCESS_DISABLED"
    TRUNK_OPEN = "TRUNK_OPEN"
    UNREACHABLE = "UNREACHABLE"
    VEHICLE_OFFLINE_FOR_SERVICE = "VEHICLE_OFFLINE_FOR_SERVICE"


@dataclass(frozen=True, slots=True)
class Resolution:
    """The remedy that Smartcar names (RETRY_LATER, REAUTHENTICATE, ...), perhaps with a link."""

    type: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorDetails:
    """The fields of one error. All but the status can be missing.

    Attributes:
        status: An HTTP status. In a streamed answer it can differ from that of the response.
        type: A member of `ErrorType`, or a new one.
        code: A member of `ErrorCode`, or one of the many others.
        detail: A description for developers. It can contain ids.
        suggested_user_message: A description for the owner.
        resolution: The remedy.
        retry_after: Seconds to wait before the next request.
        request_id: Smartcar's id of the request, for its support.
    """

    status: int
    type: str | None = None
    code: str | None = None
    detail: str | None = None
    suggested_user_message: str | None = None
    resolution: Resolution | None = None
    retry_after: float | None = None
    request_id: str | None = None


class SmartcarError(Exception):
    """The root of the tree.

    Attributes:
        sent: False only if the request certainly did not leave this machine.
    """

    sent = True

    @property
    def outcome_unknown(self) -> bool:
        """Whether the vehicle may have executed the command in spite of the error."""
        return False


class TransportError(SmartcarError):
    """There was no answer, or only a part of one."""

    def __init__(self, message: str, *, sent: bool = True) -> None:
        """Store a description, which must not contain ids or secrets."""
        super().__init__(message)
        self.sent = sent

    @property
    @override
    def outcome_unknown(self) -> bool:
        return self.sent


class TransportTimeoutError(TransportError):
    """The answer did not come in time."""


class InvalidResponseError(SmartcarError):
    """The answer does not have the documented shape. `status` is its HTTP status, if known."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        """Store a description, which must not contain values of the body."""
        super().__init__(message)
        self.status = status

    @property
    @override
    def outcome_unknown(self) -> bool:
        return self.sent


class ApiError(SmartcarError):
    """The cloud answered with an error.

    The text of the exception is safe to log: it is made of status, type and code. Type and code
    are left out unless they look like names, because some gateways write sentences with ids there.
    """

    def __init__(self, details: ErrorDetails) -> None:
        """Store the fields of the error."""
        names = [name for name in (details.type, details.code) if name and _NAME.fullmatch(name)]
        super().__init__(" ".join([str(details.status), ":".join(names)]).rstrip())
        self.details = details
        self.status = details.status
        self.type = details.type
        self.code = details.code
        self.detail = details.detail
        self.suggested_user_message = details.suggested_user_message
        self.resolution = details.resolution
        self.retry_after = details.retry_after
        self.request_id = details.request_id

    @property
    @override
    def outcome_unknown(self) -> bool:
        """Whether a gateway or Smartcar stopped waiting for the vehicle."""
        gave_up = self.status == 504 or (self.type, self.code) == (
            ErrorType.UPSTREAM,
            ErrorCode.NO_RESPONSE,
        )
        return self.sent and gave_up


class AuthenticationError(ApiError):
    """The application's credentials are wrong, or its token is refused."""


class MissingPermissionError(ApiError):
    """The owner did not grant the permission, or the application may not do this."""


class LimitError(ApiError):
    """Too many requests of any kind. The credentials are not the cause."""


class RateLimitError(LimitError):
    """Too many requests for the vehicle (`code` VEHICLE) or the application (SMARTCAR_API)."""


class BillingError(LimitError):
    """The plan does not cover the request: it is used up, too small, or suspended."""


class ConnectedServicesAccountError(ApiError):
    """The account of the owner at the car maker needs attention."""


class CompatibilityError(ApiError):
    """This vehicle, make or platform cannot do that."""


class NotFoundError(ApiError):
    """There is no such path, connection, vehicle or signal."""


class ValidationError(ApiError):
    """The request was not acceptable."""


class VehicleStateError(ApiError):
    """The state of the vehicle prevents it: asleep, in motion, not plugged in, ..."""


class ConflictError(ApiError):
    """The resource exists already, or is being created."""


class CommandFailedError(ApiError):
    """The command was accepted, and then failed."""


class UpstreamError(ApiError):
    """The car maker's cloud, or a gateway before it, failed."""


class ServerError(ApiError):
    """Smartcar itself failed, or answered with an undocumented status."""


_BY_TYPE: Mapping[str, type[ApiError]] = {
    ErrorType.AUTHENTICATION: AuthenticationError,
    ErrorType.BILLING: BillingError,
    ErrorType.COMPATIBILITY: CompatibilityError,
    ErrorType.CONNECTED_SERVICES_ACCOUNT: ConnectedServicesAccountError,
    ErrorType.PERMISSION: MissingPermissionError,
    ErrorType.RATE_LIMIT: RateLimitError,
    ErrorType.RESOURCE_NOT_FOUND: NotFoundError,
    ErrorType.SERVER: ServerError,
    ErrorType.UPSTREAM: UpstreamError,
    ErrorType.VALIDATION: ValidationError,
    ErrorType.VEHICLE_STATE: VehicleStateError,
}
_BY_STATUS: Mapping[int, type[ApiError]] = {
    400: ValidationError,
    401: AuthenticationError,
    403: MissingPermissionError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitError,
    430: BillingError,
    501: CompatibilityError,
    502: UpstreamError,
    503: UpstreamError,
    504: UpstreamError,
}
_LIMIT_WORDS = (
    "quota",
    "time limit",
    "time-limit",
    "time_limit",
    "rate limit",
    "rate-limit",
    "rate_limit",
    "request limit",
    "request_limit",
    "too many requests",
    "limit exceeded",
    "limit reached",
)


def api_error(details: ErrorDetails) -> ApiError:
    """Return the exception for these details.

    The statuses 401 and 403 have three meanings: a spent quota or a time limit (recognized by its
    words), a missing permission (403), and refused credentials (401).
    """
    kind = _BY_TYPE.get(details.type or "") or _BY_STATUS.get(details.status, ServerError)
    words = " ".join(filter(None, (details.code, details.detail))).lower()
    if (
        details.status in (401, 403)
        and kind is not BillingError
        and any(word in words for word in _LIMIT_WORDS)
    ):
        return RateLimitError(details)
    if kind is AuthenticationError and details.status == 403:
        kind = MissingPermissionError
    return kind(details)


def parse_retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Return the seconds to wait according to a Retry-After header; None if it is unusable.

    Both forms of RFC 9110 are read: a number of seconds of at most nine digits, and an HTTP date,
    which counts from `now`. A date in the past is 0 seconds.
    """
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdecimal() and len(value) < 10:
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError, OverflowError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
