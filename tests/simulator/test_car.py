"""The living car: what it does in a day and what it reports of it."""

from datetime import timedelta

from freezegun import freeze_time
from freezegun.api import FrozenDateTimeFactory
import pytest

from simulator import Cloud
from simulator.clock import Clock
from simulator.reports import CarReport


def test_car_drives_charges_and_sleeps_in_a_day(freezer: FrozenDateTimeFactory) -> None:
    cloud = Cloud(vehicles=3, seed=1)
    bev, phev, ice = list(cloud.cars.values())[:3]
    before = {car.id: (car.state.odometer, car.state.fuel) for car in (bev, phev, ice)}
    seen: dict[str, set[str]] = {car.id: set() for car in (bev, phev, ice)}
    for _ in range(24 * 6):
        freezer.tick(timedelta(minutes=10))
        cloud.step()
        for car in (bev, phev, ice):
            state = car.state
            assert 0 <= state.soc <= 100
            seen[car.id] |= {
                name
                for name in ("asleep", "driving", "charging", "plugged")
                if getattr(state, name)
            }
    assert seen[bev.id] == seen[phev.id] == {"asleep", "driving", "charging", "plugged"}
    assert seen[ice.id] == {"asleep", "driving"}
    for car in (bev, phev, ice):
        assert 40 < car.state.odometer - before[car.id][0] < 80
    assert ice.state.fuel < before[ice.id][1]
    assert len(bev.charging.records) == 1


def test_size_of_steps_changes_nothing(freezer: FrozenDateTimeFactory) -> None:
    fine, coarse = Cloud(vehicles=6, seed=4), Cloud(vehicles=6, seed=4)
    for _ in range(30):
        freezer.tick(timedelta(minutes=47))
        fine.step()
    coarse.step()
    for one, other in zip(fine.cars.values(), coarse.cars.values(), strict=True):
        assert one.snapshot.reported_at == pytest.approx(other.snapshot.reported_at)
        for name in ("soc", "odometer", "fuel", "low_voltage", "latitude"):
            assert getattr(one.state, name) == pytest.approx(getattr(other.state, name)), name


def test_car_reports_only_while_awake(freezer: FrozenDateTimeFactory) -> None:
    cloud = Cloud(vehicles=3, seed=1)
    car = cloud.car_of_kind("BEV")
    cloud.patch_state(car.id, {"is_frozen": True})
    start = car.snapshot.reported_at
    freezer.tick(timedelta(minutes=12))
    cloud.step()
    assert car.snapshot.reported_at == pytest.approx(start + 600)
    cloud.patch_state(car.id, {"charging": False, "asleep": True})
    asleep = car.snapshot
    assert asleep.state.asleep
    freezer.tick(timedelta(hours=5))
    cloud.step()
    assert car.snapshot is asleep


def test_location_moves_while_driving(freezer: FrozenDateTimeFactory) -> None:
    cloud = Cloud(vehicles=1, seed=1)
    car = next(iter(cloud.cars.values()))
    cloud.patch_state(car.id, {"driving": True})
    places = []
    for _ in range(4):
        freezer.tick(timedelta(minutes=5))
        cloud.step()
        places.append((car.snapshot.state.latitude, car.snapshot.state.longitude))
    assert len(set(places)) == 4
    assert car.state.speed > 20


def test_listeners_get_reports(freezer: FrozenDateTimeFactory) -> None:
    cloud = Cloud(vehicles=1, seed=1)
    car = next(iter(cloud.cars.values()))
    reports: list[CarReport] = []
    cloud.reports.listeners.append(reports.append)
    cloud.step()
    cloud.patch_state(car.id, {"locked": False})
    assert [report.reason for report in reports][-1] == "patched"
    assert reports[-1].changed == {
        "closure-islocked",
        "closure-doors",
        "closure-fronttrunk",
        "closure-reartrunk",
    }
    assert reports[-1].connections[0].vehicle_id == car.id
    count = len(reports)
    cloud.step()
    assert len(reports) == count


def test_clock_scales_and_jumps() -> None:
    with freeze_time("2026-11-21") as frozen:
        clock = Clock(scale=60)
        start, real = clock.now(), clock.real()
        frozen.tick(timedelta(seconds=2))
        assert clock.now() - start == pytest.approx(120)
        assert clock.real() - real == pytest.approx(2)
        clock.advance(10)
        assert clock.now() - start == pytest.approx(130)
        assert clock.after(1) - clock.now() == pytest.approx(60)


def test_car_survives_a_clock_set_back(freezer: FrozenDateTimeFactory) -> None:
    cloud = Cloud(vehicles=2, seed=1)
    freezer.move_to("2020-01-01")
    cloud.step()
    assert len(cloud.visible_connections()) == 2
    freezer.tick(timedelta(hours=30))
    cloud.step()
    assert all(car.snapshot.reported_at <= cloud.clock.now() for car in cloud.cars.values())
