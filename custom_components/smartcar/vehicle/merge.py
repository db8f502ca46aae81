"""What one signal that arrives makes of the stored one. Pure functions; the rules are in the docs.

docs/dev/architecture.md lists the rules, with the reason for each.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from ..api import (
    ErrorCode,
    ErrorType,
    JsonObject,
    Signal,
    SignalError,
    SignalStatus,
    optional_object,
    writable,
)
from ..api.catalogue import CATALOGUE, IS_CHARGE_PORT_OPEN, IS_LOCKED
from .stored import StoredSignal

# A time further ahead than this is a wrong clock, and would pin a value for ever.
_CLOCK_TOLERANCE: Final = timedelta(minutes=5)
# How long the result of a command stands against a value without a maker's time.
_UNDATED_YIELDS_FOR: Final = timedelta(minutes=10)
# How long it stands against a value whose maker's time is older: some cars' clocks stand still.
_STANDS_FOR: Final = timedelta(hours=24)
_STANDS_FOR_A_DOOR: Final = timedelta(hours=1)
_DOORS: Final = frozenset({IS_LOCKED.code, IS_CHARGE_PORT_OPEN.code})

# Bodies beside these errors are no values: they are stale, or of somebody else.
_CODES_WITHOUT_VALUE: Final = frozenset({ErrorCode.NOT_CHARGING, ErrorCode.VEHICLE_NOT_CAPABLE})


def lies_ahead(time: datetime, now: datetime) -> bool:
    """Tell whether a time is so far in the future that the clock behind it is wrong."""
    return time > now + _CLOCK_TOLERANCE


def merge_signal(stored: StoredSignal, signal: Signal, now: datetime) -> StoredSignal | None:
    """Return the stored signal after another one has arrived; None if that is out of date."""
    if signal.status is SignalStatus.SUCCESS:
        return _merge_success(stored, signal, now)
    return _merge_error(stored, signal, now)


def merge_command(
    stored: StoredSignal, body: JsonObject, completed_at: datetime, now: datetime
) -> StoredSignal:
    """Return the stored signal after a command that was completed at that time.

    The result counts as newer than what is stored, whatever the two clocks say.
    """
    updated_at = now if lies_ahead(completed_at, now) else completed_at
    if stored.updated_at is not None and not lies_ahead(stored.updated_at, now):
        updated_at = max(updated_at, stored.updated_at)
    return replace(
        stored,
        body=body,
        updated_at=updated_at,
        retrieved_at=updated_at,
        dated=True,
        commanded=True,
        is_withdrawn=False,
    )


def _merge_success(stored: StoredSignal, signal: Signal, now: datetime) -> StoredSignal | None:
    reported_at, retrieved_at = _times(signal, now)
    if not _is_current(stored, signal.code, reported_at, retrieved_at, now):
        return None
    body = signal.body
    if body != stored.body:
        body = optional_object(writable(body))
    row = CATALOGUE.get(signal.code)
    if row is not None and row.lasting and stored.has_value:
        body = row.complete(stored.body, body)
        if row.read(body) is None and row.read(stored.body) is not None:
            # It says nothing, which for a lasting value is no news.
            return replace(stored, error=None, error_since=None, is_withdrawn=False)
    if reported_at is not None and _is_repeated(stored, body, reported_at):
        return stored
    return StoredSignal(
        body=body,
        updated_at=reported_at or now,
        retrieved_at=retrieved_at,
        dated=reported_at is not None,
        reported_at=reported_at or stored.reported_at,
    )


def _merge_error(stored: StoredSignal, signal: Signal, now: datetime) -> StoredSignal:
    error = signal.error or SignalError(type=signal.status.value)
    is_same = stored.error is not None and _is_same(stored.error, error)
    stored = replace(stored, error=error, error_since=stored.error_since if is_same else now)
    reported_at, retrieved_at = _times(signal, now)
    if (
        reported_at is None
        or error.code in _CODES_WITHOUT_VALUE
        or error.type == ErrorType.PERMISSION
    ):
        return stored
    row = CATALOGUE.get(signal.code)
    if row is None or row.read(signal.body) is None:
        return stored
    if stored.has_value and not (
        _is_current(stored, signal.code, reported_at, retrieved_at, now)
        # Of the same time, a success tells more than an error.
        and (stored.commanded or not stored.dated or reported_at != stored.updated_at)
    ):
        return stored
    return replace(
        stored,
        body=optional_object(writable(signal.body)),
        updated_at=reported_at,
        retrieved_at=retrieved_at,
        dated=True,
        reported_at=reported_at,
        commanded=False,
        is_withdrawn=False,
    )


def _is_same(error: SignalError, other: SignalError) -> bool:
    # A missing permission has another code in polls than in pushes.
    is_permission = error.type == other.type == ErrorType.PERMISSION
    return is_permission or (error.type, error.code) == (other.type, other.code)


def _is_repeated(stored: StoredSignal, body: JsonObject, reported_at: datetime) -> bool:
    """Tell whether a success says again what is stored: then it keeps its time of retrieval."""
    return (
        stored.dated
        and not stored.commanded
        and not stored.is_withdrawn
        and stored.error is None
        and stored.updated_at == reported_at
        and stored.body == body
    )


def _times(signal: Signal, now: datetime) -> tuple[datetime | None, datetime]:
    """Return the maker's time, None if it is missing or wrong, and the time of retrieval."""
    reported_at, retrieved_at = signal.oem_updated_at, signal.retrieved_at
    if reported_at is not None and lies_ahead(reported_at, now):
        reported_at = None
    if retrieved_at is None or retrieved_at > now:
        retrieved_at = now
    return reported_at, retrieved_at


def _is_current(
    stored: StoredSignal,
    code: str,
    reported_at: datetime | None,
    retrieved_at: datetime,
    now: datetime,
) -> bool:
    """Tell whether a success is as new as what is stored, or newer."""
    updated_at = stored.updated_at
    # What is stored can lie ahead too: Home Assistant's clock may have been wrong.
    if updated_at is None or lies_ahead(updated_at, now):
        return True
    if stored.commanded:
        return _confirms(updated_at, code, reported_at, retrieved_at, now)
    if reported_at is None:
        return now >= updated_at
    if not stored.dated:
        is_newest = stored.reported_at is None or reported_at >= stored.reported_at
        return is_newest and retrieved_at > (stored.retrieved_at or updated_at)
    return reported_at >= updated_at


def _confirms(
    commanded_at: datetime,
    code: str,
    reported_at: datetime | None,
    retrieved_at: datetime,
    now: datetime,
) -> bool:
    """Tell whether a success replaces the result of a command."""
    if reported_at is not None and reported_at > commanded_at:
        return True
    if reported_at is None:
        stands_for = _UNDATED_YIELDS_FOR
    else:
        stands_for = _STANDS_FOR_A_DOOR if code in _DOORS else _STANDS_FOR
    return now - commanded_at >= stands_for and retrieved_at > commanded_at
