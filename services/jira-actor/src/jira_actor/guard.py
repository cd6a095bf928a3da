"""Where a tenant's URL may lead: our own table, because `is_global` lets translated and tunnelled addresses through."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class TargetRefused(Exception):
    """The URL leads where Bridge does not go; `str()` is for people."""


@dataclass(frozen=True)
class Reach:
    """What the operator opened beyond public https addresses."""

    allowed_networks: tuple[Network, ...] = ()
    allow_loopback: bool = False
    allow_http: bool = False


@dataclass(frozen=True)
class Target:
    """A checked base URL, taken apart."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        """Give the canonical form: lower case, no default port, no trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


DEFAULT_PORTS = {"http": 80, "https": 443}

_LOOPBACK = tuple(map(ip_network, ("127.0.0.0/8", "::1/128")))
_PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")))
_METADATA = tuple(
    map(
        ip_network,
        (
            "169.254.0.0/16",  # AWS, Azure, Google, Oracle, OpenStack, ECS tasks: link-local as a whole
            "fe80::/10",
            "168.63.129.16/32",  # Azure's wire server, a public address
            "100.100.100.200/32",  # Alibaba
            "192.0.0.192/32",  # Oracle classic
            "fd00:ec2::/32",  # AWS
            "fd20:ce::/32",  # Google
        ),
    )
)
_SPECIAL = tuple(
    map(
        ip_network,
        (
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
        ),
    )
)
_GLOBAL_UNICAST_V6 = ip_network("2000::/3")

_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
_LOOKS_LIKE_A_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")


def why_refused(address: Address, reach: Reach) -> str | None:
    """Say in plain words why Bridge does not connect to this address; None: it may."""
    if _within(address, _METADATA):
        return "it is a link-local or cloud metadata address"
    if _within(address, _LOOPBACK):
        return None if reach.allow_loopback else "it is a loopback address"
    if _within(address, _PRIVATE):
        return None if _within(address, reach.allowed_networks) else "it is in a private network that is not allowed"
    if _within(address, _SPECIAL) or (address.version == 6 and address not in _GLOBAL_UNICAST_V6):
        return "it is not a public unicast address"
    return None


def checked_target(url: str, reach: Reach) -> Target:
    """Take a base URL apart; raise `TargetRefused` for every form that two parsers could read differently."""
    if not url.isascii() or any(ord(character) < 33 or character in "\\%@" for character in url):
        raise TargetRefused("The base URL may not contain spaces, backslashes, percent signs, @ or non-ASCII letters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise TargetRefused("The base URL is not a valid URL.") from error
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise TargetRefused("The base URL must begin with https:// and a host name.")
    if parts.scheme == "http" and not reach.allow_http:
        raise TargetRefused("The base URL must begin with https://.")
    path = parts.path.rstrip("/")
    if "?" in url or "#" in url or not _PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise TargetRefused("The base URL may only have a plain path, such as https://jira.example.com/jira.")
    if port == 0:
        raise TargetRefused("The base URL's port is not valid.")
    return Target(parts.scheme, _checked_host(parts.hostname, reach), port or DEFAULT_PORTS[parts.scheme], path)


def checked_addresses(addresses: list[str], reach: Reach) -> list[Address]:
    """Pass on what a host name resolved to; one bad address spoils all, since DNS may answer otherwise next time."""
    parsed = [ip_address(address) for address in addresses]
    for address in parsed:
        if why := why_refused(address, reach):
            raise TargetRefused(f"Bridge does not connect to {address}: {why}.")
    return parsed


def _checked_host(host: str, reach: Reach) -> str:
    name = host.lower().removesuffix(".")
    if ":" in name or _LOOKS_LIKE_A_NUMBER.fullmatch(name.rpartition(".")[2]):
        try:
            return str(checked_addresses([name], reach)[0])
        except ValueError as error:
            raise TargetRefused("The base URL's host is an address in an unusual form.") from error
    if not _NAME.fullmatch(name):
        raise TargetRefused("The base URL's host is not a valid host name.")
    return name


def _within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)
