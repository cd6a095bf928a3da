"""Connecting a person's Jira account: the two steps of the dance that are jira-actor's."""

import hashlib
from datetime import UTC, datetime
from urllib.parse import quote

from contracts.event import Event, Origin
from contracts.jira import AuthorizationPrepared, LinkGranted
from contracts.outcomes import AuthorizationOffered
from contracts.registry import LinkCompletionAsked, WaitingIntent
from jira_actor.errors import JiraRefused, PermissionLost
from jira_actor.means import Means, tenant_for
from jira_actor.oauth import REQUEST_TOKEN_LIFE, OAuthDance
from jira_actor.session import site_of

_NOT_GRANTED = {
    "permission_denied": "Jira says that you did not allow it.",
    "token_expired": "It took longer than ten minutes, so Jira forgot the question.",
}


async def offer(origin: Origin, means: Means, resume: WaitingIntent | None = None) -> list[Event]:
    """Fetch a request token, and offer the person the way to Jira's Allow page."""
    tenant = tenant_for(origin, means.tenants)
    dance = OAuthDance(site_of(tenant, means.reach), means.keys, means.http)
    token = await dance.request_token(means.callback)
    expires_at = datetime.now(UTC) + REQUEST_TOKEN_LIFE
    return [
        AuthorizationPrepared(
            origin=origin,
            tenant_id=tenant.tenant_id,
            lookup=hashlib.sha256(token.token.encode()).hexdigest(),
            request_token=means.keys.seal(token.token),
            expires_at=expires_at,
            resume=resume,
        ),
        AuthorizationOffered(
            origin=origin,
            url=f"{means.registry_url}/connect?oauth_token={quote(token.token, safe='')}",
            site=tenant.site,
            expires_at=expires_at,
            resumes=resume is not None,
        ),
    ]


async def complete(asked: LinkCompletionAsked, means: Means) -> list[Event]:
    """Fetch the access token that the person allowed, find out who that is in Jira, and have the token protected."""
    tenant = means.tenants.get(asked.tenant_id)
    if tenant is None:
        raise JiraRefused("This Jira is no longer registered.", "not_registered")
    dance = OAuthDance(site_of(tenant, means.reach), means.keys, means.http)
    try:
        token = await dance.access_token(asked.request_token, asked.verifier)
        jira_user = await dance.owner(token)
    except PermissionLost as lost:
        why = _NOT_GRANTED.get(str(lost), "Jira no longer knows this question, or it was answered already.")
        raise JiraRefused(why, "link_failed", "Please try once more: connect") from lost
    access_token, token_secret = await means.keys.protect(
        tenant.tenant_id,
        [(asked.link_id, "access_token", token.token), (asked.link_id, "token_secret", token.secret)],
    )
    granted = LinkGranted(
        origin=asked.origin,
        tenant_id=tenant.tenant_id,
        link_id=asked.link_id,
        jira_user=jira_user,
        access_token=access_token,
        token_secret=token_secret,
        expires_at=datetime.now(UTC) + token.expires_in if token.expires_in else None,
        resume=asked.resume,
    )
    return [granted]
