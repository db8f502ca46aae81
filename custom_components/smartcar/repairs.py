"""Repairs: what only the user or a car's owner can put right.

They hold links, not fixes: Home Assistant's frontend shows a link only for an issue that is not
fixable by itself.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import TypeGuard

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from yarl import URL

from .api import (
    ApiError,
    CompatibilityError,
    ConnectedServicesAccountError,
    Connection,
    Origins,
    Signal,
    SignalError,
    SmartcarError,
)
from .const import CONF_APPLICATION_ID, DOMAIN

_REAUTHENTICATE = "REAUTHENTICATE"


def reauthenticate_url(application_id: str, vehicle_id: str) -> str:
    """Return the link under which an owner logs in to the car maker again, for one car.

    `response_type=none` and no redirect: any other form ends on a dead page in Home Assistant.
    Source: https://smartcar.com/docs/connect/re-auth/redirect-to-connect
    """
    return str(
        URL(f"{Origins.from_environment().connect}/oauth/reauthenticate").with_query(
            response_type="none", application_id=application_id, vehicle_id=vehicle_id
        )
    )


def needs_owner_action(error: SmartcarError) -> TypeGuard[ApiError]:
    """Tell whether the car will stay silent until its owner does something at the car maker."""
    return isinstance(error, ConnectedServicesAccountError) or (
        isinstance(error, CompatibilityError) and _asks_for_login(error)
    )


def owner_action_in(signals: Iterable[Signal], since: datetime | None) -> SignalError | None:
    """Return the error of a lost log-in that signals bring, newer than the owner's consent.

    The answer as a whole succeeds then, and old bodies stand beside the errors. Errors from
    before the consent stay in the cloud for a while, and mean nothing any more.
    """
    for signal in signals:
        error = signal.error
        if error is None or error.type != "CONNECTED_SERVICES_ACCOUNT":
            continue
        if since is None or signal.ingested_at is None or signal.ingested_at > since:
            return error
    return None


@callback
def async_raise_owner_action(
    hass: HomeAssistant,
    entry: ConfigEntry,
    connection: Connection,
    vehicle: str,
    error: ApiError | SignalError,
) -> None:
    """Ask for the owner's action: log in again, or what the vendor's own sentence says."""
    link = error.resolution.url if error.resolution else None
    asks_for_login = _asks_for_login(error)
    if asks_for_login and (application_id := entry.data.get(CONF_APPLICATION_ID)):
        link = reauthenticate_url(application_id, connection.vehicle_id)
    ir.async_create_issue(
        hass,
        DOMAIN,
        _owner_action_issue_id(connection.vehicle_id),
        data={"entry_id": entry.entry_id},
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        learn_more_url=link if link and link.startswith(("https://", "http://127.")) else None,
        translation_key="owner_must_log_in" if asks_for_login else "owner_must_act",
        translation_placeholders={
            "vehicle": vehicle,
            "message": error.suggested_user_message or error.detail or str(error.code),
        },
    )


@callback
def async_clear_owner_action(hass: HomeAssistant, vehicle_id: str) -> None:
    """Take the request back: the car answers again, or is no longer ours."""
    ir.async_delete_issue(hass, DOMAIN, _owner_action_issue_id(vehicle_id))


@callback
def async_clear_all(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take all requests back that concern an entry: it is being removed."""
    for (domain, issue_id), issue in list(ir.async_get(hass).issues.items()):
        if domain == DOMAIN and (issue.data or {}).get("entry_id") == entry.entry_id:
            ir.async_delete_issue(hass, DOMAIN, issue_id)


def vehicle_in_two_entries_issue_id(entry_id: str, vehicle_id: str) -> str:
    """Return the id of the issue that tells of a car which another entry has."""
    return f"vehicle_in_two_entries_{entry_id}_{_anonymous(vehicle_id)}"


def _owner_action_issue_id(vehicle_id: str) -> str:
    return f"owner_action_{_anonymous(vehicle_id)}"


def _anonymous(vehicle_id: str) -> str:
    """Return what stands for a car in an issue's id, which every diagnostics file shows."""
    return sha256(vehicle_id.encode()).hexdigest()[:16]


def _asks_for_login(error: ApiError | SignalError) -> bool:
    return error.resolution is not None and error.resolution.type == _REAUTHENTICATE
