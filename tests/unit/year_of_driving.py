"""A year of driving and charging, what five makes report of it, and what of that is delivered.

Everything comes from one seed. The generator knows the truth; `expected_signals` follows design
section 3 over what was delivered, signal by signal, and knows nothing of the integration's merge.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
import random
from typing import Final, override

from custom_components.smartcar.api import Json, JsonObject, Signal

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
_CLOCK_TOLERANCE: Final = timedelta(minutes=5)

LEVEL: Final = "tractionbattery-stateofcharge"
RANGE: Final = "tractionbattery-range"
ODOMETER: Final = "odometer-traveleddistance"
POSITION: Final = "location-preciselocation"
FUEL: Final = "internalcombustionengine-fuellevel"
SPEED: Final = "motion-currentspeed"
LOCKED: Final = "closure-islocked"
CONNECTED: Final = "charge-ischargingcableconnected"
CHARGING: Final = "charge-ischarging"
STATUS: Final = "charge-detailedchargingstatus"
POWER: Final = "charge-wattage"
ENERGY: Final = "charge-energyadded"

LASTING: Final = frozenset({LEVEL, RANGE, ODOMETER, POSITION, FUEL})
EVIDENCE: Final = frozenset({CHARGING, STATUS, CONNECTED})
COMMAND_RULES: Final = HOUR
"""How long the result of a lock command yields only to a later time of the maker."""


@dataclass(frozen=True)
class Truth:
    """The car at one moment. `session` numbers the sessions of charging, from 1."""

    at: datetime
    odometer: float
    level: float
    fuel: float
    position: tuple[float, float]
    driving: bool = False
    waking: bool = False
    locked: bool = True
    plugged: bool = False
    charging: bool = False
    complete: bool = False
    energy: float = 0.0
    session: int = 0
    power: float = 0.0
    is_first_of_session: bool = False
    """Whether this is the first report of a session that has energy: it is always delivered."""


@dataclass(frozen=True)
class Sent:
    """One signal on its way."""

    code: str
    body: JsonObject
    error: tuple[str, str] | None = None
    oem_updated_at: datetime | None = None
    retrieved_at: datetime | None = None

    def as_signal(self, *, pushed: bool) -> Signal:
        """Return the signal as a poll or as a push reads it."""
        status: dict[str, Json] = {"value": "ERROR" if self.error else "SUCCESS"}
        if self.error:
            status["error"] = {"type": self.error[0], "code": self.error[1]}
        times = {"oemUpdatedAt": self.oem_updated_at, "retrievedAt": self.retrieved_at}
        attributes: dict[str, Json] = {"code": self.code, "status": status, "body": self.body}
        if pushed:
            attributes["meta"] = {
                name: round(time.timestamp() * 1000) for name, time in times.items() if time
            }
            return Signal.from_event(attributes)
        meta: dict[str, Json] = {name: time.isoformat() for name, time in times.items() if time}
        return Signal.from_rest({"id": self.code, "attributes": attributes, "meta": meta})


@dataclass(frozen=True)
class Command:
    """The owner locks or unlocks the car from Home Assistant."""

    at: datetime
    locked: bool


@dataclass(frozen=True)
class Delivery:
    """What arrives at one moment."""

    at: datetime
    signals: tuple[Sent, ...]
    truth: Truth
    pushed: bool

    @override
    def __str__(self) -> str:
        """Describe it in few words."""
        signals = " ".join(
            f"{one.code}={read(one)}{f' ({one.error[1]})' if one.error else ''}"
            for one in self.signals
        )
        return f"{'push' if self.pushed else 'poll'} of {self.truth.at:%d %b %H:%M:%S}: {signals}"


type Event = Delivery | Command


# The car


class Car:
    """Drives, parks and charges; `live` yields what it would report, in order of time."""

    def __init__(self, rng: random.Random, days: int, *, zero_when_full: bool, dense: bool) -> None:
        self._rng = rng
        self._days = days
        self._zero_when_full = zero_when_full
        self._pause = 45 * MINUTE if dense else 4 * HOUR
        self._drives = 1.0 if dense else 0.35
        self._session = 0
        self._now = Truth(START, 20_000.0, 60.0, 80.0, (52.5, 13.4))

    def _report(self, after: timedelta, **changes: object) -> Truth:
        """Let time pass, change the car, and return it."""
        fields: dict[str, object] = {"waking": False, "is_first_of_session": False, **changes}
        # Whole seconds: a push has milliseconds, a poll microseconds.
        at = self._now.at + timedelta(seconds=max(60, round(after.total_seconds())))
        self._now = replace(self._now, at=at, **fields)  # type: ignore[arg-type]  # fields of it
        return self._now

    def live(self) -> Iterator[Truth]:
        yield self._now
        for day in range(self._days):
            morning = START + timedelta(days=day, hours=7, minutes=self._rng.randrange(90))
            if self._now.at < morning:
                yield from self._park_until(morning)
            if self._rng.random() > self._drives:
                continue
            distance = self._rng.choice((4.0, 12.0, 30.0, 30.0, 55.0, 480.0))
            yield from self._drive(distance)
            yield from self._park_until(self._now.at + self._rng.randrange(2, 8) * HOUR)
            yield from self._drive(min(distance, 90.0))
            if self._now.level < 45 or self._rng.random() < 0.5:
                yield from self._charge()

    def _park_until(self, until: datetime) -> Iterator[Truth]:
        """Sleep, with a report now and then. Nothing but the clock moves."""
        while self._now.at + self._pause < until:
            pause = min(12 * HOUR, self._pause * self._rng.uniform(1, 3))
            energy = self._corrected() if self._rng.random() < 0.1 else self._now.energy
            yield self._report(pause, waking=self._rng.random() < 0.3, energy=energy)
        if self._now.at < until:
            yield self._report(until - self._now.at, waking=True)

    def _corrected(self) -> float:
        """Return the energy of the last session, corrected downwards."""
        return round(self._now.energy * self._rng.uniform(0.97, 1), 2)

    def _drive(self, distance: float) -> Iterator[Truth]:
        if self._now.plugged:
            yield self._report(
                5 * MINUTE, plugged=False, charging=False, power=0.0, complete=False, locked=False
            )
        left, speed = distance, self._rng.uniform(30, 125)
        while left > 0:
            part = min(left, speed / 2)
            left -= part
            yield self._report(
                part / speed * HOUR,
                driving=True,
                locked=True,
                odometer=round(self._now.odometer + part, 1),
                level=max(4.0, round(self._now.level - part / 4, 1)),
                fuel=max(15.0, self._now.fuel - part / 60),
                position=(
                    round(self._now.position[0] + self._rng.uniform(-0.2, 0.2), 5),
                    round(self._now.position[1] + self._rng.uniform(-0.2, 0.2), 5),
                ),
                energy=self._corrected(),
            )
            if self._now.level < 15:
                yield self._report(5 * MINUTE, driving=False, locked=False)
                yield from self._charge(power=90_000.0, until=70.0)
                yield self._report(
                    5 * MINUTE, plugged=False, charging=False, power=0.0, complete=False
                )
                # The odometer shows the border, even if unplugging is reported too late.
                left = max(left, 6.0)
        fuel = 95.0 if self._now.fuel < 30 else self._now.fuel
        yield self._report(2 * MINUTE, driving=False, locked=False, fuel=fuel)
        yield self._report(2 * MINUTE, locked=True)

    def _charge(self, power: float = 7_200.0, until: float = 100.0) -> Iterator[Truth]:
        """Plug in, wait, charge with pauses until full; sometimes charge again without unplugging."""
        yield self._report(4 * MINUTE, plugged=True, complete=False)
        self._session += 1
        is_first = True
        for _ in range(2 if self._rng.random() < 0.2 else 1):
            energy, wait = 0.0, self._rng.randrange(5, 120) * MINUTE
            while self._now.level < until:
                added = min(until - self._now.level, self._rng.uniform(6, 20))
                energy = round(energy + added * 0.75 + self._rng.uniform(0.01, 0.2), 2)
                yield self._report(
                    wait + 40 * MINUTE,
                    charging=True,
                    power=power,
                    complete=False,
                    session=self._session,
                    energy=energy,
                    level=round(self._now.level + added, 1),
                    is_first_of_session=is_first,
                )
                is_first, wait = False, timedelta()
                if self._rng.random() < 0.2:
                    # The sun is gone for a while.
                    yield self._report(10 * MINUTE, charging=False, power=0.0)
                    wait = 20 * MINUTE
            if not is_first:
                full = until == 100
                end = 0.0 if full and self._zero_when_full else self._corrected()
                yield self._report(5 * MINUTE, charging=False, power=0.0, complete=full, energy=end)
            if until < 100 or self._now.at.hour > 20:
                return
            # Standing costs a little, which is charged again.
            yield self._report(2 * HOUR, level=self._now.level - 4)


# The makes


@dataclass(frozen=True)
class Make:
    """How a make reports.

    `render` gives what is not said with a plain success. `pushed_codes` is what the webhook
    carries; None is all. Reports of a make without `disorder` are late or lost only, because a
    signal without a time counts as of its arrival.
    """

    name: str
    codes: frozenset[str]
    complete: str
    render: Callable[[random.Random, Truth, dict[str, Sent], bool], None]
    pushed_codes: frozenset[str] | None = None
    zero_when_full: bool = False
    disorder: bool = True
    commands: bool = False

    def report(self, rng: random.Random, truth: Truth) -> dict[str, Sent]:
        """Return everything that the car says of a moment."""
        if truth.charging:
            status = "CHARGING"
        elif truth.complete:
            status = self.complete
        else:
            status = "NOT_CHARGING"
        plain: dict[str, JsonObject] = {
            LEVEL: {"value": truth.level, "unit": "percent"},
            RANGE: {"value": round(truth.level * 4), "unit": "km"},
            ODOMETER: {"value": truth.odometer, "unit": "km"},
            POSITION: {"latitude": truth.position[0], "longitude": truth.position[1]},
            FUEL: {"value": round(truth.fuel, 1), "unit": "percent"},
            SPEED: {"value": 60 if truth.driving else 0, "unit": "km/h"},
            LOCKED: {"value": truth.locked},
            CONNECTED: {"value": truth.plugged},
            CHARGING: {"value": truth.charging},
            STATUS: {"value": status},
            POWER: {"value": truth.power, "unit": "watts"},
            ENERGY: {"value": truth.energy, "unit": "kWh"},
        }
        sent = {
            code: Sent(code, body, None, truth.at, truth.at + 5 * timedelta(seconds=1))
            for code, body in plain.items()
            if code in self.codes
        }
        self._break_odometer(rng, truth, sent)
        self.render(rng, truth, sent, False)
        return sent

    def _break_odometer(self, rng: random.Random, truth: Truth, sent: dict[str, Sent]) -> None:
        """Let one reading in forty be wrong. It steps back only on the way, as it would arm."""
        dice, right = rng.random(), sent[ODOMETER]
        value = float(str(right.body["value"]))
        if dice < 0.008:
            value = 0
        elif dice < 0.016:
            value = 999_999
        elif dice < 0.05 and truth.driving:
            value = round(value - rng.uniform(0.2, 2), 1)
        sent[ODOMETER] = replace(right, body={"value": value, "unit": "km"})

    def push(self, rng: random.Random, truth: Truth, report: Mapping[str, Sent]) -> dict[str, Sent]:
        """Return what the webhook carries of a report."""
        carried = {
            code: one
            for code, one in report.items()
            if self.pushed_codes is None or code in self.pushed_codes
        }
        self.render(rng, truth, carried, True)
        return carried


def _not_charging(truth: Truth, sent: dict[str, Sent]) -> None:
    """Say NOT_CHARGING beside the last power, which is stale."""
    if not truth.charging and POWER in sent:
        sent[POWER] = replace(
            sent[POWER],
            body={"value": 8000, "unit": "watts"},
            error=("VEHICLE_STATE", "NOT_CHARGING"),
            oem_updated_at=None,
        )


def _tesla(rng: random.Random, truth: Truth, sent: dict[str, Sent], pushed: bool) -> None:
    if not pushed:
        _not_charging(truth, sent)


def _jaguar(rng: random.Random, truth: Truth, sent: dict[str, Sent], pushed: bool) -> None:
    if pushed:
        return
    _not_charging(truth, sent)
    if truth.waking and rng.random() < 0.5:
        sent[LOCKED] = replace(sent[LOCKED], body={"value": None})


def _volkswagen(rng: random.Random, truth: Truth, sent: dict[str, Sent], pushed: bool) -> None:
    if pushed:
        sent[CHARGING] = replace(sent[CHARGING], oem_updated_at=None, retrieved_at=None)
        return
    if not truth.charging and not truth.plugged and rng.random() < 0.1:
        sent[RANGE] = replace(sent[RANGE], body={"value": 2046, "unit": "km"})
    # The maker's clock is behind, but never behind the report before.
    lag = timedelta(seconds=rng.randrange(55))
    for code, one in sent.items():
        sent[code] = replace(one, oem_updated_at=truth.at - lag)


def _rivian(rng: random.Random, truth: Truth, sent: dict[str, Sent], pushed: bool) -> None:
    if pushed or rng.random() < 0.2:
        return
    for code, one in sent.items():
        sent[code] = replace(one, error=("UPSTREAM", "NO_RESPONSE"))


def _hybrid(rng: random.Random, truth: Truth, sent: dict[str, Sent], pushed: bool) -> None:
    if pushed:
        return
    level: Json = truth.level // 10 * 10
    if truth.level == 100 and rng.random() < 0.5:
        level = 102.3
    elif truth.waking and rng.random() < 0.5:
        level = None
    sent[LEVEL] = replace(sent[LEVEL], body={"value": level, "unit": "percent"})
    if truth.waking:
        fuel = rng.choice((-5, None))
        sent[FUEL] = replace(sent[FUEL], body={"value": fuel, "unit": "percent"})
        sent[SPEED] = replace(sent[SPEED], body={"value": None, "unit": "km/h"})
    if truth.driving:
        sent[POSITION] = replace(sent[POSITION], body={"latitude": None, "longitude": None})


_ALL: Final = frozenset({LEVEL, RANGE, ODOMETER, POSITION, LOCKED, *EVIDENCE, POWER})
_MAKES: Final = (
    Make("Tesla", _ALL | {ENERGY, SPEED}, "COMPLETE", _tesla),
    Make("Jaguar I-PACE", _ALL | {ENERGY}, "FULLY_CHARGED", _jaguar, zero_when_full=True),
    Make("Volkswagen ID.4", _ALL, "CHARGE_ENDED", _volkswagen, disorder=False),
    Make("Rivian", _ALL - {CHARGING}, "charging_complete", _rivian),
    Make(
        "hybrid",
        _ALL | {FUEL, SPEED},
        "DONE",
        _hybrid,
        pushed_codes=(_ALL | {FUEL}) - {CHARGING},
        commands=True,
    ),
)
MAKES: Final = {make.name: make for make in _MAKES}


# The way to Home Assistant


@dataclass
class Year:
    """What arrives, in order of arrival, and how much went wrong on the way."""

    make: Make
    events: list[Event]
    lost: int = 0
    repeated: int = 0
    delayed: int = 0
    sessions: int = 0


def year(seed: int, make: Make, days: int, *, dense: bool) -> Year:
    """Return a year of one make; the same seed gives the same year."""
    rng = random.Random(f"{seed}/{make.name}")
    car = Car(rng, days, zero_when_full=make.zero_when_full, dense=dense)
    reports = [(truth, make.report(rng, truth)) for truth in car.live()]
    found = Year(make, [], sessions=reports[-1][0].session)
    commands: list[Command] = []
    if make.commands:
        commands, reports = _with_commands(rng, reports)
    for number, (truth, report) in enumerate(reports):
        until = reports[number + 1][0].at if number + 1 < len(reports) else truth.at + HOUR
        _deliver(rng, found, truth, report, until)
    found.events += commands
    found.events.sort(key=lambda event: event.at)
    return found


def _deliver(
    rng: random.Random, found: Year, truth: Truth, report: dict[str, Sent], until: datetime
) -> None:
    """Push a report, and poll it until the next one."""
    make = found.make
    is_safe = truth.is_first_of_session or not make.disorder
    at = truth.at + 20 * timedelta(seconds=1)
    carried = tuple(make.push(rng, truth, report).values())
    dice = rng.random()
    if dice < 0.15 and not truth.is_first_of_session:
        found.lost += 1
    else:
        if dice < 0.3 and not is_safe:
            found.delayed += 1
            at += rng.uniform(0.2, 3) * HOUR
        found.events.append(Delivery(at, carried, truth, pushed=True))
        if dice > 0.9:
            found.repeated += 1
            again = rng.uniform(0.1, 2) * HOUR if not is_safe else timedelta(seconds=9)
            found.events.append(Delivery(at + again, carried, truth, pushed=True))
    due = truth.at + rng.uniform(0.01, 5) * HOUR
    if due < until:
        everything = tuple(report.values())
        found.events.append(Delivery(due, everything, truth, pushed=False))


def _with_commands(
    rng: random.Random, reports: list[tuple[Truth, dict[str, Sent]]]
) -> tuple[list[Command], list[tuple[Truth, dict[str, Sent]]]]:
    """Lock by command now and then, after which the clock of the lock stands still for days."""
    commands: list[Command] = []
    changed: list[tuple[Truth, dict[str, Sent]]] = []
    stands_at, stands_until = START, START
    for truth, report in reports:
        if truth.at < stands_until:
            sent = {**report, LOCKED: replace(report[LOCKED], oem_updated_at=stands_at)}
            changed.append((truth, sent))
            continue
        changed.append((truth, report))
        if truth.locked and not truth.driving and rng.random() < 0.02:
            commands.append(Command(truth.at + MINUTE, locked=True))
            stands_at, stands_until = truth.at, truth.at + timedelta(days=2)
    return commands, changed


# What is to be shown


@dataclass
class _Kept:
    value: object
    at: datetime
    dated: bool
    commanded: bool = False


@dataclass
class Expected:
    """What is to be shown after each event, by the rules of design section 3 and 6a."""

    kept: dict[str, _Kept] = field(default_factory=dict)
    evidence: tuple[datetime, Truth] | None = None
    is_ambiguous: bool = False
    """A late NOT_CHARGING without a time came last: whether it counts as of now is not defined."""
    refused: int = 0
    peaks: dict[int, float] = field(default_factory=dict)
    peak: float | None = None

    def apply(self, event: Event) -> None:
        """Follow an event."""
        if isinstance(event, Command):
            self.kept[LOCKED] = _Kept(event.locked, event.at, dated=True, commanded=True)
            return
        accepted = {one.code for one in event.signals if self._apply(one, event.at)}
        if accepted & EVIDENCE:
            self.evidence = event.at, event.truth
            self.is_ambiguous = False
        elif any(one.error and one.error[1] == "NOT_CHARGING" for one in event.signals):
            self.is_ambiguous = self.is_ambiguous or self._contradicts(event.truth)
        if ENERGY in accepted:
            self._follow(event.truth)

    def _contradicts(self, truth: Truth) -> bool:
        return self.evidence is not None and self.evidence[1].charging != truth.charging

    def _apply(self, sent: Sent, now: datetime) -> bool:
        """Apply one signal; False if what is stored stays."""
        if sent.error and sent.error[1] == "NOT_CHARGING":
            return False
        kept, time = self.kept.get(sent.code), sent.oem_updated_at
        if not self._is_newer(sent, now):
            self.refused += 1
            return False
        value = read(sent)
        if value is None and sent.code in LASTING:
            # A success that says nothing: what was known stays, of its old time.
            return False
        if sent.code == ODOMETER and kept is not None and _is_jump(kept.value, value):
            return False
        self.kept[sent.code] = _Kept(value, time or now, dated=time is not None)
        return True

    def _is_newer(self, sent: Sent, now: datetime) -> bool:
        kept, time = self.kept.get(sent.code), sent.oem_updated_at
        if kept is None:
            return True
        if kept.commanded and (time is None or time <= kept.at):
            retrieved = sent.retrieved_at or now
            return now >= kept.at + COMMAND_RULES and retrieved > kept.at
        if sent.error:
            return time is not None and time > kept.at
        if time is None or time >= kept.at:
            return True
        return not kept.dated and sent.retrieved_at is not None and sent.retrieved_at > kept.at

    def _follow(self, truth: Truth) -> None:
        """Count the energy of the session that it truly belongs to."""
        self.peak = max(self.peaks.get(truth.session, 0.0), truth.energy)
        self.peaks[truth.session] = self.peak

    # What is compared

    def value(self, code: str) -> object:
        """Return what is to be shown of a signal; None if nothing was ever said."""
        kept = self.kept.get(code)
        return kept.value if kept else None

    @property
    def truth(self) -> Truth | None:
        """The car as the newest evidence of charging describes it; None if that is not defined."""
        if self.evidence is None or self.is_ambiguous:
            return None
        return self.evidence[1]


def _is_jump(before: object, value: object) -> bool:
    assert isinstance(before, int | float)
    assert isinstance(value, int | float)
    # Nothing between is generated.
    return abs(value - before) > 100_000 or value < before / 2


def read(sent: Sent) -> object:
    """Read a body as a person would; None for what says nothing."""
    body = sent.body
    if sent.code == POSITION:
        return None if body["latitude"] is None else (body["latitude"], body["longitude"])
    value = body["value"]
    if sent.code == RANGE and value == 2046:
        return None
    if sent.code in {LEVEL, FUEL} and value in {102.3, -5}:
        return None
    if sent.code == ODOMETER and value == 0:
        return None
    return value
