"""What the cloud talks about: frozen values, read from its JSON.

Each `from_json` raises InvalidResponseError if what identifies the thing is missing; everything
else can be absent and is None. Times are aware datetimes in UTC.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from .errors import Resolution
from .reading import (
    Json,
    JsonObject,
    optional_bool,
    optional_integer,
    optional_list,
    optional_number,
    optional_object,
    optional_text,
    optional_time,
    required_object,
    required_text,
)


class Listing[T](list[T]):
    """The members of all pages, of which there were `pages`.

    `complete` is False if the cloud counted more than it showed.
    """

    def __init__(self, members: Iterable[T] = (), *, complete: bool = True, pages: int = 1) -> None:
        """Collect the members."""
        super().__init__(members)
        self.complete = complete
        self.pages = pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A car. Source: https://smartcar.com/docs/api-reference/get-vehicle."""

    id: str
    make: str | None = None
    model: str | None = None
    year: int | None = None
    powertrain_type: str | None = None
    mode: str | None = None

    @classmethod
    def from_json(cls, vehicle_id: str, attributes: JsonObject) -> Self:
        """Read `{make, model, year, powertrainType, mode}`; modes differ in case, so lower."""
        mode = optional_text(attributes.get("mode"))
        return cls(
            id=vehicle_id,
            make=optional_text(attributes.get("make")),
            model=optional_text(attributes.get("model")),
            year=optional_integer(attributes.get("year")),
            powertrain_type=optional_text(attributes.get("powertrainType")),
            mode=mode.lower() if mode else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One owner's consent for one car.

    `permissions` are an upper bound of what works.
    Source: https://smartcar.com/docs/api-reference/list-connections.
    """

    id: str
    user_id: str
    vehicle: Vehicle
    permissions: frozenset[str] = frozenset()
    external_id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def vehicle_id(self) -> str:
        """The id of the car."""
        return self.vehicle.id

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read one element of `data` of `GET /connections`."""
        data = required_object(value, "connection")
        attributes = optional_object(data.get("attributes"))
        user = optional_object(attributes.get("user"))
        meta = optional_object(data.get("meta"))
        return cls(
            id=required_text(data.get("id"), "connection.id"),
            user_id=_related_id(data, "user")
            or required_text(user.get("id"), "connection.relationships.user.data.id"),
            vehicle=Vehicle.from_json(
                required_text(
                    _related_id(data, "vehicle"),
                    "connection.relationships.vehicle.data.id",
                ),
                optional_object(attributes.get("vehicle")),
            ),
            permissions=frozenset(
                permission
                for item in optional_list(attributes.get("permissions"))
                if (permission := optional_text(item))
            ),
            external_id=optional_text(user.get("externalId")),
            created_at=optional_time(meta.get("createdAt")),
            updated_at=optional_time(meta.get("updatedAt")),
        )


class SignalStatus(StrEnum):
    """Whether a signal's body can be believed."""

    SUCCESS = "SUCCESS"
    ERROR = "ERROR"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalError:
    """Why a signal has no value now; `type` and `code` are open lists, `code` can be None."""

    type: str
    code: str | None = None
    detail: str | None = None
    suggested_user_message: str | None = None
    resolution: Resolution | None = None

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read `status.error`; whatever is missing is None, a missing type is UNKNOWN."""
        error = optional_object(value)
        resolution = optional_object(error.get("resolution"))
        return cls(
            type=optional_text(error.get("type")) or "UNKNOWN",
            code=optional_text(error.get("code")),
            detail=optional_text(error.get("detail")) or optional_text(error.get("description")),
            suggested_user_message=optional_text(error.get("suggestedUserMessage")),
            resolution=Resolution(
                optional_text(resolution.get("type")),
                optional_text(resolution.get("url")),
            )
            if resolution
            else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One datum of a car, as the cloud holds it.

    `body` is what the cloud sent, unchecked (`api.signals` reads it); only with SUCCESS does it
    mean anything. `oem_updated_at` is when the car's maker got the datum: its age.
    Source: https://smartcar.com/docs/api-reference/get-signals.
    """

    code: str
    status: SignalStatus = SignalStatus.SUCCESS
    body: JsonObject = field(default_factory=dict)
    error: SignalError | None = None
    name: str | None = None
    group: str | None = None
    oem_updated_at: datetime | None = None
    retrieved_at: datetime | None = None
    ingested_at: datetime | None = None

    @classmethod
    def from_rest(cls, value: Json) -> Self:
        """Read an element of `data` of `GET /signals`: `meta` stands beside `attributes`."""
        data = required_object(value, "signal")
        attributes = required_object(data.get("attributes"), "signal.attributes")
        code = optional_text(attributes.get("code")) or optional_text(data.get("id"))
        return cls._from_parts(code, attributes, optional_object(data.get("meta")))

    @classmethod
    def from_event(cls, value: Json) -> Self:
        """Read an element of `data.signals` of a webhook: `meta` stands inside."""
        data = required_object(value, "signal")
        return cls._from_parts(data.get("code"), data, optional_object(data.get("meta")))

    @classmethod
    def _from_parts(cls, code: Json, attributes: JsonObject, meta: JsonObject) -> Self:
        status, error = _signal_status(attributes.get("status"))
        return cls(
            code=required_text(code, "signal.code").lower(),
            status=status,
            body=optional_object(attributes.get("body")),
            error=error,
            name=optional_text(attributes.get("name")),
            group=optional_text(attributes.get("group")),
            oem_updated_at=optional_time(meta.get("oemUpdatedAt")),
            retrieved_at=optional_time(meta.get("retrievedAt")),
            ingested_at=optional_time(meta.get("ingestedAt")),
        )


def _signal_status(value: Json) -> tuple[SignalStatus, SignalError | None]:
    """Read `{value, error?}`. No status at all is a success: so it was before November 2025."""
    if value is None:
        return SignalStatus.SUCCESS, None
    status = optional_object(value)
    text = optional_text(status.get("value")) or optional_text(value)
    if error := optional_object(status.get("error")):
        return SignalStatus.ERROR, SignalError.from_json(error)
    try:
        known = SignalStatus((text or "").upper())
    except ValueError:
        known = SignalStatus.UNAVAILABLE
    return known, SignalError(type="UNKNOWN") if known is SignalStatus.ERROR else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandExecution:
    """A command or a schedule change that the cloud says succeeded.

    `completed_at` is when the car had done it; `schedule_id` only comes with schedules.
    Source: https://smartcar.com/docs/api-reference/commands/overview.
    """

    id: str | None = None
    command: str | None = None
    executed_at: datetime | None = None
    completed_at: datetime | None = None
    duration: float | None = None
    schedule_id: str | None = None
    parameters: JsonObject = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: JsonObject) -> Self:
        """Read `data` of a command's answer. Its status has been judged before."""
        attributes = optional_object(data.get("attributes"))
        meta = optional_object(data.get("meta"))
        return cls(
            id=optional_text(data.get("id")),
            command=optional_text(attributes.get("commandType"))
            or optional_text(attributes.get("action")),
            executed_at=optional_time(meta.get("executedAt")),
            completed_at=optional_time(meta.get("completedAt")),
            duration=optional_number(meta.get("durationInSeconds")),
            schedule_id=optional_text(attributes.get("scheduleId")),
            parameters=optional_object(attributes.get("parameters")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A Smartcar application. `id` is the Application ID that Connect asks for."""

    id: str
    name: str | None = None

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read one element of `data` of `GET /applications` (management API)."""
        data = required_object(value, "application")
        return cls(
            id=required_text(data.get("id"), "application.id"),
            name=optional_text(optional_object(data.get("attributes")).get("name")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook as the dashboard made it. No field tells whether it is verified."""

    id: str
    name: str | None = None
    callback_uri: str | None = None
    error_callback_uri: str | None = None
    is_enabled: bool | None = None
    auto_subscribe: bool | None = None

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read one element of `data` of `GET /webhooks` (management API)."""
        data = required_object(value, "webhook")
        attributes = optional_object(data.get("attributes"))
        return cls(
            id=required_text(data.get("id"), "webhook.id"),
            name=optional_text(attributes.get("name")),
            callback_uri=optional_text(attributes.get("callbackUri")),
            error_callback_uri=optional_text(attributes.get("errorCallbackUri")),
            is_enabled=optional_bool(attributes.get("isEnabled")),
            auto_subscribe=optional_bool(attributes.get("autoSubscribe")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One car's subscription to one webhook."""

    id: str
    webhook_id: str | None = None
    user_id: str | None = None
    vehicle_id: str | None = None

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read one element of `data` of `GET /subscriptions` (management API)."""
        data = required_object(value, "subscription")
        attributes = optional_object(data.get("attributes"))
        vehicle = optional_object(attributes.get("vehicle"))
        return cls(
            id=required_text(data.get("id"), "subscription.id"),
            webhook_id=_related_id(data, "webhook"),
            user_id=_related_id(data, "user"),
            vehicle_id=_related_id(data, "vehicle") or optional_text(vehicle.get("id")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingWindow:
    """From `start` to `stop`, each "HH:MM" in the car's local time."""

    start: str
    stop: str

    def to_json(self) -> Mapping[str, str]:
        """Return the body's two fields."""
        return {"startTime": self.start, "stopTime": self.stop}


def _related_id(data: JsonObject, name: str) -> str | None:
    relationships = optional_object(data.get("relationships"))
    related = optional_object(optional_object(relationships.get(name)).get("data"))
    return optional_text(related.get("id"))
