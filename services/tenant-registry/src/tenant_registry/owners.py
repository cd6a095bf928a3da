"""Whose each Jira is: that never changes, so it is asked once."""

from typing import Protocol

from chassis.bounded import Recent
from tenant_registry.rows import TenantRow

REMEMBERED = 10_000


class Tenants(Protocol):
    """The part of the tenants that this needs; raises Unavailable."""

    async def find(self, tenant_id: str) -> TenantRow | None: ...


class Owners:
    """The Teams organisations of Jiras by their tenant ids."""

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants
        self._known: Recent[str, str] = Recent(REMEMBERED)

    async def of(self, tenant_id: str) -> str | None:
        """Give the Teams tenant; None where there is no such Jira, or no longer. Raises Unavailable."""
        known = self._known.get(tenant_id)
        if known is None and (found := await self._tenants.find(tenant_id)):
            known = found.teams_tenant
            self._known.put(tenant_id, known)
        return known
