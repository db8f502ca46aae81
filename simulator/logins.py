"""The cars whose owners must log in at the maker again (reference 1.7)."""

from urllib.parse import urlencode

from .clock import Clock
from .settings import Settings


class Logins:
    """Which cars need a new login at their maker, and since when."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Start with every login in order."""
        self._settings = settings
        self._clock = clock
        self._needed_since: dict[str, float] = {}

    def require(self, vehicle_id: str, needed: bool = True) -> None:
        """Let the maker's account of a car need a new login, or no longer need it."""
        if needed:
            self._needed_since[vehicle_id] = self._clock.now()
        else:
            self._needed_since.pop(vehicle_id, None)

    def needed_since(self, vehicle_id: str) -> float | None:
        """Return since when a car needs a new login; None when it needs none."""
        return self._needed_since.get(vehicle_id)

    def is_needed(self, vehicle_id: str) -> bool:
        """Return whether the owner must log in again."""
        return vehicle_id in self._needed_since

    def reauthenticate_url(self, vehicle_id: str) -> str:
        """Return the partly built link of an AUTHENTICATION_FAILED error (reference 1.7)."""
        query = {
            "response_type": "vehicle_id",
            "application_id": self._settings.application_id,
            "vehicle_id": vehicle_id,
        }
        return f"{self._settings.connect_origin}/oauth/reauthenticate?{urlencode(query)}"
