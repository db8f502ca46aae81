"""When the next request of a vehicle is sent, and that there is only one at a time.

The schedule owns its timer. It knows of its coordinator only what `Scheduled` names.
"""

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
import logging
from typing import Any, Final, Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .budget import Ledger, Purpose, Reason, Refusal
from .exceptions import failed, local_time, plan_name, request_refused
from .issues import async_clear_requests_used_up, async_raise_requests_used_up
from .vehicle import Change

_LOGGER = logging.getLogger(__name__)

# Clocks jump, months end, and other vehicles spend what is for all.
_PLAN_AGAIN_AFTER: Final = timedelta(hours=1)
# How long the answer to an `update_entity` is good for the next one.
_UPDATE_ENTITY_COOLDOWN: Final = timedelta(seconds=10)


class Scheduled(Protocol):
    """What a schedule needs of the coordinator of its vehicle."""

    name: str
    hass: HomeAssistant
    last_update_success: bool
    last_exception: BaseException | None

    @property
    def entry(self) -> ConfigEntry:
        """The vehicle's config entry."""

    @property
    def vehicle_id(self) -> str:
        """The vehicle's id at Smartcar."""

    @property
    def display_name(self) -> str:
        """What the vehicle is called to a person."""

    @property
    def is_gone(self) -> bool:
        """Whether the vehicle is no longer connected."""

    @property
    def is_shut_down(self) -> bool:
        """Whether the entry was unloaded."""

    @property
    def is_in_use(self) -> bool:
        """Whether any entity follows the vehicle; none does while its device is disabled."""

    def async_refresh(self) -> Coroutine[Any, Any, None]:
        """Request the vehicle's signals. Never raises."""

    def schedule_save(self) -> None:
        """Save soon, because the counts changed."""

    def add_changes(self, *changes: str) -> None:
        """Record what changed, for the next update of the listeners."""

    def async_update_listeners(self) -> None:
        """Let the entities write what has changed."""


class RequestSchedule:
    """Decides when a vehicle's data are requested, and sends one request at a time."""

    def __init__(self, vehicle: Scheduled, ledger: Ledger) -> None:
        """Begin without a timer."""
        self.ledger = ledger
        self.next_poll: datetime | None = None
        """When the next poll is due, if nothing happens until then."""
        self._vehicle = vehicle
        self._cancel_timer: CALLBACK_TYPE | None = None
        self._refreshing: asyncio.Task[None] | None = None
        self._counts: tuple[int, int] | None = None
        self._refused_for: Reason | None = None
        self._entities_updated_at: datetime | None = None

    @property
    def requests_left(self) -> int:
        """The number of requests left of this month's budget."""
        return self.ledger.left(dt_util.utcnow())

    @property
    def requests_this_month(self) -> int:
        """The number of requests spent in this UTC month."""
        return self.ledger.spent(dt_util.utcnow())

    @property
    def is_spent(self) -> bool:
        """Whether nothing is left of this month's budget, or the cloud refuses requests."""
        return self.ledger.refusal(Purpose.COMMAND, dt_util.utcnow()) is not None

    # Requests

    async def async_start(self, *, is_new: bool) -> None:
        """Poll at once if a poll is due, and plan the next one.

        A new vehicle, which was never heard of, is polled even if the user switched polling off.
        """
        now = dt_util.utcnow()
        is_wanted = is_new or not self._vehicle.entry.pref_disable_polling
        if is_wanted and self.ledger.due(now) <= now:
            await asyncio.wait([self._request(Purpose.POLL)])
        self.plan()
        self._vehicle.async_update_listeners()

    async def async_refresh_now(self) -> None:
        """Request the signals for the user; callers in the meantime share the answer.

        Raises HomeAssistantError, translated, if there is no answer.
        """
        vehicle = self._vehicle
        if vehicle.is_gone:
            raise failed("vehicle_gone", vehicle=vehicle.display_name)
        if self._refreshing is None:
            self.check(Purpose.REFRESH)
        await asyncio.wait([self._request(Purpose.REFRESH)])
        if not vehicle.last_update_success and not vehicle.is_shut_down:
            error = str(vehicle.last_exception)
            raise failed("refresh_failed", vehicle=vehicle.display_name, error=error)

    async def async_refresh_for_entity(self) -> None:
        """Request the signals for `update_entity`, if that is possible now.

        Updating several entities of a vehicle means one request, at once or one after the other.
        """
        now = dt_util.utcnow()
        if self._refreshing is None:
            updated_at = self._entities_updated_at
            if updated_at is not None and abs(now - updated_at) < _UPDATE_ENTITY_COOLDOWN:
                return
            if refusal := self.ledger.refusal(Purpose.REFRESH, now):
                if refusal.reason is not self._refused_for:
                    _LOGGER.info("%s", self._refused(refusal, self._vehicle.name))
                self._refused_for = refusal.reason
                return
        self._refused_for = None
        if not self._vehicle.is_gone:
            await asyncio.wait([self._request(Purpose.REFRESH)])
            self._entities_updated_at = dt_util.utcnow()

    def spend(self, purpose: Purpose) -> None:
        """Count a request that is about to be sent."""
        self.ledger.spend(purpose, dt_util.utcnow())
        self._vehicle.schedule_save()

    def check(self, purpose: Purpose) -> None:
        """Raise HomeAssistantError, translated, if the budget does not allow this request now."""
        if refusal := self.ledger.refusal(purpose, dt_util.utcnow()):
            raise self._refused(refusal, self._vehicle.display_name)

    def _request(self, purpose: Purpose) -> asyncio.Task[None]:
        """Send a request and count it, unless one is under way."""
        if self._refreshing is None:
            self.cancel()
            self.spend(purpose)
            self._refreshing = self._vehicle.entry.async_create_background_task(
                self._vehicle.hass, self._vehicle.async_refresh(), f"{self._vehicle.name} refresh"
            )
            self._refreshing.add_done_callback(self._async_request_done)
        return self._refreshing

    def _async_request_done(self, task: asyncio.Task[None]) -> None:
        self._refreshing = None
        if task.cancelled():
            self.plan()

    def _refused(self, refusal: Refusal, name: str) -> HomeAssistantError:
        return request_refused(name, refusal, self.requests_left, self.ledger.budget)

    # The timer

    @callback
    def plan_follow_up(self) -> None:
        """Plan a poll in a minute, however often this is called until then."""
        self.ledger.plan_follow_up(dt_util.utcnow())

    @callback
    def plan(self) -> None:
        """Plan the next poll anew, because something has happened."""
        self.cancel()
        vehicle = self._vehicle
        if vehicle.is_shut_down:
            # The answer to a command came after the entry was unloaded.
            return
        now = dt_util.utcnow()
        due = self._due(now)
        self._show(due, now)
        if not vehicle.is_in_use:
            return
        # Not a point in time: the timer must fire however far the clock is put back.
        wait = _PLAN_AGAIN_AFTER if due is None else min(due - now, _PLAN_AGAIN_AFTER)
        job = HassJob(self._async_wake, f"{vehicle.name} refresh", cancel_on_shutdown=True)
        self._cancel_timer = async_call_later(vehicle.hass, wait, job)

    @callback
    def plan_after_refresh(self) -> None:
        """Plan the next poll after a request.

        After refused credentials no poll is planned until something happens.
        """
        vehicle = self._vehicle
        is_refused = isinstance(vehicle.last_exception, ConfigEntryAuthFailed)
        if is_refused and not vehicle.last_update_success:
            self.cancel()
            self._show(None, dt_util.utcnow())
        else:
            self.plan()

    @callback
    def cancel(self) -> None:
        """Stop the timer."""
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None

    @callback
    def stop(self) -> None:
        """Stop: the last entity was removed, as the device was disabled or the entry unloaded."""
        self.cancel()
        async_clear_requests_used_up(self._vehicle.hass, self._vehicle.vehicle_id)

    def _due(self, now: datetime) -> datetime | None:
        """Return when the next poll is due if nothing happens before; None for never."""
        vehicle = self._vehicle
        if vehicle.is_gone or not self.ledger.budget.monthly:
            return None
        if vehicle.entry.pref_disable_polling:
            return self.ledger.follow_up_due(now)
        return self.ledger.due(now)

    @callback
    def _async_wake(self, now: datetime) -> None:
        """Poll if one is due; else plan anew."""
        self._cancel_timer = None
        if (due := self._due(now)) is not None and due <= now:
            # If a request is under way, the next one is planned when that is done.
            self._request(Purpose.POLL)
        else:
            self.plan()
            self._vehicle.async_update_listeners()

    @callback
    def _show(self, due: datetime | None, now: datetime) -> None:
        """Record what the sensors of the budget and its repair show."""
        vehicle, ledger = self._vehicle, self.ledger
        counts = (self.requests_left, self.requests_this_month)
        if counts != self._counts:
            self._counts = counts
            vehicle.add_changes(Change.REQUESTS)
        if due != self.next_poll:
            self.next_poll = due
            vehicle.add_changes(Change.NEXT_POLL)
        if (refusal := ledger.used_up(now)) and not vehicle.is_gone:
            async_raise_requests_used_up(
                vehicle.hass,
                vehicle.entry,
                vehicle.vehicle_id,
                refusal.reason,
                vehicle=vehicle.display_name,
                plan=plan_name(ledger.budget),
                until=local_time(refusal.until),
            )
        else:
            async_clear_requests_used_up(vehicle.hass, vehicle.vehicle_id)
