"""Reading a JWE (RSA-OAEP-256, A256GCM) whose content key only Vault can unwrap."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

LONGEST = 64 * 1024


class MalformedJwe(ValueError):
    """It is not a JWE that key-vault can open; the text says what is wrong and holds nothing of the content."""


@dataclass(frozen=True)
class Jwe:
    """The parts of a compact JWE (RFC 7516, section 7.1)."""

    key_version: int
    wrapped_key: bytes
    header: bytes
    nonce: bytes
    ciphertext: bytes
    tenant: str | None
    purpose: str | None
    """What it was sealed for."""

    def only_for(self, tenant: str, purpose: str) -> None:
        """Raise MalformedJwe unless it was sealed for this tenant and this purpose."""
        if self.tenant != tenant:
            raise MalformedJwe("it was not sealed for this tenant")
        if self.purpose != purpose:
            raise MalformedJwe("it was not sealed for this purpose")

    def open(self, content_key: bytes) -> str:
        """Decrypt the content; raises MalformedJwe where key, header or content do not belong together."""
        try:
            return AESGCM(content_key).decrypt(self.nonce, self.ciphertext, self.header).decode()
        except (InvalidTag, ValueError):
            raise MalformedJwe("its content does not open") from None  # a decoding error holds the content


def parse(compact: str) -> Jwe:
    """Take a compact JWE apart; raises MalformedJwe."""
    if len(compact) > LONGEST:
        raise MalformedJwe("it is too long")
    try:
        header, wrapped_key, nonce, ciphertext, tag = (_decoded(part) for part in compact.split("."))
        described = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise MalformedJwe("it is not a compact JWE") from error
    if len(nonce) != 12 or len(tag) != 16:
        raise MalformedJwe("its nonce or tag has the wrong length")
    if not isinstance(described, dict):
        raise MalformedJwe("its header is no object")
    key_version = _key_version(described)
    return Jwe(
        key_version,
        wrapped_key,
        compact.partition(".")[0].encode(),
        nonce,
        ciphertext + tag,
        tenant=described.get("tenant"),
        purpose=described.get("purpose"),
    )


def _key_version(header: dict[str, Any]) -> int:
    if (header.get("alg"), header.get("enc")) != ("RSA-OAEP-256", "A256GCM"):
        raise MalformedJwe("its algorithms are not RSA-OAEP-256 and A256GCM")
    if "crit" in header or "zip" in header:
        raise MalformedJwe("its header asks for what is not supported")
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not key_id.isascii() or not key_id.isdecimal() or len(key_id) > 9:
        raise MalformedJwe("its key id is no version of the sealing key")
    return int(key_id)


def _decoded(part: str) -> bytes:
    try:
        return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not Base64url") from error
