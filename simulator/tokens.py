"""The application tokens that the token endpoint issues (reference 1.2)."""

import random

from .clock import Clock
from .ids import random_hex
from .settings import Settings


class Tokens:
    """Application tokens and when each of them expires."""

    def __init__(self, settings: Settings, clock: Clock, rng: random.Random) -> None:
        """Start without a token."""
        self._settings = settings
        self._clock = clock
        self._rng = rng
        self._expiries: dict[str, float] = {}

    @property
    def issued(self) -> tuple[str, ...]:
        """The tokens minted so far, expired ones included, revoked ones not."""
        return tuple(self._expiries)

    def mint(self) -> str:
        """Return a new token."""
        token = f"sim_{random_hex(self._rng, 256)}"
        self._expiries[token] = self._clock.real() + self._settings.token_lifetime
        return token

    def is_valid(self, token: str) -> bool:
        """Return whether a token may be used."""
        return self._expiries.get(token, 0.0) > self._clock.real()

    def revoke_all(self) -> None:
        """Make every token invalid at once."""
        self._expiries.clear()
