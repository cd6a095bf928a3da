"""Timers of equal length: they end in the order in which they began, so one timer of the loop does for all.

A timer of uvloop costs as much as reading a request, and most are stopped before they end.
"""

import asyncio
from collections import deque
from collections.abc import Callable


class Timer:
    """One that runs; its callback is called once it ends, unless it is cancelled before."""

    __slots__ = ("callback", "ends")

    def __init__(self, ends: float, callback: Callable[[], object]) -> None:
        self.ends = ends
        """By the loop's clock, in seconds."""
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        """Stop it; once more does no harm."""
        self.callback = None


class Timers:
    """All of one length, of one loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self.loop = loop
        self._seconds = seconds
        self._running: deque[Timer] = deque()
        """The oldest first; those that were cancelled go when they are at the front."""
        self._looking = False

    def start(self, callback: Callable[[], object]) -> Timer:
        """Call back in so many seconds."""
        timer = Timer(self.loop.time() + self._seconds, callback)
        running = self._running
        while running and running[0].callback is None:
            running.popleft()
        running.append(timer)
        if not self._looking:
            self._looking = True
            self.loop.call_at(timer.ends, self._look)
        return timer

    def _look(self) -> None:
        now = self.loop.time()
        try:
            while self._running and (self._running[0].callback is None or self._running[0].ends <= now):
                if callback := self._running.popleft().callback:
                    callback()
        finally:
            self._looking = bool(self._running)
            if self._looking:
                self.loop.call_at(self._running[0].ends, self._look)


def timers(loop: asyncio.AbstractEventLoop, seconds: float) -> Timers:
    """Give those of one length, which must be one of few, such as a setting."""
    found = _TIMERS.get(seconds)
    if found is None or found.loop is not loop:
        found = _TIMERS[seconds] = Timers(loop, seconds)
    return found


_TIMERS: dict[float, Timers] = {}
"""By length in seconds, of the loop that runs."""
