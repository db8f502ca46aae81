"""Cloudhooks: URLs of Home Assistant Cloud that the config flow creates, keeps and deletes."""

from aiohttp.test_utils import unused_port
from hass_nabucasa import CloudError
from homeassistant.components.cloud import (
    SIGNAL_CLOUD_CONNECTION_STATE,
    CloudConnectionState,
    CloudNotAvailable,
    CloudNotConnected,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.setup import async_setup_component
import pytest

from simulator import Cloud
from tests.helpers.cloudhooks import Cloudhooks
from tests.helpers.flow import MANAGEMENT_TOKEN, Person, connected_vehicles, entry_with_push
from tests.helpers.home import NewEntry

pytestmark = pytest.mark.usefixtures("no_secret_in_log")


@pytest.mark.parametrize("vehicles", [1])
async def test_cloudhook_is_preferred_and_stays_with_the_entry(
    push_person: Person, public_url: str, cloudhooks: Cloudhooks
) -> None:
    """A cloudhook is preferred to the external URL, and is created once."""
    await push_person.go_to_push()
    assert push_person.push_url == "https://hooks.example.com/hook-0"
    await push_person.fill_in(application_management_token=MANAGEMENT_TOKEN)
    entry = push_person.assert_done()
    assert cloudhooks.hooks == {entry.data["webhook_id"]: "https://hooks.example.com/hook-0"}
    assert not cloudhooks.deleted


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize("way", ["abandoned", "not-wanted", "address-gone"])
async def test_unused_cloudhook_is_deleted(
    hass: HomeAssistant, push_person: Person, cloudhooks: Cloudhooks, way: str
) -> None:
    await push_person.go_to_push()
    (webhook_id,) = cloudhooks.hooks
    if way == "abandoned":
        hass.config_entries.flow.async_abort(push_person.result["flow_id"])
        await hass.async_block_till_done()
    elif way == "not-wanted":
        await push_person.fill_in()
        assert push_person.assert_done().data["webhook_id"] == webhook_id
    else:
        cloudhooks.error = CloudNotConnected()
        await push_person.fill_in(application_management_token=MANAGEMENT_TOKEN)
        await push_person.choose("without_push")
        push_person.assert_done()
    assert cloudhooks.deleted == [webhook_id]


@pytest.mark.parametrize("vehicles", [1])
async def test_no_cloudhook_before_push_is_offered(
    hass: HomeAssistant, person: Person, cloudhooks: Cloudhooks
) -> None:
    await person.add_integration()
    await person.give_credentials()
    hass.config_entries.flow.async_abort(person.result["flow_id"])
    await hass.async_block_till_done()
    assert not cloudhooks.hooks
    assert not cloudhooks.deleted


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize(
    "error", [CloudNotConnected(), CloudNotAvailable(), CloudError(), TimeoutError(), ValueError()]
)
async def test_cloud_error_offers_to_try_again(
    push_person: Person, public_url: str, cloudhooks: Cloudhooks, error: Exception
) -> None:
    """The external URL would be used only until the cloud works again, so it is not offered."""
    cloudhooks.error = error
    await push_person.go_to_push()
    assert push_person.step == "push_unavailable"
    cloudhooks.error = None
    await push_person.choose("push")
    await push_person.fill_in(application_management_token=MANAGEMENT_TOKEN)
    push_person.assert_done()
    assert len(cloudhooks.hooks) == 1


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize("is_on", [False, True])
async def test_abandoned_reconfigure_keeps_the_cloudhook_in_use(
    hass: HomeAssistant,
    cloud: Cloud,
    push_person: Person,
    cloudhooks: Cloudhooks,
    new_entry: NewEntry,
    is_on: bool,
) -> None:
    """A cloudhook that was created by the abandoned flow alone is deleted."""
    entry = entry_with_push(new_entry, cloud) if is_on else new_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    await push_person.reconfigure(entry)
    await push_person.choose("push")
    assert len(cloudhooks.hooks) == 1
    hass.config_entries.flow.async_abort(push_person.result["flow_id"])
    await hass.async_block_till_done()
    assert len(cloudhooks.hooks) == is_on
    assert len(cloudhooks.deleted) == (not is_on)


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize("way", ["switched off", "removed"])
async def test_end_of_push_deletes_subscriptions_and_cloudhook(
    hass: HomeAssistant,
    cloud: Cloud,
    push_person: Person,
    cloudhooks: Cloudhooks,
    new_entry: NewEntry,
    way: str,
) -> None:
    """Only subscriptions to the own webhook end."""
    cloudhooks.base = f"http://127.0.0.1:{unused_port()}"
    entry = entry_with_push(new_entry, cloud)
    url = await cloudhooks.get_or_create(hass, entry.data["webhook_id"])
    own = cloud.create_webhook("Own", url, verify=False)
    other = cloud.create_webhook("Another", f"{cloudhooks.base}/other", verify=False)
    cloud.verify_needs_subscription = False
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    (vehicle_id,) = connected_vehicles(cloud)
    (connection,) = cloud.connections.values()
    cloud.subscribe(other.id, connection.user_id, vehicle_id)
    assert {item.webhook_id for item in cloud.subscriptions.values()} == {own.id, other.id}

    if way == "removed":
        await hass.config_entries.async_remove(entry.entry_id)
    else:
        await push_person.reconfigure(entry)
        await push_person.choose("push")
        await push_person.fill_in()
        push_person.assert_done()
        await hass.async_block_till_done(wait_background_tasks=True)
    assert not cloudhooks.hooks
    assert {item.webhook_id for item in cloud.subscriptions.values()} == {other.id}
    assert cloudhooks.deleted == [entry.data["webhook_id"]]


@pytest.mark.parametrize("vehicles", [1])
async def test_cloud_that_connects_late_raises_no_repair(
    hass: HomeAssistant, cloud: Cloud, cloudhooks: Cloudhooks, new_entry: NewEntry
) -> None:
    """At every start Home Assistant Cloud connects after the entry is set up."""
    cloudhooks.error = CloudNotConnected()
    entry = entry_with_push(new_entry, cloud)
    assert await async_setup_component(hass, "homeassistant", {})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not [key for key in ir.async_get(hass).issues if "push" in key[1]]
    cloudhooks.error = None
    async_dispatcher_send(hass, SIGNAL_CLOUD_CONNECTION_STATE, CloudConnectionState.CLOUD_CONNECTED)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert cloudhooks.hooks
    assert [key for key in ir.async_get(hass).issues if "push_not_created" in key[1]]


@pytest.mark.parametrize("vehicles", [1])
async def test_deleted_cloudhook_is_not_created_again(
    hass: HomeAssistant, cloud: Cloud, cloudhooks: Cloudhooks, new_entry: NewEntry
) -> None:
    """Nothing creates another cloudhook between the end of push and the reload."""
    entry = entry_with_push(new_entry, cloud)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(cloudhooks.hooks) == 1
    data = {key: value for key, value in entry.data.items() if "token" not in key}
    hass.config_entries.async_update_entry(entry, data=data)
    await cloudhooks.delete(hass, entry.data["webhook_id"])
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not cloudhooks.hooks
