"""Faults on demand: what a real Jira, or the proxy before it, does on a bad day."""

import asyncio
import re
import socket
import struct
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Kind = Literal["slow", "status", "html_login", "revoked", "oversized", "reset", "lost_answer", "redirect"]
CLOSE_WITH_RESET = struct.pack("ii", 1, 0)
LOGIN_PAGE = "<html><head><title>Log in - Jira</title></head><body><form id='login-form'></form></body></html>"
RAW_SEND = "devstack.raw_send"
"""Where the outermost middleware leaves uvicorn's own `send`, the only way to the connection."""
_ids = count(1)


@dataclass
class Fault:
    """What happens to the next `times` requests whose path matches; `times` None means until it is cleared.

    slow: answers after `seconds` · status: answers `status` (with `retry_after`, `body`) · html_login: 200 with a
    login page · revoked: 401 token_rejected · oversized: 200 with `size` bytes of JSON · reset: the connection
    breaks, nothing was done · lost_answer: all was done, then the connection breaks · redirect: 302 to `location`.
    """

    match: str
    kind: Kind
    method: str | None = None
    times: int | None = 1
    seconds: float = 1.0
    status: int = 503
    retry_after: int | None = None
    body: object = None
    size: int = 20_000_000
    location: str = "http://169.254.169.254/latest/meta-data/"
    id: int = field(default_factory=lambda: next(_ids), init=False)

    def __post_init__(self) -> None:
        try:
            re.compile(self.match)
        except re.error as error:
            raise ValueError(f"match is no regular expression: {error}") from error

    def hits(self, method: str, path: str) -> bool:
        return (
            self.times != 0
            and (self.method is None or self.method.upper() == method)
            and re.search(self.match, path) is not None
        )


class Faulty:
    """ASGI middleware that lets the faults happen, oldest first, one per request."""

    def __init__(self, app: ASGIApp, faults: list[Fault]) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._take(scope["method"], scope["path"])
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            await self._app(scope, receive, send)
        elif fault.kind == "reset":
            await _break_connection(scope)
        elif fault.kind == "lost_answer":
            await self._app(scope, receive, _nowhere)
            await _break_connection(scope)
        else:
            await _answer(fault)(scope, receive, send)

    def _take(self, method: str, path: str) -> Fault | None:
        fault = next((fault for fault in self._faults if fault.hits(method, path)), None)
        if fault is not None and fault.times is not None:
            fault.times -= 1
        return fault


def _answer(fault: Fault) -> Response:
    match fault.kind:
        case "html_login":
            return HTMLResponse(LOGIN_PAGE, headers={"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"})
        case "revoked":
            return Response(status_code=401, headers={"WWW-Authenticate": 'OAuth oauth_problem="token_rejected"'})
        case "oversized":
            return Response(b'{"padding":"' + b"x" * (fault.size - 14) + b'"}', media_type="application/json")
        case "redirect":
            return RedirectResponse(fault.location, status_code=302)
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.status == 429:
        headers["X-RateLimit-Remaining"] = "0"
    if fault.body is not None:
        return JSONResponse(fault.body, fault.status, headers)
    return HTMLResponse(f"<html><body>HTTP Status {fault.status}</body></html>", fault.status, headers)


async def _nowhere(_message: Message) -> None:
    """Swallow an answer."""


async def _break_connection(scope: Scope) -> None:
    """Break the TCP connection that uvicorn serves; without uvicorn the caller gets the exception itself."""
    transport = getattr(getattr(scope.get(RAW_SEND), "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("the simulated Jira broke the connection")
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSE_WITH_RESET)
    transport.abort()
    await asyncio.sleep(0.01)  # uvicorn must have seen the loss before we return, or it would answer 500
