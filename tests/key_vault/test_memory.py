"""Opened secrets are remembered for a while, within bounds, and forgotten when told."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta

import pytest

from key_vault.decide import Bound
from key_vault.memory import Memory
from key_vault.wire import VaultUnavailable

LINK = Bound("vault:v1:a", "t1|t1:user-1|access_token")
OTHER = Bound("vault:v1:b", "t1|t1:user-10|access_token")
CONSUMER = Bound("vault:v1:c", "t1|t1|consumer_key")
MINUTE = timedelta(minutes=1)


class Vault:
    """Opens a ciphertext to itself in capitals, and counts."""

    def __init__(self) -> None:
        self.opened: list[Bound] = []

    async def open(self, tenant_id: str, ciphertexts: Sequence[Bound]) -> list[str]:
        self.opened += ciphertexts
        return [it.text.upper() for it in ciphertexts]


class Slow(Vault):
    """Opens when the test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = asyncio.Event()

    async def open(self, tenant_id: str, ciphertexts: Sequence[Bound]) -> list[str]:
        await self.let_go.wait()
        return await super().open(tenant_id, ciphertexts)


class Broken(Vault):
    """Opens nothing."""

    async def open(self, tenant_id: str, ciphertexts: Sequence[Bound]) -> list[str]:
        raise VaultUnavailable("sealed")


async def test_what_was_opened_is_not_opened_again() -> None:
    vault = Vault()
    memory = Memory(vault.open, MINUTE, 10)

    await memory.open("t1", [LINK])
    assert await memory.open("t1", [CONSUMER, LINK]) == ["VAULT:V1:C", "VAULT:V1:A"]
    assert vault.opened == [LINK, CONSUMER]


async def test_it_is_opened_again_for_another_tenant_place_or_ciphertext() -> None:
    vault = Vault()
    memory = Memory(vault.open, MINUTE, 10)
    variants = [("t1", LINK), ("t2", LINK), ("t1", Bound(LINK.text, "elsewhere")), ("t1", Bound("other", LINK.to))]

    for tenant_id, ciphertext in variants:
        await memory.open(tenant_id, [ciphertext])

    assert len(vault.opened) == len(variants)


async def test_it_is_forgotten_after_a_while() -> None:
    vault = Vault()
    memory = Memory(vault.open, timedelta(0), 10)

    await memory.open("t1", [LINK])
    await memory.open("t1", [LINK])

    assert vault.opened == [LINK, LINK]


async def test_the_oldest_go_when_there_are_too_many() -> None:
    memory = Memory(Vault().open, MINUTE, 2)

    for number in range(5):
        await memory.open("t1", [Bound(f"{number}", "place")])

    assert len(memory) == 2


@pytest.mark.parametrize(("link_id", "left"), [("t1:user-1", 2), ("t1:user-10", 2), ("t1:nobody", 3), ("t2:user-1", 3)])
async def test_a_link_that_changed_or_went_is_forgotten_and_no_other(link_id: str, left: int) -> None:
    memory = Memory(Vault().open, MINUTE, 10)
    await memory.open("t1", [LINK, OTHER, CONSUMER])

    memory.forget_link(link_id)

    assert len(memory) == left


async def test_a_tenant_that_went_is_forgotten_with_all_its_links() -> None:
    memory = Memory(Vault().open, MINUTE, 10)
    await memory.open("t1", [LINK, OTHER, CONSUMER])

    memory.forget_tenant("t")
    assert len(memory) == 3
    memory.forget_tenant("t1")
    assert len(memory) == 0


async def test_what_changes_while_vault_opens_it_is_not_remembered() -> None:
    vault = Slow()
    memory = Memory(vault.open, MINUTE, 10)
    opening = asyncio.create_task(memory.open("t1", [LINK, CONSUMER]))
    await asyncio.sleep(0)

    memory.forget_link("t1:user-1")
    vault.let_go.set()

    assert await opening == ["VAULT:V1:A", "VAULT:V1:C"]
    assert len(memory) == 1
    await memory.open("t1", [CONSUMER])
    assert vault.opened == [LINK, CONSUMER]


async def test_a_failure_leaves_nothing_behind() -> None:
    memory = Memory(Broken().open, MINUTE, 10)

    for _ in range(2):
        with pytest.raises(VaultUnavailable):
            await memory.open("t1", [LINK])

    assert len(memory) == 0


async def test_what_nobody_asks_for_any_more_is_dropped_in_time() -> None:
    memory = Memory(Vault().open, timedelta(0), 10)
    await memory.open("t1", [LINK, CONSUMER])
    assert len(memory) == 2

    memory.drop_what_is_over()

    assert len(memory) == 0


async def test_forgetting_one_link_of_very_many_is_quick() -> None:
    memory = Memory(Vault().open, MINUTE, 10_000)
    for number in range(10_000):
        await memory.open("t1", [Bound(f"{number}", f"t1|t1:user-{number}|access_token")])

    began = time.process_time()
    for number in range(5_000):
        memory.forget_link(f"t1:user-{number}")

    assert time.process_time() - began < 1
    assert len(memory) == 5_000
