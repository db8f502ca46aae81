"""Random months in which no limit is broken, and the targets of the benchmark."""

from random import Random

from hypothesis import given, settings, strategies as st
import pytest

from bench.cars import DAYS, END, PROFILES, START, Month, Use, reports_of
from bench.simulation import measure, run
from custom_components.smartcar.budget import Activity, Budget

from .eventful_month import EventfulMonth
from .ledgers import DAY, HOUR, MINUTE

# docs/budget.md says what a thousand months have shown; --deep tries more.
A_THOUSAND = settings(max_examples=max(1000, settings().max_examples))


@A_THOUSAND
@given(
    seed=st.integers(0, 2**32),
    monthly=st.integers(1, 800),
    reserve=st.integers(0, 100),
    mishaps=st.sampled_from([0, 0.02, 0.2]),
    jumps=st.integers(0, 4),
)
def test_ledger_keeps_every_limit_in_a_random_month(
    seed: int, monthly: int, reserve: int, mishaps: float, jumps: int
) -> None:
    EventfulMonth(seed, Budget.of(monthly, reserve), mishaps, jumps).run()


def busy_month(seed: int, hour: float, hours: float, parts: int, spread: float) -> Month:
    """Return a month in which the car is in use for so many hours every day."""
    dice = Random(seed)
    uses: list[Use] = []
    for day in range(DAYS):
        at = START + day * DAY + max(hour + dice.gauss(0, spread), 0) * HOUR
        for _ in range(parts):
            activity = dice.choice([Activity.DRIVING, Activity.CHARGING])
            at = max(at, uses[-1].end + MINUTE) if uses else at
            uses.append(Use(at, at + hours / parts * HOUR, activity))
            at = uses[-1].end + dice.uniform(0.1, 0.7) * HOUR
    return Month([use for use in uses if use.end < END], reports_of(uses, dice))


@A_THOUSAND
@given(
    seed=st.integers(0, 2**32),
    hour=st.floats(0, 12),
    hours=st.floats(5, 10),
    parts=st.integers(1, 3),
    spread=st.floats(0, 1),
)
def test_busy_car_gets_at_least_95_percent_of_its_allowance(
    seed: int, hour: float, hours: float, parts: int, spread: float
) -> None:
    [(spent, _)] = run([busy_month(seed, hour, hours, parts, spread)])
    allowance = Budget().monthly - Budget().reserve // 5
    assert 0.95 * allowance <= spent <= allowance


@pytest.mark.parametrize("profile", PROFILES)
def test_benchmark_meets_its_targets(profile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.simulation.MONTHS", 2)
    result = measure(profile)
    if result.is_idle:
        assert result.most_requests <= 100
    else:
        assert result.median <= 0.55 * result.fixed_median  # two months are few
