"""Jira's webhook bodies: all that differs between versions is optional."""

from typing import Any

from pydantic import AwareDatetime, Field

from jira_actor.jira_wire import Named, ProjectWire, Wire


class HookUser(Wire):
    """Who did it; old and new servers name people differently."""

    name: str | None = None
    display_name: str | None = Field(None, alias="displayName")

    @property
    def label(self) -> str | None:
        """Give the name for people."""
        return self.display_name or self.name


class HookFields(Wire):
    """The fields that a notice shows, and the one that forbids it."""

    summary: str | None = None
    project: ProjectWire | None = None
    issuetype: Named | None = None
    status: Named | None = None
    priority: Named | None = None
    assignee: HookUser | None = None
    security: Any = None


class HookIssue(Wire):
    """The issue that changed."""

    id: str
    key: str
    fields: HookFields = HookFields()


class HookComment(Wire):
    """The comment that was written, edited or deleted."""

    id: str
    self_url: str = Field("", alias="self")
    author: HookUser | None = None
    update_author: HookUser | None = Field(None, alias="updateAuthor")
    body: str = ""
    created: AwareDatetime | None = None
    updated: AwareDatetime | None = None
    visibility: Any = None


class ChangelogItem(Wire):
    """One field's change."""

    field: str
    was: str | None = Field(None, alias="fromString")
    now: str | None = Field(None, alias="toString")


class Changelog(Wire):
    """What changed at one time."""

    id: str | None = None
    items: tuple[ChangelogItem, ...] = ()


class Hook(Wire):
    """One delivery."""

    event: str = Field(alias="webhookEvent")
    event_type: str | None = Field(None, alias="issue_event_type_name")
    at: AwareDatetime | None = Field(None, alias="timestamp")
    user: HookUser | None = None
    issue: HookIssue | None = None
    comment: HookComment | None = None
    changelog: Changelog | None = None
