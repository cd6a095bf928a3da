"""Which addresses Bridge may call: a table of our own, because `is_global` lets translated and tunnelled ones through.

Sources: IANA's special-purpose registries; RFC 3056, 4380, 5214, 6052, 8215; the clouds' metadata documents.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import NamedTuple

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


@dataclass(frozen=True)
class Reach:
    """What the operator opened beyond public https addresses, and to what a tenant narrows that."""

    allowed_networks: tuple[Network, ...] = ()
    """Opens private networks and NAT64 alone: metadata, loopback and reserved addresses inside stay closed."""
    allow_loopback: bool = False
    """UNSAFE, for development alone: opens whatever listens on this machine to every tenant."""
    allow_http: bool = False
    only: tuple[Network, ...] = ()
    """A tenant's own list: what is open to the operator, but not in it, is closed; empty: not narrowed."""

    def narrowed(self, destinations: Sequence[str]) -> "Reach":
        """Give the reach for one tenant; `destinations` are CIDRs. Raises ValueError for what is none."""
        return replace(self, only=tuple(ip_network(one) for one in destinations))


class Why(NamedTuple):
    """Why an address is closed, continuing "Bridge does not connect to …:", and what to do."""

    said: str
    advice: str


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(map(ip_network, texts))


_LOOPBACK = _networks("127.0.0.0/8", "::1/128")
_PRIVATE = _networks("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
_NAT64 = _networks("64:ff9b::/96")
_METADATA = _networks(
    "169.254.0.0/16",  # AWS, Azure, Google, Oracle, OpenStack, Scaleway, Tencent, ECS tasks: link-local as a whole
    "fe80::/10",
    "168.63.129.16/32",  # Azure's wire server, a public address
    "100.100.100.200/32",  # Alibaba
    "192.0.0.192/32",  # Oracle classic
    "fd00:ec2::/32",  # AWS
    "fd20:ce::/32",  # Google
    "fd00:c1::a9fe:a9fe/128",  # Oracle
    "fd00:100::100:200/128",  # Alibaba
    "fd00:a9fe:a9fe::1/128",  # Akamai
    "fd00:42::42/128",  # Scaleway
)
_METADATA_SERVICES = _networks("169.254.169.254/32", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32")
_SPECIAL = _networks(
    "0.0.0.0/8",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "2001::/23",  # Teredo, ORCHID, benchmarking
    "2001:db8::/32",
    "2002::/16",  # 6to4 carries any IPv4 address
    "2620:4f:8000::/48",
    "3fff::/20",
)
_GLOBAL_UNICAST_V6 = ip_network("2000::/3")
_ENDS_IN_IPV4 = _networks(
    "::/96",  # IPv4-compatible
    "::ffff:0:0/96",  # IPv4-mapped
    "::ffff:0:0:0/96",  # IPv4-translated
    "64:ff9b::/96",
    "64:ff9b:1::/48",  # a translator's own choice; the usual one is the end
)

_ELSEWHERE = "No setting opens it: register the address by which people open Jira."
_ASK = "If this is meant, Bridge's operator can allow that network (BRIDGE_ALLOWED_NETWORKS)."
_WIDEN = "If this is meant, add its network to the destinations that are registered for this Jira."


def why_refused(address: Address, reach: Reach) -> Why | None:
    """Say why Bridge does not connect to this address, or to one that it carries; None: it may."""
    for inner in carried(address):
        if why := _why_closed(inner, replace(reach, allow_loopback=False)):
            return Why(f"it carries the IPv4 address {inner}, and {why.said}", why.advice)
    if why := _why_closed(address, reach):
        return why
    if not allowed(address, reach.only):
        return Why("it is not among the destinations that are registered for this Jira", _WIDEN)
    return None


def allowed(address: Address, destinations: Sequence[Network]) -> bool:
    """Tell whether a tenant's own list has room for an address; an empty list narrows nothing."""
    return not destinations or _within(address, destinations)


def carried(address: Address) -> tuple[IPv4Address, ...]:
    """Give the IPv4 addresses to which a translator or a tunnel passes on what is sent to an IPv6 address."""
    if isinstance(address, IPv4Address) or int(address) <= 1:
        return ()
    last = IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour:
        return (address.sixtofour,)
    if address.teredo:
        return address.teredo
    # A translator's prefix may be any of its network's own, so an end that no other host has is told by itself.
    if _within(address, _ENDS_IN_IPV4) or _is_isatap(address) or _within(last, _METADATA_SERVICES):
        return (last,)
    return ()


def _why_closed(address: Address, reach: Reach) -> Why | None:
    if _within(address, _METADATA):
        return Why("it is a link-local or cloud metadata address", _ELSEWHERE)
    if _within(address, _LOOPBACK):
        return None if reach.allow_loopback else Why("it is a loopback address", _ELSEWHERE)
    if isinstance(address, IPv6Address) and address.scope_id:
        return Why("it has meaning on one network interface alone", _ELSEWHERE)
    if _within(address, _PRIVATE):
        return _unless_allowed(address, reach, "it is in a private network that is not allowed")
    if _within(address, _NAT64):
        return _unless_allowed(address, reach, "it is a translated (NAT64) address, which is not allowed")
    if _within(address, _SPECIAL) or (address.version == 6 and address not in _GLOBAL_UNICAST_V6):
        return Why("it is not a public unicast address", _ELSEWHERE)
    return None


def _unless_allowed(address: Address, reach: Reach, said: str) -> Why | None:
    return None if _within(address, reach.allowed_networks) else Why(said, _ASK)


def _is_isatap(address: IPv6Address) -> bool:
    return (int(address) >> 32) & 0xFCFFFFFF == 0x00005EFE


def _within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
