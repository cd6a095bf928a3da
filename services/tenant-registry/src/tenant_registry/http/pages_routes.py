"""`/register/{tenant_id}`: the pages of one registration, for the browser that has its token."""

from fastapi import APIRouter, Request
from fastapi.security import HTTPAuthorizationCredentials
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tenant_registry.http import credentials, pages_form, pasting
from tenant_registry.http.answers import hook_url, link_entries
from tenant_registry.http.bearers import Caller
from tenant_registry.http.pages_front import Front, routed
from tenant_registry.http.pages_html import HEADERS, inner
from tenant_registry.http.pages_status import Watch, checks, facts, moment_of, status_page
from tenant_registry.http.pages_tenant import enter_page
from tenant_registry.http.pasting import Paste
from tenant_registry.http.problem import Refusal
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.http.tenants import ask_checks
from tenant_registry.http.webhooks import WebhookCall, make_webhook
from tenant_registry.rows import TenantRow

KINDS = {"signed": True, "unsigned": False}
SEE_OTHER = 303


def routes(front: Front) -> APIRouter:
    """Give the routes."""
    router = APIRouter(prefix="/register/{tenant_id}", route_class=routed(front))
    around = front.around

    @router.get("")
    async def show(tenant_id: str, request: Request, seen: str = "") -> Response:
        caller = await front.caller(tenant_id, request)
        return front.show(status_page(Watch(caller.tenant, seen, around.now()), front.desk(request)), request)

    @router.post("")
    async def open_page(tenant_id: str, request: Request) -> Response:
        form = await _form(front, request)
        caller = await _opened(front, tenant_id, form.get("token", ""), request)
        response = RedirectResponse(front.desk(request).at(caller.tenant.id), SEE_OTHER, HEADERS)
        front.guard.keep_token(response, caller.tenant.id, form["token"])
        return response

    @router.post("/leave")
    async def leave(tenant_id: str, request: Request) -> Response:
        await _form(front, request)
        caller = await front.caller(tenant_id, request)
        response = RedirectResponse(f"{front.root}/register", SEE_OTHER, HEADERS)
        front.guard.forget_token(response, caller.tenant.id)
        return response

    @router.get("/checks")
    async def look(tenant_id: str, request: Request, seen: str = "") -> Response:
        caller = await front.caller(tenant_id, request)
        return HTMLResponse(
            inner(checks(Watch(caller.tenant, seen, around.now())), facts(caller.tenant)), headers=HEADERS
        )

    @router.post("/checks")
    async def check(tenant_id: str, request: Request) -> Response:
        await _form(front, request)
        caller = await front.changing(tenant_id, request)
        await ask_checks(caller, around)
        url = f"{front.desk(request).at(caller.tenant.id)}?seen={moment_of(caller.tenant)}"
        return RedirectResponse(url, SEE_OTHER, HEADERS)

    @router.get("/jira")
    async def to_enter(tenant_id: str, request: Request) -> Response:
        caller = await front.caller(tenant_id, request)
        hook = pasting.webhook(caller.tenant.base_url, hook_url(around.public_url, caller.tenant.id, None), None)
        paste = [*await _to_link(caller.tenant, around), *(hook if caller.tenant.webhook_secret else ())]
        return front.show(enter_page(caller.tenant, paste, front.desk(request)), request)

    @router.post("/webhook/{kind}")
    async def webhook(tenant_id: str, kind: str, request: Request) -> Response:
        await _form(front, request)
        if kind not in KINDS:
            raise Refusal(404, "not-found", "There is no such page.")
        caller = await front.changing(tenant_id, request)
        made = await make_webhook(caller, WebhookCall(signed=KINDS[kind]), around)
        paste = [*await _to_link(caller.tenant, around), *made.paste]
        return front.show(enter_page(caller.tenant, paste, front.desk(request), fresh=True), request)

    return router


async def _form(front: Front, request: Request) -> dict[str, str]:
    form = await pages_form.read(request)
    front.guard.check(request, form)
    return form


async def _opened(front: Front, tenant_id: str, token: str, request: Request) -> Caller:
    """Give the registration whose token was entered; the operator's token does not belong into a browser."""
    bearer = HTTPAuthorizationCredentials(scheme="Bearer", credentials=token)
    caller = await front.doors.seen(tenant_id, bearer, request)
    if caller.operator:
        raise Refusal(404, "unknown-tenant", "This is the operator's token: use the command bridge tenant with it.")
    return caller


async def _to_link(tenant: TenantRow, around: Surroundings) -> list[Paste]:
    consumer_key = await credentials.consumer_key(tenant, around) if tenant.auth_mode == "oauth1" else None
    return link_entries(tenant, consumer_key, around.public_url)
