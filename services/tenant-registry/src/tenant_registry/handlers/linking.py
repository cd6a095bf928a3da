"""Connecting a person: what waits, who brings the code, what was granted, and taking it back."""

from collections.abc import Callable
from datetime import datetime

from contracts.event import Event
from contracts.jira import AuthorizationPrepared, LinkGranted
from contracts.outcomes import Linked, Refused, Unlinked
from contracts.registry import LinkCompletionAsked
from contracts.teams import DisconnectAsked, VerifyAsked
from tenant_registry import words
from tenant_registry.decide import Verdict, brought, fingerprint, judge, link_id, resumed
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow, LinkRow, PendingLink, deed

Clock = Callable[[], datetime]


async def authorization_prepared(prepared: AuthorizationPrepared, registry: Registry, now: Clock) -> None:
    """Remember where a person was sent, until the browser and the person come back."""
    if prepared.expires_at > now() and await registry.tenants.owned(prepared.tenant_id, prepared.origin.teams_tenant):
        await registry.pending.prepare(prepared)


async def verify_asked(asked: VerifyAsked, registry: Registry, now: Clock) -> LinkCompletionAsked | Refused:
    """Let only the person who asked to connect complete it, with the code that the browser was shown."""
    origin, at = asked.origin, now()
    own = await registry.pending.try_code(origin.person, origin.intent_id)
    others = await registry.pending.of_others(origin.teams_tenant, origin.user, fingerprint(brought(asked)))
    verdict = judge(asked, own, others, at)
    if others is not None and verdict is Verdict.SOMEBODY_ELSES:
        await registry.pending.spoil(others.lookup, at)
        await registry.audit.note_once(AuditRow.of("link_refused", origin, at, tenant_id=others.tenant_id))
    if own is None or verdict is not Verdict.RIGHT:
        return words.code_refused(origin, verdict)
    if not await registry.pending.complete(own.lookup, origin.intent_id):
        return words.code_refused(origin, Verdict.USED)
    return _completion(asked, own)


def _completion(asked: VerifyAsked, own: PendingLink) -> LinkCompletionAsked:
    assert own.verifier is not None
    return LinkCompletionAsked(
        origin=asked.origin,
        tenant_id=own.tenant_id,
        link_id=link_id(own.tenant_id, asked.origin.user),
        request_token=own.request_token,
        verifier=own.verifier,
        resume=own.resume,
    )


async def link_granted(granted: LinkGranted, registry: Registry, now: Clock) -> list[Event]:
    """Store who acts as whom, tell the person, and go on with the command that waited."""
    origin, at = granted.origin, now()
    tenant = await registry.tenants.owned(granted.tenant_id, origin.teams_tenant)
    if tenant is None:
        return [words.not_registered(origin)]
    link = LinkRow(
        id=link_id(tenant.id, origin.user),
        tenant_id=tenant.id,
        teams_tenant=origin.teams_tenant,
        user=origin.user,
        jira_user=granted.jira_user.name,
        access_token=granted.access_token,
        token_secret=granted.token_secret,
        linked_at=at,
        expires_at=granted.expires_at,
    )
    noted = AuditRow.of("linked", origin, at, tenant_id=tenant.id, jira_user=link.jira_user)
    await registry.link(link, noted)
    command = resumed(granted)
    return [Linked(origin=origin, site=tenant.site, jira_user=granted.jira_user), *([command] if command else [])]


async def disconnect_asked(asked: DisconnectAsked, registry: Registry, now: Clock) -> Unlinked | Refused:
    """Erase a person's links; the relay's tombstones make key-vault forget them too."""
    origin = asked.origin
    done = await registry.audit.find(deed("unlinked", origin))
    if done is not None:
        return Unlinked(origin=origin, site=done.details["site"])
    links = await registry.links.of_person(origin.teams_tenant, origin.user)
    if not links:
        await registry.pending.drop_of(origin.person)
        return words.not_linked(origin)
    tenants = [await registry.tenants.find(link.tenant_id) for link in links]
    site = ", ".join(tenant.site for tenant in tenants if tenant)
    noted = AuditRow.of("unlinked", origin, now(), tenant_id=links[0].tenant_id, site=site)
    await registry.unlink(links, origin.person, noted)
    return Unlinked(origin=origin, site=site)
