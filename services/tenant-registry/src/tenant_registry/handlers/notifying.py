"""Notifying: where the bot is, what each place wants to hear of, and what there is to tell."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import uuid4

from contracts.jira import IssueChanged, SubscriptionAllowed
from contracts.outcomes import Refused, Subscribed, Unsubscribed
from contracts.registry import NoticeDue
from contracts.teams import ConversationLeft, ConversationSeen, UnsubscribeAsked
from tenant_registry import words
from tenant_registry.decide import notice, notices_due, place, teller
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow, SubscriptionRow, deed

Clock = Callable[[], datetime]


async def conversation_seen(seen: ConversationSeen, registry: Registry) -> None:
    """Keep the address of a place."""
    await registry.conversations.seen(place(seen.conversation), seen.at)


async def conversation_left(left: ConversationLeft, registry: Registry) -> None:
    """Forget what a place wanted to hear."""
    await registry.leave(place(left.conversation).conversation_id, left.at)


async def subscription_allowed(allowed: SubscriptionAllowed, registry: Registry, now: Clock) -> Subscribed | Refused:
    """Let a conversation hear of a project that the person may see."""
    origin, at = allowed.origin, now()
    tenant = await registry.tenants.owned(allowed.tenant_id, origin.teams_tenant)
    if tenant is None:
        return words.not_registered(origin)
    where = place(origin.conversation)
    await registry.conversations.seen(where, origin.asked_at)
    subscription = SubscriptionRow(
        id=uuid4().hex,
        tenant_id=tenant.id,
        project=allowed.project.upper(),
        project_name=allowed.project_name,
        conversation_id=where.conversation_id,
        teams_tenant=origin.teams_tenant,
        subscribed_by=origin.user,
        subscribed_at=at,
    )
    details = {"tenant_id": tenant.id, "project": subscription.project, "conversation": where.conversation_id}
    added = await registry.subscribe(subscription, AuditRow.of("subscribed", origin, at, **details))
    already = not added and await registry.audit.find(deed("subscribed", origin)) is None
    return Subscribed(origin=origin, project=subscription.project, project_name=allowed.project_name, already=already)


async def unsubscribe_asked(asked: UnsubscribeAsked, registry: Registry, now: Clock) -> Unsubscribed:
    """Let a conversation hear of a project no more."""
    origin, where, project = asked.origin, place(asked.origin.conversation), asked.project.upper()
    where = where.model_copy(update={"teams_tenant": origin.teams_tenant})
    noted = AuditRow.of("unsubscribed", origin, now(), project=project, conversation=where.conversation_id)
    removed = await registry.unsubscribe(where, project, noted)
    was = removed or await registry.audit.find(noted.id) is not None
    return Unsubscribed(origin=origin, project=project, was="subscribed" if was else "not_subscribed")


async def issue_changed(change: IssueChanged, registry: Registry, now: Clock) -> Sequence[NoticeDue]:
    """Tell every conversation that hears of the project, once per change."""
    tenant = await registry.tenants.find(change.tenant_id)
    if tenant is None or change.project is None or (what := notice(change, tenant.site)) is None:
        return ()
    listeners = await registry.subscriptions.listeners(tenant.id, change.project.upper())
    conversations = await registry.conversations.reachable(listeners)
    if not conversations:
        return ()
    if not await registry.told_changes.first(f"{tenant.id}:{change.change_id}", teller(change), now()):
        return ()
    return notices_due(change, what, conversations)
