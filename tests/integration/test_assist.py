"""The car by voice: Home Assistant's own Assist, and triggers that aim at an area."""

from dataclasses import dataclass

from homeassistant.components.conversation import async_converse
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from simulator import Cloud
from simulator.car import Car
from tests.helpers.home import NewEntry
from tests.helpers.signal_table import BODIES
from tests.helpers.signals import send
from tests.helpers.states import act, device_id, entity_id, refresh, set_up, settle, value

START = "POST /v3/vehicles/{vehicle_id}/commands/charge/start"
STOP = "POST /v3/vehicles/{vehicle_id}/commands/charge/stop"
OPEN = "POST /v3/vehicles/{vehicle_id}/commands/charge-port/open"


@pytest.fixture
def vehicles() -> int:
    return 1


@dataclass
class Speaker:
    """Somebody who speaks to Assist."""

    hass: HomeAssistant
    cloud: Cloud

    async def say(self, text: str) -> str:
        """Return what Assist answers."""
        result = await async_converse(self.hass, text, None, Context(), language="en")
        return str(result.response.speech["plain"]["speech"])

    @property
    def commands(self) -> list[str]:
        """The commands that went out since the last time."""
        sent = [route for route in self.cloud.requests if "/commands/" in route]
        self.cloud.requests.clear()
        return sent


@pytest.fixture
async def entry(hass: HomeAssistant, cloud: Cloud, car: Car, new_entry: NewEntry) -> ConfigEntry:
    """Return an entry whose car Robin stands in the garage, can do everything, and is exposed."""
    cloud.patch_state(car.id, {"plugged": True})
    cloud.patch_state(car.id, {"charging": False})
    for component in ("homeassistant", "conversation", "intent"):
        assert await async_setup_component(hass, component, {})
    send(
        cloud,
        car,
        {**BODIES}
        | {
            "vehicleidentification-nickname": {"value": "Robin"},
            "charge-ischarging": {"value": False},
            "charge-detailedchargingstatus": {"value": "NOT_CHARGING"},
            "charge-ischargingportflapopen": {"value": False},
        },
    )
    entry = new_entry()
    await set_up(hass, entry)
    garage = ar.async_get(hass).async_create("Garage")
    dr.async_get(hass).async_update_device(device_id(hass, entry, car), area_id=garage.id)
    for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        async_expose_entity(hass, "conversation", entity.entity_id, True)
    return entry


@pytest.fixture
def speaker(hass: HomeAssistant, cloud: Cloud, entry: ConfigEntry) -> Speaker:
    cloud.requests.clear()
    return Speaker(hass, cloud)


async def test_charge_is_switched_by_its_name(
    hass: HomeAssistant, car: Car, speaker: Speaker
) -> None:
    assert await speaker.say("turn on Robin charge") == "Turned on the switch"
    assert speaker.commands == [START]
    assert value(hass, car, "switch.charging") == "on"
    assert await speaker.say("turn off Robin charge") == "Turned off the switch"
    assert speaker.commands == [STOP]
    assert value(hass, car, "switch.charging") == "off"


async def test_charging_is_answered_by_the_entity_of_that_name(
    cloud: Cloud, hass: HomeAssistant, car: Car, speaker: Speaker
) -> None:
    assert await speaker.say("is Robin charging on") == "No, off"
    assert (
        await speaker.say("what is Robin charging status") == "Robin charging status is connected"
    )
    send(cloud, car, {"charge-ischarging": {"value": True}})
    await refresh(hass, car)
    assert await speaker.say("is Robin charging on") == "Yes"
    assert await speaker.say("what is Robin charging status") == "Robin charging status is charging"
    assert speaker.commands == []


async def test_the_charge_port_answers_to_its_name_and_to_no_door(
    hass: HomeAssistant, car: Car, speaker: Speaker
) -> None:
    for text in (
        "open the garage door",
        "open the garage doors",
        "open the door in the garage",
        "open all doors in the garage",
        "close the garage door",
        "open the door",
    ):
        answer = await speaker.say(text)
        assert answer.startswith("Sorry, "), text
        assert speaker.commands == [], text
    assert value(hass, car, "cover.charge_port") == "closed"
    assert await speaker.say("open Robin charge port") == "Opening"
    assert speaker.commands == [OPEN]


async def test_an_area_trigger_of_doors_fires_for_doors_alone(
    hass: HomeAssistant, cloud: Cloud, car: Car, entry: ConfigEntry
) -> None:
    opened = async_capture_events(hass, "a_door_opened")
    automation = {
        "alias": "Doors of the garage",
        "triggers": [
            {"trigger": "door.opened", "target": {"area_id": "garage"}},
            {"trigger": "garage_door.opened", "target": {"area_id": "garage"}},
        ],
        "actions": [{"event": "a_door_opened"}],
    }
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await act(hass, "cover.open_cover", entity_id(hass, car, "cover.charge_port"))
    assert value(hass, car, "cover.charge_port") == "open"
    await settle(hass)
    assert opened == []
    doors = [{"row": 0, "column": 0, "isOpen": True, "isLocked": False}]
    send(cloud, car, {"closure-doors": {"values": doors}})
    await refresh(hass, car)
    assert len(opened) == 1
