"""Delivers events to webhooks over HTTP: when, in which order, how often (reference 9.1)."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
import hmac
import json
import random
from typing import TYPE_CHECKING, Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from .car import Car
from .catalogue import SIGNALS
from .json_types import Json, JsonObject, as_object, as_text
from .webhooks import (
    FIRST_DELIVERY,
    RETRY_DELAYS,
    UNKNOWN_EVENT,
    VERIFY,
    VERSION,
    Delivery,
    Misbehaviour,
    Subscription,
    VehicleError,
    Webhook,
    as_test,
    compact,
    error_body,
    sign,
    state_body,
    state_signals,
    verify_body,
    write,
)

if TYPE_CHECKING:
    from .cloud import CarReport, Cloud, Grant

USER_AGENT: Final = "Smartcar/4.0"
KEPT_DELIVERIES: Final = 1000
KEPT_ANSWER: Final = 2000

type Task = asyncio.Task[Delivery | None]


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook that gets events, and a car that is subscribed to it."""

    webhook: Webhook
    subscription: Subscription
    grant: Grant

    def is_triggered_by(self, code: str) -> bool:
        """Return whether the webhook tells it when a signal changes."""
        info = SIGNALS.get(code)
        if info is None:
            return True
        return code in self.webhook.triggers and info.permission in self.grant.permissions


@dataclass(frozen=True, slots=True)
class Event:
    """One event on its way to one webhook; its body holds no `meta` yet."""

    webhook_id: str
    id: str
    type: str
    vehicle_id: str
    body: JsonObject
    sequence: int
    signal_count: int | None
    mode: str
    wrong: Misbehaviour


@dataclass(slots=True)
class Line:
    """What is remembered of a webhook between its events."""

    wrong: Misbehaviour = field(default_factory=Misbehaviour)
    left: int | None = None
    sequence: int = 0
    started: set[str] = field(default_factory=set)
    """Subscriptions that had their FIRST_DELIVERY."""
    held: list[Event] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class Push:
    """The sending side of a cloud; `start` and `stop` come with the application."""

    def __init__(self, cloud: Cloud, seed: int) -> None:
        """Start without a session: what is to be sent waits for `start`."""
        self._cloud = cloud
        self._rng = random.Random(f"{seed}/push")
        self._lines: dict[str, Line] = {}
        self._session: ClientSession | None = None
        self._tasks: set[Task] = set()
        self._waiting: list[Callable[[], Coroutine[Any, Any, Delivery | None]]] = []

    # --- life -------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to send, on the running loop."""
        # A connection each: a receiver that restarts must not look like one that fails.
        # Certificates on loopback are nobody's.
        connector = TCPConnector(force_close=True, ssl=False)
        self._session = ClientSession(connector=connector, cookie_jar=DummyCookieJar())
        waiting, self._waiting = self._waiting, []
        for job in waiting:
            self._spawn(job)

    async def stop(self) -> None:
        """Give up what is on its way."""
        session, self._session = self._session, None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if session is not None:
            await session.close()

    async def flush(self) -> None:
        """Send what is held back and wait until every event is delivered or dropped."""
        for line in self._lines.values():
            self._release(line)
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def _spawn(self, job: Callable[[], Coroutine[Any, Any, Delivery | None]]) -> Task | None:
        """Run a job in the background; without a session it waits for one."""
        if self._session is None:
            self._waiting.append(job)
            return None
        task = asyncio.get_running_loop().create_task(job())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # --- webhooks ---------------------------------------------------------------------------

    def _line(self, webhook_id: str) -> Line:
        """Return what is remembered of a webhook."""
        return self._lines.setdefault(webhook_id, Line())

    def forget(self, webhook_id: str) -> None:
        """Forget a webhook that was deleted."""
        self._lines.pop(webhook_id, None)

    def restart(self, webhook_id: str) -> None:
        """Let every subscription of a webhook have its FIRST_DELIVERY again."""
        self._line(webhook_id).started.clear()

    def misbehaviour(self, webhook_id: str) -> Misbehaviour:
        """Return what is wrong with a webhook."""
        return self._line(webhook_id).wrong

    def misbehave(self, webhook_id: str, wrong: Misbehaviour) -> None:
        """Let a webhook misbehave from its next event on."""
        line = self._line(webhook_id)
        line.wrong, line.left = wrong, wrong.count
        if wrong.reorder < 2:
            self._release(line)

    def uuid(self) -> str:
        """Return an id."""
        return self._cloud.uuid(self._rng)

    def new_token(self) -> str:
        """Return a new management token."""
        return f"{self._rng.getrandbits(256):064x}"

    # --- VERIFY (reference 9.3) ---------------------------------------------------------------

    def verify_soon(self, webhook_id: str) -> None:
        """Verify a webhook in the background."""

        async def job() -> None:
            # It may have been deleted while this waited for an application.
            if webhook_id in self._cloud.webhooks:
                await self.verify(webhook_id)

        self._spawn(job)

    async def verify(self, webhook_id: str) -> bool:
        """Send a VERIFY; return whether the webhook is verified by the answer."""
        cloud = self._cloud
        webhook = cloud.webhooks[webhook_id]
        challenge = f"{self._rng.getrandbits(160):040x}"
        event_id = self.uuid()
        form = self._line(webhook_id).wrong.verify_form
        wall = cloud.clock.wall()
        body = verify_body(form, event_id, webhook_id, challenge, wall)
        unsent = Delivery(webhook_id, event_id, self.uuid(), VERIFY, None, 1, wall)
        delivery = await self._post(webhook.callback_uri, compact(body), None, unsent)
        current = cloud.webhooks.get(webhook_id)
        if delivery.status != 200 or current is None:
            return False
        try:
            answer: Json = json.loads(delivery.body)
        except ValueError:
            return False
        given = as_text(as_object(answer).get("challenge")) or ""
        expected = sign(cloud.application_management_token, challenge.encode())
        if not hmac.compare_digest(given.encode(), expected.encode()):
            return False
        if current.callback_uri != webhook.callback_uri:
            return False
        if cloud.verify_needs_subscription and not any(
            one.webhook_id == webhook_id for one in cloud.visible_subscriptions()
        ):
            return False
        cloud.webhooks[webhook_id] = replace(current, is_verified=True)
        self.notice()
        return True

    # --- events -------------------------------------------------------------------------------

    def _ready(self, vehicle_id: str | None = None) -> Iterator[Target]:
        """Iterate over the webhooks that get events, once for each car that is subscribed."""
        cloud = self._cloud
        for subscription in tuple(cloud.visible_subscriptions()):
            webhook = cloud.webhooks[subscription.webhook_id]
            if vehicle_id not in (None, subscription.vehicle_id):
                continue
            if not (webhook.is_verified and webhook.is_enabled):
                continue
            for connection in cloud.connections_of(
                user_id=subscription.user_id, vehicle_id=subscription.vehicle_id
            ):
                if (grant := connection.grant(cloud.clock.now())) is not None:
                    yield Target(webhook, subscription, grant)

    def notice(self) -> None:
        """Send the FIRST_DELIVERY of each subscription that is new to a webhook."""
        for target in self._ready():
            started = self._line(target.webhook.id).started
            if target.subscription.id not in started:
                started.add(target.subscription.id)
                # Strongly indicated: it is the subscription that fills the store (reference 4.4).
                self._cloud.set_store_empty(target.subscription.vehicle_id, False)
                self._state(target, (FIRST_DELIVERY,))

    def on_report(self, report: CarReport) -> None:
        """Send what a car reported, if one of the triggers changed."""
        old = [
            target
            for target in self._ready(report.car.id)
            if target.subscription.id in self._line(target.webhook.id).started
        ]
        self.notice()
        for target in old:
            triggers = [code for code in sorted(report.changed) if target.is_triggered_by(code)]
            if triggers:
                self._state(target, triggers)

    async def deliver(self, vehicle_id: str | None, triggers: Iterable[str]) -> list[Delivery]:
        """Send a VEHICLE_STATE although nothing changed; return how each one ended."""
        codes = tuple(triggers)
        tasks = [
            task
            for target in self._ready(vehicle_id)
            if (task := self._state(target, codes or target.webhook.triggers[:1])) is not None
        ]
        return [delivery for delivery in await asyncio.gather(*tasks) if delivery is not None]

    def _state(self, target: Target, triggers: Iterable[str]) -> Task | None:
        """Send the state of a car."""
        cloud, webhook, subscription = self._cloud, target.webhook, target.subscription
        car = cloud.cars[subscription.vehicle_id]
        signals = state_signals(
            cloud.granted_store(car, target.grant),
            webhook.data,
            target.grant.permissions,
            cloud.absent_signals(car.id),
        )
        event_id = self.uuid()
        wrong = self._take(webhook.id)
        body = state_body(
            event_id,
            car,
            {
                "id": subscription.user_id,
                "externalId": cloud.owners[subscription.user_id].external_id,
            },
            signals=signals,
            triggers=triggers,
            wrong=wrong,
        )
        return self._send(webhook, body, wrong, car=car, signal_count=len(signals))

    def send_error(self, error: VehicleError, state: str) -> None:
        """Send an error of a car to every webhook that it is subscribed to."""
        car = self._cloud.cars[error.vehicle_id]
        for target in self._ready(car.id):
            event_id = self.uuid()
            wrong = self._take(target.webhook.id)
            body = error_body(event_id, car, target.subscription.user_id, (error,), state)
            self._send(target.webhook, body, wrong, car=car)

    def _take(self, webhook_id: str) -> Misbehaviour:
        """Return what goes wrong with the next event of a webhook."""
        line = self._line(webhook_id)
        wrong = line.wrong
        if line.left is not None:
            line.left -= 1
            if line.left <= 0:
                line.wrong, line.left = Misbehaviour(), None
        return wrong

    def _send(
        self,
        webhook: Webhook,
        body: JsonObject,
        wrong: Misbehaviour,
        *,
        car: Car,
        signal_count: int | None = None,
    ) -> Task | None:
        """Put an event on its way; None when it is held back or lost."""
        if wrong.silent:
            return None
        line = self._line(webhook.id)
        line.sequence += 1
        if wrong.unknown_event:
            body = {**body, "eventType": UNKNOWN_EVENT}
        if wrong.test_mode:
            body = as_test(body, self.uuid(), self.uuid())
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
            line.held.append(event)
            if len(line.held) >= wrong.reorder:
                self._release(line)
            return None
        return self._spawn(partial(self._run, event))

    def _release(self, line: Line) -> None:
        """Send what is held back, newest first."""
        held, line.held = line.held, []
        for event in reversed(held):
            self._spawn(partial(self._run, event))

    # --- attempts -----------------------------------------------------------------------------

    async def _run(self, event: Event) -> Delivery | None:
        """Deliver an event in up to four attempts; return the last one."""
        delivery = await self._first_attempts(event)
        for number, delay in enumerate(RETRY_DELAYS[1:], start=2):
            if delivery is None or delivery.succeeded:
                break
            await asyncio.sleep(delay * self._cloud.retry_scale)
            delivery = await self._attempt(event, number) or delivery
        return delivery

    async def _first_attempts(self, event: Event) -> Delivery | None:
        """Deliver an event for the first time, and its duplicates."""
        copies = range(1 + event.wrong.duplicates)
        if event.wrong.concurrent:
            results = await asyncio.gather(*(self._attempt(event, 1) for _ in copies))
        else:
            async with self._line(event.webhook_id).lock:
                results = [await self._attempt(event, 1) for _ in copies]
        sent = [delivery for delivery in results if delivery is not None]
        return next((one for one in sent if one.succeeded), sent[-1] if sent else None)

    async def _attempt(self, event: Event, number: int) -> Delivery | None:
        """Deliver an event once; None when its webhook takes no more events."""
        cloud = self._cloud
        webhook = cloud.webhooks.get(event.webhook_id)
        if webhook is None or not (webhook.is_enabled and webhook.is_verified):
            return None
        url = webhook.callback_uri
        if "errors" in as_object(event.body["data"]) and webhook.error_callback_uri is not None:
            url = webhook.error_callback_uri
        wall = cloud.clock.wall()
        delivery = Delivery(
            webhook_id=webhook.id,
            event_id=event.id,
            delivery_id=self.uuid(),
            type=event.type,
            vehicle_id=event.vehicle_id,
            attempt=number,
            at=wall,
        )
        meta: dict[str, Json] = {
            "version": VERSION,
            "deliveryId": delivery.delivery_id,
            "deliveredAt": round((wall + event.wrong.delivered_at_offset) * 1000),
            "webhookId": webhook.id,
            "webhookName": webhook.name,
            "mode": event.mode.upper(),
            "sequence": event.sequence,
        }
        if event.wrong.delivered_at_missing:
            del meta["deliveredAt"]
        if event.signal_count is not None:
            meta["signalCount"] = event.signal_count
        body = {**event.body, "meta": meta}
        raw, signature = write(body, cloud.application_management_token, event.wrong)
        return await self._post(url, raw, signature, delivery)

    async def _post(
        self, url: str, raw: bytes, signature: str | None, unsent: Delivery
    ) -> Delivery:
        """Send bytes and record the answer."""
        if self._session is None:
            raise RuntimeError("webhooks are sent while an application serves the cloud")
        headers = {"Content-Type": "application/json", "User-Agent": USER_AGENT}
        if signature is not None:
            headers["SC-Signature"] = signature
        timeout = ClientTimeout(total=self._cloud.answer_timeout)
        try:
            async with self._session.post(
                url, data=raw, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                text = (await response.read()).decode(errors="replace")
                delivery = replace(unsent, status=response.status, body=text[:KEPT_ANSWER])
        except (ClientError, TimeoutError) as error:
            delivery = replace(unsent, error=type(error).__name__)
        deliveries = self._cloud.deliveries
        deliveries.append(delivery)
        del deliveries[:-KEPT_DELIVERIES]
        return delivery
