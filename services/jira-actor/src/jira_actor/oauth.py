"""The OAuth 1.0a dance with Jira: the steps that are ours."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from contracts.outcomes import Person
from jira_actor import requests
from jira_actor.answers import data, raise_for
from jira_actor.errors import JiraRefused
from jira_actor.http import Answer, Http, Request
from jira_actor.key_vault import Keys, authorized
from jira_actor.readings import owner
from jira_actor.site import Site, exchange

REQUEST_TOKEN_LIFE = timedelta(minutes=10)
LONGEST_TOKEN = 2048


@dataclass(frozen=True)
class Token:
    """A request or access token and its secret, in plain: to be sealed at once."""

    token: str = field(repr=False)
    secret: str = field(repr=False)
    expires_in: timedelta | None = None


class OAuthDance:
    """One Jira's OAuth endpoints; every method raises `JiraError` or `Unavailable`."""

    def __init__(self, site: Site, keys: Keys, http: Http) -> None:
        self._site = site
        self._keys = keys
        self._http = http

    async def request_token(self, callback: str) -> Token:
        """Begin: a token that a person can allow."""
        return token_in(await self._send(requests.request_token(), callback=callback))

    async def access_token(self, request_token: str, verifier: str) -> Token:
        """End: the token that the person allowed; both arguments are JWEs to key-vault."""
        return token_in(await self._send(requests.access_token(), token=request_token, verifier=verifier))

    async def owner(self, token: Token) -> Person:
        """Ask Jira who gave this token, before anything is stored."""
        answer = await self._send(requests.myself(), token=self._keys.seal(token.token, self._site.tenant_id))
        return owner(data(answer))

    async def _send(self, request: Request, **oauth: str) -> Answer:
        call = self._site.call(request, **oauth)
        [authorization] = await authorized(self._keys, self._site.tenant_id, None, [call])
        return await exchange(self._http, self._site.target, request, authorization.value)


def token_in(answer: Answer) -> Token:
    """Read a token from a form body, strictly: each name once, nothing empty, nothing endless."""
    if answer.status != 200:
        raise_for(answer)
    form = _form(answer)
    token, secret = form.get("oauth_token", ""), form.get("oauth_token_secret", "")
    if not 0 < len(token) <= LONGEST_TOKEN or len(secret) > LONGEST_TOKEN:
        raise _no_token()
    seconds = form.get("oauth_expires_in", "")
    lives = timedelta(seconds=int(seconds)) if seconds.isdigit() and len(seconds) < 12 else None
    return Token(token, secret, lives)


def _form(answer: Answer) -> dict[str, Any]:
    try:
        pairs = parse_qsl(answer.body.decode("ascii").strip(), keep_blank_values=True, strict_parsing=True)
    except ValueError:
        raise _no_token() from None
    if len(dict(pairs)) != len(pairs):
        raise _no_token()
    return dict(pairs)


def _no_token() -> JiraRefused:
    return JiraRefused(
        "Jira did not answer with a token.",
        "not_jira",
        "This is often a login page or a proxy in front of Jira. Please tell your Jira administrator.",
    )
