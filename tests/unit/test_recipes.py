"""The recipes of CONTRIBUTING.md: each step that is missing is named in a sentence."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
import importlib
from itertools import batched
import json
from pathlib import Path
import re
from types import ModuleType
from typing import Any, Final, override

from homeassistant.util.yaml import load_yaml_dict
import pytest

import custom_components
from custom_components.smartcar import PLATFORMS, commands, diagnostics, oauth, services
from custom_components.smartcar.api import Position, catalogue
from custom_components.smartcar.api.catalogue import CATALOGUE, SignalType
from custom_components.smartcar.api.commands import CommandMethods
from custom_components.smartcar.commands import Command, CommandType
from custom_components.smartcar.device import SHOWN_BY_DEVICE
from custom_components.smartcar.entity import SmartcarControlDescription, SmartcarEntityDescription
from custom_components.smartcar.vehicle import VehicleState
from simulator import commands as simulator_commands
from simulator.bodies import BODIES
from simulator.capabilities import CAPABLE
from simulator.catalogue import PERMISSIONS, SIGNALS
from simulator.examples import EXAMPLES
from simulator.signals import _LAST_CHARGE

from ..api import calls, documented
from ..helpers import signal_table
from ..helpers.readme import entity_defaults, entity_name, needs_row
from ..simulator import reference

ROOT: Final = Path(custom_components.__path__[0]).parent
INTEGRATION: Final = "custom_components/smartcar"
TEXTS: Final[Mapping[str, Any]] = json.loads(
    (ROOT / INTEGRATION / "translations/en.json").read_text()
)
ICONS: Final[Mapping[str, Any]] = json.loads((ROOT / INTEGRATION / "icons.json").read_text())
SERVICES: Final[Mapping[str, Any]] = load_yaml_dict(str(ROOT / INTEGRATION / "services.yaml"))
README: Final = (ROOT / "README.md").read_text()
GUIDE: Final = (ROOT / "CONTRIBUTING.md").read_text()

SIGNAL: Final = "Add a signal"
COMMAND: Final = "Add a command"

# Groups of signals whose numbers and booleans may stand in a public diagnostics file.
PUBLIC_GROUPS: Final = frozenset(
    {
        "charge",
        "climate",
        "closure",
        "connectivitysoftware",
        "connectivitystatus",
        "diagnostics",
        "hvac",
        "internalcombustionengine",
        "lowvoltagebattery",
        "motion",
        "odometer",
        "service",
        "surveillance",
        "tractionbattery",
        "transmission",
        "wheel",
    }
)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a recipe: its number, the file to edit, and what the file must have."""

    recipe: str
    number: int
    file: str
    part: str

    def is_missing(self, name: str) -> str:
        """Return the sentence for a signal, entity, command or action without this step."""
        return f'{name}: {self.file} has no {self.part} ("{self.recipe}", step {self.number}).'


def _file(module: ModuleType) -> str:
    """Return where a module is, relative to the repository."""
    assert module.__file__ is not None
    return str(Path(module.__file__).relative_to(ROOT))


def _assert_nothing(missing: Iterable[str]) -> None:
    """Fail with the sentences, if there are any."""
    sentences = list(missing)
    assert not sentences, "\n".join(sentences)


def _added(missing: Iterable[str], before: Iterable[str]) -> list[str]:
    """Return the sentences that were not there before."""
    known = set(before)
    return [sentence for sentence in missing if sentence not in known]


# Signals

CODE = Step(SIGNAL, 1, _file(documented), "code in CODES")
DOCUMENTED_BODY = Step(SIGNAL, 1, _file(documented), "body and value in DOCUMENTED")
FIELDS = Step(SIGNAL, 2, _file(reference), "fields and units")
CATALOGUE_ROW = Step(SIGNAL, 3, _file(catalogue), "row")
SIMULATOR_ROW = Step(SIGNAL, 4, "simulator/catalogue.py", "row")
EXAMPLE = Step(SIGNAL, 4, "simulator/examples.py", "body")
SIMULATED_BODY = Step(SIGNAL, 5, "simulator/bodies.py", "body for the cars that send it")
ENTITY_ROW = Step(
    SIGNAL, 6, f"{INTEGRATION}/sensor.py", "row that shows it, nor has another platform"
)
NAME = Step(SIGNAL, 7, f"{INTEGRATION}/translations/en.json", "name")
STATES = Step(SIGNAL, 7, f"{INTEGRATION}/translations/en.json", "text for each option")
ICON = Step(SIGNAL, 8, f"{INTEGRATION}/icons.json", "icon, and the row has no device class")
README_ROW = Step(SIGNAL, 9, "README.md", "row in the table of its platform")
README_DEFAULT = Step(SIGNAL, 9, "README.md", "default that agrees with the row")
EXPECTATION = Step(SIGNAL, 10, _file(signal_table), "row with what a user sees")
PERMISSION = Step(SIGNAL, 11, f"{INTEGRATION}/oauth.py", "such permission in PERMISSIONS")
PERMISSION_TEXT = Step(SIGNAL, 11, f"{INTEGRATION}/translations/en.json", "text of its permission")
SIMULATOR_PERMISSION = Step(SIGNAL, 11, "simulator/catalogue.py", "such permission")
PRIVACY = Step(
    SIGNAL,
    12,
    f"{INTEGRATION}/diagnostics.py",
    f"such group in _PRIVATE_GROUPS, nor has {Path(__file__).name} in PUBLIC_GROUPS",
)


class _VehicleWithEverything(VehicleState):
    """A vehicle with doors, windows and tires in three rows of three."""

    @override
    def positions(self, signal: object) -> list[Position]:
        return [Position(row, column) for row in range(3) for column in range(3)]


def _rows(platform: str) -> list[SmartcarEntityDescription]:
    """Return the rows of a platform's tables, and those that it makes for a vehicle."""
    names = vars(importlib.import_module(f"{custom_components.__name__}.smartcar.{platform}"))
    if "_descriptions" in names:
        return list(names["_descriptions"](_VehicleWithEverything()))
    tables = [value for value in names.values() if isinstance(value, tuple)]
    return [row for table in tables for row in table if isinstance(row, SmartcarEntityDescription)]


ROWS: Final = {str(platform): _rows(platform) for platform in PLATFORMS}
ENTITIES: Final = {f"{platform}.{row.key}": row for platform, rows in ROWS.items() for row in rows}
# What a user without the permission to command gets in place of a control.
IN_PLACE_OF_CONTROLS: Final = {
    "binary_sensor.charge_port",
    "binary_sensor.door_lock",
    "sensor.charge_limit",
}


def _signals_of(row: SmartcarEntityDescription) -> set[str]:
    """Return the codes of the signals that an entity shows."""
    return {code for code in row.context if "-" in code}


@dataclass(frozen=True, slots=True)
class Signals:
    """The codes that each step names, and the rows of the catalogue."""

    steps: Mapping[Step, Collection[str]]
    rows: Mapping[str, SignalType[object]]

    def missing(self) -> Iterator[str]:
        """Return a sentence for each step that a signal lacks."""
        for code in sorted(set().union(*self.steps.values())):
            for step, codes in self.steps.items():
                if code not in codes:
                    yield step.is_missing(code)
        for kind, codes in CAPABLE.items():
            for code in codes:
                if code not in BODIES and code not in _LAST_CHARGE:
                    yield SIMULATED_BODY.is_missing(f"{code} of a {kind}")
        for code, row in self.rows.items():
            if row.permission not in oauth.PERMISSIONS:
                yield PERMISSION.is_missing(f"{code}, {row.permission}")
            if row.permission not in TEXTS["selector"]["permissions"]["options"]:
                yield PERMISSION_TEXT.is_missing(f"{code}, {row.permission}")
            if row.permission not in PERMISSIONS:
                yield SIMULATOR_PERMISSION.is_missing(f"{code}, {row.permission}")
            if row.group not in diagnostics._PRIVATE_GROUPS | PUBLIC_GROUPS:
                yield PRIVACY.is_missing(f"{code}, {row.group}")


PRESENT: Final = Signals(
    {
        CODE: documented.ALL,
        DOCUMENTED_BODY: {*documented.DOCUMENTED, *documented.BOOLEANS, *documented.SYSTEMS},
        FIELDS: reference.BODIES.keys(),
        CATALOGUE_ROW: CATALOGUE.keys(),
        SIMULATOR_ROW: SIGNALS.keys(),
        EXAMPLE: EXAMPLES.keys(),
        ENTITY_ROW: SHOWN_BY_DEVICE.union(*map(_signals_of, ENTITIES.values())),
        EXPECTATION: signal_table.TABLE.keys(),
    },
    CATALOGUE,
)


def test_no_step_of_a_signal_is_missing() -> None:
    _assert_nothing(PRESENT.missing())


@pytest.mark.parametrize("step", PRESENT.steps, ids=lambda step: f"{step.number}-{step.part}")
def test_missing_step_of_a_signal_is_named(step: Step) -> None:
    code = "climate-externaltemperature"
    without = set(PRESENT.steps[step]) - {code}
    found = replace(PRESENT, steps={**PRESENT.steps, step: without}).missing()
    assert _added(found, PRESENT.missing()) == [
        f'{code}: {step.file} has no {step.part} ("Add a signal", step {step.number}).'
    ]


def test_new_permission_and_new_group_are_named() -> None:
    code = "seat-temperature"
    row = replace(CATALOGUE["climate-externaltemperature"], code=code, permission="read_seats")
    found = replace(PRESENT, rows={code: row}).missing()
    steps = (PERMISSION, PERMISSION_TEXT, SIMULATOR_PERMISSION)
    assert _added(found, PRESENT.missing()) == [
        *(step.is_missing(f"{code}, read_seats") for step in steps),
        PRIVACY.is_missing(f"{code}, seat"),
    ]


# Entities


@dataclass(frozen=True, slots=True)
class Entities:
    """The entities, and the files that say more of each."""

    rows: Mapping[str, Iterable[SmartcarEntityDescription]]
    texts: Mapping[str, Any]
    icons: Mapping[str, Any]
    readme: str
    expected: Collection[str]

    def missing(self) -> Iterator[str]:
        """Return a sentence for each step that an entity lacks."""
        for platform, rows in self.rows.items():
            for row in rows:
                yield from self._missing_of(platform, row)

    def _missing_of(self, platform: str, row: SmartcarEntityDescription) -> Iterator[str]:
        entity, key = f"{platform}.{row.key}", row.translation_key or row.key
        texts = self.texts[platform].get(key, {})
        name = entity_name(key, texts)
        if not name:
            yield NAME.is_missing(f"{entity} ({key})")
        if texts.get("state", {}).keys() != set(getattr(row, "options", None) or ()):
            yield STATES.is_missing(f"{entity} ({key})")
        if not row.device_class and key not in self.icons.get(platform, {}):
            yield ICON.is_missing(f"{entity} ({key})")
        if needs_row(key) and name:
            yield from self._missing_in_readme(platform, row, name)
        if row.signals and "_row_" not in row.key and entity not in self.expected:
            yield EXPECTATION.is_missing(entity)

    def _missing_in_readme(
        self, platform: str, row: SmartcarEntityDescription, name: str
    ) -> Iterator[str]:
        default = entity_defaults(self.readme, platform).get(name)
        if default is None:
            yield README_ROW.is_missing(f"{platform}.{row.key}, {name}")
        elif (default == "on") != row.entity_registry_enabled_default:
            yield README_DEFAULT.is_missing(f"{platform}.{row.key}, {name}")


DESCRIBED: Final = Entities(
    ROWS, TEXTS["entity"], ICONS["entity"], README, signal_table.ENTITIES | IN_PLACE_OF_CONTROLS
)


def _without(texts: Mapping[str, Any], platform: str, key: str) -> Mapping[str, Any]:
    rest = {name: text for name, text in texts[platform].items() if name != key}
    return {**texts, platform: rest}


def test_no_step_of_an_entity_is_missing() -> None:
    _assert_nothing(DESCRIBED.missing())


def test_expected_entities_have_a_row() -> None:
    missing = sorted(signal_table.ENTITIES - ENTITIES.keys())
    _assert_nothing(f"{name}: no platform has such a row." for name in missing)


def test_missing_text_is_named() -> None:
    entities = replace(DESCRIBED, texts=_without(DESCRIBED.texts, "sensor", "gear_state"))
    assert _added(entities.missing(), DESCRIBED.missing()) == [
        NAME.is_missing("sensor.gear_state (gear_state)"),
        STATES.is_missing("sensor.gear_state (gear_state)"),
    ]


def test_missing_icon_is_named() -> None:
    entities = replace(DESCRIBED, icons=_without(DESCRIBED.icons, "sensor", "trim"))
    assert _added(entities.missing(), DESCRIBED.missing()) == [
        ICON.is_missing("sensor.trim (trim)")
    ]


def test_missing_row_in_the_readme_is_named() -> None:
    entities = replace(DESCRIBED, readme=README.replace("| Odometer |", "| Mileage |"))
    assert _added(entities.missing(), DESCRIBED.missing()) == [
        README_ROW.is_missing("sensor.odometer, Odometer")
    ]


def test_wrong_default_in_the_readme_is_named() -> None:
    readme = re.sub(r"^(\| Odometer \|.*\|) on \|$", r"\1 off: rare |", README, flags=re.MULTILINE)
    entities = replace(DESCRIBED, readme=readme)
    assert _added(entities.missing(), DESCRIBED.missing()) == [
        README_DEFAULT.is_missing("sensor.odometer, Odometer")
    ]


def test_entity_that_no_test_expects_is_named() -> None:
    entities = replace(DESCRIBED, expected=set(DESCRIBED.expected) - {"sensor.odometer"})
    assert _added(entities.missing(), DESCRIBED.missing()) == [
        EXPECTATION.is_missing("sensor.odometer")
    ]


# Commands and actions

CALL = Step(COMMAND, 1, _file(calls), "call in COMMANDS")
SIMULATED = Step(COMMAND, 2, _file(simulator_commands), "row for its path")
COMMAND_ROW = Step(COMMAND, 3, _file(commands), "row")
DEFAULT_PERMISSION = Step(COMMAND, 4, _file(oauth), "such permission in DEFAULT_PERMISSIONS")
SENDER = Step(
    COMMAND, 5, _file(services), "action that sends it, nor has a platform such a control"
)
FIELDS_OF_ACTION = Step(COMMAND, 6, f"{INTEGRATION}/services.yaml", "such action")
ACTION_TEXT = Step(COMMAND, 6, f"{INTEGRATION}/translations/en.json", "name and description")
ACTION_ICON = Step(COMMAND, 6, f"{INTEGRATION}/icons.json", "icon")
ACTION_SECTION = Step(COMMAND, 6, "README.md", "section")


@dataclass(frozen=True, slots=True)
class Commands:
    """The commands, and what sends, allows, simulates and tests each of them."""

    methods: Collection[str]
    called: Collection[str]
    paths: Collection[str]
    simulated: Collection[str]
    rows: Collection[CommandType[...]]
    sent: Collection[Command]
    default_permissions: Collection[str]

    def missing(self) -> Iterator[str]:
        """Return a sentence for each step that a command lacks."""
        for method in sorted(set(self.methods) - set(self.called)):
            yield CALL.is_missing(method)
        for path in sorted(set(self.paths) - set(self.simulated)):
            yield SIMULATED.is_missing(path)
        for command in Command:
            if command not in {row.command for row in self.rows}:
                yield COMMAND_ROW.is_missing(command)
        for row in self.rows:
            if row.permission not in self.default_permissions:
                yield DEFAULT_PERMISSION.is_missing(f"{row.command}, {row.permission}")
            if row.command not in self.sent:
                yield SENDER.is_missing(row.command)


def _rows_in(module: ModuleType) -> list[CommandType[...]]:
    return [value for value in vars(module).values() if isinstance(value, CommandType)]


_CONTROLS: Final = [row for row in ENTITIES.values() if isinstance(row, SmartcarControlDescription)]
KNOWN: Final = Commands(
    methods=[name for name in vars(CommandMethods) if not name.startswith("_")],
    called={name for call, *_ in calls.COMMANDS.values() for name in call.__code__.co_names},
    paths={path for _, method, path, _ in calls.COMMANDS.values() if method == "POST"},
    simulated={
        *(f"commands/{path}" for path in simulator_commands.COMMANDS),
        *(f"charge-schedules/{path}" for path in simulator_commands.SCHEDULES),
    },
    rows=_rows_in(commands),
    sent={row.command for control in _CONTROLS for row in control.commands}
    | {row.command for row in _rows_in(services)},
    default_permissions=oauth.DEFAULT_PERMISSIONS,
)


def test_no_step_of_a_command_is_missing() -> None:
    _assert_nothing(KNOWN.missing())


def test_missing_steps_of_a_command_are_named() -> None:
    path = "commands/security/lock"
    without: Mapping[str, Any] = {
        "called": set(KNOWN.called) - {"lock"},
        "simulated": set(KNOWN.simulated) - {path},
        "sent": set(KNOWN.sent) - {Command.LOCK},
    }
    assert _added(replace(KNOWN, **without).missing(), KNOWN.missing()) == [
        CALL.is_missing("lock"),
        SIMULATED.is_missing(path),
        SENDER.is_missing("lock"),
    ]
    rows = [row for row in KNOWN.rows if row.command is not Command.LOCK]
    assert _added(replace(KNOWN, rows=rows).missing(), KNOWN.missing()) == [
        COMMAND_ROW.is_missing("lock")
    ]
    permissions = set(KNOWN.default_permissions) - {"control_navigation"}
    found = replace(KNOWN, default_permissions=permissions).missing()
    assert _added(found, KNOWN.missing()) == [
        DEFAULT_PERMISSION.is_missing("set_destination, control_navigation")
    ]


def _missing_of_actions(
    described: Collection[str], texts: Collection[str], icons: Collection[str], readme: str
) -> Iterator[str]:
    """Return a sentence for each step that an action lacks."""
    for action in services._ACTIONS:
        if action not in described:
            yield FIELDS_OF_ACTION.is_missing(action)
        if action not in texts:
            yield ACTION_TEXT.is_missing(action)
        if action not in icons:
            yield ACTION_ICON.is_missing(action)
        if f"(`smartcar.{action}`)" not in readme:
            yield ACTION_SECTION.is_missing(action)


def test_no_step_of_an_action_is_missing() -> None:
    texts, icons = TEXTS["services"], ICONS["services"]
    _assert_nothing(_missing_of_actions(SERVICES, texts, icons, README))


def test_missing_steps_of_an_action_are_named() -> None:
    described = set(SERVICES) - {"refresh"}
    readme = README.replace("(`smartcar.refresh`)", "")
    found = _missing_of_actions(described, described, described, readme)
    before = _missing_of_actions(SERVICES, TEXTS["services"], ICONS["services"], README)
    assert _added(found, before) == [
        step.is_missing("refresh")
        for step in (FIELDS_OF_ACTION, ACTION_TEXT, ACTION_ICON, ACTION_SECTION)
    ]


# CONTRIBUTING.md


def _steps(recipe: str) -> dict[int, str]:
    """Return the numbered steps of a recipe."""
    (text,) = re.findall(rf"^### {recipe}\n(.*?)(?=^##|\Z)", GUIDE, re.MULTILINE | re.DOTALL)
    parts = re.split(r"^(\d+)\. ", text, flags=re.MULTILINE)[1:]
    return {int(number): step for number, step in batched(parts, 2, strict=True)}


def _all_steps() -> list[Step]:
    return [value for value in globals().values() if isinstance(value, Step)]


@pytest.mark.parametrize("step", _all_steps(), ids=lambda step: f"{step.file}-{step.part}")
def test_guide_has_the_step(step: Step) -> None:
    assert f"`{step.file}`" in _steps(step.recipe)[step.number]


@pytest.mark.parametrize("recipe", [SIGNAL, COMMAND, "Add a repair", "Add or change a text"])
def test_steps_are_numbered_in_order(recipe: str) -> None:
    steps = _steps(recipe)
    assert list(steps) == list(range(1, len(steps) + 1))
