"""Who calls: whoever holds a tenant's registration token, or the operator."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from tenant_registry.decide import fits
from tenant_registry.http.problem import Refusal
from tenant_registry.http.source import address_of
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.networks import within
from tenant_registry.rows import TenantRow

BEARER = HTTPBearer(
    auto_error=False, description="The registrationToken of the registration's answer, or the operator's token."
)
Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]
HOW_TO_ASK = "Send the registration token: Authorization: Bearer <registrationToken of the registration's answer>."
NO_TENANT = (
    "There is no such tenant, or this is not its registration token: use tenantUrl and registrationToken as answered."
)
GONE = "There is no such tenant: GET /v1/tenants lists those there are."
NO_OPERATOR = "This needs the operator's token, whose SHA-256 the operator sets as BRIDGE_OPERATOR_TOKEN_HASH."
SUSPENDED = "This registration is suspended: ask the operator of Bridge to resume it, then try again."
OTHERS = "This Bridge serves one Teams organisation, and this one is another: ask its operator which Bridge is yours."


@dataclass(frozen=True)
class Caller:
    """Who calls about which tenant."""

    tenant: TenantRow
    operator: bool

    @property
    def name(self) -> str:
        """Give the name that the audit knows the caller by."""
        return "operator" if self.operator else "registration token"


class Doors:
    """Dependencies of routes: each gives who calls, or raises what the caller is told."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around

    async def operator(self, bearer: Bearer) -> None:
        """Let in the operator alone."""
        if bearer is None:
            raise Refusal(401, "no-token", NO_OPERATOR, {"WWW-Authenticate": "Bearer"})
        if not self._is_operator(bearer):
            self._around.refused("operator_token")
            raise Refusal(403, "operators-only", NO_OPERATOR)

    async def seen(self, tenant_id: str, bearer: Bearer, request: Request) -> Caller:
        """Let in the operator, and the tenant itself from its own networks."""
        if bearer is None:
            raise Refusal(401, "no-token", HOW_TO_ASK, {"WWW-Authenticate": "Bearer"})
        operator = self._is_operator(bearer)
        tenant = await self._around.registry.tenants.find(tenant_id)
        if tenant is not None and operator:
            return Caller(tenant, operator=True)
        if tenant is None or not fits(bearer.credentials, tenant.registration_token_hash):
            if not operator:
                self._around.refused("registration_token", tenant)
            raise Refusal(404, "unknown-tenant", GONE if operator else NO_TENANT)
        self.at_home(tenant, request)
        return Caller(tenant, operator=False)

    async def changing(self, tenant_id: str, bearer: Bearer, request: Request) -> Caller:
        """Let in who may change a tenant: one that is suspended only the operator."""
        caller = await self.seen(tenant_id, bearer, request)
        if caller.tenant.state == "suspended" and not caller.operator:
            raise Refusal(409, "suspended", SUSPENDED)
        return caller

    def at_home(self, tenant: TenantRow, request: Request) -> None:
        """Refuse what does not come from the tenant's networks, or is about an organisation that is not served."""
        if not self._around.policy.serves(tenant.teams_tenant):
            self._around.refused("other_organisation", tenant)
            raise Refusal(403, "other-organisation", OTHERS)
        if tenant.source_networks and not within(address_of(request), tenant.source_networks):
            self._around.refused("source_network", tenant)
            raise Refusal(403, "source-not-allowed", _outside(request))

    def _is_operator(self, bearer: HTTPAuthorizationCredentials) -> bool:
        return fits(bearer.credentials, self._around.policy.operator_token_hash)


def locked_out(networks: tuple[str, ...], request: Request) -> Refusal | None:
    """Give what a caller hears who would not be let in any more."""
    if not networks or within(address_of(request), networks):
        return None
    seen = address_of(request)
    detail = (
        f"sourceNetworks does not hold the address of this call ({seen or 'not known'}), so you could not call again:"
        " add its network, or make the call from inside."
    )
    return Refusal(422, "locked-out", detail)


def _outside(request: Request) -> str:
    seen = address_of(request)
    return (
        f"This call comes from {seen or 'an address that is not known'}, which is in none of the tenant's"
        " sourceNetworks: call from one of them, or ask the operator of Bridge to change them."
    )
