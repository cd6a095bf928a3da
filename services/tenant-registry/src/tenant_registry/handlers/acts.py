"""Noting what Bridge did in Jira as a person: what, where and who, never a text."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from contracts.outcomes import CommentAdded, IssueAssigned, IssueCreated, IssueTransitioned
from tenant_registry.rows import AuditRow

Clock = Callable[[], datetime]
Act = IssueCreated | CommentAdded | IssueAssigned | IssueTransitioned
ACTS: dict[type[Act], str] = {
    IssueCreated: "issue_created",
    CommentAdded: "comment_added",
    IssueAssigned: "issue_assigned",
    IssueTransitioned: "issue_transitioned",
}


class Notes(Protocol):
    """The part of the audit that this needs; raises Unavailable."""

    async def note_act(self, row: AuditRow, asked_at: datetime) -> None: ...


async def act_done(act: Act, notes: Notes, now: Clock) -> None:
    """Note an act, once per intent; a person whose data were deleted since he or she asked is not named."""
    site = act.issue.url.partition("://")[2].partition("/browse/")[0]
    row = AuditRow.of(ACTS[type(act)], act.origin, now(), issue=act.issue.key, site=site)
    await notes.note_act(row.model_copy(update={"tenant_id": act.tenant_id}), act.origin.asked_at)
