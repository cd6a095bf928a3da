"""A Vault that is sealed, slow, or no longer knows us; each test has a server of its own to ill-treat."""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import SecretStr
from tests.key_vault.bao import Bao, running_bao

from key_vault.login import login_of
from key_vault.session import Session
from key_vault.settings import Settings
from key_vault.vault import PublicKey, Vault
from key_vault.wire import VaultUnavailable

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def bao() -> Iterator[Bao]:
    with running_bao() as running:
        yield running


class Announcements:
    """Remembers the sealing keys that were announced."""

    def __init__(self) -> None:
        self.keys: list[PublicKey] = []

    async def __call__(self, key: PublicKey) -> None:
        self.keys.append(key)


class Kept:
    """A vault with its session running beside the test."""

    def __init__(self, settings: Settings) -> None:
        self.vault = Vault(settings, login_of(settings))
        self.announced = Announcements()
        self.session = Session(self.vault, self.announced)

    async def __aenter__(self) -> "Kept":
        self._task = asyncio.create_task(self.session.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.vault.close()

    async def until_ready(self) -> None:
        async with asyncio.timeout(10):
            while not self.session.ready():  # noqa: ASYNC110 - as a probe does
                await asyncio.sleep(0.02)


def approle(bao: Bao, token_ttl: str, token_max_ttl: str = "1h") -> Settings:
    role = uuid4().hex
    policy = 'path "transit/*" { capabilities = ["create", "read", "update", "delete"] }'
    assert bao.operate("put", "sys/policies/acl/key-vault", policy=policy).ok
    terms = {"token_ttl": token_ttl, "token_max_ttl": token_max_ttl, "token_policies": ["key-vault"]}
    assert bao.operate("post", f"auth/approle/role/{role}", **terms).ok
    role_id = bao.operate("get", f"auth/approle/role/{role}/role-id").json()["data"]["role_id"]
    secret_id = bao.operate("post", f"auth/approle/role/{role}/secret-id").json()["data"]["secret_id"]
    return bao.settings(
        vault_auth="approle", vault_role_id=role_id, vault_secret_id=SecretStr(secret_id), vault_token=SecretStr("")
    )


async def test_a_sealed_vault_is_unavailable_and_works_again_once_unsealed(bao: Bao) -> None:
    tenant_id = uuid4().hex
    async with Kept(bao.settings()) as kept:
        await kept.until_ready()
        await kept.vault.make_keys(tenant_id)

        bao.seal()
        try:
            with pytest.raises(VaultUnavailable, match="sealed"):
                await kept.vault.sign(tenant_id, ["text"])
            assert not kept.session.ready()
        finally:
            bao.unseal()

        await kept.until_ready()
        assert await kept.vault.sign(tenant_id, ["text"])


async def test_a_service_that_starts_before_its_vault_is_unsealed_becomes_ready_afterwards(bao: Bao) -> None:
    bao.seal()
    async with Kept(bao.settings()) as kept:
        await asyncio.sleep(0.3)
        assert not kept.session.ready()
        bao.unseal()

        await kept.until_ready()
        assert kept.announced.keys


async def test_a_slow_vault_does_not_block_the_loop_and_times_out(bao: Bao) -> None:
    tenant_id = uuid4().hex
    settings = bao.settings(vault_timeout=timedelta(seconds=0.7))
    vault = Vault(settings, login_of(settings))
    await vault.log_in()
    await vault.make_keys(tenant_id)
    longest = 0.0

    async def heart() -> None:
        nonlocal longest
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            longest = max(longest, time.perf_counter() - began)

    beating = asyncio.create_task(heart())
    with bao.frozen():
        results = await asyncio.gather(
            *(vault.sign(tenant_id, [f"text {number}"]) for number in range(50)), return_exceptions=True
        )
    beating.cancel()

    assert all(isinstance(result, VaultUnavailable) for result in results)
    assert longest < 0.2
    assert await vault.sign(tenant_id, ["text"])
    await vault.close()


async def test_a_login_is_renewed_before_it_ends(bao: Bao) -> None:
    tenant_id = uuid4().hex
    async with Kept(approle(bao, token_ttl="2s")) as kept:
        await kept.until_ready()
        await kept.vault.make_keys(tenant_id)

        for _ in range(6):
            await asyncio.sleep(0.5)
            assert await kept.vault.sign(tenant_id, ["text"])
        assert len(kept.announced.keys) == 1


async def test_a_login_that_may_not_be_renewed_further_is_made_anew(bao: Bao) -> None:
    tenant_id = uuid4().hex
    async with Kept(approle(bao, token_ttl="2s", token_max_ttl="3s")) as kept:
        await kept.until_ready()
        await kept.vault.make_keys(tenant_id)

        for _ in range(8):
            await asyncio.sleep(0.5)
            assert await kept.vault.sign(tenant_id, ["text"])
        assert len(kept.announced.keys) > 1


async def test_a_revoked_login_is_noticed_and_made_anew(bao: Bao) -> None:
    tenant_id = uuid4().hex
    async with Kept(approle(bao, token_ttl="1h")) as kept:
        await kept.until_ready()
        await kept.vault.make_keys(tenant_id)

        assert bao.operate("put", "sys/leases/revoke-prefix/auth/approle", sync=True).ok
        with pytest.raises(VaultUnavailable):
            await kept.vault.sign(tenant_id, ["text"])

        await kept.until_ready()
        assert await kept.vault.sign(tenant_id, ["text"])


async def test_a_policy_for_the_transit_mount_alone_is_enough(bao: Bao) -> None:
    tenant_id = uuid4().hex
    async with Kept(approle(bao, token_ttl="1h")) as kept:
        await kept.until_ready()
        await kept.vault.make_keys(tenant_id)
        await kept.vault.destroy_keys(tenant_id)
