"""Exchanging a link's refresh token: the new tokens are stored before they are used, for Jira has forgotten the old."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from chassis.bounded import Recent
from contracts.event import Event
from contracts.jira import LinkRefreshed
from contracts.keys import ProtectedSecret
from contracts.registry import AccountLink
from jira_actor import oauth2
from jira_actor.bearers import Bearer, Caller
from jira_actor.http import Http
from jira_actor.key_vault import Keys, key_vault_asked
from jira_actor.oauth2 import OAuth2, Tokens

log = structlog.get_logger()
Publish = Callable[[Event], Awaitable[None]]
"""Publishes an event in the middle of a handler; returns when it is stored."""
UNFINISHED = 1_000
UNTOLD = timedelta(hours=1)
"""How long an access token lives by Jira's default, where its answer does not say."""


class RefreshTokens:
    """Refreshes links; what a broken attempt got from Jira is kept in memory for the next one."""

    def __init__(self, keys: Keys, http: Http, redirect_uri: str, publish: Publish) -> None:
        self._keys = keys
        self._http = http
        self._redirect_uri = redirect_uri
        self._publish = publish
        self._unfinished: Recent[tuple[str, int], tuple[Tokens, datetime]] = Recent(UNFINISHED)

    def is_unfinished(self, link: AccountLink) -> bool:
        """Tell whether Jira gave new tokens for this link that are not stored yet."""
        return self._unfinished.get((link.link_id, link.generation)) is not None

    async def refresh(self, link: AccountLink, caller: Caller) -> Bearer:
        """Get new tokens and have them stored; raise `GrantInvalid`, another `JiraError` or `Unavailable`."""
        place = (link.link_id, link.generation)
        got = self._unfinished.get(place)
        if got is None:
            tokens = await self._tokens(link, caller)
            got = tokens, datetime.now(UTC) + (tokens.expires_in or UNTOLD)
            self._unfinished.put(place, got)
        tokens, until = got
        fresh = await self._store(link, caller, tokens, until)
        self._unfinished.drop(place)
        log.info("link_refreshed", tenant=link.tenant_id, generation=fresh.generation)
        return Bearer(tokens.bearer, until, fresh)

    async def _tokens(self, link: AccountLink, caller: Caller) -> Tokens:
        protected = ProtectedSecret(row=link.link_id, field="refresh_token", ciphertext=link.refresh_token or "")
        opened = await oauth2.opened(caller.tenant, self._redirect_uri, self._keys, [protected])
        [refresh_token] = opened.others
        tokens = await OAuth2(caller.site, self._http, opened.client).tokens_for_refresh(refresh_token)
        return tokens if tokens.refresh else replace(tokens, refresh=refresh_token)

    async def _store(self, link: AccountLink, caller: Caller, tokens: Tokens, until: datetime) -> AccountLink:
        plain = [(link.link_id, "access_token", tokens.access), (link.link_id, "refresh_token", tokens.refresh or "")]
        with key_vault_asked():
            access_token, refresh_token = await self._keys.protect(link.tenant_id, plain)
        fact = LinkRefreshed(
            origin=caller.origin,
            tenant_id=link.tenant_id,
            link_id=link.link_id,
            generation=link.generation + 1,
            access_token=access_token,
            refresh_token=refresh_token,
            expires_at=until,
        )
        await self._publish(fact)
        return link.model_copy(
            update={
                "generation": fact.generation,
                "access_token": access_token,
                "refresh_token": refresh_token,
                "expires_at": until,
            }
        )
