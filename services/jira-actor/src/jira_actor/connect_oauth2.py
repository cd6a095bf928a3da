"""Connecting with OAuth 2.0: the way to Jira's Allow page, and the code that comes back from it."""

import hashlib
import secrets
from datetime import UTC, datetime

import structlog

from chassis.keys import KeysRefusal
from contracts.event import Event
from contracts.jira import AuthorizationPrepared, GrantHeld, GrantRefused
from contracts.keys import ProtectedSecret, SealedSecret
from contracts.outcomes import AuthorizationOffered
from contracts.registry import CodeExchangeAsked, Tenant
from jira_actor import oauth2
from jira_actor.decide import No
from jira_actor.errors import GrantInvalid, JiraRefused, NotLinked, SignatureRefused
from jira_actor.key_vault import key_vault_asked
from jira_actor.means import Means, Unconnected
from jira_actor.oauth2 import OAuth2, Tokens
from jira_actor.open_cards import LIVES
from jira_actor.words import about

log = structlog.get_logger()
STATE_BYTES = 32
VERIFIER_BYTES = 64
"""As text 86 characters; PKCE takes 43 to 128."""
SECRETS = ("code", "code_verifier")


async def offer(who: Unconnected, means: Means) -> list[Event]:
    """Prepare state and PKCE, and offer the person the way to Jira's Allow page."""
    site = means.site(who.tenant)
    client_id = await oauth2.client_id(who.tenant, means.keys)
    state, verifier = secrets.token_urlsafe(STATE_BYTES), secrets.token_urlsafe(VERIFIER_BYTES)
    expires_at = datetime.now(UTC) + LIVES
    return [
        AuthorizationPrepared(
            origin=who.origin,
            tenant_id=who.tenant.tenant_id,
            lookup=hashlib.sha256(state.encode()).hexdigest(),
            request_token="",
            authorize_url=oauth2.allow_page(site, client_id, means.callback, verifier),
            code_verifier=means.keys.seal(verifier, who.tenant.tenant_id),
            expires_at=expires_at,
            resume=who.resume,
        ),
        AuthorizationOffered(
            origin=who.origin,
            url=f"{means.registry_url}/connect?state={state}",
            site=who.tenant.site,
            expires_at=expires_at,
            resumes=who.resume is not None,
        ),
    ]


async def exchange_code(asked: CodeExchangeAsked, means: Means) -> GrantHeld | GrantRefused:
    """Exchange Jira's code for tokens, find out who gave it, and have the tokens protected."""
    try:
        return await _exchanged(asked, means.tenant(asked.tenant_id), means)
    except No as no:
        return _refused(asked, no.code, no.why)
    except JiraRefused as refusal:
        return _refused(asked, refusal.code, refusal.for_people)
    except SignatureRefused as refusal:
        return _refused(asked, refusal.problem, about(refusal.problem).said)
    except GrantInvalid:
        why = "Jira gave no permission for this: it was used already, or it took longer than ten seconds."
        return _refused(asked, "invalid_grant", why)
    except (KeysRefusal, NotLinked) as refusal:
        return _refused(asked, getattr(refusal, "code", "not_linked"), "Bridge could not open what Jira sent.")


async def _exchanged(asked: CodeExchangeAsked, tenant: Tenant, means: Means) -> GrantHeld:
    sealed = [
        SealedSecret(row=asked.link_id, field=name, sealed=secret)
        for name, secret in zip(SECRETS, (asked.code, asked.code_verifier), strict=True)
    ]
    with key_vault_asked():
        ciphertexts = await means.keys.protect_sealed(tenant.tenant_id, sealed)
    protected = [
        ProtectedSecret(row=asked.link_id, field=name, ciphertext=ciphertext)
        for name, ciphertext in zip(SECRETS, ciphertexts, strict=True)
    ]
    opened = await oauth2.opened(tenant, means.callback, means.keys, protected)
    provider = OAuth2(means.site(tenant), means.http, opened.client)
    tokens = await provider.tokens_for_code(*opened.others)
    return await _held(asked, tokens, provider, means)


async def _held(asked: CodeExchangeAsked, tokens: Tokens, provider: OAuth2, means: Means) -> GrantHeld:
    got_at = datetime.now(UTC)
    jira_user = await provider.owner(tokens)
    plain = [(asked.link_id, "access_token", tokens.access)]
    if tokens.refresh:
        plain.append((asked.link_id, "refresh_token", tokens.refresh))
    with key_vault_asked():
        access_token, *refresh_token = await means.keys.protect(asked.tenant_id, plain)
    return GrantHeld(
        origin=asked.origin,
        tenant_id=asked.tenant_id,
        lookup=asked.lookup,
        link_id=asked.link_id,
        jira_user=jira_user,
        access_token=access_token,
        refresh_token=refresh_token[0] if refresh_token else None,
        expires_at=got_at + tokens.expires_in if tokens.expires_in else None,
    )


def _refused(asked: CodeExchangeAsked, code: str, why: str) -> GrantRefused:
    log.info("grant_refused", code=code)
    return GrantRefused(origin=asked.origin, tenant_id=asked.tenant_id, lookup=asked.lookup, why=why)
