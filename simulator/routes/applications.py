"""The one application, in the management API (reference 9.7)."""

from typing import Final

from aiohttp import web

from simulator.clock import iso
from simulator.errors import not_found
from simulator.json_types import JsonObject

from .common import Listing, answer, cloud_of, origin_of

routes: Final = web.RouteTableDef()


def _application_json(request: web.Request) -> JsonObject:
    """Return the one application; its inner shape is not published."""
    cloud = cloud_of(request)
    return {
        "id": cloud.application_id,
        "type": "application",
        "attributes": {"name": cloud.application_name},
        "meta": {"createdAt": iso(cloud.created_at)},
        "links": {"self": f"{origin_of(request)}/v3/applications/{cloud.application_id}"},
    }


def _check_application(request: web.Request) -> None:
    """Refuse an application that is not the token's."""
    if request.match_info["application_id"] != cloud_of(request).application_id:
        raise not_found("The application was not found.")


@routes.get("/v3/applications")
async def list_applications(request: web.Request) -> web.Response:
    """List the one application."""
    listing: Listing[JsonObject] = Listing("/v3/applications", {}, lambda item: item, 25, {}, {})
    return listing.page(request, [_application_json(request)])


@routes.get("/v3/applications/{application_id}")
async def get_application(request: web.Request) -> web.Response:
    """Return the application."""
    _check_application(request)
    return answer({"data": _application_json(request)})


@routes.get("/v3/applications/{application_id}/secrets")
async def list_secrets(request: web.Request) -> web.Response:
    """List the secrets of the application; never their values, which are shown once only."""
    _check_application(request)
    secret: JsonObject = {
        "id": "secret-1",
        "type": "secret",
        "attributes": {"name": "Simulator"},
        "meta": {"createdAt": iso(cloud_of(request).created_at)},
    }
    return answer({"data": [secret], "meta": {"totalCount": 1}})
