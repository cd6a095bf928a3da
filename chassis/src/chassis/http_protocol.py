"""How HTTP is spoken at the edges: by uvicorn, whose kept connections share a timer."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chassis.timers import Timer, timers


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's own: only the timer that ends an idle connection, begun after each answer, is a cheaper one."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.loop = cast("asyncio.AbstractEventLoop", _WithTimers(self.loop))


class _WithTimers:
    """The part of a loop that the protocol uses."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.create_task = loop.create_task

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        return timers(self._loop, seconds).start(callback)
