"""Connect: reads authorize links, and follows the decisions of the owner.

Pure of pages and HTTP; reference 1.4 to 1.7.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import parse_qsl, urlencode, urlsplit
import uuid

from .car import Car
from .catalogue import PERMISSIONS
from .cloud import Cloud
from .ownership import LIVE, SIMULATED

REQUIRED: Final = "required:"
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

ERRORS: Final[Mapping[str, str]] = {
    "access_denied": "User denied access to application.",
    "no_vehicles": "No vehicles found in the user's account.",
    "vehicle_incompatible": "The user's vehicle is not compatible.",
    "invalid_subscription": "The user's connected services subscription is missing or expired.",
    "configuration_error": "The application is not set up correctly.",
    "server_error": "An unexpected error occurred. Please try again.",
}
"""The errors of reference 1.5 and their descriptions."""


class LinkError(Exception):
    """An authorize link that Connect refuses, with the words of its page."""

    def __init__(self, what: str) -> None:
        """Say what is wrong."""
        super().__init__(f"400: {what}")


@dataclass(frozen=True, slots=True)
class Offer:
    """A permission on the page."""

    name: str
    required: bool


@dataclass(frozen=True, slots=True)
class Link:
    """The parameters that both kinds of link have."""

    query: str
    response_type: str
    redirect_uri: str | None
    state: str | None

    def redirect(self, **parameters: str | None) -> str | None:
        """Return the address to go to; None ends the flow on a page of Connect."""
        if self.redirect_uri is None:
            return None
        given = {name: value for name, value in parameters.items() if value is not None}
        if self.state is not None:
            given["state"] = self.state
        glue = "&" if "?" in self.redirect_uri else "?"
        return f"{self.redirect_uri}{glue}{urlencode(given)}"

    def error_redirect(self, error: str, **more: str | None) -> str | None:
        """Return the address of an error (reference 1.5)."""
        return self.redirect(error=error, error_description=ERRORS[error], **more)


@dataclass(frozen=True, slots=True)
class AuthorizeLink(Link):
    """`/oauth/authorize` (reference 1.4)."""

    mode: str
    offers: tuple[Offer, ...]
    single: bool
    vin: str | None
    make: str | None
    external_id: str | None

    @classmethod
    def read(cls, cloud: Cloud, query: str) -> Self:
        """Read and check a link; raises LinkError."""
        given = dict(parse_qsl(query, keep_blank_values=True))
        _check_application(cloud, given)
        response_type = _choice(given, "response_type", ("code", "none"), None)
        return cls(
            query=query,
            response_type=response_type,
            redirect_uri=_redirect_uri(cloud, given, needed=response_type == "code"),
            state=given.get("state"),
            # `test` is deprecated, and the old word for simulated.
            mode=SIMULATED
            if _choice(given, "mode", (LIVE, SIMULATED, "test"), LIVE) != LIVE
            else LIVE,
            offers=_offers(cloud, given.get("scope")),
            single=_choice(given, "single_select", ("true", "false"), "false") == "true"
            or "single_select_vin" in given,
            vin=given.get("single_select_vin"),
            make=given.get("make"),
            external_id=given.get("external_id"),
        )

    def cars(self, cloud: Cloud, owner_id: str) -> list[Car]:
        """Return the cars that an owner is offered."""
        return [
            car
            for vehicle_id in cloud.owners[owner_id].garage
            if (car := cloud.cars[vehicle_id]).mode == self.mode
            and (
                car.vin == self.vin
                if self.vin is not None
                else self.make is None or car.model.make.lower() == self.make.lower()
            )
        ]

    def chosen_at_first(self, cloud: Cloud, owner_id: str) -> list[str]:
        """Return the ids of the cars that are ticked: those not connected yet, else all."""
        offered = [car.id for car in self.cars(cloud, owner_id)]
        free = {car.id for car in cloud.unconnected(owner_id, self.mode)}
        chosen = [vehicle_id for vehicle_id in offered if vehicle_id in free] or offered
        return chosen[:1] if self.single else chosen

    def allow(
        self,
        cloud: Cloud,
        owner_id: str,
        vehicle_ids: Iterable[str],
        permissions: Iterable[str] | None,
    ) -> str | None:
        """Connect the cars and return where to go.

        `permissions` None grants all offered ones; required ones are granted always.
        Raises ValueError when the choice is none of the page's.
        """
        chosen = list(dict.fromkeys(vehicle_ids))
        offered = {car.id for car in self.cars(cloud, owner_id)}
        if not chosen or not offered.issuperset(chosen):
            raise ValueError("choose at least one of the offered cars")
        if self.single and len(chosen) > 1:
            raise ValueError("choose one car only")
        requested = {offer.name for offer in self.offers}
        wanted = requested if permissions is None else set(permissions)
        if not requested.issuperset(wanted):
            raise ValueError("choose among the offered permissions")
        granted = [offer.name for offer in self.offers if offer.required or offer.name in wanted]
        owner = cloud.owners[owner_id]
        if self.external_id is not None:
            owner.external_id = None if self.external_id == "null" else self.external_id
        cloud.connect(owner_id, chosen, granted)
        return self.redirect(
            # Nobody needs it in v3 (reference 1.5).
            code=str(uuid.uuid4()) if self.response_type == "code" else None,
            user_id=owner_id,
            external_id=owner.external_id,
        )

    def fail(self, cloud: Cloud, error: str, vehicle_id: str | None = None) -> str | None:
        """Return where an error leads; an incompatible car is named."""
        car = cloud.cars.get(vehicle_id or "")
        if error != "vehicle_incompatible" or car is None:
            return self.error_redirect(error)
        return self.error_redirect(
            error,
            vin=car.vin,
            make=car.model.make,
            model=car.model.name,
            year=str(car.model.year),
        )


@dataclass(frozen=True, slots=True)
class ReauthenticateLink(Link):
    """`/oauth/reauthenticate` (reference 1.7)."""

    vehicle_id: str

    @classmethod
    def read(cls, cloud: Cloud, query: str) -> Self:
        """Read and check a link; raises LinkError."""
        given = dict(parse_qsl(query, keep_blank_values=True))
        _check_application(cloud, given)
        response_type = _choice(given, "response_type", ("vehicle_id", "none"), None)
        vehicle_id = given.get("vehicle_id", "")
        if not cloud.connections_of(vehicle_id=vehicle_id):
            raise LinkError("Invalid parameter vehicle_id")
        return cls(
            query=query,
            response_type=response_type,
            redirect_uri=_redirect_uri(cloud, given, needed=response_type == "vehicle_id"),
            state=given.get("state"),
            vehicle_id=vehicle_id,
        )

    def allow(self, cloud: Cloud) -> str | None:
        """Log in again and return where to go."""
        cloud.require_login(self.vehicle_id, needed=False)
        external_id = cloud.owner_of(self.vehicle_id).external_id
        return self.redirect(vehicle_id=self.vehicle_id, external_id=external_id)


def _check_application(cloud: Cloud, given: Mapping[str, str]) -> None:
    """Refuse a link that names another application, or the client id of the token request."""
    name = "application_id" if "application_id" in given else "client_id"
    # Home Assistant sends both; each must be the Application ID (reference 1.4).
    for one in ("client_id", "application_id"):
        if one in given and given[one] != cloud.application_id:
            raise LinkError(f"Invalid parameter {one}")
    if name not in given:
        raise LinkError("Missing parameter application_id")


def _choice(
    given: Mapping[str, str], name: str, allowed: tuple[str, ...], default: str | None
) -> str:
    """Return one of a few values."""
    value = given.get(name, default)
    if value is None:
        raise LinkError(f"Missing parameter {name}")
    if value not in allowed:
        raise LinkError(f"Invalid parameter {name}")
    return value


def _redirect_uri(cloud: Cloud, given: Mapping[str, str], *, needed: bool) -> str | None:
    """Return the redirect URI; the first registered one is the default for `code`."""
    uri = given.get("redirect_uri")
    if uri is None:
        if needed and not cloud.redirect_uris:
            raise LinkError("Missing parameter redirect_uri")
        return cloud.redirect_uris[0] if needed else None
    parts = urlsplit(uri)
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    registered = not cloud.redirect_uris or uri in cloud.redirect_uris
    if not (secure and parts.netloc and registered):
        raise LinkError("Invalid parameter redirect_uri")
    return uri


def _offers(cloud: Cloud, scope: str | None) -> tuple[Offer, ...]:
    """Return the permissions that the page shows: the scope, else the dashboard's list."""
    if scope is None or not scope.strip():
        return tuple(Offer(name, required=False) for name in cloud.dashboard_permissions)
    offers: dict[str, Offer] = {}
    for word in scope.split():
        name = word.removeprefix(REQUIRED)
        if name not in PERMISSIONS:
            raise LinkError("Invalid parameter scope")
        offers[name] = Offer(name, required=word != name)
    return tuple(offers.values())
