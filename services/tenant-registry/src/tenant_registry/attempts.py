"""Attempts to reach what belongs to another person or organisation: counted, and noted with whoever made them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from contracts.event import Origin
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow, TenantRow

Clock = Callable[[], datetime]
Counted = Callable[[str], None]
"""Counts a refused attempt by a fixed word."""


def uncounted(_: str) -> None:
    """Count nothing."""


def attempt(origin: Origin, at: datetime, why: str, **details: str) -> AuditRow:
    """Give what is noted of one."""
    return AuditRow.of("attempt_refused", origin, at, why=why, **details)


@dataclass(frozen=True)
class Attempts:
    """Where they are counted and noted."""

    registry: Registry
    now: Clock
    counted: Counted = uncounted

    async def refused(self, origin: Origin, why: str, **details: str) -> None:
        """Count and note one; `why` is a fixed word, and the same message again is noted once."""
        self.counted(why)
        await self.registry.note_act(attempt(origin, self.now(), why, **details), origin.asked_at)

    async def own_tenant(self, origin: Origin, tenant_id: str) -> TenantRow | None:
        """Find a Jira of the person's organisation; reaching for another's is an attempt."""
        tenant = await self.registry.tenants.find(tenant_id)
        if tenant is None or tenant.teams_tenant == origin.teams_tenant:
            return tenant
        await self.refused(origin, "foreign_tenant", tenant=tenant.id)
        return None
