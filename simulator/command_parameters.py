"""Reads and checks the bodies of commands (reference 6.2 and 6.3)."""

from collections.abc import Mapping
import re
from typing import Final

from .car_state import WEEK
from .errors import invalid, missing
from .json_types import Json, JsonObject, as_number, as_object

type Parameters = Mapping[str, Json]

_TIME: Final = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")


def attributes_of(body: Json) -> JsonObject:
    """Return `data.attributes` of a body."""
    if not isinstance(body, Mapping):
        raise missing("missing data")
    data = body.get("data")
    if not isinstance(data, Mapping):
        raise missing("missing data")
    attributes = data.get("attributes")
    if not isinstance(attributes, Mapping):
        raise missing("missing data.attributes")
    return attributes


def read_percent(attributes: JsonObject) -> Parameters:
    """Read the charge limit: a whole number from 50 to 100."""
    if "percent" not in attributes:
        raise missing("missing percent")
    percent = attributes["percent"]
    if isinstance(percent, bool) or not isinstance(percent, int) or not 50 <= percent <= 100:
        raise invalid("percent must be an integer between 50 and 100")
    return {"percent": percent}


def read_place(attributes: JsonObject) -> Parameters:
    """Read a position."""
    place: dict[str, Json] = {}
    for name, most in (("latitude", 90), ("longitude", 180)):
        if name not in attributes:
            raise missing(f"missing {name}")
        value = as_number(attributes[name])
        if value is None or not -most <= value <= most:
            raise invalid(f"{name} must be a number between -{most} and {most}")
        place[name] = value
    return place


def _location(attributes: JsonObject) -> Parameters:
    """Read the position of a schedule."""
    if "location" not in attributes:
        raise missing("missing location")
    return read_place(as_object(attributes["location"]))


def _window(value: Json, where: str) -> dict[str, Json]:
    """Read startTime and stopTime; one of them may be missing."""
    given = as_object(value)
    times: dict[str, Json] = {}
    for name in ("startTime", "stopTime"):
        time = given.get(name)
        if time is None:
            continue
        if not isinstance(time, str) or not _TIME.fullmatch(time):
            raise invalid(f"{where}{name} must be a time as HH:MM")
        times[name] = time
    if not times:
        raise missing(f"missing {where}startTime or {where}stopTime")
    return times


def read_daily(attributes: JsonObject) -> Parameters:
    """Read a daily schedule."""
    return {"location": _location(attributes), **_window(attributes, "")}


def read_weekly(attributes: JsonObject) -> Parameters:
    """Read a weekly schedule: `days` keyed by weekday name in any case."""
    days = as_object(attributes.get("days"))
    if not days:
        raise missing("missing days")
    unknown = [name for name in days if name.upper() not in WEEK]
    if unknown:
        raise invalid(f"days has no weekday {unknown[0]}")
    read: dict[str, Json] = {name: _window(days[name], f"days.{name}.") for name in days}
    return {"location": _location(attributes), "days": read}


def read_workweek(attributes: JsonObject) -> Parameters:
    """Read a schedule for weekdays, weekends or both."""
    given = [name for name in ("weekdays", "weekends") if attributes.get(name) is not None]
    if not given:
        raise missing("missing weekdays or weekends")
    read = {name: _window(attributes[name], f"{name}.") for name in given}
    return {"location": _location(attributes), **read}
