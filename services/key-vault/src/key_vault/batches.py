"""Vault is given as much at one time as keeps it busy; what is asked meanwhile shares the next call of its path."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

Item = dict[str, str]
Result = dict[str, Any]
Send = Callable[[str, list[Item]], Awaitable[list[Result]]]

MOST = 32
"""Items per call: Vault does them one after the other, and OpenBao refuses a body of more than 1000 JSON strings."""


@dataclass(frozen=True, eq=False)
class Asked:
    """What one asker wants, at most one call's worth."""

    items: Sequence[Item]
    answer: asyncio.Future[list[Result]]


class Batches:
    """Coalesces what concurrent askers want of the same path; no timers, and nobody waits while Vault has room.

    `at_once` bounds the items that Vault has at one time. The paths that wait for room take turns.
    """

    def __init__(self, send: Send, at_once: int) -> None:
        self._send = send
        self._room = max(at_once, MOST)
        self._waiting: dict[str, deque[Asked]] = {}
        """By path, the path whose turn is next first."""
        self._beginning = False
        self._calls: set[asyncio.Task[None]] = set()

    async def submit(self, path: str, items: Sequence[Item]) -> list[Result]:
        """Have the items done and give one result per item, in order; raises what the sending raised."""
        if not items:
            return []
        loop = asyncio.get_running_loop()
        parts = [Asked(items[at : at + MOST], loop.create_future()) for at in range(0, len(items), MOST)]
        self._waiting.setdefault(path, deque()).extend(parts)
        if not self._beginning:
            self._beginning = True
            loop.call_soon(self._begin)  # after those who were woken by the same fetch
        if len(parts) == 1:
            return await parts[0].answer
        answers = await asyncio.gather(*(part.answer for part in parts))
        return [result for answer in answers for result in answer]

    def _begin(self) -> None:
        """Begin calls while there is room for the next one."""
        self._beginning = False
        while self._waiting:
            path = next(iter(self._waiting))
            queue = self._waiting[path]
            batch, count = _next(queue)
            if count > self._room:
                queue.extendleft(reversed(batch))
                return
            del self._waiting[path]
            if queue:
                self._waiting[path] = queue
            if batch:
                self._room -= count
                call = asyncio.get_running_loop().create_task(self._call(path, batch, count))
                self._calls.add(call)
                call.add_done_callback(self._calls.discard)

    async def _call(self, path: str, batch: list[Asked], count: int) -> None:
        items = [item for asked in batch for item in asked.items]
        [outcome] = await asyncio.gather(self._send(path, items), return_exceptions=True)
        self._room += count
        begin = 0
        for asked in batch:
            end = begin + len(asked.items)
            if asked.answer.done():
                pass  # gave up waiting
            elif isinstance(outcome, BaseException):
                asked.answer.set_exception(outcome)
            else:
                asked.answer.set_result(outcome[begin:end])
            begin = end
        self._begin()


def _next(queue: deque[Asked]) -> tuple[list[Asked], int]:
    """Take what fits into one call, and count its items; who gave up waiting is left out."""
    batch: list[Asked] = []
    count = 0
    while queue and count + len(queue[0].items) <= MOST:
        asked = queue.popleft()
        if not asked.answer.done():
            batch.append(asked)
            count += len(asked.items)
    return batch, count
