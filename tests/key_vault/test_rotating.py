"""A tenant's keys in new versions: what is protected anew, what still opens, what no longer does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from tests.key_vault.bao import Bao
from tests.key_vault.fakes import Asker, sealed
from tests.key_vault.rsa_keys import rsa_pem, verify

from chassis.bounded import Recent
from chassis.sealing import SealedFor, seal
from contracts.keys import (
    KeysRefused,
    OldKeysRetirementAsked,
    ProtectedSecret,
    SecretsProtected,
    SecretsRewrapAsked,
    TenantKeys,
    TenantKeysAsked,
    TenantKeysMade,
    TenantKeysRotated,
    TenantKeysRotationAsked,
)
from key_vault import handlers, pem, rotating
from key_vault.decide import Bound
from key_vault.login import login_of
from key_vault.sealing import sealing_key
from key_vault.vault import Vault
from key_vault.wire import VaultRefused

pytestmark = pytest.mark.engines
ROW = "t:user"
FIELD = "access_token"


def place(tenant_id: str, row: str = ROW) -> str:
    return f"{tenant_id}|{row}|{FIELD}"


async def stored(vault: Vault, tenant_id: str, *texts: str) -> list[ProtectedSecret]:
    ciphertexts = await vault.protect(tenant_id, [Bound(text, place(tenant_id)) for text in texts])
    return [ProtectedSecret(row=ROW, field=FIELD, ciphertext=ciphertext) for ciphertext in ciphertexts]


async def rotate(
    vault: Vault, tenant_id: str, *, signing: bool = False, done: Recent[str, bool] | None = None
) -> tuple[TenantKeys, TenantKeysRotated]:
    asked = TenantKeysRotationAsked(ask=Asker().ask, tenant_id=tenant_id, signing=signing)
    answer = await rotating.rotate(asked, vault, Recent(10) if done is None else done)
    assert isinstance(answer, tuple), answer
    return answer


async def rewrap(vault: Vault, tenant_id: str, *secrets: ProtectedSecret) -> SecretsProtected | KeysRefused:
    return await rotating.rewrap(SecretsRewrapAsked(ask=Asker().ask, tenant_id=tenant_id, secrets=secrets), vault)


async def retire(vault: Vault, tenant_id: str, version: int) -> tuple[TenantKeys, TenantKeysRotated] | KeysRefused:
    asked = OldKeysRetirementAsked(ask=Asker().ask, tenant_id=tenant_id, data_key_version=version)
    return await rotating.retire(asked, vault)


def oldest(bao: Bao, tenant_id: str) -> tuple[int, int]:
    """Give the oldest version that opens, and the oldest that protects, as Vault has them."""
    data = bao.operate("get", f"transit/keys/{tenant_id}").json()["data"]
    return data["min_decryption_version"], data["min_encryption_version"]


@asynccontextmanager
async def restarted(bao: Bao) -> AsyncIterator[Vault]:
    settings = bao.settings()
    vault = Vault(settings, login_of(settings))
    await vault.log_in()
    yield vault
    await vault.close()


async def test_from_rotating_to_retiring(vault: Vault, bao: Bao, tenant_id: str) -> None:
    await vault.make_keys(tenant_id)
    old = await stored(vault, tenant_id, "one", "two", "three")

    told, rotated = await rotate(vault, tenant_id)
    assert (told.data_key_version, rotated.data_key_version) == (2, 2)
    assert (told.signing_key_version, rotated.signing_key_version) == (1, 1)

    answer = await rewrap(vault, tenant_id, *old)
    assert isinstance(answer, SecretsProtected)
    fresh = [Bound(ciphertext, place(tenant_id)) for ciphertext in answer.ciphertexts]
    assert all(it.text.startswith("vault:v2:") for it in fresh)
    assert await vault.open(tenant_id, [Bound(old[0].ciphertext, place(tenant_id))]) == ["one"]

    assert isinstance(await retire(vault, tenant_id, 2), tuple)
    assert oldest(bao, tenant_id) == (2, 2)
    assert await vault.open(tenant_id, fresh) == ["one", "two", "three"]
    for secret in old:
        with pytest.raises(VaultRefused) as refusal:
            await vault.open(tenant_id, [Bound(secret.ciphertext, place(tenant_id))])
        assert refusal.value.code == "bad_request"


async def test_a_request_that_comes_again_rotates_once_and_hears_of_the_versions_of_today(
    vault: Vault, tenant_id: str
) -> None:
    await vault.make_keys(tenant_id)
    done: Recent[str, bool] = Recent(10)

    first = await rotate(vault, tenant_id, done=done)
    assert await rotate(vault, tenant_id, done=done) == first

    await vault.rotate_keys(tenant_id, signing=False)
    again, _ = await rotate(vault, tenant_id, done=done)
    assert again.data_key_version == 3


async def test_after_a_restart_the_versions_are_those_of_vault(vault: Vault, bao: Bao, tenant_id: str) -> None:
    await vault.make_keys(tenant_id)
    before, _ = await rotate(vault, tenant_id, signing=True)

    async with restarted(bao) as another:
        made = await handlers.make_keys(TenantKeysAsked(ask=Asker().ask, tenant_id=tenant_id), another)
        assert isinstance(made, tuple)
        assert made[0] == before
        after, _ = await rotate(another, tenant_id)

    assert (after.data_key_version, after.signing_key_version) == (3, 2)


async def test_the_signing_key_is_renewed_only_when_that_is_asked_for(vault: Vault, tenant_id: str) -> None:
    made = await vault.make_keys(tenant_id)
    _, same = await rotate(vault, tenant_id)
    _, renewed = await rotate(vault, tenant_id, signing=True)

    assert same.public_key == made.signing.pem
    assert renewed.signing_key_version == 2
    [signature] = await vault.sign(tenant_id, ["text"])
    verify(renewed.public_key, "text", signature)
    assert not pem.same_public_key(renewed.public_key, made.signing.pem)


async def test_an_imported_signing_key_can_be_renewed_too(vault: Vault, tenant_id: str) -> None:
    await vault.import_keys(tenant_id, rsa_pem())

    _, renewed = await rotate(vault, tenant_id, signing=True)

    [signature] = await vault.sign(tenant_id, ["text"])
    verify(renewed.public_key, "text", signature)


async def test_what_does_not_belong_where_it_is_said_to_stand_is_not_protected_anew(
    vault: Vault, tenant_id: str
) -> None:
    other_tenant = uuid4().hex
    for one in (tenant_id, other_tenant):
        await vault.make_keys(one)
    [mine], [theirs] = await stored(vault, tenant_id, "mine"), await stored(vault, other_tenant, "theirs")
    moved = [mine.model_copy(update=change) for change in ({"row": "t:other"}, {"field": "token_secret"})]

    for bad in (theirs, *moved, mine.model_copy(update={"ciphertext": "garbage"})):
        answer = await rewrap(vault, tenant_id, mine, bad)
        assert isinstance(answer, KeysRefused)
        assert answer.code == "bad_request"


async def test_a_large_batch_is_protected_anew_in_order(vault: Vault, tenant_id: str) -> None:
    await vault.make_keys(tenant_id)
    texts = [f"secret {number}" for number in range(150)]
    old = await stored(vault, tenant_id, *texts)
    await rotate(vault, tenant_id)

    answer = await rewrap(vault, tenant_id, *old)

    assert isinstance(answer, SecretsProtected)
    assert await vault.open(tenant_id, [Bound(it, place(tenant_id)) for it in answer.ciphertexts]) == texts


async def test_what_is_retired_stays_retired_and_nothing_newer_than_the_newest_is(
    vault: Vault, bao: Bao, tenant_id: str
) -> None:
    await vault.make_keys(tenant_id)
    for _ in range(2):
        await rotate(vault, tenant_id)

    for version in (3, 3, 2, 1):
        assert isinstance(await retire(vault, tenant_id, version), tuple)
        assert oldest(bao, tenant_id) == (3, 3)
    for version in (4, 0, -1):
        answer = await retire(vault, tenant_id, version)
        assert isinstance(answer, KeysRefused)
        assert answer.code == "bad_request"
    assert oldest(bao, tenant_id) == (3, 3)


async def test_destroyed_keys_are_neither_rotated_nor_retired_nor_made_by_it(vault: Vault, tenant_id: str) -> None:
    await vault.make_keys(tenant_id)
    old = await stored(vault, tenant_id, "one")
    await vault.destroy_keys(tenant_id)

    answers = [
        await rotating.rotate(
            TenantKeysRotationAsked(ask=Asker().ask, tenant_id=tenant_id, signing=True), vault, Recent(1)
        ),
        await retire(vault, tenant_id, 1),
        await rewrap(vault, tenant_id, *old),
    ]

    assert [answer.code for answer in answers if isinstance(answer, KeysRefused)] == ["keys_destroyed"] * 3


async def bring(vault: Vault, tenant_id: str, private_key: str, *, replace: bool) -> TenantKeysMade | KeysRefused:
    """Bring a private key as a registration call does."""
    jwk = sealing_key(await vault.prepare()).jwk
    sealed = seal(private_key, jwk, SealedFor(tenant_id, "private_key"))
    asked = TenantKeysAsked(ask=Asker().ask, tenant_id=tenant_id, private_key=sealed, replace=replace)
    answer = await handlers.make_keys(asked, vault)
    return answer[1] if isinstance(answer, tuple) else answer


@pytest.mark.parametrize("bits", [2048, 3072])
@pytest.mark.parametrize("before", ["made by Vault", "imported", "imported and rotated"])
async def test_a_new_private_key_takes_the_place_of_another_only_when_that_is_asked_for(
    vault: Vault, tenant_id: str, before: str, bits: int
) -> None:
    await (vault.make_keys(tenant_id) if before == "made by Vault" else vault.import_keys(tenant_id, rsa_pem()))
    if before == "imported and rotated":
        await vault.rotate_keys(tenant_id, signing=True)
    [secret] = await stored(vault, tenant_id, "kept")
    private_key = rsa_pem(bits)

    refused = await bring(vault, tenant_id, private_key, replace=False)
    assert isinstance(refused, KeysRefused)
    assert refused.code == "keys_exist"

    for _ in range(2):  # asking twice changes nothing
        made = await bring(vault, tenant_id, private_key, replace=True)
        assert isinstance(made, TenantKeysMade)
        assert pem.same_public_key(made.public_key, pem.private_key(private_key).public_key)
    [signature] = await vault.sign(tenant_id, ["text"])
    verify(pem.private_key(private_key).public_key, "text", signature)
    assert await vault.open(tenant_id, [Bound(secret.ciphertext, place(tenant_id))]) == ["kept"]


async def test_an_imported_key_of_the_same_size_becomes_the_next_version(vault: Vault, tenant_id: str) -> None:
    await vault.import_keys(tenant_id, rsa_pem())

    pair = await vault.import_keys(tenant_id, rsa_pem(), replace=True)

    assert (pair.signing.version, pair.data_key_version) == (2, 1)


async def test_a_private_key_that_was_not_sealed_for_this_tenant_as_a_key_is_not_imported(
    vault: Vault, tenant_id: str
) -> None:
    jwk = sealing_key(await vault.prepare()).jwk
    for use in (SealedFor("another", "private_key"), SealedFor(tenant_id), None):
        asked = TenantKeysAsked(ask=Asker().ask, tenant_id=tenant_id, private_key=sealed(rsa_pem(), jwk, use))
        answer = await handlers.make_keys(asked, vault)
        assert isinstance(answer, KeysRefused)
        assert answer.code == "bad_request"
