"""Sources of access tokens.

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
from .payload import optional_number, required_text
from .transport import exchange

_TOKEN_TIMEOUT = 30.0
_RENEW_BEFORE = 60.0
_DEFAULT_LIFETIME = 3600.0


class TokenSource(Protocol):
    """A source of access tokens."""

    async def async_get_token(self) -> str:
        """Return a token that should be valid.

        Raises:
            SmartcarError: There is no token. Its `sent` is False.
        """

    def reject(self, token: str) -> None:
        """Drop a token that the API refused."""


@dataclass(frozen=True, slots=True)
class _Minted:
    token: str
    renew_at: float


class ApplicationTokenSource(TokenSource):
    """The token of a v3 application, requested with its client credentials.

    The token is kept in memory only. There is at most one request at a time: all callers share
    its token or its error.
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
        """Store the credentials, without a request.

        Args:
            session: The session of aiohttp, which the caller owns and closes.
            client_id: The client ID of the application's API credentials ("client_...").
            client_secret: The client secret.
            origins: The origins of the cloud; those of the environment if None.
            clock: A clock that counts seconds and never goes back.
        """
        self._session = session
        self._client_id = client_id
        self._client_secret = client_secret
        self._url = URL(f"{(origins or Origins.from_environment()).iam}/oauth2/token")
        self._clock = clock
        self._minted: _Minted | None = None
        self._minting: asyncio.Task[str] | None = None

    @override
    async def async_get_token(self) -> str:
        """Return the token; request one if there is none or it expires within 60 s.

        Raises:
            AuthenticationError: The credentials were refused.
            SmartcarError: The request failed. `sent` is False for all of them: the request that
                the token was for did not leave.

        Source: https://smartcar.com/docs/api-reference/authorization/request-access-token
        """
        if self._minted is None or self._clock() >= self._minted.renew_at:
            if self._minting is None:
                self._minting = asyncio.create_task(self._mint())
                self._minting.add_done_callback(self._mint_done)
            minting = self._minting
            # Waited for, not awaited: a canceled caller must not cancel the request of the other
            # callers. (A shield would then report an error to the loop's exception handler.)
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
            task.exception()  # Retrieved, for the case that all callers were canceled.

    async def _mint(self) -> str:
        requested_at = self._clock()
        try:
            token, lifetime = await self._request_token()
        except SmartcarError as error:
            # The request that needs the token has not left, so its outcome is known.
            error.sent = False
            raise
        # A token that lives only a minute or two must be usable, too.
        renew_at = requested_at + lifetime - min(_RENEW_BEFORE, lifetime / 2)
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
            # A 400 (invalid_request) or a 403 is about the credentials as well, if it comes from
            # the token endpoint: the page of a firewall on the way has no code.
            if error.status in (400, 401, 403) and error.code is not None:
                raise AuthenticationError(error.details) from error
            raise
        token = required_text(body.get("access_token"), "access_token")
        lifetime = optional_number(body.get("expires_in"))
        if lifetime is None or lifetime <= 0:
            lifetime = _DEFAULT_LIFETIME
        return token, lifetime
