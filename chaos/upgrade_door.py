"""The door of a service with several replicas: passes each HTTP request to the next one, as an Ingress does."""

import asyncio
import socket
from typing import Any

import httpx
import uvicorn

from chassis.service import Server
from devstack.engines.server import HOST

PATIENCE = 60.0
OF_ONE_CONNECTION = {b"connection", b"keep-alive", b"transfer-encoding", b"date", b"server"}


class Door:
    """An ASGI app on a port of its own; takes a new connection per request, so that none ends under a request."""

    def __init__(self) -> None:
        self.requests = 0
        self.failed = 0
        """Requests that no replica answered."""
        self._ports: list[int] = []
        self._http = httpx.AsyncClient(
            timeout=PATIENCE, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )
        self._server = Server(
            uvicorn.Config(self, log_config=None, access_log=False, lifespan="off", server_header=False)
        )
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Open; gives the port."""
        listener = socket.create_server((HOST, 0), backlog=200)
        self._serving = asyncio.create_task(self._server.serve([listener]))
        port: int = listener.getsockname()[1]
        return port

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._serving:
            await self._serving
        await self._http.aclose()

    def add(self, port: int) -> None:
        """A replica that is ready gets requests from now on."""
        self._ports.append(port)

    def remove(self, port: int) -> None:
        """A replica that is going to end gets no more."""
        self._ports.remove(port)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while (part := await receive())["type"] == "http.request":
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        self.requests += 1
        try:
            status, headers, content = await self._pass(scope, body)
        except httpx.TransportError as error:
            self.failed += 1
            status, headers, content = 502, [], f"no replica answered: {type(error).__name__}".encode()
        kept = [(name, value) for name, value in headers if name.lower() not in OF_ONE_CONNECTION]
        await send({"type": "http.response.start", "status": status, "headers": kept})
        await send({"type": "http.response.body", "body": content})

    async def _pass(self, scope: dict[str, Any], body: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        if not self._ports:
            raise httpx.ConnectError("no replica is ready")
        self._ports.append(port := self._ports.pop(0))
        path = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        url = httpx.URL(scheme="http", host=HOST, port=port, raw_path=path)
        headers = [(name, value) for name, value in scope["headers"] if name not in OF_ONE_CONNECTION]
        async with self._http.stream(scope["method"], url, content=body, headers=headers) as answer:
            content = b"".join([part async for part in answer.aiter_raw()])
            return answer.status_code, answer.headers.raw, content
