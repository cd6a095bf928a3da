"""Subscriptions, and what is told to whom."""

import asyncio
from datetime import timedelta
from typing import Any

from tests.tenant_registry.fakes import CHANNEL, NOON, Clock, changed, conversation, origin, registered

from contracts.event import Conversation
from contracts.jira import SubscriptionAllowed
from contracts.outcomes import Refused, Subscribed, Unsubscribed
from contracts.registry import NoticeDue
from contracts.teams import ConversationLeft, ConversationSeen, UnsubscribeAsked
from tenant_registry.handlers.notifying import (
    conversation_left,
    conversation_seen,
    issue_changed,
    subscription_allowed,
    unsubscribe_asked,
)
from tenant_registry.registry import Registry
from tenant_registry.rows import TenantRow

THREAD = CHANNEL.model_copy(update={"conversation_id": f"{CHANNEL.conversation_id};messageid=1700000000000"})


def allowed(tenant: TenantRow, where: Conversation = CHANNEL, **more: Any) -> SubscriptionAllowed:
    facts: dict[str, Any] = {
        "origin": origin(where=where),
        "tenant_id": tenant.id,
        "project": "OPS",
        "project_name": "Operations",
    }
    return SubscriptionAllowed.model_validate({**facts, **more})


async def test_a_channel_hears_of_a_change_once_with_all_that_the_card_needs(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    await subscription_allowed(allowed(tenant), registry, clock)

    (due,) = await issue_changed(changed(tenant), registry, clock)

    assert due.conversation == CHANNEL
    assert due.notice.issue_key == "OPS-7"
    assert due.notice.comment == "looks fine now"
    assert due.notice.site == "jira.linden.example"


async def test_the_same_change_told_by_another_webhook_is_not_told_again(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    await subscription_allowed(allowed(tenant), registry, clock)
    first = changed(tenant)
    twin = changed(tenant, at=NOON + timedelta(milliseconds=10))

    told = await issue_changed(first, registry, clock)

    assert await issue_changed(twin, registry, clock) == ()
    assert await issue_changed(first, registry, clock) == told, "the first again, after a crash, is told again"


async def test_a_comment_that_names_no_issue_does_not_silence_its_twin_that_does(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    await subscription_allowed(allowed(tenant), registry, clock)

    nameless = await issue_changed(changed(tenant, issue_key=None, project=None, url=None), registry, clock)
    named = await issue_changed(changed(tenant), registry, clock)

    assert nameless == ()
    assert len(named) == 1


async def test_of_twins_at_one_time_one_is_told(registry: Registry, tenant: TenantRow, clock: Clock) -> None:
    await subscription_allowed(allowed(tenant), registry, clock)
    twins = [changed(tenant, at=NOON + timedelta(milliseconds=n)) for n in range(5)]

    answers = await asyncio.gather(*(issue_changed(twin, registry, clock) for twin in twins))

    assert sum(len(answer) for answer in answers) == 1


async def test_other_projects_and_other_tenants_are_not_told_of(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    other = await registered(registry, teams_tenant="another-organisation")
    await subscription_allowed(allowed(tenant), registry, clock)

    assert await issue_changed(changed(tenant, project="OPSX"), registry, clock) == ()
    assert await issue_changed(changed(other), registry, clock) == ()


async def test_a_subscription_made_in_a_thread_is_the_channels(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    await subscription_allowed(allowed(tenant, THREAD), registry, clock)
    again = await subscription_allowed(allowed(tenant, CHANNEL), registry, clock)

    assert isinstance(again, Subscribed)
    assert again.already
    (due,) = await issue_changed(changed(tenant), registry, clock)
    assert due.conversation.conversation_id == CHANNEL.conversation_id


async def test_the_same_request_again_is_not_called_already_subscribed(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    fact = allowed(tenant)

    first = await subscription_allowed(fact, registry, clock)

    assert await subscription_allowed(fact, registry, clock) == first
    assert isinstance(first, Subscribed)
    assert not first.already


async def test_notices_go_to_the_latest_address(registry: Registry, tenant: TenantRow, clock: Clock) -> None:
    await subscription_allowed(allowed(tenant), registry, clock)
    moved = CHANNEL.model_copy(update={"service_url": "https://connector.example/amer/"})

    await conversation_seen(ConversationSeen(conversation=moved, at=NOON + timedelta(hours=1)), registry)
    await conversation_seen(ConversationSeen(conversation=CHANNEL, at=NOON - timedelta(hours=1)), registry)

    (due,) = await issue_changed(changed(tenant), registry, clock)
    assert due.conversation.service_url == "https://connector.example/amer/"


async def test_a_place_that_the_bot_left_hears_nothing_even_after_it_came_back(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    await subscription_allowed(allowed(tenant), registry, clock)

    await conversation_left(ConversationLeft(conversation=CHANNEL, at=NOON + timedelta(hours=1)), registry)
    gone = await issue_changed(changed(tenant), registry, clock)
    await conversation_seen(ConversationSeen(conversation=CHANNEL, at=NOON + timedelta(hours=2)), registry)
    back = await issue_changed(changed(tenant), registry, clock)

    assert (gone, back) == ((), ())


async def test_old_news_of_leaving_ends_nothing(registry: Registry, tenant: TenantRow, clock: Clock) -> None:
    await subscription_allowed(allowed(tenant), registry, clock)

    await conversation_left(ConversationLeft(conversation=CHANNEL, at=NOON - timedelta(hours=1)), registry)

    assert len(await issue_changed(changed(tenant), registry, clock)) == 1


async def test_unsubscribing_ends_it_for_this_place_alone(registry: Registry, tenant: TenantRow, clock: Clock) -> None:
    elsewhere = conversation("19:other@thread.tacv2", "channel")
    for where in (CHANNEL, elsewhere):
        await subscription_allowed(allowed(tenant, where), registry, clock)
    asked = UnsubscribeAsked(origin=origin(where=THREAD), project="ops")

    answer = await unsubscribe_asked(asked, registry, clock)

    assert answer == Unsubscribed(origin=asked.origin, project="OPS", was="subscribed")
    assert await unsubscribe_asked(asked, registry, clock) == answer, "the same message again"
    (due,) = await issue_changed(changed(tenant), registry, clock)
    assert isinstance(due, NoticeDue)
    assert due.conversation == elsewhere


async def test_unsubscribing_from_what_was_not_subscribed_says_so(registry: Registry, clock: Clock) -> None:
    answer = await unsubscribe_asked(UnsubscribeAsked(origin=origin(where=CHANNEL), project="OPS"), registry, clock)

    assert isinstance(answer, Unsubscribed)
    assert answer.was == "not_subscribed"


async def test_unsubscribing_from_one_jiras_project_leaves_another_jiras_of_the_same_name(
    registry: Registry, tenant: TenantRow, clock: Clock
) -> None:
    eu = await registered(registry, base_url="https://eu.example", alias="eu")
    for one in (tenant, eu):
        await subscription_allowed(allowed(one), registry, clock)
    asked = UnsubscribeAsked(origin=origin(where=CHANNEL), project="OPS", site="eu")

    answer = await unsubscribe_asked(asked, registry, clock)

    assert answer == Unsubscribed(origin=asked.origin, project="OPS", was="subscribed")
    assert await issue_changed(changed(eu), registry, clock) == ()
    assert len(await issue_changed(changed(tenant), registry, clock)) == 1


async def test_a_suspended_jira_is_not_subscribed_to(registry: Registry, clock: Clock) -> None:
    asleep = await registered(registry, state="suspended")

    answer = await subscription_allowed(allowed(asleep), registry, clock)

    assert isinstance(answer, Refused)
    assert answer.code == "suspended"


async def test_another_organisations_jira_cannot_be_subscribed_to(registry: Registry, clock: Clock) -> None:
    foreign = await registered(registry, teams_tenant="another-organisation")

    answer = await subscription_allowed(allowed(foreign), registry, clock)

    assert isinstance(answer, Refused)
    assert await registry.database["subscriptions"].count_documents({}) == 0
