"""Each test runs with `asyncio.timeout` too: ours must do what the standard library's does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import pytest

from chassis.patience import Patience

Bound = Callable[[float], AbstractAsyncContextManager[object]]


@asynccontextmanager
async def patience(seconds: float) -> AsyncIterator[None]:
    with Patience(timedelta(seconds=seconds)):
        yield


bounds = pytest.mark.parametrize("bound", [patience, asyncio.timeout])


@bounds
async def test_what_ends_in_time_is_left_alone_also_later(bound: Bound) -> None:
    async with bound(0.02):
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)


@bounds
async def test_what_takes_too_long_is_ended_and_tidies_up(bound: Bound) -> None:
    done: list[str] = []

    async def work() -> None:
        async with bound(0.02):
            try:
                await asyncio.sleep(60)
            finally:
                done.append("tidied")

    with pytest.raises(TimeoutError):
        await work()

    task = asyncio.current_task()
    assert done == ["tidied"]
    assert task is not None
    assert task.cancelling() == 0


@bounds
async def test_an_error_of_the_block_goes_on_as_it_is(bound: Bound) -> None:
    with pytest.raises(KeyError):
        async with bound(60):
            raise KeyError


@bounds
async def test_who_is_cancelled_from_outside_is_cancelled_and_not_late(bound: Bound) -> None:
    async def work() -> None:
        async with bound(60):
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait({task})

    assert task.cancelled()


@bounds
async def test_who_is_cancelled_and_late_at_once_is_cancelled(bound: Bound) -> None:
    async def work() -> None:
        async with bound(0.02):
            try:
                await asyncio.sleep(60)
            finally:
                asyncio.current_task().cancel()  # type: ignore[union-attr]

    task = asyncio.create_task(work())
    await asyncio.wait({task})

    assert task.cancelled()


@bounds
async def test_the_shorter_of_two_counts(bound: Bound) -> None:
    with pytest.raises(TimeoutError):
        async with bound(0.02), bound(60):
            await asyncio.sleep(60)
    async with bound(60):
        with pytest.raises(TimeoutError):
            async with bound(0.02):
                await asyncio.sleep(60)


async def test_many_blocks_at_one_time_each_end_at_their_own_time() -> None:
    loop = asyncio.get_running_loop()

    async def block(begins: float, takes: float) -> tuple[bool, float]:
        await asyncio.sleep(begins)
        began = loop.time()
        try:
            with Patience(timedelta(seconds=0.2)):
                await asyncio.sleep(takes)
        except TimeoutError:
            return True, loop.time() - began
        return False, loop.time() - began

    ended = await asyncio.gather(*(block(number * 0.01, 60 if number % 3 else 0.05) for number in range(30)))

    assert [late for late, _ in ended] == [bool(number % 3) for number in range(30)]
    assert all(0.19 <= took < 0.4 for late, took in ended if late)


async def test_a_block_that_came_long_after_the_last_one_has_its_whole_time() -> None:
    with Patience(timedelta(seconds=0.1)):
        pass
    await asyncio.sleep(0.25)
    began = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError), Patience(timedelta(seconds=0.1)):
        await asyncio.sleep(60)

    assert asyncio.get_running_loop().time() - began >= 0.09


def test_another_loop_has_clocks_of_its_own() -> None:
    async def late() -> bool:
        try:
            with Patience(timedelta(seconds=0.05)):
                await asyncio.sleep(60)
        except TimeoutError:
            return True
        return False

    assert [asyncio.run(late()) for _ in range(3)] == [True] * 3
