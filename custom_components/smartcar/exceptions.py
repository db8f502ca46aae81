"""Errors of the cloud or the budget, as Home Assistant and a person understand them."""

from datetime import datetime, timedelta
from typing import Final

from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    HomeAssistantError,
    ServiceValidationError,
)
from homeassistant.helpers.update_coordinator import UpdateFailed
from homeassistant.util import dt as dt_util

from .api import ApiError, AuthenticationError, LimitError, MissingPermissionError, SmartcarError
from .budget import PLANS, Budget, Reason, Refusal
from .const import DOMAIN

# The least and the most that the list of connections waits after a limit, in seconds.
_LEAST_RETRY: Final = 60
_MOST_RETRY: Final = 24 * 60 * 60

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


def update_failed(error: SmartcarError, name: str) -> UpdateFailed | ConfigEntryAuthFailed:
    """Return the exception of a coordinator for an error of a read.

    Only refused credentials are an authentication failure. Quotas, plans, permissions and the car
    maker's account are not.
    """
    placeholders = {"name": name, "error": _describe(error)}
    if isinstance(error, AuthenticationError):
        return ConfigEntryAuthFailed(
            translation_domain=DOMAIN,
            translation_key="credentials_refused",
            translation_placeholders=placeholders,
        )
    key = "limit_reached" if isinstance(error, LimitError) else "update_failed"
    retry_after = error.retry_after if isinstance(error, ApiError) else None
    return UpdateFailed(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
        retry_after=None
        if retry_after is None
        else min(max(retry_after, _LEAST_RETRY), _MOST_RETRY),
    )


def command_failed(vehicle: str, error: SmartcarError) -> HomeAssistantError:
    """Return the error of a command: which car, what happened, what to do."""
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
    # The blank belongs to the message, so that a sentence without a message ends cleanly.
    message = f" {vendor}" if vendor else ""
    return failed(key, vehicle=vehicle, error=str(error), message=message)


def request_refused(
    vehicle: str, refusal: Refusal, left: int, budget: Budget
) -> HomeAssistantError:
    """Return the error of a request that the budget does not allow now."""
    if not budget.monthly:
        key = "request_refused_budget"
    elif refusal.reason is Reason.SPENT and not left:
        key = "request_refused_all_spent"
    else:
        key = f"request_refused_{refusal.reason}"
    return failed(
        key,
        vehicle=vehicle,
        until=local_time(refusal.until),
        left=str(left),
        plan=plan_name(budget),
    )


def failed(key: str, **placeholders: str) -> HomeAssistantError:
    """Return a translated error for something that did not work."""
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders
    )


def invalid(key: str, **placeholders: str) -> ServiceValidationError:
    """Return a translated error for a mistake in the call of an action."""
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders
    )


def plan_name(budget: Budget) -> str:
    """Return what a person knows the budget by: "Free, 500 requests per month"."""
    name = PLANS.get(budget.monthly)
    requests = f"{budget.monthly} requests per month"
    return f"{name}, {requests}" if name else requests


def local_time(time: datetime) -> str:
    """Return a time as a person reads it, in the time zone of Home Assistant."""
    # Rounded up, so that the named minute is never too early.
    return f"{dt_util.as_local(time + timedelta(seconds=59)):%Y-%m-%d %H:%M}"


def _describe(error: SmartcarError) -> str:
    vendor = error.suggested_user_message if isinstance(error, ApiError) else None
    return vendor or str(error)
