"""The config flow as the frontend drives it: reloaded steps, and the HTTP API."""

from typing import Any

from aiohttp.test_utils import TestClient
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from yarl import URL

from custom_components.smartcar.const import DOMAIN
from custom_components.smartcar.oauth import DEFAULT_PERMISSIONS, PERMISSIONS
from simulator import Cloud
from tests.helpers.flow import (
    CONNECT_RESULTS,
    WRONG_SECRET,
    Person,
    connected_vehicles,
    unconnected_vehicle,
    vehicle_devices,
)

pytestmark = pytest.mark.usefixtures("no_secret_in_log", "short_connection_wait")


async def check_reload(person: Person) -> None:
    """Load the step again, as the frontend does when its window is opened again."""
    before = person.result
    await person.reload_page()
    same = ("type", "step_id", "menu_options", "description_placeholders")
    assert [person.result.get(key) for key in same] == [before.get(key) for key in same]


@pytest.mark.parametrize("vehicles", [1])
async def test_every_step_of_the_set_up_can_be_reloaded(person: Person) -> None:
    await person.add_integration()
    await check_reload(person)
    await person.give_credentials()
    await check_reload(person)
    for error in CONNECT_RESULTS:
        await person.choose("connect")
        await check_reload(person)
        await person.fill_in(**person.fields)
        await check_reload(person)
        await person.return_from_connect(error)
        await check_reload(person)
    await person.choose("connect")
    await person.connect()
    await check_reload(person)
    await person.fill_in(**person.fields)
    person.assert_done()


@pytest.mark.parametrize("vehicles", [1])
async def test_every_step_of_reconfigure_can_be_reloaded(at_menu: Person) -> None:
    await check_reload(at_menu)
    await at_menu.choose("reconfigure_credentials")
    await check_reload(at_menu)
    await at_menu.give_credentials()
    at_menu.assert_done()


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize("at_form", [SOURCE_REAUTH], indirect=True)
async def test_reauthentication_can_be_reloaded(at_form: Person) -> None:
    await check_reload(at_form)
    await at_form.give_credentials()
    at_form.assert_done()


class FlowApi:
    """The HTTP API that the frontend uses, from a browser at https://home.example."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        self.client = client

    async def post(self, path: str, **data: object) -> dict[str, Any]:
        """Start or continue a flow; return the step that is shown then."""
        async with self.client.post(
            f"/api/config/config_entries/{path}",
            json=data,
            headers={"HA-Frontend-Base": "https://home.example"},
        ) as response:
            assert response.status == 200, await response.text()
            result: dict[str, Any] = await response.json()
            return result


@pytest.fixture
async def flow_api(
    hass: HomeAssistant, cloud: Cloud, hass_client: ClientSessionGenerator
) -> FlowApi:
    """Return the API of a Home Assistant with everything that the flows need."""
    for component in ("config", "auth", "webhook", "homeassistant"):
        assert await async_setup_component(hass, component, {})
    return FlowApi(await hass_client())


@pytest.mark.parametrize("vehicles", [1])
async def test_set_up_over_the_http_api(
    hass: HomeAssistant, cloud: Cloud, flow_api: FlowApi
) -> None:
    """All forms can be serialized, and the redirect URI is that of the real request."""
    result = await flow_api.post("flow", handler=DOMAIN)
    flow = f"flow/{result['flow_id']}"
    await flow_api.post(flow, client_id=cloud.client_id, client_secret=WRONG_SECRET)
    result = await flow_api.post(flow, client_id=cloud.client_id, client_secret=cloud.client_secret)
    assert result["menu_options"] == ["vehicles", "connect"]
    result = await flow_api.post(flow, next_step_id="connect")
    permissions = result["data_schema"][2]
    assert permissions["selector"]["select"]["options"] == list(PERMISSIONS)
    assert permissions["default"] == list(DEFAULT_PERMISSIONS)
    result = await flow_api.post(
        flow,
        application_id=cloud.application_id,
        ask_dashboard=False,
        permissions=list(DEFAULT_PERMISSIONS),
    )
    url = URL(result["url"])
    assert url.query["redirect_uri"] == "https://home.example/auth/external/callback"
    redirect = URL(url.query["redirect_uri"]).with_query(
        code="0", user_id="0", state=url.query["state"]
    )
    cloud.connect(*unconnected_vehicle(cloud))
    assert (await flow_api.client.get(redirect.relative())).status == 200
    result = await flow_api.post(flow)
    (vehicles,) = result["data_schema"]
    result = await flow_api.post(flow, vehicles=vehicles["default"])
    assert result["step_id"] == "push_unavailable"
    assert result["menu_options"] == ["without_push", "push"]
    result = await flow_api.post(flow, next_step_id="without_push")
    assert result["type"] == "create_entry"
    await hass.async_block_till_done()
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert vehicle_devices(hass, entry) == connected_vehicles(cloud)


@pytest.mark.parametrize("vehicles", [1])
async def test_reconfigure_over_the_http_api(entry: ConfigEntry, flow_api: FlowApi) -> None:
    result = await flow_api.post("flow", handler=DOMAIN, entry_id=entry.entry_id)
    assert result["step_id"] == "reconfigure"


@pytest.mark.parametrize("vehicles", [1])
async def test_options_over_the_http_api(
    hass: HomeAssistant, entry: ConfigEntry, flow_api: FlowApi
) -> None:
    result = await flow_api.post("options/flow", handler=entry.entry_id)
    result = await flow_api.post(f"options/flow/{result['flow_id']}", disconnect_on_removal=True)
    assert result["type"] == "create_entry"
    await hass.async_block_till_done()
