"""The far sides, Jira and Teams, in this process: every secret that goes to or comes from them is remembered."""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
import uvicorn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from tests.flows.canaries import Canaries

from devstack.connector.app import Connector
from devstack.connector.settings import ConnectorSettings
from devstack.engines.server import HOST, free_port
from devstack.jira.app import create_app
from devstack.jira.state import State
from jira_actor.check_authentication import NO_CODE, NO_VERIFIER

SECRETS = {
    "access_token": "access token",
    "client_secret": "client secret",
    "clientSecret": "client secret",
    "code": "authorization code",
    "code_verifier": "PKCE verifier",
    "oauth_token_secret": "token secret",
    "oauth_verifier": "OAuth verifier",
    "personalAccessToken": "personal access token",
    "refresh_token": "refresh token",
    "secret": "webhook secret",
    "state": "state",
}
"""Names of fields, in JSON, forms and queries, and what they hold."""
BY_PATH = {
    ("/request-token", "oauth_token"): "request token",
    ("/access-token", "oauth_token"): "access token",
    ("/personal-access-tokens", "token"): "personal access token",
    ("/verify_state", "state"): "verify code",
}
SIGNATURE = re.compile(r'oauth_signature="([^"]+)"')
NOT_SECRET = {"denied", "active", NO_CODE, NO_VERIFIER}
"""What stands in such a field and opens nothing."""
OF_THE_CONNECTION = {"host", "connection", "content-length", "content-encoding", "transfer-encoding", "accept-encoding"}


@dataclass
class Tap:
    """ASGI middleware that remembers what Bridge, browsers and tests exchange with a far side."""

    app: ASGIApp
    canaries: Canaries
    echoes: list[tuple[str, int]] = field(default_factory=list)
    """Ends of paths, each to be answered once with this status and with all that was sent: as bad proxies do."""
    as_vault: bool = False
    """Whether what is echoed stands where Vault says what is wrong."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        asked, answered = bytearray(), bytearray()
        self._headers(scope["headers"])
        self._query(scope["query_string"].decode())

        async def hear() -> Message:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def say(message: Message) -> None:
            self._headers(message.get("headers", []))
            answered.extend(message.get("body", b""))
            if not message.get("more_body") and message["type"] == "http.response.body":
                self._bodies(scope["path"], asked, answered)  # before the answer is out
            await send(message)

        echoed = next((one for one in self.echoes if scope["path"].endswith(one[0])), None)
        if echoed is None:
            await self.app(scope, hear, say)
        else:
            self.echoes.remove(echoed)
            while (await hear()).get("more_body"):
                pass
            self._bodies(scope["path"], asked)
            await _echo(echoed[1], scope, asked, as_vault=self.as_vault)(scope, receive, send)

    def _headers(self, headers: Any) -> None:
        for name, value in ((bytes(name).lower(), bytes(value).decode("latin-1")) for name, value in headers):
            if name == b"authorization":
                self.authorization(value)
            if name == b"location":
                self._query(urlsplit(value).query)

    def authorization(self, value: str) -> None:
        """Remember what lets a call in."""
        scheme, _, token = value.partition(" ")
        if scheme == "Bearer":
            self.canaries.remember("bearer token", token)
        self.canaries.remember("OAuth signature", *(unquote(one) for one in SIGNATURE.findall(value)))

    def _query(self, query: str) -> None:
        self._fields("", parse_qsl(query))

    def _bodies(self, path: str, *bodies: bytearray) -> None:
        for body in bodies:
            text = body.decode("utf-8", "replace")
            try:
                self._fields(path, list(_pairs(json.loads(text))))
            except ValueError:
                self._fields(path, parse_qsl(text))

    def _fields(self, path: str, pairs: list[tuple[str, Any]]) -> None:
        end = f"/{path.rpartition('/')[2]}"
        for name, value in pairs:
            kind = BY_PATH.get((end, name)) or SECRETS.get(name)
            if kind and isinstance(value, str) and value not in NOT_SECRET:
                self.canaries.remember(kind, value)


def _echo(status: int, scope: Scope, body: bytearray, *, as_vault: bool) -> Response:
    headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
    if as_vault:
        return JSONResponse({"errors": [body.decode("utf-8", "replace"), *headers.values()]}, status)
    return JSONResponse({"error": body.decode("utf-8", "replace"), "errorMessages": [headers]}, status)


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, inner
            yield from _pairs(inner)
    elif isinstance(value, list):
        for one in value:
            yield from _pairs(one)


@dataclass
class Here:
    """A server in a thread of this process; `build` gets its address."""

    name: str
    build: Callable[[str], Tap]
    port: int = field(default_factory=free_port)
    tap: Tap = field(init=False)
    _thread: threading.Thread | None = None
    _server: uvicorn.Server | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Start it and wait until it listens."""
        self.tap = self.build(self.url)
        self._server = uvicorn.Server(
            uvicorn.Config(
                self.tap, host=HOST, port=self.port, log_config=None, access_log=False, timeout_graceful_shutdown=1
            )
        )
        self._thread = threading.Thread(target=self._server.run, name=self.name, daemon=True)
        self._thread.start()
        ends = time.monotonic() + 30
        while not self._server.started:
            assert time.monotonic() < ends, f"{self.name} does not listen"
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it."""
        if self._server and self._thread:
            self._server.should_exit = True
            self._thread.join(10)


def jira(canaries: Canaries, version: str) -> Here:
    """Give a simulated Jira."""
    return Here(f"Jira {version}", lambda url: Tap(create_app(State(url, version)), canaries))


def vault(canaries: Canaries, url: str) -> Here:
    """Give a proxy in front of Vault."""
    http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=30)

    async def passed_on(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        headers = {name: value for name, value in request.headers.items() if name not in OF_THE_CONNECTION}
        body, path = await request.body(), request.url.path
        answer = await http.request(request.method, path, params=request.query_params, content=body, headers=headers)
        own = {name: value for name, value in answer.headers.items() if name not in OF_THE_CONNECTION}
        await Response(answer.content, answer.status_code, own)(scope, receive, send)

    return Here("Vault's proxy", lambda _: Tap(passed_on, canaries, as_vault=True))


def connector(canaries: Canaries, bot_url: str) -> Here:
    """Give a simulated Connector; it shows its own tokens to the bot."""

    def build(url: str) -> Tap:
        async def note(request: httpx.Request) -> None:
            tap.authorization(request.headers["Authorization"])

        http = httpx.AsyncClient(trust_env=False, event_hooks={"request": [note]})
        built = Connector(ConnectorSettings(public_url=url, bot_url=bot_url), http)
        tap = Tap(built.app, canaries)
        return tap

    return Here("Connector", build)
