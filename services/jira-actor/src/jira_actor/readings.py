"""Turning what Jira answers into our types."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from contracts.outcomes import Issue, Person
from jira_actor import requests
from jira_actor.errors import JiraRefused
from jira_actor.jira_wire import IssueWire, TransitionWire, UserWire


@dataclass(frozen=True)
class Transition:
    """A next step and the status it leads to."""

    id: str
    name: str
    to: str


@dataclass(frozen=True)
class IssueState:
    """An issue for a card, and what decisions need besides."""

    issue: Issue
    assignee: str | None
    """The assignee's user name."""
    transitions: tuple[Transition, ...]
    intent_id: str | None
    """The intent that made it, if one of ours did."""


def not_understood() -> JiraRefused:
    """Say that the answer is JSON, but not Jira's."""
    return JiraRefused(
        "Jira's answer is not what Bridge understands.",
        "not_understood",
        "Please tell your Jira administrator: something between Bridge and Jira may be changing its answers.",
    )


def owner(myself: Any) -> Person:
    """Read who Jira says that we are."""
    try:
        return person(UserWire.model_validate(myself))
    except ValidationError as error:
        raise not_understood() from error


def person(user: UserWire) -> Person:
    """Turn a user of Jira into ours."""
    return Person(name=user.name, key=user.key, display_name=user.display_name or user.name)


def state(found: IssueWire, base_url: str) -> IssueState:
    """Turn Jira's issue into ours."""
    fields = found.fields
    transitions = tuple(_transition(step) for step in found.transitions)
    made_by = found.properties.get(requests.MARKER)
    category = fields.status.category if fields.status else None
    issue = Issue(
        key=found.key,
        url=issue_url(base_url, found.key),
        summary=fields.summary or "",
        project=fields.project.key if fields.project else found.key.rpartition("-")[0],
        issue_type=fields.issuetype.name if fields.issuetype else None,
        status=fields.status.name if fields.status else None,
        status_category=category.key if category else None,
        priority=fields.priority.name if fields.priority else None,
        assignee=person(fields.assignee).display_name if fields.assignee else None,
        reporter=person(fields.reporter).display_name if fields.reporter else None,
        description=fields.description or "",
        updated_at=fields.updated,
        transitions=tuple(step.name for step in transitions),
    )
    return IssueState(
        issue=issue,
        assignee=fields.assignee.name if fields.assignee else None,
        transitions=transitions,
        intent_id=made_by.get("id") if isinstance(made_by, dict) else None,
    )


def issue_url(base_url: str, key: str) -> str:
    """Give an issue's page."""
    return f"{base_url}/browse/{key}"


def comment_url(base_url: str, key: str, comment_id: str) -> str:
    """Give a comment's place on its issue's page."""
    return f"{issue_url(base_url, key)}?focusedCommentId={comment_id}#comment-{comment_id}"


def search_url(base_url: str, jql: str) -> str:
    """Give the same search in Jira."""
    return f"{base_url}/issues/?jql={quote(jql, safe='')}"


def _transition(step: TransitionWire) -> Transition:
    return Transition(step.id, step.name, step.to.name or step.name)
