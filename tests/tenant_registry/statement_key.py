"""A key that signs statements as Vault's does: RS256, made of primitives."""

import base64
import json
from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from contracts.keys import StatementSigned

KEY_ID = "bridge-receipts:v1"


class StatementKey:
    """Signs what it is given."""

    def sign(self, statement: Mapping[str, Any]) -> StatementSigned:
        header = {"alg": "RS256", "kid": KEY_ID, "typ": "JWT"}
        said = ".".join(_encoded(json.dumps(part).encode()) for part in (header, dict(statement)))
        signature = _key().sign(said.encode(), PKCS1v15(), SHA256())
        return StatementSigned(request_id=uuid4().hex, jws=f"{said}.{_encoded(signature)}", jwk=self.jwk)

    @property
    def jwk(self) -> dict[str, Any]:
        numbers = _key().public_key().public_numbers()
        modulus, exponent = (_encoded(n.to_bytes((n.bit_length() + 7) // 8, "big")) for n in (numbers.n, numbers.e))
        return {"kty": "RSA", "n": modulus, "e": exponent, "kid": KEY_ID, "alg": "RS256", "use": "sig"}


@cache
def _key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
