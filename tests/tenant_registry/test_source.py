"""From where a request comes: proxies are believed only where they are trusted."""

from typing import Any

import httpx
import pytest
from tests.tenant_registry.fakes import Clock, FakeKeyVault

from tenant_registry.http.edge import edge
from tenant_registry.http.source import Sources, real_address, source_of
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.networks import BadNetwork, address, canonical, within
from tenant_registry.registry import Registry
from tenant_registry.settings import Settings

PROXIES = ("10.0.0.0/8", "2001:db8:aaaa::/48")
TABLE = [
    # peer, X-Forwarded-For headers, real address
    ("203.0.113.7", [], "203.0.113.7"),
    ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),  # nobody believes a stranger
    ("203.0.113.7", ["10.0.0.1"], "203.0.113.7"),
    ("10.0.0.1", [], "10.0.0.1"),
    ("10.0.0.1", [""], "10.0.0.1"),
    ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
    ("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),  # what the client itself wrote stands left of it
    ("10.0.0.1", ["1.1.1.1, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
    ("10.0.0.1", ["10.0.0.9", "198.51.100.1", "10.0.0.2"], "198.51.100.1"),  # several headers are one list
    ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),  # a call from inside
    ("10.0.0.1", ["unknown"], None),
    ("10.0.0.1", ["198.51.100.1, "], None),
    ("10.0.0.1", ["198.51.100.1, nonsense, 10.0.0.2"], None),  # who wrote the nonsense is not known either
    ("10.0.0.1", ["nonsense, 198.51.100.1"], "198.51.100.1"),
    ("10.0.0.1", ["198.51.100.1:49152"], "198.51.100.1"),
    ("10.0.0.1", ["[2001:db8::7]:49152"], "2001:db8::7"),
    ("10.0.0.1", ["[2001:db8::7]"], "2001:db8::7"),
    ("10.0.0.1", ["2001:db8::7"], "2001:db8::7"),
    ("10.0.0.1", ["[]:80"], None),
    ("10.0.0.1", ["::ffff:198.51.100.1"], "198.51.100.1"),
    ("::ffff:10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
    ("10.0.0.1", ["198.51.100.1, ::ffff:10.0.0.2"], "198.51.100.1"),
    ("2001:db8:aaaa::5", ["198.51.100.1"], "198.51.100.1"),
    ("2001:db8:bbbb::5", ["198.51.100.1"], "2001:db8:bbbb::5"),
    ("10.0.0.1", ["0x7f.1"], None),
    ("10.0.0.1", ["010.0.0.1"], None),
    ("10.0.0.1", ["3405803783"], None),
    ("10.0.0.1", ["198.51.100.1/32"], None),
    ("10.0.0.1", ["for=198.51.100.1"], None),
    ("10.0.0.1", ["\xff\x00"], None),
    ("10.0.0.1", [", ".join(["10.0.0.2"] * 500)], None),  # nobody walks for ever
    ("fe80::1%eth0", [], "fe80::1"),
    (None, ["198.51.100.1"], None),
    ("/run/socket", [], None),
]


def scope(peer: str | None, forwarded: list[str]) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", one.encode("latin-1")) for one in forwarded]
    return {"type": "http", "client": (peer, 1) if peer else None, "headers": headers}


@pytest.mark.parametrize(("peer", "forwarded", "real"), TABLE)
def test_the_real_address_is_the_rightmost_that_is_no_trusted_proxy(
    peer: str | None, forwarded: list[str], real: str | None
) -> None:
    found = real_address(scope(peer, forwarded), PROXIES)

    assert (str(found) if found else None) == real


def test_without_trusted_proxies_the_header_means_nothing() -> None:
    assert str(real_address(scope("127.0.0.1", ["198.51.100.1"]), ())) == "127.0.0.1"


async def test_one_customer_of_an_ipv6_provider_is_one_source() -> None:
    seen: list[str] = []

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        seen.append(source_of(scope))

    for peer in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", "2001:db8:1:3::1", "192.0.2.1"):
        await Sources(inner, ())(scope(peer, []), None, None)  # type: ignore[arg-type]

    assert seen == ["2001:db8:1:2::/64", "2001:db8:1:2::/64", "2001:db8:1:3::/64", "192.0.2.1"]


@pytest.mark.parametrize(
    ("text", "canonical_text"),
    [
        ("192.0.2.0/24", "192.0.2.0/24"),
        (" 192.0.2.7 ", "192.0.2.7/32"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
    ],
)
def test_networks_have_one_way_to_be_written(text: str, canonical_text: str) -> None:
    assert canonical(text) == canonical_text


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("192.0.2.7/24", "write 192.0.2.0/24"),
        ("office", "such as 192.0.2.0/24"),
        ("", "such as"),
        ("192.0.2.0/33", "such as"),
        ("010.0.0.0/8", "such as"),
        ("::ffff:192.0.2.0/120", "IPv4 network itself"),
        ("\ud800", "such as"),
    ],
)
def test_what_is_no_network_is_told_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(BadNetwork, match=advice):
        canonical(text)


def test_an_address_that_is_not_known_is_in_no_network() -> None:
    assert not within(None, ["0.0.0.0/0", "::/0"])
    assert within(address("::ffff:192.0.2.7"), ["192.0.2.0/24"])
    assert not within(address("192.0.2.7"), ["::/0"])


def test_trusted_proxies_that_are_none_do_not_start() -> None:
    with pytest.raises(ValueError, match="trusted_proxies"):
        Settings(trusted_proxies="10.0.0.0/8,office")


async def test_the_rate_is_kept_per_real_address(registry: Registry, keys: FakeKeyVault, clock: Clock) -> None:
    around = Surroundings(registry, keys, clock, "https://bridge.example", allow_http=False, biggest_hook=1024)
    app = edge(around, Settings(requests_per_minute=3, trusted_proxies="10.0.0.0/8"))
    transport = httpx.ASGITransport(app, client=("10.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="https://bridge.example") as web:

        async def ask(forwarded: str) -> int:
            return (await web.get("/nothing", headers={"X-Forwarded-For": forwarded})).status_code

        statuses = [await ask("198.51.100.1"), await ask("1.2.3.4, 198.51.100.1"), await ask("198.51.100.2")]

    assert statuses == [404, 429, 404]
