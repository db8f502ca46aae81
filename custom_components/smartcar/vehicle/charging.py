"""Charging: the one status, the evidence for it, the end of a charge, and when it is complete."""

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from ..api import JsonObject
from ..api.catalogue import (
    CHARGE_AMPERAGE,
    CHARGE_RATE,
    CHARGE_VOLTAGE,
    CHARGE_WATTAGE,
    DETAILED_CHARGING_STATUS,
    IS_CABLE_CONNECTED,
    IS_CHARGING,
    TIME_TO_COMPLETE,
)
from .stored import StoredSignal

# An estimate that moves by less is the same estimate.
_ESTIMATE_TOLERANCE: Final = timedelta(minutes=10)

# The bodies of a vehicle that does not charge, whatever stale body the cloud still stores.
WITHOUT_CHARGE: Final[Mapping[str, JsonObject]] = {
    CHARGE_WATTAGE.code: {"value": 0},
    CHARGE_AMPERAGE.code: {"value": 0},
    CHARGE_RATE.code: {"value": 0},
    CHARGE_VOLTAGE.code: {"value": None},
    TIME_TO_COMPLETE.code: {"value": None},
}
# The clocks of one report can differ by so much.
_SAME_REPORT: Final = timedelta(minutes=1)
# A power so much older than the report of a connected cable is stale, where nothing else says so.
_POWER_IS_STALE_AFTER: Final = timedelta(minutes=30)
# Below zero the vehicle feeds the house: these stay as they are then.
_FEEDING: Final = frozenset({CHARGE_WATTAGE.code, CHARGE_AMPERAGE.code, CHARGE_VOLTAGE.code})

_COMPLETE_WORDS: Final = frozenset(
    {"END", "ENDED", "DONE", "COMPLETE", "COMPLETED", "FULL", "FULLY"}
)
_NEGATIONS: Final = frozenset({"NOT", "IN", "UN", "PENDING", "NO", "WITHOUT"})
_FAULT_WORDS: Final = frozenset({"FAULT", "FAULTED", "ERROR", "FAILED", "FAILURE"})
_IDLE_WORDS: Final = frozenset(
    {
        *("NOT", "NO", "NONE", "UN", "OFF", "PENDING", "WAITING", "SCHEDULED", "READY", "IDLE"),
        *("PAUSED", "STOPPED", "SUSPENDED", "INTERRUPTED", "DISCONNECTED", "UNPLUGGED"),
        *("PLUGGED", "CONNECTED", "DISCHARGING"),
    }
)


class ChargingState(StrEnum):
    """One charging status instead of three signals. docs/charging-state.md maps it."""

    DISCONNECTED = "disconnected"
    CONNECTED = "connected"
    CHARGING = "charging"
    COMPLETE = "complete"
    FAULT = "fault"


class Word(StrEnum):
    """What the maker's text says."""

    CHARGING = "charging"
    COMPLETE = "complete"
    FAULT = "fault"
    IDLE = "idle"


def read_status_text(text: str | None) -> Word | None:
    """Return what the maker's text, in capitals with underscores, says; None if nothing known.

    Whole words count: makers write FULLY_CHARGED, CHARGE_ENDED, NOT_FULLY_CHARGED, NO_ERROR ...
    """
    words = (text or "").split("_")
    has = set(words).intersection
    is_negated = bool(has(_NEGATIONS))
    if has(_FAULT_WORDS):
        return None if has({"NO", "NOT", "WITHOUT"}) else Word.FAULT
    # "chargePurposeReachedAndNotConservationCharging" is complete, for all its NOT.
    if has({"REACHED"}) or (has(_COMPLETE_WORDS) and not is_negated):
        return Word.COMPLETE
    if has(_IDLE_WORDS):
        return Word.IDLE
    return Word.CHARGING if "CHARGING" in words else None


def charging_state(
    *,
    is_charging: bool | None,
    is_connected: bool | None,
    text: str | None,
    power: float | None = None,
) -> ChargingState | None:
    """Derive the status from charging, cable and the maker's text, in this order of trust.

    The text tells complete and fault apart only while the vehicle does not charge, because makers
    do not reset it. `power`, in watts, decides where nothing else says whether it charges.
    """
    word = read_status_text(text)
    if is_charging is None and is_connected is not False:
        is_charging = word is Word.CHARGING or (word is None and (power or 0) > 0)
    if is_charging:
        return ChargingState.CHARGING
    if word is Word.FAULT:
        return ChargingState.FAULT
    if is_connected is False:
        return ChargingState.DISCONNECTED
    if word is Word.COMPLETE:
        return ChargingState.COMPLETE
    return ChargingState.CONNECTED if is_connected else None


def settle_charging(
    signals: MutableMapping[str, StoredSignal], delivered: set[str], not_charging: set[str]
) -> None:
    """Let the charging signals agree with each other after a delivery.

    `delivered` are the codes of the delivery's successes that were stored, `not_charging` those of
    its errors NOT_CHARGING. Newer evidence (an error NOT_CHARGING, the cable, the maker's text)
    replaces an older `charge-ischarging`. If the delivery has `charge-ischarging` too, that must be
    of an older report: polls repeat it. A vehicle that does not charge has no power, whatever the
    cloud still stores.
    """
    stored = signals.get(IS_CHARGING.code, StoredSignal())
    is_charging = IS_CHARGING.read(stored.body)
    is_delivered = IS_CHARGING.code in delivered and is_charging is not None
    if is_delivered and is_charging:
        # One signal's error is good for itself alone then.
        _end_charge(signals, not_charging, None, not_charging)
    elif is_delivered:
        _end_charge(signals, WITHOUT_CHARGE, stored, not_charging)
    elif not_charging:
        if is_charging and not stored.commanded:
            signals[IS_CHARGING.code] = replace(stored, body={"value": False})
        _end_charge(signals, WITHOUT_CHARGE, None, not_charging)
        return
    if stored.commanded:
        return
    margin = _SAME_REPORT if is_delivered else timedelta()
    for evidence, says in _evidence(signals, delivered):
        if (
            is_charging is not None
            and says is not is_charging
            and evidence.is_newer_than(stored, margin)
        ):
            signals[IS_CHARGING.code] = _as_evidence(stored, evidence, says)
            stored = signals[IS_CHARGING.code]
            is_charging = says
        if not says and not is_charging:
            _end_charge(signals, WITHOUT_CHARGE, evidence, not_charging)
    if is_charging is None and (cable := signals.get(IS_CABLE_CONNECTED.code)) is not None:
        power = signals.get(CHARGE_WATTAGE.code, StoredSignal())
        if _is_much_newer(cable, power):
            _end_charge(signals, WITHOUT_CHARGE, cable, not_charging)


def _is_much_newer(cable: StoredSignal, power: StoredSignal) -> bool:
    if cable.updated_at is None or power.updated_at is None:
        return False
    return cable.updated_at - power.updated_at > _POWER_IS_STALE_AFTER


def _evidence(
    signals: Mapping[str, StoredSignal], delivered: set[str]
) -> Iterator[tuple[StoredSignal, bool]]:
    """Yield the signals besides `charge-ischarging` that say whether the vehicle charges."""
    cable = signals.get(IS_CABLE_CONNECTED.code, StoredSignal())
    if IS_CABLE_CONNECTED.read(cable.body) is False:
        yield cable, False
        return
    text = signals.get(DETAILED_CHARGING_STATUS.code, StoredSignal())
    power = signals.get(CHARGE_WATTAGE.code, StoredSignal())
    match read_status_text(DETAILED_CHARGING_STATUS.read(text.body)):
        case Word.COMPLETE | Word.IDLE | Word.FAULT:
            yield text, False
        case Word.CHARGING if DETAILED_CHARGING_STATUS.code in delivered:
            yield text, True
        case None if CHARGE_WATTAGE.code in delivered:
            if (CHARGE_WATTAGE.read(power.body) or 0) > 0:
                yield power, True


def _as_evidence(stored: StoredSignal, evidence: StoredSignal, says: bool) -> StoredSignal:
    return replace(
        stored,
        body={"value": says},
        updated_at=evidence.updated_at,
        retrieved_at=evidence.retrieved_at,
        dated=evidence.dated,
    )


def _end_charge(
    signals: MutableMapping[str, StoredSignal],
    codes: Mapping[str, JsonObject] | set[str],
    cause: StoredSignal | None,
    not_charging: set[str],
) -> None:
    """Store that no power flows, unless it was reported after the cause."""
    feeding = _feeding(signals, not_charging)
    for code in codes:
        stored = signals.get(code)
        body = WITHOUT_CHARGE.get(code)
        if stored is None or stored.updated_at is None or body is None or code in feeding:
            continue
        if cause is None:
            # Without a time of its own the old one stays, so that the next success is not older.
            signals[code] = replace(stored, body=body)
        elif not stored.is_newer_than(cause):
            signals[code] = replace(
                stored,
                body=body,
                updated_at=cause.updated_at,
                retrieved_at=cause.retrieved_at,
                dated=cause.dated,
            )


def _feeding(signals: Mapping[str, StoredSignal], not_charging: set[str]) -> set[str]:
    """Return the signals of a vehicle that feeds the house, which stay as they are.

    They are those below zero, and what was reported with them or later.
    """
    below_zero = [
        stored
        for row in (CHARGE_WATTAGE, CHARGE_AMPERAGE)
        if (stored := signals.get(row.code)) is not None
        and row.code not in not_charging
        and (row.read(stored.body) or 0) < 0
    ]
    return {
        code
        for code in _FEEDING - not_charging
        if (stored := signals.get(code)) is not None
        and any(not negative.is_newer_than(stored, _SAME_REPORT) for negative in below_zero)
    }


def estimate_completion(
    known: datetime | None, minutes: float | None, reported_at: datetime | None
) -> datetime | None:
    """Return when charging will be complete, in UTC; `known` while the estimate has not moved."""
    if minutes is None or reported_at is None:
        return None
    estimate = reported_at + timedelta(minutes=minutes)
    if known is not None and known <= estimate and not minutes:
        # It was complete before, and still is.
        return known
    if known is None or abs(estimate - known) >= _ESTIMATE_TOLERANCE:
        return estimate
    return known
