"""Registering a known base URL anew: the same tenant with new tokens, for whoever proves to have had the old ones."""

from uuid import uuid4

from tenant_registry import proof
from tenant_registry.decide import fits, signs_webhooks
from tenant_registry.http import credentials
from tenant_registry.http.admissions import ALIAS_TAKEN, BAD_CODE, Admission
from tenant_registry.http.answers import Fresh, registered
from tenant_registry.http.bearers import SUSPENDED, Doors
from tenant_registry.http.calls import Registered
from tenant_registry.http.problem import Refusal
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.mongo.tenants import TenantChange
from tenant_registry.registry import CodeUsed, Overtaken, Taken
from tenant_registry.rows import AuditRow, TenantRow

NOT_THE_OLD_ONE = (
    "This is not the registration token that this base URL was registered with. Send that one, or leave the"
    " Authorization header out and send a proof by the private key."
)
OVERTAKEN = "The registration was changed at the same moment: look at it, and ask the bot for a new code if need be."


def how_to_prove(base_url: str) -> Refusal:
    """Say that a Jira is there already, and what registers it anew."""
    detail = (
        f"{base_url} is registered for this Teams organisation already. To run its checks again, use its registration"
        " token. To register it anew, make this call with its old registration token (Authorization: Bearer …) or,"
        ' where you sent the private key, with proof: a compact JWS (RS256) of {"code", "baseUrl", "iat"} signed by'
        " it. If both are lost, ask the operator of Bridge to delete the tenant first."
    )
    return Refusal(409, "already-registered", detail)


async def renew(admitted: Admission, was: TenantRow, around: Surroundings) -> Registered:
    """Register anew; old tokens end, links of people stay unless they are of another way to authenticate."""
    proven_by = _proven_by(admitted, was, around)
    Doors(around).at_home(was, admitted.request)
    if was.state == "suspended":
        raise Refusal(409, "suspended", SUSPENDED)
    call = admitted.call
    plain = await _plain(admitted, was, around)
    fresh = Fresh.make(signed=signs_webhooks(call.version or was.jira_version))
    public_key = was.public_key
    if call.private_key:
        public_key = await credentials.make_keys(was.id, call, around, replace=True)
    protected = await credentials.protect(was.id, plain | fresh.to_protect(), around)
    given = {
        "alias": call.alias,
        "source_networks": call.source_networks,
        "destinations": call.destinations,
        "jira_version": call.version,
        "connector_version": call.connector_version,
    }
    change = TenantChange(
        tenant_id=was.id,
        at=around.now(),
        fields={
            "auth_mode": call.auth_mode,
            **credentials.NOTHING,
            **protected,
            **fresh.hashes(),
            **{name: value for name, value in given.items() if value is not None},
            "public_key": public_key,
            "state": "pending",
            "checks": [],
        },
        only={"state": was.state, "registration_token_hash": was.registration_token_hash},
        check_id=uuid4().hex,
    )
    tenant = await _change(change, admitted, proven_by, around)
    return registered(tenant, plain.get("consumer_key") if tenant.auth_mode == "oauth1" else None, fresh, around)


async def _change(change: TenantChange, admitted: Admission, proven_by: str, around: Surroundings) -> TenantRow:
    code = admitted.code
    noted = AuditRow(
        id=f"registered_anew:{change.check_id}",
        what="registered_anew",
        teams_tenant=code.teams_tenant,
        user=code.user,
        at=change.at,
        tenant_id=change.tenant_id,
        details={"base_url": admitted.base_url, "auth_mode": admitted.call.auth_mode, "proven_by": proven_by},
    )
    try:
        return await around.registry.change(change, noted, code)
    except CodeUsed:
        raise Refusal(403, "bad-code", BAD_CODE) from None
    except Taken:
        raise Refusal(409, "alias-taken", ALIAS_TAKEN) from None
    except Overtaken:
        raise Refusal(409, "overtaken", OVERTAKEN) from None


def _proven_by(admitted: Admission, was: TenantRow, around: Surroundings) -> str:
    """Tell what proves that the caller had the tenant before."""
    call, bearer = admitted.call, admitted.bearer
    if bearer is not None:
        if not fits(bearer.credentials, was.registration_token_hash):
            around.refused("registration_token", was)
            raise Refusal(403, "bad-proof", NOT_THE_OLD_ONE)
        return "registration_token"
    if call.proof is None or was.public_key is None:
        raise how_to_prove(was.base_url)
    claim = proof.Claim(call.code.get_secret_value(), call.base_url, around.now())
    try:
        proof.verify(call.proof.get_secret_value(), was.public_key, claim)
    except proof.BadProof as bad:
        around.refused("proof", was)
        raise Refusal(403, "bad-proof", f"The proof {bad}.") from None
    return "private_key"


async def _plain(admitted: Admission, was: TenantRow, around: Surroundings) -> dict[str, str]:
    """Give the credentials of the call; an OAuth 1.0a consumer key stays where none is given."""
    call = admitted.call
    if call.auth_mode == was.auth_mode == "oauth1" and call.consumer_key is None:
        return {"consumer_key": await credentials.consumer_key(was, around)}
    return credentials.plain_of(call)
