"""`/v1/tenants/{id}`: how a registration stands and what may be changed, for who holds its registration token."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import uuid4

from fastapi import APIRouter, Depends, Request
from pydantic import ConfigDict, Field

from contracts.registry import TenantState as State
from tenant_registry.base_url import site
from tenant_registry.http.admissions import ALIAS_TAKEN, BAD_CODE, canonical_url, usable_code
from tenant_registry.http.bearers import Caller, Doors, locked_out
from tenant_registry.http.calls import Alias, Code, Networks, Version
from tenant_registry.http.camel import Camel
from tenant_registry.http.problem import Refusal, problems
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.mongo.database import Document
from tenant_registry.mongo.tenants import TenantChange
from tenant_registry.registry import CodeUsed, Overtaken, Taken
from tenant_registry.rows import AuditRow, CodeRow, TenantRow

NEEDS_CODE = (
    "Moving to another base URL needs a one-time code too, because what people allowed moves with it:"
    " ask the bot in Teams for one with: register"
)
URL_TAKEN = "Another registration of your organisation has this base URL: delete it first, or use it."
OVERTAKEN = "The registration was changed at the same moment: look at it, then try again."


class Check(Camel):
    """One of the checks of a Jira."""

    name: str
    status: Literal["ok", "failed", "skipped"]
    said: str
    advice: str | None


class TenantState(Camel):
    """How a registration stands."""

    tenant_id: str
    teams_tenant: str
    state: State
    product: str
    base_url: str
    signing_base_url: str | None
    alias: str | None
    default: bool = Field(validation_alias="is_default")
    auth_mode: str
    public_key: str | None
    source_networks: tuple[str, ...]
    destinations: tuple[str, ...]
    signed_webhooks: bool
    unsigned_webhooks: bool
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
        ways = {
            "signed_webhooks": tenant.webhook_secret is not None,
            "unsigned_webhooks": tenant.hook_token_hash is not None,
        }
        return cls.model_validate({**tenant.model_dump(), "tenant_id": tenant.id, **ways})


class TenantPatch(Camel):
    """What is to be different; what is left out stays as it is."""

    model_config = ConfigDict(extra="forbid")

    alias: Alias | None = None
    default: Literal[True] | None = Field(None, description="Make it the Jira that is meant where none is named.")
    source_networks: Networks | None = None
    destinations: Networks | None = None
    base_url: str | None = Field(None, description="Where this Jira is now; people's permissions stay.")
    code: Code | None = Field(None, description="With baseUrl: a one-time code from the bot.")
    connector_version: Version | None = None
    unsigned_webhooks: Literal[False] | None = Field(
        None, description="Take no more webhooks for the address that they come to alone."
    )

    def fields(self) -> Document:
        """Give what the row is to hold; the base URL comes apart."""
        kept = self.model_dump(
            include={"alias", "source_networks", "destinations", "connector_version"}, exclude_none=True
        )
        if self.default:
            kept["is_default"] = True
        if self.unsigned_webhooks is False:
            kept["hook_token_hash"] = None
        return kept

    def names(self) -> dict[str, str]:
        """Give what the audit notes of those fields: their names, if there are any."""
        given = self.model_dump(exclude={"base_url", "code"}, exclude_none=True)
        return {"fields": ", ".join(sorted(given))} if given else {}


class CheckStarted(Camel):
    """The checks run; their results appear in the tenant."""

    check_id: str
    tenant_url: str


def routes(around: Surroundings) -> APIRouter:
    """Give the routes."""
    router = APIRouter(prefix="/v1/tenants", tags=["registration"])
    doors = Doors(around)
    Seen = Annotated[Caller, Depends(doors.seen)]  # noqa: N806 - a type
    Changing = Annotated[Caller, Depends(doors.changing)]  # noqa: N806 - a type
    errors = problems(401, 403, 404, 429, 503)

    @router.get("/{tenant_id}", summary="See how a registration stands", responses=errors)
    async def show(caller: Seen) -> TenantState:
        return TenantState.of(caller.tenant)

    @router.patch("/{tenant_id}", summary="Change a registration", responses=errors | problems(400, 409))
    async def patch(caller: Changing, given: TenantPatch, request: Request) -> TenantState:
        if not caller.operator and (locked := locked_out(given.source_networks or (), request)):
            raise locked
        return TenantState.of(await _patch(caller, given, around))

    @router.post(
        "/{tenant_id}/checks", status_code=202, summary="Run the checks again", responses=errors | problems(409)
    )
    async def check(caller: Changing) -> CheckStarted:
        check_id = await ask_checks(caller, around)
        return CheckStarted(check_id=check_id, tenant_url=f"{around.public_url}/v1/tenants/{caller.tenant.id}")

    return router


async def ask_checks(caller: Caller, around: Surroundings) -> str:
    """Have the checks run again, and give the id of this asking."""
    at, check_id = around.now(), uuid4().hex
    asked = TenantChange(caller.tenant.id, at, check_id=check_id)
    await changed(asked, around, noted("check_asked", caller, at))
    return check_id


async def changed(
    change: TenantChange, around: Surroundings, noted: AuditRow, code: CodeRow | None = None
) -> TenantRow:
    """Change a tenant; what is in the way is said to the caller."""
    try:
        return await around.registry.change(change, noted, code)
    except CodeUsed:
        raise Refusal(403, "bad-code", BAD_CODE) from None
    except Overtaken:
        raise Refusal(409, "overtaken", OVERTAKEN) from None
    except Taken as taken:
        if "base_url" in taken.fields:
            raise Refusal(409, "already-registered", URL_TAKEN) from None
        if "alias" in taken.fields:
            raise Refusal(409, "alias-taken", ALIAS_TAKEN) from None
        raise Refusal(409, "overtaken", OVERTAKEN) from None


def noted(what: str, caller: Caller, at: datetime, **details: str) -> AuditRow:
    """Note what was done by a call."""
    tenant = caller.tenant
    return AuditRow(
        id=f"{what}:{uuid4().hex}",
        what=what,
        teams_tenant=tenant.teams_tenant,
        user=caller.name,
        at=at,
        tenant_id=tenant.id,
        details=details,
    )


async def _patch(caller: Caller, given: TenantPatch, around: Surroundings) -> TenantRow:
    tenant, at, fields = caller.tenant, around.now(), given.fields()
    base_url = canonical_url(given.base_url, around) if given.base_url is not None else tenant.base_url
    if base_url != tenant.base_url:
        return await _move(caller, base_url, given, around)
    if not fields:
        return tenant
    change = TenantChange(tenant.id, at, fields, only={"state": tenant.state})
    return await changed(change, around, noted("tenant_changed", caller, at, **given.names()))


async def _move(caller: Caller, base_url: str, given: TenantPatch, around: Surroundings) -> TenantRow:
    """Move a tenant: what people allowed stays, so the organisation says yes once more with a code.

    The operator needs none where requests are signed: a signature is of no use to another address.
    """
    tenant, at, code = caller.tenant, around.now(), None
    if not caller.operator or tenant.auth_mode != "oauth1":  # bearer tokens would be sent to the new address
        if given.code is None:
            raise Refusal(403, "code-needed", NEEDS_CODE)
        code = await usable_code(given.code, around)
        if code.teams_tenant != tenant.teams_tenant:
            around.refused("other_organisation", tenant)
            raise Refusal(403, "bad-code", BAD_CODE)
    asleep = tenant.state == "suspended"
    moved: Document = {"base_url": base_url, "site": site(base_url), "signing_base_url": None, "checks": []}
    fields = given.fields() | moved | ({} if asleep else {"state": "pending"})
    change = TenantChange(tenant.id, at, fields, only={"state": tenant.state}, check_id=uuid4().hex)
    details = {"was": tenant.base_url, "base_url": base_url, "links": "kept", **given.names()}
    return await changed(change, around, noted("moved", caller, at, **details), code)
