"""The management API: applications, webhooks, subscriptions (reference 9.7)."""

from typing import Final

from aiohttp import web

from simulator.catalogue import SIGNALS
from simulator.clock import iso
from simulator.cloud import LIVE, SIMULATED
from simulator.errors import ErrorType, missing, not_found, refuse
from simulator.json_types import Json, JsonObject, as_object, as_text
from simulator.webhooks import Subscription, Webhook

from .common import Listing, answer, cloud_of, origin_of, read_json

routes: Final = web.RouteTableDef()


# --- applications ---------------------------------------------------------------------------


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


# --- webhooks -------------------------------------------------------------------------------


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


# --- subscriptions --------------------------------------------------------------------------


def _subscription_json(request: web.Request, subscription: Subscription) -> JsonObject:
    """Return a subscription."""
    car = cloud_of(request).cars[subscription.vehicle_id]
    base = f"{origin_of(request)}/v3"
    return {
        "id": subscription.id,
        "type": "subscription",
        "attributes": {
            "vehicle": {
                "make": car.model.make,
                "model": car.model.name,
                "year": car.model.year,
                "mode": car.mode,
                "powertrainType": car.model.kind,
            }
        },
        "relationships": {
            "webhook": {
                "data": {"id": subscription.webhook_id, "type": "webhook"},
                "links": {"related": f"{base}/webhooks/{subscription.webhook_id}"},
            },
            "user": {"data": {"id": subscription.user_id, "type": "user"}},
            "vehicle": {"data": {"id": subscription.vehicle_id, "type": "vehicle"}},
        },
        "meta": {"createdAt": iso(subscription.created_at)},
        "links": {"self": f"{base}/subscriptions/{subscription.id}"},
    }


def _shown_subscription(request: web.Request) -> Subscription:
    """Return the subscription of the path."""
    subscription_id = request.match_info["subscription_id"]
    for subscription in cloud_of(request).visible_subscriptions():
        if subscription.id == subscription_id:
            return subscription
    raise not_found("The subscription was not found.")


@routes.get("/v3/subscriptions")
async def list_subscriptions(request: web.Request) -> web.Response:
    """List subscriptions; every mode unless asked otherwise."""
    cloud = cloud_of(request)
    listing: Listing[Subscription] = Listing(
        path="/v3/subscriptions",
        filters={
            "filter[userId]": lambda one, value: one.user_id == value,
            "filter[webhookId]": lambda one, value: one.webhook_id == value,
            "filter[vehicleId]": lambda one, value: one.vehicle_id == value,
            "filter[vehicle.mode]": lambda one, value: cloud.cars[one.vehicle_id].mode == value,
        },
        render=lambda one: _subscription_json(request, one),
        page_size=25,
        defaults={},
        choices={"filter[vehicle.mode]": (LIVE, SIMULATED)},
    )
    return listing.page(request, reversed(list(cloud.visible_subscriptions())))


@routes.post("/v3/subscriptions")
async def create_subscription(request: web.Request) -> web.Response:
    """Subscribe a car to a webhook; it shows a little later."""
    cloud = cloud_of(request)
    data = as_object(as_object(await read_json(request)).get("data"))
    attributes = as_object(data.get("attributes"))
    given: dict[str, str] = {}
    for name in ("webhookId", "userId", "vehicleId"):
        value = as_text(attributes.get(name))
        if not value:
            raise missing(f"missing {name}")
        given[name] = value
    if given["webhookId"] not in cloud.webhooks:
        raise not_found("The webhook was not found.")
    known = any(
        (connection.user_id, connection.vehicle_id) == (given["userId"], given["vehicleId"])
        for connection, _ in cloud.visible_connections()
    )
    if not known:
        raise not_found("The user has no such vehicle.")
    made = cloud.subscribe(given["webhookId"], given["userId"], given["vehicleId"])
    if made is None:
        raise refuse(
            ErrorType.VALIDATION,
            "ALREADY_EXISTS",
            "The vehicle is subscribed to this webhook already.",
            status=409,
        )
    return answer({"meta": {"message": "subscription creation in progress"}}, 202)


@routes.get("/v3/subscriptions/{subscription_id}")
async def get_subscription(request: web.Request) -> web.Response:
    """Return one subscription."""
    return answer({"data": _subscription_json(request, _shown_subscription(request))})


@routes.delete("/v3/subscriptions/{subscription_id}")
async def delete_subscription(request: web.Request) -> web.Response:
    """End a subscription."""
    del cloud_of(request).subscriptions[_shown_subscription(request).id]
    return web.Response(status=204)
