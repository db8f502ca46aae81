"""Reference 6: commands and charge schedules."""

from typing import Any

import pytest

from simulator import Cloud

from .conftest import Api

PLACE = {"latitude": 52.5, "longitude": 13.4}


def code_of(answer: tuple[int, Any]) -> tuple[int, str, str]:
    error = answer[1]["errors"][0]
    assert error["status"] == str(answer[0])
    assert error["title"]
    assert error["detail"]
    return answer[0], error["type"], error["code"]


async def test_execution_has_documented_shape(api: Api, cloud: Cloud) -> None:
    car = cloud.car_of_kind("BEV")
    status, body = await api.command(car.id, "commands/charge/set-limit", {"percent": 90})
    assert status == 200
    data = body["data"]
    assert data["id"].startswith("exec_")
    assert data["type"] == "command-execution"
    assert data["attributes"] == {
        "commandType": "charge-set-limit",
        "status": {"value": "SUCCESS"},
        "executionMode": "sync",
        "parameters": {"percent": 90},
    }
    assert data["meta"].keys() == {"executedAt", "completedAt", "durationInSeconds"}
    limits = (await api.signals(car.id))["charge-chargelimits"]["attributes"]["body"]
    assert limits["values"] == [{"type": "GLOBAL", "limit": 90}]


async def test_command_effects_reach_the_store_after_a_lag(api: Api, cloud: Cloud) -> None:
    cloud.command_lag = 1
    car = cloud.car_of_kind("BEV")

    async def locked() -> bool:
        signals = await api.signals(car.id)
        return bool(signals["closure-islocked"]["attributes"]["body"]["value"])

    _, body = await api.command(car.id, "commands/security/unlock")
    assert not car.state.locked
    assert await locked()
    cloud.clock.advance(1)
    assert not await locked()
    meta = (await api.signals(car.id))["closure-islocked"]["meta"]
    assert meta["oemUpdatedAt"] > body["data"]["meta"]["completedAt"]


async def test_commands_change_the_car(api: Api, cloud: Cloud) -> None:
    car = cloud.car_of_kind("BEV")
    cloud.patch_state(car.id, {"is_frozen": True, "charging": False, "soc": 50, "charge_limit": 80})
    for path, name, value in (
        ("charge/start", "charging", True),
        ("charge/stop", "charging", False),
        ("security/unlock", "locked", False),
        ("security/lock", "locked", True),
    ):
        assert (await api.command(car.id, f"commands/{path}"))[0] == 200
        assert getattr(car.state, name) is value
    cloud.patch_state(car.id, {"plugged": False})
    for path, value in (("open", True), ("close", False)):
        assert (await api.command(car.id, f"commands/charge-port/{path}"))[0] == 200
        assert car.state.port_open is value
    assert (await api.command(car.id, "commands/navigation/set-destination", PLACE))[0] == 200
    assert car.destination == (52.5, 13.4)
    assert cloud.requests["POST /v3/vehicles/{vehicle_id}/commands/charge/start"] == 1


@pytest.mark.parametrize(
    ("path", "attributes", "code"),
    [
        ("commands/charge/set-limit", {"percent": 49}, "INVALID_INPUT_FORMAT"),
        ("commands/charge/set-limit", {"percent": 101}, "INVALID_INPUT_FORMAT"),
        ("commands/charge/set-limit", {"percent": 80.5}, "INVALID_INPUT_FORMAT"),
        ("commands/charge/set-limit", {"percent": True}, "INVALID_INPUT_FORMAT"),
        ("commands/charge/set-limit", {"limit": 80}, "MISSING_PARAMETER"),
        ("commands/charge/set-limit", None, "MISSING_PARAMETER"),
        (
            "commands/navigation/set-destination",
            {"latitude": 91, "longitude": 0},
            "INVALID_INPUT_FORMAT",
        ),
        ("commands/navigation/set-destination", {"latitude": 1}, "MISSING_PARAMETER"),
        (
            "charge-schedules/daily",
            {"startTime": "08:00", "stopTime": "10:00"},
            "MISSING_PARAMETER",
        ),
        ("charge-schedules/daily", {"location": PLACE}, "MISSING_PARAMETER"),
        (
            "charge-schedules/daily",
            {"location": PLACE, "startTime": "8:00"},
            "INVALID_INPUT_FORMAT",
        ),
        (
            "charge-schedules/weekly",
            {"location": PLACE, "days": {"someday": {}}},
            "INVALID_INPUT_FORMAT",
        ),
        ("charge-schedules/workweek", {"location": PLACE}, "MISSING_PARAMETER"),
    ],
)
async def test_command_refuses_bad_body(
    api: Api, cloud: Cloud, path: str, attributes: object, code: str
) -> None:
    answer = await api.command(cloud.car_of_kind("BEV").id, path, attributes)
    assert code_of(answer) == (400, "VALIDATION", code)


@pytest.mark.parametrize(
    ("path", "state", "code"),
    [
        ("charge/start", {"plugged": False}, "CHARGING_PLUG_NOT_CONNECTED"),
        ("charge/start", {"charging": True}, "CHARGING_IN_PROGRESS"),
        ("charge/start", {"charging": False, "soc": 80, "charge_limit": 80}, "FULLY_CHARGED"),
        ("charge/stop", {"charging": False}, "NOT_CHARGING"),
        ("charge-port/close", {"plugged": True}, "CHARGING_PLUG_CONNECTED"),
        ("security/lock", {"door_open": True}, "DOOR_OPEN"),
        ("security/lock", {"trunk_open": True}, "TRUNK_OPEN"),
        ("security/unlock", {"driving": True}, "IN_MOTION"),
        ("security/unlock", {"online": False}, "UNREACHABLE"),
    ],
)
async def test_car_state_refuses_command(
    api: Api, cloud: Cloud, path: str, state: dict[str, Any], code: str
) -> None:
    car = cloud.car_of_kind("BEV")
    cloud.patch_state(car.id, {"is_frozen": True, **state})
    answer = await api.command(car.id, f"commands/{path}")
    assert code_of(answer) == (409, "VEHICLE_STATE", code)
    assert answer[1]["errors"][0]["suggestedUserMessage"]


async def test_car_refuses_command_it_is_not_capable_of(api: Api, cloud: Cloud) -> None:
    ice, phev = cloud.car_of_kind("ICE"), cloud.car_of_kind("PHEV")
    daily = {"location": PLACE, "startTime": "01:00", "stopTime": "05:00"}
    for car, path, attributes in (
        (ice, "commands/charge/start", None),
        (ice, "commands/charge/set-limit", {"percent": 80}),
        (phev, "commands/charge-port/open", None),
        (cloud.car_of_kind("BEV"), "charge-schedules/daily", daily),
        (phev, "charge-schedules/workweek", {"location": PLACE, "weekdays": daily}),
    ):
        answer = await api.command(car.id, path, attributes)
        assert code_of(answer) == (501, "COMPATIBILITY", "VEHICLE_NOT_CAPABLE")
    assert (await api.command(ice.id, "commands/security/unlock"))[0] == 200


async def test_commands_need_user_and_permission(api: Api, cloud: Cloud) -> None:
    connection = next(iter(cloud.connections.values()))
    path = f"/v3/vehicles/{connection.vehicle_id}/commands/security/lock"
    assert code_of(await api.call("POST", path)) == (400, "VALIDATION", "MISSING_PARAMETER")
    cloud.connect(connection.user_id, [connection.vehicle_id], ["control_charge"])
    answer = await api.call("POST", path, user=connection.user_id)
    assert code_of(answer)[:2] == (403, "PERMISSION")


async def test_schedules_show_in_charge_timers(api: Api, cloud: Cloud) -> None:
    owner = next(iter(cloud.owners.values()))
    tesla = next(car for car in cloud.unconnected(owner.id) if car.model.make == "TESLA")
    cloud.connect(owner.id, [tesla.id])
    window = {"startTime": "22:00", "stopTime": "06:00"}
    made = []
    for kind, attributes in (
        ("daily", {"location": PLACE, "startTime": "08:00", "stopTime": "10:00"}),
        ("weekly", {"location": PLACE, "days": {"monday": window}}),
        ("workweek", {"location": PLACE, "weekdays": window, "weekends": window}),
    ):
        status, body = await api.command(tesla.id, f"charge-schedules/{kind}", attributes)
        assert status == 200
        data = body["data"]
        assert data["type"] == "charge-schedule-execution"
        assert data["attributes"]["action"] == "create"
        assert data["attributes"]["scheduleType"] == kind
        made.append(data["attributes"]["scheduleId"])
        assert data["links"]["schedule"].endswith(f"/charge-schedules/{made[-1]}")
    timers = (await api.signals(tesla.id))["charge-chargetimers"]["attributes"]["body"]["values"]
    assert [timer["scheduleId"] for timer in timers] == made
    assert [timer["scheduleType"] for timer in timers] == ["DAILY", "WEEKLY", "WORKWEEK"]
    assert timers[0]["schedules"][0]["start"] == "08:00:00"
    assert timers[1]["schedules"] == [{"start": "22:00:00", "end": "06:00:00", "days": ["MONDAY"]}]
    path = f"/v3/vehicles/{tesla.id}/charge-schedules/{made[0]}"
    assert (await api.call("DELETE", path, user=owner.id))[0] == 200
    assert code_of(await api.call("DELETE", path, user=owner.id))[0] == 404
    timers = (await api.signals(tesla.id))["charge-chargetimers"]["attributes"]["body"]["values"]
    assert [timer["scheduleId"] for timer in timers] == made[1:]
