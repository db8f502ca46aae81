"""What other software gets of the entities: their attributes, options, names and device."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest

from custom_components.smartcar.const import DOMAIN
from simulator import Cloud
from simulator.car import Car
from tests.helpers.home import NewEntry
from tests.helpers.signal_table import BODIES
from tests.helpers.signals import send
from tests.helpers.states import device, entities, entity_id, refresh, set_up, state, value

TRACKER = "device_tracker.location"
PLACE: Mapping[str, Any] = {"latitude": 52.5, "longitude": 13.4}

# Attributes that Home Assistant itself makes.
ITS_OWN = {"device_class", "friendly_name", "mode", "source_type", "state_class", "tracking_type"}


@pytest.fixture
def vehicles() -> int:
    return 1


@pytest.fixture
async def full(hass: HomeAssistant, cloud: Cloud, car: Car, new_entry: NewEntry) -> ConfigEntry:
    """Return an entry whose car has sent every signal."""
    send(cloud, car, {**BODIES})
    entry = new_entry()
    await set_up(hass, entry)
    return entry


def values_in(attribute: object) -> Iterator[object]:
    """Yield an attribute, or what is in it."""
    match attribute:
        case list() | tuple():
            for item in attribute:
                yield from values_in(item)
        case _:
            yield attribute


async def test_attributes_and_options_are_plain(
    hass: HomeAssistant, everything_is_enabled: None, car: Car, full: ConfigEntry
) -> None:
    """Some software writes the members of an enumeration in Python's own form."""
    plain = {str, int, float, bool, type(None)}
    found = {}
    for name in entities(hass, full, car):
        for key, attribute in state(hass, car, name).attributes.items():
            if key not in ITS_OWN and not key.startswith(("supported_", "unit_")):
                found[f"{name}: {key}"] = {type(item) for item in values_in(attribute)}
    assert found["sensor.charging_state: options"] == {str}
    assert {name: kinds for name, kinds in found.items() if not kinds <= plain} == {}


async def test_texts_in_attributes_are_cut(
    hass: HomeAssistant,
    everything_is_enabled: None,
    cloud: Cloud,
    car: Car,
    full: ConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    long = "X" * 300
    texts = {
        "sensor.charging_state": "detailed_status",
        "sensor.drive_mode": "canonical",
        "sensor.dtc_count": "codes",
        "sensor.packages": "packages",
        "sensor.account_permissions": "permissions",
        "binary_sensor.diagnostics_abs": "description",
        TRACKER: "location_type",
    }
    freezer.tick(60)
    send(
        cloud,
        car,
        {
            "charge-detailedchargingstatus": {"value": long},
            "transmission-drivemode": {"canonical": long, "oemDisplayName": "Sport"},
            "diagnostics-dtclist": {"values": [{"code": long}, {"code": "P0420"}]},
            "vehicleidentification-packages": {"values": [long]},
            "vehicleuseraccount-permissions": {"values": [long]},
            "diagnostics-abs": {"status": "OK", "description": long},
            "location-preciselocation": {**PLACE, "locationType": long, "direction": long},
        },
    )
    await refresh(hass, car)
    for name, key in texts.items():
        shown = [*values_in(state(hass, car, name).attributes[key])]
        assert shown[0] == "X" * 255, name
    assert state(hass, car, "sensor.dtc_count").attributes["codes"][1] == "P0420"
    assert state(hass, car, TRACKER).attributes["direction"] == "X" * 255


# The tracker


async def test_position_has_the_time_of_its_first_report(
    hass: HomeAssistant,
    cloud: Cloud,
    car: Car,
    new_entry: NewEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    def position_at() -> str | None:
        time = state(hass, car, TRACKER).attributes["position_at"]
        assert time is None or isinstance(time, str)
        return time and time[11:]

    async def report(minutes: int, **body: Any) -> None:
        freezer.tick(timedelta(minutes=minutes))
        send(cloud, car, {"location-preciselocation": {**PLACE, **body}})
        await refresh(hass, car)

    send(cloud, car, {"location-preciselocation": PLACE})
    await set_up(hass, new_entry())
    assert position_at() == "12:00:00+00:00"
    # The same place again, and a turn on it.
    await report(10)
    await report(10, heading=90)
    assert state(hass, car, TRACKER).attributes["heading"] == 90
    assert position_at() == "12:00:00+00:00"
    await report(10, latitude=52.6)
    assert position_at() == "12:30:00+00:00"


async def test_tracker_is_named_as_the_car(
    hass: HomeAssistant, cloud: Cloud, car: Car, full: ConfigEntry
) -> None:
    assert state(hass, car, TRACKER).name == "Ferdinand"
    assert entity_id(hass, car, TRACKER) == "device_tracker.ferdinand"


# An installation that was there before


async def test_entities_keep_their_ids_whatever_they_are_called(
    hass: HomeAssistant, cloud: Cloud, car: Car, new_entry: NewEntry
) -> None:
    send(cloud, car, {**BODIES})
    entry = new_entry()
    registry = er.async_get(hass)
    before = {
        TRACKER: "device_tracker.ferdinand_location",
        "switch.charging": "switch.ferdinand_charging",
        "sensor.charging_state": "sensor.ferdinand_charging_state",
        "sensor.low_voltage_battery_level": "sensor.ferdinand_12_v_battery",
        "binary_sensor.door_back_left": "binary_sensor.ferdinand_door_back_left",
    }
    for name, known in before.items():
        platform, key = name.split(".")
        registry.async_get_or_create(
            platform,
            DOMAIN,
            f"{car.id}_{key}",
            config_entry=entry,
            suggested_object_id=known.partition(".")[2],
        )
    await set_up(hass, entry)
    assert {name: entity_id(hass, car, name) for name in before} == before
    assert {name: value(hass, car, name) for name in before}.keys() == before.keys()
    assert state(hass, car, "switch.charging").name == "Ferdinand Charge"


async def test_year_leaves_the_field_that_it_had(
    hass: HomeAssistant, cloud: Cloud, car: Car, new_entry: NewEntry
) -> None:
    entry = new_entry()
    dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id,
        identifiers={(DOMAIN, car.id)},
        manufacturer="VOLKSWAGEN",
        model="ID.4",
        model_id="2023",
    )
    await set_up(hass, entry)
    found = device(hass, entry, car)
    assert found is not None
    assert (found.manufacturer, found.model) == ("Volkswagen", "ID.4 (2023)")
    assert found.model_id is None


# What is in the battery


async def test_battery_energy_needs_level_and_capacity(
    hass: HomeAssistant,
    cloud: Cloud,
    car: Car,
    new_entry: NewEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    level = "tractionbattery-stateofcharge"
    send(cloud, car, {level: {"value": 55, "unit": "percent"}})
    await set_up(hass, new_entry())
    assert entity_id(hass, car, "sensor.battery_energy") is None
    freezer.tick(60)
    send(cloud, car, {"tractionbattery-nominalcapacity": {"capacity": 100, "unit": "kWh"}})
    await refresh(hass, car)
    shown = state(hass, car, "sensor.battery_energy")
    assert (shown.state, shown.attributes["unit_of_measurement"]) == ("55.0", "kWh")
    freezer.tick(60)
    send(cloud, car, {level: {"value": 56, "unit": "percent"}})
    await refresh(hass, car)
    assert value(hass, car, "sensor.battery_energy") == "56.0"


# The charging status in letters

CHARGING = "charge-ischarging"
CABLE = "charge-ischargingcableconnected"
TEXT = "charge-detailedchargingstatus"


@pytest.mark.parametrize(
    ("charging", "cable", "text", "letter"),
    [
        (False, False, None, "a"),
        (False, True, None, "b"),
        (False, True, "FULLY_CHARGED", "b"),
        (True, True, None, "c"),
        (False, True, "CHARGE_FAULT", "b"),
        (False, False, "CHARGE_FAULT", "a"),
        (False, None, "CHARGE_FAULT", "a"),
        (None, None, "PONDERING", "unknown"),
    ],
)
async def test_charging_status_in_letters(
    hass: HomeAssistant,
    everything_is_enabled: None,
    cloud: Cloud,
    car: Car,
    new_entry: NewEntry,
    charging: bool | None,
    cable: bool | None,
    text: str | None,
    letter: str,
) -> None:
    send(
        cloud, car, {CHARGING: {"value": charging}, CABLE: {"value": cable}, TEXT: {"value": text}}
    )
    await set_up(hass, new_entry())
    assert value(hass, car, "sensor.charging_status_abc") == letter


async def test_charging_status_in_letters_is_off_by_default(
    hass: HomeAssistant, car: Car, full: ConfigEntry
) -> None:
    found = er.async_get(hass).async_get(str(entity_id(hass, car, "sensor.charging_status_abc")))
    assert found is not None
    assert found.disabled_by is er.RegistryEntryDisabler.INTEGRATION
