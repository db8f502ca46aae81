"""The pure packages load without Home Assistant."""

from pathlib import Path
import subprocess
import sys

import pytest

import custom_components

INTEGRATION = Path(custom_components.__path__[0], "smartcar")
PURE = ("api", "budget", "vehicle")

PROGRAM = """
import importlib, pkgutil, sys, types

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("homeassistant", "custom_components"):
            raise ImportError(f"{name} must not be imported")

sys.meta_path.insert(0, Block())
# The integration without its `__init__`, which needs Home Assistant.
integration = types.ModuleType("smartcar")
integration.__path__ = [sys.argv[1]]
sys.modules["smartcar"] = integration
module = importlib.import_module(f"smartcar.{sys.argv[2]}")
for each in pkgutil.walk_packages(getattr(module, "__path__", ()), f"{module.__name__}."):
    importlib.import_module(each.name)
assert not [name for name in sys.modules if name.startswith("homeassistant")]
if sys.argv[2] == "budget":
    assert module.Ledger(module.Budget(), module.ApplicationBucket())
"""


def load(integration: Path, package: str) -> str:
    """Load all modules of a package without Home Assistant; return what went wrong."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(integration), package],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return result.stderr if result.returncode else ""


@pytest.mark.parametrize("package", PURE)
def test_package_loads_without_home_assistant(package: str) -> None:
    assert load(INTEGRATION, package) == ""


@pytest.mark.parametrize(
    "line", ["import homeassistant.const", "from custom_components.smartcar import const"]
)
def test_import_of_home_assistant_is_noticed(tmp_path: Path, line: str) -> None:
    (tmp_path / "vehicle").mkdir()
    (tmp_path / "vehicle" / "__init__.py").write_text("")
    (tmp_path / "vehicle" / "inner.py").write_text(line + "\n")
    assert "must not be imported" in load(tmp_path, "vehicle")
