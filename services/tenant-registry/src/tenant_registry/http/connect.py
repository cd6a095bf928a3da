"""`/connect` and `/oauth/callback`: what a person's browser visits on its way to Jira's Allow page and back."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from chassis.errors import Unavailable
from tenant_registry import words
from tenant_registry.decide import fingerprint
from tenant_registry.http.problem import problems
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.mongo.pending import Allowed
from tenant_registry.pages import HEADERS, code_page, message_page
from tenant_registry.rows import PendingLink, TenantRow

CODE_LIVES = timedelta(minutes=10)
DENIED = "denied"
LOOK_EVERY = timedelta(milliseconds=200)
LOOKS = 10
Parameter = Annotated[str, Query(max_length=500)]
AGAIN = "Go back to Teams and type connect to get a new link."


@dataclass(frozen=True)
class Visit:
    """A connection that still waits, and the Jira it is for."""

    pending: PendingLink
    tenant: TenantRow


def routes(around: Surroundings) -> APIRouter:
    """Give the routes."""
    router = APIRouter(tags=["browser"], default_response_class=HTMLResponse)

    @router.get("/connect", status_code=302, summary="Go to Jira's Allow page", responses=problems(429))
    async def connect(oauth_token: Parameter = "") -> Response:
        try:
            return await _connect(oauth_token, around)
        except Unavailable:
            return _unavailable()

    @router.get("/oauth/callback", summary="Come back from Jira's Allow page", responses=problems(429))
    async def callback(oauth_token: Parameter = "", oauth_verifier: Parameter = "") -> Response:
        try:
            return await _callback(oauth_token, oauth_verifier, around)
        except Unavailable:
            return _unavailable()

    return router


async def _connect(token: str, around: Surroundings) -> Response:
    visit = await _visit(token, around)
    looks = LOOKS if token else 0
    while visit is None and looks > 0:  # card and pending link travel separately: a quick finger may come first
        looks -= 1
        await asyncio.sleep(LOOK_EVERY.total_seconds())
        visit = await _visit(token, around)
    if visit is None:
        return _gone()
    query = urlencode({"oauth_token": token})
    # The address as Jira knows itself may differ; the one that its administrator registered is the one people open.
    url = f"{visit.tenant.base_url}/plugins/servlet/oauth/authorize?{query}"
    return RedirectResponse(url, 302, HEADERS)


async def _callback(token: str, verifier: str, around: Surroundings) -> Response:
    if not token or not verifier:
        return message_page(400, "Something is missing", f"This address is incomplete. {AGAIN}")
    visit = await _visit(token, around)
    if visit is None:
        return _gone()
    if verifier == DENIED:
        return await _deny(visit, around)
    code = f"{secrets.randbelow(10**8):08d}"
    allowed = Allowed(
        lookup=visit.pending.lookup,
        verifier=around.keys.seal(verifier),
        code_hash=fingerprint(code),
        expires_at=around.now() + CODE_LIVES,
    )
    if not await around.registry.pending.allow(allowed):
        return _gone()
    return code_page(code, visit.tenant.site)


async def _deny(visit: Visit, around: Surroundings) -> HTMLResponse:
    pending = visit.pending
    outcome = words.denied(pending.origin)
    await around.registry.outbox.add(f"denied:{pending.lookup}", outcome, around.now())
    await around.registry.pending.drop(pending.lookup)
    text = f"You pressed Deny, so Bridge will not act for you in {visit.tenant.site}. If you change your mind: {AGAIN}"
    return message_page(200, "Not connected", text)


async def _visit(token: str, around: Surroundings) -> Visit | None:
    pending = await around.registry.pending.by_lookup(fingerprint(token))
    if pending is None or pending.completed_by is not None or pending.expires_at <= around.now():
        return None
    tenant = await around.registry.tenants.find(pending.tenant_id)
    return Visit(pending, tenant) if tenant else None


def _gone() -> HTMLResponse:
    text = f"It was used, or it waited too long. If it is brand new, load this page again in a moment; if not: {AGAIN}"
    return message_page(404, "This link leads nowhere", text)


def _unavailable() -> HTMLResponse:
    return message_page(503, "Not now", "Bridge cannot do this right now. Wait a moment and load this page again.")
