"""Commands: what is shown meanwhile, and after success and every kind of failure."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
import json
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from simulator import Cloud
from simulator.car import Car
from simulator.clock import iso
from simulator.errors import envelope, problem
from simulator.faults import Fault, Stream
from tests.helpers.home import LOCK, Home, refused
from tests.helpers.routes import ANY_COMMAND, COMMANDS, SIGNALS, TOKENS
from tests.helpers.times import MINUTE, POLL, next_month

SWITCH = "switch.charging"
LIMIT = "number.charge_limit"
PORT = "cover.charge_port"
LOCK_REQUEST = f"{COMMANDS}security/lock"
UNLOCK_REQUEST = f"{COMMANDS}security/unlock"


async def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  # states are what is waited for
            await asyncio.sleep(0.005)


# Success


async def test_lock_shows_what_it_does_meanwhile(home: Home) -> None:
    car = home.car
    assert home.value(car, LOCK) == "locked"
    home.cloud.faults.add(Fault(route=ANY_COMMAND, delay=0.1, count=2))
    for action, meanwhile, done in (
        (home.unlock, "unlocking", "unlocked"),
        (home.lock, "locking", "locked"),
    ):
        task = home.begin(action(car))
        await until(lambda: home.value(car, LOCK) == meanwhile)  # noqa: B023
        assert not task.done()
        await task
        assert home.value(car, LOCK) == done
    assert car.state.locked
    assert not home.state(car, LOCK).attributes.get("assumed_state")


async def test_last_of_two_commands_is_shown_meanwhile(home: Home) -> None:
    home.cloud.faults.add(Fault(route=ANY_COMMAND, delay=0.1))
    first = home.begin(home.unlock())
    second = home.begin(home.lock())
    await first
    assert not second.done()
    assert home.value(home.car, LOCK) == "locking"
    await second
    assert home.value(home.car, LOCK) == "locked"


async def test_switch_starts_and_stops_charging(home: Home) -> None:
    car = home.car
    assert home.value(car, SWITCH) == "on"
    assert home.value(car, "sensor.charge_wattage") != "0.0"
    home.cloud.faults.add(Fault(route=ANY_COMMAND, delay=0.1, count=1))
    task = home.begin(home.act("switch.turn_off", car, SWITCH))
    await until(lambda: home.value(car, SWITCH) == "off")
    assert not task.done()
    assert home.value(car, "binary_sensor.charging") == "on"
    await task
    assert home.value(car, "binary_sensor.charging") == "off"
    assert float(home.value(car, "sensor.charge_wattage")) == 0
    assert not car.state.charging
    await home.act("switch.turn_on", car, SWITCH)
    assert home.value(car, "binary_sensor.charging") == "on"
    assert car.state.charging


async def test_charge_limit_is_shown_at_once_and_withdrawn_if_refused(home: Home) -> None:
    car = home.car
    home.cloud.faults.add(Fault(route=ANY_COMMAND, delay=0.1, count=1))
    task = home.begin(home.act("number.set_value", car, LIMIT, value=71))
    await until(lambda: home.value(car, LIMIT) == "71.0")
    assert not task.done()
    await task
    assert (home.value(car, LIMIT), car.state.charge_limit) == ("71.0", 71.0)

    home.cloud.faults.add(Fault(route=ANY_COMMAND, delay=0.1, status=502, count=1))
    refusal = asyncio.create_task(refused(home.act("number.set_value", car, LIMIT, value=90)))
    await until(lambda: home.value(car, LIMIT) == "90.0")
    await refusal
    assert home.value(car, LIMIT) == "71.0"


@pytest.mark.usefixtures("freezer")
async def test_charge_port_opens_and_closes(home: Home) -> None:
    car = home.car
    home.cloud.patch_state(car.id, {"plugged": False})
    await home.let_pass(POLL)
    await home.act("cover.open_cover", car, PORT)
    assert home.value(car, PORT) == "open"
    await home.act("cover.close_cover", car, PORT)
    assert home.value(car, PORT) == "closed"
    assert not car.state.port_open


# What polls do to it afterwards


def report_lock(cloud: Cloud, car: Car, locked: bool, time: float) -> None:
    """Let a car report its lock as of some time."""
    times = dict.fromkeys(("oemUpdatedAt", "retrievedAt", "ingestedAt"), iso(time))
    cloud.override(car.id, "closure-islocked", {"body": {"value": locked}, "meta": times})


@pytest.mark.usefixtures("freezer")
async def test_stale_poll_does_not_undo_a_command(home: Home) -> None:
    car = home.car
    report_lock(home.cloud, car, locked=True, time=home.cloud.clock.now() - 600)
    await home.let_pass(POLL)
    await home.unlock(car)
    await home.let_pass(4 * POLL, POLL)
    assert home.value(car, LOCK) == "unlocked"
    await home.reload()
    await home.let_pass(POLL)
    assert home.value(car, LOCK) == "unlocked"
    report_lock(home.cloud, car, locked=True, time=home.cloud.clock.now())
    await home.let_pass(POLL)
    assert home.value(car, LOCK) == "locked"


@pytest.mark.usefixtures("freezer")
async def test_maker_clock_that_is_ahead_does_not_undo_a_command(home: Home) -> None:
    """A report from before the command stays older than it, whatever two clocks say."""
    car = home.car
    report_lock(
        home.cloud, car, locked=True, time=home.cloud.clock.now() + POLL.total_seconds() + 200
    )
    await home.let_pass(POLL)
    await home.unlock(car)
    await home.let_pass(POLL)
    assert home.value(car, LOCK) == "unlocked"


@pytest.mark.usefixtures("freezer")
async def test_one_poll_follows_a_minute_after_the_last_command(home: Home) -> None:
    await home.unlock()
    await home.let_pass(MINUTE / 2)
    await home.lock()
    home.cloud.requests.clear()
    await home.let_pass(MINUTE - timedelta(seconds=2))
    assert not home.cloud.requests
    await home.let_pass(timedelta(seconds=2))
    assert home.cloud.requests == {SIGNALS: 1}
    await home.let_pass(3 * MINUTE, MINUTE)
    assert home.cloud.requests == {SIGNALS: 1}


@pytest.mark.usefixtures("freezer")
async def test_command_updates_the_time_of_the_data(home: Home) -> None:
    before = home.value(home.cars[2], "sensor.data_from_car")
    home.freezer.tick(5 * MINUTE)
    await home.unlock(home.cars[2])
    assert home.value(home.cars[2], "sensor.data_from_car") > before


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
    ("VEHICLE_STATE", "HOOD_OPEN", "hood"),
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


@pytest.mark.usefixtures("freezer")
@pytest.mark.parametrize("message", ["Please wake up your car.", None])
async def test_each_refusal_has_its_sentence(home: Home, message: str | None) -> None:
    for type_, code, words in CODES:
        if code == "VEHICLE_NOT_CAPABLE":
            continue
        # No limit of the refusal before counts any more.
        await home.let_pass(next_month() - dt_util.utcnow())
        home.cloud.requests.clear()
        body = envelope(problem(type_, code, message=message), "id", "application")
        error = body["errors"][0]  # type: ignore[index]
        if message is None:
            error.pop("suggestedUserMessage", None)  # type: ignore[union-attr]
        status = int(error["status"])  # type: ignore[index,call-overload,arg-type]
        home.cloud.faults.add(
            Fault(route=ANY_COMMAND, status=status, body=json.dumps(body), count=1)
        )
        sentence = await refused(home.unlock())
        assert words in sentence, code
        assert "Robin" in sentence, code
        assert sentence.endswith((message or ".", ".")), code
        assert message is None or message in sentence, code
        assert home.value(home.car, LOCK) == "locked"
        assert home.cloud.requests == {UNLOCK_REQUEST: 1}, code
    assert not home.hass.config_entries.flow.async_progress()


@pytest.mark.usefixtures("freezer")
async def test_message_of_the_car_is_shown(home: Home) -> None:
    home.cloud.patch_state(home.car.id, {"plugged": False})
    await home.let_pass(POLL)
    sentence = await refused(home.act("switch.turn_on", home.car, SWITCH))
    assert sentence == "Robin is not plugged in. Please plug your car in and try again."
    assert home.value(home.car, SWITCH) == "off"


async def test_refused_credentials_start_reauth(home: Home) -> None:
    home.cloud.faults.add(Fault(route=ANY_COMMAND, status=401))
    home.cloud.requests.clear()
    sentence = await refused(home.unlock())
    assert "refuses the credentials" in sentence
    assert home.cloud.requests == {UNLOCK_REQUEST: 2, TOKENS: 1}
    await refused(home.unlock())
    (flow,) = home.hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_expired_token_costs_one_repeat(home: Home) -> None:
    home.cloud.revoke_tokens()
    home.cloud.requests.clear()
    await home.unlock()
    assert home.cloud.requests == {UNLOCK_REQUEST: 2, TOKENS: 1}
    assert home.value(home.car, LOCK) == "unlocked"
    assert not home.hass.config_entries.flow.async_progress()


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
async def test_unknown_outcome_is_followed_by_one_poll(home: Home, fault: Fault) -> None:
    car = home.car
    home.cloud.requests.clear()
    home.cloud.faults.add(fault)
    sentence = await refused(home.unlock(car))
    assert "may or may not" in sentence
    assert home.value(car, LOCK) == "locked"
    assert home.cloud.requests == {UNLOCK_REQUEST: 1}
    home.cloud.faults.clear()
    async_fire_time_changed(home.hass, dt_util.utcnow() + MINUTE)
    await home.settle()
    assert home.cloud.requests == {UNLOCK_REQUEST: 1, SIGNALS: 1}
    assert home.value(car, LOCK) == ("locked" if car.state.locked else "unlocked")


async def test_streamed_outcome_is_awaited(home: Home) -> None:
    """A command that takes long answers 202 at once, and its outcome later."""
    home.cloud.faults.add(Fault(route=ANY_COMMAND, stream=Stream(after=0.05), count=1))
    await home.unlock()
    assert home.value(home.car, LOCK) == "unlocked"
    stream = Stream(after=0.05, type="VEHICLE_STATE", code="DOOR_OPEN")
    home.cloud.faults.add(Fault(route=ANY_COMMAND, stream=stream, count=1))
    sentence = await refused(home.lock())
    assert "A door of Robin is open" in sentence
    assert home.value(home.car, LOCK) == "unlocked"


@pytest.mark.usefixtures("freezer")
@pytest.mark.parametrize(("entity", "action"), [(LOCK, "lock.unlock"), (SWITCH, "switch.turn_off")])
async def test_unsupported_command_retires_its_entity(home: Home, entity: str, action: str) -> None:
    home.cloud.faults.add(Fault(route=ANY_COMMAND, status=501))
    sentence = await refused(home.act(action, home.car, entity))
    assert "does not know" in sentence
    assert home.value(home.car, entity) == "unavailable"
    assert home.value(home.cars[1], entity) != "unavailable"
    assert home.value(home.car, "sensor.odometer") != "unavailable"
    await home.let_pass(POLL)
    assert home.value(home.car, entity) == "unavailable"
    await home.reload()
    assert home.state(home.car, entity).attributes.get("restored")

    # A new consent forgives: what the car refused before may work now.
    home.cloud.faults.clear()
    car = home.car
    home.cloud.connect(home.cloud.owner_of(car.id).id, [car.id])
    await home.let_pass(timedelta(hours=1))
    assert home.value(car, entity) != "unavailable"


# Queues


async def test_commands_to_one_car_wait_for_each_other(home: Home) -> None:
    home.cloud.faults.add(Fault(route=f"*{LOCK_REQUEST[-5:]}", delay=0.1))
    home.cloud.requests.clear()
    done: list[str] = []

    async def record(name: str, command: Any) -> None:
        await command
        done.append(name)

    tasks = [
        home.begin(record("slow", home.lock())),
        home.begin(record("next", home.unlock())),
        home.begin(record("other car", home.unlock(home.cars[1]))),
    ]
    await until(lambda: "other car" in done)
    assert done == ["other car"]
    assert home.cloud.requests == {LOCK_REQUEST: 1, UNLOCK_REQUEST: 1}
    await asyncio.gather(*tasks)
    assert done == ["other car", "slow", "next"]
    assert not home.car.state.locked


async def test_queue_goes_on_after_a_failure(home: Home) -> None:
    home.cloud.faults.add(Fault(route=ANY_COMMAND, status=500, delay=0.05, count=1))
    first = asyncio.create_task(refused(home.lock()))
    await until(lambda: home.value(home.car, LOCK) == "locking")
    await home.unlock()
    await first
    assert home.value(home.car, LOCK) == "unlocked"


# Permissions


@pytest.mark.parametrize(
    ("without", "exists", "assumed"),
    [("control_security", False, None), ("read_security", True, True), ("read_vin", True, False)],
)
async def test_lock_needs_only_its_permission(
    new_home: Home, without: str, exists: bool, assumed: bool | None
) -> None:
    car = new_home.car
    granted = [name for name in new_home.cloud.dashboard_permissions if name != without]
    new_home.cloud.connect(new_home.cloud.owner_of(car.id).id, [car.id], granted)
    await new_home.set_up()
    assert (LOCK in new_home.entities(car)) is exists
    if not exists:
        return
    assert bool(new_home.state(car, LOCK).attributes.get("assumed_state")) is assumed
    assert new_home.value(car, LOCK) == ("unknown" if assumed else "locked")
    await new_home.unlock(car)
    assert new_home.value(car, LOCK) == "unlocked"
    assert not car.state.locked


# The end


async def test_late_answer_after_removal_leaves_no_file(
    home: Home, hass_storage: dict[str, Any]
) -> None:
    """It brings back no file and no timer (the teardown of the test finds timers)."""
    async_fire_time_changed(home.hass, dt_util.utcnow() + MINUTE)
    await home.settle()
    assert [key for key in hass_storage if key.startswith("smartcar")]
    home.cloud.faults.add(Fault(route=ANY_COMMAND, delay=0.3))
    task = home.begin(home.unlock())
    await until(lambda: home.value(home.car, LOCK) == "unlocking")
    await home.remove()
    await task
    async_fire_time_changed(home.hass, dt_util.utcnow() + 2 * MINUTE)
    await home.settle()
    assert not [key for key in hass_storage if key.startswith("smartcar")]
