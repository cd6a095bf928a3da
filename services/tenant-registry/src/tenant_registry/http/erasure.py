"""`DELETE /v1/tenants/{id}`: erasing a tenant for good, and `/v1/receipts/{id}`, which says that it was."""

from datetime import datetime
from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, Query, Request, Response

from chassis.errors import Unavailable
from contracts.base_url import BadBaseUrl
from tenant_registry.base_url import canonical
from tenant_registry.decide import fits
from tenant_registry.erasure import Eraser
from tenant_registry.http.bearers import HOW_TO_ASK, Bearer, Doors
from tenant_registry.http.camel import Camel
from tenant_registry.http.problem import Refusal, problems
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.tasks import ReceiptRow

log = structlog.get_logger()
NOT_CONFIRMED = (
    "This erases the tenant for good: its people's connections, its subscriptions, its keys. To do it, repeat the"
    " call with ?confirm= and the tenant's base URL, exactly as the tenant shows it."
)
GOES_ON = "The tenant is gone, and the rest of it is being erased: ask again for the receipt in a moment."
NO_RECEIPT = "There is no such receipt: use receiptUrl as the erasure answered it."
HOW_TO_VERIFY = (
    "jws is a compact JWS (RFC 7515, RS256) of this statement. Verify it with jwk; the operator of Bridge can tell"
    " whether the key with this kid is Bridge's own. baseUrlSha256 is the SHA-256 of the base URL, in hex."
)


class Receipt(Camel):
    """What says that a tenant was erased, when, and what of it there was."""

    state: Literal["erased"] = "erased"
    receipt_id: str
    receipt_url: str
    statement: dict[str, Any]
    jws: str
    jwk: dict[str, Any]
    at: datetime
    how_to_verify: str = HOW_TO_VERIFY


class Erasing(Camel):
    """The erasure goes on by itself."""

    state: Literal["erasing"] = "erasing"
    tenant_id: str
    said: str = GOES_ON


def routes(around: Surroundings) -> APIRouter:
    """Give the routes."""
    router, doors = APIRouter(tags=["privacy"]), Doors(around)
    eraser = Eraser(around.registry, around.keys, around.gone, around.now)

    @router.delete(
        "/v1/tenants/{tenant_id}",
        summary="Erase a tenant, its people's connections and its keys",
        responses={202: {"model": Erasing, "description": GOES_ON}, **problems(401, 403, 404, 409, 429, 503)},
    )
    async def erase(
        tenant_id: str,
        request: Request,
        bearer: Bearer,
        response: Response,
        confirm: Annotated[str, Query(max_length=500, description="The tenant's base URL.")] = "",
    ) -> Receipt | Erasing:
        response.headers["Cache-Control"] = "no-store"
        left = await erased_before(tenant_id, around)
        if left is None:
            caller = await doors.seen(tenant_id, bearer, request)
            check_confirmed(confirm, caller.tenant.base_url)
            await eraser.begin(caller.tenant, caller.name)
        else:
            check_knows(bearer, left, around)
        receipt = await finished(eraser, tenant_id, around)
        if receipt is None:
            response.status_code = 202
        return receipt or Erasing(tenant_id=tenant_id)

    @router.get("/v1/receipts/{receipt_id}", summary="See the receipt of an erasure", responses=problems(404, 429, 503))
    async def receipt(receipt_id: str) -> Receipt:
        found = await around.registry.receipts.find(receipt_id)
        if found is None:
            raise Refusal(404, "unknown-receipt", NO_RECEIPT)
        return _shown(found, around)

    return router


async def finished(eraser: Eraser, tenant_id: str, around: Surroundings) -> Receipt | None:
    """Give the receipt; None where the erasure goes on by itself."""
    try:
        receipt = await eraser.finish(tenant_id)
    except Unavailable as error:
        log.warning("erasure_waits", tenant_id=tenant_id, error=str(error))
        return None
    return _shown(receipt, around) if receipt else None


async def erased_before(tenant_id: str, around: Surroundings) -> str | None:
    """Give the hash of the registration token of a tenant that was erased, or is being erased."""
    erasure = await around.registry.erasures.find(tenant_id)
    left = erasure or await around.registry.receipts.of_tenant(tenant_id)
    return left.token_hash if left else None


def check_confirmed(confirm: str, base_url: str) -> None:
    """Refuse what may have been done by mistake."""
    try:
        same = canonical(confirm, allow_http=True) == base_url
    except BadBaseUrl:
        same = False
    if not same:
        raise Refusal(409, "not-confirmed", NOT_CONFIRMED)


def check_knows(bearer: Bearer, token_hash: str, around: Surroundings) -> None:
    """Refuse whoever had no token of the tenant that is gone."""
    if bearer is None:
        raise Refusal(401, "no-token", HOW_TO_ASK, {"WWW-Authenticate": "Bearer"})
    if not any(fits(bearer.credentials, one) for one in (token_hash, around.policy.operator_token_hash)):
        around.refused("registration_token")
        raise Refusal(404, "unknown-tenant", "There is no such tenant, or this was not its registration token.")


def _shown(receipt: ReceiptRow, around: Surroundings) -> Receipt:
    return Receipt(
        receipt_id=receipt.id,
        receipt_url=f"{around.public_url}/v1/receipts/{receipt.id}",
        statement=receipt.statement,
        jws=receipt.jws,
        jwk=receipt.jwk,
        at=receipt.at,
    )
