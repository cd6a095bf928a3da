"""What one source may send: how often, how much, and how slowly."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.bodies import BodyBroken, BodyTooLarge, BodyTooSlow, read_body
from tenant_registry.http.problem import Refusal
from tenant_registry.http.source import source_of

HOOKS = "/v1/hooks/"
SOURCES_REMEMBERED = 10_000
BURST = timedelta(seconds=20)  # how many seconds' worth may come at once


class Bucket:
    """Tokens of one source: they come back with time."""

    def __init__(self, size: float, now: float) -> None:
        self.tokens = size
        self.at = now


class RateLimit:
    """Turns away a source that asks too often; the oldest sources are forgotten first."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_minute / 60
        self._size = max(1.0, self._rate * BURST.total_seconds())
        self._clock = clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def wait(self, source: str) -> float:
        """Take a token; give the seconds to wait where there is none, else 0."""
        now = self._clock()
        bucket = self._buckets.setdefault(source, Bucket(self._size, now))
        self._buckets.move_to_end(source)
        if len(self._buckets) > SOURCES_REMEMBERED:
            self._buckets.popitem(last=False)
        bucket.tokens = min(self._size, bucket.tokens + (now - bucket.at) * self._rate)
        bucket.at = now
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / self._rate
        bucket.tokens -= 1
        return 0


@dataclass(frozen=True)
class Bounds:
    """What requests of one kind may be like."""

    rate: RateLimit
    biggest_body: int


class Limits:
    """ASGI middleware: rate, then body; what passes has its whole body in memory."""

    def __init__(self, app: ASGIApp, usual: Bounds, hooks: Bounds, patience: timedelta) -> None:
        self._app = app
        self._usual = usual
        self._hooks = hooks
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bounds = self._hooks if scope["path"].startswith(HOOKS) else self._usual
        try:
            _keep_pace(scope, bounds.rate)
            body = await self._read(receive, bounds.biggest_body)
        except BodyBroken:
            return
        except Refusal as refusal:
            await refusal.response()(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    async def _read(self, receive: Receive, biggest: int) -> bytes:
        try:
            return await read_body(receive, biggest, self._patience)
        except BodyTooLarge:
            detail = f"The body is larger than {biggest} bytes, which is the most that this address takes: send less."
            raise Refusal(413, "too-large", detail, {"Connection": "close"}) from None
        except BodyTooSlow:
            detail = "The body took too long to arrive: send the request again."
            raise Refusal(408, "too-slow", detail, {"Connection": "close"}) from None


def _keep_pace(scope: Scope, rate: RateLimit) -> None:
    wait = rate.wait(source_of(scope))
    if wait:
        seconds = max(1, round(wait))
        detail = f"Too many requests from your address: wait {seconds} s and try again."
        raise Refusal(429, "too-many-requests", detail, {"Retry-After": str(seconds)})


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return messages.pop() if messages else await receive()

    return replay
