"""HTTP to Microsoft: the one file that knows httpx."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Self

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

OUTAGES = (httpx.HTTPError, aiohttp.ClientError, OSError)
CONNECT_WITHIN = timedelta(seconds=5)
READ_WITHIN = timedelta(seconds=10)
ALWAYS = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": "Bridge"}


class NoAnswer(Exception):
    """The server gave no whole answer: not reached, too slow, broken off. The text names the kind of failure only."""


class BadAddress(Exception):
    """This is no URL."""


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    """Found by their names in any case."""
    body: bytes

    def json(self) -> dict[str, Any]:
        """Give the body, where it is a JSON object."""
        try:
            said = json.loads(self.body)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}


class Http:
    """One request, one answer, straight through httpx's transport.

    What its client adds (redirects, cookies, authentication, hooks) is not wanted here and takes as long as the call.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport) -> None:
        self._transport = transport

    @classmethod
    def connected(cls) -> Self:
        """Give one with connections of its own; the caller closes it."""
        return cls(AiohttpTransport(client=_session))

    async def get(self, url: str, within: timedelta = READ_WITHIN) -> Answer:
        """Ask for something; raises NoAnswer and BadAddress."""
        return await self._exchange("GET", url, ALWAYS, None, within)

    async def post(self, url: str, headers: Mapping[str, str], content: bytes) -> Answer:
        """Send something; raises NoAnswer and BadAddress."""
        return await self._exchange("POST", url, {**ALWAYS, **headers}, content, READ_WITHIN)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    async def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None, within: timedelta
    ) -> Answer:
        read, connect = within.total_seconds(), min(within, CONNECT_WITHIN).total_seconds()
        timeouts = {"connect": connect, "read": read, "write": read, "pool": read}
        try:
            request = httpx.Request(
                method, _parsed(url), headers=headers, content=content, extensions={"timeout": timeouts}
            )
            response = await self._transport.handle_async_request(request)
            try:
                return Answer(response.status_code, response.headers, await response.aread())
            finally:
                await response.aclose()
        except httpx.InvalidURL as error:
            raise BadAddress from error
        except OUTAGES as error:
            raise NoAnswer(type(error).__name__) from error


def _session() -> aiohttp.ClientSession:
    """Give the connections: aiohttp would keep cookies of its own."""
    connector = aiohttp.TCPConnector(ssl=httpx.create_ssl_context(), limit=100, keepalive_timeout=5)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


@lru_cache(maxsize=5000)
def _parsed(url: str) -> httpx.URL:
    """Parse an address; the same conversations are spoken to again and again."""
    return httpx.URL(url)
