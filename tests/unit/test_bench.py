"""The benchmark fails on counts that are not as they should be, and on nothing else."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import pytest

from bench.cost import CONNECTIONS, SIGNALS, TOKENS, Cost, Cpu

SLOW = Cpu(ms=1000, floor_ms=1)
GOOD = Cost(
    vehicles=2,
    entities_per_car=90,
    setup_requests={TOKENS: 1, CONNECTIONS: 1, SIGNALS: 2},
    setup_cpu_s=1000,
    restart_requests={},
    restart_cpu_s=1000,
    refresh_requests={SIGNALS: 2},
    refresh=SLOW,
    refresh_moved=SLOW,
    push=SLOW,
    changed_by_nothing={"requests_left": 2},
    changed_by_one_value={"requests_left": 2, "data_from_car": 2, "odometer": 2},
    changed_by_push={"data_from_car": 1, "last_push": 1, "odometer": 1},
    reported={},
    memory_kib_per_car=10**6,
    store_kib_per_car=10**6,
    store_writes=3,
    store_writes_allowed=4,
)

BAD: Mapping[str, Any] = {
    "setup_requests": {TOKENS: 1, CONNECTIONS: 1, SIGNALS: 3},
    "restart_requests": {SIGNALS: 1},
    "refresh_requests": {SIGNALS: 2, TOKENS: 1},
    "changed_by_nothing": {"requests_left": 2, "range": 1},
    "changed_by_one_value": {"requests_left": 2, "data_from_car": 2, "odometer": 1},
    "changed_by_push": {},
    "reported": {"odometer": 1},
    "store_writes": 5,
}


def test_good_counts_pass_however_long_it_takes() -> None:
    assert GOOD.missed() == []


@pytest.mark.parametrize("name", BAD)
def test_each_wrong_count_is_named(name: str) -> None:
    (text,) = replace(GOOD, **{name: BAD[name]}).missed()
    assert text.startswith("2 cars: ")


def test_every_count_is_judged() -> None:
    counts = {field.name for field in fields(Cost) if "requests" in field.name}
    counts |= {field.name for field in fields(Cost) if "changed" in field.name}
    assert counts <= BAD.keys()
