"""`/connect` and `/oauth/callback`: what a person's browser visits on its way to Jira's Allow page and back."""

import asyncio
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, Field

from chassis.errors import Unavailable
from tenant_registry.decide import CODE_LIVES, fingerprint
from tenant_registry.http import oauth2
from tenant_registry.http.problem import pages, problems
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.http.visits import Visit, deny, fresh_code, gone, incomplete, stranger, unavailable, visit
from tenant_registry.mongo.pending import Allowed
from tenant_registry.pages import HEADERS, code_page

DENIED = "denied"
LOOK_EVERY = timedelta(milliseconds=200)
LOOKS = 10
Parameter = Annotated[str, Query(max_length=500)]


class Answer(BaseModel):
    """What Jira sends the browser back with: OAuth 1.0a's two parameters, or OAuth 2.0's."""

    oauth_token: str = Field("", max_length=500)
    oauth_verifier: str = Field("", max_length=500)
    state: str = Field("", max_length=500)
    code: str = Field("", max_length=2000)
    error: str = Field("", max_length=500)


def routes(around: Surroundings) -> APIRouter:
    """Give the routes."""
    router = APIRouter(tags=["browser"], default_response_class=HTMLResponse)

    @router.get(
        "/connect", status_code=302, summary="Go to Jira's Allow page", responses=problems(429) | pages(404, 503)
    )
    async def connect(oauth_token: Parameter = "", state: Parameter = "") -> Response:
        try:
            return await _connect(oauth_token, state, around)
        except Unavailable:
            return unavailable()

    @router.get(
        "/oauth/callback", summary="Come back from Jira's Allow page", responses=problems(429) | pages(400, 404, 503)
    )
    async def callback(answer: Annotated[Answer, Query()]) -> Response:
        try:
            return await _callback(answer, around)
        except Unavailable:
            return unavailable()

    return router


async def _connect(token: str, state: str, around: Surroundings) -> Response:
    secret = state or token
    found = await visit(secret, around)
    looks = LOOKS if secret else 0
    while found is None and looks > 0:  # card and pending link travel separately: a quick finger may come first
        looks -= 1
        await asyncio.sleep(LOOK_EVERY.total_seconds())
        found = await visit(secret, around)
    if found is None or found.oauth2 != bool(state):
        return stranger(found, around)
    return RedirectResponse(oauth2.allow_page(found, state) if state else _allow_page(found, token), 302, HEADERS)


def _allow_page(found: Visit, token: str) -> str:
    # The address as Jira knows itself may differ; the one that its administrator registered is the one people open.
    return f"{found.tenant.base_url}/plugins/servlet/oauth/authorize?{urlencode({'oauth_token': token})}"


async def _callback(answer: Answer, around: Surroundings) -> Response:
    if answer.state:
        return await oauth2.callback(oauth2.Back(answer.state, answer.code, answer.error), around)
    token, verifier = answer.oauth_token, answer.oauth_verifier
    if not token or not verifier:
        return incomplete()
    found = await visit(token, around)
    if found is None or found.oauth2:
        return stranger(found, around)
    if verifier == DENIED:
        return await deny(found, around)
    code = fresh_code()
    allowed = Allowed(
        lookup=found.pending.lookup,
        verifier=around.keys.seal(verifier, found.tenant.id),
        code_hash=fingerprint(code),
        expires_at=around.now() + CODE_LIVES,
    )
    if not await around.registry.pending.allow(allowed):
        return gone()
    return code_page(code, found.tenant.site)
