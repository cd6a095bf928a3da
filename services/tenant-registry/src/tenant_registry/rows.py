"""What the registry remembers: one class per collection, with no secret in clear."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict

from contracts.event import Conversation, Origin
from contracts.jira import CheckResult
from contracts.registry import AccountLink, Tenant, WaitingIntent


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
    auth_mode: Literal["oauth1"] = "oauth1"
    consumer_key: str
    """A ciphertext."""
    public_key: str | None
    data_key_version: int | None = None
    signing_key_version: int | None = None
    keys_destroyed_at: datetime | None = None
    state: Literal["pending", "active", "failed"] = "pending"
    jira_version: str | None = None
    connector_version: str | None = None
    title: str | None = None
    checks: tuple[CheckResult, ...] = ()
    checked_at: datetime | None = None
    registration_token_hash: str
    hook_token_hash: str
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
    access_token: str
    token_secret: str
    linked_at: datetime
    expires_at: datetime | None = None

    def event(self) -> AccountLink:
        """Give what key-vault needs."""
        return AccountLink.model_validate({**self.model_dump(), "link_id": self.id})


class PendingLink(Row):
    """A person was sent to Jira's Allow page and has yet to bring the code from it; `id` is the person."""

    lookup: str
    tenant_id: str
    origin: Origin
    request_token: str
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
    """Who did what and when; `id` is the deed and its intent, so a repeat is noted once."""

    what: str
    teams_tenant: str
    user: str
    at: datetime
    tenant_id: str | None = None
    details: dict[str, str]

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


def deed(what: str, origin: Origin) -> str:
    """Name what came of an intent."""
    return f"{what}:{origin.intent_id}"
