"""Reference 4 and 5: vehicles, signals, the store."""

import pytest

from simulator import Cloud
from simulator.catalogue import SIGNALS
from simulator.examples import EXAMPLES

from .conftest import Api
from .reference import BODIES


def user_of(cloud: Cloud, vehicle_id: str) -> str:
    return cloud.owner_of(vehicle_id).id


async def test_vehicle_needs_no_user(api: Api, cloud: Cloud) -> None:
    car = cloud.car_of_kind("BEV")
    status, body = await api.call("GET", f"/v3/vehicles/{car.id}")
    assert status == 200
    assert body["data"]["type"] == "vehicle"
    assert body["data"]["attributes"] == {
        "make": "VOLKSWAGEN",
        "model": "ID.4",
        "year": 2023,
        "powertrainType": "BEV",
        "mode": "live",
    }


async def test_signals_need_the_right_user(api: Api, cloud: Cloud) -> None:
    car = cloud.car_of_kind("BEV")
    stranger = user_of(cloud, cloud.car_of_kind("PHEV").id)
    for path in ("signals", "signals/odometer-traveleddistance"):
        status, body = await api.call("GET", f"/v3/vehicles/{car.id}/{path}")
        error = body["errors"][0]
        assert (status, error["type"], error["code"]) == (400, "VALIDATION", "MISSING_PARAMETER")
        assert error["detail"] == "missing userId"
        status, body = await api.call("GET", f"/v3/vehicles/{car.id}/{path}", user=stranger)
        error = body["errors"][0]
        assert (status, error["type"], error["code"]) == (403, "AUTHENTICATION", "ACCESS_DENIED")
    status, body = await api.call("GET", "/v3/vehicles/unknown/signals", user=stranger)
    assert (status, body["errors"][0]["type"]) == (404, "RESOURCE_NOT_FOUND")


@pytest.mark.parametrize(
    ("kind", "low", "high"), [("BEV", 45, 55), ("PHEV", 50, 60), ("ICE", 25, 35)]
)
async def test_each_kind_has_its_signals(
    api: Api, cloud: Cloud, kind: str, low: int, high: int
) -> None:
    car = cloud.car_of_kind(kind)
    _, body = await api.call("GET", f"/v3/vehicles/{car.id}/signals", user=user_of(cloud, car.id))
    assert body["meta"] == {
        "totalCount": len(body["data"]),
        "pageSize": len(body["data"]),
        "pageNumber": 1,
    }
    assert body["included"]["vehicle"]["attributes"]["powertrainType"] == kind
    good = 0
    for item in body["data"]:
        attributes = item["attributes"]
        info = SIGNALS[item["id"]]
        assert item["type"] == "signal"
        assert attributes["code"] == item["id"]
        assert (attributes["name"], attributes["group"]) == (info.name, info.group)
        assert item["links"]["self"].endswith(f"/signals/{item['id']}")
        assert "meta" not in attributes
        if attributes["status"]["value"] == "SUCCESS":
            good += 1
            assert attributes["body"]
            times = {"ingestedAt"} if info.static else {"ingestedAt", "retrievedAt", "oemUpdatedAt"}
            assert item["meta"].keys() == times
        else:
            error = attributes["status"]["error"]
            assert {"type", "code", "title", "detail", "description", "resolution"} == error.keys()
            assert (error["type"], error["code"]) in {
                ("COMPATIBILITY", "VEHICLE_NOT_CAPABLE"),
                ("VEHICLE_STATE", "NOT_CHARGING"),
            }
    assert low <= good <= high
    code = "odometer-traveleddistance"
    _, one = await api.call(
        "GET", f"/v3/vehicles/{car.id}/signals/{code}", user=user_of(cloud, car.id)
    )
    assert one["data"] == next(item for item in body["data"] if item["id"] == code)
    assert one["included"] == body["included"]


async def test_bodies_have_only_fields_of_the_reference(api: Api, cloud: Cloud) -> None:
    assert BODIES.keys() == SIGNALS.keys()
    for vehicle_id in list(cloud.cars)[:3]:
        for code, item in (await api.signals(vehicle_id)).items():
            body = item["attributes"].get("body", {})
            fields, units = BODIES[code]
            assert body.keys() <= fields, code
            if "unit" in body:
                assert body["unit"] in units, code


def test_examples_have_only_fields_of_the_reference() -> None:
    assert EXAMPLES.keys() == SIGNALS.keys()
    for code, body in EXAMPLES.items():
        fields, _ = BODIES[code]
        assert body, code
        assert body.keys() <= fields, code


async def test_not_charging_keeps_stale_body(api: Api, cloud: Cloud) -> None:
    car = cloud.car_of_kind("BEV")
    assert (await api.signals(car.id))["charge-wattage"]["attributes"]["status"] == {
        "value": "SUCCESS"
    }
    await api.command(car.id, "commands/charge/stop")
    signals = await api.signals(car.id)
    for code in ("charge-wattage", "charge-chargerate", "charge-timetocomplete"):
        attributes = signals[code]["attributes"]
        assert attributes["status"]["error"]["code"] == "NOT_CHARGING"
        assert attributes["body"]["value"] > 0
    assert "unit" not in signals["charge-timetocomplete"]["attributes"]["body"]
    assert signals["charge-ischarging"]["attributes"]["body"] == {"value": False}


async def test_signal_without_permission_is_an_error(api: Api, cloud: Cloud) -> None:
    connection = next(iter(cloud.connections.values()))
    cloud.connect(connection.user_id, [connection.vehicle_id], ["read_battery"])
    signals = await api.signals(connection.vehicle_id)
    assert signals["tractionbattery-range"]["attributes"]["status"]["value"] == "SUCCESS"
    locked = signals["closure-islocked"]
    error = locked["attributes"]["status"]["error"]
    assert (error["type"], error["code"]) == ("PERMISSION", "UNKNOWN")
    assert error["resolution"] == {"type": "REAUTHENTICATE"}
    assert "body" not in locked["attributes"]
    assert locked["meta"].keys() == {"ingestedAt"}


async def test_errors_stand_beside_bodies(api: Api, cloud: Cloud) -> None:
    """A Rivian was seen to answer most signals so (reference 4.4)."""
    car = cloud.car_of_kind("BEV")
    car.is_frozen = True
    before = await api.signals(car.id)
    status, _ = await api.call("PATCH", f"/_sim/cars/{car.id}", json={"errors_beside_bodies": True})
    assert status == 200
    after = await api.signals(car.id)
    good = [
        code
        for code, signal in before.items()
        if signal["attributes"]["status"]["value"] == "SUCCESS"
    ]
    for code in good:
        attributes, meta = after[code]["attributes"], after[code]["meta"]
        assert attributes["body"] == before[code]["attributes"]["body"]
        assert meta == before[code]["meta"]
        if SIGNALS[code].static:
            assert attributes["status"] == {"value": "SUCCESS"}
        else:
            assert attributes["status"]["value"] == "ERROR"
            assert attributes["status"]["error"]["type"] == "SERVER"
            assert "oemUpdatedAt" in meta
    cloud.set_errors_beside_bodies(car.id, failing=False)
    assert await api.signals(car.id) == before


async def test_store_is_empty_or_overridden(api: Api, cloud: Cloud) -> None:
    car = cloud.car_of_kind("ICE")
    path, user = f"/v3/vehicles/{car.id}/signals", user_of(cloud, car.id)
    cloud.set_store_empty(car.id)
    status, body = await api.call("GET", path, user=user)
    assert (status, body["data"], body["meta"]["totalCount"]) == (200, [], 0)
    for code in ("vin", "odometer-traveleddistance"):
        status, body = await api.call("GET", f"{path}/{code}", user=user)
        error = body["errors"][0]
        assert (status, error["type"], error["code"]) == (
            404,
            "RESOURCE_NOT_FOUND",
            "SIGNAL_NOT_FOUND",
        )
    cloud.set_store_empty(car.id, empty=False)
    status, _ = await api.call(
        "PATCH",
        f"/_sim/cars/{car.id}",
        json={
            "signals": {
                "vehicleidentification-vin": None,
                "wheel-tires": {"body": {"values": [], "unit": "bar"}},
                "closure-islocked": {"error": {"type": "SERVER", "code": "INTERNAL"}},
                "odometer-traveleddistance": {"meta": {"oemUpdatedAt": 0}},
                "motion-currentspeed": {"body": {"value": 3}, "status": "UNAVAILABLE"},
            },
            "state": {"fuel": 10, "is_frozen": True},
        },
    )
    assert status == 200
    signals = await api.signals(car.id)
    assert "vehicleidentification-vin" not in signals
    assert signals["wheel-tires"]["attributes"]["body"] == {"values": [], "unit": "bar"}
    assert signals["closure-islocked"]["attributes"]["status"] == {
        "value": "ERROR",
        "error": {"type": "SERVER", "code": "INTERNAL"},
    }
    assert signals["odometer-traveleddistance"]["meta"] == {"oemUpdatedAt": 0}
    assert signals["odometer-traveleddistance"]["attributes"]["body"]["value"] > 0
    assert signals["motion-currentspeed"]["attributes"]["status"] == {"value": "UNAVAILABLE"}
    body = signals["internalcombustionengine-amountremaining"]["attributes"]["body"]
    assert body == {"value": 10.0, "unit": "liters"}
    cloud.override(car.id, "vehicleidentification-vin", {})
    assert "vehicleidentification-vin" in await api.signals(car.id)


async def test_car_that_needs_login_answers_with_its_error(api: Api, cloud: Cloud) -> None:
    car = cloud.car_of_kind("BEV")
    cloud.require_login(car.id)
    attributes = (await api.signals(car.id))["odometer-traveleddistance"]["attributes"]
    error = attributes["status"]["error"]
    assert (error["type"], error["code"]) == ("CONNECTED_SERVICES_ACCOUNT", "AUTHENTICATION_FAILED")
    assert f"vehicle_id={car.id}" in error["resolution"]["url"]
    assert attributes["body"]
    status, body = await api.command(car.id, "commands/security/lock")
    assert (status, body["errors"][0]["resolution"]["type"]) == (400, "REAUTHENTICATE")
