"""Cars whose polls fail: when they become unavailable, and when they are polled again."""

from datetime import timedelta
import logging

from homeassistant.exceptions import HomeAssistantError
import pytest

from simulator.faults import Fault
from simulator.json_types import Json
from tests.helpers.home import ODOMETER, Home
from tests.helpers.routes import SIGNALS_ROUTE
from tests.helpers.times import DAY, HOUR, LISTING, MINUTE, POLL, STEP, next_month

pytestmark = pytest.mark.usefixtures("freezer")


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 502},
        {"status": 429, "headers": {"Retry-After": "60"}},
        {"status": 430},
        {"status": 404},
        {"body": "{"},
        {"body": "<html>busy</html>", "content_type": "text/html", "status": 503},
        {"body": '{"data": {}}'},
        {"drop": True},
    ],
    ids=lambda fault: "-".join(map(str, fault.values()))[:20],
)
async def test_car_is_unavailable_after_a_day_of_failures(
    home: Home, caplog: pytest.LogCaptureFixture, fault: dict[str, Json]
) -> None:
    bad, good, _ = home.cars
    before = home.value(bad, ODOMETER)
    caplog.clear()
    home.cloud.faults.add(Fault.from_json({"vehicle_id": bad.id, **fault}))

    await home.let_pass(DAY - MINUTE, HOUR)
    assert home.value(bad, ODOMETER) == before
    home.cloud.patch_state(good.id, {"odometer": 76_777})
    await home.let_pass(POLL)
    assert home.value(good, ODOMETER) == "76777.0"
    # With a used up plan nothing is polled, and a repair says so.
    is_polled = fault.get("status") != 430
    assert (home.value(bad, ODOMETER) == "unavailable") is is_polled
    assert (home.value(bad, "lock.door_lock") == "unavailable") is is_polled
    assert ("requests_plan" in home.issues()) is not is_polled

    home.cloud.faults.clear()
    home.cloud.patch_state(bad.id, {"odometer": 76_888})
    if not is_polled:
        home.freezer.move_to(next_month())
    await home.let_pass(POLL)
    assert home.value(bad, ODOMETER) == "76888.0"
    records = [record for record in caplog.records if record.name.startswith("custom_components")]
    assert [record.levelno for record in records if record.levelno >= logging.INFO] == [
        logging.ERROR,
        logging.INFO,
    ]
    for secret in (
        bad.id,
        bad.vin,
        home.cloud.client_secret,
        home.cloud.owner_of(bad.id).id,
        bad.nickname,
    ):
        assert secret not in caplog.text


async def test_cars_are_unavailable_after_a_day_without_any_answer(home: Home) -> None:
    home.cloud.faults.add(Fault(drop=True))
    await home.let_pass(DAY - STEP, LISTING)
    assert home.value(home.car, ODOMETER) != "unavailable"
    await home.let_pass(2 * STEP, STEP)
    assert {home.value(car, ODOMETER) for car in home.cars} == {"unavailable"}
    assert not home.hass.config_entries.flow.async_progress()


async def test_cars_are_unavailable_after_a_day_of_refused_credentials(home: Home) -> None:
    """No poll is due any more then, but the values grow old all the same."""
    home.cloud.revoke_tokens()
    home.cloud.faults.add(Fault(route="/oauth2/token", status=401))
    await home.let_pass(DAY + LISTING, 5 * HOUR)
    assert {home.value(car, ODOMETER) for car in home.cars} == {"unavailable"}


@pytest.mark.parametrize(
    ("header", "waits"),
    [
        pytest.param("7200", 2 * HOUR, id="long"),
        pytest.param("172800", timedelta(days=2), id="days"),
        pytest.param("0", 10 * MINUTE, id="none"),
        pytest.param("-5", 10 * MINUTE, id="nonsense"),
    ],
)
async def test_retry_after_is_obeyed(home: Home, header: str, waits: timedelta) -> None:
    home.cloud.faults.add(
        Fault(vehicle_id=home.car.id, status=429, headers={"Retry-After": header}, count=1)
    )
    with pytest.raises(HomeAssistantError):
        await home.refresh()
    home.cloud.patch_state(home.car.id, {"odometer": 76_888})
    step = min(waits / 4, LISTING)
    await home.let_pass(waits - step, step)
    assert home.value(home.car, ODOMETER) != "76888.0"
    await home.let_pass(step + MINUTE)
    assert home.value(home.car, ODOMETER) == "76888.0"


async def test_retry_after_of_the_first_poll_is_obeyed(new_home: Home) -> None:
    new_home.cloud.faults.add(
        Fault(route=SIGNALS_ROUTE, status=429, headers={"Retry-After": "7200"})
    )
    await new_home.set_up()
    new_home.cloud.faults.clear()
    new_home.polls()
    await new_home.let_pass(119 * MINUTE, 7 * MINUTE)
    assert new_home.polls() == 0
    await new_home.let_pass(MINUTE)
    assert new_home.polls() == len(new_home.cars)
