"""The vehicles, their signals and commands, in the vehicle API (reference 4 and 6)."""

from typing import Final

from aiohttp import web

from simulator.car import Car
from simulator.commands import COMMANDS, SCHEDULES, Command, run_command
from simulator.errors import ErrorType, missing, not_found, refuse
from simulator.json_types import JsonObject
from simulator.ownership import Connection, Grant
from simulator.signals import StoredSignal

from .common import answer, cloud_of, origin_of, read_json, vehicle_attributes

routes: Final = web.RouteTableDef()


def _vehicle_json(request: web.Request, car: Car) -> JsonObject:
    """Return a vehicle (reference 4.1)."""
    return {
        "id": car.id,
        "type": "vehicle",
        "attributes": vehicle_attributes(car),
        "links": {"self": _vehicle_url(request, car)},
    }


def _vehicle_url(request: web.Request, car: Car) -> str:
    """Return the address of a vehicle."""
    return f"{origin_of(request)}/v3/vehicles/{car.id}"


def _grants(request: web.Request) -> list[tuple[Connection, Grant]]:
    """Return the connections of the car of the path; without one the car is unknown."""
    vehicle_id = request.match_info["vehicle_id"]
    found = [
        (connection, grant)
        for connection, grant in cloud_of(request).visible_connections()
        if connection.vehicle_id == vehicle_id
    ]
    if not found:
        raise not_found("The vehicle was not found.")
    return found


def _granted(request: web.Request) -> tuple[Connection, Grant]:
    """Return the connection of the car and user of a request (reference 1.3)."""
    user_id = request.headers.get("sc-user-id")
    if not user_id:
        raise missing("missing userId")
    for connection, grant in _grants(request):
        if connection.user_id == user_id:
            return connection, grant
    raise refuse(ErrorType.AUTHENTICATION, "ACCESS_DENIED")


@routes.get("/v3/vehicles/{vehicle_id}")
async def get_vehicle(request: web.Request) -> web.Response:
    """Return a vehicle; needs no user."""
    connection, _ = _grants(request)[0]
    return answer({"data": _vehicle_json(request, cloud_of(request).cars[connection.vehicle_id])})


def _stored(request: web.Request, connection: Connection, grant: Grant) -> dict[str, StoredSignal]:
    """Return the stored signals of a car, as far as a grant goes."""
    cloud = cloud_of(request)
    car = cloud.cars[connection.vehicle_id]
    cloud.reports.sync(car)
    return cloud.store.granted(car, grant)


@routes.get("/v3/vehicles/{vehicle_id}/signals")
async def get_signals(request: web.Request) -> web.Response:
    """Return all stored signals of a car in one page (reference 4.2)."""
    cloud = cloud_of(request)
    connection, grant = _granted(request)
    car = cloud.cars[connection.vehicle_id]
    url = f"{_vehicle_url(request, car)}/signals"
    data = [signal.as_json(url) for signal in _stored(request, connection, grant).values()]
    return answer(
        {
            "data": data,
            "meta": {"totalCount": len(data), "pageSize": len(data), "pageNumber": 1},
            "links": {"self": url},
            "included": {"vehicle": _vehicle_json(request, car)},
        }
    )


@routes.get("/v3/vehicles/{vehicle_id}/signals/{signal_code}")
async def get_signal(request: web.Request) -> web.Response:
    """Return one stored signal; a code that is not stored and a mistyped one are alike."""
    cloud = cloud_of(request)
    connection, grant = _granted(request)
    car = cloud.cars[connection.vehicle_id]
    signal = _stored(request, connection, grant).get(request.match_info["signal_code"])
    if signal is None:
        raise refuse(ErrorType.RESOURCE_NOT_FOUND, "SIGNAL_NOT_FOUND")
    url = f"{_vehicle_url(request, car)}/signals"
    return answer(
        {"data": signal.as_json(url), "included": {"vehicle": _vehicle_json(request, car)}}
    )


async def _command(request: web.Request, command: Command) -> web.Response:
    """Run a command on the car of the path."""
    cloud = cloud_of(request)
    connection, grant = _granted(request)
    body = await read_json(request)
    return answer(run_command(cloud, connection, grant, command, body))


def _add_commands() -> None:
    """Add a route for each command of the table."""

    def add(path: str, command: Command) -> None:
        async def handler(request: web.Request) -> web.Response:
            return await _command(request, command)

        routes.post(path)(handler)

    for path, command in COMMANDS.items():
        add(f"/v3/vehicles/{{vehicle_id}}/commands/{path}", command)
    for name, command in SCHEDULES.items():
        add(f"/v3/vehicles/{{vehicle_id}}/charge-schedules/{name}", command)


_add_commands()


@routes.delete("/v3/vehicles/{vehicle_id}/charge-schedules/{schedule_id}")
async def delete_schedule(request: web.Request) -> web.Response:
    """Delete a charge schedule."""
    cloud = cloud_of(request)
    connection, grant = _granted(request)
    schedule_id = request.match_info["schedule_id"]
    return answer(run_command(cloud, connection, grant, Command.delete(schedule_id), None))
