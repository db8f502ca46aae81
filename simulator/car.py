"""The living car: a small deterministic model, stepped lazily from the last time to now.

A car follows a daily routine: it leaves home in the morning, is parked at work, returns, is
plugged in, charges to its limit and falls asleep. Between two changes everything is linear, so
any span of time costs a handful of steps. The car *reports* while it is awake; the cloud stores
its last report (reference 4.4), however much the car changed since.
"""

from collections.abc import Callable
import copy
import math
import random
from typing import Final

from .car_state import CarState, ChargeSchedule, Place, Snapshot
from .charging import Charging
from .driving import Journey
from .ids import random_hex
from .models import Model
from .routine import DAY, Step, next_step

AWAKE_AFTER_COMMAND: Final = 10 * 60.0
AWAKE_AFTER_CHARGE: Final = 15 * 60.0


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
        """Make a car that has already lived one day of its routine.

        `day_seconds` is the hour of the car's own day at `now`, in seconds from midnight.
        """
        self.id = vehicle_id
        self.vin = vin
        self.model = model
        self.mode = mode
        self.nickname = nickname
        self.color = color
        self.home: Place = (52.52 + rng.uniform(-0.08, 0.08), 13.40 + rng.uniform(-0.12, 0.12))
        self.work: Place = (52.52 + rng.uniform(-0.08, 0.08), 13.40 + rng.uniform(-0.12, 0.12))
        kilometers = rng.uniform(22.0, 38.0)
        self.is_frozen = False
        """Whether the routine stands still: no departures, no falling asleep."""
        self.schedules: tuple[ChargeSchedule, ...] = ()
        self.destination: Place | None = None
        self.reports = 0
        self.report_reason = ""
        self._report_interval = report_interval
        self._day_offset = day_seconds - now
        self._rng = random.Random(rng.getrandbits(64))
        self._awake_until = math.inf
        self._reports_due: list[float] = []
        self._lived_until = now - DAY
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
        self.charging = Charging(model, self.state, self._rng, now)
        self._journey = Journey(model, self.state, kilometers, self.home)
        self.snapshot = self._take_snapshot()
        self._follow_day()
        self.run_to(now)

    def run_to(self, now: float) -> None:
        """Live until `now`, reporting on the way as the car would have."""
        if now < self._lived_until:
            # A test set the clock back: the car goes on from there.
            self._lived_until = now
            self.snapshot = self._take_snapshot()
        while True:
            due, change, reason = self._next_change()
            end = min(now, due)
            last = self._last_report_before(end)
            if last is not None:
                self._integrate(last)
                self.report("interval")
            self._integrate(end)
            if due > now:
                return
            change()
            self.report(reason)

    def report(self, reason: str) -> None:
        """Send the present state to the cloud."""
        if self.state.charging:
            self.charging.record_values(self._lived_until)
        self.snapshot = self._take_snapshot()
        self.reports += 1
        self.report_reason = reason

    def report_after(self, due: float) -> None:
        """Let the car report at a time to come: the lag of the effect of a command."""
        self._reports_due.append(due)

    def _take_snapshot(self) -> Snapshot:
        """Return a picture of the present state."""
        return Snapshot(
            self._lived_until,
            copy.copy(self.state),
            self.charging.last_charge,
            self.schedules,
            self.charging.records,
        )

    def _last_report_before(self, end: float) -> float | None:
        """Return the last regular report due until `end`; earlier ones are overwritten anyway."""
        if self.state.asleep or not self.state.online:
            return None
        interval = self._report_interval()
        if self.state.driving:
            interval /= 5
        reported_at = self.snapshot.reported_at
        count = math.floor((end - reported_at) / interval)
        return reported_at + count * interval if count >= 1 else None

    def _next_change(self) -> tuple[float, Callable[[], None], str]:
        """Return when the next change is due, the change, and the reason of the report after it."""
        state, now = self.state, self._lived_until
        candidates: list[tuple[float, Callable[[], None], str]] = []
        if self._reports_due:
            candidates.append((max(now, min(self._reports_due)), self._drop_due, "command"))
        if state.charging:
            full_at = now + self.charging.minutes_to_limit() * 60
            candidates.append((full_at, self.finish_charge, "charged"))
        if not self.is_frozen:
            due, step = next_step(now, self._day_offset)
            candidates.append((due, lambda: self._take_step(step), step.value))
            if not (state.asleep or state.driving or state.charging):
                candidates.append((max(now, self._awake_until), self.fall_asleep, "asleep"))
        if not candidates:
            return math.inf, self._drop_due, ""
        return min(candidates, key=lambda candidate: candidate[0])

    def _drop_due(self) -> None:
        """Forget the reports that are due now."""
        self._reports_due = [due for due in self._reports_due if due > self._lived_until]

    def _integrate(self, until: float) -> None:
        """Drive, charge and age until a time."""
        seconds = until - self._lived_until
        if seconds <= 0:
            return
        state = self.state
        hours = seconds / 3600
        if state.driving:
            self._journey.move(seconds)
        if state.charging:
            self.charging.flow(hours)
        if state.asleep:
            state.low_voltage = max(60.0, state.low_voltage - 0.08 * hours)
        else:
            state.low_voltage = min(94.0, state.low_voltage + 0.3 * hours)
        self._lived_until = until
        self._follow_day()

    def _follow_day(self) -> None:
        """Set the temperatures by the hour of the day."""
        state = self.state
        hour = ((self._lived_until + self._day_offset) % DAY) / 3600
        state.external_temperature = 11.0 - 6.0 * math.cos((hour - 3) / 24 * 2 * math.pi)
        state.internal_temperature = (
            state.target_temperature if state.hvac_on else state.external_temperature + 3.0
        )

    def _take_step(self, step: Step) -> None:
        """Follow one step of the routine."""
        match step:
            case Step.WAKE:
                self.wake(math.inf)
                self.state.hvac_on = True
                self.state.locked = False
            case Step.LEAVE_HOME:
                self.leave(self.home, self.work)
            case Step.LEAVE_WORK:
                self.leave(self.work, self.home)
            case Step.ARRIVE_WORK:
                self.arrive(self.work, 20 * 60)
            case Step.ARRIVE_HOME:
                self.arrive(self.home, 40 * 60)
                if self.state.fuel < 0.15 * self.model.tank_liters:
                    self.state.fuel = 0.95 * self.model.tank_liters
                if self.state.oil_life < 3:
                    self.state.oil_life = 100.0
            case Step.PLUG_IN:
                if self.model.electric and not self.state.driving:
                    self.plug_in()
                    if self.state.soc < self.state.charge_limit:
                        self.begin_charge()

    def fall_asleep(self) -> None:
        """Sleep: the report that says so is the last one until something wakes the car."""
        self.state.asleep = True
        self.state.hvac_on = False

    def wake(self, until: float) -> None:
        """Wake up, for some time at least."""
        if self.state.asleep:
            self._awake_until = until
        else:
            self._awake_until = max(self._awake_until, until)
        self.state.asleep = False

    def wake_for_command(self) -> None:
        """Wake up as after a command."""
        self.wake(self._lived_until + AWAKE_AFTER_COMMAND)

    def leave(self, start: Place, goal: Place) -> None:
        """Drive off."""
        self.wake(math.inf)
        self.unplug()
        state = self.state
        state.driving = state.locked = state.hvac_on = True
        state.door_open = state.trunk_open = state.hood_open = False
        self._journey.begin(start, goal)

    def arrive(self, place: Place, awake: float) -> None:
        """Park and lock; the car stays awake for some seconds."""
        state = self.state
        state.driving = state.hvac_on = False
        state.speed = 0.0
        state.locked = True
        state.latitude, state.longitude = place
        self._awake_until = self._lived_until + awake

    def plug_in(self) -> None:
        """Connect the cable."""
        self.state.plugged = self.state.port_open = True

    def unplug(self) -> None:
        """Disconnect the cable."""
        if self.state.charging:
            self.finish_charge()
        self.state.plugged = self.state.port_open = False

    def begin_charge(self) -> None:
        """Let current flow."""
        self.charging.begin(self._lived_until)

    def finish_charge(self) -> None:
        """Stop the current; the car stays awake for a while."""
        self.charging.finish(self._lived_until)
        self._awake_until = max(self._lived_until + AWAKE_AFTER_CHARGE, self._awake_until)

    def new_schedule_id(self) -> str:
        """Return an id for a schedule."""
        return f"sched_{random_hex(self._rng, 64)}"
