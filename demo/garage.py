"""The cars in Home Assistant's registries: devices, and entities by platform and key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .home_assistant import HomeAssistant

DOMAIN: Final = "smartcar"

type Key = tuple[str, str]
"""Platform and key, such as ("sensor", "odometer"): a key is unique in its platform only."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A row of the entity registry."""

    entity_id: str
    unique_id: str
    key: Key
    is_enabled: bool


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A device of the integration."""

    vehicle_id: str
    device_id: str
    name: str
    make: str | None
    model: str | None
    entities: Mapping[Key, Entity] = field(default_factory=dict)

    @property
    def enabled(self) -> list[Entity]:
        """Return the entities that Home Assistant shows, in a fixed order."""
        entities = sorted(self.entities.values(), key=lambda entity: entity.entity_id)
        return [entity for entity in entities if entity.is_enabled]

    def entity_id(self, key: Key) -> str | None:
        """Return the id of an enabled entity, if the car has it."""
        entity = self.entities.get(key)
        return entity.entity_id if entity and entity.is_enabled else None


async def vehicles(instance: HomeAssistant) -> list[Vehicle]:
    """Read the registries."""
    devices = await instance.call("config/device_registry/list")
    rows = await instance.call("config/entity_registry/list")
    smartcar_rows = [row for row in rows if row["platform"] == DOMAIN]
    return [
        Vehicle(
            vehicle_id=vehicle_id,
            device_id=device["id"],
            name=device["name_by_user"] or device["name"],
            make=device["manufacturer"],
            model=device["model"],
            entities=_entities(vehicle_id, smartcar_rows, device["id"]),
        )
        for device in devices
        for domain, vehicle_id in device["identifiers"]
        if domain == DOMAIN
    ]


def _entities(
    vehicle_id: str, rows: Iterable[Mapping[str, Any]], device_id: str
) -> dict[Key, Entity]:
    entities = [
        Entity(
            entity_id=row["entity_id"],
            unique_id=row["unique_id"],
            key=(
                row["entity_id"].partition(".")[0],
                row["unique_id"].removeprefix(f"{vehicle_id}_"),
            ),
            is_enabled=row["disabled_by"] is None,
        )
        for row in rows
        if row["device_id"] == device_id
    ]
    return {entity.key: entity for entity in entities}
