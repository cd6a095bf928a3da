"""Two organisations in one Bridge: Anna and Ben in one, Mallory in the other, who would like what is Anna's."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
from tests.tenant_registry.fakes import ANNA, BEN, NOON, Clock, FakeKeyVault, prepared, registered
from tests.tenant_registry.oauth2_steps import come_back, prepared2, registered_oauth2

from chassis.gathering import Gathering
from contracts.event import Conversation, Origin
from contracts.jira import AuthorizationPrepared
from contracts.outcomes import Person
from tenant_registry.decide import fingerprint
from tenant_registry.refusals import Attempted, Refusals, note_gathered
from tenant_registry.registry import Registry
from tenant_registry.rows import OPERATOR, AuditRow, LinkRow, SubscriptionRow, TenantRow

MALLORY = "c0000000-0000-4000-8000-00000000000c"
HOOK = "/v1/hooks"
OWN_TOKEN = "mallorys-registration-token"
OWN_HOOK = "mallorys-hook-token"
COLLECTIONS = ("tenants", "links", "pending_links", "subscriptions", "conversations", "registration_codes")


@dataclass
class Scene:
    """What an attempt finds."""

    registry: Registry
    keys: FakeKeyVault
    clock: Clock
    victims: str = field(default_factory=lambda: uuid4().hex)
    own: str = field(default_factory=lambda: uuid4().hex)
    counted: list[str] = field(default_factory=list)
    state: str = field(default_factory=lambda: uuid4().hex)
    web: httpx.AsyncClient = field(init=False)

    def __post_init__(self) -> None:
        self.gathered = Gathering(partial(note_gathered, registry=self.registry), Attempted.nameless, self.clock)
        self.refused = Refusals(self.gathered.add, self.counted.append).refused

    async def build(self) -> None:
        """Give Anna a link, a connection under way and a channel that hears of a project; give Mallory a Jira."""
        registry = self.registry
        self._noted_before = [one.id for one in await self._all_noted()]
        theirs = {"teams_tenant": self.victims, "alias": "theirs"}
        self.tenant = await registered_oauth2(registry, registration_token_hash=fingerprint(uuid4().hex), **theirs)
        self.mine = await registered(
            registry,
            teams_tenant=self.own,
            alias="mine",
            base_url="https://mallory.example",
            site="mallory.example",
            registration_token_hash=fingerprint(OWN_TOKEN),
            hook_token_hash=fingerprint(OWN_HOOK),
            registered_by=MALLORY,
        )
        await registry.database["registration_codes"].delete_many({"teams_tenant": self.own})
        self.link = LinkRow(
            id=f"{self.tenant.id}:{ANNA}",
            tenant_id=self.tenant.id,
            teams_tenant=self.victims,
            user=ANNA,
            jira_user="alinde",
            auth_mode="oauth2",
            access_token="vault:v1:annas",
            refresh_token="vault:v1:annas-refresh",
            generation=7,
            linked_at=NOON,
        )
        await registry.link(self.link, AuditRow.of("linked", self.anna(), NOON, tenant_id=self.tenant.id))
        self.channel = Conversation(
            conversation_id=f"19:{uuid4().hex}@thread.tacv2",
            kind="channel",
            service_url="https://connector.example/emea/",
            teams_tenant=self.victims,
        )
        await registry.conversations.seen(self.channel, NOON)
        hears = SubscriptionRow(
            id=uuid4().hex,
            tenant_id=self.tenant.id,
            project="OPS",
            project_name="Operations",
            conversation_id=self.channel.conversation_id,
            teams_tenant=self.victims,
            subscribed_by=ANNA,
            subscribed_at=NOON,
        )
        await registry.subscribe(hears, AuditRow.of("subscribed", self.anna(), NOON))
        self.waits = prepared2(self.tenant, ANNA, self.state)
        await registry.pending.prepare(self.waits)

    def anna(self, **more: Any) -> Origin:
        return self._origin(ANNA, self.victims, **more)

    def ben(self, **more: Any) -> Origin:
        return self._origin(BEN, self.victims, **more)

    def mallory(self, **more: Any) -> Origin:
        return self._origin(MALLORY, self.own, **more)

    def _origin(self, user: str, organisation: str, **more: Any) -> Origin:
        where = Conversation(
            conversation_id=f"a:{user}",
            service_url="https://connector.example/emea/",
            teams_tenant=organisation,
        )
        facts: dict[str, Any] = {
            "intent_id": uuid4().hex,
            "teams_tenant": organisation,
            "user": user,
            "user_mri": f"29:{user}",
            "user_name": "A person",
            "conversation": where,
            "asked_at": NOON,
        }
        return Origin.model_validate({**facts, **more})

    async def annas_code(self) -> str:
        """Let Anna's browser come back from Jira's Allow page."""
        return await come_back(self.web, self.state)

    async def own_waits(self, origin: Origin, tenant: TenantRow) -> AuthorizationPrepared:
        """Begin a connection of one's own, by OAuth 1.0a."""
        waits = prepared(tenant, origin.user, uuid4().hex, origin=origin)
        await self.registry.pending.prepare(waits)
        return waits

    async def belongings(self) -> dict[str, Any]:
        """Give all that is stored for the victims, as it is now."""
        found = {
            name: await self.registry.database[name].find({"teams_tenant": self.victims}).sort("_id").to_list(None)
            for name in COLLECTIONS
        }
        about = {"data": {"$regex": self.tenant.id}, "event_type": {"$ne": "bridge.tenant-check-asked.v1"}}
        return {**found, "told": await self.registry.database["outbox"].find(about).sort("_id").to_list(None)}

    async def noted(self) -> list[AuditRow]:
        """Give what the audit noted of attempts since this began, once the window is over."""
        await self.gathered.tell()
        return [one for one in await self._all_noted() if one.id not in self._noted_before]

    async def _all_noted(self) -> list[AuditRow]:
        where = {"$in": [self.victims, self.own, OPERATOR]}
        what = {"$in": ["attempt_refused", "link_refused"]}
        found = await self.registry.database["audit"].find({"teams_tenant": where, "what": what}).to_list(None)
        return [AuditRow.read(one) for one in found]


JIRA_USER = Person(name="mallory", display_name="Mallory")
SOON = NOON + timedelta(hours=1)
