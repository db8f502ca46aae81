"""Where access tokens come from.

Source: https://smartcar.com/docs/api-reference/authorization/request-access-token
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
import time
from typing import Protocol, override

import aiohttp
from yarl import URL

from .errors import ApiError, AuthenticationError, LimitError, SmartcarError
from .origins import Origins
from .reading import optional_number, required_text
from .transport import exchange

_TOKEN_TIMEOUT = 30.0
_RENEW_BEFORE = 60.0
_DEFAULT_LIFETIME = 3600.0


class TokenSource(Protocol):
    """Gives out access tokens. 2.0's tokens of one owner will be another such source."""

    async def async_get_token(self) -> str:
        """Return a token that is believed to be good. Raises SmartcarError."""

    def reject(self, token: str) -> None:
        """Take note that the API refused this token, so that it is not given out again."""


@dataclass(frozen=True, slots=True)
class _Minted:
    token: str
    renew_at: float


class ApplicationTokenSource(TokenSource):
    """The token of a whole v3 application, minted by client credentials.

    It is kept in memory only. However many callers wait, one mint is under way at a time, and all
    of them share its result, good or bad.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        client_id: str,
        client_secret: str,
        *,
        origins: Origins | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep the credentials; nothing is requested yet. `clock` counts seconds."""
        self._session = session
        self._client_id = client_id
        self._client_secret = client_secret
        self._url = URL(f"{(origins or Origins.from_environment()).iam}/oauth2/token")
        self._clock = clock
        self._minted: _Minted | None = None
        self._minting: asyncio.Task[str] | None = None

    @override
    async def async_get_token(self) -> str:
        """Return the application's token; mint one if there is none or it ends within 60 s.

        Raises AuthenticationError if the credentials are refused, LimitError, other members of
        ApiError, TransportError and InvalidResponseError.
        """
        if self._minted is None or self._clock() >= self._minted.renew_at:
            if self._minting is None:
                self._minting = asyncio.create_task(self._mint())
                self._minting.add_done_callback(self._mint_done)
            minting = self._minting
            # Waited for, not awaited: a caller that gives up must not take the token from the
            # others. (A shield would report a failure then to the loop's exception handler.)
            await asyncio.wait((minting,))
            return minting.result()
        return self._minted.token

    @override
    def reject(self, token: str) -> None:
        """Drop the token, unless another caller has already replaced it."""
        if self._minted is not None and self._minted.token == token:
            self._minted = None

    def _mint_done(self, task: asyncio.Task[str]) -> None:
        self._minting = None
        if not task.cancelled():
            task.exception()  # Retrieved, in case every caller has given up meanwhile.

    async def _mint(self) -> str:
        asked_at = self._clock()
        try:
            token, lifetime = await self._request_token()
        except SmartcarError as error:
            # What the token was for has not left, so nobody needs to wonder about its outcome.
            error.sent = False
            raise
        # A token that lives for a minute or two must be of some use, too.
        renew_at = asked_at + lifetime - min(_RENEW_BEFORE, lifetime / 2)
        self._minted = _Minted(token, renew_at)
        return token

    async def _request_token(self) -> tuple[str, float]:
        """Return a new token and its lifetime in seconds."""
        answer = await exchange(
            self._session,
            "POST",
            self._url,
            form={
                "grant_type": "client_credentials",
                "client_id": self._client_id,
                "client_secret": self._client_secret,
            },
            timeout=_TOKEN_TIMEOUT,
        )
        try:
            body = answer.json_object()
        except LimitError:
            raise
        except ApiError as error:
            # Here a 400 (invalid_request) or a 403 is about the credentials as well, if the token
            # endpoint says so itself: the page of a firewall on the way gives no code.
            if error.status in (400, 401, 403) and error.code is not None:
                raise AuthenticationError(error.details) from error
            raise
        token = required_text(body.get("access_token"), "access_token")
        lifetime = optional_number(body.get("expires_in"))
        if lifetime is None or lifetime <= 0:
            lifetime = _DEFAULT_LIFETIME
        return token, lifetime
