"""OAuth 1.0a with RSA-SHA1: what is signed, and the header that carries the signature."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth1.rfc5849.parameters import prepare_headers
from authlib.oauth1.rfc5849.signature import normalize_base_string_uri, normalize_parameters
from authlib.oauth1.rfc5849.util import escape


@dataclass(frozen=True)
class Credentials:
    """In whose name a call is made; `callback` and `verifier` belong to the two calls of the dance."""

    consumer_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    callback: str | None = None
    verifier: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Unsigned:
    """One call and its protocol parameters, still without a signature."""

    method: str
    url: str
    parameters: tuple[tuple[str, str], ...] = field(repr=False)

    def base_string(self) -> str:
        """Give the text to sign (RFC 5849, section 3.4.1); the call's body is no form."""
        query = parse_qsl(urlsplit(self.url).query, keep_blank_values=True, errors="strict")
        return "&".join(
            escape(part)
            for part in (
                self.method.upper(),
                normalize_base_string_uri(self.url),
                normalize_parameters([*query, *self.parameters]),
            )
        )

    def header(self, signature: str) -> str:
        """Give the `Authorization` value for a signature in Base64."""
        headers: dict[str, str] = prepare_headers([*self.parameters, ("oauth_signature", signature)])
        return headers["Authorization"]


def unsigned(method: str, url: str, credentials: Credentials, nonce: str, timestamp: int) -> Unsigned:
    """Put the protocol parameters of one call together; a nonce and timestamp are good for one call only."""
    given = {
        "oauth_consumer_key": credentials.consumer_key,
        "oauth_token": credentials.token,
        "oauth_callback": credentials.callback,
        "oauth_verifier": credentials.verifier,
        "oauth_signature_method": "RSA-SHA1",
        "oauth_timestamp": str(timestamp),
        "oauth_nonce": nonce,
        "oauth_version": "1.0",
    }
    return Unsigned(method, url, tuple((name, value) for name, value in given.items() if value is not None))
