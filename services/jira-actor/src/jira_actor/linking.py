"""Connecting a person's Jira account, in the way that was chosen for the tenant: one card while one is open."""

from contracts.event import Event, Origin
from contracts.jira import LinkLost
from contracts.registry import AccountLink, Tenant
from contracts.sites import written_for
from jira_actor import connect_oauth1, connect_oauth2, connect_token
from jira_actor.bearers import lost
from jira_actor.decide import No
from jira_actor.errors import Lost, NotLinked, PermissionLost
from jira_actor.means import Means, Unconnected

WAYS = {"oauth1": connect_oauth1.offer, "oauth2": connect_oauth2.offer, "pat": connect_token.offer}


async def offer(who: Unconnected, means: Means) -> list[Event]:
    """Offer a person the way to Jira's Allow page, or a dialog for a token."""
    offered = await WAYS[who.tenant.auth_mode](who, means)
    means.cards.offered(who.link_id, who.origin.intent_id, who.resume)
    return offered


async def offer_once(who: Unconnected, means: Means) -> list[Event]:
    """Offer it where no card is open; raise `No` where one is. The same intent handled again gets its card again."""
    card = means.cards.of(who.link_id)
    if card is not None and card.intent_id != who.origin.intent_id:
        waits = " What you asked first waits for it." if card.waiting else ""
        connect = written_for(who.tenant, "connect")
        raise No(
            "not_linked",
            f"You are not connected to {who.tenant.site} yet, so this was not done.{waits}",
            f"Use the connect card above, then send this again. For a new card, type: {connect}",
        )
    return await offer(who, means)


def loss(error: NotLinked, who: Unconnected, means: Means) -> list[LinkLost]:
    """Give the fact that a link is worth nothing any more, where an error says so."""
    found = error.lost if isinstance(error, PermissionLost) else None
    if found is None and isinstance(error, PermissionLost) and who.tenant.auth_mode == "oauth1":
        found = _signed_link_lost(str(error), means.links.get(who.link_id))
    return [_fact(found, who.origin, who.tenant)] if found else []


def _signed_link_lost(problem: str, link: AccountLink | None) -> Lost | None:
    if link is None or link.auth_mode != "oauth1":
        return None
    return lost(link, "expired" if problem == "token_expired" else "revoked").lost


def _fact(found: Lost, origin: Origin, tenant: Tenant) -> LinkLost:
    return LinkLost(
        origin=origin,
        tenant_id=tenant.tenant_id,
        link_id=found.link_id,
        generation=found.generation,
        why=found.why,
    )
