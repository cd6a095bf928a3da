"""Noting what Bridge did and read in Jira as a person: what, where and who, never a text."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from contracts.outcomes import CommentAdded, IssueAssigned, IssueCreated, IssuesFound, IssueShown, IssueTransitioned
from tenant_registry.attempts import Counted, attempt, uncounted
from tenant_registry.rows import AuditRow

Clock = Callable[[], datetime]
Act = IssueShown | IssuesFound | IssueCreated | CommentAdded | IssueAssigned | IssueTransitioned
ACTS: dict[type[Act], str] = {
    IssueShown: "issue_shown",
    IssuesFound: "issues_searched",
    IssueCreated: "issue_created",
    CommentAdded: "comment_added",
    IssueAssigned: "issue_assigned",
    IssueTransitioned: "issue_transitioned",
}


class Notes(Protocol):
    """The part of the audit that this needs; raises Unavailable."""

    async def note_act(self, row: AuditRow, asked_at: datetime) -> None: ...


class Owners(Protocol):
    """The part of the tenants that this needs; raises Unavailable."""

    async def of(self, tenant_id: str) -> str | None: ...


@dataclass(frozen=True)
class Means:
    """What noting takes."""

    notes: Notes
    owners: Owners
    now: Clock
    counted: Counted = uncounted


async def act_done(act: Act, means: Means) -> None:
    """Note an act, once per intent; a person whose data were deleted since he or she asked is not named."""
    origin, at = act.origin, means.now()
    if act.tenant_id and await means.owners.of(act.tenant_id) not in (None, origin.teams_tenant):
        means.counted("foreign_tenant")
        await means.notes.note_act(attempt(origin, at, "foreign_tenant", tenant=act.tenant_id), origin.asked_at)
        return
    row = AuditRow.of(ACTS[type(act)], origin, at, **_details(act))
    await means.notes.note_act(row.model_copy(update={"tenant_id": act.tenant_id}), origin.asked_at)


def _details(act: Act) -> dict[str, str]:
    """Say where and at what; of a search how much it gave, but not what was looked for."""
    if isinstance(act, IssuesFound):
        return {"found": str(act.total), "site": act.url.partition("://")[2].partition("/issues/")[0]}
    return {"issue": act.issue.key, "site": act.issue.url.partition("://")[2].partition("/browse/")[0]}
