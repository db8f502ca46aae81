"""Reference 1.4 to 1.7: the Connect pages and their redirects."""

from html import unescape
import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from simulator import Cloud

from .conftest import Api

REDIRECT_URI = "https://my.home-assistant.io/redirect/oauth"


def link(cloud: Cloud, path: str = "/oauth/authorize", /, **more: str | None) -> str:
    query = {
        "response_type": "code",
        "application_id": cloud.application_id,
        "redirect_uri": REDIRECT_URI,
        "state": "s &1",
        **more,
    }
    return f"{path}?{urlencode({k: v for k, v in query.items() if v is not None})}"


def answers(url: str | None) -> dict[str, str]:
    assert url is not None
    assert url.startswith(f"{REDIRECT_URI}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


async def test_owner_connects_through_the_pages(api: Api, cloud: Cloud) -> None:
    owner = next(iter(cloud.owners.values()))
    scope = "required:read_vin read_battery control_charge"
    status, page = await api.call("GET", link(cloud, scope=scope), authorized=False)
    assert status == 200
    assert f'value="{owner.id}"' in page
    assert re.search(r"src=|href=|<script", page) is None
    field = re.search(r'name="authorize" value="([^"]*)"', page)
    assert field is not None
    authorize = unescape(field[1])
    assert parse_qs(authorize) == parse_qs(urlsplit(link(cloud, scope=scope)).query)
    status, page = await api.call(
        "GET", "/_connect/choose", params={"authorize": authorize, "owner": owner.id}
    )
    assert status == 200
    assert page.count('type="checkbox" name="permission"') == 3
    assert page.count("disabled") == 1
    assert page.count('type="checkbox" name="vehicle"') == 3
    car = cloud.unconnected(owner.id)[0]
    assert f'value="{car.id}" checked' in page
    form = [
        ("authorize", authorize),
        ("owner", owner.id),
        ("vehicle", car.id),
        ("permission", "read_battery"),
        ("decision", "allow"),
    ]
    async with api.http.post("/_connect/decide", data=form, allow_redirects=False) as response:
        assert response.status == 302
        given = answers(response.headers["Location"])
    assert given.pop("code")
    assert given == {"state": "s &1", "user_id": owner.id}
    [connection] = cloud.connections_of(vehicle_id=car.id)
    assert connection.permissions == ("read_vin", "read_battery")
    assert set(cloud.requests) == {"GET /oauth/authorize"}


async def test_owner_declines_or_chooses_no_car(api: Api, cloud: Cloud) -> None:
    form = {"authorize": urlsplit(link(cloud)).query, "owner": next(iter(cloud.owners))}
    async with api.http.post(
        "/_connect/decide", data={**form, "decision": "decline"}, allow_redirects=False
    ) as response:
        assert answers(response.headers["Location"])["error"] == "access_denied"
    async with api.http.post("/_connect/decide", data={**form, "decision": "allow"}) as response:
        assert response.status == 400
        assert 'role="alert"' in await response.text()


@pytest.mark.parametrize(
    "error",
    [
        "access_denied",
        "no_vehicles",
        "vehicle_incompatible",
        "invalid_subscription",
        "configuration_error",
        "server_error",
    ],
)
async def test_connect_ends_with_error(api: Api, cloud: Cloud, error: str) -> None:
    status, body = await api.call(
        "POST", "/_sim/connect", json={"authorize_url": link(cloud), "error": error}
    )
    assert status == 200
    given = answers(body["redirect"])
    assert (given["error"], given["state"]) == (error, "s &1")
    assert given["error_description"]
    assert ({"vin", "make", "model", "year"} <= given.keys()) is (error == "vehicle_incompatible")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"client_id": "client_01abc", "application_id": None}, "Invalid parameter client_id"),
        ({"client_id": "client_01abc"}, "Invalid parameter client_id"),
        ({"application_id": "other"}, "Invalid parameter application_id"),
        ({"application_id": None}, "Missing parameter application_id"),
        ({"response_type": "token"}, "Invalid parameter response_type"),
        ({"response_type": None}, "Missing parameter response_type"),
        ({"redirect_uri": None}, "Missing parameter redirect_uri"),
        ({"redirect_uri": "http://example.com/"}, "Invalid parameter redirect_uri"),
        ({"scope": "read_everything"}, "Invalid parameter scope"),
        ({"mode": "dead"}, "Invalid parameter mode"),
    ],
)
async def test_connect_refuses_bad_link(
    api: Api, cloud: Cloud, change: dict[str, str | None], what: str
) -> None:
    status, page = await api.call("GET", link(cloud, **change))
    assert status == 400
    assert f"400: {what}" in page


async def test_client_id_may_be_the_application_id(api: Api, cloud: Cloud) -> None:
    url = link(cloud, client_id=cloud.application_id, application_id=None)
    assert (await api.call("GET", url))[0] == 200


async def test_connect_without_pages(api: Api, cloud: Cloud) -> None:
    _, body = await api.call("POST", "/_sim/connect", json={"authorize_url": link(cloud)})
    given = answers(body["redirect"])
    first, second = cloud.owners.values()
    assert given["user_id"] == first.id
    assert cloud.unconnected(first.id) == []
    _, body = await api.call(
        "POST",
        "/_sim/connect",
        json={
            "authorize_url": link(cloud, external_id="ben", response_type="none"),
            "owner": second.id,
            "vehicles": [second.garage[0]],
            "permissions": ["read_vin"],
        },
    )
    given = answers(body["redirect"])
    assert given == {"state": "s &1", "user_id": second.id, "external_id": "ben"}
    _, body = await api.call("GET", "/v3/connections", params={"filter[user.externalId]": "ben"})
    assert body["data"][0]["attributes"]["permissions"] == ["read_vin"]
    status, body = await api.call(
        "POST", "/_sim/connect", json={"authorize_url": link(cloud), "vehicles": ["unknown"]}
    )
    assert (status, list(body)) == (400, ["error"])


async def test_simulated_mode_connects_simulated_cars(api: Api, cloud: Cloud) -> None:
    _, body = await api.call(
        "POST", "/_sim/connect", json={"authorize_url": link(cloud, mode="simulated")}
    )
    assert "user_id" in answers(body["redirect"])
    for mode, count in (("live", 3), ("simulated", 1)):
        _, body = await api.call("GET", "/v3/connections", params={"filter[vehicle.mode]": mode})
        assert body["meta"]["totalCount"] == count


@pytest.mark.parametrize("response_type", ["vehicle_id", "none"])
async def test_reauthenticate_ends_the_need_for_a_login(
    api: Api, cloud: Cloud, response_type: str
) -> None:
    car = cloud.car_of_kind("BEV")
    cloud.require_login(car.id)
    url = link(
        cloud,
        "/oauth/reauthenticate",
        response_type=response_type,
        vehicle_id=car.id,
        redirect_uri=REDIRECT_URI if response_type == "vehicle_id" else None,
    )
    status, page = await api.call("GET", url)
    assert status == 200
    assert "ID.4" in page
    form = {"authorize": urlsplit(url).query, "decision": "allow"}
    async with api.http.post(
        "/_connect/reauthenticate", data=form, allow_redirects=False
    ) as response:
        if response_type == "none":
            assert response.status == 200
        else:
            assert response.status == 302
            given = answers(response.headers["Location"])
            assert given == {"vehicle_id": car.id, "state": "s &1"}
    assert not cloud.logins.is_needed(car.id)
