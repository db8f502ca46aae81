"""The dashboard's side of push: the webhook there, and the vehicles' subscriptions to it."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from http import HTTPStatus
import logging
from typing import Final

from homeassistant.components import cloud
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import CALLBACK_TYPE, HassJob, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from ..api import ApiError, NotFoundError, SmartcarClient, SmartcarError, Subscription, Webhook
from ..const import CONF_EXCLUDED_VEHICLES
from ..coordinator import ApplicationCoordinator, VehicleCoordinator
from ..issues import PushIssue, PushIssues
from . import url as push_url
from .tokens import tokens_of

_LOGGER = logging.getLogger(__name__)

_FIRST_RETRY: Final = 60
_LAST_RETRY: Final = 3600
_SILENT_AFTER: Final = timedelta(hours=6)
_VERIFY_COOLDOWN: Final = timedelta(minutes=10)

_SETUP_ISSUES: Final = (
    PushIssue.NO_URL,
    PushIssue.NOT_CREATED,
    PushIssue.URL_DIFFERS,
    PushIssue.NOT_ENABLED,
    PushIssue.NOT_SUBSCRIBED,
    PushIssue.WAITING,
)


class PushSubscriptions:
    """Keeps the vehicles subscribed to the dashboard's webhook, and says what is missing there."""

    def __init__(self, application: ApplicationCoordinator, issues: PushIssues) -> None:
        """Begin without a check of the dashboard."""
        self._hass = application.hass
        self._application = application
        self._entry = application.config_entry
        self._client = application.context.client
        self._log = application.context.push_log
        self._issues = issues
        self._lock = asyncio.Lock()
        self._is_check_due = False
        self._retry_after = _FIRST_RETRY
        self._cancel_retry: CALLBACK_TYPE | None = None
        self._verified_at: datetime | None = None
        self._started_at = dt_util.utcnow()

    @callback
    def async_check_soon(self) -> None:
        """Check the dashboard in the background; calls at the same time share one check."""
        # Push can be off already, with the entry about to be reloaded.
        if tokens_of(self._entry) and not self._is_check_due:
            self._is_check_due = True
            self._entry.async_create_background_task(
                self._hass, self._async_check_safely(), "smartcar push", eager_start=False
            )

    @callback
    def async_check_after_verify(self) -> None:
        """Check the dashboard: VERIFY comes when the webhook there was made, or changed.

        Anyone can send VERIFY, so this happens only until the first delivery, and at most once in
        ten minutes.
        """
        now = dt_util.utcnow()
        if self._log.last_delivery is not None:
            return
        if self._verified_at is None or now - self._verified_at > _VERIFY_COOLDOWN:
            self._verified_at = now
            self.async_check_soon()

    @callback
    def async_cancel_retry(self) -> None:
        """Cancel the next try of a check that failed."""
        if self._cancel_retry is not None:
            self._cancel_retry()
            self._cancel_retry = None

    @callback
    def async_check_silence(self) -> None:
        """Report vehicles that have new data, as polls show, and pushed none of it."""
        if self._log.last_delivery is None:
            # The first delivery has a repair of its own.
            return
        since = [
            last
            for vehicle in self._application.vehicles.values()
            if (reported_at := vehicle.data.data_from_car) is not None
            and reported_at - (last := vehicle.data.last_push or self._started_at) > _SILENT_AFTER
        ]
        if since:
            hours = round((dt_util.utcnow() - min(since)) / timedelta(hours=1))
            self._issues.raise_issue(PushIssue.SILENT, hours=str(hours))
        else:
            self._issues.clear(PushIssue.SILENT)

    async def _async_check_safely(self) -> None:
        """Check the dashboard. Never fails: an error means another try later."""
        async with self._lock:
            self._is_check_due = False
            self.async_cancel_retry()
            try:
                is_complete = await self._async_check()
            except SmartcarError as error:
                _LOGGER.debug("Could not check the webhook: %s", error)
                is_complete = False
            if is_complete:
                self._retry_after = _FIRST_RETRY
                return
            self._cancel_retry = async_call_later(
                self._hass,
                self._retry_after,
                HassJob(self._async_retry, cancel_on_shutdown=True),
            )
            self._retry_after = min(2 * self._retry_after, _LAST_RETRY)

    async def _async_check(self) -> bool:
        """Subscribe the vehicles; return whether nothing is missing."""
        try:
            url = await push_url.async_get_push_url(self._hass, self._entry.data[CONF_WEBHOOK_ID])
        except push_url.NoPublicUrlError:
            # A cloud that is about to connect says so later.
            if not cloud.async_active_subscription(self._hass):
                self._issues.replace(_SETUP_ISSUES, PushIssue.NO_URL)
            return False
        self._issues.url = url
        webhooks = await self._client.get_webhooks()
        webhook, problem = _find(
            webhooks, url, self._entry.data[CONF_WEBHOOK_ID], self._log.webhook_id
        )
        if webhook is None:
            # It may stand in the part of the list that did not arrive.
            if webhooks.complete:
                self._issues.replace(_SETUP_ISSUES, problem)
            return False
        self._log.webhook_id = webhook.id
        self._application.schedule_save()
        failed = await self._async_subscribe_all(webhook)
        if webhook.is_enabled is False:
            problem = PushIssue.NOT_ENABLED
        elif failed:
            problem = PushIssue.NOT_SUBSCRIBED
        elif self._log.last_delivery is None:
            problem = PushIssue.WAITING
        self._issues.replace(
            _SETUP_ISSUES,
            problem,
            vehicles=", ".join(vehicle.display_name for vehicle in failed),
        )
        return problem is None

    async def _async_subscribe_all(self, webhook: Webhook) -> list[VehicleCoordinator]:
        """Subscribe the vehicles, unsubscribe excluded ones; return those that failed."""
        excluded = self._entry.options.get(CONF_EXCLUDED_VEHICLES, ())
        by_vehicle: dict[str, list[Subscription]] = defaultdict(list)
        for subscription in await self._client.get_subscriptions(webhook_id=webhook.id):
            if subscription.vehicle_id in excluded:
                await self._client.delete_subscription(subscription.id)
            elif subscription.vehicle_id is not None:
                by_vehicle[subscription.vehicle_id].append(subscription)
        return [
            vehicle
            for vehicle in list(self._application.vehicles.values())
            if not vehicle.is_gone
            and not await self._async_subscribe_once(
                webhook, vehicle, by_vehicle[vehicle.vehicle_id]
            )
        ]

    async def _async_subscribe_once(
        self, webhook: Webhook, vehicle: VehicleCoordinator, subscriptions: list[Subscription]
    ) -> bool:
        """Subscribe a vehicle in the name in which it is read, and in no other; False if it failed.

        In another name the webhook would carry less, and everything twice.
        """
        reader = vehicle.connection.user_id
        names = {subscription.user_id for subscription in subscriptions}
        # An owner that is not named may be the right one.
        if names.isdisjoint({reader, None}) and not await self._async_subscribe(webhook, vehicle):
            return bool(names)
        for subscription in subscriptions:
            if subscription.user_id not in {reader, None}:
                await self._client.delete_subscription(subscription.id)
        return True

    async def _async_subscribe(self, webhook: Webhook, vehicle: VehicleCoordinator) -> bool:
        try:
            await self._client.create_subscription(webhook.id, vehicle.connection.connected_vehicle)
        except SmartcarError as error:
            if isinstance(error, ApiError) and error.status == HTTPStatus.CONFLICT:
                # It is subscribed already, whatever the error is called.
                return True
            _LOGGER.debug("Could not subscribe %s: %s", vehicle.name, error)
            return False
        return True

    @callback
    def _async_retry(self, _: datetime) -> None:
        self._cancel_retry = None
        self.async_check_soon()


async def async_unsubscribe(client: SmartcarClient, webhook_id: str) -> None:
    """End all subscriptions to a webhook. Never fails."""
    try:
        for subscription in await client.get_subscriptions(webhook_id=webhook_id):
            with suppress(NotFoundError):
                await client.delete_subscription(subscription.id)
    except SmartcarError as error:
        _LOGGER.warning("Could not unsubscribe the cars at Smartcar: %s", error)


def _find(
    webhooks: Iterable[Webhook], url: str, webhook_id: str, known_id: str | None
) -> tuple[Webhook | None, PushIssue | None]:
    """Return the dashboard's webhook that delivers to the address, or what is wrong.

    An enabled one is preferred. A webhook that delivered here before is recognized by its id at
    Smartcar, and by our webhook id in its address unless that is a cloudhook.
    """
    found = None
    problem = PushIssue.NOT_CREATED
    for candidate in webhooks:
        target = candidate.callback_uri or ""
        # To the letter: with one slash more, Home Assistant would not know it.
        if target == url:
            if found is None or found.is_enabled is False:
                found = candidate
        elif webhook_id in target or candidate.id == known_id:
            problem = PushIssue.URL_DIFFERS
    return (None, problem) if found is None else (found, None)
