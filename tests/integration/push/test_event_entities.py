"""Event entities beside pushes: one event for each change, from whichever source."""

from tests.helpers.event_types import CABLE_EVENT, CHARGING_EVENT, LOCK_EVENT, EventTypes
from tests.helpers.push_home import PushHome


async def test_push_poll_and_command_of_one_change_are_one_event(home: PushHome) -> None:
    car = home.car
    charging, cable, lock = (
        EventTypes(home, car, entity) for entity in (CHARGING_EVENT, CABLE_EVENT, LOCK_EVENT)
    )
    # By push, and once more by poll.
    await home.report(plugged=True, charging=True, locked=False)
    await home.refresh(car)
    assert (charging.take(), cable.take(), lock.take()) == (
        ["started"],
        ["plugged_in"],
        ["unlocked"],
    )
    assert home.state(car, LOCK_EVENT).attributes["event_type"] == "unlocked"
    # By command, and once more by push.
    await home.lock(car)
    await home.flush()
    assert lock.take() == ["locked"]
    # By poll, and once more by push.
    home.cloud.patch_state(car.id, {"charging": False}, report=True)
    await home.refresh(car)
    await home.flush()
    await home.cloud.deliver(car.id)
    assert charging.take() == ["stopped"]


async def test_restart_repeats_no_event_and_makes_those_of_meanwhile(home: PushHome) -> None:
    car = home.car
    await home.report(plugged=True, charging=True, locked=False)
    charging, cable, lock = (
        EventTypes(home, car, entity) for entity in (CHARGING_EVENT, CABLE_EVENT, LOCK_EVENT)
    )
    await home.reload()
    assert (charging.take(), cable.take(), lock.take()) == ([], [], [])
    await home.unload()
    home.cloud.patch_state(car.id, {"plugged": False})
    await home.load()
    await home.refresh(car)
    await home.flush()
    assert cable.take() == ["unplugged"]
