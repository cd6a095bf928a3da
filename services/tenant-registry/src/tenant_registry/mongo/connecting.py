"""A person's way to a link: each step together with what is told of it, all of it or nothing."""

from collections.abc import Collection
from datetime import datetime
from uuid import uuid4

from contracts.jira import AuthorizationPrepared
from contracts.outcomes import Refused
from contracts.registry import CodeExchangeAsked
from tenant_registry.decide import ended
from tenant_registry.mongo.database import Client, Database, DuplicateKeyError, Session, once, transaction
from tenant_registry.mongo.outbox import Outbox
from tenant_registry.mongo.pending import CodeSeen, PendingLinks
from tenant_registry.rows import PendingLink


class Connecting:
    """What waits for people, and the outbox."""

    def __init__(self, client: Client, database: Database) -> None:
        self._client = client
        self._pending = PendingLinks(database)
        self._outbox = Outbox(database)

    async def prepare(self, prepared: AuthorizationPrepared, at: datetime) -> None:
        """Remember where a person was sent; a connecting to another Jira that this replaces has ended."""
        replaced = await self._pending.prepare(prepared)
        if replaced is not None and replaced.tenant_id != prepared.tenant_id:
            await self.tell_end(replaced, "replaced", at)

    async def see_code(self, seen: CodeSeen, asked: CodeExchangeAsked, at: datetime) -> bool:
        """Note that Jira gave a code and have it exchanged, once. False where nothing waits, or another came first."""

        async def work(session: Session) -> bool:
            before = await self._pending.see_code(seen, session)
            if before is not None and before.jira_code_hash is None:
                await self._outbox.add(f"exchange:{seen.lookup}", asked, at, session)
            return before is not None

        try:
            return await transaction(self._client, work)
        except DuplicateKeyError:
            return False  # its code was exchanged before; it only seems to wait again

    async def end(self, lookup: str, said: Refused, at: datetime) -> None:
        """Forget what waits, and say why, once."""

        async def work(session: Session) -> None:
            if pending := await self._pending.drop(lookup, session):
                await self._outbox.add(f"denied:{lookup}", said, at, session)
                await self.tell_end(pending, said.code, at, session)

        await once(self._client, work)

    async def withdraw(
        self, person: str, tenant_ids: Collection[str], at: datetime, session: Session | None = None
    ) -> None:
        """Forget what waits for a person, if it is for one of these Jiras."""

        async def work(session: Session) -> None:
            if pending := await self._pending.drop_for(person, tenant_ids, session):
                await self.tell_end(pending, "withdrawn", at, session)

        await (once(self._client, work) if session is None else work(session))

    async def tell_end(self, pending: PendingLink, why: str, at: datetime, session: Session | None = None) -> None:
        """Tell jira-actor that its card is of no use any more; telling it twice does no harm."""
        await self._outbox.add(f"ended:{uuid4().hex}", ended(pending, why), at, session)
