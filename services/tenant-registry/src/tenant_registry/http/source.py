"""From which address a request really comes: what proxies say is believed of trusted proxies alone."""

import re
from collections.abc import Sequence
from ipaddress import IPv6Address

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from tenant_registry.networks import Address, address, within

FORWARDED = b"x-forwarded-for"
HOPS = 50
WITH_PORT = re.compile(r"\[(?P<v6>[^\[\]]+)\](:\d{1,5})?|(?P<v4>[0-9.]+):\d{1,5}")
SITE_BITS = 64  # what one customer of an IPv6 provider has to himself


class Sources:
    """ASGI middleware: notes the address for whoever asks `address_of` and `source_of`."""

    def __init__(self, app: ASGIApp, trusted: Sequence[str]) -> None:
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note it and go on."""
        if scope["type"] == "http":
            scope.setdefault("state", {})["address"] = real_address(scope, self._trusted)
        await self._app(scope, receive, send)


def real_address(scope: Scope, trusted: Sequence[str]) -> Address | None:
    """Give the rightmost hop that is no trusted proxy; None where a trusted proxy said nothing that can be read."""
    at = _peer(scope)
    if not within(at, trusted):
        return at
    for hop in reversed(_hops(scope)):
        at = _hop(hop)
        if not within(at, trusted):
            return at
    return at


def address_of(request: Request) -> Address | None:
    """Give the address from which a request comes; None: it is not known."""
    found: Address | None = request.scope.get("state", {}).get("address")
    return found


def source_of(scope: Scope) -> str:
    """Give the name under which a source's requests are counted together."""
    at: Address | None = scope.get("state", {}).get("address")
    if isinstance(at, IPv6Address):
        return f"{IPv6Address(int(at) >> SITE_BITS << SITE_BITS)}/{SITE_BITS}"
    return str(at) if at else f"unknown behind {_peer(scope)}"


def _peer(scope: Scope) -> Address | None:
    client = scope.get("client")
    return address(client[0].partition("%")[0]) if client else None


def _hops(scope: Scope) -> list[str]:
    """Give what the proxies added, the last one last; at most so many that nobody walks for long."""
    said = b",".join(value for name, value in scope["headers"] if name == FORWARDED)
    return said.decode("latin-1").rsplit(",", HOPS) if said.strip() else []


def _hop(text: str) -> Address | None:
    plain = text.strip()
    with_port = WITH_PORT.fullmatch(plain)
    return address((with_port["v6"] or with_port["v4"]) if with_port else plain)
