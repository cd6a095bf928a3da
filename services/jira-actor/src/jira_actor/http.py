"""HTTP to tenants' servers: the one file that knows httpx.

Requests go to httpx's transport, not through its client: what that adds (cookies, redirects, the environment's proxies)
is what Bridge does not want, and takes a quarter of a call's time.
"""

import asyncio
import json
import socket
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType
from httpx_aiohttp import AiohttpTransport

from jira_actor.guard import Network, Reach, Target, checked_addresses

HEADERS = {
    "User-Agent": "Bridge",
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "X-Atlassian-Token": "no-check",
}
POOLS = 200
"""Kept at one time: one for each list of networks to which tenants narrow their Jira's addresses."""


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
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    """Sent as JSON."""
    form: Mapping[str, str] | None = field(default=None, repr=False)
    """Sent as a form, in place of a body; it may hold secrets."""


@dataclass(frozen=True)
class Answer:
    """A whole answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)

    @property
    def is_json(self) -> bool:
        """Tell whether the server calls it JSON."""
        return "json" in self.headers.get("content-type", "")


@dataclass
class Pool:
    """The connections that obey one list of networks, and how many requests use them now."""

    transport: AiohttpTransport
    users: int = 0


class Http:
    """One pool per host and tenant's list of networks; addresses are checked as they are resolved and connected to."""

    def __init__(self, reach: Reach, limits: Limits, tls: ssl.SSLContext) -> None:
        self._total = limits.total.total_seconds()
        self._body_bytes = limits.body_bytes
        timeout = httpx.Timeout(limits.read.total_seconds(), connect=limits.connect.total_seconds())
        self._extensions = {"timeout": timeout.as_dict()}
        self._reach, self._limits, self._tls = reach, limits, tls
        self._pools: OrderedDict[tuple[Network, ...], Pool] = OrderedDict()

    async def exchange(self, target: Target, request: Request, authorization: str | None = None) -> Answer:
        """Send one request and read the whole answer; raise `NoAnswer`, `AnswerTooLarge` or `TargetRefused`."""
        sent = self._wire(target, request, authorization)
        try:
            async with asyncio.timeout(self._total), self._transport(target) as transport:
                response = await transport.handle_async_request(sent)
                try:
                    headers = {name.lower(): value for name, value in response.headers.items()}
                    return Answer(response.status_code, headers, await self._read(response))
                finally:
                    await response.aclose()
        except (httpx.TransportError, httpx.DecodingError, aiohttp.ClientError, TimeoutError) as error:
            raise NoAnswer(type(error.__cause__ or error).__name__) from error

    @property
    def pools(self) -> int:
        """Count the pools."""
        return len(self._pools)

    async def aclose(self) -> None:
        """Close the pools."""
        pools = [*self._pools.values()]
        self._pools.clear()
        for pool in pools:
            await pool.transport.aclose()

    @asynccontextmanager
    async def _transport(self, target: Target) -> AsyncIterator[AiohttpTransport]:
        """Lend the pool whose connections were all made within the target's own list of networks."""
        pool = self._pools.get(target.only)
        if pool is None:
            pool = self._pools[target.only] = Pool(self._opened(replace(self._reach, only=target.only)))
        self._pools.move_to_end(target.only)
        pool.users += 1
        try:
            yield pool.transport
        finally:
            pool.users -= 1
            await self._close_too_many()

    def _opened(self, reach: Reach) -> AiohttpTransport:
        limits, tls = self._limits, self._tls
        return AiohttpTransport(verify=tls, trust_env=False, client=lambda: _session(reach, limits, tls))

    async def _close_too_many(self) -> None:
        while len(self._pools) > POOLS:
            idle = next((only for only, pool in self._pools.items() if pool.users == 0), None)
            if idle is None:
                return
            await self._pools.pop(idle).transport.aclose()

    def _wire(self, target: Target, request: Request, authorization: str | None) -> httpx.Request:
        headers = dict(HEADERS)
        if authorization is not None:
            headers["Authorization"] = authorization
        content = None
        if request.form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            content = urlencode(request.form).encode()
        elif request.body is not None:
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
    def checked_socket(address: AddrInfoType) -> socket.socket:
        """Make a socket for an address, once more checked: one that is written in the URL is never resolved."""
        family, kind, protocol, _, where = address
        checked_addresses([str(where[0])], reach)
        return socket.socket(family, kind, protocol)

    connector = aiohttp.TCPConnector(
        resolver=CheckedResolver(reach),
        socket_factory=checked_socket,
        ssl=tls,
        limit=0,
        limit_per_host=limits.connections_per_host,
        keepalive_timeout=10,
    )
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
