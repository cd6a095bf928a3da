"""`POST /v1/hooks/…`: Jira's webhooks, stored before they are answered, because Jira does not send them again."""

import hashlib
import json
import re
from typing import Any

from fastapi import APIRouter, Request

from contracts.registry import WebhookReceived
from tenant_registry.decide import fingerprint, fits, issue_of
from tenant_registry.http.problem import Refusal, problems
from tenant_registry.http.registrations import Camel
from tenant_registry.http.surroundings import Surroundings

IDENTIFIER = re.compile(r"[\x21-\x7e]{1,200}")
NO_HOOK = "This webhook address is not, or no longer, valid: enter the webhookUrl of the registration."
NO_OBJECT = "The body is not a JSON object in UTF-8: let Jira send the webhook's body (do not exclude it)."


class HookTaken(Camel):
    """The webhook is stored."""

    hook_id: str
    duplicate: bool
    """It was taken before, and will not be told of twice."""


def routes(around: Surroundings) -> APIRouter:
    """Give the route."""
    router = APIRouter(tags=["webhooks"])

    @router.post(
        "/v1/hooks/{tenant_id}/{token}",
        status_code=202,
        summary="Take a webhook from Jira",
        responses=problems(400, 404, 413, 429, 503),
    )
    async def take(tenant_id: str, token: str, request: Request) -> HookTaken:
        tenant = await around.registry.tenants.find(tenant_id)
        if tenant is None or not fits(token, tenant.hook_token_hash):
            raise Refusal(404, "unknown-hook", NO_HOOK)
        hook = _hook(tenant_id, await request.body(), request.headers.get("x-atlassian-webhook-identifier"), around)
        added = await around.registry.outbox.add(
            f"hook:{tenant_id}:{fingerprint(hook.hook_id)}", hook, hook.received_at
        )
        return HookTaken(hook_id=hook.hook_id, duplicate=not added)

    return router


def _hook(tenant_id: str, body: bytes, identifier: str | None, around: Surroundings) -> WebhookReceived:
    text, said = _read(body)
    hook = WebhookReceived(
        tenant_id=tenant_id,
        hook_id=identifier if identifier and IDENTIFIER.fullmatch(identifier) else hashlib.sha256(body).hexdigest(),
        issue_id=issue_of(said),
        body=text,
        received_at=around.now(),
    )
    if len(hook.model_dump_json().encode()) > around.biggest_hook:
        detail = "The webhook is larger than Bridge can pass on: let Jira's webhook send fewer events or fields."
        raise Refusal(413, "too-large", detail)
    return hook


def _read(body: bytes) -> tuple[str, dict[str, Any]]:
    try:
        text = body.decode()
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise Refusal(400, "bad-json", NO_OBJECT) from None
    if not isinstance(said, dict):
        raise Refusal(400, "bad-json", NO_OBJECT)
    return text, said
