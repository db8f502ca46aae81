"""Diagnostics files as a user downloads them: whole documents, and nothing private in them."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
import json
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.auth.models import TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion

from custom_components.smartcar.const import (
    CONF_APPLICATION_ID,
    CONF_APPLICATION_MANAGEMENT_TOKEN,
    CONF_COMMAND_RESERVE,
    CONF_DISCONNECT_ON_REMOVAL,
    CONF_EXCLUDED_VEHICLES,
    CONF_PREVIOUS_MANAGEMENT_TOKEN,
    CONF_REQUESTS_PER_MONTH,
    DOMAIN,
)
from simulator import Cloud
from simulator.car import Car
from simulator.faults import Fault
from tests.helpers.home import NewEntry
from tests.helpers.routes import ANY_COMMAND, SIGNALS_ROUTE
from tests.helpers.signal_table import NOON, TABLE
from tests.helpers.signals import fail, send
from tests.helpers.states import act, device_id, entity_id, let_pass, refresh, set_up, settle
from tests.helpers.times import LISTING

pytestmark = pytest.mark.usefixtures("everything_is_enabled")

type Download = Callable[..., Awaitable[dict[str, Any]]]

LATITUDE, LONGITUDE = 48.137154, 11.576124
PLATE, STREET = "M-EX 4711", "12 Elm Street"
PREVIOUS_TOKEN = "the-management-token-before"
PUBLIC_URL = "https://ha.example.com"

# Texts of owners wherever a body can carry one: instead of numbers and units, and where nobody
# would look for any.
PRIVATE_BODIES: Mapping[str, Mapping[str, Any]] = {
    "location-preciselocation": {
        "latitude": LATITUDE,
        "longitude": LONGITUDE,
        "value": LATITUDE,
        "unit": STREET,
    },
    "location-isathome": {"value": True, "unit": STREET},
    "vehicleidentification-nickname": {"value": PLATE, "unit": PLATE},
    "vehicleidentification-packages": {"values": [PLATE], "unit": PLATE},
    "vehicleidentification-trim": {"value": 4711, "unit": PLATE},
    "vehicleidentification-vin": {"value": "WVWZZZE1ZMP000001", "unit": "WVWZZZE1ZMP000001"},
    "vehicleuseraccount-role": {"value": f"DRIVER of {PLATE}", "unit": PLATE},
    "vehicleuseraccount-permissions": {"values": [f"open {STREET}"], "unit": STREET},
    # What nobody knows yet can hold anything.
    "garage-door": {"value": STREET, "unit": STREET, "position": [LATITUDE, LONGITUDE]},
    "garage-isathome": {"value": True},
    "garage-latitude": {"value": LATITUDE},
    "vehicleidentification-licenseplate": {"value": PLATE, "unit": PLATE},
}
BODIES: Mapping[str, Mapping[str, Any]] = {
    code: {**row.body, **PRIVATE_BODIES.get(code, {})} for code, row in TABLE.items()
} | {code: body for code, body in PRIVATE_BODIES.items() if code not in TABLE}


@pytest.fixture(autouse=True)
def _noon(freezer: FrozenDateTimeFactory) -> None:
    """Let it be noon before anything else is made, so that every time in a document is known."""
    freezer.move_to(NOON)


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Return snapshots as Home Assistant keeps them."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
async def start(
    hass: HomeAssistant, cloud: Cloud, new_entry: NewEntry
) -> Callable[..., Awaitable[ConfigEntry]]:
    """Return a function that sets up an entry with all that is private, and these options."""
    for component in ("homeassistant", "diagnostics"):
        assert await async_setup_component(hass, component, {})

    async def start(**options: Any) -> ConfigEntry:
        hass.config.external_url = PUBLIC_URL
        entry: ConfigEntry = new_entry(
            title=f"Garage in {STREET}",
            data={
                CONF_CLIENT_ID: cloud.client_id,
                CONF_CLIENT_SECRET: cloud.client_secret,
                CONF_WEBHOOK_ID: "0123456789abcdef",
                CONF_APPLICATION_ID: cloud.application_id,
                CONF_APPLICATION_MANAGEMENT_TOKEN: cloud.application_management_token,
                CONF_PREVIOUS_MANAGEMENT_TOKEN: PREVIOUS_TOKEN,
            },
            options=options,
        )
        await set_up(hass, entry)
        return entry

    return start


type Start = Callable[..., Awaitable[ConfigEntry]]


@pytest.fixture
async def download(
    hass: HomeAssistant, hass_admin_user: MockUser, hass_client: ClientSessionGenerator
) -> Download:
    """Return a function that downloads the file of an entry, or of one of its devices."""
    login = await hass.auth.async_create_refresh_token(
        hass_admin_user,
        client_name="Download",
        token_type=TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN,
        access_token_expiration=timedelta(days=30),
    )

    async def download(entry: ConfigEntry, device: str | None = None) -> dict[str, Any]:
        client = await hass_client(hass.auth.async_create_access_token(login))
        path = f"/api/diagnostics/config_entry/{entry.entry_id}"
        response = await client.get(f"{path}/device/{device}" if device else path)
        assert response.status == HTTPStatus.OK
        document: dict[str, Any] = await response.json()
        return document

    return download


def leaves(document: object) -> Iterator[object]:
    """Return the keys and the values of a document that are neither a list nor an object."""
    if isinstance(document, Mapping):
        for key, item in document.items():
            yield key
            yield from leaves(item)
    elif isinstance(document, Sequence) and not isinstance(document, str):
        for item in document:
            yield from leaves(item)
    else:
        yield document


def private_texts(cloud: Cloud, entry: ConfigEntry) -> set[str]:
    """Return every text of the run that tells who and where somebody is, or lets anybody in."""
    cars = cloud.cars.values()
    return {
        *(car.id for car in cars),
        *(car.vin for car in cars),
        *(car.nickname for car in cars),
        *cloud.owners,
        *(owner.name for owner in cloud.owners.values()),
        *cloud.connections,
        *cloud.webhooks,
        *cloud.subscriptions,
        cloud.application_id,
        cloud.application_management_token,
        cloud.client_id,
        cloud.client_secret,
        # How the simulated cloud's access tokens begin.
        "sim_",
        PREVIOUS_TOKEN,
        entry.data[CONF_WEBHOOK_ID],
        "ha.example.com",
        "/api/webhook",
        "reauthenticate",
        STREET,
        PLATE,
        "4711",
        "Grandmother",
        "WVWZZZE1ZMP000001",
        *(
            f"{degrees:.3f}"
            for car in cars
            for degrees in (car.state.latitude, car.state.longitude)
        ),
        f"{LATITUDE:.3f}",
        f"{LONGITUDE:.3f}",
    }


def texts_of_cars(bodies: Mapping[str, Mapping[str, Any]]) -> set[object]:
    """Return the texts in the bodies of signals, apart from units and the names of fields."""
    fields = {field for body in bodies.values() for field in body}
    return {
        leaf
        for body in bodies.values()
        for key, item in body.items()
        if key != "unit"
        for leaf in leaves(list(item.values()) if isinstance(item, Mapping) else item)
        if isinstance(leaf, str) and leaf not in fields
    }


def assert_nothing_private(document: Mapping[str, Any], cloud: Cloud, entry: ConfigEntry) -> None:
    """Check that a downloaded file has nothing private anywhere, in keys or in values."""
    text = json.dumps(document, ensure_ascii=False)
    # The whole file, with the parts that Home Assistant adds itself: our repairs, for example.
    assert [private for private in private_texts(cloud, entry) if private in text] == []
    for leaf in leaves(document["data"]):
        assert leaf not in {LATITUDE, LONGITUDE, int(LATITUDE), int(LONGITUDE), 4711}


@pytest.fixture
async def busy(
    hass: HomeAssistant, cloud: Cloud, car: Car, freezer: FrozenDateTimeFactory, start: Start
) -> ConfigEntry:
    """Return an entry whose first car has sent every signal, and was commanded.

    Some of its signals have failed since, and it does not know one of its commands. Each of this
    happened at another time, so that no time can stand for another one.
    """
    send(cloud, car, BODIES)
    freezer.tick(60)
    entry = await start()
    freezer.tick(60)
    fail(
        cloud,
        car,
        {
            "charge-voltage": {"error": {"type": "PERMISSION", "code": None}},
            "closure-sunroof": {"error": {"type": "COMPATIBILITY", "code": "VEHICLE_NOT_CAPABLE"}},
            "location-isathome": {"error": {"type": "VEHICLE_STATE", "code": "UNREACHABLE"}},
        },
    )
    freezer.tick(60)
    await refresh(hass, car)
    freezer.tick(60)
    await act(hass, "lock.lock", entity_id(hass, car, "lock.door_lock"))
    cloud.faults.add(Fault(method="POST", route=ANY_COMMAND, status=501, count=1))
    with pytest.raises(HomeAssistantError):
        await act(hass, "cover.close_cover", entity_id(hass, car, "cover.charge_port"))
    await settle(hass)
    return entry


async def test_whole_document_of_a_car_with_every_signal(
    hass: HomeAssistant,
    car: Car,
    busy: ConfigEntry,
    download: Download,
    snapshot: SnapshotAssertion,
) -> None:
    document = (await download(busy, device_id(hass, busy, car)))["data"]
    assert document["signals"].keys() == BODIES.keys()
    # A list, not an object, so that the order counts.
    assert list(document["signals"]) == sorted(BODIES)
    assert document == snapshot


async def test_no_text_of_a_car_is_in_the_document_of_any_signal(
    hass: HomeAssistant, car: Car, busy: ConfigEntry, download: Download
) -> None:
    document = (await download(busy, device_id(hass, busy, car)))["data"]
    texts = texts_of_cars(BODIES)
    # What is compared does hold texts of all kinds, from any depth.
    assert texts >= {STREET, PLATE, "Moonstone", "PARK", "P0420", "record-1"}
    for code, signal in document["signals"].items():
        assert texts.isdisjoint(set(leaves(signal))), code
        value = signal["value"]
        assert value is None or isinstance(value, bool | int | float), code


@pytest.mark.parametrize(
    "code", [code for code in BODIES if code.startswith(("location", "vehicle", "garage"))]
)
async def test_signals_that_tell_who_or_where_show_neither_value_nor_unit(
    hass: HomeAssistant, cloud: Cloud, car: Car, start: Start, download: Download, code: str
) -> None:
    """Not even a number or yes and no: "at home" is a place too."""
    entry = await start()
    bodies: list[Mapping[str, Any]] = [
        {"value": True, "unit": "km"},
        {"value": 4711, "unit": "km"},
        BODIES[code],
    ]
    for body in bodies:
        send(cloud, car, {code: body})
        await refresh(hass, car)
        for device in (None, device_id(hass, entry, car)):
            document = (await download(entry, device))["data"]
            (first, *_) = document.get("vehicles", [document])
            signal = first["signals"][code]
            assert (signal["value"], signal["unit"]) == (None, None), body
            assert signal["fields"] == sorted(body)


async def test_whole_document_of_an_entry(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    car: Car,
    busy: ConfigEntry,
    download: Download,
    snapshot: SnapshotAssertion,
) -> None:
    document = (await download(busy))["data"]
    # The cars in the order of the list, each as in the file of its device.
    by_device = [
        (await download(busy, device_id(hass, busy, one)))["data"] for one in reversed(cars)
    ]
    for vehicle in document["vehicles"]:
        assert vehicle in by_device
        vehicle["signals"] = len(vehicle["signals"])
    assert len(document["vehicles"]) == len(cars)
    assert document == snapshot


async def test_whole_document_of_an_entry_where_all_is_otherwise(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    car: Car,
    new_entry: NewEntry,
    start: Start,
    download: Download,
) -> None:
    """No application ID, options, polling off, one car excluded: the values, not the options."""
    _, excluded, _ = cars
    entry = new_entry(
        options={
            CONF_REQUESTS_PER_MONTH: 100,
            CONF_COMMAND_RESERVE: 20,
            CONF_DISCONNECT_ON_REMOVAL: True,
            CONF_EXCLUDED_VEHICLES: [excluded.id],
        },
        pref_disable_polling=True,
    )
    await set_up(hass, entry)
    document = (await download(entry))["data"]
    vehicles = document.pop("vehicles")
    assert document == {
        "has_application_id": False,
        "options": [
            "command_reserve",
            "disconnect_on_removal",
            "excluded_vehicles",
            "requests_per_month",
        ],
        "polling": False,
        "connections": {"listed": True, "error": None, "owners": 2},
    }
    assert sorted(vehicle["model"] for vehicle in vehicles) == sorted(
        one.model.name for one in cars if one is not excluded
    )
    for vehicle in vehicles:
        assert vehicle["requests"] == {
            "per_month": 100,
            "reserve": 20,
            "this_month": 1,
            "left": 99,
            "next_poll": None,
            "used_up": None,
        }


@pytest.mark.parametrize("vehicles", [2])
async def test_requests_that_are_used_up(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    car: Car,
    start: Start,
    download: Download,
) -> None:
    spent, refused = cars
    cloud.faults.add(Fault(route=SIGNALS_ROUTE, vehicle_id=refused.id, status=430))
    entry = await start(**{CONF_REQUESTS_PER_MONTH: 1, CONF_COMMAND_RESERVE: 0})
    used_up = {}
    for one in cars:
        document = await download(entry, device_id(hass, entry, one))
        requests = document["data"]["requests"]
        assert (requests["this_month"], requests["left"]) == (1, 0)
        used_up[one.id] = requests["used_up"]
    assert used_up == {
        spent.id: {"reason": "spent", "until": "2026-12-01T00:00:00+00:00"},
        refused.id: {"reason": "plan", "until": "2026-12-01T00:00:00+00:00"},
    }


async def test_failures_are_named_by_their_kind(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    car: Car,
    freezer: FrozenDateTimeFactory,
    start: Start,
    download: Download,
) -> None:
    entry = await start()
    fine, failing, gone = cars
    cloud.faults.add(
        Fault(
            route=SIGNALS_ROUTE,
            vehicle_id=failing.id,
            status=500,
            detail=f"{failing.vin} of {STREET}",
            suggested_user_message=f"Drive to {STREET}",
        )
    )
    (connection,) = cloud.connections_of(vehicle_id=gone.id)
    cloud.disconnect(connection.id)
    await let_pass(hass, freezer, 2 * LISTING, LISTING)
    cloud.faults.add(Fault(route="/v3/connections", drop=True))
    await let_pass(hass, freezer, LISTING)
    with pytest.raises(HomeAssistantError):
        await refresh(hass, failing)
    await refresh(hass, fine)

    async def what_works(one: Car) -> tuple[object, object, object]:
        document = (await download(entry, device_id(hass, entry, one)))["data"]
        return document["available"], document["last_update_success"], document["error"]

    assert await what_works(fine) == (True, True, None)
    # Where the failure came from, but none of its words.
    assert await what_works(failing) == (True, False, "UpdateFailed <- ServerError")
    assert (await what_works(gone))[0] is False
    document = await download(entry)
    connections = document["data"]["connections"]
    assert connections["listed"] is False
    assert connections["error"] == "UpdateFailed <- TransportError"
    assert_nothing_private(document, cloud, entry)
    # A day without an answer: what is known of the car is no longer current.
    await let_pass(hass, freezer, timedelta(hours=30), timedelta(hours=6))
    assert (await what_works(failing))[:2] == (False, False)


async def test_nothing_private_is_in_either_document(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    car: Car,
    busy: ConfigEntry,
    download: Download,
) -> None:
    _, excluded, broken = cars
    user_gone = cloud.owner_of(broken.id).id

    async def check(*devices: str) -> None:
        documents = [await download(busy), *[await download(busy, one) for one in devices]]
        for document in documents:
            assert document["data"]
            assert_nothing_private(document, cloud, busy)

    await check(*[device_id(hass, busy, one) for one in cars])
    # The user excludes one car, and the login of another one ends.
    cloud.faults.add(
        Fault(
            route=SIGNALS_ROUTE,
            vehicle_id=broken.id,
            status=401,
            type="CONNECTED_SERVICES_ACCOUNT",
            code="AUTHENTICATION_FAILED",
            detail=f"The account {user_gone} of {PLATE} is closed",
            suggested_user_message=f"Drive {PLATE} to {STREET}",
            resolution={"type": "REAUTHENTICATE", "url": cloud.reauthenticate_url(broken.id)},
        )
    )
    hass.config_entries.async_update_entry(
        busy,
        options={
            CONF_EXCLUDED_VEHICLES: [excluded.id],
            CONF_DISCONNECT_ON_REMOVAL: False,
        },
    )
    assert await hass.config_entries.async_reload(busy.entry_id)
    await settle(hass)
    with pytest.raises(HomeAssistantError):
        await refresh(hass, broken)
    document = await download(busy)
    assert len(document["data"]["vehicles"]) == 2
    assert {issue["domain"] for issue in document["issues"]} == {DOMAIN}
    await check(*[device_id(hass, busy, one) for one in (car, broken)])


async def test_device_of_something_else_has_an_empty_document(
    hass: HomeAssistant, car: Car, start: Start, download: Download
) -> None:
    entry = await start()
    for identifier in (("other", car.id), (DOMAIN, "no-such-car")):
        device = dr.async_get(hass).async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={identifier}
        )
        assert (await download(entry, device.id))["data"] == {}
