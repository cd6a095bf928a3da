"""Taking back the permission to act: one Jira's or all of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import get_args

from contracts.event import Origin
from contracts.outcomes import Refused, Unlinked
from contracts.registry import AuthMode
from contracts.sites import NoSite, meant
from contracts.teams import DisconnectAsked
from tenant_registry import words
from tenant_registry.decide import tokens_url
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow, LinkRow, TenantRow, deed

Clock = Callable[[], datetime]


async def disconnect_asked(asked: DisconnectAsked, registry: Registry, now: Clock) -> Unlinked | Refused:
    """Erase a person's links; the relay's tombstones make everybody else forget them too.

    What made them is then taken back in Jira, where Jira can; the person hears of that only where it fails.
    """
    origin = asked.origin
    if done := await registry.audit.find(deed("unlinked", origin)):
        return _unlinked(origin, done.details)
    tenants = await registry.tenants.of_organisation(origin.teams_tenant)
    links = await registry.links.of_person(origin.teams_tenant, origin.user)
    if asked.site is not None:
        named = meant(tenants, asked.site)
        if isinstance(named, NoSite):
            return words.no_site(origin, named, tenants)
        tenants = [named]
        links = [link for link in links if link.tenant_id == named.id]
    if not links:
        await registry.connecting.withdraw(origin.person, {tenant.id for tenant in tenants}, now())
        return words.not_linked(origin)
    noted = _noted(origin, links, {tenant.id: tenant for tenant in tenants}, now())
    await registry.unlink(links, noted, origin)
    return _unlinked(origin, noted[0].details)


def _noted(origin: Origin, links: Sequence[LinkRow], tenants: Mapping[str, TenantRow], at: datetime) -> list[AuditRow]:
    """Note it for each Jira; the first row says what the person is told, should the message come again."""
    sites = ", ".join(tenants[link.tenant_id].site for link in links if link.tenant_id in tenants)
    told = {"site": sites, "ways": " ".join(sorted({link.auth_mode for link in links}))}
    if len(links) == 1 and links[0].tenant_id in tenants:
        told["tokens_url"] = tokens_url(links[0].auth_mode, tenants[links[0].tenant_id].base_url)
    rows = [AuditRow.of("unlinked", origin, at, tenant_id=link.tenant_id, **told) for link in links]
    return [rows[0], *(row.part(row.tenant_id or "") for row in rows[1:])]


def _unlinked(origin: Origin, told: Mapping[str, str]) -> Unlinked:
    ways = tuple(way for way in get_args(AuthMode) if way in told.get("ways", "").split())
    return Unlinked(origin=origin, site=told.get("site", ""), tokens_url=told.get("tokens_url"), ways=ways)
