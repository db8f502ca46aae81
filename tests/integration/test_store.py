"""What survives a restart, on a real disk: when it is written, and what a bad file does."""

# ruff: noqa: ASYNC240  # the files are small, and nothing else waits

from collections.abc import Generator
from datetime import timedelta
import json
from pathlib import Path
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.smartcar.const import DOMAIN
from simulator import Cloud
from simulator.car import Car
from simulator.json_types import Json
from tests.helpers.states import act, entity_id, let_pass, settle, value


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Let this module write to a disk of its own."""
    return hass_tmp_config_dir


@pytest.fixture
def hass_storage() -> Generator[dict[str, Any]]:
    """Let Home Assistant's real storage write."""
    yield {}  # noqa: PT022


@pytest.fixture
def file(hass: HomeAssistant, entry: ConfigEntry) -> Path:
    """Return the entry's file."""
    return Path(hass.config.path(".storage", f"{DOMAIN}.{entry.entry_id}"))


def odometer(file: Path, car: Car) -> float:
    """Return what the file holds of a car."""
    stored = json.loads(file.read_text("utf-8"))["data"]["vehicles"][car.id]["signals"]
    body: dict[str, Any] = stored["odometer-traveleddistance"]["body"]
    return float(body["value"])


async def test_written_soon(
    hass: HomeAssistant,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    file: Path,
) -> None:
    assert not file.exists()
    await let_pass(hass, freezer, timedelta(seconds=31))
    assert odometer(file, cars[0]) == round(cars[0].snapshot.state.odometer, 1)
    assert file.stat().st_mode & 0o077 == 0


async def test_stream_of_changes_does_not_put_it_off(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    freezer: FrozenDateTimeFactory,
    entry: ConfigEntry,
    file: Path,
) -> None:
    button = entity_id(hass, cars[0], "button.refresh")
    for second in range(4):
        cloud.patch_state(cars[0].id, {"odometer": 100 + second})
        await act(hass, "button.press", button)
        await let_pass(hass, freezer, timedelta(seconds=10))
    assert odometer(file, cars[0]) >= 102


async def test_written_when_home_assistant_stops(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    entry: ConfigEntry,
    file: Path,
) -> None:
    cloud.patch_state(cars[0].id, {"odometer": 888})
    await act(hass, "button.press", entity_id(hass, cars[0], "button.refresh"))
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await settle(hass)
    assert odometer(file, cars[0]) == 888


GOOD = {"version": 1, "minor_version": 1, "key": "smartcar.x", "data": {"vehicles": {}}}


@pytest.mark.parametrize(
    ("content", "by_home_assistant"),
    [
        pytest.param("{", True, id="cut off"),
        pytest.param("\0\0\0\0", True, id="zeros"),
        pytest.param(json.dumps(GOOD | {"version": 99}), False, id="newer version"),
        pytest.param(json.dumps(GOOD | {"data": []}), False, id="data is a list"),
        pytest.param(json.dumps(GOOD | {"data": {}}), False, id="data is empty"),
        pytest.param(json.dumps(GOOD | {"data": {"vehicles": []}}), False, id="cars are a list"),
        pytest.param(json.dumps(GOOD | {"data": {"vehicles": {"a": 5}}}), False, id="a number"),
        pytest.param(
            json.dumps(GOOD | {"data": {"vehicles": {}, "connections": [{"id": 5}]}}),
            False,
            id="connection without ids",
        ),
        pytest.param(json.dumps({"data": {}}), False, id="no version"),
        pytest.param("[1]", False, id="a list"),
    ],
)
async def test_file_that_cannot_be_used_is_set_aside(
    hass: HomeAssistant,
    cars: list[Car],
    entry: ConfigEntry,
    file: Path,
    content: str,
    by_home_assistant: bool,
) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    file.write_text(content, "utf-8")
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert value(hass, cars[0], "sensor.odometer") != "unavailable"
    (kept,) = [path for path in file.parent.iterdir() if path.name.startswith(f"{file.name}.")]
    assert kept.read_text("utf-8") == content
    (issue,) = ir.async_get(hass).issues.values()
    if not by_home_assistant:
        assert issue.translation_key == "store_set_aside"
        assert (issue.translation_placeholders or {})["file"] == kept.name
        assert await hass.config_entries.async_remove(entry.entry_id)
        assert not ir.async_get(hass).issues


async def test_empty_file_is_a_first_start(
    hass: HomeAssistant, cars: list[Car], entry: ConfigEntry, file: Path
) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    file.unlink()
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert value(hass, cars[0], "sensor.odometer") != "unavailable"
    assert not ir.async_get(hass).issues


def nested(depth: int) -> Json:
    deep: Json = 1
    for _ in range(depth):
        deep = {"deeper": [deep]}
    return deep


@pytest.mark.parametrize(
    "weird",
    [10**30, "\ud800", {"\ud800": 1}, nested(200), 1e400, True, [[], {}, None]],
    ids=["integer", "surrogate", "key", "depth", "infinity", "true", "list"],
)
async def test_foreign_json_does_not_cost_the_store(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    entry: ConfigEntry,
    file: Path,
    weird: Json,
) -> None:
    car = cars[0]
    cloud.override(car.id, "some-future-signal", {"body": {"value": weird}})
    cloud.override(car.id, "vehicleidentification-trim", {"body": {"value": weird}})
    cloud.patch_state(cars[1].id, {"odometer": 888})
    for one in cars[:2]:
        await act(hass, "button.press", entity_id(hass, one, "button.refresh"))
    before = value(hass, car, "sensor.odometer")
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert odometer(file, cars[1]) == 888
    assert value(hass, car, "sensor.odometer") == before
    assert value(hass, cars[1], "sensor.odometer") == "888.0"
