"""Push: the Home Assistant side. Registration, the URL, subscriptions, and what arrives.

The URL is public and no secret: whoever knows it may send anything. Only what is signed changes
anything; what is not has a counter of its own, and the answers tell nothing.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
import hashlib
from http import HTTPStatus
import ipaddress
import logging
import secrets
from typing import Final

from aiohttp import ClientConnectorCertificateError, ClientConnectorSSLError, ClientError
from aiohttp.hdrs import METH_POST
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import Request, RequestPayloadError, Response, json_response
from homeassistant.components import cloud, webhook
from homeassistant.const import CONF_WEBHOOK_ID, EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import (
    CALLBACK_TYPE,
    Event as HomeAssistantEvent,
    HassJob,
    HomeAssistant,
    callback,
)
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.helpers.network import NoURLAvailableError
from homeassistant.util import dt as dt_util
from yarl import URL

from .api import (
    ApiError,
    Event,
    EventType,
    InvalidResponseError,
    NotFoundError,
    SmartcarClient,
    SmartcarError,
    VehicleError,
    Webhook,
    answer_challenge,
    is_signed,
    parse_event,
)
from .const import (
    CONF_APPLICATION_MANAGEMENT_TOKEN,
    CONF_EXCLUDED_VEHICLES,
    CONF_PREVIOUS_MANAGEMENT_TOKEN,
    DOMAIN,
)
from .coordinator import AccountCoordinator, SmartcarConfigEntry, VehicleCoordinator, client_of
from .repairs import (
    PushIssue,
    PushIssues,
    async_clear_vehicle_errors,
    async_raise_vehicle_error,
    async_resolve_vehicle_error,
)
from .store import AccountStore

_LOGGER = logging.getLogger(__name__)

SIGNATURE_HEADER: Final = "SC-Signature"
# The vendor's own limit is 50 KB, and it waits for 15 s.
_MAX_BODY: Final = 64 * 1024
_READ_TIMEOUT: Final = 5
# An event is delivered four times within three minutes at the most.
_REMEMBER_EVENTS: Final = timedelta(hours=1)
_MAX_EVENTS: Final = 20_000
_MAX_EVENT_ID: Final = 64
_TOO_OLD: Final = timedelta(hours=1)
_TOO_FAR_AHEAD: Final = timedelta(minutes=5)

_RECONCILE_AGAIN: Final = timedelta(hours=1)
_FIRST_RETRY: Final = 60
_LAST_RETRY: Final = 3600
_SILENT_AFTER: Final = timedelta(hours=6)
# As long as the cloud waits.
_TEST_TIMEOUT: Final = 15
# What the domain names of home networks end with; the internet knows none of them.
_PRIVATE_NAMES: Final = (
    ".fritz.box",
    ".home",
    ".home.arpa",
    ".internal",
    ".intranet",
    ".lan",
    ".local",
    ".localdomain",
    ".localhost",
)
# So many deliveries in a row that are not signed, or have a wrong time, are worth a repair.
_REJECTS_TO_REPORT: Final = (3, 10, 100, 1_000, 10_000)
_WRONG_TIMES_TO_REPORT: Final = 3


class NoPublicUrlError(Exception):
    """There is no address under which the internet can reach this Home Assistant by HTTPS."""


async def async_get_push_url(hass: HomeAssistant, webhook_id: str) -> str:
    """Return the public URL of a webhook: a cloudhook if there can be one, else the external URL.

    Raises NoPublicUrlError if there is none, if it is not HTTPS, or if its host is a private one.
    """
    if cloud.async_active_subscription(hass):
        try:
            return await cloud.async_get_or_create_cloudhook(hass, webhook_id)
        # The cloud's client also raises errors of its own, which only it can name.
        except Exception as error:
            raise NoPublicUrlError from error
    try:
        url = webhook.async_generate_url(hass, webhook_id, allow_internal=False)
    except NoURLAvailableError as error:
        raise NoPublicUrlError from error
    if not _is_public(URL(url)):
        raise NoPublicUrlError
    return url


def _is_public(url: URL) -> bool:
    if url.scheme != "https" or url.host is None:
        return False
    try:
        return ipaddress.ip_address(url.host).is_global
    except ValueError:
        host = url.host.lower().rstrip(".")
        return "." in host and not host.endswith(_PRIVATE_NAMES)


class UrlTest(StrEnum):
    """What came of a test of the own public URL; each is a step of the config flow."""

    WORKS = "push_test_works"
    BAD_CERTIFICATE = "push_test_bad_certificate"
    UNREACHABLE = "push_test_unreachable"
    WRONG_STATUS = "push_test_wrong_status"
    WRONG_ANSWER = "push_test_wrong_answer"


async def async_test_push_url(
    hass: HomeAssistant, url: str, token: str
) -> tuple[UrlTest, int | None]:
    """Send VERIFY to the own URL as the cloud does; return what came of it, and the status."""
    challenge = secrets.token_hex(16)
    event = {"eventType": EventType.VERIFY, "data": {"challenge": challenge}}
    session = async_get_clientsession(hass)
    try:
        async with (
            asyncio.timeout(_TEST_TIMEOUT),
            session.post(url, json=event, allow_redirects=False) as response,
        ):
            if response.status != HTTPStatus.OK:
                return UrlTest.WRONG_STATUS, response.status
            answer = await response.json(content_type=None)
    except ClientConnectorCertificateError, ClientConnectorSSLError:
        return UrlTest.BAD_CERTIFICATE, None
    except ClientError, TimeoutError:
        return UrlTest.UNREACHABLE, None
    except ValueError:
        return UrlTest.WRONG_ANSWER, HTTPStatus.OK
    if answer != answer_challenge(challenge, token):
        return UrlTest.WRONG_ANSWER, HTTPStatus.OK
    return UrlTest.WORKS, HTTPStatus.OK


async def async_delete_push_url(hass: HomeAssistant, webhook_id: str) -> None:
    """Delete the cloudhook, if there is one."""
    try:
        await cloud.async_delete_cloudhook(hass, webhook_id)
    except cloud.CloudNotAvailable, ValueError, KeyError:
        _LOGGER.debug("There is no cloudhook to delete")


class PushManager:
    """Receives one application's pushes, and keeps its cars subscribed to them."""

    def __init__(self, account: AccountCoordinator) -> None:
        """Nothing is registered yet."""
        self.hass = account.hass
        self.account = account
        self.entry: SmartcarConfigEntry = account.config_entry
        self.issues = PushIssues(account.hass, account.config_entry)
        self._lock = asyncio.Lock()
        self._is_reconcile_due = False
        self._retry_after = _FIRST_RETRY
        self._cancel_retry: CALLBACK_TYPE | None = None
        self._wrong_times = 0
        self._verified_at: datetime | None = None
        self._started_at = dt_util.utcnow()

    @property
    def is_on(self) -> bool:
        """Whether the user has set up push."""
        return bool(self._tokens)

    @callback
    def async_start(self) -> None:
        """Register the webhook, and see in the background that the cars are subscribed."""
        self.entry.async_on_unload(
            self.account.async_add_vehicle_listener(self._async_vehicle_added)
        )
        if not self.is_on:
            self._async_end()
            return
        webhook_id = self.entry.data[CONF_WEBHOOK_ID]
        webhook.async_register(
            self.hass,
            DOMAIN,
            self.entry.title,
            webhook_id,
            self.async_handle,
            allowed_methods=[METH_POST],
        )
        on_unload = self.entry.async_on_unload
        on_unload(lambda: webhook.async_unregister(self.hass, webhook_id))
        on_unload(self._async_cancel_retry)
        on_unload(cloud.async_listen_connection_change(self.hass, self._async_cloud_changed))
        on_unload(
            cloud.async_listen_cloudhook_change(
                self.hass, webhook_id, lambda _: self._async_reconcile_soon()
            )
        )
        on_unload(self.hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, self._async_config_changed))
        on_unload(
            async_track_time_interval(
                self.hass, self._async_look_again, _RECONCILE_AGAIN, cancel_on_shutdown=True
            )
        )
        self._async_reconcile_soon()

    # What arrives

    async def async_handle(
        self, hass: HomeAssistant, webhook_id: str, request: Request
    ) -> Response:
        """Answer one request. Never raises: Home Assistant would answer 200 and hide it."""
        try:
            return await self._async_answer(request)
        except Exception as error:  # noqa: BLE001
            # What is in the body, and so in the error's text, is nothing for a log.
            _LOGGER.error("A delivery could not be handled: %s", type(error).__name__)  # noqa: TRY400
            self.account.push_log.counts["failed"] += 1
            return Response(status=HTTPStatus.INTERNAL_SERVER_ERROR)

    async def _async_answer(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(_READ_TIMEOUT):
                body = await _read(request)
        except TimeoutError:
            return self._reject(HTTPStatus.REQUEST_TIMEOUT)
        except (ClientError, HttpProcessingError, OSError, RequestPayloadError) as error:
            _LOGGER.debug("A delivery broke off: %s", type(error).__name__)
            return self._reject(HTTPStatus.BAD_REQUEST)
        if body is None:
            return self._reject(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        signatures = request.headers.getall(SIGNATURE_HEADER, [])
        if not signatures:
            return self._answer_verify(body)
        if len(signatures) > 1 or not is_signed(body, signatures[0], self._tokens):
            return self._reject(HTTPStatus.UNAUTHORIZED)
        try:
            event = parse_event(body)
        except InvalidResponseError as error:
            _LOGGER.debug("A signed delivery could not be read: %s", error)
            return self._acknowledge("malformed")
        if event.type is EventType.VERIFY:
            return self._answer_challenge(event)
        event_id = event.id or ""
        if not 0 < len(event_id) <= _MAX_EVENT_ID:
            event_id = hashlib.sha256(event_id.encode() or body).hexdigest()
        log, now = self.account.push_log, dt_util.utcnow()
        if self._was_seen(event_id, now):
            return self._acknowledge("duplicate", HTTPStatus.OK)
        if self._is_timely(event, now):
            # Only now: a replay must not heal anything.
            log.rejected_in_a_row = 0
            self.issues.clear(PushIssue.REJECTED)
            if len(self._tokens) > 1 and is_signed(body, signatures[0], self._tokens[:1]):
                self._end_rotation()
            answer = self._receive(event)
        else:
            answer = self._acknowledge("wrong_time")
        # What failed on the way here may come again.
        log.seen[event_id] = now
        return answer

    def _is_timely(self, event: Event, now: datetime) -> bool:
        """Tell whether the delivery was signed just now; a missing time is a right one."""
        if event.delivered_at is None or (
            now - _TOO_OLD <= event.delivered_at <= now + _TOO_FAR_AHEAD
        ):
            self._wrong_times = 0
            self.issues.clear(PushIssue.CLOCK)
            return True
        self._wrong_times += 1
        if self._wrong_times >= _WRONG_TIMES_TO_REPORT:
            self.issues.raise_issue(PushIssue.CLOCK)
        return False

    def _receive(self, event: Event) -> Response:
        """Take in a delivery that is signed and new."""
        if event.is_test:
            return self._acknowledge("test")
        log = self.account.push_log
        log.last_delivery = dt_util.utcnow()
        self.issues.clear(PushIssue.WAITING)
        vehicle = self.account.vehicles.get(event.vehicle_id or "")
        if event.type is None or vehicle is None:
            return self._acknowledge("unknown_event" if event.type is None else "unknown_vehicle")
        if event.malformed:
            log.counts["malformed_part"] += event.malformed
        if event.type is EventType.VEHICLE_ERROR:
            self._apply_errors(vehicle, event.errors)
        else:
            vehicle.async_push(event.signals)
            self._look_for_silence()
        return self._acknowledge("applied", HTTPStatus.OK)

    def _end_rotation(self) -> None:
        """Forget the token before: the cloud uses the new one."""
        data = dict(self.entry.data)
        del data[CONF_PREVIOUS_MANAGEMENT_TOKEN]
        self.hass.config_entries.async_update_entry(self.entry, data=data)

    def _was_seen(self, event_id: str, now: datetime) -> bool:
        """Tell whether the event was delivered before; forget what is too old to come again."""
        seen = self.account.push_log.seen
        # The oldest come first, since they were put in one after another. What lies ahead was
        # put in when our own clock was wrong.
        while seen and (
            len(seen) >= _MAX_EVENTS or abs(now - next(iter(seen.values()))) > _REMEMBER_EVENTS
        ):
            del seen[next(iter(seen))]
        return event_id in seen

    def _answer_verify(self, body: bytes) -> Response:
        """Answer VERIFY, the only event that is not signed; reject everything else."""
        try:
            event = parse_event(body)
        except InvalidResponseError:
            return self._reject(HTTPStatus.UNAUTHORIZED)
        if event.type is not EventType.VERIFY:
            return self._reject(HTTPStatus.UNAUTHORIZED)
        return self._answer_challenge(event)

    def _answer_challenge(self, event: Event) -> Response:
        answer = answer_challenge(event.challenge or "", self._tokens[0])
        if answer is None:
            return self._reject(HTTPStatus.UNAUTHORIZED)
        self._reconcile_after_verify()
        return json_response(dict(answer))

    def _reconcile_after_verify(self) -> None:
        """Look at the dashboard's webhook: VERIFY comes when it was made, or changed.

        Anybody can send VERIFY, so this happens only while the first delivery is awaited, and at
        most once in ten minutes.
        """
        now = dt_util.utcnow()
        if self.account.push_log.last_delivery is not None:
            return
        if self._verified_at is None or now - self._verified_at > timedelta(minutes=10):
            self._verified_at = now
            self._async_reconcile_soon()

    def _acknowledge(self, kind: str, status: HTTPStatus = HTTPStatus.ACCEPTED) -> Response:
        self.account.push_log.counts[kind] += 1
        self.account.schedule_save()
        return Response(status=status)

    def _reject(self, status: HTTPStatus) -> Response:
        """Count what is not signed; it changes nothing else, and learns nothing."""
        log = self.account.push_log
        log.rejected += 1
        log.rejected_in_a_row += 1
        if log.rejected_in_a_row in _REJECTS_TO_REPORT:
            self.issues.raise_issue(PushIssue.REJECTED, count=str(log.rejected_in_a_row))
        return Response(status=status)

    def _apply_errors(self, vehicle: VehicleCoordinator, errors: Iterable[VehicleError]) -> None:
        """Take note of what is wrong with a car, and of what no longer is."""
        reported = vehicle.data.reported_errors
        for error in map(_without_noise, errors):
            if error is None:
                continue
            before = reported.pop(error.key, None)
            known = before.codes if before else frozenset[str]()
            if not error.is_resolved:
                # What else has failed in the same way has not been resolved by this.
                codes = None if known is None or error.codes is None else known | error.codes
                reported[error.key] = replace(error, codes=codes)
            elif before and known and error.codes and (left := known - error.codes):
                reported[error.key] = replace(before, codes=left)
            if error.key not in reported or not self._raise_vehicle_error(
                vehicle, reported[error.key]
            ):
                async_resolve_vehicle_error(self.hass, vehicle.vehicle_id, error)

    def _raise_vehicle_error(self, vehicle: VehicleCoordinator, error: VehicleError) -> bool:
        """Raise a repair if the error concerns anything in use; tell whether it does."""
        if error.codes is not None:
            codes = error.codes & vehicle.data.codes_in_use
            if not codes:
                return False
            error = replace(error, codes=codes)
        async_raise_vehicle_error(
            self.hass, self.entry, vehicle.connection, vehicle.display_name, error
        )
        return True

    # The dashboard's side

    @callback
    def _async_vehicle_added(self, vehicle: VehicleCoordinator) -> None:
        if not self.is_on:
            # Nobody would ever tell that they are resolved.
            vehicle.data.reported_errors.clear()
            async_clear_vehicle_errors(self.hass, vehicle.vehicle_id)
            return
        for error in vehicle.data.reported_errors.values():
            self._raise_vehicle_error(vehicle, error)
        self._async_reconcile_soon()

    @callback
    def _async_end(self) -> None:
        """Unsubscribe the cars if push was on before."""
        self.issues.clear()
        log = self.account.push_log
        if (webhook_id := log.webhook_id) is None:
            return

        async def end() -> None:
            await _async_unsubscribe(self.account.client, webhook_id)
            log.webhook_id = log.last_delivery = None
            self.account.schedule_save()

        self.entry.async_create_background_task(self.hass, end(), "smartcar push ends")

    async def _async_cloud_changed(self, state: cloud.CloudConnectionState) -> None:
        self._async_reconcile_soon()

    async def _async_config_changed(self, _: HomeAssistantEvent) -> None:
        self._async_reconcile_soon()

    async def _async_look_again(self, _: datetime) -> None:
        self._look_for_silence()
        self._async_reconcile_soon()

    @callback
    def _async_reconcile_soon(self) -> None:
        """Look after the webhook; what asks for it at the same time shares one look."""
        # It can be off already, with the entry about to be reloaded.
        if self.is_on and not self._is_reconcile_due:
            self._is_reconcile_due = True
            self.entry.async_create_background_task(
                self.hass, self._async_reconcile_safely(), "smartcar push", eager_start=False
            )

    async def _async_reconcile_safely(self) -> None:
        """See that the dashboard's webhook is as it must be, and the cars are subscribed to it.

        Never fails: what is missing becomes a repair, what went wrong is tried again later.
        """
        async with self._lock:
            self._is_reconcile_due = False
            self._async_cancel_retry()
            try:
                is_complete = await self._async_reconcile()
            except SmartcarError as error:
                _LOGGER.debug("Could not look after the webhook: %s", error)
                is_complete = False
            if is_complete:
                self._retry_after = _FIRST_RETRY
                return
            self._cancel_retry = async_call_later(
                self.hass,
                self._retry_after,
                HassJob(self._async_retry, cancel_on_shutdown=True),
            )
            self._retry_after = min(2 * self._retry_after, _LAST_RETRY)

    async def _async_reconcile(self) -> bool:
        setup_issues = (
            PushIssue.NO_URL,
            PushIssue.NOT_CREATED,
            PushIssue.URL_DIFFERS,
            PushIssue.NOT_ENABLED,
            PushIssue.NOT_SUBSCRIBED,
            PushIssue.WAITING,
        )
        try:
            url = await async_get_push_url(self.hass, self.entry.data[CONF_WEBHOOK_ID])
        except NoPublicUrlError:
            # A cloud that is about to connect says so later.
            if not cloud.async_active_subscription(self.hass):
                self.issues.replace(setup_issues, PushIssue.NO_URL)
            return False
        self.issues.url = url
        client, log = self.account.client, self.account.push_log
        webhooks = await client.get_webhooks()
        ours, problem = _find(webhooks, url, self.entry.data[CONF_WEBHOOK_ID], log.webhook_id)
        if ours is None:
            # It may stand in the part of the list that did not come.
            if webhooks.complete:
                self.issues.replace(setup_issues, problem)
            return False
        log.webhook_id = ours.id
        self.account.schedule_save()
        excluded = self.entry.options.get(CONF_EXCLUDED_VEHICLES, ())
        subscribed = set()
        for subscription in await client.get_subscriptions(webhook_id=ours.id):
            if subscription.vehicle_id in excluded:
                await client.delete_subscription(subscription.id)
            else:
                subscribed.add(subscription.vehicle_id)
        missing = [
            vehicle
            for vehicle in self.account.vehicles.values()
            if vehicle.vehicle_id not in subscribed and not vehicle.is_gone
        ]
        failed = [vehicle for vehicle in missing if not await self._async_subscribe(ours, vehicle)]
        if ours.is_enabled is False:
            problem = PushIssue.NOT_ENABLED
        elif failed:
            problem = PushIssue.NOT_SUBSCRIBED
        elif self.account.push_log.last_delivery is None:
            problem = PushIssue.WAITING
        self.issues.replace(
            setup_issues,
            problem,
            vehicles=", ".join(vehicle.display_name for vehicle in failed),
        )
        return problem is None

    async def _async_subscribe(self, ours: Webhook, vehicle: VehicleCoordinator) -> bool:
        connection = vehicle.connection
        try:
            await self.account.client.create_subscription(
                ours.id, connection.user_id, connection.vehicle_id
            )
        except SmartcarError as error:
            if isinstance(error, ApiError) and error.status == HTTPStatus.CONFLICT:
                # It is subscribed already, whatever the error is called.
                return True
            _LOGGER.debug("Could not subscribe %s: %s", vehicle.name, error)
            return False
        return True

    def _look_for_silence(self) -> None:
        """Tell the user of cars that have reported, as polls show, and pushed nothing."""
        if self.account.push_log.last_delivery is None:
            # The first one is still awaited, which has a repair of its own.
            return
        since = [
            last
            for vehicle in self.account.vehicles.values()
            if (reported := vehicle.data.data_from_car) is not None
            and reported - (last := vehicle.data.last_push or self._started_at) > _SILENT_AFTER
        ]
        if since:
            hours = round((dt_util.utcnow() - min(since)) / timedelta(hours=1))
            self.issues.raise_issue(PushIssue.SILENT, hours=str(hours))
        else:
            self.issues.clear(PushIssue.SILENT)

    @property
    def _tokens(self) -> tuple[str, ...]:
        """The tokens that are good: the newest first, and the one before it during a rotation."""
        data = self.entry.data
        tokens = (
            data.get(CONF_APPLICATION_MANAGEMENT_TOKEN),
            data.get(CONF_PREVIOUS_MANAGEMENT_TOKEN),
        )
        return tuple(token for token in tokens if token)

    @callback
    def _async_retry(self, _: datetime) -> None:
        self._cancel_retry = None
        self._async_reconcile_soon()

    @callback
    def _async_cancel_retry(self) -> None:
        if self._cancel_retry is not None:
            self._cancel_retry()
            self._cancel_retry = None


def _without_noise(error: VehicleError) -> VehicleError | None:
    """Return the error without signals that say nothing of the car; None if nothing is left.

    Accounts without a role or a list of permissions are reported again and again.
    """
    if error.codes is None:
        return error
    codes = frozenset(code for code in error.codes if not code.startswith("vehicleuseraccount-"))
    return replace(error, codes=codes) if codes else None


def _find(
    webhooks: Iterable[Webhook], url: str, webhook_id: str, known_id: str | None
) -> tuple[Webhook | None, PushIssue | None]:
    """Return the dashboard's webhook that leads here, or what is wrong.

    One that is switched on is better than one that is not. That which led here before can be
    told by its id at Smartcar, and by our own id in its address unless that is the cloud's.
    """
    ours = None
    problem = PushIssue.NOT_CREATED
    for candidate in webhooks:
        target = candidate.callback_uri or ""
        # To the letter: with a slash more, Home Assistant would not know it.
        if target == url:
            if ours is None or ours.is_enabled is False:
                ours = candidate
        elif webhook_id in target or candidate.id == known_id:
            problem = PushIssue.URL_DIFFERS
    return (None, problem) if ours is None else (ours, None)


async def _read(request: Request) -> bytes | None:
    """Return the body; None if it is too long.

    The content is taken once: the request that a cloudhook brings has a fresh one at each access.
    """
    content = request.content
    body = bytearray()
    while len(body) <= _MAX_BODY:
        chunk = await content.read(_MAX_BODY + 1 - len(body))
        if not chunk:
            return bytes(body)
        body += chunk
    return None


async def async_remove_push(hass: HomeAssistant, entry: SmartcarConfigEntry) -> None:
    """Unsubscribe the cars and delete the cloudhook, when the entry is removed. Never fails."""
    webhook_id = entry.data[CONF_WEBHOOK_ID]
    stored = await AccountStore(hass, entry.entry_id).async_load()
    known_id = stored.push.webhook_id
    if known_id is not None or CONF_APPLICATION_MANAGEMENT_TOKEN in entry.data:
        client = client_of(hass, entry)
        ours = {known_id} if known_id else set[str]()
        try:
            ours |= {
                candidate.id
                for candidate in await client.get_webhooks()
                if webhook_id in (candidate.callback_uri or "")
            }
        except SmartcarError as error:
            _LOGGER.warning("Could not list the webhooks at Smartcar: %s", error)
        for webhook in sorted(ours):
            await _async_unsubscribe(client, webhook)
    await async_delete_push_url(hass, webhook_id)


async def _async_unsubscribe(client: SmartcarClient, webhook_id: str) -> None:
    """End all subscriptions to a webhook. Never fails."""
    try:
        for subscription in await client.get_subscriptions(webhook_id=webhook_id):
            with suppress(NotFoundError):
                await client.delete_subscription(subscription.id)
    except SmartcarError as error:
        _LOGGER.warning("Could not unsubscribe the cars at Smartcar: %s", error)
