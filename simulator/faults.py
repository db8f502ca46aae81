"""Switches that make the cloud fail, per route, in every way a client must survive."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from .errors import USUAL, Problem, problem
from .json_types import Json, JsonObject, as_number, as_object, as_text


@dataclass(frozen=True, slots=True)
class Stream:
    """A long command (reference 6.1): 202 without Content-Length now, the JSON later.

    The final JSON is `body` if given; an error envelope if `status` or `type` is given; else the
    real answer of the command. `cut` breaks off in the middle of it.
    """

    after: float = 0.0
    body: str | None = None
    status: int | None = None
    type: str | None = None
    code: str | None = None
    detail: str | None = None
    suggested_user_message: str | None = None
    cut: bool = False

    @property
    def problem(self) -> Problem | None:
        """The error to stream, if any."""
        return _problem(self, None)


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """One fault; fields that are not given change nothing.

    `route` is a template ("/v3/vehicles/{vehicle_id}/signals"), a path, or a glob over either in
    which `*` also matches slashes. Only `delay` given: the real answer, later. `body` is sent as
    it is, with `status` (200) and `content_type`. `drop` closes the connection without an answer.
    `execute` lets the real handler run first, so that a command is executed although its answer
    is lost. `count` is how often it strikes; None is for ever.
    """

    method: str | None = None
    route: str = "*"
    vehicle_id: str | None = None
    status: int | None = None
    type: str | None = None
    code: str | None = None
    detail: str | None = None
    suggested_user_message: str | None = None
    resolution: JsonObject | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0
    body: str | None = None
    content_type: str = "application/json"
    stream: Stream | None = None
    drop: bool = False
    execute: bool = False
    count: int | None = None

    @property
    def problem(self) -> Problem | None:
        """The error to answer, if any."""
        return _problem(self, self.resolution)

    def matches(self, method: str, path: str, template: str, vehicle_id: str | None) -> bool:
        """Return whether the fault strikes this request."""
        if self.method is not None and self.method.upper() != method:
            return False
        if self.vehicle_id is not None and self.vehicle_id != vehicle_id:
            return False
        return self.route == template or any(
            fnmatchcase(name, self.route) for name in (path, template)
        )

    def as_json(self) -> JsonObject:
        """Return the fault as `POST /_sim/faults` takes it."""
        stream = self.stream
        return {
            "method": self.method,
            "route": self.route,
            "vehicle_id": self.vehicle_id,
            "status": self.status,
            "type": self.type,
            "code": self.code,
            "detail": self.detail,
            "suggestedUserMessage": self.suggested_user_message,
            "resolution": self.resolution,
            "headers": dict(self.headers),
            "delay": self.delay,
            "body": self.body,
            "content_type": self.content_type,
            "stream": None
            if stream is None
            else {
                "after": stream.after,
                "body": stream.body,
                "status": stream.status,
                "type": stream.type,
                "code": stream.code,
                "detail": stream.detail,
                "suggestedUserMessage": stream.suggested_user_message,
                "cut": stream.cut,
            },
            "drop": self.drop,
            "execute": self.execute,
            "count": self.count,
        }

    @classmethod
    def from_json(cls, value: Json) -> Fault:
        """Read a fault; raises ValueError for unknown fields and wrong values."""
        data = as_object(value)
        unknown = set(data) - _FIELDS
        if unknown or not data:
            raise ValueError(f"unknown fields: {sorted(unknown)}" if unknown else "no fault given")
        resolution = data.get("resolution")
        headers = as_object(data.get("headers"))
        body = data.get("body")
        return cls(
            method=as_text(data.get("method")),
            route=as_text(data.get("route")) or "*",
            vehicle_id=as_text(data.get("vehicle_id")),
            status=_integer(data.get("status")),
            type=as_text(data.get("type")),
            code=as_text(data.get("code")),
            detail=as_text(data.get("detail")),
            suggested_user_message=as_text(data.get("suggestedUserMessage")),
            resolution=as_object(resolution) if resolution is not None else None,
            headers={name: str(header) for name, header in headers.items()},
            delay=as_number(data.get("delay")) or 0.0,
            body=as_text(body),
            content_type=as_text(data.get("content_type")) or "application/json",
            stream=_stream(data.get("stream")),
            drop=data.get("drop") is True,
            execute=data.get("execute") is True,
            count=_integer(data.get("count")),
        )


_FIELDS = frozenset(Fault().as_json())


class Faults:
    """The faults that are switched on; the first that matches strikes."""

    def __init__(self) -> None:
        """Start without faults."""
        self._faults: list[Fault] = []
        self._left: dict[int, int] = {}

    def add(self, fault: Fault) -> Fault:
        """Switch a fault on."""
        self._faults.append(fault)
        if fault.count is not None:
            self._left[id(fault)] = fault.count
        return fault

    def remove(self, fault: Fault) -> None:
        """Switch a fault off; one that is off already stays off."""
        self._faults = [other for other in self._faults if other is not fault]
        self._left.pop(id(fault), None)

    def clear(self) -> None:
        """Switch all faults off."""
        self._faults.clear()
        self._left.clear()

    def __iter__(self) -> Iterator[Fault]:
        """Iterate over the faults."""
        return iter(tuple(self._faults))

    def __len__(self) -> int:
        """Return how many faults are on."""
        return len(self._faults)

    def strike(self, method: str, path: str, template: str, vehicle_id: str | None) -> Fault | None:
        """Return the fault for a request, using up one of its strikes."""
        for fault in self:
            if not fault.matches(method, path, template, vehicle_id):
                continue
            left = self._left.get(id(fault))
            if left is not None:
                if left <= 1:
                    self.remove(fault)
                else:
                    self._left[id(fault)] = left - 1
            return fault
        return None


def _problem(fault: Fault | Stream, resolution: JsonObject | None) -> Problem | None:
    """Return the problem that a fault describes."""
    if fault.status is None and fault.type is None and fault.code is None:
        return None
    type_, code = fault.type, fault.code
    if type_ is None:
        usual, usual_code = USUAL.get(fault.status or 500, USUAL[500])
        type_, code = usual, code or usual_code
    return problem(
        type_,
        code or "UNKNOWN",
        status=fault.status,
        detail=fault.detail,
        message=fault.suggested_user_message,
        resolution=resolution,
    )


def _stream(value: Json) -> Stream | None:
    """Read the stream part of a fault."""
    if value is None:
        return None
    data = as_object(value)
    return Stream(
        after=as_number(data.get("after")) or 0.0,
        body=as_text(data.get("body")),
        status=_integer(data.get("status")),
        type=as_text(data.get("type")),
        code=as_text(data.get("code")),
        detail=as_text(data.get("detail")),
        suggested_user_message=as_text(data.get("suggestedUserMessage")),
        cut=data.get("cut") is True,
    )


def _integer(value: Json) -> int | None:
    """Return a whole number given as a number or a string."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.isdigit():
        return int(value)
    raise ValueError(f"not a whole number: {value!r}")
