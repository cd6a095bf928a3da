"""What came of taking back in Jira what made a link: noted, and told where the person has something left to do."""

from collections.abc import Callable
from datetime import datetime

from contracts.event import Origin
from contracts.jira import RevocationTried
from contracts.outcomes import Refused
from tenant_registry.attempts import Attempts, Counted, uncounted
from tenant_registry.decide import tokens_url
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow, TenantRow

Clock = Callable[[], datetime]
DONE = frozenset({"revoked", "already_gone"})
LEFT_TO_DO = {
    "several_tokens": "You have several personal access tokens in {site}. Jira does not say which of them I had, so I"
    " deleted none.",
    "refused": "{site} refused to take back {what}.",
    "suspended": "{site} is suspended, so I could not take back {what} there.",
    "unreachable": "{site} did not answer for too long, so I could not take back {what} there.",
}
WHAT = {"oauth2": "what you allowed me", "pat": "the token that you gave me"}
ADVICE = {"oauth2": "Please take it back yourself, here: {page}", "pat": "Please delete it yourself, here: {page}"}


async def revocation_tried(
    fact: RevocationTried, registry: Registry, now: Clock, counted: Counted = uncounted
) -> Refused | None:
    """Note what came of it, with the person only where he or she was not forgotten since, and tell what is left."""
    origin = fact.origin
    tenant = await (
        Attempts(registry, now, counted).own_tenant(origin, fact.tenant_id)
        if origin
        else registry.tenants.find(fact.tenant_id)
    )
    if tenant is None:
        return None
    noted = _noted(fact, tenant, now())
    await registry.note_act(noted, origin.asked_at if origin else noted.at)
    if origin is None or fact.outcome not in LEFT_TO_DO or await registry.forgotten.since(origin):
        return None
    return not_revoked(origin, tenant, fact)


def not_revoked(origin: Origin, tenant: TenantRow, fact: RevocationTried) -> Refused:
    """Say why it still stands in Jira, and where the person takes it back."""
    page = tokens_url(fact.auth_mode, tenant.base_url)
    return Refused(
        origin=origin,
        tenant_id=tenant.id,
        code="not_revoked",
        why=LEFT_TO_DO[fact.outcome].format(site=tenant.site, what=WHAT[fact.auth_mode]),
        advice=ADVICE[fact.auth_mode].format(page=page),
    )


def _noted(fact: RevocationTried, tenant: TenantRow, at: datetime) -> AuditRow:
    what = "revoked_in_jira" if fact.outcome in DONE else "not_revoked_in_jira"
    return AuditRow(
        id=f"{what}:{fact.revocation_id}",
        what=what,
        teams_tenant=tenant.teams_tenant,
        user=fact.origin.user if fact.origin else "",
        at=at,
        tenant_id=tenant.id,
        details={"why": fact.outcome},
    )
