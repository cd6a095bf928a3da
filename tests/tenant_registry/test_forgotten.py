"""What a person asked for before having everything deleted, and what is heard of it only afterwards."""

from datetime import timedelta

import pytest
from tests.tenant_registry.fakes import (
    ANNA,
    BEN,
    CHANNEL,
    Clock,
    FakeKeyVault,
    conversation,
    granted,
    origin,
    prepared,
    registered,
)

from contracts.event import Conversation, Origin
from contracts.jira import SubscriptionAllowed, WebhookCreated
from contracts.outcomes import Refused, Subscribed, WebhookReady
from contracts.registry import AuthorizationEnded
from contracts.teams import MyDataDeletionAsked, WebhookAsked
from tenant_registry.audit_chain import Head
from tenant_registry.handlers.linking import authorization_prepared, link_granted
from tenant_registry.handlers.my_data import Means, my_data_deletion_asked
from tenant_registry.handlers.notifying import subscription_allowed
from tenant_registry.handlers.webhooks import Means as WebhookMeans
from tenant_registry.handlers.webhooks import WebhookRules, webhook_asked, webhook_created
from tenant_registry.registry import Registry
from tenant_registry.rows import TenantRow

CHAT = conversation("a:annas-own", "personal")
pytestmark = pytest.mark.usefixtures("forgotten")


@pytest.fixture
async def tenant(registry: Registry) -> TenantRow:
    return await registered(registry, state="active", jira_version="10.3")


@pytest.fixture
def before(tenant: TenantRow) -> Origin:
    """What was asked before."""
    return origin(ANNA, CHAT)


@pytest.fixture
async def forgotten(registry: Registry, clock: Clock, keys: FakeKeyVault, before: Origin) -> None:
    clock.passes(timedelta(minutes=1))
    asked = MyDataDeletionAsked(origin=origin(ANNA, CHAT, asked_at=clock()))
    await my_data_deletion_asked(asked, Means(registry, keys, clock))
    clock.passes(timedelta(minutes=1))


async def names_anna(registry: Registry) -> list[str]:
    """Name the collections that hold her Entra id or her own chat; what the outbox tells others passes."""
    names = set(await registry.database.list_collection_names()) - {"outbox"}
    held = {name: repr([one async for one in registry.database[name].find()]) for name in names}
    return sorted(name for name, all_ in held.items() if ANNA in all_ or CHAT.conversation_id in all_)


def allowed(tenant: TenantRow, who: Origin) -> SubscriptionAllowed:
    return SubscriptionAllowed(origin=who, tenant_id=tenant.id, project="OPS", project_name="Operations")


@pytest.mark.parametrize("where", [CHAT, CHANNEL])
async def test_a_subscription_is_not_made(
    registry: Registry, tenant: TenantRow, clock: Clock, before: Origin, where: Conversation
) -> None:
    answer = await subscription_allowed(
        allowed(tenant, before.model_copy(update={"conversation": where})), registry, clock
    )

    assert isinstance(answer, Refused)
    assert (answer.code, bool(answer.advice)) == ("forgotten", True)
    assert await names_anna(registry) == []
    assert await registry.subscriptions.listeners(tenant.id, "OPS") == []


async def test_a_subscription_of_somebody_else_or_of_later_is_made(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    for late in (origin(BEN, CHANNEL), origin(ANNA, CHAT, asked_at=clock())):
        assert isinstance(await subscription_allowed(allowed(tenant, late), registry, clock), Subscribed)


async def test_a_webhook_that_was_made_is_noted_without_the_person(
    registry: Registry, tenant: TenantRow, clock: Clock, keys: FakeKeyVault, before: Origin
) -> None:
    means = WebhookMeans(registry, keys, WebhookRules(frozenset({ANNA}), "https://bridge.example"), clock)
    await webhook_asked(WebhookAsked(origin=before, site=None), means)
    created = WebhookCreated(origin=before, tenant_id=tenant.id, webhook_id="7", site=tenant.site)

    answer = await webhook_created(created, registry, clock)
    await registry.chain.extend()

    assert isinstance(answer, WebhookReady)
    rows = await registry.database["audit"].find({"what": {"$regex": "^webhook_"}}).sort("what").to_list(None)
    assert [(row["what"], row["user"]) for row in rows] == [("webhook_asked", ""), ("webhook_created", "")]
    assert await names_anna(registry) == []
    assert isinstance(await registry.audit.verify(tenant.teams_tenant), Head)


async def test_a_connecting_that_was_under_way_waits_for_nobody(
    registry: Registry, tenant: TenantRow, clock: Clock, before: Origin
) -> None:
    late = prepared(tenant, origin=before)

    ended = await authorization_prepared(late, registry, clock)

    assert ended == AuthorizationEnded(
        origin=before, tenant_id=tenant.id, link_id=f"{tenant.id}:{ANNA}", why="withdrawn"
    )
    assert await names_anna(registry) == []


async def test_an_attempt_at_anothers_link_is_noted_without_the_person(
    registry: Registry, tenant: TenantRow, clock: Clock, before: Origin
) -> None:
    await link_granted(granted(tenant, origin=before, link_id=f"{tenant.id}:{BEN}"), registry, clock)

    assert await names_anna(registry) == []
