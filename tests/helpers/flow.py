"""A user who goes through the config flow, and Smartcar's page that it sends them to."""

from collections.abc import Mapping, Sequence
import json
import os
from pathlib import Path
from string import Formatter
from typing import Any, Self

from aiohttp.test_utils import TestClient
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigEntryState,
    ConfigFlowResult,
)
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.config_entry_oauth2_flow import AUTH_CALLBACK_PATH
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

import custom_components.smartcar
from custom_components.smartcar.const import DOMAIN
from custom_components.smartcar.oauth import CONNECT_ERRORS
from simulator import Cloud
from simulator.connect import ERRORS as SIMULATED_CONNECT_ERRORS
from simulator.faults import Fault
from tests.helpers.home import NewEntry

APPLICATIONS = "GET /v3/applications"
HTML = "<!doctype html><title>Oops</title>"
MANAGEMENT_TOKEN = "11111111-2222-4333-8444-555555555555"
OTHER_ID = "01234567-89ab-4def-8123-456789abcdef"
PUBLIC_URL = "https://home.example.org"
REDIRECT_URI = "https://example.com/auth/external/callback"
WRONG_SECRET = "0123-a-wrong-secret-4567"

# Every error that Connect can redirect with, an undocumented one among them.
CONNECT_RESULTS = sorted({*CONNECT_ERRORS, *SIMULATED_CONNECT_ERRORS, "brand_new_error"})

_TEXTS = json.loads(
    (Path(custom_components.smartcar.__file__).parent / "translations/en.json").read_text()
)["config"]


class Person:
    """Goes through one config flow step by step; `result` is what they see now.

    They go on without push where no push is possible, unless they want push.
    """

    result: ConfigFlowResult
    wants_push = False

    def __init__(self, hass: HomeAssistant, cloud: Cloud, browser: TestClient[Any, Any]) -> None:
        self._hass = hass
        self._cloud = cloud
        self.browser = browser

    async def add_integration(self) -> Self:
        """Begin with "Add integration"."""
        return self.show(
            await self._hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
        )

    async def reconfigure(self, entry: ConfigEntry) -> Self:
        """Begin with "Reconfigure"."""
        return self.show(
            await self._hass.config_entries.flow.async_init(
                DOMAIN, context={"source": SOURCE_RECONFIGURE, "entry_id": entry.entry_id}
            )
        )

    def show(self, result: ConfigFlowResult) -> Self:
        """Show a step that other code has led to."""
        self.result = result
        _check_texts(result)
        return self

    async def fill_in(self, **fields: object) -> Self:
        """Send the form that is shown."""
        assert self.result["type"] is FlowResultType.FORM, self.result
        return await self._continue(fields)

    async def give_credentials(self, secret: str | None = None) -> Self:
        """Send the credentials form that is shown, whichever of the three it is."""
        values = {
            "client_id": self._cloud.client_id,
            "client_secret": secret or self._cloud.client_secret,
        }
        return await self.fill_in(**{key: values[key] for key in self.fields})

    async def choose(self, option: str) -> Self:
        """Choose from the menu that is shown."""
        assert self.result["type"] is FlowResultType.MENU, self.result
        assert option in self.result["menu_options"]
        return await self._continue({"next_step_id": option})

    async def accept(self) -> Self:
        """Go on to the end with what is offered."""
        if self.result["type"] is FlowResultType.MENU:
            await self.choose("vehicles")
        if self.result["type"] is FlowResultType.FORM:
            await self.fill_in(**self.fields)
        return self

    async def go_to_push(self) -> Self:
        """Add the integration with its only car, up to the offer of push."""
        await self.add_integration()
        await self.give_credentials()
        return await self.choose("vehicles")

    async def reload_page(self) -> Self:
        """Load the step that is shown again."""
        return await self._continue(None)

    async def consent(self, **choices: object) -> Self:
        """Go through Connect; `choices` are those of `POST /_sim/connect`."""
        assert self.result["type"] is FlowResultType.EXTERNAL_STEP, self.result
        async with async_get_clientsession(self._hass).post(
            f"{os.environ['SMARTCAR_API_ORIGIN']}/_sim/connect",
            json={"authorize_url": self.result["url"], **choices},
        ) as response:
            answer = await response.json()
        assert response.status == 200, answer
        return await self.follow_redirect(URL(answer["redirect"]))

    async def connect(self) -> Self:
        """Send the form of Connect as it is, and give consent there."""
        await self.fill_in(**self.fields)
        return await self.consent()

    async def return_from_connect(self, error: str) -> Self:
        """Let Connect redirect with an error, one that the simulator does not know included."""
        if error in SIMULATED_CONNECT_ERRORS:
            return await self.consent(error=error)
        return await self.follow_redirect(
            URL(REDIRECT_URI).with_query(error=error, state=self.url_query["state"])
        )

    async def follow_redirect(self, redirect: URL) -> Self:
        """Follow Connect's redirect to Home Assistant."""
        # my.home-assistant.io leads to the same place, with the same parameters.
        response = await self.browser.get(f"{AUTH_CALLBACK_PATH}?{redirect.raw_query_string}")
        assert response.status == 200
        assert "window.close()" in await response.text()
        # Home Assistant notifies the frontend that the external step is done. It loads the next.
        return await self.reload_page()

    async def _continue(self, user_input: dict[str, Any] | None) -> Self:
        result = await self._hass.config_entries.flow.async_configure(
            self.result["flow_id"], user_input
        )
        await self._hass.async_block_till_done()
        self.show(result)
        if result.get("step_id") == "push_unavailable" and not self.wants_push:
            await self.choose("without_push")
        return self

    @property
    def step(self) -> str:
        """The step of the form, menu or external page that is shown."""
        return self.result["step_id"]

    @property
    def errors(self) -> Mapping[str, str]:
        """The errors on the form, by field."""
        return self.result["errors"] or {}

    @property
    def options(self) -> list[str]:
        """The options of the menu."""
        options = self.result["menu_options"]
        assert isinstance(options, list)
        return options

    @property
    def fields(self) -> dict[str, Any]:
        """What the form suggests, by field; None for an empty field."""
        schema = self.result["data_schema"]
        assert schema is not None
        return {
            str(marker): (marker.description or {}).get(
                "suggested_value", marker.default() if callable(marker.default) else None
            )
            for marker in schema.schema
        }

    @property
    def placeholders(self) -> Mapping[str, str]:
        """The values that the texts of the step name."""
        placeholders = self.result["description_placeholders"]
        assert placeholders is not None
        return placeholders

    @property
    def push_url(self) -> str:
        """The URL for Smartcar's webhook that the step shows."""
        return self.placeholders["url"]

    @property
    def url_query(self) -> Mapping[str, str]:
        """The parameters of the URL that the external step leads to."""
        return URL(self.result["url"]).query

    def entry(self) -> ConfigEntry:
        """Return the only entry."""
        (entry,) = self._hass.config_entries.async_entries(DOMAIN)
        return entry

    def assert_done(self) -> ConfigEntry:
        """Check that the flow has ended well, whichever it was, and that the entry runs."""
        if self.result["type"] is FlowResultType.ABORT:
            assert self.result["reason"] in {"reauth_successful", "reconfigure_successful"}
        else:
            assert self.result["type"] is FlowResultType.CREATE_ENTRY
        entry = self.entry()
        assert entry.state is ConfigEntryState.LOADED
        assert not self._hass.config_entries.flow.async_progress()
        return entry

    def vehicle_devices(self) -> set[str]:
        """Return the vehicle ids of the only entry's devices."""
        return vehicle_devices(self._hass, self.entry())


def vehicle_devices(hass: HomeAssistant, entry: ConfigEntry) -> set[str]:
    """Return the vehicle ids of an entry's devices."""
    found = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    return {vehicle_id for device in found for _, vehicle_id in device.identifiers}


def _check_texts(result: ConfigFlowResult) -> None:
    """Check that every text that is shown exists, and every placeholder in it has a value."""
    given = set(result.get("description_placeholders") or ())
    if result["type"] is FlowResultType.ABORT:
        if "translation_domain" not in result:
            assert _placeholders(_TEXTS["abort"][result["reason"]]) <= given
    elif result["type"] is FlowResultType.CREATE_ENTRY:
        text = _TEXTS["create_entry"][result.get("description") or "default"]
        assert _placeholders(text) <= given
    elif result["type"] in {FlowResultType.FORM, FlowResultType.MENU}:
        texts = _TEXTS["step"][result["step_id"]]
        assert _placeholders(texts["title"]) | _placeholders(texts.get("description", "")) <= given
        options = result.get("menu_options", [])
        assert isinstance(options, Sequence)
        assert set(options) <= texts.get("menu_options", {}).keys()
        assert set((result.get("errors") or {}).values()) <= _TEXTS["error"].keys()
        if result["type"] is FlowResultType.FORM and (schema := result["data_schema"]):
            fields = {str(marker) for marker in schema.schema}
            assert fields == texts["data"].keys() == texts["data_description"].keys()


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def connected_vehicles(cloud: Cloud) -> set[str]:
    """Return the ids of the cars whose connections the cloud lists."""
    return {connection.vehicle_id for connection, _ in cloud.visible_connections()}


def unconnected_vehicle(cloud: Cloud) -> tuple[str, list[str]]:
    """Return an owner, and one of their cars that is not connected, for `Cloud.connect`."""
    owner = next(owner for owner in cloud.owners if cloud.unconnected(owner))
    return owner, [cloud.unconnected(owner)[0].id]


def error_response(route: str, status: int, **more: Any) -> Fault:
    """Return a fault that answers a route, as "METHOD /path", with Smartcar's error envelope."""
    method, path = route.split()
    return Fault(method=method, route=path, status=status, **more)


def odd_response(
    route: str, body: str, content_type: str = "application/json", status: int = 200
) -> Fault:
    """Return a fault that answers a route, as "METHOD /path", with this body."""
    return error_response(route, status, body=body, content_type=content_type)


def entry_with_push(new_entry: NewEntry, cloud: Cloud) -> MockConfigEntry:
    """Return an entry with push, not set up yet."""
    return new_entry(
        data={
            "client_id": cloud.client_id,
            "client_secret": cloud.client_secret,
            "webhook_id": "0123456789abcdef",
            "application_management_token": cloud.application_management_token,
        }
    )


def is_registered(hass: HomeAssistant, webhook_id: str) -> bool:
    """Tell whether Home Assistant receives what is sent to a webhook."""
    return webhook_id in hass.data.get("webhook", {})
