"""Owned by jira-actor: what it found out about a Jira, and what changed there."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime

from contracts.event import Event, Fact, ForOnePerson, Origin
from contracts.outcomes import Person
from contracts.registry import AuthMode, WaitingIntent


class CheckResult(Fact):
    """One of the five checks of a Jira, in words for its administrator."""

    name: Literal["dns", "tcp", "tls", "server_info", "authentication"]
    status: Literal["ok", "failed", "skipped"]
    said: str
    advice: str | None = None


class TenantChecked(Event):
    """A tenant's Jira was tried from end to end."""

    topic: ClassVar[str] = "jira.facts.v1"

    tenant_id: str
    check_id: str
    checks: tuple[CheckResult, ...]
    signing_base_url: str | None = None
    """The base URL by which this Jira knows itself."""
    jira_version: str | None = None
    title: str | None = None
    checked_at: AwareDatetime

    def key(self) -> str:
        """Order by tenant."""
        return self.tenant_id

    @property
    def passed(self) -> bool:
        """Tell whether the tenant can be used."""
        return all(check.status == "ok" or (check.name == "tls" and check.status == "skipped") for check in self.checks)


class LinkFact(ForOnePerson):
    """A step of one person's connecting."""

    topic: ClassVar[str] = "jira.facts.v1"

    tenant_id: str


class AuthorizationPrepared(LinkFact):
    """Jira gave a request token; the person has yet to press Allow."""

    lookup: str
    """Hex SHA-256 of the request token: how the callback finds this."""
    request_token: str
    """OAuth 1.0a: a JWE to key-vault; OAuth 2.0: empty."""
    authorize_url: str | None = None
    """OAuth 2.0: Jira's authorization page with all parameters but `state`, which only the person's link carries."""
    code_verifier: str | None = None
    """OAuth 2.0: PKCE, a JWE to key-vault."""
    expires_at: AwareDatetime
    resume: WaitingIntent | None = None


class LinkGranted(LinkFact):
    """Jira gave an access token for this person; the tokens are ciphertexts already."""

    link_id: str
    jira_user: Person
    auth_mode: AuthMode = "oauth1"
    access_token: str
    token_secret: str = ""
    refresh_token: str | None = None
    expires_at: AwareDatetime | None = None
    resume: WaitingIntent | None = None


class GrantHeld(LinkFact):
    """OAuth 2.0: the tokens are here as ciphertexts; they become a link when the right person brings the code."""

    lookup: str
    link_id: str
    jira_user: Person
    access_token: str
    refresh_token: str | None
    expires_at: AwareDatetime | None = None


class GrantRefused(LinkFact):
    """Jira gave no tokens for the code or verifier; the connection has to begin anew."""

    lookup: str
    """As in AuthorizationPrepared; OAuth 1.0a: empty."""
    why: str


class LinkRefreshed(LinkFact):
    """Jira rotated a link's tokens; these are the only ones that work now."""

    link_id: str
    generation: int
    """That of the link that was refreshed, plus one."""
    access_token: str
    refresh_token: str
    expires_at: AwareDatetime


class LinkLost(LinkFact):
    """Jira accepts this link no more: it was revoked there, or it expired."""

    link_id: str
    generation: int
    why: Literal["revoked", "expired"]


class RevocationTried(Event):
    """What made a link that its person ended was taken back in Jira, or why it was not."""

    topic: ClassVar[str] = "jira.facts.v1"

    revocation_id: str
    """As in RevocationAsked."""
    tenant_id: str
    auth_mode: Literal["oauth2", "pat"]
    outcome: Literal["revoked", "already_gone", "in_use", "several_tokens", "refused", "suspended", "unreachable"]
    """`in_use`: the person connected again, with the same token; `several_tokens`: Jira does not say which was ours."""
    origin: Origin | None = None
    """As in RevocationAsked."""

    def key(self) -> str:
        """Order by revocation."""
        return f"{self.tenant_id}|{self.revocation_id}"

    def subject(self) -> str | None:
        """Name the revocation."""
        return self.revocation_id


class WebhookCreated(LinkFact):
    """Bridge's webhook stands in this Jira."""

    webhook_id: str
    site: str


class SubscriptionAllowed(LinkFact):
    """The person may see the project, so the conversation may hear of it."""

    project: str
    project_name: str


class FieldChange(Fact):
    """One field's change, in Jira's own words."""

    field: str
    was: str | None = None
    now: str | None = None


class IssueChanged(Event):
    """One change of one issue, however many webhooks told of it."""

    topic: ClassVar[str] = "jira.changes.v1"

    tenant_id: str
    change_id: str
    """The same change told twice has the same id."""
    kind: str
    """`created`, `updated`, `assigned`, `transitioned`, `commented`, `comment_edited`, `comment_deleted`, `deleted`."""
    issue_id: str
    issue_key: str | None = None
    """None where Jira's webhook did not say: a comment event without its issue."""
    project: str | None = None
    summary: str | None = None
    url: str | None = None
    issue_type: str | None = None
    status: str | None = None
    priority: str | None = None
    assignee: str | None = None
    actor: str | None = None
    changes: tuple[FieldChange, ...] = ()
    comment_id: str | None = None
    comment: str | None = None
    """The comment's text, shortened."""
    at: AwareDatetime

    def key(self) -> str:
        """Order by issue."""
        return f"{self.tenant_id}|{self.issue_id}"

    def subject(self) -> str | None:
        """Name the change."""
        return self.change_id
