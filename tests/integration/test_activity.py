"""The activity list of a car's device, as Home Assistant's own logbook makes it."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import Credentials
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from simulator import Cloud
from simulator.car import Car
from tests.helpers.home import NewEntry
from tests.helpers.push_home import PushHome
from tests.helpers.signal_table import NOON
from tests.helpers.signals import send
from tests.helpers.states import device_id, entities, refresh, set_up, settle, state, value

MINUTE = timedelta(minutes=1)
DATA = "sensor.data_from_car"


@pytest.fixture(autouse=True)
def _custom_integrations(recorder_mock: Any, enable_custom_integrations: None) -> None:
    """Start the recorder before Home Assistant, which is what this replaces."""


@pytest.fixture
def vehicles() -> int:
    return 1


@pytest.fixture
async def car(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], freezer: FrozenDateTimeFactory
) -> Car:
    """Return a car that reports only what a test sends. It is noon, and the logbook is loaded."""
    freezer.move_to(NOON)
    for component in ("homeassistant", "logbook"):
        assert await async_setup_component(hass, component, {})
    cloud.patch_state(cars[0].id, {"charging": False})
    cloud.patch_state(cars[0].id, {"asleep": True})
    cloud.set_store_empty(cars[0].id)
    return cars[0]


type Activity = Callable[[ConfigEntry, Car, datetime], Awaitable[Counter[str]]]


@pytest.fixture
def activity(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    hass_admin_user: MockUser,
    hass_admin_credential: Credentials,
) -> Activity:
    """Return a function that counts each entity's lines in the list on the car's device page."""

    async def read(entry: ConfigEntry, car: Car, since: datetime) -> Counter[str]:
        await async_wait_recording_done(hass)
        # Of the frozen time: the tests' own token is of another.
        login = await hass.auth.async_create_refresh_token(
            hass_admin_user, "https://example.com/app", credential=hass_admin_credential
        )
        client = await hass_ws_client(hass, hass.auth.async_create_access_token(login))
        names = {state(hass, car, name).entity_id: name for name in entities(hass, entry, car)}
        await client.send_json_auto_id(
            {
                "type": "logbook/get_events",
                "start_time": since.isoformat(),
                "end_time": (dt_util.utcnow() + MINUTE).isoformat(),
                "entity_ids": sorted(names),
                "device_ids": [device_id(hass, entry, car)],
            }
        )
        answer = await client.receive_json()
        await client.close()
        assert answer["success"]
        return Counter(names[line["entity_id"]] for line in answer["result"] if "entity_id" in line)

    return read


def charging(level: float, minutes_left: float) -> dict[str, Any]:
    """Return what a charging car reports."""
    return {
        "charge-ischarging": {"value": True},
        "charge-ischargingcableconnected": {"value": True},
        "charge-timetocomplete": {"value": minutes_left},
        "charge-wattage": {"value": 11, "unit": "kilowatts"},
        "tractionbattery-nominalcapacity": {"capacity": 77, "unit": "kWh"},
        "tractionbattery-stateofcharge": {"value": level, "unit": "percent"},
    }


@pytest.mark.parametrize("pace", [1, 5, 10])
async def test_ten_reports_of_a_charging_car_are_few_lines(
    hass: HomeAssistant,
    activity: Activity,
    cloud: Cloud,
    car: Car,
    new_entry: NewEntry,
    freezer: FrozenDateTimeFactory,
    pace: int,
) -> None:
    send(cloud, car, charging(40, 200))
    entry = new_entry()
    await set_up(hass, entry)
    began = dt_util.utcnow()
    for number in range(1, 11):
        freezer.tick(pace * MINUTE)
        # The estimate is off by a minute each time.
        left = 200 - number * pace + (1 if number % 2 else -1)
        send(cloud, car, charging(40 + number, left))
        await refresh(hass, car)
    lines = await activity(entry, car, began + MINUTE / 2)
    lines.pop("button.refresh")
    assert lines.total() <= 2, lines
    # It is no list that leaves everything out.
    freezer.tick(MINUTE)
    send(cloud, car, {"charge-ischarging": {"value": False}})
    await refresh(hass, car)
    assert "sensor.charging_state" in await activity(entry, car, began)


async def test_data_from_car_is_exact_unless_the_car_is_in_use(
    hass: HomeAssistant,
    cloud: Cloud,
    car: Car,
    new_entry: NewEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    async def report(minutes: int, **values: Any) -> tuple[str, str]:
        """Return when the car reported, and what is shown of that."""
        freezer.tick(minutes * MINUTE)
        bodies = {code.replace("_", "-"): {"value": item} for code, item in values.items()}
        send(cloud, car, bodies)
        await refresh(hass, car)
        return f"{dt_util.utcnow():%H:%M}", value(hass, car, DATA)[11:16]

    await set_up(hass, new_entry())
    assert await report(0, odometer_traveleddistance=100) == ("12:00", "12:00")
    assert await report(5, odometer_traveleddistance=101) == ("12:05", "12:05")
    # It begins to charge: from now on the time moves once an hour.
    assert await report(5, charge_ischarging=True) == ("12:10", "12:05")
    assert await report(50, tractionbattery_stateofcharge=50) == ("13:00", "12:05")
    assert await report(5, tractionbattery_stateofcharge=51) == ("13:05", "13:05")
    assert await report(30, tractionbattery_stateofcharge=52) == ("13:35", "13:05")
    # An answer without news shows what was not shown yet.
    freezer.tick(35 * MINUTE)
    await refresh(hass, car)
    assert value(hass, car, DATA)[11:16] == "13:35"
    # The charge ends: it is exact again.
    assert await report(5, charge_ischarging=False) == ("14:15", "14:15")
    assert await report(1, tractionbattery_stateofcharge=53) == ("14:16", "14:16")
    # Driving is use as well.
    assert await report(1, motion_currentspeed=50) == ("14:17", "14:16")
    assert await report(1, motion_currentspeed=0) == ("14:18", "14:18")


async def test_pushes_of_a_charging_car_are_few_lines(
    hass: HomeAssistant,
    activity: Activity,
    cloud: Cloud,
    car: Car,
    new_entry: NewEntry,
    freezer: FrozenDateTimeFactory,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for component in ("http", "webhook"):
        assert await async_setup_component(hass, component, {})
    home = PushHome(
        hass, cloud, [car], new_entry, freezer, await hass_client_no_auth(), monkeypatch
    )
    send(cloud, car, charging(40, 200))
    entry = await home.set_up_push()
    await home.send(home.event(charging(40, 200), car.id))
    await settle(hass)
    began = dt_util.utcnow()
    for number in range(1, 11):
        freezer.tick(3 * MINUTE)
        assert await home.send(home.event(charging(40 + number, 200 - 3 * number), car.id)) == 200
        await settle(hass)
    assert value(hass, car, "sensor.battery_level") == "50.0"
    lines = await activity(entry, car, began + MINUTE / 2)
    assert lines.total() <= 2, lines
