"""Addresses and networks as people and proxies write them. Pure."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_interface,
    ip_network,
)
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


class BadNetwork(ValueError):
    """It is no network; the text says what to write instead, and never what was written."""


@lru_cache(maxsize=1024)
def network(text: str) -> Network:
    """Read a network (CIDR), or one address. Raises BadNetwork."""
    try:
        found = ip_network(text.strip())
    except ValueError:
        raise BadNetwork(_better(text)) from None
    if isinstance(found, IPv6Network) and found.network_address.ipv4_mapped:
        raise BadNetwork("holds an IPv4 network in IPv6 form: write the IPv4 network itself")
    return found


def canonical(text: str) -> str:
    """Give a network's one way to be written. Raises BadNetwork."""
    return str(network(text))


def networks(texts: str) -> tuple[str, ...]:
    """Read comma-separated networks. Raises BadNetwork."""
    return tuple(canonical(one) for one in texts.split(",") if one.strip())


def address(text: str) -> Address | None:
    """Read one address; an IPv4 address in IPv6 form is the IPv4 address. None where it is none."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def within(where: Address | None, allowed: Iterable[str]) -> bool:
    """Tell whether an address is in one of these networks; one that is not known is in none."""
    return where is not None and any(where in network(one) for one in allowed)


def _better(text: str) -> str:
    try:
        meant = ip_interface(text.strip()).network
    except ValueError:
        return "holds something that is no network: write each as address and prefix, such as 192.0.2.0/24"
    return f"holds a network with bits set behind its prefix: write {meant}"
