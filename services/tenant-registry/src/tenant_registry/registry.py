"""The registry's database: its collections, and what must happen in several of them at once."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from contracts.event import Conversation
from contracts.registry import TenantCheckAsked
from tenant_registry import schema
from tenant_registry.mongo.audit import Audit
from tenant_registry.mongo.codes import RegistrationCodes
from tenant_registry.mongo.conversations import Conversations, Subscriptions
from tenant_registry.mongo.database import Client, DuplicateKeyError, Session, transaction
from tenant_registry.mongo.links import Links
from tenant_registry.mongo.outbox import Outbox
from tenant_registry.mongo.pending import PendingLinks
from tenant_registry.mongo.relay import RelayPlace
from tenant_registry.mongo.tenants import Tenants
from tenant_registry.mongo.told_changes import ToldChanges
from tenant_registry.rows import AuditRow, CodeRow, LinkRow, SubscriptionRow, TenantRow


class CodeUsed(Exception):
    """Another registration used the code first."""


class Registry:
    """MongoDB. Raises RegistryUnavailable when it does not answer."""

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self.database = client[name]
        self.tenants = Tenants(self.database)
        self.links = Links(self.database)
        self.pending = PendingLinks(self.database)
        self.codes = RegistrationCodes(self.database)
        self.conversations = Conversations(self.database)
        self.subscriptions = Subscriptions(self.database)
        self.audit = Audit(self.database)
        self.told_changes = ToldChanges(self.database)
        self.outbox = Outbox(self.database)
        self.relay = RelayPlace(self.database)

    async def prepare(self) -> None:
        """Bring the collections into shape."""
        await schema.apply(self.database)

    async def close(self) -> None:
        """Disconnect."""
        self._client.close()

    async def register(self, code: CodeRow, tenant: TenantRow, noted: AuditRow) -> bool:
        """Use the code up, add the tenant, ask for its first check. False where the tenant is there already.

        Raises CodeUsed.
        """
        check = TenantCheckAsked(check_id=tenant.id, tenant=tenant.event(), asked_at=tenant.registered_at)

        async def work(session: Session) -> None:
            if not await self.codes.use(code, tenant.id, session):
                raise CodeUsed
            await self.tenants.add(tenant, session)
            await self.audit.note(noted, session)
            await self.outbox.add(f"check:{check.check_id}", check, check.asked_at, session)

        return await self._once(work)

    async def link(self, link: LinkRow, noted: AuditRow) -> bool:
        """Write a link and forget what waited for it. False where this was done before: nothing changes."""

        async def work(session: Session) -> None:
            await self.audit.note(noted, session)
            await self.links.put(link, session)
            await self.pending.drop_of(f"{link.teams_tenant}|{link.user}", session)

        return await self._once(work)

    async def unlink(self, links: list[LinkRow], person: str, noted: AuditRow) -> bool:
        """Erase links and what waited. False where this was done before: nothing changes."""

        async def work(session: Session) -> None:
            await self.audit.note(noted, session)
            for link in links:
                await self.links.remove(link.id, session)
            await self.pending.drop_of(person, session)

        return await self._once(work)

    async def _once(self, work: Callable[[Session], Coroutine[Any, Any, None]]) -> bool:
        try:
            await transaction(self._client, work)
        except DuplicateKeyError:
            return False
        return True

    async def subscribe(self, subscription: SubscriptionRow, noted: AuditRow) -> bool:
        """Add a subscription. False where it, or this very request, was there before."""

        async def work(session: Session) -> bool:
            added = await self.subscriptions.add(subscription, session)
            if added:
                await self.audit.note(noted, session)
            return added

        try:
            return await transaction(self._client, work)
        except DuplicateKeyError:
            return False

    async def unsubscribe(self, where: Conversation, project: str, noted: AuditRow) -> bool:
        """Remove a conversation's subscription to a project. False where there was none."""

        async def work(session: Session) -> bool:
            removed = await self.subscriptions.remove(where.teams_tenant, where.conversation_id, project, session)
            if removed:
                await self.audit.note(noted, session)
            return bool(removed)

        return await transaction(self._client, work)

    async def leave(self, conversation_id: str, at: datetime) -> None:
        """Note that the bot left a conversation, which then hears of nothing."""

        async def work(session: Session) -> None:
            if await self.conversations.left(conversation_id, at, session):
                await self.subscriptions.remove_all(conversation_id, session)

        await transaction(self._client, work)
