"""Deliveries: HTTP -> signature -> event -> vehicle.

The address is public and no secret: anyone who knows it may send anything. Only signed deliveries
change anything. Unsigned ones have a counter of their own, and the answers give nothing away.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
import hashlib
from http import HTTPStatus
import logging
from typing import Final

from aiohttp import ClientError
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import Request, RequestPayloadError, Response, json_response
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ..api import Event, EventType, InvalidResponseError, answer_challenge, is_signed, parse_event
from ..coordinator import ApplicationCoordinator
from ..issues import PushIssue, PushIssues
from .tokens import async_end_rotation, tokens_of
from .vehicle_errors import async_apply_errors

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
# So many unsigned deliveries in a row, or deliveries with a wrong time, are worth a repair.
_REJECTS_TO_REPORT: Final = (3, 10, 100, 1_000, 10_000)
_WRONG_TIMES_TO_REPORT: Final = 3


class PushReceiver:
    """Receives one application's deliveries."""

    def __init__(
        self,
        application: ApplicationCoordinator,
        issues: PushIssues,
        *,
        on_verify: Callable[[], None],
        on_state: Callable[[], None],
    ) -> None:
        """Call `on_verify` after a VERIFY, and `on_state` after a vehicle's data were applied."""
        self._application = application
        self._entry = application.config_entry
        self._log = application.context.push_log
        self._issues = issues
        self._on_verify = on_verify
        self._on_state = on_state
        self._wrong_times = 0

    async def async_handle(
        self, hass: HomeAssistant, webhook_id: str, request: Request
    ) -> Response:
        """Answer one request. Never raises: Home Assistant would answer 200 and hide the error."""
        try:
            return await self._async_answer(request)
        except Exception as error:  # noqa: BLE001
            # The error's text can hold parts of the body, which must not reach a log.
            _LOGGER.error("A delivery could not be handled: %s", type(error).__name__)  # noqa: TRY400
            self._log.counts["failed"] += 1
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
        tokens = tokens_of(self._entry)
        if len(signatures) > 1 or not is_signed(body, signatures[0], tokens):
            return self._reject(HTTPStatus.UNAUTHORIZED)
        return self._answer_signed(body, signatures[0])

    def _answer_signed(self, body: bytes, signature: str) -> Response:
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
        now = dt_util.utcnow()
        if self._was_seen(event_id, now):
            return self._acknowledge("duplicate", HTTPStatus.OK)
        if self._is_timely(event, now):
            # Not before this point: a replay must not clear anything.
            self._log.rejected_in_a_row = 0
            self._issues.clear(PushIssue.REJECTED)
            tokens = tokens_of(self._entry)
            if len(tokens) > 1 and is_signed(body, signature, tokens[:1]):
                async_end_rotation(self._application.hass, self._entry)
            answer = self._apply(event)
        else:
            answer = self._acknowledge("wrong_time")
        # Last: a delivery that failed on the way here may come again.
        self._log.seen[event_id] = now
        return answer

    def _apply(self, event: Event) -> Response:
        """Apply a delivery that is signed and new."""
        if event.is_test:
            return self._acknowledge("test")
        self._log.last_delivery = dt_util.utcnow()
        self._issues.clear(PushIssue.WAITING)
        vehicle = self._application.vehicles.get(event.vehicle_id or "")
        if event.type is None or vehicle is None:
            return self._acknowledge("unknown_event" if event.type is None else "unknown_vehicle")
        if event.malformed:
            self._log.counts["malformed_part"] += event.malformed
        if event.type is EventType.VEHICLE_ERROR:
            async_apply_errors(vehicle, event.errors, event.user_id)
        else:
            vehicle.async_push(event.signals, event.user_id)
            self._on_state()
        return self._acknowledge("applied", HTTPStatus.OK)

    def _is_timely(self, event: Event, now: datetime) -> bool:
        """Tell whether the delivery was signed just now; a missing time counts as now."""
        if event.delivered_at is None or (
            now - _TOO_OLD <= event.delivered_at <= now + _TOO_FAR_AHEAD
        ):
            self._wrong_times = 0
            self._issues.clear(PushIssue.CLOCK)
            return True
        self._wrong_times += 1
        if self._wrong_times >= _WRONG_TIMES_TO_REPORT:
            self._issues.raise_issue(PushIssue.CLOCK)
        return False

    def _was_seen(self, event_id: str, now: datetime) -> bool:
        """Tell whether the event was delivered before; forget events too old to come again."""
        seen = self._log.seen
        # The oldest come first, since events are added one after another. A time ahead comes from
        # a wrong clock of this machine.
        while seen and (
            len(seen) >= _MAX_EVENTS or abs(now - next(iter(seen.values()))) > _REMEMBER_EVENTS
        ):
            del seen[next(iter(seen))]
        return event_id in seen

    def _answer_verify(self, body: bytes) -> Response:
        """Answer VERIFY, the only event without a signature; reject everything else."""
        try:
            event = parse_event(body)
        except InvalidResponseError:
            return self._reject(HTTPStatus.UNAUTHORIZED)
        if event.type is not EventType.VERIFY:
            return self._reject(HTTPStatus.UNAUTHORIZED)
        return self._answer_challenge(event)

    def _answer_challenge(self, event: Event) -> Response:
        answer = answer_challenge(event.challenge or "", tokens_of(self._entry)[0])
        if answer is None:
            return self._reject(HTTPStatus.UNAUTHORIZED)
        self._on_verify()
        return json_response(dict(answer))

    def _acknowledge(self, kind: str, status: HTTPStatus = HTTPStatus.ACCEPTED) -> Response:
        self._log.counts[kind] += 1
        self._application.schedule_save()
        return Response(status=status)

    def _reject(self, status: HTTPStatus) -> Response:
        """Count an unsigned delivery, which changes nothing else."""
        self._log.rejected += 1
        self._log.rejected_in_a_row += 1
        if self._log.rejected_in_a_row in _REJECTS_TO_REPORT:
            self._issues.raise_issue(PushIssue.REJECTED, count=str(self._log.rejected_in_a_row))
        return Response(status=status)


async def _read(request: Request) -> bytes | None:
    """Return the body; None if it is too long.

    The content is fetched once: the request that a cloudhook brings has a fresh one at each access.
    """
    content = request.content
    body = bytearray()
    while len(body) <= _MAX_BODY:
        chunk = await content.read(_MAX_BODY + 1 - len(body))
        if not chunk:
            return bytes(body)
        body += chunk
    return None
