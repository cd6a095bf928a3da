"""`/register/{tenant_id}/delete` and `/export`: taking along what is stored of a registration, and erasing it."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from tenant_registry.erasure import Eraser
from tenant_registry.http import pages_form
from tenant_registry.http.erasure import check_confirmed, check_knows, erased_before, finished
from tenant_registry.http.exports import exported
from tenant_registry.http.pages_front import Front, routed
from tenant_registry.http.pages_parts import Said
from tenant_registry.http.pages_tenant import delete_page, receipt_page
from tenant_registry.http.problem import Refusal

NOT_THIS_ONE = "This is not the address of this Jira: type it as it stands above."
MISFIT = 422


def routes(front: Front) -> APIRouter:
    """Give the routes."""
    router = APIRouter(prefix="/register/{tenant_id}", route_class=routed(front))
    around = front.around
    eraser = Eraser(around.registry, around.keys, around.gone, around.now)

    @router.get("/export")
    async def export(tenant_id: str, request: Request) -> Response:
        caller = await front.caller(tenant_id, request)
        return await exported(caller, around)

    @router.get("/delete")
    async def ask(tenant_id: str, request: Request) -> Response:
        caller = await front.caller(tenant_id, request)
        return front.show(delete_page(caller.tenant, front.desk(request), Said({}, {})), request)

    @router.post("/delete")
    async def delete(tenant_id: str, request: Request) -> Response:
        form = await pages_form.read(request)
        front.guard.check(request, form)
        left = await erased_before(tenant_id, around)
        if left is None:
            caller = await front.caller(tenant_id, request)
            try:
                check_confirmed(form.get("confirm", ""), caller.tenant.base_url)
            except Refusal:
                said = Said({"confirm": form.get("confirm", "")}, {"confirm": NOT_THIS_ONE})
                return front.show(delete_page(caller.tenant, front.desk(request), said, MISFIT), request)
            await eraser.begin(caller.tenant, caller.name)
        else:
            check_knows(front.guard.bearer(request), left, around)
        receipt = await finished(eraser, tenant_id, around)
        response = front.show(receipt_page(receipt, tenant_id, front.desk(request)), request)
        if receipt is not None:
            front.guard.forget_token(response, tenant_id)
        return response

    return router
