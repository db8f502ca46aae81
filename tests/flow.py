"""A person who goes through a flow, and the page of Smartcar that they are sent to."""

from collections.abc import Mapping
import json
import os
from pathlib import Path
from string import Formatter
from typing import Any, Self

from aiohttp.test_utils import TestClient
from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.config_entry_oauth2_flow import AUTH_CALLBACK_PATH
from yarl import URL

import custom_components.smartcar
from custom_components.smartcar.const import DOMAIN

_TEXTS = json.loads(
    (Path(custom_components.smartcar.__file__).parent / "translations/en.json").read_text()
)["config"]


class Person:
    """Goes through one config flow step by step; `result` is what they see now.

    They do without push, and go on where it is offered, unless they are `eager_for_push`.
    """

    result: ConfigFlowResult
    eager_for_push = False

    def __init__(self, hass: HomeAssistant, browser: TestClient[Any, Any]) -> None:
        self._hass = hass
        self._browser = browser

    async def add_integration(self) -> Self:
        """Begin with "Add integration"."""
        return self.take_over(
            await self._hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
        )

    def take_over(self, result: ConfigFlowResult) -> Self:
        """Go on from a step that something else has led to."""
        self.result = result
        _check_texts(result)
        return self

    async def fill_in(self, **fields: object) -> Self:
        """Send the form that is shown."""
        assert self.result["type"] is FlowResultType.FORM, self.result
        return await self._continue(fields)

    async def choose(self, option: str) -> Self:
        """Choose from the menu that is shown."""
        assert self.result["type"] is FlowResultType.MENU, self.result
        assert option in self.result["menu_options"]
        return await self._continue({"next_step_id": option})

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
        return await self.come_back(URL(answer["redirect"]))

    async def come_back(self, redirect: URL) -> Self:
        """Follow the way back to Home Assistant."""
        # my.home-assistant.io leads to the same place, with the same parameters.
        response = await self._browser.get(f"{AUTH_CALLBACK_PATH}?{redirect.raw_query_string}")
        assert response.status == 200
        assert "window.close()" in await response.text()
        # The frontend is told that the external step is done, and asks for the next one.
        return await self.reload_page()

    async def _continue(self, user_input: dict[str, Any] | None) -> Self:
        result = await self._hass.config_entries.flow.async_configure(
            self.result["flow_id"], user_input
        )
        await self._hass.async_block_till_done()
        self.take_over(result)
        if result.get("step_id") == "push_unavailable" and not self.eager_for_push:
            await self.choose("without_push")
        return self

    # What they see

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
        """What the form is filled with already, by field; None is an empty one."""
        schema = self.result["data_schema"]
        assert schema is not None
        return {
            str(marker): (marker.description or {}).get(
                "suggested_value", marker.default() if callable(marker.default) else None
            )
            for marker in schema.schema
        }


def _check_texts(result: ConfigFlowResult) -> None:
    """Check that there is a text for all that is shown, and a value for all that it names."""
    given = set(result.get("description_placeholders") or ())
    if result["type"] is FlowResultType.ABORT:
        if "translation_domain" not in result:
            assert _named(_TEXTS["abort"][result["reason"]]) <= given
    elif result["type"] is FlowResultType.CREATE_ENTRY:
        text = _TEXTS["create_entry"][result.get("description") or "default"]
        assert _named(text) <= given
    elif result["type"] in {FlowResultType.FORM, FlowResultType.MENU}:
        texts = _TEXTS["step"][result["step_id"]]
        assert _named(texts["title"]) | _named(texts.get("description", "")) <= given
        assert set(result.get("menu_options", ())) <= texts.get("menu_options", {}).keys()
        assert set((result.get("errors") or {}).values()) <= _TEXTS["error"].keys()
        if result["type"] is FlowResultType.FORM and (schema := result["data_schema"]):
            fields = {str(marker) for marker in schema.schema}
            assert fields == texts["data"].keys() == texts["data_description"].keys()


def _named(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}
