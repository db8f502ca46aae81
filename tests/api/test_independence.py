"""The packages that must not import Home Assistant."""

from pathlib import Path
import subprocess
import sys

import pytest

import custom_components

INTEGRATION = Path(custom_components.__path__[0], "smartcar")
INDEPENDENT = ("api",)

SCRIPT = """
import importlib, pathlib, pkgutil, sys, types

class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "homeassistant":
            raise ImportError(f"{name} must not be imported")

sys.meta_path.insert(0, Wall())
# The dependencies of aiohttp are loaded with it; what is loaded later, the package imports.
import aiohttp
allowed = set(sys.modules) | {"aiohttp", "yarl", "multidict"}

integration = types.ModuleType("smartcar")
integration.__path__ = [sys.argv[1]]
sys.modules["smartcar"] = integration
module = importlib.import_module(f"smartcar.{sys.argv[2]}")
for each in pkgutil.walk_packages(getattr(module, "__path__", ()), module.__name__ + "."):
    importlib.import_module(each.name)

roots = {name.partition(".")[0] for name in set(sys.modules) - allowed}
own = {name for name in sys.modules if name.startswith("smartcar.")}
strays = {n for n in own if not (n + ".").startswith(f"smartcar.{sys.argv[2]}.")}
foreign = roots - sys.stdlib_module_names - {"smartcar", "aiohttp", "yarl", "multidict"}
print(len(own), sorted(foreign | strays))
"""


def _run(script: str, integration: Path, name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, str(integration), name],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("name", INDEPENDENT)
def test_package_needs_only_aiohttp_and_the_standard_library(name: str) -> None:
    result = _run(SCRIPT, INTEGRATION, name)
    assert result.returncode == 0, result.stderr
    modules, strays = result.stdout.split(maxsplit=1)
    assert strays.strip() == "[]"
    root = INTEGRATION / name
    expected = len(list(root.rglob("*.py"))) if root.is_dir() else 1
    assert int(modules) == expected


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import homeassistant.const", "must not be imported"),
        ("import voluptuous", "voluptuous"),
        ("from ..outside import X", "smartcar.outside"),
    ],
)
def test_foreign_import_is_found(tmp_path: Path, line: str, found: str) -> None:
    (tmp_path / "outside.py").write_text("X = 1\n")
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "__init__.py").write_text("")
    (tmp_path / "api" / "inner.py").write_text(line + "\n")
    result = _run(SCRIPT, tmp_path, "api")
    assert found in result.stdout + result.stderr
