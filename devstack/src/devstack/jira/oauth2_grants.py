"""What authlib's authorization server asks its host for: clients, codes, tokens, and what Jira does its own way."""

import hmac
from typing import Any

from authlib.oauth2.rfc6749 import (
    AuthorizationCodeMixin,
    ClientMixin,
    InvalidGrantError,
    InvalidRequestError,
    OAuth2Payload,
    OAuth2Request,
    TokenMixin,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from starlette.datastructures import QueryParams

from devstack.jira import scopes
from devstack.jira.model import AuthorizationCode, OAuth2Client, OAuth2Token, User
from devstack.jira.state import State
from devstack.jira.tokens import digest, is_over, revoke_grant

SECRET_IN_FORM = ["client_secret_post"]


class Payload(OAuth2Payload):  # type: ignore[misc] # authlib is not typed
    """The fields of a query or a form, as authlib looks at them."""

    def __init__(self, fields: QueryParams) -> None:
        self._fields = fields

    @property
    def data(self) -> QueryParams:
        return self._fields

    @property
    def datalist(self) -> dict[str, list[str]]:
        return {name: self._fields.getlist(name) for name in self._fields}


class Asked(OAuth2Request):  # type: ignore[misc] # authlib is not typed
    """A request of the browser or of the client.

    This Jira runs as if atlassian.oauth2.provider.skip.base.url.https.requirement were set: authlib, which refuses
    plain HTTP, is told https.
    """

    def __init__(self, method: str, path: str, fields: QueryParams) -> None:
        super().__init__(method, f"https://jira{path}")
        self.payload = Payload(fields)
        self.fields = fields

    @property
    def form(self) -> QueryParams:
        return self.fields


class Client(ClientMixin):  # type: ignore[misc] # authlib is not typed
    def __init__(self, link: OAuth2Client) -> None:
        self.link = link

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri == self.link.redirect_url

    def get_default_redirect_uri(self) -> None:
        """Jira wants it to be named."""

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(self.link.secret.encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method in SECRET_IN_FORM

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, _grant_type: str) -> bool:
        return True

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What was asked for if the link covers it; None makes authlib answer invalid_scope."""
        allowed = scope is not None and scopes.known(scope) and scopes.includes(self.link.scope, scope)
        return scope if allowed else None


class Code(AuthorizationCodeMixin):  # type: ignore[misc] # authlib is not typed
    def __init__(self, key: str, kept: AuthorizationCode) -> None:
        self.key = key
        self.kept = kept
        self.code_challenge = kept.challenge
        self.code_challenge_method = kept.challenge_method

    def get_redirect_uri(self) -> str:
        return self.kept.redirect_url

    def get_scope(self) -> str:
        return self.kept.scope


class Pair(TokenMixin):  # type: ignore[misc] # authlib is not typed
    def __init__(self, kept: OAuth2Token) -> None:
        self.kept = kept

    def check_client(self, client: Client) -> bool:
        return self.kept.client == client.link.id

    def get_scope(self) -> str:
        return self.kept.scope


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc] # authlib is not typed
    TOKEN_ENDPOINT_AUTH_METHODS = SECRET_IN_FORM

    @property
    def _state(self) -> State:
        state: State = self.server.state
        return state

    def save_authorization_code(self, code: str, request: Any) -> None:
        fields = request.payload.data
        self._state.world.authorization_codes[digest(code)] = AuthorizationCode(
            client=request.client.link.id,
            redirect_url=fields["redirect_uri"],
            scope=request.scope,
            user=request.user.name,
            expires=self._state.now() + self._state.oauth2.code_lifetime,
            challenge=fields.get("code_challenge"),
            challenge_method=fields.get("code_challenge_method"),
        )

    def query_authorization_code(self, code: str, client: Client) -> Code | None:
        key = digest(code)
        kept = self._state.world.authorization_codes.get(key)
        if kept is None or kept.client != client.link.id or is_over(kept.expires, self._state.now()):
            return None
        return Code(key, kept)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        del self._state.world.authorization_codes[authorization_code.key]

    def authenticate_user(self, authorization_code: Code) -> User | None:
        return _active(self._state, authorization_code.kept.user)


class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc] # authlib is not typed
    """Refreshing rotates: the old pair is worth nothing afterwards."""

    TOKEN_ENDPOINT_AUTH_METHODS = SECRET_IN_FORM
    INCLUDE_NEW_REFRESH_TOKEN = True

    @property
    def _state(self) -> State:
        state: State = self.server.state
        return state

    def validate_token_request(self) -> None:
        """As RFC 6749 has it, and Data Center also wants the redirect URL."""
        super().validate_token_request()
        given = self.request.payload.redirect_uri
        if given is None:
            raise InvalidRequestError("Missing 'redirect_uri' in request.")
        if not self.request.client.check_redirect_uri(given):
            raise InvalidGrantError("Invalid 'redirect_uri' in request.")

    def authenticate_refresh_token(self, refresh_token: str) -> Pair | None:
        kept = self._state.world.oauth2_tokens.get(digest(refresh_token))
        if kept is None or is_over(kept.refresh_expires, self._state.now()):
            return None
        if kept.access_digest is None:
            if self._state.oauth2.reuse_revokes:
                revoke_grant(self._state.world, kept.grant)
            return None
        return Pair(kept)

    def authenticate_user(self, refresh_token: Pair) -> User | None:
        return _active(self._state, refresh_token.kept.user)

    def revoke_old_credential(self, refresh_token: Pair) -> None:
        refresh_token.kept.access_digest = None


class Pkce(CodeChallenge):  # type: ignore[misc] # authlib is not typed
    """RFC 7636 as authlib checks it, and required with S256 where the link was made so."""

    def validate_code_challenge(self, grant: Any, redirect_uri: Any) -> None:
        super().validate_code_challenge(grant, redirect_uri)
        fields = grant.request.payload.data
        if not grant.request.client.link.pkce_required:
            return
        if not fields.get("code_challenge"):
            raise InvalidRequestError("Missing 'code_challenge'")
        if fields.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Unsupported 'code_challenge_method'")


def _active(state: State, name: str) -> User | None:
    user = state.world.users[name]
    return user if user.active else None
