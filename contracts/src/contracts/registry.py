"""Owned by tenant-registry: tenants, account links, what it asks of others, and what is to be posted where."""

from datetime import timedelta
from typing import Any, ClassVar, Literal

from pydantic import AwareDatetime

from contracts.event import Conversation, Event, Fact, ForOnePerson, Origin

AuthMode = Literal["oauth1", "oauth2", "pat"]
"""How Bridge acts as a person: OAuth 1.0a application link, OAuth 2.0 incoming link, personal access token."""
TenantState = Literal["pending", "active", "failed", "suspended"]
"""An erased tenant is a tombstone."""


class WaitingIntent(Fact):
    """An intent that waits until its person has connected."""

    event_type: str
    data: dict[str, Any]
    """The intent's own JSON."""


class Tenant(Event):
    """One Jira, registered for one Teams tenant; no secret in it."""

    topic: ClassVar[str] = "registry.tenants.v1"

    tenant_id: str
    teams_tenant: str
    product: Literal["jira"] = "jira"
    base_url: str
    """As registered: where requests are sent. No trailing slash."""
    signing_base_url: str | None = None
    """As Jira knows itself: what is signed; None until checked."""
    site: str
    """For people: host and context path."""
    alias: str | None = None
    """What people call this Jira in commands, unique among their organisation's; None until there are several."""
    is_default: bool = False
    """The Jira that is meant where a command names none."""
    auth_mode: AuthMode = "oauth1"
    consumer_key: str
    """A transit ciphertext (row: the tenant id, field: `consumer_key`); OAuth 2.0: of the client id; else empty."""
    client_secret: str | None = None
    """OAuth 2.0: a transit ciphertext (row: the tenant id, field: `client_secret`)."""
    state: TenantState
    destinations: tuple[str, ...] = ()
    """Networks (CIDR) that jira-actor may reach for this tenant; empty: whatever the operator allows."""
    jira_version: str | None = None
    connector_version: str | None = None
    updated_at: AwareDatetime

    def key(self) -> str:
        """Keep the last one per tenant."""
        return self.tenant_id


class AccountLink(Event):
    """Who acts as whom, and the ciphertexts of the tokens that allow it."""

    topic: ClassVar[str] = "registry.links.v1"

    link_id: str
    tenant_id: str
    teams_tenant: str
    user: str
    jira_user: str
    auth_mode: AuthMode = "oauth1"
    access_token: str
    """A transit ciphertext (row: the link id, field: `access_token`)."""
    token_secret: str = ""
    """OAuth 1.0a: a transit ciphertext (row: the link id, field: `token_secret`); else empty."""
    refresh_token: str | None = None
    """OAuth 2.0: a transit ciphertext (row: the link id, field: `refresh_token`)."""
    generation: int = 0
    """Counts refreshes: what was made from an older one is outdated."""
    linked_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    """When the access token ends."""

    def key(self) -> str:
        """Keep the last one per link."""
        return self.link_id


class TenantCheckAsked(Event):
    """Try this tenant's Jira from end to end."""

    topic: ClassVar[str] = "registry.requests.v1"

    check_id: str
    tenant: Tenant
    asked_at: AwareDatetime

    def key(self) -> str:
        """Order by tenant."""
        return self.tenant.tenant_id

    def subject(self) -> str | None:
        """Name the check."""
        return self.check_id


class LinkRequest(ForOnePerson):
    """What jira-actor is to do about one person's connecting; `link_id` may be that of a link yet to be made."""

    topic: ClassVar[str] = "registry.requests.v1"

    tenant_id: str
    link_id: str


class LinkCompletionAsked(LinkRequest):
    """The right person brought the right code: fetch the access token."""

    request_token: str
    """A JWE to key-vault."""
    verifier: str
    """A JWE to key-vault."""
    resume: WaitingIntent | None = None


class CodeExchangeAsked(LinkRequest):
    """OAuth 2.0: Jira gave this code, which lives for seconds; fetch the tokens, and hold them for the right person."""

    useful_for: ClassVar[timedelta | None] = timedelta(minutes=1)

    lookup: str
    """Which connection it belongs to, as in AuthorizationPrepared."""
    code: str
    """A JWE to key-vault."""
    code_verifier: str
    """A JWE to key-vault."""


class AuthorizationEnded(LinkRequest):
    """A person's connecting ended without a link; `origin` is that of the card, so that no newer one is meant."""

    useful_for: ClassVar[timedelta | None] = timedelta(minutes=10)

    why: str
    """For programs: `denied`, `expired`, `given_up`, `failed`, `withdrawn`, `replaced`, …"""


class RevocationAsked(Event):
    """A person ended a link: take back in Jira what made it. Not asked for OAuth 1.0a, for which Jira has no call."""

    topic: ClassVar[str] = "registry.requests.v1"

    revocation_id: str
    """What ended the link, and in which Jira; it names nobody."""
    tenant_id: str
    link_id: str
    auth_mode: Literal["oauth2", "pat"]
    generation: int
    """That of the link that ended: one that is newer was made since."""
    token: str
    """A transit ciphertext (row: the link id, field: `refresh_token` with OAuth 2.0, else `access_token`)."""
    origin: Origin | None = None
    """Whom to tell where it fails; None: nobody, for the person is forgotten."""

    def key(self) -> str:
        """Order by link, so that a Jira that is out of reach holds up nothing else that the person asked for."""
        return self.link_id

    def subject(self) -> str | None:
        """Name the revocation."""
        return self.revocation_id


class WebhookCreationAsked(ForOnePerson):
    """Create Bridge's webhook in this Jira, as the person who asked."""

    topic: ClassVar[str] = "registry.requests.v1"

    tenant_id: str
    url: str
    """Where Jira is to send; without the secret."""
    secret: str
    """A transit ciphertext (row: the tenant id, field: `webhook_secret`)."""


class CommandResumed(ForOnePerson):
    """The person is connected: carry out the command that waited."""

    topic: ClassVar[str] = "registry.requests.v1"

    waiting: WaitingIntent


class WebhookReceived(Event):
    """An authenticated webhook, raw."""

    topic: ClassVar[str] = "registry.hooks.v1"

    tenant_id: str
    hook_id: str
    """Jira's own id of the delivery, or the SHA-256 of its body."""
    issue_id: str
    """For the order only; empty where the body names none."""
    body: str
    received_at: AwareDatetime

    def key(self) -> str:
        """Order by issue."""
        return f"{self.tenant_id}|{self.issue_id}"

    def subject(self) -> str | None:
        """Name the delivery."""
        return self.hook_id


class Notice(Fact):
    """A change as a card in a conversation shows it."""

    kind: str
    site: str
    issue_key: str
    url: str
    summary: str
    status: str | None = None
    issue_type: str | None = None
    priority: str | None = None
    assignee: str | None = None
    actor: str | None = None
    changes: tuple[tuple[str, str | None, str | None], ...] = ()
    """Field, was, now."""
    comment: str | None = None
    at: AwareDatetime


class NoticeDue(Event):
    """Post this there."""

    topic: ClassVar[str] = "registry.notices.v1"

    notice_id: str
    """Change and conversation: the same notice twice has the same id."""
    conversation: Conversation
    notice: Notice

    def key(self) -> str:
        """Order by conversation."""
        return self.conversation.conversation_id

    def subject(self) -> str | None:
        """Name the notice."""
        return self.notice_id
