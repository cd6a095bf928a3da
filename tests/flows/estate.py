"""Three Jiras of one organisation, each with its own way to act as a person: OAuth 1.0a, OAuth 2.0, tokens."""

import asyncio
import hashlib
import json
import re
import secrets
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
from tests.flows.town import NAMES, Town

from bridge import cards
from bridge.demo.browser import Browser
from bridge.demo.environment import Addresses
from bridge.demo.jira_side import JiraSide
from bridge.demo.stack import Service, Stack, Startable
from devstack.connector.posts import Post
from devstack.connector.settings import ConnectorSettings
from devstack.connector.world import World
from devstack.engines.server import HOST, Server, listening
from devstack.process import Process

OPERATOR_TOKEN = secrets.token_urlsafe(32)
OAUTH2, PAT, OAUTH1 = "eu", "us", "old"
"""How people call the three Jiras."""
NEW = "10.3.0"
Registrations = dict[str, dict[str, Any]]
"""What the registration calls answered, by alias; under `checked` the tenant after its checks."""
Invoke = Callable[[str, str, dict[str, Any]], Awaitable[dict[str, Any]]]


@dataclass
class SetUpStack(Stack):
    """All processes, the services with settings of their own (by service, without `BRIDGE_`), and more Jiras."""

    settings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    jiras: dict[str, str] = field(default_factory=dict)
    """Addresses of further simulated Jiras by the aliases that they will have."""

    async def _start(self, layer: Sequence[Startable]) -> None:
        for one in layer:
            if isinstance(one, Service):
                one.env |= {f"BRIDGE_{name}": value for name, value in self.settings.get(one.name, {}).items()}
        await super()._start(layer)

    async def add_jira(self, alias: str) -> None:
        """Start one more, of Jira 10."""

        def process(port: int) -> Process:
            argv = [sys.executable, "-m", "devstack.jira", "--port", str(port), "--version", NEW]
            return Process("jira", argv, None, self.log_of(f"jira-{alias}"))

        jira = Server(f"Jira {alias}", f"http://{HOST}:{{port}}", process, listening)
        await self._start([jira])
        self.jiras[alias] = jira.url


def operated(**registry: str) -> dict[str, dict[str, str]]:
    """Give settings with which there is an operator."""
    return {"tenant-registry": {"OPERATOR_TOKEN_HASH": hashlib.sha256(OPERATOR_TOKEN.encode()).hexdigest(), **registry}}


@dataclass
class Jira:
    """One of the Jiras: how its administrator and we see it."""

    side: JiraSide
    registration: dict[str, Any]

    @property
    def url(self) -> str:
        return self.side.jira_url

    async def control(self, method: str, path: str, **body: Any) -> Any:
        """Use its control API."""
        answer = await self.side.http.request(method, f"{self.url}/_control{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    async def comments(self, text: str) -> list[str]:
        """Give the authors of all comments that say this."""
        issues = (await self.control("GET", "/state"))["issues"]
        return [one["author"] for issue in issues for one in issue["comments"] if one["body"] == text]

    async def asked(self, path: str) -> list[dict[str, Any]]:
        """Give the requests to a path since they were last forgotten."""
        return [one for one in await self.control("GET", "/requests") if one["path"].endswith(path)]

    async def until_asked(self, path: str) -> list[dict[str, Any]]:
        """Wait for a request to a path; give all of them."""
        async with asyncio.timeout(10):
            while not (found := await self.asked(path)):  # noqa: ASYNC110 - it happens in other processes
                await asyncio.sleep(0.1)
        return found

    async def tokens(self, user: str) -> int:
        """Count the living pairs of OAuth 2.0 tokens of a person."""
        return sum(one["user"] == user for one in (await self.control("GET", "/state"))["oauth2Tokens"])

    async def pats(self, user: str) -> int:
        """Count the personal access tokens of a person."""
        return sum(one["user"] == user for one in (await self.control("GET", "/state"))["personalAccessTokens"])

    async def without_pats(self, user: str) -> None:
        """Wait until a person has no personal access token any more."""
        async with asyncio.timeout(10):
            while await self.pats(user):  # noqa: ASYNC110 - it happens in other processes
                await asyncio.sleep(0.1)

    async def new_pat(self, user: str) -> str:
        """Have a person make a personal access token."""
        return str((await self.control("POST", "/personal-access-tokens", user=user))["token"])


@dataclass
class Estate(Town):
    """The processes with all Jiras, as one test sees them."""

    registrations: Registrations = field(default_factory=dict)

    def jira_called(self, alias: str) -> Jira:
        """Give one of the Jiras."""
        registration = self.registrations[alias]
        side = JiraSide(self.http, registration["baseUrl"], self.at.registry)
        return Jira(side, registration)

    async def register_jira(self, url: str, code: str, **said: Any) -> dict[str, Any]:
        """Make a registration call."""
        body = {"code": code, "baseUrl": url, "product": "jira", **said}
        answer = await self.http.post(f"{self.at.registry}/v1/registrations", json=body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def register_with_oauth2(self, url: str) -> dict[str, Any]:
        """Make an incoming link in Jira, bring what it shows, and check."""
        side = JiraSide(self.http, url, self.at.registry)
        link = {"name": "Bridge", "redirectUrl": f"{self.at.registry}/oauth/callback", "pkceRequired": True}
        made = (await self.http.post(f"{url}/_control/oauth2-clients", json=link)).json()
        client = {"clientId": made["clientId"], "clientSecret": made["clientSecret"]}
        code = await self.registration_code()
        registration = await self.register_jira(url, code, authMode="oauth2", alias=OAUTH2, version=NEW, **client)
        assert registration["redirectUrl"] == link["redirectUrl"]
        assert registration["scope"] == made["scope"]
        return registration | {"checked": await side.check(registration)}

    async def register_with_tokens(self, url: str) -> dict[str, Any]:
        """Register a Jira in which people make their own tokens, and check."""
        registration = await self.register_jira(
            url, await self.registration_code(), authMode="pat", alias=PAT, version=NEW
        )
        return registration | {"checked": await JiraSide(self.http, url, self.at.registry).check(registration)}

    async def operator(self, method: str, path: str) -> dict[str, Any]:
        """Call the registry as the operator."""
        token = {"Authorization": f"Bearer {OPERATOR_TOKEN}"}
        answer = await self.http.request(method, f"{self.at.registry}{path}", headers=token)
        assert answer.is_success, answer.text
        return dict(answer.json())

    async def audit(self, what: str) -> list[dict[str, Any]]:
        """Read the operator's audit of the organisation, of one kind of deed."""
        token = {"Authorization": f"Bearer {OPERATOR_TOKEN}"}
        asked = {"teamsTenant": organisation(), "what": what}
        answer = await self.http.get(f"{self.at.registry}/v1/audit", headers=token, params=asked)
        return [json.loads(line) for line in answer.text.splitlines()]

    async def connect_oauth2(self, user: str) -> None:
        """Connect a person to the Jira with OAuth 2.0."""
        card = await self.ask(user, f"on {OAUTH2} connect", "Connect your account")
        await self.chat.verify(user, await self.allow(user, button_of(card)))
        await self.chat.hear(user, "Connected to", NAMES[user])

    async def press(self, user: str, url: str, button: str) -> httpx.Response:
        """Open a connect card's address in this person's browser, and press `approve` or `deny`."""
        async with httpx.AsyncClient(follow_redirects=True, timeout=15, trust_env=False) as http:
            page, at = await Browser(NAMES[user], http)._log_in(await http.get(url))
            form = next(form for form in page.forms if button in form.buttons)
            return await http.post(urljoin(at, form.action), data=form.fields | {button: form.buttons[button]})

    async def connect_pat(self, user: str) -> None:
        """Connect a person to the Jira with tokens, with a new one."""
        await self.connect_pat_with(user, await self.jira_called(PAT).new_pat(user))

    async def connect_pat_with(self, user: str, token: str) -> None:
        """Connect a person to the Jira with tokens."""
        card = await self.ask(user, f"on {PAT} connect", "Connect your account", "personal access token")
        await enter_token(card, token, user, self.invoke)
        await self.chat.hear(user, "Connected to", NAMES[user])

    async def invoke(self, user: str, name: str, value: dict[str, Any]) -> dict[str, Any]:
        """Send an invoke as Teams does; gives the body of the answer."""
        answer = await self.teams.do("invoke", user=user, name=name, value=value)
        assert answer["status"] == 200, answer
        return dict(answer["body"] or {})

    async def jiras(self, user: str) -> dict[str, str]:
        """Give what Bridge says of each Jira, by its alias."""
        listed = cards.text_of((await self.ask(user, "jiras", "Your organisation's Jiras")).activity)
        return dict(re.findall(r"\b(\w+)\s+[\w.:]+\s+\(([^)]*)\)", listed))

    async def connected(self, user: str, alias: str) -> bool:
        """Whether Bridge says that a person is connected to a Jira."""
        return "not connected" not in (await self.jiras(user))[alias]

    async def not_connected(self, user: str, alias: str) -> None:
        """Wait until Bridge says so: what jira-actor tells the registry takes its way over Kafka."""
        async with asyncio.timeout(10):
            while await self.connected(user, alias):  # noqa: ASYNC110 - it happens in other processes
                await asyncio.sleep(0.2)

    async def leave(self, user: str, alias: str) -> None:
        """Disconnect a person from a Jira; who has one token alone there has none soon."""
        await self.ask(user, f"on {alias} disconnect", "Disconnected")
        if alias == PAT:
            await self.jira_called(PAT).without_pats(user)


async def open_dialog(card: Post, user: str, invoke: Invoke) -> dict[str, Any]:
    """Press the button of a card that asks for a token; gives the answer."""
    pressed = next(data for data in _submits(card.activity) if data.get("msteams", {}).get("type") == "task/fetch")
    return await invoke(user, "task/fetch", {"data": pressed, "context": {"theme": "default"}})


async def enter_token(card: Post, token: str, user: str, invoke: Invoke) -> dict[str, Any]:
    """Press the card's button, enter a token into the dialog and press its button; gives the last answer."""
    opened = await open_dialog(card, user, invoke)
    dialog = opened["task"]["value"]["card"]["content"]
    [entered] = [element for element in dialog["body"] if element["type"] == "Input.Text"]
    assert entered["style"] == "Password"
    [data] = _submits(dialog)
    brought = {**data, entered["id"]: token}
    return await invoke(user, "task/submit", {"data": brought, "context": {"theme": "default"}})


def button_of(card: Post) -> str:
    """Give the address of the card's button that signs in."""
    pressed = (data["msteams"] for data in _submits(card.activity))
    return str(next(one["value"] for one in pressed if one["type"] == "signin"))


def _submits(element: Any) -> list[dict[str, Any]]:
    """Give the data of every Action.Submit in an element."""
    if isinstance(element, list):
        return [data for one in element for data in _submits(one)]
    if not isinstance(element, dict):
        return []
    here = [element["data"]] if element.get("type") == "Action.Submit" else []
    return here + [data for value in element.values() for data in _submits(value)]


async def furnish(stack: SetUpStack, at: Addresses) -> Registrations:
    """Register all Jiras; the old one, which is the first, is the default."""
    async with estate_of(stack, at, {}) as estate:
        await estate.teams.do("limits", enforced=False)
        await estate.teams.install("ada")
        await estate.teams.install("ada", "alerts")
        for alias in (OAUTH2, PAT):
            await stack.add_jira(alias)
        for url in (at.jira, *stack.jiras.values()):
            for user in ("alan", "barbara"):
                known = {"displayName": NAMES[user]}
                (await estate.http.put(f"{url}/_control/users/{user}", json=known)).raise_for_status()
        return {
            OAUTH1: await _register_old(estate),
            OAUTH2: await estate.register_with_oauth2(stack.jiras[OAUTH2]),
            PAT: await estate.register_with_tokens(stack.jiras[PAT]),
        }


async def _register_old(estate: Estate) -> dict[str, Any]:
    registration = await estate.register_jira(estate.at.jira, await estate.registration_code(), alias=OAUTH1)
    await estate.jira.link_application(registration)
    return registration | {"checked": await estate.jira.check(registration)}


@asynccontextmanager
async def estate_of(stack: Stack, at: Addresses, registrations: Registrations) -> AsyncIterator[Estate]:
    """Give the processes to one test."""
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        estate = Estate(stack, at, http, registrations)
        await estate.catch_up()
        yield estate
    assert stack.ended() == []


def organisation() -> str:
    """Give the Teams tenant of the simulated company."""
    return World(ConnectorSettings()).tenant


def stack_in(directory: Path, settings: Mapping[str, Mapping[str, str]]) -> SetUpStack:
    """Give processes that are not started yet."""
    return SetUpStack(directory, lambda *_: None, settings=settings)
