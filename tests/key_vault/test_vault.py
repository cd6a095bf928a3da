"""The Vault adapter against a real server."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import PrivateFormat, load_pem_private_key
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from tests.key_vault.bao import ROOT_TOKEN, Bao
from tests.key_vault.rsa_keys import elliptic_pem, public_pem, rsa_pem, verify, weak_pem

from chassis.errors import Unavailable
from chassis.sealing import SealedFor, seal
from key_vault.decide import Bound
from key_vault.login import login_of
from key_vault.resealing import Resealing
from key_vault.sealing import sealing_key
from key_vault.settings import Settings
from key_vault.vault import PublicKey, Vault
from key_vault.wire import VaultForbade, VaultRefused, VaultUnavailable

pytestmark = pytest.mark.engines
USE = SealedFor("t1")


async def test_a_new_tenant_signs_and_the_signature_fits_its_public_key(vault: Vault, tenant_id: str) -> None:
    pair = await vault.make_keys(tenant_id)

    [signature] = await vault.sign(tenant_id, ["GET&https%3A%2F%2Fjira"])

    verify(pair.signing.pem, "GET&https%3A%2F%2Fjira", signature)
    with pytest.raises(InvalidSignature):
        verify(pair.signing.pem, "another text", signature)


async def test_making_keys_twice_gives_the_same_keys(vault: Vault, tenant_id: str) -> None:
    assert await vault.make_keys(tenant_id) == await vault.make_keys(tenant_id)


async def test_a_batch_larger_than_vault_takes_comes_back_whole_and_in_order(vault: Vault, tenant_id: str) -> None:
    await vault.make_keys(tenant_id)
    secrets = [Bound(f"secret {number}", "row") for number in range(600)]

    ciphertexts = await vault.protect(tenant_id, secrets)
    opened = await vault.open(tenant_id, [Bound(text, "row") for text in ciphertexts])

    assert opened == [secret.text for secret in secrets]


async def test_a_ciphertext_in_another_place_does_not_open(vault: Vault, tenant_id: str) -> None:
    other_tenant = uuid4().hex
    await vault.make_keys(tenant_id)
    await vault.make_keys(other_tenant)
    [ciphertext] = await vault.protect(tenant_id, [Bound("s3cret", "t|row|field")])

    for tenant, place in ((tenant_id, "t|other|field"), (tenant_id, "t|row|other"), (other_tenant, "t|row|field")):
        with pytest.raises(VaultRefused):
            await vault.open(tenant, [Bound(ciphertext, place)])
    assert await vault.open(tenant_id, [Bound(ciphertext, "t|row|field")]) == ["s3cret"]


@pytest.mark.parametrize("text", ["", "ключ ✓ \U0001f511", "x" * 20_000, "line\nbreak\x00"])
async def test_any_text_survives_protection(vault: Vault, tenant_id: str, text: str) -> None:
    await vault.make_keys(tenant_id)

    [ciphertext] = await vault.protect(tenant_id, [Bound(text, "place")])

    assert await vault.open(tenant_id, [Bound(ciphertext, "place")]) == [text]


@pytest.mark.parametrize("ciphertext", ["", "garbage", "vault:v1:", "vault:v9:AAAA", "vault:v1:%%%", "vault:vx:AAAA"])
async def test_what_is_no_ciphertext_is_refused_and_its_neighbours_in_the_batch_open(
    vault: Vault, tenant_id: str, ciphertext: str
) -> None:
    await vault.make_keys(tenant_id)
    [good] = await vault.protect(tenant_id, [Bound("good", "place")])

    bad, fine = await asyncio.gather(
        vault.open(tenant_id, [Bound(ciphertext, "place")]),
        vault.open(tenant_id, [Bound(good, "place")]),
        return_exceptions=True,
    )

    assert isinstance(bad, VaultRefused)
    assert fine == ["good"]


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("bits", [2048, 3072])
async def test_an_imported_key_signs_and_fits_the_public_key_that_vault_shows(
    vault: Vault, tenant_id: str, form: PrivateFormat, bits: int
) -> None:
    pem = rsa_pem(bits, form)

    pair = await vault.import_keys(tenant_id, pem)

    [signature] = await vault.sign(tenant_id, ["text"])
    private = load_pem_private_key(pem.encode(), None)
    assert isinstance(private, RSAPrivateKey)
    verify(public_pem(private), "text", signature)
    assert pair.signing.pem.strip() == public_pem(private).strip()


async def test_importing_the_same_key_again_changes_nothing_and_another_one_is_refused(
    vault: Vault, tenant_id: str
) -> None:
    pem = rsa_pem()
    first = await vault.import_keys(tenant_id, pem)

    assert await vault.import_keys(tenant_id, pem) == first
    with pytest.raises(VaultRefused) as refusal:
        await vault.import_keys(tenant_id, rsa_pem())
    assert refusal.value.code == "keys_exist"


@pytest.mark.parametrize(
    ("pem", "why"),
    [
        (weak_pem, "1024 bits"),
        (lambda: rsa_pem(2560), "2560 bits"),
        (elliptic_pem, "not an RSA key"),
        (lambda: rsa_pem(passphrase=b"x"), "passphrase"),
        (lambda: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "not a readable PEM"),
        (lambda: "", "not a readable PEM"),
        (lambda: "Schlüssel", "not a readable PEM"),
    ],
)
async def test_a_key_that_will_not_do_is_refused_with_its_reason_and_makes_no_key(
    vault: Vault, tenant_id: str, pem: Callable[[], str], why: str
) -> None:
    with pytest.raises(VaultRefused, match=why) as refusal:
        await vault.import_keys(tenant_id, pem())

    assert refusal.value.code == "bad_key"
    with pytest.raises(VaultRefused):
        await vault.protect(tenant_id, [Bound("x", "y")])


async def test_private_keys_cannot_be_read_from_vault(vault: Vault, bao: Bao, tenant_id: str) -> None:
    imported = uuid4().hex
    await vault.make_keys(tenant_id)
    await vault.import_keys(imported, rsa_pem())

    for name in (tenant_id, f"{tenant_id}-sign", f"{imported}-sign", "key-vault-sealing"):
        for way in (f"export/signing-key/{name}", f"export/encryption-key/{name}", f"backup/{name}"):
            answer = bao.operate("get", f"transit/{way}")
            assert answer.status_code in (400, 500), way
        assert "PRIVATE" not in bao.operate("get", f"transit/keys/{name}").text


async def test_destroyed_keys_leave_noise_and_do_not_come_back_by_use(vault: Vault, tenant_id: str) -> None:
    await vault.make_keys(tenant_id)
    [ciphertext] = await vault.protect(tenant_id, [Bound("s3cret", "place")])

    await vault.destroy_keys(tenant_id)
    await vault.destroy_keys(tenant_id)

    uses: list[Callable[[], Awaitable[object]]] = [
        lambda: vault.open(tenant_id, [Bound(ciphertext, "place")]),
        lambda: vault.protect(tenant_id, [Bound("x", "place")]),
        lambda: vault.sign(tenant_id, ["text"]),
        lambda: vault.open(tenant_id, [Bound(ciphertext, "place")]),
    ]
    for use in uses:
        with pytest.raises(VaultRefused) as refusal:
            await use()
        assert refusal.value.code == "keys_destroyed"
    await vault.make_keys(tenant_id)
    with pytest.raises(VaultRefused):
        await vault.open(tenant_id, [Bound(ciphertext, "place")])


async def test_what_is_sealed_to_the_service_opens_only_through_vault(vault: Vault) -> None:
    announced = sealing_key(await vault.prepare())
    texts = ["verifier", "", "ключ ✓", "x" * 5000]

    assert await vault.unseal("t1", [seal(text, announced.jwk, USE) for text in texts]) == texts


async def test_sealed_with_an_older_version_of_the_sealing_key_still_opens(vault: Vault, bao: Bao) -> None:
    before = sealing_key(await vault.prepare())
    sealed = seal("secret", before.jwk, USE)

    assert bao.operate("post", "transit/keys/key-vault-sealing/rotate").ok
    after = sealing_key(await vault.prepare())

    assert int(after.key_id) == int(before.key_id) + 1
    assert await vault.unseal("t1", [sealed, seal("new", after.jwk, USE)]) == ["secret", "new"]


async def test_a_sealing_key_that_nothing_needs_any_more_is_gone_for_good(vault: Vault, bao: Bao) -> None:
    before = sealing_key(await vault.prepare())
    sealed = seal("secret", before.jwk, USE)
    announced: list[PublicKey] = []
    now = datetime.now(UTC)

    async def announce(key: PublicKey) -> None:
        announced.append(key)

    def resealing(later: timedelta) -> Resealing:
        return Resealing(vault, announce, timedelta(days=1), lambda: now + later)

    first = resealing(timedelta(hours=25))
    assert first.made is None
    await first.look()
    assert first.made == now + timedelta(hours=25), "metrics tell its age"
    assert [key.version for key in announced] == [int(before.key_id) + 1]
    assert await vault.unseal("t1", [sealed]) == ["secret"], "what was under way opens for another life"

    await resealing(timedelta(hours=50)).look()

    with pytest.raises(VaultRefused):
        await vault.unseal("t1", [sealed])
    path = "transit/keys/key-vault-sealing/config"
    bao.operate("post", path, min_decryption_version=1, min_encryption_version=1)
    with pytest.raises(VaultRefused):
        await vault.unseal("t1", [sealed])
    now_in_use = sealing_key(announced[-1])
    assert await vault.unseal("t1", [seal("new", now_in_use.jwk, USE)]) == ["new"]


async def test_what_is_sealed_to_another_key_is_refused(vault: Vault) -> None:
    own = RSAKey.generate_key(2048).as_dict(private=False)

    with pytest.raises(VaultRefused):
        await vault.unseal("t1", [seal("secret", {**own, "kid": "1"}, USE)])


async def test_the_refusal_of_one_asker_does_not_reach_another_in_the_same_batch(vault: Vault) -> None:
    announced = sealing_key(await vault.prepare())
    own = RSAKey.generate_key(2048).as_dict(private=False)

    bad, good = await asyncio.gather(
        vault.unseal("t1", [seal("x", {**own, "kid": "1"}, USE)]),
        vault.unseal("t1", [seal("mine", announced.jwk, USE)]),
        return_exceptions=True,
    )

    assert isinstance(bad, VaultRefused)
    assert good == ["mine"]


async def test_an_unreachable_vault_is_unavailable_and_the_exception_tells_no_token() -> None:
    settings = Settings(vault_url="http://127.0.0.1:9", vault_token=SecretStr("very-secret-token"))
    vault = Vault(settings, login_of(settings))

    with pytest.raises(VaultUnavailable) as failure:
        await vault.log_in()
    await vault.close()

    assert isinstance(failure.value, Unavailable)
    assert "very-secret-token" not in f"{failure.value!r} {failure.value.__cause__!r}"


async def test_a_token_that_vault_does_not_know_is_no_refusal_but_an_outage(bao: Bao, tenant_id: str) -> None:
    settings = bao.settings(vault_auth="token")
    vault = Vault(settings, login_of(settings.model_copy(update={"vault_token": SecretStr("unknown")})))

    with pytest.raises(VaultForbade):
        await vault.log_in()
    with pytest.raises(VaultUnavailable):
        await vault.sign(tenant_id, ["x"])
    assert vault.forbidden.is_set()
    await vault.close()


async def test_a_mount_that_is_not_there_is_an_outage_and_does_not_look_like_destroyed_keys(
    bao: Bao, tenant_id: str
) -> None:
    settings = bao.settings(vault_mount="elsewhere", vault_token=SecretStr(ROOT_TOKEN))
    vault = Vault(settings, login_of(settings))
    await vault.log_in()

    for use in (vault.prepare(), vault.make_keys(tenant_id), vault.sign(tenant_id, ["text"])):
        with pytest.raises(VaultUnavailable):
            await use
    await vault.close()
