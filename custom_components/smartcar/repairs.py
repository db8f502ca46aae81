"""Repairs: what only the user or a car's owner can put right.

They hold links, not fixes: Home Assistant's frontend shows a link only for an issue that is not
fixable by itself.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
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
    Resolution,
    Signal,
    SignalError,
    SmartcarError,
    VehicleError,
)
from .budget import Reason
from .const import CONF_APPLICATION_ID, DOMAIN

_REAUTHENTICATE = "REAUTHENTICATE"
_DASHBOARD = "https://dashboard.smartcar.com"


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
    if asks_for_login:
        link = _login_link(entry, connection, link)
    ir.async_create_issue(
        hass,
        DOMAIN,
        _owner_action_issue_id(connection.vehicle_id),
        data={"entry_id": entry.entry_id},
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        learn_more_url=_safe(link),
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


@callback
def async_raise_requests_used_up(
    hass: HomeAssistant, entry: ConfigEntry, vehicle_id: str, reason: Reason, **placeholders: str
) -> None:
    """Tell that a car is not asked for days, why, and until when."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _requests_issue_id(vehicle_id),
        data={"entry_id": entry.entry_id},
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        learn_more_url=_DASHBOARD,
        translation_key=f"requests_{reason}",
        translation_placeholders=placeholders,
    )


@callback
def async_clear_requests_used_up(hass: HomeAssistant, vehicle_id: str) -> None:
    """Take that back: the car is asked again, or is no longer ours."""
    ir.async_delete_issue(hass, DOMAIN, _requests_issue_id(vehicle_id))


def vehicle_in_two_entries_issue_id(entry_id: str, vehicle_id: str) -> str:
    """Return the id of the issue that tells of a car which another entry has."""
    return f"vehicle_in_two_entries_{entry_id}_{_anonymous(vehicle_id)}"


@callback
def async_raise_vehicle_error(
    hass: HomeAssistant,
    entry: ConfigEntry,
    connection: Connection,
    vehicle: str,
    error: VehicleError,
) -> None:
    """Ask for what an error that was pushed asks for, if a person can do anything about it.

    A missing permission is no lost log-in: the car goes on sending what is permitted. Only an
    error of the whole connection, or of the account at the maker, is.
    """
    resolution = error.resolution or Resolution()
    if error.type == "CONNECTED_SERVICES_ACCOUNT" or error.codes is None:
        asks_for_login = resolution.type == _REAUTHENTICATE
        key = "owner_must_log_in" if asks_for_login else "owner_must_act"
    elif error.type == "PERMISSION":
        asks_for_login, key = False, "permission_missing"
    else:
        return
    link = resolution.url
    if asks_for_login:
        link = _login_link(entry, connection, link)
    ir.async_create_issue(
        hass,
        DOMAIN,
        _vehicle_error_issue_id(connection.vehicle_id, error.key),
        data={"entry_id": entry.entry_id},
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        learn_more_url=_safe(link),
        translation_key=key,
        translation_placeholders={
            "vehicle": vehicle,
            "message": error.suggested_user_message or error.description or error.key,
            "signals": ", ".join(sorted(error.codes or ())),
        },
    )


@callback
def async_resolve_vehicle_error(hass: HomeAssistant, vehicle_id: str, error: VehicleError) -> None:
    """Take the request back: the error is over."""
    ir.async_delete_issue(hass, DOMAIN, _vehicle_error_issue_id(vehicle_id, error.key))


@callback
def async_clear_vehicle_errors(hass: HomeAssistant, vehicle_id: str) -> None:
    """Take back everything that was pushed of a car: it is no longer ours, or push is off."""
    prefix = _vehicle_error_issue_id(vehicle_id, "")
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN and issue_id.startswith(prefix):
            ir.async_delete_issue(hass, DOMAIN, issue_id)


class PushIssue(StrEnum):
    """What can be wrong with push; each is a translation key."""

    CLOCK = "push_clock"
    NO_URL = "push_no_url"
    NOT_CREATED = "push_not_created"
    NOT_ENABLED = "push_not_enabled"
    NOT_SUBSCRIBED = "push_not_subscribed"
    REJECTED = "push_rejected"
    SILENT = "push_silent"
    URL_DIFFERS = "push_url_differs"
    WAITING = "push_waiting"


class PushIssues:
    """The repairs of one entry that concern push."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Nothing is known to be wrong."""
        self._hass = hass
        self._entry = entry
        self.url = ""

    @callback
    def raise_issue(self, issue: PushIssue, **placeholders: str) -> None:
        """Tell the user of something that is wrong."""
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id(issue),
            data={"entry_id": self._entry.entry_id},
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            learn_more_url=_DASHBOARD,
            translation_key=issue,
            translation_placeholders={
                "entry": self._entry.title,
                "url": self.url,
                **placeholders,
            },
        )

    @callback
    def clear(self, *issues: PushIssue) -> None:
        """Take back these, or all."""
        for issue in issues or PushIssue:
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(issue))

    @callback
    def replace(
        self, issues: Iterable[PushIssue], issue: PushIssue | None, **placeholders: str
    ) -> None:
        """Of these, let at most one stand."""
        self.clear(*(other for other in issues if other is not issue))
        if issue is not None:
            self.raise_issue(issue, **placeholders)

    def _issue_id(self, issue: PushIssue) -> str:
        return f"{issue}_{self._entry.entry_id}"


def _vehicle_error_issue_id(vehicle_id: str, key: str) -> str:
    return f"vehicle_error_{_anonymous(vehicle_id)}_{key}"


def _login_link(entry: ConfigEntry, connection: Connection, link: str | None) -> str | None:
    """Return the car's own link; the vendor's can tell the application if the entry does not."""
    application_id = entry.data.get(CONF_APPLICATION_ID)
    if application_id is None and _safe(link):
        application_id = URL(link or "").query.get("application_id")
    return reauthenticate_url(application_id, connection.vehicle_id) if application_id else link


def _safe(link: str | None) -> str | None:
    """Return a link of the vendor's if it is one that a person may be sent to."""
    try:
        url = URL(link or "")
    except ValueError:
        return None
    is_local = url.scheme == "http" and url.host == "127.0.0.1"
    return link if is_local or (url.scheme == "https" and url.host) else None


def _requests_issue_id(vehicle_id: str) -> str:
    return f"requests_used_up_{_anonymous(vehicle_id)}"


def _owner_action_issue_id(vehicle_id: str) -> str:
    return f"owner_action_{_anonymous(vehicle_id)}"


def _anonymous(vehicle_id: str) -> str:
    """Return what stands for a car in an issue's id, which every diagnostics file shows."""
    return sha256(vehicle_id.encode()).hexdigest()[:16]


def _asks_for_login(error: ApiError | SignalError) -> bool:
    return error.resolution is not None and error.resolution.type == _REAUTHENTICATE
