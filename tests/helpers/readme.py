"""The README's tables of entities."""

from collections.abc import Mapping
import re
from typing import Any, Final

HEADINGS: Final = {"sensor": "Sensors", "binary_sensor": "Binary sensors", "event": "Events"}
# An entity without a name of its own is called like the car: the main feature of its platform.
MAIN_FEATURES: Final = frozenset({"location"})
_THE_CAR: Final = "*The car's name*"


def entity_name(key: str, texts: Mapping[str, Any]) -> str | None:
    """Return what the README calls an entity; None if it should have a name and has none."""
    name: str | None = texts.get("name")
    if key in MAIN_FEATURES:
        return None if name else _THE_CAR
    return name


def entity_defaults(readme: str, platform: str) -> dict[str, str]:
    """Return the column "Default" of a platform's table, by the names of the entities."""
    heading = HEADINGS.get(platform, "Controls")
    (table,) = re.findall(rf"^### {heading}\n(.*?)^##", readme, re.MULTILINE | re.DOTALL)
    rows = [line.split("|")[1:-1] for line in table.splitlines() if line.startswith("| ")]
    column = rows[0].index(" Name ")
    return {name.strip(): row[-1].strip() for row in rows for name in row[column].split(",")}


def needs_row(key: str) -> bool:
    """Tell whether the table names the entity: of several equal parts, it names the first one."""
    return re.search(r"_(back|other)|_front_right", key) is None
