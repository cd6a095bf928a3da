"""Key-vault as the other services see it."""

from collections.abc import Sequence
from typing import Any, TypeVar

from chassis.errors import Unavailable
from chassis.inbox import Inbox
from chassis.sealing import ReplyKey, SealBroken, seal
from chassis.views import View
from contracts.keys import (
    Call,
    CallsAuthorizationAsked,
    CallsAuthorized,
    KeysRefused,
    KeysReply,
    ProtectedSecret,
    SealedSecret,
    SealingKey,
    SecretsOpened,
    SecretsOpeningAsked,
    SecretsProtected,
    SecretsProtectionAsked,
    TenantKeysAsked,
    TenantKeysDestroyed,
    TenantKeysDestructionAsked,
    TenantKeysMade,
)

R = TypeVar("R", bound=KeysReply)
Row = str
Field = str


class KeysRefusal(Exception):
    """Key-vault said no: `code` as in KeysRefused (`not_linked`, `unknown_tenant`, `keys_destroyed`, …)."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


class Keys:
    """Signatures, protection and tenant keys; every method raises KeysRefusal or Unavailable."""

    def __init__(self, inbox: Inbox, sealing_keys: View[SealingKey]) -> None:
        self._inbox = inbox
        self._sealing_keys = sealing_keys

    def seal(self, secret: str) -> str:
        """Seal a secret so that only key-vault can read it."""
        announced = self._sealing_keys.get("sealing")
        if announced is None:
            raise Unavailable("key-vault has not announced its sealing key yet")
        return seal(secret, announced.jwk)

    async def authorize(self, tenant_id: str, link_id: str | None, calls: Sequence[Call]) -> list[str]:
        """Give one `Authorization` header value per call, as the link's person or, without a link, as the consumer."""
        reply, key = await self._inbox.ask(
            lambda ask: CallsAuthorizationAsked(ask=ask, tenant_id=tenant_id, link_id=link_id, calls=tuple(calls))
        )
        values = _opened(_expect(reply, CallsAuthorized).sealed, key)
        return [str(value["value"]) for value in values]

    async def protect(self, tenant_id: str, secrets: Sequence[tuple[Row, Field, str]]) -> tuple[str, ...]:
        """Turn (row, field, plain text) into ciphertexts bound to their place."""
        sealed = tuple(SealedSecret(row=row, field=field, sealed=self.seal(plain)) for row, field, plain in secrets)
        reply, _ = await self._inbox.ask(
            lambda ask: SecretsProtectionAsked(ask=ask, tenant_id=tenant_id, secrets=sealed)
        )
        return _expect(reply, SecretsProtected).ciphertexts

    async def open(self, tenant_id: str, secrets: Sequence[ProtectedSecret]) -> list[str]:
        """Open ciphertexts; they open only in the place they were protected for."""
        reply, key = await self._inbox.ask(
            lambda ask: SecretsOpeningAsked(ask=ask, tenant_id=tenant_id, secrets=tuple(secrets))
        )
        return [str(plain) for plain in _opened(_expect(reply, SecretsOpened).sealed, key)]

    async def make(self, tenant_id: str, private_key: str | None = None) -> TenantKeysMade:
        """Make the tenant's keys, or import its private key (PEM, sealed here)."""
        sealed = self.seal(private_key) if private_key else None
        reply, _ = await self._inbox.ask(lambda ask: TenantKeysAsked(ask=ask, tenant_id=tenant_id, private_key=sealed))
        return _expect(reply, TenantKeysMade)

    async def destroy(self, tenant_id: str) -> TenantKeysDestroyed:
        """Destroy the tenant's keys for good."""
        reply, _ = await self._inbox.ask(lambda ask: TenantKeysDestructionAsked(ask=ask, tenant_id=tenant_id))
        return _expect(reply, TenantKeysDestroyed)


def _expect(reply: KeysReply, kind: type[R]) -> R:
    if isinstance(reply, KeysRefused):
        raise KeysRefusal(reply.code, reply.why)
    if not isinstance(reply, kind):
        raise Unavailable(f"key-vault answered with {reply.event_type()}")
    return reply


def _opened(sealed: str, key: ReplyKey) -> list[Any]:
    try:
        return list(key.open(sealed))
    except SealBroken as error:
        raise Unavailable(str(error)) from error
