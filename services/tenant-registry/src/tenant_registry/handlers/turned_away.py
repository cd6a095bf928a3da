"""Noting what was turned away: by bot-gateway, with how often; and commands that name a Jira of nobody's here."""

from collections.abc import Callable
from datetime import datetime

from contracts.outcomes import UNKNOWN_ALIAS, Refused
from contracts.teams import ActivitiesRefused
from tenant_registry.attempts import Attempts, Counted, uncounted
from tenant_registry.refusals import how_often
from tenant_registry.registry import Registry
from tenant_registry.rows import OPERATOR, UNKNOWN, AuditRow

Clock = Callable[[], datetime]


async def activities_refused(told: ActivitiesRefused, registry: Registry) -> None:
    """Note it once; a person whose data were deleted since the first of it is not named."""
    row = AuditRow(
        id=f"attempt_refused:{told.refusal_id}",
        what="attempt_refused",
        teams_tenant=told.teams_tenant or OPERATOR,
        user=told.user or UNKNOWN,
        at=told.until,
        details=how_often(told.why, told.count, (told.since, told.until)),
    )
    await registry.note_act(row, told.since)


async def command_refused(refused: Refused, registry: Registry, now: Clock, counted: Counted = uncounted) -> None:
    """Count and note that a command named a Jira by an alias of nobody here; other refusals are no attempts."""
    if refused.code == UNKNOWN_ALIAS:
        await Attempts(registry, now, counted).refused(refused.origin, UNKNOWN_ALIAS)
