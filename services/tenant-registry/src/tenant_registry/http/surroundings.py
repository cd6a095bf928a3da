"""What the routes need from the rest of the service."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from contracts.keys import ProtectedSecret, StatementSigned, TenantKeysDestroyed, TenantKeysMade
from tenant_registry.refusals import Refusing, unnoted
from tenant_registry.registry import Registry


class KeyVault(Protocol):
    """The part of key-vault that the edge needs; each raises Unavailable, all but `seal` KeysRefusal too."""

    def seal(self, secret: str, tenant_id: str) -> str: ...

    async def make(
        self, tenant_id: str, private_key: str | None = None, *, replace: bool = False
    ) -> TenantKeysMade: ...

    async def protect(self, tenant_id: str, secrets: Sequence[tuple[str, str, str]]) -> tuple[str, ...]: ...

    async def open(self, tenant_id: str, secrets: Sequence[ProtectedSecret]) -> list[str]: ...

    async def destroy(self, tenant_id: str) -> TenantKeysDestroyed: ...

    async def sign_statement(self, tenant_id: str, statement: Mapping[str, Any]) -> StatementSigned: ...


async def untold(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Policy:
    """What the operator allows."""

    operator_token_hash: str = ""
    """Hex SHA-256 of the operator's token; empty: nobody is the operator here."""
    single_tenant: str = ""
    """The only Teams organisation that is served; empty: all are."""
    hook_window: timedelta = timedelta(hours=1)
    """How far a webhook's own time may be from ours."""

    def serves(self, teams_tenant: str) -> bool:
        """Tell whether this organisation is served."""
        return not self.single_tenant or teams_tenant.lower() == self.single_tenant.lower()


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
    policy: Policy = field(default_factory=Policy)
    refused: Refusing = unnoted
    """Counts a refusal that may be an attack, and gathers it for the audit."""
    gone: Callable[[str], Awaitable[object]] = untold
    """Tells all services that a tenant is gone. Raises Unavailable."""
