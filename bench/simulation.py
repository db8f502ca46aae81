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
# The time of the last known report when the month begins: the car was last used the evening before.
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
        """Whether the budget has met its goal."""
        if self.is_idle:
            return self.most_requests <= BUDGET.monthly / 5
        return self.ratio <= 0.5 and self.most_requests <= BUDGET.monthly

    def as_json(self) -> dict[str, object]:
        """Return everything."""
        return {**asdict(self), "ratio": self.ratio, "is_met": self.is_met}


@dataclass(slots=True)
class _KnownReports:
    """The reports of a car that are known: when each arrived, and its own time."""

    month: Month
    received_at: list[datetime]
    reported_at: list[datetime]

    @classmethod
    def of(cls, month: Month) -> _KnownReports:
        """Begin with the last report of the day before."""
        return cls(month, [START], [_BEFORE])

    def apply(self, report: Report | None, now: datetime) -> bool:
        """Add a report if it is newer than the last one; tell whether it is."""
        if report is None or report.reported_at <= self.reported_at[-1]:
            return False
        self.received_at.append(now)
        self.reported_at.append(report.reported_at)
        return True

    def ages(self) -> list[float]:
        """Return how old (minutes) the newest report was in each minute of use."""
        return [
            (minute - self.reported_at[bisect_right(self.received_at, minute) - 1])
            / timedelta(minutes=1)
            for minute in self.month.active_minutes()
        ]


def _situation(report: Report | None) -> Situation:
    if report is None:
        return Situation(reported_at=_BEFORE)
    return Situation(
        activity=report.activity,
        reported_at=report.reported_at,
        charge_complete_at=report.charge_complete_at,
    )


def run(months: Sequence[Month], budget: Budget = BUDGET) -> list[tuple[int, list[float]]]:
    """Simulate a month of the cars of one application; return the requests and ages in use of each."""
    bucket = ApplicationBucket()
    ledgers = [Ledger(budget, bucket) for _ in months]
    known = [_KnownReports.of(month) for month in months]
    # Pushes, each with its report, and commands, by time.
    events: list[tuple[datetime, int, Report | None]] = [
        (at, car, report) for car, month in enumerate(months) for at, report in month.pushes()
    ]
    events += [(at, car, None) for car, month in enumerate(months) for at in month.commands]
    events.sort(key=lambda item: item[0], reverse=True)
    dues = [ledger.due(START) for ledger in ledgers]
    while True:
        car = min(range(len(dues)), key=dues.__getitem__)
        now, report, is_poll = dues[car], None, True
        if events and events[-1][0] <= now:
            (now, car, report), is_poll = events.pop(), False
        if now >= END:
            break
        ledger, reports = ledgers[car], known[car]
        if is_poll:
            ledger.spend(Purpose.POLL, now)
            report = reports.month.stored(now)
            ledger.record_answer(_situation(report), now, news=reports.apply(report, now))
        elif report is not None:
            if reports.apply(report, now):
                ledger.record_push(_situation(report), now)
        elif ledger.refusal(Purpose.COMMAND, now) is None:
            ledger.spend(Purpose.COMMAND, now)
            ledger.plan_follow_up(now)
        dues[car] = ledger.due(now)
    last = END - timedelta(seconds=1)
    return [
        (ledger.spent(last), reports.ages()) for ledger, reports in zip(ledgers, known, strict=True)
    ]


def run_fixed(month: Month, requests: int) -> list[float]:
    """Spend the requests evenly, as an interval does; return the ages in use."""
    reports = _KnownReports.of(month)
    interval = (END - START) / requests
    for index in range(requests):
        now = START + (index + 0.5) * interval
        reports.apply(month.stored(now), now)
    return reports.ages()


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of the values does not exceed."""
    return sorted(values)[int(share * (len(values) - 1))]


def measure(profile: str) -> Result:
    """Measure a profile over some random months, each without anything learned before."""
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
