"""Texts and icons: all that is shown has one, and there is none that nothing shows.

What is shown is read from the tables and from the syntax trees of the modules, so nothing here
needs a change when entities, actions, steps or errors are added.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
import importlib
import inspect
import json
from pathlib import Path
from string import Formatter
from types import ModuleType
from typing import Any, get_origin, override

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.yaml import load_yaml_dict
import pytest

import custom_components.smartcar
from custom_components.smartcar import PLATFORMS, exceptions
from custom_components.smartcar.api import Position
from custom_components.smartcar.budget import Reason
from custom_components.smartcar.config_flow import MENU_STEPS, SmartcarConfigFlow
from custom_components.smartcar.entity import SmartcarEntityDescription
from custom_components.smartcar.options_flow import SmartcarOptionsFlow
from custom_components.smartcar.vehicle import VehicleState
from tests.helpers.readme import entity_name

ROOT = Path(custom_components.smartcar.__file__).parent
EN: dict[str, Any] = json.loads((ROOT / "translations/en.json").read_text())
ICONS: dict[str, Any] = json.loads((ROOT / "icons.json").read_text())
SERVICES = load_yaml_dict(str(ROOT / "services.yaml"))

# Keys that are put together, by how they begin, and the tables that they are made from.
COMPOSED = {
    "command_": {f"command_{code.lower()}" for code in exceptions._TRANSLATED_CODES},
    "request_refused_": {f"request_refused_{reason}" for reason in Reason},
    # The application's limit has no repair: it is over within the hour.
    "requests_": {f"requests_{reason}" for reason in Reason if reason is not Reason.APPLICATION},
}


class Source:
    """One or more modules, their names, and their syntax trees as one."""

    def __init__(self, *paths: Path) -> None:
        modules = [_module(path) for path in paths]
        self.name = modules[0].__name__
        self.names: dict[str, Any] = {key: value for m in modules for key, value in vars(m).items()}
        self.tree = ast.Module([node for p in paths for node in ast.parse(p.read_text()).body], [])

    def calls(self, *names: str) -> Iterator[ast.Call]:
        """Return the calls of whatever has one of these names, or all calls."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and (not names or _called(node) in names):
                yield node

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    @property
    def constants(self) -> set[str]:
        """Every text in the module, and the texts that its names stand for."""
        return {
            node.value
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        } | {value for value in self.names.values() if isinstance(value, str)}


def _module(path: Path) -> ModuleType:
    name = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
    return importlib.import_module(f"custom_components.{name}".removesuffix(".__init__"))


SOURCES = [Source(path) for path in sorted(ROOT.rglob("*.py"))]
FLOWS = {
    "config": Source(ROOT / "config_flow.py", *sorted((ROOT / "flow").glob("*.py"))),
    "options": Source(ROOT / "options_flow.py"),
}


def _called(call: ast.Call) -> str:
    return ast.unparse(call.func).rsplit(".", 1)[-1]


def _argument(call: ast.Call, name: str, position: int | None = None) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if position is not None and position < len(call.args):
        return call.args[position]
    return None


def _position(function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> int | None:
    """Return where a function takes an argument by its position; None if it has none such."""
    names = [argument.arg for argument in function.args.args if argument.arg != "self"]
    return names.index(name) if name in names else None


def _texts_of(source: Source, value: ast.expr, within: ast.AST) -> Iterator[str]:
    """Return what an expression can be: literally, by a variable, or by an argument."""
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp():
            yield from _texts_of(source, value.body, within)
            yield from _texts_of(source, value.orelse, within)
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
            yield from COMPOSED[start]
        case ast.Name(id=name):
            for assigned in _assigned(within, name):
                yield from _texts_of(source, assigned, within)
            if isinstance(within, ast.FunctionDef | ast.AsyncFunctionDef):
                if members := list(_members(source, within, name)):
                    yield from members
                    return
                position = _position(within, name)
                for call in source.calls(within.name) if position is not None else ():
                    if (argument := _argument(call, name, position)) is not None:
                        yield from _texts_of(source, argument, within)


def _assigned(within: ast.AST, name: str) -> Iterator[ast.expr]:
    """Return what a variable is set to, alone or together with others."""
    for node in ast.walk(within):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                yield value
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                yield from (
                    value
                    for target, value in zip(targets, values, strict=True)
                    if ast.unparse(target) == name
                )


def _members(
    source: Source, function: ast.FunctionDef | ast.AsyncFunctionDef, name: str
) -> Iterator[str]:
    """Return the members of the enumeration that an argument is of, if it is of one."""
    for argument in function.args.args:
        if argument.arg == name and argument.annotation is not None:
            kind = source.names.get(ast.unparse(argument.annotation))
            if isinstance(kind, type) and issubclass(kind, StrEnum):
                yield from kind


# The functions that make translated errors and repairs: the section of their texts, and where the
# key stands in a call.
MAKERS = {
    "failed": ("exceptions", "key", 0),
    "invalid": ("exceptions", "key", 0),
    "_async_raise": ("issues", "key", 3),
}


def _translation_keys(source: Source) -> Iterator[tuple[str, str]]:
    """Return the section of the texts, and the key, of each call that makes an error or repair."""
    for function in source.functions():
        if function.name in MAKERS:
            continue
        for call in ast.walk(function):
            if not isinstance(call, ast.Call):
                continue
            called = source.names.get(_called(call))
            if _called(call) in MAKERS:
                section, name, position = MAKERS[_called(call)]
            elif isinstance(called, type) and issubclass(called, HomeAssistantError):
                section, name, position = "exceptions", "translation_key", 0
            else:
                continue
            key = _argument(call, name, position)
            assert key is not None, ast.unparse(call)
            texts = set(_texts_of(source, key, function))
            assert texts, f"{source.name}: cannot tell what {ast.unparse(key)} is"
            for text in texts:
                yield section, text


@pytest.mark.parametrize("section", ["exceptions", "issues"])
def test_exceptions_and_issues(section: str) -> None:
    raised = {
        key for source in SOURCES for kind, key in _translation_keys(source) if kind == section
    }
    assert raised
    assert EN[section].keys() == raised


# Flows


@pytest.mark.parametrize("section", FLOWS)
def test_steps(section: str) -> None:
    """Every step that shows something has texts, and every text is of such a step."""
    source = FLOWS[section]
    takers = {f.name: _position(f, "step_id") for f in source.functions()}
    takers |= {"async_show_form": None, "async_show_menu": None}
    shown = {
        str(text)
        for function in source.functions()
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and _called(call) in takers
        if (value := _argument(call, "step_id", takers[_called(call)])) is not None
        for text in _texts_of(source, value, function)
    }
    if section == "config":
        shown |= MENU_STEPS.keys()
    steps = EN[section]["step"]
    assert steps.keys() == shown
    # Those of the menus are made from a table, so the class has more than the syntax trees.
    flow = {"config": SmartcarConfigFlow, "options": SmartcarOptionsFlow}[section]
    methods = {name.removeprefix("async_step_") for name in dir(flow)}
    assert shown <= methods
    for name, texts in steps.items():
        assert texts["title"], name
        assert texts.get("data", {}).keys() == texts.get("data_description", {}).keys(), name
        assert texts.get("data", {}).keys() <= source.constants, name
        assert texts.get("menu_options", {}).keys() <= methods, name


def test_errors() -> None:
    source = FLOWS["config"]
    given: set[str] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).startswith("errors["):
            given |= set(_texts_of(source, node.value, node))
    for function in source.functions():
        if function.returns is None or ast.unparse(function.returns) != "dict[str, str]":
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict):
                for value in node.value.values:
                    given |= set(_texts_of(source, value, function))
    assert EN["config"]["error"].keys() == given


def test_aborts() -> None:
    """Home Assistant itself translates all other reasons."""
    source = FLOWS["config"]
    reasons = {
        text
        for call in source.calls("async_abort", "async_update_reload_and_abort")
        if (reason := _argument(call, "reason")) is not None
        for text in _texts_of(source, reason, source.tree)
    }
    if list(source.calls("_abort_if_unique_id_configured")):
        reasons.add("already_configured")
    assert EN["config"]["abort"].keys() == reasons


def test_closing_pages() -> None:
    source = FLOWS["config"]
    shown = {
        text
        for call in source.calls("async_create_entry")
        if (description := _argument(call, "description")) is not None
        for text in _texts_of(source, description, source.tree)
    }
    assert EN["config"]["create_entry"].keys() == {"default", *shown} > {"default"}


def test_clicks_are_listed_one_by_one() -> None:
    """On the closing page and in the repairs, in the dashboard's order, with the address."""
    listed = {
        "closing page": EN["config"]["create_entry"]["push"],
        **{key: EN["issues"][key]["description"] for key in CLICKS},
    }
    for name, text in listed.items():
        lines = [line for line in text.splitlines() if line[:1].isdigit()]
        assert [line.split(".")[0] for line in lines] == [str(n + 1) for n in range(len(lines))]
        clicks = CLICKS.get(name, CLICKS["push_not_created"])
        for line, click in zip(lines, clicks, strict=True):
            assert click in line, name


# What each line has to name.
CLICKS: Mapping[str, Sequence[str]] = {
    "push_not_created": ["Create webhook", "{url}", "signals", "add the webhook only", "Verify"],
    "push_not_enabled": ["open the webhook", "Switch it on"],
    "push_url_differs": ["open the webhook", "{url}", "Verify"],
    "push_waiting": ["Verify", "test the address with Reconfigure", "report"],
}


def test_selectors() -> None:
    selectors: dict[str, set[str]] = {}
    for source in FLOWS.values():
        for call in source.calls("SelectSelectorConfig"):
            if (key := _argument(call, "translation_key")) is not None:
                options = _argument(call, "options")
                assert options is not None
                # The code is this repository's; its lists are named in its module.
                found = eval(ast.unparse(options), source.names)  # noqa: S307
                selectors[ast.literal_eval(key)] = set(found)
    # Those of services.yaml need texts as well.
    for service in SERVICES.values():
        for field in _fields(service).values():
            if key := ((field.get("selector") or {}).get("select") or {}).get("translation_key"):
                selectors[key] = set(field["selector"]["select"]["options"])
    assert {key: texts["options"].keys() for key, texts in EN["selector"].items()} == selectors


# Actions


def _fields(service: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the fields of an action, those in sections as well."""
    found: dict[str, Any] = {}
    for name, field in ((service or {}).get("fields") or {}).items():
        found |= _fields(field) if "fields" in (field or {}) else {name: field or {}}
    return found


def test_actions() -> None:
    assert EN["services"].keys() == SERVICES.keys() == ICONS["services"].keys()
    for name, service in SERVICES.items():
        texts = EN["services"][name]
        assert texts["name"]
        assert texts["description"]
        assert texts.get("fields", {}).keys() == _fields(service).keys(), name
        for field in texts.get("fields", {}).values():
            assert field.keys() == {"name", "description"}
        assert ICONS["services"][name]["service"].startswith("mdi:")


# Entities


class _CarWithEverything(VehicleState):
    """A car with doors, windows and tires in three rows of three."""

    @override
    def positions(self, signal: object) -> list[Position]:
        return [Position(row, column) for row in range(3) for column in range(3)]


def _rows(platform: str) -> Iterator[SmartcarEntityDescription]:
    """Return the rows of all tables of a platform, and those that functions make for a car."""
    module = importlib.import_module(f"{custom_components.smartcar.__name__}.{platform}")
    for value in list(vars(module).values()):
        if inspect.isfunction(value) and value.__module__ == module.__name__:
            annotations = dict(value.__annotations__)
            if get_origin(annotations.pop("return", None)) is not Iterable:
                continue
            if list(annotations.values()) == [VehicleState]:
                yield from value(_CarWithEverything())
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield from (row for row in value if isinstance(row, SmartcarEntityDescription))


def test_no_texts_of_platforms_that_are_not_there() -> None:
    assert EN["entity"].keys() == set(PLATFORMS)
    assert ICONS["entity"].keys() <= set(PLATFORMS)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_entities(platform: str) -> None:
    rows = {row.translation_key or row.key: row for row in _rows(platform)}
    assert rows
    texts, icons = EN["entity"][platform], ICONS["entity"].get(platform, {})
    assert texts.keys() == rows.keys()
    assert icons.keys() <= texts.keys()
    for key, row in rows.items():
        assert entity_name(key, texts[key]), key
        options = set(getattr(row, "options", None) or ())
        event_types = set(getattr(row, "event_types", None) or ())
        attributes = texts[key].get("state_attributes", {})
        assert attributes.get("event_type", {}).get("state", {}).keys() == event_types, key
        assert texts[key].get("state", {}).keys() == options, key
        assert row.device_class or key in icons, f"{key} has no icon at all"
        states = icons.get(key, {}).get("state", {})
        assert states.keys() <= options | {"on", "off", "open", "closed", "locked", "unlocked"}, key
        assert icons.get(key, {}).get("default") not in states.values(), key


# Languages


def _leaves(texts: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in texts.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}/{key}")
        else:
            yield f"{path}/{key}", value


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _faults(folder: Path) -> list[str]:
    """Return what is wrong with the languages in a folder, the English original among them."""
    original = dict(_leaves(json.loads((folder / "en.json").read_text())))
    faults = []
    for path in sorted(folder.glob("*.json")):
        texts = dict(_leaves(json.loads(path.read_text())))
        faults += [f"{path.stem}{key} is missing" for key in original if key not in texts]
        for key, text in texts.items():
            if key not in original:
                faults.append(f"{path.stem}{key} is not in English")
            elif _placeholders(text) != _placeholders(original[key]):
                faults.append(f"{path.stem}{key} has other placeholders")
            if not text.strip() == text != "":
                faults.append(f"{path.stem}{key} is empty, or begins or ends with a blank")
            if [mark for mark in ("<", ">", "://") if mark in text]:
                faults.append(f"{path.stem}{key} has HTML or an address")
    return faults


def test_languages_say_the_same() -> None:
    """Each has all texts, all the same placeholders, and neither HTML nor addresses."""
    assert _faults(ROOT / "translations") == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Los geht's um {until} mit {vehicle}", None),
        (None, "is missing"),
        ("Los geht's um {until}", "has other placeholders"),
        ("Los geht's um {until} mit {vehicle} und {more}", "has other placeholders"),
        ("Los geht's um {until} mit {vehicle} ", "is empty, or begins or ends with a blank"),
        ("<b>{until}</b> {vehicle}", "has HTML or an address"),
        ("https://{vehicle}/{until}", "has HTML or an address"),
    ],
)
def test_language_that_says_something_else_is_found(
    tmp_path: Path, text: str | None, fault: str | None
) -> None:
    """A second language, of which one text is not as it must be."""
    english = {"title": "Cars", "exceptions": {"wait": "{vehicle} at {until}", "stop": "Stop"}}
    german = {"title": "Autos", "exceptions": {"wait": text, "stop": "Halt"}}
    if text is None:
        german["exceptions"] = {"stop": "Halt"}
    for language, texts in (("en", english), ("de", german)):
        (tmp_path / f"{language}.json").write_text(json.dumps(texts))
    assert _faults(tmp_path) == ([f"de/exceptions/wait {fault}"] if fault else [])


def test_text_that_english_does_not_have_is_found(tmp_path: Path) -> None:
    for language, texts in (("en", {"title": "Cars"}), ("de", {"title": "Autos", "stop": ""})):
        (tmp_path / f"{language}.json").write_text(json.dumps(texts))
    assert _faults(tmp_path) == [
        "de/stop is not in English",
        "de/stop is empty, or begins or ends with a blank",
    ]
