"""A month of a car under a budget, and under a fixed interval, in simulated time."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from random import Random
from statistics import fmean

from bench.cars import END, IDLE, PROFILES, START, Month, Report
from custom_components.smartcar.budget import ApplicationBucket, Budget, Ledger, Purpose, Situation

BUDGET = Budget()
MONTHS = 8
# What is known when the month begins is this old: the car was last used the evening before.
_BEFORE = START - timedelta(hours=9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Ages are in minutes, and of the time in which the car drives or charges."""

    profile: str
    is_idle: bool
    active_hours: float
    requests: float
    most_requests: int
    median: float
    p95: float
    fixed_requests: int
    fixed_median: float
    fixed_p95: float

    @property
    def ratio(self) -> float:
        """The median age as a share of the fixed interval's."""
        return self.median / self.fixed_median

    @property
    def is_met(self) -> bool:
        """Whether it is what was asked for."""
        if self.is_idle:
            return self.most_requests <= BUDGET.monthly / 5
        return self.ratio <= 0.5 and self.most_requests <= BUDGET.monthly

    def as_json(self) -> dict[str, object]:
        """Return everything."""
        return {**asdict(self), "ratio": self.ratio, "is_met": self.is_met}


@dataclass(slots=True)
class _House:
    """What is held of a car: when a newer report arrived, and which."""

    month: Month
    arrived: list[datetime]
    held: list[datetime]

    @classmethod
    def of(cls, month: Month) -> _House:
        """Begin with what is left of the day before."""
        return cls(month, [START], [_BEFORE])

    def take(self, report: Report | None, now: datetime) -> bool:
        """Take in a report; tell whether it was news."""
        if report is None or report.at <= self.held[-1]:
            return False
        self.arrived.append(now)
        self.held.append(report.at)
        return True

    def ages(self) -> list[float]:
        """Return how old (minutes) the newest report was in each minute of use."""
        return [
            (minute - self.held[bisect_right(self.arrived, minute) - 1]) / timedelta(minutes=1)
            for minute in self.month.active_minutes()
        ]


def _situation(report: Report | None) -> Situation:
    if report is None:
        return Situation(reported_at=_BEFORE)
    return Situation(
        activity=report.activity,
        reported_at=report.at,
        charge_complete_at=report.charge_complete_at,
    )


def run(months: Sequence[Month], budget: Budget = BUDGET) -> list[tuple[int, list[float]]]:
    """Let cars of one application live a month; return what each spent, and its ages in use."""
    bucket = ApplicationBucket()
    ledgers = [Ledger(budget, bucket) for _ in months]
    houses = [_House.of(month) for month in months]
    # What comes from outside, by time: a push with its report, a command without.
    outside: list[tuple[datetime, int, Report | None]] = [
        (at, car, report) for car, month in enumerate(months) for at, report in month.pushes()
    ]
    outside += [(at, car, None) for car, month in enumerate(months) for at in month.commands]
    outside.sort(key=lambda event: event[0], reverse=True)
    dues = [ledger.due(START) for ledger in ledgers]
    while True:
        car = min(range(len(dues)), key=dues.__getitem__)
        now, report, is_poll = dues[car], None, True
        if outside and outside[-1][0] <= now:
            (now, car, report), is_poll = outside.pop(), False
        if now >= END:
            break
        ledger, house = ledgers[car], houses[car]
        if is_poll:
            ledger.spend(Purpose.POLL, now)
            report = house.month.stored(now)
            ledger.record_answer(_situation(report), now, news=house.take(report, now))
        elif report is not None:
            if house.take(report, now):
                ledger.record_push(_situation(report), now)
        elif ledger.refusal(Purpose.COMMAND, now) is None:
            ledger.spend(Purpose.COMMAND, now)
            ledger.plan_follow_up(now)
        dues[car] = ledger.due(now)
    last = END - timedelta(seconds=1)
    return [
        (ledger.spent(last), house.ages()) for ledger, house in zip(ledgers, houses, strict=True)
    ]


def run_fixed(month: Month, requests: int) -> list[float]:
    """Spend the requests evenly, as an interval does; return the ages in use."""
    house = _House.of(month)
    interval = (END - START) / requests
    for index in range(requests):
        now = START + (index + 0.5) * interval
        house.take(month.stored(now), now)
    return house.ages()


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of the others do not exceed."""
    return sorted(values)[int(share * (len(values) - 1))]


def measure(profile: str) -> Result:
    """Measure a profile over some months that differ by their dice, each from a cold start."""
    spent: list[int] = []
    ages: list[float] = []
    fixed: list[float] = []
    for seed in range(MONTHS):
        months = [
            car(Random(10 * seed + index))  # noqa: S311
            for index, car in enumerate(PROFILES[profile])
        ]
        for requests, in_use in run(months):
            spent.append(requests)
            ages += in_use
        for month in months:
            # Without its pushes, and with every request of the budget spent on polls.
            fixed += run_fixed(month, BUDGET.monthly)
    return Result(
        profile=profile,
        is_idle=profile in IDLE,
        active_hours=len(ages) / 60 / len(spent),
        requests=fmean(spent),
        most_requests=max(spent),
        median=percentile(ages, 0.5),
        p95=percentile(ages, 0.95),
        fixed_requests=BUDGET.monthly,
        fixed_median=percentile(fixed, 0.5),
        fixed_p95=percentile(fixed, 0.95),
    )
