"""`GET /v1/tenants/{id}/export` and `/tokens`: what is stored of a tenant, and how old its tokens are."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse

from tenant_registry.export import WORDS, shown, text
from tenant_registry.http.bearers import Caller, Doors
from tenant_registry.http.camel import Camel
from tenant_registry.http.problem import problems
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.http.tenants import noted
from tenant_registry.mongo.ciphertexts import key_version
from tenant_registry.mongo.database import Document
from tenant_registry.mongo.holdings import of_tenant
from tenant_registry.rows import LinkRow, TenantRow
from tenant_registry.token_ages import BUCKETS, Ages, TokenAge

AT_ONCE = 64 * 1024  # characters that go out together
NEEDS_TOKENS = ("access_token", "token_secret", "refresh_token")


class AgeBucket(Camel):
    """How many links are how old."""

    up_to_days: int | None
    """None: older than all others."""
    links: int


class TokenReport(Camel):
    """How old the tokens of a tenant's links are, and what protects them."""

    tenant_id: str
    at: datetime
    links: int
    expired: int
    oldest: datetime | None
    ages: list[AgeBucket]
    by_key_version: dict[int, int]
    """Links by the oldest version of the data key that protects any of their tokens."""


def routes(around: Surroundings) -> APIRouter:
    """Give the routes."""
    router = APIRouter(prefix="/v1/tenants", tags=["privacy"])
    Seen = Annotated[Caller, Depends(Doors(around).seen)]  # noqa: N806 - a type
    errors = problems(401, 403, 404, 429, 503)

    @router.get(
        "/{tenant_id}/export",
        summary="Take along what is stored about a tenant",
        responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}, **errors},
        response_class=Response,
    )
    async def export(caller: Seen) -> StreamingResponse:
        return await exported(caller, around)

    @router.get("/{tenant_id}/tokens", summary="See how old the tokens are", responses=errors)
    async def tokens(caller: Seen) -> TokenReport:
        return await _tokens(caller.tenant, around)

    return router


async def exported(caller: Caller, around: Surroundings) -> StreamingResponse:
    """Give the export as a file; that it was taken is noted before anything leaves."""
    parts = in_chunks(everything_stored(caller.tenant, around))
    first = await anext(parts)  # an outage at the start is an answer, not a torn one
    await around.registry.audit.note_once(noted("exported", caller, around.now()))
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": f'attachment; filename="bridge-{caller.tenant.id}.json"',
    }
    return StreamingResponse(_after(first, parts), media_type="application/json", headers=headers)


async def in_chunks(parts: AsyncIterator[str]) -> AsyncIterator[str]:
    """Put small texts together."""
    waiting, length = [], 0
    async for part in parts:
        waiting.append(part)
        length += len(part)
        if length >= AT_ONCE:
            yield "".join(waiting)
            waiting, length = [], 0
    yield "".join(waiting)


async def _after(first: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    yield first
    async for part in rest:
        yield part


async def everything_stored(tenant: TenantRow, around: Surroundings) -> AsyncIterator[str]:
    """Give a tenant's export as JSON, in pieces."""
    stored = of_tenant(tenant.id)
    lists: dict[str, tuple[str, Document]] = {
        "links": ("links", stored["links"]),
        "pendingLinks": ("pending_links", stored["pending_links"]),
        "subscriptions": ("subscriptions", stored["subscriptions"]),
        "conversations": ("conversations", {"teams_tenant": tenant.teams_tenant}),
        "registrationCodes": ("registration_codes", stored["registration_codes"]),
        "rotation": ("rotations", {"_id": tenant.id}),
        "waitingEvents": ("outbox", stored["outbox"]),
        "toldChanges": ("told_changes", stored["told_changes"]),
        "audit": ("audit", stored["audit"]),
    }
    beginning: dict[str, Any] = {"exportedAt": around.now(), "words": WORDS}
    beginning["tenant"] = shown("tenant", tenant.document())
    yield text(beginning)[:-1]
    for kind, (collection, wanted) in lists.items():
        yield f",\n{text(kind)}: ["
        separator = ""
        async for document in around.registry.holdings.documents(collection, wanted):
            yield f"{separator}\n{text(shown(kind, document))}"
            separator = ","
        yield "]"
    yield "}\n"


async def _tokens(tenant: TenantRow, around: Surroundings) -> TokenReport:
    at, ages = around.now(), Ages()
    async for document in around.registry.holdings.documents("links", {"tenant_id": tenant.id}):
        link = LinkRow.read(document)
        held = [document[name] for name in NEEDS_TOKENS if document.get(name)]
        version = min((key_version(one) for one in held), default=0)
        ages.add([TokenAge(link.linked_at, link.expires_at, version)], at)
    return TokenReport(
        tenant_id=tenant.id,
        at=at,
        links=ages.links,
        expired=ages.expired,
        oldest=ages.oldest,
        ages=[AgeBucket(up_to_days=end.days if end else None, links=ages.by_bucket[end]) for end in (*BUCKETS, None)],
        by_key_version=dict(sorted(ages.by_key_version.items())),
    )
