"""The Smartcar application that a flow sets up: its credentials, and what they give access to."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
import logging
import re
from typing import Any

from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.util import dt as dt_util

from ..api import (
    AuthenticationError,
    Connection,
    LimitError,
    Listing,
    SmartcarClient,
    SmartcarError,
    TransportError,
    VehicleMode,
)
from ..application import FlowListing, vehicle_modes
from ..const import CONF_USE_SIMULATED_VEHICLES
from ..vehicle import vehicle_name

_LOGGER = logging.getLogger(__name__)

_DEFAULT_NAME = "Smartcar"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

# A new connection can be listed some seconds after the redirect of Connect. Both are seconds.
_CONNECTION_LAG = 10
_LIST_AGAIN_AFTER = 1


class Application:
    """One Smartcar application, as far as its credentials show it.

    Attributes:
        credentials: The client id and secret by their configuration keys; empty at first.
        connections: The connections that were listed last, simulated ones only if they are used.
        options: The options of the entry, as far as they decide what is listed.
        id: The Application ID, which Connect requires; None while it is unknown.
        name: What the owner called the application, if that is known.
    """

    def __init__(self) -> None:
        """Begin without credentials."""
        self.credentials: dict[str, str] = {}
        self.connections: Listing[Connection] = Listing()
        self.options: Mapping[str, Any] = {}
        self.id: str | None = None
        self.name = _DEFAULT_NAME
        self._client: SmartcarClient | None = None
        self._simulated: int | None = None

    def set_credentials(self, client_id: str, client_secret: str) -> None:
        """Use these credentials from now on, without validating them."""
        if client_id != self.credentials.get(CONF_CLIENT_ID):
            # Another client id belongs to another application.
            self.id = None
            self.name = _DEFAULT_NAME
            self._simulated = None
        self.credentials = {CONF_CLIENT_ID: client_id, CONF_CLIENT_SECRET: client_secret}

    async def async_validate_credentials(self, hass: HomeAssistant) -> dict[str, str]:
        """Request a token and list the connections.

        Returns:
            The keys of the form's errors by field; empty if the credentials work.
        """
        self._client = SmartcarClient.for_application(
            async_get_clientsession(hass),
            self.credentials[CONF_CLIENT_ID],
            self.credentials[CONF_CLIENT_SECRET],
        )
        try:
            await self.async_list_connections()
        except AuthenticationError:
            return {CONF_CLIENT_SECRET: "invalid_auth"}
        except LimitError:
            return {"base": "limit_reached"}
        except TransportError:
            return {"base": "cannot_connect"}
        except SmartcarError as error:
            _LOGGER.warning("Could not validate the credentials: %s", error)
            return {"base": "cloud_error"}
        return {}

    async def async_list_connections(self) -> None:
        """List the connections that the options let in.

        Raises:
            SmartcarError: The connections could not be listed.
        """
        assert self._client is not None
        self.connections = await self._client.get_connections(modes=vehicle_modes(self.options))

    async def async_count_left_out(self) -> int:
        """Return how many simulated cars are connected and left out; 0 if that is not known."""
        if self._client is None or self.options.get(CONF_USE_SIMULATED_VEHICLES):
            return 0
        if self._simulated is None:
            try:
                listing = await self._client.get_connections(modes=[VehicleMode.SIMULATED])
            except SmartcarError as error:
                _LOGGER.debug("Could not list the simulated cars: %s", error)
                return 0
            self._simulated = len({connection.vehicle_id for connection in listing})
        return self._simulated

    async def async_wait_for_new_connection(self) -> None:
        """List the connections until one is new or has changed, for ten seconds at most.

        After that time the last list counts, even if nothing in it is new.

        Raises:
            SmartcarError: The connections could not be listed.
        """
        before = set(map(_fingerprint, self.connections))
        with suppress(TimeoutError):
            async with asyncio.timeout(_CONNECTION_LAG):
                while True:
                    await self.async_list_connections()
                    if not before.issuperset(map(_fingerprint, self.connections)):
                        break
                    await asyncio.sleep(_LIST_AGAIN_AFTER)

    async def async_find_id(self) -> str | None:
        """Return the Application ID, if it is known or the credentials see exactly one."""
        if self.id is None and self._client is not None:
            try:
                applications = await self._client.get_applications()
            except SmartcarError as error:
                _LOGGER.debug("Could not read the Application ID: %s", error)
            else:
                if len(applications) == 1 and is_uuid(applications[0].id):
                    self.id = applications[0].id
                    self.name = applications[0].name or self.name
        return self.id

    async def async_can_be_management_token(self, text: str) -> bool:
        """Tell whether a text can be the application management token.

        The tokens seen so far are UUIDs, like most ids in the dashboard, but no source promises
        that. So a UUID is refused only if it is known to be an id of another kind.
        """
        if not _is_token_like(text) or text == self.credentials[CONF_CLIENT_SECRET]:
            return False
        if not is_uuid(text):
            return True
        known = {await self.async_find_id()}
        for connection in self.connections:
            known |= {connection.id, connection.user_id, connection.vehicle_id}
        return text.lower() not in known

    @property
    def vehicle_labels(self) -> dict[str, str]:
        """What each connected car is called, by vehicle id. Two owners can share one car."""
        return {item.vehicle_id: _label(item) for item in self.connections}

    def listing(self) -> FlowListing:
        """Return what was listed, so that the set-up of the entry need not list it again."""
        assert self._client is not None
        return FlowListing(self._client, self.connections, dt_util.utcnow())


def is_uuid(text: str) -> bool:
    """Tell whether a text is a UUID, as Application IDs are and client ids are not."""
    return _UUID.fullmatch(text) is not None


def _is_token_like(text: str) -> bool:
    return (
        len(text) >= 16
        and text.isascii()
        and text.isprintable()
        and " " not in text
        and not text.startswith(("client_", "http"))
    )


def _label(connection: Connection) -> str:
    """Return how a car is offered: "Volkswagen ID.4 (2023)"."""
    year = connection.vehicle.year
    return f"{vehicle_name(connection)} ({year})" if year else vehicle_name(connection)


def _fingerprint(connection: Connection) -> tuple[object, ...]:
    """Return what changes when an owner gives consent again."""
    return connection.id, connection.updated_at, connection.permissions
