"""The entities that a kind of car must have, and those that it cannot have."""

from collections.abc import Collection
import re
from typing import Final

from .garage import Key

_EVERY_CAR: Final[frozenset[Key]] = frozenset(
    {
        ("button", "refresh"),
        ("device_tracker", "location"),
        ("lock", "door_lock"),
        ("sensor", "data_from_car"),
        ("sensor", "requests_left"),
        ("sensor", "odometer"),
    }
)
_WITH_PLUG: Final[frozenset[Key]] = frozenset(
    {
        ("binary_sensor", "plug_status"),
        ("number", "charge_limit"),
        ("sensor", "battery_energy"),
        ("sensor", "battery_level"),
        ("sensor", "charging_state"),
        ("sensor", "range"),
        ("switch", "charging"),
    }
)
_WITH_TANK: Final[frozenset[Key]] = frozenset(
    {
        ("sensor", "engine_oil"),
        ("sensor", "fuel"),
        ("sensor", "fuel_percent"),
        ("sensor", "fuel_range"),
    }
)

# By the kinds of the simulator: the keys that are needed, and those that are impossible.
NEEDED: Final[dict[str, frozenset[Key]]] = {
    "BEV": _EVERY_CAR | _WITH_PLUG,
    "PHEV": _EVERY_CAR | _WITH_PLUG | _WITH_TANK,
    "ICE": _EVERY_CAR | _WITH_TANK,
}
_IMPOSSIBLE: Final[dict[str, re.Pattern[str]]] = {
    "BEV": re.compile(r"(fuel|engine_oil)"),
    "PHEV": re.compile(r"(?!)"),
    "ICE": re.compile(r"(charg|plug|battery_|range$|max_range)"),
}


def missing(kind: str, keys: Collection[Key]) -> list[str]:
    """Return what a car of this kind lacks."""
    return [".".join(key) for key in sorted(NEEDED[kind].difference(keys))]


def impossible(kind: str, keys: Collection[Key]) -> list[str]:
    """Return what a car of this kind has without being able to."""
    return [".".join(key) for key in sorted(keys) if _IMPOSSIBLE[kind].match(key[1])]
