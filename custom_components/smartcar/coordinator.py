"""The coordinators: one for an application's connections, one for each vehicle's signals."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
import logging
from typing import Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util

from .api import (
    ApiError,
    Connection,
    ErrorType,
    Listing,
    MissingPermissionError,
    NotFoundError,
    Signal,
    SignalError,
    SignalStatus,
    SmartcarClient,
    SmartcarError,
)
from .api.catalogue import CATALOGUE, ODOMETER
from .application import FlowListing, vehicle_modes
from .budget import (
    ApplicationBucket,
    Ledger,
    Purpose,
    budget_from_options,
    record_error_limit,
    situation_of,
)
from .connections import CONNECTIONS_INTERVAL, VehicleConnections
from .const import CONF_EXCLUDED_VEHICLES
from .device import (
    SHOWN_BY_DEVICE,
    async_find_device,
    async_find_other_entry,
    async_remove_device,
    async_update_device,
)
from .exceptions import update_failed
from .issues import (
    PERMISSION_ERROR,
    async_clear_owner_action,
    async_clear_permission_withdrawn,
    async_clear_vehicle,
    async_clear_vehicle_in_two_entries,
    async_raise_owner_action,
    async_raise_permission_withdrawn,
    async_raise_vehicle_in_two_entries,
    needs_owner_action,
    owner_action_in,
)
from .listeners import SelectiveCoordinator
from .schedule import RequestSchedule
from .store import ApplicationStore, PushLog, StoredApplication
from .vehicle import Change, VehicleState, display_name, says_anything, vehicle_name

_LOGGER = logging.getLogger(__name__)

# How often availability is checked, because values also age while no poll is due.
_AVAILABILITY_INTERVAL: Final = timedelta(minutes=30)
# Parked vehicles sleep for days; the cloud itself may be silent for about this long.
UNAVAILABLE_AFTER: Final = timedelta(hours=24)
# A sleeping vehicle is polled once a day or less, so one failed poll must not make it unavailable:
# two that are this far apart must have failed.
_FAILING_FOR: Final = timedelta(hours=1)

# For so long a vehicle is read in another name after the preferred one was refused.
_READS_OTHERWISE_FOR: Final = timedelta(hours=24)

type SmartcarConfigEntry = ConfigEntry[ApplicationCoordinator]
type VehicleListener = Callable[[VehicleCoordinator], None]


@dataclass(frozen=True, slots=True)
class VehicleContext:
    """What a vehicle needs of its application."""

    client: SmartcarClient
    bucket: ApplicationBucket
    push_log: PushLog
    schedule_save: Callable[[], None]


class ApplicationCoordinator(DataUpdateCoordinator[dict[str, VehicleConnections]]):
    """Keeps the list of an application's connections, and a coordinator for each vehicle in it."""

    config_entry: SmartcarConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: SmartcarConfigEntry,
        client: SmartcarClient,
        store: ApplicationStore,
        stored: StoredApplication,
    ) -> None:
        """Begin with what the store holds."""
        super().__init__(
            hass, _LOGGER, config_entry=entry, name="connections", update_interval=None
        )
        self.context = VehicleContext(client, stored.bucket, stored.push, self.schedule_save)
        self.vehicles: dict[str, VehicleCoordinator] = {}
        self._store = store
        self._stored = stored
        self._vehicle_listeners: list[VehicleListener] = []
        self._connections = stored.connections
        self.data = stored.connections.by_vehicle

    async def async_start(self, listing: FlowListing | None) -> None:
        """List the connections unless the list is fresh, and start a coordinator for each vehicle.

        Raises ConfigEntryNotReady or ConfigEntryAuthFailed only if nothing is stored to start from.
        """
        if listing is not None and listing.is_fresh:
            self._apply_listing(listing.connections)
        elif self._connections.listed_at is None and not self.data:
            await self.async_config_entry_first_refresh()
        elif (wait := _time_left(self._connections.listed_at, CONNECTIONS_INTERVAL)) is not None:
            self.update_interval = wait
        elif not self.config_entry.pref_disable_polling:
            await self.async_refresh()
        if self.update_interval is None:
            self.update_interval = CONNECTIONS_INTERVAL
        await self._async_update_vehicles()
        # There is no entity that would keep the coordinator going.
        self.config_entry.async_on_unload(self.async_add_listener(self._update_vehicles_soon))
        self.config_entry.async_on_unload(
            async_track_time_interval(
                self.hass,
                self._async_check_availability,
                _AVAILABILITY_INTERVAL,
                cancel_on_shutdown=True,
            )
        )

    @callback
    def async_add_vehicle_listener(self, listener: VehicleListener) -> CALLBACK_TYPE:
        """Call the listener for every present and every future vehicle."""
        self._vehicle_listeners.append(listener)
        for vehicle in self.vehicles.values():
            listener(vehicle)
        return lambda: self._vehicle_listeners.remove(listener)

    def schedule_save(self) -> None:
        """Let the store write what has changed, soon."""
        self._store.schedule_save(lambda: self._stored)

    async def async_stop(self) -> None:
        """Write what is not written yet."""
        await self._store.async_close(self._stored)

    async def async_forget(self, vehicle_id: str) -> None:
        """Forget a vehicle whose device the user deleted; a connected one is excluded from now on."""
        if vehicle_id in self.data and not self._connections.is_gone(vehicle_id):
            # Its requests stay counted, because it may come back in the same month.
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
        self._connections.forget(vehicle_id)
        async_clear_vehicle(self.hass, vehicle_id)
        self.schedule_save()

    @override
    async def _async_update_data(self) -> dict[str, VehicleConnections]:
        now = dt_util.utcnow()
        bucket = self.context.bucket
        if (free_at := bucket.free_at(Purpose.COMMAND, now)) > now:
            # Smartcar's limit of the application holds for lists as well.
            self.update_interval = max(free_at - now, timedelta(seconds=1))
            return self.data
        self.update_interval = CONNECTIONS_INTERVAL
        bucket.spend(now)
        try:
            connections = await self.context.client.get_connections(
                modes=vehicle_modes(self.config_entry.options)
            )
        except SmartcarError as error:
            record_error_limit(error, dt_util.utcnow(), bucket)
            raise update_failed(error, self.config_entry.title) from error
        self._apply_listing(connections)
        return self.data

    @property
    def _excluded(self) -> set[str]:
        return set(self.config_entry.options.get(CONF_EXCLUDED_VEHICLES, ()))

    def _apply_listing(self, listing: Listing[Connection]) -> None:
        self._connections.apply(listing, dt_util.utcnow())
        self.data = self._connections.by_vehicle
        self.schedule_save()

    @callback
    def _async_check_availability(self, _: datetime) -> None:
        """Let values grow old also when no poll is due: after an hour-long limit, for example."""
        for vehicle in self.vehicles.values():
            vehicle.async_update_availability()

    @callback
    def _update_vehicles_soon(self) -> None:
        self.config_entry.async_create_background_task(
            self.hass, self._async_update_vehicles(), "smartcar vehicles"
        )

    async def _async_update_vehicles(self) -> None:
        """Have a coordinator for each vehicle, and tell the platforms of new ones."""
        new = []
        for vehicle_id, connections in self.data.items():
            if vehicle := self.vehicles.get(vehicle_id):
                is_gone = self._connections.is_gone(vehicle_id)
                vehicle.async_set_connections(connections, is_gone=is_gone)
            elif not self._is_skipped(connections):
                vehicle = self._new_vehicle(connections)
                self.vehicles[vehicle_id] = vehicle
                new.append(vehicle)
        # A vehicle that fails must not keep the others from starting, and none waits for another.
        await asyncio.gather(*(vehicle.async_start() for vehicle in new))
        for vehicle in new:
            for listener in list(self._vehicle_listeners):
                listener(vehicle)

    def _new_vehicle(self, connections: VehicleConnections) -> VehicleCoordinator:
        vehicle_id = connections.vehicle_id
        budget = budget_from_options(self.config_entry.options)
        ledger = self._stored.ledgers.setdefault(vehicle_id, Ledger(budget, self._stored.bucket))
        ledger.set_budget(budget, dt_util.utcnow())
        return VehicleCoordinator(
            self.hass,
            self.config_entry,
            self.context,
            connections,
            self._stored.vehicles.setdefault(vehicle_id, VehicleState()),
            ledger=ledger,
            is_gone=self._connections.is_gone(vehicle_id),
        )

    def _is_skipped(self, connections: VehicleConnections) -> bool:
        """Tell whether to skip a vehicle: the user excluded it, or another entry has it."""
        vehicle_id = connections.vehicle_id
        if vehicle_id in self._excluded:
            async_remove_device(self.hass, self.config_entry, vehicle_id)
            return True
        other = async_find_other_entry(self.hass, self.config_entry, vehicle_id)
        # A vehicle that is gone from here has moved to that entry: no reason for a repair.
        if other is None or self._connections.is_gone(vehicle_id):
            async_clear_vehicle_in_two_entries(self.hass, self.config_entry, vehicle_id)
        else:
            async_raise_vehicle_in_two_entries(
                self.hass,
                self.config_entry,
                vehicle_id,
                vehicle=vehicle_name(connections.reading),
                kept=other.title,
            )
        return other is not None


class VehicleCoordinator(SelectiveCoordinator[VehicleState]):
    """Keeps one vehicle's signals, and lets its entities know what has changed."""

    config_entry: SmartcarConfigEntry

    def __init__(
        self,
        hass: HomeAssistant,
        entry: SmartcarConfigEntry,
        context: VehicleContext,
        connections: VehicleConnections,
        state: VehicleState,
        *,
        ledger: Ledger,
        is_gone: bool,
    ) -> None:
        """Begin with what the store holds of the vehicle."""
        super().__init__(
            hass,
            _LOGGER,
            config_entry=entry,
            name=vehicle_name(connections.reading),
            update_interval=None,
        )
        self.entry = entry
        self.context = context
        self.connections = connections
        self.data = state
        self.is_gone = is_gone
        self.is_shut_down = False
        self._reads_otherwise_until: datetime | None = None
        self.command_lock = asyncio.Lock()
        self.schedule = RequestSchedule(self, ledger)
        self._was_available = self.is_available
        self._logged: set[str] = set()
        self._evidence_listeners: list[CALLBACK_TYPE] = []

    @property
    def vehicle_id(self) -> str:
        """The id that everything about this vehicle is keyed by."""
        return self.connections.vehicle_id

    @property
    def connection(self) -> Connection:
        """The connection in whose name the vehicle is read."""
        return self.connections.reading

    @property
    def permissions(self) -> frozenset[str]:
        """What any of the vehicle's owners has granted."""
        return self.connections.permissions

    @property
    def display_name(self) -> str:
        """What the vehicle is called to a person. Logs and files name its model only."""
        return display_name(self.connection, self.data)

    @property
    def is_available(self) -> bool:
        """Whether the stored values can still be called current.

        They cannot after a day of failed requests. Values that are old because polling is off or
        the requests are used up stay available: other sensors and a repair say so.
        """
        if self.is_gone:
            return False
        ledger = self.schedule.ledger
        contact, failing_for = self.data.last_contact, ledger.failing_for
        if failing_for is None or contact is None:
            return failing_for is None
        now = dt_util.utcnow()
        # After refused credentials there is no second request.
        is_refused = isinstance(self.last_exception, ConfigEntryAuthFailed)
        if now - contact < UNAVAILABLE_AFTER or not (is_refused or failing_for >= _FAILING_FOR):
            return True
        return ledger.used_up(now) is not None

    # Starting, and the owner's connection

    async def async_start(self) -> None:
        """Poll the vehicle if a poll is due, and plan the next one."""
        device = async_find_device(self.hass, self.config_entry, self.vehicle_id)
        if self.is_gone or (device is not None and device.disabled):
            return
        self.async_show_withdrawn()
        await self.schedule.async_start(is_new=self.data.last_contact is None)

    @callback
    def async_set_connections(self, connections: VehicleConnections, *, is_gone: bool) -> None:
        """Apply a new state of the owners' connections."""
        has_new_consent = connections.consents != self.connections.consents
        if has_new_consent:
            self.connections = connections
        if is_gone != self.is_gone:
            self.is_gone = is_gone
            self.async_update_availability()
            self.config_entry.async_create_background_task(
                self.hass, self.async_start(), f"{self.name} is back"
            )
        if has_new_consent:
            self._reads_otherwise_until = None
            self._update_withdrawn(dt_util.utcnow())
            # The vehicle may now carry out what it refused before.
            self.data.unsupported_commands.clear()
            self.schedule.plan_follow_up()
            self.async_plan()
            self.notify_all()
            self._async_find_new_entities()

    # Signals

    @override
    async def _async_update_data(self) -> VehicleState:
        try:
            signals = await self._async_get_signals()
        except SmartcarError as error:
            self.schedule.ledger.record_failure(dt_util.utcnow())
            self.record_limit(error)
            if needs_owner_action(error):
                self._async_raise_owner_action(error)
            raise update_failed(error, self.name) from error
        if lost_login := owner_action_in(signals, self.connections.consented_at):
            self._async_raise_owner_action(lost_login)
        else:
            async_clear_owner_action(self.hass, self.vehicle_id)
        self._merge(signals, is_push=False)
        return self.data

    async def _async_get_signals(self) -> list[Signal]:
        """Request the signals in the name that may read most; after a refusal in the next name.

        An error of a permission that only another owner has granted is no error of the vehicle.
        """
        now = dt_util.utcnow()
        if self._reads_otherwise_until is not None and now >= self._reads_otherwise_until:
            self._reads_otherwise_until = None
            self.connections = VehicleConnections.of(self.connections.by_preference)
        reader, *others = self.connections.readers()
        try:
            signals = await self.context.client.get_signals(reader)
        except MissingPermissionError, NotFoundError:
            if not others or self.schedule.is_spent:
                raise
            reader = others[0]
            self.schedule.spend(Purpose.POLL)
            signals = await self.context.client.get_signals(reader)
            self.connections = self.connections.prefer(reader)
            self._reads_otherwise_until = now + _READS_OTHERWISE_FOR
        return self._without_refused(signals, reader.user_id)

    def granted_by_others(self, user_id: str | None) -> frozenset[str]:
        """Return the permissions that this owner has not granted and another one has.

        None stands for the owner in whose name the vehicle is read.
        """
        return self.connections.granted_by_others(user_id or self.connection.user_id)

    def _without_refused(self, signals: Iterable[Signal], user_id: str | None) -> list[Signal]:
        """Leave out errors of permissions that only other owners than this one have granted."""
        granted = self.granted_by_others(user_id)
        return [signal for signal in signals if not _is_refused(signal, granted)]

    @callback
    def async_push(self, signals: Iterable[Signal], user_id: str | None) -> None:
        """Apply signals that were pushed in the name of this owner."""
        self.data.record_push(dt_util.utcnow())
        self.add_changes(Change.LAST_PUSH)
        self._merge(self._without_refused(signals, user_id), is_push=True)
        self.schedule.plan()
        self.async_update_listeners()
        self.async_update_availability()

    def _merge(self, signals: Collection[Signal], *, is_push: bool) -> None:
        """Merge signals, and record what they mean for the budget."""
        now = dt_util.utcnow()
        odometer = self.data.value(ODOMETER)
        changed = self.data.merge(signals, now)
        has_moved = odometer is not None and self.data.value(ODOMETER) != odometer
        situation = situation_of(self.data, now, has_moved=has_moved)
        if is_push:
            self.schedule.ledger.record_push(situation, now)
        else:
            has_news = not changed <= {Change.EVIDENCE}
            self.schedule.ledger.record_answer(situation, now, news=has_news)
        if not changed.isdisjoint(SHOWN_BY_DEVICE):
            async_update_device(self.hass, self.config_entry, self.connection, self.data)
        self._log_unreadable(signals)
        self.data.last_contact = now
        self.add_changes(Change.LAST_CONTACT, *changed)
        self._update_withdrawn(now)
        self.schedule_save()

    def _update_withdrawn(self, now: datetime) -> None:
        """Make values unknown whose permission the owners have taken back, and say so."""
        self.add_changes(*self.data.update_withdrawn(self.permissions, now))
        self.async_show_withdrawn()

    @callback
    def async_show_withdrawn(self) -> None:
        """Raise the repair if the owners have taken permissions back, or clear it."""
        if withdrawn := self.data.withdrawn:
            async_raise_permission_withdrawn(
                self.hass, self.config_entry, self.vehicle_id, self.display_name, withdrawn
            )
        elif PERMISSION_ERROR not in self.data.reported_errors:
            async_clear_permission_withdrawn(self.hass, self.vehicle_id)

    def _log_unreadable(self, signals: Iterable[Signal]) -> None:
        """Log, once for each signal of the vehicle, a value that cannot be read."""
        for signal in signals:
            row, code = CATALOGUE.get(signal.code), signal.code
            if row is None or code in self._logged or signal.status is not SignalStatus.SUCCESS:
                continue
            if row.read(signal.body) is None and says_anything(signal.body):
                self._logged.add(code)
                _LOGGER.debug("%s sent a %s that cannot be read", self.name, code)

    # Commands and requests

    @callback
    def async_apply_command(self, changed: frozenset[str]) -> None:
        """Update the entities after a command has changed these codes."""
        self.add_changes(*changed)
        self.schedule_save()
        self.async_update_listeners()

    @callback
    def async_retire(self, command: str) -> None:
        """Record that the vehicle does not support a command; its entities become unavailable."""
        self.data.unsupported_commands.add(command)
        self.schedule_save()
        self.notify_all()

    @callback
    def async_plan(self) -> None:
        """Plan the next request anew, and show it."""
        self.schedule_save()
        self.schedule.plan()
        self.async_update_listeners()

    @callback
    def record_limit(self, error: SmartcarError) -> None:
        """Record the limit that an error of a refresh or a command asks to obey."""
        record_error_limit(error, dt_util.utcnow(), self.context.bucket, self.schedule.ledger)
        self.schedule_save()

    @override
    async def async_request_refresh(self) -> None:
        """Request the signals for `update_entity`, if that is possible now."""
        await self.schedule.async_refresh_for_entity()

    def schedule_save(self) -> None:
        """Let the store write what has changed, soon."""
        self.context.schedule_save()

    # Listeners

    @override
    def on_first_listener(self) -> None:
        """Plan the polls, now that an entity shows them."""
        self.schedule.plan()

    @override
    def on_last_listener_removed(self) -> None:
        """Stop polling: the device was disabled, or the entry unloaded."""
        self.schedule.stop()

    @override
    @callback
    def notify(self, changed: frozenset[str]) -> None:
        """Update the entities, and add new ones if there is evidence for them."""
        super().notify(changed)
        if Change.EVIDENCE in changed:
            self._async_find_new_entities()

    @override
    @callback
    def _async_refresh_finished(self) -> None:
        self.schedule.plan_after_refresh()
        self.async_update_availability()
        if not self.last_update_success:
            # The base class updates the listeners on the first failure only, but each was counted.
            self.async_update_listeners()

    @override
    async def async_shutdown(self) -> None:
        """Ignore whatever comes after the entry was unloaded."""
        self.is_shut_down = True
        self.schedule.cancel()
        await super().async_shutdown()

    @callback
    def async_update_availability(self) -> None:
        """Update all entities if the vehicle has become available or unavailable."""
        if self.is_available != self._was_available:
            self._was_available = self.is_available
            self.notify_all()

    @callback
    def async_add_evidence_listener(self, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call the listener whenever there may be evidence for new entities."""
        self._evidence_listeners.append(listener)
        return lambda: self._evidence_listeners.remove(listener)

    @callback
    def _async_find_new_entities(self) -> None:
        for listener in list(self._evidence_listeners):
            listener()

    @callback
    def _async_raise_owner_action(self, error: ApiError | SignalError) -> None:
        async_raise_owner_action(
            self.hass, self.config_entry, self.connection, self.display_name, error
        )


def _is_refused(signal: Signal, granted_by_others: frozenset[str]) -> bool:
    """Tell whether a signal is an error only because another owner granted its permission."""
    row = CATALOGUE.get(signal.code)
    return (
        signal.error is not None
        and signal.error.type == ErrorType.PERMISSION
        and row is not None
        and row.permission in granted_by_others
    )


def _time_left(last: datetime | None, interval: timedelta) -> timedelta | None:
    """Return how long the next request can wait; None if it is due."""
    if last is None:
        return None
    wait = last + interval - dt_util.utcnow()
    # A wait longer than the interval comes from a clock that was wrong.
    return wait if timedelta() < wait <= interval else None
