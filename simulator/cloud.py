"""The state of the cloud: application, owners, cars, connections, tokens, webhooks, faults."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
import random
from typing import Final
from urllib.parse import urlencode
import uuid

from .car import DAY, START_OF_DAY, Car
from .catalogue import PERMISSIONS, SIGNALS
from .clock import Clock
from .faults import Faults
from .json_types import Json, JsonObject, as_object, as_text
from .models import MODELS, Kind, Model
from .push import Push
from .signals import NO_BODY, LoginNeeded, Override, StoredSignal, render, without_permission
from .webhooks import (
    Delivery,
    ErrorSignals,
    Misbehaviour,
    Subscription,
    VehicleError,
    Webhook,
    sign,
    vehicle_error,
)

LIVE: Final = "live"
SIMULATED: Final = "simulated"

_OWNERS: Final = ("Ada", "Ben")
_KINDS: Final = (Kind.BEV, Kind.PHEV, Kind.ICE)
_COLORS: Final = ("Blue", "White", "Silver", "Black", "Red", "Grey")
_NAMES: Final = ("Robin", "Sparrow", "Heron", "Swift", "Wren", "Finch", "Lark", "Kite", "Plover")
_GARAGE: Final[tuple[tuple[int, Model, str], ...]] = (
    (0, MODELS[Kind.BEV][1], LIVE),
    (1, MODELS[Kind.ICE][1], LIVE),
    (1, Model("CUPRA", "Born", 2024, Kind.BEV, "e-Boost", battery_kwh=77.0), SIMULATED),
)
"""Cars that are not connected yet: the owner's index, the model, the mode."""


@dataclass(slots=True)
class Owner:
    """A Smartcar user with a garage."""

    id: str
    name: str
    garage: list[str] = field(default_factory=list)
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """What an owner granted, and from when on it shows."""

    permissions: tuple[str, ...]
    at: float
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
        return self.grants[-1].at


@dataclass(frozen=True, slots=True)
class CarReport:
    """A connected car reported, or a test changed its store: what a webhook delivery starts from.

    `changed` holds the codes whose body or status differs from the report before.
    """

    car: Car
    connections: tuple[Connection, ...]
    at: float
    reason: str
    changed: frozenset[str]


class Cloud:
    """A Smartcar cloud with one application.

    Everything is made from the seed, ids too, and car number n is the same car whatever the
    number of cars. Lags are in real seconds; set them to 0 when the clock is frozen.

    `cars` holds the connected cars first, then those that only stand in a garage.
    `events` are called with a `CarReport` whenever a connected car reports; the delivery of
    webhooks hangs there. Reports are noticed when something looks at the car, or by `step()`,
    which an application that serves the cloud calls every `step_interval` seconds.

    Webhooks are sent while an application serves the cloud, from its loop; `flush()` waits for
    them. `deliveries` holds every attempt, the newest last.
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
        self.clock = clock or Clock(time_scale)
        self.connection_lag = connection_lag
        self.command_lag = command_lag
        self.subscription_lag = subscription_lag
        self.report_interval = report_interval
        self.token_lifetime = token_lifetime
        self.dashboard_permissions = tuple(permissions)
        self.redirect_uris: list[str] = []
        """Registered redirect URIs; while empty, every https or loopback one is accepted."""
        self.connect_origin = "https://connect.smartcar.com"
        """Where re-authentication links point; with each request it becomes the server's origin."""
        self.requests: Counter[str] = Counter()
        self.faults = Faults()
        self.push = Push(self, seed)
        self.events: list[Callable[[CarReport], None]] = [self.push.on_report]
        self.deliveries: list[Delivery] = []
        self.step_interval = 1.0
        self.retry_scale = 1.0
        """Real seconds per second of the delays between attempts."""
        self.answer_timeout = 15.0
        self.verify_needs_subscription = False
        """Whether a webhook cannot be verified before a car is subscribed (reference 9.3)."""

        self._seed = seed
        self._ids = random.Random(f"{seed}/ids")
        self._tokens_rng = random.Random(f"{seed}/tokens")
        self._tokens: dict[str, float] = {}
        self.application_id = self.uuid()
        self.application_name = "Simulated application"
        self.client_id = f"client_01{self._ids.getrandbits(120):030x}"
        self.client_secret = f"{self._ids.getrandbits(256):064x}"
        self.application_management_token = f"{self._ids.getrandbits(256):064x}"
        self.created_at = self.clock.now() - 30 * DAY

        self.owners: dict[str, Owner] = {}
        self.cars: dict[str, Car] = {}
        self.connections: dict[str, Connection] = {}
        self.webhooks: dict[str, Webhook] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.errors: dict[str, VehicleError] = {}
        self._overrides: dict[str, dict[str, Override]] = {}
        self._empty_stores: set[str] = set()
        self._logins_needed: dict[str, float] = {}
        self._noticed: dict[str, tuple[int, dict[str, Json]]] = {}
        self._meddled: set[str] = set()

        owners = [Owner(self.uuid(), name) for name in _OWNERS]
        self.owners = {owner.id: owner for owner in owners}
        for index in range(vehicles):
            owner = owners[index % len(owners)]
            kind = _KINDS[index % len(_KINDS)]
            models = MODELS[kind]
            model = models[index // len(_KINDS) % len(models)]
            car = self._build_car(f"car/{index}", model, LIVE, owner, index)
            at = self.clock.now() - 7 * DAY + index
            # Visible since ever: a test may freeze the clock long before it was made.
            self._add_connection(owner.id, car.id, self.dashboard_permissions, at, 0.0)
        for index, (number, model, mode) in enumerate(_GARAGE):
            self._build_car(f"garage/{index}", model, mode, owners[number], index + 3)
        for car in self.cars.values():
            self._noticed[car.id] = (car.reports, self._told(car))

    # --- making ---------------------------------------------------------------------------

    def uuid(self, rng: random.Random | None = None) -> str:
        """Return the next id of the seed."""
        return str(uuid.UUID(int=(rng or self._ids).getrandbits(128), version=4))

    def _build_car(self, name: str, model: Model, mode: str, owner: Owner, index: int) -> Car:
        """Put a car into the garage of its owner."""
        rng = random.Random(f"{self._seed}/{name}")
        early = index < len(START_OF_DAY)
        car = Car(
            vehicle_id=self.uuid(rng),
            vin="SIM" + "".join(rng.choices("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", k=14)),
            model=model,
            mode=mode,
            nickname=f"{_NAMES[index % len(_NAMES)]}",
            color=rng.choice(_COLORS),
            rng=rng,
            now=self.clock.now(),
            day_seconds=START_OF_DAY[index] if early else rng.uniform(0, DAY),
            report_interval=lambda: self.report_interval,
        )
        self.cars[car.id] = car
        owner.garage.append(car.id)
        return car

    def _add_connection(
        self,
        user_id: str,
        vehicle_id: str,
        permissions: Iterable[str],
        at: float,
        visible_at: float,
    ) -> Connection:
        """Add or renew a connection."""
        grant = Grant(tuple(permissions), at, visible_at)
        for connection in self.connections.values():
            if (connection.user_id, connection.vehicle_id) == (user_id, vehicle_id):
                connection.grants.append(grant)
                return connection
        connection = Connection(self.uuid(), user_id, vehicle_id, at, [grant])
        self.connections[connection.id] = connection
        return connection

    # --- tokens (reference 1.2) -------------------------------------------------------------

    def mint_token(self) -> str:
        """Return a new application token."""
        token = f"sim_{self._tokens_rng.getrandbits(256):064x}"
        self._tokens[token] = self.clock.real() + self.token_lifetime
        return token

    def token_is_valid(self, token: str) -> bool:
        """Return whether a token may be used."""
        return self._tokens.get(token, 0.0) > self.clock.real()

    def revoke_tokens(self) -> None:
        """Make every token invalid at once."""
        self._tokens.clear()

    # --- connections (reference 3.1) ----------------------------------------------------------

    def connect(
        self,
        user_id: str,
        vehicle_ids: Iterable[str],
        permissions: Iterable[str] | None = None,
        *,
        lag: float | None = None,
    ) -> list[Connection]:
        """Connect cars of an owner's garage, as Connect does; shows after the connection lag."""
        owner = self.owners[user_id]
        granted = self.dashboard_permissions if permissions is None else tuple(permissions)
        now = self.clock.now()
        visible_at = self.clock.after(self.connection_lag if lag is None else lag)
        made = []
        for vehicle_id in vehicle_ids:
            if vehicle_id not in owner.garage:
                raise KeyError(vehicle_id)
            made.append(self._add_connection(user_id, vehicle_id, granted, now, visible_at))
            self._logins_needed.pop(vehicle_id, None)
            for webhook in self.webhooks.values():
                if webhook.auto_subscribe:
                    self.subscribe(webhook.id, user_id, vehicle_id)
        return made

    def disconnect(self, connection_id: str) -> None:
        """Remove a connection and the subscriptions of its car."""
        gone = self.connections.pop(connection_id)
        self.subscriptions = {
            subscription.id: subscription
            for subscription in self.subscriptions.values()
            if (subscription.user_id, subscription.vehicle_id) != (gone.user_id, gone.vehicle_id)
        }

    def forget_user(self, user_id: str) -> None:
        """Remove all connections of a user (`DELETE /users/{userId}`)."""
        for connection in self.connections_of(user_id=user_id):
            self.disconnect(connection.id)

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
        now = self.clock.now()
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
            self.cars[vehicle_id]
            for vehicle_id in self.owners[user_id].garage
            if vehicle_id not in taken and self.cars[vehicle_id].mode == mode
        ]

    # --- cars and their store (reference 4) ------------------------------------------------

    def sync(self, car: Car) -> None:
        """Let a car live until now, and tell the event hooks when it reported."""
        car.run_to(self.clock.now())
        seen, before = self._noticed[car.id]
        if seen == car.reports and car.id not in self._meddled:
            return
        self._meddled.discard(car.id)
        after = self._told(car)
        self._noticed[car.id] = (car.reports, after)
        connections = tuple(self.connections_of(vehicle_id=car.id))
        if not connections:
            return
        changed = frozenset(code for code, value in after.items() if before.get(code) != value)
        report = CarReport(car, connections, car.snapshot.at, car.report_reason, changed)
        for hook in tuple(self.events):
            hook(report)

    def _told(self, car: Car) -> dict[str, Json]:
        """Return what makes a signal a changed one, by code."""
        return {
            code: {**as_object(signal.as_json("")["attributes"])}
            for code, signal in self.stored(car).items()
        }

    def step(self) -> None:
        """Let every car live until now, and begin the deliveries that are due."""
        for car in self.cars.values():
            self.sync(car)
        self.push.notice()

    def stored(self, car: Car) -> dict[str, StoredSignal]:
        """Return what the store holds of a car, overrides included, by code."""
        if car.id in self._empty_stores:
            store: dict[str, StoredSignal] = {}
        else:
            store = render(car, self._connected_since(car))
        if (since := self._logins_needed.get(car.id)) is not None:
            login = LoginNeeded(self.reauthenticate_url(car.id), since)
            store = {code: login.apply(signal) for code, signal in store.items()}
        for code, override in self._overrides.get(car.id, {}).items():
            if override.absent:
                store.pop(code, None)
            else:
                store[code] = override.apply(code, store.get(code), car.snapshot.at)
        return dict(sorted(store.items()))

    def signals_for(self, connection: Connection, grant: Grant) -> dict[str, StoredSignal]:
        """Return the store as the grant of an owner lets it be seen."""
        car = self.cars[connection.vehicle_id]
        self.sync(car)
        return self.granted_store(car, grant)

    def granted_store(self, car: Car, grant: Grant) -> dict[str, StoredSignal]:
        """Return what the store holds of a car, as far as a grant goes."""
        store = self.stored(car)
        for code, signal in store.items():
            info = SIGNALS.get(code)
            allowed = info is None or info.permission in grant.permissions
            if not allowed and signal.error is None:
                store[code] = without_permission(code, grant.at)
        return store

    def _connected_since(self, car: Car) -> float:
        """Return when the car was first connected."""
        return min(
            (connection.created_at for connection in self.connections_of(vehicle_id=car.id)),
            default=car.snapshot.at,
        )

    def override(self, vehicle_id: str, code: str, value: Json) -> None:
        """Put something else into the store of a car, until it is taken back.

        Webhooks tell it as they tell a report, at the next step.

        `value` is {"body", "status", "error", "meta"}, each optional; None takes the signal out
        of the store; an empty object takes the override back.
        """
        overrides = self._overrides.setdefault(vehicle_id, {})
        self._meddled.add(vehicle_id)
        now = self.clock.now()
        if value is None:
            overrides[code] = Override(now, absent=True)
            return
        data = as_object(value)
        unknown = set(data) - {"body", "status", "error", "meta"}
        if unknown:
            raise ValueError(f"unknown fields of a signal: {sorted(unknown)}")
        if not data:
            overrides.pop(code, None)
            return
        error, meta = data.get("error"), data.get("meta")
        overrides[code] = Override(
            now,
            body=data.get("body", NO_BODY),
            status=as_text(data.get("status")),
            error=as_object(error) if error is not None else None,
            meta=as_object(meta) if meta is not None else None,
        )

    def clear_overrides(self, vehicle_id: str) -> None:
        """Take all overrides of a car back."""
        self._overrides.pop(vehicle_id, None)
        self._meddled.add(vehicle_id)

    def absent_signals(self, vehicle_id: str) -> frozenset[str]:
        """Return the codes that a test took out of the store of a car."""
        overrides = self._overrides.get(vehicle_id, {})
        return frozenset(code for code, override in overrides.items() if override.absent)

    def set_store_empty(self, vehicle_id: str, empty: bool = True) -> None:
        """Let the store of a car be empty, as before a webhook fills it (reference 4.4)."""
        if empty:
            self._empty_stores.add(vehicle_id)
        else:
            self._empty_stores.discard(vehicle_id)

    def patch_state(
        self, vehicle_id: str, state: Mapping[str, Json], *, report: bool = True
    ) -> None:
        """Change the true state of a car; it then reports, unless told not to."""
        car = self.cars[vehicle_id]
        self.sync(car)
        for name, value in state.items():
            if name == "needs_login":
                self.require_login(vehicle_id, value is True)
            else:
                car.patch(name, value)
        if report:
            car.report("patched")
        self.sync(car)

    def require_login(self, vehicle_id: str, needed: bool = True) -> None:
        """Let the maker's account of a car need a new login (reference 1.7)."""
        if needed:
            self._logins_needed[vehicle_id] = self.clock.now()
        else:
            self._logins_needed.pop(vehicle_id, None)

    def needs_login(self, vehicle_id: str) -> bool:
        """Return whether the owner must log in again."""
        return vehicle_id in self._logins_needed

    def reauthenticate_url(self, vehicle_id: str) -> str:
        """Return the partly built link of an AUTHENTICATION_FAILED error (reference 1.7)."""
        query = {
            "response_type": "vehicle_id",
            "application_id": self.application_id,
            "vehicle_id": vehicle_id,
        }
        return f"{self.connect_origin}/oauth/reauthenticate?{urlencode(query)}"

    def execution_id(self) -> str:
        """Return an id for an execution."""
        return f"exec_{self._ids.getrandbits(96):024x}"

    def connect_code(self) -> str:
        """Return an authorization code, which nobody needs in v3 (reference 1.5)."""
        return str(uuid.uuid4())

    def request_id(self) -> str:
        """Return an id for a request."""
        return str(uuid.uuid4())

    # --- webhooks (reference 9) ---------------------------------------------------------------

    def create_webhook(
        self,
        name: str,
        callback_uri: str,
        *,
        error_callback_uri: str | None = None,
        is_enabled: bool = True,
        auto_subscribe: bool = False,
        triggers: Iterable[str] = tuple(SIGNALS),
        data: Iterable[str] = tuple(SIGNALS),
        verify: bool = True,
    ) -> Webhook:
        """Create a webhook, which only the dashboard can do, and verify it in the background."""
        webhook = Webhook(
            self.uuid(),
            name,
            callback_uri,
            error_callback_uri,
            is_enabled,
            auto_subscribe,
            tuple(triggers),
            tuple(data),
            self.clock.now(),
        )
        self.webhooks[webhook.id] = webhook
        if auto_subscribe:
            self._subscribe_all(webhook.id)
        if verify:
            self.push.verify_soon(webhook.id)
        return webhook

    def edit_webhook(
        self,
        webhook_id: str,
        *,
        name: str | None = None,
        callback_uri: str | None = None,
        is_enabled: bool | None = None,
        auto_subscribe: bool | None = None,
        verify: bool = True,
    ) -> Webhook:
        """Change a webhook in the dashboard; what is None stays.

        A new callback must be verified first (in the background, unless told not to), and one
        that is enabled again begins with a FIRST_DELIVERY.
        """
        old = self.webhooks[webhook_id]
        moved = callback_uri not in (None, old.callback_uri)
        new = replace(
            old,
            name=old.name if name is None else name,
            callback_uri=old.callback_uri if callback_uri is None else callback_uri,
            is_enabled=old.is_enabled if is_enabled is None else is_enabled,
            auto_subscribe=old.auto_subscribe if auto_subscribe is None else auto_subscribe,
            is_verified=old.is_verified and not moved,
        )
        self.webhooks[webhook_id] = new
        if new.auto_subscribe and not old.auto_subscribe:
            self._subscribe_all(webhook_id)
        if moved or (new.is_enabled and not old.is_enabled):
            self.push.restart(webhook_id)
        if moved and verify:
            self.push.verify_soon(webhook_id)
        self.push.notice()
        return new

    def delete_webhook(self, webhook_id: str) -> None:
        """Delete a webhook and its subscriptions in the dashboard."""
        del self.webhooks[webhook_id]
        self.subscriptions = {
            subscription.id: subscription
            for subscription in self.subscriptions.values()
            if subscription.webhook_id != webhook_id
        }
        self.push.forget(webhook_id)

    async def verify_webhook(self, webhook_id: str) -> bool:
        """Press "Verify" in the dashboard; return whether the answer verified the webhook."""
        return await self.push.verify(webhook_id)

    def misbehave(self, webhook_id: str, wrong: Misbehaviour | None = None) -> None:
        """Let a webhook misbehave from its next event on; None lets it behave again."""
        if webhook_id not in self.webhooks:
            raise KeyError(webhook_id)
        self.push.misbehave(webhook_id, wrong or Misbehaviour())

    async def deliver(
        self, vehicle_id: str | None = None, *, triggers: Iterable[str] = ()
    ) -> list[Delivery]:
        """Send the state of a car (of every car) although nothing changed.

        It goes to every webhook that is ready for it. Returns the last attempt of each, when
        they are over; what is held back or lost is not among them.
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

    def rotate_management_token(self) -> str:
        """Replace the management token; from the next attempt on it signs with the new one."""
        self.application_management_token = self.push.new_token()
        return self.application_management_token

    def report_error(
        self,
        vehicle_id: str,
        *,
        type: str,  # noqa: A002
        code: str | None = None,
        signals: Iterable[str] | None = None,
        signals_form: str = ErrorSignals.OBJECTS,
        resolution: str | JsonObject | None = None,
        suggested_user_message: str | None = None,
    ) -> VehicleError:
        """Send a VEHICLE_ERROR with state ERROR (reference 9.5).

        `signals` are codes; None leaves them out, as for a whole connection. A `resolution` is a
        type or an object; None takes what the reference says about the error.
        """
        error = vehicle_error(
            self.push.uuid(),
            self.cars[vehicle_id].id,
            type,
            code,
            signals=signals,
            signals_form=signals_form,
            resolution=resolution,
            suggested_user_message=suggested_user_message,
            reauthenticate_url=self.reauthenticate_url(vehicle_id),
        )
        self.errors[error.id] = error
        self.push.send_error(error, "ERROR")
        return error

    def resolve_error(self, error: VehicleError | str) -> None:
        """Send the VEHICLE_ERROR that says that an error (or its id) is RESOLVED."""
        error_id = error if isinstance(error, str) else error.id
        self.push.send_error(self.errors.pop(error_id), "RESOLVED")

    def _subscribe_all(self, webhook_id: str) -> None:
        """Subscribe every connected car."""
        for connection in self.connections.values():
            self.subscribe(webhook_id, connection.user_id, connection.vehicle_id)

    def subscribe(self, webhook_id: str, user_id: str, vehicle_id: str) -> Subscription | None:
        """Subscribe a car; shows after the subscription lag. None if it is subscribed already."""
        key = (webhook_id, user_id, vehicle_id)
        for other in self.subscriptions.values():
            if (other.webhook_id, other.user_id, other.vehicle_id) == key:
                return None
        subscription = Subscription(
            self.uuid(),
            *key,
            self.clock.now(),
            self.clock.after(self.subscription_lag),
        )
        self.subscriptions[subscription.id] = subscription
        self.push.notice()
        return subscription

    def visible_subscriptions(self) -> Iterator[Subscription]:
        """Iterate over the subscriptions that show."""
        now = self.clock.now()
        for subscription in self.subscriptions.values():
            if subscription.visible_at <= now:
                yield subscription

    # --- looking in -----------------------------------------------------------------------------

    def car_of_kind(self, kind: str) -> Car:
        """Return the first car of a kind."""
        return next(car for car in self.cars.values() if car.model.kind == kind)

    def owner_of(self, vehicle_id: str) -> Owner:
        """Return the owner of a car."""
        return next(owner for owner in self.owners.values() if vehicle_id in owner.garage)

    def credentials(self) -> JsonObject:
        """Return what an application's developer copies from the dashboard."""
        return {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "application_id": self.application_id,
            "application_management_token": self.application_management_token,
        }
