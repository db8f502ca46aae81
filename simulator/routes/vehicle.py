"""The vehicle API: connections, vehicles, signals, commands (reference 3, 4, 6)."""

from typing import Final

from aiohttp import web

from simulator.car import Car
from simulator.clock import iso
from simulator.cloud import LIVE, SIMULATED, Connection, Grant
from simulator.commands import COMMANDS, SCHEDULES, Command, run_command
from simulator.errors import ErrorType, missing, not_found, refuse
from simulator.json_types import Json, JsonObject

from .common import Listing, answer, cloud_of, origin_of, read_json

routes: Final = web.RouteTableDef()


# --- connections and users ------------------------------------------------------------------


def _connection_json(request: web.Request, connection: Connection, grant: Grant) -> JsonObject:
    """Return a connection as seen live: `attributes.user` is there (reference 3.1)."""
    cloud = cloud_of(request)
    car = cloud.cars[connection.vehicle_id]
    base = f"{origin_of(request)}/v3"
    user: dict[str, Json] = {"id": connection.user_id}
    if (owner := cloud.owners.get(connection.user_id)) and owner.external_id:
        user["externalId"] = owner.external_id
    return {
        "id": connection.id,
        "type": "connection",
        "attributes": {
            "permissions": list(grant.permissions),
            "vehicle": _vehicle_attributes(car),
            "user": user,
        },
        "relationships": {
            "vehicle": {
                "data": {"id": car.id, "type": "vehicle"},
                "links": {"related": f"{base}/vehicles/{car.id}"},
            },
            "user": {"data": {"id": connection.user_id, "type": "user"}},
        },
        "meta": {"createdAt": iso(connection.created_at), "updatedAt": iso(grant.at)},
        "links": {"self": f"{base}/connections/{connection.id}"},
    }


@routes.get("/v3/connections")
async def list_connections(request: web.Request) -> web.Response:
    """List connections, newest first; only live ones unless asked otherwise."""
    cloud = cloud_of(request)
    user_id = request.headers.get("sc-user-id")
    listing: Listing[tuple[Connection, Grant]] = Listing(
        path="/v3/connections",
        filters={
            "filter[userId]": lambda pair, value: pair[0].user_id == value,
            "filter[vehicleId]": lambda pair, value: pair[0].vehicle_id == value,
            "filter[vehicle.mode]": lambda pair, value: (
                cloud.cars[pair[0].vehicle_id].mode == value
            ),
            "filter[user.externalId]": lambda pair, value: (
                cloud.owners[pair[0].user_id].external_id == value
            ),
        },
        render=lambda pair: _connection_json(request, *pair),
        page_size=10,
        defaults={"filter[vehicle.mode]": LIVE},
        choices={"filter[vehicle.mode]": (LIVE, SIMULATED)},
    )
    shown = cloud.visible_connections()
    return listing.page(request, [pair for pair in shown if user_id in (None, "", pair[0].user_id)])


def _shown_connection(request: web.Request) -> tuple[Connection, Grant]:
    """Return the connection of the path."""
    connection_id = request.match_info["connection_id"]
    for connection, grant in cloud_of(request).visible_connections():
        if connection.id == connection_id:
            return connection, grant
    raise not_found("The connection was not found.")


@routes.get("/v3/connections/{connection_id}")
async def get_connection(request: web.Request) -> web.Response:
    """Return one connection."""
    return answer({"data": _connection_json(request, *_shown_connection(request))})


@routes.delete("/v3/connections/{connection_id}")
async def delete_connection(request: web.Request) -> web.Response:
    """Disconnect a car."""
    connection, _ = _shown_connection(request)
    cloud_of(request).disconnect(connection.id)
    return web.Response(status=204)


@routes.delete("/v3/users/{user_id}")
async def delete_user(request: web.Request) -> web.Response:
    """Remove a user with all connections."""
    cloud = cloud_of(request)
    user_id = request.match_info["user_id"]
    if not cloud.connections_of(user_id=user_id):
        raise not_found("The user was not found.")
    cloud.forget_user(user_id)
    return web.Response(status=204)


# --- vehicles and signals -------------------------------------------------------------------


def _vehicle_attributes(car: Car) -> JsonObject:
    """Return what every answer says about a car."""
    return {
        "make": car.model.make,
        "model": car.model.name,
        "year": car.model.year,
        "powertrainType": car.model.kind,
        "mode": car.mode,
    }


def _vehicle_json(request: web.Request, car: Car) -> JsonObject:
    """Return a vehicle (reference 4.1)."""
    return {
        "id": car.id,
        "type": "vehicle",
        "attributes": _vehicle_attributes(car),
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


@routes.get("/v3/vehicles/{vehicle_id}/signals")
async def get_signals(request: web.Request) -> web.Response:
    """Return all stored signals of a car in one page (reference 4.2)."""
    cloud = cloud_of(request)
    connection, grant = _granted(request)
    car = cloud.cars[connection.vehicle_id]
    url = f"{_vehicle_url(request, car)}/signals"
    data = [signal.as_json(url) for signal in cloud.signals_for(connection, grant).values()]
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
    signal = cloud.signals_for(connection, grant).get(request.match_info["signal_code"])
    if signal is None:
        raise refuse(ErrorType.RESOURCE_NOT_FOUND, "SIGNAL_NOT_FOUND")
    url = f"{_vehicle_url(request, car)}/signals"
    return answer(
        {"data": signal.as_json(url), "included": {"vehicle": _vehicle_json(request, car)}}
    )


# --- commands -------------------------------------------------------------------------------


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
