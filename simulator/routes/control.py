"""The control API of the simulator itself, under `/_sim`; the real cloud has no such routes."""

from dataclasses import asdict
from typing import Final

from aiohttp import web

from simulator.clock import iso
from simulator.cloud import Cloud
from simulator.faults import Fault
from simulator.json_types import JsonObject, as_number, as_object, as_text, as_texts

from .common import answer, cloud_of, control_body, control_error

routes: Final = web.RouteTableDef()


@routes.get("/_sim/faults")
async def list_faults(request: web.Request) -> web.Response:
    """List the faults that are on."""
    return answer({"faults": [fault.as_json() for fault in cloud_of(request).faults]})


@routes.post("/_sim/faults")
async def add_fault(request: web.Request) -> web.Response:
    """Switch a fault on: {method, route, vehicle_id, status, type, code, ...}."""
    try:
        fault = Fault.from_json(await control_body(request))
    except ValueError as error:
        return control_error(str(error))
    cloud_of(request).faults.add(fault)
    return answer(fault.as_json(), 201)


@routes.delete("/_sim/faults")
async def clear_faults(request: web.Request) -> web.Response:
    """Switch all faults off."""
    cloud_of(request).faults.clear()
    return web.Response(status=204)


@routes.get("/_sim/requests")
async def count_requests(request: web.Request) -> web.Response:
    """Return how often each route was called."""
    return answer(dict(sorted(cloud_of(request).requests.items())))


@routes.delete("/_sim/requests")
async def reset_requests(request: web.Request) -> web.Response:
    """Start counting anew."""
    cloud_of(request).requests.clear()
    return web.Response(status=204)


@routes.post("/_sim/advance")
async def advance(request: web.Request) -> web.Response:
    """Let time jump: {seconds}."""
    cloud = cloud_of(request)
    seconds = as_number((await control_body(request)).get("seconds"))
    if seconds is None or seconds < 0:
        return control_error("seconds must be a number from 0")
    cloud.clock.advance(seconds)
    cloud.step()
    return answer({"now": iso(cloud.clock.now())})


@routes.get("/_sim/state")
async def state(request: web.Request) -> web.Response:
    """Return the true state: cars, connections, owners."""
    cloud = cloud_of(request)
    cloud.step()
    return answer(
        {
            "now": iso(cloud.clock.now()),
            "application": {"id": cloud.application_id, "name": cloud.application_name},
            "owners": [asdict(owner) for owner in cloud.owners.values()],
            "connections": [
                {
                    "id": connection.id,
                    "user_id": connection.user_id,
                    "vehicle_id": connection.vehicle_id,
                    "permissions": list(connection.permissions),
                    "created_at": iso(connection.created_at),
                    "updated_at": iso(connection.updated_at),
                    "visible": connection.grant(cloud.clock.now()) is not None,
                }
                for connection in cloud.connections.values()
            ],
            "cars": {vehicle_id: car_state(cloud, vehicle_id) for vehicle_id in cloud.cars},
        }
    )


def car_state(cloud: Cloud, vehicle_id: str) -> JsonObject:
    """Return the true state of one car."""
    car = cloud.cars[vehicle_id]
    return {
        "id": car.id,
        "owner": cloud.owner_of(car.id).id,
        "connected": bool(cloud.connections_of(vehicle_id=car.id)),
        "vin": car.vin,
        "make": car.model.make,
        "model": car.model.name,
        "year": car.model.year,
        "kind": car.model.kind,
        "mode": car.mode,
        "nickname": car.nickname,
        "is_frozen": car.is_frozen,
        "needs_login": cloud.logins.is_needed(car.id),
        "reports": car.reports,
        "reported_at": iso(car.snapshot.reported_at),
        "destination": list(car.destination) if car.destination else None,
        "schedules": [asdict(schedule) for schedule in car.schedules],
        "home": list(car.home),
        "state": asdict(car.state),
    }


@routes.patch("/_sim/cars/{vehicle_id}")
async def patch_car(request: web.Request) -> web.Response:
    """Change a car: {signals, state, report, store_empty, errors_beside_bodies}, each optional.

    `signals` is {code: {...} | null}, `state` has the fields of `CarState`. A signal of null is removed from the store; an empty object removes the override.
    `report` false keeps the changed state from the store until the car reports by itself.
    """
    cloud = cloud_of(request)
    vehicle_id = request.match_info["vehicle_id"]
    if vehicle_id not in cloud.cars:
        return control_error("no such car", 404)
    body = await control_body(request)
    unknown = set(body) - {"signals", "state", "report", "store_empty", "errors_beside_bodies"}
    if unknown or not body:
        return control_error(
            f"unknown fields: {sorted(unknown)}" if unknown else "nothing to change"
        )
    if "errors_beside_bodies" in body:
        cloud.set_errors_beside_bodies(vehicle_id, body["errors_beside_bodies"] is True)
    try:
        if changes := as_object(body.get("state")):
            cloud.patch_state(vehicle_id, changes, report=body.get("report") is not False)
        for code, value in as_object(body.get("signals")).items():
            cloud.override(vehicle_id, code, value)
        cloud.reports.sync(cloud.cars[vehicle_id])
    except ValueError as error:
        return control_error(str(error))
    if "store_empty" in body:
        cloud.set_store_empty(vehicle_id, body["store_empty"] is True)
    return answer(car_state(cloud, vehicle_id))


@routes.post("/_sim/connections")
async def connect_car(request: web.Request) -> web.Response:
    """Connect a garage car without Connect: {vehicle_id?, owner?, permissions?, lag?}.

    Without a vehicle it is the first live car that the owner (the first one with such a car) has
    not connected.
    """
    cloud = cloud_of(request)
    body = await control_body(request)
    vehicle_id = as_text(body.get("vehicle_id"))
    user_id = as_text(body.get("owner"))
    if vehicle_id is None:
        owners = [user_id] if user_id else list(cloud.owners)
        free = [
            car for owner in owners if owner in cloud.owners for car in cloud.unconnected(owner)
        ]
        if not free:
            return control_error("no car is left to connect", 404)
        vehicle_id = free[0].id
    if vehicle_id not in cloud.cars:
        return control_error("no such car", 404)
    user_id = user_id or cloud.owner_of(vehicle_id).id
    permissions = as_texts(body["permissions"]) if "permissions" in body else None
    try:
        made = cloud.connect(user_id, [vehicle_id], permissions, lag=as_number(body.get("lag")))
    except KeyError:
        return control_error("the car is not in the garage of this owner", 404)
    return answer({"id": made[0].id, "user_id": user_id, "vehicle_id": vehicle_id}, 201)


@routes.delete("/_sim/connections/{connection_id}")
async def disconnect_car(request: web.Request) -> web.Response:
    """Remove a connection as the owner does on Smartcar's page."""
    cloud = cloud_of(request)
    if request.match_info["connection_id"] not in cloud.connections:
        return control_error("no such connection", 404)
    cloud.disconnect(request.match_info["connection_id"])
    return web.Response(status=204)


@routes.post("/_sim/revoke_tokens")
async def revoke_tokens(request: web.Request) -> web.Response:
    """Make every token invalid."""
    cloud_of(request).revoke_tokens()
    return web.Response(status=204)
