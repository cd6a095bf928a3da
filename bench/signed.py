"""Was what Jira received really signed? Checked by oauthlib's base string and the tenant's public key."""

import base64

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from oauthlib.oauth1.rfc5849 import signature

from bench.web import Request


def check(request: Request, base_url: str, public_key: str) -> None:
    """Raise InvalidSignature where the call is not signed by the tenant's key."""
    url = base_url + request.path
    authorization = {"Authorization": request.header(b"authorization")}
    found = dict(signature.collect_parameters(headers=authorization, exclude_oauth_signature=False))
    parameters = signature.collect_parameters(uri_query=url.partition("?")[2], headers=authorization)
    base = signature.signature_base_string(
        request.method, signature.base_string_uri(url), signature.normalize_parameters(parameters)
    )
    key = load_pem_public_key(public_key.encode())
    assert isinstance(key, RSAPublicKey)
    key.verify(base64.b64decode(found["oauth_signature"]), base.encode(), PKCS1v15(), hashes.SHA1())  # noqa: S303 - as OAuth 1.0a has it
