"""What a developer does with webhooks in Smartcar's dashboard (reference 9.7)."""

from collections.abc import Iterable
from dataclasses import replace
import random

from .catalogue import SIGNALS
from .clock import Clock
from .ids import random_hex, random_uuid
from .ownership import Ownership
from .push import Push
from .settings import Settings
from .webhooks import Subscription, Webhook, WebhookRegistry


class Dashboard:
    """Creates, edits, verifies and deletes webhooks, and has the events sent that follow."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        *,
        webhook_rng: random.Random,
        token_rng: random.Random,
        ownership: Ownership,
        registry: WebhookRegistry,
        push: Push,
    ) -> None:
        """Start with the webhooks of the registry."""
        self._settings = settings
        self._clock = clock
        self._webhook_rng = webhook_rng
        self._token_rng = token_rng
        self._ownership = ownership
        self._registry = registry
        self._push = push

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
        """Create a webhook, and verify it in the background unless `verify` is false.

        Raises ValueError for unknown signals and for a callback that is not on loopback.
        """
        webhook = Webhook(
            random_uuid(self._webhook_rng),
            name,
            callback_uri,
            error_callback_uri,
            is_enabled,
            auto_subscribe,
            tuple(triggers),
            tuple(data),
            self._clock.now(),
        )
        self._registry.webhooks[webhook.id] = webhook
        if auto_subscribe:
            self._subscribe_all(webhook.id)
        if verify:
            self._push.verify_soon(webhook.id)
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
        """Change a webhook; arguments that are None change nothing.

        A new callback must be verified first (in the background, unless `verify` is false), and
        a webhook that is enabled again begins with a FIRST_DELIVERY.
        """
        old = self._registry.webhooks[webhook_id]
        moved = callback_uri not in (None, old.callback_uri)
        new = replace(
            old,
            name=old.name if name is None else name,
            callback_uri=old.callback_uri if callback_uri is None else callback_uri,
            is_enabled=old.is_enabled if is_enabled is None else is_enabled,
            auto_subscribe=old.auto_subscribe if auto_subscribe is None else auto_subscribe,
            is_verified=old.is_verified and not moved,
        )
        self._registry.webhooks[webhook_id] = new
        if new.auto_subscribe and not old.auto_subscribe:
            self._subscribe_all(webhook_id)
        if moved or (new.is_enabled and not old.is_enabled):
            self._push.restart(webhook_id)
        if moved and verify:
            self._push.verify_soon(webhook_id)
        self._push.send_first_deliveries()
        return new

    def delete_webhook(self, webhook_id: str) -> None:
        """Delete a webhook and its subscriptions."""
        self._registry.remove_webhook(webhook_id)
        self._push.forget(webhook_id)

    def subscribe(self, webhook_id: str, user_id: str, vehicle_id: str) -> Subscription | None:
        """Subscribe a car; shows after the subscription lag. None if it is subscribed already."""
        subscription = self._registry.subscribe(webhook_id, user_id, vehicle_id)
        if subscription is not None:
            self._push.send_first_deliveries()
        return subscription

    def subscribe_automatically(self, user_id: str, vehicle_id: str) -> None:
        """Subscribe a newly connected car to the webhooks that want every car."""
        for webhook in tuple(self._registry.webhooks.values()):
            if webhook.auto_subscribe:
                self.subscribe(webhook.id, user_id, vehicle_id)

    def _subscribe_all(self, webhook_id: str) -> None:
        """Subscribe every connected car."""
        for connection in self._ownership.connections.values():
            self.subscribe(webhook_id, connection.user_id, connection.vehicle_id)

    def rotate_management_token(self) -> str:
        """Replace the management token; from the next attempt on it signs with the new one."""
        self._settings.application_management_token = random_hex(self._token_rng, 256)
        return self._settings.application_management_token
