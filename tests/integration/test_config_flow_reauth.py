"""Reauthentication: the flow that renews the client secret."""

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest

from simulator import Cloud
from tests.helpers.flow import OTHER_ID, WRONG_SECRET, Person, connected_vehicles
from tests.helpers.home import NewEntry
from tests.helpers.routes import CONNECTIONS, SIGNALS, TOKENS

pytestmark = pytest.mark.usefixtures("no_secret_in_log")


async def test_reauth_renews_only_the_secret(
    hass: HomeAssistant, cloud: Cloud, person: Person, new_entry: NewEntry
) -> None:
    """The flow starts when the set-up fails, and every other setting stays."""
    excluded = next(iter(connected_vehicles(cloud)))
    entry = new_entry(
        title="Family cars",
        data={
            "client_id": cloud.client_id,
            "client_secret": WRONG_SECRET,
            "webhook_id": "0123456789abcdef",
            "application_id": OTHER_ID,
            "application_management_token": "kept",
        },
        options={"disconnect_on_removal": True, "excluded_vehicles": [excluded]},
    )
    kept = {**entry.data, "client_secret": cloud.client_secret}
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH

    person.result = flow  # Only its id is needed here.
    await person.reload_page()
    assert (person.step, person.fields) == ("reauth_confirm", {"client_secret": None})
    assert person.placeholders["client_id"] == cloud.client_id
    await person.give_credentials(WRONG_SECRET)
    assert person.errors == {"client_secret": "invalid_auth"}
    cloud.requests.clear()
    await person.give_credentials()

    assert person.assert_done() is entry
    assert person.result["reason"] == "reauth_successful"
    assert (entry.title, dict(entry.data)) == ("Family cars", kept)
    assert entry.unique_id == cloud.client_id
    assert entry.options == {"disconnect_on_removal": True, "excluded_vehicles": [excluded]}
    assert person.vehicle_devices() == connected_vehicles(cloud) - {excluded}
    assert cloud.requests == {TOKENS: 1, CONNECTIONS: 1, SIGNALS: 2}
