"""Diagnostics files: they help, and contain nothing private, whatever the cloud sends."""

from collections.abc import Callable
from http import HTTPStatus
import json
from typing import Any

from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.smartcar.const import CONF_APPLICATION_ID
from simulator.faults import Fault
from tests.helpers.home import Home
from tests.helpers.routes import SIGNALS_ROUTE
from tests.helpers.signal_table import BODIES, TABLE
from tests.helpers.signals import fail, send

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
    # An unknown signal can contain anything.
    "garage-door": {"value": STREET, "unit": [STREET], "position": [LATITUDE, LONGITUDE]},
    "garage-latitude": {"value": LATITUDE},
}


@pytest.fixture
def vehicles() -> int:
    return 2


@pytest.fixture
async def home(new_home: Home) -> Home:
    """Return a home with everything that is private; the first car has sent every signal."""
    assert await async_setup_component(new_home.hass, "diagnostics", {})
    send(new_home.cloud, new_home.car, BODIES | PRIVATE_BODIES)
    entry = new_home.add_entry()
    new_home.hass.config_entries.async_update_entry(
        entry,
        data={
            **entry.data,
            CONF_APPLICATION_ID: new_home.cloud.application_id,
            "application_management_token": new_home.cloud.application_management_token,
        },
    )
    await new_home.load()
    return new_home


@pytest.fixture
def download(hass_client: ClientSessionGenerator, home: Home) -> Download:
    """Return a function that downloads the file as the user does: of the entry, or of a device."""

    async def get(device: str | None = None) -> Any:
        client = await hass_client()
        path = f"/api/diagnostics/config_entry/{home.entry.entry_id}"
        answer = await client.get(f"{path}/device/{device}" if device else path)
        assert answer.status == HTTPStatus.OK
        return await answer.json()

    return get


def _secrets(home: Home) -> list[str]:
    return [
        *(car.id for car in home.cars),
        *(car.vin for car in home.cars),
        *(car.nickname for car in home.cars),
        *home.cloud.connections,
        *(connection.user_id for connection in home.cloud.connections.values()),
        *(owner.name for owner in home.cloud.owners.values()),
        *home.cloud.tokens.issued,
        home.cloud.application_id,
        home.cloud.application_management_token,
        home.cloud.client_id,
        home.cloud.client_secret,
        home.entry.data["webhook_id"],
        *(f"{part:.3f}" for car in home.cars for part in (car.state.latitude, car.state.longitude)),
        f"{LATITUDE:.3f}",
        f"{LONGITUDE:.3f}",
        STREET,
        "Grandmother",
        "Ferdinand",
        "WVWZZZE1ZMP000001",
        "OWNER",
    ]


async def test_files_contain_nothing_private(home: Home, download: Download) -> None:
    files = [await download(), await download(home.device_id())]
    # And after everything has failed: errors and repairs say nothing private either.
    for car in home.cars:
        home.cloud.faults.add(
            Fault(
                route=SIGNALS_ROUTE,
                vehicle_id=car.id,
                status=401,
                type="CONNECTED_SERVICES_ACCOUNT",
                code="AUTHENTICATION_FAILED",
                detail=f"The account of {car.vin} at {STREET} is closed",
                suggested_user_message=f"Drive to {STREET}",
                resolution={
                    "type": "REAUTHENTICATE",
                    "url": home.cloud.reauthenticate_url(car.id),
                },
            )
        )
    await home.reload()
    for car in home.cars:
        with pytest.raises(HomeAssistantError):
            await home.refresh(car)
    await home.settle()
    files += [await download(), await download(home.device_id())]
    assert files[2]["issues"]
    for file in files:
        text = json.dumps(file)
        assert [secret for secret in _secrets(home) if secret in text] == []


async def test_files_contain_what_helps(home: Home, download: Download) -> None:
    fail(
        home.cloud,
        home.car,
        {
            "charge-voltage": {"error": {"type": "PERMISSION", "code": None}},
            "closure-sunroof": {"error": {"type": "COMPATIBILITY", "code": "VEHICLE_NOT_CAPABLE"}},
        },
    )
    await home.refresh()
    whole = (await download())["data"]
    assert len(whole["vehicles"]) == 2
    assert whole["connections"] == {"listed": True, "error": None, "owners": 2}
    car = (await download(home.device_id()))["data"]
    assert car in whole["vehicles"]
    assert (car["make"], car["model"]) == (home.car.model.make, home.car.model.name)
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


async def test_files_are_made_whatever_a_car_sends(home: Home, download: Download) -> None:
    values: tuple[Any, ...] = (float("nan"), 10**400, "\ud800", None, [], {"a": {}})
    for value in values:
        body = {"value": value, "unit": value, "\ud800": value}
        send(
            home.cloud,
            home.car,
            {**dict.fromkeys(TABLE, body), "garage-door": body},
        )
        await home.refresh()
        assert (await download())["data"]["vehicles"]
