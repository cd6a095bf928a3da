"""Erasing a tenant: its rows, its keys, and then a signed receipt that says so.

The tenant itself goes first, so that nothing new comes. Each step is saved, may be done twice, and is gone on with
after a kill. The receipt is signed last, by a key of Bridge's own, because only then is true what it says.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

import structlog

from chassis.errors import Unavailable
from chassis.keys import KeysRefusal
from contracts.keys import StatementSigned, TenantKeysDestroyed
from tenant_registry.mongo.erasures import ERASED
from tenant_registry.mongo.tasks import TaskLost
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow, TenantRow
from tenant_registry.tasks import ErasureRow, ReceiptRow

log = structlog.get_logger()
TRY_AGAIN = timedelta(seconds=10)


class ErasingKeys(Protocol):
    """The part of key-vault that this needs; each raises Unavailable and KeysRefusal."""

    async def destroy(self, tenant_id: str) -> TenantKeysDestroyed: ...

    async def sign_statement(self, tenant_id: str, statement: Mapping[str, Any]) -> StatementSigned: ...


class Eraser:
    """Carries on with the erasures that are due; `gone` tells all services that a tenant is gone."""

    def __init__(
        self,
        registry: Registry,
        keys: ErasingKeys,
        gone: Callable[[str], Awaitable[object]],
        now: Callable[[], datetime],
    ) -> None:
        self._registry = registry
        self._keys = keys
        self._gone = gone
        self._now = now

    async def begin(self, tenant: TenantRow, asked_by: str) -> bool:
        """Remove a tenant and let the rest follow; False where it is gone already."""
        at = self._now()
        erasure = ErasureRow(
            id=tenant.id,
            asked_by=asked_by,
            asked_at=at,
            due_at=at,
            teams_tenant=tenant.teams_tenant,
            base_url_sha256=sha256(tenant.base_url),
            token_hash=tenant.registration_token_hash,
            receipt_id=uuid4().hex,
        )
        return await self._registry.erasures.begin(erasure)

    async def step(self) -> bool:
        """Carry on with the erasure that is due longest; False where none is. Raises Unavailable."""
        return await self._carry_on(await self._registry.erasures.claim(self._now()))

    async def finish(self, tenant_id: str) -> ReceiptRow | None:
        """Carry on with one erasure and give its receipt; None while another process is at it. Raises Unavailable."""
        await self._carry_on(await self._registry.erasures.claim(self._now(), tenant_id))
        return await self._registry.receipts.of_tenant(tenant_id)

    async def _carry_on(self, task: ErasureRow | None) -> bool:
        if task is None:
            return False
        try:
            await self._try(task)
        except TaskLost:
            log.info("erasure_taken_over", tenant_id=task.id)
        return True

    async def _try(self, task: ErasureRow) -> None:
        try:
            await self._erase(task)
        except (KeysRefusal, Unavailable) as error:
            await self._registry.erasures.save(task, due_at=self._now() + TRY_AGAIN)
            if isinstance(error, KeysRefusal):
                raise Unavailable(f"key-vault refused a step of an erasure: {error.code}") from error
            raise

    async def _erase(self, task: ErasureRow) -> None:
        erasures = self._registry.erasures
        if task.counts is None:
            task = await erasures.save(task, counts=await erasures.count(task))
        await erasures.wipe(task)
        if task.keys_destroyed_at is None:
            task = await erasures.save(task, keys_destroyed_at=await self._destroy(task.id))
        await erasures.wipe(task)  # what was under way when the tenant went
        await self._gone(task.id)
        said = statement(task, self._now())
        await self._keep(task, said, await self._keys.sign_statement(task.id, said))

    async def _destroy(self, tenant_id: str) -> datetime:
        try:
            return (await self._keys.destroy(tenant_id)).at
        except KeysRefusal as refusal:
            if refusal.code != "keys_destroyed":
                raise
            return self._now()

    async def _keep(self, task: ErasureRow, said: dict[str, Any], signed: StatementSigned) -> None:
        at = self._now()
        receipt = ReceiptRow(
            id=task.receipt_id,
            tenant_id=task.id,
            token_hash=task.token_hash,
            statement=said,
            jws=signed.jws,
            jwk=signed.jwk,
            at=at,
        )
        noted = AuditRow(
            id=f"{ERASED}:{task.id}",
            what=ERASED,
            teams_tenant=task.teams_tenant,
            user=task.asked_by,
            at=at,
            tenant_id=task.id,
            details={"receipt": task.receipt_id},
        )
        await self._registry.erasures.end(task, receipt, noted)
        log.info("tenant_erased", tenant_id=task.id, receipt_id=task.receipt_id)


def statement(erasure: ErasureRow, at: datetime) -> dict[str, Any]:
    """Give what the receipt says: nothing personal, and the base URL only for those who know it."""
    assert erasure.keys_destroyed_at is not None
    return {
        "what": ERASED,
        "receiptId": erasure.receipt_id,
        "tenantId": erasure.id,
        "baseUrlSha256": erasure.base_url_sha256,
        "counts": erasure.counts,
        "askedAt": erasure.asked_at.isoformat(),
        "keysDestroyedAt": erasure.keys_destroyed_at.isoformat(),
        "at": at.isoformat(),
    }


def sha256(text: str) -> str:
    """Give the hex SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()
