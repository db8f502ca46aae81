"""The connections and users, in the vehicle API (reference 3)."""

from typing import Final

from aiohttp import web

from simulator.clock import iso
from simulator.errors import not_found
from simulator.json_types import Json, JsonObject
from simulator.ownership import LIVE, SIMULATED, Connection, Grant

from .common import Listing, answer, cloud_of, origin_of, vehicle_attributes

routes: Final = web.RouteTableDef()


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
            "vehicle": vehicle_attributes(car),
            "user": user,
        },
        "relationships": {
            "vehicle": {
                "data": {"id": car.id, "type": "vehicle"},
                "links": {"related": f"{base}/vehicles/{car.id}"},
            },
            "user": {"data": {"id": connection.user_id, "type": "user"}},
        },
        "meta": {"createdAt": iso(connection.created_at), "updatedAt": iso(grant.granted_at)},
        "links": {"self": f"{base}/connections/{connection.id}"},
    }


@routes.get("/v3/connections")
async def list_connections(request: web.Request) -> web.Response:
    """List connections, newest first; only live ones unless a filter names the mode."""
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
