"""Ids that follow from what they name: the same thing gets the same id, whoever makes it and however often."""

from hashlib import sha1
from uuid import NAMESPACE_URL

_NAMESPACE = NAMESPACE_URL.bytes
_VERSION_5 = 0x50
_VARIANT = 0x80


def named_id(name: str) -> str:
    """Give `uuid5(NAMESPACE_URL, name).hex`, which the standard library takes five times as long for."""
    digest = bytearray(sha1(_NAMESPACE + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | _VERSION_5
    digest[8] = digest[8] & 0x3F | _VARIANT
    return digest.hex()
