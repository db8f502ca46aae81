"""The dashboard: a section for each car, with the entities that it has."""

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
    """A tile of a section, shown if the car has the entity."""

    key: Key
    columns: int = _HALF
    feature: str | None = None
    inline: bool = False
    color: str | None = None

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
        return card


# The rows of a section. A half tile that is alone in its row gets the full width.
_ROWS: Final[tuple[tuple[Card, ...], ...]] = (
    (
        Card(("sensor", "battery_level"), feature="bar-gauge", color="green"),
        Card(("sensor", "fuel_percent"), feature="bar-gauge", color="amber"),
    ),
    (
        Card(("sensor", "range"), color="green"),
        Card(("sensor", "fuel_range"), color="amber"),
    ),
    (Card(("lock", "door_lock"), _FULL, feature="lock-commands", inline=True),),
    (Card(("device_tracker", "location"), _FULL),),
    (Card(("switch", "charging"), _FULL, feature="toggle", inline=True, color="green"),),
    (Card(("number", "charge_limit"), _FULL, feature="numeric-input", inline=True, color="green"),),
    (
        Card(("sensor", "charging_state"), color="green"),
        Card(("binary_sensor", "plug_status"), color="green"),
    ),
    (
        Card(("sensor", "fuel"), color="amber"),
        Card(("sensor", "engine_oil"), color="brown"),
    ),
    (
        Card(("sensor", "odometer"), color="blue-grey"),
        Card(("sensor", "low_voltage_battery_level"), color="blue-grey"),
    ),
    (
        Card(("sensor", "data_from_car"), color="blue-grey"),
        Card(("sensor", "requests_left"), color="blue-grey"),
    ),
)
_REFRESH: Final[Key] = ("button", "refresh")


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
    await instance.call("lovelace/config/save", url_path=URL_PATH, config=configuration(cars))
    await instance.call("frontend/set_system_data", key="core", value={"default_panel": URL_PATH})
    saved = await instance.call("lovelace/config", url_path=URL_PATH)
    return sorted(entities_in(saved))


def configuration(cars: Sequence[Vehicle]) -> dict[str, Any]:
    """Return the dashboard: the cars side by side, and all entities on a second view."""
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
    cards = [_heading(car, badges=True)]
    for row in _ROWS:
        present = [(card, entity_id) for card in row if (entity_id := car.entity_id(card.key))]
        for card, entity_id in present:
            columns = card.columns if len(present) > 1 else _FULL
            is_map = card.key[0] == "device_tracker"
            cards.append(_map(entity_id) if is_map else card.render(entity_id, columns))
    return {"type": "grid", "cards": cards}


def _heading(car: Vehicle, *, badges: bool = False) -> dict[str, Any]:
    """Return the title of a section, with an icon for the kind of car."""
    refresh = car.entity_id(_REFRESH) if badges else None
    has_battery = ("sensor", "battery_level") in car.entities
    has_tank = ("sensor", "fuel_percent") in car.entities
    icon = "mdi:car-electric" if has_battery and not has_tank else "mdi:car"
    model = " ".join(filter(None, (car.make, car.model)))
    title = car.name if model in {"", car.name} else f"{car.name} · {model}"
    heading: dict[str, Any] = {"type": "heading", "heading": title, "icon": icon}
    if refresh:
        press = {"perform_action": "button.press", "target": {"entity_id": refresh}}
        heading["badges"] = [
            {
                "type": "entity",
                "entity": refresh,
                "show_state": False,
                "tap_action": {"action": "perform-action", **press},
            }
        ]
    return heading


def _map(tracker: str) -> dict[str, Any]:
    """Return the map of one car."""
    return {
        "type": "map",
        "entities": [{"entity": tracker, "label_mode": "icon"}],
        "default_zoom": 13,
        "grid_options": {"columns": _FULL, "rows": 3},
    }


def _everything(car: Vehicle) -> dict[str, Any]:
    """Return the list of all entities of a car."""
    rows = [{"entity": entity.entity_id, "name": {"type": "entity"}} for entity in car.enabled]
    return {
        "type": "grid",
        "cards": [
            _heading(car),
            {"type": "entities", "entities": rows, "grid_options": {"columns": _FULL}},
        ],
    }


def entities_in(config: object) -> set[str]:
    """Return every entity that a configuration names."""
    match config:
        case dict():
            named = {config["entity"]} if isinstance(config.get("entity"), str) else set()
            return named.union(*map(entities_in, config.values()))
        case list():
            return set().union(*map(entities_in, config))
    return set()
