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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSignal:
    """The last good body of a signal, and the error that the cloud has sent since.

    `updated_at` is the maker's time of the body. If the maker sent none (`dated` is False), it is
    the time of arrival. It is None if there never was a body. `commanded` marks the result of a
    command that no signal has confirmed yet.
    """

    body: JsonObject = field(default_factory=dict)
    updated_at: datetime | None = None
    dated: bool = True
    commanded: bool = False
    error: SignalError | None = None
    error_since: datetime | None = None

    @property
    def has_value(self) -> bool:
        """Whether there ever was a success that said anything."""
        return self.updated_at is not None and any(
            value is not None for key, value in self.body.items() if key != "unit"
        )

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

    def as_json(self) -> dict[str, Json]:
        """Return what the store keeps."""
        return {
            "body": self.body,
            "updated_at": time_to_json(self.updated_at),
            "dated": self.dated,
            "commanded": self.commanded,
            "error": {"type": self.error.type, "code": self.error.code} if self.error else None,
            "error_since": time_to_json(self.error_since),
        }

    @classmethod
    def from_json(cls, value: Json) -> Self:
        """Read what the store kept. Parts of another shape are left out."""
        data = optional_object(value)
        error = data.get("error")
        return cls(
            body=optional_object(data.get("body")),
            updated_at=optional_time(data.get("updated_at")),
            dated=data.get("dated") is not False,
            commanded=optional_bool(data.get("commanded")) or False,
            error=SignalError.from_json(error) if error is not None else None,
            error_since=optional_time(data.get("error_since")),
        )
