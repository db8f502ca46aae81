"""The coordinators: one for an application's connections, one for each car's signals."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
import logging
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, HomeAssistantError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.event import async_call_later, async_track_time_interval
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .api import (
    ApiError,
    AuthenticationError,
    Connection,
    LimitError,
    Listing,
    NotFoundError,
    Signal,
    SignalError,
    SmartcarClient,
    SmartcarError,
)
from .api.signals import CATALOGUE, FIRMWARE_VERSION, NICKNAME, ODOMETER, VIN
from .budget import ApplicationBucket, Ledger, Purpose, Reason, Refusal
from .const import CONF_DISCONNECT_ON_REMOVAL, CONF_EXCLUDED_VEHICLES, DOMAIN
from .polling import budget_of, local_time, note_limit, plan_name, request_refused, situation
from .repairs import (
    async_clear_owner_action,
    async_clear_requests_used_up,
    async_clear_vehicle_errors,
    async_raise_owner_action,
    async_raise_requests_used_up,
    needs_owner_action,
    owner_action_in,
    vehicle_in_two_entries_issue_id,
)
from .store import AccountStore, PushLog, StoredAccount
from .vehicle import EVIDENCE, Command, VehicleState

_LOGGER = logging.getLogger(__name__)

CONNECTIONS_INTERVAL = timedelta(hours=1)
# How often it is looked whether values have grown too old.
_AVAILABILITY_INTERVAL = timedelta(minutes=30)
# Parked cars sleep for days; this is about how long the cloud itself may be silent.
UNAVAILABLE_AFTER = timedelta(hours=24)
# A car that sleeps is asked once a day, or less: one request that fails then must take nothing
# away. So far apart must two be.
_FAILING_FOR = timedelta(hours=1)
# Clocks jump, months end, and other cars spend what is for all.
_PLAN_AGAIN_AFTER = timedelta(hours=1)
# How long the answer to an `update_entity` is good for the next one.
_UPDATE_ENTITY_COOLDOWN = timedelta(seconds=10)
# The least and the most that is waited after a limit, whatever `retry-after` says.
_LEAST_RETRY = 60
_MOST_RETRY = 24 * 60 * 60

# What changes with each contact, beside what the merge tells.
LAST_CONTACT: Final = "last_contact"
LAST_PUSH: Final = "last_push"
NEXT_POLL: Final = "next_poll"
REQUESTS: Final = "requests"

_SHOWN_BY_DEVICE = frozenset({FIRMWARE_VERSION.code, NICKNAME.code, VIN.code})

type SmartcarConfigEntry = ConfigEntry[AccountCoordinator]
type VehicleListener = Callable[[VehicleCoordinator], None]


@dataclass(frozen=True, slots=True)
class Handover:
    """What the config flow already has, so that the set-up after it asks for nothing twice."""

    client: SmartcarClient
    connections: Listing[Connection]
    listed_at: datetime

    @property
    def is_fresh(self) -> bool:
        """Whether the set-up followed at once. It does not if the entry is disabled."""
        return dt_util.utcnow() - self.listed_at < timedelta(minutes=5)


HANDOVERS: HassKey[dict[str, Handover]] = HassKey(f"{DOMAIN}_handovers")


def client_of(hass: HomeAssistant, entry: SmartcarConfigEntry) -> SmartcarClient:
    """Return a new client with the entry's credentials."""
    return SmartcarClient.for_application(
        async_get_clientsession(hass), entry.data[CONF_CLIENT_ID], entry.data[CONF_CLIENT_SECRET]
    )


def update_failed(error: SmartcarError, name: str) -> UpdateFailed | ConfigEntryAuthFailed:
    """Turn what a read raised into what Home Assistant understands: the one place for reads.

    Only credentials that are refused are an authentication failure. Quotas, plans, permissions
    and the car maker's account are not.
    """
    placeholders = {"name": name, "error": _describe(error)}
    if isinstance(error, AuthenticationError):
        return ConfigEntryAuthFailed(
            translation_domain=DOMAIN,
            translation_key="credentials_refused",
            translation_placeholders=placeholders,
        )
    key = "limit_reached" if isinstance(error, LimitError) else "update_failed"
    retry_after = error.retry_after if isinstance(error, ApiError) else None
    return UpdateFailed(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
        retry_after=None
        if retry_after is None
        else min(max(retry_after, _LEAST_RETRY), _MOST_RETRY),
    )


def _describe(error: SmartcarError) -> str:
    vendor = error.suggested_user_message if isinstance(error, ApiError) else None
    return vendor or str(error)


class AccountCoordinator(DataUpdateCoordinator[dict[str, Connection]]):
    """Keeps the list of an application's connections, and a coordinator for each car in it."""

    config_entry: SmartcarConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: SmartcarConfigEntry,
        client: SmartcarClient,
        store: AccountStore,
        stored: StoredAccount,
    ) -> None:
        """Begin with what the store holds."""
        super().__init__(
            hass, _LOGGER, config_entry=entry, name="connections", update_interval=None
        )
        self.client = client
        self.vehicles: dict[str, VehicleCoordinator] = {}
        self._store = store
        self._stored = stored
        self._vehicle_listeners: list[VehicleListener] = []
        self.data = stored.connections

    async def async_start(self, handover: Handover | None) -> None:
        """List the connections unless they are known well enough, and start a car for each.

        Raises ConfigEntryNotReady or ConfigEntryAuthFailed only if there is nothing to start from.
        """
        if handover is not None and handover.is_fresh:
            self._take_in(handover.connections)
        elif self._stored.listed_at is None and not self._stored.connections:
            await self.async_config_entry_first_refresh()
        elif (wait := _time_left(self._stored.listed_at, CONNECTIONS_INTERVAL)) is not None:
            self.update_interval = wait
        elif not self.config_entry.pref_disable_polling:
            await self.async_refresh()
        if self.update_interval is None:
            self.update_interval = CONNECTIONS_INTERVAL
        await self._async_reconcile()
        # There is no entity that would keep the coordinator going.
        self.config_entry.async_on_unload(self.async_add_listener(self._reconcile_soon))
        self.config_entry.async_on_unload(
            async_track_time_interval(
                self.hass,
                self._announce_availability,
                _AVAILABILITY_INTERVAL,
                cancel_on_shutdown=True,
            )
        )

    @callback
    def async_add_vehicle_listener(self, listener: VehicleListener) -> CALLBACK_TYPE:
        """Call the listener for every car there is and every car to come."""
        self._vehicle_listeners.append(listener)
        for vehicle in self.vehicles.values():
            listener(vehicle)
        return lambda: self._vehicle_listeners.remove(listener)

    def ledger_of(self, vehicle_id: str) -> Ledger:
        """Return what a car has spent, under the budget that the user has set."""
        budget = budget_of(self.config_entry.options)
        ledger = self._stored.ledgers.setdefault(vehicle_id, Ledger(budget, self._stored.bucket))
        ledger.use(budget, dt_util.utcnow())
        return ledger

    @property
    def bucket(self) -> ApplicationBucket:
        """What all cars together may send."""
        return self._stored.bucket

    @property
    def push_log(self) -> PushLog:
        """What is remembered of the deliveries."""
        return self._stored.push

    def schedule_save(self) -> None:
        """Let the store write what has changed, soon."""
        self._store.schedule_save(lambda: self._stored)

    async def async_stop(self) -> None:
        """Write what is not written yet."""
        await self._store.async_close(self._stored)

    async def async_forget(self, vehicle_id: str) -> None:
        """Let go of a car whose device the user deleted; one that is connected stays away."""
        if vehicle_id in self.data and not self.is_gone(vehicle_id):
            # What it has spent is kept, as it may come back in the same month.
            excluded = sorted({*self._excluded, vehicle_id})
            self.hass.config_entries.async_update_entry(
                self.config_entry,
                options={**self.config_entry.options, CONF_EXCLUDED_VEHICLES: excluded},
            )
        else:
            self._stored.ledgers.pop(vehicle_id, None)
        if vehicle := self.vehicles.pop(vehicle_id, None):
            await vehicle.async_shutdown()
        self._stored.vehicles.pop(vehicle_id, None)
        self._stored.missing.pop(vehicle_id, None)
        self._stored.connections.pop(vehicle_id, None)
        async_clear_owner_action(self.hass, vehicle_id)
        async_clear_requests_used_up(self.hass, vehicle_id)
        async_clear_vehicle_errors(self.hass, vehicle_id)
        self.schedule_save()

    @override
    async def _async_update_data(self) -> dict[str, Connection]:
        now = dt_util.utcnow()
        if (free_at := self.bucket.free_at(Purpose.COMMAND, now)) > now:
            # What Smartcar asks of the application goes for lists as well.
            self.update_interval = max(free_at - now, timedelta(seconds=1))
            return self.data
        self.update_interval = CONNECTIONS_INTERVAL
        self.bucket.take(now)
        try:
            connections = await self.client.get_connections()
        except SmartcarError as error:
            note_limit(error, dt_util.utcnow(), self.bucket)
            raise update_failed(error, self.config_entry.title) from error
        self._take_in(connections)
        return self.data

    @property
    def _excluded(self) -> set[str]:
        return set(self.config_entry.options.get(CONF_EXCLUDED_VEHICLES, ()))

    def _take_in(self, listing: Listing[Connection]) -> None:
        """Note who is there. A car is gone once two complete listings, an hour apart, lack it."""
        now = dt_util.utcnow()
        # The newest comes first: with two owners' consents for one car, that one counts.
        present = {connection.vehicle_id: connection for connection in reversed(listing)}
        # What is not in an incomplete listing may be there all the same.
        self._stored.connections = self.data = {**self._stored.connections, **present}
        if listing.complete:
            self._stored.listed_at = now
            for vehicle_id in self.data:
                if vehicle_id in present:
                    self._stored.missing.pop(vehicle_id, None)
                else:
                    self._stored.missing.setdefault(vehicle_id, now)
        self.schedule_save()

    def is_gone(self, vehicle_id: str) -> bool:
        """Tell whether the car is no longer connected, as far as two listings can tell."""
        since = self._stored.missing.get(vehicle_id)
        listed_at = self._stored.listed_at
        # A minute of tolerance, since the listings are an hour apart themselves.
        tolerated = CONNECTIONS_INTERVAL - timedelta(minutes=1)
        return since is not None and listed_at is not None and listed_at - since >= tolerated

    @callback
    def _announce_availability(self, _: datetime) -> None:
        """Let values grow old also when no poll is due: after an hour-long limit, for example."""
        for vehicle in self.vehicles.values():
            vehicle.async_announce_availability()

    @callback
    def _reconcile_soon(self) -> None:
        self.config_entry.async_create_background_task(
            self.hass, self._async_reconcile(), "smartcar reconcile"
        )

    async def _async_reconcile(self) -> None:
        """Have a coordinator for each car that is there, and tell the platforms of new ones."""
        new = []
        for vehicle_id, connection in self.data.items():
            if vehicle := self.vehicles.get(vehicle_id):
                vehicle.async_set_connection(connection, is_gone=self.is_gone(vehicle_id))
            elif not self._is_for_others(connection):
                state = self._stored.vehicles.setdefault(vehicle_id, VehicleState())
                vehicle = VehicleCoordinator(self, connection, state)
                self.vehicles[vehicle_id] = vehicle
                new.append(vehicle)
        # A car that fails must not keep the others from starting, and none waits for another.
        await asyncio.gather(*(vehicle.async_start() for vehicle in new))
        for vehicle in new:
            for listener in list(self._vehicle_listeners):
                listener(vehicle)

    def _is_for_others(self, connection: Connection) -> bool:
        """Tell whether to leave a car alone: by the user's choice, or as another entry has it."""
        vehicle_id = connection.vehicle_id
        devices = dr.async_get(self.hass)
        if vehicle_id in self._excluded:
            if device := devices.async_get_device_by_identifier(
                (DOMAIN, vehicle_id), self.config_entry.entry_id
            ):
                devices.async_remove_device(device.id)
            return True
        issue_id = vehicle_in_two_entries_issue_id(self.config_entry.entry_id, vehicle_id)
        other = next(
            (
                entry
                for entry in self.hass.config_entries.async_entries(DOMAIN)
                if entry is not self.config_entry
                and devices.async_get_device_by_identifier((DOMAIN, vehicle_id), entry.entry_id)
            ),
            None,
        )
        # A car that is gone from here has moved there: that is no reason for a repair.
        if other is None or self.is_gone(vehicle_id):
            ir.async_delete_issue(self.hass, DOMAIN, issue_id)
        else:
            ir.async_create_issue(
                self.hass,
                DOMAIN,
                issue_id,
                data={"entry_id": self.config_entry.entry_id},
                is_fixable=False,
                severity=ir.IssueSeverity.WARNING,
                translation_key="vehicle_in_two_entries",
                translation_placeholders={
                    "vehicle": vehicle_name(connection),
                    "kept": other.title,
                    "skipped": self.config_entry.title,
                },
            )
        return other is not None


class VehicleCoordinator(DataUpdateCoordinator[VehicleState]):
    """Keeps one car's signals, and lets its entities know what has changed."""

    config_entry: SmartcarConfigEntry

    def __init__(
        self, account: AccountCoordinator, connection: Connection, state: VehicleState
    ) -> None:
        """Begin with what the store holds of the car."""
        super().__init__(
            account.hass,
            _LOGGER,
            config_entry=account.config_entry,
            name=vehicle_name(connection),
            update_interval=None,
        )
        self.account = account
        self.connection = connection
        self.data = state
        self.ledger = account.ledger_of(connection.vehicle_id)
        self.next_poll: datetime | None = None
        """When the car is asked next, if nothing happens until then."""
        self.command_lock = asyncio.Lock()
        self.is_gone = account.is_gone(connection.vehicle_id)
        self._was_available = self.is_available
        self._changed: frozenset[str] = frozenset()
        self._logged: set[str] = set()
        self._new_entity_listeners: list[CALLBACK_TYPE] = []
        self._refreshing: asyncio.Task[None] | None = None
        self._requests_shown: tuple[int, int] | None = None
        self._refused_for: Reason | None = None
        self._entities_updated_at: datetime | None = None

    @property
    def vehicle_id(self) -> str:
        """The id that everything about this car is keyed by."""
        return self.connection.vehicle_id

    @property
    def display_name(self) -> str:
        """What the car is called to a person. Logs and files name its model only."""
        return self.data.value(NICKNAME) or vehicle_name(self.connection)

    @property
    def requests_left(self) -> int:
        """How many requests are left of this month's budget."""
        return self.ledger.left(dt_util.utcnow())

    @property
    def requests_this_month(self) -> int:
        """How many were spent in this UTC month."""
        return self.ledger.spent(dt_util.utcnow())

    @property
    def is_available(self) -> bool:
        """Whether what is known of the car can still be called current.

        It is not if the cloud was asked in vain for a day. What nobody asks for, as polling is
        off or the requests are used up, is old, which other sensors and a repair tell.
        """
        if self.is_gone:
            return False
        contact, failing_for = self.data.last_contact, self.ledger.failing_for
        if failing_for is None or contact is None:
            return failing_for is None
        now = dt_util.utcnow()
        # Refused credentials are not tried again.
        is_refused = isinstance(self.last_exception, ConfigEntryAuthFailed)
        if now - contact < UNAVAILABLE_AFTER or not (is_refused or failing_for >= _FAILING_FOR):
            return True
        return self.ledger.used_up(now) is not None

    async def async_start(self) -> None:
        """Ask the cloud for the car's signals, if the budget says that it is time to."""
        if self.is_gone or ((device := self._device) is not None and device.disabled):
            return
        is_wanted = self.data.last_contact is None or not self.config_entry.pref_disable_polling
        now = dt_util.utcnow()
        if is_wanted and self.ledger.due(now) <= now:
            await asyncio.wait([self._ask(Purpose.POLL)])
        self._schedule_refresh()
        self.async_update_listeners()

    async def async_refresh_now(self) -> None:
        """Ask the cloud because the user wants to know; who asks meanwhile shares the answer.

        Raises HomeAssistantError, translated, if there is none.
        """
        if self.is_gone:
            raise self._error("vehicle_gone")
        if self._refreshing is None:
            self.check_budget(Purpose.REFRESH)
        await asyncio.wait([self._ask(Purpose.REFRESH)])
        if not self.last_update_success and not self._shutdown_requested:
            raise self._error("refresh_failed", error=str(self.last_exception))

    @override
    async def async_request_refresh(self) -> None:
        """Ask the cloud for `update_entity`, if that is possible now.

        Who updates several entities of the car means one refresh, at once or one after the other.
        """
        now = dt_util.utcnow()
        if self._refreshing is None:
            updated_at = self._entities_updated_at
            if updated_at is not None and abs(now - updated_at) < _UPDATE_ENTITY_COOLDOWN:
                return
            if refusal := self.ledger.refusal(Purpose.REFRESH, now):
                if refusal.reason is not self._refused_for:
                    _LOGGER.info("%s", self._refused(refusal, self.name))
                self._refused_for = refusal.reason
                return
        self._refused_for = None
        if not self.is_gone:
            await asyncio.wait([self._ask(Purpose.REFRESH)])
            self._entities_updated_at = dt_util.utcnow()

    def _ask(self, purpose: Purpose) -> asyncio.Task[None]:
        """Send a request and count it, unless one is under way."""
        if self._refreshing is None:
            self.spend(purpose)
            self._refreshing = self.config_entry.async_create_background_task(
                self.hass, self.async_refresh(), f"{self.name} refresh"
            )
            self._refreshing.add_done_callback(self._refresh_done)
        return self._refreshing

    def _refresh_done(self, _: asyncio.Task[None]) -> None:
        self._refreshing = None

    def spend(self, purpose: Purpose) -> None:
        """Count a request that is about to be sent."""
        self.ledger.spend(purpose, dt_util.utcnow())
        self.account.schedule_save()

    def check_budget(self, purpose: Purpose) -> None:
        """Raise HomeAssistantError, translated, if what the user asks for cannot be sent now."""
        if refusal := self.ledger.refusal(purpose, dt_util.utcnow()):
            raise self._refused(refusal, self.display_name)

    def _refused(self, refusal: Refusal, name: str) -> HomeAssistantError:
        return request_refused(name, refusal, self.requests_left, self.ledger.budget)

    def _error(self, key: str, **placeholders: str) -> HomeAssistantError:
        return HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders={"vehicle": self.display_name, **placeholders},
        )

    @callback
    def async_set_connection(self, connection: Connection, *, is_gone: bool) -> None:
        """Take note of a new state of the owner's consent."""
        has_new_consent = (connection.updated_at, connection.permissions) != (
            self.connection.updated_at,
            self.connection.permissions,
        )
        self.connection = connection
        if is_gone != self.is_gone:
            self.is_gone = is_gone
            self.async_announce_availability()
            self.config_entry.async_create_background_task(
                self.hass, self.async_start(), f"{self.name} is back"
            )
        if has_new_consent:
            # What the car refused before may work now.
            self.data.incapable_of.clear()
            self.async_plan(look=True)
            super().async_update_listeners()
            self._async_look_for_new_entities()

    @callback
    def async_add_new_entity_listener(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call the listener whenever there may be evidence for entities that are not there yet."""
        self._new_entity_listeners.append(listener)
        return lambda: self._new_entity_listeners.remove(listener)

    @callback
    def async_merge(self, signals: Iterable[Signal], *, pushed: bool = False) -> None:
        """Merge signals, whichever way they came, and note what that means for the budget."""
        now = dt_util.utcnow()
        odometer = self.data.value(ODOMETER)
        changed = self.data.merge(signals, now)
        has_moved = odometer is not None and self.data.value(ODOMETER) != odometer
        now_known = situation(self.data, now, has_moved=has_moved)
        if pushed:
            self.ledger.pushed(now_known, now)
        else:
            self.ledger.answered(now_known, now, news=not changed <= {EVIDENCE})
        if not changed.isdisjoint(_SHOWN_BY_DEVICE):
            self._async_update_device()
        self._log_unreadable(changed)
        self.data.last_contact = now
        self._changed |= {LAST_CONTACT, *changed}
        self.account.schedule_save()

    @callback
    def async_push(self, signals: Iterable[Signal]) -> None:
        """Merge what was pushed."""
        self.data.note_push(dt_util.utcnow())
        self._changed |= {LAST_PUSH}
        self.async_merge(signals, pushed=True)
        self._schedule_refresh()
        self.async_update_listeners()
        self.async_announce_availability()

    @callback
    def async_apply(self, changed: frozenset[str]) -> None:
        """Tell the entities of what a command changed."""
        self._changed |= changed
        self.account.schedule_save()
        self.async_update_listeners()

    @callback
    def async_retire(self, command: Command) -> None:
        """Take note that the car does not know a command: what sends it is of no use."""
        self.data.incapable_of.add(command)
        self.account.schedule_save()
        super().async_update_listeners()

    @callback
    def async_plan(self, *, look: bool) -> None:
        """Plan the next request anew; with `look` for a minute from now, however many ask."""
        if look:
            self.ledger.refresh_soon(dt_util.utcnow())
        self.account.schedule_save()
        self._schedule_refresh()
        self.async_update_listeners()

    @override
    @callback
    def _schedule_refresh(self) -> None:
        """Plan the next request: whenever the base class asks, and when the ledger learns more."""
        self._async_unsub_refresh()
        if self._shutdown_requested:
            # The answer to a command came after the entry was unloaded.
            return
        now = dt_util.utcnow()
        due = self._due(now)
        self._note_requests(due, now)
        if not self._listeners:
            return
        # Not a point in time: that would be waited for, however far the clock is put back.
        wait = _PLAN_AGAIN_AFTER if due is None else min(due - now, _PLAN_AGAIN_AFTER)
        wake = HassJob(self._async_wake, f"{self.name} refresh", cancel_on_shutdown=True)
        self._unsub_refresh = async_call_later(self.hass, wait, wake)

    @override
    @callback
    def _unschedule_refresh(self) -> None:
        """Stop: the last entity has gone, as the car was disabled or the entry unloaded."""
        super()._unschedule_refresh()
        async_clear_requests_used_up(self.hass, self.vehicle_id)

    def _due(self, now: datetime) -> datetime | None:
        """Return when to ask next, unless something happens before; None for never."""
        if self.is_gone or not self.ledger.budget.monthly:
            return None
        if self.config_entry.pref_disable_polling:
            return self.ledger.due_after_command(now)
        return self.ledger.due(now)

    @callback
    def _async_wake(self, now: datetime) -> None:
        """Ask if it is time to; else plan anew."""
        self._unsub_refresh = None
        if (due := self._due(now)) is not None and due <= now:
            # If somebody has asked already, the next one is planned when that is done.
            self._ask(Purpose.POLL)
        else:
            self._schedule_refresh()
            self.async_update_listeners()

    @callback
    def _note_requests(self, due: datetime | None, now: datetime) -> None:
        """Take note of what the sensors of the budget and its repair tell."""
        ledger = self.ledger
        shown = (self.requests_left, self.requests_this_month)
        if shown != self._requests_shown:
            self._requests_shown = shown
            self._changed |= {REQUESTS}
        if due != self.next_poll:
            self.next_poll = due
            self._changed |= {NEXT_POLL}
        if (refusal := ledger.used_up(now)) and not self.is_gone:
            async_raise_requests_used_up(
                self.hass,
                self.config_entry,
                self.vehicle_id,
                refusal.reason,
                vehicle=self.display_name,
                plan=plan_name(ledger.budget),
                until=local_time(refusal.until),
            )
        else:
            async_clear_requests_used_up(self.hass, self.vehicle_id)

    @override
    @callback
    def async_update_listeners(self) -> None:
        """Update only the entities whose signals changed; their contexts name the codes."""
        changed, self._changed = self._changed, frozenset()
        for update_callback, context in list(self._listeners.values()):
            if isinstance(context, frozenset) and context.isdisjoint(changed):
                continue
            try:
                update_callback()
            except Exception:
                # As the base class does: one entity must not cost the others their update.
                _LOGGER.exception("Unexpected error updating an entity of %s", self.name)
        if EVIDENCE in changed:
            self._async_look_for_new_entities()

    @override
    async def _async_update_data(self) -> VehicleState:
        try:
            signals = await self.account.client.get_signals(
                self.vehicle_id, self.connection.user_id
            )
        except SmartcarError as error:
            self.ledger.failed(dt_util.utcnow())
            self.note_limit(error)
            if needs_owner_action(error):
                self._async_raise_owner_action(error)
            raise update_failed(error, self.name) from error
        if lost_login := owner_action_in(signals, self.connection.updated_at):
            self._async_raise_owner_action(lost_login)
        else:
            async_clear_owner_action(self.hass, self.vehicle_id)
        self.async_merge(signals)
        return self.data

    @callback
    def note_limit(self, error: SmartcarError) -> None:
        """Obey an error, of a refresh or a command, that asks for silence."""
        note_limit(error, dt_util.utcnow(), self.account.bucket, self.ledger)
        self.account.schedule_save()

    @callback
    def _async_raise_owner_action(self, error: ApiError | SignalError) -> None:
        async_raise_owner_action(
            self.hass, self.config_entry, self.connection, self.display_name, error
        )

    @override
    @callback
    def _async_refresh_finished(self) -> None:
        self.async_announce_availability()
        if self._unsub_refresh is None:
            # Not planned: after refused credentials nothing is asked until there are others.
            self._note_requests(None, dt_util.utcnow())
        if not self.last_update_success:
            # The base class tells of the first failure only, but each was counted.
            self.async_update_listeners()

    @property
    def _device(self) -> dr.DeviceEntry | None:
        return dr.async_get(self.hass).async_get_device_by_identifier(
            (DOMAIN, self.vehicle_id), self.config_entry.entry_id
        )

    @callback
    def _async_update_device(self) -> None:
        """Give the device what has become known of it; entity ids stay as they are."""
        if (device := self._device) is not None:
            dr.async_get(self.hass).async_update_device(
                device.id,
                name=self.display_name,
                serial_number=self.data.value(VIN),
                sw_version=self.data.value(FIRMWARE_VERSION),
            )

    def _log_unreadable(self, codes: Iterable[str]) -> None:
        """Log, once for each signal of the car, a value that nothing can be made of."""
        for code in codes:
            signal = CATALOGUE.get(code)
            if signal is None or code in self._logged or not self.data.held(signal):
                continue
            if self.data.value(signal) is None:
                self._logged.add(code)
                _LOGGER.debug("%s sent a %s that cannot be read", self.name, code)

    @callback
    def async_announce_availability(self) -> None:
        """Tell all entities if the car has become available or unavailable."""
        if self.is_available != self._was_available:
            self._was_available = self.is_available
            super().async_update_listeners()

    @callback
    def _async_look_for_new_entities(self) -> None:
        for listener in list(self._new_entity_listeners):
            listener()


def _time_left(last: datetime | None, interval: timedelta) -> timedelta | None:
    """Return how long the next request can wait; None if it is due."""
    if last is None:
        return None
    wait = last + interval - dt_util.utcnow()
    # A wait longer than the interval comes from a clock that was wrong.
    return wait if timedelta() < wait <= interval else None


def vehicle_name(connection: Connection) -> str:
    """Return what a car is called as long as nobody knows its nickname: "Volkswagen ID.4"."""
    vehicle = connection.vehicle
    # Makes arrive in capitals; those of up to three letters (BMW, MG) are meant so.
    make = vehicle.make.title() if vehicle.make and len(vehicle.make) > 3 else vehicle.make
    return " ".join(filter(None, (make, vehicle.model))) or "Smartcar"


async def async_disconnect_vehicles(hass: HomeAssistant, entry: SmartcarConfigEntry) -> None:
    """Take the owners' consents back at Smartcar, if the options say so. Never fails."""
    if not entry.options.get(CONF_DISCONNECT_ON_REMOVAL):
        return
    stored = await AccountStore(hass, entry.entry_id).async_load()
    client = client_of(hass, entry)
    excluded = entry.options.get(CONF_EXCLUDED_VEHICLES, ())
    for connection in stored.connections.values():
        if connection.vehicle_id in excluded:
            continue
        try:
            await client.delete_connection(connection.id)
        except NotFoundError:
            pass
        except SmartcarError as error:
            _LOGGER.warning(
                "Could not disconnect %s at Smartcar (%s); the owner can do so at my.smartcar.com",
                vehicle_name(connection),
                error,
            )
