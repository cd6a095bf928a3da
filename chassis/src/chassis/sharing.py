"""Where many ask at one time, those who come while enough questions are under way share the next one."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Generic, TypeVar

W = TypeVar("W")
G = TypeVar("G")
AT_ONCE = 4
"""Questions that are under way: while the answer to one travels, another is worked on."""
MOST = 32
"""Askers who share a question: it is worked on to the end before the first of them hears."""
Ask = Callable[[Sequence[W]], Awaitable[Sequence[G]]]
"""Asks, and gives what each gets, in the order asked."""


@dataclass(frozen=True, eq=False)
class Waiting(Generic[W, G]):
    """One who waits for the next question."""

    wanted: W
    given: asyncio.Future[G]
    context: Context = field(default_factory=copy_context)


class Sharing(Generic[W, G]):
    """Gathers askers while questions are under way; no timers, and who asks alone shares with nobody."""

    def __init__(self, ask: Ask[W, G]) -> None:
        self._ask = ask
        self._waiting: deque[Waiting[W, G]] = deque()
        self._beginning = False
        self._under_way: set[asyncio.Task[None]] = set()

    async def ask(self, wanted: W) -> G:
        """Give what the answer holds for this asker; raises what asking raised."""
        loop = asyncio.get_running_loop()
        waiting = Waiting[W, G](wanted, loop.create_future())
        self._waiting.append(waiting)
        if not self._beginning:
            self._beginning = True
            loop.call_soon(self._begin)  # after those who were woken by the same answer
        return await waiting.given

    def _begin(self) -> None:
        """Ask for those who wait, where there is room for a question."""
        self._beginning = False
        while len(self._under_way) < AT_ONCE and (together := self._together()):
            # What one of several is handling is not what all are.
            context = together[0].context if len(together) == 1 else Context()
            task = asyncio.get_running_loop().create_task(self._ask_for(together), context=context)
            self._under_way.add(task)
            task.add_done_callback(self._ended)

    def _together(self) -> list[Waiting[W, G]]:
        together: list[Waiting[W, G]] = []
        while self._waiting and len(together) < MOST:
            waiting = self._waiting.popleft()
            if not waiting.given.done():  # else it gave up
                together.append(waiting)
        return together

    async def _ask_for(self, together: Sequence[Waiting[W, G]]) -> None:
        [found] = await asyncio.gather(self._ask([waiting.wanted for waiting in together]), return_exceptions=True)
        for place, waiting in enumerate(together):
            if waiting.given.done():
                pass  # gave up waiting
            elif isinstance(found, BaseException):
                waiting.given.set_exception(found)
            else:
                waiting.given.set_result(found[place])

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._begin()
