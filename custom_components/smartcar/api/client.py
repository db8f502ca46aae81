"""The Smartcar client: connections, vehicles, signals, commands, schedules, webhooks.

Knows API v3. The dialect of 2.0 will stand beside it behind the same methods, with a token source
of its own. Nothing is ever repeated, with one exception: after a 401, which is refused before
anything is executed, one new token and one repeat.

Logged are method, route and status; never an id, a token, a header or a body.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import time
import itertools
import logging
from typing import NamedTuple, Self
from urllib.parse import parse_qsl, quote, urlsplit

import aiohttp
from yarl import URL

from .auth import ApplicationTokenSource, TokenSource
from .errors import AuthenticationError, CommandFailedError, ErrorDetails, InvalidResponseError
from .models import (
    Application,
    ChargingWindow,
    CommandExecution,
    Connection,
    Listing,
    Signal,
    Subscription,
    Vehicle,
    Webhook,
)
from .origins import Origins
from .reading import (
    Json,
    JsonObject,
    optional_integer,
    optional_object,
    optional_text,
    required_list,
    required_object,
)
from .transport import Answer, exchange

_LOGGER = logging.getLogger(__name__)

_READ_TIMEOUT = 120.0
# A command that runs for longer than 175 s goes on streaming; the vendor's own SDKs wait 310 s.
_COMMAND_TIMEOUT = 310.0
_PAGE_NUMBER = "page[number]"
_PAGE_SIZE = "page[size]"

CHARGE_LIMIT_RANGE = range(50, 101)

WEEKDAYS = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """One request. The ids stay out of its path until it is sent, so that the path can be logged."""

    method: str
    origin: str
    path: str
    ids: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    user_id: str | None = None
    json: JsonObject | None = None
    timeout: float = _READ_TIMEOUT

    @property
    def url(self) -> URL:
        path = self.path.format_map(
            {k: quote(v, safe="", errors="replace") for k, v in self.ids.items()}
        )
        url = URL(f"{self.origin}/v3{path}", encoded=True)
        return url.update_query(self.query) if self.query else url


class _Read(NamedTuple):
    """An answer about a car's signals, and what was read of it. Most of it comes again."""

    body: bytes | None = None
    signals: Listing[Signal] = Listing()
    members: Mapping[str, tuple[Json, Signal]] = {}


class SmartcarClient:
    """One Smartcar application's way into the cloud, on a session that the caller owns.

    Every method raises members of the `SmartcarError` tree and nothing else:

    - TransportError, TransportTimeoutError: no whole answer;
    - InvalidResponseError: an answer that is not of the documented shape;
    - AuthenticationError: credentials refused, also with a new token;
    - MissingPermissionError, LimitError (RateLimitError, BillingError), ValidationError,
      NotFoundError, ServerError, UpstreamError: as their names say.

    Reads of one car and commands also raise ConnectedServicesAccountError, CompatibilityError,
    VehicleStateError, and commands CommandFailedError.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: TokenSource,
        *,
        origins: Origins | None = None,
    ) -> None:
        """Use this session and these tokens; nothing is requested yet."""
        self._last_read: dict[str, _Read] = {}
        self._session = session
        self._tokens = tokens
        self._origins = origins or Origins.from_environment()

    @classmethod
    def for_application(
        cls,
        session: aiohttp.ClientSession,
        client_id: str,
        client_secret: str,
        *,
        origins: Origins | None = None,
    ) -> Self:
        """Return a client that mints the application's token from its credentials."""
        origins = origins or Origins.from_environment()
        tokens = ApplicationTokenSource(session, client_id, client_secret, origins=origins)
        return cls(session, tokens, origins=origins)

    async def authenticate(self) -> None:
        """Prove the credentials by having a token. Raises AuthenticationError if refused.

        Source: https://smartcar.com/docs/api-reference/authorization/request-access-token
        """
        await self._tokens.async_get_token()

    # Connections and users

    async def get_connections(
        self,
        *,
        user_id: str | None = None,
        vehicle_id: str | None = None,
        mode: str | None = None,
    ) -> Listing[Connection]:
        """Return the application's connections, all pages.

        `mode` is "live" (what the cloud takes if it is None) or "simulated".
        Source: https://smartcar.com/docs/api-reference/list-connections
        """
        return await self._list_pages(
            self._origins.vehicle,
            "/connections",
            Connection.from_json,
            lambda connection: connection.id,
            **{"userId": user_id, "vehicleId": vehicle_id, "vehicle.mode": mode},
        )

    async def get_connection(self, connection_id: str) -> Connection:
        """Return one connection. Raises NotFoundError if it is gone.

        Source: https://smartcar.com/docs/api-reference/get-connection
        """
        return Connection.from_json(
            await self._get(
                self._origins.vehicle,
                "/connections/{connection_id}",
                connection_id=connection_id,
            )
        )

    async def delete_connection(self, connection_id: str) -> None:
        """Disconnect one car from the application.

        Source: https://smartcar.com/docs/api-reference/delete-connection
        """
        await self._delete(
            self._origins.vehicle,
            "/connections/{connection_id}",
            connection_id=connection_id,
        )

    async def delete_user(self, user_id: str) -> None:
        """Remove a user with all connections of theirs.

        Source: https://smartcar.com/docs/api-reference/delete-user
        """
        await self._delete(self._origins.vehicle, "/users/{user_id}", user_id=user_id)

    # Vehicles and signals

    async def get_vehicle(self, vehicle_id: str) -> Vehicle:
        """Return make, model, year, powertrain type and mode of a car.

        Source: https://smartcar.com/docs/api-reference/get-vehicle
        """
        data = required_object(
            await self._get(self._origins.vehicle, "/vehicles/{vehicle_id}", vehicle_id=vehicle_id),
            "data",
        )
        return Vehicle.from_json(
            optional_text(data.get("id")) or vehicle_id,
            required_object(data.get("attributes"), "data.attributes"),
        )

    async def get_signals(self, vehicle_id: str, user_id: str) -> Listing[Signal]:
        """Return everything the cloud holds of a car, in one request.

        A malformed signal is left out and costs the others nothing; `complete` is then False. What
        is as it was in the answer before is the same object as before.
        Source: https://smartcar.com/docs/api-reference/get-signals
        """
        # No page parameter is documented here, and all come at once.
        request = _Request(
            method="GET",
            origin=self._origins.vehicle,
            path="/vehicles/{vehicle_id}/signals",
            ids={"vehicle_id": vehicle_id},
            user_id=user_id,
        )
        answer = await self._send(request)
        before = self._last_read.get(vehicle_id, _Read())
        if answer.ok and answer.body == before.body:
            return before.signals
        members: dict[str, tuple[Json, Signal]] = {}

        def read(item: Json) -> Signal:
            key = item.get("id") if isinstance(item, dict) else None
            if not isinstance(key, str):
                return Signal.from_rest(item)
            known = before.members.get(key)
            if known is None or known[0] != item:
                known = item, Signal.from_rest(item)
            members[key] = known
            return known[1]

        signals = await self._list(
            request, read, lambda signal: signal.code, first=answer, skip_malformed=True
        )
        body = answer.body if signals.pages == 1 else None
        self._last_read[vehicle_id] = _Read(body, signals, members)
        return signals

    async def get_signal(self, vehicle_id: str, user_id: str, code: str) -> Signal:
        """Return one signal. Raises NotFoundError if the cloud has none of that code (yet).

        Source: https://smartcar.com/docs/api-reference/get-signal
        """
        return Signal.from_rest(
            await self._get(
                self._origins.vehicle,
                "/vehicles/{vehicle_id}/signals/{code}",
                user_id,
                vehicle_id=vehicle_id,
                code=code,
            )
        )

    # Commands. Source: https://smartcar.com/docs/api-reference/commands/overview

    async def lock(self, vehicle_id: str, user_id: str) -> CommandExecution:
        """Lock the doors. Needs control_security."""
        return await self._command(vehicle_id, user_id, "commands/security/lock")

    async def unlock(self, vehicle_id: str, user_id: str) -> CommandExecution:
        """Unlock the doors. Needs control_security.

        Source: https://smartcar.com/docs/api-reference/commands/security/unlock-doors
        """
        return await self._command(vehicle_id, user_id, "commands/security/unlock")

    async def start_charge(self, vehicle_id: str, user_id: str) -> CommandExecution:
        """Start charging. Needs control_charge."""
        return await self._command(vehicle_id, user_id, "commands/charge/start")

    async def stop_charge(self, vehicle_id: str, user_id: str) -> CommandExecution:
        """Stop charging. Needs control_charge."""
        return await self._command(vehicle_id, user_id, "commands/charge/stop")

    async def set_charge_limit(
        self, vehicle_id: str, user_id: str, percent: int
    ) -> CommandExecution:
        """Set the charge limit in whole percent, 50 to 100. Needs control_charge.

        Raises ValueError, before any request, for anything else.
        Source: https://smartcar.com/docs/api-reference/commands/charging/set-charge-limit
        """
        if isinstance(percent, bool) or percent not in CHARGE_LIMIT_RANGE:
            raise ValueError("the charge limit is a whole number of percent from 50 to 100")
        return await self._command(
            vehicle_id, user_id, "commands/charge/set-limit", {"percent": int(percent)}
        )

    async def open_charge_port(self, vehicle_id: str, user_id: str) -> CommandExecution:
        """Open the charge port's door. Needs control_charge."""
        return await self._command(vehicle_id, user_id, "commands/charge-port/open")

    async def close_charge_port(self, vehicle_id: str, user_id: str) -> CommandExecution:
        """Close the charge port's door. Needs control_charge."""
        return await self._command(vehicle_id, user_id, "commands/charge-port/close")

    async def set_destination(
        self, vehicle_id: str, user_id: str, latitude: float, longitude: float
    ) -> CommandExecution:
        """Send a destination to the car's navigation, in degrees. Needs control_navigation.

        Raises ValueError, before any request, for coordinates that are not on Earth.
        """
        return await self._command(
            vehicle_id,
            user_id,
            "commands/navigation/set-destination",
            _coordinates(latitude, longitude),
        )

    # Charge schedules. Daily is documented; weekly and workweek as far as the reference goes.

    async def set_daily_charge_schedule(
        self,
        vehicle_id: str,
        user_id: str,
        *,
        latitude: float,
        longitude: float,
        window: ChargingWindow,
    ) -> CommandExecution:
        """Charge every day in this window at this place. Needs control_charge.

        Raises ValueError, before any request, for a wrong place or time.
        Source: https://smartcar.com/docs/api-reference/commands/charge-schedules/set-daily-charge-schedule
        """
        return await self._schedule(
            vehicle_id, user_id, "daily", latitude, longitude, _checked(window)
        )

    async def set_weekly_charge_schedule(
        self,
        vehicle_id: str,
        user_id: str,
        *,
        latitude: float,
        longitude: float,
        days: Mapping[str, ChargingWindow],
    ) -> CommandExecution:
        """Charge in a window per weekday ("monday" to "sunday"). The body is unverified.

        Raises ValueError, before any request, for a wrong place, time or day.
        """
        if not days or not set(days) <= set(WEEKDAYS):
            raise ValueError("days are named monday to sunday")
        return await self._schedule(
            vehicle_id,
            user_id,
            "weekly",
            latitude,
            longitude,
            {"days": {day: _checked(days[day]) for day in WEEKDAYS if day in days}},
        )

    async def set_workweek_charge_schedule(
        self,
        vehicle_id: str,
        user_id: str,
        *,
        latitude: float,
        longitude: float,
        weekdays: ChargingWindow,
        weekends: ChargingWindow,
    ) -> CommandExecution:
        """Charge in one window on work days and another on weekends. The body is unverified.

        Raises ValueError, before any request, for a wrong place or time.
        """
        windows = {"weekdays": _checked(weekdays), "weekends": _checked(weekends)}
        return await self._schedule(vehicle_id, user_id, "workweek", latitude, longitude, windows)

    async def delete_charge_schedule(self, vehicle_id: str, user_id: str, schedule_id: str) -> None:
        """Delete a schedule; its id stands in the signal charge-chargetimers."""
        request = _Request(
            method="DELETE",
            origin=self._origins.vehicle,
            path="/vehicles/{vehicle_id}/charge-schedules/{schedule_id}",
            ids={"vehicle_id": vehicle_id, "schedule_id": schedule_id},
            user_id=user_id,
            timeout=_COMMAND_TIMEOUT,
        )
        answer = await self._send(request)
        answer.raise_for_error()
        # What a good answer looks like is not documented: it may be empty, or tell no status.
        if answer.status == 202 or answer.body.strip():
            data = optional_object(answer.json_object().get("data"))
            if answer.status == 202 or "status" in optional_object(data.get("attributes")):
                _raise_unless_successful(data, answer)

    # Management API. Source: https://smartcar.com/docs/api-reference/get-subscription

    async def get_applications(self) -> Listing[Application]:
        """Return the applications that the token may see: as a rule its own one."""
        return await self._list_pages(
            self._origins.management,
            "/applications",
            Application.from_json,
            lambda application: application.id,
        )

    async def get_webhooks(self) -> Listing[Webhook]:
        """Return the application's webhooks, all pages."""
        return await self._list_pages(
            self._origins.management,
            "/webhooks",
            Webhook.from_json,
            lambda webhook: webhook.id,
        )

    async def get_webhook(self, webhook_id: str) -> Webhook:
        """Return one webhook."""
        return Webhook.from_json(
            await self._get(
                self._origins.management,
                "/webhooks/{webhook_id}",
                webhook_id=webhook_id,
            )
        )

    async def get_subscriptions(
        self,
        *,
        webhook_id: str | None = None,
        user_id: str | None = None,
        vehicle_id: str | None = None,
    ) -> Listing[Subscription]:
        """Return the cars' subscriptions to webhooks, all pages."""
        return await self._list_pages(
            self._origins.management,
            "/subscriptions",
            Subscription.from_json,
            lambda subscription: subscription.id,
            webhookId=webhook_id,
            userId=user_id,
            vehicleId=vehicle_id,
        )

    async def create_subscription(self, webhook_id: str, user_id: str, vehicle_id: str) -> None:
        """Ask for a car to be subscribed; it is done a little later.

        Raises ConflictError if it is subscribed already.
        Source: https://smartcar.com/docs/api-reference/create-subscription
        """
        attributes = {
            "webhookId": webhook_id,
            "userId": user_id,
            "vehicleId": vehicle_id,
        }
        request = _Request(
            method="POST",
            origin=self._origins.management,
            path="/subscriptions",
            json={"data": {"attributes": attributes}},
        )
        (await self._send(request)).raise_for_error()

    async def delete_subscription(self, subscription_id: str) -> None:
        """End a subscription."""
        await self._delete(
            self._origins.management,
            "/subscriptions/{subscription_id}",
            subscription_id=subscription_id,
        )

    # How requests are sent

    async def _send(self, request: _Request) -> Answer:
        token = await self._tokens.async_get_token()
        answer = await self._send_with(token, request)
        # A quota or a time limit can answer 401 as well; a new token would not help there.
        if answer.status == 401 and isinstance(answer.error, AuthenticationError):
            self._tokens.reject(token)
            answer = await self._send_with(await self._tokens.async_get_token(), request)
        return answer

    async def _send_with(self, token: str, request: _Request) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if request.user_id is not None:
            headers["sc-user-id"] = request.user_id
        answer = await exchange(
            self._session,
            request.method,
            request.url,
            headers=headers,
            json=request.json,
            timeout=request.timeout,
        )
        _LOGGER.debug("%s /v3%s: %s", request.method, request.path, answer.status)
        return answer

    async def _get(self, origin: str, path: str, user_id: str | None = None, **ids: str) -> Json:
        """Return `data` of one thing."""
        request = _Request(method="GET", origin=origin, path=path, ids=ids, user_id=user_id)
        return (await self._send(request)).json_object().get("data")

    async def _delete(self, origin: str, path: str, **ids: str) -> None:
        request = _Request(method="DELETE", origin=origin, path=path, ids=ids)
        (await self._send(request)).raise_for_error()

    async def _list[T](
        self,
        request: _Request,
        read: Callable[[Json], T],
        identify: Callable[[T], str],
        *,
        first: Answer | None = None,
        skip_malformed: bool = False,
    ) -> Listing[T]:
        """Collect the members of all pages.

        Another page is asked for while the answer links to one or, where pages are counted, the
        cloud counts more members than were seen. A page that brings nothing new is the last.
        `first` is the first page, if it is there already.
        """
        members: dict[str, T] = {}
        malformed = 0
        for page in itertools.count(2):
            answer, first = first or await self._send(request), None
            body = answer.json_object()
            before = len(members)
            for item in required_list(body.get("data"), "data"):
                try:
                    member = read(item)
                except InvalidResponseError:
                    if not skip_malformed:
                        raise
                    malformed += 1
                else:
                    members.setdefault(identify(member), member)
            total = optional_integer(optional_object(body.get("meta")).get("totalCount"))
            missing = total is not None and total > len(members)
            next_page = optional_text(optional_object(body.get("links")).get("next"))
            is_paged = _PAGE_SIZE in request.query
            if len(members) == before or not (next_page or (missing and is_paged)):
                uncounted = total is None and next_page is not None
                complete = not (missing or uncounted or malformed)
                return Listing(members.values(), complete=complete, pages=page - 1)
            query = {
                **request.query,
                _PAGE_NUMBER: str(page),
                **_page_parameters(next_page),
            }
            request = replace(request, query=query)
        raise AssertionError  # pragma: no cover: the count does not end

    async def _list_pages[T](
        self,
        origin: str,
        path: str,
        read: Callable[[Json], T],
        identify: Callable[[T], str],
        **filters: str | None,
    ) -> Listing[T]:
        query = {f"filter[{name}]": value for name, value in filters.items() if value is not None}
        query[_PAGE_SIZE] = "100"
        request = _Request(method="GET", origin=origin, path=path, query=query)
        return await self._list(request, read, identify)

    async def _command(
        self,
        vehicle_id: str,
        user_id: str,
        command: str,
        attributes: JsonObject | None = None,
    ) -> CommandExecution:
        request = _Request(
            method="POST",
            origin=self._origins.vehicle,
            path=f"/vehicles/{{vehicle_id}}/{command}",
            ids={"vehicle_id": vehicle_id},
            user_id=user_id,
            json=None if attributes is None else {"data": {"attributes": attributes}},
            timeout=_COMMAND_TIMEOUT,
        )
        answer = await self._send(request)
        data = required_object(answer.json_object().get("data"), "data")
        _raise_unless_successful(data, answer)
        return CommandExecution.from_json(data)

    async def _schedule(  # noqa: PLR0917  # a place is two numbers
        self,
        vehicle_id: str,
        user_id: str,
        kind: str,
        latitude: float,
        longitude: float,
        attributes: JsonObject,
    ) -> CommandExecution:
        location = _coordinates(latitude, longitude)
        return await self._command(
            vehicle_id,
            user_id,
            f"charge-schedules/{kind}",
            {"location": location, **attributes},
        )


def _raise_unless_successful(data: JsonObject, answer: Answer) -> None:
    """Judge a command by what its answer says. Only SUCCESS is documented to be one."""
    value = optional_object(data.get("attributes")).get("status")
    status = optional_object(value)
    text = (optional_text(status.get("value")) or optional_text(value) or "").upper()
    if text == "SUCCESS":
        return
    if text in {"FAILURE", "FAILED", "ERROR"}:
        error = optional_object(status.get("error"))
        raise CommandFailedError(
            ErrorDetails(
                status=answer.status,
                type=optional_text(error.get("type")),
                code=optional_text(error.get("code")),
                detail=optional_text(error.get("detail")),
                suggested_user_message=optional_text(error.get("suggestedUserMessage")),
                request_id=answer.request_id,
            )
        )
    raise InvalidResponseError("the command's status is not a documented one", status=answer.status)


def _page_parameters(link: str | None) -> Mapping[str, str]:
    """Return only the page parameters of a link: its host and path must not be followed."""
    try:
        query = parse_qsl(urlsplit(link or "").query)
    except ValueError:
        return {}
    return {name: value for name, value in query if name.startswith("page[")}


def _coordinates(latitude: float, longitude: float) -> Mapping[str, float]:
    if not abs(latitude) <= 90:
        raise ValueError("the latitude is a number of degrees from -90 to 90")
    if not abs(longitude) <= 180:
        raise ValueError("the longitude is a number of degrees from -180 to 180")
    return {"latitude": latitude, "longitude": longitude}


def _checked(window: ChargingWindow) -> Mapping[str, str]:
    for text in (window.start, window.stop):
        if len(text) != 5 or time.fromisoformat(text).strftime("%H:%M") != text:
            raise ValueError("times are written HH:MM")
    return window.to_json()
