"""Requests to one API: the token, the repeat after a 401, and the pages of a list.

No request is ever repeated, with one exception: a 401 is refused before anything is executed, so
it gets one new token and one repeat.

Method, path template and status are logged; ids, tokens, headers and bodies never are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
import logging
import re
from typing import Protocol
from urllib.parse import parse_qsl, quote, urlsplit

import aiohttp
from yarl import URL

from .auth import TokenSource
from .errors import AuthenticationError, InvalidResponseError
from .models import Listing
from .payload import (
    Json,
    JsonObject,
    optional_integer,
    optional_object,
    optional_text,
    required_list,
)
from .transport import Answer, exchange

_LOGGER = logging.getLogger(__name__)

READ_TIMEOUT = 120.0
# The answer to a command that takes more than 175 s is streamed. Smartcar's SDKs wait 310 s.
COMMAND_TIMEOUT = 310.0

_PAGE_NUMBER = "page[number]"
_PAGE_SIZE = "page[size]"
_PAGE_SIZES = frozenset({_PAGE_SIZE, "pageSize"})
_PAGE_PARAMETER = re.compile(r"page(\[\w+\]|Size|Number)?", re.ASCII)
_MOST_PAGES = 50
_COUNTS = ("totalCount", "total")


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request.

    Attributes:
        method: The HTTP method.
        path: The path after `/v3`, with names of `ids` in braces. It is safe to log.
        ids: The ids that the path needs.
        query: The query parameters.
        user_id: Smartcar's id of the owner, for the header `sc-user-id`.
        json: The body.
        timeout: The limit in seconds for everything, from connecting to the end of the answer.
    """

    method: str
    path: str
    ids: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    user_id: str | None = None
    json: JsonObject | None = None
    timeout: float = READ_TIMEOUT

    def url(self, origin: str) -> URL:
        """Return the address at an origin, with the ids quoted so that they stay one segment."""
        path = self.path.format_map(
            {name: quote(value, safe="", errors="replace") for name, value in self.ids.items()}
        )
        url = URL(f"{origin}/v3{path}", encoded=True)
        return url.update_query(self.query) if self.query else url


class ApiSession:
    """The access to one API of the cloud, with the tokens of one application."""

    def __init__(self, http: aiohttp.ClientSession, tokens: TokenSource, origin: str) -> None:
        """Store the session of aiohttp, the source of tokens and the origin of the API."""
        self._http = http
        self._tokens = tokens
        self._origin = origin

    async def send(self, request: Request) -> Answer:
        """Send a request; after a 401 get a new token and send it once more.

        The answer can be an error: the caller judges it.

        Raises:
            TransportError: There is no complete answer.
            SmartcarError: There is no token.
        """
        token = await self._tokens.async_get_token()
        answer = await self._send_with(token, request)
        # Only a status of 401 was refused before execution: a 202 can stream the same error. And a
        # 401 can be a quota or a time limit, where a new token does not help.
        if answer.status == 401 and isinstance(answer.error, AuthenticationError):
            self._tokens.reject(token)
            answer = await self._send_with(await self._tokens.async_get_token(), request)
        return answer

    async def _send_with(self, token: str, request: Request) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if request.user_id is not None:
            headers["sc-user-id"] = request.user_id
        answer = await exchange(
            self._http,
            request.method,
            request.url(self._origin),
            headers=headers,
            json=request.json,
            timeout=request.timeout,
        )
        _LOGGER.debug("%s /v3%s: %s", request.method, request.path, answer.status)
        return answer

    async def get_data(self, path: str, *, user_id: str | None = None, **ids: str) -> Json:
        """Return `data` of one resource."""
        request = Request(method="GET", path=path, ids=ids, user_id=user_id)
        return (await self.send(request)).json_object().get("data")

    async def delete(self, path: str, **ids: str) -> None:
        """Delete one resource."""
        (await self.send(Request(method="DELETE", path=path, ids=ids))).raise_for_error()

    async def get_list[T: _Identified](
        self, path: str, read: Callable[[Json], T], **filters: str | None
    ) -> Listing[T]:
        """Return the members of all pages that match the filters; None is no filter."""
        query = {f"filter[{name}]": value for name, value in filters.items() if value is not None}
        query[_PAGE_SIZE] = "100"
        request = Request(method="GET", path=path, query=query)
        return await self.collect(request, read, lambda member: member.id)

    async def collect[T](
        self,
        request: Request,
        read: Callable[[Json], T],
        identify: Callable[[T], str],
        *,
        first: Answer | None = None,
    ) -> Listing[T]:
        """Return the members of all pages.

        The next page is requested while the answer links to one or, where the request has a page
        size, while the cloud counts more members than it returned. A page without a new member is
        the last one, and the fiftieth is. Malformed members are left out; `complete` is False then.

        Args:
            request: The request of the first page.
            read: Reads a member. Raises InvalidResponseError if it is malformed.
            identify: Returns what makes a member unique.
            first: The answer of the first page, if it was requested already.

        Raises:
            InvalidResponseError: There is no list, or all its members are malformed.
        """
        members: dict[str, T] = {}
        malformed = 0
        malformation: InvalidResponseError | None = None
        for page in range(1, _MOST_PAGES + 1):
            answer, first = first or await self.send(request), None
            body = answer.json_object()
            known = len(members)
            for item in required_list(body.get("data"), "data"):
                try:
                    member = read(item)
                except InvalidResponseError as error:
                    malformed += 1
                    malformation = error
                else:
                    members.setdefault(identify(member), member)
            total = _total_count(optional_object(body.get("meta")))
            missing = total is not None and total > len(members) + malformed
            next_page = optional_text(optional_object(body.get("links")).get("next"))
            has_next = next_page is not None or (missing and _PAGE_SIZE in request.query)
            if not has_next or len(members) == known or page == _MOST_PAGES:
                if malformation is not None and not members:
                    # An answer that says nothing is not one that says "no members".
                    raise malformation
                uncounted = total is None and next_page is not None
                complete = not (missing or uncounted or malformed)
                return Listing(members.values(), complete=complete, pages=page)
            linked = _page_parameters(next_page)
            number = {} if set(linked) - _PAGE_SIZES else {_PAGE_NUMBER: str(page + 1)}
            request = replace(request, query={**request.query, **number, **linked})
        raise AssertionError  # pragma: no cover  # the count does not end


def _page_parameters(link: str | None) -> Mapping[str, str]:
    """Return only the page parameters of a link: its host and path must not be followed.

    They are `page[number]` and `page[size]`, or `page` and `pageSize`.
    """
    try:
        query = parse_qsl(urlsplit(link or "").query)
    except ValueError:
        return {}
    return {name: value for name, value in query if _PAGE_PARAMETER.fullmatch(name)}


def _total_count(meta: JsonObject) -> int | None:
    """Return how many members the cloud counts, in `meta` or in `meta.page`."""
    places = (meta, optional_object(meta.get("page")))
    counts = (optional_integer(place.get(name)) for place in places for name in _COUNTS)
    return next((count for count in counts if count is not None), None)
