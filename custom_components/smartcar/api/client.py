"""The client of API v3: one method for each documented operation that is used."""

from collections.abc import Iterable, Mapping
import itertools
from typing import Self

import aiohttp

from .auth import ApplicationTokenSource, TokenSource
from .commands import CommandMethods
from .management import ManagementMethods
from .models import ConnectedVehicle, Connection, Listing, Signal, Vehicle, VehicleMode
from .origins import Origins
from .payload import Json, optional_text, required_object
from .session import ApiSession, Request


class SmartcarClient(CommandMethods, ManagementMethods):
    """The client of one Smartcar application.

    Connections, users, vehicles and signals are here. Commands are in `CommandMethods`, and
    applications, webhooks and subscriptions in `ManagementMethods`.

    All other methods are coroutines, and raise members of the `SmartcarError` tree only:

    - TransportError, TransportTimeoutError: there is no complete answer.
    - InvalidResponseError: the answer does not have the documented shape.
    - AuthenticationError: the credentials were refused, also with a new token.
    - MissingPermissionError, LimitError (RateLimitError, BillingError), ValidationError,
      NotFoundError, ServerError, UpstreamError: see their names.

    The methods that take a `ConnectedVehicle` also raise ConnectedServicesAccountError,
    CompatibilityError and VehicleStateError. A method documents only what it raises in addition.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: TokenSource,
        *,
        origins: Origins | None = None,
    ) -> None:
        """Store the session and the source of tokens, without a request.

        Args:
            session: The session of aiohttp, which the caller owns and closes.
            tokens: The source of access tokens.
            origins: The origins of the cloud; those of the environment if None.
        """
        origins = origins or Origins.from_environment()
        self._vehicle_api = ApiSession(session, tokens, origins.vehicle)
        self._management_api = ApiSession(session, tokens, origins.management)
        self._last_signals: dict[str, _SignalAnswer] = {}

    @classmethod
    def for_application(
        cls,
        session: aiohttp.ClientSession,
        client_id: str,
        client_secret: str,
        *,
        origins: Origins | None = None,
    ) -> Self:
        """Return a client that requests the token of an application with its credentials.

        Args:
            session: The session of aiohttp, which the caller owns and closes.
            client_id: The client ID of the application's API credentials ("client_...").
            client_secret: The client secret.
            origins: The origins of the cloud; those of the environment if None.
        """
        origins = origins or Origins.from_environment()
        tokens = ApplicationTokenSource(session, client_id, client_secret, origins=origins)
        return cls(session, tokens, origins=origins)

    async def get_connections(
        self,
        *,
        user_id: str | None = None,
        vehicle_id: str | None = None,
        modes: Iterable[VehicleMode] = (VehicleMode.LIVE,),
    ) -> Listing[Connection]:
        """Return the connections of the application, all pages.

        Needs no permission, and does not count as a request for a vehicle. The cloud lists one mode
        in each request. A connection that is in the list of the wrong mode is left out.
        Source: https://smartcar.com/docs/api-reference/list-connections

        Args:
            user_id: Only those of the owner with this id of Smartcar.
            vehicle_id: Only those of this vehicle.
            modes: Only those of vehicles of these modes.
        """
        filters = {"userId": user_id, "vehicleId": vehicle_id}
        listings = [await self._list_connections(mode, filters) for mode in modes]
        return Listing(
            itertools.chain.from_iterable(listings),
            complete=all(listing.complete for listing in listings),
            pages=sum(listing.pages for listing in listings),
        )

    async def _list_connections(
        self, mode: VehicleMode, filters: Mapping[str, str | None]
    ) -> Listing[Connection]:
        if mode is not VehicleMode.LIVE:
            filters = {**filters, "vehicle.mode": mode}
        listing = await self._vehicle_api.get_list("/connections", Connection.from_json, **filters)
        others = set(VehicleMode) - {mode}
        return Listing(
            (connection for connection in listing if connection.vehicle.mode not in others),
            complete=listing.complete,
            pages=listing.pages,
        )

    async def get_connection(self, connection_id: str) -> Connection:
        """Return one connection. Needs no permission.

        Source: https://smartcar.com/docs/api-reference/get-connection

        Raises:
            NotFoundError: There is no such connection, or not any more.
        """
        data = await self._vehicle_api.get_data(
            "/connections/{connection_id}", connection_id=connection_id
        )
        return Connection.from_json(data)

    async def delete_connection(self, connection_id: str) -> None:
        """Disconnect one vehicle from the application. Needs no permission.

        Source: https://smartcar.com/docs/api-reference/vehicles-api-intro (Remove Connection)
        """
        await self._vehicle_api.delete("/connections/{connection_id}", connection_id=connection_id)

    async def delete_user(self, user_id: str) -> None:
        """Remove an owner with all connections. Needs no permission.

        Source: https://smartcar.com/docs/api-reference/vehicles-api-intro (Remove User)

        Args:
            user_id: Smartcar's id of the owner.
        """
        await self._vehicle_api.delete("/users/{user_id}", user_id=user_id)

    async def get_vehicle(self, vehicle_id: str) -> Vehicle:
        """Return make, model, year, powertrain type and mode. Needs no permission.

        Source: https://smartcar.com/docs/api-reference/get-vehicle

        Args:
            vehicle_id: Smartcar's id of the vehicle. The id of the owner is not needed here.
        """
        data = required_object(
            await self._vehicle_api.get_data("/vehicles/{vehicle_id}", vehicle_id=vehicle_id),
            "data",
        )
        return Vehicle.from_json(
            optional_text(data.get("id")) or vehicle_id,
            required_object(data.get("attributes"), "data.attributes"),
        )

    async def get_signals(self, vehicle: ConnectedVehicle) -> Listing[Signal]:
        """Return all signals that the cloud has stored of a vehicle, in one request.

        Malformed signals are left out; `complete` is False then. Signals that are the same as in
        the last answer are the same objects, and a whole answer that is the same is the same
        listing.

        Permission: that of each signal (`SignalType.permission`). A signal without it has an
        error of type PERMISSION; the request succeeds.
        Source: https://smartcar.com/docs/api-reference/get-signals

        Args:
            vehicle: The pair of ids of the vehicle's connection.
        """
        # All came on one page whenever it was seen; one example in the documents links to a second.
        request = Request(
            method="GET",
            path="/vehicles/{vehicle_id}/signals",
            ids={"vehicle_id": vehicle.vehicle_id},
            user_id=vehicle.user_id,
        )
        answer = await self._vehicle_api.send(request)
        last = self._last_signals.get(vehicle.vehicle_id) or _SignalAnswer()
        if answer.ok and answer.body == last.body:
            return last.signals
        current = _SignalAnswer()
        current.signals = await self._vehicle_api.collect(
            request,
            lambda item: current.read(item, last),
            lambda signal: signal.code,
            first=answer,
        )
        if current.signals.pages == 1:
            current.body = answer.body
        self._last_signals[vehicle.vehicle_id] = current
        return current.signals

    async def get_signal(self, vehicle: ConnectedVehicle, code: str) -> Signal:
        """Return one signal.

        Permission: that of the signal (`SignalType.permission`).
        Source: https://smartcar.com/docs/api-reference/get-signal

        Args:
            vehicle: The pair of ids of the vehicle's connection.
            code: The code of the signal, such as "charge-ischarging".

        Raises:
            NotFoundError: There is no such signal, or the cloud has not stored it yet.
        """
        data = await self._vehicle_api.get_data(
            "/vehicles/{vehicle_id}/signals/{code}",
            user_id=vehicle.user_id,
            vehicle_id=vehicle.vehicle_id,
            code=code,
        )
        return Signal.from_rest(data)


class _SignalAnswer:
    """An answer with signals, for the next one: most of it is the same then."""

    def __init__(self) -> None:
        # None if there were several pages: the first one says nothing of the rest.
        self.body: bytes | None = None
        self.signals = Listing[Signal]()
        self._members: dict[str, tuple[Json, Signal]] = {}

    def read(self, item: Json, last: _SignalAnswer) -> Signal:
        """Read a signal; return the object of the last answer for one that is the same."""
        key = item.get("id") if isinstance(item, dict) else None
        if not isinstance(key, str):
            return Signal.from_rest(item)
        member = last._members.get(key)
        if member is None or member[0] != item:
            member = item, Signal.from_rest(item)
        self._members[key] = member
        return member[1]
