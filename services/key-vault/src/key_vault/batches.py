"""One Vault call at a time per path: what is asked meanwhile shares the next one."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

Item = dict[str, str]
Result = dict[str, Any]
Send = Callable[[str, list[Item]], Awaitable[list[Result]]]
Waiting = tuple[Item, asyncio.Future[Result]]

MOST = 64
"""Items per call: OpenBao refuses a body of more than 1000 JSON strings, and a long batch delays those who wait."""


class Batches:
    """Coalesces what concurrent askers want of the same path; no timers, so nobody waits alone."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._waiting: dict[str, deque[Waiting]] = {}
        self._senders: set[asyncio.Task[None]] = set()

    async def submit(self, path: str, items: Sequence[Item]) -> list[Result]:
        """Have the items done and give one result per item, in order; raises what the sending raised."""
        if not items:
            return []
        loop = asyncio.get_running_loop()
        waiting: list[Waiting] = [(item, loop.create_future()) for item in items]
        if path in self._waiting:
            self._waiting[path].extend(waiting)
        else:
            self._waiting[path] = deque(waiting)
            sender = loop.create_task(self._send_all(path))
            self._senders.add(sender)
            sender.add_done_callback(self._senders.discard)
        return await asyncio.gather(*(future for _, future in waiting))

    async def _send_all(self, path: str) -> None:
        queue = self._waiting[path]
        while queue:
            batch = [queue.popleft() for _ in range(min(MOST, len(queue)))]
            wanted = [(item, future) for item, future in batch if not future.done()]
            if wanted:
                await self._send_one(path, wanted)
        del self._waiting[path]

    async def _send_one(self, path: str, batch: list[Waiting]) -> None:
        [outcome] = await asyncio.gather(self._send(path, [item for item, _ in batch]), return_exceptions=True)
        for index, (_, future) in enumerate(batch):
            if future.done():
                continue
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
            else:
                future.set_result(outcome[index])
