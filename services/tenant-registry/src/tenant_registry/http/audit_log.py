"""The audit as JSON lines, for a tenant and for the operator, and whether its chain holds."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BeforeValidator

from tenant_registry.audit_chain import Broken
from tenant_registry.http.bearers import Caller, Doors
from tenant_registry.http.camel import Camel
from tenant_registry.http.problem import problems
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.mongo.audit import PAGE, AuditQuery
from tenant_registry.rows import AuditRow

LINES = "application/x-ndjson"


def _no_number(said: object) -> object:
    """Refuse a bare number, which would be read as seconds since 1970."""
    if isinstance(said, str) and not re.match(r"\d{4}-", said):
        raise ValueError("write an instant with its offset, such as 2026-03-02T12:00:00Z")
    return said


Instant = Annotated[
    AwareDatetime | None,
    BeforeValidator(_no_number),
    Query(description="With its offset, such as 2026-03-02T12:00:00Z."),
]
Text = Annotated[str | None, Query(max_length=200)]
Organisation = Annotated[str, Query(alias="teamsTenant", min_length=1, max_length=100)]
NO_CHAIN_YET = "Nothing is noted of this organisation yet."
HOLDS = "Every entry is as it was written, and none is missing."
BROKEN = "Somebody changed the database past Bridge: compare it with your exports and backups from this entry on."


@dataclass(frozen=True)
class Filter:
    """Which entries are wanted, as the call says it; `limit`: None gives all of them as a stream."""

    since: AwareDatetime | None
    until: AwareDatetime | None
    what: str | None
    user: str | None
    after: int
    limit: int | None

    def query(self, teams_tenant: str, tenant_id: str | None) -> AuditQuery:
        """Give it as the database is asked."""
        return AuditQuery(
            teams_tenant=teams_tenant,
            tenant_id=tenant_id,
            since=self.since,
            until=self.until,
            what=self.what,
            user=self.user,
            after=self.after,
            limit=self.limit or PAGE,
        )


def asked(
    since: Annotated[Instant, Query(alias="from")] = None,
    until: Annotated[Instant, Query(alias="to", description="Up to, but without this.")] = None,
    what: Text = None,
    user: Text = None,
    after: Annotated[int, Query(ge=0, le=2**53, description="The `seq` of the last line that you have.")] = 0,
    limit: Annotated[int | None, Query(ge=1, le=PAGE, description="Left out: all, as a stream.")] = None,
) -> Filter:
    """Read the filter of a call."""
    return Filter(since, until, what, user, after, limit)


class Verification(Camel):
    """Whether the audit of a Teams organisation is as it was written."""

    teams_tenant: str
    holds: bool
    entries: int
    """How many there are up to the end, or up to where it breaks."""
    hash: str | None
    """Of the last one: keep it, and a later answer with an older end is proof of a change."""
    broken_at: int | None = None
    broken_entry: str | None = None
    said: str
    advice: str | None = None


def routes(around: Surroundings) -> APIRouter:
    """Give the routes."""
    router, doors = APIRouter(tags=["audit"]), Doors(around)
    Seen = Annotated[Caller, Depends(doors.seen)]  # noqa: N806 - a type
    Asked = Annotated[Filter, Depends(asked)]  # noqa: N806 - a type
    for_operator = [Depends(doors.operator)]
    lines: dict[int | str, dict[str, Any]] = {200: {"content": {LINES: {"schema": {"type": "string"}}}}}
    errors, operators = problems(401, 403, 404, 429, 503), problems(401, 403, 429, 503)

    @router.get(
        "/v1/tenants/{tenant_id}/audit",
        summary="See what was done, and by whom",
        responses=lines | errors,
        response_class=Response,
    )
    async def of_tenant(caller: Seen, wanted: Asked, request: Request) -> Response:
        query = wanted.query(caller.tenant.teams_tenant, caller.tenant.id)
        return await _answer(query, wanted.limit, request, around)

    @router.get("/v1/tenants/{tenant_id}/audit/verification", summary="Check the audit's chain", responses=errors)
    async def verify_of_tenant(caller: Seen) -> Verification:
        return await _verify(caller.tenant.teams_tenant, around)

    @router.get(
        "/v1/audit",
        summary="See what was done in an organisation, and by whom",
        responses=lines | operators,
        response_class=Response,
        dependencies=for_operator,
    )
    async def of_organisation(teams_tenant: Organisation, wanted: Asked, request: Request) -> Response:
        return await _answer(wanted.query(teams_tenant, None), wanted.limit, request, around)

    @router.get(
        "/v1/audit/verification", summary="Check the audit's chain", responses=operators, dependencies=for_operator
    )
    async def verify(teams_tenant: Organisation) -> Verification:
        return await _verify(teams_tenant, around)

    return router


async def _answer(query: AuditQuery, limit: int | None, request: Request, around: Surroundings) -> Response:
    """Answer with one page that names the next, or with everything."""
    rows = await around.registry.audit.of(query)
    headers = {"Cache-Control": "no-store"}
    if limit is None:
        return StreamingResponse(_all(rows, query, around), media_type=LINES, headers=headers)
    if len(rows) == limit:
        following = {**request.query_params, "after": str(rows[-1].seq)}
        headers["Link"] = f'<{around.public_url}{request.url.path}?{urlencode(following)}>; rel="next"'
    return Response("".join(line(row) for row in rows), media_type=LINES, headers=headers)


async def _all(rows: list[AuditRow], query: AuditQuery, around: Surroundings) -> AsyncIterator[str]:
    """Go on from the first page, which was read before the answer began so that an outage is an answer too."""
    yield "".join(line(row) for row in rows)
    if not rows:
        return
    async for page in around.registry.audit.pages(replace(query, after=rows[-1].seq or 0)):
        yield "".join(line(row) for row in page)


def line(row: AuditRow) -> str:
    """Write an entry as one line; with `salt`, `personal`, `prev` and `hash` anybody can follow the chain."""
    told = {
        "seq": row.seq,
        "id": row.id,
        "at": row.at.astimezone(UTC).isoformat(timespec="milliseconds"),  # as it was digested
        "what": row.what,
        "teamsTenant": row.teams_tenant,
        "tenantId": row.tenant_id,
        "user": row.user,
        "details": row.details,
        "deleted": row.salt is None,
        "salt": row.salt,
        "personal": row.personal,
        "prev": row.prev,
        "hash": row.hash,
    }
    return f"{json.dumps(told, ensure_ascii=False)}\n"


async def _verify(teams_tenant: str, around: Surroundings) -> Verification:
    end = await around.registry.audit.verify(teams_tenant)
    if isinstance(end, Broken):
        said = f"Entry {end.seq}: {end.why}."
        return Verification(
            teams_tenant=teams_tenant,
            holds=False,
            entries=end.seq - 1,
            hash=None,
            broken_at=end.seq,
            broken_entry=end.row_id,
            said=said,
            advice=BROKEN,
        )
    said = HOLDS if end.seq else NO_CHAIN_YET
    return Verification(teams_tenant=teams_tenant, holds=True, entries=end.seq, hash=end.hash, said=said)
