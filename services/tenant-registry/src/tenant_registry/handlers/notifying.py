"""Notifying: where the bot is, what each place wants to hear of, and what there is to tell."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import uuid4

from contracts.jira import IssueChanged, SubscriptionAllowed
from contracts.outcomes import Refused, Subscribed, Unsubscribed
from contracts.registry import NoticeDue
from contracts.sites import NoSite, meant
from contracts.teams import ConversationLeft, ConversationSeen, UnsubscribeAsked
from tenant_registry import words
from tenant_registry.attempts import Attempts, Counted, uncounted
from tenant_registry.decide import notice, notices_due, place, teller
from tenant_registry.refusals import Refusing, unnoted
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow, SubscriptionRow, deed

Clock = Callable[[], datetime]


async def conversation_seen(seen: ConversationSeen, registry: Registry, refused: Refusing = unnoted) -> None:
    """Keep the address of a place."""
    where = place(seen.conversation)
    if await registry.conversations.of_another(where):
        refused("foreign_conversation", where)  # who it was is not known
        return
    await registry.conversations.seen(where, seen.at)


async def conversation_left(left: ConversationLeft, registry: Registry, refused: Refusing = unnoted) -> None:
    """Forget what a place wanted to hear."""
    where = place(left.conversation)
    if await registry.conversations.of_another(where):
        refused("foreign_conversation", where)
        return
    await registry.leave(where, left.at)


async def subscription_allowed(
    allowed: SubscriptionAllowed, registry: Registry, now: Clock, counted: Counted = uncounted
) -> Subscribed | Refused:
    """Let a conversation hear of a project that the person may see."""
    origin, at, attempts = allowed.origin, now(), Attempts(registry, now, counted)
    tenant = await attempts.own_tenant(origin, allowed.tenant_id)
    if tenant is None:
        return words.not_registered(origin)
    if tenant.state == "suspended":
        return words.not_active(origin, tenant)
    where = place(origin.conversation)
    if where.teams_tenant != origin.teams_tenant or await registry.conversations.of_another(where):
        await attempts.refused(origin, "foreign_conversation", tenant_id=tenant.id)
        return words.not_here(origin)
    if await registry.forgotten.since(origin):
        return words.forgotten(origin)
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


async def unsubscribe_asked(
    asked: UnsubscribeAsked, registry: Registry, now: Clock, counted: Counted = uncounted
) -> Unsubscribed | Refused:
    """Let a conversation hear of a project no more: of one Jira's where one is named, else of any."""
    origin, where, project = asked.origin, place(asked.origin.conversation), asked.project.upper()
    if where.teams_tenant != origin.teams_tenant or await registry.conversations.of_another(where):
        await Attempts(registry, now, counted).refused(origin, "foreign_conversation")
        return words.not_here(origin)
    what = {"project": project}
    if asked.site is not None:
        tenants = await registry.tenants.of_organisation(origin.teams_tenant)
        named = meant(tenants, asked.site)
        if isinstance(named, NoSite):
            return words.no_site(origin, named, tenants)
        what["tenant_id"] = named.id
    details = {**what, "conversation": where.conversation_id}
    noted = AuditRow.of("unsubscribed", origin, now(), **details)
    removed = await registry.unsubscribe(where, what, noted)
    was = removed or await registry.audit.find(noted.id) is not None
    return Unsubscribed(origin=origin, project=project, was="subscribed" if was else "not_subscribed")


async def issue_changed(
    change: IssueChanged, registry: Registry, now: Clock, refused: Refusing = unnoted
) -> Sequence[NoticeDue]:
    """Tell every conversation that hears of the project, once per change."""
    tenant = await registry.tenants.find(change.tenant_id)
    if tenant is None or tenant.state == "suspended" or change.project is None:
        return ()
    if (what := notice(change, tenant.site)) is None:
        return ()
    listeners = await registry.subscriptions.listeners(tenant.id, change.project.upper())
    conversations = await registry.conversations.reachable(tenant.teams_tenant, listeners)
    if len(conversations) < len(listeners) and await registry.conversations.any_of_another(
        tenant.teams_tenant, listeners
    ):
        refused("foreign_subscription", tenant)
    if not conversations:
        return ()
    if not await registry.told_changes.first(f"{tenant.id}:{change.change_id}", teller(change), now()):
        return ()
    return notices_due(change, what, conversations)
