"""Anybody who knows the URL changes nothing; signed deliveries may hold anything."""

import copy
import json
import random
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryState
import pytest

from tests.helpers.home import ODOMETER_AT_FIRST
from tests.helpers.push_home import TRAVELED_DISTANCE, WEBHOOK_ID, PushHome
from tests.helpers.signals import everything_enabled


def fingerprint(home: PushHome) -> Any:
    """Return all that a forger must not change: anything but the count of the rejects."""
    log = {
        key: value for key, value in home.log.as_json().items() if key not in {"rejected", "counts"}
    }
    return copy.deepcopy(
        (
            [one.as_dict() for one in sorted(home.hass.states.async_all(), key=str)],
            {
                key: vehicle.data.as_json()
                for key, vehicle in home.entry.runtime_data.vehicles.items()
            },
            log,
            {kind: count for kind, count in home.log.counts.items() if kind != "duplicate"},
            dict(home.entry.data),
            sorted(set(home.issues()) - {"push_rejected"}),
            sorted(home.cloud.subscriptions),
        )
    )


class Forger:
    """Knows the URL and has seen deliveries; each of its tries returns status and answer."""

    def __init__(self, home: PushHome, seen: list[bytes], rng: random.Random) -> None:
        self._home = home
        self._seen = seen
        self._rng = rng
        self._via = "http"

    async def attack(self) -> None:
        """Try something; nothing is answered, so nothing secret either."""
        self._via = self._rng.choice(["http", "cloudhook"])
        attempt = self._rng.choice(
            [
                self._no_signature,
                self._other_key,
                self._other_signature,
                self._altered_body,
                self._event_as_challenge,
                self._answer_of_verify,
                self._rubbish,
            ]
        )
        assert await attempt() == (401, b"")

    async def replay(self) -> None:
        """Send a delivery again; that is accepted as a duplicate."""
        body = self._rng.choice(self._seen)
        assert await self._post(body, self._home.cloud.sign(body)) == (200, b"")

    async def _post(self, body: bytes, *signatures: str) -> tuple[int, bytes]:
        return await self._home.post(body, *signatures, via=self._via)

    def _event(self) -> bytes:
        home = self._home
        event = home.event({TRAVELED_DISTANCE: {"value": 7, "unit": "km"}}, home.car.id)
        if self._rng.random() < 0.3:
            event["eventType"] = "VEHICLE_ERROR"
            event["data"]["errors"] = [{"type": "CONNECTED_SERVICES_ACCOUNT", "state": "ERROR"}]
        return json.dumps(event).encode()

    async def _verify(self, challenge: str) -> tuple[int, bytes]:
        event = {"eventType": "VERIFY", "data": {"challenge": challenge}}
        return await self._post(json.dumps(event).encode())

    async def _no_signature(self) -> tuple[int, bytes]:
        return await self._post(self._event())

    async def _other_key(self) -> tuple[int, bytes]:
        cloud, body = self._home.cloud, self._event()
        key = self._rng.choice([cloud.client_secret, cloud.application_id, "", WEBHOOK_ID])
        with patch.object(cloud, "application_management_token", key):
            signature = cloud.sign(body)
        return await self._post(body, signature)

    async def _other_signature(self) -> tuple[int, bytes]:
        return await self._post(self._event(), self._home.cloud.sign(self._seen[0]))

    async def _altered_body(self) -> tuple[int, bytes]:
        body = self._seen[0]
        cut = self._rng.randrange(1, len(body))
        altered = body[:cut] + bytes([body[cut] ^ 1]) + body[cut + 1 :]
        return await self._post(altered, self._home.cloud.sign(body))

    async def _event_as_challenge(self) -> tuple[int, bytes]:
        return await self._verify(self._event().decode())

    async def _answer_of_verify(self) -> tuple[int, bytes]:
        """Use an answer to VERIFY as the signature of what it is a signature of."""
        word = self._rng.choice(
            ["1", "0", "true", "null", "NaN", "-1", f"{self._rng.getrandbits(64)}"]
        )
        status, answer = await self._verify(word)
        assert status == 200
        assert json.loads(answer) == {"challenge": self._home.cloud.sign(word.encode())}
        signature = json.loads(answer)["challenge"]
        blank = self._rng.choice(["", " ", "\n"])
        return await self._post(
            (blank + word).encode(), self._rng.choice([signature, signature.upper()])
        )

    async def _rubbish(self) -> tuple[int, bytes]:
        rng = self._rng
        body = rng.randbytes(rng.randrange(100))
        return await self._post(body, *[rng.randbytes(8).hex() * 4] * rng.randrange(3))


async def test_forger_changes_nothing(new_home: PushHome, request: pytest.FixtureRequest) -> None:
    home = new_home
    with everything_enabled():
        await home.set_up_push()
    await home.make_webhook()
    rng = random.Random(1)
    seen = []
    for odometer in (76_100, 76_101):
        event = home.event({TRAVELED_DISTANCE: {"value": odometer, "unit": "km"}}, home.car.id)
        seen.append(json.dumps(event).encode())
        assert (await home.post(seen[-1], home.cloud.sign(seen[-1])))[0] == 200
    await home.settle()
    home.cloud.requests.clear()
    before = fingerprint(home)
    changes = home.changes()
    forger = Forger(home, seen, rng)
    for _ in range(10_000 if request.config.getoption("--deep") else 1_000):
        await (forger.replay() if rng.random() < 1 / 8 else forger.attack())
    await home.settle()
    assert fingerprint(home) == before
    assert changes.take() == []
    # Nor does a forger cause requests to the cloud.
    assert dict(home.cloud.requests) == {}
    assert set(home.issues()) == {"push_rejected"}
    await home.report(soc=62.0)
    assert (home.battery(), home.issues()) == ("62", {})


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all parts of a document."""
    children: list[tuple[Any, Any]] = []
    if isinstance(document, dict):
        children = list(document.items())
    elif isinstance(document, list):
        children = list(enumerate(document))
    return [way for key, child in children for way in ((*path, key), *places(child, (*path, key)))]


ODD: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 10**30, 2**63, "", " ", "\ud800", "\x00", "é" * 300, [], {}),
    *([None], [[]], {"value": {}}, {"value": []}, {"code": "closure-islocked"}, "SUCCESS", "ERROR"),
    *(1e308, -(10**400), "NaN", "2026-01-01", 1765157664581, {"": {"": None}}, [[[[[]]]]]),
    *("charge-ischarging", {"values": [{"row": 0, "column": -1}]}, {"unit": "percent", "value": 1}),
]


def damage(rng: random.Random, document: Any) -> None:
    """Replace or remove up to three parts of a document."""
    for _ in range(rng.randrange(1, 4)):
        *way, last = rng.choice(places(document) or [()]) or (None,)
        if last is None:
            return
        parent = document
        for key in way:
            parent = parent[key]
        if isinstance(parent, dict) and rng.random() < 0.3:
            del parent[last]
        else:
            parent[last] = copy.deepcopy(rng.choice(ODD))


async def test_damaged_parts_of_a_delivery_spare_the_good_ones(
    home: PushHome, request: pytest.FixtureRequest
) -> None:
    rng = random.Random(2)
    car = home.car
    await home.cloud.deliver(car.id)
    bodies = {
        code: signal.body
        for code, signal in home.cloud.stored(car).items()
        if signal.status == "SUCCESS" and code != TRAVELED_DISTANCE
    }
    number = 10_000 if request.config.getoption("--deep") else 1_000
    for index in range(number):
        codes = rng.sample(sorted(bodies), 4)
        event = home.event({code: bodies[code] for code in codes}, car.id)
        data = event["data"]
        if index % 4 == 0:
            event["eventType"] = rng.choice(["VEHICLE_ERROR", "VEHICLE_STATE", "VERIFY", "OTHER"])
            data["errors"] = [
                {"type": "PERMISSION", "state": "ERROR", "signals": [{"code": TRAVELED_DISTANCE}]}
            ]
            damage(rng, event)
            assert await home.send(event, via="cloudhook") in {200, 202, 401}
            continue
        damage(rng, data["signals"])
        odometer = ODOMETER_AT_FIRST + index + 1
        good = home.event({TRAVELED_DISTANCE: {"value": odometer, "unit": "km"}}, car.id)
        data["signals"].insert(rng.randrange(len(data["signals"]) + 1), good["data"]["signals"][0])
        damage(rng, event["triggers"])
        assert await home.send(event, via=rng.choice(["cloudhook", "http"])) == 200
        assert home.odometer() == odometer
    assert home.log.counts["failed"] == 0
    # What was stored of it can be saved and loaded again.
    await home.reload()
    assert home.entry.state is ConfigEntryState.LOADED
    assert home.odometer() == ODOMETER_AT_FIRST + number
