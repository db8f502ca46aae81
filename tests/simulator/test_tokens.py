"""Reference 1.2 and 8.1: tokens and the error envelope."""

import pytest

from simulator import Cloud

from .conftest import Api


@pytest.mark.parametrize("encoding", ["data", "json"])
async def test_token_endpoint_takes_form_and_json(api: Api, cloud: Cloud, encoding: str) -> None:
    body = {
        "grant_type": "client_credentials",
        "client_id": cloud.client_id,
        "client_secret": cloud.client_secret,
    }
    data, json = (body, None) if encoding == "data" else (None, body)
    async with api.http.post("/oauth2/token", data=data, json=json) as response:
        assert response.status == 200
        answer = await response.json()
    assert answer.keys() == {"access_token", "token_type", "expires_in"}
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    api.token = answer["access_token"]
    assert (await api.call("GET", "/v3/connections"))[0] == 200


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "invalid_request"),
    ],
)
async def test_token_endpoint_refuses_wrong_credentials(
    api: Api, cloud: Cloud, change: dict[str, str], status: int, error: str
) -> None:
    body = {
        "grant_type": "client_credentials",
        "client_id": cloud.client_id,
        "client_secret": cloud.client_secret,
        **change,
    }
    answer = await api.call("POST", "/oauth2/token", json=body)
    assert answer[0] == status
    assert answer[1]["error"] == error
    assert answer[1]["error_description"]


async def test_api_needs_a_valid_token(api: Api, cloud: Cloud) -> None:
    async def refused() -> bool:
        status, body = await api.call("GET", "/v3/connections")
        error = body["errors"][0] if status == 401 else {}
        return (error.get("status"), error.get("type"), error.get("code")) == (
            "401",
            "AUTHENTICATION",
            "UNAUTHORIZED",
        )

    assert not await refused()
    cloud.clock.advance(3601)
    assert await refused()
    await api.login()
    assert not await refused()
    cloud.revoke_tokens()
    assert await refused()
    status, _ = await api.call("GET", "/v3/webhooks", authorized=False)
    assert status == 401


async def test_unknown_path_is_not_found(api: Api) -> None:
    for method, path in (("GET", "/v3/vehicles/x/odometer"), ("POST", "/v3/connections")):
        status, body = await api.call(method, path)
        assert status == 404
        error = body["errors"][0]
        assert (error["type"], error["code"]) == ("RESOURCE_NOT_FOUND", "INVALID_PATH")
        assert error["title"]
        assert error["detail"]


def test_cloud_is_made_from_the_seed() -> None:
    one, same, more = Cloud(3, 7), Cloud(3, 7), Cloud(5, 7)
    assert one.credentials() == same.credentials() == more.credentials()
    assert list(one.cars) == list(same.cars)
    assert list(one.cars)[:3] == list(more.cars)[:3]
    assert Cloud(3, 8).client_id != one.client_id
