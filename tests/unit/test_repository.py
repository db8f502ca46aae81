"""The repository: the manifest, the quality scale, the layers, the README and the documents.

Some tests imitate hassfest and HACS offline. The real ones run in .github/workflows/validate.yml,
but most checks of hassfest skip custom integrations.
"""

import ast
from collections.abc import Collection, Iterator, Mapping
import functools
import json
from pathlib import Path
import re
import shutil
import struct
import subprocess
from typing import Any

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
from homeassistant.const import Platform
from homeassistant.util.yaml import load_yaml_dict, parse_yaml
import pytest

from custom_components.smartcar.binary_sensor import BINARY_SENSORS
from custom_components.smartcar.sensor import SENSORS
from custom_components.smartcar.services import _ACTIONS, Action
from tests.helpers.readme import entity_defaults, entity_name, needs_row

ROOT = Path(__file__).parents[2]
INTEGRATION = ROOT / "custom_components" / "smartcar"
DOMAIN = INTEGRATION.name

PACKAGES = {path.parent.name: path.parent for path in INTEGRATION.glob("*/__init__.py")}
MODULES = {path.stem: path for path in INTEGRATION.glob("*.py")} | PACKAGES
PLATFORMS = {name for name in MODULES if name in set(Platform)}

MANIFEST: dict[str, Any] = json.loads((INTEGRATION / "manifest.json").read_text())
TEXTS: dict[str, Any] = json.loads((INTEGRATION / "translations" / "en.json").read_text())
ICONS: dict[str, Any] = json.loads((INTEGRATION / "icons.json").read_text())
SERVICES: dict[str, Any] = load_yaml_dict(str(INTEGRATION / "services.yaml"))
README = (ROOT / "README.md").read_text()


# manifest.json and hacs.json


def test_manifest_keys_are_complete_and_in_order() -> None:
    keys = list(MANIFEST)
    assert keys == ["domain", "name", *sorted(set(keys) - {"domain", "name"})]
    needed = {"codeowners", "config_flow", "documentation", "integration_type", "iot_class"}
    assert needed | {"issue_tracker", "version"} <= set(keys)
    known = {"after_dependencies", "dependencies", "loggers", "quality_scale", "requirements"}
    assert set(keys) <= needed | known | {"domain", "name", "issue_tracker", "version"}


def test_manifest_values_pass_hassfest() -> None:
    assert MANIFEST["domain"] == DOMAIN
    assert MANIFEST["config_flow"] is True
    assert MANIFEST["iot_class"] in {"cloud_polling", "cloud_push"}
    assert MANIFEST["integration_type"] == "hub"
    assert all(re.fullmatch(r"@[\w./-]+", owner) for owner in MANIFEST["codeowners"])
    assert MANIFEST["codeowners"]
    for key in ("documentation", "issue_tracker"):
        assert MANIFEST[key].startswith("https://")
        assert "home-assistant.io" not in MANIFEST[key]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", item) for item in MANIFEST["requirements"])
    version = AwesomeVersion(MANIFEST["version"])
    assert version.strategy in {AwesomeVersionStrategy.SEMVER, AwesomeVersionStrategy.CALVER}


def test_hacs_json_names_the_oldest_home_assistant() -> None:
    hacs = json.loads((ROOT / "hacs.json").read_text())
    # HACS refuses a key that it does not know.
    assert set(hacs) == {"name", "homeassistant"}
    assert hacs["name"] == MANIFEST["name"]
    assert hacs["homeassistant"] == "2026.10.0"


def test_repository_has_what_hacs_requires() -> None:
    assert [
        path.name for path in INTEGRATION.parent.iterdir() if (path / "manifest.json").exists()
    ] == [DOMAIN]
    assert "MIT License" in (ROOT / "LICENSE").read_text()
    assert (ROOT / "info.md").read_text().startswith(f"# {MANIFEST['name']}\n")


def test_components_that_are_imported_are_dependencies() -> None:
    declared = {*MANIFEST.get("dependencies", ()), *MANIFEST.get("after_dependencies", ())}
    # Home Assistant finds the modules of diagnostics and repairs by name, without a dependency.
    allowed = declared | PLATFORMS | {"diagnostics", "repairs"}
    used = {
        name.split(".")[2]
        for path in INTEGRATION.rglob("*.py")
        for name in _imported(path)
        if name.startswith("homeassistant.components.")
    }
    assert used <= allowed


def test_async_setup_has_a_config_schema() -> None:
    init = (INTEGRATION / "__init__.py").read_text()
    assert "async def async_setup(" in init
    assert re.search(r"^CONFIG_SCHEMA\b", init, re.MULTILINE)


def _headings() -> list[str]:
    return re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_version_is_the_newest_of_the_changelog() -> None:
    headings = _headings()
    assert headings[0] in {"Unreleased", MANIFEST["version"]}
    if released := [heading for heading in headings if heading != "Unreleased"]:
        assert max(map(AwesomeVersion, released)) == released[0]
        assert AwesomeVersion(MANIFEST["version"]) >= AwesomeVersion(released[0])


# quality_scale.yaml

RULES = {
    "bronze": [
        "action-setup",
        "appropriate-polling",
        "brands",
        "common-modules",
        "config-flow",
        "config-flow-test-coverage",
        "dependency-transparency",
        "docs-actions",
        "docs-conditions",
        "docs-high-level-description",
        "docs-installation-instructions",
        "docs-removal-instructions",
        "docs-triggers",
        "entity-event-setup",
        "entity-unique-id",
        "has-entity-name",
        "runtime-data",
        "test-before-configure",
        "test-before-setup",
        "unique-config-entry",
    ],
    "silver": [
        "action-exceptions",
        "config-entry-unloading",
        "docs-configuration-parameters",
        "docs-installation-parameters",
        "entity-unavailable",
        "integration-owner",
        "log-when-unavailable",
        "parallel-updates",
        "reauthentication-flow",
        "test-coverage",
    ],
    "gold": [
        "devices",
        "diagnostics",
        "discovery",
        "discovery-update-info",
        "docs-data-update",
        "docs-examples",
        "docs-known-limitations",
        "docs-supported-devices",
        "docs-supported-functions",
        "docs-troubleshooting",
        "docs-use-cases",
        "dynamic-devices",
        "entity-category",
        "entity-device-class",
        "entity-disabled-by-default",
        "entity-translations",
        "exception-translations",
        "icon-translations",
        "reconfiguration-flow",
        "repair-issues",
        "stale-devices",
    ],
    "platinum": ["async-dependency", "inject-websession", "strict-typing"],
}


def _quality_scale() -> Mapping[str, Any]:
    scale = load_yaml_dict(str(INTEGRATION / "quality_scale.yaml"))
    assert set(scale) == {"rules"}
    rules: Mapping[str, Any] = scale["rules"]
    return rules


def test_quality_scale_answers_every_rule() -> None:
    rules = _quality_scale()
    assert sum(map(len, RULES.values())) == 54
    assert set(rules) == {rule for tier in RULES.values() for rule in tier}
    for rule, answer in rules.items():
        if answer == "done":
            continue
        assert isinstance(answer, dict), f"{rule}: {answer} needs a comment"
        assert set(answer) == {"status", "comment"}, rule
        assert answer["status"] in {"done", "todo", "exempt"}, rule
        assert len(answer["comment"].split()) >= 5, f"{rule}: the comment gives no reason"


def test_release_meets_the_rules_of_its_tier() -> None:
    if _headings()[0] == "Unreleased":
        pytest.skip("not released yet: rules may be open")
    tiers = list(RULES)
    rules = _quality_scale()
    for tier in tiers[: tiers.index(MANIFEST["quality_scale"]) + 1]:
        assert not [
            rule
            for rule in RULES[tier]
            if isinstance(rules[rule], dict) and rules[rule]["status"] == "todo"
        ]


# Layers


def test_init_is_a_table_of_contents() -> None:
    assert len((INTEGRATION / "__init__.py").read_text().splitlines()) <= 120


def test_platforms_are_listed_and_limit_their_updates() -> None:
    init = ast.parse((INTEGRATION / "__init__.py").read_text())
    listed = [
        node.attr.lower()
        for node in ast.walk(init)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "Platform"
    ]
    assert listed == sorted(PLATFORMS)
    for platform in PLATFORMS:
        assert re.search(r"^PARALLEL_UPDATES = \d+$", MODULES[platform].read_text(), re.MULTILINE)


# A module imports only from lines above its own. docs/dev/architecture.md shows the same picture.
LAYERS: tuple[set[str], ...] = (
    {"const", "listeners"},
    {"api"},
    {"application", "connections", "oauth", "vehicle"},
    {"budget", "device"},
    {"exceptions", "issues"},
    {"schedule", "store"},
    {"coordinator"},
    {"commands", "push"},
    {"entity", "removal"},
    {"diagnostics", "flow", "options_flow", "services", *PLATFORMS},
    {"config_flow"},
    {"__init__"},
)
RANKS = {module: rank for rank, layer in enumerate(LAYERS) for module in layer}
# Modules that do not import Home Assistant.
PURE = {"api", "budget", "connections", "vehicle"}


@functools.cache
def _imported(path: Path) -> frozenset[str]:
    """Return the absolute names of everything that a file imports, names in packages included."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = list(package[: len(package) - node.level + 1]) if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return frozenset(found)


def _modules_imported_by(path: Path) -> set[str]:
    """Return the modules of the integration that a file imports from."""
    prefix = f"custom_components.{DOMAIN}."
    names = {
        name.removeprefix(prefix).split(".")[0]
        for name in _imported(path)
        if name.startswith(prefix)
    }
    assert names <= set(MODULES), f"{path.name} imports {names - set(MODULES)}"
    return names


def _files(module: str) -> Iterator[Path]:
    path = MODULES[module]
    yield from path.rglob("*.py") if path.is_dir() else [path]


@pytest.mark.parametrize("module", sorted(MODULES))
def test_arrows_run_one_way(module: str) -> None:
    assert module in RANKS, (
        f"{module} needs a place in LAYERS, and a row in docs/dev/architecture.md"
    )
    for path in _files(module):
        for imported in _modules_imported_by(path) - (
            {module} if MODULES[module].is_dir() else set()
        ):
            message = f"{path.name} imports {imported}; if that is meant, change LAYERS"
            assert RANKS[imported] < RANKS[module], message


@pytest.mark.parametrize("module", sorted(PURE & set(MODULES)))
def test_pure_modules_do_not_import_home_assistant(module: str) -> None:
    for path in _files(module):
        assert not [name for name in _imported(path) if name.startswith("homeassistant")]
        assert _modules_imported_by(path) <= PURE | {"const"}


# brand/


def _png_size(path: Path) -> tuple[int, int]:
    header = path.read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert header[12:16] == b"IHDR"
    width, height = struct.unpack(">II", header[16:24])
    return width, height


def test_brand_images_have_the_sizes_that_home_assistant_requires() -> None:
    images = {path.name: _png_size(path) for path in (INTEGRATION / "brand").iterdir()}
    assert {"icon.png", "icon@2x.png"} <= set(images)
    for name, (width, height) in images.items():
        scale = 2 if "@2x" in name else 1
        if "icon" in name:
            assert (width, height) == (256 * scale, 256 * scale), name
        else:
            assert 128 * scale <= min(width, height) <= 256 * scale, name
        assert images[name.replace("@2x", "")] == (width // scale, height // scale), name
        if name.startswith("dark_") and (light := images.get(name.removeprefix("dark_"))):
            assert (width, height) == light, name


# Actions: code, services.yaml, translations, icons


def _difference(
    file: str, named: Collection[str], other_file: str, expected: Collection[str]
) -> str:
    """Return in words which names one of two files lacks."""
    lacks, lacks_too = sorted(set(expected) - set(named)), sorted(set(named) - set(expected))
    return f"{file} lacks {lacks}; {other_file} lacks {lacks_too}"


def test_files_name_the_same_actions() -> None:
    actions = {str(action) for action in _ACTIONS}
    for file, named in (
        ("services.yaml", SERVICES),
        ("translations/en.json", TEXTS["services"]),
        ("icons.json", ICONS["services"]),
    ):
        assert set(named) == actions, _difference(file, named, "services.py", actions)


@pytest.mark.parametrize("action", list(_ACTIONS))
def test_files_name_the_same_fields_of_an_action(action: Action) -> None:
    schema = {str(field): field for field in _ACTIONS[action].fields}
    described = SERVICES[action].get("fields", {})
    texts = TEXTS["services"][action]
    for file, named in (("services.yaml", described), ("en.json", texts.get("fields", {}))):
        assert set(named) == set(schema), _difference(file, named, "services.py", schema)
    for name, field in described.items():
        assert "selector" in field, name
        assert field.get("required", False) == (type(schema[name]).__name__ == "Required"), name
    for text in (texts, *texts.get("fields", {}).values()):
        assert text["name"]
        assert text["description"]
    assert set(ICONS["services"][action]) == {"service"}


def test_icons_belong_to_entities_and_say_something() -> None:
    for platform, icons in ICONS["entity"].items():
        assert set(icons) <= set(TEXTS["entity"][platform]), platform
        for key, icon in icons.items():
            assert icon["default"].startswith("mdi:"), key
            # hassfest refuses a state whose icon is the default's.
            assert icon["default"] not in icon.get("state", {}).values(), key


# Texts


def _walk(texts: Mapping[str, Any], *path: str) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, value in texts.items():
        if isinstance(value, dict):
            yield from _walk(value, *path, key)
        else:
            yield (*path, key), value


def test_texts_are_plain() -> None:
    for path, text in _walk(TEXTS):
        where = ".".join(path)
        assert all(re.fullmatch(r"[a-z0-9]+(?:[_-][a-z0-9]+)*", key) for key in path), where
        assert text == text.strip(), where
        assert not re.search(r"</?[a-zA-Z]", text), f"{where} holds HTML"
        assert not re.search(r"https?://|www\.", text), f"{where} holds a URL; use a placeholder"
        assert "[%key" not in text, where
        assert not re.search(r"'\{\w+\}'", text), f"{where} quotes a placeholder with '"


# README and docs


@pytest.mark.parametrize("action", list(SERVICES))
def test_readme_explains_actions(action: str) -> None:
    parts = re.split(r"^### ", README, flags=re.MULTILINE)
    (section,) = [part for part in parts if f"(`{DOMAIN}.{action}`)" in part.splitlines()[0]]
    assert section.startswith(TEXTS["services"][action]["name"])
    assert f"action: {DOMAIN}.{action}\n" in section
    for field in SERVICES[action].get("fields", {}):
        assert f"| `{field}` |" in section


def test_readme_explains_options_and_fields_of_the_set_up() -> None:
    for step, texts in TEXTS["options"]["step"].items():
        for label in texts["data"].values():
            assert f"| {label} |" in README, f"option {label} of {step}"
    for step in ("user", "connect", "push"):
        for label in TEXTS["config"]["step"][step]["data"].values():
            assert f"| {label} |" in README, f"field {label} of {step}"
    for label in TEXTS["config"]["step"]["reconfigure"]["menu_options"].values():
        assert label in README


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_readme_lists_every_entity(platform: str) -> None:
    defaults = entity_defaults(README, platform)
    texts = TEXTS["entity"][platform]
    for key, text in texts.items():
        if needs_row(key):
            assert entity_name(key, text) in defaults, f"{key}: no row for {text.get('name')}"
    for row in {"sensor": SENSORS, "binary_sensor": BINARY_SENSORS}.get(platform, ()):
        default = defaults[texts[row.key]["name"]]
        assert default.startswith("on" if row.entity_registry_enabled_default else "off"), row.key
        # An entity that is disabled has a reason beside "off".
        assert row.entity_registry_enabled_default == (default == "on"), row.key


def test_readme_lists_every_event_type() -> None:
    (table,) = re.findall(r"^### Events\n(.*?)^##", README, re.MULTILINE | re.DOTALL)
    for key, text in TEXTS["entity"]["event"].items():
        types = ", ".join(text["state_attributes"]["event_type"]["state"])
        documented = re.search(rf"^\| {text['name']} \| (.+?) \|", table, re.MULTILINE)
        assert documented, key
        assert sorted(documented[1].split(", ")) == sorted(types.split(", ")), key


def _documents() -> list[Path]:
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


@pytest.mark.parametrize("document", _documents(), ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text()
    slugs = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in slugs, target
        elif not target.startswith("https://"):
            assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", _documents(), ids=lambda path: path.name)
def test_examples_are_yaml(document: Path) -> None:
    for block in re.findall(r"```yaml\n(.*?)```", document.read_text(), re.DOTALL):
        example = parse_yaml(block)
        used = re.findall(rf"\baction: {DOMAIN}\.(\w+)", block)
        assert set(used) <= set(SERVICES)
        assert isinstance(example, dict)


# Documents for developers

_DEVELOPER_DOCUMENTS = [
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs" / "dev").glob("*.md")),
]
_SOURCES = ("bench", "custom_components", "demo", "simulator", "tests")


@functools.cache
def _words_in_code() -> frozenset[str]:
    """Return every word of the sources and of the JSON files beside them."""
    files = [path for folder in _SOURCES for path in (ROOT / folder).rglob("*.py")]
    files += [*INTEGRATION.glob("*.json"), *INTEGRATION.glob("translations/*.json")]
    return frozenset(word for path in files for word in re.findall(r"\w+", path.read_text()))


def _code_spans(document: Path) -> Iterator[str]:
    """Yield the code spans of a document, without its blocks of code."""
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"`([^`\n]+)`", text)


def _is_file(span: str) -> bool:
    is_path = span.partition("/")[0] in {
        path.name for path in (*ROOT.iterdir(), *PACKAGES.values())
    }
    has_ending = re.fullmatch(r"[\w-]+\.(py|md|json|yaml|toml)|requirements\.lock", span)
    return " " not in span and (("/" in span and is_path) or has_ending is not None)


@pytest.mark.parametrize("document", _DEVELOPER_DOCUMENTS, ids=lambda path: path.name)
def test_files_in_documents_exist(document: Path) -> None:
    missing = [
        span
        for span in filter(_is_file, _code_spans(document))
        if not any((folder / span).exists() for folder in (ROOT, INTEGRATION))
    ]
    assert not missing, f"{document.name} names files that do not exist: {missing}"


@pytest.mark.parametrize("document", _DEVELOPER_DOCUMENTS, ids=lambda path: path.name)
def test_names_in_documents_exist(document: Path) -> None:
    missing = [
        span
        for span in _code_spans(document)
        if re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*", span)
        and not _is_file(span)
        and not _words_in_code().issuperset(span.split("."))
    ]
    assert not missing, f"{document.name} names what no code has: {missing}"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_architecture_has_every_module(module: str) -> None:
    architecture = (ROOT / "docs" / "dev" / "architecture.md").read_text()
    picture, _, rest = architecture.partition("| Module |")
    assert re.search(rf"\b{module}\b", picture), f"{module} is missing in the picture of the layers"
    if module not in PLATFORMS:
        assert re.search(rf"`{module}(\.py|/)`", rest), f"{module} has no row in the table"


@pytest.mark.parametrize("layer", range(len(LAYERS)))
def test_picture_has_the_layers_in_order(layer: int) -> None:
    architecture = (ROOT / "docs" / "dev" / "architecture.md").read_text()
    (picture,) = re.findall(r"^## Layers.*?^```\n(.*?)^```", architecture, re.MULTILINE | re.DOTALL)
    layers = re.split(r"^ +\|$", picture, flags=re.MULTILINE)
    assert len(layers) == len(LAYERS)
    missing = [module for module in LAYERS[layer] if not re.search(rf"\b{module}\b", layers[layer])]
    assert not missing, f"{missing} is missing in line {layer + 1} of the picture"


def test_bug_form_requires_what_a_report_needs() -> None:
    form = load_yaml_dict(str(ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml"))
    required = {
        field["id"]
        for field in form["body"]
        if field.get("validations", {}).get("required") and field["attributes"]["label"]
    }
    assert {"diagnostics", "integration_version", "home_assistant_version", "vehicle"} <= required


# Registries and machines

# Written in parts, so that this file does not contain them.
_FORBIDDEN = {
    "a registry's host": [
        "pypi" + ".org",
        "python" + "hosted.org",
        "npm" + "js.org",
        "npm" + "js.com",
        "crates" + ".io",
        "proxy.golang" + ".org",
        "docker" + ".io",
        "debian" + ".org",
        "--index" + "-url",
        "--extra-index" + "-url",
    ],
    "a path of one machine": ["/{}/".format("work"), "/{}/".format("root"), "/{}/".format("Users")],
}


def _tracked() -> list[Path]:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a git checkout, or no git")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


@pytest.mark.parametrize("what", list(_FORBIDDEN))
def test_no_file_holds(what: str) -> None:
    found = []
    for path in _tracked():
        content = path.read_bytes()
        found += [
            f"{path.relative_to(ROOT)}: {word}"
            for word in _FORBIDDEN[what]
            if word.encode() in content
        ]
    assert not found
