"""Actions: what they refuse before any request, and whom they reach."""

from collections.abc import Callable
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartcar.const import DOMAIN
from simulator import Cloud
from simulator.car import Car
from simulator.faults import Fault
from tests.helpers.routes import COMMANDS, SIGNALS
from tests.helpers.states import device_id, entity_id, value

DESTINATION = f"{COMMANDS}navigation/set-destination"
PLACE = {"latitude": 52.5, "longitude": 13.4}


async def call(hass: HomeAssistant, action: str, **data: Any) -> None:
    await hass.services.async_call(DOMAIN, action, data, blocking=True)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, "place_missing"),
        ({"latitude": 52.5}, "place_half"),
        ({"longitude": 13.4}, "place_half"),
        ({"longitude": 13.4, "entity": "zone.home"}, "place_half"),
        ({**PLACE, "entity": "zone.home"}, "place_double"),
        ({**PLACE, "location": PLACE}, "place_double"),
        ({"location": PLACE, "entity": "zone.home"}, "place_double"),
        ({"latitude": 90.1, "longitude": 0}, "place_out_of_range"),
        ({"latitude": 0, "longitude": -180.1}, "place_out_of_range"),
        ({"latitude": "nan", "longitude": 0}, "place_out_of_range"),
        ({"latitude": 0, "longitude": "inf"}, "place_out_of_range"),
        ({"location": {"latitude": 91, "longitude": 0}}, "place_out_of_range"),
        ({"location": {"latitude": 1}}, "place_out_of_range"),
        ({"location": {"latitude": None, "longitude": 0}}, "place_out_of_range"),
        ({"location": {"latitude": "here", "longitude": 0}}, "place_out_of_range"),
        ({"entity": "sensor.robin_odometer"}, "entity_without_coordinates"),
        ({"entity": "zone.nowhere"}, "entity_without_coordinates"),
    ],
)
async def test_destination_is_checked_before_any_request(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    entry: ConfigEntry,
    data: dict[str, Any],
    expected: str,
) -> None:
    cloud.requests.clear()
    with pytest.raises(ServiceValidationError) as caught:
        await call(hass, "set_destination", device_id=device_id(hass, entry, cars[0]), **data)
    assert caught.value.translation_key == expected
    assert str(caught.value) not in ("", expected)
    assert not cloud.requests


@pytest.mark.parametrize(
    "data", [{"latitude": "north", "longitude": 0}, {"entity": "home"}, {"speed": 5}]
)
async def test_what_is_no_destination_at_all(
    hass: HomeAssistant, cars: list[Car], entry: ConfigEntry, data: dict[str, Any]
) -> None:
    with pytest.raises(probatio.Invalid):
        await call(hass, "set_destination", device_id=device_id(hass, entry, cars[0]), **data)


@pytest.mark.parametrize("action", ["set_destination", "refresh"])
@pytest.mark.parametrize(
    "target", [{}, {"entity_id": "sensor.nothing"}, {"device_id": "nothing"}, {"area_id": "none"}]
)
async def test_no_car_is_targeted(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    entry: ConfigEntry,
    action: str,
    target: dict[str, str],
) -> None:
    cloud.requests.clear()
    data = {**PLACE} if action == "set_destination" else {}
    with pytest.raises(ServiceValidationError) as caught:
        await call(hass, action, **target, **data)
    assert caught.value.translation_key == "no_vehicle_targeted"
    assert not cloud.requests


async def test_device_of_another_integration_is_no_car(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    other = MockConfigEntry(domain="other")
    other.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("other", cars[0].id)}
    )
    with pytest.raises(ServiceValidationError) as caught:
        await call(hass, "refresh", device_id=device.id)
    assert caught.value.translation_key == "no_vehicle_targeted"


async def test_car_that_is_not_loaded(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    target = device_id(hass, entry, cars[0])
    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError) as caught:
        await call(hass, "refresh", device_id=target)
    assert caught.value.translation_key == "vehicle_not_loaded"
    assert "Robin" in str(caught.value)


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (PLACE, (52.5, 13.4)),
        ({"location": {**PLACE, "radius": 50}}, (52.5, 13.4)),
        ({"entity": "zone.home"}, (32.87336, -117.22743)),
        ({"latitude": -90, "longitude": 180}, (-90, 180)),
        ({"latitude": 0, "longitude": 0}, (0, 0)),
    ],
)
async def test_destination_in_each_way(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    entry: ConfigEntry,
    data: dict[str, Any],
    place: tuple[float, float],
) -> None:
    hass.states.async_set("zone.home", "0", {"latitude": 32.87336, "longitude": -117.22743})
    cloud.requests.clear()
    await call(hass, "set_destination", device_id=device_id(hass, entry, cars[0]), **data)
    assert cars[0].destination == place
    assert cars[1].destination is None
    assert cloud.requests == {DESTINATION: 1}


async def test_destination_that_the_car_refuses(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    cloud.faults.add(Fault(route="*set-destination", status=501))
    with pytest.raises(HomeAssistantError) as caught:
        await call(hass, "set_destination", device_id=device_id(hass, entry, cars[0]), **PLACE)
    assert caught.value.translation_key == "command_vehicle_not_capable"
    assert not isinstance(caught.value, ServiceValidationError)


def by_device(hass: HomeAssistant, entry: ConfigEntry, car: Car) -> dict[str, Any]:
    return {"device_id": [device_id(hass, entry, car)]}


def by_entity(hass: HomeAssistant, entry: ConfigEntry, car: Car) -> dict[str, Any]:
    return {"entity_id": entity_id(hass, car, "sensor.odometer")}


def by_area_of_device(hass: HomeAssistant, entry: ConfigEntry, car: Car) -> dict[str, Any]:
    area = ar.async_get(hass).async_create("Garage")
    dr.async_get(hass).async_update_device(device_id(hass, entry, car), area_id=area.id)
    return {"area_id": area.id}


def by_area_of_entity(hass: HomeAssistant, entry: ConfigEntry, car: Car) -> dict[str, Any]:
    area = ar.async_get(hass).async_create("Garage")
    entity = entity_id(hass, car, "sensor.odometer")
    assert entity is not None
    er.async_get(hass).async_update_entity(entity, area_id=area.id)
    return {"area_id": area.id}


@pytest.mark.parametrize("target", [by_device, by_entity, by_area_of_device, by_area_of_entity])
async def test_targets(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    entry: ConfigEntry,
    target: Callable[[HomeAssistant, ConfigEntry, Car], dict[str, Any]],
) -> None:
    cloud.patch_state(cars[1].id, {"odometer": 888})
    data = target(hass, entry, cars[1])
    cloud.requests.clear()
    await call(hass, "refresh", **data)
    assert value(hass, cars[1], "sensor.odometer") == "888.0"
    assert cloud.requests == {SIGNALS: 1}


async def test_several_cars_and_one_named_twice(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    cloud.requests.clear()
    devices = [device_id(hass, entry, car) for car in cars[:2]]
    entity = entity_id(hass, cars[0], "sensor.odometer")
    await call(hass, "refresh", device_id=devices, entity_id=entity)
    assert cloud.requests == {SIGNALS: 2}


async def test_one_of_several_cars_fails(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    """The error comes when all are done, so that an automation goes on with what is so."""
    cloud.faults.add(Fault(vehicle_id=cars[0].id, status=500))
    cloud.faults.add(Fault(vehicle_id=cars[1].id, delay=0.1))
    cloud.patch_state(cars[1].id, {"odometer": 888})
    devices = [device_id(hass, entry, car) for car in cars[:2]]
    with pytest.raises(HomeAssistantError) as caught:
        await call(hass, "refresh", device_id=devices)
    assert "Robin" in str(caught.value)
    assert value(hass, cars[1], "sensor.odometer") == "888.0"
    with pytest.raises(HomeAssistantError):
        await call(hass, "set_destination", device_id=devices, **PLACE)
    assert cars[1].destination == (52.5, 13.4)


# Charge schedules and histories

WINDOW = {"start": "22:00", "stop": "06:30:00"}


async def asked(hass: HomeAssistant, action: str, **data: Any) -> list[dict[str, Any]]:
    """Return what an action answers for each car."""
    answer = await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )
    assert answer is not None
    vehicles: Any = answer["vehicles"]
    return list(vehicles)


async def test_charge_schedule_is_set_read_and_deleted(
    hass: HomeAssistant, cars: list[Car], entry: ConfigEntry
) -> None:
    car = cars[1]
    target = {"device_id": device_id(hass, entry, car)}
    await call(hass, "set_charge_schedule", **target, **PLACE, **WINDOW)
    (schedule,) = car.schedules
    assert (schedule.latitude, schedule.longitude) == (52.5, 13.4)
    assert schedule.windows[0][1:] == ("22:00", "06:30")
    await call(hass, "refresh", **target)
    (answer,) = await asked(hass, "get_charge_schedules", **target)
    assert (answer["vehicle_id"], answer["name"]) == (car.id, "Sparrow")
    (read,) = answer["charge_schedules"]
    await call(hass, "delete_charge_schedule", **target, schedule_id=read["scheduleId"])
    assert not car.schedules


async def test_charge_schedule_that_the_car_does_not_know(
    hass: HomeAssistant, cars: list[Car], entry: ConfigEntry
) -> None:
    target = {"device_id": device_id(hass, entry, cars[0])}
    with pytest.raises(HomeAssistantError) as caught:
        await call(hass, "set_charge_schedule", **target, **PLACE, **WINDOW)
    assert caught.value.translation_key == "command_vehicle_not_capable"


@pytest.mark.parametrize("wrong", [{"start": "25:00"}, {"stop": None}, {"start": "now"}])
async def test_charge_schedule_with_a_wrong_time(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry, wrong: dict[str, Any]
) -> None:
    cloud.requests.clear()
    data = {"device_id": device_id(hass, entry, cars[1]), **PLACE, **WINDOW, **wrong}
    with pytest.raises(probatio.Invalid):
        await call(hass, "set_charge_schedule", **data)
    assert not cloud.requests


async def test_histories_cost_no_request(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], entry: ConfigEntry
) -> None:
    cloud.requests.clear()
    devices = [device_id(hass, entry, car) for car in cars]
    signals = await asked(hass, "get_signals", device_id=devices)
    odometers = [answer["signals"]["odometer-traveleddistance"]["body"] for answer in signals]
    assert [body["unit"] for body in odometers] == ["km"] * 3
    records = await asked(hass, "get_charge_records", device_id=devices[1])
    assert all("energyAdded" in record for record in records[0]["charge_records"])
    (service,) = await asked(hass, "get_service_records", device_id=devices[2])
    assert service["service_records"][0]["odometer"] == 3800.0
    assert not cloud.requests
