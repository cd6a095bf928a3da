"""What a service serves: nothing that a caller says of himself changes who he is."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from chassis.service import _server
from devstack.engines.server import free_port

FORGED = {
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "elsewhere.example",
    "Forwarded": "for=192.0.2.1;proto=https",
}


async def who_calls(scope: Scope, receive: Receive, send: Send) -> None:
    """Say whom the server takes the caller for."""
    request = Request(scope)
    assert request.client is not None
    told = JSONResponse({"client": request.client.host, "scheme": request.url.scheme})
    await told(scope, receive, send)


@pytest.fixture
async def edge() -> AsyncIterator[str]:
    """An application served as a service serves its own, called from an address that uvicorn would trust."""
    port = free_port()
    server = _server(who_calls, "127.0.0.1", port)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


async def test_a_caller_is_whom_the_socket_says_whatever_the_headers_say(edge: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        answers = [(await http.get(edge)).json(), (await http.get(edge, headers=FORGED)).json()]

    assert answers == [{"client": "127.0.0.1", "scheme": "http"}] * 2
