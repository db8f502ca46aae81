"""What only Smartcar's dashboard can do with webhooks, and their deliveries, under `/_sim`."""

from typing import Final

from aiohttp import web

from simulator.cloud import Cloud
from simulator.json_types import Json, JsonObject, as_object, as_text, as_texts
from simulator.misbehavior import Misbehavior
from simulator.webhooks import Webhook

from .common import answer, cloud_of, control_body, control_error

routes: Final = web.RouteTableDef()


def _webhook_json(cloud: Cloud, webhook: Webhook) -> JsonObject:
    """Return a webhook as the dashboard shows it."""
    return {
        "id": webhook.id,
        "name": webhook.name,
        "callbackUri": webhook.callback_uri,
        "errorCallbackUri": webhook.error_callback_uri,
        "isEnabled": webhook.is_enabled,
        "autoSubscribe": webhook.auto_subscribe,
        "verified": webhook.is_verified,
        "triggers": list(webhook.triggers),
        "data": list(webhook.data),
        "subscriptions": [
            {"id": one.id, "userId": one.user_id, "vehicleId": one.vehicle_id}
            for one in cloud.registry.visible_subscriptions()
            if one.webhook_id == webhook.id
        ],
        "misbehavior": cloud.push.misbehavior(webhook.id).as_json(),
    }


def _webhook(request: web.Request) -> Webhook | None:
    """Return the webhook of the path."""
    return cloud_of(request).webhooks.get(request.match_info["webhook_id"])


def _no_webhook() -> web.Response:
    """Answer a path that names no webhook."""
    return control_error("no such webhook", 404)


def _switch(body: JsonObject, name: str) -> bool | None:
    """Return true or false; None when it is not given."""
    value = body.get(name)
    if value is None or isinstance(value, bool):
        return value
    raise ValueError(f"{name} must be true or false")


@routes.get("/_sim/webhooks")
async def list_webhooks(request: web.Request) -> web.Response:
    """List the webhooks."""
    cloud = cloud_of(request)
    return answer({"webhooks": [_webhook_json(cloud, one) for one in cloud.webhooks.values()]})


@routes.post("/_sim/webhooks")
async def create_webhook(request: web.Request) -> web.Response:
    """Create a webhook, and verify it unless `verify` is false; answers {id, verified}.

    {name, callbackUri, errorCallbackUri?, isEnabled?, autoSubscribe?, triggers?: [code],
    data?: [code], verify?}
    """
    cloud = cloud_of(request)
    body = await control_body(request)
    name, callback = as_text(body.get("name")), as_text(body.get("callbackUri"))
    if not name or not callback:
        return control_error("name and callbackUri are needed")
    lists: dict[str, tuple[str, ...]] = {
        key: as_texts(body[key]) for key in ("triggers", "data") if key in body
    }
    try:
        webhook = cloud.create_webhook(
            name,
            callback,
            error_callback_uri=as_text(body.get("errorCallbackUri")),
            is_enabled=_switch(body, "isEnabled") is not False,
            auto_subscribe=_switch(body, "autoSubscribe") is True,
            verify=False,
            **lists,
        )
    except ValueError as error:
        return control_error(str(error))
    verify = body.get("verify") is not False
    verified = await cloud.verify_webhook(webhook.id) if verify else False
    return answer({"id": webhook.id, "verified": verified}, 201)


@routes.patch("/_sim/webhooks/{webhook_id}")
async def edit_webhook(request: web.Request) -> web.Response:
    """Change a webhook: {name?, callbackUri?, isEnabled?, autoSubscribe?, verify?}.

    A new callback is verified unless `verify` is false.
    """
    cloud, webhook = cloud_of(request), _webhook(request)
    if webhook is None:
        return _no_webhook()
    body = await control_body(request)
    unknown = set(body) - {"name", "callbackUri", "isEnabled", "autoSubscribe", "verify"}
    if unknown or not body:
        return control_error(
            f"unknown fields: {sorted(unknown)}" if unknown else "nothing to change"
        )
    try:
        edited = cloud.edit_webhook(
            webhook.id,
            name=as_text(body.get("name")),
            callback_uri=as_text(body.get("callbackUri")),
            is_enabled=_switch(body, "isEnabled"),
            auto_subscribe=_switch(body, "autoSubscribe"),
            verify=False,
        )
    except ValueError as error:
        return control_error(str(error))
    if edited.callback_uri != webhook.callback_uri and body.get("verify") is not False:
        await cloud.verify_webhook(webhook.id)
    current = cloud.webhooks.get(webhook.id, edited)
    return answer(_webhook_json(cloud, current))


@routes.delete("/_sim/webhooks/{webhook_id}")
async def delete_webhook(request: web.Request) -> web.Response:
    """Delete a webhook and its subscriptions."""
    webhook = _webhook(request)
    if webhook is None:
        return _no_webhook()
    cloud_of(request).delete_webhook(webhook.id)
    return web.Response(status=204)


@routes.post("/_sim/webhooks/{webhook_id}/verify")
async def verify_webhook(request: web.Request) -> web.Response:
    """Press "Verify"; answers {verified}: whether this answer verified the webhook."""
    webhook = _webhook(request)
    if webhook is None:
        return _no_webhook()
    return answer({"verified": await cloud_of(request).verify_webhook(webhook.id)})


@routes.post("/_sim/webhooks/{webhook_id}/misbehave")
async def misbehave(request: web.Request) -> web.Response:
    """Let a webhook misbehave: the fields of `Misbehavior`; none of them lets it behave again."""
    webhook = _webhook(request)
    if webhook is None:
        return _no_webhook()
    try:
        wrong = Misbehavior.from_json(await control_body(request))
    except ValueError as error:
        return control_error(str(error))
    cloud_of(request).misbehave(webhook.id, wrong)
    return answer(wrong.as_json())


@routes.get("/_sim/deliveries")
async def list_deliveries(request: web.Request) -> web.Response:
    """List the attempts to deliver, oldest first."""
    return answer({"deliveries": [one.as_json() for one in cloud_of(request).deliveries]})


@routes.delete("/_sim/deliveries")
async def forget_deliveries(request: web.Request) -> web.Response:
    """Forget the attempts."""
    cloud_of(request).deliveries.clear()
    return web.Response(status=204)


@routes.get("/_sim/errors")
async def list_errors(request: web.Request) -> web.Response:
    """List the errors that are not resolved."""
    errors: list[Json] = [
        {"id": error.id, "vehicle_id": error.vehicle_id, **error.as_json("ERROR")}
        for error in cloud_of(request).vehicle_errors.errors.values()
    ]
    return answer({"errors": errors})


@routes.post("/_sim/errors")
async def report_error(request: web.Request) -> web.Response:
    """Report an error of a car; answers {id}.

    {vehicle_id, type, code?, signals?: [code], signals_form?, resolution?: type or object,
    suggestedUserMessage?}
    """
    cloud = cloud_of(request)
    body = await control_body(request)
    vehicle_id, type_ = as_text(body.get("vehicle_id")), as_text(body.get("type"))
    if vehicle_id not in cloud.cars:
        return control_error("no such car", 404)
    if not type_:
        return control_error("type is needed")
    resolution = body.get("resolution")
    try:
        error = cloud.report_error(
            vehicle_id,
            type=type_,
            code=as_text(body.get("code")),
            signals=as_texts(body["signals"]) if body.get("signals") is not None else None,
            signals_form=as_text(body.get("signals_form")) or "objects",
            resolution=as_text(resolution) or as_object(resolution) or None,
            suggested_user_message=as_text(body.get("suggestedUserMessage")),
        )
    except ValueError as problem:
        return control_error(str(problem))
    return answer({"id": error.id}, 201)


@routes.delete("/_sim/errors/{error_id}")
async def resolve_error(request: web.Request) -> web.Response:
    """Resolve an error; the webhooks send that."""
    cloud = cloud_of(request)
    error_id = request.match_info["error_id"]
    if error_id not in cloud.vehicle_errors.errors:
        return control_error("no such error", 404)
    cloud.resolve_error(error_id)
    return web.Response(status=204)


@routes.post("/_sim/rotate_management_token")
async def rotate_management_token(request: web.Request) -> web.Response:
    """Replace the application management token; answers the new one."""
    return answer(
        {"application_management_token": cloud_of(request).dashboard.rotate_management_token()}
    )
