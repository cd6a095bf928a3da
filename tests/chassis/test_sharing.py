"""Those who ask while questions are under way share the next one; nobody gets what is another's."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

import pytest

from chassis.errors import Unavailable
from chassis.sharing import AT_ONCE, MOST, Sharing

handled: ContextVar[str] = ContextVar("handled", default="nothing")


class Answering:
    """Answers when it is told to; `n` gives `-n`."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.handled: list[str] = []
        self.most_under_way = 0
        self._under_way = 0
        self._may: list[asyncio.Future[None]] = []

    async def ask(self, wanted: Sequence[int]) -> list[int]:
        self.asked.append(list(wanted))
        self.handled.append(handled.get())
        self._under_way += 1
        self.most_under_way = max(self.most_under_way, self._under_way)
        self._may.append(asyncio.get_running_loop().create_future())
        try:
            await self._may[-1]
        finally:
            self._under_way -= 1
        return [-one for one in wanted]

    async def answer(self, question: int, error: Exception | None = None) -> None:
        await settled()
        if error:
            self._may[question].set_exception(error)
        else:
            self._may[question].set_result(None)
        await settled()


async def settled() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


def started(sharing: Sharing[int, int], *wanted: int) -> list[asyncio.Task[int]]:
    return [asyncio.create_task(sharing.ask(one)) for one in wanted]


async def filled(answering: Answering) -> tuple[Sharing[int, int], list[asyncio.Task[int]]]:
    """Have as many questions under way as there may be, each of one asker."""
    sharing = Sharing(answering.ask)
    first = []
    for number in range(AT_ONCE):
        first += started(sharing, number)
        await settled()
    return sharing, first


async def test_who_asks_alone_is_asked_for_at_once_and_alone_and_in_what_it_is_handling() -> None:
    answering = Answering()
    sharing = Sharing(answering.ask)
    handled.set("mine")
    [asked] = started(sharing, 7)
    await answering.answer(0)

    assert await asked == -7
    assert (answering.asked, answering.handled) == ([[7]], ["mine"])


async def test_those_who_ask_in_one_moment_share_a_question_in_nobodys_name() -> None:
    answering = Answering()
    sharing = Sharing(answering.ask)
    handled.set("mine")
    asked = started(sharing, 1, 2, 3)
    await answering.answer(0)

    assert await asyncio.gather(*asked) == [-1, -2, -3]
    assert (answering.asked, answering.handled) == ([[1, 2, 3]], ["nothing"])


async def test_those_who_come_while_enough_is_under_way_share_the_next_question() -> None:
    answering = Answering()
    sharing, first = await filled(answering)
    later = started(sharing, 10, 11, 12)
    await settled()
    assert len(answering.asked) == AT_ONCE

    await answering.answer(0)
    assert await first[0] == 0
    assert answering.asked[AT_ONCE:] == [[10, 11, 12]]
    for question in range(1, AT_ONCE + 1):
        await answering.answer(question)

    assert await asyncio.gather(*later) == [-10, -11, -12]
    assert answering.most_under_way == AT_ONCE


async def test_no_question_has_more_askers_than_one_may_and_nobody_is_left_behind() -> None:
    answering = Answering()
    sharing = Sharing(answering.ask)
    asked = started(sharing, *range(3 * MOST + 1))
    for question in range(4):
        await answering.answer(question)

    assert await asyncio.gather(*asked) == [-number for number in range(3 * MOST + 1)]
    assert [len(one) for one in answering.asked] == [MOST, MOST, MOST, 1]
    assert answering.most_under_way <= AT_ONCE


async def test_a_question_without_an_answer_fails_for_all_who_shared_it_and_the_next_is_asked() -> None:
    answering = Answering()
    sharing, first = await filled(answering)
    later = started(sharing, 10, 11)
    await answering.answer(0, Unavailable("key-vault did not answer in time"))
    with pytest.raises(Unavailable):
        await first[0]

    await answering.answer(AT_ONCE, Unavailable("nor now"))
    for one in later:
        with pytest.raises(Unavailable, match="nor now"):
            await one
    [last] = started(sharing, 20)
    await answering.answer(AT_ONCE + 1)
    assert await last == -20


async def test_who_gives_up_neither_stops_the_others_nor_is_asked_for() -> None:
    answering = Answering()
    sharing, first = await filled(answering)
    gone, stays = started(sharing, 10, 11)
    await settled()
    gone.cancel()
    first[0].cancel()
    await settled()
    await answering.answer(0)
    assert answering.asked[AT_ONCE:] == [[11]]
    await answering.answer(AT_ONCE)

    assert await stays == -11
