"""The least HTTP/1.1 that a benchmark needs, so that its own cost stays out of the figures."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Self, cast

END = b"\r\n\r\n"
REASONS = {200: b"OK", 201: b"Created", 404: b"Not Found", 503: b"Service Unavailable"}


@dataclass(frozen=True)
class Request:
    """One request; the head is as it came."""

    method: str
    path: str
    head: bytes
    body: bytes

    def header(self, name: bytes) -> str:
        """A header's value, empty where there is none; the name in lower case."""
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == name:
                return value.strip().decode()
        return ""


Answer = Callable[[Request], bytes | Awaitable[bytes]]


def answer(body: bytes, status: int = 200) -> bytes:
    """A whole JSON answer."""
    head = b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (status, REASONS[status], len(body)) + body


async def serve(respond: Answer, port: int) -> asyncio.Server:
    """Serve on this machine alone."""
    return await asyncio.get_running_loop().create_server(lambda: _Conversation(respond), "127.0.0.1", port)


class _Conversation(asyncio.Protocol):
    """One client that sends a request after the other."""

    def __init__(self, respond: Answer) -> None:
        self._respond = respond
        self._received = b""
        self._transport: asyncio.Transport | None = None
        self._tasks: set[asyncio.Future[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by name

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (request := self._next()) is not None:
            said = self._respond(request)
            if isinstance(said, bytes):
                self._write(said)
            else:
                task = asyncio.ensure_future(self._later(said))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def _next(self) -> Request | None:
        head, found, rest = self._received.partition(END)
        if not found:
            return None
        length = content_length(head)
        if len(rest) < length:
            return None
        self._received = rest[length:]
        method, path, _ = head[: head.index(b"\r\n")].decode().split(" ")
        return Request(method, path, head, rest[:length])

    async def _later(self, said: Awaitable[bytes]) -> None:
        self._write(await said)

    def _write(self, said: bytes) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            self._transport.write(said)


def content_length(head: bytes) -> int:
    """The length that a head announces; 0 where it announces none."""
    at = head.lower().find(b"\r\ncontent-length:")
    return 0 if at < 0 else int(head[at + 17 :].partition(b"\r\n")[0])


class Connection(asyncio.Protocol):
    """One kept connection to a server on this machine, for one request at a time."""

    def __init__(self) -> None:
        self._received = b""
        self._answered: asyncio.Future[tuple[int, bytes]] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def to(cls, port: int) -> Self:
        """Connect."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Send a whole request; give status and body."""
        assert self._transport is not None
        self._answered = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answered

    def close(self) -> None:
        """Hang up."""
        assert self._transport is not None
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by name

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(END)
        if found and self._answered and len(body) >= content_length(head):
            self._received = b""
            self._answered.set_result((int(head[9:12]), body))

    def connection_lost(self, _: Exception | None) -> None:
        if self._answered and not self._answered.done():
            self._answered.set_exception(ConnectionResetError("the server hung up without an answer"))


def post(path: str, port: int, body: bytes, authorization: str) -> bytes:
    """A POST of JSON as bytes."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"Authorization: {authorization}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
