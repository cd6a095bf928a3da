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
