"""Requests whose HTTP answer is an outcome: they wait for it, but never for long."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

Answer = Mapping[str, Any]


class Waiting:
    """The requests of this process that wait, by intent."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[Answer]] = {}

    @contextmanager
    def expect(self, intent_id: str) -> Iterator[asyncio.Future[Answer]]:
        """Wait for an intent's outcome, from before the intent is published."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[intent_id] = future
        try:
            yield future
        finally:
            if self._waiting.get(intent_id) is future:
                del self._waiting[intent_id]
            future.cancel()

    def awaits(self, intent_id: str) -> bool:
        """Tell whether a request waits for this intent's outcome."""
        return intent_id in self._waiting

    def hand_over(self, intent_id: str, answer: Answer) -> bool:
        """Give the outcome to the request that waits for it; False where none does."""
        future = self._waiting.get(intent_id)
        if future is None or future.done():
            return False
        future.set_result(answer)
        return True
