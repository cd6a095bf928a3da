"""Attempts of callers whom nobody knows: counted, and gathered for the audit, since anybody can make many."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from chassis.gathering import Tally
from contracts.event import Conversation
from tenant_registry.attempts import Counted, uncounted
from tenant_registry.registry import Registry
from tenant_registry.rows import OPERATOR, UNKNOWN, AuditRow, TenantRow


class Refusing(Protocol):
    """Counts and gathers an attempt: `why` is a fixed word, `about` what it named, where that exists."""

    def __call__(self, why: str, about: TenantRow | Conversation | None = None) -> None: ...


def unnoted(why: str, about: TenantRow | Conversation | None = None) -> None:
    """Count and gather nothing."""


@dataclass(frozen=True)
class Attempted:
    """What was tried, and at whose Jira or place where that is known; nothing about the caller."""

    why: str
    teams_tenant: str = OPERATOR
    tenant_id: str | None = None

    def nameless(self) -> "Attempted":
        """Give what is common to many."""
        return Attempted(self.why)


@dataclass(frozen=True)
class Refusals:
    """Where they are counted and gathered."""

    gather: Callable[[Attempted], None]
    counted: Counted = uncounted

    def refused(self, why: str, about: TenantRow | Conversation | None = None) -> None:
        """Count and gather one."""
        self.counted(why)
        organisation = about.teams_tenant if about else OPERATOR
        self.gather(Attempted(why, organisation, about.id if isinstance(about, TenantRow) else None))


async def note_gathered(tallies: Sequence[Tally[Attempted]], registry: Registry) -> None:
    """Note each once. Raises Unavailable."""
    await registry.audit.note_all_once([_row(tally) for tally in tallies])


def _row(tally: Tally[Attempted]) -> AuditRow:
    return AuditRow(
        id=f"attempt_refused:{tally.id}",
        what="attempt_refused",
        teams_tenant=tally.what.teams_tenant,
        user=UNKNOWN,
        at=tally.until,
        tenant_id=tally.what.tenant_id,
        details=how_often(tally.what.why, tally.count, (tally.since, tally.until)),
    )


def how_often(why: str, count: int, times: tuple[datetime, datetime]) -> dict[str, str]:
    """Give an attempt's details: fixed words and numbers alone."""
    since, until = (at.astimezone(UTC).isoformat(timespec="seconds") for at in times)
    return {"why": why, "count": str(count), "since": since, "until": until}
