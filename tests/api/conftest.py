"""A fake cloud, and clients that talk to it."""

from collections.abc import AsyncGenerator

import aiohttp
import pytest

from custom_components.smartcar.api import ApplicationTokenSource, SmartcarClient

from .cloud import CLIENT_ID, CLIENT_SECRET, Clock, Cloud


@pytest.fixture
async def cloud(socket_enabled: None) -> AsyncGenerator[Cloud]:
    fake = Cloud()
    await fake.server.start_server()
    yield fake
    await fake.server.close()


@pytest.fixture
async def elsewhere(socket_enabled: None) -> AsyncGenerator[Cloud]:
    """Another host, which must not get any request."""
    fake = Cloud()
    await fake.server.start_server()
    yield fake
    await fake.server.close()
    assert fake.requests == []


@pytest.fixture
async def session(socket_enabled: None) -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(cloud: Cloud, session: aiohttp.ClientSession) -> SmartcarClient:
    return SmartcarClient.for_application(session, CLIENT_ID, CLIENT_SECRET, origins=cloud.origins)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(cloud: Cloud, session: aiohttp.ClientSession, clock: Clock) -> ApplicationTokenSource:
    return ApplicationTokenSource(
        session, CLIENT_ID, CLIENT_SECRET, origins=cloud.origins, clock=clock
    )
