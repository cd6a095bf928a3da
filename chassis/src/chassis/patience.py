"""A bound on how long a block may take."""

import asyncio
from datetime import timedelta
from types import TracebackType

from chassis.timers import timers


class Patience:
    """What `asyncio.timeout` does, for a fraction of the time: each message pays for two.

    To be entered once; raises TimeoutError.
    """

    __slots__ = ("_before", "_late", "_seconds", "_task", "_timer")

    def __init__(self, patience: timedelta) -> None:
        self._seconds = patience.total_seconds()
        self._late = False

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None
        self._task, self._before = task, task.cancelling()
        self._timer = timers(loop, self._seconds).start(self._end)

    def _end(self) -> None:
        self._late = True
        self._task.cancel()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._timer.cancel()
        if self._late and self._task.uncancel() <= self._before and kind is asyncio.CancelledError:
            raise TimeoutError from error
