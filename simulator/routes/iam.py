"""The token endpoint (reference 1.2)."""

import json
from typing import Final

from aiohttp import web

from simulator.json_types import Json, as_object

from .common import answer, cloud_of

routes: Final = web.RouteTableDef()


def _error(status: int, code: str, description: str) -> web.Response:
    """Return an OAuth error."""
    return answer({"error": code, "error_description": description}, status)


async def _parameters(request: web.Request) -> dict[str, Json] | None:
    """Return the parameters from a form or a JSON body; None when there is neither."""
    if request.content_type == "application/json":
        try:
            value: Json = json.loads(await request.read())
        except ValueError:
            return None
        return dict(as_object(value))
    if request.content_type == "application/x-www-form-urlencoded":
        return {name: str(value) for name, value in (await request.post()).items()}
    return None


@routes.post("/oauth2/token")
async def token(request: web.Request) -> web.Response:
    """Answer client credentials with an application token; there is no refresh token."""
    cloud = cloud_of(request)
    given = await _parameters(request)
    if given is None:
        return _error(400, "invalid_request", "The body must be a form or JSON.")
    if given.get("grant_type") != "client_credentials":
        return _error(400, "invalid_request", "grant_type must be client_credentials.")
    # HTTP Basic is no way in: the credentials belong into the body.
    missing = [name for name in ("client_id", "client_secret") if not given.get(name)]
    if missing:
        return _error(400, "invalid_request", f"Missing parameter: {', '.join(missing)}.")
    if (given["client_id"], given["client_secret"]) != (cloud.client_id, cloud.client_secret):
        return _error(401, "invalid_client", "Client authentication failed.")
    return answer(
        {
            "access_token": cloud.mint_token(),
            "token_type": "Bearer",
            "expires_in": cloud.token_lifetime,
        }
    )
