"""Reference 3.1: connections and users."""

import pytest

from simulator import Cloud, create_app

from .conftest import Api


async def test_connection_has_documented_shape(api: Api, cloud: Cloud) -> None:
    status, body = await api.call("GET", "/v3/connections")
    assert status == 200
    assert body["meta"] == {
        "pageNumber": 1,
        "pageSize": 10,
        "totalCount": 3,
        "orderBy": "createdAt",
        "orderDirection": "DESC",
    }
    assert body["links"]["next"] is None
    assert body["links"]["prev"] is None
    assert "filter[vehicle.mode]=live" in body["links"]["self"]
    newest = body["data"][0]
    assert newest["type"] == "connection"
    assert newest["attributes"]["vehicle"]["powertrainType"] == "ICE"
    assert newest["attributes"]["user"]["id"] == newest["relationships"]["user"]["data"]["id"]
    assert newest["relationships"]["vehicle"]["data"]["id"] in cloud.cars
    assert len(newest["attributes"]["permissions"]) == 28
    created = [item["meta"]["createdAt"] for item in body["data"]]
    assert created == sorted(created, reverse=True)
    kinds = {
        item["attributes"]["vehicle"]["powertrainType"]: item["attributes"]["user"]["id"]
        for item in body["data"]
    }
    assert kinds["BEV"] == kinds["ICE"] != kinds["PHEV"]
    assert (await api.call("GET", f"/v3/connections/{newest['id']}"))[1]["data"] == newest


async def test_filters_select_connections(api: Api, cloud: Cloud) -> None:
    owner = next(iter(cloud.owners.values()))
    owner.external_id = "ada"
    car = owner.garage[0]
    for params, count in (
        ({"filter[userId]": owner.id}, 2),
        ({"filter[vehicleId]": car}, 1),
        ({"filter[user.externalId]": "ada"}, 2),
        ({"filter[vehicle.mode]": "simulated"}, 0),
        ({"filter[userId]": "nobody"}, 0),
    ):
        _, body = await api.call("GET", "/v3/connections", params=params)
        assert body["meta"]["totalCount"] == len(body["data"]) == count, params
    _, body = await api.call("GET", "/v3/connections", user=owner.id)
    assert body["meta"]["totalCount"] == 2


@pytest.mark.parametrize(
    "params",
    [
        {"page[size]": "101"},
        {"page[number]": "0"},
        {"page[size]": "ten"},
        {"filter[vehicle.mode]": "test"},
        {"filter[user]": "x"},
    ],
)
async def test_list_refuses_bad_parameters(api: Api, params: dict[str, str]) -> None:
    status, body = await api.call("GET", "/v3/connections", params=params)
    assert status == 400
    assert body["errors"][0]["type"] == "VALIDATION"


async def test_pages_hold_every_connection_once(api: Api) -> None:
    many = Cloud(vehicles=23, seed=2)
    for connection, car in zip(many.connections.values(), many.cars, strict=False):
        assert connection.vehicle_id == car
    api.cloud.connections.clear()
    api.cloud.connections.update(many.connections)
    api.cloud.cars.update(many.cars)
    seen: list[str] = []
    path: str | None = "/v3/connections"
    while path:
        _, body = await api.call("GET", path)
        seen += [item["id"] for item in body["data"]]
        path = body["links"]["next"]
        if path:
            path = path.removeprefix(str(api.http.make_url("")).rstrip("/"))
    assert len(seen) == len(set(seen)) == 23


async def test_a_new_connection_lags(api: Api, cloud: Cloud) -> None:
    cloud.connection_lag = 2
    owner = next(iter(cloud.owners.values()))
    car = cloud.unconnected(owner.id)[0]
    [connection] = cloud.connect(owner.id, [car.id], ["read_vin"])

    async def shown() -> bool:
        _, body = await api.call("GET", "/v3/connections")
        return connection.id in [item["id"] for item in body["data"]]

    assert not await shown()
    assert (await api.call("GET", f"/v3/connections/{connection.id}"))[0] == 404
    cloud.clock.advance(2)
    assert await shown()


async def test_a_new_grant_of_a_known_car_lags_too(api: Api, cloud: Cloud) -> None:
    cloud.connection_lag = 2
    connection = next(iter(cloud.connections.values()))
    cloud.connect(connection.user_id, [connection.vehicle_id], ["read_vin"])

    async def permissions() -> int:
        _, body = await api.call("GET", f"/v3/connections/{connection.id}")
        return len(body["data"]["attributes"]["permissions"])

    assert await permissions() == 28
    cloud.clock.advance(2)
    assert await permissions() == 1


async def test_disconnect_removes_connections(api: Api, cloud: Cloud) -> None:
    first, second, third = cloud.connections.values()
    assert (await api.call("DELETE", f"/v3/connections/{first.id}"))[0] == 204
    assert (await api.call("DELETE", f"/v3/connections/{first.id}"))[0] == 404
    assert (await api.call("GET", f"/v3/vehicles/{first.vehicle_id}"))[0] == 404
    assert (await api.call("DELETE", f"/v3/users/{second.user_id}"))[0] == 204
    assert (await api.call("DELETE", f"/v3/users/{second.user_id}"))[0] == 404
    assert list(cloud.connections) == [third.id]


@pytest.mark.parametrize("vehicles", [0, 250])
def test_cloud_has_no_cars_or_many(vehicles: int) -> None:
    cloud = Cloud(vehicles=vehicles)
    create_app(cloud)
    assert len(cloud.connections) == vehicles
    assert all(cloud.unconnected(owner) for owner in cloud.owners)
    modes = [car.mode for car in cloud.cars.values()]
    assert modes.count("simulated") == 1
