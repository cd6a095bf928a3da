"""Coalescing what concurrent askers want of Vault."""

import asyncio

import pytest

from key_vault.batches import MOST, Batches, Item, Result


class Sender:
    """Answers each item with itself, once the test lets it."""

    def __init__(self, *failures: Exception) -> None:
        self.sent: list[tuple[str, list[str]]] = []
        self.let_go = asyncio.Event()
        self._failures = list(failures)

    async def __call__(self, path: str, items: list[Item]) -> list[Result]:
        self.sent.append((path, [item["input"] for item in items]))
        await self.let_go.wait()
        if self._failures:
            raise self._failures.pop(0)
        return [{"signature": item["input"]} for item in items]


def items(*texts: str) -> list[Item]:
    return [{"input": text} for text in texts]


def busy(batches: Batches, path: str = "sign/busy") -> "asyncio.Task[list[Result]]":
    """Take all the room there is."""
    return asyncio.create_task(batches.submit(path, items(*"x" * MOST)))


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_what_is_asked_while_vault_is_busy_shares_the_next_call() -> None:
    sender = Sender()
    batches = Batches(sender, MOST)
    first = busy(batches)
    await turns()
    later = [asyncio.create_task(batches.submit("sign/a", items(f"{n}", f"{n}+"))) for n in (2, 3, 4)]
    await turns()
    assert len(sender.sent) == 1
    sender.let_go.set()

    await first
    assert [await task for task in later] == [[{"signature": f"{n}"}, {"signature": f"{n}+"}] for n in (2, 3, 4)]
    assert sender.sent[1:] == [("sign/a", ["2", "2+", "3", "3+", "4", "4+"])]


async def test_what_is_asked_in_one_turn_of_the_loop_shares_a_call() -> None:
    sender = Sender()
    batches = Batches(sender, MOST)
    asked = [asyncio.create_task(batches.submit("sign/a", items(f"{n}"))) for n in (1, 2)]
    await turns()

    assert sender.sent == [("sign/a", ["1", "2"])]
    sender.let_go.set()
    await asyncio.gather(*asked)


async def test_nobody_waits_while_vault_has_room() -> None:
    sender = Sender()
    batches = Batches(sender, 2 * MOST)
    asked = [busy(batches)]
    await turns()
    for number in range(3):
        asked.append(asyncio.create_task(batches.submit("sign/busy", items(str(number)))))
        await turns()

    assert [texts for _, texts in sender.sent[1:]] == [["0"], ["1"], ["2"]]
    sender.let_go.set()
    await asyncio.gather(*asked)


async def test_paths_that_wait_take_turns() -> None:
    sender = Sender()
    batches = Batches(sender, MOST)
    asked = [busy(batches), busy(batches), busy(batches), asyncio.create_task(batches.submit("sign/b", items("1")))]
    await turns()
    sender.let_go.set()
    await asyncio.gather(*asked)

    assert [path for path, _ in sender.sent] == ["sign/busy", "sign/b", "sign/busy", "sign/busy"]


async def test_different_paths_do_not_wait_for_each_other() -> None:
    sender = Sender()
    batches = Batches(sender, MOST)
    asked = [asyncio.create_task(batches.submit(path, items("1"))) for path in ("sign/a", "sign/b")]
    await asyncio.sleep(0.01)

    assert [path for path, _ in sender.sent] == ["sign/a", "sign/b"]
    sender.let_go.set()
    await asyncio.gather(*asked)


async def test_a_long_list_is_sent_in_parts_and_comes_back_in_order() -> None:
    sender = Sender()
    sender.let_go.set()
    texts = [str(number) for number in range(2 * MOST + 1)]

    results = await Batches(sender, MOST).submit("sign/a", items(*texts))

    assert [result["signature"] for result in results] == texts
    assert [len(sent) for _, sent in sender.sent] == [MOST, MOST, 1]


async def test_a_failed_call_fails_those_in_it_and_the_next_goes_on() -> None:
    sender = Sender(ConnectionError("gone"))
    batches = Batches(sender, MOST)
    first = asyncio.create_task(batches.submit("sign/a", items("1", "2")))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(batches.submit("sign/a", items("3")))
    await asyncio.sleep(0)
    sender.let_go.set()

    with pytest.raises(ConnectionError):
        await first
    assert await second == [{"signature": "3"}]


async def test_one_who_gave_up_waiting_is_not_sent_and_disturbs_nobody() -> None:
    sender = Sender()
    batches = Batches(sender, MOST)
    first = busy(batches)
    await asyncio.sleep(0.01)
    impatient = asyncio.create_task(batches.submit("sign/a", items("2")))
    patient = asyncio.create_task(batches.submit("sign/a", items("3")))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.sleep(0)
    sender.let_go.set()

    await first
    assert await patient == [{"signature": "3"}]
    assert sender.sent[1:] == [("sign/a", ["3"])]


async def test_asking_for_nothing_asks_nobody() -> None:
    sender = Sender()

    assert await Batches(sender, MOST).submit("sign/a", []) == []
    assert sender.sent == []
