"""Setting up, restarting and removing an entry."""

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant

from simulator import Cloud


async def test_set_up(hass: HomeAssistant, cloud: Cloud, entry: ConfigEntry) -> None:
    assert entry.state is ConfigEntryState.LOADED
    print(cloud.requests)
    for state in hass.states.async_all():
        print(state.entity_id, state.state)
    for car in cloud.cars.values(): print(car)
    assert 0
