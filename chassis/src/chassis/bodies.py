"""Bodies of HTTP requests, read whole: bounded in size and in time."""

from datetime import timedelta

from starlette.types import Receive

from chassis.patience import Patience

# Of a body that is too large this much is read and thrown away: who is still sending when the connection closes never
# sees the answer (RFC 9112 section 9.6).
THROWN_AWAY = 4 * 1024 * 1024


class BodyTooLarge(Exception):
    """The body has more bytes than are taken."""


class BodyTooSlow(Exception):
    """The body did not arrive in time."""


class BodyBroken(Exception):
    """The peer went away in the middle of the body."""


async def read_body(receive: Receive, biggest: int, patience: timedelta) -> bytes:
    """Give the body, of `biggest` bytes at most.

    Raises BodyTooLarge, BodyTooSlow, BodyBroken.
    """
    body, size, more = bytearray(), 0, True
    try:
        with Patience(patience):
            while more and size <= biggest + THROWN_AWAY:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise BodyBroken
                piece = message.get("body", b"")
                size += len(piece)
                if size <= biggest:
                    body += piece
                more = message.get("more_body", False)
    except TimeoutError:
        raise BodyTooSlow from None
    if size > biggest:
        raise BodyTooLarge
    return bytes(body)
