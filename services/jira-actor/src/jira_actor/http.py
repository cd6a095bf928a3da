"""HTTP to tenants' servers: the one file that knows httpx.

Requests go to httpx's transport, not through its client: what that adds (cookies, redirects, the environment's proxies)
is what Bridge does not want, and takes a quarter of a call's time.
"""

import asyncio
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from httpx_aiohttp import AiohttpTransport

from jira_actor.guard import Reach, Target, checked_addresses

HEADERS = {
    "User-Agent": "Bridge",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "X-Atlassian-Token": "no-check",
}


class NoAnswer(Exception):
    """The server gave no whole answer: not reached, too slow, broken off."""


class AnswerTooLarge(Exception):
    """The server's answer is larger than Bridge reads."""


@dataclass(frozen=True)
class Limits:
    """How long and how much Bridge waits for one server."""

    connect: timedelta = timedelta(seconds=5)
    read: timedelta = timedelta(seconds=20)
    total: timedelta = timedelta(seconds=30)
    body_bytes: int = 2 * 1024 * 1024
    connections_per_host: int = 20


@dataclass(frozen=True)
class Request:
    """One request below a checked base URL."""

    method: str
    path: str
    """Begins with a slash; with its query."""
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    """A whole answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def is_json(self) -> bool:
        """Tell whether the server calls it JSON."""
        return "json" in self.headers.get("content-type", "")


class Http:
    """One pool per host; addresses are checked as they are resolved; no cookies, no redirects, no proxies."""

    def __init__(self, reach: Reach, limits: Limits, tls: ssl.SSLContext) -> None:
        self._total = limits.total.total_seconds()
        self._body_bytes = limits.body_bytes
        timeout = httpx.Timeout(limits.read.total_seconds(), connect=limits.connect.total_seconds())
        self._extensions = {"timeout": timeout.as_dict()}
        self._transport = AiohttpTransport(verify=tls, trust_env=False, client=lambda: _session(reach, limits, tls))

    async def exchange(self, target: Target, request: Request, authorization: str | None = None) -> Answer:
        """Send one request and read the whole answer; raise `NoAnswer`, `AnswerTooLarge` or `TargetRefused`."""
        sent = self._wire(target, request, authorization)
        try:
            async with asyncio.timeout(self._total):
                response = await self._transport.handle_async_request(sent)
                try:
                    headers = {name.lower(): value for name, value in response.headers.items()}
                    return Answer(response.status_code, headers, await self._read(response))
                finally:
                    await response.aclose()
        except (httpx.TransportError, httpx.DecodingError, aiohttp.ClientError, TimeoutError) as error:
            raise NoAnswer(type(error.__cause__ or error).__name__) from error

    async def aclose(self) -> None:
        """Close the pools."""
        await self._transport.aclose()

    def _wire(self, target: Target, request: Request, authorization: str | None) -> httpx.Request:
        headers = dict(HEADERS)
        if authorization is not None:
            headers["Authorization"] = authorization
        content = None
        if request.body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(request.body, ensure_ascii=False).encode()
        url = target.url + request.path
        return httpx.Request(request.method, url, headers=headers, content=content, extensions=self._extensions)

    async def _read(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > self._body_bytes:
                raise AnswerTooLarge
        return bytes(body)


class CheckedResolver(AbstractResolver):
    """Resolves once and hands out only what the guard let through, so that nothing is resolved again to connect."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Give the checked addresses of a host; raise `TargetRefused` or `OSError`."""
        addresses = checked_addresses(await addresses_of(host, port, family), self._reach)
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


async def addresses_of(host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[str]:
    """Ask DNS; raise `OSError` when it knows nothing."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Trust the public authorities and, if given, the operator's own."""
    context = httpx.create_ssl_context(trust_env=False)
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context


def _session(reach: Reach, limits: Limits, tls: ssl.SSLContext) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        resolver=CheckedResolver(reach),
        ssl=tls,
        limit=0,
        limit_per_host=limits.connections_per_host,
        keepalive_timeout=10,
    )
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
