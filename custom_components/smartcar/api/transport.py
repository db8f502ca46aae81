"""One HTTP exchange and its answer, for `auth` and `session`.

The errors of aiohttp and the shapes of error bodies are known only here. Nothing is logged,
because answers can contain tokens.
"""

from dataclasses import dataclass

import aiohttp
from yarl import URL

from .errors import (
    ApiError,
    ErrorDetails,
    InvalidResponseError,
    TransportError,
    TransportTimeoutError,
    api_error,
    parse_retry_after,
)
from .models import resolution_from_json
from .payload import (
    Json,
    JsonObject,
    optional_integer,
    optional_list,
    optional_object,
    optional_text,
    parse_json,
    required_object,
)

_CONNECT_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A complete HTTP response: the body was read to its end."""

    status: int
    body: bytes
    retry_after: str | None = None
    request_id: str | None = None

    @property
    def ok(self) -> bool:
        """Whether the status is a success. The body may contain an error all the same."""
        return 200 <= self.status < 300

    def raise_for_error(self) -> None:
        """Raise the error of the body, else that of the status.

        The body comes first, because a 202 can stream an error.

        Raises:
            ApiError: The body or the status is an error.
            InvalidResponseError: The status is neither a success nor an error, such as 302.
        """
        self._raise_unless_good(self._parsed())

    def json_object(self) -> JsonObject:
        """Return the JSON object of a successful answer.

        Raises:
            ApiError: The body or the status is an error.
            InvalidResponseError: The body is not a JSON object, or the status is such as 302.
        """
        try:
            parsed = parse_json(self.body, status=self.status)
        except InvalidResponseError:
            self._raise_unless_good(None)
            raise
        self._raise_unless_good(parsed)
        return required_object(parsed, "body")

    @property
    def error(self) -> ApiError | None:
        """The error of the body, else that of the status; None for a success."""
        return self._error_in(self._parsed())

    def _parsed(self) -> Json:
        """Return the JSON of the body; None if it is not JSON."""
        try:
            return parse_json(self.body)
        except InvalidResponseError:
            return None

    def _raise_unless_good(self, parsed: Json) -> None:
        if (error := self._error_in(parsed)) is not None:
            raise error
        if not self.ok:
            raise InvalidResponseError(f"unexpected status {self.status}", status=self.status)

    def _error_in(self, parsed: Json) -> ApiError | None:
        if (envelope := self._error_envelope(optional_object(parsed))) is None:
            return self._api_error({}) if self.status >= 400 else None
        return self._api_error(envelope)

    @staticmethod
    def _error_envelope(body: JsonObject) -> JsonObject | None:
        """Return the object that describes the error, in any of the four forms."""
        for errors in (body.get("errors"), [body.get("error")]):
            for error in optional_list(errors):
                if described := optional_object(error):
                    return described
        is_oauth = optional_text(body.get("error")) is not None
        is_bare = "data" not in body and None not in (
            optional_text(body.get("type")),
            optional_text(body.get("code")) or optional_text(body.get("detail")),
        )
        return body if is_oauth or is_bare else None

    def _api_error(self, envelope: JsonObject) -> ApiError:
        resolution = envelope.get("resolution")
        if isinstance(resolution, str):  # The older form of API 2.0
            resolution = {"type": resolution}
        debug = optional_object(optional_object(envelope.get("meta")).get("debug"))
        return api_error(
            ErrorDetails(
                status=_error_status(envelope) or self.status,
                type=optional_text(envelope.get("type")),
                code=optional_text(envelope.get("code")) or optional_text(envelope.get("error")),
                detail=optional_text(envelope.get("detail"))
                or optional_text(envelope.get("description"))
                or optional_text(envelope.get("error_description")),
                suggested_user_message=optional_text(envelope.get("suggestedUserMessage")),
                resolution=resolution_from_json(resolution),
                retry_after=parse_retry_after(self.retry_after),
                request_id=self.request_id
                or optional_text(debug.get("requestId"))
                or optional_text(envelope.get("requestId")),
            )
        )


def _error_status(envelope: JsonObject) -> int | None:
    """Return the status in the error body: a text in v3, a number with another name in 2.0."""
    for key in ("status", "statusCode"):
        value: Json = envelope.get(key)
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) == 3:
            value = int(value)
        status = optional_integer(value)
        if status is not None and 400 <= status < 600:
            return status
    return None


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Prevent aiohttp from repeating a GET or a DELETE when the connection is lost.

    It repeats a request only after its own exceptions, so raise an exception of this package.
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _lost(error) from None


def _lost(error: Exception) -> TransportError:
    # The text of the exception can contain the address with its ids: the type has to do.
    return TransportError(f"connection failed ({type(error).__name__})")


async def exchange(
    session: aiohttp.ClientSession,
    method: str,
    url: URL,
    *,
    headers: dict[str, str] | None = None,
    json: JsonObject | None = None,
    form: dict[str, str] | None = None,
    timeout: float,  # noqa: ASYNC109  # it is passed to aiohttp
) -> Answer:
    """Send one request and read its answer to the end, however slowly it streams.

    Redirects are not followed: the API has none, and a redirect could repeat a command or send
    the token to another host.

    Args:
        session: The session of aiohttp.
        method: The HTTP method.
        url: The address.
        headers: The headers.
        json: The body as JSON.
        form: The body as a form, in place of JSON.
        timeout: The limit in seconds for everything, from connecting to the end of the answer.

    Raises:
        TransportTimeoutError: The limit was reached. `sent` is False if it was while connecting.
        TransportError: The connection was refused (`sent` is False) or lost.
    """
    try:
        async with session.request(
            method,
            url,
            headers=headers,
            json=json,
            data=form,
            allow_redirects=False,
            # aiohttp would send a type even without a body.
            skip_auto_headers=("Content-Type",) if json is None and form is None else (),
            middlewares=(_once,),
            timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=_CONNECT_TIMEOUT),
        ) as response:
            return Answer(
                status=response.status,
                body=await response.read(),
                retry_after=response.headers.get("Retry-After"),
                request_id=response.headers.get("SC-Request-Id"),
            )
    # Tracebacks reach logs, so no cause is attached whose text can contain the address with ids.
    except aiohttp.ConnectionTimeoutError:
        raise TransportTimeoutError("timed out while connecting", sent=False) from None
    except aiohttp.ClientConnectorError as error:
        raise TransportError("could not connect", sent=False) from error
    except TimeoutError:
        raise TransportTimeoutError(f"no whole answer within {timeout:.0f} s") from None
    except (aiohttp.ClientError, ValueError) as error:
        raise _lost(error) from None
