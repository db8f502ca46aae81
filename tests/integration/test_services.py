"""Actions: which calls they refuse before any request, and which cars they reach."""

from collections.abc import Callable
from typing import Any

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.smartcar.const import DOMAIN
from simulator.car import Car
from simulator.faults import Fault
from tests.helpers.home import ODOMETER, Home
from tests.helpers.routes import COMMANDS, SIGNALS

DESTINATION = f"{COMMANDS}navigation/set-destination"
PLACE = {"latitude": 52.5, "longitude": 13.4}


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
    home: Home, data: dict[str, Any], expected: str
) -> None:
    home.cloud.requests.clear()
    with pytest.raises(ServiceValidationError) as caught:
        await home.call("set_destination", device_id=home.device_id(), **data)
    assert caught.value.translation_key == expected
    assert str(caught.value) not in ("", expected)
    assert not home.cloud.requests


@pytest.mark.parametrize(
    "data", [{"latitude": "north", "longitude": 0}, {"entity": "home"}, {"speed": 5}]
)
async def test_malformed_destination_is_invalid(home: Home, data: dict[str, Any]) -> None:
    with pytest.raises(probatio.Invalid):
        await home.call("set_destination", device_id=home.device_id(), **data)


@pytest.mark.parametrize("action", ["set_destination", "refresh"])
@pytest.mark.parametrize(
    "target", [{}, {"entity_id": "sensor.nothing"}, {"device_id": "nothing"}, {"area_id": "none"}]
)
async def test_action_without_a_car_is_refused(
    home: Home, action: str, target: dict[str, str]
) -> None:
    home.cloud.requests.clear()
    data = {**PLACE} if action == "set_destination" else {}
    with pytest.raises(ServiceValidationError) as caught:
        await home.call(action, **target, **data)
    assert caught.value.translation_key == "no_vehicle_targeted"
    assert not home.cloud.requests


async def test_device_of_another_integration_is_no_car(home: Home) -> None:
    other = MockConfigEntry(domain="other")
    other.add_to_hass(home.hass)
    device = dr.async_get(home.hass).async_get_or_create(
        config_entry_id=other.entry_id, identifiers={("other", home.car.id)}
    )
    with pytest.raises(ServiceValidationError) as caught:
        await home.call("refresh", device_id=device.id)
    assert caught.value.translation_key == "no_vehicle_targeted"


async def test_car_of_an_unloaded_entry_is_refused(home: Home) -> None:
    target = home.device_id()
    await home.unload()
    with pytest.raises(ServiceValidationError) as caught:
        await home.call("refresh", device_id=target)
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
async def test_destination_is_sent_to_the_car(
    home: Home, data: dict[str, Any], place: tuple[float, float]
) -> None:
    home.hass.states.async_set("zone.home", "0", {"latitude": 32.87336, "longitude": -117.22743})
    home.cloud.requests.clear()
    await home.call("set_destination", device_id=home.device_id(), **data)
    assert home.car.destination == place
    assert home.cars[1].destination is None
    assert home.cloud.requests == {DESTINATION: 1}


async def test_car_without_navigation_refuses_a_destination(home: Home) -> None:
    home.cloud.faults.add(Fault(route="*set-destination", status=501))
    with pytest.raises(HomeAssistantError) as caught:
        await home.call("set_destination", device_id=home.device_id(), **PLACE)
    assert caught.value.translation_key == "command_vehicle_not_capable"
    assert not isinstance(caught.value, ServiceValidationError)


def by_device(home: Home, car: Car) -> dict[str, Any]:
    return {"device_id": [home.device_id(car)]}


def by_entity(home: Home, car: Car) -> dict[str, Any]:
    return {"entity_id": home.entity_id(car, ODOMETER)}


def by_area_of_device(home: Home, car: Car) -> dict[str, Any]:
    area = ar.async_get(home.hass).async_create("Garage")
    dr.async_get(home.hass).async_update_device(home.device_id(car), area_id=area.id)
    return {"area_id": area.id}


def by_area_of_entity(home: Home, car: Car) -> dict[str, Any]:
    area = ar.async_get(home.hass).async_create("Garage")
    entity = home.entity_id(car, ODOMETER)
    assert entity is not None
    er.async_get(home.hass).async_update_entity(entity, area_id=area.id)
    return {"area_id": area.id}


@pytest.mark.parametrize("target", [by_device, by_entity, by_area_of_device, by_area_of_entity])
async def test_car_is_found_by_each_kind_of_target(
    home: Home, target: Callable[[Home, Car], dict[str, Any]]
) -> None:
    home.cloud.patch_state(home.cars[1].id, {"odometer": 76_888})
    data = target(home, home.cars[1])
    home.cloud.requests.clear()
    await home.call("refresh", **data)
    assert home.value(home.cars[1], ODOMETER) == "76888.0"
    assert home.cloud.requests == {SIGNALS: 1}


async def test_car_named_twice_is_polled_once(home: Home) -> None:
    home.cloud.requests.clear()
    devices = [home.device_id(car) for car in home.cars[:2]]
    entity = home.entity_id(home.car, ODOMETER)
    await home.call("refresh", device_id=devices, entity_id=entity)
    assert home.cloud.requests == {SIGNALS: 2}


async def test_error_of_one_car_spares_the_other(home: Home) -> None:
    """The error is raised after all cars are done, so that the others are up to date."""
    home.cloud.faults.add(Fault(vehicle_id=home.car.id, status=500))
    home.cloud.faults.add(Fault(vehicle_id=home.cars[1].id, delay=0.1))
    home.cloud.patch_state(home.cars[1].id, {"odometer": 76_888})
    devices = [home.device_id(car) for car in home.cars[:2]]
    with pytest.raises(HomeAssistantError) as caught:
        await home.call("refresh", device_id=devices)
    assert "Robin" in str(caught.value)
    assert home.value(home.cars[1], ODOMETER) == "76888.0"
    with pytest.raises(HomeAssistantError):
        await home.call("set_destination", device_id=devices, **PLACE)
    assert home.cars[1].destination == (52.5, 13.4)


# Charge schedules and histories

WINDOW = {"start": "22:00", "stop": "06:30:00"}


async def responses(home: Home, action: str, **data: Any) -> list[dict[str, Any]]:
    """Return the response of an action for each car."""
    answer = await home.hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )
    assert answer is not None
    vehicles: Any = answer["vehicles"]
    return list(vehicles)


async def test_charge_schedule_is_set_read_and_deleted(home: Home) -> None:
    car = home.cars[1]
    target = {"device_id": home.device_id(car)}
    await home.call("set_charge_schedule", **target, **PLACE, **WINDOW)
    (schedule,) = car.schedules
    assert (schedule.latitude, schedule.longitude) == (52.5, 13.4)
    assert schedule.windows[0][1:] == ("22:00", "06:30")
    await home.call("refresh", **target)
    (answer,) = await responses(home, "get_charge_schedules", **target)
    assert (answer["vehicle_id"], answer["name"]) == (car.id, "Sparrow")
    (read,) = answer["charge_schedules"]
    await home.call("delete_charge_schedule", **target, schedule_id=read["scheduleId"])
    assert not car.schedules


async def test_charge_schedule_is_refused_by_a_car_without_schedules(home: Home) -> None:
    target = {"device_id": home.device_id()}
    with pytest.raises(HomeAssistantError) as caught:
        await home.call("set_charge_schedule", **target, **PLACE, **WINDOW)
    assert caught.value.translation_key == "command_vehicle_not_capable"


@pytest.mark.parametrize("wrong", [{"start": "25:00"}, {"stop": None}, {"start": "now"}])
async def test_charge_schedule_with_a_wrong_time_is_invalid(
    home: Home, wrong: dict[str, Any]
) -> None:
    home.cloud.requests.clear()
    data = {"device_id": home.device_id(home.cars[1]), **PLACE, **WINDOW, **wrong}
    with pytest.raises(probatio.Invalid):
        await home.call("set_charge_schedule", **data)
    assert not home.cloud.requests


async def test_histories_cost_no_request(home: Home) -> None:
    home.cloud.requests.clear()
    devices = [home.device_id(car) for car in home.cars]
    signals = await responses(home, "get_signals", device_id=devices)
    odometers = [answer["signals"]["odometer-traveleddistance"]["body"] for answer in signals]
    assert [body["unit"] for body in odometers] == ["km"] * 3
    records = await responses(home, "get_charge_records", device_id=devices[1])
    assert all("energyAdded" in record for record in records[0]["charge_records"])
    (service,) = await responses(home, "get_service_records", device_id=devices[2])
    assert service["service_records"][0]["odometer"] == 3800.0
    assert not home.cloud.requests
