"""Connecting with OAuth 1.0a: the two steps of the dance that are jira-actor's."""

import hashlib
from datetime import UTC, datetime
from urllib.parse import quote

from contracts.event import Event
from contracts.jira import AuthorizationPrepared, GrantRefused, LinkGranted
from contracts.outcomes import AuthorizationOffered
from contracts.registry import LinkCompletionAsked, Tenant
from jira_actor.errors import PermissionLost
from jira_actor.key_vault import key_vault_asked
from jira_actor.means import Means, Unconnected
from jira_actor.oauth import REQUEST_TOKEN_LIFE, OAuthDance

_NOT_GRANTED = {
    "permission_denied": "Jira says that you did not allow it.",
    "token_expired": "It took longer than ten minutes, so Jira forgot the question.",
}


async def offer(who: Unconnected, means: Means) -> list[Event]:
    """Fetch a request token, and offer the person the way to Jira's Allow page."""
    token = await OAuthDance(means.site(who.tenant), means.keys, means.http).request_token(means.callback)
    expires_at = datetime.now(UTC) + REQUEST_TOKEN_LIFE
    return [
        AuthorizationPrepared(
            origin=who.origin,
            tenant_id=who.tenant.tenant_id,
            lookup=hashlib.sha256(token.token.encode()).hexdigest(),
            request_token=means.keys.seal(token.token, who.tenant.tenant_id),
            expires_at=expires_at,
            resume=who.resume,
        ),
        AuthorizationOffered(
            origin=who.origin,
            url=f"{means.registry_url}/connect?oauth_token={quote(token.token, safe='')}",
            site=who.tenant.site,
            expires_at=expires_at,
            resumes=who.resume is not None,
        ),
    ]


async def complete(asked: LinkCompletionAsked, tenant: Tenant, means: Means) -> LinkGranted | GrantRefused:
    """Fetch the access token that the person allowed, find out who that is in Jira, and have the token protected.

    Jira gives it once. A message that comes again after success is therefore refused by Jira; whether anybody has to
    hear of that, only the registry knows, so the refusal goes there.
    """
    dance = OAuthDance(means.site(tenant), means.keys, means.http)
    try:
        token = await dance.access_token(asked.request_token, asked.verifier)
        jira_user = await dance.owner(token)
    except PermissionLost as refused:
        why = _NOT_GRANTED.get(str(refused), "Jira no longer knows this question, or it was answered already.")
        return GrantRefused(origin=asked.origin, tenant_id=tenant.tenant_id, lookup="", why=why)
    plain = [(asked.link_id, "access_token", token.token), (asked.link_id, "token_secret", token.secret)]
    with key_vault_asked():
        access_token, token_secret = await means.keys.protect(tenant.tenant_id, plain)
    return LinkGranted(
        origin=asked.origin,
        tenant_id=tenant.tenant_id,
        link_id=asked.link_id,
        jira_user=jira_user,
        access_token=access_token,
        token_secret=token_secret,
        expires_at=datetime.now(UTC) + token.expires_in if token.expires_in else None,
        resume=asked.resume,
    )
