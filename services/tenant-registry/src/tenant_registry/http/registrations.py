"""`POST /v1/registrations`: Jira's administrator brings the code that Teams' administrator got from the bot."""

from uuid import uuid4

from fastapi import APIRouter, Request, Response

from chassis.errors import Unavailable
from tenant_registry.base_url import site
from tenant_registry.decide import signs_webhooks
from tenant_registry.http import credentials
from tenant_registry.http.admissions import ALIAS_TAKEN, BAD_CODE, Admission, admit
from tenant_registry.http.answers import Fresh, registered
from tenant_registry.http.bearers import Bearer
from tenant_registry.http.calls import Registered, RegistrationCall
from tenant_registry.http.problem import Refusal, problems
from tenant_registry.http.renewals import how_to_prove, renew
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.registry import CodeUsed
from tenant_registry.rows import AuditRow, TenantRow
from tenant_registry.sites import alias_for

TRIES = 5  # at an alias of our own choice, should others take it at the same moment


def routes(around: Surroundings) -> APIRouter:
    """Give the route."""
    router = APIRouter(tags=["registration"])

    @router.post(
        "/v1/registrations",
        status_code=201,
        summary="Register a Jira; with proof, one that is registered already",
        responses=problems(400, 403, 409, 413, 429, 503),
    )
    async def register(call: RegistrationCall, request: Request, bearer: Bearer, response: Response) -> Registered:
        admitted = await admit(call, request, bearer, around)
        answer = await register_or_renew(admitted, around)
        response.headers["Location"] = answer.tenant_url
        response.headers["Cache-Control"] = "no-store"
        return answer

    return router


async def register_or_renew(admitted: Admission, around: Surroundings) -> Registered:
    """Carry an admitted call out: for a Jira that is new, or for one that is known and proved itself."""
    return await (renew(admitted, admitted.known, around) if admitted.known else _register(admitted, around))


async def _register(admitted: Admission, around: Surroundings) -> Registered:
    """Register a Jira; nothing is used up when key-vault does not answer."""
    call, at = admitted.call, around.now()
    tenant_id, plain = uuid4().hex, credentials.plain_of(call)
    fresh = Fresh.make(signed=signs_webhooks(call.version))
    public_key = await credentials.make_keys(tenant_id, call, around)
    protected = await credentials.protect(tenant_id, plain | fresh.to_protect(), around)
    tenant = TenantRow.model_validate(
        {
            "id": tenant_id,
            "teams_tenant": admitted.code.teams_tenant,
            "base_url": admitted.base_url,
            "site": site(admitted.base_url),
            "auth_mode": call.auth_mode,
            **credentials.NOTHING,
            **protected,
            **fresh.hashes(),
            "source_networks": call.source_networks or (),
            "destinations": call.destinations or (),
            "public_key": public_key,
            "jira_version": call.version,
            "connector_version": call.connector_version,
            "check_id": tenant_id,
            "check_asked_at": at,
            "registered_by": admitted.code.user,
            "registered_at": at,
            "updated_at": at,
        }
    )
    tenant = await _add(tenant, admitted, around)
    shown = plain.get("consumer_key") if tenant.auth_mode == "oauth1" else None
    return registered(tenant, shown, fresh, around)


async def _add(tenant: TenantRow, admitted: Admission, around: Surroundings) -> TenantRow:
    """Add a tenant under a name of its own; the first of an organisation is its default."""
    noted = AuditRow(
        id=f"registered:{tenant.id}",
        what="registered",
        teams_tenant=tenant.teams_tenant,
        user=admitted.code.user,
        at=tenant.registered_at,
        tenant_id=tenant.id,
        details={"base_url": tenant.base_url, "auth_mode": tenant.auth_mode},
    )
    for _ in range(TRIES):
        others = await around.registry.tenants.of_organisation(tenant.teams_tenant)
        if any(other.base_url == tenant.base_url for other in others):
            raise how_to_prove(tenant.base_url)
        taken = [other.alias for other in others]
        if admitted.call.alias in taken and admitted.call.alias is not None:
            raise Refusal(409, "alias-taken", ALIAS_TAKEN)
        alias = admitted.call.alias or alias_for(tenant.site, taken)
        named = tenant.model_copy(update={"alias": alias, "is_default": not any(one.is_default for one in others)})
        try:
            if await around.registry.register(admitted.code, named, noted):
                return named
        except CodeUsed:
            raise Refusal(403, "bad-code", BAD_CODE) from None
    raise Unavailable("other registrations of the same organisation were faster each time")
