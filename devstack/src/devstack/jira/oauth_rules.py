"""Which consumers, tokens, timestamps and nonces Jira accepts: the half of OAuth that oauthlib asks its host for."""
# ruff: noqa: ARG002 - the signatures are oauthlib's

from typing import Any
from urllib.parse import urlsplit

from oauthlib.common import UNICODE_ASCII_CHARACTER_SET
from oauthlib.oauth1 import RequestValidator

from devstack.jira.model import REQUEST_TOKEN_LIFETIME, AccessToken, RequestToken
from devstack.jira.state import State

CLOCK_TOLERANCE_SECONDS = 300
UNKNOWN = "unknown"


class OAuthRules(RequestValidator):  # type: ignore[misc] # oauthlib is not typed
    """Answers oauthlib's questions and notes in `problem` the first answer that was no."""

    allowed_signature_methods = ("RSA-SHA1",)
    safe_characters = set(UNICODE_ASCII_CHARACTER_SET) | set("-_.:")
    client_key_length = (1, 255)
    nonce_length = (8, 60)
    request_token_length = access_token_length = verifier_length = (1, 255)
    timestamp_lifetime = float("inf")  # validate_timestamp_and_nonce checks it, by the state's own clock
    enforce_ssl = False
    dummy_client = dummy_request_token = dummy_access_token = UNKNOWN

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state = state
        self.problem: str | None = None

    def validate_timestamp_and_nonce(
        self,
        client_key: str,
        timestamp: str,
        nonce: str,
        request: Any,
        request_token: str | None = None,
        access_token: str | None = None,
    ) -> bool:
        if client_key not in self._state.world.consumers:
            return self._refuse("consumer_key_unknown")
        now = self._state.now().timestamp()
        if abs(now - int(timestamp)) > CLOCK_TOLERANCE_SECONDS:
            return self._refuse("timestamp_refused")
        used = self._state.used_nonces
        for key in [key for key, second in used.items() if now - second > CLOCK_TOLERANCE_SECONDS]:
            del used[key]
        seen = (client_key, timestamp, nonce)
        if seen in used:
            return self._refuse("nonce_used")
        used[seen] = int(timestamp)
        return True

    def validate_client_key(self, client_key: str, request: Any) -> bool:
        return client_key in self._state.world.consumers

    def get_rsa_key(self, client_key: str, request: Any) -> str:
        return self._state.world.consumers[client_key].public_key

    def validate_redirect_uri(self, client_key: str, redirect_uri: str, request: Any) -> bool:
        parts = urlsplit(redirect_uri)
        if redirect_uri == "oob" or (parts.scheme in ("http", "https") and parts.netloc):
            return True
        return self._refuse("parameter_rejected")

    def validate_request_token(self, client_key: str, token: str, request: Any) -> bool:
        found = self._state.world.request_tokens.get(token)
        if found is None or found.consumer != client_key:
            return self._refuse("token_rejected")
        if self._state.now() - found.issued > REQUEST_TOKEN_LIFETIME:
            return self._refuse("token_expired")
        if found.denied:
            return self._refuse("permission_denied")
        return found.user is not None or self._refuse("permission_unknown")

    def validate_verifier(self, client_key: str, token: str, verifier: str, request: Any) -> bool:
        found = self._state.world.request_tokens.get(token)
        return (found is not None and found.verifier == verifier) or self._refuse("token_rejected")

    def validate_access_token(self, client_key: str, token: str, request: Any) -> bool:
        found = self._state.world.access_tokens.get(token)
        if found is None or found.consumer != client_key:
            return self._refuse("token_rejected")
        return self._state.now() - found.issued <= found.lifetime or self._refuse("token_expired")

    def verify_request_token(self, token: str, request: Any) -> bool:
        return token in self._state.world.request_tokens

    def get_redirect_uri(self, token: str, request: Any) -> str:
        return self._state.world.request_tokens[token].callback

    def save_request_token(self, token: dict[str, str], request: Any) -> None:
        key = token["oauth_token"]
        self._state.world.request_tokens[key] = RequestToken(
            key, request.client_key, request.redirect_uri, self._state.now()
        )

    def save_verifier(self, token: str, verifier: dict[str, str], request: Any) -> None:
        self._state.world.request_tokens[token].verifier = verifier["oauth_verifier"]

    def save_access_token(self, token: dict[str, str], request: Any) -> None:
        user = self._state.world.request_tokens[request.resource_owner_key].user
        key = token["oauth_token"]
        self._state.world.access_tokens[key] = AccessToken(key, request.client_key, user or "", self._state.now())

    def invalidate_request_token(self, client_key: str, request_token: str, request: Any) -> None:
        del self._state.world.request_tokens[request_token]

    # Jira knows no OAuth realms: everything may be asked for, and asking for nothing is usual.
    def get_default_realms(self, client_key: str, request: Any) -> list[str]:
        return []

    def get_realms(self, token: str, request: Any) -> list[str]:
        return []

    def check_realms(self, realms: list[str]) -> bool:
        return True

    def validate_requested_realms(self, client_key: str, realms: list[str], request: Any) -> bool:
        return True

    def validate_realms(self, client_key: str, token: str, request: Any, uri: Any = None, realms: Any = None) -> bool:
        return True

    def _refuse(self, problem: str) -> bool:
        self.problem = self.problem or problem
        return False
