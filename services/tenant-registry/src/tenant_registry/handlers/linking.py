"""Connecting a person: what waits, who brings the code, and what was granted."""

from collections.abc import Callable
from datetime import datetime

from contracts.event import Event
from contracts.jira import AuthorizationPrepared, LinkGranted
from contracts.outcomes import Linked, Refused
from contracts.registry import AuthorizationEnded, LinkCompletionAsked
from contracts.teams import VerifyAsked
from tenant_registry import words
from tenant_registry.attempts import Attempts, Counted, uncounted
from tenant_registry.decide import Verdict, brought, ended, fingerprint, judge, leads_to, link_id, resumed
from tenant_registry.handlers.grants import Brought, link_held
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow, LinkRow, PendingLink, deed, generation_at

Clock = Callable[[], datetime]
ENDS = {Verdict.TOO_OFTEN: "given_up", Verdict.EXPIRED: "expired"}
"""What a connecting does not go on after."""
MISTAKES = frozenset({Verdict.WRONG, Verdict.TOO_OFTEN, Verdict.NOTHING_WAITS})
"""What may be a guess."""


async def authorization_prepared(
    prepared: AuthorizationPrepared, registry: Registry, now: Clock, counted: Counted = uncounted
) -> AuthorizationEnded | None:
    """Remember where a person was sent, until the browser and the person come back."""
    attempts = Attempts(registry, now, counted)
    tenant = await attempts.own_tenant(prepared.origin, prepared.tenant_id)
    if tenant is None or prepared.expires_at <= now():
        return None
    if prepared.authorize_url is not None and not leads_to(prepared.authorize_url, tenant.base_url):
        await attempts.refused(prepared.origin, "foreign_address", tenant_id=tenant.id)
        return None
    if await registry.forgotten.since(prepared.origin):
        return ended(prepared, "withdrawn")
    others = await registry.pending.by_lookup(prepared.lookup)
    if others is not None and others.id != prepared.origin.person:
        await attempts.refused(prepared.origin, "foreign_state", tenant_id=tenant.id)
        return None
    await registry.connecting.prepare(prepared, now())
    return None


async def verify_asked(
    asked: VerifyAsked, registry: Registry, now: Clock, counted: Counted = uncounted
) -> LinkCompletionAsked | Refused | None:
    """Let only the person who asked to connect complete it, with the code that the browser was shown."""
    origin, at = asked.origin, now()
    if await registry.audit.find(deed("linked", origin)) is not None:
        return None  # the same message again: it was done, and what was done says so
    own = await registry.pending.try_code(origin.person, origin.intent_id)
    others = await registry.pending.of_others(origin.teams_tenant, origin.user, fingerprint(brought(asked)))
    verdict = judge(asked, own, others, at)
    if verdict in MISTAKES:
        meant = {"tenant_id": own.tenant_id} if own else {}
        await Attempts(registry, now, counted).refused(origin, words.VERDICTS[verdict][0], **meant)
    if others is not None and verdict is Verdict.SOMEBODY_ELSES:
        counted(words.VERDICTS[verdict][0])
        await registry.pending.spoil(others.lookup, at)
        await registry.connecting.tell_end(others, "given_up", at)
        noted = AuditRow.of("link_refused", origin, at, tenant_id=others.tenant_id)
        await registry.note_act(noted, origin.asked_at)
    if own is not None and verdict in ENDS:
        await registry.connecting.tell_end(own, ENDS[verdict], at)
    if own is None or verdict is not Verdict.RIGHT:
        about = own or others
        tenant = await registry.tenants.owned(about.tenant_id, origin.teams_tenant) if about else None
        return words.code_refused(origin, verdict, tenant)
    return await _complete(asked, own, registry, now)


async def _complete(
    asked: VerifyAsked, own: PendingLink, registry: Registry, now: Clock
) -> LinkCompletionAsked | Refused | None:
    tenant = await registry.tenants.owned(own.tenant_id, asked.origin.teams_tenant)
    if tenant is None:
        return words.not_registered(asked.origin)
    if tenant.state == "suspended":
        return words.not_active(asked.origin, tenant)
    if (own.authorize_url is not None) != (tenant.auth_mode == "oauth2"):
        await registry.connecting.tell_end(own, "failed", now())
        return words.not_granted(asked.origin, tenant)  # it was registered anew meanwhile, in another way
    if own.authorize_url is not None:
        return await link_held(Brought(asked.origin, own, tenant), registry, now)
    if not await registry.pending.complete(own.lookup, asked.origin.intent_id):
        return words.code_refused(asked.origin, Verdict.USED, tenant)
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


async def link_granted(
    granted: LinkGranted, registry: Registry, now: Clock, counted: Counted = uncounted
) -> list[Event]:
    """Store who acts as whom, tell the person, and go on with the command that waited."""
    origin, at, attempts = granted.origin, now(), Attempts(registry, now, counted)
    tenant = await attempts.own_tenant(origin, granted.tenant_id)
    if tenant is None:
        return [words.not_registered(origin)]
    if tenant.state == "suspended":
        return [words.not_active(origin, tenant)]
    if granted.link_id != link_id(tenant.id, origin.user):
        await attempts.refused(origin, "foreign_link", tenant_id=tenant.id)
        return [words.not_granted(origin, tenant)]
    if await registry.forgotten.since(origin):
        return [words.code_refused(origin, Verdict.NOTHING_WAITS, tenant)]
    # An OAuth 2.0 link is made of a grant that is held until the right person brings the code, and of nothing else.
    if granted.auth_mode != tenant.auth_mode or granted.auth_mode == "oauth2":
        await attempts.refused(origin, "unasked_grant", tenant_id=tenant.id)
        return [words.not_granted(origin, tenant)]
    link = LinkRow(
        id=granted.link_id,
        tenant_id=tenant.id,
        teams_tenant=origin.teams_tenant,
        user=origin.user,
        jira_user=granted.jira_user.name,
        auth_mode=granted.auth_mode,
        access_token=granted.access_token,
        token_secret=granted.token_secret,
        generation=generation_at(at),
        linked_at=at,
        expires_at=granted.expires_at,
    )
    await registry.link(link, AuditRow.of("linked", origin, at, tenant_id=tenant.id, jira_user=link.jira_user))
    linked = Linked(origin=origin, site=tenant.site, jira_user=granted.jira_user)
    command = resumed(granted.resume, origin.person)
    if granted.resume is not None and command is None:
        await attempts.refused(origin, "foreign_command", tenant_id=tenant.id)
    return [linked, *([command] if command else [])]
