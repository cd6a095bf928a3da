"""Sealing: secrets that travel in events are JWEs, readable by one receiver only."""

import json
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

ALGORITHMS = ["RSA-OAEP-256", "ECDH-ES", "A256GCM"]


class SealBroken(Exception):
    """A sealed value does not open: damaged, or not for us."""


def seal(plaintext: str | bytes, receiver: dict[str, Any]) -> str:
    """Seal to a public JWK: RSA (key-vault's sealing key) or EC P-256 (an asker's own, used once)."""
    key: RSAKey | ECKey
    if receiver.get("kty") == "RSA":
        key, alg = RSAKey.import_key(receiver), "RSA-OAEP-256"
    else:
        key, alg = ECKey.import_key(receiver), "ECDH-ES"
    header = {"alg": alg, "enc": "A256GCM"}
    if kid := receiver.get("kid"):
        header["kid"] = kid
    raw = plaintext.encode() if isinstance(plaintext, str) else plaintext
    return jwe.encrypt_compact(header, raw, key, algorithms=ALGORITHMS)


class ReplyKey:
    """A fresh key pair for one question; only who holds it can read what is secret in the answer."""

    def __init__(self) -> None:
        self._key = ECKey.generate_key("P-256")

    @property
    def public(self) -> dict[str, Any]:
        """Give the public JWK that goes into the question."""
        return dict(self._key.as_dict(private=False))

    def open(self, sealed: str) -> Any:
        """Open a JSON answer."""
        try:
            opened = jwe.decrypt_compact(sealed, self._key, algorithms=ALGORITHMS).plaintext
        except (JoseError, ValueError) as error:
            raise SealBroken("the answer does not open with the key of this question") from error
        return json.loads(opened or b"null")
