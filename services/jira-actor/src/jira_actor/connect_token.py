"""Connecting with a personal access token, which its owner brings in a dialog."""

from chassis.keys import KeysRefusal
from contracts.event import Event
from contracts.jira import LinkGranted
from contracts.keys import SealedSecret
from contracts.outcomes import Outcome, Person, Refused, TokenWanted
from contracts.registry import Tenant, WaitingIntent
from contracts.sites import written_for
from contracts.teams import TokenBrought
from jira_actor import requests
from jira_actor.answers import data
from jira_actor.decide import No
from jira_actor.errors import JiraRefused
from jira_actor.key_vault import authorized, key_vault_asked
from jira_actor.means import Means, Unconnected
from jira_actor.readings import owner
from jira_actor.site import exchange

TOKENS_PAGE = "/secure/ViewProfile.jspa?selectedTab=com.atlassian.pats.pats-plugin:jira-user-personal-access-tokens"


async def offer(who: Unconnected, means: Means) -> list[Event]:
    """Ask the person for a token."""
    wanted = TokenWanted(
        origin=who.origin,
        tenant_id=who.tenant.tenant_id,
        site=who.tenant.site,
        tokens_url=means.site(who.tenant).url + TOKENS_PAGE,
        alias=who.tenant.alias,
        resumes=who.resume is not None,
    )
    return [wanted]


async def brought(asked: TokenBrought, tenant: Tenant, means: Means) -> list[Event]:
    """Ask Jira whose token it is, and only then have it protected."""
    if tenant.auth_mode != "pat":
        advice = f"To connect, type: {written_for(tenant, 'connect')}"
        raise No("invalid", f"{tenant.site} takes no tokens from people.", advice)
    who = Unconnected(asked.origin, tenant)
    try:
        jira_user = await _owner(asked, tenant, means)
        secret = SealedSecret(row=who.link_id, field="access_token", sealed=asked.token)
        with key_vault_asked():
            [access_token] = await means.keys.protect_sealed(tenant.tenant_id, [secret])
    except KeysRefusal as refusal:
        said = "This is no personal access token, or it did not arrive in one piece."
        raise JiraRefused(said, "bad_token", "Please copy it once more, as a whole.") from refusal
    resume, missed = _waiting(asked, who, means)
    granted = LinkGranted(
        origin=asked.origin,
        tenant_id=tenant.tenant_id,
        link_id=who.link_id,
        jira_user=jira_user,
        auth_mode="pat",
        access_token=access_token,
        resume=resume,
    )
    return [granted, *missed]


async def _owner(asked: TokenBrought, tenant: Tenant, means: Means) -> Person:
    site, request = means.site(tenant), requests.myself()
    call = site.call(request, token=asked.token)
    [authorization] = await authorized(means.keys, tenant.tenant_id, None, [call])
    answer = await exchange(means.http, site.target, request, authorization.value)
    if answer.status in (401, 403):
        raise JiraRefused(
            f"{tenant.site} does not accept this token, so nothing was stored.",
            "bad_token",
            f"It may be expired or not copied as a whole. Make a new one in Jira: {site.url}{TOKENS_PAGE}",
        )
    return owner(data(answer))


def _waiting(asked: TokenBrought, who: Unconnected, means: Means) -> tuple[WaitingIntent | None, list[Outcome]]:
    """Find the command that waits for this; where it was forgotten, say so.

    Who is connected already has nothing that waits: the dialog was used before, or this message comes again.
    """
    card = means.cards.of(who.link_id)
    if card is not None and card.waiting is not None and asked.resume in (None, card.intent_id):
        return card.waiting, []
    if asked.resume is None or means.links.get(who.link_id) is not None:
        return None, []
    forgotten = Refused(
        origin=asked.origin,
        code="not_resumed",
        why="You are connected, but what you asked before was too long ago, so I did not do it.",
        advice="Please send it again.",
    )
    return None, [forgotten]
