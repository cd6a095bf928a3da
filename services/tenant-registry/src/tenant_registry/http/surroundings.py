"""What the routes need from the rest of the service."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from contracts.keys import TenantKeysMade
from tenant_registry.registry import Registry


class KeyVault(Protocol):
    """The part of key-vault that the edge needs; each raises Unavailable, the last two KeysRefusal too."""

    def seal(self, secret: str) -> str: ...

    async def make(self, tenant_id: str, private_key: str | None = None) -> TenantKeysMade: ...

    async def protect(self, tenant_id: str, secrets: Sequence[tuple[str, str, str]]) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Surroundings:
    """What the routes need."""

    registry: Registry
    keys: KeyVault
    now: Callable[[], datetime]
    public_url: str
    """How browsers and Jira reach us, without a trailing slash."""
    allow_http: bool
    biggest_hook: int
    """Bytes of a webhook as an event."""
