"""The simulated cloud: its process, and the part of its control API that is needed here."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
import json
import os
from pathlib import Path
import sys
from typing import Any, Final, Self

from aiohttp import ClientSession

from .processes import DemoError, running

ROOT: Final = Path(__file__).parents[1]
VEHICLES: Final = 3


@dataclass(frozen=True, slots=True)
class Cloud:
    """The simulated cloud, which runs."""

    session: ClientSession
    origin: str
    client_id: str
    client_secret: str
    application_id: str

    @classmethod
    def from_announcement(cls, session: ClientSession, line: bytes) -> Self:
        """Read the line that the simulator prints once it listens."""
        if not line:
            raise DemoError("The simulator ended instead of starting.")
        announcement = json.loads(line)
        names = ("origin", "client_id", "client_secret", "application_id")
        return cls(session, *(announcement[name] for name in names))

    @property
    def environment(self) -> dict[str, str]:
        """Return the variables that point the integration to this cloud."""
        names = ("CONNECT", "AUTH", "API", "MANAGEMENT_API")
        return {f"SMARTCAR_{name}_ORIGIN": self.origin for name in names}

    async def control(self, method: str, path: str, body: object = None) -> Any:
        """Call the control API. Raises DemoError if it refuses."""
        async with self.session.request(method, f"{self.origin}/_sim/{path}", json=body) as answer:
            if not answer.ok:
                raise DemoError(f"The simulator refuses {method} {path}: {await answer.text()}")
            return await answer.json()

    async def state(self) -> Mapping[str, Any]:
        """Return the true state of everything."""
        state: Mapping[str, Any] = await self.control("GET", "state")
        return state

    async def car(self, vehicle_id: str) -> Mapping[str, Any]:
        """Return the true state of a car."""
        car: Mapping[str, Any] = (await self.state())["cars"][vehicle_id]
        return car


@asynccontextmanager
async def running_cloud(session: ClientSession, folder: Path) -> AsyncIterator[Cloud]:
    """Run the simulator on a free port."""
    command = ("-m", "simulator", "--port", "0", "--vehicles", str(VEHICLES))
    async with running(
        sys.executable,
        *command,
        cwd=ROOT,
        log=folder / "simulator.log",
        environment=os.environ,
        read_output=True,
    ) as process:
        assert process.stdout is not None
        yield Cloud.from_announcement(session, await process.stdout.readline())
