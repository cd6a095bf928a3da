"""`/v1/tenants/…`: how a registration stands, for who holds its registration token."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import uuid4

from fastapi import APIRouter, Depends, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from contracts.registry import TenantCheckAsked
from tenant_registry.decide import fits
from tenant_registry.http.problem import Refusal, problems
from tenant_registry.http.registrations import Camel
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.rows import TenantRow

BEARER = HTTPBearer(auto_error=False, description="The registrationToken of the registration's answer.")
Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]
HOW_TO_ASK = "Send the registration token: Authorization: Bearer <registrationToken of the registration's answer>."
NO_TENANT = (
    "There is no such tenant, or this is not its registration token: use tenantUrl and registrationToken as answered."
)


class Check(Camel):
    """One of the checks of a Jira."""

    name: str
    status: Literal["ok", "failed", "skipped"]
    said: str
    advice: str | None


class TenantState(Camel):
    """How a registration stands."""

    tenant_id: str
    state: Literal["pending", "active", "failed"]
    product: str
    base_url: str
    signing_base_url: str | None
    auth_mode: str
    public_key: str | None
    jira_version: str | None
    connector_version: str | None
    title: str | None
    registered_by: str
    registered_at: datetime
    checks: list[Check]
    checked_at: datetime | None

    @classmethod
    def of(cls, tenant: TenantRow) -> "TenantState":
        """Show a tenant, without what is secret."""
        return cls.model_validate({**tenant.model_dump(), "tenant_id": tenant.id})


class CheckStarted(Camel):
    """The checks run; their results appear in the tenant."""

    check_id: str
    tenant_url: str


def routes(around: Surroundings) -> APIRouter:
    """Give the routes."""
    router = APIRouter(prefix="/v1/tenants", tags=["registration"])

    async def known(tenant_id: str, bearer: Bearer) -> TenantRow:
        if bearer is None:
            raise Refusal(401, "no-token", HOW_TO_ASK, {"WWW-Authenticate": "Bearer"})
        tenant = await around.registry.tenants.find(tenant_id)
        if tenant is None or not fits(bearer.credentials, tenant.registration_token_hash):
            raise Refusal(404, "unknown-tenant", NO_TENANT)
        return tenant

    Known = Annotated[TenantRow, Depends(known)]  # noqa: N806 - a type
    errors = problems(401, 404, 429, 503)

    @router.get("/{tenant_id}", summary="See how a registration stands", responses=errors)
    async def show(tenant: Known) -> TenantState:
        return TenantState.of(tenant)

    @router.post("/{tenant_id}/checks", status_code=202, summary="Run the checks again", responses=errors)
    async def check(tenant: Known) -> CheckStarted:
        asked = TenantCheckAsked(check_id=uuid4().hex, tenant=tenant.event(), asked_at=around.now())
        await around.registry.outbox.add(f"check:{asked.check_id}", asked, asked.asked_at)
        return CheckStarted(check_id=asked.check_id, tenant_url=f"{around.public_url}/v1/tenants/{tenant.id}")

    return router
