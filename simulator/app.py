"""The web application: all four origins on one port, behind counting, faults and tokens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
import contextlib
import logging
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from .cloud import Cloud
from .errors import ApiError, ErrorType, refuse
from .faults import Fault, Stream
from .routes import (
    applications,
    connect,
    connections,
    control,
    dashboard,
    iam,
    subscriptions,
    vehicles,
    webhooks,
)
from .routes.common import CLOUD, origin_of, problem_answer, request_id

_LOGGER: Final = logging.getLogger("simulator")

OAUTH_ERRORS: Final = {400: "invalid_request", 401: "invalid_client"}

type Serve = Callable[[], Awaitable[web.Response]]

_ROUTES: Final = (
    iam,
    connect,
    connections,
    vehicles,
    applications,
    webhooks,
    subscriptions,
    control,
    dashboard,
)

API: Final = "/v3/"
OWN: Final = "/_"
"""Control routes and the forms of the Connect pages: no part of the cloud."""


def create_app(cloud: Cloud) -> web.Application:
    """Return the application that serves a cloud."""
    app = web.Application(middlewares=[_middleware(cloud)])
    app[CLOUD] = cloud
    app.cleanup_ctx.append(_life)
    for module in _ROUTES:
        app.add_routes(module.routes)
    app.router.add_route("*", "/v3/{tail:.*}", _unknown_path)
    return app


async def _life(app: web.Application) -> AsyncIterator[None]:
    """Send webhooks, and let the cars live by themselves, as long as the application runs."""
    cloud = app[CLOUD]
    cloud.sender.start()
    ticker = asyncio.create_task(_tick(cloud))
    yield
    ticker.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await ticker
    await cloud.sender.stop()


async def _tick(cloud: Cloud) -> None:
    """Step the cloud, again and again."""
    while True:
        await asyncio.sleep(cloud.step_interval)
        try:
            cloud.step()
        except Exception:
            _LOGGER.exception("The simulator failed")


async def _unknown_path(request: web.Request) -> web.StreamResponse:
    """Answer a path that is not there; also a method that is not (reference 4.1)."""
    raise refuse(ErrorType.RESOURCE_NOT_FOUND, "INVALID_PATH")


def _middleware(cloud: Cloud) -> Middleware:
    """Return the middleware: it counts, lets a fault strike, checks the token, answers errors."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(OWN):
            return await handler(request)
        cloud.connect_origin = origin_of(request)
        resource = request.match_info.route.resource
        template = resource.canonical if resource is not None else request.path
        cloud.requests[f"{request.method} {template}"] += 1

        async def serve() -> web.Response:
            return await _serve(cloud, request, handler)

        vehicle_id = request.match_info.get("vehicle_id")
        fault = cloud.faults.strike(request.method, request.path, template, vehicle_id)
        if fault is None:
            response: web.StreamResponse = await serve()
        else:
            response = await _strike(cloud, request, fault, serve)
        # The template only: ids and tokens belong in no log.
        _LOGGER.debug("%s %s: %s", request.method, template, response.status)
        return response

    return middleware


async def _serve(cloud: Cloud, request: web.Request, handler: Handler) -> web.Response:
    """Answer as the cloud does without faults."""
    try:
        if request.path.startswith(API):
            _check_token(cloud, request)
        response = await handler(request)
    except ApiError as error:
        response = problem_answer(cloud, error.problem)
    except web.HTTPException:
        raise
    except Exception:
        _LOGGER.exception("The simulator failed")
        response = problem_answer(cloud, refuse(ErrorType.SERVER, "INTERNAL").problem)
    if not isinstance(response, web.Response):
        raise TypeError("handlers return whole responses")
    response.headers.setdefault("SC-Request-Id", request_id())
    return response


def _check_token(cloud: Cloud, request: web.Request) -> None:
    """Refuse a request without a valid application token."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not cloud.tokens.is_valid(token):
        raise refuse(ErrorType.AUTHENTICATION, "UNAUTHORIZED")


async def _strike(
    cloud: Cloud, request: web.Request, fault: Fault, serve: Serve
) -> web.StreamResponse:
    """Answer as a fault says."""
    if fault.delay > 0:
        await asyncio.sleep(fault.delay)
    executed = await serve() if fault.execute else None

    async def real() -> web.Response:
        """Answer as usual; a command that was executed is not executed again."""
        return executed or await serve()

    if fault.drop:
        return _cut_off(request)
    if fault.stream is not None:
        return await _stream(cloud, request, fault, fault.stream, real)
    if fault.body is not None:
        return web.Response(
            text=fault.body,
            status=fault.status or 200,
            content_type=fault.content_type,
            headers=fault.headers,
        )
    if fault.problem is not None:
        if request.path == "/oauth2/token":
            # The token endpoint speaks OAuth, not envelopes (reference 1.2).
            status = fault.problem.status
            return web.json_response(
                {
                    "error": (fault.code or OAUTH_ERRORS.get(status, "server_error")).lower(),
                    "error_description": fault.problem.detail,
                },
                status=status,
                headers=fault.headers,
            )
        return problem_answer(cloud, fault.problem, fault.headers)
    response = await real()
    response.headers.update(fault.headers)
    return response


def _cut_off(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _stream(
    cloud: Cloud, request: web.Request, fault: Fault, stream: Stream, serve: Serve
) -> web.StreamResponse:
    """Answer 202 at once and the final JSON later, in the same response (reference 6.1)."""
    response = web.StreamResponse(
        status=fault.status or 202,
        headers={"Content-Type": fault.content_type, **fault.headers},
    )
    response.enable_chunked_encoding()
    await response.prepare(request)
    # A blank before the JSON makes aiohttp send the headers now.
    await response.write(b" ")
    await asyncio.sleep(stream.after)
    if stream.body is not None:
        final = stream.body.encode()
    else:
        answer = problem_answer(cloud, stream.problem) if stream.problem else await serve()
        final = answer.body if isinstance(answer.body, bytes) else b""
    if stream.cut:
        await response.write(final[: len(final) // 2])
        # The pieces must leave before the connection does.
        await asyncio.sleep(0.01)
        if request.transport is not None:
            request.transport.abort()
        return response
    await response.write(final)
    await response.write_eof()
    return response
