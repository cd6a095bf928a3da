"""Webhook bodies in the shapes that Jira Data Center sends them, with names of our own."""

from typing import Any

BASE = "https://jira.example.com"
AT = 1_772_000_000_123
GRACE = {
    "self": f"{BASE}/rest/api/2/user?username=grace",
    "name": "grace",
    "key": "JIRAUSER10101",
    "emailAddress": "grace@example.com",
    "displayName": "Grace Hopper",
    "active": True,
    "timeZone": "Etc/UTC",
}
ISSUE: dict[str, Any] = {
    "id": "10207",
    "self": f"{BASE}/rest/api/2/issue/10207",
    "key": "OPS-7",
    "fields": {
        "summary": "Deploy to staging without downtime",
        "issuetype": {"id": "10001", "name": "Story", "subtask": False},
        "project": {"id": "10000", "key": "OPS", "name": "Operations"},
        "status": {"id": "3", "name": "In Progress", "statusCategory": {"key": "indeterminate"}},
        "priority": {"id": "3", "name": "Medium"},
        "assignee": {"name": "ada", "displayName": "Ada Lovelace"},
        "resolution": None,
        "labels": ["staging"],
        "customfield_10100": None,
        "comment": {"comments": [], "total": 0},
    },
}
COMMENT = {
    "self": f"{BASE}/rest/api/2/issue/10207/comment/10500",
    "id": "10500",
    "author": GRACE,
    "body": "deployed to *staging* 🚀",
    "updateAuthor": GRACE,
    "created": "2026-02-25T06:13:20.123+0000",
    "updated": "2026-02-25T06:13:20.123+0000",
}
EDITED = {**COMMENT, "body": "deployed to *production*", "updated": "2026-02-25T07:00:00.000+0000"}
STATUS = {
    "field": "status", "fieldtype": "jira", "from": "1", "fromString": "To Do", "to": "3", "toString": "In Progress"
}  # fmt: skip
ASSIGNEE = {
    "field": "assignee", "fieldtype": "jira", "from": None, "fromString": None, "to": "ada", "toString": "Ada Lovelace"
}  # fmt: skip
SUMMARY = {"field": "summary", "fieldtype": "jira", "from": None, "fromString": "Old", "to": None, "toString": "New"}


def hook(event: str, kind: str | None = None, **parts: Any) -> dict[str, Any]:
    named = {"issue_event_type_name": kind} if kind else {}
    return {"timestamp": AT, "webhookEvent": event, **named, "user": GRACE, **parts}


def changelog(*items: dict[str, Any], number: str = "10900") -> dict[str, Any]:
    return {"id": number, "items": list(items)}


def without_user(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "user"}


CREATED = hook("jira:issue_created", "issue_created", issue=ISSUE, changelog=changelog(SUMMARY))
UPDATED = hook("jira:issue_updated", "issue_updated", issue=ISSUE, changelog=changelog(SUMMARY))
MOVED = hook("jira:issue_updated", "issue_generic", issue=ISSUE, changelog=changelog(STATUS))
ASSIGNED = hook("jira:issue_updated", "issue_assigned", issue=ISSUE, changelog=changelog(ASSIGNEE))
ASSIGNED_OLD = hook("jira:issue_updated", issue=ISSUE, changelog=changelog(ASSIGNEE))
DELETED = hook("jira:issue_deleted", issue=ISSUE)
COMMENTED = hook("jira:issue_updated", "issue_commented", issue=ISSUE, comment=COMMENT)
COMMENTED_BARE = without_user(hook("comment_created", comment=COMMENT)) | {"timestamp": AT - 10}
COMMENT_EDITED = hook("jira:issue_updated", "issue_comment_edited", issue=ISSUE, comment=EDITED)
COMMENT_EDITED_OLD = hook("jira:issue_updated", issue=ISSUE, comment=EDITED)
COMMENT_EDITED_BARE = hook("comment_updated", comment=EDITED)
COMMENT_DELETED = hook("jira:issue_updated", "issue_comment_deleted", issue=ISSUE)
COMMENT_DELETED_BARE = hook("comment_deleted", comment=EDITED)
MOVED_WITH_COMMENT = hook(
    "jira:issue_updated", "issue_generic", issue=ISSUE, comment=COMMENT, changelog=changelog(STATUS)
)
WORKLOG = without_user(hook("worklog_created", worklog={"id": "1", "issueId": "10207"}))
