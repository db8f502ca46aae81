"""A clock that jumps, and what is stored."""

from datetime import UTC, datetime, timedelta
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.smartcar.api import Json
from custom_components.smartcar.budget import (
    ApplicationBucket,
    Budget,
    Ledger,
    Purpose,
    Reason,
    Refusal,
)

from .eventful_month import EventfulMonth
from .ledgers import DAY, HOUR, NOW, make, poll, restart

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)

# A ledger and a bucket as version 0.1 stored them.
STORED_LEDGER: Json = {
    "months": [
        {
            "since": "2026-10-30T06:00:00+00:00",
            "polls": 11,
            "others": 0,
            "refreshes": 0,
            "refused_at": 100,
        },
        {
            "since": "2026-11-01T19:20:12+00:00",
            "polls": 44,
            "others": 5,
            "refreshes": 2,
            "refused_at": -1,
        },
    ],
    "activity": "charging",
    "reported_at": "2026-11-14T19:20:12+00:00",
    "charge_complete_at": "2026-11-14T21:20:12+00:00",
    "fruitless": 3,
    "failures": 1,
    "appetite": 0.072428205567014,
    "habit": [*[0.06] * 8, 0.342, 0.342, *[0.06] * 33, 0.436, *[0.06] * 4],
    "is_pushed": True,
    "plan_budget": 500,
    "times": {
        "now": "2026-11-14T19:31:12+00:00",
        "polled_at": "2026-11-14T19:20:12+00:00",
        "heard_at": "2026-11-14T19:20:13+00:00",
        "learned_to": "2026-11-14T20:00:00+00:00",
        "refresh_at": "2026-11-14T19:32:12+00:00",
        "failing_since": "2026-11-14T19:20:12+00:00",
        "failed_at": "2026-11-14T19:30:12+00:00",
        "blocked_until": "2026-11-14T19:35:12+00:00",
        "plan_until": "2026-11-14T19:41:12+00:00",
    },
}
STORED_BUCKET: Json = {
    "level": 17.5,
    "at": "2026-11-14T19:31:12+00:00",
    "blocked_until": "2026-11-14T19:31:32+00:00",
}


@pytest.mark.parametrize("jump", [-400 * DAY, -40 * DAY, -DAY, -HOUR, HOUR, 20 * DAY, 400 * DAY])
def test_clock_jump_delays_polls_by_at_most_a_day(jump: timedelta) -> None:
    ledger = make()
    poll(ledger, NOW, news=True)
    assert ledger.due(NOW + jump) <= NOW + jump + DAY


def test_counts_of_a_month_return_with_the_clock() -> None:
    ledger = make()
    for _ in range(7):
        ledger.spend(Purpose.COMMAND, NOW)
    assert ledger.spent(NOW + 400 * DAY) == 0
    assert ledger.spent(NOW - 400 * DAY) == 0
    assert restart(ledger).spent(NOW) == 7


@given(seed=st.integers(0, 1000))
def test_stored_ledger_is_read_as_it_was(seed: int) -> None:
    month = EventfulMonth(seed, Budget(), 0.1, 0)
    for _ in range(20):
        month.send(Purpose.COMMAND, NOW) if not month.refused and not month.blocked_until else None
    stored = month.ledger.as_json()
    assert restart(month.ledger).as_json() == stored


@given(data=st.data())
def test_malformed_value_in_the_store_costs_only_itself(data: st.DataObject) -> None:
    ledger = make()
    poll(ledger, NOW, news=True)
    stored = ledger.as_json()
    for key in stored:
        if data.draw(st.booleans()):
            stored[key] = data.draw(JSON)
    whole = data.draw(st.sampled_from([stored, data.draw(JSON)]))
    bucket = ApplicationBucket.from_json(data.draw(JSON))
    again = Ledger.from_json(whole, Budget(), bucket)
    assert NOW <= again.due(NOW) <= NOW + 32 * DAY
    poll(again, again.due(NOW), news=True)
    assert json.loads(json.dumps(again.as_json()))


def test_stored_time_in_the_far_future_delays_polls_by_at_most_31_days() -> None:
    ledger = make()
    poll(ledger, NOW + 3000 * DAY, news=True)
    ledger.record_limit(NOW + 3000 * DAY, 60)
    stored = ledger.as_json()
    stored["times"] = {**stored["times"], "now": None}  # type: ignore[dict-item]
    again = Ledger.from_json(stored, Budget(), ApplicationBucket())
    assert again.due(NOW) <= NOW + 31 * DAY


def test_ledger_and_bucket_of_version_0_1_are_read() -> None:
    bucket = ApplicationBucket.from_json(STORED_BUCKET)
    ledger = Ledger.from_json(STORED_LEDGER, Budget(), bucket)
    assert ledger.as_json() == STORED_LEDGER
    assert bucket.as_json() == STORED_BUCKET
    now = datetime(2026, 11, 14, 19, 31, 12, tzinfo=UTC)
    plan_until = datetime(2026, 11, 14, 19, 41, 12, tzinfo=UTC)
    assert ledger.spent(now) == 49
    assert ledger.failing_for == timedelta(minutes=10)
    assert ledger.used_up(now) == Refusal(Reason.PLAN, plan_until)
    assert ledger.due(now) == plan_until
    assert ledger.follow_up_due(now) == plan_until
    assert bucket.free_at(Purpose.COMMAND, now) == now + timedelta(seconds=20)
    assert bucket.free_at(Purpose.POLL, now) == now + 3.5 * timedelta(seconds=30)
    assert ledger.spent(now - 15 * DAY) == 11
