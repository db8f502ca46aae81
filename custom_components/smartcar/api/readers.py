"""Readers of signal bodies, and the values that they return.

A reader takes the body of a signal as the cloud sent it and returns the value in the units of
`units.py`, or None if the body has no usable value. Readers never raise.

Source: https://smartcar.com/docs/api-reference/signals/schema and live bodies
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
import re

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
from .units import (
    Quantity,
    normalize,
    normalize_charge_limit,
    normalize_percent_or_fraction,
    normalize_tire_pressure,
)

_BETWEEN_WORDS = re.compile(
    # Between "y" and "C" of "fullyCharged", and between "AC" and "Charging" of "ACCharging".
    r"[\s_-]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])"
)

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


class ConnectorType(StrEnum):
    """The connectors of charging cables. Makers write them freely; other texts are OTHER."""

    TYPE_1 = "type_1"
    TYPE_2 = "type_2"
    # CCS without a number is one of the two.
    CCS = "ccs"
    CCS1 = "ccs1"
    CCS2 = "ccs2"
    CHADEMO = "chademo"
    NACS = "nacs"
    TESLA = "tesla"
    # GB/T without AC or DC is one of the two.
    GBT = "gbt"
    GBT_AC = "gbt_ac"
    GBT_DC = "gbt_dc"
    HOUSEHOLD = "household"
    OTHER = "other"


# All in lower case, letters and digits only.
_NO_CONNECTOR = frozenset(
    {
        "disconnected",
        "invalid",
        "na",
        "noconnector",
        "none",
        "notconnected",
        "notplugged",
        "notpluggedin",
        "null",
        "sna",
        "unavailable",
        "unconnected",
        "undefined",
        "unknown",
        "unplugged",
        "unspecified",
    }
)
_CONNECTOR_NAMES: Mapping[str, ConnectorType] = {
    "gb": ConnectorType.GBT,
    "gbac": ConnectorType.GBT_AC,
    "gbdc": ConnectorType.GBT_DC,
    "iec": ConnectorType.TYPE_2,
    "northamericanchargingstandard": ConnectorType.NACS,
    "sae": ConnectorType.TYPE_1,
}
# The first part that is in the text decides.
_CONNECTOR_PARTS: Mapping[str, ConnectorType] = {
    "chademo": ConnectorType.CHADEMO,
    "nacs": ConnectorType.NACS,
    "j3400": ConnectorType.NACS,
    "tesla": ConnectorType.TESLA,
    "supercharger": ConnectorType.TESLA,
    "singlewirecan": ConnectorType.TESLA,
    "gbtac": ConnectorType.GBT_AC,
    "gbtdc": ConnectorType.GBT_DC,
    "gbt": ConnectorType.GBT,
    "j1772": ConnectorType.TYPE_1,
    "type1": ConnectorType.TYPE_1,
    "62196t1": ConnectorType.TYPE_1,
    "yazaki": ConnectorType.TYPE_1,
    "mennekes": ConnectorType.TYPE_2,
    "menekes": ConnectorType.TYPE_2,
    "type2": ConnectorType.TYPE_2,
    "62196t2": ConnectorType.TYPE_2,
    "schuko": ConnectorType.HOUSEHOLD,
    "domestic": ConnectorType.HOUSEHOLD,
    "household": ConnectorType.HOUSEHOLD,
    "nema": ConnectorType.HOUSEHOLD,
    "outlet": ConnectorType.HOUSEHOLD,
}


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
    """Read `value` as a name of an open list, its words in capitals: "fullyCharged"."""
    words = _BETWEEN_WORDS.split(read_text(body) or "")
    return "_".join(filter(None, words)).upper() or None


def read_connector(body: JsonObject) -> ConnectorType | None:
    """Read `value` as a connector. Unplugged cars were seen to send "invalid"."""
    text = "".join(filter(str.isalnum, (read_text(body) or "").lower()))
    if not text or text in _NO_CONNECTOR:
        return None
    if "ccs" in text or "combo" in text or text == "combinedchargingsystem":
        return _read_ccs(text)
    found = (connector for part, connector in _CONNECTOR_PARTS.items() if part in text)
    return _CONNECTOR_NAMES.get(text) or next(found, ConnectorType.OTHER)


def _read_ccs(text: str) -> ConnectorType:
    """Return which of the two forms of CCS a text names, if it does."""
    if "mennekes" in text or "2" in text.replace("62196", "").replace("j1772", ""):
        return ConnectorType.CCS2
    if "1" in text.replace("62196", "") or "sae" in text:
        return ConnectorType.CCS1
    return ConnectorType.CCS


def number_reader(quantity: Quantity, key: str = "value") -> Callable[[JsonObject], float | None]:
    """Return a reader of the number at `key`, which normalizes it to the unit of the quantity."""
    return lambda body: normalize(body.get(key), body.get("unit"), quantity)


def integer_reader(quantity: Quantity) -> Callable[[JsonObject], int | None]:
    """Return a reader of the whole number at `value`, such as a count."""

    def read(body: JsonObject) -> int | None:
        count = normalize(body.get("value"), body.get("unit"), quantity)
        return int(count) if count is not None and count.is_integer() else None

    return read


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


def new_body(_stored: JsonObject, new: JsonObject) -> JsonObject:
    """Return the new body: it says everything by itself."""
    return new


def complete_percent_or_fraction(stored: JsonObject, new: JsonObject) -> JsonObject:
    """Return the new body; it is in percent if the stored one was.

    A bare 1 is full as a fraction, and nearly empty in percent: only a car that has never sent
    more than 1 sends fractions.
    """
    before, unit = optional_number(stored.get("value")), optional_text(stored.get("unit"))
    has_percent = unit is not None and normalize(1, unit, Quantity.PERCENT) == 1
    in_percent = has_percent or (before is not None and before > 1)
    if in_percent and optional_text(new.get("unit")) is None:
        return {**new, "unit": "percent"}
    return new


def complete_tires(stored: JsonObject, new: JsonObject) -> JsonObject:
    """Return the new tires; one without a plausible pressure keeps the stored one."""
    pressures = read_tires(new) or {}
    kept: list[Json] = [
        # In kPa, because the unit of the new body need not be that of the stored one.
        {"row": position.row, "column": position.column, "tirePressure": pressure, "unit": "kPa"}
        for position, pressure in (read_tires(stored) or {}).items()
        if pressure is not None and pressures.get(position) is None
    ]
    if not kept:
        return new
    reported: list[Json] = [
        tire for position, tire in _positions(new, "values") if pressures.get(position) is not None
    ]
    return {**new, "values": reported + kept}


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


def complete_location(stored: JsonObject, new: JsonObject) -> JsonObject:
    """Return the new location; at the same place it keeps the heading of the stored one."""
    before, after = read_location(stored), read_location(new)
    if (
        before is None
        or after is None
        or (before.latitude, before.longitude) != (after.latitude, after.longitude)
    ):
        return new
    heading = {"heading": before.heading} if after.heading is None else {}
    direction = {"direction": before.direction} if after.direction is None else {}
    return {**new, **heading, **direction}


def read_charge_limits(body: JsonObject) -> ChargeLimits | None:
    """Read the charge limits; None if not one is plausible."""
    unit = body.get("unit")
    limits: list[ChargeLimit] = []
    for item in optional_list(body.get("values")):
        entry = optional_object(item)
        if (limit := normalize_charge_limit(entry.get("limit"), unit)) is not None:
            kind = (optional_text(entry.get("type")) or "GLOBAL").upper()
            limits.append(ChargeLimit(kind, limit, optional_object(entry.get("condition"))))
    active = normalize_charge_limit(body.get("activeLimit"), unit)
    return ChargeLimits(active, tuple(limits)) if limits or active is not None else None


def complete_charge_limits(stored: JsonObject, new: JsonObject) -> JsonObject:
    """Return the new limits; while they are the same, the stored active limit stays active.

    Cars do not name the active limit while they are unplugged. After a change of the limits the
    stored one may be wrong.
    """
    before, after = read_charge_limits(stored), read_charge_limits(new)
    if before is None or after is None or after.active is not None or before.limits != after.limits:
        return new
    return {**new, "activeLimit": before.active}


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
