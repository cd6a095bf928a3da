"""Key-vault as the other services see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from chassis.attempt import cause
from chassis.envelope import Attributes
from chassis.errors import Unavailable
from chassis.inbox import Inbox
from chassis.key_vault_seal import KeyVaultSeal
from chassis.sealing import Purpose, ReplyKey, SealBroken
from chassis.sharing import Sharing
from chassis.views import View
from contracts.keys import (
    Call,
    CallsAuthorizationAsked,
    CallsAuthorized,
    CallsOfTenant,
    KeysRefused,
    KeysReply,
    OldKeysRetirementAsked,
    ProtectedSecret,
    SealedSecret,
    SealingKey,
    SecretsOpened,
    SecretsOpeningAsked,
    SecretsProtected,
    SecretsProtectionAsked,
    SecretsRewrapAsked,
    SeveralAuthorizationsAsked,
    SeveralAuthorized,
    StatementAsked,
    StatementSigned,
    TenantKeysAsked,
    TenantKeysDestroyed,
    TenantKeysDestructionAsked,
    TenantKeysMade,
    TenantKeysRotated,
    TenantKeysRotationAsked,
)

R = TypeVar("R", bound=KeysReply)
Row = str
Field = str


class KeysRefusal(Exception):
    """Key-vault said no: `code` as in KeysRefused (`not_linked`, `unknown_tenant`, `keys_destroyed`, …)."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True)
class Authorization:
    """The value of one call's `Authorization` header."""

    value: str = field(repr=False)
    reusable: bool = False
    """Whether it may go with other calls too, as a bearer token may and a signature may not."""
    until: datetime | None = None
    """When one that is reusable ends; None: it does not."""


Wanted = tuple[CallsOfTenant, Attributes | None]
"""Calls, and the event for whose sake they are made."""
Given = list[Authorization] | KeysRefusal | None
"""What comes of it; None: to be asked for alone."""


class Keys:
    """Signatures, protection and tenant keys; every method raises KeysRefusal or Unavailable."""

    def __init__(self, inbox: Inbox, sealing_keys: View[SealingKey]) -> None:
        self._inbox = inbox
        self._authorizing = Sharing(self._authorized)
        self._seal = KeyVaultSeal(sealing_keys)

    def seal(self, secret: str, tenant_id: str, purpose: Purpose = "secret") -> str:
        """Seal a secret so that only key-vault can read it, and uses it for nothing but this."""
        return self._seal.seal(secret, tenant_id, purpose)

    async def authorize(self, tenant_id: str, link_id: str | None, calls: Sequence[Call]) -> list[Authorization]:
        """Give one `Authorization` header value per call, as the link's person or, without a link, as the consumer."""
        wanted = CallsOfTenant(tenant_id=tenant_id, link_id=link_id, calls=tuple(calls)), cause.get()
        given = await self._authorizing.ask(wanted)
        if given is None:
            [given] = await self._authorized([wanted])
        if isinstance(given, KeysRefusal):
            raise given
        assert given is not None
        return given

    async def protect(self, tenant_id: str, secrets: Sequence[tuple[Row, Field, str]]) -> tuple[str, ...]:
        """Turn (row, field, plain text) into ciphertexts bound to their place."""
        sealed = [SealedSecret(row=row, field=field, sealed=self.seal(it, tenant_id)) for row, field, it in secrets]
        return await self.protect_sealed(tenant_id, sealed)

    async def protect_sealed(self, tenant_id: str, secrets: Sequence[SealedSecret]) -> tuple[str, ...]:
        """Turn what somebody else sealed to key-vault into ciphertexts bound to their place, in the order asked."""
        reply, _ = await self._inbox.ask(
            lambda ask: SecretsProtectionAsked(ask=ask, tenant_id=tenant_id, secrets=tuple(secrets))
        )
        return _expect(reply, SecretsProtected).ciphertexts

    async def open(self, tenant_id: str, secrets: Sequence[ProtectedSecret]) -> list[str]:
        """Open ciphertexts; they open only in the place they were protected for."""
        reply, key = await self._inbox.ask(
            lambda ask: SecretsOpeningAsked(ask=ask, tenant_id=tenant_id, secrets=tuple(secrets))
        )
        return [str(plain) for plain in _opened(_expect(reply, SecretsOpened).sealed, key)]

    async def make(self, tenant_id: str, private_key: str | None = None, *, replace: bool = False) -> TenantKeysMade:
        """Make the tenant's keys, or import its private key (PEM, sealed here), where `replace` instead of another."""
        sealed = self.seal(private_key, tenant_id, "private_key") if private_key else None
        reply, _ = await self._inbox.ask(
            lambda ask: TenantKeysAsked(ask=ask, tenant_id=tenant_id, private_key=sealed, replace=replace)
        )
        return _expect(reply, TenantKeysMade)

    async def destroy(self, tenant_id: str) -> TenantKeysDestroyed:
        """Destroy the tenant's keys for good."""
        reply, _ = await self._inbox.ask(lambda ask: TenantKeysDestructionAsked(ask=ask, tenant_id=tenant_id))
        return _expect(reply, TenantKeysDestroyed)

    async def rotate(self, tenant_id: str, *, signing: bool = False) -> TenantKeysRotated:
        """Make a new version of the tenant's data key, where `signing` of its signing key too.

        What the old ones protect still opens. Jira refuses signatures until it has the new public key.
        """
        reply, _ = await self._inbox.ask(
            lambda ask: TenantKeysRotationAsked(ask=ask, tenant_id=tenant_id, signing=signing)
        )
        return _expect(reply, TenantKeysRotated)

    async def rewrap(self, tenant_id: str, secrets: Sequence[ProtectedSecret]) -> tuple[str, ...]:
        """Protect stored ciphertexts anew with the newest key version, each for its place, in the order asked."""
        reply, _ = await self._inbox.ask(
            lambda ask: SecretsRewrapAsked(ask=ask, tenant_id=tenant_id, secrets=tuple(secrets))
        )
        return _expect(reply, SecretsProtected).ciphertexts

    async def retire_old(self, tenant_id: str, data_key_version: int) -> TenantKeysRotated:
        """Let nothing that is protected by an older version of the tenant's data key open any more."""
        reply, _ = await self._inbox.ask(
            lambda ask: OldKeysRetirementAsked(ask=ask, tenant_id=tenant_id, data_key_version=data_key_version)
        )
        return _expect(reply, TenantKeysRotated)

    async def sign_statement(self, tenant_id: str, statement: Mapping[str, Any]) -> StatementSigned:
        """Have a statement of Bridge's own about a tenant signed (JWS, RS256); it must hold no secret."""
        reply, _ = await self._inbox.ask(
            lambda ask: StatementAsked(ask=ask, tenant_id=tenant_id, statement=dict(statement))
        )
        return _expect(reply, StatementSigned)

    async def _authorized(self, wanted: Sequence[Wanted]) -> list[Given]:
        """Ask for one person, or with one question for several."""
        each, causes = tuple(calls for calls, _ in wanted), [event for _, event in wanted if event]
        if len(each) > 1:
            reply, key = await self._inbox.ask(lambda ask: SeveralAuthorizationsAsked(ask=ask, each=each), causes)
            return [_given(told) for told in _opened(_expect(reply, SeveralAuthorized).sealed, key)]
        one = each[0]
        reply, key = await self._inbox.ask(
            lambda ask: CallsAuthorizationAsked(ask=ask, tenant_id=one.tenant_id, link_id=one.link_id, calls=one.calls),
            causes,
        )
        return [_authorizations(_opened(_expect(reply, CallsAuthorized).sealed, key))]


def _expect(reply: KeysReply, kind: type[R]) -> R:
    if isinstance(reply, KeysRefused):
        raise KeysRefusal(reply.code, reply.why)
    if not isinstance(reply, kind):
        raise Unavailable(f"key-vault answered with {reply.event_type()}")
    return reply


def _given(told: Mapping[str, Any] | None) -> Given:
    if told is None:
        return None
    if "code" in told:
        return KeysRefusal(str(told["code"]), str(told["why"]))
    return _authorizations(told["authorized"])


def _authorizations(told: Sequence[Mapping[str, Any]]) -> list[Authorization]:
    return [_authorization(one) for one in told]


def _authorization(told: Mapping[str, Any]) -> Authorization:
    until = told.get("until")
    return Authorization(str(told["value"]), "until" in told, datetime.fromisoformat(until) if until else None)


def _opened(sealed: str, key: ReplyKey) -> list[Any]:
    try:
        return list(key.open(sealed))
    except SealBroken as error:
        raise Unavailable(str(error)) from error
