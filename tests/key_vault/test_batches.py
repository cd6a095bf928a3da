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


async def test_what_is_asked_while_a_call_is_under_way_shares_the_next_one() -> None:
    sender = Sender()
    batches = Batches(sender)
    first = asyncio.create_task(batches.submit("sign/a", items("1")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    later = [asyncio.create_task(batches.submit("sign/a", items(f"{n}", f"{n}+"))) for n in (2, 3, 4)]
    await asyncio.sleep(0)
    sender.let_go.set()

    assert await first == [{"signature": "1"}]
    assert [await task for task in later] == [[{"signature": f"{n}"}, {"signature": f"{n}+"}] for n in (2, 3, 4)]
    assert sender.sent == [("sign/a", ["1"]), ("sign/a", ["2", "2+", "3", "3+", "4", "4+"])]


async def test_different_paths_do_not_wait_for_each_other() -> None:
    sender = Sender()
    batches = Batches(sender)
    asked = [asyncio.create_task(batches.submit(path, items("1"))) for path in ("sign/a", "sign/b")]
    await asyncio.sleep(0.01)

    assert [path for path, _ in sender.sent] == ["sign/a", "sign/b"]
    sender.let_go.set()
    await asyncio.gather(*asked)


async def test_a_long_list_is_sent_in_parts_and_comes_back_in_order() -> None:
    sender = Sender()
    sender.let_go.set()
    texts = [str(number) for number in range(2 * MOST + 1)]

    results = await Batches(sender).submit("sign/a", items(*texts))

    assert [result["signature"] for result in results] == texts
    assert [len(sent) for _, sent in sender.sent] == [MOST, MOST, 1]


async def test_a_failed_call_fails_those_in_it_and_the_next_goes_on() -> None:
    sender = Sender(ConnectionError("gone"))
    batches = Batches(sender)
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
    batches = Batches(sender)
    first = asyncio.create_task(batches.submit("sign/a", items("1")))
    await asyncio.sleep(0.01)
    impatient = asyncio.create_task(batches.submit("sign/a", items("2")))
    patient = asyncio.create_task(batches.submit("sign/a", items("3")))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.sleep(0)
    sender.let_go.set()

    assert await first == [{"signature": "1"}]
    assert await patient == [{"signature": "3"}]
    assert sender.sent == [("sign/a", ["1"]), ("sign/a", ["3"])]


async def test_asking_for_nothing_asks_nobody() -> None:
    sender = Sender()

    assert await Batches(sender).submit("sign/a", []) == []
    assert sender.sent == []
