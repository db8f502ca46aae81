"""The subscriptions of cars to webhooks, in the management API (reference 9.7)."""

from typing import Final

from aiohttp import web

from simulator.clock import iso
from simulator.errors import ErrorType, missing, not_found, refuse
from simulator.json_types import JsonObject, as_object, as_text
from simulator.ownership import LIVE, SIMULATED
from simulator.webhooks import Subscription

from .common import Listing, answer, cloud_of, origin_of, read_json

routes: Final = web.RouteTableDef()


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
    for subscription in cloud_of(request).registry.visible_subscriptions():
        if subscription.id == subscription_id:
            return subscription
    raise not_found("The subscription was not found.")


@routes.get("/v3/subscriptions")
async def list_subscriptions(request: web.Request) -> web.Response:
    """List subscriptions; every mode unless a filter names one."""
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
    return listing.page(request, reversed(list(cloud.registry.visible_subscriptions())))


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
