"""Delivers events over HTTP: sessions, attempts, answers (reference 9.1)."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
import random
from typing import Any, Final

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

from .clock import Clock, iso
from .events import VERSION
from .ids import random_uuid
from .json_types import Json, JsonObject, as_object
from .misbehavior import Misbehavior
from .settings import Settings
from .signing import write
from .webhooks import WebhookRegistry

USER_AGENT: Final = "Smartcar/4.0"
RETRY_DELAYS: Final = (0.0, 25.0, 50.0, 100.0)
"""Seconds before each attempt; after the last one the event is dropped for good."""
KEPT_DELIVERIES: Final = 1000
KEPT_ANSWER: Final = 2000


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to deliver an event, and the answer of the receiver.

    `status` is None when no answer came; `error` then says why.
    """

    webhook_id: str
    event_id: str
    delivery_id: str
    type: str
    vehicle_id: str | None
    attempt: int
    sent_at: float
    status: int | None = None
    body: str = ""
    error: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the answer ends the retries."""
        return self.status is not None and 200 <= self.status < 300

    def as_json(self) -> JsonObject:
        """Return the delivery as the control API shows it."""
        return {
            "webhook_id": self.webhook_id,
            "event_id": self.event_id,
            "delivery_id": self.delivery_id,
            "type": self.type,
            "vehicle_id": self.vehicle_id,
            "attempt": self.attempt,
            "at": iso(self.sent_at),
            "status": self.status,
            "body": self.body,
            "error": self.error,
        }


@dataclass(frozen=True, slots=True)
class Event:
    """One event on its way to one webhook; its body has no `meta` yet."""

    webhook_id: str
    id: str
    type: str
    vehicle_id: str
    body: JsonObject
    sequence: int
    signal_count: int | None
    mode: str
    wrong: Misbehavior


type Job = Callable[[], Coroutine[Any, Any, Delivery | None]]
type Task = asyncio.Task[Delivery | None]


class Sender:
    """Sends events in the background; `start` and `stop` come with the application."""

    def __init__(
        self, settings: Settings, clock: Clock, rng: random.Random, registry: WebhookRegistry
    ) -> None:
        """Start without a session: jobs wait for `start`."""
        self._settings = settings
        self._clock = clock
        self._rng = rng
        self._registry = registry
        self._session: ClientSession | None = None
        self._tasks: set[Task] = set()
        self._waiting: list[Job] = []
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.deliveries: list[Delivery] = []
        """Every attempt, the newest last."""

    def start(self) -> None:
        """Begin to send, on the running loop."""
        # A connection each: a receiver that restarts must not seem to be one that fails.
        # Certificates on loopback are nobody's.
        connector = TCPConnector(force_close=True, ssl=False)
        self._session = ClientSession(connector=connector, cookie_jar=DummyCookieJar())
        waiting, self._waiting = self._waiting, []
        for job in waiting:
            self.spawn(job)

    async def stop(self) -> None:
        """Cancel every job and close the session."""
        session, self._session = self._session, None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if session is not None:
            await session.close()

    async def join(self) -> None:
        """Wait until every job is done."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    def spawn(self, job: Job) -> Task | None:
        """Run a job in the background; without a session it waits for one."""
        if self._session is None:
            self._waiting.append(job)
            return None
        task = asyncio.get_running_loop().create_task(job())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def forget(self, webhook_id: str) -> None:
        """Forget a webhook that was deleted."""
        self._locks.pop(webhook_id, None)

    async def deliver(self, event: Event) -> Delivery | None:
        """Deliver an event in up to four attempts; return the last one."""
        delivery = await self._first_attempts(event)
        for number, delay in enumerate(RETRY_DELAYS[1:], start=2):
            if delivery is None or delivery.succeeded:
                break
            await asyncio.sleep(delay * self._settings.retry_scale)
            delivery = await self._attempt(event, number) or delivery
        return delivery

    async def _first_attempts(self, event: Event) -> Delivery | None:
        """Deliver an event for the first time, and its duplicates."""
        copies = range(1 + event.wrong.duplicates)
        if event.wrong.concurrent:
            results = await asyncio.gather(*(self._attempt(event, 1) for _ in copies))
        else:
            async with self._locks[event.webhook_id]:
                results = [await self._attempt(event, 1) for _ in copies]
        sent = [delivery for delivery in results if delivery is not None]
        return next((one for one in sent if one.succeeded), sent[-1] if sent else None)

    async def _attempt(self, event: Event, number: int) -> Delivery | None:
        """Deliver an event once; None when its webhook takes no more events."""
        webhook = self._registry.webhooks.get(event.webhook_id)
        if webhook is None or not (webhook.is_enabled and webhook.is_verified):
            return None
        url = webhook.callback_uri
        if "errors" in as_object(event.body["data"]) and webhook.error_callback_uri is not None:
            url = webhook.error_callback_uri
        wall = self._clock.wall()
        delivery = Delivery(
            webhook_id=webhook.id,
            event_id=event.id,
            delivery_id=random_uuid(self._rng),
            type=event.type,
            vehicle_id=event.vehicle_id,
            attempt=number,
            sent_at=wall,
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
        token = self._settings.application_management_token
        raw, signature = write({**event.body, "meta": meta}, token, event.wrong)
        return await self.post(url, raw, signature, delivery)

    async def post(self, url: str, raw: bytes, signature: str | None, unsent: Delivery) -> Delivery:
        """Send bytes and record the answer.

        Raises RuntimeError without a session.
        """
        if self._session is None:
            raise RuntimeError("webhooks are sent while an application serves the cloud")
        headers = {"Content-Type": "application/json", "User-Agent": USER_AGENT}
        if signature is not None:
            headers["SC-Signature"] = signature
        timeout = ClientTimeout(total=self._settings.answer_timeout)
        try:
            async with self._session.post(
                url, data=raw, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                text = (await response.read()).decode(errors="replace")
                delivery = replace(unsent, status=response.status, body=text[:KEPT_ANSWER])
        except (ClientError, TimeoutError) as error:
            delivery = replace(unsent, error=type(error).__name__)
        self.deliveries.append(delivery)
        del self.deliveries[:-KEPT_DELIVERIES]
        return delivery
