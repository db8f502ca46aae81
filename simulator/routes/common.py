"""Shared by the routes: the cloud of the application, answers, paging, bodies."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
import json
from typing import Final
from urllib.parse import urlencode
import uuid

from aiohttp import web

from simulator.car import Car
from simulator.cloud import Cloud
from simulator.errors import ApiError, Problem, envelope, invalid
from simulator.json_types import Json, JsonObject, as_object

CLOUD: Final = web.AppKey("cloud", Cloud)
MAX_PAGE_SIZE: Final = 100


def cloud_of(request: web.Request) -> Cloud:
    """Return the cloud that a request came to."""
    return request.app[CLOUD]


def origin_of(request: web.Request) -> str:
    """Return the origin that the client used."""
    return f"{request.scheme}://{request.host}"


def answer(value: Json, status: int = 200) -> web.Response:
    """Return JSON."""
    return web.json_response(value, status=status)


def request_id() -> str:
    """Return an id for a request."""
    return str(uuid.uuid4())


def problem_answer(
    cloud: Cloud, problem: Problem, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return an error envelope."""
    id_ = request_id()
    return web.json_response(
        envelope(problem, id_, cloud.application_id),
        status=problem.status,
        headers={"SC-Request-Id": id_, **(headers or {})},
    )


async def read_json(request: web.Request) -> Json:
    """Return the body of a request; a broken one is a 400."""
    raw = await request.read()
    if not raw:
        return None
    try:
        value: Json = json.loads(raw)
    except ValueError as error:
        raise invalid("The request body is not valid JSON.") from error
    return value


def control_error(reason: str, status: int = 400) -> web.Response:
    """Return what was wrong with a request to the control API."""
    return answer({"error": reason}, status)


async def control_body(request: web.Request) -> JsonObject:
    """Return the JSON object sent to the control API; an empty one when it is none."""
    try:
        return as_object(await read_json(request))
    except ApiError:
        return {}


def vehicle_attributes(car: Car) -> JsonObject:
    """Return what every answer says about a car."""
    return {
        "make": car.model.make,
        "model": car.model.name,
        "year": car.model.year,
        "powertrainType": car.model.kind,
        "mode": car.mode,
    }


@dataclass(frozen=True, slots=True)
class Listing[T]:
    """How a list is filtered, paged and rendered."""

    path: str
    filters: Mapping[str, Callable[[T, str], bool]]
    render: Callable[[T], JsonObject]
    page_size: int
    defaults: Mapping[str, str]
    choices: Mapping[str, Sequence[str]]

    def page(self, request: web.Request, items: Iterable[T]) -> web.Response:
        """Answer one page of the items: `data`, `meta` and `links` (reference 3.1)."""
        wanted = {**self.defaults}
        number, size = 1, self.page_size
        for name, value in request.query.items():
            if name == "page[number]":
                number = _counted(name, value, None)
            elif name == "page[size]":
                size = _counted(name, value, MAX_PAGE_SIZE)
            elif name in self.filters:
                wanted[name] = value
            else:
                raise invalid(f"Unknown query parameter: {name}")
        for name, allowed in self.choices.items():
            if name in wanted and wanted[name] not in allowed:
                raise invalid(f"{name} must be one of: {', '.join(allowed)}")
        found = [
            item
            for item in items
            if all(self.filters[name](item, value) for name, value in wanted.items())
        ]
        last = max(1, -(-len(found) // size))

        def link(page: int) -> str:
            query = urlencode({**wanted, "page[number]": page, "page[size]": size}, safe="[]:/")
            return f"{origin_of(request)}{self.path}?{query}"

        start = (number - 1) * size
        return answer(
            {
                "data": [self.render(item) for item in found[start : start + size]],
                "meta": {
                    "pageNumber": number,
                    "pageSize": size,
                    "totalCount": len(found),
                    "orderBy": "createdAt",
                    "orderDirection": "DESC",
                },
                "links": {
                    "self": link(number),
                    "first": link(1),
                    "last": link(last),
                    "next": link(number + 1) if number < last else None,
                    "prev": link(number - 1) if 1 < number <= last + 1 else None,
                },
            }
        )


def _counted(name: str, value: str, most: int | None) -> int:
    """Return a page number or size."""
    number = int(value) if value.isascii() and value.isdigit() else 0
    if number < 1 or (most is not None and number > most):
        raise invalid(f"{name} must be a whole number from 1{f' to {most}' if most else ''}")
    return number
