"""The config flow, through the real core and real HTTP to the simulated cloud."""

from collections.abc import AsyncGenerator, Awaitable, Callable

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.smartcar.const import DOMAIN
from simulator import Cloud

from .flow import Person


@pytest.fixture
async def person(
    hass: HomeAssistant,
    cloud: Cloud,
    hass_client_no_auth: ClientSessionGenerator,
    current_request_with_host: None,
) -> Person:
    for dependency in ("auth", "webhook"):
        assert await async_setup_component(hass, dependency, {})
    return Person(hass, await hass_client_no_auth())


async def test_one(hass, cloud, person, caplog):
    caplog.set_level("DEBUG")
    await person.add_integration()
    print(person.result, person.fields)
    await person.fill_in(client_id=cloud.client_id, client_secret=cloud.client_secret)
    print(person.result)
    await person.choose("connect")
    print(person.result, person.fields)
    await person.fill_in(**person.fields)
    print(person.result)
    await person.consent()
    print(person.result, person.fields)
    await person.fill_in(**person.fields)
    print(person.result)
    print(cloud.requests)
    secrets = [cloud.client_secret, *cloud._tokens, *cloud.cars, *cloud.owners, *(c.vin for c in cloud.cars.values())]
    for r in caplog.records:
        m = r.getMessage()
        if any(s in m for s in secrets): print("LEAK", r.name, m[:300])
    print({r.name for r in caplog.records})
    assert 0
