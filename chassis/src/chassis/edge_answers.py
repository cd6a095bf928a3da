"""Hearing how an HTTP edge answers, to count or to log it."""

import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

FAILED = 500
LEFT = 499  # as nginx says it: the caller went away before there was an answer
Heard = Callable[[Scope, int, float], None]
"""Takes a request's scope, the status of its answer, and how many seconds it took."""


class HeardEdge:
    """An ASGI app around another one."""

    def __init__(self, app: ASGIApp, heard: Heard) -> None:
        self._app = app
        self._heard = heard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and tell how it was answered; what fails without an answer is a 500."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, answered, otherwise = time.perf_counter(), None, FAILED

        async def noting(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
            otherwise = LEFT
        finally:
            self._heard(scope, answered or otherwise, time.perf_counter() - began)
