"""The origins of the cloud, and the environment variables that replace them."""

import aiohttp
import pytest

from custom_components.smartcar.api import Origins, SmartcarClient

from .cloud import CLIENT_ID, CLIENT_SECRET, CONNECTIONS, Cloud, Reply, listing


def test_origins_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMARTCAR_AUTH_ORIGIN", "http://localhost:1/")
    monkeypatch.setenv("SMARTCAR_API_ORIGIN", "http://localhost:2")
    monkeypatch.setenv("SMARTCAR_MANAGEMENT_API_ORIGIN", "")
    monkeypatch.setenv("SMARTCAR_COMPATIBILITY_ORIGIN", "http://localhost:3/")
    monkeypatch.delenv("SMARTCAR_CONNECT_ORIGIN", raising=False)
    assert Origins.from_environment() == Origins(
        connect="https://connect.smartcar.com",
        iam="http://localhost:1",
        vehicle="http://localhost:2",
        management="https://management.api.smartcar.com",
        compatibility="http://localhost:3",
    )
    assert Origins().vehicle == "https://vehicle.api.smartcar.com"
    assert Origins().iam == "https://iam.smartcar.com"
    assert Origins().compatibility == "https://compatibility.api.smartcar.com"


async def test_client_uses_the_origins_of_the_environment(
    cloud: Cloud, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMARTCAR_AUTH_ORIGIN", cloud.origins.iam)
    monkeypatch.setenv("SMARTCAR_API_ORIGIN", cloud.origins.vehicle)
    cloud.on("GET", CONNECTIONS, Reply(json=listing([])))
    client = SmartcarClient.for_application(session, CLIENT_ID, CLIENT_SECRET)
    await client.get_connections()
    assert len(cloud.requests) == 2
