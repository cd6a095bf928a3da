"""Turning Jira's webhooks into changes. Pure.

One comment is told twice by Jira Data Center, in any order: as `comment_…` without its issue, and as
`jira:issue_updated` with it. Both give the same `change_id`; the first has no key and no project. Writing and editing
are recognised by the comment, deleting by issue and instant: the second delivery does not say which comment it was.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError

from contracts.jira import FieldChange, IssueChanged
from jira_actor.hook_wire import ChangelogItem, Hook, HookComment

LONGEST_COMMENT = 500
LONGEST_VALUE = 200

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISSUE_OF_COMMENT = re.compile(r"/issue/(\d+)/comment/")
_OF_COMMENTS = {
    "comment_created": "commented",
    "comment_updated": "comment_edited",
    "comment_deleted": "comment_deleted",
}
_OF_COMMENT_TYPES = {
    "issue_commented": "commented",
    "issue_comment_edited": "comment_edited",
    "issue_comment_deleted": "comment_deleted",
}
_ABOUT_COMMENTS = frozenset(_OF_COMMENTS.values())


class NothingToTell(Exception):
    """No change comes of this delivery; the text says why, for logs, and repeats nothing of the body."""


@dataclass(frozen=True)
class Delivery:
    """A webhook and what is known about where it came from."""

    tenant_id: str
    base_url: str | None
    body: str
    received_at: datetime


def changes_in(delivery: Delivery) -> list[IssueChanged]:
    """Give the changes that a delivery tells of: mostly one; two where a comment came along with a change."""
    try:
        hook = Hook.model_validate_json(delivery.body)
    except ValidationError as error:
        raise NothingToTell(f"not a webhook as Jira sends it: {_places(error)}") from None
    if hook.issue and hook.issue.fields.security:
        raise NothingToTell("the issue has a security level")
    kinds = _kinds(hook)
    if not kinds:
        raise NothingToTell(f"nothing that is announced: {_event_name(hook)}")
    if hook.comment and hook.comment.visibility:
        kinds = [kind for kind in kinds if kind not in _ABOUT_COMMENTS]
    if not kinds:
        raise NothingToTell("the comment is for some people only")
    return [_change(delivery, hook, kind) for kind in kinds]


def _kinds(hook: Hook) -> list[str]:
    if hook.event in _OF_COMMENTS:
        return [_OF_COMMENTS[hook.event]] if hook.comment else []
    if hook.issue is None:
        return []
    if hook.event in ("jira:issue_created", "jira:issue_deleted"):
        return [hook.event.removeprefix("jira:issue_")]
    if hook.event != "jira:issue_updated":
        return []
    kinds = [_kind_of_update(hook)] if hook.changelog and hook.changelog.items else []
    if hook.comment or hook.event_type == "issue_comment_deleted":
        kinds.append(_kind_of_comment(hook))
    return kinds or ["updated"]


def _kind_of_update(hook: Hook) -> str:
    fields = {item.field for item in hook.changelog.items} if hook.changelog else set()
    if "status" in fields:
        return "transitioned"
    return "assigned" if "assignee" in fields else "updated"


def _kind_of_comment(hook: Hook) -> str:
    """Trust the event's own name; old servers and changes with a comment have none for it, so compare the times."""
    if kind := _OF_COMMENT_TYPES.get(hook.event_type or ""):
        return kind
    comment = hook.comment
    return "comment_edited" if comment and comment.updated != comment.created else "commented"


def _change(delivery: Delivery, hook: Hook, kind: str) -> IssueChanged:
    issue, comment = hook.issue, hook.comment if kind in _ABOUT_COMMENTS else None
    issue_id = issue.id if issue else _issue_of(comment)
    at = hook.at or delivery.received_at
    told_of: dict[str, Any] = {
        "tenant_id": delivery.tenant_id,
        "change_id": _change_id(hook, kind, issue_id, at),
        "kind": kind,
        "issue_id": issue_id,
        "actor": _actor(hook),
        "at": at,
    }
    if comment:
        told_of["comment_id"] = comment.id
        told_of["comment"] = None if kind == "comment_deleted" else _shortened(comment.body, LONGEST_COMMENT)
    elif hook.changelog and kind not in _ABOUT_COMMENTS:
        told_of["changes"] = tuple(_field_change(item) for item in hook.changelog.items)
    if issue:
        fields = issue.fields
        told_of |= {
            "issue_key": issue.key,
            "project": fields.project.key if fields.project else issue.key.rpartition("-")[0],
            "summary": fields.summary,
            "url": f"{delivery.base_url}/browse/{issue.key}" if delivery.base_url else None,
            "issue_type": fields.issuetype.name if fields.issuetype else None,
            "status": fields.status.name if fields.status else None,
            "priority": fields.priority.name if fields.priority else None,
            "assignee": fields.assignee.label if fields.assignee else None,
        }
    return IssueChanged.model_validate(told_of)


def _change_id(hook: Hook, kind: str, issue_id: str, at: datetime) -> str:
    """Name a change so that every delivery of it gives the same name."""
    comment = hook.comment
    if comment and kind == "commented":
        return f"comment:{comment.id}:written"
    if comment and kind == "comment_edited":
        return f"comment:{comment.id}:edited:{_milliseconds(comment.updated or at)}"
    if kind in ("created", "deleted"):
        return f"issue:{issue_id}:{kind}"
    if kind != "comment_deleted" and hook.changelog and hook.changelog.id:
        return f"changelog:{hook.changelog.id}"
    return f"issue:{issue_id}:{kind}:{_milliseconds(at)}"


def _issue_of(comment: HookComment | None) -> str:
    found = _ISSUE_OF_COMMENT.search(comment.self_url) if comment else None
    if found is None:
        raise NothingToTell("a comment without its issue")
    return found.group(1)


def _actor(hook: Hook) -> str | None:
    comment = hook.comment
    authors = (hook.user, comment.update_author, comment.author) if comment else (hook.user,)
    return next((user.label for user in authors if user and user.label), None)


def _field_change(item: ChangelogItem) -> FieldChange:
    was, now = (value and _shortened(value, LONGEST_VALUE) for value in (item.was, item.now))
    return FieldChange(field=item.field, was=was, now=now)


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _event_name(hook: Hook) -> str:
    return hook.event[:60] if hook.event.isascii() and hook.event.isprintable() else "?"


def _places(error: ValidationError) -> str:
    """Name the places that do not fit, without the values that stand there."""
    return ", ".join(".".join(map(str, one["loc"])) or "JSON" for one in error.errors(include_input=False)[:5])
