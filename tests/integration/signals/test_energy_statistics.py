"""The energy added, as Home Assistant's own statistics and its Energy dashboard count it."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
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
from tests.helpers.statistics import PERIOD, sums

ENERGY = "charge-energyadded"
IS_CHARGING = "charge-ischarging"
IS_CONNECTED = "charge-ischargingcableconnected"
ODOMETER = "odometer-traveleddistance"
SENSOR = "sensor.charge_energyadded"


@dataclass(frozen=True)
class Moment:
    """What the car reports at one moment. None is a signal that the car does not send."""

    energy: float | None
    charging: bool | None = None
    connected: bool | None = None
    odometer: float | None = None

    def signals(self) -> dict[str, Report]:
        values: dict[str, Any] = {
            ENERGY: self.energy,
            IS_CHARGING: self.charging,
            IS_CONNECTED: self.connected,
            ODOMETER: self.odometer,
        }
        return {
            code: Report(body={"value": value})
            for code, value in values.items()
            if value is not None
        }


def plugged(*energies: float) -> list[Moment]:
    """Return a car that charges at one place."""
    return [Moment(energy, True, True, 1000) for energy in energies]


def paused(*energies: float) -> list[Moment]:
    """Return a car that is plugged in and does not charge, at the same place."""
    return [Moment(energy, False, True, 1000) for energy in energies]


def unplugged(*energies: float) -> list[Moment]:
    """Return a car whose cable is out, at the same place."""
    return [Moment(energy, False, False, 1000) for energy in energies]


def driven(kilometers: float, moments: Iterable[Moment]) -> list[Moment]:
    """Return the same after a drive."""
    return [Moment(one.energy, one.charging, one.connected, 1000 + kilometers) for one in moments]


def odometer_only(kilometers: float, charging: bool | None, *energies: float) -> list[Moment]:
    """Return a car that says nothing of its cable."""
    return [Moment(energy, charging, None, 1000 + kilometers) for energy in energies]


_WEEK = [
    *plugged(10, 20.5),
    *paused(20.4),
    *unplugged(20.4),
    *driven(50, unplugged(20.3)),
    *driven(55, plugged(0.4, 7)),
    *driven(55, paused(7)),
    *driven(55, plugged(7.5, 13.1)),
    *driven(55, unplugged(13)),
    *driven(90, plugged(8, 31.2, 31.1)),
    *driven(90, paused(0)),
    *driven(91, unplugged(0)),
    *driven(95, plugged(0, 0.3, 16)),
    *driven(95, unplugged(16)),
    *driven(300, plugged(16.2, 18, 16.9)),
    *driven(300, paused(16.8)),
]
_WEEK_PEAKS = [20.5, 13.1, 31.2, 16, 18]


def _many_nights() -> tuple[list[Moment], list[float]]:
    """Let each session end at another height, above or below half of the one before."""
    moments: list[Moment] = []
    peaks: list[float] = []
    for night in range(1, 13):
        peak = 10 + night * 7 % 13
        peaks.append(peak)
        moments += driven(night * 30, [*plugged(peak / 4, peak), *unplugged(peak - 0.1)])
    return moments, peaks


# The moments after the first, which is a parked car that has added 0; and the peaks of the sessions.
SEQUENCES: dict[str, tuple[list[Moment], list[float]]] = {
    "a correction downwards": (plugged(20, 48.06, 47.95), [48.06]),
    "many corrections downwards": (plugged(36.6, 36.3, 35.9, 35.2, 34.4), [36.6]),
    "a zero in the middle": (plugged(8, 0, 8, 10), [10]),
    "a correction, and then more": (plugged(20, 19, 22), [22]),
    "zero when full": ([*plugged(5, 12), *paused(0, 0), *unplugged(0)], [12]),
    "zero when full, then the next session": (
        [*plugged(5, 12), *paused(0), *unplugged(0), *plugged(0, 3, 9), *paused(0)],
        [12, 9],
    ),
    "solar pauses": (
        [*plugged(2, 3), *paused(3, 3), *plugged(3, 5), *paused(5), *plugged(5.5, 7), *paused(7)],
        [7],
    ),
    "kept until the next session": (
        [
            *plugged(10, 20),
            *paused(20),
            *unplugged(20),
            *driven(80, unplugged(19.8, 19.5)),
            *driven(90, plugged(1, 5)),
        ],
        [20, 5],
    ),
    "corrected on the way, plugged in again and not charged": (
        [
            *plugged(10, 20),
            *unplugged(20),
            *driven(80, unplugged(19.5)),
            *driven(90, paused(19.4, 19.4)),
            *driven(95, unplugged(19.3)),
        ],
        [20],
    ),
    "more than before at the first report": (
        [*plugged(12), *unplugged(12), *plugged(13, 14)],
        [12, 14],
    ),
    "ends above half of the one before": (
        [*plugged(20), *unplugged(20), *plugged(2, 9, 15), *unplugged(15)],
        [20, 15],
    ),
    "first reported above half of the one before": (
        [*plugged(20), *unplugged(20), *driven(40, plugged(15, 16))],
        [20, 16],
    ),
    "the old value first, then the new session": (
        [*plugged(20), *unplugged(20), *plugged(20, 4, 18)],
        [20, 18],
    ),
    "a correction within the second session": (
        [*plugged(20), *unplugged(20), *plugged(6, 11, 10.8), *paused(10.7)],
        [20, 11],
    ),
    "not unplugged between two sessions": ([*plugged(8, 12), *paused(12), *plugged(0, 4)], [12]),
    "not unplugged, and more than before": (
        [*plugged(8, 12), *paused(12), *plugged(0, 4, 15)],
        [15],
    ),
    "the odometer alone shows the border": (
        [
            *odometer_only(0, True, 10, 20),
            *odometer_only(0, False, 20),
            *odometer_only(60, False, 19.9),
            *odometer_only(60, True, 3, 11),
        ],
        [20, 11],
    ),
    "the odometer alone, without a word of charging": (
        [*odometer_only(0, None, 10, 20), *odometer_only(60, None, 2, 6, 7)],
        [20, 7],
    ),
    "the odometer stands still and the value falls": (
        [*odometer_only(0, True, 10, 20), *odometer_only(0, True, 3, 11)],
        [20],
    ),
    "a week": (_WEEK, _WEEK_PEAKS),
    "many nights": _many_nights(),
}


@pytest.fixture
def recorder_config() -> dict[str, Any]:
    """Record nothing but what is summed up, and commit it when a test waits for it."""
    return {"include": {"entity_globs": ["*energy*"]}, "commit_interval": 10}


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
    """Return how many cars are connected: one for each sequence where that is what is tested."""
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


@pytest.fixture
def reporting(fleet: list[ReportingCar]) -> ReportingCar:
    return fleet[0]


def first(moments: list[Moment]) -> list[Moment]:
    """Return the moments with a parked car before them that has added 0 kWh."""
    earliest = moments[0]
    parked = Moment(
        0,
        None if earliest.charging is None else False,
        None if earliest.connected is None else False,
        earliest.odometer,
    )
    return [parked, *moments]


async def live(
    lives: Mapping[ReportingCar, list[Moment]],
    freezer: FrozenDateTimeFactory,
    *,
    restarts: Container[int] = (),
) -> None:
    """Let the cars report every five minutes; restart after the reports with these numbers."""
    some = next(iter(lives))
    for step in range(max(map(len, lives.values()))):
        await report_all(
            {car: moments[step].signals() for car, moments in lives.items() if step < len(moments)}
        )
        if step in restarts:
            before = [car.all_states() for car in lives]
            await some.restart()
            assert [car.all_states() for car in lives] == before
        freezer.tick(PERIOD)


async def counted(*cars: ReportingCar) -> list[list[float]]:
    """Return what the statistics of each car sum up to after each five minutes since noon."""
    names = [str(entity_id(car.hass, car.car, SENSOR)) for car in cars]
    start = dt_util.parse_datetime(NOON, raise_on_error=True)
    spans = (dt_util.utcnow() - start) // PERIOD
    found = await sums(cars[0].hass, names, [start + number * PERIOD for number in range(spans)])
    return [found[name] for name in names]


@pytest.mark.parametrize("vehicles", [len(SEQUENCES)])
@pytest.mark.parametrize(
    ("way", "restarts"),
    [(Way.PUSH, ()), (Way.POLL, (2, 4, 9))],
    ids=["push", "poll, with restarts"],
)
async def test_statistics_sum_the_peaks_of_the_sessions(
    fleet: list[ReportingCar], freezer: FrozenDateTimeFactory, restarts: Container[int]
) -> None:
    lives = {
        car: first(moments) for car, (moments, _) in zip(fleet, SEQUENCES.values(), strict=True)
    }
    await live(lives, freezer, restarts=restarts)
    series = dict(zip(SEQUENCES, await counted(*fleet), strict=True))
    assert {name: sums_of[-1] for name, sums_of in series.items()} == {
        name: pytest.approx(sum(peaks)) for name, (_, peaks) in SEQUENCES.items()
    }
    # What was counted stays counted.
    assert [name for name, sums_of in series.items() if sums_of != sorted(sums_of)] == []
    shown = dict(zip(SEQUENCES, (float(car.shows(SENSOR)) for car in fleet), strict=True))
    assert shown == {name: peaks[-1] for name, (_, peaks) in SEQUENCES.items()}


async def test_restart_after_each_report_changes_nothing(
    reporting: ReportingCar, freezer: FrozenDateTimeFactory
) -> None:
    moments, peaks = SEQUENCES["a week"]
    await live({reporting: first(moments)}, freezer, restarts=range(100))
    ((*_, total),) = await counted(reporting)
    assert total == pytest.approx(sum(peaks))


async def test_late_and_repeated_deliveries_add_nothing(
    reporting: ReportingCar, freezer: FrozenDateTimeFactory
) -> None:
    late = {
        code: Report(body=one.body, reported_at=dt_util.utcnow() + timedelta(minutes=4))
        for code, one in plugged(5)[0].signals().items()
    }
    for number, moment in enumerate([*first(plugged(20)), *driven(40, plugged(2, 9))]):
        await reporting.report(moment.signals())
        if number:
            await reporting.report(moment.signals())
            await reporting.report(late)
        freezer.tick(PERIOD)
    ((*_, total),) = await counted(reporting)
    assert total == 29


@pytest.mark.parametrize(
    "nothing",
    [
        pytest.param(Report(body={"value": None}), id="null"),
        pytest.param(Report(body={"value": -1}), id="out of range"),
        pytest.param(Report(error=("VEHICLE_STATE", "ASLEEP")), id="an error"),
        pytest.param(
            Report(error=("VEHICLE_STATE", "NOT_CHARGING"), body={"value": 3}),
            id="an error with a stale body",
        ),
    ],
)
async def test_report_without_a_value_adds_nothing(
    reporting: ReportingCar, freezer: FrozenDateTimeFactory, nothing: Report
) -> None:
    await live({reporting: first(plugged(5))}, freezer)
    await reporting.report({ENERGY: nothing})
    freezer.tick(PERIOD)
    await reporting.restart()
    await live({reporting: plugged(5, 7)}, freezer)
    ((*_, total),) = await counted(reporting)
    assert total == 7


async def test_meter_starts_anew_only_with_a_session(
    reporting: ReportingCar, freezer: FrozenDateTimeFactory
) -> None:
    """`last_reset` is when the session began: neither plugging in nor a correction changes it."""
    resets = []
    for moment in [
        *plugged(20, 19),
        *unplugged(19),
        *driven(9, paused(19)),
        *driven(9, plugged(3, 2.9, 8)),
    ]:
        await live({reporting: [moment]}, freezer)
        resets.append(reporting.attributes(SENSOR)["last_reset"])
    assert len(set(resets[:4])) == 1
    assert len(set(resets[4:])) == 1
    assert resets[3] != resets[4]
