"""Taking back in Jira what made a link that its person ended: asked for with the deletion, noted, told if it fails."""

from datetime import timedelta
from typing import Any

import pytest
from tests.tenant_registry.fakes import (
    ANNA,
    BASE_URL,
    BEN,
    TEAMS_TENANT,
    Clock,
    FakeKafka,
    FakeKeyVault,
    granted,
    origin,
    registered,
)
from tests.tenant_registry.oauth2_steps import in_outbox, registered_oauth2
from tests.tenant_registry.test_links import TOKENS, linked, refreshed
from tests.tenant_registry.test_relay import relaying, until

from contracts.event import Origin
from contracts.jira import RevocationTried
from contracts.outcomes import Refused
from contracts.registry import AccountLink, RevocationAsked
from contracts.teams import DisconnectAsked, MyDataDeletionAsked
from tenant_registry import words
from tenant_registry.audit_chain import Head
from tenant_registry.handlers.grants import link_refreshed
from tenant_registry.handlers.linking import link_granted
from tenant_registry.handlers.my_data import Means, my_data_deletion_asked
from tenant_registry.handlers.revoking import revocation_tried
from tenant_registry.handlers.unlinking import disconnect_asked
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow, TenantRow

PAGE = "/plugins/servlet/oauth/users/access-tokens"


@pytest.fixture
async def eu(registry: Registry) -> TenantRow:
    return await registered_oauth2(registry, site="eu.example", base_url="https://eu.example", alias="eu")


@pytest.fixture
async def us(registry: Registry) -> TenantRow:
    return await registered(registry, auth_mode="pat", consumer_key="", alias="us")


async def linked_by_pat(registry: Registry, us: TenantRow, clock: Clock, user: str = ANNA) -> None:
    await link_granted(granted(us, user, auth_mode="pat", token_secret=""), registry, clock)


async def disconnected(registry: Registry, clock: Clock) -> Origin:
    asked = origin()
    for _ in range(2):  # the same message again asks for nothing more
        await disconnect_asked(DisconnectAsked(origin=asked), registry, clock)
    return asked


async def forgotten(registry: Registry, clock: Clock, keys: FakeKeyVault) -> Origin:
    asked = origin(asked_at=clock())
    for _ in range(2):
        await my_data_deletion_asked(MyDataDeletionAsked(origin=asked), Means(registry, keys, clock))
    return asked


def tried(tenant: TenantRow, whose: Origin | None, outcome: str, **more: Any) -> RevocationTried:
    facts: dict[str, Any] = {
        "revocation_id": f"unlinked:{whose.intent_id if whose else 'x'}:{tenant.id}",
        "tenant_id": tenant.id,
        "auth_mode": tenant.auth_mode,
        "outcome": outcome,
        "origin": whose,
    }
    return RevocationTried.model_validate({**facts, **more})


async def noted(registry: Registry) -> list[tuple[str, str, dict[str, str]]]:
    found = registry.database["audit"].find({"what": {"$regex": "revoked_in_jira"}}).sort("what")
    return [(row["what"], row["user"], row["details"]) async for row in found]


async def test_disconnecting_asks_each_jira_for_what_it_can_take_back_and_no_other(
    registry: Registry, eu: TenantRow, us: TenantRow, clock: Clock
) -> None:
    old = await registered(registry, base_url="https://old.example", site="old.example", alias="old")
    link = await linked(registry, eu, clock)
    await linked_by_pat(registry, us, clock)
    await linked_by_pat(registry, us, clock, BEN)
    await link_granted(granted(old), registry, clock)
    pat = await registry.links.find(f"{us.id}:{ANNA}")
    assert pat is not None

    asked = await disconnected(registry, clock)

    events = {one.tenant_id: one for one in await in_outbox(registry, RevocationAsked)}
    assert events == {
        eu.id: RevocationAsked(
            revocation_id=f"unlinked:{asked.intent_id}:{eu.id}",
            tenant_id=eu.id,
            link_id=link.id,
            auth_mode="oauth2",
            generation=link.generation,
            token="vault:v1:refresh-0",
            origin=asked,
        ),
        us.id: RevocationAsked(
            revocation_id=f"unlinked:{asked.intent_id}:{us.id}",
            tenant_id=us.id,
            link_id=pat.id,
            auth_mode="pat",
            generation=pat.generation,
            token="vault:v1:access",
            origin=asked,
        ),
    }


async def test_tokens_that_were_refreshed_while_a_link_was_being_ended_are_the_ones_that_are_taken_back(
    registry: Registry, eu: TenantRow, clock: Clock
) -> None:
    link, asked = await linked(registry, eu, clock), origin()
    fact = refreshed(link, link.generation + 1)
    await link_refreshed(fact, registry, clock)

    await registry.unlink([link], [AuditRow.of("unlinked", asked, clock(), tenant_id=eu.id)], asked)

    [event] = await in_outbox(registry, RevocationAsked)
    assert (event.token, event.generation) == (fact.refresh_token, fact.generation)


async def test_everybody_hears_that_the_link_is_gone_before_jira_is_asked(
    registry: Registry, us: TenantRow, clock: Clock
) -> None:
    await linked_by_pat(registry, us, clock)
    kafka = FakeKafka()
    async with relaying(registry, kafka, clock) as relay:
        await until(lambda: relay.works)
        await disconnected(registry, clock)
        await until(lambda: len(kafka.of(RevocationAsked)) == 1)

        assert (AccountLink, f"{us.id}:{ANNA}") in kafka.tombstones
    assert await in_outbox(registry, RevocationAsked) == []


async def test_who_has_everything_deleted_is_neither_told_nor_named_by_what_follows(
    registry: Registry, us: TenantRow, clock: Clock, keys: FakeKeyVault
) -> None:
    await linked_by_pat(registry, us, clock)
    kafka = FakeKafka()
    async with relaying(registry, kafka, clock):
        await forgotten(registry, clock, keys)
        await until(lambda: len(kafka.of(RevocationAsked)) == 1)
        [asked] = kafka.of(RevocationAsked)
        await until(lambda: (AccountLink, f"{us.id}:{ANNA}") in kafka.tombstones)

    assert (asked.origin, asked.token) == (None, "vault:v1:access")
    assert ANNA not in asked.revocation_id
    fact = tried(us, None, "several_tokens", revocation_id=asked.revocation_id)
    for _ in range(2):
        assert await revocation_tried(fact, registry, clock) is None
    assert await noted(registry) == [("not_revoked_in_jira", "", {"why": "several_tokens"})]
    await registry.database["outbox"].delete_many({"_id": {"$regex": "^check:"}})
    stored = [repr([one async for one in registry.database[name].find()]) for name in ("outbox", "audit", "links")]
    assert not any(ANNA in all_ for all_ in stored)


async def test_what_was_taken_back_is_noted_once_and_told_to_nobody(
    registry: Registry, us: TenantRow, clock: Clock
) -> None:
    asked = origin()

    for outcome in ("revoked", "already_gone"):  # a message that comes again finds it gone
        assert await revocation_tried(tried(us, asked, outcome), registry, clock) is None

    assert await noted(registry) == [("revoked_in_jira", ANNA, {"why": "revoked"})]
    await registry.chain.extend()
    assert isinstance(await registry.audit.verify(TEAMS_TENANT), Head)


async def test_one_message_that_ends_two_links_is_noted_for_each(
    registry: Registry, eu: TenantRow, us: TenantRow, clock: Clock
) -> None:
    asked = origin()

    for tenant in (eu, us):
        await revocation_tried(tried(tenant, asked, "revoked"), registry, clock)

    rows = await registry.database["audit"].find({"what": "revoked_in_jira"}).to_list(None)
    assert {row["tenant_id"] for row in rows} == {eu.id, us.id}


@pytest.mark.parametrize("outcome", ["several_tokens", "refused", "suspended", "unreachable"])
async def test_where_it_failed_the_person_is_told_why_and_where_to_do_it(
    registry: Registry, eu: TenantRow, us: TenantRow, clock: Clock, outcome: str
) -> None:
    asked = origin()

    told = await revocation_tried(tried(us, asked, outcome), registry, clock)

    assert isinstance(told, Refused)
    assert (told.code, told.origin, told.tenant_id) == ("not_revoked", asked, us.id)
    assert us.site in told.why
    assert (told.advice or "").endswith(f": {BASE_URL}{TOKENS}")
    assert await noted(registry) == [("not_revoked_in_jira", ANNA, {"why": outcome})]
    elsewhere = await revocation_tried(tried(eu, origin(), outcome), registry, clock)
    assert elsewhere is not None
    assert (elsewhere.advice or "").endswith(f": https://eu.example{PAGE}")


async def test_a_token_that_is_in_use_again_is_noted_and_nothing_is_left_to_do(
    registry: Registry, us: TenantRow, clock: Clock
) -> None:
    assert await revocation_tried(tried(us, origin(), "in_use"), registry, clock) is None
    assert await noted(registry) == [("not_revoked_in_jira", ANNA, {"why": "in_use"})]


async def test_who_was_forgotten_since_is_neither_named_nor_told(
    registry: Registry, us: TenantRow, clock: Clock, keys: FakeKeyVault
) -> None:
    await linked_by_pat(registry, us, clock)
    asked = await disconnected(registry, clock)
    clock.passes(timedelta(minutes=1))
    await forgotten(registry, clock, keys)
    clock.passes(timedelta(minutes=1))

    assert await revocation_tried(tried(us, asked, "refused"), registry, clock) is None

    assert await noted(registry) == [("not_revoked_in_jira", "", {})]


async def test_what_is_heard_of_a_jira_that_was_erased_changes_nothing(
    registry: Registry, us: TenantRow, clock: Clock
) -> None:
    for whose in (origin(), None):
        fact = tried(us, whose, "refused", tenant_id="gone")
        assert await revocation_tried(fact, registry, clock) is None
    assert await noted(registry) == []


async def test_another_organisations_jira_is_not_spoken_of(registry: Registry, us: TenantRow, clock: Clock) -> None:
    counted: list[str] = []
    mallory = origin("mallory", teams_tenant="another-organisation")

    assert await revocation_tried(tried(us, mallory, "refused"), registry, clock, counted.append) is None

    assert counted == ["foreign_tenant"]
    assert await noted(registry) == []


async def test_tokens_that_jira_gave_while_their_link_was_being_ended_are_taken_back_too(
    registry: Registry, eu: TenantRow, clock: Clock
) -> None:
    link = await linked(registry, eu, clock)
    fact = refreshed(link, link.generation + 1)
    await disconnected(registry, clock)

    asked = await link_refreshed(fact, registry, clock)

    assert isinstance(asked, RevocationAsked)
    assert (asked.token, asked.link_id, asked.origin) == (fact.refresh_token, link.id, None)
    assert ANNA not in asked.revocation_id


async def test_tokens_of_a_link_that_lives_or_is_not_the_persons_own_are_not_taken_back(
    registry: Registry, eu: TenantRow, us: TenantRow, clock: Clock
) -> None:
    link = await linked(registry, eu, clock)

    assert await link_refreshed(refreshed(link, link.generation + 1), registry, clock) is None
    assert await link_refreshed(refreshed(link, link.generation + 1), registry, clock) is None, "known already"
    await disconnected(registry, clock)
    assert await link_refreshed(refreshed(link, link.generation + 2, BEN), registry, clock) is None
    foreign = origin(teams_tenant="another-organisation")
    assert await link_refreshed(refreshed(link, link.generation + 2, origin=foreign), registry, clock) is None
    other_way = {"tenant_id": us.id, "link_id": f"{us.id}:{ANNA}"}
    assert await link_refreshed(refreshed(link, link.generation + 2, **other_way), registry, clock) is None


def test_nobody_is_told_where_the_registry_is_out_of_reach(clock: Clock) -> None:
    fact = RevocationTried(revocation_id="x", tenant_id="t", auth_mode="pat", outcome="revoked", origin=origin())

    assert words.delayed(fact, clock()) is None
    assert words.given_up(fact, clock()) is None
