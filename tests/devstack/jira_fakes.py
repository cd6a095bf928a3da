"""For the simulated Jira: a consumer that signs with oauthlib's client side, a browser, a webhook receiver."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from oauthlib.oauth1 import SIGNATURE_RSA_SHA1, Client
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from devstack.jira.app import create_app
from devstack.jira.state import State

BASE = "http://jira.test"
CALLBACK = "https://bridge.test/oauth/callback"
CONSUMER = "bridge-test"
SERVLET = "/plugins/servlet/oauth"
CHANGING = {"X-Atlassian-Token": "no-check"}
REPOSITORY = Path(__file__).parents[2]


def reference(name: str) -> Path:
    """A file of the reference data, or skip."""
    root = Path(os.environ.get("BRIDGE_REFERENCE_DATA", REPOSITORY.parent / "shared/reference/data"))
    if not (root / name).exists():
        pytest.skip(f"no reference data at {root / name} (BRIDGE_REFERENCE_DATA)")
    return root / name


@cache
def key_pair(name: str = "first") -> tuple[str, str]:
    """Private and public PEM; the same for the same name, because making one is slow."""
    del name
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return private, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.moved = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.moved


class Consumer:
    """The far end of an application link, in the same process as Jira or not."""

    def __init__(self, http: httpx.AsyncClient, base_url: str = BASE) -> None:
        self.http = http
        self.base_url = base_url
        self.key = CONSUMER
        self.private_key = key_pair()[0]
        self.token: str | None = None
        self.signing: dict[str, Any] = {"signature_method": SIGNATURE_RSA_SHA1}

    def signed(self, method: str, url: str, **oauth: Any) -> dict[str, str]:
        """The Authorization header for a request."""
        client = Client(self.key, rsa_key=self.private_key, **(self.signing | oauth))
        _, headers, _ = client.sign(url, method)
        return dict(headers)

    async def post_servlet(self, name: str, **oauth: Any) -> httpx.Response:
        url = f"{self.base_url}{SERVLET}/{name}"
        return await self.http.post(url, headers=self.signed("POST", url, **oauth))

    async def request_token(self, callback: str = CALLBACK) -> str:
        answer = await self.post_servlet("request-token", callback_uri=callback)
        assert answer.status_code == 200, answer.text
        form = dict(parse_qsl(answer.text))
        assert form["oauth_callback_confirmed"] == "true"
        return form["oauth_token"]

    async def connect(self, user: str = "ada") -> dict[str, str]:
        """The whole dance; returns the access token's form and uses the token from now on."""
        token = await self.request_token()
        verifier = (await Browser(self.http, self.base_url, user).decide(token, "approve"))["oauth_verifier"]
        answer = await self.post_servlet("access-token", resource_owner_key=token, verifier=verifier)
        assert answer.status_code == 200, answer.text
        form = dict(parse_qsl(answer.text))
        self.token = form["oauth_token"]
        return form

    async def call(self, method: str, path: str, body: Any = None, **params: Any) -> httpx.Response:
        """A signed REST v2 call."""
        request = self.http.build_request(method, f"{self.base_url}/rest/api/2{path}", json=body, params=params or None)
        request.headers.update(self.signed(method, str(request.url), resource_owner_key=self.token))
        if method != "GET":
            request.headers.update(CHANGING)
        return await self.http.send(request)


class Browser:
    """A person who is logged in at Jira and presses a button."""

    def __init__(self, http: httpx.AsyncClient, base_url: str = BASE, user: str = "ada") -> None:
        self._http = http
        self._url = f"{base_url}{SERVLET}/authorize"
        self._cookie = {"Cookie": f"simulated_user={user}"}

    async def open(self, token: str) -> httpx.Response:
        return await self._http.get(self._url, params={"oauth_token": token}, headers=self._cookie)

    async def press(self, token: str, button: str) -> httpx.Response:
        form = {"oauth_token": token, button: "pressed"}
        return await self._http.post(self._url, data=form, headers=self._cookie)

    async def decide(self, token: str, button: str) -> dict[str, str]:
        """Open the page, press `approve` or `deny`; returns what the callback is told."""
        page = await self.open(token)
        assert page.status_code == 200
        assert f"name='{button}'" in page.text
        answer = await self.press(token, button)
        assert answer.status_code == 302
        assert answer.headers["location"].startswith(CALLBACK)
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


class Receiver:
    """Takes webhooks and remembers them."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.heard: list[dict[str, Any]] = []
        self.raw: list[bytes] = []
        self.urls: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.app = Starlette(routes=[Route("/hook", self._hook, methods=["POST"])])

    async def _hook(self, request: Request) -> Response:
        self.raw.append(await request.body())
        self.heard.append(await request.json() if self.raw[-1] else {})
        self.urls.append(str(request.url))
        self.headers.append(dict(request.headers))
        return Response("heard", self.status)


class Jira:
    """A simulated Jira in this process, with one consumer registered, and ways to reach it."""

    def __init__(self, base_url: str = BASE, version: str = "8.20.7", receiver: Receiver | None = None) -> None:
        self.clock = Clock()
        self.state = State(base_url, version, now=self.clock)
        self.receiver = receiver or Receiver()
        self.app = create_app(self.state, httpx.ASGITransport(self.receiver.app))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=base_url)
        self.consumer = Consumer(self.http, base_url)

    async def control(self, method: str, path: str, /, **body: Any) -> Any:
        origin = f"{urlsplit(self.state.base_url).scheme}://{urlsplit(self.state.base_url).netloc}"
        answer = await self.http.request(method, f"{origin}/_control{path}", json=body or None)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def issue(self, key: str) -> Any:
        return next(issue for issue in (await self.control("GET", "/state"))["issues"] if issue["key"] == key)

    async def as_user(self, name: str) -> httpx.AsyncClient:
        """A client that calls with this user's personal access token, and so without signatures."""
        await self.control("PUT", f"/users/{name}", personalAccessToken=f"pat-of-{name}")
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url=f"{self.state.base_url}/rest/api/2/",
            headers={"Authorization": f"Bearer pat-of-{name}", **CHANGING},
        )


@asynccontextmanager
async def running_jira(base_url: str = BASE, version: str = "8.20.7") -> AsyncIterator[Jira]:
    jira = Jira(base_url, version)
    await jira.control("PUT", f"/consumers/{CONSUMER}", publicKey=key_pair()[1], name="Bridge")
    yield jira
    await jira.http.aclose()
