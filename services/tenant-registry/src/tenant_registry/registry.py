"""The registry's database: its collections, and what must happen in several of them at once."""

from collections.abc import Sequence
from datetime import datetime

from contracts.event import Conversation, Event, Origin
from contracts.registry import TenantCheckAsked
from tenant_registry.decide import revocation
from tenant_registry.mongo import shaping
from tenant_registry.mongo.audit import Audit
from tenant_registry.mongo.chain import AuditChain
from tenant_registry.mongo.ciphertexts import Ciphertexts
from tenant_registry.mongo.codes import RegistrationCodes
from tenant_registry.mongo.connecting import Connecting
from tenant_registry.mongo.conversations import Conversations, Subscriptions
from tenant_registry.mongo.database import Client, Document, DuplicateKeyError, Session, once, transaction
from tenant_registry.mongo.erasures import Erasures, Receipts
from tenant_registry.mongo.forgotten import Forgotten
from tenant_registry.mongo.holdings import Holdings
from tenant_registry.mongo.links import Links
from tenant_registry.mongo.marks import Marks
from tenant_registry.mongo.outbox import Outbox
from tenant_registry.mongo.pending import PendingLinks
from tenant_registry.mongo.people import People
from tenant_registry.mongo.relay import RelayPlace
from tenant_registry.mongo.rotations import Rotations
from tenant_registry.mongo.tenants import TenantChange, Tenants
from tenant_registry.mongo.told_changes import ToldChanges
from tenant_registry.my_data import Who
from tenant_registry.rows import AuditRow, CodeRow, LinkRow, PendingLink, SubscriptionRow, TenantRow
from tenant_registry.schema import SHAPES
from tenant_registry.task_shapes import TASK_SHAPES


class CodeUsed(Exception):
    """Another registration used the code first."""


class Overtaken(Exception):
    """What was to be changed has changed meanwhile, or is gone."""


class Taken(Exception):
    """Another Jira of the organisation has this already: `fields` says what."""

    def __init__(self, fields: frozenset[str]) -> None:
        super().__init__()
        self.fields = fields


class Registry:
    """MongoDB. Raises RegistryUnavailable when it does not answer."""

    def __init__(self, client: Client, name: str) -> None:
        self._client = client
        self.database = client[name]
        self.tenants = Tenants(self.database)
        self.links = Links(self.database)
        self.pending = PendingLinks(self.database)
        self.connecting = Connecting(client, self.database)
        self.codes = RegistrationCodes(self.database)
        self.conversations = Conversations(self.database)
        self.subscriptions = Subscriptions(self.database)
        self.audit = Audit(self.database)
        self.chain = AuditChain(self.database)
        self.people = People(self.database)
        self.forgotten = Forgotten(self.database)
        self.told_changes = ToldChanges(self.database)
        self.outbox = Outbox(self.database)
        self.relay = RelayPlace(self.database)
        self.ciphertexts = Ciphertexts(self.database)
        self.marks = Marks(self.database)
        self.rotations = Rotations(self.database)
        self.erasures = Erasures(client, self.database)
        self.receipts = Receipts(self.database)
        self.holdings = Holdings(self.database)

    async def prepare(self) -> None:
        """Bring the collections into shape."""
        await shaping.apply(self.database, (*SHAPES, *TASK_SHAPES))

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

        return await once(self._client, work)

    async def change(
        self, change: TenantChange, noted: AuditRow | None = None, code: CodeRow | None = None
    ) -> TenantRow:
        """Change a tenant, use the code up, end links of another way, note it, ask for the check: all or nothing.

        Raises Overtaken, Taken, CodeUsed.
        """

        async def work(session: Session) -> TenantRow:
            if code is not None and not await self.codes.use(code, change.tenant_id, session):
                raise CodeUsed
            if change.fields.get("is_default") and (before := await self.tenants.find(change.tenant_id)):
                await self.tenants.no_default_but(before, change.at, session)
            tenant = await self.tenants.change(change, session)
            if tenant is None:
                raise Overtaken
            ended = 0
            if "auth_mode" in change.fields:  # what people allowed in another way is of no use any more
                ended = await self.links.remove_of_other_ways(tenant.id, tenant.auth_mode, session)
            if noted is not None:
                details = noted.details | ({"links_ended": str(ended)} if ended else {})
                await self.audit.note(noted.model_copy(update={"details": details}), session)
            if change.check_id is not None:
                check = TenantCheckAsked(check_id=change.check_id, tenant=tenant.event(), asked_at=change.at)
                await self.outbox.add(f"check:{check.check_id}", check, check.asked_at, session)
            return tenant

        try:
            return await transaction(self._client, work)
        except DuplicateKeyError as error:
            raise Taken(frozenset((error.details or {}).get("keyPattern", {}))) from error

    async def link(self, link: LinkRow, noted: AuditRow) -> bool:
        """Write a link and forget what waited for it. False where this was done before: nothing changes."""

        async def work(session: Session) -> None:
            await self.audit.note(noted, session)
            await self.links.put(link, session)
            await self.pending.drop_for(link.person, {link.tenant_id}, session)

        return await once(self._client, work)

    async def link_held(self, pending: PendingLink, link: LinkRow, noted: AuditRow, told: Sequence[Event]) -> None:
        """Make a link of what waited, and say so, once. Raises Overtaken where it no longer waits."""

        async def work(session: Session) -> None:
            if not await self.pending.take(pending, link.linked_at, session):
                raise Overtaken
            await self.audit.note(noted, session)
            await self.links.put(link, session)
            for event in told:
                await self.outbox.add(f"{noted.id}:{event.event_type()}", event, link.linked_at, session)

        await once(self._client, work)

    async def unlink(self, links: Sequence[LinkRow], noted: Sequence[AuditRow], origin: Origin) -> bool:
        """Erase links of a person and what waited for their Jiras, and take back there what made them, once."""

        async def work(session: Session) -> None:
            for row in noted:
                await self.audit.note(row, session)
            newest = await self.links.of_person(origin.teams_tenant, origin.user, session)  # perhaps refreshed since
            ended = {link.id for link in links}
            for link_id in ended:
                await self.links.remove(link_id, session)
            await self._take_back([link for link in newest if link.id in ended], noted[0], origin, session)
            await self.connecting.withdraw(links[0].person, {link.tenant_id for link in links}, noted[0].at, session)

        return await once(self._client, work)

    async def lose(self, link_id: str, generation: int, noted: AuditRow) -> bool:
        """Erase a link that Jira accepts no more. False where it is gone, or newer than this."""

        async def work(session: Session) -> None:
            if not await self.links.lose(link_id, generation, session):
                raise Overtaken
            await self.audit.note(noted, session)

        try:
            return await once(self._client, work)
        except Overtaken:
            return False

    async def erase_person(self, who: Who, chat: str | None, noted: AuditRow) -> None:
        """Delete what is stored about a person but what the audit noted, and note how much that was, once."""

        async def work(session: Session) -> None:
            await self.forgotten.note(who.key, noted.at, session)
            links = await self.links.of_person(who.teams_tenant, who.user, session)
            erased = await self.people.erase(who, chat, session)
            counts = {what: str(count) for what, count in erased.items()}
            await self.audit.note(noted.model_copy(update={"details": counts}), session)
            await self._take_back(links, noted, None, session)

        await once(self._client, work)

    async def _take_back(
        self, links: Sequence[LinkRow], noted: AuditRow, origin: Origin | None, session: Session
    ) -> None:
        """Ask for what made links to be taken back in Jira; without an origin nobody is told what came of it."""
        for link in links:
            if asked := revocation(link, noted.id, origin):
                await self.outbox.add(f"revoke:{asked.revocation_id}", asked, noted.at, session)

    async def note_act(self, row: AuditRow, asked_at: datetime) -> None:
        """Note what somebody did, once; without the person, if he or she was forgotten after asking for it."""
        await self.note_acts([(row, asked_at)])

    async def note_acts(self, acts: Sequence[tuple[AuditRow, datetime]]) -> None:
        """Note what people did and when they asked for it, once; without people who were forgotten since."""
        rows = [row for row, _ in acts]
        await self.audit.note_all_once(await self.chain.add(rows))
        # Looked up afterwards: whoever is forgotten from now on is taken out of the row with all others.
        forgotten = await self.forgotten.of({row.person for row in rows})
        late = [row.id for row, asked_at in acts if row.person in forgotten and asked_at <= forgotten[row.person]]
        if late:
            await self.audit.blank(late)

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

    async def unsubscribe(self, where: Conversation, what: Document, noted: AuditRow) -> bool:
        """Remove a conversation's subscriptions to a project, perhaps of one Jira alone. False where there was none."""
        wanted = {**what, "teams_tenant": where.teams_tenant, "conversation_id": where.conversation_id}

        async def work(session: Session) -> bool:
            removed = await self.subscriptions.remove(wanted, session)
            if removed:
                await self.audit.note(noted, session)
            return bool(removed)

        return await transaction(self._client, work)

    async def leave(self, where: Conversation, at: datetime) -> None:
        """Note that the bot left a conversation, which then hears of nothing."""

        async def work(session: Session) -> None:
            if await self.conversations.left(where, at, session):
                await self.subscriptions.remove_all(where.conversation_id, session)

        await transaction(self._client, work)
