"""Child processes that end with the demo."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
import os
from pathlib import Path
import signal
import socket
import sys
from typing import Final

HOST: Final = "127.0.0.1"

_CHILD: Final = Path(__file__).with_name("child.py")
_STOP_TIMEOUT: Final = 30


class DemoError(Exception):
    """An error whose text is one sentence for the person at the terminal."""


@asynccontextmanager
async def running(
    *command: str, cwd: Path, log: Path, environment: Mapping[str, str], read_output: bool = False
) -> AsyncIterator[Process]:
    """Run a program; end it, and its children, at the end of the block.

    It gets a process group of its own, so that Ctrl-C ends only this process, which ends the program.
    """
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-S",
            str(_CHILD),
            str(os.getpid()),
            *command,
            cwd=cwd,
            env=environment,
            stdin=DEVNULL,
            stdout=PIPE if read_output else output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        await _stop(process)


async def _stop(process: Process) -> None:
    """Terminate the process, kill it if it does not end, and kill its group."""
    try:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.terminate()
            async with asyncio.timeout(_STOP_TIMEOUT):
                await process.wait()
    except TimeoutError:
        pass
    finally:
        # Also when a second Ctrl-C interrupts the wait. Nothing else is in the group.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await asyncio.shield(process.wait())


def free_port() -> int:
    """Return a port that is free at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def ensure_port_is_free(port: int) -> None:
    """Raise DemoError if the port is in use."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise DemoError(
                f"Port {port} of {HOST} is in use, perhaps by another Home Assistant. "
                f"Choose another one: scripts/demo --port {port + 1}"
            ) from error
