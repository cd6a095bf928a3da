"""Kept connections: those that idle are closed in time, those in use stay."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from chassis.http_protocol import HttpProtocol
from chassis.service import Server
from devstack.engines.server import free_port

KEPT = 0.5
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    number = free_port()
    config = uvicorn.Config(
        PlainTextResponse("yes"),
        port=number,
        http=HttpProtocol,
        timeout_keep_alive=KEPT,  # type: ignore[arg-type] # seconds; a fraction of one does as well
        lifespan="off",
        log_config=None,
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield number
    server.should_exit = True
    await serving


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(REQUEST)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert await reader.readexactly(3) == b"yes"


async def test_a_connection_that_idles_is_closed_and_one_that_is_used_is_kept(port: int) -> None:
    loop = asyncio.get_running_loop()
    idle, used = await asyncio.open_connection("127.0.0.1", port), await asyncio.open_connection("127.0.0.1", port)
    await ask(*idle)
    began = loop.time()
    while loop.time() - began < 2.5 * KEPT:
        await ask(*used)
        await asyncio.sleep(KEPT / 5)

    assert idle[0].at_eof()
    assert not used[0].at_eof()
    async with asyncio.timeout(3 * KEPT):
        assert await used[0].read() == b"", "closed by the server once it idles"
    for _, writer in (idle, used):
        writer.close()
