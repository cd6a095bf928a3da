"""Having Jira tell of changes: Bridge's webhook, created by an administrator's leave."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from chassis.keys import KeysRefusal
from contracts.jira import WebhookCreated
from contracts.outcomes import Refused, WebhookReady
from contracts.registry import WebhookCreationAsked
from contracts.sites import NoSite, meant
from contracts.teams import WebhookAsked
from tenant_registry import words
from tenant_registry.decide import signs_webhooks
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow, TenantRow

FIELD = "webhook_secret"
Clock = Callable[[], datetime]


class Protects(Protocol):
    """The part of key-vault that this needs; raises Unavailable and KeysRefusal."""

    async def protect(self, tenant_id: str, secrets: Sequence[tuple[str, str, str]]) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class WebhookRules:
    """Who may have a webhook created (Entra object ids in lower case), and how Jira reaches us."""

    registrars: frozenset[str]
    public_url: str


@dataclass(frozen=True)
class Means:
    """What having a webhook created takes."""

    registry: Registry
    keys: Protects
    rules: WebhookRules
    now: Clock


async def webhook_asked(asked: WebhookAsked, means: Means) -> WebhookCreationAsked | Refused:
    """Have the webhook created as the person who asked, with the tenant's secret."""
    origin = asked.origin
    if origin.user.lower() not in means.rules.registrars:
        return words.not_a_registrar(origin)
    tenants = await means.registry.tenants.of_organisation(origin.teams_tenant)
    tenant = meant(tenants, asked.site)
    if isinstance(tenant, NoSite):
        return words.no_site(origin, tenant, tenants)
    if tenant.state != "active":
        return words.not_active(origin, tenant)
    if tenant.auth_mode == "oauth2":
        return words.webhook_by_hand(origin, tenant, means.rules.public_url)
    if tenant.hook_token_hash is None and not signs_webhooks(tenant.jira_version):
        return words.webhooks_switched_off(origin)
    secret = await _secret(tenant, means)
    if secret is None:
        return words.not_registered(origin)
    noted = AuditRow.of("webhook_asked", origin, means.now(), tenant_id=tenant.id)
    await means.registry.note_act(noted, origin.asked_at)
    url = f"{means.rules.public_url}/v1/hooks/{tenant.id}"
    return WebhookCreationAsked(origin=origin, tenant_id=tenant.id, url=url, secret=secret)


async def webhook_created(created: WebhookCreated, registry: Registry, now: Clock) -> WebhookReady | Refused:
    """Tell the person that Jira tells Bridge from now on."""
    origin = created.origin
    tenant = await registry.tenants.owned(created.tenant_id, origin.teams_tenant)
    if tenant is None:
        return words.not_registered(origin)
    noted = AuditRow.of("webhook_created", origin, now(), tenant_id=tenant.id, webhook=created.webhook_id)
    await registry.note_act(noted, origin.asked_at)
    return WebhookReady(origin=origin, tenant_id=tenant.id, site=tenant.site)


async def _secret(tenant: TenantRow, means: Means) -> str | None:
    """Give the ciphertext of the tenant's secret, made now where there is none; None where its keys are gone."""
    if tenant.webhook_secret is not None:
        return tenant.webhook_secret
    try:
        (protected,) = await means.keys.protect(tenant.id, [(tenant.id, FIELD, secrets.token_urlsafe(32))])
    except KeysRefusal:
        return None
    kept = await means.registry.tenants.keep_webhook_secret(tenant.id, protected, means.now())
    return kept.webhook_secret if kept else None
