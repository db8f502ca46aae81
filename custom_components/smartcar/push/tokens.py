"""The application management tokens, and the change from one to the next."""

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..const import CONF_APPLICATION_MANAGEMENT_TOKEN, CONF_PREVIOUS_MANAGEMENT_TOKEN


def tokens_of(entry: ConfigEntry) -> tuple[str, ...]:
    """Return the valid tokens: the newest first, then the previous one during a rotation.

    It is empty if push is off.
    """
    tokens = (
        entry.data.get(CONF_APPLICATION_MANAGEMENT_TOKEN),
        entry.data.get(CONF_PREVIOUS_MANAGEMENT_TOKEN),
    )
    return tuple(token for token in tokens if token)


@callback
def async_end_rotation(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Forget the previous token: the cloud uses the new one."""
    data = dict(entry.data)
    del data[CONF_PREVIOUS_MANAGEMENT_TOKEN]
    hass.config_entries.async_update_entry(entry, data=data)
