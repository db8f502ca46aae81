"""The cloud: puts its parts together."""

from collections import Counter
from collections.abc import Iterable
import random
from typing import Final

from .car import Car
from .catalogue import PERMISSIONS
from .clock import Clock
from .dashboard import Dashboard
from .delivery import Delivery, Sender
from .faults import Faults
from .garage import Garage, make_owners
from .ids import random_hex, random_uuid
from .logins import Logins
from .ownership import Connection, Ownership
from .push import Push
from .reports import Reports
from .routine import DAY
from .settings import Settings
from .signing import sign
from .store import Store
from .tokens import Tokens
from .vehicle_errors import VehicleErrors
from .webhooks import WebhookRegistry


class Cloud(Settings):
    """A Smartcar cloud with one application; it is its own settings.

    Everything is made from the seed, ids too, and car number n is the same car whatever the
    number of cars. `cars` holds the connected cars first, then those that only stand in a garage.

    Each part has one concern: `tokens`, `ownership` (owners, garages, connections), `logins`,
    `store`, `reports` (the cars live and report), `registry` (webhooks and subscriptions), `push`
    and `sender` (events and their delivery), `dashboard`, `vehicle_errors` and `faults`. The
    methods here concern several parts at once. Under `Shortcuts` stand the members of the parts
    that tests and tools use most; each is documented in its part.

    Webhooks are sent while an application serves the cloud, from its loop.
    """

    def __init__(
        self,
        vehicles: int = 3,
        seed: int = 1,
        *,
        time_scale: float = 1.0,
        connection_lag: float = 2.0,
        command_lag: float = 1.0,
        subscription_lag: float = 1.0,
        report_interval: float = 300.0,
        token_lifetime: int = 3600,
        permissions: Iterable[str] = PERMISSIONS,
        clock: Clock | None = None,
    ) -> None:
        """Build the cloud with some connected cars."""
        if vehicles < 0:
            raise ValueError("the number of vehicles must not be negative")
        rng = random.Random(f"{seed}/ids")
        push_rng = random.Random(f"{seed}/push")
        super().__init__(
            application_id=random_uuid(rng),
            client_id=f"client_01{random_hex(rng, 120)}",
            client_secret=random_hex(rng, 256),
            application_management_token=random_hex(rng, 256),
            dashboard_permissions=tuple(permissions),
            connection_lag=connection_lag,
            command_lag=command_lag,
            subscription_lag=subscription_lag,
            report_interval=report_interval,
            token_lifetime=token_lifetime,
        )
        self.clock = clock or Clock(time_scale)
        now = self.clock.now()
        self.created_at = now - 30 * DAY
        self.rng = rng
        self.requests: Counter[str] = Counter()
        """How often each route was called, by "METHOD /route/{template}"."""
        self.faults = Faults()
        self.tokens = Tokens(self, self.clock, random.Random(f"{seed}/tokens"))
        self.logins = Logins(self, self.clock)

        owners = make_owners(rng)
        garage = Garage(owners, seed, now, lambda: self.report_interval)
        to_connect = garage.cars_to_connect(vehicles)
        cars = (*(car for _, car in to_connect), *garage.unconnected_cars())
        self.cars: Final = {car.id: car for car in cars}
        self.owners: Final = {owner.id: owner for owner in owners}
        self.ownership = Ownership(self, self.clock, rng, self.owners, self.cars)
        for index, (owner, car) in enumerate(to_connect):
            # Visible since ever: a test may freeze the clock long before it was made.
            granted_at = now - 7 * DAY + index
            self.ownership.add(
                owner.id, car.id, self.dashboard_permissions, granted_at=granted_at, visible_at=0.0
            )
        self.store = Store(self.clock, self.ownership, self.logins)
        self.reports = Reports(self.clock, self.cars, self.ownership, self.store, self.logins)

        self.registry = WebhookRegistry(self, self.clock, rng)
        self.sender = Sender(self, self.clock, push_rng, self.registry)
        self.push = Push(
            self,
            self.clock,
            push_rng,
            cars=self.cars,
            ownership=self.ownership,
            store=self.store,
            registry=self.registry,
            sender=self.sender,
        )
        self.reports.listeners.append(self.push.on_report)
        self.dashboard = Dashboard(
            self,
            self.clock,
            webhook_rng=rng,
            token_rng=push_rng,
            ownership=self.ownership,
            registry=self.registry,
            push=self.push,
        )
        self.vehicle_errors = VehicleErrors(push_rng, self.cars, self.logins, self.push.send_error)

        # Shortcuts
        self.mint_token = self.tokens.mint
        self.revoke_tokens = self.tokens.revoke_all
        self.connections: Final = self.ownership.connections
        self.connections_of = self.ownership.connections_of
        self.visible_connections = self.ownership.visible_connections
        self.unconnected = self.ownership.unconnected
        self.owner_of = self.ownership.owner_of
        self.require_login = self.logins.require
        self.reauthenticate_url = self.logins.reauthenticate_url
        self.stored = self.store.stored
        self.override = self.store.override
        self.clear_overrides = self.store.clear_overrides
        self.set_store_empty = self.store.set_empty
        self.set_errors_beside_bodies = self.store.set_errors_beside_bodies
        self.patch_state = self.reports.patch_state
        self.webhooks: Final = self.registry.webhooks
        self.subscriptions: Final = self.registry.subscriptions
        self.deliveries: Final = self.sender.deliveries
        self.create_webhook = self.dashboard.create_webhook
        self.edit_webhook = self.dashboard.edit_webhook
        self.delete_webhook = self.dashboard.delete_webhook
        self.subscribe = self.dashboard.subscribe
        self.verify_webhook = self.push.verify
        self.misbehave = self.push.misbehave
        self.report_error = self.vehicle_errors.report
        self.resolve_error = self.vehicle_errors.resolve

    def car_of_kind(self, kind: str) -> Car:
        """Return the first car of a kind."""
        return next(car for car in self.cars.values() if car.model.kind == kind)

    def connect(
        self,
        user_id: str,
        vehicle_ids: Iterable[str],
        permissions: Iterable[str] | None = None,
        *,
        lag: float | None = None,
    ) -> list[Connection]:
        """Connect cars of an owner's garage, as Connect does; they show after the lag.

        A login that a car needed is done with that, and webhooks that want every car get it.
        """
        granted = None if permissions is None else tuple(permissions)
        made = []
        for vehicle_id in vehicle_ids:
            made.append(self.ownership.connect(user_id, vehicle_id, granted, lag=lag))
            self.logins.require(vehicle_id, needed=False)
            self.dashboard.subscribe_automatically(user_id, vehicle_id)
        return made

    def disconnect(self, connection_id: str) -> None:
        """Remove a connection and the subscriptions of its car."""
        gone = self.ownership.connections.pop(connection_id)
        self.registry.remove_car(gone.user_id, gone.vehicle_id)

    def forget_user(self, user_id: str) -> None:
        """Remove all connections of a user (`DELETE /users/{userId}`)."""
        for connection in self.ownership.connections_of(user_id=user_id):
            self.disconnect(connection.id)

    def step(self) -> None:
        """Let every car live until now, and begin the deliveries that are due.

        An application that serves the cloud calls this every `step_interval` seconds.
        """
        self.reports.sync_all()
        self.push.send_first_deliveries()

    async def deliver(
        self, vehicle_id: str | None = None, *, triggers: Iterable[str] = ()
    ) -> list[Delivery]:
        """Send the state of a car (of every car) although nothing changed.

        It goes to every webhook that is ready for it. Returns the last attempt of each, when
        they are over; events that are lost or wait for other events are not among them.
        """
        self.step()
        return await self.push.deliver(vehicle_id, triggers)

    async def flush(self) -> None:
        """Begin what is due, and wait until everything is delivered or dropped, retries too."""
        self.step()
        await self.push.flush()

    def sign(self, raw: bytes) -> str:
        """Return the signature of a body under the present management token."""
        return sign(self.application_management_token, raw)
