"""Where a tenant's URL may lead, however it is written."""

import re
from dataclasses import dataclass
from ipaddress import ip_address

from contracts.base_url import LIKE_THIS, BadBaseUrl, BaseUrl, taken_apart
from jira_actor.addresses import Address, Network, Reach, why_refused

__all__ = ["Address", "Network", "Reach", "Target", "TargetRefused", "checked_addresses", "checked_target"]


class TargetRefused(Exception):
    """The URL leads where Bridge does not go; `str()` and `advice` are for people."""

    def __init__(self, said: str, advice: str) -> None:
        super().__init__(said)
        self.advice = advice


@dataclass(frozen=True)
class Target(BaseUrl):
    """A checked base URL."""

    only: tuple[Network, ...] = ()
    """To which networks the tenant narrows the host's addresses; empty: not narrowed."""


_OF_THIS_MACHINE = re.compile(r"(.+\.)?localhost(\.localdomain)?")
_OF_A_PRIVATE_NETWORK = re.compile(r"[^.]+|.+\.(corp|home|home\.arpa|internal|intranet|lan|local|localdomain|private)")


def checked_target(url: str, reach: Reach) -> Target:
    """Take a base URL apart; raise `TargetRefused` where it is not plain or leads where Bridge does not go."""
    try:
        parts = taken_apart(url, allow_http=reach.allow_http)
    except BadBaseUrl as bad:
        raise TargetRefused(f"The base URL {bad.wrong}.", _sentence(bad.advice)) from bad
    _check_host(parts.host, reach)
    return Target(parts.scheme, parts.host, parts.port, parts.path, reach.only)


def checked_addresses(addresses: list[str], reach: Reach) -> list[Address]:
    """Pass on what a host name resolved to; one bad address spoils all, since DNS may answer otherwise next time."""
    parsed = [ip_address(address) for address in addresses]
    for address in parsed:
        if why := why_refused(address, reach):
            raise TargetRefused(f"Bridge does not connect to {address}: {why.said}.", why.advice)
    return parsed


def _check_host(host: str, reach: Reach) -> None:
    if _is_address(host):
        checked_addresses([host], reach)
    elif reach.allow_loopback:
        return
    elif _OF_THIS_MACHINE.fullmatch(host):
        said = "The base URL's host is a loopback name: it means the machine itself."
        raise TargetRefused(said, _sentence(LIKE_THIS))
    elif _OF_A_PRIVATE_NETWORK.fullmatch(host) and not reach.allowed_networks:
        advice = "Write its public name, or have Bridge's operator allow its network (BRIDGE_ALLOWED_NETWORKS)."
        raise TargetRefused("The base URL's host is a name that only a private network knows.", advice)


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _sentence(advice: str) -> str:
    return f"{advice[0].upper()}{advice[1:]}."
