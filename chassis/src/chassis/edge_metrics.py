"""Counting what an HTTP edge answers: by class of status, never by path, which callers choose."""

import time
from functools import cache
from typing import Any

from chassis.metrics import Metrics


class CountedEdge:
    """An ASGI app around another one."""

    def __init__(self, app: Any, metrics: Metrics) -> None:
        self._app = app
        self._requests = cache(metrics.http_requests.labels)
        self._seconds = metrics.http_seconds

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, and count how it was answered; what fails without an answer is a 500."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noting(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._requests(f"{status // 100}xx").inc()
            self._seconds.observe(time.perf_counter() - began)
