"""A simulated cloud in a process of its own, so that its work does not count as the integration's.

`python -m bench.cloud N` serves N cars that stand still and send every signal, and prints a line of
JSON with its address. It adds three routes to the cloud for the benchmark:

    POST /bench/mileage  {"moves": bool}: whether each answer has one more kilometer
    POST /bench/push     {"url", "vehicle_id", "count"}: push that often, signed
    GET  /bench/requests return the requests since the last time, by route
"""

import argparse
import asyncio
import itertools
import json
from typing import Final

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler

from simulator import Cloud, create_app
from simulator.events import state_body, state_signals
from simulator.examples import EXAMPLES
from simulator.json_types import JsonObject
from simulator.misbehavior import Misbehavior
from simulator.signals import times

SIGNALS_ROUTE: Final = "/v3/vehicles/{vehicle_id}/signals"
ODOMETER: Final = "odometer-traveleddistance"
# As many signals as the free plan pushes.
_PUSHED: Final = (ODOMETER, *itertools.islice((code for code in EXAMPLES if code != ODOMETER), 8))
# While a car is in use, fewer entities change.
_PARKED: Final[dict[str, JsonObject]] = {
    "charge-amperage": {"value": 0},
    "charge-chargerate": {"value": 0},
    "charge-detailedchargingstatus": {"value": "NOT_CHARGING"},
    "charge-ischarging": {"value": False},
    "charge-wattage": {"value": 0},
    "motion-currentspeed": {"value": 0, "unit": "kilometers_per_hour"},
}


class BenchCloud:
    """The cloud, with cars that change only when the benchmark lets them."""

    def __init__(self, vehicles: int) -> None:
        """Let every car send every signal, and nothing move."""
        self.cloud = Cloud(vehicles=vehicles, connection_lag=0, subscription_lag=0)
        self.moves = False
        # A longer way than a few kilometers would be a jump, which is not shown.
        self._kilometers = 52_891
        # With fixed times, because the times would follow the reports of the cars otherwise.
        meta = times(self.cloud.clock.now())
        for connection in self.cloud.connections.values():
            self.cloud.cars[connection.vehicle_id].is_frozen = True
            for code, body in {**EXAMPLES, **_PARKED}.items():
                signal: JsonObject = {"body": body, "meta": meta}
                self.cloud.override(connection.vehicle_id, code, signal)

    def drive(self, vehicle_id: str) -> None:
        """Let a car report one more kilometer, a value that no car has sent yet."""
        self._kilometers += 1
        meta = times(self.cloud.clock.now())
        body: JsonObject = {"value": self._kilometers, "unit": "km"}
        self.cloud.override(vehicle_id, ODOMETER, {"body": body, "meta": meta})

    async def push(self, url: str, vehicle_id: str, count: int) -> None:
        """Send `count` signed events, one after the other, each with one new value."""
        cloud, car = self.cloud, self.cloud.cars[vehicle_id]
        (connection,) = cloud.connections_of(vehicle_id=vehicle_id)
        async with aiohttp.ClientSession() as session:
            for number in range(count):
                self.drive(vehicle_id)
                signals = state_signals(cloud.stored(car), _PUSHED, connection.permissions, ())
                delivered_at = round(cloud.clock.wall() * 1000)
                body = state_body(
                    f"{delivered_at}-{number}",
                    car,
                    {"id": connection.user_id},
                    signals=signals,
                    triggers=(ODOMETER,),
                    wrong=Misbehavior(),
                )
                event = {**body, "meta": {"deliveredAt": delivered_at, "mode": "LIVE"}}
                raw = json.dumps(event).encode()
                headers = {"SC-Signature": cloud.sign(raw), "Content-Type": "application/json"}
                async with session.post(url, data=raw, headers=headers) as response:
                    response.raise_for_status()


_CLOUD: Final = web.AppKey("bench_cloud", BenchCloud)

routes = web.RouteTableDef()


@routes.post("/bench/mileage")
async def _mileage(request: web.Request) -> web.Response:
    request.app[_CLOUD].moves = (await request.json())["moves"]
    return web.Response()


@routes.post("/bench/push")
async def _push(request: web.Request) -> web.Response:
    await request.app[_CLOUD].push(**await request.json())
    return web.Response()


@routes.get("/bench/requests")
async def _requests(request: web.Request) -> web.Response:
    bench = request.app[_CLOUD]
    counted = {
        route: count for route, count in bench.cloud.requests.items() if "/bench/" not in route
    }
    bench.cloud.requests.clear()
    return web.json_response(counted)


@web.middleware
async def _drive(request: web.Request, handler: Handler) -> web.StreamResponse:
    bench = request.app[_CLOUD]
    resource = request.match_info.route.resource
    if bench.moves and resource is not None and resource.canonical == SIGNALS_ROUTE:
        bench.drive(request.match_info["vehicle_id"])
    return await handler(request)


async def _serve(vehicles: int) -> None:
    bench = BenchCloud(vehicles)
    app = create_app(bench.cloud)
    app[_CLOUD] = bench
    app.middlewares.insert(0, _drive)
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        line = {"origin": f"http://{host}:{port}", **bench.cloud.credentials()}
        print(json.dumps(line), flush=True)  # noqa: T201
        # Until the process that started this one closes its end.
        await asyncio.get_running_loop().run_in_executor(None, input)
    except EOFError:
        pass
    finally:
        await runner.cleanup()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.cloud", description=__doc__)
    parser.add_argument("vehicles", type=int)
    asyncio.run(_serve(parser.parse_args().vehicles))
