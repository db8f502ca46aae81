"""Decides which event goes to which webhook, and when (reference 9.1)."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
import hmac
import json
import random

from .car import Car
from .catalogue import SIGNALS
from .clock import Clock
from .delivery import Delivery, Event, Sender, Task
from .events import (
    FIRST_DELIVERY,
    UNKNOWN_EVENT,
    VERIFY,
    as_test,
    error_body,
    state_body,
    state_signals,
    verify_body,
)
from .ids import random_hex, random_uuid
from .json_types import Json, JsonObject, as_object, as_text
from .misbehavior import Misbehavior
from .ownership import Grant, Ownership
from .reports import CarReport
from .settings import Settings
from .signing import compact, sign
from .store import Store
from .vehicle_errors import VehicleError
from .webhooks import Subscription, Webhook, WebhookRegistry


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook that gets events, and a car that is subscribed to it."""

    webhook: Webhook
    subscription: Subscription
    grant: Grant

    def is_triggered_by(self, code: str) -> bool:
        """Return whether the webhook sends an event when a signal changes."""
        info = SIGNALS.get(code)
        if info is None:
            return True
        return code in self.webhook.triggers and info.permission in self.grant.permissions


@dataclass(slots=True)
class Line:
    """The memory of a webhook between its events."""

    wrong: Misbehavior = field(default_factory=Misbehavior)
    wrong_events_left: int | None = None
    sequence: int = 0
    started: set[str] = field(default_factory=set)
    """Subscriptions that had their FIRST_DELIVERY."""
    waiting: list[Event] = field(default_factory=list)
    """Events that will be sent in another order."""


class Push:
    """The webhooks' side of a cloud: makes the events and has them sent."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        rng: random.Random,
        *,
        cars: Mapping[str, Car],
        ownership: Ownership,
        store: Store,
        registry: WebhookRegistry,
        sender: Sender,
    ) -> None:
        """Start with no webhook known."""
        self._settings = settings
        self._clock = clock
        self._rng = rng
        self._cars = cars
        self._ownership = ownership
        self._store = store
        self._registry = registry
        self._sender = sender
        self._lines: dict[str, Line] = {}

    def _line(self, webhook_id: str) -> Line:
        """Return the memory of a webhook."""
        return self._lines.setdefault(webhook_id, Line())

    def forget(self, webhook_id: str) -> None:
        """Forget a webhook that was deleted."""
        self._lines.pop(webhook_id, None)
        self._sender.forget(webhook_id)

    def restart(self, webhook_id: str) -> None:
        """Let every subscription of a webhook have its FIRST_DELIVERY again."""
        self._line(webhook_id).started.clear()

    def misbehavior(self, webhook_id: str) -> Misbehavior:
        """Return the misbehavior of a webhook."""
        return self._line(webhook_id).wrong

    def misbehave(self, webhook_id: str, wrong: Misbehavior | None = None) -> None:
        """Let a webhook misbehave from its next event on; None lets it behave again.

        Raises KeyError for an unknown webhook.
        """
        if webhook_id not in self._registry.webhooks:
            raise KeyError(webhook_id)
        line = self._line(webhook_id)
        line.wrong = wrong or Misbehavior()
        line.wrong_events_left = line.wrong.count
        if line.wrong.reorder < 2:
            self._release(line)

    def verify_soon(self, webhook_id: str) -> None:
        """Verify a webhook in the background."""

        async def job() -> None:
            # It may have been deleted while this waited for an application.
            if webhook_id in self._registry.webhooks:
                await self.verify(webhook_id)

        self._sender.spawn(job)

    async def verify(self, webhook_id: str) -> bool:
        """Send a VERIFY; return whether the answer verified the webhook (reference 9.3)."""
        webhook = self._registry.webhooks[webhook_id]
        challenge = random_hex(self._rng, 160)
        event_id = random_uuid(self._rng)
        form = self._line(webhook_id).wrong.verify_form
        wall = self._clock.wall()
        body = verify_body(form, event_id, webhook_id, challenge, wall)
        unsent = Delivery(webhook_id, event_id, random_uuid(self._rng), VERIFY, None, 1, wall)
        delivery = await self._sender.post(webhook.callback_uri, compact(body), None, unsent)
        # It may have been changed or deleted meanwhile.
        current = self._registry.webhooks.get(webhook_id)
        if current is None or current.callback_uri != webhook.callback_uri:
            return False
        if not self._is_right_answer(delivery, challenge):
            return False
        if self._settings.verify_needs_subscription and not any(
            one.webhook_id == webhook_id for one in self._registry.visible_subscriptions()
        ):
            return False
        self._registry.webhooks[webhook_id] = replace(current, is_verified=True)
        self.send_first_deliveries()
        return True

    def _is_right_answer(self, delivery: Delivery, challenge: str) -> bool:
        """Return whether a VERIFY was answered with the signed challenge."""
        if delivery.status != 200:
            return False
        try:
            answer: Json = json.loads(delivery.body)
        except ValueError:
            return False
        given = as_text(as_object(answer).get("challenge")) or ""
        expected = sign(self._settings.application_management_token, challenge.encode())
        return hmac.compare_digest(given.encode(), expected.encode())

    def _ready(self, vehicle_id: str | None = None) -> Iterator[Target]:
        """Iterate over the webhooks that get events, once for each car that is subscribed."""
        for subscription in tuple(self._registry.visible_subscriptions()):
            webhook = self._registry.webhooks[subscription.webhook_id]
            if vehicle_id not in (None, subscription.vehicle_id):
                continue
            if not (webhook.is_verified and webhook.is_enabled):
                continue
            for connection in self._ownership.connections_of(
                user_id=subscription.user_id, vehicle_id=subscription.vehicle_id
            ):
                if (grant := connection.grant(self._clock.now())) is not None:
                    yield Target(webhook, subscription, grant)

    def send_first_deliveries(self) -> None:
        """Send the FIRST_DELIVERY of each subscription that is new to a webhook."""
        for target in self._ready():
            started = self._line(target.webhook.id).started
            if target.subscription.id not in started:
                started.add(target.subscription.id)
                # Strongly indicated: it is the subscription that fills the store (reference 4.4).
                self._store.set_empty(target.subscription.vehicle_id, False)
                self._send_state(target, (FIRST_DELIVERY,))

    def on_report(self, report: CarReport) -> None:
        """Send the state of a car that reported, if one of the triggers changed."""
        old = [
            target
            for target in self._ready(report.car.id)
            if target.subscription.id in self._line(target.webhook.id).started
        ]
        self.send_first_deliveries()
        for target in old:
            triggers = [code for code in sorted(report.changed) if target.is_triggered_by(code)]
            if triggers:
                self._send_state(target, triggers)

    async def deliver(self, vehicle_id: str | None, triggers: Iterable[str]) -> list[Delivery]:
        """Send a VEHICLE_STATE although nothing changed; return how each one ended."""
        codes = tuple(triggers)
        tasks = [
            task
            for target in self._ready(vehicle_id)
            if (task := self._send_state(target, codes or target.webhook.triggers[:1])) is not None
        ]
        return [delivery for delivery in await asyncio.gather(*tasks) if delivery is not None]

    async def flush(self) -> None:
        """Send the events that wait for others, and wait until all are delivered or dropped."""
        for line in self._lines.values():
            self._release(line)
        await self._sender.join()

    def send_error(self, error: VehicleError, state: str) -> None:
        """Send an error of a car to every webhook that it is subscribed to."""
        car = self._cars[error.vehicle_id]
        for target in self._ready(car.id):
            event_id = random_uuid(self._rng)
            wrong = self._next_misbehavior(target.webhook.id)
            body = error_body(event_id, car, target.subscription.user_id, (error,), state)
            self._send(target.webhook, body, wrong, car=car)

    def _send_state(self, target: Target, triggers: Iterable[str]) -> Task | None:
        """Send the state of a car."""
        subscription = target.subscription
        car = self._cars[subscription.vehicle_id]
        signals = state_signals(
            self._store.granted(car, target.grant),
            target.webhook.data,
            target.grant.permissions,
            self._store.absent_signals(car.id),
        )
        event_id = random_uuid(self._rng)
        wrong = self._next_misbehavior(target.webhook.id)
        user: JsonObject = {
            "id": subscription.user_id,
            "externalId": self._ownership.owners[subscription.user_id].external_id,
        }
        body = state_body(event_id, car, user, signals=signals, triggers=triggers, wrong=wrong)
        return self._send(target.webhook, body, wrong, car=car, signal_count=len(signals))

    def _next_misbehavior(self, webhook_id: str) -> Misbehavior:
        """Return what goes wrong with the next event of a webhook."""
        line = self._line(webhook_id)
        wrong = line.wrong
        if line.wrong_events_left is not None:
            line.wrong_events_left -= 1
            if line.wrong_events_left <= 0:
                line.wrong, line.wrong_events_left = Misbehavior(), None
        return wrong

    def _send(
        self,
        webhook: Webhook,
        body: JsonObject,
        wrong: Misbehavior,
        *,
        car: Car,
        signal_count: int | None = None,
    ) -> Task | None:
        """Put an event on its way; None when it waits for others or is lost."""
        if wrong.silent:
            return None
        line = self._line(webhook.id)
        line.sequence += 1
        if wrong.unknown_event:
            body = {**body, "eventType": UNKNOWN_EVENT}
        if wrong.test_mode:
            body = as_test(body, random_uuid(self._rng), random_uuid(self._rng))
        event = Event(
            webhook_id=webhook.id,
            id=str(body["eventId"]),
            type=str(body["eventType"]),
            vehicle_id=car.id,
            body=body,
            sequence=line.sequence,
            signal_count=signal_count,
            mode="test" if wrong.test_mode else car.mode,
            wrong=wrong,
        )
        if wrong.reorder > 1:
            line.waiting.append(event)
            if len(line.waiting) >= wrong.reorder:
                self._release(line)
            return None
        return self._sender.spawn(partial(self._sender.deliver, event))

    def _release(self, line: Line) -> None:
        """Send the events that wait, newest first."""
        waiting, line.waiting = line.waiting, []
        for event in reversed(waiting):
            self._sender.spawn(partial(self._sender.deliver, event))
