"""The one way to write a Jira's base URL. Pure; whether the address may be called at all is jira-actor's to check."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

LONGEST = 300
HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*")
USUAL_PORTS = {"https": 443, "http": 80}


class BadBaseUrl(ValueError):
    """It cannot be a Jira's base URL; the text says what to write instead."""


def canonical(text: str, *, allow_http: bool) -> str:
    """Give the base URL in lower case but for its path, without usual port and trailing slash. Raises BadBaseUrl."""
    parts = _split(text.strip())
    if parts.scheme != "https" and not (allow_http and parts.scheme == "http"):
        raise BadBaseUrl("must begin with https://")
    if "@" in parts.netloc:
        raise BadBaseUrl("must not hold a user name or password")
    if "?" in text or "#" in text:
        raise BadBaseUrl("must not have a query or fragment: give only what comes before /browse or /secure")
    path = parts.path.rstrip("/")
    if not PATH.fullmatch(path) or {".", ".."} & set(path.split("/")):
        raise BadBaseUrl("has a path that no Jira has: give at most the context path, such as /jira")
    return f"{parts.scheme}://{_host(parts)}{_port(parts)}{path}"


def site(base_url: str) -> str:
    """Give what people call it: host, port if unusual, and context path."""
    return base_url.split("://", 1)[1]


def _split(text: str) -> SplitResult:
    if len(text) > LONGEST:
        raise BadBaseUrl(f"is longer than {LONGEST} characters")
    if not text.isascii() or not text.isprintable() or set(text) & set(' \\"<>%'):
        raise BadBaseUrl("holds characters that are not allowed: write other scripts' hosts in their xn-- form")
    try:
        return urlsplit(text)
    except ValueError:
        raise BadBaseUrl("is not a URL such as https://jira.example.com") from None


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        try:
            return f"[{ipaddress.IPv6Address(host).compressed}]"
        except ValueError:
            raise BadBaseUrl("has an IPv6 address that is none") from None
    if not HOST.fullmatch(host):
        raise BadBaseUrl("is not a URL such as https://jira.example.com")
    return host


def _port(parts: SplitResult) -> str:
    try:
        port = parts.port
    except ValueError:
        raise BadBaseUrl("has a port that is none") from None
    if port == 0:
        raise BadBaseUrl("has a port that is none")
    return "" if port is None or port == USUAL_PORTS[parts.scheme] else f":{port}"
