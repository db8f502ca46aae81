"""Setting push up: each missing step has its repair, and each car is subscribed."""

import asyncio
from datetime import timedelta
from unittest.mock import patch

from homeassistant.components import cloud as home_cloud
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_CORE_CONFIG_UPDATE
from homeassistant.helpers.dispatcher import async_dispatcher_send
import pytest

from custom_components.smartcar.const import CONF_EXCLUDED_VEHICLES
from simulator.faults import Fault
from tests.helpers.push_home import WEBHOOK_ID, PushHome
from tests.helpers.routes import LIST_WEBHOOKS, SUBSCRIBE
from tests.helpers.times import LISTING


@pytest.mark.parametrize("vehicles", [3])
async def test_push_is_set_up_step_by_step(new_home: PushHome) -> None:
    new_home.cloud.verify_needs_subscription = True
    await new_home.set_up_push()
    (issue,) = new_home.issues().values()
    assert issue.translation_key == "push_not_created"
    assert (issue.translation_placeholders or {})["url"] == new_home.url
    assert issue.learn_more_url is not None
    # VERIFY is answered, and lets Home Assistant list the webhooks again.
    await new_home.make_webhook()
    assert new_home.subscribed() == {car.id for car in new_home.cars}
    assert set(new_home.issues()) == {"push_waiting"}
    assert new_home.value(new_home.car, "sensor.last_push") == "unknown"
    # As the repair says: "choose Verify".
    assert await new_home.cloud.verify_webhook(new_home.webhook.id)
    await new_home.flush()
    assert new_home.issues() == {}
    assert [one.status for one in new_home.cloud.deliveries[-3:]] == [200] * 3
    assert all(new_home.value(car, "sensor.last_push") != "unknown" for car in new_home.cars)
    assert new_home.cloud.requests[SUBSCRIBE] == 3
    # The next list finds everything done.
    await new_home.list_webhooks()
    assert new_home.cloud.requests[SUBSCRIBE] == 3


async def test_missing_public_url_has_its_repair(new_home: PushHome) -> None:
    url, new_home.url = new_home.url, None
    await new_home.set_up_push()
    assert await new_home.list_webhooks() == {"push_no_url"}
    new_home.url = url
    assert await new_home.list_webhooks() == {"push_not_created"}


async def test_webhooks_with_other_urls_have_their_repair(new_home: PushHome) -> None:
    cloud, url = new_home.cloud, new_home.url
    await new_home.set_up_push()
    cloud.create_webhook("Somebody", "http://127.0.0.1:9/elsewhere", verify=False)
    assert await new_home.list_webhooks() == {"push_not_created"}
    old = cloud.create_webhook("Old", f"http://127.0.0.1:9/{WEBHOOK_ID}", verify=False)
    assert await new_home.list_webhooks() == {"push_url_differs"}
    assert (new_home.issues()["push_url_differs"].translation_placeholders or {})["url"] == url
    assert cloud.subscriptions == {}
    cloud.edit_webhook(old.id, callback_uri=f"{url}/", verify=False)
    assert await new_home.list_webhooks() == {"push_url_differs"}


async def test_disabled_webhook_has_its_repair(new_home: PushHome) -> None:
    cloud, url = new_home.cloud, new_home.url
    await new_home.set_up_push()
    hook = cloud.create_webhook("HA", str(url), is_enabled=False, verify=False)
    cloud.create_webhook("HA too", str(url), is_enabled=False, verify=False)
    assert await new_home.list_webhooks() == {"push_not_enabled"}
    assert cloud.requests[SUBSCRIBE] == 1
    # Of two with the right URL, the one that is enabled counts.
    cloud.edit_webhook(hook.id, is_enabled=True)
    assert await new_home.list_webhooks() == {"push_waiting"}


async def test_failed_subscription_has_its_repair_and_is_repeated(new_home: PushHome) -> None:
    cloud = new_home.cloud
    await new_home.set_up_push()
    other = cloud.create_webhook("Somebody", "http://127.0.0.1:9/elsewhere", verify=False)
    hook = cloud.create_webhook("HA", str(new_home.url), verify=False)
    cloud.faults.add(Fault(method="POST", route="/v3/subscriptions", status=500))
    assert await new_home.list_webhooks() == {"push_not_subscribed"}
    placeholders = new_home.issues()["push_not_subscribed"].translation_placeholders or {}
    name = new_home.state(new_home.car, "button.refresh").name
    assert placeholders["vehicles"] == name.rsplit(" ", 1)[0]
    cloud.faults.clear()
    # "In progress" and "is subscribed already" are both fine.
    assert await new_home.list_webhooks() == {"push_waiting"}
    cloud.subscription_lag = 0
    cloud.faults.add(Fault(method="GET", route="/v3/subscriptions", body='{"data": []}', count=1))
    assert await new_home.list_webhooks() == {"push_waiting"}
    assert cloud.requests[SUBSCRIBE] == 3
    assert not [one for one in cloud.subscriptions.values() if one.webhook_id == other.id]
    assert await cloud.verify_webhook(hook.id)
    await new_home.flush()
    assert new_home.issues() == {}


async def test_changed_public_url_has_its_repair(home: PushHome) -> None:
    url, home.url = home.url, "https://new.example.com/hook"
    # The webhook with the URL of before is known by its id.
    assert await home.list_webhooks() == {"push_url_differs"}
    home.url = url
    assert await home.list_webhooks() == set()


async def test_home_assistant_cloud_that_will_connect_is_no_repair(new_home: PushHome) -> None:
    url, new_home.url = new_home.url, None
    with patch.object(home_cloud, "async_active_subscription", return_value=True):
        await new_home.set_up_push()
        assert new_home.issues() == {}
        new_home.url = url
        async_dispatcher_send(
            new_home.hass,
            home_cloud.SIGNAL_CLOUD_CONNECTION_STATE,
            home_cloud.CloudConnectionState.CLOUD_CONNECTED,
        )
        await new_home.settle()
        assert set(new_home.issues()) == {"push_not_created"}


@pytest.mark.usefixtures("freezer")
async def test_failing_list_of_webhooks_does_not_stop_the_set_up(
    new_home: PushHome,
) -> None:
    new_home.cloud.faults.add(Fault(method="GET", route="/v3/webhooks", status=500))
    entry = await new_home.set_up_push()
    assert entry.state is ConfigEntryState.LOADED
    assert new_home.battery() != "unknown"
    listed = []
    for _ in range(16):
        listed.append(new_home.cloud.requests[LIST_WEBHOOKS])
        await new_home.let_pass(timedelta(seconds=60))
    assert listed == [1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5]
    assert new_home.issues() == {}
    new_home.cloud.faults.clear()
    await new_home.let_pass(LISTING)
    assert set(new_home.issues()) == {"push_not_created"}
    # Half a list does not show that a webhook is missing.
    new_home.entry.runtime_data.context.push_log.counts.clear()
    await new_home.make_webhook()
    assert new_home.issues() == {}
    new_home.cloud.faults.add(
        Fault(method="GET", route="/v3/webhooks", body='{"data": [], "meta": {"totalCount": 1}}')
    )
    await new_home.let_pass(LISTING)
    assert new_home.issues() == {}


@pytest.mark.parametrize("vehicles", [2])
async def test_new_car_is_subscribed_and_excluded_car_is_not(new_home: PushHome) -> None:
    # Many webhooks of others, on two pages.
    for index in range(60):
        new_home.cloud.create_webhook(f"Other {index}", "http://127.0.0.1:9/other", verify=False)
    await new_home.set_up_push()
    await new_home.make_webhook()
    assert new_home.issues() == {}
    user = next(iter(new_home.cloud.owners))
    car = new_home.cloud.unconnected(user)[0]
    # It is connected while another one is being subscribed, with the list of cars already made.
    new_home.cloud.subscriptions.clear()
    new_home.cloud.faults.add(Fault(method="POST", route="/v3/subscriptions", delay=0.2))
    new_home.hass.bus.async_fire(EVENT_CORE_CONFIG_UPDATE)
    await asyncio.sleep(0.05)
    new_home.cloud.connect(user, [car.id], lag=0)
    await new_home.entry.runtime_data.async_refresh()
    await new_home.flush()
    assert new_home.subscribed() == {car.id, *(one.id for one in new_home.cars)}
    # The user excludes a car: it is unsubscribed, though its consent stays.
    new_home.hass.config_entries.async_update_entry(
        new_home.entry, options={CONF_EXCLUDED_VEHICLES: [car.id]}
    )
    await new_home.reload()
    assert new_home.subscribed() == {one.id for one in new_home.cars}
