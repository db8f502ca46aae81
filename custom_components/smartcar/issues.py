"""Every repair: what only the user or a vehicle's owner can put right.

Repairs carry links and are not fixable: Home Assistant's frontend shows the link only then. Home
Assistant reserves the module name `repairs` for fix flows.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final, TypeGuard

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from yarl import URL

from .api import (
    ApiError,
    CompatibilityError,
    ConnectedServicesAccountError,
    Connection,
    ErrorType,
    Origins,
    Resolution,
    Signal,
    SignalError,
    SmartcarError,
    VehicleError,
)
from .budget import Reason
from .const import CONF_APPLICATION_ID, DOMAIN

_REAUTHENTICATE: Final = "REAUTHENTICATE"
_DASHBOARD: Final = "https://dashboard.smartcar.com"


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


@callback
def _async_raise(
    hass: HomeAssistant,
    entry_id: str,
    issue_id: str,
    key: str,
    placeholders: Mapping[str, str],
    *,
    link: str | None = None,
    severity: ir.IssueSeverity = ir.IssueSeverity.WARNING,
    is_persistent: bool = False,
) -> None:
    ir.async_create_issue(
        hass,
        DOMAIN,
        issue_id,
        data={"entry_id": entry_id},
        is_fixable=False,
        is_persistent=is_persistent,
        severity=severity,
        learn_more_url=link,
        translation_key=key,
        translation_placeholders=dict(placeholders),
    )


@callback
def async_clear_all(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Clear every repair of an entry that is being removed."""
    for (domain, issue_id), issue in list(ir.async_get(hass).issues.items()):
        if domain == DOMAIN and (issue.data or {}).get("entry_id") == entry.entry_id:
            ir.async_delete_issue(hass, DOMAIN, issue_id)


@callback
def async_clear_vehicle(hass: HomeAssistant, vehicle_id: str) -> None:
    """Clear every repair of a vehicle that the entry no longer has."""
    async_clear_owner_action(hass, vehicle_id)
    async_clear_requests_used_up(hass, vehicle_id)
    async_clear_vehicle_errors(hass, vehicle_id)


# The store


@callback
def async_raise_store_set_aside(hass: HomeAssistant, entry_id: str, file: str) -> None:
    """Report that the stored data could not be read, and where they are now."""
    _async_raise(
        hass,
        entry_id,
        f"store_set_aside_{entry_id}",
        "store_set_aside",
        {"file": file},
        is_persistent=True,
    )


# The owner


def reauthenticate_url(application_id: str, vehicle_id: str) -> str:
    """Return the link under which an owner logs in to the car maker again, for one vehicle.

    `response_type=none` and no redirect: any other form ends on a dead page in Home Assistant.
    Source: https://smartcar.com/docs/connect/re-auth/redirect-to-connect
    """
    return str(
        URL(f"{Origins.from_environment().connect}/oauth/reauthenticate").with_query(
            response_type="none", application_id=application_id, vehicle_id=vehicle_id
        )
    )


def needs_owner_action(error: SmartcarError) -> TypeGuard[ApiError]:
    """Tell whether the vehicle stays silent until its owner does something at the car maker."""
    return isinstance(error, ConnectedServicesAccountError) or (
        isinstance(error, CompatibilityError) and _requires_login(error)
    )


def owner_action_in(signals: Iterable[Signal], since: datetime | None) -> SignalError | None:
    """Return the error of a lost login among signals, if it is newer than the owner's consent.

    The answer as a whole succeeds then, and old bodies stand beside the errors. Errors from before
    the consent stay in the cloud for a while and mean nothing.
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
    """Request the owner's action: log in again, or what the vendor's own sentence says."""
    link = error.resolution.url if error.resolution else None
    requires_login = _requires_login(error)
    if requires_login:
        link = _login_link(entry, connection, link)
    _async_raise(
        hass,
        entry.entry_id,
        _owner_action_issue_id(connection.vehicle_id),
        "owner_must_log_in" if requires_login else "owner_must_act",
        {
            "vehicle": vehicle,
            "message": error.suggested_user_message or error.detail or str(error.code),
        },
        link=_safe(link),
        severity=ir.IssueSeverity.ERROR,
    )


@callback
def async_clear_owner_action(hass: HomeAssistant, vehicle_id: str) -> None:
    """Clear the request for the owner's action: the vehicle answers again, or is not listed."""
    ir.async_delete_issue(hass, DOMAIN, _owner_action_issue_id(vehicle_id))


# Errors that were pushed


@callback
def async_raise_vehicle_error(
    hass: HomeAssistant,
    entry: ConfigEntry,
    connection: Connection,
    vehicle: str,
    error: VehicleError,
) -> None:
    """Raise a repair for a pushed error, if a person can do anything about it.

    A missing permission is no lost login: the vehicle goes on sending what is permitted. Only an
    error of the whole connection, or of the account at the maker, is one.
    """
    resolution = error.resolution or Resolution()
    if error.type == "CONNECTED_SERVICES_ACCOUNT" or error.codes is None:
        requires_login = resolution.type == _REAUTHENTICATE
        key = "owner_must_log_in" if requires_login else "owner_must_act"
    elif error.type == "PERMISSION":
        requires_login, key = False, "permission_missing"
    else:
        return
    link = resolution.url
    if requires_login:
        link = _login_link(entry, connection, link)
    _async_raise(
        hass,
        entry.entry_id,
        _vehicle_error_issue_id(connection.vehicle_id, error.key),
        key,
        {
            "vehicle": vehicle,
            "message": error.suggested_user_message or error.description or error.key,
            "signals": ", ".join(sorted(error.codes or ())),
        },
        link=_safe(link),
    )


@callback
def async_resolve_vehicle_error(hass: HomeAssistant, vehicle_id: str, error: VehicleError) -> None:
    """Clear the repair of a pushed error that is over."""
    ir.async_delete_issue(hass, DOMAIN, _vehicle_error_issue_id(vehicle_id, error.key))


@callback
def async_clear_vehicle_errors(hass: HomeAssistant, vehicle_id: str) -> None:
    """Clear the repairs of all pushed errors of a vehicle: it left the entry, or push is off."""
    prefix = _vehicle_error_issue_id(vehicle_id, "")
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN and issue_id.startswith(prefix):
            ir.async_delete_issue(hass, DOMAIN, issue_id)


# Permissions that were taken back

# A pushed error of this key has the same repair: one cause, one repair.
PERMISSION_ERROR: Final = f"{ErrorType.PERMISSION}:None"


@callback
def async_raise_permission_withdrawn(
    hass: HomeAssistant,
    entry: ConfigEntry,
    vehicle_id: str,
    vehicle: str,
    codes: Iterable[str],
) -> None:
    """Report values that are unknown because no owner grants their permission any more."""
    _async_raise(
        hass,
        entry.entry_id,
        _vehicle_error_issue_id(vehicle_id, PERMISSION_ERROR),
        "permission_withdrawn",
        {"vehicle": vehicle, "signals": ", ".join(sorted(codes))},
    )


@callback
def async_clear_permission_withdrawn(hass: HomeAssistant, vehicle_id: str) -> None:
    """Clear that report: the values have come again."""
    ir.async_delete_issue(hass, DOMAIN, _vehicle_error_issue_id(vehicle_id, PERMISSION_ERROR))


# Requests


@callback
def async_raise_requests_used_up(
    hass: HomeAssistant, entry: ConfigEntry, vehicle_id: str, reason: Reason, **placeholders: str
) -> None:
    """Report that a vehicle is not polled for days, why, and until when."""
    _async_raise(
        hass,
        entry.entry_id,
        _requests_issue_id(vehicle_id),
        f"requests_{reason}",
        placeholders,
        link=_DASHBOARD,
    )


@callback
def async_clear_requests_used_up(hass: HomeAssistant, vehicle_id: str) -> None:
    """Clear that report: the vehicle is polled again, or is not listed any more."""
    ir.async_delete_issue(hass, DOMAIN, _requests_issue_id(vehicle_id))


# Two entries


@callback
def async_raise_vehicle_in_two_entries(
    hass: HomeAssistant, entry: ConfigEntry, vehicle_id: str, *, vehicle: str, kept: str
) -> None:
    """Report that this entry skips a vehicle which another entry already has."""
    _async_raise(
        hass,
        entry.entry_id,
        _two_entries_issue_id(entry, vehicle_id),
        "vehicle_in_two_entries",
        {"vehicle": vehicle, "kept": kept, "skipped": entry.title},
    )


@callback
def async_clear_vehicle_in_two_entries(
    hass: HomeAssistant, entry: ConfigEntry, vehicle_id: str
) -> None:
    """Clear that report: no other entry has the vehicle."""
    ir.async_delete_issue(hass, DOMAIN, _two_entries_issue_id(entry, vehicle_id))


# Push


class PushIssues:
    """The repairs of one entry that concern push."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Begin without a known address."""
        self._hass = hass
        self._entry = entry
        self.url = ""

    @callback
    def raise_issue(self, issue: PushIssue, **placeholders: str) -> None:
        """Raise a repair."""
        _async_raise(
            self._hass,
            self._entry.entry_id,
            self._issue_id(issue),
            issue,
            {"entry": self._entry.title, "url": self.url, **placeholders},
            link=_DASHBOARD,
        )

    @callback
    def clear(self, *issues: PushIssue) -> None:
        """Clear these repairs, or all."""
        for issue in issues or PushIssue:
            ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(issue))

    @callback
    def replace(
        self, issues: Iterable[PushIssue], issue: PushIssue | None, **placeholders: str
    ) -> None:
        """Clear all of these repairs except at most one, which is raised."""
        self.clear(*(other for other in issues if other is not issue))
        if issue is not None:
            self.raise_issue(issue, **placeholders)

    def _issue_id(self, issue: PushIssue) -> str:
        return f"{issue}_{self._entry.entry_id}"


# Ids and links


def _login_link(entry: ConfigEntry, connection: Connection, link: str | None) -> str | None:
    """Return the vehicle's own link; the vendor's names the application if the entry does not."""
    application_id = entry.data.get(CONF_APPLICATION_ID)
    if application_id is None and _safe(link):
        application_id = URL(link or "").query.get("application_id")
    return reauthenticate_url(application_id, connection.vehicle_id) if application_id else link


def _safe(link: str | None) -> str | None:
    """Return a link of the vendor's if a person may be sent to it."""
    try:
        url = URL(link or "")
    except ValueError:
        return None
    is_local = url.scheme == "http" and url.host == "127.0.0.1"
    return link if is_local or (url.scheme == "https" and url.host) else None


def _requires_login(error: ApiError | SignalError) -> bool:
    return error.resolution is not None and error.resolution.type == _REAUTHENTICATE


def _two_entries_issue_id(entry: ConfigEntry, vehicle_id: str) -> str:
    return f"vehicle_in_two_entries_{entry.entry_id}_{_anonymous(vehicle_id)}"


def _vehicle_error_issue_id(vehicle_id: str, key: str) -> str:
    return f"vehicle_error_{_anonymous(vehicle_id)}_{key}"


def _requests_issue_id(vehicle_id: str) -> str:
    return f"requests_used_up_{_anonymous(vehicle_id)}"


def _owner_action_issue_id(vehicle_id: str) -> str:
    return f"owner_action_{_anonymous(vehicle_id)}"


def _anonymous(vehicle_id: str) -> str:
    """Return what replaces a vehicle id in an issue id, which every diagnostics file shows."""
    return sha256(vehicle_id.encode()).hexdigest()[:16]
