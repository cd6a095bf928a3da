"""`POST /v1/tenants/{id}/webhook`: a new secret, or a new address, for Jira's webhook."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from tenant_registry.decide import fingerprint
from tenant_registry.http import credentials, pasting
from tenant_registry.http.answers import hook_url
from tenant_registry.http.bearers import Caller, Doors
from tenant_registry.http.camel import Camel
from tenant_registry.http.hook_secrets import FIELD
from tenant_registry.http.pasting import Paste
from tenant_registry.http.problem import problems
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.http.tenants import changed, noted
from tenant_registry.mongo.tenants import TenantChange


class WebhookCall(Camel):
    """Which kind is wanted."""

    signed: bool = Field(
        strict=True, description="true: a secret with which Jira 10 and later sign; false: an address with a token."
    )


class WebhookMade(Camel):
    """What to enter in Jira's webhook; shown this once. What stood there of the same kind is valid no more."""

    webhook_url: str
    webhook_secret: str | None
    paste: list[Paste]


def routes(around: Surroundings) -> APIRouter:
    """Give the route."""
    router = APIRouter(prefix="/v1/tenants", tags=["registration"])
    Changing = Annotated[Caller, Depends(Doors(around).changing)]  # noqa: N806 - a type

    @router.post(
        "/{tenant_id}/webhook",
        status_code=201,
        summary="Make a new secret or address for Jira's webhook",
        responses=problems(400, 401, 403, 404, 409, 429, 503),
    )
    async def make(caller: Changing, call: WebhookCall, response: Response) -> WebhookMade:
        response.headers["Cache-Control"] = "no-store"
        return await make_webhook(caller, call, around)

    return router


async def make_webhook(caller: Caller, call: WebhookCall, around: Surroundings) -> WebhookMade:
    """Make the secret or the address by which Jira's webhooks are known from now on; it is shown this once."""
    tenant, fresh, at = caller.tenant, secrets.token_urlsafe(32), around.now()
    fields: dict[str, str] = {"hook_token_hash": fingerprint(fresh)}
    if call.signed:
        fields = await credentials.protect(tenant.id, {FIELD: fresh}, around)
    kind = "signed" if call.signed else "address"
    await changed(TenantChange(tenant.id, at, fields), around, noted("webhook_renewed", caller, at, kind=kind))
    url, secret = hook_url(around.public_url, tenant.id, None if call.signed else fresh), fresh if call.signed else None
    return WebhookMade(webhook_url=url, webhook_secret=secret, paste=pasting.webhook(tenant.base_url, url, secret))
