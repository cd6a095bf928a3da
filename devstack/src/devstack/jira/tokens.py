"""The bearer tokens that this Jira recognises: those of OAuth 2.0, and personal access tokens."""

import secrets
from datetime import datetime
from hashlib import sha256

from devstack.jira.model import OAuth2Token, PersonalAccessToken, World


def new_token() -> str:
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is kept of a token: enough to recognise it, too little to use it."""
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def access_token(world: World, token: str) -> OAuth2Token | None:
    """The pair of an OAuth 2.0 access token that was neither refreshed nor revoked; it may have expired."""
    wanted = digest(token)
    return next((pair for pair in world.oauth2_tokens.values() if pair.access_digest == wanted), None)


def revoke_grant(world: World, grant: str) -> None:
    """Forget all that came from what a person allowed once."""
    world.oauth2_tokens = {key: pair for key, pair in world.oauth2_tokens.items() if pair.grant != grant}


def personal_access_token(world: World, token: str) -> PersonalAccessToken | None:
    """The personal access token that Jira made, if it did; it may have expired."""
    wanted = digest(token)
    return next((kept for kept in world.personal_access_tokens.values() if kept.digest == wanted), None)


def is_over(expires: datetime | None, now: datetime) -> bool:
    return expires is not None and expires <= now
