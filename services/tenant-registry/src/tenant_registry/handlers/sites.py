"""Which Jiras there are for a person."""

from contracts.outcomes import Refused, SiteSeen, SitesListed
from contracts.sites import meant
from contracts.teams import SitesAsked
from tenant_registry import words
from tenant_registry.registry import Registry


async def sites_asked(asked: SitesAsked, registry: Registry) -> SitesListed | Refused:
    """List the Jiras of the person's organisation, the oldest first."""
    origin = asked.origin
    tenants = await registry.tenants.of_organisation(origin.teams_tenant)
    if not tenants:
        return words.not_registered(origin)
    connected = {link.tenant_id for link in await registry.links.of_person(origin.teams_tenant, origin.user)}
    default = meant(tenants, None)
    sites = tuple(
        SiteSeen(
            alias=tenant.alias,
            site=tenant.site,
            state=tenant.state,
            is_default=tenant == default,
            connected=tenant.id in connected,
        )
        for tenant in tenants
    )
    return SitesListed(origin=origin, sites=sites)
