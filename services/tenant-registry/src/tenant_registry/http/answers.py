"""The answer to a registration: what is shown this once, and what to paste where."""

import secrets
from dataclasses import dataclass, field

from tenant_registry.decide import fingerprint
from tenant_registry.http import pasting
from tenant_registry.http.calls import Registered
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.rows import TenantRow


@dataclass(frozen=True)
class Fresh:
    """New secrets; the token is for addresses of webhooks that are not signed, the secret for those that are."""

    registration_token: str = field(repr=False)
    hook_token: str | None = field(repr=False)
    webhook_secret: str | None = field(repr=False)

    @classmethod
    def make(cls, *, signed: bool) -> "Fresh":
        """Make them."""
        hook = secrets.token_urlsafe(32)
        return cls(secrets.token_urlsafe(32), None if signed else hook, hook if signed else None)

    def to_protect(self) -> dict[str, str]:
        """Give what is kept as a ciphertext, by field."""
        return {"webhook_secret": self.webhook_secret} if self.webhook_secret else {}

    def hashes(self) -> dict[str, str | None]:
        """Give what is remembered of the tokens."""
        return {
            "registration_token_hash": fingerprint(self.registration_token),
            "hook_token_hash": fingerprint(self.hook_token) if self.hook_token else None,
        }


def hook_url(public_url: str, tenant_id: str, token: str | None) -> str:
    """Give the address of a tenant's webhook; with the token it is a secret."""
    return f"{public_url}/v1/hooks/{tenant_id}{f'/{token}' if token else ''}"


def registered(tenant: TenantRow, consumer_key: str | None, fresh: Fresh, around: Surroundings) -> Registered:
    """Answer a registration."""
    oauth1, oauth2 = tenant.auth_mode == "oauth1", tenant.auth_mode == "oauth2"
    webhook_url = hook_url(around.public_url, tenant.id, fresh.hook_token)
    tenant_url = f"{around.public_url}/v1/tenants/{tenant.id}"
    callback = f"{around.public_url}/oauth/callback"
    return Registered(
        tenant_id=tenant.id,
        base_url=tenant.base_url,
        alias=tenant.alias,
        default=tenant.is_default,
        auth_mode=tenant.auth_mode,
        paste=[
            *link_entries(tenant, consumer_key, around.public_url),
            *pasting.webhook(tenant.base_url, webhook_url, fresh.webhook_secret),
        ],
        consumer_key=consumer_key,
        public_key=tenant.public_key if oauth1 else None,
        callback_url=callback if oauth1 else None,
        redirect_url=callback if oauth2 else None,
        scope=pasting.SCOPE if oauth2 else None,
        webhook_url=webhook_url,
        webhook_secret=fresh.webhook_secret,
        tenant_url=tenant_url,
        checks_url=f"{tenant_url}/checks",
        registration_token=fresh.registration_token,
    )


def link_entries(tenant: TenantRow, consumer_key: str | None, public_url: str) -> list[pasting.Paste]:
    """Give what to enter in Jira so that Bridge may act there; with personal access tokens nothing."""
    if tenant.auth_mode == "oauth2":
        return pasting.incoming_link(tenant.base_url, public_url)
    if tenant.auth_mode == "oauth1" and consumer_key and tenant.public_key:
        return pasting.application_link(tenant.base_url, public_url, consumer_key, tenant.public_key)
    return []
