"""Cars that are connected and disconnected, and cars in two entries."""

import json

from homeassistant.exceptions import HomeAssistantError
import pytest

from simulator import Cloud
from simulator.car import Car
from simulator.faults import Fault
from tests.helpers.home import ODOMETER, ODOMETER_AT_FIRST, Home
from tests.helpers.routes import CONNECTIONS_ROUTE
from tests.helpers.times import DAY, HOUR, LISTING, MINUTE, POLL, STEP

pytestmark = pytest.mark.usefixtures("freezer")


async def test_new_car_appears_with_the_next_list(home: Home) -> None:
    ada = home.cloud.owner_of(home.car.id)
    new = home.cloud.unconnected(ada.id)[0]
    new.is_frozen = True
    home.cloud.patch_state(new.id, {"odometer": ODOMETER_AT_FIRST})
    home.cloud.connect(ada.id, [new.id])
    await home.let_pass(LISTING - MINUTE, 10 * MINUTE)
    home.cloud.requests.clear()
    for car in home.cars:
        home.cloud.faults.add(Fault(vehicle_id=car.id, drop=True))
    await home.let_pass(MINUTE)
    assert home.value(new, "sensor.battery_level") != "unavailable"
    assert home.entities(new) >= {"lock.door_lock", "switch.charging", ODOMETER}
    assert home.device(new) is not None
    assert home.value(new, "sensor.requests_left") == "499"
    home.cloud.faults.clear()
    home.cloud.patch_state(new.id, {"odometer": 76_888})
    await home.let_pass(POLL)
    assert home.value(new, ODOMETER) == "76888.0"


def disconnect(cloud: Cloud, car: Car) -> str:
    """Let the owner of a car take the consent back."""
    (connection,) = cloud.connections_of(vehicle_id=car.id)
    cloud.disconnect(connection.id)
    return connection.user_id


async def test_disconnected_car_is_gone_after_two_lists_and_comes_back(home: Home) -> None:
    gone, *others = home.cars
    user_id = disconnect(home.cloud, gone)
    await home.let_pass(LISTING, STEP)
    assert home.value(gone, ODOMETER) != "unavailable"
    await home.let_pass(LISTING, STEP)
    assert home.value(gone, ODOMETER) == "unavailable"
    assert home.value(others[0], ODOMETER) != "unavailable"
    assert home.device(gone) is not None
    home.polls()
    with pytest.raises(HomeAssistantError, match="no longer connected"):
        await home.call_refresh(gone)
    await home.update_entities(gone, ODOMETER)
    await home.let_pass(POLL)
    assert home.polls() == len(others)
    # A restart changes nothing about that.
    await home.reload()
    assert home.value(gone, ODOMETER) == "unavailable"
    await home.let_pass(POLL)
    assert home.polls() == len(others)

    home.cloud.connect(user_id, [gone.id])
    await home.let_pass(LISTING, STEP)
    assert home.value(gone, ODOMETER) != "unavailable"
    home.cloud.patch_state(gone.id, {"odometer": 76_888})
    await home.let_pass(POLL)
    assert home.value(gone, ODOMETER) == "76888.0"


async def test_car_that_comes_back_after_days_is_polled_at_once(home: Home) -> None:
    user_id = disconnect(home.cloud, home.car)
    await home.let_pass(2 * DAY, 8 * HOUR)
    assert home.value(home.car, ODOMETER) == "unavailable"
    home.cloud.connect(user_id, [home.car.id])
    await home.let_pass(LISTING, STEP)
    assert home.value(home.car, ODOMETER) != "unavailable"


@pytest.mark.parametrize("complete", [True, False])
async def test_one_list_without_cars_changes_nothing(home: Home, complete: bool) -> None:
    """An empty one once, an incomplete one as often as it comes."""
    total = 0 if complete else 3
    body = json.dumps({"data": [], "meta": {"totalCount": total}, "links": {}})
    home.cloud.faults.add(Fault(route=CONNECTIONS_ROUTE, body=body, count=1 if complete else None))
    await home.let_pass(5 * LISTING, STEP)
    assert all(home.value(car, ODOMETER) != "unavailable" for car in home.cars)


async def test_permission_that_is_granted_later_adds_entities(new_home: Home) -> None:
    ada = new_home.cloud.owner_of(new_home.car.id)
    everything = new_home.cloud.dashboard_permissions
    new_home.cloud.connect(
        ada.id, [new_home.car.id], [p for p in everything if not p.startswith("control")]
    )
    await new_home.set_up()
    assert new_home.entities().isdisjoint({"lock.door_lock", "switch.charging"})
    new_home.cloud.connect(ada.id, [new_home.car.id], everything)
    await new_home.let_pass(LISTING, STEP)
    assert new_home.entities() >= {"lock.door_lock", "switch.charging"}


async def test_car_in_two_entries_is_a_repair_of_the_later_one(home: Home) -> None:
    later = await home.set_up(unique_id="client_2", title="Second")
    issue = home.issues()["vehicle_in_two_entries"]
    assert (issue.translation_placeholders or {})["kept"] == home.entry.title
    assert (issue.translation_placeholders or {})["skipped"] == "Second"
    assert home.device(home.car, later) is None
    assert home.value(home.car, ODOMETER) != "unavailable"
    home.polls()
    await home.let_pass(POLL)
    assert home.polls() == len(home.cars)

    await home.remove()
    await home.reload(later)
    assert not home.issues()
    assert home.device(home.car, later) is not None
    assert home.value(home.car, ODOMETER) != "unavailable"


async def test_removal_of_the_second_entry_withdraws_the_repair(home: Home) -> None:
    later = await home.set_up(unique_id="client_2", title="Second")
    assert home.issues()
    await home.remove(later)
    assert not home.issues()
    assert home.value(home.car, ODOMETER) != "unavailable"


async def test_disconnected_cars_withdraw_the_repair_of_two_entries(home: Home) -> None:
    """The repair says to do that, so it must go away then."""
    await home.set_up(unique_id="client_2", title="Second")
    await home.unload()
    assert home.issues()
    for car in home.cars:
        disconnect(home.cloud, car)
    await home.let_pass(2 * LISTING, STEP)
    assert not home.issues()
