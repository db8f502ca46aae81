"""The options flow."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from simulator import Cloud
from tests.helpers.flow import connected_vehicles
from tests.helpers.home import NewEntry

pytestmark = pytest.mark.usefixtures("no_secret_in_log")


async def shown_options(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, object]:
    """Return what the options form suggests at first."""
    result = await hass.config_entries.options.async_init(entry.entry_id)
    hass.config_entries.options.async_abort(result["flow_id"])
    schema = result["data_schema"]
    assert schema is not None
    return {
        str(marker): marker.description["suggested_value"]
        for marker in schema.schema
        if marker.description
    }


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("500", 500),
        ("100", 100),
        ("1234", 1234),
        (" 0 ", 0),
        ("1,000,000", 1_000_000),
        ("1.500", 1500),
        ("1\u202f500", 1500),
        ("", None),
        ("many", None),
        ("12.5", None),
        ("-5", None),
        ("1000001", None),
        ("1" * 50, None),
        ("\u0665\u0660\u0660", None),
    ],
)
async def test_requests_per_month_accept_a_plan_or_a_number(
    hass: HomeAssistant, cloud: Cloud, new_entry: NewEntry, typed: str, kept: int | None
) -> None:
    """A wrong number shows an error and stays on the form until a right one is typed."""
    entry = new_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert await shown_options(hass, entry) == {}
    cloud.requests.clear()
    result = await hass.config_entries.options.async_init(entry.entry_id)
    if kept is None:
        result = await hass.config_entries.options.async_configure(
            result["flow_id"], {"requests_per_month": typed, "command_reserve": 20}
        )
        assert result["errors"] == {"requests_per_month": "not_a_number"}
        schema = result["data_schema"]
        assert schema is not None
        suggested = [(marker.description or {}) for marker in schema.schema]
        assert suggested[:2] == [{"suggested_value": typed}, {"suggested_value": 20}]
        typed, kept = "700", 700
    result = await hass.config_entries.options.async_configure(
        result["flow_id"], {"requests_per_month": typed, "command_reserve": 20.0}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert entry.options["requests_per_month"] == kept
    assert entry.options["command_reserve"] == 20
    assert not cloud.requests
    shown = await shown_options(hass, entry)
    assert shown["requests_per_month"] == str(kept)
    left = {state.state for state in hass.states.async_all() if "requests_left" in state.entity_id}
    assert left == {str(max(kept - 1, 0))}


@pytest.mark.parametrize("chosen", [True, False, None])
async def test_removal_disconnects_used_cars_if_chosen(
    hass: HomeAssistant, cloud: Cloud, new_entry: NewEntry, chosen: bool | None
) -> None:
    """Excluded cars stay connected."""
    excluded, *used = connected_vehicles(cloud)
    entry = new_entry(options={"excluded_vehicles": [excluded]})
    assert await hass.config_entries.async_setup(entry.entry_id)
    if chosen is not None:
        result = await hass.config_entries.options.async_init(entry.entry_id)
        assert result["step_id"] == "init"
        result = await hass.config_entries.options.async_configure(
            result["flow_id"], {"disconnect_on_removal": chosen}
        )
        assert result["type"] is FlowResultType.CREATE_ENTRY
        await hass.async_block_till_done()
        assert entry.state is ConfigEntryState.LOADED
        assert entry.options == {
            "excluded_vehicles": [excluded],
            "requests_per_month": 500,
            "command_reserve": 10,
            "use_simulated_vehicles": False,
            "disconnect_on_removal": chosen,
        }
        assert await shown_options(hass, entry) == {
            "requests_per_month": "500",
            "command_reserve": 10,
            "use_simulated_vehicles": False,
            "disconnect_on_removal": chosen,
        }
    await hass.config_entries.async_remove(entry.entry_id)
    assert connected_vehicles(cloud) == ({excluded} if chosen else {excluded, *used})
