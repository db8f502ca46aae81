"""The resources of the API as frozen values, read from its JSON.

Each `from_json` raises InvalidResponseError if an id or code is missing. All other fields can be
absent, and are None then. Times are aware datetimes in UTC.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

from .errors import Resolution
from .payload import (
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

# One was seen.
_MOST_LEVELS = 3


def resolution_from_json(value: Json) -> Resolution | None:
    """Read `{type, url?}`; None if there is no such object."""
    if not (resolution := optional_object(value)):
        return None
    return Resolution(optional_text(resolution.get("type")), optional_text(resolution.get("url")))


class Listing[T](list[T]):
    """The members of all pages of a list.

    Attributes:
        complete: False if the cloud counted more members than it returned, or if malformed
            members were left out.
        pages: The number of pages, each of which was one request.
    """

    def __init__(self, members: Iterable[T] = (), *, complete: bool = True, pages: int = 1) -> None:
        """Copy the members."""
        super().__init__(members)
        self.complete = complete
        self.pages = pages


class VehicleMode(StrEnum):
    """Whether a vehicle is real. Connections of live and simulated ones are listed apart."""

    LIVE = "live"
    SIMULATED = "simulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """The attributes of a vehicle; `mode` is "live" or "simulated".

    Source: https://smartcar.com/docs/api-reference/get-vehicle
    """

    id: str
    make: str | None = None
    model: str | None = None
    year: int | None = None
    powertrain_type: str | None = None
    mode: str | None = None

    @classmethod
    def from_json(cls, vehicle_id: str, attributes: JsonObject) -> Self:
        """Read `{make, model, year, powertrainType, mode}`; the case of modes varies, so lower it."""
        mode = optional_text(attributes.get("mode"))
        return cls(
            id=vehicle_id,
            make=optional_text(attributes.get("make")),
            model=optional_text(attributes.get("model")),
            year=_optional_year(attributes.get("year")),
            powertrain_type=optional_text(attributes.get("powertrainType")),
            mode=mode.lower() if mode else None,
        )


@dataclass(frozen=True, slots=True)
class ConnectedVehicle:
    """The pair of ids that addresses a vehicle: signals and commands need both.

    Attributes:
        vehicle_id: Smartcar's id of the vehicle. It survives a new consent of the owner.
        user_id: Smartcar's id of the owner who connected the vehicle, which is sent as
            `sc-user-id`. It is not an id of the application or of its own users.

    Source: https://smartcar.com/docs/api-reference/headers
    """

    vehicle_id: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """The consent of one owner for one vehicle.

    Attributes:
        id: The id of the connection. It changes when the owner consents again.
        user_id: Smartcar's id of the owner.
        vehicle: The vehicle.
        permissions: The granted permissions: an upper bound of what works.
        external_id: The id that the application gave the owner in Connect.
        created_at: The time of the first consent.
        updated_at: The time of the last change.

    Source: https://smartcar.com/docs/api-reference/list-connections
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
        """Smartcar's id of the vehicle."""
        return self.vehicle.id

    @property
    def is_simulated(self) -> bool:
        """Whether the vehicle is one of Smartcar's simulated ones, for trying."""
        return self.vehicle.mode == VehicleMode.SIMULATED

    @property
    def connected_vehicle(self) -> ConnectedVehicle:
        """The pair of ids that the methods of the client take."""
        return ConnectedVehicle(self.vehicle.id, self.user_id)

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


def _optional_year(value: Json) -> int | None:
    """Return the model year, which can be a text; None if no car can be of that year."""
    text = optional_text(value)
    if text is not None:
        value = int(text) if len(text) == 4 and text.isdecimal() else None
    year = optional_integer(value)
    return year if year is not None and 1900 <= year < 2100 else None


class SignalStatus(StrEnum):
    """Whether the body of a signal is valid."""

    SUCCESS = "SUCCESS"
    ERROR = "ERROR"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalError:
    """The reason why a signal has no value now; `type` and `code` are open lists."""

    type: str
    code: str | None = None
    detail: str | None = None
    suggested_user_message: str | None = None
    resolution: Resolution | None = None

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read `status.error`; a missing type is UNKNOWN."""
        error = optional_object(value)
        return cls(
            type=optional_text(error.get("type")) or "UNKNOWN",
            code=optional_text(error.get("code")),
            detail=optional_text(error.get("detail")) or optional_text(error.get("description")),
            suggested_user_message=optional_text(error.get("suggestedUserMessage")),
            resolution=resolution_from_json(error.get("resolution")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One signal of a vehicle.

    Attributes:
        code: Smartcar's code in lower case, such as "charge-ischarging".
        status: Whether the body is valid.
        body: The body as the cloud sent it, unchecked, but unwrapped where it is nested in itself.
            `api.catalogue` has the readers.
        error: The reason, if the status is ERROR.
        name: Smartcar's name of the signal.
        group: Smartcar's name of the group of the signal.
        oem_updated_at: The time at which the maker got or changed the datum: its age.
        retrieved_at: The time at which Smartcar fetched it from the maker.
        ingested_at: The time at which Smartcar stored it.

    Source: https://smartcar.com/docs/api-reference/get-signals
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
        """Read an element of `data` of `GET /signals`, where `meta` is beside `attributes`."""
        data = required_object(value, "signal")
        attributes = required_object(data.get("attributes"), "signal.attributes")
        code = optional_text(attributes.get("code")) or optional_text(data.get("id"))
        return cls._from_parts(code, attributes, optional_object(data.get("meta")))

    @classmethod
    def from_event(cls, value: Json) -> Self:
        """Read an element of `data.signals` of a delivery, where `meta` is inside."""
        data = required_object(value, "signal")
        return cls._from_parts(data.get("code"), data, optional_object(data.get("meta")))

    @classmethod
    def _from_parts(cls, code: Json, attributes: JsonObject, meta: JsonObject) -> Self:
        status, error = _signal_status(attributes.get("status"))
        return cls(
            code=required_text(code, "signal.code").lower(),
            status=status,
            body=_unwrapped(optional_object(attributes.get("body"))),
            error=error,
            name=optional_text(attributes.get("name")),
            group=optional_text(attributes.get("group")),
            oem_updated_at=optional_time(meta.get("oemUpdatedAt")),
            retrieved_at=optional_time(meta.get("retrievedAt"))
            or optional_time(meta.get("fetchedAt")),
            ingested_at=optional_time(meta.get("ingestedAt")),
        )


def _unwrapped(body: JsonObject) -> JsonObject:
    """Return the body without the levels that bodies of 2025 had more.

    They were `{"values": {"activeLimit": 80, "values": [...]}}` and `{"values": {"doors": [...]}}`.
    """
    for _ in range(_MOST_LEVELS):
        if not (inner := optional_object(body.get("values"))):
            break
        outer = {name: item for name, item in body.items() if name != "values"}
        body = {**outer, **inner}
    return body


def _signal_status(value: Json) -> tuple[SignalStatus, SignalError | None]:
    """Read `{value, error?}`. Until November 2025 successful signals had no status at all."""
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
    """A successful command or change of a charge schedule.

    Attributes:
        id: The id of the execution.
        command: The name of the command, such as "charge-start".
        executed_at: The time at which Smartcar sent the command to the vehicle.
        completed_at: The time at which the vehicle had executed it.
        duration: Seconds between the two.
        schedule_id: The id of a charge schedule; None for other commands.
        parameters: The parameters of the command.

    Source: https://smartcar.com/docs/api-reference/commands/overview
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
        """Read `data` of the answer to a command, whose status must be SUCCESS."""
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
    """A Smartcar application; `id` is the Application ID, a parameter of Connect."""

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
    """A webhook of the dashboard. No field says whether it is verified."""

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
    """The subscription of one vehicle to one webhook."""

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
    """A time of day to charge: `start` and `stop` are "HH:MM" in the local time of the vehicle."""

    start: str
    stop: str

    def to_json(self) -> Mapping[str, str]:
        """Return the two fields of the request body."""
        return {"startTime": self.start, "stopTime": self.stop}


def _related_id(data: JsonObject, name: str) -> str | None:
    relationships = optional_object(data.get("relationships"))
    related = optional_object(optional_object(relationships.get(name)).get("data"))
    return optional_text(related.get("id"))
