"""What owners reported of other integrations: each quirk of a maker, once, through the front door.

One car is polled and one is pushed to. Both must show the same, before and after a restart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
import json
import os
from typing import Any

import aiohttp
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.smartcar.api import JsonObject
from custom_components.smartcar.const import DOMAIN
from simulator import Cloud
from simulator.car import Car
from simulator.faults import Fault
from simulator.ownership import Connection
from tests.helpers.home import NewEntry
from tests.helpers.push_home import PushHome
from tests.helpers.reporting import Report, ReportingCar, Way, report_all
from tests.helpers.routes import CONNECTIONS_ROUTE, SIGNALS_ROUTE
from tests.helpers.signal_table import NOON
from tests.helpers.signals import forbid
from tests.helpers.states import act, entity_id, settle

pytestmark = pytest.mark.usefixtures("everything_is_enabled")

AMPERAGE = "charge-amperage"
CHARGING = "charge-ischarging"
CONNECTED = "charge-ischargingcableconnected"
DOORS = "closure-doors"
FUEL = "internalcombustionengine-fuellevel"
LEVEL = "tractionbattery-stateofcharge"
LIMITS = "charge-chargelimits"
LOCKED = "closure-islocked"
ODOMETER = "odometer-traveleddistance"
POSITION = "location-preciselocation"
POWER = "charge-wattage"
RANGE = "tractionbattery-range"
RATE = "charge-chargerate"
SPEED = "motion-currentspeed"
STATUS = "charge-detailedchargingstatus"
TIRES = "wheel-tires"
TIME_LEFT = "charge-timetocomplete"
VOLTAGE = "charge-voltage"

PAUSE = timedelta(minutes=10)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MISSING = "missing"
NO_VALUE = "missing or unknown"
"""No entity, or one without a value: which of the two is not defined."""

type Signals = Mapping[str, JsonObject | Report]


@pytest.fixture
def vehicles() -> int:
    """Return how many cars are connected: one is polled, the other pushed to."""
    return 2


@pytest.fixture
async def new_home(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    new_entry: NewEntry,
    hass_client_no_auth: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
    freezer: FrozenDateTimeFactory,
) -> PushHome:
    """Return a home without an entry. It is noon, and the cars have said nothing."""
    freezer.move_to(NOON)
    for component in ("homeassistant", "auth", "webhook"):
        assert await async_setup_component(hass, component, {})
    for car in cars:
        cloud.patch_state(car.id, {"charging": False, "driving": False, "asleep": False})
        cloud.set_store_empty(car.id)
    return PushHome(hass, cloud, cars, new_entry, freezer, await hass_client_no_auth(), monkeypatch)


class Pair:
    """A car that is polled and a car that is pushed to, which report the same."""

    def __init__(self, home: PushHome, cars: Sequence[ReportingCar]) -> None:
        self.home = home
        self.cars = cars

    async def report(self, signals: Signals) -> None:
        """Let both cars report."""
        for car in self.cars:
            await report_all({car: signals})

    async def restart(self) -> None:
        """Restart, after which the same must be shown."""
        before = [car.all_states() for car in self.cars]
        await self.home.reload()
        assert [car.all_states() for car in self.cars] == before

    def shows(self, entity: str) -> str:
        """Return what both cars show."""
        shown = {car.way: car.shows(entity) if car.has(entity) else MISSING for car in self.cars}
        assert len(set(shown.values())) == 1, f"{entity}: {shown}"
        return shown[Way.POLL]

    def attribute(self, entity: str, name: str) -> Any:
        """Return an attribute that both cars show."""
        first, second = (car.attributes(entity).get(name) for car in self.cars)
        assert first == second
        return first


@pytest.fixture
async def pair(hass: HomeAssistant, cars: list[Car], new_home: PushHome) -> Pair:
    """Return the two cars."""
    pair = Pair(
        new_home, [ReportingCar(hass, new_home, *one) for one in zip(cars, Way, strict=True)]
    )
    await new_home.set_up_push()
    return pair


@pytest.fixture
def polled(pair: Pair) -> ReportingCar:
    """Return the car that is polled."""
    return pair.cars[0]


@pytest.fixture(params=list(Way))
def either(request: pytest.FixtureRequest, pair: Pair) -> ReportingCar:
    """Return one of the two cars."""
    return next(car for car in pair.cars if car.way is request.param)


def of(value: object, unit: str | None = None) -> JsonObject:
    """Return the body of a number, a text or a boolean."""
    body: dict[str, Any] = {"value": value}
    if unit is not None:
        body["unit"] = unit
    return body


def failed(body: JsonObject, code: str = "NO_RESPONSE", **times: Any) -> Report:
    """Return an error with a body beside it."""
    types = {
        "NOT_CHARGING": "VEHICLE_STATE",
        "VEHICLE_NOT_CAPABLE": "COMPATIBILITY",
        "UNKNOWN": "PERMISSION",
    }
    return Report(error=(types.get(code, "UPSTREAM"), code), body=body, **times)


HOURS_AGO = datetime(2026, 11, 20, 9, tzinfo=UTC)
PLUGGED: Signals = {
    CONNECTED: of(True),
    STATUS: of("CHARGING"),
    POWER: of(7000, "watts"),
    AMPERAGE: of(10, "ampere"),
    RATE: of(40, "km/h"),
    VOLTAGE: of(230, "volts"),
    TIME_LEFT: of(60),
}
NO_CHARGE = {
    "sensor.charge_wattage": "0",
    "sensor.charge_amperage": "0",
    "sensor.charge_chargerate": "0",
    "sensor.charge_voltage": "unknown",
    "sensor.charge_time_to_complete": "unknown",
}
POSITION_BODY = {"latitude": 52.238523, "longitude": 0.154656}
LOST = {"latitude": None, "longitude": None}


@dataclass(frozen=True)
class Quirk:
    """What a car reports, step by step, and what its owner sees then."""

    id: str
    steps: Sequence[Signals]
    shown: Mapping[str, str | float] = field(default_factory=dict)


def lasting(name: str, code: str, entity: str, known: JsonObject, nothing: JsonObject) -> Quirk:
    """Return a quirk in which a success says nothing, and what was known stays."""
    seen = known.get("value", known.get("capacity"))
    assert isinstance(seen, str | int | float)
    return Quirk(name, [{code: known}, {code: nothing}, {code: nothing}], {entity: seen})


def momentary(name: str, code: str, entity: str, known: object) -> Quirk:
    """Return a quirk in which null makes what the car does now unknown."""
    return Quirk(name, [{code: of(known)}, {code: of(None)}], {entity: "unknown"})


ERRORS_WITH_VALUES = [
    Quirk(
        "every signal is an error with the value",
        [
            {
                LEVEL: failed(of(72, "percent")),
                RANGE: failed(of(288, "km")),
                ODOMETER: failed(of(52891, "km")),
                LOCKED: failed(of(True)),
            }
        ],
        {
            "sensor.battery_level": 72,
            "sensor.range": 288,
            "sensor.odometer": 52891,
            "lock.door_lock": "locked",
        },
    ),
    Quirk(
        "the values of errors go on",
        [{LEVEL: failed(of(72, "percent"))}, {LEVEL: failed(of(64, "percent"))}],
        {"sensor.battery_level": 64},
    ),
    Quirk(
        "an error with a later value after a success",
        [{LEVEL: of(50, "percent")}, {LEVEL: failed(of(72, "percent"))}],
        {"sensor.battery_level": 72},
    ),
    Quirk(
        "an error with an older value after a success",
        [
            {LEVEL: of(50, "percent")},
            {LEVEL: failed(of(72, "percent"), reported_at=HOURS_AGO)},
        ],
        {"sensor.battery_level": 50},
    ),
    Quirk(
        "an error with a value of unknown age",
        [{LEVEL: failed(of(72, "percent"), dated=False)}],
        {"sensor.battery_level": MISSING},
    ),
    *(
        Quirk(
            f"a stale value beside {code}",
            [{LEVEL: failed(of(72, "percent"), code)}],
            {"sensor.battery_level": MISSING},
        )
        for code in ("NOT_CHARGING", "VEHICLE_NOT_CAPABLE", "UNKNOWN")
    ),
    Quirk(
        "a success, and then a stale value beside VEHICLE_NOT_CAPABLE",
        [{LEVEL: of(50, "percent")}, {LEVEL: failed(of(72, "percent"), "VEHICLE_NOT_CAPABLE")}],
        {"sensor.battery_level": 50},
    ),
]

SUCCESSES_THAT_SAY_NOTHING = [
    lasting("fuel of -5 % when parked", FUEL, "sensor.fuel_percent", of(55, "percent"), of(-5)),
    lasting("fuel of null", FUEL, "sensor.fuel_percent", of(55, "percent"), of(None)),
    lasting("level of 102.3 %", LEVEL, "sensor.battery_level", of(80, "percent"), of(102.3)),
    lasting("level of null", LEVEL, "sensor.battery_level", of(80, "percent"), of(None)),
    lasting("range of null", RANGE, "sensor.range", of(300, "km"), of(None, "km")),
    lasting("odometer of null", ODOMETER, "sensor.odometer", of(52891, "km"), of(None)),
    lasting(
        "capacity of null",
        "tractionbattery-nominalcapacity",
        "sensor.battery_capacity",
        {"capacity": 77, "unit": "kWh"},
        {"capacity": None, "source": None, "availableCapacities": []},
    ),
    lasting(
        "oil life of null",
        "internalcombustionengine-oillife",
        "sensor.engine_oil",
        of(35, "percent"),
        of(None),
    ),
    lasting(
        "firmware of null",
        "connectivitysoftware-currentfirmwareversion",
        "sensor.firmware_version",
        of("3.4.1"),
        of(None),
    ),
    Quirk(
        "no charge limit while unplugged",
        [
            {LIMITS: {"activeLimit": 80, "values": []}},
            {LIMITS: {"activeLimit": None, "values": []}},
        ],
        {"number.charge_limit": 80},
    ),
    Quirk(
        "tires of null",
        [
            {TIRES: {"values": [{"row": 0, "column": 0, "tirePressure": 2.5}], "unit": "bar"}},
            {TIRES: {"values": [{"row": 0, "column": 0, "tirePressure": None}], "unit": "bar"}},
        ],
        {"sensor.tire_pressure_front_left": 2.5},
    ),
    Quirk(
        "tires of 699.9",
        [
            {TIRES: {"values": [{"row": 0, "column": 0, "tirePressure": 2.5}], "unit": "bar"}},
            {TIRES: {"values": [{"row": 0, "column": 0, "tirePressure": 699.9}], "unit": "bar"}},
        ],
        {"sensor.tire_pressure_front_left": 2.5},
    ),
    momentary("speed of null", SPEED, "sensor.speed", 50),
    momentary("lock of null", LOCKED, "lock.door_lock", known=True),
    momentary("charging of null", CHARGING, "binary_sensor.charging", known=True),
    momentary("cable of null", CONNECTED, "binary_sensor.plug_status", known=True),
    momentary("gear of null", "transmission-gearstate", "sensor.gear_state", "PARK"),
    momentary("online of null", "connectivitystatus-isonline", "binary_sensor.online", known=True),
]

ENDS_OF_A_CHARGE = [
    Quirk(
        "unplugged, without a word of charging",
        [PLUGGED, {CONNECTED: of(False)}],
        {**NO_CHARGE, "sensor.charging_state": "disconnected"},
    ),
    Quirk(
        "full, without a word of charging",
        [PLUGGED, {STATUS: of("FULLY_CHARGED")}],
        {**NO_CHARGE, "sensor.charging_state": "complete"},
    ),
    Quirk(
        "merely connected, without a word of charging",
        [PLUGGED, {STATUS: of("NOT_CHARGING"), CONNECTED: of(True)}],
        {**NO_CHARGE, "sensor.charging_state": "connected"},
    ),
    Quirk(
        "unplugged, as the webhook says, which does not carry charging",
        [{**PLUGGED, CHARGING: of(True)}, {CONNECTED: of(False), STATUS: of("NOT_CHARGING")}],
        {
            **NO_CHARGE,
            "sensor.charging_state": "disconnected",
            "binary_sensor.charging": "off",
            "switch.charging": "off",
        },
    ),
    Quirk(
        "full, as the webhook says, which does not carry charging",
        [{**PLUGGED, CHARGING: of(True)}, {STATUS: of("FULLY_CHARGED"), CONNECTED: of(True)}],
        {**NO_CHARGE, "sensor.charging_state": "complete", "binary_sensor.charging": "off"},
    ),
    Quirk(
        "one NOT_CHARGING ends it for all",
        [PLUGGED, {POWER: failed(of(8000, "watts"), "NOT_CHARGING")}],
        NO_CHARGE,
    ),
    Quirk(
        "a stale power comes with the end",
        [PLUGGED, {CONNECTED: of(False), STATUS: of("NOT_CHARGING"), POWER: of(7000, "watts")}],
        {"sensor.charge_wattage": 0, "sensor.charging_state": "disconnected"},
    ),
    Quirk(
        "charges again after the end",
        [
            PLUGGED,
            {STATUS: of("FULLY_CHARGED")},
            {STATUS: of("CHARGING"), CONNECTED: of(True), POWER: of(3600, "watts")},
        ],
        {"sensor.charge_wattage": 3.6, "sensor.charging_state": "charging"},
    ),
    Quirk(
        "feeds the house, and says that it does not charge",
        [
            {
                CHARGING: of(False),
                CONNECTED: of(True),
                POWER: of(-1200, "watts"),
                AMPERAGE: of(-5, "ampere"),
            }
        ],
        {
            "sensor.charge_wattage": -1.2,
            "sensor.charge_amperage": -5,
            "binary_sensor.charging": "off",
        },
    ),
    Quirk(
        "feeds the house, as its status says",
        [{STATUS: of("NOT_CHARGING"), CONNECTED: of(True), POWER: of(-1200, "watts")}],
        {"sensor.charge_wattage": -1.2, "sensor.charging_state": "connected"},
    ),
    Quirk(
        "feeds the house after a charge",
        [PLUGGED, {STATUS: of("NOT_CHARGING"), CONNECTED: of(True), POWER: of(-1200, "watts")}],
        {"sensor.charge_wattage": -1.2, "sensor.charge_amperage": 0},
    ),
]


def _tire(pressure: float, unit: str) -> Signals:
    return {TIRES: {"values": [{"row": 0, "column": 0, "tirePressure": pressure}], "unit": unit}}


READINGS = [
    Quirk("range of 2046 km", [{RANGE: of(2046, "km")}], {"sensor.range": NO_VALUE}),
    Quirk(
        "range of 2046 km after a true one",
        [{RANGE: of(300, "km")}, {RANGE: of(2046, "km")}],
        {"sensor.range": 300},
    ),
    Quirk(
        "range that no electric car has",
        [{RANGE: of(300, "km")}, {RANGE: of(1900, "km")}],
        {"sensor.range": 300},
    ),
    Quirk("range of a good car", [{RANGE: of(1150, "km")}], {"sensor.range": 1150}),
    Quirk(
        "range of a tank",
        [{"internalcombustionengine-range": of(1450, "km")}],
        {"sensor.fuel_range": 1450},
    ),
    Quirk("fuel as a fraction", [{FUEL: of(0.77)}], {"sensor.fuel_percent": 77}),
    Quirk(
        "fuel as a fraction, full", [{FUEL: of(0.77)}, {FUEL: of(1)}], {"sensor.fuel_percent": 100}
    ),
    Quirk("fuel of 1 % after more", [{FUEL: of(55)}, {FUEL: of(1)}], {"sensor.fuel_percent": 1}),
    Quirk(
        "fuel of 1 % with a unit",
        [{FUEL: of(1, "percent")}],
        {"sensor.fuel_percent": 1},
    ),
    *(
        Quirk(f"tires in {unit}", [_tire(pressure, unit)], {"sensor.tire_pressure_front_left": bar})
        for unit, pressure, bar in (
            ("kilopascals", 250, 2.5),
            ("kilopascal", 250, 2.5),
            ("kPa", 250, 2.5),
            ("bars", 2.5, 2.5),
            ("pounds_per_square_inch", 36, 2.482113),
            ("psi", 36, 2.482113),
        )
    ),
    Quirk(
        "nested charge limits",
        [{LIMITS: {"values": {"activeLimit": 80, "values": [{"type": "GLOBAL", "limit": 80}]}}}],
        {"number.charge_limit": 80},
    ),
    Quirk(
        "nested doors",
        [
            {
                DOORS: {
                    "values": {
                        "doors": [{"row": 0, "column": 0, "isOpen": True, "isLocked": False}],
                        "rowCount": 2,
                        "columnCount": 2,
                    }
                }
            }
        ],
        {"binary_sensor.door_front_left": "on", "binary_sensor.door_front_left_lock": "on"},
    ),
]

QUIRKS = [*ERRORS_WITH_VALUES, *SUCCESSES_THAT_SAY_NOTHING, *ENDS_OF_A_CHARGE, *READINGS]


@pytest.mark.parametrize("quirk", [pytest.param(quirk, id=quirk.id) for quirk in QUIRKS])
async def test_quirk_of_a_maker_is_read_right(
    pair: Pair, freezer: FrozenDateTimeFactory, quirk: Quirk
) -> None:
    for step in quirk.steps:
        await pair.report(step)
        freezer.tick(PAUSE)
        await pair.restart()
    shown = {entity: pair.shows(entity) for entity in quirk.shown}
    for entity, wanted in quirk.shown.items():
        if wanted == NO_VALUE and shown[entity] in {MISSING, "unknown"}:
            shown[entity] = NO_VALUE
    assert {entity: _number(text) for entity, text in shown.items()} == {
        entity: _number(wanted) for entity, wanted in quirk.shown.items()
    }


def _number(text: str | float) -> object:
    """Return a number to be compared roughly; texts as they are."""
    try:
        return round(float(text), 4)
    except ValueError:
        return text


async def test_position_of_nulls_while_driving_keeps_the_place(
    pair: Pair, freezer: FrozenDateTimeFactory
) -> None:
    await pair.report({POSITION: POSITION_BODY})
    freezer.tick(PAUSE)
    await pair.report({POSITION: LOST})
    await pair.restart()
    assert pair.attribute("device_tracker.location", "latitude") == 52.238523
    assert pair.attribute("device_tracker.location", "longitude") == 0.154656


async def test_position_has_a_time_that_changes_only_with_the_place(
    pair: Pair, freezer: FrozenDateTimeFactory
) -> None:
    def position_at() -> datetime:
        text = pair.attribute("device_tracker.location", "position_at")
        return dt_util.as_utc(
            text if isinstance(text, datetime) else datetime.fromisoformat(str(text))
        )

    arrived = dt_util.utcnow()
    await pair.report({POSITION: POSITION_BODY})
    assert position_at() == arrived
    for body in (POSITION_BODY, LOST):
        freezer.tick(HOUR)
        await pair.report({POSITION: body})
        await pair.restart()
        assert position_at() == arrived
    freezer.tick(HOUR)
    left = dt_util.utcnow()
    await pair.report({POSITION: {"latitude": 52.3, "longitude": 0.2}})
    assert position_at() == left


# Commands and clocks


@pytest.mark.parametrize(
    ("action", "entity", "code", "yields_after", "before", "after"),
    [
        ("lock.lock", "lock.door_lock", LOCKED, HOUR, "unlocked", "locked"),
        ("switch.turn_on", "switch.charging", CHARGING, DAY, "off", "on"),
    ],
    ids=["an hour for the lock", "a day for the rest"],
)
async def test_command_yields_to_a_car_whose_clock_stands_still(
    hass: HomeAssistant,
    either: ReportingCar,
    freezer: FrozenDateTimeFactory,
    action: str,
    entity: str,
    code: str,
    yields_after: timedelta,
    before: str,
    after: str,
) -> None:
    either.home.cloud.patch_state(
        either.car.id, {"locked": False, "plugged": True, "charging": False, "soc": 40.0}
    )
    stands_at = dt_util.utcnow()

    async def report() -> None:
        """Say the same again, with the same time; only Smartcar's time goes on."""
        stale = Report(body=of(False), reported_at=stands_at)
        await either.report({code: stale, LEVEL: of(40, "percent")})

    await report()
    assert either.shows(entity) == before
    freezer.tick(PAUSE)
    await act(hass, action, entity_id(hass, either.car, entity))
    await settle(hass)
    assert either.shows(entity) == after
    freezer.tick(yields_after - 2 * PAUSE)
    await report()
    assert either.shows(entity) == after
    freezer.tick(3 * PAUSE)
    await report()
    assert either.shows(entity) == before
    await either.restart()
    assert either.shows(entity) == before


async def test_command_yields_at_once_to_a_later_time_of_the_maker(
    hass: HomeAssistant, either: ReportingCar, freezer: FrozenDateTimeFactory
) -> None:
    either.home.cloud.patch_state(either.car.id, {"locked": False})
    await either.report({LOCKED: of(False)})
    freezer.tick(PAUSE)
    await act(hass, "lock.lock", entity_id(hass, either.car, "lock.door_lock"))
    freezer.tick(PAUSE)
    await either.report({LOCKED: of(False)})
    assert either.shows("lock.door_lock") == "unlocked"


async def test_undated_push_yields_to_a_poll_that_was_retrieved_later(
    polled: ReportingCar, freezer: FrozenDateTimeFactory
) -> None:
    """The maker's time of the poll is before the push, which has none."""
    await polled.report({CONNECTED: of(True)})
    await polled.report({CHARGING: Report(body=of(False), dated=False)}, Way.PUSH)
    pushed_at = dt_util.utcnow()
    freezer.tick(PAUSE)
    poll = {CHARGING: Report(body=of(True), reported_at=pushed_at - timedelta(minutes=3))}
    await polled.report(poll, Way.POLL)
    assert polled.shows("binary_sensor.charging") == "on"
    assert polled.shows("switch.charging") == "on"
    await polled.restart()
    assert polled.shows("switch.charging") == "on"


async def test_undated_push_does_not_yield_to_what_was_retrieved_before_it(
    polled: ReportingCar, freezer: FrozenDateTimeFactory
) -> None:
    before = dt_util.utcnow()
    await polled.report({CONNECTED: of(True)})
    freezer.tick(PAUSE)
    await polled.report({CHARGING: Report(body=of(False), dated=False)}, Way.PUSH)
    freezer.tick(PAUSE)
    poll = {CHARGING: Report(body=of(True), reported_at=before, retrieved_at=before)}
    await polled.report(poll, Way.POLL)
    assert polled.shows("binary_sensor.charging") == "off"


# Two partners, and withdrawn permissions


def _permission_repairs(home: PushHome) -> list[str]:
    """Return the repairs that tell of a permission."""
    return [key for key in home.issues() if key.startswith("permission_")]


def _second_partner(cloud: Cloud, car: Car, permissions: Sequence[str]) -> Connection:
    """Let a partner connect the same car now, with the newest connection."""
    (first,) = cloud.connections_of(vehicle_id=car.id)
    other = next(owner for owner in cloud.owners if owner != first.user_id)
    return cloud.ownership.add(other, car.id, permissions)


def _all_but(cloud: Cloud, *permissions: str) -> list[str]:
    return [name for name in cloud.dashboard_permissions if name not in permissions]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param((), ("control_security", "read_battery"), id="the newer one ticked less"),
        pytest.param(("control_security",), (), id="the older one ticked less"),
        pytest.param(
            ("control_security",), ("read_battery", "read_odometer"), id="each ticked less"
        ),
    ],
)
async def test_partner_who_ticks_less_takes_nothing_away(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    new_home: PushHome,
    first: Sequence[str],
    second: Sequence[str],
) -> None:
    """Each partner leaves out some permissions; together they have all."""
    car = cars[0]
    cloud.patch_state(car.id, {"locked": True})
    forbid(cloud, car, *first)
    _second_partner(cloud, car, _all_but(cloud, *second))
    reporting = ReportingCar(hass, new_home, car, Way.POLL)
    await new_home.set_up_push()
    await reporting.report({LEVEL: of(42, "percent"), ODOMETER: of(52891, "km"), LOCKED: of(True)})
    assert reporting.shows("sensor.battery_level") == "42"
    assert reporting.shows("sensor.odometer") == "52891"
    await act(hass, "lock.unlock", entity_id(hass, car, "lock.door_lock"))
    await settle(hass)
    assert not car.state.locked
    assert reporting.shows("lock.door_lock") == "unlocked"
    assert not _permission_repairs(new_home)
    await reporting.restart()
    assert reporting.has("lock.door_lock")
    assert reporting.shows("sensor.battery_level") == "42"


async def test_partner_who_connects_later_takes_nothing_away(
    hass: HomeAssistant, cloud: Cloud, polled: ReportingCar
) -> None:
    polled.home.cloud.patch_state(polled.car.id, {"locked": True})
    await polled.report({LEVEL: of(42, "percent"), LOCKED: of(True)})
    _second_partner(cloud, polled.car, ["read_vehicle_info"])
    await polled.home.entry.runtime_data.async_refresh()
    await settle(hass)
    await polled.report({LEVEL: of(43, "percent")})
    assert polled.shows("sensor.battery_level") == "43"
    await act(hass, "lock.unlock", entity_id(hass, polled.car, "lock.door_lock"))
    assert not polled.car.state.locked


async def _withdraw(hass: HomeAssistant, car: ReportingCar) -> None:
    """Let the owner take the permission for the battery away."""
    forbid(car.home.cloud, car.car, "read_battery")
    await car.home.entry.runtime_data.async_refresh()
    await settle(hass)


async def test_withdrawn_permission_raises_a_repair_and_ends_the_value_after_a_day(
    hass: HomeAssistant, either: ReportingCar, freezer: FrozenDateTimeFactory
) -> None:
    refused = {LEVEL: Report(error=("PERMISSION", None))}

    async def report() -> None:
        if either.way is Way.POLL:
            # The cloud refuses by itself.
            await either.poll()
        else:
            await either.report(refused)

    await either.report({LEVEL: of(42, "percent"), ODOMETER: of(52891, "km")})
    freezer.tick(HOUR)
    await _withdraw(hass, either)
    await report()
    freezer.tick(23 * HOUR)
    await report()
    assert either.shows("sensor.battery_level") == "42"
    freezer.tick(2 * HOUR)
    await report()
    assert either.shows("sensor.battery_level") == "unknown"
    assert either.shows("sensor.odometer") == "52891"
    assert _permission_repairs(either.home)
    await either.restart()
    assert either.shows("sensor.battery_level") == "unknown"
    assert _permission_repairs(either.home)


async def test_permission_error_of_a_granted_permission_ends_nothing(
    pair: Pair, freezer: FrozenDateTimeFactory
) -> None:
    """Errors can be stale: the owner granted it, so the last value stays."""
    await pair.report({LEVEL: of(42, "percent")})
    for _ in range(4):
        freezer.tick(10 * HOUR)
        await pair.report({LEVEL: Report(error=("PERMISSION", "UNKNOWN"))})
    assert pair.shows("sensor.battery_level") == "42"
    assert not _permission_repairs(pair.home)


# Words and texts

COMPLETE = [
    "FULLY_CHARGED",
    "CHARGE_ENDED",
    "DONE",
    "chargePurposeReachedAndConservationEnded",
    "chargingComplete",
    "Charging Completed",
    "fully charged",
    "ENDED",
    "batteryFull",
]
NOT_COMPLETE = [
    "NOT_FULLY_CHARGED",
    "NotComplete",
    "INCOMPLETE",
    "IN_COMPLETE",
    "UN_COMPLETED",
    "CHARGE_END_PENDING",
    "PENDING",
    "READY_FOR_CHARGING",
    "ABANDONED",
    "CONDONED",
]


@pytest.mark.parametrize(
    ("words", "shown"), [(COMPLETE, "complete"), (NOT_COMPLETE, "connected")], ids=["yes", "no"]
)
async def test_words_of_the_maker_for_complete(
    pair: Pair, freezer: FrozenDateTimeFactory, words: list[str], shown: str
) -> None:
    found = {}
    for word in words:
        await pair.report({CONNECTED: of(True), CHARGING: of(False), STATUS: of(word)})
        freezer.tick(PAUSE)
        found[word] = pair.shows("sensor.charging_state")
    assert found == dict.fromkeys(words, shown)


async def test_purpose_reached_is_complete(pair: Pair) -> None:
    await pair.report(
        {CONNECTED: of(True), CHARGING: of(False), STATUS: of("chargePurposeReached")}
    )
    assert pair.shows("sensor.charging_state") == "complete"


async def test_long_text_in_an_attribute_is_cut(pair: Pair) -> None:
    await pair.report({CONNECTED: of(True), STATUS: of("LONG_" * 100)})
    await pair.report({"diagnostics-abs": {"status": "ALERT", "description": "x" * 1000}})
    await pair.restart()
    assert 0 < len(pair.attribute("sensor.charging_state", "detailed_status")) <= 255
    assert 0 < len(pair.attribute("binary_sensor.diagnostics_abs", "description")) <= 255


# Envelopes


async def _listed(cloud: Cloud, path: str, car: Car | None = None) -> dict[str, Any]:
    """Return what the cloud answers, to be changed by a test."""
    headers = {"Authorization": f"Bearer {cloud.mint_token()}"}
    if car:
        (connection,) = cloud.connections_of(vehicle_id=car.id)
        headers["sc-user-id"] = connection.user_id
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{os.environ['SMARTCAR_API_ORIGIN']}{path}", headers=headers) as response,
    ):
        answer: dict[str, Any] = await response.json()
    return answer


async def _list_instead(hass: HomeAssistant, home: PushHome, answer: dict[str, Any]) -> Fault:
    """Let the cloud list these connections from now on, and set up."""
    fault = home.cloud.faults.add(Fault(route=CONNECTIONS_ROUTE, body=json.dumps(answer)))
    await home.set_up_push()
    await settle(hass)
    return fault


def _device_of(hass: HomeAssistant, home: PushHome, car: Car) -> dr.DeviceEntry | None:
    return dr.async_get(hass).async_get_device_by_identifier((DOMAIN, car.id), home.entry.entry_id)


async def test_model_year_may_be_a_text(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], new_home: PushHome
) -> None:
    answer = await _listed(cloud, "/v3/connections")
    for connection in answer["data"]:
        connection["attributes"]["vehicle"]["year"] = "2021"
    await _list_instead(hass, new_home, answer)
    device = _device_of(hass, new_home, cars[0])
    assert device is not None
    assert "(2021)" in str(device.model)


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param(None, id="null"),
        pytest.param("connection", id="a text"),
        pytest.param({"id": "x", "type": "connection"}, id="nothing in it"),
        pytest.param({"id": 7, "attributes": [], "relationships": 3}, id="other types"),
    ],
)
async def test_malformed_connection_costs_only_itself(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], new_home: PushHome, junk: object
) -> None:
    answer = await _listed(cloud, "/v3/connections")
    answer["data"].insert(0, junk)
    await _list_instead(hass, new_home, answer)
    assert all(_device_of(hass, new_home, car) for car in cars)


async def test_simulated_car_is_left_out_unless_the_option_says_otherwise(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], new_home: PushHome
) -> None:
    answer = await _listed(cloud, "/v3/connections")
    simulated, live = cars
    for connection in answer["data"]:
        if connection["relationships"]["vehicle"]["data"]["id"] == simulated.id:
            connection["attributes"]["vehicle"]["mode"] = "simulated"
    await _list_instead(hass, new_home, answer)
    assert _device_of(hass, new_home, simulated) is None
    assert _device_of(hass, new_home, live)
    result = await hass.config_entries.options.async_init(new_home.entry.entry_id)
    schema = result["data_schema"]
    assert schema is not None
    (option,) = (str(marker) for marker in schema.schema if "simulated" in str(marker))
    required = {
        str(marker): marker.description["suggested_value"]
        for marker in schema.schema
        if marker.description and "suggested_value" in marker.description
    }
    await hass.config_entries.options.async_configure(result["flow_id"], {**required, option: True})
    await settle(hass)
    assert _device_of(hass, new_home, simulated)


async def test_webhook_may_name_the_car_at_the_top(
    hass: HomeAssistant, pair: Pair, cars: list[Car]
) -> None:
    car = pair.cars[1]
    event = pair.home.event({LEVEL: of(42, "percent")}, car.car.id, vehicleId=car.car.id)
    del event["data"]["vehicle"]
    assert await pair.home.send(event) < 300
    await settle(hass)
    assert car.shows("sensor.battery_level") == "42"


async def test_list_of_signals_may_have_a_second_page(cloud: Cloud, polled: ReportingCar) -> None:
    polled.store({LEVEL: of(42, "percent"), ODOMETER: of(52891, "km")})
    path = f"/v3/vehicles/{polled.car.id}/signals"
    answer = await _listed(cloud, path, polled.car)
    first, second = answer["data"]
    meta = {"totalCount": 2, "pageSize": 1}
    for number, signal, links in (
        (1, first, {"self": path, "next": f"{path}?page=2&pageSize=1"}),
        (2, second, {"self": f"{path}?page=2&pageSize=1", "next": None}),
    ):
        body = {**answer, "data": [signal], "meta": {**meta, "page": number}, "links": links}
        cloud.faults.add(Fault(route=SIGNALS_ROUTE, body=json.dumps(body), count=1))
    await polled.poll()
    assert polled.shows("sensor.battery_level") == "42"
    assert polled.shows("sensor.odometer") == "52891"
    assert not len(cloud.faults)


async def test_list_of_nothing_readable_is_a_failed_poll(
    cloud: Cloud, polled: ReportingCar, freezer: FrozenDateTimeFactory
) -> None:
    await polled.report({LEVEL: of(42, "percent")})
    before = polled.shows("sensor.last_contact")
    freezer.tick(HOUR)
    junk = json.dumps({"data": [{"code": 7}, None, "x"], "meta": {"totalCount": 3}})
    fault = cloud.faults.add(Fault(route=SIGNALS_ROUTE, body=junk))
    await polled.home.entry.runtime_data.vehicles[polled.car.id].async_refresh()
    await settle(polled.hass)
    assert polled.shows("sensor.last_contact") == before
    assert polled.shows("sensor.battery_level") == "42"
    cloud.faults.remove(fault)
    await polled.report({LEVEL: of(43, "percent")})
    assert polled.shows("sensor.last_contact") != before
    assert polled.shows("sensor.battery_level") == "43"


async def test_malformed_signal_costs_only_itself(cloud: Cloud, polled: ReportingCar) -> None:
    polled.store({LEVEL: of(42, "percent")})
    path = f"/v3/vehicles/{polled.car.id}/signals"
    answer = await _listed(cloud, path, polled.car)
    answer["data"] = [{"code": 7}, None, *answer["data"]]
    cloud.faults.add(Fault(route=SIGNALS_ROUTE, body=json.dumps(answer), count=1))
    await polled.poll()
    assert polled.shows("sensor.battery_level") == "42"
