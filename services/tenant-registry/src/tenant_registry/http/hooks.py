"""`POST /v1/hooks/…`: Jira's webhooks, stored before they are answered, because Jira does not send them again.

Jira 10 and later sign the body (`X-Hub-Signature`); older ones prove themselves by an address that nobody can guess.
"""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request

from contracts.registry import WebhookReceived
from tenant_registry.decide import fingerprint, fits, issue_of
from tenant_registry.http.bearers import Doors
from tenant_registry.http.camel import Camel
from tenant_registry.http.hook_secrets import HookSecrets
from tenant_registry.http.problem import Refusal, problems
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.rows import TenantRow

IDENTIFIER = re.compile(r"[\x21-\x7e]{1,200}")
SIGNATURE = re.compile(r"sha256=(?P<hex>[0-9a-fA-F]{64})")
NO_HOOK = "This webhook address is not, or no longer, valid: enter the webhookUrl of the registration."
BAD_SIGNATURE = (
    "No webhook with this address and signature is known. Enter webhookUrl and webhookSecret in Jira's webhook as they"
    " were answered, so that Jira sends X-Hub-Signature: sha256=…; a Jira before 10 needs an address with a token."
)
NO_OBJECT = "The body is not a JSON object in UTF-8: let Jira send the webhook's body (do not exclude it)."
NO_TIME = "The body of a signed webhook needs its timestamp, in milliseconds since 1970, as Jira writes it."
ASLEEP = "This registration is suspended, so nobody is told: ask the operator of Bridge to resume it."


class HookTaken(Camel):
    """The webhook is stored."""

    hook_id: str
    duplicate: bool
    """It was taken before, and will not be told of twice."""


@dataclass(frozen=True)
class Sent:
    """A webhook whose sender is known."""

    tenant: TenantRow
    request: Request
    body: bytes
    signed: bool


def routes(around: Surroundings) -> APIRouter:
    """Give the routes."""
    router = APIRouter(tags=["webhooks"])
    held = HookSecrets(around.keys, around.now)
    errors = problems(400, 403, 409, 413, 429, 503)

    @router.post(
        "/v1/hooks/{tenant_id}",
        status_code=202,
        summary="Take a signed webhook from Jira 10 or later",
        responses=errors | problems(401),
    )
    async def take_signed(tenant_id: str, request: Request) -> HookTaken:
        body, tenant = await request.body(), await around.registry.tenants.find(tenant_id)
        secret = await held.of(tenant) if tenant else None
        if tenant is None or secret is None or not signature_fits(request.headers.get("x-hub-signature"), secret, body):
            around.refused("hook_signature", tenant)
            raise Refusal(401, "bad-signature", BAD_SIGNATURE, {"WWW-Authenticate": "X-Hub-Signature"})
        return await _take(Sent(tenant, request, body, signed=True), around)

    @router.post(
        "/v1/hooks/{tenant_id}/{token}",
        status_code=202,
        summary="Take a webhook from an older Jira",
        responses=errors | problems(404),
    )
    async def take(tenant_id: str, token: str, request: Request) -> HookTaken:
        tenant = await around.registry.tenants.find(tenant_id)
        if tenant is None or not await _knows(tenant, token, held):
            around.refused("hook_address", tenant)
            raise Refusal(404, "unknown-hook", NO_HOOK)
        return await _take(Sent(tenant, request, await request.body(), signed=False), around)

    return router


def signature_fits(header: str | None, secret: bytes, body: bytes) -> bool:
    """Compare a signature with ours over the raw body, in constant time."""
    said = SIGNATURE.fullmatch(header or "")
    own = hmac.new(secret, body, hashlib.sha256).digest()
    return said is not None and hmac.compare_digest(bytes.fromhex(said["hex"]), own)


async def _knows(tenant: TenantRow, token: str, held: HookSecrets) -> bool:
    """Tell whether a webhook may come to this address: one given by hand, or one that Bridge itself entered in Jira."""
    if tenant.hook_token_hash is None:
        return False
    if fits(token, tenant.hook_token_hash):
        return True
    secret = await held.of(tenant)
    return secret is not None and hmac.compare_digest(token.encode(), secret)


async def _take(sent: Sent, around: Surroundings) -> HookTaken:
    Doors(around).at_home(sent.tenant, sent.request)
    if sent.tenant.state == "suspended":
        raise Refusal(409, "suspended", ASLEEP)
    hook = _hook(sent, around)
    event_id = f"hook:{hook.tenant_id}:{fingerprint(hook.hook_id)}"
    added = await around.registry.outbox.add(event_id, hook, hook.received_at)
    return HookTaken(hook_id=hook.hook_id, duplicate=not added)


def _hook(sent: Sent, around: Surroundings) -> WebhookReceived:
    text, said = _read(sent.body)
    hook = WebhookReceived(
        tenant_id=sent.tenant.id,
        hook_id=_hook_id(sent),
        issue_id=issue_of(said),
        body=text,
        received_at=around.now(),
    )
    _check_time(said.get("timestamp"), sent, around)
    if len(hook.model_dump_json().encode()) > around.biggest_hook:
        detail = "The webhook is larger than Bridge can pass on: let Jira's webhook send fewer events or fields."
        raise Refusal(413, "too-large", detail)
    return hook


def _hook_id(sent: Sent) -> str:
    """Name a delivery: where it is signed by what the signature covers, so that a header makes no new one of it."""
    told = sent.request.headers.get("x-atlassian-webhook-identifier")
    if not sent.signed and told and IDENTIFIER.fullmatch(told):
        return told
    return hashlib.sha256(sent.body).hexdigest()


def _check_time(timestamp: Any, sent: Sent, around: Surroundings) -> None:
    """Refuse what is too old or from the future.

    A signed webhook must say its time, so that a copy of it is worth nothing once it is forgotten here. Without a
    signature some old events say none; whoever has the address could write any time, so nothing is lost.
    """
    if type(timestamp) is not int:
        if sent.signed:
            raise Refusal(400, "no-timestamp", NO_TIME)
        return
    window = around.policy.hook_window
    if abs(int(around.now().timestamp() * 1000) - timestamp) > window / timedelta(milliseconds=1):
        around.refused("hook_time", sent.tenant)
        minutes = round(window / timedelta(minutes=1))
        detail = (
            f"The webhook's timestamp is more than {minutes} minutes off: correct the clock of Jira's nodes;"
            " a webhook that waited that long is not told any more."
        )
        raise Refusal(400, "outside-window", detail)


def _read(body: bytes) -> tuple[str, dict[str, Any]]:
    try:
        text = body.decode()
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise Refusal(400, "bad-json", NO_OBJECT) from None
    if not isinstance(said, dict):
        raise Refusal(400, "bad-json", NO_OBJECT)
    return text, said
