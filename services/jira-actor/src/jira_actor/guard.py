"""Where a tenant's URL may lead. One strict grammar: what two parsers could read differently is refused."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address

from jira_actor.addresses import Address, Network, Reach, why_refused

__all__ = ["Address", "Network", "Reach", "Target", "TargetRefused", "checked_addresses", "checked_target"]


class TargetRefused(Exception):
    """The URL leads where Bridge does not go; `str()` and `advice` are for people."""

    def __init__(self, said: str, advice: str) -> None:
        super().__init__(said)
        self.advice = advice


@dataclass(frozen=True)
class Target:
    """A checked base URL, taken apart."""

    scheme: str
    host: str
    """In lower case; an IPv6 address without its brackets."""
    port: int
    path: str
    only: tuple[Network, ...] = ()
    """To which networks the tenant narrows the host's addresses; empty: not narrowed."""

    @property
    def url(self) -> str:
        """Give the canonical form: lower case, no default port, no trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST = 300

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>\[[^\[\]/]*\]|[^\[\]/:]*)(:(?P<port>[^/]*))?(?P<path>(/.*)?)"
)
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_LOOKS_LIKE_A_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_OF_THIS_MACHINE = re.compile(r"(.+\.)?localhost(\.localdomain)?")
_OF_A_PRIVATE_NETWORK = re.compile(r"[^.]+|.+\.(corp|home|home\.arpa|internal|intranet|lan|local|localdomain|private)")

_LIKE_THIS = "Write it as people open Jira, such as https://jira.example.com or https://example.com/jira."
_FORBIDDEN = (
    (r"[^\x00-\x7f]", "holds letters, digits or dots beyond plain ASCII", "Write a name's xn-- form and plain digits."),
    (r"[\x00-\x20\x7f]", "holds spaces, tabs or line breaks", "Write it without them."),
    (r"\\", "holds a backslash", "Write forward slashes."),
    (r"%", "holds a percent sign", "Write plain characters, and an address without its zone."),
    (r"@", "holds a user name or password", "Leave out the @ and what stands before it."),
    (r"[?#]", "has a query or a fragment", "Write only what comes before /browse or /secure."),
)


def checked_target(url: str, reach: Reach) -> Target:
    """Take a base URL apart; raise `TargetRefused` where it is not plain or leads where Bridge does not go."""
    if len(url) > LONGEST:
        raise TargetRefused(f"The base URL is longer than {LONGEST} characters.", _LIKE_THIS)
    for pattern, wrong, advice in _FORBIDDEN:
        if re.search(pattern, url):
            raise TargetRefused(f"The base URL {wrong}.", advice)
    parts = _URL.fullmatch(url)
    if not parts or not parts["host"]:
        raise TargetRefused("The base URL does not begin with https:// and a host.", _LIKE_THIS)
    scheme = _checked_scheme(parts["scheme"].lower(), reach)
    port, path = _checked_port(parts["port"], scheme), _checked_path(parts["path"])
    return Target(scheme, _checked_host(parts["host"].lower(), reach), port, path, reach.only)


def checked_addresses(addresses: list[str], reach: Reach) -> list[Address]:
    """Pass on what a host name resolved to; one bad address spoils all, since DNS may answer otherwise next time."""
    parsed = [ip_address(address) for address in addresses]
    for address in parsed:
        if why := why_refused(address, reach):
            raise TargetRefused(f"Bridge does not connect to {address}: {why.said}.", why.advice)
    return parsed


def _checked_scheme(scheme: str, reach: Reach) -> str:
    if scheme == "https" or (scheme == "http" and reach.allow_http):
        return scheme
    if scheme == "http":
        advice = "Write https://; a Jira without TLS must be allowed by Bridge's operator (BRIDGE_ALLOW_HTTP)."
        raise TargetRefused("The base URL begins with http://.", advice)
    raise TargetRefused("The base URL does not begin with https://.", _LIKE_THIS)


def _checked_port(port: str | None, scheme: str) -> int:
    if port is None:
        return DEFAULT_PORTS[scheme]
    if not _PORT.fullmatch(port) or int(port) > 65_535:
        advice = "Write a number from 1 to 65535 after the colon, or no colon; an IPv6 address stands in brackets."
        raise TargetRefused("The base URL's port is not valid.", advice)
    return int(port)


def _checked_path(path: str) -> str:
    plain = path.removesuffix("/")
    if not _PATH.fullmatch(plain) or {".", ".."} & set(plain.split("/")):
        raise TargetRefused("The base URL has a path that no Jira has.", "Write at most the context path, as in /jira.")
    return plain


def _checked_host(host: str, reach: Reach) -> str:
    name = host.removesuffix(".")
    if host.startswith("["):
        return _checked_literal(IPv6Address, host[1:-1], reach)
    if _LOOKS_LIKE_A_NUMBER.fullmatch(name.rpartition(".")[2]):
        return _checked_literal(IPv4Address, name, reach)
    if not _NAME.fullmatch(name):
        advice = "Write letters, digits and hyphens with single dots between, such as jira.example.com."
        raise TargetRefused("The base URL's host is not a valid host name.", advice)
    if reach.allow_loopback:
        return name
    if _OF_THIS_MACHINE.fullmatch(name):
        raise TargetRefused("The base URL's host is a loopback name: it means the machine itself.", _LIKE_THIS)
    if _OF_A_PRIVATE_NETWORK.fullmatch(name) and not reach.allowed_networks:
        advice = "Write its public name, or have Bridge's operator allow its network (BRIDGE_ALLOWED_NETWORKS)."
        raise TargetRefused("The base URL's host is a name that only a private network knows.", advice)
    return name


def _checked_literal(kind: type[IPv4Address] | type[IPv6Address], text: str, reach: Reach) -> str:
    try:
        address = kind(text)
    except AddressValueError as error:
        advice = "Write four decimal numbers, such as 198.51.100.7, an IPv6 address in brackets, or best a name."
        raise TargetRefused("The base URL's host is an address in an unusual form.", advice) from error
    return str(checked_addresses([str(address)], reach)[0])
