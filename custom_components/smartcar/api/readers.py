"""Readers of signal bodies, and the values that they return.

A reader takes the body of a signal as the cloud sent it and returns the value in the units of
`units.py`, or None if the body has no usable value. Readers never raise.

Source: https://smartcar.com/docs/api-reference/signals/schema and live bodies
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

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
)
from .units import Quantity, normalize, normalize_percent_or_fraction, normalize_tire_pressure

# No car has ten rows; some send 255 where they do not know.
_PLAUSIBLE_POSITIONS = frozenset(range(10))


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place on the car: row 0 is the front, column 0 the left, seen from the driver's seat."""

    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Closure:
    """The state of a door, window, trunk, hood or sunroof; None means unknown."""

    is_open: bool | None = None
    is_locked: bool | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """The position of the car in degrees; `heading` counts clockwise from north."""

    latitude: float
    longitude: float
    heading: float | None = None
    direction: str | None = None
    location_type: str | None = None


@dataclass(frozen=True, slots=True)
class ChargeLimit:
    """One configured limit in percent; `type` is GLOBAL, LOCATION, CHARGING_TYPE, ..."""

    type: str
    limit: float
    condition: JsonObject


@dataclass(frozen=True, slots=True)
class ChargeLimits:
    """All configured limits, and the one that applies now (`active`), if the car reports it."""

    active: float | None
    limits: tuple[ChargeLimit, ...]

    @property
    def percent(self) -> float | None:
        """The limit that applies now; else the global one; else the only one."""
        if self.active is not None:
            return self.active
        everywhere = [limit for limit in self.limits if limit.type == "GLOBAL"]
        candidates = everywhere or (self.limits if len(self.limits) == 1 else ())
        return candidates[0].limit if candidates else None


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """The result of the car's self-diagnosis for one system."""

    is_alert: bool
    description: str | None = None


@dataclass(frozen=True, slots=True)
class TroubleCode:
    """One active diagnostic trouble code."""

    code: str
    time: datetime | None = None


@dataclass(frozen=True, slots=True)
class DriveMode:
    """The drive mode: Smartcar's name (`canonical`) and the maker's (`label`)."""

    canonical: str | None
    label: str | None


def read_boolean(body: JsonObject) -> bool | None:
    """Read `value` as true or false."""
    return optional_bool(body.get("value"))


def read_text(body: JsonObject) -> str | None:
    """Read `value` as a text."""
    return optional_text(body.get("value"))


def read_name(body: JsonObject) -> str | None:
    """Read `value` as a name of an open list, in capitals: makers write it in either case."""
    text = read_text(body)
    return text.upper().replace(" ", "_").replace("-", "_") if text else None


def read_connector(body: JsonObject) -> str | None:
    """Read `value` as the name of a connector. Unplugged cars were seen to send "invalid"."""
    text = read_text(body)
    return None if text is None or text.lower() == "invalid" else text


def number_reader(quantity: Quantity, key: str = "value") -> Callable[[JsonObject], float | None]:
    """Return a reader of the number at `key`, which normalizes it to the unit of the quantity."""
    return lambda body: normalize(body.get(key), body.get("unit"), quantity)


def read_integer(body: JsonObject) -> int | None:
    """Read `value` as a whole number, such as a count."""
    count = normalize(body.get("value"), body.get("unit"), Quantity.COUNT)
    return int(count) if count is not None and count.is_integer() else None


def read_percent_or_fraction(body: JsonObject) -> float | None:
    """Read `value` as percent, also where it comes as a fraction of 1 without a unit."""
    return normalize_percent_or_fraction(body.get("value"), body.get("unit"))


def read_texts(body: JsonObject) -> tuple[str, ...] | None:
    """Read `values` as texts; other members are left out."""
    if (values := _values(body)) is None:
        return None
    return tuple(text for item in values if (text := optional_text(item)))


def read_records(body: JsonObject) -> tuple[JsonObject, ...] | None:
    """Read `values` as objects, unchanged: their fields differ from maker to maker."""
    if (values := _values(body)) is None:
        return None
    return tuple(record for item in values if (record := optional_object(item)))


def _values(body: JsonObject) -> Sequence[Json] | None:
    """Return `values`; None if it is not a list, which is not the same as an empty list."""
    values = body.get("values")
    return values if isinstance(values, list | tuple) else None


def read_closure(body: JsonObject) -> Closure | None:
    """Read `isOpen` and `isLocked`; None if both are unknown."""
    closure = Closure(optional_bool(body.get("isOpen")), optional_bool(body.get("isLocked")))
    return None if closure == Closure() else closure


def closures_reader(*keys: str) -> Callable[[JsonObject], Mapping[Position, Closure] | None]:
    """Return a reader of the doors or windows in the first list that one of the keys has."""

    def read(body: JsonObject) -> Mapping[Position, Closure] | None:
        closures = ((position, read_closure(part)) for position, part in _positions(body, *keys))
        return {position: closure for position, closure in closures if closure} or None

    return read


def _positions(body: JsonObject, *keys: str) -> Iterator[tuple[Position, JsonObject]]:
    """Yield the parts that have a plausible `row` and `column`; leave the rest out."""
    for item in next(filter(None, (optional_list(body.get(key)) for key in keys)), ()):
        part = optional_object(item)
        row, column = optional_integer(part.get("row")), optional_integer(part.get("column"))
        if row is None or column is None or not {row, column} <= _PLAUSIBLE_POSITIONS:
            continue
        yield Position(row, column), part


def read_tires(body: JsonObject) -> Mapping[Position, float | None] | None:
    """Read the tire pressures in kPa. A tire whose pressure is implausible exists, with None."""
    return {
        position: normalize_tire_pressure(pressure, tire.get("unit") or body.get("unit"))
        for position, tire in _positions(body, "values")
        if (pressure := tire.get("tirePressure")) is not None
    } or None


def read_location(body: JsonObject) -> Location | None:
    """Read a location; None if it is not on Earth or is 0, 0."""
    latitude = optional_number(body.get("latitude"))
    longitude = optional_number(body.get("longitude"))
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    # A receiver without a fix reports 0, 0, which lies in the Gulf of Guinea.
    if latitude == longitude == 0:
        return None
    return Location(
        latitude,
        longitude,
        normalize(body.get("heading"), None, Quantity.HEADING),
        optional_text(body.get("direction")),
        optional_text(body.get("locationType")),
    )


def read_charge_limits(body: JsonObject) -> ChargeLimits | None:
    """Read the charge limits; None if not one is plausible."""
    unit = body.get("unit")
    limits = []
    for item in optional_list(body.get("values")):
        entry = optional_object(item)
        if (limit := normalize(entry.get("limit"), unit, Quantity.PERCENT)) is not None:
            kind = (optional_text(entry.get("type")) or "GLOBAL").upper()
            limits.append(ChargeLimit(kind, limit, optional_object(entry.get("condition"))))
    active = normalize(body.get("activeLimit"), unit, Quantity.PERCENT)
    return ChargeLimits(active, tuple(limits)) if limits or active is not None else None


def read_system_status(body: JsonObject) -> SystemStatus | None:
    """Read `status` (ALERT or OK) and `description`."""
    status = optional_text(body.get("status"))
    if status is None or status.upper() not in {"ALERT", "OK"}:
        return None
    return SystemStatus(status.upper() == "ALERT", optional_text(body.get("description")))


def read_trouble_codes(body: JsonObject) -> tuple[TroubleCode, ...] | None:
    """Read the active trouble codes; members without a code are left out."""
    if (values := _values(body)) is None:
        return None
    return tuple(
        TroubleCode(code, optional_time(entry.get("timestamp")))
        for item in values
        if (code := optional_text((entry := optional_object(item)).get("code")))
    )


def read_drive_mode(body: JsonObject) -> DriveMode | None:
    """Read the drive mode; None if neither of its two names is known."""
    canonical = optional_text(body.get("canonical"))
    label = optional_text(body.get("oemDisplayName"))
    return DriveMode(canonical, label) if canonical or label else None
