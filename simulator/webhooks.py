"""The webhooks of the application and the cars subscribed to them (reference 9.7)."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
import random
from urllib.parse import urlsplit

from .catalogue import SIGNALS
from .clock import Clock
from .ids import random_uuid
from .settings import Settings


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook made in the dashboard (reference 9.7); no API shows whether it is verified."""

    id: str
    name: str
    callback_uri: str
    error_callback_uri: str | None
    is_enabled: bool
    auto_subscribe: bool
    triggers: tuple[str, ...]
    data: tuple[str, ...]
    created_at: float
    is_verified: bool = False

    def __post_init__(self) -> None:
        """Refuse unknown signals and addresses that are elsewhere."""
        unknown = {*self.triggers, *self.data} - set(SIGNALS)
        if unknown:
            raise ValueError(f"unknown signals: {sorted(unknown)}")
        for uri in (self.callback_uri, self.error_callback_uri):
            if uri is not None and not _on_loopback(uri):
                raise ValueError("a callback must be an http or https address on loopback")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A car subscribed to a webhook (reference 9.7)."""

    id: str
    webhook_id: str
    user_id: str
    vehicle_id: str
    created_at: float
    visible_at: float


class WebhookRegistry:
    """The webhooks and subscriptions that exist, without their events."""

    def __init__(self, settings: Settings, clock: Clock, rng: random.Random) -> None:
        """Start without a webhook."""
        self._settings = settings
        self._clock = clock
        self._rng = rng
        self.webhooks: dict[str, Webhook] = {}
        self.subscriptions: dict[str, Subscription] = {}

    def subscribe(self, webhook_id: str, user_id: str, vehicle_id: str) -> Subscription | None:
        """Subscribe a car; shows after the subscription lag. None if it is subscribed already."""
        key = (webhook_id, user_id, vehicle_id)
        for other in self.subscriptions.values():
            if (other.webhook_id, other.user_id, other.vehicle_id) == key:
                return None
        subscription = Subscription(
            random_uuid(self._rng),
            *key,
            self._clock.now(),
            self._clock.after(self._settings.subscription_lag),
        )
        self.subscriptions[subscription.id] = subscription
        return subscription

    def visible_subscriptions(self) -> Iterator[Subscription]:
        """Iterate over the subscriptions that show."""
        now = self._clock.now()
        for subscription in self.subscriptions.values():
            if subscription.visible_at <= now:
                yield subscription

    def remove_webhook(self, webhook_id: str) -> None:
        """Remove a webhook and its subscriptions."""
        del self.webhooks[webhook_id]
        self._unsubscribe(
            one for one in self.subscriptions.values() if one.webhook_id == webhook_id
        )

    def remove_car(self, user_id: str, vehicle_id: str) -> None:
        """Remove the subscriptions of a car that its owner disconnected."""
        self._unsubscribe(
            one
            for one in self.subscriptions.values()
            if (one.user_id, one.vehicle_id) == (user_id, vehicle_id)
        )

    def _unsubscribe(self, subscriptions: Iterator[Subscription]) -> None:
        """Remove some of the subscriptions."""
        for subscription in tuple(subscriptions):
            del self.subscriptions[subscription.id]


def _on_loopback(uri: str) -> bool:
    """Return whether an address is one that the simulator may call: it never calls out."""
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
        if parts.scheme not in {"http", "https"} or host is None:
            return False
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
