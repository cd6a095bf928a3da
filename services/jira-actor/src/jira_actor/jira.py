"""Jira Data Center's REST API v2, as one person sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from contracts.outcomes import Issue, Person
from jira_actor import requests
from jira_actor.errors import JiraRefused
from jira_actor.http import Request
from jira_actor.jira_wire import (
    ChangedIssue,
    CommentPage,
    CommentWire,
    CreatedIssue,
    IssueType,
    IssueWire,
    ProjectWire,
    SearchWire,
    UserWire,
)
from jira_actor.readings import IssueState, not_understood, person, state
from jira_actor.session import Session
from jira_actor.site import Site

Model = TypeVar("Model", bound=BaseModel)
PAGES = 10
LATELY = 200
"""Issues of one person in one project that are looked through for one made before."""
_USERS = TypeAdapter(tuple[UserWire, ...])


@dataclass(frozen=True)
class Project:
    """A project and the types its issues can have."""

    key: str
    name: str
    issue_types: tuple[IssueType, ...]


@dataclass(frozen=True)
class NewIssue:
    """An issue to be made."""

    intent_id: str
    project: str
    type_id: str
    summary: str
    description: str


class Jira:
    """One tenant's Jira as one person sees it; every method raises `JiraError`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.site: Site = session.site

    async def sign_ahead(self, *foreseen: Request) -> None:
        """Have several requests signed with one question."""
        await self._session.sign_ahead(*foreseen)

    async def myself(self) -> Person:
        """Give the person whose permission we use."""
        return person(await self._read(UserWire, requests.myself()))

    async def project(self, key: str) -> Project:
        """Give a project that the person may see."""
        with missing(f"There is no project {key} in Jira, or you may not see it."):
            found = await self._read(ProjectWire, requests.project(key))
        return Project(found.key, found.name or found.key, found.issue_types)

    async def issue(self, key: str) -> IssueState:
        """Give an issue as it is now."""
        with missing(f"There is no issue {key} in Jira, or you may not see it."):
            return state(await self._read(IssueWire, requests.issue(key)), self.site.url)

    async def create(self, new: NewIssue) -> str:
        """Make an issue; give its key."""
        fields = {
            "project": {"key": new.project},
            "issuetype": {"id": new.type_id},
            "summary": new.summary,
            **({"description": new.description} if new.description else {}),
        }
        return (await self._read(CreatedIssue, requests.create(fields, new.intent_id))).key

    async def created_since(self, project: str, summary: str, since: datetime) -> tuple[str, ...]:
        """Give the keys of what the person made in a project since then under this summary, the oldest first.

        Jira's search shows no entity properties (JRASERVER-62898): which intent made them, `issue` tells.
        """
        minutes = max(int((datetime.now(since.tzinfo) - since).total_seconds() // 60) + 1, 1)
        jql = f'project = "{project}" AND creator = currentUser() AND created >= -{minutes}m ORDER BY created ASC'
        page = await self._read(SearchWire, requests.search(jql, LATELY))
        return tuple(found.key for found in page.issues if (found.fields.summary or "").strip() == summary.strip())

    async def comment(self, key: str, text: str, intent_id: str) -> str:
        """Write a comment; give its id."""
        return (await self._read(CommentWire, requests.comment(key, text, intent_id))).id

    async def comment_of(self, key: str, intent_id: str, since: datetime) -> str | None:
        """Find the comment that an intent made, looking no further back than `since`."""
        for start_at in range(0, requests.PAGE * PAGES, requests.PAGE):
            page = await self._read(CommentPage, requests.comments(key, start_at))
            for found in page.comments:
                if requests.marker(intent_id) in [made_by.model_dump() for made_by in found.properties]:
                    return found.id
            if start_at + requests.PAGE >= page.total or _reaches_back(page, since):
                return None
        return None

    async def assignable(self, key: str, name: str) -> tuple[Person, ...]:
        """Give the people whose name matches and who may be given the issue."""
        try:
            found = _USERS.validate_python(await self._session.send(requests.assignable(key, name)))
        except ValidationError as error:
            raise not_understood() from error
        return tuple(person(user) for user in found)

    async def assign(self, key: str, name: str) -> None:
        """Give an issue to a user."""
        await self._session.send(requests.assign(key, name))

    async def transition(self, key: str, transition_id: str) -> None:
        """Move an issue."""
        await self._session.send(requests.transition(key, transition_id))

    async def moved_since(self, key: str, since: datetime) -> bool:
        """Tell whether the person has moved the issue since then."""
        me = await self.myself()
        found = await self._read(ChangedIssue, requests.history(key))
        return any(
            change.created >= since
            and change.author is not None
            and change.author.name == me.name
            and any(item.field == "status" for item in change.items)
            for change in found.changelog.histories
        )

    async def search(self, jql: str, size: int) -> tuple[tuple[Issue, ...], int]:
        """Give the first issues that match, and how many there are."""
        page = await self._read(SearchWire, requests.search(jql, size))
        return tuple(state(found, self.site.url).issue for found in page.issues), page.total

    async def _read(self, model: type[Model], request: Request) -> Model:
        try:
            return model.model_validate(await self._session.send(request))
        except ValidationError as error:
            raise not_understood() from error


@contextmanager
def missing(words: str) -> Iterator[None]:
    """Say better than Jira what was not found."""
    try:
        yield
    except JiraRefused as refusal:
        if refusal.code == "not_found":
            raise JiraRefused(words, refusal.code) from refusal
        raise


def _reaches_back(page: CommentPage, since: datetime) -> bool:
    """Tell whether a page ends before that time; a Jira that does not sort the newest first is read to its end."""
    times = [comment.created for comment in page.comments if comment.created]
    return len(times) == 0 or (times[-1] < since and times == sorted(times, reverse=True))
