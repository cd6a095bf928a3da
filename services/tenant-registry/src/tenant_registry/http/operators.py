"""`/v1/tenants` and suspension: what the operator alone may do."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Query

from contracts.registry import TenantState as State
from tenant_registry.http.bearers import Caller, Doors
from tenant_registry.http.camel import Camel
from tenant_registry.http.problem import problems
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.http.tenants import TenantState, changed, noted
from tenant_registry.mongo.tenants import TenantChange
from tenant_registry.rows import TenantRow

MOST = 200


class TenantPage(Camel):
    """Some of the tenants, by their ids."""

    tenants: list[TenantState]
    next: str | None
    """To go on: `after`; null where these are the last ones."""


def routes(around: Surroundings) -> APIRouter:
    """Give the routes."""
    doors = Doors(around)
    router = APIRouter(prefix="/v1/tenants", tags=["operator"], dependencies=[Depends(doors.operator)])
    Seen = Annotated[Caller, Depends(doors.seen)]  # noqa: N806 - a type
    errors = problems(401, 403, 404, 409, 429, 503)

    @router.get("", summary="List the tenants", responses=problems(401, 403, 429, 503))
    async def show_all(
        after: Annotated[str, Query(max_length=100)] = "",
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
        state: State | None = None,
        teams_tenant: Annotated[str | None, Query(alias="teamsTenant", max_length=100)] = None,
    ) -> TenantPage:
        wanted = {"state": state, "teams_tenant": teams_tenant}
        only = {name: value for name, value in wanted.items() if value is not None}
        found = await around.registry.tenants.page(after, limit + 1, only)
        shown = [TenantState.of(tenant) for tenant in found[:limit]]
        return TenantPage(tenants=shown, next=shown[-1].tenant_id if len(found) > limit else None)

    @router.post("/{tenant_id}/suspension", summary="Suspend a tenant: nothing goes out or in", responses=errors)
    async def suspend(caller: Seen) -> TenantState:
        return TenantState.of(await _suspend(caller, around))

    @router.delete("/{tenant_id}/suspension", summary="Resume a tenant, once its checks pass", responses=errors)
    async def resume(caller: Seen) -> TenantState:
        return TenantState.of(await _resume(caller, around))

    return router


async def _suspend(caller: Caller, around: Surroundings) -> TenantRow:
    tenant, at = caller.tenant, around.now()
    if tenant.state == "suspended":
        return tenant
    change = TenantChange(tenant.id, at, {"state": "suspended"})
    return await changed(change, around, noted("suspended", caller, at))


async def _resume(caller: Caller, around: Surroundings) -> TenantRow:
    """Let a tenant be checked first: much may have changed meanwhile."""
    tenant, at = caller.tenant, around.now()
    if tenant.state != "suspended":
        return tenant
    change = TenantChange(tenant.id, at, {"state": "pending"}, only={"state": "suspended"}, check_id=uuid4().hex)
    return await changed(change, around, noted("resumed", caller, at))
