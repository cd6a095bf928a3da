"""A Vault that is sealed, slow, or no longer knows us; each test has a server of its own to ill-treat."""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from tests.key_vault.bao import Bao, running_bao
from tests.key_vault.kept import Kept

from key_vault.login import login_of
from key_vault.vault import Vault
from key_vault.wire import VaultUnavailable

pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def bao() -> Iterator[Bao]:
    with running_bao() as running:
        yield running


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
    settings = bao.settings()
    bao.seal()
    async with Kept(settings) as kept:
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
    async with Kept(bao.approle(token_ttl="2s")) as kept:
        await kept.until_ready()
        await kept.vault.make_keys(tenant_id)

        for _ in range(6):
            await asyncio.sleep(0.5)
            assert await kept.vault.sign(tenant_id, ["text"])
        assert len(kept.announced.keys) == 1


async def test_a_login_that_may_not_be_renewed_further_is_made_anew(bao: Bao) -> None:
    tenant_id = uuid4().hex
    async with Kept(bao.approle(token_ttl="2s", token_max_ttl="3s")) as kept:
        await kept.until_ready()
        await kept.vault.make_keys(tenant_id)

        for _ in range(8):
            await asyncio.sleep(0.5)
            assert await kept.vault.sign(tenant_id, ["text"])
        assert len(kept.announced.keys) > 1


async def test_a_revoked_login_is_noticed_and_made_anew(bao: Bao) -> None:
    tenant_id = uuid4().hex
    async with Kept(bao.approle(token_ttl="1h")) as kept:
        await kept.until_ready()
        await kept.vault.make_keys(tenant_id)

        assert bao.operate("put", "sys/leases/revoke-prefix/auth/approle", sync=True).ok
        with pytest.raises(VaultUnavailable):
            await kept.vault.sign(tenant_id, ["text"])

        await kept.until_ready()
        assert await kept.vault.sign(tenant_id, ["text"])
