"""The owners with their garages, and the cars that they connected (reference 3.1)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import random
from typing import Final

from .car import Car
from .clock import Clock
from .ids import random_uuid
from .settings import Settings

LIVE: Final = "live"
SIMULATED: Final = "simulated"


@dataclass(slots=True)
class Owner:
    """A Smartcar user with a garage."""

    id: str
    name: str
    garage: list[str] = field(default_factory=list)
    """The ids of the cars, connected or not."""
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """The permissions that an owner granted, and from when on they show."""

    permissions: tuple[str, ...]
    granted_at: float
    visible_at: float


@dataclass(slots=True)
class Connection:
    """A car that an owner connected (reference 3.1)."""

    id: str
    user_id: str
    vehicle_id: str
    created_at: float
    grants: list[Grant]

    def grant(self, now: float) -> Grant | None:
        """Return the newest grant that shows; None while the connection itself does not."""
        shown = [grant for grant in self.grants if grant.visible_at <= now]
        return shown[-1] if shown else None

    @property
    def permissions(self) -> tuple[str, ...]:
        """The permissions granted last, shown or not."""
        return self.grants[-1].permissions

    @property
    def updated_at(self) -> float:
        """When the owner granted last."""
        return self.grants[-1].granted_at


class Ownership:
    """Who owns which car, and which cars are connected."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        rng: random.Random,
        owners: Mapping[str, Owner],
        cars: Mapping[str, Car],
    ) -> None:
        """Start with owners and their cars, none of them connected."""
        self._settings = settings
        self._clock = clock
        self._rng = rng
        self._cars = cars
        self.owners = owners
        self.connections: dict[str, Connection] = {}

    def connect(
        self,
        user_id: str,
        vehicle_id: str,
        permissions: Iterable[str] | None = None,
        *,
        lag: float | None = None,
    ) -> Connection:
        """Connect a car of an owner's garage, as Connect does; it shows after the lag.

        A car that the owner connected before gets a new grant. `permissions` None grants what
        the dashboard lists. Raises KeyError for a car that is not in the garage.
        """
        if vehicle_id not in self.owners[user_id].garage:
            raise KeyError(vehicle_id)
        if permissions is None:
            permissions = self._settings.dashboard_permissions
        if lag is None:
            lag = self._settings.connection_lag
        return self.add(user_id, vehicle_id, permissions, visible_at=self._clock.after(lag))

    def add(
        self,
        user_id: str,
        vehicle_id: str,
        permissions: Iterable[str],
        *,
        granted_at: float | None = None,
        visible_at: float = 0.0,
    ) -> Connection:
        """Add or renew a connection without a check of the garage, as of a shared car."""
        if granted_at is None:
            granted_at = self._clock.now()
        grant = Grant(tuple(permissions), granted_at, visible_at)
        for connection in self.connections.values():
            if (connection.user_id, connection.vehicle_id) == (user_id, vehicle_id):
                connection.grants.append(grant)
                return connection
        connection = Connection(random_uuid(self._rng), user_id, vehicle_id, granted_at, [grant])
        self.connections[connection.id] = connection
        return connection

    def connections_of(
        self, *, user_id: str | None = None, vehicle_id: str | None = None
    ) -> list[Connection]:
        """Return connections, shown or not."""
        return [
            connection
            for connection in self.connections.values()
            if user_id in (None, connection.user_id) and vehicle_id in (None, connection.vehicle_id)
        ]

    def visible_connections(self) -> list[tuple[Connection, Grant]]:
        """Return the connections that show, newest first, each with the grant that shows."""
        now = self._clock.now()
        shown = [
            (connection, grant)
            for connection in self.connections.values()
            if (grant := connection.grant(now)) is not None
        ]
        return sorted(shown, key=lambda pair: pair[0].created_at, reverse=True)

    def unconnected(self, user_id: str, mode: str = LIVE) -> list[Car]:
        """Return the cars in a garage that their owner has not connected."""
        taken = {connection.vehicle_id for connection in self.connections_of(user_id=user_id)}
        return [
            self._cars[vehicle_id]
            for vehicle_id in self.owners[user_id].garage
            if vehicle_id not in taken and self._cars[vehicle_id].mode == mode
        ]

    def owner_of(self, vehicle_id: str) -> Owner:
        """Return the owner of a car."""
        return next(owner for owner in self.owners.values() if vehicle_id in owner.garage)
