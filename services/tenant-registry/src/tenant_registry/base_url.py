"""The one way to write a Jira's base URL. Pure; whether the address may be called at all is jira-actor's to check."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

LONGEST = 300
USUAL_PORTS = {"https": 443, "http": 80}
URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>\[[^\[\]/]*\]|[^\[\]/:]*)(:(?P<port>[^/]*))?(?P<path>(/.*)?)"
)
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
LOOKS_LIKE_A_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
PORT = re.compile(r"[1-9][0-9]{0,4}")
PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
FORBIDDEN = (
    (r"[^\x00-\x7f]", "holds characters beyond plain ASCII: write plain digits and dots, and a name's xn-- form"),
    (r"[\x00-\x20\x7f]", "holds spaces, tabs or line breaks: write it without them"),
    (r"\\", "holds a backslash: write forward slashes"),
    (r"%", "holds a percent sign: write plain characters, and an address without its zone"),
    (r"@", "must not hold a user name or password: leave out the @ and what stands before it"),
    (r"[?#]", "must not have a query or fragment: give only what comes before /browse or /secure"),
)


class BadBaseUrl(ValueError):
    """It cannot be a Jira's base URL; the text says what to write instead."""


def canonical(text: str, *, allow_http: bool) -> str:
    """Give the base URL in lower case but for its path, without usual port and trailing slash. Raises BadBaseUrl."""
    url = text.strip()
    if len(url) > LONGEST:
        raise BadBaseUrl(f"is longer than {LONGEST} characters: give only what comes before /browse or /secure")
    for pattern, wrong in FORBIDDEN:
        if re.search(pattern, url):
            raise BadBaseUrl(wrong)
    parts = URL.fullmatch(url)
    if not parts or not parts["host"]:
        raise BadBaseUrl("is not a URL with a host: write it as people open Jira, such as https://jira.example.com")
    scheme = parts["scheme"].lower()
    if scheme != "https" and not (allow_http and scheme == "http"):
        raise BadBaseUrl("must begin with https://")
    port = _port(parts["port"], scheme)  # first, for what it says of an IPv6 address without brackets
    return f"{scheme}://{_host(parts['host'].lower())}{port}{_path(parts['path'])}"


def site(base_url: str) -> str:
    """Give what people call it: host, port if unusual, and context path."""
    return base_url.split("://", 1)[1]


def _host(host: str) -> str:
    name = host.removesuffix(".")
    if host.startswith("["):
        return _ipv6(host[1:-1])
    if LOOKS_LIKE_A_NUMBER.fullmatch(name.rpartition(".")[2]):
        return _ipv4(name)
    if not HOST.fullmatch(name):
        raise BadBaseUrl("has a host that is no host name: write letters, digits and hyphens with single dots between")
    return name


def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        message = "has a host that ends in a number: write a name, or an IPv4 address as four decimal numbers"
        raise BadBaseUrl(message) from None


def _ipv6(text: str) -> str:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        raise BadBaseUrl("has no IPv6 address in its brackets: write one such as [2001:db8::1], or a name") from None
    if address.ipv4_mapped:
        raise BadBaseUrl("has an IPv4 address in IPv6 form: write the IPv4 address itself, without brackets")
    return f"[{address.compressed}]"


def _port(port: str | None, scheme: str) -> str:
    if port is None:
        return ""
    if not PORT.fullmatch(port) or int(port) > 65_535:
        raise BadBaseUrl(
            "has a port that is none: write a number from 1 to 65535, or no colon; an IPv6 address stands in brackets"
        )
    return "" if int(port) == USUAL_PORTS[scheme] else f":{port}"


def _path(path: str) -> str:
    plain = path.removesuffix("/")
    if not PATH.fullmatch(plain) or {".", ".."} & set(plain.split("/")):
        raise BadBaseUrl("has a path that no Jira has: give at most the context path, such as /jira")
    return plain
