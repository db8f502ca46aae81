"""Diagnostics: what helps is in them, and what is private is not, whatever the cloud sends."""

from collections.abc import Callable
from http import HTTPStatus
import json
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.smartcar.const import CONF_APPLICATION_ID
from simulator import Cloud
from simulator.car import Car
from simulator.faults import Fault
from tests.helpers.routes import SIGNALS_ROUTE
from tests.helpers.signal_table import TABLE
from tests.helpers.signals import fail, send, set_up
from tests.helpers.states import device_id, refresh, settle

pytestmark = pytest.mark.usefixtures("everything_is_enabled")

type Download = Callable[..., Any]

STREET = "12 Elm Street"
LATITUDE, LONGITUDE = 48.137154, 11.576124
PRIVATE_BODIES: dict[str, dict[str, Any]] = {
    "location-preciselocation": {"latitude": LATITUDE, "longitude": LONGITUDE},
    "vehicleidentification-nickname": {"value": "Ferdinand"},
    "vehicleidentification-vin": {"value": "WVWZZZE1ZMP000001"},
    "vehicleuseraccount-role": {"value": "OWNER of Ferdinand"},
    "charge-chargelimits": {
        "values": [
            {
                "type": "LOCATION",
                "limit": 80,
                "condition": {"address": STREET, "latitude": LATITUDE, "longitude": LONGITUDE},
            }
        ],
        "activeLimit": 80,
        "unit": "percent",
    },
    "service-records": {"values": [{"details": [{"id": "1", "description": STREET}]}]},
    # What nobody knows yet can hold anything.
    "garage-door": {"value": STREET, "unit": [STREET], "position": [LATITUDE, LONGITUDE]},
    "garage-latitude": {"value": LATITUDE},
}


@pytest.fixture
def vehicles() -> int:
    return 2


@pytest.fixture
async def loaded(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], new_entry: Callable[..., MockConfigEntry]
) -> ConfigEntry:
    """Return an entry with all that is private; the first car has sent every signal."""
    assert await async_setup_component(hass, "diagnostics", {})
    send(cloud, cars[0], {code: row.body for code, row in TABLE.items()} | PRIVATE_BODIES)
    entry = new_entry()
    hass.config_entries.async_update_entry(
        entry,
        data={
            **entry.data,
            CONF_APPLICATION_ID: cloud.application_id,
            "application_management_token": cloud.application_management_token,
        },
    )
    await set_up(hass, entry)
    return entry


@pytest.fixture
def download(hass_client: ClientSessionGenerator, loaded: ConfigEntry) -> Download:
    """Return a function that downloads the file as the user does: of the entry, or of a device."""

    async def get(device: str | None = None) -> Any:
        client = await hass_client()
        path = f"/api/diagnostics/config_entry/{loaded.entry_id}"
        answer = await client.get(f"{path}/device/{device}" if device else path)
        assert answer.status == HTTPStatus.OK
        return await answer.json()

    return get


def _secrets(cloud: Cloud, cars: list[Car], entry: ConfigEntry) -> list[str]:
    return [
        *(car.id for car in cars),
        *(car.vin for car in cars),
        *(car.nickname for car in cars),
        *cloud.connections,
        *(connection.user_id for connection in cloud.connections.values()),
        *(owner.name for owner in cloud.owners.values()),
        *cloud.tokens.issued,
        cloud.application_id,
        cloud.application_management_token,
        cloud.client_id,
        cloud.client_secret,
        entry.data["webhook_id"],
        *(f"{part:.3f}" for car in cars for part in (car.state.latitude, car.state.longitude)),
        f"{LATITUDE:.3f}",
        f"{LONGITUDE:.3f}",
        STREET,
        "Grandmother",
        "Ferdinand",
        "WVWZZZE1ZMP000001",
        "OWNER",
    ]


async def test_nothing_private_is_in_them(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], loaded: ConfigEntry, download: Download
) -> None:
    files = [await download(), await download(device_id(hass, loaded, cars[0]))]
    # And once everything has failed: errors and repairs tell nothing either.
    for car in cars:
        cloud.faults.add(
            Fault(
                route=SIGNALS_ROUTE,
                vehicle_id=car.id,
                status=401,
                type="CONNECTED_SERVICES_ACCOUNT",
                code="AUTHENTICATION_FAILED",
                detail=f"The account of {car.vin} at {STREET} is closed",
                suggested_user_message=f"Drive to {STREET}",
                resolution={"type": "REAUTHENTICATE", "url": cloud.reauthenticate_url(car.id)},
            )
        )
    await hass.config_entries.async_reload(loaded.entry_id)
    for car in cars:
        with pytest.raises(HomeAssistantError):
            await refresh(hass, car)
    await settle(hass)
    files += [await download(), await download(device_id(hass, loaded, cars[0]))]
    assert files[2]["issues"]
    for file in files:
        text = json.dumps(file)
        assert [secret for secret in _secrets(cloud, cars, loaded) if secret in text] == []


async def test_what_helps_is_in_them(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], loaded: ConfigEntry, download: Download
) -> None:
    fail(
        cloud,
        cars[0],
        {
            "charge-voltage": {"error": {"type": "PERMISSION", "code": None}},
            "closure-sunroof": {"error": {"type": "COMPATIBILITY", "code": "VEHICLE_NOT_CAPABLE"}},
        },
    )
    await refresh(hass, cars[0])
    whole = (await download())["data"]
    assert len(whole["vehicles"]) == 2
    assert whole["connections"] == {"listed": True, "error": None, "owners": 2}
    car = (await download(device_id(hass, loaded, cars[0])))["data"]
    assert car in whole["vehicles"]
    assert (car["make"], car["model"]) == (cars[0].model.make, cars[0].model.name)
    assert "read_charge" in car["permissions"]
    requests = car["requests"]
    assert requests.pop("next_poll") > dt_util.utcnow().isoformat()
    assert requests == {
        "per_month": 500,
        "reserve": 50,
        "this_month": 2,
        "left": 498,
        "used_up": None,
    }
    signals = car["signals"]
    assert signals.keys() == TABLE.keys() | {"garage-door", "garage-latitude"}
    unknown = signals["garage-door"]
    assert unknown["known"] is False
    assert unknown["fields"] == ["position", "unit", "value"]
    assert unknown["value"] is unknown["unit"] is None
    assert signals["charge-voltage"]["error"] == "PERMISSION:None"
    assert signals["charge-voltage"]["permission"] == "read_charge"
    assert signals["closure-sunroof"]["error"] == "COMPATIBILITY:VEHICLE_NOT_CAPABLE"
    odometer = signals["odometer-traveleddistance"]
    assert (odometer["value"], odometer["unit"]) == (52891, "km")
    assert signals["charge-ischarging"]["value"] is True


async def test_garbage_breaks_none(
    hass: HomeAssistant, cloud: Cloud, cars: list[Car], loaded: ConfigEntry, download: Download
) -> None:
    values: tuple[Any, ...] = (float("nan"), 10**400, "\ud800", None, [], {"a": {}})
    for value in values:
        body = {"value": value, "unit": value, "\ud800": value}
        send(cloud, cars[0], {**dict.fromkeys(TABLE, body), "garage-door": body})
        await refresh(hass, cars[0])
        assert (await download())["data"]["vehicles"]
