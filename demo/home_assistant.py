"""A real Home Assistant in a folder of its own, and a small client of its API."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import sys
from typing import Any, Final

from aiohttp import (
    ClientConnectionError,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    WSMsgType,
)

from .processes import HOST, DemoError, running
from .terminal import print_progress

USER: Final = "demo"
PASSWORD: Final = "demo"  # noqa: S105  # of a user that only this machine reaches
LOG: Final = "home-assistant.log"

_INTEGRATION: Final = Path(__file__).parents[1] / "custom_components/smartcar"
_START_TIMEOUT: Final = 180
_ANSWER_TIMEOUT: Final = 120
_POLL: Final = 0.1
# The exit status with which Home Assistant requests a restart.
_RESTART: Final = 100

# Without `default_config`: its `my` redirects Connect through the internet, and other parts search
# the network for devices. `frontend` loads the rest.
_CONFIGURATION: Final = """\
homeassistant:
  name: Home
  latitude: {latitude}
  longitude: {longitude}
  elevation: 34
  unit_system: metric
  currency: EUR
  country: DE
  language: en
  time_zone: Europe/Berlin
energy:
frontend:
history:
logbook:
person:
recorder:
  commit_interval: 1
sun:
logger:
  default: warning
"""

# Home Assistant has both of these in its storage, and reads the files of older versions.
#
# The steps of the onboarding would install a weather service, a radio and analytics. Their settings
# are in the configuration above.
_ONBOARDING: Final = {
    "version": 4,
    "minor_version": 1,
    "data": {"done": ["core_config", "analytics"]},
}
# An address in `configuration.yaml` would be imported on trial, and removed after five minutes
# without a confirmation.
_HTTP: Final = {
    "server_host": [HOST],
    "cors_allowed_origins": [],
    "login_attempts_threshold": -1,
    "ip_ban_enabled": False,
    "ssl_profile": "modern",
    "use_x_frame_options": True,
    "created_at": "2026-01-01T00:00:00+00:00",
    "error": None,
    "error_message": None,
}


class RefusedError(DemoError):
    """Home Assistant answered with an error."""


@dataclass(slots=True)
class HomeAssistant:
    """A Home Assistant that runs, and its API."""

    session: ClientSession
    origin: str
    folder: Path
    start: Callable[[], Awaitable[Process]]
    _token: str = ""
    _socket: ClientWebSocketResponse | None = None
    _last_id: int = 0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def log(self) -> Path:
        """Return the log file."""
        return self.folder / LOG

    async def request(
        self, method: str, path: str, body: object = None, *, form: Mapping[str, str] | None = None
    ) -> Any:
        """Call the REST API as the frontend does. Raises RefusedError."""
        headers = {"HA-Frontend-Base": self.origin}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        async with self.session.request(
            method, f"{self.origin}{path}", json=body, data=form, headers=headers
        ) as answer:
            text = await answer.text()
            if not answer.ok:
                raise RefusedError(
                    f"Home Assistant answers {method} {path} with {answer.status}: {text[:500]}"
                )
            return json.loads(text) if answer.content_type == "application/json" else text

    async def call(self, command: str, /, **arguments: object) -> Any:
        """Send a websocket command and return its result. Raises RefusedError."""
        async with self._lock:
            socket = await self._connected()
            self._last_id += 1
            await socket.send_json({"id": self._last_id, "type": command, **arguments})
            while True:
                answer = await _receive(socket)
                if answer.get("id") == self._last_id and answer["type"] == "result":
                    break
        if not answer["success"]:
            error = answer["error"]
            raise RefusedError(f"{error['message']} ({error['code']})")
        return answer["result"]

    async def perform(self, action: str, target: Mapping[str, str], **data: object) -> None:
        """Perform an action ("lock.unlock") and wait for its end. Raises RefusedError."""
        domain, service = action.split(".")
        await self.call(
            "call_service", domain=domain, service=service, target=target, service_data=data
        )

    async def state(self, entity_id: str) -> str:
        """Return the state of an entity."""
        state: str = (await self.request("GET", f"/api/states/{entity_id}"))["state"]
        return state

    async def _connected(self) -> ClientWebSocketResponse:
        """Return the websocket, logged in."""
        if self._socket is None or self._socket.closed:
            socket = await self.session.ws_connect(f"{self.origin}/api/websocket", max_msg_size=0)
            await _receive(socket)
            await socket.send_json({"type": "auth", "access_token": self._token})
            answer = await _receive(socket)
            if answer["type"] != "auth_ok":
                raise DemoError(f"Home Assistant refuses its own token: {answer}")
            self._socket = socket
        return self._socket

    async def disconnect(self) -> None:
        """Close the websocket, because Home Assistant waits for it when it ends."""
        if self._socket is not None:
            await self._socket.close()

    async def onboard(self) -> None:
        """Create the owner and finish the onboarding."""
        client_id = f"{self.origin}/"
        owner = await self.request(
            "POST",
            "/api/onboarding/users",
            {
                "name": "Demo",
                "username": USER,
                "password": PASSWORD,
                "client_id": client_id,
                "language": "en",
            },
        )
        tokens = await self.request(
            "POST",
            "/auth/token",
            form={
                "grant_type": "authorization_code",
                "client_id": client_id,
                "code": owner["auth_code"],
            },
        )
        self._token = tokens["access_token"]
        await self.request(
            "POST",
            "/api/onboarding/integration",
            {"client_id": client_id, "redirect_uri": f"{client_id}?auth_callback=1"},
        )
        steps = await self.request("GET", "/api/onboarding")
        if pending := [step["step"] for step in steps if not step["done"]]:
            raise DemoError(f"Home Assistant's onboarding is not done: {', '.join(pending)}")

    async def wait_until_running(self) -> None:
        """Wait until Home Assistant has set everything up."""
        while True:
            if (await self.call("get_config"))["state"] == "RUNNING":
                return
            await asyncio.sleep(_POLL)


async def _receive(socket: ClientWebSocketResponse) -> Any:
    """Return the next message. Raises DemoError if there is none."""
    try:
        message = await socket.receive(timeout=_ANSWER_TIMEOUT)
    except TimeoutError as error:
        raise DemoError(f"Home Assistant does not answer within {_ANSWER_TIMEOUT} s.") from error
    if message.type is not WSMsgType.TEXT:
        raise DemoError("Home Assistant has closed its websocket.")
    return message.json()


async def wait_until_ended(instance: HomeAssistant, process: Process) -> None:
    """Wait while Home Assistant runs; start it again when a person restarts it."""
    while await process.wait() == _RESTART:
        print_progress("restarting Home Assistant")
        process = await instance.start()
    raise DemoError(f"Home Assistant ended by itself, with {process.returncode}.")


def prepare(folder: Path, port: int, home: tuple[float, float]) -> None:
    """Write the configuration folder."""
    latitude, longitude = home
    configuration = _CONFIGURATION.format(latitude=latitude, longitude=longitude)
    (folder / "configuration.yaml").write_text(configuration)
    stable = {**_HTTP, "server_port": port}
    stored = {
        "onboarding": _ONBOARDING,
        "http": {
            "version": 2,
            "minor_version": 2,
            "data": {"stable": stable, "pending": None, "yaml_migration_done": True},
        },
    }
    (folder / ".storage").mkdir()
    for key, content in stored.items():
        (folder / ".storage" / key).write_text(json.dumps({"key": key, **content}))
    (folder / "custom_components").mkdir()
    (folder / "custom_components/smartcar").symlink_to(_INTEGRATION)


@asynccontextmanager
async def running_home_assistant(
    session: ClientSession, folder: Path, port: int, environment: Mapping[str, str]
) -> AsyncIterator[tuple[HomeAssistant, Process]]:
    """Run Home Assistant with an owner, ready to be set up."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = (
        *(sys.executable, "-m", "homeassistant", "--config", str(folder), "--skip-pip"),
        *("--log-file", str(folder / LOG), "--log-no-color"),
    )
    async with AsyncExitStack() as stack:

        async def start() -> Process:
            return await stack.enter_async_context(
                running(
                    *command,
                    cwd=folder,
                    log=folder / "output.log",
                    environment={**inherited, **environment},
                )
            )

        instance = HomeAssistant(session, f"http://{HOST}:{port}", folder, start)
        process = await start()
        try:
            async with asyncio.timeout(_START_TIMEOUT):
                await _wait_until_answering(instance, process)
                await instance.onboard()
                await instance.wait_until_running()
        except TimeoutError as error:
            raise DemoError(f"Home Assistant did not start in {_START_TIMEOUT} seconds.") from error
        try:
            yield instance, process
        finally:
            await instance.disconnect()


async def _wait_until_answering(instance: HomeAssistant, process: Process) -> None:
    """Wait until the onboarding answers."""
    while process.returncode is None:
        try:
            async with instance.session.get(
                f"{instance.origin}/api/onboarding", timeout=ClientTimeout(total=10)
            ) as answer:
                if answer.ok:
                    return
        except ClientConnectionError, TimeoutError:
            pass
        await asyncio.sleep(_POLL)
    raise DemoError(f"Home Assistant ended with {process.returncode} instead of starting.")
