"""The public address of the webhook: found, tested, deleted."""

import asyncio
from enum import StrEnum
from http import HTTPStatus
import ipaddress
import logging
import secrets
from typing import Final

from aiohttp import ClientConnectorCertificateError, ClientConnectorSSLError, ClientError
from homeassistant.components import cloud, webhook
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.network import NoURLAvailableError
from yarl import URL

from ..api import EventType, answer_challenge

_LOGGER = logging.getLogger(__name__)

# As long as the cloud waits.
_TEST_TIMEOUT: Final = 15
# The ends of domain names in home networks, which the internet does not know.
_PRIVATE_NAMES: Final = (
    ".fritz.box",
    ".home",
    ".home.arpa",
    ".internal",
    ".intranet",
    ".lan",
    ".local",
    ".localdomain",
    ".localhost",
)


class NoPublicUrlError(Exception):
    """There is no address under which the internet can reach this Home Assistant by HTTPS."""


class UrlTest(StrEnum):
    """The result of a test of the public address; each is a step of the config flow."""

    WORKS = "push_test_works"
    BAD_CERTIFICATE = "push_test_bad_certificate"
    UNREACHABLE = "push_test_unreachable"
    WRONG_STATUS = "push_test_wrong_status"
    WRONG_ANSWER = "push_test_wrong_answer"


async def async_get_push_url(hass: HomeAssistant, webhook_id: str) -> str:
    """Return the public address of a webhook: a cloudhook if possible, else the external URL.

    Raises NoPublicUrlError if there is none, if it is not HTTPS, or if its host is a private one.
    """
    if cloud.async_active_subscription(hass):
        try:
            return await cloud.async_get_or_create_cloudhook(hass, webhook_id)
        # The cloud's client also raises errors of its own, which only it can name.
        except Exception as error:
            raise NoPublicUrlError from error
    try:
        url = webhook.async_generate_url(hass, webhook_id, allow_internal=False)
    except NoURLAvailableError as error:
        raise NoPublicUrlError from error
    if not _is_public(URL(url)):
        raise NoPublicUrlError
    return url


async def async_test_push_url(
    hass: HomeAssistant, url: str, token: str
) -> tuple[UrlTest, int | None]:
    """Send VERIFY to the own address as the cloud does; return the result and the HTTP status."""
    challenge = secrets.token_hex(16)
    event = {"eventType": EventType.VERIFY, "data": {"challenge": challenge}}
    session = async_get_clientsession(hass)
    try:
        async with (
            asyncio.timeout(_TEST_TIMEOUT),
            session.post(url, json=event, allow_redirects=False) as response,
        ):
            if response.status != HTTPStatus.OK:
                return UrlTest.WRONG_STATUS, response.status
            answer = await response.json(content_type=None)
    except ClientConnectorCertificateError, ClientConnectorSSLError:
        return UrlTest.BAD_CERTIFICATE, None
    except ClientError, TimeoutError:
        return UrlTest.UNREACHABLE, None
    except ValueError:
        return UrlTest.WRONG_ANSWER, HTTPStatus.OK
    if answer != answer_challenge(challenge, token):
        return UrlTest.WRONG_ANSWER, HTTPStatus.OK
    return UrlTest.WORKS, HTTPStatus.OK


async def async_delete_push_url(hass: HomeAssistant, webhook_id: str) -> None:
    """Delete the cloudhook, if there is one."""
    try:
        await cloud.async_delete_cloudhook(hass, webhook_id)
    except cloud.CloudNotAvailable, ValueError, KeyError:
        _LOGGER.debug("There is no cloudhook to delete")


def _is_public(url: URL) -> bool:
    if url.scheme != "https" or url.host is None:
        return False
    try:
        return ipaddress.ip_address(url.host).is_global
    except ValueError:
        host = url.host.lower().rstrip(".")
        return "." in host and not host.endswith(_PRIVATE_NAMES)
