"""Commands: what is shown meanwhile, what success and every kind of failure leave behind."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from simulator import Cloud
from simulator.car import Car
from simulator.clock import iso
from simulator.errors import envelope, problem
from simulator.faults import Fault, Stream
from tests.helpers.home import NewEntry
from tests.helpers.routes import ANY_COMMAND, COMMANDS, SIGNALS, TOKENS
from tests.helpers.states import act, entities, entity_id, let_pass, settle, state, value
from tests.helpers.times import POLL, next_month

LOCK = "lock.door_lock"
SWITCH = "switch.charging"
LIMIT = "number.charge_limit"
LOCK_REQUEST = f"{COMMANDS}security/lock"
UNLOCK_REQUEST = f"{COMMANDS}security/unlock"
MINUTE = timedelta(minutes=1)


async def unlock(hass: HomeAssistant, car: Car) -> None:
    await act(hass, "lock.unlock", entity_id(hass, car, LOCK))


async def lock(hass: HomeAssistant, car: Car) -> None:
    await act(hass, "lock.lock", entity_id(hass, car, LOCK))


async def refused(hass: HomeAssistant, action: str, target: str | None, **data: Any) -> str:
    """Return the sentence with which a command fails."""
    with pytest.raises(HomeAssistantError) as caught:
        await act(hass, action, target, **data)
    assert caught.value.translation_key
    return str(caught.value)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that is on its way."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  # states are what is waited for
            await asyncio.sleep(0.005)


# Success


async def test_lock_and_unlock(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    car = cars[0]
    assert value(hass, car, LOCK) == "locked"
    cloud.faults.add(Fault(route=ANY_COMMAND, delay=0.1, count=2))
    for action, meanwhile, done in (
        (unlock, "unlocking", "unlocked"),
        (lock, "locking", "locked"),
    ):
        task = hass.async_create_task(action(hass, car))
        await until(lambda: value(hass, car, LOCK) == meanwhile)  # noqa: B023
        assert not task.done()
        await task
        assert value(hass, car, LOCK) == done
    assert car.state.locked
    assert not state(hass, car, LOCK).attributes.get("assumed_state")


async def test_last_of_two_commands_is_shown_while_both_are_under_way(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    cloud.faults.add(Fault(route=ANY_COMMAND, delay=0.1))
    first = hass.async_create_task(unlock(hass, cars[0]))
    second = hass.async_create_task(lock(hass, cars[0]))
    await first
    assert not second.done()
    assert value(hass, cars[0], LOCK) == "locking"
    await second
    assert value(hass, cars[0], LOCK) == "locked"


async def test_charging_switch(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    car = cars[0]
    switch = entity_id(hass, car, SWITCH)
    assert value(hass, car, SWITCH) == "on"
    assert value(hass, car, "sensor.charge_wattage") != "0.0"
    cloud.faults.add(Fault(route=ANY_COMMAND, delay=0.1, count=1))
    task = hass.async_create_task(act(hass, "switch.turn_off", switch))
    await until(lambda: value(hass, car, SWITCH) == "off")
    assert not task.done()
    assert value(hass, car, "binary_sensor.charging") == "on"
    await task
    assert value(hass, car, "binary_sensor.charging") == "off"
    assert float(value(hass, car, "sensor.charge_wattage")) == 0
    assert not car.state.charging
    await act(hass, "switch.turn_on", switch)
    assert value(hass, car, "binary_sensor.charging") == "on"
    assert car.state.charging


async def test_charge_limit(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    car = cars[0]
    limit = entity_id(hass, car, LIMIT)
    cloud.faults.add(Fault(route=ANY_COMMAND, delay=0.1, count=1))
    task = hass.async_create_task(act(hass, "number.set_value", limit, value=71))
    await until(lambda: value(hass, car, LIMIT) == "71.0")
    assert not task.done()
    await task
    assert (value(hass, car, LIMIT), car.state.charge_limit) == ("71.0", 71.0)

    cloud.faults.add(Fault(route=ANY_COMMAND, delay=0.1, status=502, count=1))
    refusal = asyncio.create_task(refused(hass, "number.set_value", limit, value=90))
    await until(lambda: value(hass, car, LIMIT) == "90.0")
    await refusal
    assert value(hass, car, LIMIT) == "71.0"


async def test_charge_port(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    car = cars[0]
    cloud.patch_state(car.id, {"plugged": False})
    await let_pass(hass, freezer, POLL)
    port = entity_id(hass, car, "cover.charge_port")
    await act(hass, "cover.open_cover", port)
    assert value(hass, car, "cover.charge_port") == "open"
    await act(hass, "cover.close_cover", port)
    assert value(hass, car, "cover.charge_port") == "closed"
    assert not car.state.port_open


# What polls do to it afterwards


def report_lock(cloud: Cloud, car: Car, locked: bool, at: float) -> None:
    times = {"oemUpdatedAt": iso(at), "retrievedAt": iso(at), "ingestedAt": iso(at)}
    cloud.override(car.id, "closure-islocked", {"body": {"value": locked}, "meta": times})


async def test_stale_poll_does_not_turn_a_command_back(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    car = cars[0]
    report_lock(cloud, car, locked=True, at=cloud.clock.now() - 600)
    await let_pass(hass, freezer, POLL)
    await unlock(hass, car)
    await let_pass(hass, freezer, 4 * POLL, POLL)
    assert value(hass, car, LOCK) == "unlocked"
    assert await hass.config_entries.async_reload(entry.entry_id)
    await let_pass(hass, freezer, POLL)
    assert value(hass, car, LOCK) == "unlocked"
    report_lock(cloud, car, locked=True, at=cloud.clock.now())
    await let_pass(hass, freezer, POLL)
    assert value(hass, car, LOCK) == "locked"


async def test_a_maker_whose_clock_is_ahead_does_not_turn_a_command_back(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    """What the car said before the command stays before it, whatever two clocks say."""
    car = cars[0]
    report_lock(cloud, car, locked=True, at=cloud.clock.now() + POLL.total_seconds() + 200)
    await let_pass(hass, freezer, POLL)
    await unlock(hass, car)
    await let_pass(hass, freezer, POLL)
    assert value(hass, car, LOCK) == "unlocked"


async def test_one_refresh_a_minute_after_the_last_command(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    await unlock(hass, cars[0])
    await let_pass(hass, freezer, MINUTE / 2)
    await lock(hass, cars[0])
    cloud.requests.clear()
    await let_pass(hass, freezer, MINUTE - timedelta(seconds=2))
    assert not cloud.requests
    await let_pass(hass, freezer, timedelta(seconds=2))
    assert cloud.requests == {SIGNALS: 1}
    await let_pass(hass, freezer, 3 * MINUTE, MINUTE)
    assert cloud.requests == {SIGNALS: 1}


async def test_command_is_fresh_data_from_the_car(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    before = value(hass, cars[2], "sensor.data_from_car")
    freezer.tick(5 * MINUTE)
    await unlock(hass, cars[2])
    assert value(hass, cars[2], "sensor.data_from_car") > before


# Refusals

CODES = [
    ("VEHICLE_STATE", "ASLEEP", "is asleep"),
    ("VEHICLE_STATE", "CHARGE_FAULT", "fault while charging"),
    ("VEHICLE_STATE", "CHARGING_IN_PROGRESS", "while it is charging"),
    ("VEHICLE_STATE", "CHARGING_PLUG_CONNECTED", "while it is plugged in"),
    ("VEHICLE_STATE", "CHARGING_PLUG_NOT_CONNECTED", "is not plugged in"),
    ("VEHICLE_STATE", "DEVICE_PAIRING_REQUIRED", "paired phone key"),
    ("VEHICLE_STATE", "DOOR_OPEN", "A door of Robin is open"),
    ("VEHICLE_STATE", "FULLY_CHARGED", "fully charged"),
    ("VEHICLE_STATE", "HOOD_OPEN", "bonnet"),
    ("VEHICLE_STATE", "IGNITION_ON", "ignition"),
    ("VEHICLE_STATE", "IN_MOTION", "being driven"),
    ("VEHICLE_STATE", "LOW_BATTERY", "too low"),
    ("VEHICLE_STATE", "NOT_CHARGING", "is not charging"),
    ("VEHICLE_STATE", "REMOTE_ACCESS_DISABLED", "Remote access"),
    ("VEHICLE_STATE", "TRUNK_OPEN", "trunk"),
    ("VEHICLE_STATE", "UNREACHABLE", "could not be reached"),
    ("VEHICLE_STATE", "VEHICLE_OFFLINE_FOR_SERVICE", "offline for service"),
    ("CONNECTED_SERVICES_ACCOUNT", "VIRTUAL_KEY_REQUIRED", "virtual key"),
    ("COMPATIBILITY", "VEHICLE_NOT_CAPABLE", "does not know this command"),
    ("PERMISSION", "UNKNOWN", "has not permitted"),
    ("RATE_LIMIT", "VEHICLE", "limit of requests"),
    ("BILLING", "VEHICLE_REQUEST_LIMIT", "limit of requests"),
    ("SERVER", "INTERNAL", "did not carry out"),
    ("UPSTREAM", "NO_RESPONSE", "may or may not have carried out"),
    ("VEHICLE_STATE", "SOMETHING_NEW", "did not carry out"),
]


@pytest.mark.parametrize("message", ["Please wake up your car.", None])
async def test_each_refusal_has_its_sentence(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    message: str | None,
) -> None:
    target = entity_id(hass, cars[0], LOCK)
    for type_, code, words in CODES:
        if code == "VEHICLE_NOT_CAPABLE":
            continue
        # No limit that the one before has told of counts any more.
        await let_pass(hass, freezer, next_month() - dt_util.utcnow())
        cloud.requests.clear()
        body = envelope(problem(type_, code, message=message), "id", "application")
        error = body["errors"][0]  # type: ignore[index]
        if message is None:
            error.pop("suggestedUserMessage", None)  # type: ignore[union-attr]
        status = int(error["status"])  # type: ignore[index,call-overload,arg-type]
        cloud.faults.add(Fault(route=ANY_COMMAND, status=status, body=json.dumps(body), count=1))
        sentence = await refused(hass, "lock.unlock", target)
        assert words in sentence, code
        assert "Robin" in sentence, code
        assert sentence.endswith((message or ".", ".")), code
        assert message is None or message in sentence, code
        assert value(hass, cars[0], LOCK) == "locked"
        assert cloud.requests == {UNLOCK_REQUEST: 1}, code
    assert not hass.config_entries.flow.async_progress()


async def test_car_s_own_answer_is_shown(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    cloud.patch_state(cars[0].id, {"plugged": False})
    await let_pass(hass, freezer, POLL)
    switch = entity_id(hass, cars[0], SWITCH)
    sentence = await refused(hass, "switch.turn_on", switch)
    assert sentence == "Robin is not plugged in. Please plug your car in and try again."
    assert value(hass, cars[0], SWITCH) == "off"


async def test_refused_credentials_are_asked_for_again(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    cloud.faults.add(Fault(route=ANY_COMMAND, status=401))
    cloud.requests.clear()
    sentence = await refused(hass, "lock.unlock", entity_id(hass, cars[0], LOCK))
    assert "refuses the credentials" in sentence
    assert cloud.requests == {UNLOCK_REQUEST: 2, TOKENS: 1}
    await refused(hass, "lock.unlock", entity_id(hass, cars[0], LOCK))
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_expired_token_costs_one_repeat(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    cloud.revoke_tokens()
    cloud.requests.clear()
    await unlock(hass, cars[0])
    assert cloud.requests == {UNLOCK_REQUEST: 2, TOKENS: 1}
    assert value(hass, cars[0], LOCK) == "unlocked"
    assert not hass.config_entries.flow.async_progress()


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(route=ANY_COMMAND, status=504), id="504"),
        pytest.param(Fault(route=ANY_COMMAND, drop=True), id="drop"),
        pytest.param(Fault(route=ANY_COMMAND, drop=True, execute=True), id="executed and lost"),
        pytest.param(Fault(route=ANY_COMMAND, stream=Stream(cut=True)), id="cut stream"),
        pytest.param(Fault(route=ANY_COMMAND, body="<html>"), id="no JSON"),
        pytest.param(Fault(route=ANY_COMMAND, body='{"data": {}}'), id="no status"),
    ],
)
async def test_unknown_outcome(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    entry: ConfigEntry,
    fault: Fault,
) -> None:
    car = cars[0]
    cloud.requests.clear()
    cloud.faults.add(fault)
    sentence = await refused(hass, "lock.unlock", entity_id(hass, car, LOCK))
    assert "may or may not" in sentence
    assert value(hass, car, LOCK) == "locked"
    assert cloud.requests == {UNLOCK_REQUEST: 1}
    cloud.faults.clear()
    async_fire_time_changed(hass, dt_util.utcnow() + MINUTE)
    await settle(hass)
    assert cloud.requests == {UNLOCK_REQUEST: 1, SIGNALS: 1}
    assert value(hass, car, LOCK) == ("locked" if car.state.locked else "unlocked")


async def test_streamed_answers(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    """A command that takes long answers 202 at once, and what it came to later."""
    cloud.faults.add(Fault(route=ANY_COMMAND, stream=Stream(after=0.05), count=1))
    await unlock(hass, cars[0])
    assert value(hass, cars[0], LOCK) == "unlocked"
    stream = Stream(after=0.05, type="VEHICLE_STATE", code="DOOR_OPEN")
    cloud.faults.add(Fault(route=ANY_COMMAND, stream=stream, count=1))
    sentence = await refused(hass, "lock.lock", entity_id(hass, cars[0], LOCK))
    assert "A door of Robin is open" in sentence
    assert value(hass, cars[0], LOCK) == "unlocked"


@pytest.mark.parametrize(("entity", "action"), [(LOCK, "lock.unlock"), (SWITCH, "switch.turn_off")])
async def test_command_that_the_car_does_not_know_retires_its_entity(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    entity: str,
    action: str,
) -> None:
    cloud.faults.add(Fault(route=ANY_COMMAND, status=501))
    sentence = await refused(hass, action, entity_id(hass, cars[0], entity))
    assert "does not know" in sentence
    assert value(hass, cars[0], entity) == "unavailable"
    assert value(hass, cars[1], entity) != "unavailable"
    assert value(hass, cars[0], "sensor.odometer") != "unavailable"
    await let_pass(hass, freezer, POLL)
    assert value(hass, cars[0], entity) == "unavailable"
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert state(hass, cars[0], entity).attributes.get("restored")

    # A new consent forgives: what the car refused before may work now.
    cloud.faults.clear()
    car = cars[0]
    cloud.connect(cloud.owner_of(car.id).id, [car.id])
    await let_pass(hass, freezer, timedelta(hours=1))
    assert value(hass, car, entity) != "unavailable"


# Queues


async def test_commands_to_one_car_queue(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    cloud.faults.add(Fault(route=f"*{LOCK_REQUEST[-5:]}", delay=0.1))
    cloud.requests.clear()
    done: list[str] = []

    async def noted(name: str, command: Any) -> None:
        await command
        done.append(name)

    tasks = [
        hass.async_create_task(noted("slow", lock(hass, cars[0]))),
        hass.async_create_task(noted("next", unlock(hass, cars[0]))),
        hass.async_create_task(noted("other car", unlock(hass, cars[1]))),
    ]
    await until(lambda: "other car" in done)
    assert done == ["other car"]
    assert cloud.requests == {LOCK_REQUEST: 1, UNLOCK_REQUEST: 1}
    await asyncio.gather(*tasks)
    assert done == ["other car", "slow", "next"]
    assert not cars[0].state.locked


async def test_queue_goes_on_after_a_failure(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    cloud.faults.add(Fault(route=ANY_COMMAND, status=500, delay=0.05, count=1))
    first = asyncio.create_task(refused(hass, "lock.lock", entity_id(hass, cars[0], LOCK)))
    await until(lambda: value(hass, cars[0], LOCK) == "locking")
    await unlock(hass, cars[0])
    await first
    assert value(hass, cars[0], LOCK) == "unlocked"


# Permissions


@pytest.mark.parametrize(
    ("without", "exists", "assumed"),
    [("control_security", False, None), ("read_security", True, True), ("read_vin", True, False)],
)
async def test_lock_needs_only_its_permission(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    new_entry: NewEntry,
    without: str,
    exists: bool,
    assumed: bool | None,
) -> None:
    car = cars[0]
    granted = [name for name in cloud.dashboard_permissions if name != without]
    cloud.connect(cloud.owner_of(car.id).id, [car.id], granted)
    entry = new_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert (LOCK in entities(hass, entry, car)) is exists
    if not exists:
        return
    assert bool(state(hass, car, LOCK).attributes.get("assumed_state")) is assumed
    assert value(hass, car, LOCK) == ("unknown" if assumed else "locked")
    await unlock(hass, car)
    assert value(hass, car, LOCK) == "unlocked"
    assert not car.state.locked


# The end


async def test_answer_that_comes_after_the_entry_is_gone(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    entry: ConfigEntry,
    hass_storage: dict[str, Any],
) -> None:
    """It must bring nothing back: no file, no timer (the test's teardown looks for those)."""
    async_fire_time_changed(hass, dt_util.utcnow() + MINUTE)
    await settle(hass)
    assert [key for key in hass_storage if key.startswith("smartcar")]
    cloud.faults.add(Fault(route=ANY_COMMAND, delay=0.3))
    task = hass.async_create_task(unlock(hass, cars[0]))
    await until(lambda: value(hass, cars[0], LOCK) == "unlocking")
    assert await hass.config_entries.async_remove(entry.entry_id)
    await task
    async_fire_time_changed(hass, dt_util.utcnow() + 2 * MINUTE)
    await settle(hass)
    assert not [key for key in hass_storage if key.startswith("smartcar")]
