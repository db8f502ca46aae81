"""The webhook's URL: which requests it accepts."""

import asyncio
from collections.abc import AsyncGenerator
import gzip
import json
from typing import Any
from unittest.mock import AsyncMock, patch

from aiohttp import ClientPayloadError
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.web import RequestPayloadError
from homeassistant.components.webhook import async_handle_webhook
from homeassistant.util.aiohttp import MockRequest
import pytest

from custom_components.smartcar.push import receiver
from simulator.misbehavior import Misbehavior, VerifyForm
from tests.helpers.home import ODOMETER_AT_FIRST
from tests.helpers.push_home import TRAVELED_DISTANCE, WEBHOOK_ID, PushHome

PATH = f"/api/webhook/{WEBHOOK_ID}"


@pytest.mark.parametrize("via", ["http", "cloudhook"])
async def test_unsigned_requests_get_an_empty_401(home: PushHome, via: str) -> None:
    event = home.event({TRAVELED_DISTANCE: {"value": 76_001, "unit": "km"}}, home.car.id)
    body = json.dumps(event).encode()
    right = home.cloud.sign(body)
    cases: list[tuple[str, ...]] = [
        (),
        ("",),
        ("0" * 64,),
        (right[:-1],),
        (right + "0",),
        ("é" * 64,),
        (f"sha256={right}",),
        (home.cloud.sign(body + b" "),),
    ]
    if via == "http":
        cases += [(right, right), (right, "0" * 64), (f"{right},{right}",)]
    before = home.odometer()
    for case in cases:
        assert await home.post(body, *case, via=via) == (401, b""), case
    assert (home.log.rejected, home.counts) == (len(cases), {})
    assert home.odometer() == before
    (issue,) = home.issues().values()
    assert issue.translation_key == "push_rejected"
    assert (issue.translation_placeholders or {})["count"] == ("10" if via == "http" else "3")
    # The right one, in capitals; the repair goes.
    assert await home.post(body, right.upper(), via=via) == (200, b"")
    assert home.odometer() == 76_001
    assert home.issues() == {}


async def test_other_methods_are_refused(home: PushHome) -> None:
    for method, status in (("GET", 405), ("PUT", 405), ("HEAD", 200), ("DELETE", 405)):
        assert (await home.browser.request(method, PATH)).status == status
    assert home.log.rejected == 0


def padded(home: PushHome, length: int) -> bytes:
    """Return an event, as many bytes long as the odometer in it has gone meters."""
    odometer = {"value": ODOMETER_AT_FIRST + length / 1000, "unit": "km"}
    event = home.event({TRAVELED_DISTANCE: odometer}, home.car.id)
    body = json.dumps(event).encode()
    return body + b" " * (length - len(body))


async def test_large_bodies_are_refused(home: PushHome) -> None:
    for length, expected in ((65536, 200), (65537, 413), (1_000_000, 413)):
        for via in ("http", "cloudhook"):
            body = padded(home, length)
            assert await home.post(body, home.cloud.sign(body), via=via) == (expected, b"")
    assert home.odometer() == ODOMETER_AT_FIRST + 65.536
    assert home.log.rejected == 4
    assert set(home.issues()) == {"push_rejected"}
    body = padded(home, 60_000)
    assert await home.post(body, home.cloud.sign(body)) == (200, b"")
    assert home.issues() == {}


async def test_compressed_body_counts_by_its_unpacked_size(home: PushHome) -> None:
    body = padded(home, 60_000)
    signature = home.cloud.sign(body)
    packed = {"Content-Encoding": "gzip"}
    assert await home.post(gzip.compress(body), signature, **packed) == (200, b"")
    assert home.odometer() == ODOMETER_AT_FIRST + 60
    bomb = gzip.compress(bytes(50_000_000))
    assert (await home.post(bomb, signature, **packed))[0] in {400, 413}
    assert home.log.rejected == 1


async def test_body_that_breaks_off_is_refused(home: PushHome) -> None:
    for error in (RequestPayloadError, ClientPayloadError, ConnectionResetError, BadHttpMessage):
        request = MockRequest(content=b"", mock_source="test", method="POST")
        stream = AsyncMock(read=AsyncMock(side_effect=error("body")))
        with patch.object(MockRequest, "content", stream):
            assert (await async_handle_webhook(home.hass, WEBHOOK_ID, request)).status == 400
    assert home.log.rejected == 4


async def test_body_may_come_in_pieces_but_not_slowly(home: PushHome) -> None:
    body = padded(home, 3_000)

    async def pieces(pause: float) -> AsyncGenerator[bytes]:
        for start in range(0, len(body), 1000):
            yield body[start : start + 1000]
            await asyncio.sleep(pause)

    headers = {"SC-Signature": home.cloud.sign(body)}
    answer = await home.browser.post(PATH, data=pieces(0), headers=headers)
    assert answer.status == 200
    with patch.object(receiver, "_READ_TIMEOUT", 0.02):
        answer = await home.browser.post(PATH, data=pieces(0.05), headers=headers)
    assert answer.status == 408
    assert home.log.rejected == 1
    assert home.issues() == {}


async def test_verify_is_answered_in_all_its_forms_only(new_home: PushHome) -> None:
    await new_home.set_up_push()
    hook = await new_home.make_webhook(verify=False)
    for form in VerifyForm:
        new_home.cloud.misbehave(hook.id, Misbehavior(verify_form=form))
        assert await new_home.cloud.verify_webhook(hook.id), form
    new_home.cloud.misbehave(hook.id)
    await new_home.flush()
    rejected = new_home.log.rejected
    forged = json.dumps(new_home.event({}, "x"))
    wrong: list[Any] = [None, "", " ", forged, "a b", "a.b", "x" * 129, ["abc"], {"a": "b"}, 7, "é"]
    for challenge in wrong:
        body = json.dumps({"eventType": "VERIFY", "data": {"challenge": challenge}}).encode()
        for via in ("http", "cloudhook"):
            assert await new_home.post(body, via=via) == (401, b""), challenge
    assert new_home.log.rejected == rejected + 2 * len(wrong)
    body = json.dumps({"eventType": "VERIFY", "data": {"challenge": "a-B_9"}}).encode()
    for via in ("http", "cloudhook"):
        status, answer = await new_home.post(body, via=via)
        assert (status, json.loads(answer)) == (200, {"challenge": new_home.cloud.sign(b"a-B_9")})
    # It may be signed as well, but not wrongly.
    assert (await new_home.post(body, new_home.cloud.sign(body)))[0] == 200
    assert await new_home.post(body, "0" * 64) == (401, b"")
