"""What the simulated Jira holds. Everything here is written to the state file, if there is one."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Json = dict[str, Any]

REQUEST_TOKEN_LIFETIME = timedelta(minutes=10)
ACCESS_TOKEN_LIFETIME = timedelta(days=5 * 365)


@dataclass
class User:
    name: str
    key: str
    display_name: str
    email: str
    active: bool = True
    personal_access_token: str | None = None
    """One that tests and the demo choose themselves; those that Jira makes are `PersonalAccessToken`s."""
    administrator: bool = False


@dataclass
class Project:
    id: str
    key: str
    name: str
    lead: str
    members: list[str] | None = None
    """Who may see it; None means every user."""
    required_fields: list[str] = field(default_factory=list)
    """Fields that creating an issue demands besides Jira's own."""

    def visible_to(self, user: str) -> bool:
        return self.members is None or user in self.members


@dataclass
class Comment:
    id: str
    author: str
    body: str
    created: datetime
    properties: Json = field(default_factory=dict)


@dataclass
class ChangeItem:
    field: str
    old: str | None = None
    old_text: str | None = None
    new: str | None = None
    new_text: str | None = None


@dataclass
class Change:
    id: str
    author: str
    created: datetime
    items: list[ChangeItem]


@dataclass
class Issue:
    id: str
    key: str
    project: str
    type_id: str
    summary: str
    creator: str
    created: datetime
    updated: datetime
    reporter: str
    description: str | None = None
    assignee: str | None = None
    status_id: str = "10000"
    priority_id: str = "3"
    resolved: datetime | None = None
    labels: list[str] = field(default_factory=list)
    environment: str | None = None
    due_date: str | None = None
    comments: list[Comment] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    properties: Json = field(default_factory=dict)


@dataclass
class Consumer:
    """The incoming half of an application link: who may sign, and with which key."""

    key: str
    name: str
    public_key: str


@dataclass
class RequestToken:
    token: str
    consumer: str
    callback: str
    issued: datetime
    user: str | None = None
    verifier: str | None = None
    denied: bool = False


@dataclass
class AccessToken:
    token: str
    consumer: str
    user: str
    issued: datetime
    lifetime: timedelta = ACCESS_TOKEN_LIFETIME


@dataclass
class OAuth2Client:
    """The incoming half of an OAuth 2.0 application link: who may ask people, for how much, and where they return."""

    id: str
    name: str
    secret: str
    redirect_url: str
    scope: str
    pkce_required: bool = False
    """Refuse authorization requests without a PKCE challenge, and those whose method is not S256."""


@dataclass
class AuthorizationCode:
    client: str
    redirect_url: str
    scope: str
    user: str
    expires: datetime
    challenge: str | None = None
    challenge_method: str | None = None


@dataclass
class OAuth2Token:
    """An access token and the refresh token that came with it; only their digests are kept."""

    grant: str
    """What the person allowed once; all tokens that were refreshed from it share it."""
    client: str
    user: str
    scope: str
    issued: datetime
    access_digest: str | None
    """None when it was refreshed: then the pair is kept only to notice who comes with the old refresh token."""
    access_expires: datetime
    refresh_expires: datetime


@dataclass
class PersonalAccessToken:
    id: str
    name: str
    user: str
    digest: str
    created: datetime
    expires: datetime | None = None


@dataclass
class Webhook:
    url: str
    events: list[str] = field(default_factory=list)
    """Which webhookEvent values are sent; empty means all."""
    secret: str | None = None
    name: str = ""
    active: bool = True
    exclude_body: bool = False
    jql: str = ""
    """Which issues it is told of; empty means all."""
    verify_tls: bool = True
    created: datetime | None = None
    updated: datetime | None = None
    updated_by: str | None = None


@dataclass
class World:
    users: dict[str, User] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    issues: dict[str, Issue] = field(default_factory=dict)
    consumers: dict[str, Consumer] = field(default_factory=dict)
    request_tokens: dict[str, RequestToken] = field(default_factory=dict)
    access_tokens: dict[str, AccessToken] = field(default_factory=dict)
    oauth2_clients: dict[str, OAuth2Client] = field(default_factory=dict)
    authorization_codes: dict[str, AuthorizationCode] = field(default_factory=dict)
    """By the code's digest."""
    oauth2_tokens: dict[str, OAuth2Token] = field(default_factory=dict)
    """By the refresh token's digest."""
    personal_access_tokens: dict[str, PersonalAccessToken] = field(default_factory=dict)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    """By their id."""
    last_ids: dict[str, int] = field(default_factory=dict)

    def next_id(self, kind: str) -> str:
        """Count up one of Jira's sequences; they all start at 10000."""
        self.last_ids[kind] = self.last_ids.get(kind, 9_999) + 1
        return str(self.last_ids[kind])
