"""`/register`: the registration API as pages for a browser; they work without scripts."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from tenant_registry.http import pages_erasure, pages_form, pages_routes
from tenant_registry.http.admissions import admit
from tenant_registry.http.calls import Registered
from tenant_registry.http.pages_entry import entry_page
from tenant_registry.http.pages_form import Misfit
from tenant_registry.http.pages_front import Front, routed
from tenant_registry.http.pages_parts import Said
from tenant_registry.http.pages_tenant import registered_page
from tenant_registry.http.problem import Refusal
from tenant_registry.http.registrations import register_or_renew
from tenant_registry.http.surroundings import Surroundings

NOTHING_SAID = Said({}, {})
MISFIT = 422


def routes(around: Surroundings) -> APIRouter:
    """Give the routes."""
    front = Front(around)
    router = APIRouter(prefix="/register", route_class=routed(front))

    @router.get("")
    async def begin(request: Request) -> Response:
        return front.show(entry_page(front.desk(request), NOTHING_SAID), request)

    @router.post("")
    async def register(request: Request) -> Response:
        form = await pages_form.read(request)
        front.guard.check(request, form)
        desk = front.desk(request)
        try:
            answer = await _registered(form, request, around)
        except Misfit as misfit:
            return front.show(entry_page(desk, Said(pages_form.echo(form), misfit.problems), MISFIT), request)
        except Refusal as refusal:
            said = Said(pages_form.echo(form), pages_form.problems_of(refusal))
            return front.show(entry_page(desk, said, refusal.status), request)
        response = front.show(registered_page(answer, desk), request)
        front.guard.keep_token(response, answer.tenant_id, answer.registration_token)
        return response

    @router.get("/assets/{name}")
    async def asset(name: str) -> Response:
        return front.paper.asset(name) or Response(status_code=404)

    all_pages = APIRouter(include_in_schema=False)
    for part in (router, pages_routes.routes(front), pages_erasure.routes(front)):
        all_pages.include_router(part)
    return all_pages


async def _registered(form: dict[str, str], request: Request, around: Surroundings) -> Registered:
    """Make the registration call that the form is. Raises Misfit and Refusal."""
    call = pages_form.call_of(form, allow_http=around.allow_http)
    admitted = await admit(call, request, pages_form.old_token(form), around)
    return await register_or_renew(admitted, around)
