"""Staying up to date: polls, cars that fail, cars that come and go, and what users ask for."""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
import json
import logging
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
import pytest

from custom_components.smartcar.const import CONF_APPLICATION_ID, DOMAIN
from simulator import Cloud
from simulator.car import Car
from simulator.faults import Fault
from simulator.json_types import Json
from tests.helpers.home import NewEntry
from tests.helpers.routes import CONNECTIONS, CONNECTIONS_ROUTE, SIGNALS, SIGNALS_ROUTE
from tests.helpers.states import (
    Changes,
    act,
    device,
    device_id,
    entities,
    entity_id,
    issues,
    let_pass,
    refresh,
    settle,
    state,
    value,
)
from tests.helpers.times import LISTING, POLL, STEP, next_month

DAY = timedelta(hours=24)
BATTERY = "sensor.battery_level"
ODOMETER = "sensor.odometer"


def polls(cloud: Cloud) -> int:
    """Return how many requests for signals there were, and forget them."""
    count = cloud.requests[SIGNALS]
    cloud.requests.clear()
    return count


# One car fails


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
async def test_car_that_fails_for_a_day(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    caplog: pytest.LogCaptureFixture,
    fault: dict[str, Json],
) -> None:
    bad, good, _ = cars
    before = value(hass, bad, ODOMETER)
    caplog.clear()
    cloud.faults.add(Fault.from_json({"vehicle_id": bad.id, **fault}))

    await let_pass(hass, freezer, DAY - timedelta(minutes=1), timedelta(hours=1))
    assert value(hass, bad, ODOMETER) == before
    cloud.patch_state(good.id, {"odometer": 777})
    await let_pass(hass, freezer, POLL)
    assert value(hass, good, ODOMETER) == "777.0"
    # When the plan is used up nobody asks, and a repair tells so.
    is_asked = fault.get("status") != 430
    assert (value(hass, bad, ODOMETER) == "unavailable") is is_asked
    assert (value(hass, bad, "lock.door_lock") == "unavailable") is is_asked
    assert ("requests_plan" in issues(hass)) is not is_asked

    cloud.faults.clear()
    cloud.patch_state(bad.id, {"odometer": 888})
    if not is_asked:
        freezer.move_to(next_month())
    await let_pass(hass, freezer, POLL)
    assert value(hass, bad, ODOMETER) == "888.0"
    said = [record for record in caplog.records if record.name.startswith("custom_components")]
    assert [record.levelno for record in said if record.levelno >= logging.INFO] == [
        logging.ERROR,
        logging.INFO,
    ]
    for secret in (bad.id, bad.vin, cloud.client_secret, cloud.owner_of(bad.id).id, bad.nickname):
        assert secret not in caplog.text


async def test_car_becomes_unavailable_although_nothing_answers_at_all(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    cloud.faults.add(Fault(drop=True))
    await let_pass(hass, freezer, DAY - STEP, LISTING)
    assert value(hass, cars[0], ODOMETER) != "unavailable"
    await let_pass(hass, freezer, 2 * STEP, STEP)
    assert {value(hass, car, ODOMETER) for car in cars} == {"unavailable"}
    assert not hass.config_entries.flow.async_progress()


async def test_car_becomes_unavailable_while_credentials_are_refused(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    """No poll is due any more then, but the values grow old all the same."""
    cloud.revoke_tokens()
    cloud.faults.add(Fault(route="/oauth2/token", status=401))
    await let_pass(hass, freezer, DAY + LISTING, timedelta(hours=5))
    assert {value(hass, car, ODOMETER) for car in cars} == {"unavailable"}


@pytest.mark.parametrize(
    ("header", "waits"),
    [
        pytest.param("7200", timedelta(hours=2), id="long"),
        pytest.param("172800", timedelta(days=2), id="days"),
        pytest.param("0", timedelta(minutes=10), id="none"),
        pytest.param("-5", timedelta(minutes=10), id="nonsense"),
    ],
)
async def test_retry_after_is_obeyed(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    header: str,
    waits: timedelta,
) -> None:
    cloud.faults.add(
        Fault(vehicle_id=cars[0].id, status=429, headers={"Retry-After": header}, count=1)
    )
    with pytest.raises(HomeAssistantError):
        await refresh(hass, cars[0])
    cloud.patch_state(cars[0].id, {"odometer": 888})
    step = min(waits / 4, LISTING)
    await let_pass(hass, freezer, waits - step, step)
    assert value(hass, cars[0], ODOMETER) != "888.0"
    await let_pass(hass, freezer, step + timedelta(minutes=1))
    assert value(hass, cars[0], ODOMETER) == "888.0"


async def test_retry_after_of_the_first_poll_is_obeyed(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    new_entry: NewEntry,
) -> None:
    cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=429, headers={"Retry-After": "7200"}))
    entry = new_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    cloud.faults.clear()
    polls(cloud)
    await let_pass(hass, freezer, timedelta(minutes=119), timedelta(minutes=7))
    assert polls(cloud) == 0
    await let_pass(hass, freezer, timedelta(minutes=1))
    assert polls(cloud) == len(cars)


# A car whose owner must act


@pytest.mark.parametrize("application_id", [None, "11111111-2222-4333-8444-555555555555"])
async def test_owner_must_log_in_again(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    application_id: str | None,
) -> None:
    car = cars[0]
    if application_id:
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_APPLICATION_ID: application_id}
        )
    before = value(hass, car, ODOMETER)
    fault = cloud.faults.add(
        Fault(
            route=SIGNALS_ROUTE,
            vehicle_id=car.id,
            type="CONNECTED_SERVICES_ACCOUNT",
            code="AUTHENTICATION_FAILED",
        )
    )
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await refresh(hass, car)
    issue = issues(hass)["owner_must_log_in"]
    assert not issue.is_fixable
    assert (issue.translation_placeholders or {})["vehicle"] == "Robin"
    if application_id:
        assert issue.learn_more_url is not None
        assert f"application_id={application_id}" in issue.learn_more_url
        assert f"vehicle_id={car.id}" in issue.learn_more_url
        assert "response_type=none" in issue.learn_more_url
        assert "redirect_uri" not in issue.learn_more_url
    else:
        assert issue.learn_more_url is None
    assert not hass.config_entries.flow.async_progress()
    assert value(hass, car, ODOMETER) == before

    cloud.faults.remove(fault)
    await let_pass(hass, freezer, POLL)
    assert not issues(hass)


async def test_owner_must_do_something_else(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    cloud.faults.add(
        Fault(
            route=SIGNALS_ROUTE,
            vehicle_id=cars[0].id,
            type="CONNECTED_SERVICES_ACCOUNT",
            code="VIRTUAL_KEY_REQUIRED",
            resolution={"type": "ACTION_REQUIRED", "url": "https://smartcar.com/virtual-key"},
        )
    )
    await let_pass(hass, freezer, POLL)
    issue = issues(hass)["owner_must_act"]
    assert issue.learn_more_url == "https://smartcar.com/virtual-key"
    placeholders = issue.translation_placeholders or {}
    assert placeholders["message"] == "Please add the virtual key to your car."


async def test_signals_that_ask_for_a_login_keep_their_values(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    before = value(hass, cars[0], ODOMETER)
    cloud.require_login(cars[0].id)
    await let_pass(hass, freezer, POLL)
    assert value(hass, cars[0], ODOMETER) == before
    assert not hass.config_entries.flow.async_progress()
    assert "owner_must_log_in" in issues(hass)
    cloud.require_login(cars[0].id, needed=False)
    await let_pass(hass, freezer, POLL)
    assert not issues(hass)


# Cars that come and go


async def test_new_car_appears_by_itself(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    ada = cloud.owner_of(cars[0].id)
    new = cloud.unconnected(ada.id)[0]
    new.is_frozen = True
    cloud.connect(ada.id, [new.id])
    await let_pass(hass, freezer, LISTING - timedelta(minutes=1), timedelta(minutes=10))
    cloud.requests.clear()
    for car in cars:
        cloud.faults.add(Fault(vehicle_id=car.id, drop=True))
    await let_pass(hass, freezer, timedelta(minutes=1))
    assert value(hass, new, BATTERY) != "unavailable"
    assert entities(hass, entry, new) >= {"lock.door_lock", "switch.charging", ODOMETER}
    assert device(hass, entry, new) is not None
    assert value(hass, new, "sensor.requests_left") == "499"
    cloud.faults.clear()
    cloud.patch_state(new.id, {"odometer": 888})
    await let_pass(hass, freezer, POLL)
    assert value(hass, new, ODOMETER) == "888.0"


def disconnect(cloud: Cloud, car: Car) -> str:
    """Let the owner of a car take the consent back."""
    (connection,) = cloud.connections_of(vehicle_id=car.id)
    cloud.disconnect(connection.id)
    return connection.user_id


async def test_car_is_gone_after_two_listings_and_comes_back(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    gone, *others = cars
    user_id = disconnect(cloud, gone)
    await let_pass(hass, freezer, LISTING, STEP)
    assert value(hass, gone, ODOMETER) != "unavailable"
    await let_pass(hass, freezer, LISTING, STEP)
    assert value(hass, gone, ODOMETER) == "unavailable"
    assert value(hass, others[0], ODOMETER) != "unavailable"
    assert device(hass, entry, gone) is not None
    polls(cloud)
    with pytest.raises(HomeAssistantError, match="no longer connected"):
        await hass.services.async_call(
            DOMAIN, "refresh", {"device_id": device_id(hass, entry, gone)}, blocking=True
        )
    await act(hass, "homeassistant.update_entity", entity_id(hass, gone, ODOMETER))
    await let_pass(hass, freezer, POLL)
    assert polls(cloud) == len(others)
    # A restart changes nothing about that.
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert value(hass, gone, ODOMETER) == "unavailable"
    await let_pass(hass, freezer, POLL)
    assert polls(cloud) == len(others)

    cloud.connect(user_id, [gone.id])
    await let_pass(hass, freezer, LISTING, STEP)
    assert value(hass, gone, ODOMETER) != "unavailable"
    cloud.patch_state(gone.id, {"odometer": 888})
    await let_pass(hass, freezer, POLL)
    assert value(hass, gone, ODOMETER) == "888.0"


async def test_car_that_comes_back_after_days_is_asked_at_once(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    user_id = disconnect(cloud, cars[0])
    await let_pass(hass, freezer, 2 * DAY, timedelta(hours=8))
    assert value(hass, cars[0], ODOMETER) == "unavailable"
    cloud.connect(user_id, [cars[0].id])
    await let_pass(hass, freezer, LISTING, STEP)
    assert value(hass, cars[0], ODOMETER) != "unavailable"


@pytest.mark.parametrize("complete", [True, False])
async def test_listing_that_lacks_cars_takes_nothing_away(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    complete: bool,
) -> None:
    """An empty one once, an incomplete one as often as it comes."""
    total = 0 if complete else 3
    body = json.dumps({"data": [], "meta": {"totalCount": total}, "links": {}})
    cloud.faults.add(Fault(route=CONNECTIONS_ROUTE, body=body, count=1 if complete else None))
    await let_pass(hass, freezer, 5 * LISTING, STEP)
    assert all(value(hass, car, ODOMETER) != "unavailable" for car in cars)


async def test_permission_that_is_granted_later(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    new_entry: NewEntry,
) -> None:
    ada = cloud.owner_of(cars[0].id)
    everything = cloud.dashboard_permissions
    cloud.connect(ada.id, [cars[0].id], [p for p in everything if not p.startswith("control")])
    entry = new_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entities(hass, entry, cars[0]).isdisjoint({"lock.door_lock", "switch.charging"})
    cloud.connect(ada.id, [cars[0].id], everything)
    await let_pass(hass, freezer, LISTING, STEP)
    assert entities(hass, entry, cars[0]) >= {"lock.door_lock", "switch.charging"}


# The same car in two entries


async def test_same_car_in_two_entries(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    new_entry: NewEntry,
) -> None:
    later = new_entry(unique_id="client_2", title="Second")
    assert await hass.config_entries.async_setup(later.entry_id)
    await settle(hass)
    issue = issues(hass)["vehicle_in_two_entries"]
    assert (issue.translation_placeholders or {})["kept"] == entry.title
    assert (issue.translation_placeholders or {})["skipped"] == "Second"
    assert device(hass, later, cars[0]) is None
    assert value(hass, cars[0], ODOMETER) != "unavailable"
    polls(cloud)
    await let_pass(hass, freezer, POLL)
    assert polls(cloud) == len(cars)

    assert await hass.config_entries.async_remove(entry.entry_id)
    assert await hass.config_entries.async_reload(later.entry_id)
    await settle(hass)
    assert not issues(hass)
    assert device(hass, later, cars[0]) is not None
    assert value(hass, cars[0], ODOMETER) != "unavailable"


async def test_second_entry_is_removed_again(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry, new_entry: NewEntry
) -> None:
    later = new_entry(unique_id="client_2", title="Second")
    assert await hass.config_entries.async_setup(later.entry_id)
    assert issues(hass)
    assert await hass.config_entries.async_remove(later.entry_id)
    assert not issues(hass)
    assert value(hass, cars[0], ODOMETER) != "unavailable"


async def test_car_in_two_entries_is_disconnected_from_the_later_one(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    new_entry: NewEntry,
) -> None:
    """That is what the repair asks for, so it must then go away."""
    later = new_entry(unique_id="client_2", title="Second")
    assert await hass.config_entries.async_setup(later.entry_id)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert issues(hass)
    for car in cars:
        disconnect(cloud, car)
    await let_pass(hass, freezer, 2 * LISTING, STEP)
    assert not issues(hass)


# Evidence


async def test_entity_appears_with_its_first_value(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    new_entry: NewEntry,
) -> None:
    car = cars[0]
    code = "tractionbattery-stateofcharge"
    cloud.override(car.id, code, None)
    entry = new_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert BATTERY not in entities(hass, entry, car)
    cloud.override(car.id, code, {"body": {"value": None, "unit": "percent"}})
    await let_pass(hass, freezer, POLL)
    assert BATTERY not in entities(hass, entry, car)
    cloud.override(car.id, code, {"body": {"value": 42, "unit": "percent"}})
    await let_pass(hass, freezer, POLL)
    assert value(hass, car, BATTERY) == "42.0"


async def test_car_with_nothing_in_the_store(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    new_entry: NewEntry,
) -> None:
    """So it is before a webhook fills it."""
    cloud.set_store_empty(cars[0].id)
    entry = new_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entities(hass, entry, cars[0]) == {
        "button.refresh",
        "lock.door_lock",
        "sensor.data_from_car",
        "sensor.requests_left",
    }
    cloud.set_store_empty(cars[0].id, empty=False)
    await let_pass(hass, freezer, POLL)
    assert entities(hass, entry, cars[0]) >= {BATTERY, "switch.charging", "number.charge_limit"}


NOT_CAPABLE: Json = {
    "status": "ERROR",
    "error": {"type": "COMPATIBILITY", "code": "VEHICLE_NOT_CAPABLE"},
}


async def test_not_capable_deletes_nothing_until_a_start_after_seven_days(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    car = cars[0]
    before = value(hass, car, BATTERY)
    cloud.override(car.id, "tractionbattery-stateofcharge", NOT_CAPABLE)
    await let_pass(hass, freezer, POLL)
    await let_pass(hass, freezer, 7 * DAY - LISTING, DAY)
    assert value(hass, car, BATTERY) == before
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert value(hass, car, BATTERY) == before
    await let_pass(hass, freezer, 2 * LISTING, STEP)
    assert value(hass, car, BATTERY) == before
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert BATTERY not in {
        entity
        for entity in entities(hass, entry, car)
        if not state(hass, car, entity).attributes.get("restored")
    }
    cloud.override(car.id, "tractionbattery-stateofcharge", {})
    await let_pass(hass, freezer, POLL)
    assert value(hass, car, BATTERY) != "unavailable"


# What is written


async def test_refresh_that_changes_nothing_writes_only_freshness(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    for car in cars:
        cloud.patch_state(car.id, {"charging": False})
        cloud.patch_state(car.id, {"asleep": True})
    await let_pass(hass, freezer, 2 * POLL, POLL)
    changes = Changes(hass)
    await let_pass(hass, freezer, POLL)
    counts = [str(entity_id(hass, car, "sensor.requests_left")) for car in cars]
    assert changes.take() == sorted(counts)
    cloud.override(cars[0].id, "odometer-traveleddistance", {"body": {"value": 888, "unit": "km"}})
    await let_pass(hass, freezer, POLL)
    more = [str(entity_id(hass, cars[0], entity)) for entity in (ODOMETER, "sensor.data_from_car")]
    assert changes.take() == sorted(counts + more)


async def test_refresh_that_changes_nothing_writes_five_entities_with_all_enabled(
    hass: HomeAssistant,
    everything_is_enabled: None,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    cloud.patch_state(cars[0].id, {"charging": False})
    cloud.patch_state(cars[0].id, {"asleep": True})
    await let_pass(hass, freezer, POLL)
    await refresh(hass, cars[0])
    changes = Changes(hass)
    freezer.tick(1)
    await refresh(hass, cars[0])
    keys = ("last_contact", "next_poll", "requests_left", "requests_this_month")
    written = [str(entity_id(hass, cars[0], f"sensor.{key}")) for key in keys]
    # Pressing it is what a button's state tells.
    button = str(entity_id(hass, cars[0], "button.refresh"))
    assert changes.take() == sorted([button, *written])


async def test_sleeping_car_shows_how_old_its_data_are(
    hass: HomeAssistant,
    everything_is_enabled: None,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    car = cars[2]
    cloud.patch_state(car.id, {"asleep": True})
    await let_pass(hass, freezer, POLL)
    reported = value(hass, car, "sensor.data_from_car")
    contact = value(hass, car, "sensor.last_contact")
    await let_pass(hass, freezer, 2 * POLL, POLL)
    assert value(hass, car, "sensor.data_from_car") == reported
    assert value(hass, car, "sensor.last_contact") > contact
    assert value(hass, car, ODOMETER) != "unavailable"


async def test_restart_is_no_news_of_the_car(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    mid_month: None,
    everything_is_enabled: None,
    entry: ConfigEntry,
) -> None:
    """A poll that brings nothing new doubles the wait, also the first one after a restart."""
    car = cars[0]
    cloud.patch_state(car.id, {"charging": False})
    cloud.patch_state(car.id, {"asleep": True})

    async def wait_for_poll() -> timedelta:
        """Let time pass until the next poll; return how long the one after it will wait."""
        due = datetime.fromisoformat(value(hass, car, "sensor.next_poll"))
        await let_pass(hass, freezer, due - dt_util.utcnow() + timedelta(minutes=1), STEP)
        return datetime.fromisoformat(value(hass, car, "sensor.next_poll")) - dt_util.utcnow()

    await wait_for_poll()
    before = await wait_for_poll()
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert await wait_for_poll() > 1.4 * before


# What users ask for


async def test_disabled_car_costs_nothing(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    devices = dr.async_get(hass)
    found = device_id(hass, entry, cars[0])
    devices.async_update_device(found, disabled_by=dr.DeviceEntryDisabler.USER)
    await settle(hass)
    polls(cloud)
    await let_pass(hass, freezer, POLL)
    assert polls(cloud) == 2
    # Home Assistant reloads the entry by itself half a minute after entities were disabled.
    await let_pass(hass, freezer, LISTING, STEP)
    polls(cloud)
    assert await hass.config_entries.async_unload(entry.entry_id)
    freezer.tick(DAY)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert polls(cloud) == 2
    devices.async_update_device(found, disabled_by=None)
    await let_pass(hass, freezer, timedelta(minutes=1), timedelta(seconds=31))
    assert value(hass, cars[0], ODOMETER) != "unavailable"


async def test_disabled_entity(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    registry = er.async_get(hass)
    odometer = entity_id(hass, cars[0], ODOMETER)
    assert odometer is not None
    registry.async_update_entity(odometer, disabled_by=er.RegistryEntryDisabler.USER)
    await settle(hass)
    assert hass.states.get(odometer) is None
    polls(cloud)
    await let_pass(hass, freezer, POLL)
    assert polls(cloud) == 3
    registry.async_update_entity(odometer, disabled_by=None)
    await let_pass(hass, freezer, timedelta(minutes=1), timedelta(seconds=31))
    assert value(hass, cars[0], ODOMETER) != "unavailable"
    assert polls(cloud) == 0


async def test_polling_switched_off(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    hass.config_entries.async_update_entry(entry, pref_disable_polling=True)
    assert await hass.config_entries.async_reload(entry.entry_id)
    cloud.requests.clear()
    await let_pass(hass, freezer, 5 * LISTING, LISTING)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    assert not cloud.requests

    updates: tuple[tuple[Car, Callable[[], Coroutine[Any, Any, None]]], ...] = (
        (cars[0], lambda: act(hass, "homeassistant.update_entity", "sensor.robin_odometer")),
        (cars[1], lambda: act(hass, "button.press", entity_id(hass, cars[1], "button.refresh"))),
    )
    for car, update in updates:
        cloud.patch_state(car.id, {"odometer": 888})
        await update()
        await settle(hass)
        assert value(hass, car, ODOMETER) == "888.0"
        assert polls(cloud) == 1


async def test_polling_switched_off_before_the_first_set_up(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    new_entry: NewEntry,
) -> None:
    """There is nothing to show then, so it is asked for once."""
    entry = new_entry(pref_disable_polling=True)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert polls(cloud) == len(cars)
    await let_pass(hass, freezer, 5 * LISTING, LISTING)
    assert not cloud.requests


async def test_presses_at_once_cost_one_request(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    cloud.requests.clear()
    button = entity_id(hass, cars[0], "button.refresh")
    for _ in range(5):
        hass.async_create_task(act(hass, "button.press", button))
    await settle(hass)
    assert polls(cloud) == 1
    await act(hass, "button.press", button)
    assert polls(cloud) == 1


async def test_refresh_that_fails_says_so(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    fault = cloud.faults.add(Fault(vehicle_id=cars[0].id, status=502))
    before = value(hass, cars[0], ODOMETER)
    button = entity_id(hass, cars[0], "button.refresh")
    for _ in range(2):
        with pytest.raises(HomeAssistantError) as caught:
            await act(hass, "button.press", button)
        assert caught.value.translation_key == "refresh_failed"
        assert "Robin" in str(caught.value)
        assert "Your car's service is not answering" in str(caught.value)
    assert value(hass, cars[0], ODOMETER) == before
    cloud.faults.remove(fault)
    await act(hass, "button.press", button)


async def test_disabled_entry_costs_nothing(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
) -> None:
    await hass.config_entries.async_set_disabled_by(entry.entry_id, ConfigEntryDisabler.USER)
    cloud.requests.clear()
    await let_pass(hass, freezer, DAY, timedelta(hours=8))
    assert not cloud.requests
    await hass.config_entries.async_set_disabled_by(entry.entry_id, None)
    assert entry.state is ConfigEntryState.LOADED
    assert cloud.requests[SIGNALS] == len(cars)
    assert cloud.requests[CONNECTIONS] == 1
