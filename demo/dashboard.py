"""The dashboard: a section per car, made from whatever entities the car has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from .garage import Key, Vehicle
from .home_assistant import HomeAssistant

URL_PATH: Final = "my-cars"

_HALF: Final = 6
_FULL: Final = 12


@dataclass(frozen=True, slots=True)
class Card:
    """A tile of a section; it takes part if the car has the entity."""

    key: Key
    columns: int = _HALF
    feature: str | None = None
    inline: bool = False
    color: str | None = None
    icon: str | None = None

    def render(self, entity_id: str, columns: int) -> dict[str, Any]:
        """Return the configuration of the tile."""
        card: dict[str, Any] = {
            "type": "tile",
            "entity": entity_id,
            "name": {"type": "entity"},
            "grid_options": {"columns": columns},
        }
        if self.feature:
            card["features"] = [{"type": self.feature}]
            card["features_position"] = "inline" if self.inline else "bottom"
        if self.color:
            card["color"] = self.color
        if self.icon:
            card["icon"] = self.icon
        return card


# Rows of the section. Halves of a row that has only one of them are made full.
_ROWS: Final[tuple[tuple[Card, ...], ...]] = (
    (
        Card(("sensor", "battery_level"), feature="bar-gauge", color="green"),
        Card(("sensor", "fuel_percent"), feature="bar-gauge", color="amber", icon="mdi:fuel"),
    ),
    (
        Card(("sensor", "range"), color="green", icon="mdi:map-marker-distance"),
        Card(("sensor", "fuel_range"), color="amber", icon="mdi:map-marker-distance"),
    ),
    (
        Card(("sensor", "fuel"), color="amber"),
        Card(("sensor", "engine_oil"), color="brown", icon="mdi:oil"),
    ),
    (Card(("lock", "door_lock"), _FULL, feature="lock-commands", inline=True),),
    (Card(("switch", "charging"), _FULL, feature="toggle", inline=True, color="green"),),
    (Card(("number", "charge_limit"), _FULL, feature="numeric-input", color="green"),),
    (
        Card(("sensor", "charging_state"), color="green"),
        Card(("binary_sensor", "plug_status"), color="green"),
    ),
    (
        Card(("sensor", "odometer"), color="blue-grey", icon="mdi:counter"),
        Card(("sensor", "low_voltage_battery_level"), color="blue-grey", icon="mdi:car-battery"),
    ),
    (
        Card(("sensor", "data_from_car"), color="blue-grey", icon="mdi:car-clock"),
        Card(("sensor", "last_contact"), color="blue-grey", icon="mdi:cloud-check"),
    ),
    (Card(("button", "refresh"), _FULL, color="blue", icon="mdi:refresh"),),
)
_TRACKER: Final[Key] = ("device_tracker", "location")


async def make(instance: HomeAssistant, cars: Sequence[Vehicle]) -> list[str]:
    """Create the dashboard as the one that opens after log-in; return the entities on it."""
    await instance.call(
        "lovelace/dashboards/create",
        url_path=URL_PATH,
        title="Cars",
        icon="mdi:car-multiple",
        show_in_sidebar=True,
        require_admin=False,
        mode="storage",
    )
    await instance.call("lovelace/config/save", url_path=URL_PATH, config=_configuration(cars))
    await instance.call(
        "frontend/set_system_data", key="core", value={"default_panel": URL_PATH}
    )
    saved = await instance.call("lovelace/config", url_path=URL_PATH)
    return sorted(_entities_in(saved))


def _configuration(cars: Sequence[Vehicle]) -> dict[str, Any]:
    """Return the dashboard: the cars side by side, and all that there is on a second view."""
    return {
        "views": [
            {
                "title": "Cars",
                "path": "cars",
                "type": "sections",
                "max_columns": max(3, min(4, len(cars))),
                "dense_section_placement": False,
                "sections": [_section(car) for car in cars],
            },
            {
                "title": "All entities",
                "path": "all",
                "type": "sections",
                "max_columns": max(3, min(4, len(cars))),
                "sections": [_everything(car) for car in cars],
            },
        ]
    }


def _section(car: Vehicle) -> dict[str, Any]:
    """Return a car's section."""
    cards = [_heading(car)]
    if tracker := car.entity_id(_TRACKER):
        cards.append(_map(tracker))
    for row in _ROWS:
        present = [(card, entity_id) for card in row if (entity_id := car.entity_id(card.key))]
        for card, entity_id in present:
            columns = card.columns if len(present) > 1 else _FULL
            cards.append(card.render(entity_id, columns))
    return {"type": "grid", "cards": cards}


def _heading(car: Vehicle) -> dict[str, Any]:
    """Return the title of a section, with an icon that tells what drives the car."""
    has_battery = ("sensor", "battery_level") in car.entities
    has_tank = ("sensor", "fuel_percent") in car.entities
    icon = "mdi:car-electric" if has_battery and not has_tank else "mdi:car"
    model = " ".join(filter(None, (_readable(car.make), car.model)))
    title = car.name if model in {"", car.name} else f"{car.name} · {model}"
    return {"type": "heading", "heading": title, "icon": icon}


def _readable(make: str | None) -> str | None:
    """Return a maker's name without shouting, unless it is an abbreviation."""
    return make.title() if make and make.isupper() and len(make) > 3 else make


def _map(tracker: str) -> dict[str, Any]:
    """Return the map of one car."""
    return {
        "type": "map",
        "entities": [{"entity": tracker}],
        "default_zoom": 13,
        "grid_options": {"columns": _FULL, "rows": 4},
    }


def _everything(car: Vehicle) -> dict[str, Any]:
    """Return the list of all entities of a car."""
    rows = [
        {"entity": entity.entity_id, "name": {"type": "entity"}}
        for entity in sorted(car.entities.values(), key=lambda entity: entity.entity_id)
        if entity.is_enabled
    ]
    return {
        "type": "grid",
        "cards": [
            _heading(car),
            {"type": "entities", "entities": rows, "grid_options": {"columns": _FULL}},
        ],
    }


def _entities_in(config: object) -> set[str]:
    """Return every entity that a configuration names."""
    match config:
        case dict():
            named = {config["entity"]} if isinstance(config.get("entity"), str) else set()
            return named.union(*map(_entities_in, config.values()))
        case list():
            return set().union(*map(_entities_in, config))
    return set()
