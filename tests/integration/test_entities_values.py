"""What entities make of the bodies that cars really send, and of any other."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
import json
from types import SimpleNamespace
from typing import Any, cast

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_bytes
from hypothesis import example, given, strategies as st
import pytest

from custom_components.smartcar import binary_sensor, sensor
from custom_components.smartcar.api import Connection, Signal, SignalError, SignalStatus
from custom_components.smartcar.const import CONF_REQUESTS_PER_MONTH
from custom_components.smartcar.coordinator import VehicleCoordinator
from custom_components.smartcar.cover import COVERS, SmartcarCover
from custom_components.smartcar.device import device_info
from custom_components.smartcar.device_tracker import TRACKERS, SmartcarTracker
from custom_components.smartcar.entity import SmartcarEntity
from custom_components.smartcar.lock import LOCKS, SmartcarLock
from custom_components.smartcar.number import NUMBERS, SmartcarNumber
from custom_components.smartcar.store import PushLog
from custom_components.smartcar.switch import SWITCHES, SmartcarSwitch
from custom_components.smartcar.vehicle import VehicleState, display_name
from simulator import Cloud
from simulator.car import Car
from tests.api.strategies import anything, damaged, objects
from tests.helpers.home import NewEntry
from tests.helpers.signal_table import NOON, TABLE
from tests.helpers.signals import complaints, device_of, send, set_up
from tests.helpers.states import entities, entity_id, refresh, settle, state, value

pytestmark = pytest.mark.usefixtures("everything_is_enabled")


BODIES = {code: row.body for code, row in TABLE.items()}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def vehicles() -> int:
    return 1


@pytest.fixture
async def started(hass: HomeAssistant, car: Car, new_entry: NewEntry) -> ConfigEntry:
    """Return an entry whose car has not sent anything yet."""
    entry = new_entry()
    await set_up(hass, entry)
    return entry


class Life:
    """What one car goes through, minute by minute."""

    def __init__(
        self, hass: HomeAssistant, cloud: Cloud, car: Car, freezer: FrozenDateTimeFactory
    ) -> None:
        self._hass, self._cloud, self._car, self._freezer = hass, cloud, car, freezer

    async def after(self, minutes: float, **values: Any) -> None:
        """Let time pass and the car report: `charge_voltage=230` is "charge-voltage"."""
        self._freezer.tick(minutes * MINUTE)
        bodies = {code.replace("_", "-"): {"value": item} for code, item in values.items()}
        send(self._cloud, self._car, bodies)
        await refresh(self._hass, self._car)


@pytest.fixture
def life(hass: HomeAssistant, cloud: Cloud, car: Car, freezer: FrozenDateTimeFactory) -> Life:
    return Life(hass, cloud, car, freezer)


# One signal, one entity

UNKNOWN = "unknown"


def _tire(pressure: Any, **unit: str) -> Mapping[str, Any]:
    return {"values": [{"row": 0, "column": 0, "tirePressure": pressure}], **unit}


def _limits(*values: Any, **more: Any) -> Mapping[str, Any]:
    return {"values": list(values), "unit": "percent", **more}


def _plain(
    code: str, key: str, *cases: tuple[Any, str | None, str | float]
) -> list[tuple[str, Mapping[str, Any], str, str | float]]:
    """Return cases of a signal with `value` and, unless None, `unit`."""
    return [
        (code, {"value": item} | ({"unit": unit} if unit else {}), key, shows)
        for item, unit, shows in cases
    ]


CASES: list[tuple[str, Mapping[str, Any], str, str | float]] = [
    *_plain(
        "tractionbattery-stateofcharge",
        "sensor.battery_level",
        (73, "percent", 73),
        (73, None, 73),
        (0, "percent", 0),
        (100, "percentage", 100),
        (0.5, "percent", 0.5),
        (7300, "percent", UNKNOWN),
        (255, None, UNKNOWN),
        (-1, "percent", UNKNOWN),
        (73, "kWh", UNKNOWN),
    ),
    *_plain(
        "internalcombustionengine-fuellevel",
        "sensor.fuel_percent",
        (0.77, None, 77),
        (77, None, 77),
        (0.77, "percent", 0.77),
        (0, None, 0),
    ),
    *_plain("internalcombustionengine-oillife", "sensor.engine_oil", (35, "percent", 35)),
    *_plain(
        "internalcombustionengine-amountremaining",
        "sensor.fuel",
        (40, "liters", 40),
        (12, "gallons", 45.424941),
        (None, "liters", UNKNOWN),
    ),
    *_plain(
        "odometer-traveleddistance",
        "sensor.odometer",
        (52891.4, "km", 52891.4),
        (100, "miles", 160.9344),
        (100, "furlongs", UNKNOWN),
        (4294967295, "km", UNKNOWN),
    ),
    *_plain(
        "charge-chargerate",
        "sensor.charge_chargerate",
        (10, "miles_per_hour", 16.09344),
        (10, "mph", 16.09344),
        (10, "kph", 10),
    ),
    *_plain(
        "charge-wattage",
        "sensor.charge_wattage",
        (11, "kilowatts", 11000),
        (-3500, "watts", -3500),
    ),
    *_plain(
        "charge-energyadded",
        "sensor.charge_energyadded",
        (1.5, "kilowatt_hours", 1.5),
        (1500, "Wh", 1.5),
        (1.5, "kilowatt-hours", 1.5),
    ),
    *_plain(
        "charge-timetocomplete",
        "sensor.charge_time_to_complete",
        (90, None, 90),
        (1.5, "hours", 90),
        (5400, "seconds", 90),
        (65535, None, UNKNOWN),
    ),
    *_plain(
        "climate-externaltemperature",
        "sensor.external_temperature",
        (-40, "fahrenheit", -40),
        (21, "degrees-celsius", 21),
        (215, "celsius", UNKNOWN),
    ),
    *_plain(
        "transmission-gearstate",
        "sensor.gear_state",
        ("DRIVE", None, "drive"),
        ("Reverse", None, "reverse"),
        ("LAUNCH", None, UNKNOWN),
        ("", None, UNKNOWN),
    ),
    *_plain(
        "lowvoltagebattery-status",
        "sensor.low_voltage_battery_status",
        ("Good", None, "good"),
        ("MEDIOCRE", None, UNKNOWN),
    ),
    *_plain(
        "charge-chargingconnectortype",
        "sensor.charge_connector_type",
        ("invalid", None, UNKNOWN),
        ("x" * 300, None, "x" * 255),
    ),
    *[
        (code, {"value": False}, key, "off")
        for code, key in (
            ("charge-ischarging", "binary_sensor.charging"),
            ("charge-ischarging", "switch.charging"),
            ("charge-ischargingcableconnected", "binary_sensor.plug_status"),
            ("connectivitystatus-isasleep", "binary_sensor.asleep"),
            ("connectivitystatus-isdigitalkeypaired", "binary_sensor.digital_key_paired"),
            ("connectivitystatus-isonline", "binary_sensor.online"),
            ("surveillance-isenabled", "binary_sensor.surveillance_enabled"),
        )
    ],
    ("charge-ischargingportflapopen", {"value": False}, "cover.charge_port", "closed"),
    ("closure-islocked", {"value": True}, "lock.door_lock", "locked"),
    ("closure-islocked", {"value": None}, "lock.door_lock", UNKNOWN),
    ("closure-fronttrunk", {"isOpen": True}, "binary_sensor.front_trunk_lock", UNKNOWN),
    ("closure-sunroof", {"isOpen": None}, "binary_sensor.sunroof", UNKNOWN),
    ("diagnostics-abs", {"status": "alert"}, "binary_sensor.diagnostics_abs", "on"),
    ("diagnostics-abs", {"status": "MAYBE"}, "binary_sensor.diagnostics_abs", UNKNOWN),
    *[
        ("wheel-tires", body, "sensor.tire_pressure_front_left", shows)
        for body, shows in (
            (_tire(258, unit="bar"), 2.58),
            (_tire(2.5, unit="bar"), 2.5),
            (_tire(250, unit="kPa"), 2.5),
            (_tire(36, unit="psi"), 2.48211),
            (_tire(36), 2.48211),
            (_tire(2.5), 2.5),
            (_tire(0.4, unit="bar"), 0.4),
            (_tire(699.9, unit="bar"), UNKNOWN),
            (_tire(0, unit="bar"), UNKNOWN),
            (_tire(None, unit="bar"), UNKNOWN),
            (_tire("2.5", unit="bar"), UNKNOWN),
        )
    ],
    *[
        ("charge-chargelimits", body, "number.charge_limit", shows)
        for body, shows in (
            (_limits(activeLimit=100), 100),
            (_limits({"type": "GLOBAL", "limit": 80}), 80),
            (_limits({"type": "global", "limit": 80, "condition": None}, activeLimit=None), 80),
            (
                _limits(
                    {"type": "LOCATION", "limit": 60, "condition": {"name": "Home"}},
                    {"type": "Global", "limit": 90},
                ),
                90,
            ),
            (_limits({"type": "GLOBAL", "limit": 80}, activeLimit=70), 70),
            (_limits({"type": "LOCATION", "limit": 60}), 60),
            (
                _limits({"type": "LOCATION", "limit": 60}, {"type": "LOCATION", "limit": 70}),
                UNKNOWN,
            ),
            (_limits(), UNKNOWN),
            ({"values": None, "activeLimit": 85}, 85),
        )
    ],
    (
        "location-preciselocation",
        {"latitude": 0, "longitude": 0},
        "device_tracker.location",
        UNKNOWN,
    ),
    (
        "location-preciselocation",
        {"latitude": 91, "longitude": 0},
        "device_tracker.location",
        UNKNOWN,
    ),
    (
        "transmission-drivemode",
        {"canonical": "ECO", "oemDisplayName": None},
        "sensor.drive_mode",
        "ECO",
    ),
    (
        "transmission-drivemode",
        {"canonical": None, "oemDisplayName": "x" * 300},
        "sensor.drive_mode",
        "x" * 255,
    ),
]


async def test_bodies_that_cars_send(
    hass: HomeAssistant,
    cloud: Cloud,
    car: Car,
    freezer: FrozenDateTimeFactory,
    new_entry: NewEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await set_up(hass, new_entry(options={CONF_REQUESTS_PER_MONTH: 10_000}))
    send(cloud, car, BODIES)
    await refresh(hass, car)
    wrong = []
    for code, body, entity, shows in CASES:
        # The application may send one in half a minute.
        freezer.tick(timedelta(seconds=30))
        send(cloud, car, {code: body})
        await refresh(hass, car)
        shown: str | float = value(hass, car, entity)
        if not isinstance(shows, str) and shown != UNKNOWN:
            shown = round(float(shown), 6)
        if shown != shows:
            wrong.append((code, body, entity, shown, shows))
    assert wrong == []
    assert complaints(caplog) == []


async def test_trouble_codes(
    hass: HomeAssistant, cloud: Cloud, car: Car, started: ConfigEntry
) -> None:
    """Some cars send the count, some the list; what is not known is not "none"."""
    send(cloud, car, {"diagnostics-dtccount": {"value": 2, "unit": "count"}})
    await refresh(hass, car)
    shown = state(hass, car, "sensor.dtc_count")
    assert (shown.state, shown.attributes["codes"]) == ("2", None)
    cloud.override(car.id, "diagnostics-dtccount", None)
    broken = [{"code": "P0420"}, {"code": None}, "P0300"]
    send(cloud, car, {"diagnostics-dtclist": {"values": broken}})
    await refresh(hass, car)
    assert state(hass, car, "sensor.dtc_count").attributes["codes"] == ["P0420"]


async def test_list_of_trouble_codes_alone_is_counted(
    hass: HomeAssistant, cloud: Cloud, car: Car, started: ConfigEntry
) -> None:
    send(cloud, car, {"diagnostics-dtclist": {"values": []}})
    await refresh(hass, car)
    shown = state(hass, car, "sensor.dtc_count")
    assert (shown.state, shown.attributes["codes"]) == ("0", [])


async def test_nickname_names_the_device(
    hass: HomeAssistant, cloud: Cloud, car: Car, started: ConfigEntry
) -> None:
    make_and_model = device_of(hass, started, car).name
    assert make_and_model
    before = entity_id(hass, car, "sensor.requests_left")
    for nickname, name in (("Ada's", "Ada's"), ("Bert", "Bert"), (None, make_and_model)):
        send(cloud, car, {"vehicleidentification-nickname": {"value": nickname}})
        await refresh(hass, car)
        assert device_of(hass, started, car).name == name
        assert state(hass, car, "sensor.requests_left").name == f"{name} Requests left"
    assert entity_id(hass, car, "sensor.requests_left") == before


# Doors, windows and tyres


def _at(*positions: tuple[int, int], **fields: Any) -> list[Mapping[str, Any]]:
    return [{"row": row, "column": column, **fields} for row, column in positions]


async def test_any_number_of_rows_and_columns(
    hass: HomeAssistant, cloud: Cloud, car: Car, started: ConfigEntry
) -> None:
    """Two by two go by words, others by numbers; broken ones cost only themselves."""
    sparse: list[Any] = [{"row": 0}, {"column": 1, "isOpen": True}, None, "door", {}]
    send(
        cloud,
        car,
        {
            "closure-doors": {
                "values": [*sparse, *_at((0, 0), (2, 1), isOpen=True, isLocked=None)],
                "rowCount": 3,
                "columnCount": 2,
            },
            "closure-windows": {"windows": _at((0, 1), (0, 2), isOpen=False)},
            "wheel-tires": {
                "values": [*sparse, *_at((0, 0), (2, 3), tirePressure=2.5)],
                "unit": "bar",
            },
        },
    )
    await refresh(hass, car)
    expected = {
        "binary_sensor.door_front_left": ("Door front left", "on"),
        "binary_sensor.door_row_3_column_2": ("Door in row 3, column 2", "on"),
        "binary_sensor.window_front_right": ("Window front right", "off"),
        "binary_sensor.window_row_1_column_3": ("Window in row 1, column 3", "off"),
        "sensor.tire_pressure_front_left": ("Tyre pressure front left", "2.5"),
        "sensor.tire_pressure_row_3_column_4": ("Tyre pressure in row 3, column 4", "2.5"),
    }
    things = ("door_", "window_", "tire_")
    found = {
        name
        for name in entities(hass, started, car)
        if name.partition(".")[2].startswith(things) and not name.startswith("lock.")
    }
    assert found == expected.keys()
    device = device_of(hass, started, car).name
    for name, (title, shows) in expected.items():
        shown = state(hass, car, name)
        assert (shown.name, shown.state) == (f"{device} {title}", shows)


async def test_door_that_is_no_longer_sent_is_unknown(
    hass: HomeAssistant, cloud: Cloud, car: Car, started: ConfigEntry
) -> None:
    send(cloud, car, {"closure-doors": {"values": _at((0, 0), (0, 1), isOpen=True)}})
    await refresh(hass, car)
    send(cloud, car, {"closure-doors": {"values": _at((0, 0), isOpen=False)}})
    await refresh(hass, car)
    await hass.config_entries.async_reload(started.entry_id)
    await settle(hass)
    assert value(hass, car, "binary_sensor.door_front_left") == "off"
    assert value(hass, car, "binary_sensor.door_front_right") == UNKNOWN


# The energy added to the battery


async def test_energy_added_counts_from_the_start_of_the_session(
    hass: HomeAssistant, car: Car, started: ConfigEntry, life: Life
) -> None:
    def counted() -> tuple[float, str]:
        shown = state(hass, car, "sensor.charge_energyadded")
        assert shown.attributes["state_class"] == "total"
        return float(shown.state), shown.attributes["last_reset"][11:16]

    plugged = {"charge_ischargingcableconnected": True, "charge_ischarging": True}
    await life.after(0, **plugged, charge_energyadded=5)
    assert counted() == (5, "12:00")
    await life.after(10, charge_energyadded=8)
    assert counted() == (8, "12:00")
    # A pause, as with solar power.
    await life.after(10, charge_ischarging=False)
    await life.after(10, charge_ischarging=True, charge_energyadded=9)
    assert counted() == (9, "12:00")
    await hass.config_entries.async_reload(started.entry_id)
    await settle(hass)
    assert counted() == (9, "12:00")
    await life.after(10, charge_energyadded=10)
    assert counted() == (10, "12:00")
    # Unplugged and plugged in again: the old number is still the old session's.
    await life.after(10, charge_ischargingcableconnected=False, charge_ischarging=False)
    await life.after(10, **plugged)
    assert counted() == (10, "12:00")
    await hass.config_entries.async_reload(started.entry_id)
    await life.after(10, charge_energyadded=11)
    assert counted() == (11, "13:00")
    # A fall is a new session, whether or not the plug was seen ...
    await life.after(50, charge_energyadded=0.5)
    assert counted() == (0.5, "14:00")
    await life.after(10, charge_energyadded=4)
    # ... also where nothing that can be read stands between.
    await life.after(10, charge_energyadded="?")
    assert value(hass, car, "sensor.charge_energyadded") == UNKNOWN
    await life.after(40, charge_energyadded=1)
    assert counted() == (1, "15:00")


# When charging will be complete


async def test_completion_moves_only_with_the_estimate(
    hass: HomeAssistant, car: Car, started: ConfigEntry, life: Life
) -> None:
    def complete_at() -> str:
        return value(hass, car, "sensor.charge_complete_at")[11:16]

    await life.after(0, charge_ischarging=True, charge_timetocomplete=90)
    assert complete_at() == "13:30"
    for minutes_left, shows in (
        (81, "13:30"),
        (72, "13:30"),
        (63, "13:33"),
        (52, "13:33"),
        (20, "13:10"),
    ):
        await life.after(10, charge_timetocomplete=minutes_left)
        assert complete_at() == shows
    await hass.config_entries.async_reload(started.entry_id)
    assert complete_at() == "13:10"
    # Full: it does not become complete again and again.
    await life.after(20, charge_timetocomplete=0)
    await life.after(30, charge_timetocomplete=0)
    await life.after(30, charge_timetocomplete=0)
    assert complete_at() == "13:10"
    await life.after(30, charge_timetocomplete=60)
    assert complete_at() == "15:40"
    await life.after(10, charge_ischarging=False)
    assert value(hass, car, "sensor.charge_complete_at") == UNKNOWN


# The one charging status


@pytest.mark.parametrize(
    ("charging", "cable", "text", "shows"),
    [
        (True, True, "CHARGING", "charging"),
        (False, True, "NOT_CHARGING", "connected"),
        (False, False, "NOT_CHARGING", "disconnected"),
        (False, True, "FULLY_CHARGED", "complete"),
        (False, True, "fully charged", "complete"),
        (True, True, "FULLY_CHARGED", "charging"),
        (False, False, "FULLY_CHARGED", "disconnected"),
        (False, True, "CHARGING", "connected"),
        (False, True, "CHARGE_FAULT", "fault"),
        (True, None, None, "charging"),
        (None, True, None, "connected"),
        (None, None, "CHARGING", "charging"),
        (None, False, "CHARGING", "disconnected"),
        (None, None, "PONDERING", None),
        (1, "yes", 5, None),
    ],
)
def test_charging_state(charging: Any, cable: Any, text: Any, shows: str | None) -> None:
    car = VehicleState()
    bodies = {
        "charge-ischarging": charging,
        "charge-ischargingcableconnected": cable,
        "charge-detailedchargingstatus": text,
    }
    car.merge([Signal(code=code, body={"value": body}) for code, body in bodies.items()], NOW)
    assert car.charging_state == shows


# Whatever a car sends

NOW = datetime.fromisoformat(NOON)
# By unit: what no car exceeds. Written down here, and not taken from the normalizer.
PLAUSIBLE: Mapping[str | None, tuple[float, float]] = {
    "%": (0, 100),
    "A": (-1500, 1500),
    "L": (0, 2000),
    "V": (0, 2000),
    "W": (-1e5, 4e6),
    "bar": (0, 6),
    "kWh": (0, 1000),
    "km": (0, 3e6),
    "km/h": (-100, 3000),
    "min": (0, 7 * 24 * 60),
    "°C": (-60, 100),
    None: (0, 1e6),
}

_bodies = st.one_of(
    objects(),
    st.sampled_from(sorted(BODIES)).flatmap(lambda code: damaged(BODIES[code])),
    st.builds(lambda value, unit: {"value": value, "unit": unit}, anything(), anything()),
)
_times = st.none() | st.integers(-600, 600).map(lambda minutes: NOW + minutes * MINUTE)
_errors = st.builds(
    SignalError,
    type=st.just("VEHICLE_STATE"),
    code=st.sampled_from([None, "NOT_CHARGING", "VEHICLE_NOT_CAPABLE"]),
)


@st.composite
def _signals(draw: st.DrawFn) -> list[Signal]:
    """Return documented signals, some of them damaged, some replaced, some failed."""
    signals = []
    for code in draw(st.lists(st.sampled_from(sorted(BODIES)), max_size=5)):
        body = draw(_bodies | st.just(BODIES[code]) | damaged(BODIES[code]))
        error = draw(st.none() | _errors)
        signals.append(
            Signal(
                code=code,
                status=SignalStatus.SUCCESS if error is None else SignalStatus.ERROR,
                error=error,
                body=body,
                oem_updated_at=draw(_times),
            )
        )
    return signals


def _coordinator(car: VehicleState) -> VehicleCoordinator:
    """Return what an entity reads of its coordinator, without Home Assistant."""
    connection = Connection.from_json(
        {
            "id": "c",
            "relationships": {
                "user": {"data": {"id": "u"}},
                "vehicle": {"data": {"id": "v"}},
            },
        }
    )
    double = SimpleNamespace(
        data=car,
        connection=connection,
        context=SimpleNamespace(push_log=PushLog()),
        display_name="Car",
        schedule=SimpleNamespace(next_poll=None, requests_left=0, requests_this_month=0),
        vehicle_id="v",
    )
    return cast("VehicleCoordinator", double)


def _check_number(unit: str | None, number: object) -> None:
    if number is not None:
        lowest, highest = PLAUSIBLE[unit]
        assert isinstance(number, int | float)
        assert not isinstance(number, bool)
        assert lowest <= number <= highest


def _check_attributes(attributes: Mapping[str, object] | None) -> None:
    json_bytes(dict(attributes or {}))


def _check_everything(car: VehicleState) -> None:
    """Read all that any platform shows of the car."""
    coordinator = _coordinator(car)
    for row in sensor._descriptions(car):
        shown = row.value_fn(coordinator)
        if row.native_unit_of_measurement or row.state_class:
            _check_number(row.native_unit_of_measurement, shown)
        elif row.options is not None:
            assert shown is None or shown in row.options
        elif isinstance(shown, datetime):
            assert shown.tzinfo is not None
        elif isinstance(shown, str):
            assert 0 < len(shown) <= 255
        else:
            _check_number(None, shown)
        _check_attributes(row.attributes_fn(car) if row.attributes_fn else None)
        reset = row.last_reset_fn(car)
        assert reset is None or reset.tzinfo is not None
        for signal in row.signals:
            assert car.is_evident(signal) in {True, False}
    for switch in binary_sensor._descriptions(car):
        assert switch.is_on_fn(car) in {True, False, None}
        assert not isinstance(switch.is_on_fn(car), int) or switch.is_on_fn(car) in {True, False}
        _check_attributes(switch.attributes_fn(car) if switch.attributes_fn else None)
    assert SmartcarCover(coordinator, COVERS[0]).is_closed in {True, False, None}
    assert SmartcarLock(coordinator, LOCKS[0]).is_locked in {True, False, None}
    assert SmartcarSwitch(coordinator, SWITCHES[0]).is_on in {True, False, None}
    _check_number("%", SmartcarNumber(coordinator, NUMBERS[0]).native_value)
    tracker = SmartcarTracker(coordinator, TRACKERS[0])
    assert tracker.latitude is None or -90 <= tracker.latitude <= 90
    assert tracker.longitude is None or -180 <= tracker.longitude <= 180
    _check_attributes(tracker.extra_state_attributes)
    assert isinstance(tracker, SmartcarEntity)
    assert device_info(coordinator.connection, car)["name"] == display_name(
        coordinator.connection, car
    )


@example([[Signal(code="charge-voltage", body={"\ud800": [2**70], "value": "\ud800"})]])
@given(st.lists(_signals(), min_size=1, max_size=2))
def test_nothing_that_a_car_sends_breaks_an_entity(answers: list[list[Signal]]) -> None:
    car = VehicleState()
    for number, signals in enumerate(answers):
        car.merge(signals, NOW + number * 10 * MINUTE)
        _check_everything(car)
    # And after a restart it is the same car.
    restored = VehicleState.from_json(json.loads(json_bytes(car.as_json())))
    _check_everything(restored)
    for row in sensor._descriptions(car):
        assert row.value_fn(_coordinator(restored)) == row.value_fn(_coordinator(car))
    for switch in binary_sensor._descriptions(car):
        assert switch.is_on_fn(restored) == switch.is_on_fn(car)


@pytest.mark.parametrize("code", ["tractionbattery-stateofcharge", "charge-wattage"])
@given(number=st.floats() | st.integers(), unit=st.none() | st.text(max_size=10))
def test_no_number_is_shown_that_no_car_has(code: str, number: float, unit: str | None) -> None:
    car = VehicleState()
    car.merge([Signal(code=code, body={"value": number, "unit": unit})], datetime.now(UTC))
    _check_everything(car)
