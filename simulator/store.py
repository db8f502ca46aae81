"""The store of the cloud: the signals of each car, and their replacements in tests."""

from .car import Car
from .catalogue import SIGNALS
from .clock import Clock
from .json_types import Json, as_object, as_text
from .logins import Logins
from .ownership import Connection, Grant, Ownership
from .signals import (
    NO_BODY,
    LoginNeeded,
    Override,
    StoredSignal,
    render,
    with_error_beside_body,
    without_permission,
)


class Store:
    """The stored signals of each car (reference 4)."""

    def __init__(self, clock: Clock, ownership: Ownership, logins: Logins) -> None:
        """Start with the reports of the cars."""
        self._clock = clock
        self._ownership = ownership
        self._logins = logins
        self._overrides: dict[str, dict[str, Override]] = {}
        self._empty: set[str] = set()
        self._errors_beside_bodies: set[str] = set()
        self.edited: set[str] = set()
        """Ids of the cars whose overrides changed since their last report was noticed."""

    def stored(self, car: Car) -> dict[str, StoredSignal]:
        """Return the stored signals of a car, overrides included, by code."""
        if car.id in self._empty:
            store: dict[str, StoredSignal] = {}
        else:
            store = render(car, self._connected_since(car))
        if car.id in self._errors_beside_bodies:
            store = {code: with_error_beside_body(signal) for code, signal in store.items()}
        if (since := self._logins.needed_since(car.id)) is not None:
            login = LoginNeeded(self._logins.reauthenticate_url(car.id), since)
            store = {code: login.apply(signal) for code, signal in store.items()}
        for code, override in self._overrides.get(car.id, {}).items():
            if override.absent:
                store.pop(code, None)
            else:
                store[code] = override.apply(code, store.get(code), car.snapshot.reported_at)
        return dict(sorted(store.items()))

    def granted(self, car: Car, grant: Grant) -> dict[str, StoredSignal]:
        """Return the stored signals of a car, as far as a grant goes."""
        store = self.stored(car)
        for code, signal in store.items():
            info = SIGNALS.get(code)
            allowed = info is None or info.permission in grant.permissions
            if not allowed and signal.error is None:
                store[code] = without_permission(code, grant.granted_at)
        return store

    def _connected_since(self, car: Car) -> float:
        """Return when the car was first connected."""
        connections: list[Connection] = self._ownership.connections_of(vehicle_id=car.id)
        return min(
            (connection.created_at for connection in connections),
            default=car.snapshot.reported_at,
        )

    def override(self, vehicle_id: str, code: str, value: Json) -> None:
        """Replace a stored signal of a car until the override is removed.

        Webhooks send it at the next step, as they send a report.

        `value` is {"body", "status", "error", "meta"}, each optional; None removes the signal
        from the store; an empty object removes the override. Raises ValueError for other fields.
        """
        overrides = self._overrides.setdefault(vehicle_id, {})
        self.edited.add(vehicle_id)
        now = self._clock.now()
        if value is None:
            overrides[code] = Override(now, absent=True)
            return
        data = as_object(value)
        unknown = set(data) - {"body", "status", "error", "meta"}
        if unknown:
            raise ValueError(f"unknown fields of a signal: {sorted(unknown)}")
        if not data:
            overrides.pop(code, None)
            return
        error, meta = data.get("error"), data.get("meta")
        overrides[code] = Override(
            now,
            body=data.get("body", NO_BODY),
            status=as_text(data.get("status")),
            error=as_object(error) if error is not None else None,
            meta=as_object(meta) if meta is not None else None,
        )

    def clear_overrides(self, vehicle_id: str) -> None:
        """Remove all overrides of a car."""
        self._overrides.pop(vehicle_id, None)
        self.edited.add(vehicle_id)

    def absent_signals(self, vehicle_id: str) -> frozenset[str]:
        """Return the codes that a test removed from the store of a car."""
        overrides = self._overrides.get(vehicle_id, {})
        return frozenset(code for code, override in overrides.items() if override.absent)

    def set_empty(self, vehicle_id: str, empty: bool = True) -> None:
        """Let the store of a car be empty, as before a webhook fills it (reference 4.4)."""
        if empty:
            self._empty.add(vehicle_id)
        else:
            self._empty.discard(vehicle_id)

    def set_errors_beside_bodies(self, vehicle_id: str, failing: bool = True) -> None:
        """Let a car answer most signals with an ERROR beside the last body (reference 4.4)."""
        self.edited.add(vehicle_id)
        if failing:
            self._errors_beside_bodies.add(vehicle_id)
        else:
            self._errors_beside_bodies.discard(vehicle_id)
