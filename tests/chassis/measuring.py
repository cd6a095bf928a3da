"""An application that says how long the body was: served in a process of its own by test_bodies."""

from datetime import timedelta

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from chassis.bodies import BodyTooLarge, read_body

LIMIT = 256 * 1024


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body's length, or that it is too large."""
    try:
        answer = PlainTextResponse(str(len(await read_body(receive, LIMIT, timedelta(seconds=5)))))
    except BodyTooLarge:
        answer = PlainTextResponse("too large", 413, {"Connection": "close"})
    await answer(scope, receive, send)
