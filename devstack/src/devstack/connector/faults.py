"""Faults on demand: the next so many calls of a kind fail, or are slow."""

import asyncio
import json
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response

BLOCKED = {
    "errorCode": 209,
    "message": json.dumps({"subCode": "MessageWritesBlocked", "details": "The user has blocked the bot."}),
}
BODIES: dict[int, dict[str, object]] = {
    403: dict(BLOCKED),
    412: {"error": {"code": "PreconditionFailed", "message": "The resource changed at the same time; try again."}},
    429: {"error": {"code": "Throttled", "message": "Too many requests."}},
    502: {"error": {"code": "BadGateway", "message": "A service behind the Connector failed."}},
    504: {"error": {"code": "GatewayTimeout", "message": "A service behind the Connector did not answer."}},
}


@dataclass
class Fault:
    """What goes wrong: `on` is send, create, update, delete, members, token, openid, keys or any.

    `status` 200 with a `delay` is only slow. `late` does the work and then fails, as when an answer is lost on its way.
    """

    status: int
    on: str = "send"
    times: int = 1
    retry_after: float | None = None
    delay: float = 0.0
    conversation: str | None = None
    late: bool = False


class Faults:
    """The faults still to come, in order."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let this happen to the next calls that fit."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Let nothing more go wrong."""
        self._waiting.clear()

    async def take(self, operation: str, thread: str = "") -> Fault | None:
        """The fault that hits this call, after its delay, if one does."""
        for fault in self._waiting:
            if fault.on in (operation, "any") and fault.conversation in (None, thread):
                self._count(fault)
                await asyncio.sleep(fault.delay)
                return fault if fault.status != 200 else None
        return None

    def _count(self, fault: Fault) -> None:
        fault.times -= 1
        if fault.times <= 0:
            self._waiting.remove(fault)


def answer(fault: Fault) -> Response:
    """The fault as the Connector would word it."""
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    body = BODIES.get(fault.status, {"error": {"code": "ServiceError", "message": "Unknown"}})
    return JSONResponse(body, fault.status, headers)
