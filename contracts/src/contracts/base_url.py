"""How a Jira's base URL is written: one strict grammar, which refuses what two parsers could read differently. Pure.

Whether Bridge goes where it leads is jira-actor's to check.
"""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST = 300
LIKE_THIS = "write it as people open Jira, such as https://jira.example.com or https://example.com/jira"

_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>\[[^\[\]/]*\]|[^\[\]/:]*)(:(?P<port>[^/]*))?(?P<path>(/.*)?)"
)
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_LOOKS_LIKE_A_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
_BEFORE = "give only what comes before /browse or /secure"
_FORBIDDEN = (
    (r"[^\x00-\x7f]", "holds characters beyond plain ASCII", "write plain digits and dots, and a name's xn-- form"),
    (r"[\x00-\x20\x7f]", "holds spaces, tabs or line breaks", "write it without them"),
    (r"\\", "holds a backslash", "write forward slashes"),
    (r"%", "holds a percent sign", "write plain characters, and an address without its zone"),
    (r"@", "must not hold a user name or password", "leave out the @ and what stands before it"),
    (r"[?#]", "must not have a query or a fragment", _BEFORE),
)


class BadBaseUrl(ValueError):
    """It cannot be a Jira's base URL: `wrong` goes on after "The base URL", `advice` says what to write instead."""

    def __init__(self, wrong: str, advice: str) -> None:
        super().__init__(f"{wrong}: {advice}")
        self.wrong = wrong
        self.advice = advice


@dataclass(frozen=True)
class BaseUrl:
    """A base URL, taken apart."""

    scheme: str
    host: str
    """In lower case; an IPv6 address without its brackets."""
    port: int
    path: str

    @property
    def url(self) -> str:
        """Give the canonical form: lower case but for the path, no default port, no trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def taken_apart(url: str, *, allow_http: bool) -> BaseUrl:
    """Take a base URL apart. Raises BadBaseUrl."""
    if len(url) > LONGEST:
        raise BadBaseUrl(f"is longer than {LONGEST} characters", _BEFORE)
    for pattern, wrong, advice in _FORBIDDEN:
        if re.search(pattern, url):
            raise BadBaseUrl(wrong, advice)
    parts = _URL.fullmatch(url)
    if not parts or not parts["host"]:
        raise BadBaseUrl("does not begin with https:// and a host", LIKE_THIS)
    scheme = _scheme(parts["scheme"].lower(), allow_http)
    port, path = _port(parts["port"], scheme), _path(parts["path"])  # first, for what it says of IPv6 without brackets
    return BaseUrl(scheme, _host(parts["host"].lower()), port, path)


def _scheme(scheme: str, allow_http: bool) -> str:
    if scheme == "https" or (scheme == "http" and allow_http):
        return scheme
    if scheme == "http":
        advice = "a Jira without TLS must be allowed by Bridge's operator (BRIDGE_ALLOW_HTTP)"
        raise BadBaseUrl("must begin with https://", advice)
    raise BadBaseUrl("must begin with https://", LIKE_THIS)


def _port(port: str | None, scheme: str) -> int:
    if port is None:
        return DEFAULT_PORTS[scheme]
    if not _PORT.fullmatch(port) or int(port) > 65_535:
        advice = "write a number from 1 to 65535, or no colon; an IPv6 address stands in brackets"
        raise BadBaseUrl("has a port that is none", advice)
    return int(port)


def _path(path: str) -> str:
    plain = path.removesuffix("/")
    if not _PATH.fullmatch(plain) or {".", ".."} & set(plain.split("/")):
        raise BadBaseUrl("has a path that no Jira has", "give at most the context path, such as /jira")
    return plain


def _host(host: str) -> str:
    name = host.removesuffix(".")
    if host.startswith("["):
        return _ipv6(host[1:-1])
    if _LOOKS_LIKE_A_NUMBER.fullmatch(name.rpartition(".")[2]):
        return _ipv4(name)
    if not _NAME.fullmatch(name):
        advice = "write letters, digits and hyphens with single dots between, such as jira.example.com"
        raise BadBaseUrl("has a host that is no host name", advice)
    return name


def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        advice = "write a name, or an IPv4 address as four decimal numbers"
        raise BadBaseUrl("has a host that ends in a number", advice) from None


def _ipv6(text: str) -> str:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        advice = "write one such as [2001:db8::1], or a name"
        raise BadBaseUrl("has no IPv6 address in its brackets", advice) from None
    if address.ipv4_mapped:
        advice = "write the IPv4 address itself, without brackets"
        raise BadBaseUrl("has an IPv4 address in IPv6 form", advice)
    return str(address)
