"""The Connect pages (reference 1.4 to 1.7).

`GET /oauth/authorize?...` shows the owners; its form leads to `GET /_connect/choose` with
`authorize` (the query string of the authorize link, unchanged) and `owner` (a user id). That page
holds the form that decides, and whoever needs no pages may post it at once:

`POST /_connect/decide`, a form with
- `authorize`: the query string of the authorize link, unchanged;
- `owner`: a user id;
- `vehicle`: a vehicle id, once per car;
- `permission`: a permission, once per granted one (required ones are granted anyway);
- `decision`: `allow`, `decline` or an error of reference 1.5 (`no_vehicles`,
  `vehicle_incompatible`, `invalid_subscription`, `configuration_error`, `server_error`).

`GET /oauth/reauthenticate?...` shows one page whose form goes to `POST /_connect/reauthenticate`
with `authorize` and `decision` (`allow` or `decline`).

The answer to a decision is 302 to the redirect URI, or a page when there is none. Tests may also
use `POST /_sim/connect` (see `connect_without_pages`). The buttons have ids: `owner-{user id}`,
`decision-allow`, `decision-decline`, `decision-no_vehicles` and so on.
"""

from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from simulator.connect import ERRORS, AuthorizeLink, LinkError, ReauthenticateLink
from simulator.json_types import as_text, as_texts
from simulator.ownership import Owner
from simulator.pages import choice_page, message_page, owner_page, reauthenticate_page

from .common import answer, cloud_of, control_body, control_error

routes: Final = web.RouteTableDef()


def _page(text: str, status: int = 200) -> web.Response:
    """Return a page that may load no resources."""
    return web.Response(
        text=text,
        status=status,
        content_type="text/html",
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
            "Referrer-Policy": "no-referrer",
        },
    )


def _refused(error: Exception) -> web.Response:
    """Return the page of a link or form that Connect refuses."""
    return _page(message_page(str(error), "This link cannot be used."), 400)


def _leave(target: str | None) -> web.Response:
    """Go to the redirect URI; without one the flow ends on a page."""
    if target is None:
        return _page(message_page("All done", "You may close this page now."))
    return web.Response(status=302, headers={"Location": target, "Cache-Control": "no-store"})


def _owner(request: web.Request, owner_id: str) -> Owner:
    """Return the chosen owner."""
    owner = cloud_of(request).owners.get(owner_id)
    if owner is None:
        raise LinkError("Invalid parameter owner")
    return owner


@routes.get("/oauth/authorize")
async def authorize(request: web.Request) -> web.Response:
    """Show the owners."""
    cloud = cloud_of(request)
    try:
        link = AuthorizeLink.read(cloud, request.url.raw_query_string)
    except LinkError as error:
        return _refused(error)
    return _page(owner_page(cloud, link))


@routes.get("/_connect/choose")
async def choose(request: web.Request) -> web.Response:
    """Show the cars and permissions of an owner."""
    cloud = cloud_of(request)
    try:
        link = AuthorizeLink.read(cloud, request.query.get("authorize", ""))
        owner = _owner(request, request.query.get("owner", ""))
    except LinkError as error:
        return _refused(error)
    return _page(choice_page(cloud, link, owner))


@routes.post("/_connect/decide")
async def decide(request: web.Request) -> web.Response:
    """Follow the decision of the owner."""
    cloud = cloud_of(request)
    form = await request.post()
    vehicles = [str(value) for value in form.getall("vehicle", [])]
    try:
        link = AuthorizeLink.read(cloud, str(form.get("authorize", "")))
        owner = _owner(request, str(form.get("owner", "")))
    except LinkError as error:
        return _refused(error)
    decision = str(form.get("decision", ""))
    if decision == "decline":
        return _leave(link.fail(cloud, "access_denied"))
    if decision in ERRORS:
        named = vehicles or link.chosen_at_first(cloud, owner.id)
        return _leave(link.fail(cloud, decision, named[0] if named else None))
    if decision != "allow":
        return _refused(LinkError("Invalid parameter decision"))
    permissions = [str(value) for value in form.getall("permission", [])]
    try:
        target = link.allow(cloud, owner.id, vehicles, permissions)
    except ValueError as error:
        problem = f"Please {error}."
        return _page(choice_page(cloud, link, owner, problem=problem, ticked=vehicles), 400)
    return _leave(target)


@routes.get("/oauth/reauthenticate")
async def reauthenticate(request: web.Request) -> web.Response:
    """Show the login of one car."""
    cloud = cloud_of(request)
    try:
        link = ReauthenticateLink.read(cloud, request.url.raw_query_string)
    except LinkError as error:
        return _refused(error)
    return _page(reauthenticate_page(cloud, link))


@routes.post("/_connect/reauthenticate")
async def decide_reauthenticate(request: web.Request) -> web.Response:
    """Log in again, or not."""
    cloud = cloud_of(request)
    form = await request.post()
    try:
        link = ReauthenticateLink.read(cloud, str(form.get("authorize", "")))
    except LinkError as error:
        return _refused(error)
    if form.get("decision") == "allow":
        return _leave(link.allow(cloud))
    return _leave(link.error_redirect("access_denied"))


@routes.post("/_sim/connect")
async def connect_without_pages(request: web.Request) -> web.Response:
    """Go through Connect without a browser; answers {"redirect": address or null}.

    {authorize_url, owner?, vehicles?, permissions?, error?}: the link (of either kind), a user id
    (the first owner with a car to connect), vehicle ids (those not connected yet, else all),
    permissions (all offered ones), or an error of reference 1.5 to end with.
    """
    cloud = cloud_of(request)
    body = await control_body(request)
    url = urlsplit(as_text(body.get("authorize_url")) or "")
    failure = as_text(body.get("error"))
    if failure is not None and failure not in ERRORS:
        return control_error(f"no such error: {failure}")
    try:
        if url.path.endswith("/reauthenticate"):
            again = ReauthenticateLink.read(cloud, url.query)
            target = again.error_redirect(failure) if failure else again.allow(cloud)
            return answer({"redirect": target})
        link = AuthorizeLink.read(cloud, url.query)
        able = [owner for owner in cloud.owners if cloud.unconnected(owner, link.mode)]
        owner = _owner(request, as_text(body.get("owner")) or [*able, *cloud.owners][0])
        vehicles = (
            list(as_texts(body["vehicles"]))
            if "vehicles" in body
            else link.chosen_at_first(cloud, owner.id)
        )
        if failure is not None:
            target = link.fail(cloud, failure, vehicles[0] if vehicles else None)
        else:
            permissions = as_texts(body["permissions"]) if "permissions" in body else None
            target = link.allow(cloud, owner.id, vehicles, permissions)
    except (LinkError, ValueError) as error:
        return control_error(str(error))
    return answer({"redirect": target})
