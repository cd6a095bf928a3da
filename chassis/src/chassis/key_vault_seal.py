"""Sealing to key-vault: only it can read the secret, and it uses it for nothing but what it was sealed for."""

from typing import Protocol

from chassis.errors import Unavailable
from chassis.sealing import Purpose, SealedFor, UnfitReceiver, seal
from contracts.keys import SealingKey


class Announced(Protocol):
    """The view of key-vault's public key."""

    def get(self, key: str) -> SealingKey | None: ...


class KeyVaultSeal:
    """Seals to the key that key-vault announced last."""

    def __init__(self, announced: Announced) -> None:
        self._announced = announced

    def seal(self, secret: str, tenant_id: str, purpose: Purpose = "secret") -> str:
        """Give a JWE that is good for this tenant and purpose alone; raises Unavailable."""
        key = self._announced.get("sealing")
        if key is None:
            raise Unavailable("key-vault has not announced its sealing key yet")
        try:
            return seal(secret, key.jwk, SealedFor(tenant_id, purpose))
        except UnfitReceiver:
            raise Unavailable("key-vault's sealing key cannot be used") from None
