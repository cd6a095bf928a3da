"""Which addresses the bot's own token may be sent to."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class ServiceUrls:
    """The allow-list of Connector hosts; `http` only to this machine, and only where that is switched on."""

    hosts: tuple[str, ...]
    loopback_http: bool = False

    def allows(self, url: str) -> bool:
        """Tell whether the Connector may be called there."""
        return _allows(self, url)


@lru_cache(maxsize=1000)
def _allows(known: ServiceUrls, url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.query or parts.fragment or "\\" in url:
        return False
    if parts.scheme == "http":
        return known.loopback_http and host in LOOPBACK
    listed = any(host == allowed or host.endswith(f".{allowed}") for allowed in known.hosts)
    return parts.scheme == "https" and port in (None, 443) and listed


def same_place(one: str, other: str) -> bool:
    """Compare service URLs as Bot Framework's own libraries do: a trailing slash means nothing."""
    return one.rstrip("/") == other.rstrip("/")
