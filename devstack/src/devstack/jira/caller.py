"""Who calls: by an OAuth 1.0a signature, an OAuth 2.0 access token, or a personal access token."""

import hmac
from dataclasses import dataclass

from starlette.requests import Request

from devstack.jira import tokens
from devstack.jira.model import User, World
from devstack.jira.oauth import OAuthError, Provider, sent_request
from devstack.jira.state import State


@dataclass(frozen=True)
class Caller:
    user: User
    scope: str | None = None
    """What an OAuth 2.0 link was allowed; None for who may do all that the person may."""


async def authenticated(request: Request, provider: Provider, state: State) -> Caller:
    """The caller, or OAuthError: credentials that are unknown, revoked or expired are all alike to Jira."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme == "OAuth":
        caller = Caller(provider.caller(await sent_request(request, state)))
    elif scheme == "Bearer" and credentials:
        caller = _bearer(credentials, state)
    else:
        raise OAuthError
    if not caller.user.active:
        raise OAuthError
    return caller


def _bearer(token: str, state: State) -> Caller:
    pair = tokens.access_token(state.world, token)
    if pair is not None and not tokens.is_over(pair.access_expires, state.now()):
        return Caller(state.world.users[pair.user], pair.scope)
    made = tokens.personal_access_token(state.world, token)
    if made is not None and not tokens.is_over(made.expires, state.now()):
        return Caller(state.world.users[made.user])
    return Caller(_chosen_by_tests(token, state.world))


def _chosen_by_tests(token: str, world: World) -> User:
    for user in world.users.values():
        chosen = user.personal_access_token
        if chosen is not None and hmac.compare_digest(chosen.encode(), token.encode()):
            return user
    raise OAuthError
