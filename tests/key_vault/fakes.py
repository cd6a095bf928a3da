"""Stand-ins: the far side of OAuth 1.0a by oauthlib, and views without Kafka."""

from typing import Any

from cryptography.exceptions import InvalidSignature
from joserfc import jwe
from joserfc.jwk import RSAKey
from oauthlib.oauth1 import AccessTokenEndpoint, RequestTokenEndpoint, RequestValidator, ResourceEndpoint
from oauthlib.oauth1.rfc5849 import signature
from tests.key_vault.rsa_keys import verify

from chassis.sealing import ReplyKey, SealedFor, seal
from contracts.keys import Ask
from contracts.registry import AccountLink, Tenant


class Asker:
    """One who asks key-vault, and can open its answer."""

    def __init__(self) -> None:
        self.key = ReplyKey()
        self.ask = Ask(request_id="r1", partition=0, reply_key=self.key.public)


class Directory:
    """The two views, as dictionaries."""

    def __init__(self, *known: Tenant | AccountLink) -> None:
        self._tenants = {it.tenant_id: it for it in known if isinstance(it, Tenant)}
        self._links = {it.link_id: it for it in known if isinstance(it, AccountLink)}

    async def tenant(self, tenant_id: str) -> Tenant | None:
        return self._tenants.get(tenant_id)

    async def link(self, link_id: str) -> AccountLink | None:
        return self._links.get(link_id)


class RsaSha1:
    """oauthlib verifies RSA with PyJWT, which Bridge does not have: here its base string goes to `cryptography`."""

    request_validator: "OauthServer"

    def _check_signature(self, request: Any, is_token_request: bool = False) -> bool:
        text = signature.signature_base_string(
            request.http_method,
            signature.base_string_uri(request.uri),
            signature.normalize_parameters(request.params),
        )
        try:
            verify(self.request_validator.public_key, text, request.signature)
        except InvalidSignature:
            return False
        return True


class Resources(RsaSha1, ResourceEndpoint):  # type: ignore[misc] # oauthlib is untyped
    """Jira's REST API."""


class RequestTokens(RsaSha1, RequestTokenEndpoint):  # type: ignore[misc]
    """Where the dance begins."""


class AccessTokens(RsaSha1, AccessTokenEndpoint):  # type: ignore[misc]
    """Where the dance ends."""


class OauthServer(RequestValidator):  # type: ignore[misc] # oauthlib is untyped
    """A consumer's far side: knows its public key, one request token with its verifier, and one access token."""

    enforce_ssl = False
    allowed_signature_methods = ("RSA-SHA1",)
    client_key_length = request_token_length = access_token_length = verifier_length = nonce_length = (3, 200)
    safe_characters = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    dummy_client = dummy_request_token = dummy_access_token = "dummy"

    def __init__(self, public_key: str, consumer_key: str) -> None:
        super().__init__()
        self.public_key = public_key
        self._consumer_key = consumer_key
        self._nonces: set[tuple[str, str]] = set()
        self.redirect_uri: str | None = None

    def accepts(self, method: str, url: str, authorization: str) -> bool:
        """Tell whether a call for a protected resource would pass."""
        found: bool
        found, _ = Resources(self).validate_protected_resource_request(
            url, method, None, {"Authorization": authorization}, realms=[]
        )
        return found

    def request_token_status(self, url: str, authorization: str) -> int:
        """Give the status that asking for a request token would meet."""
        endpoint = RequestTokens(self)
        return int(endpoint.create_request_token_response(url, "POST", None, {"Authorization": authorization})[2])

    def access_token_status(self, url: str, authorization: str) -> int:
        """Give the status that asking for an access token would meet."""
        endpoint = AccessTokens(self)
        return int(endpoint.create_access_token_response(url, "POST", None, {"Authorization": authorization})[2])

    def check_client_key(self, client_key: str) -> bool:
        return bool(client_key)

    def check_nonce(self, nonce: str) -> bool:
        return nonce.isalnum() and len(nonce) >= 16

    def check_request_token(self, request_token: str) -> bool:
        return bool(request_token)

    def check_access_token(self, request_token: str) -> bool:
        return bool(request_token)

    def check_verifier(self, verifier: str) -> bool:
        return bool(verifier)

    def validate_client_key(self, client_key: str, request: Any) -> bool:
        return client_key == self._consumer_key

    def validate_request_token(self, client_key: str, token: str, request: Any) -> bool:
        return token == "request-token"

    def validate_access_token(self, client_key: str, token: str, request: Any) -> bool:
        return token == "access/token+1"

    def validate_verifier(self, client_key: str, token: str, verifier: str, request: Any) -> bool:
        return verifier == "verifier"

    def validate_redirect_uri(self, client_key: str, redirect_uri: str, request: Any) -> bool:
        self.redirect_uri = redirect_uri
        return True

    def validate_timestamp_and_nonce(
        self,
        client_key: str,
        timestamp: str,
        nonce: str,
        request: Any,
        request_token: Any = None,
        access_token: Any = None,
    ) -> bool:
        fresh = (timestamp, nonce) not in self._nonces
        self._nonces.add((timestamp, nonce))
        return fresh

    def get_rsa_key(self, client_key: str, request: Any) -> str:
        return self.public_key

    def validate_requested_realms(self, client_key: str, realms: Any, request: Any) -> bool:
        return True

    def validate_realms(self, *_: Any, **__: Any) -> bool:
        return True

    def get_default_realms(self, client_key: str, request: Any) -> list[str]:
        return []

    def get_realms(self, token: str, request: Any) -> list[str]:
        return []

    def save_request_token(self, token: Any, request: Any) -> None:
        pass

    def save_access_token(self, token: Any, request: Any) -> None:
        pass

    def invalidate_request_token(self, client_key: str, request_token: str, request: Any) -> None:
        pass


def sealed(secret: str, jwk: dict[str, Any], use: SealedFor | None) -> str:
    """Seal as Bridge does, or, for no use at all, as whoever knows the public key can."""
    if use is not None:
        return seal(secret, jwk, use)
    header = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": jwk["kid"]}
    return jwe.encrypt_compact(header, secret.encode(), RSAKey.import_key(jwk), algorithms=["RSA-OAEP-256", "A256GCM"])
