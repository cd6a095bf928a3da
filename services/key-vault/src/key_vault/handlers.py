"""What key-vault does with each request."""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chassis.sealing import Purpose, UnfitReceiver, seal_answer
from contracts.keys import (
    Ask,
    CallsAuthorizationAsked,
    CallsAuthorized,
    CallsOf,
    CallsOfTenant,
    KeysQuestion,
    KeysRefused,
    SecretsOpened,
    SecretsOpeningAsked,
    SecretsProtected,
    SecretsProtectionAsked,
    SeveralAuthorizationsAsked,
    SeveralAuthorized,
    TenantKeys,
    TenantKeysAsked,
    TenantKeysDestroyed,
    TenantKeysDestructionAsked,
    TenantKeysMade,
)
from contracts.registry import AccountLink, Tenant
from key_vault import decide
from key_vault.decide import Bound, Refusal
from key_vault.oauth1 import Credentials, Unsigned, unsigned
from key_vault.vault import TenantKeyPair
from key_vault.wire import VaultRefused

REFUSALS = (Refusal, VaultRefused)


class Keys(Protocol):
    """The part of Vault that these handlers need."""

    async def sign(self, tenant_id: str, texts: Sequence[str]) -> list[str]: ...
    async def protect(self, tenant_id: str, plaintexts: Sequence[Bound]) -> list[str]: ...
    async def open(self, tenant_id: str, ciphertexts: Sequence[Bound]) -> list[str]: ...
    async def unseal(self, tenant_id: str, sealed: Sequence[str], purpose: Purpose = "secret") -> list[str]: ...
    async def make_keys(self, tenant_id: str) -> TenantKeyPair: ...
    async def import_keys(self, tenant_id: str, private_key: str, *, replace: bool) -> TenantKeyPair: ...
    async def destroy_keys(self, tenant_id: str) -> None: ...


class Opened(Protocol):
    """Ciphertexts opened before, or now."""

    async def open(self, tenant_id: str, ciphertexts: Sequence[Bound]) -> list[str]: ...
    def forget_tenant(self, tenant_id: str) -> None: ...


@dataclass(frozen=True)
class Known:
    """What key-vault knows of tenants and links, and has in memory."""

    tenant: Callable[[str], Awaitable[Tenant | None]]
    link: Callable[[str], Awaitable[AccountLink | None]]
    opened: Opened


Now = Callable[[], datetime]


@dataclass(frozen=True)
class Signing:
    """All that authorizing calls needs."""

    vault: Keys
    known: Known
    now: Now


async def authorize(
    asked: CallsAuthorizationAsked, vault: Keys, known: Known, now: Now
) -> CallsAuthorized | KeysRefused:
    """Sign calls as the link's person or as the tenant's consumer alone, or bear the person's token."""
    try:
        values = await _authorized(asked.tenant_id, asked, Signing(vault, known, now))
        return CallsAuthorized(request_id=asked.ask.request_id, sealed=_sealed(asked.ask, values))
    except REFUSALS as refusal:
        return refused(asked, refusal)


async def authorize_several(
    asked: SeveralAuthorizationsAsked, vault: Keys, known: Known, now: Now
) -> SeveralAuthorized | KeysRefused:
    """Do the same for several people; Vault is asked for all of them together, and what fails for one is his alone."""
    signing = Signing(vault, known, now)

    async def of(calls: CallsOfTenant) -> dict[str, Any]:
        try:
            return {"authorized": await _authorized(calls.tenant_id, calls, signing)}
        except REFUSALS as refusal:
            return {"code": refusal.code, "why": refusal.why}

    tried = await asyncio.gather(*(of(calls) for calls in asked.each), return_exceptions=True)
    each = [None if isinstance(found, Exception) else found for found in tried]
    try:
        return SeveralAuthorized(request_id=asked.ask.request_id, sealed=_sealed(asked.ask, each))
    except Refusal as refusal:
        return refused(asked, refusal)


async def protect(asked: SecretsProtectionAsked, vault: Keys) -> SecretsProtected | KeysRefused:
    """Turn secrets sealed to us into ciphertexts bound to their place."""
    try:
        tenant_id = decide.tenant_id(asked.tenant_id)
        texts = await vault.unseal(tenant_id, [secret.sealed for secret in asked.secrets])
        plaintexts = [
            decide.bound(tenant_id, secret.row, secret.field, text)
            for secret, text in zip(asked.secrets, texts, strict=True)
        ]
        ciphertexts = await vault.protect(tenant_id, plaintexts)
        return SecretsProtected(request_id=asked.ask.request_id, ciphertexts=tuple(ciphertexts))
    except REFUSALS as refusal:
        return refused(asked, refusal)


async def open_secrets(asked: SecretsOpeningAsked, vault: Keys) -> SecretsOpened | KeysRefused:
    """Open ciphertexts for the asker's eyes only."""
    try:
        tenant_id = decide.tenant_id(asked.tenant_id)
        ciphertexts = [decide.bound(tenant_id, it.row, it.field, it.ciphertext) for it in asked.secrets]
        texts = await vault.open(tenant_id, ciphertexts)
        return SecretsOpened(request_id=asked.ask.request_id, sealed=_sealed(asked.ask, texts))
    except REFUSALS as refusal:
        return refused(asked, refusal)


async def make_keys(asked: TenantKeysAsked, vault: Keys) -> tuple[TenantKeys, TenantKeysMade] | KeysRefused:
    """Make the tenant's keys, or import the signing key that its Jira brought."""
    try:
        tenant_id = decide.tenant_id(asked.tenant_id)
        if asked.private_key is None:
            pair = await vault.make_keys(tenant_id)
        else:
            [private_key] = await vault.unseal(tenant_id, [asked.private_key], "private_key")
            pair = await vault.import_keys(tenant_id, private_key, replace=asked.replace)
    except REFUSALS as refusal:
        return refused(asked, refusal)
    made = TenantKeysMade(request_id=asked.ask.request_id, tenant_id=tenant_id, public_key=pair.signing.pem)
    return public_side(tenant_id, pair), made


async def destroy_keys(
    asked: TenantKeysDestructionAsked, vault: Keys, opened: Opened, now: Now
) -> tuple[TenantKeys, TenantKeysDestroyed] | KeysRefused:
    """Destroy the tenant's keys and forget what they opened."""
    try:
        tenant_id = decide.tenant_id(asked.tenant_id)
        await vault.destroy_keys(tenant_id)
    except REFUSALS as refusal:
        return refused(asked, refusal)
    opened.forget_tenant(tenant_id)
    at = now()
    gone = TenantKeys(tenant_id=tenant_id, public_key=None, data_key_version=0, signing_key_version=0, destroyed_at=at)
    return gone, TenantKeysDestroyed(request_id=asked.ask.request_id, tenant_id=tenant_id, at=at)


def public_side(tenant_id: str, pair: TenantKeyPair) -> TenantKeys:
    """Give what everybody may know of a tenant's keys."""
    return TenantKeys(
        tenant_id=tenant_id,
        public_key=pair.signing.pem,
        signing_key_version=pair.signing.version,
        data_key_version=pair.data_key_version,
    )


def refused(asked: KeysQuestion, refusal: Refusal | VaultRefused) -> KeysRefused:
    """Answer that it was not done, and why."""
    return KeysRefused(request_id=asked.ask.request_id, code=refusal.code, why=refusal.why)


async def _authorized(tenant: str, asked: CallsOf, by: Signing) -> list[dict[str, str | None]]:
    """Give one value per call, in their order."""
    tenant_id = decide.tenant_id(tenant)
    link = await by.known.link(asked.link_id) if asked.link_id else None
    plan = decide.plan(asked, await by.known.tenant(tenant_id), link, by.now())
    at_rest = await by.known.opened.open(tenant_id, plan.at_rest)
    unsealed = await by.vault.unseal(tenant_id, plan.sealed)
    if plan.bearer:
        return _borne(asked, [*at_rest, *unsealed], plan.until)
    calls = _unsigned(asked, at_rest, unsealed, by.now())
    signatures = await by.vault.sign(tenant_id, [call.base_string() for call in calls])
    return [{"value": call.header(signature)} for call, signature in zip(calls, signatures, strict=True)]


def _borne(asked: CallsOf, tokens: Sequence[str], until: datetime | None) -> list[dict[str, str | None]]:
    """Give one value per call: each call's own token, or that of the link for all."""
    each = tokens if asked.link_id is None else list(tokens) * len(asked.calls)
    return [{"value": decide.bearer(token), "until": until.isoformat() if until else None} for token in each]


def _unsigned(asked: CallsOf, at_rest: Sequence[str], unsealed: Sequence[str], at: datetime) -> list[Unsigned]:
    consumer_key, *token = at_rest
    dance = iter(unsealed)
    calls = []
    for call in asked.calls:
        credentials = Credentials(
            consumer_key,
            token=next(dance) if call.token is not None else next(iter(token), None),
            verifier=next(dance) if call.verifier is not None else None,
            callback=call.callback,
        )
        calls.append(unsigned(call.method, call.url, credentials, secrets.token_hex(16), int(at.timestamp())))
    return calls


def _sealed(ask: Ask, content: Any) -> str:
    try:
        return seal_answer(json.dumps(content), ask.reply_key)
    except UnfitReceiver as error:
        raise Refusal("bad_request", "the reply key is not a public key that can be sealed to") from error
