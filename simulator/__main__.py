"""Run the cloud alone: `python -m simulator --port N --vehicles N`."""

import argparse
import asyncio
import contextlib
import json
import logging
import signal
from typing import Final

from aiohttp import web

from .app import create_app
from .cloud import Cloud

HOST: Final = "127.0.0.1"


def _arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="simulator", description="A Smartcar cloud on loopback, for development."
    )
    parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
    parser.add_argument("--vehicles", type=int, default=3, help="connected cars")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--time-scale", type=float, default=1.0, help="simulated seconds per second"
    )
    parser.add_argument("--connection-lag", type=float, default=2.0, help="seconds")
    parser.add_argument("--verbose", action="store_true", help="log methods and route templates")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    """Serve until a signal comes."""
    cloud = Cloud(
        vehicles=arguments.vehicles,
        seed=arguments.seed,
        time_scale=arguments.time_scale,
        connection_lag=arguments.connection_lag,
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    # No access log: its lines hold ids and the queries of Connect.
    runner = web.AppRunner(create_app(cloud), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, arguments.port).start()
        host, port = runner.addresses[0][:2]
        line = {"origin": f"http://{host}:{port}", **cloud.credentials()}
        print(json.dumps(line), flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()


def main() -> None:
    """Run."""
    arguments = _arguments()
    logging.basicConfig(level=logging.DEBUG if arguments.verbose else logging.WARNING)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(arguments))


if __name__ == "__main__":
    main()
