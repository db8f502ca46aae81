"""What all steps of the config flow share: what was entered so far, and where they lead."""

from abc import abstractmethod

from homeassistant.config_entries import SOURCE_RECONFIGURE, ConfigFlowResult
from homeassistant.helpers.config_entry_oauth2_flow import AbstractOAuth2FlowHandler

from ..const import CONF_EXCLUDED_VEHICLES
from .application import Application
from .push_choice import PushChoice


class SmartcarFlow(AbstractOAuth2FlowHandler):
    """Keeps what the user has entered. Its subclasses have the steps, one subject each."""

    def __init__(self) -> None:
        """Begin without credentials and without a choice of push."""
        super().__init__()
        self._application = Application()
        self._push = PushChoice()
        # None until the user chooses cars. Without a choice, the cars excluded before stay so.
        self._excluded: list[str] | None = None

    @property
    def _excluded_before(self) -> list[str]:
        """The vehicle ids that the entry excludes; empty for a new entry."""
        if self.source != SOURCE_RECONFIGURE:
            return []
        return list(self._get_reconfigure_entry().options.get(CONF_EXCLUDED_VEHICLES, ()))

    @abstractmethod
    async def async_step_finish(self, user_input: None = None) -> ConfigFlowResult:
        """Create or update the entry with what was entered."""
