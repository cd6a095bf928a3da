"""The secrets that Jira's webhooks are signed with: opened by key-vault, and held in memory for minutes."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chassis.errors import Unavailable
from chassis.keys import KeysRefusal
from contracts.keys import ProtectedSecret
from tenant_registry.http.surroundings import KeyVault
from tenant_registry.rows import TenantRow

FIELD = "webhook_secret"
HELD_FOR = timedelta(minutes=10)
MOST = 1_000


@dataclass(frozen=True)
class Opened:
    """A secret, the ciphertext that it came from, and until when it is held."""

    secret: bytes = field(repr=False)
    ciphertext: str
    until: datetime


class HookSecrets:
    """What was opened lately; another ciphertext in the tenant's row ends it at once."""

    def __init__(self, keys: KeyVault, now: Callable[[], datetime]) -> None:
        self._keys = keys
        self._now = now
        self._held: OrderedDict[str, Opened] = OrderedDict()
        self._opening: dict[str, asyncio.Task[Opened]] = {}

    async def of(self, tenant: TenantRow) -> bytes | None:
        """Give a tenant's secret; None where it has none, or its keys are gone.

        Jira does not send again what was turned away, so while key-vault is silent what is held goes on being used.
        Raises Unavailable.
        """
        if tenant.webhook_secret is None:
            return None
        held = self._held.get(tenant.id)
        same = held is not None and held.ciphertext == tenant.webhook_secret
        if held is not None and same and self._now() < held.until:
            return held.secret
        try:
            return (await self._open(tenant.id, tenant.webhook_secret)).secret
        except KeysRefusal:
            self._held.pop(tenant.id, None)
            return None
        except Unavailable:
            if held is not None and same:
                return held.secret
            raise

    async def _open(self, tenant_id: str, ciphertext: str) -> Opened:
        """Open a secret; those who ask meanwhile wait for the same answer."""
        task = self._opening.get(ciphertext)
        if task is None:
            task = asyncio.create_task(self._ask(tenant_id, ciphertext))
            self._opening[ciphertext] = task
            task.add_done_callback(lambda _: self._opening.pop(ciphertext, None))
        return await asyncio.shield(task)

    async def _ask(self, tenant_id: str, ciphertext: str) -> Opened:
        stored = ProtectedSecret(row=tenant_id, field=FIELD, ciphertext=ciphertext)
        (plain,) = await self._keys.open(tenant_id, [stored])
        opened = Opened(plain.encode(), ciphertext, self._now() + HELD_FOR)
        self._held[tenant_id] = opened
        self._held.move_to_end(tenant_id)
        while len(self._held) > MOST:
            self._held.popitem(last=False)
        return opened
