"""`/v1/tenants/{id}/rotation` and `/v1/rotations`: new versions of keys, and how far that has come."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import ConfigDict, Field

from tenant_registry.http.bearers import Caller, Doors
from tenant_registry.http.camel import Camel
from tenant_registry.http.problem import Refusal, problems
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.http.tenants import noted
from tenant_registry.tasks import RotationRow
from tenant_registry.tasks import RotationState as State

MOST = 200
EACH_TIME = 200
NOT_ASKED = "Nobody has had the keys of this tenant rotated yet: POST to this address starts it."
ONLY_OAUTH1 = "signingKey belongs to authMode oauth1, where each call to Jira is signed: leave it out."
PASTE = (
    "The signing key is new too: enter the tenant's publicKey in Jira's application link (incoming authentication),"
    " then run the checks again."
)


class RotationCall(Camel):
    """What to rotate; nothing needs to be said."""

    model_config = ConfigDict(extra="forbid")

    signing_key: bool = Field(
        False,
        strict=True,
        description="oauth1: renew the key that signs too; Jira then refuses all until it has the new one.",
    )


class RotationState(Camel):
    """How a rotation stands."""

    tenant_id: str
    state: State
    asked_by: str
    asked_at: datetime
    started: datetime | None = Field(validation_alias="started_at")
    ended: datetime | None = Field(validation_alias="ended_at")
    done: int = Field(description="Stored documents with secrets that were looked through.")
    of: int
    unreadable: int = Field(description="Those whose secrets no version of the keys opens.")
    data_key_version: int | None
    signing_key_version: int | None
    said: str = Field(description="What it is at, for people.")
    advice: str | None = Field(description="What to do, where something is to be done.")

    @classmethod
    def of_row(cls, row: RotationRow) -> "RotationState":
        """Show a rotation."""
        advice = " ".join(text for text in (row.problem, PASTE if row.new_signing_key else None) if text)
        shown = {**row.model_dump(), "tenant_id": row.id, "said": _said(row), "advice": advice or None}
        return cls.model_validate(shown)


class RotationsAsked(Camel):
    """All tenants' keys are rotated, one tenant after the other."""

    asked: int
    under_way: int = Field(description="Those that were being rotated already.")
    rotations_url: str


class RotationPage(Camel):
    """How rotations stand, by their tenants' ids."""

    states: dict[State, int] = Field(description="How many tenants' rotations are how far, of all.")
    rotations: list[RotationState]
    next: str | None
    """To go on: `after`; null where these are the last ones."""


def routes(around: Surroundings) -> APIRouter:
    """Give the routes."""
    router, doors = APIRouter(tags=["keys"]), Doors(around)
    Seen = Annotated[Caller, Depends(doors.seen)]  # noqa: N806 - a type
    Changing = Annotated[Caller, Depends(doors.changing)]  # noqa: N806 - a type
    for_operator = [Depends(doors.operator)]
    errors = problems(401, 403, 404, 429, 503)

    @router.post(
        "/v1/tenants/{tenant_id}/rotation",
        status_code=202,
        summary="Rotate a tenant's keys",
        responses=errors | problems(400, 409),
    )
    async def rotate(caller: Changing, call: RotationCall | None = None) -> RotationState:
        signing = call is not None and call.signing_key
        if signing and caller.tenant.auth_mode != "oauth1":
            raise Refusal(422, "other-mode", ONLY_OAUTH1)
        await _ask(caller, around, signing=signing)
        row = await around.registry.rotations.find(caller.tenant.id)
        if row is None:
            raise Refusal(404, "unknown-tenant", "This tenant has just been erased: there is nothing to rotate.")
        return RotationState.of_row(row)

    @router.get("/v1/tenants/{tenant_id}/rotation", summary="See how far a rotation has come", responses=errors)
    async def show(caller: Seen) -> RotationState:
        row = await around.registry.rotations.find(caller.tenant.id)
        if row is None:
            raise Refusal(404, "not-asked", NOT_ASKED)
        return RotationState.of_row(row)

    @router.post(
        "/v1/rotations",
        status_code=202,
        summary="Rotate the keys of all tenants",
        responses=problems(401, 403, 429, 503),
        dependencies=for_operator,
    )
    async def rotate_all() -> RotationsAsked:
        return await _ask_all(around)

    @router.get(
        "/v1/rotations",
        summary="See how far all rotations have come",
        responses=problems(401, 403, 429, 503),
        dependencies=for_operator,
    )
    async def show_all(
        after: Annotated[str, Query(max_length=100)] = "", limit: Annotated[int, Query(ge=1, le=MOST)] = 50
    ) -> RotationPage:
        rotations = around.registry.rotations
        found, states = await rotations.page(after, limit + 1), await rotations.states()
        shown = [RotationState.of_row(row) for row in found[:limit]]
        following = shown[-1].tenant_id if len(found) > limit else None
        return RotationPage.model_validate({"states": states, "rotations": shown, "next": following})

    return router


async def _ask_all(around: Surroundings) -> RotationsAsked:
    asked, seen, after = 0, 0, ""
    while tenants := await around.registry.tenants.page(after, EACH_TIME, {}):
        for tenant in tenants:
            asked += await _ask(Caller(tenant, operator=True), around)
        seen, after = seen + len(tenants), tenants[-1].id
    return RotationsAsked(asked=asked, under_way=seen - asked, rotations_url=f"{around.public_url}/v1/rotations")


async def _ask(caller: Caller, around: Surroundings, *, signing: bool = False) -> bool:
    """Have a tenant's keys rotated; False where that is under way already."""
    tenant, at = caller.tenant, around.now()
    rotation = RotationRow(
        id=tenant.id,
        asked_by=caller.name,
        asked_at=at,
        due_at=at,
        signing=signing,
        data_key_version=tenant.data_key_version,
        signing_key_version=tenant.signing_key_version,
    )
    asked = await around.registry.rotations.ask(rotation)
    if asked:
        await around.registry.audit.note_once(noted("rotation_asked", caller, at))
    return asked


def _said(row: RotationRow) -> str:
    said: dict[State, str] = {
        "waiting": "It begins in a moment.",
        "rewrapping": "Everything that is stored is being protected with the new version.",
        "settling": "Everything is protected with the new version; the old ones end once all services have followed.",
        "done": "Everything is protected with the new version, and nothing older opens any more.",
        "failed": "It ended before its time; what was protected before still opens.",
    }
    return said[row.state]
