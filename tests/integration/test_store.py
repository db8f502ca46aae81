"""What survives a restart, on a real disk: when it is written, and what a bad file does."""

# ruff: noqa: ASYNC240  # the files are small, and nothing else waits

from collections.abc import Generator
from datetime import timedelta
import json
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.helpers import issue_registry as ir
import pytest

from custom_components.smartcar.const import DOMAIN
from simulator.car import Car
from simulator.json_types import Json
from tests.helpers.home import ODOMETER, Home


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Let this module write to a disk of its own."""
    return hass_tmp_config_dir


@pytest.fixture
def hass_storage() -> Generator[dict[str, Any]]:
    """Let Home Assistant's real storage write."""
    yield {}  # noqa: PT022


@pytest.fixture
def file(home: Home) -> Path:
    """Return the file of the entry."""
    return Path(home.hass.config.path(".storage", f"{DOMAIN}.{home.entry.entry_id}"))


def odometer(file: Path, car: Car) -> float:
    """Return the odometer of a car in the file."""
    stored = json.loads(file.read_text("utf-8"))["data"]["vehicles"][car.id]["signals"]
    body: dict[str, Any] = stored["odometer-traveleddistance"]["body"]
    return float(body["value"])


@pytest.mark.usefixtures("freezer")
async def test_file_is_written_soon(home: Home, file: Path) -> None:
    assert not file.exists()
    await home.let_pass(timedelta(seconds=31))
    assert odometer(file, home.car) == round(home.car.snapshot.state.odometer, 1)
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("freezer")
async def test_stream_of_changes_does_not_delay_the_file(home: Home, file: Path) -> None:
    for second in range(4):
        home.cloud.patch_state(home.car.id, {"odometer": 76_100 + second})
        await home.press_refresh()
        await home.let_pass(timedelta(seconds=10))
    assert odometer(file, home.car) >= 76_102


async def test_file_is_written_when_home_assistant_stops(home: Home, file: Path) -> None:
    home.cloud.patch_state(home.car.id, {"odometer": 76_888})
    await home.press_refresh()
    home.hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await home.settle()
    assert odometer(file, home.car) == 76_888


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
        pytest.param(json.dumps({"data": {}}), False, id="no version"),
        pytest.param("[1]", False, id="a list"),
    ],
)
async def test_unusable_file_is_set_aside(
    home: Home, file: Path, content: str, by_home_assistant: bool
) -> None:
    await home.unload()
    file.write_text(content, "utf-8")
    await home.load()
    assert home.entry.state is ConfigEntryState.LOADED
    assert home.value(home.car, ODOMETER) != "unavailable"
    (kept,) = [path for path in file.parent.iterdir() if path.name.startswith(f"{file.name}.")]
    assert kept.read_text("utf-8") == content
    (issue,) = ir.async_get(home.hass).issues.values()
    if not by_home_assistant:
        assert issue.translation_key == "store_set_aside"
        assert (issue.translation_placeholders or {})["file"] == kept.name
        await home.remove()
        assert not ir.async_get(home.hass).issues


async def test_missing_file_is_a_first_start(home: Home, file: Path) -> None:
    await home.unload()
    file.unlink()
    await home.load()
    assert home.value(home.car, ODOMETER) != "unavailable"
    assert not ir.async_get(home.hass).issues


async def test_broken_connection_in_the_file_costs_only_itself(home: Home, file: Path) -> None:
    await home.unload()
    content = json.loads(file.read_text("utf-8"))
    content["data"]["connections"][:0] = [{"id": 5}, None, "connection"]
    file.write_text(json.dumps(content), "utf-8")
    home.cloud.requests.clear()
    await home.load()
    assert all(home.value(car, ODOMETER) != "unavailable" for car in home.cars)
    assert not home.cloud.requests
    assert not ir.async_get(home.hass).issues


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
async def test_foreign_json_does_not_break_the_file(home: Home, file: Path, weird: Json) -> None:
    car = home.car
    home.cloud.override(car.id, "some-future-signal", {"body": {"value": weird}})
    home.cloud.override(car.id, "vehicleidentification-trim", {"body": {"value": weird}})
    home.cloud.patch_state(home.cars[1].id, {"odometer": 76_888})
    for one in home.cars[:2]:
        await home.press_refresh(one)
    before = home.value(car, ODOMETER)
    await home.reload()
    assert odometer(file, home.cars[1]) == 76_888
    assert home.value(car, ODOMETER) == before
    assert home.value(home.cars[1], ODOMETER) == "76888.0"
