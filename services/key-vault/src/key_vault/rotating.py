"""What key-vault does when a tenant's keys are renewed."""

from collections.abc import Sequence
from typing import Protocol

from chassis.bounded import Recent
from contracts.keys import (
    KeysRefused,
    KeysRequest,
    OldKeysRetirementAsked,
    SecretsProtected,
    SecretsRewrapAsked,
    TenantKeys,
    TenantKeysRotated,
    TenantKeysRotationAsked,
)
from key_vault import decide
from key_vault.decide import Bound
from key_vault.handlers import REFUSALS, public_side, refused
from key_vault.vault import TenantKeyPair


class RotatingKeys(Protocol):
    """The part of Vault that these handlers need."""

    async def keys(self, tenant_id: str) -> TenantKeyPair: ...
    async def rotate_keys(self, tenant_id: str, *, signing: bool) -> None: ...
    async def retire_keys(self, tenant_id: str, version: int) -> None: ...
    async def protect(self, tenant_id: str, plaintexts: Sequence[Bound]) -> list[str]: ...
    async def open(self, tenant_id: str, ciphertexts: Sequence[Bound]) -> list[str]: ...


async def rotate(
    asked: TenantKeysRotationAsked, vault: RotatingKeys, done: Recent[str, bool]
) -> tuple[TenantKeys, TenantKeysRotated] | KeysRefused:
    """Make a new version of the tenant's data key, and of its signing key where that is asked for.

    A request that comes again is answered with the versions as they are then. `done` holds the newest requests in
    memory: after a restart one may be carried out once more, which makes one version more and does no harm.
    """
    try:
        tenant_id = decide.tenant_id(asked.tenant_id)
        if done.get(asked.ask.request_id) is None:
            await vault.rotate_keys(tenant_id, signing=asked.signing)
            done.put(asked.ask.request_id, True)
        return _rotated(asked, await vault.keys(tenant_id))
    except REFUSALS as refusal:
        return refused(asked, refusal)


async def retire(
    asked: OldKeysRetirementAsked, vault: RotatingKeys
) -> tuple[TenantKeys, TenantKeysRotated] | KeysRefused:
    """Let nothing open any more that an older version of the data key protects."""
    try:
        tenant_id = decide.tenant_id(asked.tenant_id)
        await vault.retire_keys(tenant_id, asked.data_key_version)
        return _rotated(asked, await vault.keys(tenant_id))
    except REFUSALS as refusal:
        return refused(asked, refusal)


async def rewrap(asked: SecretsRewrapAsked, vault: RotatingKeys) -> SecretsProtected | KeysRefused:
    """Protect ciphertexts anew, each for its place; they are open only here and only now.

    Vault's own `rewrap` knows no associated data, so it would take no ciphertext that is bound to its place.
    """
    try:
        tenant_id = decide.tenant_id(asked.tenant_id)
        places = [decide.bound(tenant_id, it.row, it.field, it.ciphertext) for it in asked.secrets]
        texts = await vault.open(tenant_id, places)
        fresh = await vault.protect(tenant_id, [Bound(text, it.to) for text, it in zip(texts, places, strict=True)])
        return SecretsProtected(request_id=asked.ask.request_id, ciphertexts=tuple(fresh))
    except REFUSALS as refusal:
        return refused(asked, refusal)


def _rotated(asked: KeysRequest, pair: TenantKeyPair) -> tuple[TenantKeys, TenantKeysRotated]:
    rotated = TenantKeysRotated(
        request_id=asked.ask.request_id,
        tenant_id=asked.tenant_id,
        public_key=pair.signing.pem,
        data_key_version=pair.data_key_version,
        signing_key_version=pair.signing.version,
    )
    return public_side(asked.tenant_id, pair), rotated
