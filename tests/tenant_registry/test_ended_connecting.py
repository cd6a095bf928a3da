"""Whenever a person's connecting ends without a link, jira-actor is told of it, so that its card closes."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.tenant_registry.fakes import (
    ANNA,
    BEN,
    Clock,
    FakeKeyVault,
    granted,
    origin,
    prepared,
    registered,
    verify,
)
from tests.tenant_registry.oauth2_steps import STATE, in_outbox, not_given, prepared2, registered_oauth2, shown_code

from contracts.outcomes import Refused
from contracts.registry import AuthorizationEnded
from contracts.teams import DisconnectAsked, MyDataDeletionAsked
from tenant_registry.handlers.grants import grant_refused
from tenant_registry.handlers.linking import authorization_prepared, link_granted, verify_asked
from tenant_registry.handlers.my_data import Means, my_data_deletion_asked
from tenant_registry.handlers.unlinking import disconnect_asked
from tenant_registry.registry import Registry
from tenant_registry.rows import TenantRow

CALLBACK = "/oauth/callback?oauth_token=request-token&oauth_verifier="


async def told(registry: Registry) -> list[AuthorizationEnded]:
    return await in_outbox(registry, AuthorizationEnded)


async def test_after_deny_the_card_that_was_offered_is_named(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    waits = prepared(tenant)
    await authorization_prepared(waits, registry, clock)

    await web.get(f"{CALLBACK}denied")
    await web.get(f"{CALLBACK}denied")

    link = f"{tenant.id}:{ANNA}"
    assert await told(registry) == [
        AuthorizationEnded(origin=waits.origin, tenant_id=tenant.id, link_id=link, why="denied")
    ]


@pytest.mark.parametrize(("error", "why"), [("access_denied", "denied"), ("invalid_scope", "link_failed")])
async def test_what_jira_reports_with_oauth_2_ends_it_too(
    registry: Registry, clock: Clock, web: httpx.AsyncClient, error: str, why: str
) -> None:
    await authorization_prepared(prepared2(await registered_oauth2(registry)), registry, clock)

    await web.get("/oauth/callback", params={"error": error, "state": STATE})

    assert [one.why for one in await told(registry)] == [why]


async def test_a_code_for_which_jira_gave_no_tokens_ends_it(
    registry: Registry, clock: Clock, web: httpx.AsyncClient
) -> None:
    waits = prepared2(await registered_oauth2(registry))
    await authorization_prepared(waits, registry, clock)
    await web.get("/oauth/callback", params={"code": "c", "state": STATE})

    await grant_refused(not_given(waits), registry, clock)

    assert [one.origin for one in await told(registry)] == [waits.origin]


async def test_too_many_wrong_codes_end_it(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    await authorization_prepared(prepared(tenant), registry, clock)
    await web.get(f"{CALLBACK}v")

    for _ in range(5):
        await verify_asked(verify("wrong"), registry, clock)
    assert await told(registry) == []
    await verify_asked(verify("wrong"), registry, clock)

    assert [one.why for one in await told(registry)] == ["given_up"]


async def test_a_code_that_comes_too_late_ends_it(registry: Registry, tenant: TenantRow, clock: Clock) -> None:
    await authorization_prepared(prepared(tenant), registry, clock)
    clock.passes(timedelta(minutes=11))

    await verify_asked(verify("12345678"), registry, clock)

    assert [one.why for one in await told(registry)] == ["expired"]


async def test_the_connecting_of_who_sent_the_link_to_another_ends_when_that_one_brings_the_code(
    registry: Registry, tenant: TenantRow, clock: Clock, web: httpx.AsyncClient
) -> None:
    waits = prepared(tenant, ANNA)
    await authorization_prepared(waits, registry, clock)
    code = shown_code(await web.get(f"{CALLBACK}v"))

    await verify_asked(verify(code, BEN), registry, clock)

    assert [(one.origin, one.why) for one in await told(registry)] == [(waits.origin, "given_up")]


async def test_disconnecting_ends_what_waits_linked_or_not(registry: Registry, tenant: TenantRow, clock: Clock) -> None:
    await authorization_prepared(prepared(tenant), registry, clock)
    await disconnect_asked(DisconnectAsked(origin=origin()), registry, clock)
    assert [one.why for one in await told(registry)] == ["withdrawn"]

    await link_granted(granted(tenant), registry, clock)
    await authorization_prepared(prepared(tenant, token="another"), registry, clock)
    await disconnect_asked(DisconnectAsked(origin=origin()), registry, clock)

    assert [one.why for one in await told(registry)] == ["withdrawn"] * 2


async def test_deleting_my_data_ends_what_waits(
    registry: Registry, tenant: TenantRow, clock: Clock, keys: FakeKeyVault
) -> None:
    await authorization_prepared(prepared(tenant), registry, clock)

    _, ended = await my_data_deletion_asked(MyDataDeletionAsked(origin=origin()), Means(registry, keys, clock))

    assert isinstance(ended, AuthorizationEnded)
    assert ended.why == "withdrawn"
    assert await told(registry) == [], "nothing of the person stays behind in the outbox"


async def test_connecting_to_another_jira_ends_the_first_and_the_same_jira_anew_does_not(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    other = await registered(registry, base_url="https://other.example")
    first = prepared(tenant)
    await authorization_prepared(first, registry, clock)
    await authorization_prepared(prepared(tenant, token="again"), registry, clock)
    assert await told(registry) == []

    await authorization_prepared(prepared(other, token="other"), registry, clock)

    assert [(one.tenant_id, one.why) for one in await told(registry)] == [(tenant.id, "replaced")]


async def test_a_link_leaves_what_waits_for_another_jira_alone_and_is_no_end(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    other = await registered(registry, base_url="https://other.example")
    await authorization_prepared(prepared(other), registry, clock)

    await link_granted(granted(tenant), registry, clock)
    waits = await registry.pending.of_person(origin().person)
    await link_granted(granted(other), registry, clock)

    assert waits is not None
    assert waits.tenant_id == other.id
    assert await registry.pending.of_person(origin().person) is None
    assert await told(registry) == []


@pytest.mark.parametrize(
    ("named", "written"),
    [
        ({"alias": "eu"}, "on eu connect"),
        ({"alias": "eu", "is_default": True}, "connect"),
        ({}, "connect"),
    ],
)
async def test_who_is_told_to_connect_again_is_told_for_which_jira(
    registry: Registry, clock: Clock, web: httpx.AsyncClient, named: dict[str, Any], written: str
) -> None:
    tenant = await registered(registry, **named)
    await authorization_prepared(prepared(tenant), registry, clock)
    page = await web.get(f"{CALLBACK}denied")
    await authorization_prepared(prepared(tenant, token="another"), registry, clock)
    clock.passes(timedelta(minutes=11))
    late = await verify_asked(verify("12345678"), registry, clock)

    [denied] = await in_outbox(registry, Refused)
    assert denied.advice == f"Type {written} if you change your mind."
    assert f"type {written} to get" in page.text
    assert isinstance(late, Refused)
    assert late.advice == f"Type {written} to start a new one."
