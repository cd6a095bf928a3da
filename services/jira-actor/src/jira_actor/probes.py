"""Trying a server below HTTP: its name, its port, its certificate. What fails says why, and what to do."""

import asyncio
import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from jira_actor.guard import Address, Reach, Target, TargetRefused, checked_addresses
from jira_actor.http import addresses_of

PATIENCE = timedelta(seconds=8)

_TRUST = "Have it renewed by an authority that Bridge trusts, or give Bridge's operator your authority's certificate."
_CERTIFICATE = {
    9: ("is not valid yet", "Check the clock of the machine that made it."),
    10: ("has expired", "Renew it."),
    18: ("is self-signed", _TRUST),
    19: ("comes from an authority that Bridge does not know", _TRUST),
    20: ("comes from an authority that Bridge does not know, or Jira does not send the certificates between", _TRUST),
    62: ("is for another name", "Register the name that stands in it, or have it renewed with this name."),
    64: ("is for another address", "Register the name that stands in it."),
}


class CheckFailed(Exception):
    """One check failed: what to say, and what to do."""

    def __init__(self, said: str, advice: str | None = None) -> None:
        super().__init__(said)
        self.said = said
        self.advice = advice


async def resolve(target: Target, reach: Reach) -> list[Address]:
    """Give the addresses of the host, all of them checked."""
    try:
        async with asyncio.timeout(PATIENCE.total_seconds()):
            found = await addresses_of(target.host, target.port)
    except (OSError, TimeoutError) as error:
        raise CheckFailed(
            f"DNS does not know {target.host}.",
            "Check the spelling, and that the name is known where Bridge runs, not only in your own network.",
        ) from error
    try:
        return checked_addresses(found, reach)
    except TargetRefused as refusal:
        raise CheckFailed(str(refusal), refusal.advice) from refusal


async def connect(addresses: Sequence[Address], port: int) -> Address:
    """Open the port; give the first address that answers."""
    error: OSError | None = None
    for address in addresses:
        try:
            await _open(address, port, None, None)
        except OSError as failed:
            error = failed
        else:
            return address
    if isinstance(error, ConnectionRefusedError):
        raise CheckFailed(f"Nothing listens on port {port}.", "Check the port, and that Jira runs.") from error
    advice = "A firewall may be in between: allow connections from where Bridge runs."
    raise CheckFailed(f"Port {port} does not answer.", advice) from error


async def shake_hands(address: Address, target: Target, tls: ssl.SSLContext) -> None:
    """Begin TLS and check the certificate."""
    try:
        await _open(address, target.port, tls, target.host)
    except ssl.SSLCertVerificationError as error:
        wrong, advice = _CERTIFICATE.get(error.verify_code, (f"is not valid ({error.verify_message})", _TRUST))
        raise CheckFailed(f"Jira's certificate {wrong}.", advice) from error
    except ssl.SSLError as error:
        advice = "Check that this is the https port, and that TLS 1.2 or newer is switched on."
        raise CheckFailed("The server does not speak TLS here.", advice) from error
    except OSError as error:
        advice = "Check the proxy or load balancer in front of Jira."
        raise CheckFailed("The server broke off while TLS was agreed.", advice) from error


async def _open(address: Address, port: int, tls: ssl.SSLContext | None, name: str | None) -> None:
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    async with asyncio.timeout(PATIENCE.total_seconds()):
        _, writer = await asyncio.open_connection(str(address), port, family=family, ssl=tls, server_hostname=name)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
