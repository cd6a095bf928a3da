"""What the registry remembers: one class per collection, with no secret in clear."""

import hashlib
import json
import secrets
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from contracts.event import Conversation, Origin
from contracts.jira import CheckResult, GrantHeld
from contracts.registry import AccountLink, AuthMode, Tenant, TenantState, WaitingIntent

OPERATOR = "operator"
"""In the place of a Teams tenant: the audit of what is about no organisation, or none that is known."""
UNKNOWN = "unknown"
"""In the place of a user: somebody whom nobody knows."""


class Row(BaseModel):
    """A document; `id` is its `_id`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """Read what the database holds."""
        return cls.model_validate({**document, "id": document["_id"]})

    def document(self) -> dict[str, Any]:
        """Give what the database is to hold."""
        held = self.model_dump()
        return {"_id": held.pop("id"), **held}


class TenantRow(Row):
    """One Jira, registered for one Teams tenant; `id` is the tenant id."""

    teams_tenant: str
    product: Literal["jira"] = "jira"
    base_url: str
    signing_base_url: str | None = None
    site: str
    alias: str | None = None
    is_default: bool = False
    auth_mode: AuthMode = "oauth1"
    consumer_key: str
    """A ciphertext; OAuth 2.0: of the client id; with personal access tokens empty."""
    client_secret: str | None = None
    """OAuth 2.0: a ciphertext."""
    webhook_secret: str | None = None
    """A ciphertext; None: this Jira proves itself by the address of its webhook."""
    source_networks: tuple[str, ...] = ()
    """Networks (CIDR) from which its calls and webhooks may come; empty: any."""
    destinations: tuple[str, ...] = ()
    """Networks (CIDR) that may be reached for it; empty: whatever the operator allows."""
    public_key: str | None
    data_key_version: int | None = None
    signing_key_version: int | None = None
    keys_destroyed_at: datetime | None = None
    state: TenantState = "pending"
    jira_version: str | None = None
    connector_version: str | None = None
    title: str | None = None
    checks: tuple[CheckResult, ...] = ()
    checked_at: datetime | None = None
    check_id: str | None = None
    """The newest check that was asked for: results of others come too late; None: any is taken."""
    check_asked_at: datetime | None = None
    registration_token_hash: str
    hook_token_hash: str | None
    """None: no webhook is taken for the address that it came to alone."""
    registered_by: str
    registered_at: datetime
    updated_at: datetime

    def event(self) -> Tenant:
        """Give what all services may know."""
        return Tenant.model_validate({**self.model_dump(), "tenant_id": self.id})


class LinkRow(Row):
    """Who acts as whom; `id` is the link id. The tokens are ciphertexts."""

    tenant_id: str
    teams_tenant: str
    user: str
    jira_user: str
    auth_mode: AuthMode = "oauth1"
    access_token: str
    token_secret: str = ""
    refresh_token: str | None = None
    generation: int = 0
    linked_at: datetime
    expires_at: datetime | None = None

    @property
    def person(self) -> str:
        """Give the person's key."""
        return f"{self.teams_tenant}|{self.user}"

    def event(self) -> AccountLink:
        """Give what key-vault needs."""
        return AccountLink.model_validate({**self.model_dump(), "link_id": self.id})


def generation_at(linked_at: datetime) -> int:
    """Give the first generation of a link: later than any of a link that was here before, however often refreshed."""
    return int(linked_at.timestamp() * 1000)


class PendingLink(Row):
    """A person was sent to Jira's Allow page and has yet to bring the code from it; `id` is the person."""

    lookup: str
    tenant_id: str
    origin: Origin
    request_token: str
    authorize_url: str | None = None
    """OAuth 2.0: Jira's page with all parameters but `state`."""
    code_verifier: str | None = None
    """OAuth 2.0: a JWE to key-vault."""
    grant: GrantHeld | None = None
    """OAuth 2.0: what Jira granted, as ciphertexts, until the right person brings the code."""
    jira_code_hash: str | None = None
    """OAuth 2.0: the hash of the code that Jira gave the browser; only that browser is shown a code of ours."""
    verifier: str | None = None
    code_hash: str | None = None
    attempts: tuple[str, ...] = ()
    """The intents that brought a code."""
    completed_by: str | None = None
    """The intent that brought the right one."""
    resume: WaitingIntent | None = None
    expires_at: datetime


class CodeRow(Row):
    """A one-time code for a registration; `id` is the hash of the code."""

    teams_tenant: str
    user: str
    expires_at: datetime
    purge_at: datetime
    used_for: str | None = None
    """The tenant it became."""


class ConversationRow(Row):
    """A place in Teams and its latest address; `id` is the conversation's."""

    kind: str
    service_url: str
    teams_tenant: str
    bot_id: str | None = None
    name: str | None = None
    seen_at: datetime
    left_at: datetime | None = None

    def conversation(self) -> Conversation:
        """Give what posting there needs."""
        return Conversation.model_validate({**self.model_dump(), "conversation_id": self.id})


class SubscriptionRow(Row):
    """One conversation hears of one project."""

    tenant_id: str
    project: str
    project_name: str
    conversation_id: str
    teams_tenant: str
    subscribed_by: str
    subscribed_at: datetime


class AuditRow(Row):
    """Who did what and when; `id` is the deed and its intent, so a repeat is noted once.

    What is personal of it is digested by itself, so that it can be deleted without breaking the chain.
    """

    what: str
    teams_tenant: str
    user: str
    at: datetime
    tenant_id: str | None = None
    details: dict[str, str]
    salt: str | None = Field(default_factory=lambda: secrets.token_hex(16))
    """None: the person had this deleted; `user` and `details` are blank then."""
    personal: str | None = None
    """The digest of salt, user and details; it stays."""
    seq: int | None = None
    """Its place among its organisation's rows, from 1; None: not chained yet."""
    prev: str | None = None
    hash: str | None = None

    @classmethod
    def of(cls, what: str, origin: Origin, at: datetime, **details: str) -> Self:
        """Note what came of an intent; never a secret, never what a comment says."""
        return cls(
            id=deed(what, origin),
            what=what,
            teams_tenant=origin.teams_tenant,
            user=origin.user,
            at=at,
            tenant_id=details.pop("tenant_id", None),
            details=details,
        )

    @property
    def person(self) -> str:
        """Give the person's key."""
        return f"{self.teams_tenant}|{self.user}"

    def document(self) -> dict[str, Any]:
        """Give what the database is to hold, with the digest of what is personal."""
        return {**super().document(), "personal": self.personal or self.personal_digest()}

    def part(self, name: str) -> Self:
        """Note this as one of several parts of a deed."""
        return self.model_copy(update={"id": f"{self.id}:{name}"})

    def personal_digest(self) -> str:
        """Digest what is personal."""
        told = json.dumps([self.salt, self.user, self.details], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()


def deed(what: str, origin: Origin) -> str:
    """Name what came of an intent."""
    return f"{what}:{origin.intent_id}"
