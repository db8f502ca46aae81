"""Eight kinds of simulated cars: what each does in a month, and what it reports.

The same seed gives the same month. Times are UTC.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

from custom_components.smartcar.budget import Activity

START = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 30
END = START + timedelta(days=DAYS)

# The minutes between two reports of a car that is awake, as of an average make.
_CADENCE = (4.0, 8.0)
# The minutes for which a car stays awake after it was used.
_TAIL = (5.0, 20.0)
# The time until a report can be read at Smartcar.
_TRANSIT = timedelta(seconds=45)


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """The car drives or charges."""

    start: datetime
    end: datetime
    activity: Activity = field(compare=False)


@dataclass(frozen=True, slots=True)
class Report:
    """A report of the car: its time, what the car does, and when charging will be complete."""

    reported_at: datetime
    activity: Activity
    charge_complete_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """A month of one car: its uses, its reports, and when the user sends commands.

    The car is subscribed, but its pushes do not arrive after `pushed_until`.
    """

    uses: list[Use]
    reports: list[Report]
    refreshed: list[datetime] | None = None
    """When Smartcar refreshes its copy; None for every report, as of a subscribed car."""
    pushed_until: datetime = START
    """When the webhook dies."""
    commands: list[datetime] = field(default_factory=list)

    def stored(self, now: datetime) -> Report | None:
        """Return the newest report in Smartcar's copy."""
        if self.refreshed is not None:
            index = bisect_right(self.refreshed, now)
            if not index:
                return None
            now = self.refreshed[index - 1]
        index = bisect_right(self.reports, now - _TRANSIT, key=lambda report: report.reported_at)
        return self.reports[index - 1] if index else None

    def pushes(self) -> list[tuple[datetime, Report]]:
        """Return the reports that are pushed, each with the time at which it arrives."""
        return [
            (report.reported_at + _TRANSIT, report)
            for report in self.reports
            if START <= report.reported_at < self.pushed_until
        ]

    def active_minutes(self) -> list[datetime]:
        """Return each minute of the month in which the car drives or charges."""
        minutes = []
        for use in self.uses:
            minute = use.start
            while minute < use.end:
                minutes.append(minute)
                minute += timedelta(minutes=1)
        return minutes


def reports_of(uses: Iterable[Use], dice: Random) -> list[Report]:
    """Return the reports of a car while it is in use, and until it sleeps again."""
    reports = [Report(START - timedelta(hours=9), Activity.AWAKE)]
    ordered = sorted(uses)
    for index, use in enumerate(ordered):
        following = ordered[index + 1].start if index + 1 < len(ordered) else END
        reported_at = use.start + timedelta(minutes=dice.uniform(0.5, 2))
        while reported_at < use.end:
            complete = None
            if use.activity is Activity.CHARGING:  # an estimate
                complete = use.end + (use.end - reported_at) * dice.uniform(-0.1, 0.1)
            reports.append(Report(reported_at, use.activity, complete))
            reported_at += timedelta(minutes=dice.uniform(*_CADENCE))
        asleep = min(use.end + timedelta(minutes=dice.uniform(*_TAIL)), following)
        reported_at = use.end + timedelta(seconds=30)
        while reported_at < asleep:
            reports.append(Report(reported_at, Activity.AWAKE))
            reported_at += timedelta(minutes=dice.uniform(*_CADENCE))
        if asleep < following:
            reports.append(Report(asleep, Activity.ASLEEP))
    return reports


class _Diary:
    """Collects the uses of a month, day by day."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.uses: list[Use] = []

    def use(self, day: int, hour: float, hours: float, activity: Activity, spread: float) -> float:
        """Add a use that begins about `hour`; return the hour at which it ends."""
        start = START + timedelta(days=day, hours=self.dice.gauss(hour, spread))
        if self.uses:
            start = max(start, self.uses[-1].end + timedelta(minutes=3))
        end = min(start + timedelta(hours=hours * self.dice.uniform(0.8, 1.25)), END)
        if start < end:
            self.uses.append(Use(start, end, activity))
        return (end - START) / timedelta(hours=1) - 24 * day

    def drive(self, day: int, hour: float, hours: float, spread: float = 0.25) -> float:
        """Add a drive; return the hour at which it ends."""
        return self.use(day, hour, hours, Activity.DRIVING, spread)

    def charge(self, day: int, hour: float, hours: float, spread: float = 0.25) -> float:
        """Add a charge; return the hour at which it ends."""
        return self.use(day, hour, hours, Activity.CHARGING, spread)


def _is_weekend(day: int) -> bool:
    return (START + timedelta(days=day)).weekday() >= 5


def commuter(dice: Random) -> Month:
    """Drives to work and home on weekdays, short trips at weekends; charges most evenings."""
    diary = _Diary(dice)
    for day in range(DAYS):
        if _is_weekend(day):
            if dice.random() < 0.7:
                hour = dice.uniform(9, 16)
                return_hour = diary.drive(day, hour, 0.5) + dice.uniform(1, 3)
                diary.drive(day, return_hour, 0.5, 0)
        else:
            diary.drive(day, 7.2, 0.6)
            diary.drive(day, 16.5, 0.7, 0.5)
            if dice.random() < 0.8:
                diary.charge(day, 17.6, 3.0, 0.4)
    return _month(diary)


def taxi(dice: Random) -> Month:
    """Seven-hour shifts six days a week, with breaks, and fast charging in between."""
    diary = _Diary(dice)
    for day in range(DAYS):
        if (START + timedelta(days=day)).weekday() == 6:
            continue
        hour = dice.gauss(6.5, 0.7)
        for _ in range(2):
            hour = diary.drive(day, hour, 2.1, 0.05) + dice.uniform(0.2, 0.6)
        hour = diary.charge(day, hour, 0.7, 0.05) + 0.2
        diary.drive(day, hour, 2.1, 0.05)
    return _month(diary)


def garage_queen(dice: Random) -> Month:
    """Is used for a short drive every other Sunday. Not subscribed."""
    diary = _Diary(dice)
    for day in range(DAYS):
        if (START + timedelta(days=day)).weekday() == 6 and dice.random() < 0.5:
            diary.drive(day, 11, 0.8, 1)
    refreshed = [START + timedelta(days=day, hours=dice.uniform(2, 4)) for day in range(-1, DAYS)]
    return _month(diary, refreshed=refreshed)


def night_charger(dice: Random) -> Month:
    """Charges each night; drives at a random hour of most days."""
    diary = _Diary(dice)
    for day in range(DAYS):
        diary.charge(day, 0.6, 4.5, 0.1)
        if dice.random() < 0.8:
            diary.drive(day, dice.uniform(8, 19), 0.7)
    return _month(diary)


def holiday(dice: Random) -> Month:
    """At home for ten days, ten days of long drives with fast charging, then at home again."""
    diary = _Diary(dice)
    for day in range(DAYS):
        if 10 <= day < 20:
            hour = dice.uniform(7, 10)
            for _ in range(2):
                hour = diary.drive(day, hour, 2.2, 0.05) + 0.1
                hour = diary.charge(day, hour, 0.6, 0.05) + 0.1
            hour = diary.drive(day, hour, 1.5, 0.05)
            if dice.random() < 0.5:
                diary.charge(day, hour + 2, 6.0, 0.05)
        elif dice.random() < 0.5:
            diary.drive(day, dice.uniform(9, 18), 0.4)
            if dice.random() < 0.5:
                diary.charge(day, 20, 2.5, 0.5)
    return _month(diary)


def sleeper(dice: Random) -> Month:
    """Used for a day, then asleep for a week, again and again."""
    diary = _Diary(dice)
    for day in range(DAYS):
        if day % 8 == 3:
            diary.drive(day, dice.uniform(8, 11), 1.2)
            diary.drive(day, dice.uniform(14, 17), 1.2)
    return _month(diary)


def pushed(dice: Random) -> Month:
    """A commuter whose pushes arrive until the webhook dies on the 20th."""
    return replace(commuter(dice), pushed_until=START + timedelta(days=20))


def _month(diary: _Diary, refreshed: list[datetime] | None = None) -> Month:
    dice = diary.dice
    commands = sorted(START + timedelta(days=DAYS * dice.random()) for _ in range(10))
    reports = reports_of(diary.uses, dice)
    return Month(diary.uses, reports, refreshed=refreshed, commands=commands)


type Car = Callable[[Random], Month]
PROFILES: dict[str, tuple[Car, ...]] = {
    "commuter": (commuter,),
    "taxi": (taxi,),
    "garage queen": (garage_queen,),
    "night charger": (night_charger,),
    "holiday": (holiday,),
    "sleeps for a week": (sleeper,),
    "two cars": (commuter, night_charger),
    "push on": (pushed,),
}
IDLE = frozenset({"garage queen", "sleeps for a week"})
