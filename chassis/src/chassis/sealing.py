"""Sealing: secrets that travel in events are JWEs, readable by one receiver only.

What goes to key-vault (RSA-OAEP-256, A256GCM) is joserfc's work. An answer (ECDH-ES over X25519, A256GCM; RFC 7518,
section 4.6, and RFC 8037) is needed for each command, so it is written out here, in a third of joserfc's time.
"""

import base64
import hashlib
import json
import os
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.registry import HeaderParameter

AGREEMENT, CURVE = "ECDH-ES", "X25519"
ENCRYPTION, NONCE, TAG = "A256GCM", 12, 16
FOR_WHAT = {"tenant": HeaderParameter("Tenant", "str"), "purpose": HeaderParameter("Purpose", "str")}
TO_KEY_VAULT = jwe.JWERegistry(FOR_WHAT, ["RSA-OAEP-256", ENCRYPTION])
Purpose = Literal["secret", "private_key"]
"""What key-vault may do with a sealed secret: protect it or authorize calls with it, or import it as a key."""
CONCAT_KDF_ROUND = (1).to_bytes(4, "big")
OTHER_INFO = len(ENCRYPTION).to_bytes(4, "big") + ENCRYPTION.encode() + bytes(8) + (256).to_bytes(4, "big")
"""What the key is derived for: the algorithm, no parties, 256 bits."""
EPHEMERAL = {"kty": "OKP", "crv": CURVE, "x": "%s"}
HEADER = json.dumps({"alg": AGREEMENT, "enc": ENCRYPTION, "epk": EPHEMERAL}, separators=(",", ":"))
"""Of an answer, with a place for the ephemeral public key."""
UNFIT = "the receiver's key is no public key that can be sealed to"


class SealBroken(Exception):
    """A sealed value does not open: damaged, or not for us."""


class UnfitReceiver(ValueError):
    """Nothing can be sealed to this key."""


@dataclass(frozen=True)
class SealedFor:
    """The only use that a secret sealed to key-vault is good for; it stands in the JWE's header, for all to read."""

    tenant_id: str
    purpose: Purpose = "secret"


def seal(secret: str, sealing_key: dict[str, Any], use: SealedFor) -> str:
    """Seal to key-vault's public JWK (RSA), for one use: any other is refused there; raises UnfitReceiver."""
    header = {"alg": "RSA-OAEP-256", "enc": ENCRYPTION, "tenant": use.tenant_id, "purpose": use.purpose}
    if kid := sealing_key.get("kid"):
        header["kid"] = kid
    try:
        return jwe.encrypt_compact(header, secret.encode(), RSAKey.import_key(sealing_key), registry=TO_KEY_VAULT)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise UnfitReceiver(UNFIT) from error


def seal_answer(answer: str, reply_key: dict[str, Any]) -> str:
    """Seal a JSON text to an asker's own public JWK (X25519); raises UnfitReceiver."""
    try:
        return _to_asker(answer.encode(), reply_key)
    except (ValueError, TypeError, KeyError) as error:
        raise UnfitReceiver(UNFIT) from error


class ReplyKey:
    """A fresh key pair for one question; only who holds it can read what is secret in the answer."""

    def __init__(self) -> None:
        self._key = X25519PrivateKey.generate()

    @property
    def public(self) -> dict[str, Any]:
        """Give the public JWK that goes into the question."""
        return {"kty": "OKP", "crv": CURVE, "x": _encoded(self._key.public_key().public_bytes_raw())}

    def open(self, sealed: str) -> Any:
        """Open a JSON answer; raises SealBroken."""
        try:
            header, wrapped_key, nonce, ciphertext, tag = sealed.split(".")
            ephemeral = _ephemeral(json.loads(_decoded(header)), wrapped_key)
            content_key = _content_key(self._key, _public_key(ephemeral))
            whole = _decoded(ciphertext) + _decoded(tag, TAG)
            opened = AESGCM(content_key).decrypt(_decoded(nonce, NONCE), whole, header.encode())
            return json.loads(opened or b"null")
        except (InvalidTag, ValueError, TypeError, KeyError, RecursionError):
            # A decoding error would hold the content.
            raise SealBroken("the answer does not open with the key of this question") from None


def _to_asker(raw: bytes, receiver: dict[str, Any]) -> str:
    """Seal with a key agreed on by a fresh key pair, whose public half stands in the header."""
    public = _public_key(receiver)
    ephemeral = X25519PrivateKey.generate()
    header = _encoded((HEADER % _encoded(ephemeral.public_key().public_bytes_raw())).encode())
    nonce = os.urandom(NONCE)
    whole = AESGCM(_content_key(ephemeral, public)).encrypt(nonce, raw, header.encode())
    return f"{header}..{_encoded(nonce)}.{_encoded(whole[:-TAG])}.{_encoded(whole[-TAG:])}"


def _content_key(own: X25519PrivateKey, other: X25519PublicKey) -> bytes:
    """Agree on a key for A256GCM: Concat KDF (NIST SP 800-56A) of the shared secret, in one round of SHA-256."""
    return hashlib.sha256(CONCAT_KDF_ROUND + own.exchange(other) + OTHER_INFO).digest()


def _ephemeral(header: dict[str, Any], wrapped_key: str) -> dict[str, Any]:
    """Give the sealer's public key; an agreed key is used as it is, so none comes along."""
    as_answers = (header["alg"], header["enc"], wrapped_key) == (AGREEMENT, ENCRYPTION, "")
    if not as_answers or header.keys() & {"apu", "apv", "crit", "zip"}:
        raise ValueError("not sealed as answers are")
    jwk: dict[str, Any] = header["epk"]
    return jwk


def _public_key(jwk: dict[str, Any]) -> X25519PublicKey:
    if (jwk["kty"], jwk["crv"]) != ("OKP", CURVE):
        raise ValueError("not a key for X25519")
    return X25519PublicKey.from_public_bytes(_decoded(jwk["x"]))


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(part: str, length: int | None = None) -> bytes:
    raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    if length not in (None, len(raw)):
        raise ValueError("a part has the wrong length")
    return raw
