"""Commands: what may be sent when their turn comes, what they leave behind, what they retire."""

from collections.abc import Callable, Coroutine
import json
from typing import Any, Final, NamedTuple

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from custom_components.smartcar.const import DOMAIN
from simulator import Cloud
from simulator.car import Car
from simulator.clock import iso
from tests.helpers.home import NewEntry
from tests.helpers.routes import ANY_COMMAND, COMMANDS

from .net_home import LOCK, MINUTE, Home

type Act = Callable[[Home], Coroutine[Any, Any, None]]

LOCK_REQUEST: Final = f"{COMMANDS}security/lock"
UNLOCK_REQUEST: Final = f"{COMMANDS}security/unlock"


@pytest.fixture
def vehicles() -> int:
    """Return how many cars are connected."""
    return 1


@pytest.fixture
def home(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    mid_month: None,
    freezer: FrozenDateTimeFactory,
    new_entry: NewEntry,
) -> Home:
    """Return a home that is not set up yet."""
    return Home(hass, cloud, cars, freezer, new_entry)


# The queue


async def test_budget_is_checked_when_the_turn_of_a_command_comes(home: Home) -> None:
    """One request is left when both are queued."""
    await home.start(2)
    home.be_slow(ANY_COMMAND)
    first = home.begin(home.unlock())
    await home.until_requested()
    second = home.begin(home.refused(home.lock()))
    await home.answer(first, second)
    assert second.result() == "request_refused_all_spent"
    assert home.requests() == {UNLOCK_REQUEST: 1}
    assert home.shows(LOCK) == "unlocked"


async def test_limit_met_by_a_command_is_obeyed_by_the_next_in_the_queue(home: Home) -> None:
    await home.start()
    home.limit_application("*/security/unlock", 7200, delay=1.0)
    first = home.begin(home.refused(home.unlock()))
    await home.until_requested()
    second = home.begin(home.refused(home.lock()))
    await home.answer(first, second)
    assert first.result() == "command_limit_reached"
    assert second.result() == "request_refused_application"
    assert home.requests() == {UNLOCK_REQUEST: 1}
    assert home.shows(LOCK) == "locked"


# What a command achieved


def report_locked(home: Home, at: float) -> None:
    """Let the car report that it is locked, as of a time."""
    times = {"oemUpdatedAt": iso(at), "retrievedAt": iso(at), "ingestedAt": iso(at)}
    home.cloud.override(home.car.id, "closure-islocked", {"body": {"value": True}, "meta": times})


def execution(completed_at: float) -> str:
    """Return the answer to an unlock that the car had completed at a time."""
    return json.dumps(
        {
            "data": {
                "id": "exec_1",
                "type": "command-execution",
                "attributes": {
                    "commandType": "security-unlock",
                    "status": {"value": "SUCCESS"},
                    "executionMode": "sync",
                    "parameters": {},
                },
                "meta": {"completedAt": iso(completed_at)},
            }
        }
    )


@pytest.mark.parametrize("completed", [-100, 120], ids=["before the answer", "after it"])
async def test_result_of_a_command_is_as_of_its_completion(home: Home, completed: int) -> None:
    """Seconds from the answer, by the vendor's clock."""
    answered = home.cloud.clock.now()
    report_locked(home, answered - 600)
    await home.start()
    home.fail(ANY_COMMAND, body=execution(answered + completed))
    await home.unlock()
    assert home.shows(LOCK) == "unlocked"
    for seconds, expected in ((-30, "unlocked"), (30, "locked")):
        report_locked(home, answered + completed + seconds)
        await home.wait(MINUTE)
        await home.press()
        assert home.shows(LOCK) == expected


@pytest.mark.parametrize(("given", "sent"), [(79.6, 80), (79.4, 79)])
async def test_charge_limit_is_rounded(home: Home, given: float, sent: int) -> None:
    await home.start()
    await home.act("number.set_value", "number.charge_limit", value=given)
    assert home.car.state.charge_limit == sent
    assert home.shows("number.charge_limit") == f"{sent}.0"


# A command that the car does not know


class Control(NamedTuple):
    """A way to send a command, and the entity that is of no use if the car does not know it."""

    path: str
    send: Act
    entity: str | None


def entity_action(action: str, entity: str, **data: float) -> Act:
    return lambda home: home.act(action, entity, **data)


PLACE: Final = {"latitude": 52.5, "longitude": 13.4}
CONTROLS: Final = (
    Control("commands/security/lock", entity_action("lock.lock", LOCK), LOCK),
    Control("commands/security/unlock", entity_action("lock.unlock", LOCK), LOCK),
    Control(
        "commands/charge/start",
        entity_action("switch.turn_on", "switch.charging"),
        "switch.charging",
    ),
    Control(
        "commands/charge/stop",
        entity_action("switch.turn_off", "switch.charging"),
        "switch.charging",
    ),
    Control(
        "commands/charge/set-limit",
        entity_action("number.set_value", "number.charge_limit", value=70),
        "number.charge_limit",
    ),
    Control(
        "commands/charge-port/open",
        entity_action("cover.open_cover", "cover.charge_port"),
        "cover.charge_port",
    ),
    Control(
        "commands/charge-port/close",
        entity_action("cover.close_cover", "cover.charge_port"),
        "cover.charge_port",
    ),
    Control(
        "commands/navigation/set-destination",
        lambda home: home.call("set_destination", **PLACE),
        None,
    ),
    Control(
        "charge-schedules/daily",
        lambda home: home.call("set_charge_schedule", **PLACE, start="22:00", stop="06:00"),
        None,
    ),
)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.path)
async def test_command_that_the_car_does_not_know_retires_its_entity_alone(
    home: Home, control: Control
) -> None:
    await home.start()
    home.fail(f"*/{control.path}", status=501, type="COMPATIBILITY", code="VEHICLE_NOT_CAPABLE")
    assert await home.refused(control.send(home)) == "command_vehicle_not_capable"
    home.fail("/v3/vehicles/*/c*", status=400, count=None)
    for reloaded in (False, True):
        if reloaded:
            await home.reload()
        home.requests()
        for other in CONTROLS:
            is_retired = control.entity is not None and other.entity == control.entity
            if other.entity is not None:
                assert (home.shows(other.entity) == "unavailable") is is_retired, other.path
            if not is_retired:
                assert await home.refused(other.send(home)) == "command_failed", other.path
        sent = {
            path
            for request in home.requests()
            if (path := request.removeprefix("POST /v3/vehicles/{vehicle_id}/")) != request
        }
        assert sent == {
            other.path
            for other in CONTROLS
            if control.entity is None or other.entity != control.entity
        }


# The end


@pytest.mark.parametrize("end", ["unload", "remove"])
async def test_answer_after_the_end_is_not_saved(
    home: Home, hass_storage: dict[str, Any], end: str
) -> None:
    """A file must not come back, nor change."""
    await home.start()
    home.be_slow(ANY_COMMAND)
    task = home.begin(home.unlock())
    await home.until_requested()
    key = f"{DOMAIN}.{home.entry.entry_id}"
    # What waits to be written now would hide what comes later.
    await home.save()
    assert key in hass_storage
    entries = home.hass.config_entries
    if end == "remove":
        assert await entries.async_remove(home.entry.entry_id)
    else:
        assert await entries.async_unload(home.entry.entry_id)
    before = json.dumps(hass_storage.get(key))
    await home.answer(task)
    await home.wait(MINUTE)
    await home.save()
    assert json.dumps(hass_storage.get(key)) == before
    assert (key in hass_storage) is (end == "unload")
