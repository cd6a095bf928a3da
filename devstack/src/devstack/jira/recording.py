"""Keeps every request that Jira received, so that tests can look at what was sent."""

import json
import re
import time
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, QueryParams
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from devstack.jira.faults import RAW_SEND
from devstack.jira.model import Json
from devstack.jira.oauth import FORM
from devstack.jira.state import State

MAX_BODY = 10_000_000
HIDDEN = "***"
OAUTH_SECRETS = re.compile(r'(oauth_(?:token|verifier|signature|session_handle))="[^"]*"')
SECRET_FIELDS = {"oauth_token", "oauth_verifier", "state", "code", "code_verifier", "client_secret", "refresh_token"}
SECRET_FIELDS |= {"os_destination"}  # it repeats the query of the page that sent the browser to log in
WEBHOOK_SECRET = re.compile(r'("secret"\s*:\s*)"(?:\\.|[^"\\])*"', re.IGNORECASE)


class Recorder:
    """ASGI middleware, the outermost one: it also keeps uvicorn's own `send`."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app = app
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _whole_body(receive)
        if len(body) > MAX_BODY:
            await PlainTextResponse("Request Entity Too Large", 413)(scope, receive, send)
            return
        record = _record(scope, body, self._state)
        self._state.requests.append(record)
        self._state.counters[f"{record['method']} {record['path']}"] += 1
        started = time.perf_counter()

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                record["status"] = message["status"]
            await send(message)

        scope[RAW_SEND] = send
        try:
            await self._app(scope, _replay(body, receive), note)
        finally:
            record["milliseconds"] = round((time.perf_counter() - started) * 1000, 1)


async def _whole_body(receive: Receive) -> bytes:
    body = b""
    while len(body) <= MAX_BODY:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body


def _replay(body: bytes, receive: Receive) -> Receive:
    """Hand the body out once more; what comes after it is the server's to tell."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return pending.pop() if pending else await receive()

    return replay


def _record(scope: Scope, body: bytes, state: State) -> Json:
    query = QueryParams(scope["query_string"])
    return {
        "at": state.now().isoformat(),
        "method": scope["method"],
        "path": scope["path"],
        "query": {name: HIDDEN if name in SECRET_FIELDS else query.getlist(name) for name in query},
        "headers": _without_secrets(Headers(scope=scope)),
        "body": _body(body, scope["path"], Headers(scope=scope).get("content-type", "")),
        "status": None,
    }


def _without_secrets(headers: Headers) -> dict[str, str]:
    shown = {name: value for name, value in headers.items() if name != "cookie"}
    authorization = shown.get("authorization", "")
    if authorization.startswith("OAuth "):
        shown["authorization"] = OAUTH_SECRETS.sub(rf'\1="{HIDDEN}"', authorization)
    elif authorization:
        shown["authorization"] = f"{authorization.split(' ')[0]} {HIDDEN}"
    return shown


def _body(body: bytes, path: str, kind: str) -> object:
    """The JSON value, or the text, or None; without the secrets of a form or a webhook."""
    text = body.decode("utf-8", "replace")
    if kind.startswith(FORM):
        return {name: HIDDEN if name in SECRET_FIELDS else value for name, value in parse_qsl(text)}
    if "webhook" in path:
        text = WEBHOOK_SECRET.sub(rf'\1"{HIDDEN}"', text)
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text
