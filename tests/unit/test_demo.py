import asyncio
from collections.abc import Set as AbstractSet
from pathlib import Path
import signal
import socket
import subprocess
import sys
from typing import Any

import pytest

from demo import check, commands, dashboard, expectations
from demo.garage import Entity, Key, Vehicle

ROOT = Path(__file__).parents[2]

BATTERY_CAR = expectations.NEEDED["BEV"]


def vehicle(keys: set[Key], disabled: AbstractSet[Key] = frozenset()) -> Vehicle:
    return Vehicle(
        vehicle_id="car",
        device_id="device",
        name="Robin",
        make="Volkswagen",
        model="ID.4",
        entities={
            key: Entity(f"{key[0]}.robin_{key[1]}", f"car_{key[1]}", key, key not in disabled)
            for key in keys
        },
    )


def true_state(kind: str = "BEV") -> dict[str, Any]:
    state = {"charge_limit": 80.0, "soc": 67.6, "fuel": 0.0, "odometer": 16920.5}
    return {"car": {"make": "VOLKSWAGEN", "model": "ID.4", "kind": kind, "state": state}}


def states(car: Vehicle, **changes: str) -> dict[str, str]:
    values = {"charge_limit": "80.0", "battery_level": "67.0", "odometer": "16920.5"}
    return {
        entity.entity_id: changes.get(key[1], values.get(key[1], "on"))
        for key, entity in car.entities.items()
    }


@pytest.mark.parametrize("kind", ["BEV", "PHEV", "ICE"])
def test_needed_entity_is_not_impossible(kind: str) -> None:
    assert expectations.missing(kind, expectations.NEEDED[kind]) == []
    assert expectations.impossible(kind, expectations.NEEDED[kind]) == []


def test_a_petrol_car_with_a_plug_is_impossible() -> None:
    assert expectations.impossible("ICE", BATTERY_CAR) == [
        "binary_sensor.plug_status",
        "number.charge_limit",
        "sensor.battery_energy",
        "sensor.battery_level",
        "sensor.charging_state",
        "sensor.range",
        "switch.charging",
    ]


def test_a_battery_car_with_a_tank_is_impossible() -> None:
    assert "sensor.fuel" in expectations.impossible("BEV", expectations.NEEDED["PHEV"])


def test_a_complete_car_has_no_shortcomings() -> None:
    car = vehicle(set(BATTERY_CAR))
    assert list(check.shortcomings([car], true_state(), states(car))) == []
    assert list(check.wrong_values([car], true_state(), states(car))) == []


def test_shortcomings_are_named() -> None:
    car = vehicle(set(BATTERY_CAR - {("switch", "charging")}))
    assert list(check.shortcomings([car], true_state(), states(car, odometer="unknown"))) == [
        "Robin (BEV) lacks switch.charging.",
        "sensor.robin_odometer is unknown.",
    ]
    assert list(check.shortcomings([], true_state(), {})) == [
        "The VOLKSWAGEN ID.4 is connected, but not in Home Assistant."
    ]
    assert list(check.shortcomings([car], {}, {})) == [
        "Robin is in Home Assistant, but not connected."
    ]


@pytest.mark.parametrize("shown", ["7300", "unknown"])
def test_wrong_values_are_named(shown: str) -> None:
    car = vehicle(set(BATTERY_CAR))
    assert list(check.wrong_values([car], true_state(), states(car, battery_level=shown))) == [
        f"sensor.robin_battery_level is {shown}; the car's 'soc' is 67.6."
    ]


def test_errors_are_found_in_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "home-assistant.log"
    log.write_text(
        "2026-11-21 02:47:40.000 WARNING (SyncWorker_0) [homeassistant.loader] We found a custom "
        "integration smartcar which has not been tested by Home Assistant.\n"
        "2026-11-21 02:47:41.000 ERROR (MainThread) [haffmpeg.core] FFmpeg fails\n"
        "2026-11-21 02:47:42.000 WARNING (MainThread) [custom_components.smartcar.x] Careful\n"
        "2026-11-21 02:47:43.000 ERROR (MainThread) [homeassistant.helpers.entity] Update fails\n"
        "Traceback (most recent call last):\n"
        '  File "/config/custom_components/smartcar/sensor.py", line 1, in native_value\n'
        "ValueError\n"
    )
    (found,) = check.errors_in(log)
    assert "Update fails" in found
    assert "ValueError" in found
    assert "Careful" in capsys.readouterr().err


async def test_missing_effect_of_a_command_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_TIMEOUT", 0.01)

    async def read() -> str:
        return "locked"

    with pytest.raises(commands.UnverifiedError, match=r"the door is locked after"):
        await commands.eventually(read, lambda state: state == "unlocked", "the door")


def test_dashboard_shows_the_entities_of_the_car() -> None:
    car = vehicle(set(expectations.NEEDED["ICE"]), disabled={("sensor", "engine_oil")})
    section = dashboard.configuration([car])["views"][0]["sections"][0]
    shown = dashboard.entities_in(section)
    assert {"lock.robin_door_lock", "device_tracker.robin_location"} <= shown
    assert "button.robin_refresh" in shown
    assert "sensor.robin_engine_oil" not in shown
    assert section["cards"][0]["heading"] == "Robin · Volkswagen ID.4"


def test_port_in_use_is_reported(socket_enabled: None) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = subprocess.run(
            [sys.executable, "-m", "demo", "--port", str(port)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert result.returncode == 1
    assert f"Port {port} of 127.0.0.1 is in use" in result.stderr
    assert "--port" in result.stderr


_RUNS_A_CHILD = """
import asyncio, os, sys
from pathlib import Path
from demo.processes import running

async def main():
    log = Path(sys.argv[1])
    command = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)")
    async with running(
        *command, cwd=log.parent, log=log, environment=os.environ, read_output=True
    ) as process:
        await process.stdout.readline()
        print(process.pid, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


def has_ended(process: Path) -> bool:
    try:
        # In a container, no process may collect the orphans.
        return "(zombie)" in (process / "status").read_text()
    except FileNotFoundError, ProcessLookupError:
        return True


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
async def test_children_end_with_the_demo(number: signal.Signals, tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _RUNS_A_CHILD, str(tmp_path / "child.log")),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # A suite in the background of a shell ignores Ctrl-C, and its children would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert parent.stdout is not None
    async with asyncio.timeout(60):
        child = Path("/proc") / (await parent.stdout.readline()).decode().strip()
        assert child.exists()
        parent.send_signal(number)
        await parent.wait()
        while True:
            if has_ended(child):
                break
            await asyncio.sleep(0.05)
