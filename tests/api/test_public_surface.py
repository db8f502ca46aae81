"""The public surface: `api` and `api.catalogue` name all that other packages use."""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import custom_components
from custom_components.smartcar import api
from custom_components.smartcar.api import catalogue
from custom_components.smartcar.api.catalogue import CATALOGUE, SignalType

COMPONENTS = Path(custom_components.__path__[0])
ROOT = COMPONENTS.parent
API = ("custom_components", "smartcar", "api")
PUBLIC_MODULE = "catalogue"
# The names of `api.catalogue` that are not rows.
CATALOGUE_NAMES = {"CATALOGUE", "SignalType"}
ROWS = {name for name, value in vars(catalogue).items() if isinstance(value, SignalType)}
USERS = sorted(
    path
    for folder in ("custom_components", "bench", "demo")
    for path in (ROOT / folder).rglob("*.py")
    if ROOT.joinpath(*API) not in path.parents
)


def _imports(tree: ast.AST, package: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield each import as the parts of its absolute name, the imported name last."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (*alias.name.split("."), "*")
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            for alias in node.names:
                yield (*base, *(node.module or "").split("."), alias.name)


def _names_of_api(tree: ast.AST, package: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield what is imported from the package `api`: ("Signal",), ("catalogue", "VIN"), ..."""
    for parts in _imports(tree, package):
        name = tuple(part for part in parts if part)
        if name[: len(API)] == API:
            yield name[len(API) :]


def _is_public(name: tuple[str, ...]) -> bool:
    match name:
        case (member,):
            return member == PUBLIC_MODULE or member in api.__all__
        case (module, member):
            return module == PUBLIC_MODULE and member in CATALOGUE_NAMES | ROWS
        case _:
            return False


def test_other_packages_import_only_the_public_surface() -> None:
    found = 0
    for path in USERS:
        package = path.relative_to(ROOT).parent.parts
        for name in _names_of_api(ast.parse(path.read_text()), package):
            assert _is_public(name), f"{path.relative_to(ROOT)}: {'.'.join(name)}"
            found += 1
    assert found > 100


@pytest.mark.parametrize(
    ("line", "public"),
    [
        ("from .api import Signal", True),
        ("from .api import catalogue", True),
        ("from .api.catalogue import VIN, SignalType", True),
        ("from custom_components.smartcar.api import Signal", True),
        ("from .api import errors", False),
        ("from .api import exchange", False),
        ("from .api import *", False),
        ("from .api.payload import optional_text", False),
        ("from .api.catalogue import read_text", False),
        ("from .api.catalogue import Position", False),
        ("from . import api", False),
        ("import custom_components.smartcar.api.errors", False),
        ("from custom_components.smartcar.api.errors import ApiError", False),
    ],
)
def test_private_import_is_found(line: str, public: bool) -> None:
    names = list(_names_of_api(ast.parse(line), API[:-1]))
    assert names
    assert all(map(_is_public, names)) is public


def test_all_names_exactly_what_is_defined() -> None:
    defined = {
        name
        for name, value in vars(api).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert set(api.__all__) == defined
    assert len(api.__all__) == len(defined)


def test_catalogue_has_one_constant_for_each_row() -> None:
    rows = [vars(catalogue)[name] for name in ROWS]
    assert len(rows) == len(CATALOGUE)
    assert {row.code: row for row in rows} == CATALOGUE


def test_each_public_method_is_documented() -> None:
    """Each names its source; each command and each read of signals names its permission."""
    documented = 0
    for name in dir(api.SmartcarClient):
        method = getattr(api.SmartcarClient, name)
        if name.startswith("_") or name == "for_application":
            continue
        assert "https://smartcar.com/docs/" in method.__doc__, name
        assert (
            "Permission: " in method.__doc__
            or "permission" in method.__doc__
            or (method.__module__.endswith(".management"))
        ), name
        documented += 1
    assert documented == 22
