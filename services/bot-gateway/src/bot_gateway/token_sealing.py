"""Sealing what a person gave so that only key-vault can read it."""

from typing import Protocol

from chassis.errors import Unavailable
from chassis.sealing import SealedFor, UnfitReceiver, seal
from contracts.keys import SealingKey


class Announced(Protocol):
    """The view of key-vault's public key."""

    def get(self, key: str) -> SealingKey | None: ...


class TokenSealing:
    """Seals to the key that key-vault announced last."""

    def __init__(self, announced: Announced) -> None:
        self._announced = announced

    def seal(self, token: str, tenant_id: str) -> str:
        """Give a JWE that is good for this tenant alone; raises Unavailable."""
        key = self._announced.get("sealing")
        if key is None:
            raise Unavailable("key-vault has not announced its sealing key yet")
        try:
            return seal(token, key.jwk, SealedFor(tenant_id))
        except UnfitReceiver:
            raise Unavailable("key-vault's sealing key cannot be used") from None
