"""One exception tree for everything that can go wrong between us and the cloud.

    SmartcarError
    +- TransportError                 no (whole) answer: connection refused, lost, or cut off
    |  +- TransportTimeoutError       the answer did not come in time
    +- InvalidResponseError           an answer, but not of the documented shape
    +- ApiError                       the cloud said no, in its error envelope or by its status
       +- AuthenticationError         the application's credentials or its token were refused
       +- MissingPermissionError      the owner did not grant what this needs
       +- LimitError                  enough for now
       |  +- RateLimitError           too fast: wait `retry_after`
       |  +- BillingError             the plan is used up or unpaid
       +- ConnectedServicesAccountError   the owner must act at the car maker
       +- CompatibilityError          this car cannot do that
       +- NotFoundError
       +- ValidationError             our request was wrong
       +- VehicleStateError           not in the car's present state
       +- ConflictError               any other 409
       +- CommandFailedError          accepted, tried, and failed
       +- UpstreamError               the car maker's cloud failed
       +- ServerError                 Smartcar failed

Source: https://smartcar.com/docs/api-reference/api-errors and the `ErrorResponse` schema of
https://smartcar.com/docs/api-reference/list-connections.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
import re
from typing import override

_NAME = re.compile("[A-Za-z_]{1,64}")


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the vendor says helps: RETRY_LATER, REAUTHENTICATE, CONTACT_SUPPORT, ... and a link."""

    type: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorDetails:
    """What one error envelope says. Everything but the status can be missing.

    `status` is an HTTP status; in a streamed answer it can differ from that of the response.
    `retry_after` is in seconds.
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
    """Anything that kept a call from succeeding.

    `sent` is False only if the request surely never left.
    """

    sent = True

    @property
    def outcome_unknown(self) -> bool:
        """Whether a command may have been carried out all the same."""
        return False


class TransportError(SmartcarError):
    """No (whole) answer."""

    def __init__(self, message: str, *, sent: bool = True) -> None:
        """Describe the failure in a text that holds no id and no secret."""
        super().__init__(message)
        self.sent = sent

    @property
    @override
    def outcome_unknown(self) -> bool:
        return self.sent


class TransportTimeoutError(TransportError):
    """The answer did not come in time."""


class InvalidResponseError(SmartcarError):
    """An answer that is not of the documented shape. `status` is its HTTP status, if known."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        """Describe what was wrong in a text that holds nothing of the body's values."""
        super().__init__(message)
        self.status = status

    @property
    @override
    def outcome_unknown(self) -> bool:
        return self.sent


class ApiError(SmartcarError):
    """The cloud said no. The text of the error is safe to log: it holds status, type and code.

    And type and code only if they look like the names they should be: some gateways write a
    sentence there, with ids in it.
    """

    def __init__(self, details: ErrorDetails) -> None:
        """Keep what the envelope says."""
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
        """Whoever gave up waiting, a gateway or Smartcar itself, does not know what the car did."""
        gave_up = self.status == 504 or (self.type, self.code) == ("UPSTREAM", "NO_RESPONSE")
        return self.sent and gave_up


class AuthenticationError(ApiError):
    """The application's credentials are wrong, or its token is refused."""


class MissingPermissionError(ApiError):
    """The owner did not grant the permission, or the application may not do this."""


class LimitError(ApiError):
    """Too many requests, of whatever kind. Never a reason to ask for credentials."""


class RateLimitError(LimitError):
    """Too fast, for the car (`code` VEHICLE) or the application (`code` SMARTCAR_API)."""


class BillingError(LimitError):
    """The plan does not cover this: used up, too small, or suspended."""


class ConnectedServicesAccountError(ApiError):
    """Something about the owner's account at the car maker."""


class CompatibilityError(ApiError):
    """This car, make or platform cannot do that."""


class NotFoundError(ApiError):
    """No such path, connection, vehicle or signal."""


class ValidationError(ApiError):
    """The request was not acceptable."""


class VehicleStateError(ApiError):
    """Not in the state that the car is in now: asleep, in motion, not plugged in, ..."""


class ConflictError(ApiError):
    """It exists already, or is being made."""


class CommandFailedError(ApiError):
    """The command was accepted and tried, and then failed."""


class UpstreamError(ApiError):
    """The car maker's cloud, or a gateway before it, failed."""


class ServerError(ApiError):
    """Smartcar itself failed, or answered with a status that nobody documents."""


_BY_TYPE: dict[str, type[ApiError]] = {
    "AUTHENTICATION": AuthenticationError,
    "BILLING": BillingError,
    "COMPATIBILITY": CompatibilityError,
    "CONNECTED_SERVICES_ACCOUNT": ConnectedServicesAccountError,
    "PERMISSION": MissingPermissionError,
    "RATE_LIMIT": RateLimitError,
    "RESOURCE_NOT_FOUND": NotFoundError,
    "SERVER": ServerError,
    "UPSTREAM": UpstreamError,
    "VALIDATION": ValidationError,
    "VEHICLE_STATE": VehicleStateError,
}
_BY_STATUS: dict[int, type[ApiError]] = {
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
    """Return the member of the tree that fits.

    Three things that share the statuses 401 and 403 are told apart: a spent quota or a time
    limit (by its words), a missing permission (403), and credentials that are refused (401).
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
    """Return the seconds that a Retry-After header asks for; None if it says nothing usable.

    Both forms of RFC 9110 are read: a number of seconds and an HTTP date.
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
