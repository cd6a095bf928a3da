"""The far end of an OAuth 2.0 link to the simulated Jira: authlib's client, and a person's browser."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from authlib.integrations.httpx_client import AsyncOAuth2Client
from tests.devstack.jira_fakes import CALLBACK, CHANGING, Jira

BASE = "https://jira.test"
AUTHORIZE = f"{BASE}/rest/oauth2/latest/authorize"
TOKEN = f"{BASE}/rest/oauth2/latest/token"
CLIENT = "bridge-client"
VERIFIER = "a-code-verifier-of-at-least-forty-three-characters"
HIDDEN = re.compile(r"<input type='hidden' name='([^']*)' value='([^']*)'>")


class Application:
    """What was linked to Jira; `secret` is what Jira's form showed."""

    def __init__(self, jira: Jira, secret: str) -> None:
        self.jira = jira
        self.secret = secret
        self.client = AsyncOAuth2Client(
            CLIENT,
            secret,
            token_endpoint_auth_method="client_secret_post",
            redirect_uri=CALLBACK,
            scope="WRITE",
            code_challenge_method="S256",
            transport=httpx.ASGITransport(jira.app),
        )

    async def open(self, user: str | None = "ada", **changed: str | None) -> httpx.Response:
        """Open the address to which a person would be sent; `changed` replaces or (None) leaves out a parameter."""
        url, _ = self.client.create_authorization_url(AUTHORIZE, state="the-state", code_verifier=VERIFIER)
        query = dict(parse_qsl(urlsplit(url).query)) | changed
        shown = {name: value for name, value in query.items() if value is not None}
        return await self.jira.http.get(AUTHORIZE, params=shown, headers=cookie(user))

    async def press(self, page: httpx.Response, button: str, user: str = "ada") -> httpx.Response:
        """Send the page's form."""
        fields = {unescape(name): unescape(value) for name, value in HIDDEN.findall(page.text)}
        return await self.jira.http.post(AUTHORIZE, data=fields | {button: "pressed"}, headers=cookie(user))

    async def code(self, user: str = "ada", **changed: str | None) -> str:
        """What the callback is told after Allow."""
        page = await self.open(user, **changed)
        assert page.status_code == 200, page.text
        return told(await self.press(page, "approve", user))["code"]

    async def connect(self, user: str = "ada") -> dict[str, Any]:
        """The whole dance; the token's answer."""
        code = await self.code(user)
        return dict(await self.client.fetch_token(TOKEN, code=code, code_verifier=VERIFIER, redirect_uri=CALLBACK))

    async def swap(self, code: str, /, **changed: str | None) -> httpx.Response:
        """A code for tokens; `changed` replaces or (None) leaves out a field."""
        fields = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
        return await self.ask(**(fields | changed))

    async def refresh(self, refresh_token: str, /, **changed: str | None) -> httpx.Response:
        """A refresh as Data Center wants it, but for what is `changed`."""
        return await self.ask(**({"grant_type": "refresh_token", "refresh_token": refresh_token} | changed))

    async def ask(self, **fields: str | None) -> httpx.Response:
        """Call the token endpoint with these fields and those that it always wants."""
        always = {"client_id": CLIENT, "client_secret": self.secret, "redirect_uri": CALLBACK}
        shown = {name: value for name, value in (always | fields).items() if value is not None}
        return await self.jira.http.post(TOKEN, data=shown)

    async def call(
        self, token: str, method: str = "GET", path: str = "/rest/api/2/myself", **more: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", **CHANGING}
        return await self.jira.http.request(method, f"{BASE}{path}", headers=headers, **more)


def cookie(user: str | None) -> dict[str, str]:
    return {} if user is None else {"Cookie": f"simulated_user={user}"}


def told(answer: httpx.Response) -> dict[str, str]:
    """What the browser brings to the callback."""
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(f"{CALLBACK}?")
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


@asynccontextmanager
async def linked(version: str = "9.12.0", **link: Any) -> AsyncIterator[Application]:
    """A Jira with one OAuth 2.0 link."""
    jira = Jira(BASE, version)
    made = await jira.control(
        "PUT", f"/oauth2-clients/{CLIENT}", **({"name": "Bridge", "redirectUrl": CALLBACK, "pkceRequired": True} | link)
    )
    application = Application(jira, made["clientSecret"])
    yield application
    await application.client.aclose()
    await jira.http.aclose()
