"""The webhooks, in the management API (reference 9.7)."""

from typing import Final

from aiohttp import web

from simulator.catalogue import SIGNALS
from simulator.clock import iso
from simulator.errors import not_found
from simulator.json_types import Json, JsonObject
from simulator.webhooks import Webhook

from .common import Listing, answer, cloud_of, origin_of

routes: Final = web.RouteTableDef()


def _signal_names(codes: tuple[str, ...]) -> list[Json]:
    """Return signals as webhooks name them."""
    return [
        {"group": SIGNALS[code].group, "name": SIGNALS[code].name, "code": code} for code in codes
    ]


def _webhook_json(request: web.Request, webhook: Webhook) -> JsonObject:
    """Return a webhook; no field shows whether it is verified."""
    return {
        "id": webhook.id,
        "type": "webhook",
        "attributes": {
            "name": webhook.name,
            "callbackUri": webhook.callback_uri,
            "errorCallbackUri": webhook.error_callback_uri,
            "isEnabled": webhook.is_enabled,
            "autoSubscribe": webhook.auto_subscribe,
            "triggers": _signal_names(webhook.triggers),
            "data": _signal_names(webhook.data),
        },
        "meta": {"createdAt": iso(webhook.created_at)},
        "links": {"self": f"{origin_of(request)}/v3/webhooks/{webhook.id}"},
    }


@routes.get("/v3/webhooks")
async def list_webhooks(request: web.Request) -> web.Response:
    """List webhooks."""
    switch = ("true", "false")
    listing: Listing[Webhook] = Listing(
        path="/v3/webhooks",
        filters={
            "filter[name]": lambda webhook, value: webhook.name == value,
            "filter[callbackUri]": lambda webhook, value: value in webhook.callback_uri,
            "filter[isEnabled]": lambda webhook, value: webhook.is_enabled == (value == "true"),
            "filter[autoSubscribe]": lambda webhook, value: (
                webhook.auto_subscribe == (value == "true")
            ),
        },
        render=lambda webhook: _webhook_json(request, webhook),
        page_size=50,
        defaults={},
        choices={"filter[isEnabled]": switch, "filter[autoSubscribe]": switch},
    )
    return listing.page(request, reversed(cloud_of(request).webhooks.values()))


@routes.get("/v3/webhooks/{webhook_id}")
async def get_webhook(request: web.Request) -> web.Response:
    """Return one webhook."""
    webhook = cloud_of(request).webhooks.get(request.match_info["webhook_id"])
    if webhook is None:
        raise not_found("The webhook was not found.")
    return answer({"data": _webhook_json(request, webhook)})
