"""What came of an intent, with all that the reply needs: from jira-actor and tenant-registry to bot-gateway."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from contracts.event import Fact, ForOnePerson
from contracts.registry import AuthMode


class Outcome(ForOnePerson):
    """What came of an intent."""

    topic: ClassVar[str] = "jira.outcomes.v1"

    tenant_id: str | None = None
    """The Jira in which something was done or tried as the person, for the audit."""


class Person(Fact):
    """A user of Jira Data Center: `name` and `key`, never an account id."""

    name: str
    key: str | None = None
    display_name: str


class Issue(Fact):
    """An issue as a card shows it."""

    key: str
    url: str
    """`{base_url}/browse/{key}`."""
    summary: str
    project: str
    issue_type: str | None = None
    status: str | None = None
    status_category: str | None = None
    """`new`, `indeterminate` or `done`."""
    priority: str | None = None
    assignee: str | None = None
    reporter: str | None = None
    description: str = ""
    updated_at: AwareDatetime | None = None
    transitions: tuple[str, ...] = ()
    """Names of what the person may do next."""


UNKNOWN_ALIAS = "unknown_alias"
"""The code of a refusal: the person's organisation has no Jira of this alias; perhaps another one has."""


class Refused(Outcome):
    """It was not done, and why; nothing changed."""

    code: str
    """For programs: `not_found`, `forbidden`, `invalid`, `ambiguous`, `not_registered`, …"""
    why: str
    """For people: one or two sentences in plain words, no markup."""
    advice: str | None = None
    """What the person can do about it."""


class Delayed(Outcome):
    """It takes longer than usual; Bridge goes on trying by itself."""

    why: str
    """For people: what is in the way."""
    until: AwareDatetime
    """When Bridge stops trying."""


class AuthorizationOffered(Outcome):
    """The person must allow Bridge to act for him or her: a connect card."""

    url: str
    """Where the button leads: on Bridge's own domain."""
    site: str
    """Jira's name for people, such as `jira.example.com`."""
    expires_at: AwareDatetime
    resumes: bool = False
    """The command that waits is carried out after connecting."""


class TokenWanted(Outcome):
    """The person must give Bridge a personal access token, in a dialog that nobody else sees."""

    tenant_id: str
    """For which Jira it is: the token is sealed for this one alone."""
    site: str
    tokens_url: str
    """Where the person makes one in Jira."""
    alias: str | None = None
    """What people call this Jira in commands."""
    resumes: bool = False


class RegistrationCodeIssued(Outcome):
    """The code that bot-gateway derived for this intent now registers a Jira, once; shown to its owner alone."""

    expires_at: AwareDatetime
    registration_url: str


class Linked(Outcome):
    """Bridge may now act for this person."""

    site: str
    jira_user: Person


class Unlinked(Outcome):
    """Bridge can no longer act for this person; what it held is gone."""

    site: str
    tokens_url: str | None = None
    """Where the person can see in Jira that the permission is gone, or take it back there too."""
    ways: tuple[AuthMode, ...] = ()
    """How Bridge acted for the person: what becomes of it in Jira depends on that."""


class SiteSeen(Fact):
    """One Jira of the person's organisation."""

    alias: str | None
    site: str
    state: str
    is_default: bool
    connected: bool
    """Whether Bridge may act there for the person who asked."""


class SitesListed(Outcome):
    """The Jiras that the person can use."""

    sites: tuple[SiteSeen, ...]


class DataAbout(Fact):
    """One kind of thing that is stored about a person, in words."""

    what: str
    count: int
    details: tuple[str, ...] = ()


class MyDataShown(Outcome):
    """What Bridge stores about the person who asked."""

    data: tuple[DataAbout, ...]


class MyDataDeleted(Outcome):
    """What Bridge stored about the person is gone; the receipt says what and when."""

    receipt: str
    """A compact JWS."""
    deleted: tuple[DataAbout, ...]


class WebhookReady(Outcome):
    """Jira tells Bridge of changes from now on."""

    site: str


class IssueShown(Outcome):
    """The issue that was asked for."""

    issue: Issue


class IssueCreated(Outcome):
    """A new issue, made as the person."""

    issue: Issue


class CommentAdded(Outcome):
    """A comment, written as the person."""

    issue: Issue
    comment_id: str
    comment_url: str
    text: str


class IssueAssigned(Outcome):
    """The issue's assignee, changed as the person."""

    issue: Issue
    assignee: Person


class IssueTransitioned(Outcome):
    """The issue's status, changed as the person."""

    issue: Issue
    was: str | None
    now: str


class IssuesFound(Outcome):
    """What a search gave: the first few, and how many there are."""

    query: str
    issues: tuple[Issue, ...]
    total: int
    url: str
    """The same search in Jira."""


class Subscribed(Outcome):
    """This conversation hears of that project's changes."""

    project: str
    project_name: str
    already: bool = False


class Unsubscribed(Outcome):
    """This conversation no longer hears of that project."""

    project: str
    was: Literal["subscribed", "not_subscribed"] = "subscribed"


OUTCOMES: tuple[type[Outcome], ...] = (
    Refused,
    Delayed,
    AuthorizationOffered,
    TokenWanted,
    RegistrationCodeIssued,
    Linked,
    Unlinked,
    SitesListed,
    MyDataShown,
    MyDataDeleted,
    WebhookReady,
    IssueShown,
    IssueCreated,
    CommentAdded,
    IssueAssigned,
    IssueTransitioned,
    IssuesFound,
    Subscribed,
    Unsubscribed,
)
