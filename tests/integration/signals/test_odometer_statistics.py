"""The odometer, as Home Assistant's own statistics count the distance."""

from datetime import datetime, timedelta
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from simulator import Cloud
from simulator.car import Car
from tests.helpers.home import NewEntry
from tests.helpers.push_home import PushHome
from tests.helpers.reporting import Report, ReportingCar, Way, report_all
from tests.helpers.signal_table import NOON
from tests.helpers.states import entity_id
from tests.helpers.statistics import PERIOD, period_of, sums

ODOMETER = "odometer-traveleddistance"
SENSOR = "sensor.odometer"
HOUR = timedelta(hours=1)


@pytest.fixture
def recorder_config() -> dict[str, Any]:
    """Record nothing but what is summed up, and commit it when a test waits for it."""
    return {"include": {"entity_globs": ["*odometer*"]}, "commit_interval": 10}


@pytest.fixture(autouse=True)
def _custom_integrations(
    recorder_mock: Any, enable_custom_integrations: None, caplog: pytest.LogCaptureFixture
) -> None:
    """Start the recorder before Home Assistant, which is what this replaces."""
    # Each statement of the database is logged, which costs half of the time.
    caplog.set_level(logging.WARNING)
    caplog.set_level(logging.WARNING, "sqlalchemy.engine")


@pytest.fixture
def vehicles() -> int:
    return 1


@pytest.fixture
def way() -> Way:
    return Way.PUSH


@pytest.fixture
async def fleet(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    new_entry: NewEntry,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    freezer: FrozenDateTimeFactory,
    way: Way,
) -> list[ReportingCar]:
    """Return the cars. They have said nothing, and it is noon."""
    freezer.move_to(NOON)
    for component in ("homeassistant", "auth", "webhook", "sensor"):
        assert await async_setup_component(hass, component, {})
    home = PushHome(hass, cloud, cars, new_entry, freezer, await hass_client_no_auth(), monkeypatch)
    fleet = [ReportingCar(hass, home, car, way) for car in cars]
    await home.set_up_push()
    return fleet


class Trips:
    """Lets cars report their odometers, and reads what was shown and summed up."""

    def __init__(self, fleet: list[ReportingCar], freezer: FrozenDateTimeFactory) -> None:
        self._fleet = fleet
        self._freezer = freezer
        self._periods: set[datetime] = set()
        self.shown: list[list[float]] = [[] for _ in fleet]

    async def report(
        self,
        *readings: list[float],
        every: timedelta = PERIOD,
        restarts: bool = False,
        reported_at: datetime | None = None,
    ) -> None:
        """Let each car report its readings, the first of them now."""
        for step in range(max(map(len, readings))):
            reporting = {
                car: {ODOMETER: Report(body={"value": own[step]}, reported_at=reported_at)}
                for car, own in zip(self._fleet, readings, strict=True)
                if step < len(own)
            }
            await report_all(reporting)
            if restarts:
                await self._fleet[0].restart()
            self._periods.add(period_of(dt_util.utcnow()))
            for shown, car in zip(self.shown, self._fleet, strict=True):
                if car in reporting:
                    shown.append(float(car.shows(SENSOR)))
            self._freezer.tick(every)

    async def sums(self) -> list[list[float]]:
        """Return the sums after each report, one list for each car."""
        names = [str(entity_id(car.hass, car.car, SENSOR)) for car in self._fleet]
        found = await sums(self._fleet[0].hass, names, self._periods)
        return [found[name] for name in names]


@pytest.fixture
def trips(fleet: list[ReportingCar], freezer: FrozenDateTimeFactory) -> Trips:
    return Trips(fleet, freezer)


# What the car reports, and what is shown.
READINGS: dict[str, tuple[list[float], list[float]]] = {
    "0 is no reading": ([52891, 0, 52900], [52891, 52891, 52900]),
    "many zeros": ([52891, 0, 0, 0, 52900], [52891, 52891, 52891, 52891, 52900]),
    "far too much, once": ([52891, 999_999, 52900], [52891, 52891, 52900]),
    "far too much, twice": (
        [52891, 999_999, 999_999, 52900, 52901],
        [52891, 52891, 52891, 52900, 52901],
    ),
    "a digit too few": ([52891, 5289, 52900], [52891, 52891, 52900]),
    "one wrong after the other": (
        [52891, 0, 999_999, 12, 52900],
        [52891, 52891, 52891, 52891, 52900],
    ),
    "a small step back": ([52891, 52890.5, 52900], [52891, 52890.5, 52900]),
    "many small steps back": (
        [52891, 52895, 52893, 52896, 52894, 52900],
        [52891, 52895, 52893, 52896, 52894, 52900],
    ),
    "back and forth": ([52891, 52888, 52891, 52888, 52891], [52891, 52888, 52891, 52888, 52891]),
    "a long drive in one report": ([52891, 53691], [52891, 53691]),
    "a new car": ([3, 9, 400], [3, 9, 400]),
}


@pytest.mark.parametrize("vehicles", [len(READINGS)])
@pytest.mark.parametrize(
    ("way", "restarts"),
    [(Way.PUSH, False), (Way.POLL, True)],
    ids=["push", "poll, a restart after each report"],
)
async def test_statistics_count_what_was_driven(trips: Trips, *, restarts: bool) -> None:
    await trips.report(*(readings for readings, _ in READINGS.values()), restarts=restarts)
    assert dict(zip(READINGS, trips.shown, strict=True)) == {
        name: shown for name, (_, shown) in READINGS.items()
    }
    totals = [sums_of[-1] for sums_of in await trips.sums()]
    assert dict(zip(READINGS, totals, strict=True)) == {
        name: pytest.approx(shown[-1] - shown[0]) for name, (_, shown) in READINGS.items()
    }


async def test_sum_never_rises_by_a_step_back(trips: Trips) -> None:
    await trips.report([52891, 52888, 52891, 52888, 52891])
    (series,) = await trips.sums()
    assert series == [0, -3, 0, -3, 0]


async def test_zero_first_is_no_reading(fleet: list[ReportingCar], trips: Trips) -> None:
    await fleet[0].report({ODOMETER: Report(body={"value": 0})})
    assert not fleet[0].has(SENSOR) or fleet[0].shows(SENSOR) == "unknown"
    await trips.report([52891, 52900])
    assert (await trips.sums())[0][-1] == 9


@pytest.mark.parametrize("vehicles", [2])
@pytest.mark.parametrize(
    ("way", "restarts"),
    [(Way.PUSH, False), (Way.POLL, True)],
    ids=["push", "poll, a restart after each report"],
)
async def test_jump_that_repeats_for_a_day_is_shown(trips: Trips, *, restarts: bool) -> None:
    """Down, as after a repair, and up. It counts once, and a fall never adds the mileage."""
    await trips.report([52891], [52891])
    await trips.report([10_000.0] * 5, [80_000.0] * 5, every=5 * HOUR, restarts=restarts)
    assert trips.shown == [[52891] * 6] * 2
    await trips.report([10_003, 10_003], [80_003, 80_003], every=5 * HOUR, restarts=restarts)
    await trips.report([10_010], [80_010])
    assert [shown[-2:] for shown in trips.shown] == [[10_003, 10_010], [80_003, 80_010]]
    assert [series[-1] for series in await trips.sums()] == [10_010 - 52891, 80_010 - 52891]


async def test_jump_that_is_contradicted_within_the_day_is_not_shown(trips: Trips) -> None:
    """What stands between the jumps is true, though it is what was known before."""
    await trips.report([52891])
    await trips.report([999_999, 52891] * 4, every=9 * HOUR)
    assert set(trips.shown[0]) == {52891}


async def test_days_of_silence_allow_a_long_way(trips: Trips) -> None:
    """2,500 km a day are possible; five days of silence make 9,000 km so."""
    await trips.report([52891], every=5 * 24 * HOUR)
    await trips.report([61_891])
    assert trips.shown == [[52891, 61_891]]


async def test_late_delivery_is_no_step_back(trips: Trips) -> None:
    before = dt_util.utcnow()
    await trips.report([52891, 52900])
    await trips.report([52880], reported_at=before - PERIOD)
    await trips.report([52910])
    assert trips.shown == [[52891, 52900, 52900, 52910]]


async def test_state_class_is_total(fleet: list[ReportingCar], trips: Trips) -> None:
    await trips.report([52891, 52880])
    attributes = fleet[0].attributes(SENSOR)
    assert attributes["state_class"] == "total"
    assert "last_reset" not in attributes
