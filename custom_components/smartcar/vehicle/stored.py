"""A signal as the merge keeps it, and as it survives a restart."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

from ..api import (
    ErrorCode,
    Json,
    JsonObject,
    SignalError,
    optional_bool,
    optional_object,
    optional_time,
    time_to_json,
)

_INCAPABLE_FOR_GOOD = timedelta(days=7)


def says_anything(body: JsonObject) -> bool:
    """Tell whether a body has anything in it besides nulls and a unit, readable or not."""
    return any(value is not None for key, value in body.items() if key != "unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSignal:
    """The last good body of a signal, and the error that the cloud has sent since.

    Attributes:
        body: The body as the cloud sent it.
        updated_at: The maker's time of the body. If the maker sent none (`dated` is False), it is
            the time of arrival. None if there never was a body.
        retrieved_at: When Smartcar retrieved the body, or else when it arrived.
        dated: Whether `updated_at` is the maker's time.
        reported_at: The newest of the maker's times of this signal, also after an undated body.
        commanded: Whether the body is the result of a command that no signal has confirmed yet.
        is_withdrawn: Whether the owner has taken the permission back, so that the value is unknown.
        error: The error that was sent last, if no success has come since.
        error_since: Since when that error has been sent.
    """

    body: JsonObject = field(default_factory=dict)
    updated_at: datetime | None = None
    retrieved_at: datetime | None = None
    dated: bool = True
    reported_at: datetime | None = None
    commanded: bool = False
    is_withdrawn: bool = False
    error: SignalError | None = None
    error_since: datetime | None = None

    @property
    def has_value(self) -> bool:
        """Whether there ever was a body that said anything."""
        return self.updated_at is not None and says_anything(self.body)

    @property
    def is_refused(self) -> bool:
        """Whether the last report says that the vehicle does not have this signal."""
        return self.error is not None and self.error.code == ErrorCode.VEHICLE_NOT_CAPABLE

    def is_incapable(self, now: datetime) -> bool:
        """Tell whether the vehicle has been reported incapable for so long that it must be true."""
        return (
            self.is_refused
            and self.error_since is not None
            and now - self.error_since >= _INCAPABLE_FOR_GOOD
        )

    def is_newer_than(self, other: Self, by: timedelta = timedelta()) -> bool:
        """Tell whether this body is newer than another one, by more than a span.

        Times of the maker are compared with times of the maker, else times of retrieval. A body
        without the maker's time is at least as new as the last one that had it.
        """
        if self.dated and other.dated:
            return _is_later(self.updated_at, other.updated_at, by)
        if other.dated and _is_later(self.reported_at, other.updated_at, by):
            return True
        if self.dated and _is_later(other.reported_at, self.updated_at):
            return False
        return _is_later(self.retrieved_at, other.retrieved_at, by)

    def as_json(self) -> dict[str, Json]:
        """Return what the store keeps."""
        return {
            "body": self.body,
            "updated_at": time_to_json(self.updated_at),
            "retrieved_at": time_to_json(self.retrieved_at),
            "dated": self.dated,
            "reported_at": time_to_json(self.reported_at),
            "commanded": self.commanded,
            "is_withdrawn": self.is_withdrawn,
            "error": {"type": self.error.type, "code": self.error.code} if self.error else None,
            "error_since": time_to_json(self.error_since),
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what the store kept. Parts of another shape are left out."""
        data = optional_object(value)
        error = data.get("error")
        updated_at = optional_time(data.get("updated_at"))
        return cls(
            body=optional_object(data.get("body")),
            updated_at=updated_at,
            retrieved_at=optional_time(data.get("retrieved_at")) or updated_at,
            dated=data.get("dated") is not False,
            reported_at=optional_time(data.get("reported_at")),
            commanded=optional_bool(data.get("commanded")) or False,
            is_withdrawn=optional_bool(data.get("is_withdrawn")) or False,
            error=SignalError.from_json(error) if error is not None else None,
            error_since=optional_time(data.get("error_since")),
        )


def _is_later(time: datetime | None, other: datetime | None, by: timedelta = timedelta()) -> bool:
    return time is not None and (other is None or time - other > by)
