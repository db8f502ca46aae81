"""Measure requests, CPU, events, memory and disk of the integration for a number of cars.

`python -m bench.run N` measures N cars in a Home Assistant of its own and prints JSON. The cloud
is another process, reached over real HTTP.

CPU is measured above a floor: the same HTTP and JSON, in the same run, without the integration.
"""

import argparse
import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
import contextlib
from dataclasses import asdict
import gc
import json
import logging
import os
from pathlib import Path
import socket
from statistics import median
import sys
import tempfile
import time
import tracemalloc
from types import MappingProxyType
from typing import Any, Final

from aiohttp import ClientSession, web
from homeassistant import loader
from homeassistant.auth import auth_manager_from_config
from homeassistant.bootstrap import async_load_base_functionality
from homeassistant.components import webhook
from homeassistant.config_entries import SOURCE_USER, ConfigEntries, ConfigEntry
from homeassistant.const import (
    CONF_CLIENT_ID,
    CONF_CLIENT_SECRET,
    CONF_WEBHOOK_ID,
    EVENT_STATE_CHANGED,
    EVENT_STATE_REPORTED,
)
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er, storage
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.setup import async_setup_component

from bench.cost import ROOT, Cost, Cpu
from custom_components.smartcar.budget import Purpose
from custom_components.smartcar.const import (
    CONF_APPLICATION_MANAGEMENT_TOKEN,
    CONF_REQUESTS_PER_MONTH,
    DOMAIN,
)
from custom_components.smartcar.coordinator import ApplicationCoordinator, VehicleCoordinator

_WEBHOOK_ID: Final = "bench-smartcar"
_FLOOR_WEBHOOK_ID: Final = "bench-floor"
_ROUNDS: Final = 5
_PER_ROUND: Final = 40

type Work = Callable[[], Awaitable[None]]


class CloudProcess:
    """The process of the simulated cloud, reached over HTTP."""

    def __init__(self, session: ClientSession, data: dict[str, str]) -> None:
        self.origin = data["origin"]
        self.credentials = data
        self._session = session

    async def command(self, route: str, **data: object) -> None:
        """Send a command to the benchmark's routes, and wait until it is done."""
        async with self._session.post(f"{self.origin}/bench/{route}", json=data) as response:
            response.raise_for_status()

    async def requests(self) -> dict[str, int]:
        """Return the requests since the last call by route, without those for webhooks."""
        async with self._session.get(f"{self.origin}/bench/requests") as response:
            counted = await response.json()
        free = ("/v3/webhooks", "/v3/subscriptions")
        return {
            route: count
            for route, count in counted.items()
            if not route.partition(" ")[2].startswith(free)
        }


@contextlib.asynccontextmanager
async def _cloud(vehicles: int) -> AsyncIterator[CloudProcess]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.cloud", str(vehicles)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        data = json.loads(await process.stdout.readline())
        for variable in ("CONNECT", "AUTH", "API", "MANAGEMENT_API"):
            os.environ[f"SMARTCAR_{variable}_ORIGIN"] = data["origin"]
        async with ClientSession() as session:
            yield CloudProcess(session, data)
    finally:
        process.stdin.close()
        await process.wait()


@contextlib.asynccontextmanager
async def _home_assistant(folder: Path) -> AsyncIterator[HomeAssistant]:
    """Run a Home Assistant that has only an HTTP server on loopback."""
    (folder / "custom_components").symlink_to(ROOT / "custom_components")
    hass = HomeAssistant(str(folder))
    hass.config.skip_pip = True
    hass.config_entries = ConfigEntries(hass, {})
    loader.async_setup(hass)
    await async_load_base_functionality(hass)
    hass.auth = await auth_manager_from_config(hass, [], [])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = {"http": {"server_host": ["127.0.0.1"], "server_port": port}}
    for component in ("homeassistant", "http", "webhook"):
        assert await async_setup_component(hass, component, config)
    await hass.async_start()
    try:
        yield hass
    finally:
        await hass.async_stop(force=True)


def _entry(cloud: CloudProcess) -> ConfigEntry:
    return ConfigEntry(
        data={
            CONF_CLIENT_ID: cloud.credentials["client_id"],
            CONF_CLIENT_SECRET: cloud.credentials["client_secret"],
            CONF_WEBHOOK_ID: _WEBHOOK_ID,
            CONF_APPLICATION_MANAGEMENT_TOKEN: cloud.credentials["application_management_token"],
        },
        discovery_keys=MappingProxyType({}),
        domain=DOMAIN,
        minor_version=1,
        # So many that no refresh is refused.
        options={CONF_REQUESTS_PER_MONTH: 1_000_000},
        source=SOURCE_USER,
        subentries_data=None,
        title="Bench",
        unique_id=cloud.credentials["client_id"],
        version=3,
    )


class _StateWrites:
    """Counts the states that are written, by the keys of their entities."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._changed: Counter[str] = Counter()
        self.reported: Counter[str] = Counter()

        @callback
        def changed(event: Event[Any]) -> None:
            self._changed[self._key(event.data["entity_id"])] += 1

        @callback
        def report(event: Event[Any]) -> None:
            self.reported[self._key(event.data["entity_id"])] += 1

        @callback
        def is_any(_: Mapping[str, Any]) -> bool:
            return True

        self._stop = (
            hass.bus.async_listen(EVENT_STATE_CHANGED, changed),
            hass.bus.async_listen(EVENT_STATE_REPORTED, report, event_filter=is_any),
        )

    def _key(self, entity_id: str) -> str:
        entry = er.async_get(self._hass).async_get(entity_id)
        return entry.unique_id.partition("_")[2] if entry else entity_id

    def changes(self) -> dict[str, int]:
        """Return the states that were written since the last call."""
        changed, self._changed = self._changed, Counter()
        return dict(changed)

    def stop(self) -> None:
        """Count no more."""
        for stop in self._stop:
            stop()


class _FileWrites:
    """Counts how often a file is written."""

    def __init__(self, path: Path) -> None:
        self._write = storage.write_utf8_file_atomic
        self._begin = time.monotonic()
        self._count = 0

        def write(filename: str, *arguments: Any, **options: Any) -> None:
            self._count += Path(filename) == path
            self._write(filename, *arguments, **options)

        storage.write_utf8_file_atomic = write

    def stop(self) -> tuple[int, int]:
        """Return how often the file was written, and how often it may be written."""
        storage.write_utf8_file_atomic = self._write
        return self._count, int((time.monotonic() - self._begin) / 30) + 1


class _Measured:
    """A Home Assistant with the integration in it, and the work that is measured."""

    def __init__(self, hass: HomeAssistant, cloud: CloudProcess, entry: ConfigEntry) -> None:
        self._hass = hass
        self._cloud = cloud
        self._entry = entry
        self._session = async_get_clientsession(hass)
        self._turn = 0

    @property
    def vehicles(self) -> list[VehicleCoordinator]:
        """The cars."""
        application: ApplicationCoordinator = self._entry.runtime_data
        return list(application.vehicles.values())

    async def refresh(self, vehicle: VehicleCoordinator) -> None:
        """Refresh a car as its timer does."""
        vehicle.schedule.spend(Purpose.POLL)
        await vehicle.async_refresh()

    async def refresh_all(self) -> None:
        """Refresh every car once, a second later, because times are shown in whole seconds."""
        await asyncio.sleep(1)
        for vehicle in self.vehicles:
            await self.refresh(vehicle)
        await self._hass.async_block_till_done(wait_background_tasks=True)

    async def push(self, count: int, webhook_id: str = _WEBHOOK_ID) -> None:
        """Let the cloud push `count` events of a car, each with one new value."""
        url = f"http://127.0.0.1:{self._hass.http.server_port}/api/webhook/{webhook_id}"
        await self._cloud.command("push", url=url, vehicle_id=self._next().vehicle_id, count=count)

    async def refresh_cpu(self) -> Cpu:
        """Measure a refresh against the same request without the integration."""
        token = await self._token()

        async def floor() -> None:
            for _ in range(_PER_ROUND):
                vehicle = self._next()
                headers = {
                    "Authorization": f"Bearer {token}",
                    "sc-user-id": vehicle.connection.user_id,
                }
                url = f"{self._cloud.origin}/v3/vehicles/{vehicle.vehicle_id}/signals"
                async with self._session.get(url, headers=headers) as response:
                    json.loads(await response.read())

        async def measured() -> None:
            for _ in range(_PER_ROUND):
                await self.refresh(self._next())

        return await _cpu(measured, floor)

    async def push_cpu(self) -> Cpu:
        """Measure a push against the same POST to a webhook that only reads it."""

        async def handle(_: HomeAssistant, __: str, request: web.Request) -> web.Response:
            json.loads(await request.read())
            return web.Response()

        webhook.async_register(self._hass, DOMAIN, "Floor", _FLOOR_WEBHOOK_ID, handle)
        return await _cpu(
            lambda: self.push(_PER_ROUND), lambda: self.push(_PER_ROUND, _FLOOR_WEBHOOK_ID)
        )

    async def push_once(self) -> None:
        """Push one event, in a second of its own."""
        await asyncio.sleep(1)
        await self.push(1)
        await self._hass.async_block_till_done(wait_background_tasks=True)

    def _next(self) -> VehicleCoordinator:
        """Return the cars in turn."""
        vehicles = self.vehicles
        self._turn += 1
        return vehicles[self._turn % len(vehicles)]

    async def _token(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._cloud.credentials["client_id"],
            "client_secret": self._cloud.credentials["client_secret"],
        }
        url = f"{self._cloud.origin}/oauth2/token"
        async with self._session.post(url, data=form) as response:
            token: str = (await response.json())["access_token"]
        return token


async def _cpu(measured: Work, floor: Work) -> Cpu:
    """Measure the two in turn, so that a machine that gets slower slows both."""
    await measured()
    await floor()
    spent: dict[Work, list[float]] = {measured: [], floor: []}
    for _ in range(_ROUNDS):
        for work, times in spent.items():
            gc.collect()
            begin = time.process_time()
            await work()
            times.append((time.process_time() - begin) * 1000 / _PER_ROUND)
    return Cpu(ms=median(spent[measured]), floor_ms=median(spent[floor]))


async def _measure(vehicles: int) -> Cost:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with _cloud(vehicles) as cloud, _home_assistant(folder) as hass:
            # Once without counting, because the imports are no cost of these cars.
            entry = _entry(cloud)
            await hass.config_entries.async_add(entry)
            await hass.async_block_till_done(wait_background_tasks=True)
            await hass.config_entries.async_remove(entry.entry_id)
            await cloud.requests()

            entry = _entry(cloud)
            measured = _Measured(hass, cloud, entry)
            path = folder / ".storage" / f"{DOMAIN}.{entry.entry_id}"
            file_writes = _FileWrites(path)
            gc.collect()
            begin = time.process_time()
            await hass.config_entries.async_add(entry)
            await hass.async_block_till_done(wait_background_tasks=True)
            setup_cpu = time.process_time() - begin
            setup_requests = await cloud.requests()
            entities = len(hass.states.async_entity_ids())

            state_writes = _StateWrites(hass)
            # The first push also creates the entities of push.
            await measured.push_once()
            state_writes.changes()
            await cloud.requests()
            await measured.refresh_all()
            refresh_requests = await cloud.requests()
            by_nothing = state_writes.changes()
            await cloud.command("mileage", moves=True)
            await measured.refresh_all()
            by_one_value = state_writes.changes()
            await measured.push_once()
            by_push = state_writes.changes()
            state_writes.stop()

            refresh_moved = await measured.refresh_cpu()
            await cloud.command("mileage", moves=False)
            refresh = await measured.refresh_cpu()
            push = await measured.push_cpu()

            await hass.config_entries.async_unload(entry.entry_id)
            writes, allowed = file_writes.stop()
            store = path.stat().st_size
            await cloud.requests()
            begin = time.process_time()
            await hass.config_entries.async_setup(entry.entry_id)
            await hass.async_block_till_done(wait_background_tasks=True)
            restart_cpu = time.process_time() - begin
            restart_requests = await cloud.requests()

            # Once more, because tracing the memory takes time.
            await hass.config_entries.async_unload(entry.entry_id)
            tracemalloc.start()
            await hass.config_entries.async_setup(entry.entry_id)
            await hass.async_block_till_done(wait_background_tasks=True)
            gc.collect()
            memory = tracemalloc.get_traced_memory()[0]
            tracemalloc.stop()
            return Cost(
                vehicles=vehicles,
                entities_per_car=entities / vehicles,
                setup_requests=setup_requests,
                setup_cpu_s=setup_cpu,
                restart_requests=restart_requests,
                restart_cpu_s=restart_cpu,
                refresh_requests=refresh_requests,
                refresh=refresh,
                refresh_moved=refresh_moved,
                push=push,
                changed_by_nothing=by_nothing,
                changed_by_one_value=by_one_value,
                changed_by_push=by_push,
                reported=dict(state_writes.reported),
                memory_kib_per_car=memory / 1024 / vehicles,
                store_kib_per_car=store / 1024 / vehicles,
                store_writes=writes,
                store_writes_allowed=allowed,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.run", description=__doc__)
    parser.add_argument("vehicles", type=int)
    # A Home Assistant without a user logs warnings about that.
    logging.disable(logging.WARNING)
    cost = asyncio.run(_measure(parser.parse_args().vehicles))
    json.dump(asdict(cost), sys.stdout)
