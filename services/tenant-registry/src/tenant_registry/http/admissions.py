"""Whether a registration call may go ahead."""

from dataclasses import dataclass

from fastapi import Request
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import SecretStr

from contracts.base_url import BadBaseUrl
from tenant_registry.base_url import canonical
from tenant_registry.decide import fingerprint
from tenant_registry.http import credentials
from tenant_registry.http.bearers import OTHERS, locked_out
from tenant_registry.http.calls import RegistrationCall
from tenant_registry.http.problem import Refusal
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.rows import CodeRow, TenantRow

BAD_CODE = "The code is unknown, used or expired: ask the bot in Teams for one with: register"
ALIAS_TAKEN = "Another Jira of your organisation has this alias: choose another one, or leave alias out."


@dataclass(frozen=True)
class Admission:
    """A call that may go ahead, from where, and the tenant that is registered at its base URL already."""

    call: RegistrationCall
    request: Request
    bearer: HTTPAuthorizationCredentials | None
    code: CodeRow
    base_url: str
    known: TenantRow | None


async def admit(
    call: RegistrationCall, request: Request, bearer: HTTPAuthorizationCredentials | None, around: Surroundings
) -> Admission:
    """Let a call in that fits together and brings a code."""
    base_url = canonical_url(call.base_url, around)
    code = await usable_code(call.code, around)
    credentials.check_mode(call, around.public_url)
    if locked := locked_out(call.source_networks or (), request):
        raise locked
    known = await around.registry.tenants.at(code.teams_tenant, base_url)
    return Admission(call, request, bearer, code, base_url, known)


def canonical_url(text: str, around: Surroundings) -> str:
    """Give a base URL's one way to be written."""
    try:
        return canonical(text, allow_http=around.allow_http)
    except BadBaseUrl as bad:
        raise Refusal(422, "bad-base-url", f"baseUrl {bad}.") from None


async def usable_code(code: SecretStr, around: Surroundings) -> CodeRow:
    """Find a code that may still be used, of an organisation that is served."""
    found = await around.registry.codes.usable(fingerprint(code.get_secret_value()), around.now())
    if found is None:
        around.refused("registration_code")
        raise Refusal(403, "bad-code", BAD_CODE)
    if not around.policy.serves(found.teams_tenant):
        around.refused("other_organisation")
        raise Refusal(403, "other-organisation", OTHERS)
    return found
