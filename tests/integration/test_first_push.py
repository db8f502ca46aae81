"""From nothing to the first push, with no knowledge but what flow and repairs say."""

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.smartcar.const import DOMAIN
from custom_components.smartcar.push import url as push_url
from simulator import Cloud
from simulator.car import Car
from tests.helpers.flow import Person
from tests.helpers.states import issues, settle, value


async def test_steps_of_flow_and_repairs_lead_to_the_first_push(
    hass: HomeAssistant,
    cloud: Cloud,
    cars: list[Car],
    hass_client_no_auth: ClientSessionGenerator,
    current_request_with_host: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for dependency in ("auth", "webhook", "homeassistant"):
        assert await async_setup_component(hass, dependency, {})
    browser = await hass_client_no_auth()

    async def get_url(_: HomeAssistant, webhook_id: str) -> str:
        return str(browser.make_url(f"/api/webhook/{webhook_id}"))

    # The one thing that cannot be as in the world outside: a public URL.
    monkeypatch.setattr(push_url, "async_get_push_url", get_url)
    cloud.verify_needs_subscription = True

    person = Person(hass, cloud, browser)
    person.wants_push = True
    await person.add_integration()
    await person.fill_in(client_id=cloud.client_id, client_secret=cloud.client_secret)
    await person.choose("vehicles")
    await person.fill_in(vehicles=[car.id for car in cars])
    assert person.step == "push"
    await person.fill_in(application_management_token=cloud.application_management_token)
    await settle(hass)

    # A repair lists the clicks: make the webhook with this URL, without verifying it yet.
    placeholders = issues(hass)["push_not_created"].translation_placeholders
    assert placeholders is not None
    url = placeholders["url"]
    made = cloud.create_webhook("Home Assistant", url, verify=False)

    # The webhooks are listed again after a minute; here at once.
    (entry,) = hass.config_entries.async_entries(DOMAIN)
    await hass.config_entries.async_reload(entry.entry_id)
    await settle(hass)
    assert {item.vehicle_id for item in cloud.subscriptions.values()} == {car.id for car in cars}
    assert "push_waiting" in issues(hass)

    # Then Verify, and the first delivery clears everything.
    assert await cloud.verify_webhook(made.id)
    await cloud.flush()
    await settle(hass)
    assert not {text for text in issues(hass) if text.startswith("push_")}
    assert value(hass, cars[0], "sensor.last_push") not in {"unknown", "unavailable"}
    cloud.patch_state(cars[0].id, {"odometer": 76_321})
    await cloud.flush()
    await settle(hass)
    assert float(value(hass, cars[0], "sensor.odometer")) == 76_321
