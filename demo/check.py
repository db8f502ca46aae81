"""`scripts/demo --check`: try every entity and every command, and report what is missing."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
import json
from pathlib import Path
import re
from typing import Any, Final

from . import commands, dashboard, expectations, flow, garage
from .cloud import Cloud
from .commands import Outcome
from .garage import Key, Vehicle
from .home_assistant import HomeAssistant
from .processes import DemoError
from .terminal import print_progress, print_result, table

_CONNECT: Final = "connect another car"
_WAIT: Final = 60
_POLL: Final = 0.2

# The start of a record of Home Assistant's log: time, level, thread, logger.
_RECORD: Final = re.compile(
    r"^\d{4}-\d\d-\d\d \S+ (?P<level>[A-Z]+) \(.*?\) \[(?P<logger>[^\]]*)\]"
)
# Buttons have no state before they are pressed; everything else that is needed must have one.
_STATELESS: Final = frozenset({"button"})

# The name of a value in the car's true state, and how far the two may be apart.
_TRUE_VALUES: Final[dict[Key, tuple[str, float]]] = {
    ("number", "charge_limit"): ("charge_limit", 0),
    ("sensor", "battery_level"): ("soc", 3),
    ("sensor", "fuel"): ("fuel", 1),
    ("sensor", "odometer"): ("odometer", 1),
}


@dataclass(slots=True)
class Report:
    """The results of a check."""

    vehicles: list[dict[str, Any]] = field(default_factory=list)
    entities: list[dict[str, Any]] = field(default_factory=list)
    commands: list[Outcome] = field(default_factory=list)
    requests: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    rows: list[tuple[str, str, str]] = field(default_factory=list)

    def show(self) -> None:
        """Print the tables."""
        print_result(table("Entities", ("Car", "Entity", "State"), self.rows))
        outcomes = (
            (item.name, "ok" if item.ok else "FAILED", item.detail) for item in self.commands
        )
        print_result(table("Commands", ("Command", "Result", "Detail"), outcomes))
        print_result(
            table("Requests to the cloud", ("Route", "Count"), self.requests.items()) + "\n"
        )

    def write(self, path: Path) -> None:
        """Write the results as JSON."""
        data = {
            "vehicles": self.vehicles,
            "entities": self.entities,
            "commands": [asdict(outcome) for outcome in self.commands],
            "requests": self.requests,
        }
        path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


async def wait_for_vehicles(instance: HomeAssistant, cloud: Cloud) -> list[Vehicle]:
    """Wait until every connected car has what it needs, with values; return all cars.

    What is missing when the time is over belongs to the report. It raises nothing.
    """
    vehicles: list[Vehicle] = []
    try:
        async with asyncio.timeout(_WAIT):
            while True:
                vehicles = await garage.vehicles(instance)
                states = {
                    row["entity_id"]: row["state"] for row in await instance.call("get_states")
                }
                cars = _connected(await cloud.state())
                if not list(shortcomings(vehicles, cars, states)):
                    return vehicles
                await asyncio.sleep(_POLL)
    except TimeoutError:
        return vehicles


async def run(instance: HomeAssistant, cloud: Cloud, entry_id: str) -> Report:
    """Connect one more car, try every command, and read every entity."""
    report = Report()
    report.commands.append(await _connect_another(instance, cloud, entry_id))
    vehicles = await garage.vehicles(instance)
    await _check_dashboard(report, instance, vehicles)
    for vehicle in vehicles:
        print_progress(f"trying {vehicle.name}")
        driver = commands.Driver(instance, cloud, vehicle)
        report.commands += [outcome async for outcome in driver.try_everything()]
    report.failures += [
        f"{outcome.name}: {outcome.detail}" for outcome in report.commands if not outcome.ok
    ]
    await _read(report, instance, cloud)
    return report


async def _connect_another(instance: HomeAssistant, cloud: Cloud, entry_id: str) -> Outcome:
    """Connect a car that was not connected when Home Assistant was set up."""
    print_progress("connecting another car")
    before = set(_connected(await cloud.state()))
    try:
        await flow.connect_another(instance, cloud, entry_id)
    except DemoError as error:
        return Outcome(_CONNECT, ok=False, detail=str(error))
    new = _connected(await cloud.state()).keys() - before
    if not new:
        return Outcome(_CONNECT, ok=False, detail="the cloud has no new connection")
    vehicles = await wait_for_vehicles(instance, cloud)
    names = [vehicle.name for vehicle in vehicles if vehicle.vehicle_id in new]
    if not names:
        return Outcome(_CONNECT, ok=False, detail=f"no new car in Home Assistant after {_WAIT} s")
    return Outcome(_CONNECT, ok=True, detail=f"{', '.join(names)} appeared")


async def _check_dashboard(
    report: Report, instance: HomeAssistant, vehicles: Iterable[Vehicle]
) -> None:
    """Create the dashboard, and check that it shows every car."""
    cars = list(vehicles)
    shown = set(await dashboard.make(instance, cars))
    report.failures += [
        f"The dashboard does not show {vehicle.name}."
        for vehicle in cars
        if shown.isdisjoint(entity.entity_id for entity in vehicle.entities.values())
    ]


async def _read(report: Report, instance: HomeAssistant, cloud: Cloud) -> None:
    """Read all cars and entities, and report what is missing."""
    cars = _connected(await cloud.state())
    vehicles = await garage.vehicles(instance)
    states = {row["entity_id"]: row for row in await instance.call("get_states")}
    report.vehicles = [
        {
            "vehicle_id": vehicle.vehicle_id,
            "device_id": vehicle.device_id,
            "name": vehicle.name,
            "make": vehicle.make,
            "model": vehicle.model,
            "kind": cars.get(vehicle.vehicle_id, {}).get("kind"),
        }
        for vehicle in vehicles
    ]
    for vehicle in vehicles:
        for entity in vehicle.enabled:
            state = states.get(entity.entity_id)
            shown = state["state"] if state else None
            report.entities.append(
                {
                    "entity_id": entity.entity_id,
                    "unique_id": entity.unique_id,
                    "state": shown,
                    "attributes": state["attributes"] if state else {},
                }
            )
            unit = (state or {}).get("attributes", {}).get("unit_of_measurement", "")
            report.rows.append((vehicle.name, entity.entity_id, f"{shown} {unit}".strip()))
    shown_states = {entity_id: row["state"] for entity_id, row in states.items()}
    report.failures += shortcomings(vehicles, cars, shown_states)
    report.failures += wrong_values(vehicles, cars, shown_states)
    report.requests = await cloud.control("GET", "requests")


def _connected(state: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return the cars that the owners connected."""
    cars: Mapping[str, Mapping[str, Any]] = state["cars"]
    return {vehicle_id: car for vehicle_id, car in cars.items() if car["connected"]}


def shortcomings(
    vehicles: Iterable[Vehicle],
    cars: Mapping[str, Mapping[str, Any]],
    states: Mapping[str, str],
) -> Iterator[str]:
    """Yield a sentence for what is missing, what a car cannot have, and what has no value."""
    known = {vehicle.vehicle_id: vehicle for vehicle in vehicles}
    for vehicle_id, car in cars.items():
        if vehicle_id not in known:
            yield f"The {car['make']} {car['model']} is connected, but not in Home Assistant."
    for vehicle_id, vehicle in known.items():
        if vehicle_id not in cars:
            yield f"{vehicle.name} is in Home Assistant, but not connected."
            continue
        kind, keys = cars[vehicle_id]["kind"], vehicle.entities
        if lacks := expectations.missing(kind, keys):
            yield f"{vehicle.name} ({kind}) lacks {', '.join(lacks)}."
        if extra := expectations.impossible(kind, keys):
            yield f"{vehicle.name} ({kind}) cannot have {', '.join(extra)}."
        for key, entity in sorted(keys.items()):
            state = states.get(entity.entity_id, "not there")
            is_needed = key in expectations.NEEDED[kind]
            if (
                (is_needed and state == "not there")
                or (is_needed and state == "unknown" and key[0] not in _STATELESS)
                or state == "unavailable"
            ):
                yield f"{entity.entity_id} is {state}."


def wrong_values(
    vehicles: Iterable[Vehicle],
    cars: Mapping[str, Mapping[str, Any]],
    states: Mapping[str, str],
) -> Iterator[str]:
    """Yield a sentence for each value that is not the car's. Some change during the check."""
    for vehicle in vehicles:
        if (car := cars.get(vehicle.vehicle_id)) is None:
            continue
        for key, (name, tolerance) in _TRUE_VALUES.items():
            if (entity_id := vehicle.entity_id(key)) is None:
                continue
            shown, true = states.get(entity_id, ""), car["state"][name]
            if not _is_number(shown) or abs(float(shown) - true) > tolerance:
                yield f"{entity_id} is {shown or 'not there'}; the car's '{name}' is {true}."


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def errors_in(log: Path) -> list[str]:
    """Return the errors of the integration in Home Assistant's log, and print its warnings."""
    found = []
    for level, text in _records(log.read_text(errors="replace")):
        if "smartcar" not in text or "custom integration smartcar which has not" in text:
            continue
        if level in {"ERROR", "CRITICAL"} or "Traceback (most recent" in text:
            found.append(f"Home Assistant's log has an error: {text}")
        else:
            print_progress(f"warning in Home Assistant's log: {text}")
    return found


def _records(text: str) -> Iterator[tuple[str, str]]:
    """Yield the records of a log: the level, and all lines."""
    level, lines = "", list[str]()
    for line in text.splitlines():
        if start := _RECORD.match(line):
            if lines:
                yield level, "\n".join(lines)
            level, lines = start["level"], []
        lines.append(line)
    if lines:
        yield level, "\n".join(lines)
