"""The living car: a small deterministic model, stepped lazily from the last time to now.

A car follows a daily routine: it leaves home in the morning, is parked at work, returns, is
plugged in, charges to its limit and falls asleep. Between two changes everything is linear, so
any span of time costs a handful of steps. The car *reports* while it is awake; what it last
reported is what the cloud has stored (reference 4.4), however much it changed since.
"""

from collections.abc import Callable
import copy
from dataclasses import dataclass
from enum import StrEnum
import math
import random
from typing import Final

from .json_types import Json, as_number
from .models import Kind, Model

DAY: Final = 86400.0
LEG_SECONDS: Final = 40 * 60.0
AWAKE_AFTER_COMMAND: Final = 10 * 60.0
AWAKE_AFTER_CHARGE: Final = 15 * 60.0
CHARGE_EFFICIENCY: Final = 0.92
PURE_ELECTRIC_FLOOR: Final = 8.0
"""Below this charge a plug-in hybrid burns fuel."""


@dataclass(slots=True)
class CarState:
    """The true state: what a person standing beside the car would see."""

    asleep: bool = False
    driving: bool = False
    plugged: bool = False
    charging: bool = False
    locked: bool = True
    online: bool = True
    door_open: bool = False
    window_open: bool = False
    trunk_open: bool = False
    front_trunk_open: bool = False
    hood_open: bool = False
    port_open: bool = False
    hvac_on: bool = False
    in_service: bool = False
    fast_charger: bool = False
    soc: float = 80.0
    charge_limit: float = 80.0
    energy_added: float = 0.0
    fuel: float = 0.0
    oil_life: float = 70.0
    low_voltage: float = 91.0
    odometer: float = 0.0
    speed: float = 0.0
    heading: float = 0.0
    latitude: float = 0.0
    longitude: float = 0.0
    target_temperature: float = 21.0
    external_temperature: float = 10.0
    internal_temperature: float = 14.0


@dataclass(frozen=True, slots=True)
class ChargeSchedule:
    """A schedule made by command; shown in `charge-chargetimers` (reference 6.2)."""

    id: str
    kind: str
    latitude: float
    longitude: float
    windows: tuple[tuple[tuple[str, ...], str | None, str | None], ...]
    """(days, start, stop) each."""


@dataclass(frozen=True, slots=True)
class LastCharge:
    """The newest values of a charge; they stay in the store as stale bodies (reference 4.3)."""

    at: float
    watts: float
    kilometers_per_hour: float
    minutes: float


@dataclass(frozen=True, slots=True)
class ChargeRecord:
    """One finished charging session."""

    id: str
    started: float
    ended: float
    energy: float
    start_soc: float
    end_soc: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the car said in one report."""

    at: float
    state: CarState
    last_charge: LastCharge | None
    schedules: tuple[ChargeSchedule, ...]
    records: tuple[ChargeRecord, ...]


class RefusalError(Exception):
    """The car cannot do what it is told: a VEHICLE_STATE code (reference 8.2)."""

    def __init__(self, code: str) -> None:
        """Remember the code."""
        super().__init__(code)
        self.code = code


class Step(StrEnum):
    """A step of the daily routine."""

    WAKE = "wake"
    LEAVE_HOME = "leave_home"
    ARRIVE_WORK = "arrive_work"
    LEAVE_WORK = "leave_work"
    ARRIVE_HOME = "arrive_home"
    PLUG_IN = "plug_in"


def _at(hour: int, minute: int) -> float:
    """Return the seconds from midnight."""
    return hour * 3600.0 + minute * 60.0


ROUTINE: Final[tuple[tuple[float, Step], ...]] = (
    (_at(7, 20), Step.WAKE),
    (_at(7, 30), Step.LEAVE_HOME),
    (_at(8, 10), Step.ARRIVE_WORK),
    (_at(16, 50), Step.WAKE),
    (_at(17, 0), Step.LEAVE_WORK),
    (_at(17, 40), Step.ARRIVE_HOME),
    (_at(17, 50), Step.PLUG_IN),
)

START_OF_DAY: Final[tuple[float, ...]] = (_at(18, 0), _at(18, 5), _at(18, 0))
"""The hour of the first three cars when the simulator starts: charging, charging, parked.

Further cars start anywhere in the day. So a demonstration looks the same at noon and at night.
"""


class Car:
    """One car: its true state, its routine and its last report."""

    def __init__(
        self,
        *,
        vehicle_id: str,
        vin: str,
        model: Model,
        mode: str,
        nickname: str,
        color: str,
        rng: random.Random,
        now: float,
        day_seconds: float,
        report_interval: Callable[[], float],
    ) -> None:
        """Make a car that has already lived one day of its routine."""
        self.id = vehicle_id
        self.vin = vin
        self.model = model
        self.mode = mode
        self.nickname = nickname
        self.color = color
        self.home = (52.52 + rng.uniform(-0.08, 0.08), 13.40 + rng.uniform(-0.12, 0.12))
        self.work = (52.52 + rng.uniform(-0.08, 0.08), 13.40 + rng.uniform(-0.12, 0.12))
        self.route_km = rng.uniform(22.0, 38.0)
        self.held = False
        """Whether the routine stands still: no departures, no falling asleep."""
        self.schedules: tuple[ChargeSchedule, ...] = ()
        self.records: tuple[ChargeRecord, ...] = ()
        self.last_charge: LastCharge | None = None
        self.destination: tuple[float, float] | None = None
        self.reports = 0
        self.report_reason = ""
        self._report_interval = report_interval
        self._offset = day_seconds - now
        self._ids = random.Random(rng.getrandbits(64))
        self._leg = (self.home, self.work)
        self._progress = 0.0
        self._awake_until = math.inf
        self._due: list[float] = []
        self._session: tuple[float, float] = (now, 0.0)
        self.at = now - DAY
        self.state = CarState(
            soc=float(rng.randint(76, 80)) if model.electric else 0.0,
            charge_limit=float(rng.choice((80, 90))),
            fuel=model.tank_liters * rng.uniform(0.45, 0.9),
            oil_life=float(rng.randint(40, 90)),
            low_voltage=rng.uniform(84.0, 93.0),
            odometer=rng.uniform(4_000.0, 90_000.0),
            target_temperature=rng.choice((20.0, 21.0, 21.5, 22.0)),
            latitude=self.home[0],
            longitude=self.home[1],
        )
        self.snapshot = self._take(self.at)
        self._follow_day()
        self.run_to(now)

    # --- time ---------------------------------------------------------------------------

    def run_to(self, now: float) -> None:
        """Live until `now`, reporting on the way as the car would have."""
        if now < self.at:
            # A test set the clock back: the car goes on from there.
            self.at = now
            self.snapshot = self._take(now)
        while True:
            at, change, reason = self._next_change()
            end = min(now, at)
            last = self._last_report_before(end)
            if last is not None:
                self._integrate(last)
                self.report("interval")
            self._integrate(end)
            if at > now:
                return
            change()
            self.report(reason)

    def report(self, reason: str) -> None:
        """Send the present state to the cloud."""
        if self.state.charging:
            self._note_charge()
        self.snapshot = self._take(self.at)
        self.reports += 1
        self.report_reason = reason

    def report_after(self, at: float) -> None:
        """Let the car report at a time to come: the lag of the effect of a command."""
        self._due.append(at)

    def _take(self, at: float) -> Snapshot:
        """Return a picture of the present state."""
        return Snapshot(at, copy.copy(self.state), self.last_charge, self.schedules, self.records)

    def _last_report_before(self, end: float) -> float | None:
        """Return the last regular report due until `end`; earlier ones are overwritten anyway."""
        if self.state.asleep or not self.state.online:
            return None
        interval = self._report_interval()
        if self.state.driving:
            interval /= 5
        count = math.floor((end - self.snapshot.at) / interval)
        return self.snapshot.at + count * interval if count >= 1 else None

    def _next_change(self) -> tuple[float, Callable[[], None], str]:
        """Return when the next change is due, what it does and why the car then reports."""
        state = self.state
        candidates: list[tuple[float, Callable[[], None], str]] = []
        if self._due:
            candidates.append((max(self.at, min(self._due)), self._drop_due, "command"))
        if state.charging:
            candidates.append((self._full_at(), self._finish_charge, "charged"))
        if not self.held:
            at, step = self._next_step()
            candidates.append((at, lambda: self._take_step(step), step.value))
            if not (state.asleep or state.driving or state.charging):
                candidates.append((max(self.at, self._awake_until), self._fall_asleep, "asleep"))
        if not candidates:
            return math.inf, self._drop_due, ""
        return min(candidates, key=lambda candidate: candidate[0])

    def _next_step(self) -> tuple[float, Step]:
        """Return the next step of the routine."""
        midnight = math.floor((self.at + self._offset) / DAY) * DAY - self._offset
        for day in (midnight, midnight + DAY):
            for seconds, step in ROUTINE:
                if day + seconds > self.at + 1e-3:
                    return day + seconds, step
        raise AssertionError("a day has steps")

    def _integrate(self, until: float) -> None:
        """Let everything that flows flow until a time."""
        seconds = until - self.at
        if seconds <= 0:
            return
        state = self.state
        hours = seconds / 3600
        if state.driving:
            self._drive(seconds)
        if state.charging:
            kwh = self.watts / 1000 * CHARGE_EFFICIENCY * hours
            state.energy_added += kwh
            state.soc = min(state.charge_limit, state.soc + kwh / self.model.battery_kwh * 100)
        if state.asleep:
            state.low_voltage = max(60.0, state.low_voltage - 0.08 * hours)
        else:
            state.low_voltage = min(94.0, state.low_voltage + 0.3 * hours)
        self.at = until
        self._follow_day()

    def _follow_day(self) -> None:
        """Set the temperatures by the hour of the day."""
        state = self.state
        hour = ((self.at + self._offset) % DAY) / 3600
        state.external_temperature = 11.0 - 6.0 * math.cos((hour - 3) / 24 * 2 * math.pi)
        state.internal_temperature = (
            state.target_temperature if state.hvac_on else state.external_temperature + 3.0
        )

    def _drive(self, seconds: float) -> None:
        """Move along the leg, using battery and fuel."""
        state, model = self.state, self.model
        kilometers = self.route_km * seconds / LEG_SECONDS
        state.odometer += kilometers
        self._progress = min(1.0, self._progress + seconds / LEG_SECONDS)
        start, goal = self._leg
        state.latitude = start[0] + (goal[0] - start[0]) * self._progress
        state.longitude = start[1] + (goal[1] - start[1]) * self._progress
        state.speed = 25.0 + 55.0 * math.sin(self._progress * math.pi)
        floor = PURE_ELECTRIC_FLOOR if model.kind is Kind.PHEV else 3.0
        if model.electric and state.soc > floor:
            used = kilometers * model.kwh_per_km / model.battery_kwh * 100
            state.soc = max(floor, state.soc - used)
        elif model.fuelled:
            state.fuel = max(1.0, state.fuel - kilometers * model.liters_per_km)
        if model.fuelled:
            state.oil_life = max(0.0, state.oil_life - kilometers / 150)

    # --- changes ------------------------------------------------------------------------

    def _drop_due(self) -> None:
        """Forget the reports that are due now."""
        self._due = [at for at in self._due if at > self.at]

    def _fall_asleep(self) -> None:
        """Sleep: the report that says so is the last one until something wakes the car."""
        self.state.asleep = True
        self.state.hvac_on = False

    def _take_step(self, step: Step) -> None:
        """Do what the routine says."""
        match step:
            case Step.WAKE:
                self.wake(math.inf)
                self.state.hvac_on = True
                self.state.locked = False
            case Step.LEAVE_HOME:
                self._leave(self.home, self.work)
            case Step.LEAVE_WORK:
                self._leave(self.work, self.home)
            case Step.ARRIVE_WORK:
                self._arrive(self.work, 20 * 60)
            case Step.ARRIVE_HOME:
                self._arrive(self.home, 40 * 60)
                if self.state.fuel < 0.15 * self.model.tank_liters:
                    self.state.fuel = 0.95 * self.model.tank_liters
                if self.state.oil_life < 3:
                    self.state.oil_life = 100.0
            case Step.PLUG_IN:
                if self.model.electric and not self.state.driving:
                    self.plug_in()
                    if self.state.soc < self.state.charge_limit:
                        self._begin_charge()

    def _leave(self, start: tuple[float, float], goal: tuple[float, float]) -> None:
        """Drive off."""
        self.wake(math.inf)
        self.unplug()
        state = self.state
        state.driving = state.locked = state.hvac_on = True
        state.door_open = state.trunk_open = state.hood_open = False
        self._leg = ((state.latitude, state.longitude), goal)
        self._progress = 0.0
        north, east = goal[0] - start[0], goal[1] - start[1]
        state.heading = math.degrees(math.atan2(east, north)) % 360

    def _arrive(self, place: tuple[float, float], awake: float) -> None:
        """Park and lock."""
        state = self.state
        state.driving = state.hvac_on = False
        state.speed = 0.0
        state.locked = True
        state.latitude, state.longitude = place
        self._awake_until = self.at + awake

    def wake(self, until: float) -> None:
        """Wake up, for some time at least."""
        if self.state.asleep:
            self._awake_until = until
        else:
            self._awake_until = max(self._awake_until, until)
        self.state.asleep = False

    def plug_in(self) -> None:
        """Connect the cable."""
        self.state.plugged = self.state.port_open = True

    def unplug(self) -> None:
        """Disconnect the cable."""
        if self.state.charging:
            self._finish_charge()
        self.state.plugged = self.state.port_open = False

    @property
    def volts(self) -> float:
        """The voltage of a charger."""
        return 230.0

    @property
    def watts(self) -> float:
        """The power of a charge."""
        return self.volts * self.model.amperes * self.model.phases

    @property
    def kilometers_per_hour(self) -> float:
        """The range that an hour of charging adds."""
        return self.watts / 1000 * CHARGE_EFFICIENCY / self.model.kwh_per_km

    def minutes_to_limit(self) -> float:
        """Return how long the charge goes on."""
        missing = max(0.0, self.state.charge_limit - self.state.soc) / 100
        kilowatts = self.watts / 1000 * CHARGE_EFFICIENCY
        return missing * self.model.battery_kwh / kilowatts * 60

    def _full_at(self) -> float:
        """Return when the charge reaches its limit."""
        return self.at + self.minutes_to_limit() * 60

    def _begin_charge(self) -> None:
        """Let current flow."""
        self.state.charging = True
        self.state.energy_added = 0.0
        self._session = (self.at, self.state.soc)
        self._note_charge()

    def _finish_charge(self) -> None:
        """Stop the current."""
        state = self.state
        self._note_charge()
        state.charging = False
        if state.charge_limit - state.soc < 0.01:
            state.soc = max(state.soc, min(state.charge_limit, 100.0))
        started, soc = self._session
        record = ChargeRecord(
            f"record-{self._ids.getrandbits(40):010x}",
            started,
            self.at,
            state.energy_added,
            soc,
            state.soc,
        )
        self.records = (*self.records, record)[-5:]
        self._awake_until = max(self.at + AWAKE_AFTER_CHARGE, self._awake_until)

    def _note_charge(self) -> None:
        """Keep the values that stay in the store after the charge."""
        self.last_charge = LastCharge(
            self.at, self.watts, self.kilometers_per_hour, self.minutes_to_limit()
        )

    # --- commands (reference 6) -----------------------------------------------------------

    def answer_command(self) -> None:
        """Wake for a command."""
        self.wake(self.at + AWAKE_AFTER_COMMAND)

    def start_charge(self) -> None:
        """Start charging."""
        state = self.state
        if not state.plugged:
            raise RefusalError("CHARGING_PLUG_NOT_CONNECTED")
        if state.charging:
            raise RefusalError("CHARGING_IN_PROGRESS")
        if state.soc >= state.charge_limit:
            raise RefusalError("FULLY_CHARGED")
        self._begin_charge()

    def stop_charge(self) -> None:
        """Stop charging."""
        if not self.state.plugged:
            raise RefusalError("CHARGING_PLUG_NOT_CONNECTED")
        if not self.state.charging:
            raise RefusalError("NOT_CHARGING")
        self._finish_charge()

    def set_charge_limit(self, percent: int) -> None:
        """Set the charge limit; a charge above it ends."""
        self.state.charge_limit = float(percent)
        if self.state.charging and self.state.soc >= percent:
            self._finish_charge()

    def open_port(self) -> None:
        """Open the charge port."""
        self._must_stand()
        self.state.port_open = True

    def close_port(self) -> None:
        """Close the charge port."""
        if self.state.plugged:
            raise RefusalError("CHARGING_PLUG_CONNECTED")
        self.state.port_open = False

    def lock(self) -> None:
        """Lock all doors."""
        self._must_stand()
        for is_open, code in (
            (self.state.door_open, "DOOR_OPEN"),
            (self.state.trunk_open, "TRUNK_OPEN"),
            (self.state.hood_open, "HOOD_OPEN"),
        ):
            if is_open:
                raise RefusalError(code)
        self.state.locked = True

    def unlock(self) -> None:
        """Unlock all doors."""
        self._must_stand()
        self.state.locked = False

    def _must_stand(self) -> None:
        """Refuse while driving."""
        if self.state.driving:
            raise RefusalError("IN_MOTION")

    def patch(self, name: str, value: Json) -> None:
        """Set one field of the true state; what belongs to it follows.

        Raises ValueError for an unknown name or a value of the wrong type.
        """
        if name == "held":
            self.held = _boolean(name, value)
            return
        current = getattr(self.state, name, None) if name in CarState.__slots__ else None
        if current is None:
            raise ValueError(f"no such state: {name}")
        if isinstance(current, bool):
            self._patch_switch(name, _boolean(name, value))
            return
        number = as_number(value)
        if number is None:
            raise ValueError(f"{name} must be a number")
        setattr(self.state, name, number)

    def _patch_switch(self, name: str, value: bool) -> None:
        """Set one of the booleans of the true state."""
        match name, value:
            case "charging", True:
                self.plug_in()
                if not self.state.charging:
                    self.state.asleep = False
                    self._begin_charge()
            case "charging", False:
                if self.state.charging:
                    self._finish_charge()
            case "plugged", True:
                self.plug_in()
            case "plugged", False:
                self.unplug()
            case "driving", True:
                self._leave((self.state.latitude, self.state.longitude), self.work)
            case "driving", False:
                self._arrive((self.state.latitude, self.state.longitude), AWAKE_AFTER_CHARGE)
            case "asleep", True:
                self._fall_asleep()
            case "asleep", False:
                self.wake(self.at + AWAKE_AFTER_COMMAND)
            case _:
                setattr(self.state, name, value)

    def new_schedule_id(self) -> str:
        """Return an id for a schedule."""
        return f"sched_{self._ids.getrandbits(64):016x}"


def _boolean(name: str, value: Json) -> bool:
    """Return a value that must be true or false."""
    if value is True or value is False:
        return value
    raise ValueError(f"{name} must be true or false")
