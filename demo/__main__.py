"""`scripts/demo`: show simulated cars in a real Home Assistant, or check that everything works."""

import argparse
import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
import os
from pathlib import Path
import signal
import sys
import tempfile
from typing import Final

from aiohttp import ClientError, ClientSession

from . import check, dashboard, flow, garage
from .cloud import Cloud, running_cloud
from .home_assistant import (
    PASSWORD,
    USER,
    HomeAssistant,
    prepare,
    running_home_assistant,
    wait_until_ended,
)
from .processes import DemoError, ensure_port_is_free, free_port
from .terminal import print_progress, print_result

_PORT: Final = 8123


def _path(text: str) -> Path:
    """Return a path that was given relative to where the script was called."""
    return Path(os.environ.get("DEMO_CALLED_FROM", ".")) / text


@dataclass(frozen=True, slots=True)
class Demo:
    """The cloud and the Home Assistant that run."""

    cloud: Cloud
    instance: HomeAssistant
    process: Process
    entry_id: str


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Start a simulated Smartcar cloud and a real Home Assistant that is set up "
        "with it, and run until Ctrl-C.",
    )
    parser.add_argument("--port", type=int, help=f"of Home Assistant (default: {_PORT})")
    parser.add_argument(
        "--check", action="store_true", help="try everything on free ports, then end"
    )
    parser.add_argument(
        "--json", type=_path, metavar="FILE", help="with --check: write the results"
    )
    parser.add_argument(
        "--screenshot", type=_path, metavar="FILE", help="save a picture of the dashboard (PNG)"
    )
    arguments = parser.parse_args()
    if arguments.json and not arguments.check:
        parser.error("--json goes with --check")
    return arguments


@asynccontextmanager
async def _running_demo(port: int, folder: Path) -> AsyncIterator[Demo]:
    """Run the cloud and Home Assistant, and set the integration up."""
    configuration = folder / "config"
    configuration.mkdir()
    async with ClientSession() as session, running_cloud(session, folder) as cloud:
        print_progress("starting Home Assistant")
        cars = (await cloud.state())["cars"].values()
        latitude, longitude = next(iter(cars))["home"]
        prepare(configuration, port, (latitude, longitude))
        async with running_home_assistant(session, configuration, port, cloud.environment) as (
            instance,
            process,
        ):
            print_progress("setting up the integration")
            yield Demo(cloud, instance, process, await flow.set_up(instance, cloud))


async def _show(demo: Demo) -> None:
    """Print the addresses, and run until the person ends it."""
    print_result(f"\nHome Assistant: {demo.instance.origin}   (user {USER}, password {PASSWORD})")
    print_result(f"Simulated cloud: {demo.cloud.origin}   (control API: simulator/README.md)")
    print_result(f"To connect another car, Application ID: {demo.cloud.application_id}")
    print_result(f"Log: {demo.instance.log}")
    print_result("Ctrl-C ends everything.")
    await wait_until_ended(demo.instance, demo.process)


async def _run(arguments: argparse.Namespace, folder: Path) -> int:
    """Run what the arguments choose; return the exit status."""
    if arguments.check or arguments.screenshot:
        port = arguments.port or free_port()
    else:
        port = arguments.port or _PORT
    ensure_port_is_free(port)
    failures: list[str] = []
    async with _running_demo(port, folder) as demo:
        await check.wait_for_vehicles(demo.instance, demo.cloud)
        if arguments.check:
            report = await check.run(demo.instance, demo.cloud, demo.entry_id)
            failures = report.failures
        else:
            await dashboard.make(demo.instance, await garage.vehicles(demo.instance))
        if arguments.screenshot:
            from .screenshot import shoot

            await shoot(demo.instance, arguments.screenshot)
        elif not arguments.check:
            await _show(demo)
    if arguments.check:
        # Only now, because an error at the end counts as well.
        failures += check.errors_in(demo.instance.log)
        report.show()
        if arguments.json:
            report.write(arguments.json)
    for failure in failures:
        print_progress(f"failed: {failure}")
    if arguments.check and not failures:
        print_progress("everything works")
    return 1 if failures else 0


async def _main(arguments: argparse.Namespace) -> int:
    """Run until the end, or until a signal."""
    task = asyncio.current_task()
    assert task is not None
    received: list[signal.Signals] = []

    def end(number: signal.Signals) -> None:
        print_progress("ending" if not received else "ending at once")
        received.append(number)
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number is not signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            asyncio.get_running_loop().add_signal_handler(number, end, number)
    with tempfile.TemporaryDirectory(prefix="smartcar-demo-", ignore_cleanup_errors=True) as folder:
        try:
            return await _run(arguments, Path(folder))
        except asyncio.CancelledError:
            if not received:
                raise
            return 128 + received[0] if arguments.check else 0
        except (DemoError, ClientError, TimeoutError) as error:
            print_progress(f"failed: {error or type(error).__name__}")
            _show_logs(Path(folder))
            return 1


def _show_logs(folder: Path) -> None:
    """Print the end of each log, because the folder is deleted."""
    for path in sorted(folder.rglob("*.log")):
        if lines := path.read_text(errors="replace").splitlines()[-20:]:
            print_progress(f"the end of {path.name}:")
            print_result("\n".join(lines))


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(_arguments())))
