"""What is too large is refused so that the sender sees the refusal, on a real socket too."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from starlette.types import Message
from tests.chassis.measuring import LIMIT

from chassis.bodies import THROWN_AWAY, BodyBroken, BodyTooLarge, BodyTooSlow, read_body
from devstack.engines.server import free_port

ROOT = Path(__file__).parents[2]
SOON = timedelta(seconds=0.05)


@contextmanager
def served() -> Iterator[str]:
    """Serve in a process of its own: only then does the sender still send while the server closes."""
    port = free_port()
    options = ("--http", "httptools", "--loop", "uvloop", "--port", str(port), "--log-level", "critical")
    with subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "tests.chassis.measuring:app", *options], cwd=ROOT
    ) as server:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


async def answers(url: str, body: bytes, times: int) -> set[tuple[int, str]]:
    async with httpx.AsyncClient(trust_env=False, transport=httpx.AsyncHTTPTransport(retries=10)) as http:
        given = [await http.post(url, content=body) for _ in range(times)]
    return {(answer.status_code, answer.text) for answer in given}


async def pieces(*sent: Message) -> bytes:
    coming = list(sent)

    async def receive() -> Message:
        if not coming:
            await asyncio.sleep(60)
        return coming.pop(0)

    return await read_body(receive, 10, SOON)


def piece(body: bytes, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_who_sends_too_much_at_once_still_reads_the_answer() -> None:
    with served() as url:
        assert await answers(url, b"x" * (LIMIT + THROWN_AWAY), times=30) == {(413, "too large")}


async def test_a_body_of_the_limit_arrives_whole() -> None:
    with served() as url:
        assert await answers(url, b"x" * LIMIT, times=1) == {(200, str(LIMIT))}


async def test_what_never_ends_is_not_read_for_ever() -> None:
    read = 0

    async def endless() -> Message:
        nonlocal read
        read += 1
        return piece(b"x" * 1024 * 1024)

    with pytest.raises(BodyTooLarge):
        await read_body(endless, 10, timedelta(seconds=5))
    assert read == THROWN_AWAY // (1024 * 1024) + 1


async def test_pieces_become_one_body() -> None:
    assert await pieces(piece(b"12345"), piece(b""), piece(b"67890", more=False)) == b"1234567890"


async def test_a_body_that_stops_is_slow_and_one_whose_sender_left_is_broken() -> None:
    with pytest.raises(BodyTooSlow):
        await pieces(piece(b"1"))
    with pytest.raises(BodyBroken):
        await pieces(piece(b"1"), {"type": "http.disconnect"})
