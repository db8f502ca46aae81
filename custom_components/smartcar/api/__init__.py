"""An asynchronous client of the Smartcar cloud.

Knows nothing of Home Assistant: it needs aiohttp and the standard library, and could be a package
of its own. Everything that the rest of the house may use is named here.
"""

from .auth import ApplicationTokenSource, TokenSource
from .client import CHARGE_LIMIT_RANGE, WEEKDAYS, SmartcarClient
from .errors import (
    ApiError,
    AuthenticationError,
    BillingError,
    CommandFailedError,
    CompatibilityError,
    ConflictError,
    ConnectedServicesAccountError,
    ErrorDetails,
    InvalidResponseError,
    LimitError,
    MissingPermissionError,
    NotFoundError,
    RateLimitError,
    Resolution,
    ServerError,
    SmartcarError,
    TransportError,
    TransportTimeoutError,
    UpstreamError,
    ValidationError,
    VehicleStateError,
)
from .models import (
    Application,
    ChargingWindow,
    CommandExecution,
    Connection,
    Listing,
    Signal,
    SignalError,
    SignalStatus,
    Subscription,
    Vehicle,
    Webhook,
)
from .origins import Origins
from .reading import Json, JsonObject

__all__ = [
    "CHARGE_LIMIT_RANGE",
    "WEEKDAYS",
    "ApiError",
    "Application",
    "ApplicationTokenSource",
    "AuthenticationError",
    "BillingError",
    "ChargingWindow",
    "CommandExecution",
    "CommandFailedError",
    "CompatibilityError",
    "ConflictError",
    "ConnectedServicesAccountError",
    "Connection",
    "ErrorDetails",
    "InvalidResponseError",
    "Json",
    "JsonObject",
    "LimitError",
    "Listing",
    "MissingPermissionError",
    "NotFoundError",
    "Origins",
    "RateLimitError",
    "Resolution",
    "ServerError",
    "Signal",
    "SignalError",
    "SignalStatus",
    "SmartcarClient",
    "SmartcarError",
    "Subscription",
    "TokenSource",
    "TransportError",
    "TransportTimeoutError",
    "UpstreamError",
    "ValidationError",
    "Vehicle",
    "VehicleStateError",
    "Webhook",
]
