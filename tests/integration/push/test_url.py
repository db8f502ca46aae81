"""The public URL: which one is used, and whether it works."""

from typing import Any
from unittest.mock import AsyncMock, patch

from aiohttp.test_utils import TestServer
from aiohttp.web import Application, HTTPTemporaryRedirect
from homeassistant.components import cloud as home_cloud
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from custom_components.smartcar.push import url as push_url
from tests.helpers.push_home import WEBHOOK_ID, PushHome


async def test_public_url_is_https_and_reachable_from_outside(
    hass: HomeAssistant, socket_enabled: None
) -> None:
    await async_setup_component(hass, "webhook", {})

    async def url(external: str | None) -> str | None:
        hass.config.external_url = external
        try:
            return await push_url.async_get_push_url(hass, "abc")
        except push_url.NoPublicUrlError:
            return None

    assert await url("https://ha.example.com") == "https://ha.example.com/api/webhook/abc"
    assert (
        await url("https://ha.example.com:8443/") == "https://ha.example.com:8443/api/webhook/abc"
    )
    assert await url("https://93.184.216.34") is not None
    assert await url("https://[2606:2800:220:1::1]") is not None
    for private in (
        *(None, "http://ha.example.com", "https://homeassistant", "https://ha.local"),
        *("https://192.168.1.2", "https://127.0.0.1", "https://[fe80::1]", "https://[::1]"),
        *("https://ha.home.arpa", "https://ha.lan", "https://100.64.0.1"),
    ):
        assert await url(private) is None, private
    # Home Assistant Cloud comes first. It raises errors of its own.
    get = "async_get_or_create_cloudhook"
    with (
        patch.object(home_cloud, "async_active_subscription", return_value=True),
        patch.object(home_cloud, get, AsyncMock(return_value="https://hooks.example/x")) as hook,
    ):
        assert await url("https://ha.example.com") == "https://hooks.example/x"
        for error in (home_cloud.CloudNotConnected, ValueError, RuntimeError):
            hook.side_effect = error
            assert await url("https://ha.example.com") is None


async def test_url_is_tested_as_the_cloud_would_call_it(home: PushHome) -> None:
    async def test(path: str, token: str = home.cloud.application_management_token) -> Any:
        url = str(home.browser.make_url(path))
        return (await push_url.async_test_push_url(home.hass, url, token))[0]

    own = f"/api/webhook/{WEBHOOK_ID}"
    assert await test(own) is push_url.UrlTest.WORKS
    assert await test(own, "another-token") is push_url.UrlTest.WRONG_ANSWER
    # So Home Assistant answers for an unknown webhook.
    assert await test("/api/webhook/unknown") is push_url.UrlTest.WRONG_ANSWER
    assert await test("/nothing") is push_url.UrlTest.WRONG_STATUS
    # The cloud would not follow the redirect, though it leads here.
    elsewhere = Application()
    elsewhere.router.add_post("/", AsyncMock(side_effect=HTTPTemporaryRedirect(str(home.url))))
    async with TestServer(elsewhere, host="127.0.0.1") as server:
        result = await push_url.async_test_push_url(home.hass, str(server.make_url("/")), "token")
    assert result == (push_url.UrlTest.WRONG_STATUS, 307)
    result = await push_url.async_test_push_url(home.hass, "http://127.0.0.1:1/", "token")
    assert result == (push_url.UrlTest.UNREACHABLE, None)
