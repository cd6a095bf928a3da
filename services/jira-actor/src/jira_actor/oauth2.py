"""Jira's OAuth 2.0 provider (since 8.22): the Allow page's address, and tokens for codes and refresh tokens."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode

from pydantic import ValidationError

from contracts.keys import ProtectedSecret
from contracts.outcomes import Person
from contracts.registry import Tenant
from jira_actor import requests
from jira_actor.answers import data, raise_for
from jira_actor.errors import GrantInvalid, JiraRefused, SignatureRefused
from jira_actor.http import Answer, Http
from jira_actor.jira_wire import OAuth2Problem, TokensWire
from jira_actor.key_vault import Keys, key_vault_asked
from jira_actor.readings import not_understood, owner
from jira_actor.site import Site, exchange

SCOPE = "WRITE"
CLIENT_PROBLEMS = {"invalid_client", "unauthorized_client"}


@dataclass(frozen=True)
class Client:
    """Bridge as this Jira's incoming link knows it."""

    id: str
    secret: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True)
class Tokens:
    """What Jira gave, in plain: to be sealed at once."""

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    expires_in: timedelta | None = None

    @property
    def bearer(self) -> str:
        """Give the value of an `Authorization` header."""
        return f"Bearer {self.access}"


class OAuth2:
    """One Jira's provider; every method raises `JiraError`, of which `GrantInvalid` is about code or refresh token."""

    def __init__(self, site: Site, http: Http, client: Client) -> None:
        self._site = site
        self._http = http
        self._client = client

    async def tokens_for_code(self, code: str, verifier: str) -> Tokens:
        """Exchange a code, which lives for ten seconds."""
        return await self._tokens(grant_type="authorization_code", code=code, code_verifier=verifier)

    async def tokens_for_refresh(self, refresh_token: str) -> Tokens:
        """Exchange a refresh token: from then on it is worth nothing, nor is its access token."""
        return await self._tokens(grant_type="refresh_token", refresh_token=refresh_token)

    async def owner(self, tokens: Tokens) -> Person:
        """Ask Jira who gave these, before anything is stored."""
        answer = await exchange(self._http, self._site.target, requests.myself(), tokens.bearer)
        return owner(data(answer))

    async def _tokens(self, **grant: str) -> Tokens:
        client = self._client
        form = {
            **grant,
            "client_id": client.id,
            "client_secret": client.secret,
            "redirect_uri": client.redirect_uri,
        }
        return tokens_in(await exchange(self._http, self._site.target, requests.token(form)))


def allow_page(site: Site, client_id: str, redirect_uri: str, verifier: str) -> str:
    """Give the address of Jira's Allow page, complete but for `state`."""
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": SCOPE,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{site.url}/rest/oauth2/latest/authorize?{urlencode(asked)}"


def tokens_in(answer: Answer) -> Tokens:
    """Read tokens, or raise what the refusal means."""
    if answer.status in (400, 401) and answer.is_json:
        raise_for_problem(answer)
    if answer.status == 404:
        advice = "It needs Jira 8.22 or newer. Please tell your Jira administrator."
        raise JiraRefused("This Jira offers no OAuth 2.0.", "not_offered", advice)
    try:
        found = TokensWire.model_validate(data(answer))
    except ValidationError as error:
        raise not_understood() from error
    expires_in = timedelta(seconds=found.expires_in) if found.expires_in is not None else None
    return Tokens(found.access_token, found.refresh_token, expires_in)


def raise_for_problem(answer: Answer) -> None:
    """Raise what the `error` of RFC 6749 means."""
    try:
        problem = OAuth2Problem.model_validate_json(answer.body).error
    except ValidationError:
        raise_for(answer)
        return
    if problem == "invalid_grant":
        raise GrantInvalid
    if problem in CLIENT_PROBLEMS:
        raise SignatureRefused(problem)
    raise JiraRefused(
        f"Jira refused Bridge's question for a token ({problem}).",
        "oauth2_refused",
        "Please tell your Jira administrator: the incoming link's redirect URL and permission may be wrong.",
    )


async def opened(tenant: Tenant, redirect_uri: str, keys: Keys, also: Sequence[ProtectedSecret] = ()) -> "Opened":
    """Open the client's id and secret, and what else is needed, with one question."""
    if tenant.client_secret is None:
        raise JiraRefused("This Jira's OAuth 2.0 client has no secret here.", "not_set_up", "Register it anew.")
    client = [_of_tenant(tenant, "consumer_key", tenant.consumer_key)]
    client.append(_of_tenant(tenant, "client_secret", tenant.client_secret))
    with key_vault_asked():
        client_id, secret, *others = await keys.open(tenant.tenant_id, [*client, *also])
    return Opened(Client(client_id, secret, redirect_uri), tuple(others))


@dataclass(frozen=True)
class Opened:
    """The client, and the other secrets in the order asked."""

    client: Client
    others: tuple[str, ...] = field(repr=False)


async def client_id(tenant: Tenant, keys: Keys) -> str:
    """Open the client's id alone: it stands in the address of the Allow page."""
    with key_vault_asked():
        [found] = await keys.open(tenant.tenant_id, [_of_tenant(tenant, "consumer_key", tenant.consumer_key)])
    return found


def _of_tenant(tenant: Tenant, name: str, ciphertext: str) -> ProtectedSecret:
    return ProtectedSecret(row=tenant.tenant_id, field=name, ciphertext=ciphertext)
