"""What people can ask about what there is for them and of them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from joserfc.jws import deserialize_compact
from tests.tenant_registry.fakes import (
    ANNA,
    BEN,
    CHANNEL,
    NOON,
    TEAMS_TENANT,
    Clock,
    FakeKeyVault,
    conversation,
    granted,
    noting,
    origin,
    prepared,
    registered,
    waiting_comment,
)

from chassis.errors import Unavailable
from contracts.jira import SubscriptionAllowed
from contracts.outcomes import Issue, IssueCreated, MyDataDeleted, Person, Refused, SiteSeen, SitesListed
from contracts.teams import MyDataAsked, MyDataDeletionAsked, RegisterAsked, SitesAsked
from tenant_registry.audit_chain import Head
from tenant_registry.decide import fingerprint
from tenant_registry.handlers.acts import act_done
from tenant_registry.handlers.linking import authorization_prepared, link_granted
from tenant_registry.handlers.my_data import Means, my_data_asked, my_data_deletion_asked
from tenant_registry.handlers.notifying import subscription_allowed
from tenant_registry.handlers.registration import RegistrationRules, register_asked
from tenant_registry.handlers.sites import sites_asked
from tenant_registry.mongo.audit_batches import AuditBatches
from tenant_registry.registry import Registry
from tenant_registry.rows import TenantRow

CHAT = conversation("a:annas-own", "personal")
JIRA_USERS = {
    ANNA: Person(name="alinde", display_name="Anna Linde"),
    BEN: Person(name="bberg", display_name="Ben Berg"),
}


def statement_in(jws: str, keys: FakeKeyVault) -> dict[str, Any]:
    """Verify a receipt with the public key alone, and read it."""
    said = deserialize_compact(jws, RSAKey.import_key(keys.statements.jwk), ["RS256"])
    statement: dict[str, Any] = json.loads(said.payload)
    return statement


async def test_jiras_are_listed_with_what_the_person_can_do_there(registry: Registry, clock: Clock) -> None:
    eu = await registered(registry, base_url="https://eu.example", site="eu.example", alias="eu", is_default=True)
    us = await registered(registry, base_url="https://us.example", site="us.example", alias="us", state="suspended")
    await registered(registry, teams_tenant="another-organisation")
    await link_granted(granted(eu), registry, clock)
    asked = SitesAsked(origin=origin())

    answer = await sites_asked(asked, registry)

    assert isinstance(answer, SitesListed)
    assert sorted(answer.sites, key=lambda one: one.alias or "") == [
        SiteSeen(alias="eu", site="eu.example", state=eu.state, is_default=True, connected=True),
        SiteSeen(alias="us", site="us.example", state=us.state, is_default=False, connected=False),
    ]


async def test_without_a_jira_the_person_hears_what_to_do(registry: Registry) -> None:
    answer = await sites_asked(SitesAsked(origin=origin()), registry)

    assert isinstance(answer, Refused)
    assert (answer.code, bool(answer.advice)) == ("not_registered", True)


@pytest.fixture
async def tenant(registry: Registry, clock: Clock) -> TenantRow:
    """A Jira that Anna registered, is linked to, and subscribed to in a channel and in her own chat; Ben too."""
    tenant = await registered(registry)
    rules = RegistrationRules(frozenset({ANNA, BEN}), "https://bridge.example/register", "")
    for user in (ANNA, BEN):
        code = RegisterAsked(origin=origin(user), code_hash=fingerprint(user))
        await register_asked(code, registry, rules, clock)
        await link_granted(granted(tenant, user, jira_user=JIRA_USERS[user]), registry, clock)
        await authorization_prepared(prepared(tenant, user, user, resume=waiting_comment(user)), registry, clock)
    for where, project in ((CHANNEL, "OPS"), (CHAT, "DEV")):
        await subscription_allowed(
            SubscriptionAllowed(
                origin=origin(ANNA, where), tenant_id=tenant.id, project=project, project_name=project.title()
            ),
            registry,
            clock,
        )
    return tenant


async def shown(registry: Registry, user: str, **more: Any) -> dict[str, tuple[int, str]]:
    told = await my_data_asked(MyDataAsked(origin=origin(user, **more)), registry)
    return {one.what: (one.count, "; ".join(one.details)) for one in told.data}


async def test_a_person_sees_what_is_stored_in_words(registry: Registry, tenant: TenantRow) -> None:
    assert await shown(registry, ANNA) == {
        "account links": (
            1,
            "jira.linden.example as alinde, by OAuth 1.0a, since 2 March 2126; its tokens are encrypted",
        ),
        "connections under way": (
            1,
            "jira.linden.example, good until 2 March 2126, 12:10 UTC, with the command that waits for it",
        ),
        "subscriptions made by you": (
            2,
            "DEV (Dev) in a chat, since 2 March 2126; OPS (Ops) in Builds, since 2 March 2126",
        ),
        "addresses of your own chat": (
            1,
            "https://connector.example/emea/, last heard from on 2 March 2126, 12:00 UTC",
        ),
        "registration codes": (
            2,
            "not used, good until 2 March 2126, 13:00 UTC; used, good until 2 March 2126, 13:00 UTC",
        ),
        "Jiras registered by you": (1, "jira.linden.example, on 2 March 2126"),
        "audit entries with your name": (5, "linked: 1; registered: 1; registration code issued: 1; subscribed: 2"),
    }


async def test_the_chat_in_which_a_person_asks_is_shown_to_that_person_alone(
    registry: Registry, tenant: TenantRow
) -> None:
    bens = conversation("a:bens-own", "personal", service_url="https://connector.example/apac/")
    await registry.conversations.seen(bens, NOON + timedelta(minutes=3))

    of_ben = await shown(registry, BEN, conversation=bens)

    assert of_ben["addresses of your own chat"] == (
        1,
        "https://connector.example/apac/, last heard from on 2 March 2126, 12:03 UTC",
    )
    assert "apac" not in str(await shown(registry, ANNA))
    assert "addresses of your own chat" not in await shown(registry, BEN, conversation=CHANNEL)


async def test_nobody_sees_what_is_stored_about_another(registry: Registry, tenant: TenantRow) -> None:
    assert set(await shown(registry, BEN)) == {
        "account links",
        "connections under way",
        "registration codes",
        "audit entries with your name",
    }
    assert await shown(registry, ANNA, teams_tenant="another-organisation") == {}


async def everything(registry: Registry) -> str:
    names = await registry.database.list_collection_names()
    return "\n".join([repr([one async for one in registry.database[name].find()]) for name in names])


async def test_what_is_deleted_is_gone_from_every_collection_and_the_rest_stays(
    registry: Registry, tenant: TenantRow, clock: Clock, keys: FakeKeyVault
) -> None:
    await registry.database["outbox"].delete_many({})
    await registry.chain.extend()
    asked = MyDataDeletionAsked(origin=origin(ANNA, CHAT))

    await my_data_deletion_asked(asked, Means(registry, keys, clock))

    left = (await everything(registry)).replace(f"{{'_id': '{tenant.id}:{ANNA}', 'gone': True}}", "")
    assert ANNA not in left
    assert "alinde" not in left
    assert CHAT.conversation_id not in left
    assert await registry.database["links"].find_one({"_id": f"{tenant.id}:{ANNA}"}) == {
        "_id": f"{tenant.id}:{ANNA}",
        "gone": True,
    }
    assert await registry.subscriptions.listeners(tenant.id, "OPS") == [CHANNEL.conversation_id]
    assert await registry.subscriptions.listeners(tenant.id, "DEV") == []
    assert await shown(registry, ANNA) == {}
    assert len(await shown(registry, BEN)) == 4


async def test_the_chain_holds_after_a_deletion(
    registry: Registry, tenant: TenantRow, clock: Clock, keys: FakeKeyVault
) -> None:
    await registry.chain.extend()
    await my_data_deletion_asked(MyDataDeletionAsked(origin=origin()), Means(registry, keys, clock))
    await registry.chain.extend()

    verdict = await registry.audit.verify(TEAMS_TENANT)

    assert isinstance(verdict, Head)
    (row,) = await registry.database["audit"].find({"what": "personal_data_deleted"}).to_list(None)
    assert row["user"] == ""
    assert row["details"]["account links"] == "1"


async def test_the_receipt_says_what_was_deleted_of_whom_and_when_and_again_the_same(
    registry: Registry, tenant: TenantRow, clock: Clock, keys: FakeKeyVault
) -> None:
    asked = MyDataDeletionAsked(origin=origin(ANNA, CHAT))
    keys.silent = True
    with pytest.raises(Unavailable):
        await my_data_deletion_asked(asked, Means(registry, keys, clock))
    assert await shown(registry, ANNA) == {}, "deleted all the same"
    keys.silent = False
    clock.passes(timedelta(minutes=5))

    [answer] = await my_data_deletion_asked(asked, Means(registry, keys, clock))
    [again] = await my_data_deletion_asked(asked, Means(registry, keys, clock))

    assert isinstance(answer, MyDataDeleted)
    assert isinstance(again, MyDataDeleted)
    counts = {one.what: one.count for one in answer.deleted}
    assert counts == {
        "account links": 1,
        "connections under way": 1,
        "registration codes": 2,
        "subscriptions of your own chat": 1,
        "addresses of your own chat": 1,
        "your name on other subscriptions": 1,
        "your name on Jiras": 1,
        "audit entries with your name": 5,
    }
    assert statement_in(answer.receipt, keys) == {
        "what": "personal_data_deleted",
        "teams_tenant": TEAMS_TENANT,
        "user": ANNA,
        "at": NOON.isoformat(timespec="milliseconds"),
        "deleted": counts,
    }
    assert again.deleted == answer.deleted
    assert statement_in(again.receipt, keys) == statement_in(answer.receipt, keys)


async def test_who_has_nothing_stored_gets_a_receipt_for_just_that(
    registry: Registry, clock: Clock, keys: FakeKeyVault
) -> None:
    [answer] = await my_data_deletion_asked(MyDataDeletionAsked(origin=origin()), Means(registry, keys, clock))

    assert isinstance(answer, MyDataDeleted)
    assert answer.deleted == ()
    assert statement_in(answer.receipt, keys)["deleted"] == {}


async def test_what_was_done_before_a_deletion_and_is_heard_of_after_it_names_nobody(
    registry: Registry, clock: Clock, keys: FakeKeyVault
) -> None:
    means = noting(AuditBatches(registry), registry, clock)
    issue = Issue(key="OPS-7", url="https://jira.linden.example/browse/OPS-7", summary="x", project="OPS")
    before, of_ben = IssueCreated(origin=origin(), issue=issue), IssueCreated(origin=origin(BEN), issue=issue)
    clock.passes(timedelta(minutes=1))
    await my_data_deletion_asked(MyDataDeletionAsked(origin=origin(asked_at=clock())), Means(registry, keys, clock))
    clock.passes(timedelta(minutes=1))
    after = IssueCreated(origin=origin(asked_at=clock()), issue=issue)

    for act in (before, of_ben, after):
        await act_done(act, means)
    await registry.chain.extend()

    rows = await registry.database["audit"].find({"what": "issue_created"}).to_list(None)
    assert {row["_id"]: (row["user"], row["details"].get("issue")) for row in rows} == {
        f"issue_created:{before.origin.intent_id}": ("", None),
        f"issue_created:{of_ben.origin.intent_id}": (BEN, "OPS-7"),
        f"issue_created:{after.origin.intent_id}": (ANNA, "OPS-7"),
    }
    assert isinstance(await registry.audit.verify(TEAMS_TENANT), Head)


async def test_what_jira_granted_before_a_deletion_makes_no_link_after_it(
    registry: Registry, clock: Clock, keys: FakeKeyVault
) -> None:
    tenant = await registered(registry)
    before = granted(tenant)
    clock.passes(timedelta(minutes=1))
    await my_data_deletion_asked(MyDataDeletionAsked(origin=origin(asked_at=clock())), Means(registry, keys, clock))

    [late] = await link_granted(before, registry, clock)
    assert isinstance(late, Refused)
    assert await registry.links.of_person(TEAMS_TENANT, ANNA) == []

    clock.passes(timedelta(minutes=1))
    await link_granted(granted(tenant, origin=origin(asked_at=clock())), registry, clock)
    assert len(await registry.links.of_person(TEAMS_TENANT, ANNA)) == 1
