"""Removing the entry, and switching push off: the webhook keeps no subscription."""

from unittest.mock import AsyncMock, patch

from homeassistant.components import cloud as home_cloud
import pytest

from custom_components.smartcar.const import CONF_APPLICATION_MANAGEMENT_TOKEN, DOMAIN
from simulator.faults import Fault
from tests.helpers.push_home import WEBHOOK_ID, PushHome


async def test_removal_unsubscribes_whatever_the_url_was(new_home: PushHome) -> None:
    # As with a cloudhook: the webhook id is not in the URL.
    hidden = str(new_home.browser.make_url("/hidden"))
    new_home.url = hidden
    await new_home.set_up_push()
    await new_home.make_webhook(verify=False)
    await new_home.list_webhooks()
    kept = new_home.cloud.create_webhook("Other", "http://127.0.0.1:9/other", verify=False)
    car = next(iter(new_home.cloud.subscriptions.values()))
    new_home.cloud.subscribe(kept.id, car.user_id, car.vehicle_id)
    assert len(new_home.cloud.subscriptions) == 2
    with patch.object(home_cloud, "async_delete_cloudhook", AsyncMock()) as deleted:
        await new_home.hass.config_entries.async_remove(new_home.entry.entry_id)
        await new_home.settle()
    deleted.assert_awaited_once_with(new_home.hass, WEBHOOK_ID)
    assert [one.webhook_id for one in new_home.cloud.subscriptions.values()] == [kept.id]
    assert new_home.issues() == {}


@pytest.mark.parametrize(
    "fault",
    [
        Fault(route="/v3/webhooks", status=500),
        Fault(method="DELETE", status=404),
        Fault(route="/v3/subscriptions", drop=True),
    ],
    ids=["webhooks", "gone", "subscriptions"],
)
async def test_removal_succeeds_though_the_cloud_fails(home: PushHome, fault: Fault) -> None:
    home.cloud.faults.add(fault)
    result = await home.hass.config_entries.async_remove(home.entry.entry_id)
    await home.settle()
    assert result == {"require_restart": False}
    assert home.hass.config_entries.async_entries(DOMAIN) == []
    status, _ = await home.post(b"{}")
    # So Home Assistant answers for an unknown webhook.
    assert status == 200


async def test_push_that_is_switched_off_unsubscribes(home: PushHome) -> None:
    home.cloud.report_error(
        home.car.id, type="CONNECTED_SERVICES_ACCOUNT", code="AUTHENTICATION_FAILED"
    )
    await home.flush()
    await home.post(b"")
    assert set(home.issues()) == {"owner_must_log_in"}
    data = {
        key: value
        for key, value in home.entry.data.items()
        if key != CONF_APPLICATION_MANAGEMENT_TOKEN
    }
    home.hass.config_entries.async_update_entry(home.entry, data=data)
    await home.reload()
    assert home.cloud.subscriptions == {}
    assert home.issues() == {}
    await home.reload()
    assert home.issues() == {}
