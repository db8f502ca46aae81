"""Push: the webhook in Home Assistant, and the vehicles' subscriptions at Smartcar."""

from datetime import datetime, timedelta
from typing import Final

from aiohttp.hdrs import METH_POST
from homeassistant.components import cloud, webhook
from homeassistant.const import CONF_WEBHOOK_ID, EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import Event, callback
from homeassistant.helpers.event import async_track_time_interval

from ..const import DOMAIN
from ..coordinator import ApplicationCoordinator, VehicleCoordinator
from ..issues import PushIssues
from .receiver import PushReceiver
from .subscriptions import PushSubscriptions, async_unsubscribe
from .tokens import tokens_of
from .vehicle_errors import async_clear_errors, async_raise_errors

_CHECK_INTERVAL: Final = timedelta(hours=1)


@callback
def async_setup_push(application: ApplicationCoordinator) -> None:
    """Register the webhook, and see in the background that the vehicles are subscribed."""
    issues = PushIssues(application.hass, application.config_entry)
    if tokens_of(application.config_entry):
        _async_start(application, issues)
    else:
        _async_end(application, issues)


@callback
def _async_start(application: ApplicationCoordinator, issues: PushIssues) -> None:
    hass, entry = application.hass, application.config_entry
    webhook_id = entry.data[CONF_WEBHOOK_ID]
    subscriptions = PushSubscriptions(application, issues)
    receiver = PushReceiver(
        application,
        issues,
        on_verify=subscriptions.async_check_after_verify,
        on_state=subscriptions.async_check_silence,
    )

    @callback
    def vehicle_added(vehicle: VehicleCoordinator) -> None:
        async_raise_errors(vehicle)
        subscriptions.async_check_soon()

    async def cloud_changed(_: cloud.CloudConnectionState) -> None:
        subscriptions.async_check_soon()

    async def config_changed(_: Event) -> None:
        subscriptions.async_check_soon()

    async def interval_passed(_: datetime) -> None:
        subscriptions.async_check_silence()
        subscriptions.async_check_soon()

    entry.async_on_unload(application.async_add_vehicle_listener(vehicle_added))
    webhook.async_register(
        hass,
        DOMAIN,
        entry.title,
        webhook_id,
        receiver.async_handle,
        allowed_methods=[METH_POST],
    )
    entry.async_on_unload(lambda: webhook.async_unregister(hass, webhook_id))
    entry.async_on_unload(subscriptions.async_cancel_retry)
    entry.async_on_unload(cloud.async_listen_connection_change(hass, cloud_changed))
    entry.async_on_unload(
        cloud.async_listen_cloudhook_change(
            hass, webhook_id, lambda _: subscriptions.async_check_soon()
        )
    )
    entry.async_on_unload(hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, config_changed))
    entry.async_on_unload(
        async_track_time_interval(hass, interval_passed, _CHECK_INTERVAL, cancel_on_shutdown=True)
    )
    subscriptions.async_check_soon()


@callback
def _async_end(application: ApplicationCoordinator, issues: PushIssues) -> None:
    """Clear the repairs, and unsubscribe the vehicles if push was on before."""
    application.config_entry.async_on_unload(
        application.async_add_vehicle_listener(async_clear_errors)
    )
    issues.clear()
    log = application.context.push_log
    if (webhook_id := log.webhook_id) is None:
        return

    async def end() -> None:
        await async_unsubscribe(application.context.client, webhook_id)
        log.webhook_id = log.last_delivery = None
        application.schedule_save()

    application.config_entry.async_create_background_task(
        application.hass, end(), "smartcar push ends"
    )
