"""All 93 signals: each shows as an entity, on the device, or in the response of an action."""

from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
import pytest

from tests.helpers.home import Home
from tests.helpers.signal_table import ALWAYS, BODIES, ENTITIES, NOON, SHOWN, TABLE, Shown
from tests.helpers.signals import complaints, device_of, differences, forbid, response, send

pytestmark = pytest.mark.usefixtures("everything_is_enabled")


async def test_every_signal_shows(full_home: Home, caplog: pytest.LogCaptureFixture) -> None:
    assert differences(full_home, SHOWN) == []
    assert full_home.entities() == ENTITIES | ALWAYS
    device = device_of(full_home)
    for row in TABLE.values():
        for key, value in row.device.items():
            assert getattr(device, key) == value
    assert complaints(caplog) == []


async def test_every_entity_has_a_name_of_its_own(full_home: Home) -> None:
    everything = full_home.entities()
    events = {name for name in everything if name.startswith("event.")}
    for some in (everything - events, events):
        names = [full_home.state(full_home.car, name).name for name in some]
        assert {name for name in names if names.count(name) > 1} == set()
        # The tracker is the car itself, on a map.
        assert [name for name in names if not name.startswith("Ferdinand ")] == (
            [] if some is events else ["Ferdinand"]
        )


async def test_actions_return_the_bodies_of_signals(full_home: Home) -> None:
    signals = (await response(full_home, "get_signals"))["signals"]
    assert {code: stored["body"] for code, stored in signals.items()} == BODIES
    assert {stored["updated_at"] for stored in signals.values()} == {NOON}
    for row in TABLE.values():
        if row.action:
            answer = await response(full_home, f"get_{row.action}")
            assert answer[row.action] == row.body["values"]
            assert (answer["vehicle_id"], answer["name"]) == (full_home.car.id, "Ferdinand")


async def test_sensors_replace_controls_without_the_permission(new_home: Home) -> None:
    """What would be commanded is shown by a sensor instead."""
    forbid(new_home.cloud, new_home.car, "control_charge", "control_security")
    send(new_home.cloud, new_home.car, BODIES)
    await new_home.set_up()
    instead = (
        Shown("binary_sensor.charge_port", "on", device_class="opening"),
        Shown("binary_sensor.door_lock", "on", device_class="lock"),
        Shown("sensor.charge_limit", 80, "%"),
    )
    assert differences(new_home, instead) == []
    commanded = {
        "cover.charge_port",
        "lock.door_lock",
        "number.charge_limit",
        "switch.charging",
    }
    shown = {shown.entity for shown in instead}
    assert new_home.entities() == ((ENTITIES - commanded) | ALWAYS | shown)


async def test_values_are_converted_to_american_units(new_home: Home) -> None:
    new_home.hass.config.units = US_CUSTOMARY_SYSTEM
    send(new_home.cloud, new_home.car, BODIES)
    await new_home.set_up()
    expected = (
        Shown("sensor.charge_chargerate", 53 / 1.609344, "mph", "speed", "measurement"),
        Shown("sensor.external_temperature", 25.7, "°F", "temperature", "measurement"),
        Shown("sensor.fuel", 10, "gal", "volume_storage", "measurement"),
        Shown("sensor.fuel_range", 100, "mi", "distance", "measurement"),
        Shown("sensor.internal_temperature", 68, "°F", "temperature", "measurement"),
        Shown("sensor.odometer", 52891 / 1.609344, "mi", "distance", "total"),
        Shown("sensor.tire_pressure_back_right", 36.259435, "psi", "pressure", "measurement"),
        Shown("sensor.tire_pressure_front_left", 37.419737, "psi", "pressure", "measurement"),
    )
    assert differences(new_home, expected) == []
