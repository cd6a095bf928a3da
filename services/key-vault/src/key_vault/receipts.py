"""Statements of Bridge's own as JWS (RS256), signed by a key that never leaves Vault."""

import base64
import json
from typing import Any

from joserfc.jwk import RSAKey

from key_vault.vault import RECEIPTS, PublicKey

TYPE = "bridge-statement+jws"
"""So that a statement can be taken for nothing else that is signed."""


def public_jwk(key: PublicKey) -> dict[str, Any]:
    """Give the key that verifies; its id says which key it is, and which version."""
    public = RSAKey.import_key(key.pem).as_dict(private=False)
    return {"kty": "RSA", "n": public["n"], "e": public["e"], "kid": _key_id(key), "use": "sig", "alg": "RS256"}


def signing_input(statement: dict[str, Any], key: PublicKey) -> str:
    """Give what is signed: header and statement (RFC 7515, section 5.1)."""
    header = {"alg": "RS256", "kid": _key_id(key), "typ": TYPE}
    return f"{_part(_json(header))}.{_part(_json(statement))}"


def jws(signed: str, signature: bytes) -> str:
    """Put the compact JWS together."""
    return f"{signed}.{_part(signature)}"


def _key_id(key: PublicKey) -> str:
    return f"{RECEIPTS}:{key.version}"


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
