"""Entities that are renamed while their entry runs."""

import gc
from typing import Any
import warnings

from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from tests.helpers.home import Home
from tests.helpers.signal_table import BODIES
from tests.helpers.signals import complaints, send
from tests.helpers.states import act

pytestmark = pytest.mark.usefixtures("everything_is_enabled")

# One entity of each platform, what a poll brings for it, and what it shows then. None: always
# the same, or a time.
RENAMED: dict[str, tuple[str, dict[str, Any], str] | None] = {
    "binary_sensor.plug_status": ("charge-ischargingcableconnected", {"value": False}, "off"),
    "button.refresh": None,
    "cover.charge_port": ("charge-ischargingportflapopen", {"value": False}, "closed"),
    "device_tracker.location": (
        "location-preciselocation",
        {"latitude": 32.87336, "longitude": -117.22743},
        "home",
    ),
    "event.cable_event": None,
    "lock.door_lock": ("closure-islocked", {"value": True}, "locked"),
    "number.charge_limit": (
        "charge-chargelimits",
        {"values": [{"type": "GLOBAL", "limit": 70}], "activeLimit": 70, "unit": "percent"},
        "70.0",
    ),
    "sensor.odometer": ("odometer-traveleddistance", {"value": 52999, "unit": "km"}, "52999.0"),
    "switch.charging": ("charge-ischarging", {"value": False}, "off"),
}


async def test_renamed_entities_go_on_under_their_new_ids(
    new_home: Home, hass_ws_client: WebSocketGenerator, caplog: pytest.LogCaptureFixture
) -> None:
    car = new_home.car
    for component in ("homeassistant", "config"):
        assert await async_setup_component(new_home.hass, component, {})
    send(new_home.cloud, car, BODIES)
    await new_home.set_up()
    client = await hass_ws_client(new_home.hass)
    caplog.clear()
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        for name in RENAMED:
            before = new_home.value(car, name)
            old, new = new_home.entity_id(car, name), f"{name.split('.')[0]}.my_car"
            assert old is not None
            await client.send_json_auto_id(
                {"type": "config/entity_registry/update", "entity_id": old, "new_entity_id": new}
            )
            assert (await client.receive_json())["success"], name
            await new_home.settle()
            assert new_home.hass.states.get(old) is None, name
            assert new_home.entity_id(car, name) == new
            assert new_home.value(car, name) == before, name
        # The states go on, with the values of a refresh under a new id.
        send(new_home.cloud, car, {change[0]: change[1] for change in RENAMED.values() if change})
        await act(new_home.hass, "button.press", "button.my_car")
        await new_home.settle()
        for name, change in RENAMED.items():
            current = new_home.hass.states.get(f"{name.split('.')[0]}.my_car")
            assert current is not None, name
            if change is not None:
                assert current.state == change[2], name
            else:
                assert current.state not in {"unknown", "unavailable"}, name
        # Commands reach the car.
        await act(new_home.hass, "lock.unlock", "lock.my_car")
        assert car.state.locked is False
        assert new_home.value(car, "lock.door_lock") == "unlocked"
        # Nothing under the old ids comes back.
        await new_home.reload()
        for name in RENAMED:
            new = f"{name.split('.')[0]}.my_car"
            assert new_home.entity_id(car, name) == new
            assert new_home.hass.states.get(new) is not None
        # A coroutine that nobody has awaited says so when it is collected.
        gc.collect()
    assert complaints(caplog) == []
    assert [str(warning.message) for warning in raised] == []
