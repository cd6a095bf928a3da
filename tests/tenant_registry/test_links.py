"""A link's life after it was made: personal access tokens, refreshes, losses, and taking it back."""

from datetime import timedelta
from typing import Any

import pytest
from tests.tenant_registry.fakes import (
    ANNA,
    BASE_URL,
    BEN,
    NOON,
    TEAMS_TENANT,
    Clock,
    granted,
    origin,
    prepared,
    registered,
    verify,
    waiting_comment,
)
from tests.tenant_registry.oauth2_steps import in_outbox, registered_oauth2

from contracts.jira import GrantRefused, LinkLost, LinkRefreshed
from contracts.outcomes import Delayed, Linked, Refused, Unlinked
from contracts.registry import CommandResumed, LinkCompletionAsked
from contracts.teams import DisconnectAsked
from tenant_registry import words
from tenant_registry.decide import fingerprint
from tenant_registry.handlers.grants import grant_refused, link_lost, link_refreshed
from tenant_registry.handlers.linking import authorization_prepared, link_granted, verify_asked
from tenant_registry.handlers.unlinking import disconnect_asked
from tenant_registry.mongo.pending import Allowed
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow, LinkRow, TenantRow, generation_at

TOKENS = "/secure/ViewProfile.jspa?selectedTab=com.atlassian.pats.pats-plugin:jira-user-personal-access-tokens"


async def linked(registry: Registry, tenant: TenantRow, clock: Clock, user: str = ANNA) -> LinkRow:
    """Link a person by OAuth 2.0, as the handler does once the code was brought."""
    at = clock()
    link = LinkRow(
        id=f"{tenant.id}:{user}",
        tenant_id=tenant.id,
        teams_tenant=tenant.teams_tenant,
        user=user,
        jira_user="alinde",
        auth_mode="oauth2",
        access_token="vault:v1:access-0",
        refresh_token="vault:v1:refresh-0",
        generation=generation_at(at),
        linked_at=at,
        expires_at=at + timedelta(hours=1),
    )
    await registry.link(link, AuditRow.of("linked", origin(user), at, tenant_id=tenant.id))
    found = await registry.links.find(link.id)
    assert found is not None
    return found


def refreshed(link: LinkRow, generation: int, user: str = ANNA, **more: Any) -> LinkRefreshed:
    facts: dict[str, Any] = {
        "origin": origin(user),
        "tenant_id": link.tenant_id,
        "link_id": link.id,
        "generation": generation,
        "access_token": f"vault:v1:access-{generation}",
        "refresh_token": f"vault:v1:refresh-{generation}",
        "expires_at": NOON + timedelta(hours=2),
    }
    return LinkRefreshed.model_validate({**facts, **more})


def lost(link: LinkRow, generation: int, user: str = ANNA, **more: Any) -> LinkLost:
    facts = {"tenant_id": link.tenant_id, "link_id": link.id, "generation": generation, "why": "revoked"}
    return LinkLost.model_validate({"origin": origin(user), **facts, **more})


@pytest.fixture
async def tenant(registry: Registry) -> TenantRow:
    return await registered_oauth2(registry)


async def test_a_personal_access_token_links_at_once_and_the_command_goes_on(registry: Registry, clock: Clock) -> None:
    tenant = await registered(registry, auth_mode="pat", consumer_key="")
    fact = granted(tenant, auth_mode="pat", token_secret="", resume=waiting_comment())

    answers = await link_granted(fact, registry, clock)
    assert await link_granted(fact, registry, clock) == answers, "the same message again"

    assert [type(one) for one in answers] == [Linked, CommandResumed]
    (link,) = await registry.links.of_person(TEAMS_TENANT, ANNA)
    assert (link.auth_mode, link.access_token, link.token_secret) == ("pat", "vault:v1:access", "")


async def test_a_token_for_a_jira_that_takes_none_links_nobody(registry: Registry, clock: Clock) -> None:
    tenant = await registered(registry)

    (answer,) = await link_granted(granted(tenant, auth_mode="pat", token_secret=""), registry, clock)

    assert isinstance(answer, Refused)
    assert await registry.links.of_person(TEAMS_TENANT, ANNA) == []


async def test_newer_tokens_replace_older_ones_and_never_the_other_way(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    link = await linked(registry, tenant, clock)
    first, second = link.generation + 1, link.generation + 2

    for generation in (first, second, first):
        await link_refreshed(refreshed(link, generation), registry, clock)

    now_is = await registry.links.find(link.id)
    assert now_is is not None
    assert (now_is.generation, now_is.access_token) == (second, f"vault:v1:access-{second}")
    assert (now_is.refresh_token, now_is.linked_at) == (f"vault:v1:refresh-{second}", NOON)


async def test_tokens_of_an_older_link_do_not_come_back_in_a_newer_one(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    old = await linked(registry, tenant, clock)
    late = [refreshed(old, old.generation + n) for n in range(1, 4)]
    clock.passes(timedelta(minutes=1))
    new = await linked(registry, tenant, clock)

    for fact in late:
        await link_refreshed(fact, registry, clock)
    await link_lost(lost(old, old.generation + 3), registry, clock)

    assert await registry.links.find(new.id) == new


async def test_a_link_made_anew_is_newer_even_where_clocks_differ(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    old = await linked(registry, tenant, clock)
    clock.passes(timedelta(minutes=-5))

    assert (await linked(registry, tenant, clock)).generation > old.generation


async def test_a_refresh_does_not_bring_back_what_was_taken_back(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    link = await linked(registry, tenant, clock)
    await disconnect_asked(DisconnectAsked(origin=origin()), registry, clock)

    await link_refreshed(refreshed(link, link.generation + 1), registry, clock)

    assert await registry.database["links"].find_one({"_id": link.id}) == {"_id": link.id, "gone": True}


async def test_a_lost_link_is_erased_and_noted_once(registry: Registry, tenant: TenantRow, clock: Clock) -> None:
    link = await linked(registry, tenant, clock)
    fact = lost(link, link.generation)

    for _ in range(2):
        await link_lost(fact, registry, clock)

    assert await registry.database["links"].find_one({"_id": link.id}) == {"_id": link.id, "gone": True}
    (row,) = await registry.database["audit"].find({"what": "link_lost"}).to_list(None)
    assert (row["tenant_id"], row["details"]) == (tenant.id, {"why": "revoked"})


async def test_a_link_that_was_refreshed_meanwhile_is_not_lost(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    link = await linked(registry, tenant, clock)
    await link_refreshed(refreshed(link, link.generation + 1), registry, clock)

    await link_lost(lost(link, link.generation), registry, clock)

    assert await registry.links.find(link.id) is not None
    assert await registry.database["audit"].count_documents({"what": "link_lost"}) == 0


async def test_a_link_can_be_lost_twice_by_one_command_that_was_resumed(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    asked = origin()
    for _ in range(2):
        link = await linked(registry, tenant, clock)
        await link_lost(lost(link, link.generation, origin=asked), registry, clock)
        clock.passes(timedelta(minutes=1))

    assert await registry.links.of_person(TEAMS_TENANT, ANNA) == []


async def test_one_of_several_jiras_is_disconnected_by_its_alias(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    eu = await registered(registry, base_url="https://eu.example/jira", site="eu.example/jira", alias="eu")
    link = await linked(registry, tenant, clock)
    await link_granted(granted(eu), registry, clock)
    asked = DisconnectAsked(origin=origin(), site="EU")

    answer = await disconnect_asked(asked, registry, clock)

    page = "https://eu.example/jira/plugins/servlet/oauth/users/access-tokens"
    assert answer == Unlinked(origin=asked.origin, site="eu.example/jira", tokens_url=page, ways=("oauth1",))
    assert await registry.links.of_person(TEAMS_TENANT, ANNA) == [link]
    unknown = await disconnect_asked(DisconnectAsked(origin=origin(), site="us"), registry, clock)
    assert isinstance(unknown, Refused)
    assert unknown.code == "unknown_alias"


async def test_all_are_disconnected_without_one_and_each_is_noted(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    pat = await registered(registry, base_url="https://pat.example", site="pat.example", auth_mode="pat")
    await linked(registry, tenant, clock)
    await link_granted(granted(pat, auth_mode="pat", token_secret=""), registry, clock)
    asked = DisconnectAsked(origin=origin())

    answer = await disconnect_asked(asked, registry, clock)

    assert answer == await disconnect_asked(asked, registry, clock), "the same message again"
    assert isinstance(answer, Unlinked)
    assert set(answer.site.split(", ")) == {"jira.linden.example", "pat.example"}
    assert answer.tokens_url is None, "there is a page in each of them"
    assert answer.ways == ("oauth2", "pat")
    noted = await registry.database["audit"].find({"what": "unlinked"}).to_list(None)
    assert {row["tenant_id"] for row in noted} == {tenant.id, pat.id}


async def test_after_a_personal_access_token_the_page_of_tokens_is_named(registry: Registry, clock: Clock) -> None:
    tenant = await registered(registry, auth_mode="pat")
    await link_granted(granted(tenant, auth_mode="pat", token_secret=""), registry, clock)

    answer = await disconnect_asked(DisconnectAsked(origin=origin()), registry, clock)

    assert isinstance(answer, Unlinked)
    assert answer.tokens_url == BASE_URL + TOKENS


async def test_a_code_and_its_completion_heard_of_again_after_the_link_was_made_fail_nobody(
    registry: Registry, clock: Clock
) -> None:
    """A message is handled again after a crash, when Jira has long taken the request token back."""
    tenant = await registered(registry)
    await authorization_prepared(prepared(tenant), registry, clock)
    lookup = fingerprint("request-token")
    await registry.pending.allow(Allowed(lookup, "jwe.of.verifier", fingerprint("12345678"), NOON + timedelta(hours=1)))
    asked = verify("12345678")
    completion = await verify_asked(asked, registry, clock)
    assert isinstance(completion, LinkCompletionAsked)
    await link_granted(granted(tenant, origin=completion.origin), registry, clock)

    assert await verify_asked(asked, registry, clock) is None
    again = GrantRefused(origin=completion.origin, tenant_id=tenant.id, lookup="", why="token_rejected")
    await grant_refused(again, registry, clock)

    assert await in_outbox(registry, Refused) == []
    assert len(await registry.links.of_person(TEAMS_TENANT, ANNA)) == 1


async def test_a_completion_that_fails_is_told_in_words(registry: Registry, clock: Clock) -> None:
    tenant = await registered(registry)
    await authorization_prepared(prepared(tenant), registry, clock)
    lookup = fingerprint("request-token")
    await registry.pending.allow(Allowed(lookup, "jwe.of.verifier", fingerprint("12345678"), NOON + timedelta(hours=1)))
    completion = await verify_asked(verify("12345678"), registry, clock)
    assert isinstance(completion, LinkCompletionAsked)

    fact = GrantRefused(origin=completion.origin, tenant_id=tenant.id, lookup="", why="token_rejected")
    for _ in range(2):
        await grant_refused(fact, registry, clock)

    (told,) = await in_outbox(registry, Refused)
    assert told.code == "link_failed"
    assert await registry.database["pending_links"].count_documents({}) == 0


def test_nobody_is_told_of_a_delay_that_nobody_waits_for(clock: Clock) -> None:
    tenant_id = "t"
    fact = LinkLost(origin=origin(BEN), tenant_id=tenant_id, link_id="l", generation=1, why="revoked")
    outcome = Refused(origin=origin(BEN), code="invalid", why="x")

    for event in (fact, outcome):
        assert words.delayed(event, NOON) is None
        assert words.given_up(event, NOON) is None
    assert isinstance(words.delayed(verify("1"), NOON), Delayed)
