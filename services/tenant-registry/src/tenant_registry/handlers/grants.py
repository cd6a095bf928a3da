"""What Jira granted, refused, rotated or takes back: tokens as ciphertexts, each with the connection it belongs to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.event import Event, Origin
from contracts.jira import GrantHeld, GrantRefused, LinkFact, LinkLost, LinkRefreshed
from contracts.outcomes import Linked, Refused
from contracts.registry import RevocationAsked
from tenant_registry import words
from tenant_registry.attempts import Attempts, Counted, uncounted
from tenant_registry.decide import CODE_LIVES, Verdict, link_id, resumed
from tenant_registry.registry import Overtaken, Registry
from tenant_registry.rows import AuditRow, LinkRow, PendingLink, TenantRow, generation_at

Clock = Callable[[], datetime]
LOOK_EVERY = timedelta(milliseconds=200)
LOOKS = 10
EXCHANGE_TAKES = timedelta(seconds=90)
"""At most, with every retry: a code that was not exchanged by then never will be."""


@dataclass(frozen=True)
class Brought:
    """The right person brought the right code for this connection."""

    origin: Origin
    pending: PendingLink
    tenant: TenantRow


async def grant_held(grant: GrantHeld, registry: Registry, now: Clock, counted: Counted = uncounted) -> None:
    """Keep what Jira granted until the right person brings the code."""
    pending = await registry.pending.by_lookup(grant.lookup)
    if pending is None:
        return
    own = pending.id == grant.origin.person and pending.tenant_id == grant.tenant_id
    asked_for = pending.jira_code_hash is not None and grant.link_id == link_id(grant.tenant_id, grant.origin.user)
    if own and asked_for:
        await registry.pending.hold(grant)
    else:
        await Attempts(registry, now, counted).refused(grant.origin, "foreign_grant")


async def grant_refused(refused: GrantRefused, registry: Registry, now: Clock, counted: Counted = uncounted) -> None:
    """End a connection that Jira gave no tokens for, and say so; what is held or linked already stays.

    Exchanging a code a second time always fails, and a redelivered message does just that.
    """
    origin = refused.origin
    own = await registry.pending.of_person(origin.person)
    if own is not None and refused.lookup in (own.lookup, "") and own.tenant_id == refused.tenant_id:
        under_way = own.jira_code_hash is not None if refused.lookup else own.completed_by == origin.intent_id
        if under_way and own.grant is None:
            tenant = await registry.tenants.find(own.tenant_id)
            await registry.connecting.end(own.lookup, words.not_granted(own.origin, tenant), now())
        return
    others = await registry.pending.by_lookup(refused.lookup)
    if others is not None and others.id != origin.person:
        await Attempts(registry, now, counted).refused(origin, "foreign_grant")


async def link_held(brought: Brought, registry: Registry, now: Clock) -> Refused | None:
    """Make a link of the grant that is held; what follows is said by the outbox, together with the link."""
    origin, at = brought.origin, now()
    pending = await _with_grant(brought.pending, registry)
    if pending is None:
        return words.not_granted(origin, brought.tenant)
    if pending.grant is None:
        if at - (pending.expires_at - CODE_LIVES) > EXCHANGE_TAKES:
            await registry.connecting.withdraw(origin.person, {pending.tenant_id}, at)
            return words.not_granted(origin, brought.tenant)
        await registry.pending.untry_code(origin.person, origin.intent_id)
        return words.one_moment(origin)
    link = _link(brought, pending.grant, at)
    noted = AuditRow.of("linked", origin, at, tenant_id=link.tenant_id, jira_user=link.jira_user)
    linked = Linked(origin=origin, site=brought.tenant.site, jira_user=pending.grant.jira_user)
    command = resumed(pending.resume, origin.person)
    told: list[Event] = [linked, command] if command else [linked]
    try:
        await registry.link_held(pending, link, noted, told)
    except Overtaken:
        return words.code_refused(origin, Verdict.EXPIRED, brought.tenant)
    return None


async def _with_grant(pending: PendingLink, registry: Registry) -> PendingLink | None:
    """Wait a moment for a grant that may be on its way; None where the connection has ended."""
    now_is: PendingLink | None = pending
    looks = LOOKS
    while now_is is not None and now_is.grant is None and looks > 0:
        looks -= 1
        await asyncio.sleep(LOOK_EVERY.total_seconds())
        now_is = await registry.pending.by_lookup(pending.lookup)
    return now_is


def _link(brought: Brought, grant: GrantHeld, at: datetime) -> LinkRow:
    return LinkRow(
        id=link_id(brought.tenant.id, brought.origin.user),
        tenant_id=brought.tenant.id,
        teams_tenant=brought.origin.teams_tenant,
        user=brought.origin.user,
        jira_user=grant.jira_user.name,
        auth_mode="oauth2",
        access_token=grant.access_token,
        refresh_token=grant.refresh_token,
        generation=generation_at(at),
        linked_at=at,
        expires_at=grant.expires_at,
    )


async def link_refreshed(
    fact: LinkRefreshed, registry: Registry, now: Clock, counted: Counted = uncounted
) -> RevocationAsked | None:
    """Keep the tokens that Jira rotated, where they are newer; a link that is gone stays gone."""
    if await _own_link(fact, fact.link_id, Attempts(registry, now, counted)) is not None:
        await registry.links.refresh(fact)
        return None
    return await _left_over(fact, registry)


async def _left_over(fact: LinkRefreshed, registry: Registry) -> RevocationAsked | None:
    """Have tokens taken back that Jira gave while their link was being ended: the older ones no longer serve for it."""
    origin = fact.origin
    if fact.link_id != link_id(fact.tenant_id, origin.user) or await registry.links.find(fact.link_id) is not None:
        return None
    tenant = await registry.tenants.owned(fact.tenant_id, origin.teams_tenant)
    if tenant is None or tenant.auth_mode != "oauth2":
        return None
    return RevocationAsked(
        revocation_id=f"refreshed:{origin.intent_id}:{fact.generation}:{tenant.id}",
        tenant_id=tenant.id,
        link_id=fact.link_id,
        auth_mode="oauth2",
        generation=fact.generation,
        token=fact.refresh_token,
    )


async def link_lost(fact: LinkLost, registry: Registry, now: Clock, counted: Counted = uncounted) -> None:
    """Erase a link that Jira accepts no more; one that was made or refreshed since stays."""
    link = await _own_link(fact, fact.link_id, Attempts(registry, now, counted))
    if link is not None:
        noted = AuditRow.of("link_lost", fact.origin, now(), tenant_id=link.tenant_id, why=fact.why)
        await registry.lose(link.id, fact.generation, noted.part(str(fact.generation)))


async def _own_link(fact: LinkFact, named: str, attempts: Attempts) -> LinkRow | None:
    """Find the person's own link; naming another's is an attempt."""
    origin = fact.origin
    link = await attempts.registry.links.find(named)
    if link is None:
        return None
    if (link.tenant_id, link.teams_tenant, link.user) != (fact.tenant_id, origin.teams_tenant, origin.user):
        await attempts.refused(origin, "foreign_link")
        return None
    return link
