"""All of Bridge on a real Kafka with its spans written down, and every secret that goes through it remembered."""

import asyncio
import hashlib
import hmac
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.flows.canaries import OUTPUT, VIEWS, Canaries, Place
from tests.flows.estate import NEW, OPERATOR_TOKEN, Estate, SetUpStack, operated
from tests.flows.taps import Here, connector, jira, vault

from bridge.demo.stack import Service, Startable
from devstack.connector.settings import ConnectorSettings
from devstack.engines import EngineKind, Engines, start_engines
from devstack.process import Process

TRACED = {"TRACE_SAMPLE": "1"}
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "bot-gateway": TRACED,
    "key-vault": TRACED,
    "jira-actor": {**TRACED, "RETRY_BUDGET": "PT3S"},
    **operated(**TRACED, REQUESTS_PER_MINUTE="6000", ROTATION_SETTLES="PT1S"),
}
ALWAYS_JSON = ("tenant", "export")
SPANNED = str(Path(__file__).with_name("spanned.py"))


@dataclass
class WatchedStack(SetUpStack):
    """The far sides are in this process, and tapped."""

    settings: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: SETTINGS)
    canaries: Canaries = field(default_factory=Canaries)
    here: dict[str, Here] = field(default_factory=dict)

    def service(self, name: str) -> Service:
        """Give one of the four."""
        return next(one for one in self._services if one.name == name)

    def _module(self, name: str, *arguments: str) -> Any:
        made = jira(self.canaries, "8.20.7") if name == "jira" else connector(self.canaries, arguments[1])
        self.here[name] = made
        return made

    async def add_jira(self, alias: str) -> None:
        """Start one more, of Jira 10."""
        self.here[alias] = made = jira(self.canaries, NEW)
        await self._start([made])
        self.jiras[alias] = made.url

    async def _start_engines(self) -> Engines:
        starting = start_engines(self.directory, EngineKind.APACHE)
        engines = await asyncio.to_thread(self._engines.enter_context, starting)
        self.canaries.remember("Vault token", engines.vault_token)
        self.here["vault"] = door = vault(self.canaries, engines.vault_url)
        self._engines.callback(door.stop)
        await asyncio.to_thread(door.start)
        return replace(engines, vault_url=door.url)

    def _views_of(self, name: str) -> Path:
        (made := self.directory / VIEWS / name).mkdir(parents=True, exist_ok=True)
        return made

    async def _start(self, layer: Sequence[Startable]) -> None:
        for one in layer:
            if isinstance(one, Service):
                one.env["BRIDGE_DATA_DIR"] = str(self._views_of(one.name))
                spans = str(self.directory / f"{one.name}.spans")
                argv = [sys.executable, "-P", SPANNED, one.name.replace("-", "_"), spans]
                one.process = Process(one.name, argv, one.env, self.log_of(one.name))
        await super()._start(layer)


@dataclass
class Watched(Estate):
    """An estate that remembers what it is given and what it gives."""

    canaries: Canaries = field(default_factory=Canaries)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.chat.deadline = timedelta(seconds=40)
        self.canaries.remember("bot secret", ConnectorSettings().app_secret)
        self.canaries.remember("operator token", OPERATOR_TOKEN)

    async def registration_code(self) -> str:
        """Have the administrator ask for a code."""
        code = await super().registration_code()
        self.canaries.remember("registration code", code)
        return code

    async def call(self, url: str, token: str = "", **said: Any) -> tuple[int, dict[str, Any]]:
        """Make a registration call that may fail; gives status and answer."""
        body = {"code": await self.registration_code(), "baseUrl": url, "product": "jira", **said}
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        for name in ("clientSecret", "privateKey"):
            self.canaries.remember(name, body.get(name))
        answer = await self.http.post(f"{self.at.registry}/v1/registrations", json=body, headers=headers)
        told = dict(answer.json())
        self.canaries.remember("registration token", told.get("registrationToken"))
        self.canaries.remember("webhook secret", told.get("webhookSecret"))
        if answer.is_success and not told.get("webhookSecret"):
            self.canaries.remember("webhook address", told["webhookUrl"].rpartition("/")[2])
        return answer.status_code, told

    async def allow(self, user: str, url: str) -> str:
        """Press Allow; give the code that is shown."""
        code = await super().allow(user, url)
        self.canaries.remember("verify code", code)
        return code

    async def unbrought_code(self, user: str, url: str) -> str:
        """Press Allow, and never bring the code."""
        code = await super().allow(user, url)
        self.canaries.remember("code that nobody brought", code)
        return code

    async def signed_hook(self, registration: dict[str, Any], secret: str, body: dict[str, Any]) -> int:
        """Send a webhook as Jira 10 does; gives the status."""
        raw = json.dumps(body).encode()
        signature = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
        self.canaries.remember("webhook signature", signature)
        headers = {"X-Hub-Signature": f"sha256={signature}", "Content-Type": "application/json"}
        return (await self.http.post(registration["webhookUrl"], content=raw, headers=headers)).status_code

    async def operate(self, method: str, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
        """Call the registry as the operator; gives status and answer."""
        token = {"Authorization": f"Bearer {OPERATOR_TOKEN}"}
        answer = await self.http.request(method, f"{self.at.registry}{path}", headers=token, json=body or None)
        told = dict(answer.json())
        self.canaries.remember("webhook secret", told.get("webhookSecret"))
        return answer.status_code, told

    async def output(self, *arguments: str, kind: str = OUTPUT, code: int = 0) -> Place:
        """Run `bridge` as an operator does, with all settings; gives both of its outputs, as this kind of place."""
        env = {name: value for one in self.stack._services for name, value in one.env.items()} | {
            "BRIDGE_OPERATOR_TOKEN": OPERATOR_TOKEN,
            "BRIDGE_REGISTRY_URL": self.at.registry,
            "BRIDGE_LOG_LEVEL": "DEBUG",
        }
        form = () if arguments[:2] == ALWAYS_JSON else ("-o", "json")
        argv = [sys.executable, "-m", "bridge.main", *arguments, *form]
        process = await asyncio.create_subprocess_exec(*argv, env=env, cwd=os.curdir, stdout=-1, stderr=-1)
        out, error = await process.communicate()
        said = f"bridge {' '.join(arguments)}: {out.decode()}{error.decode()}"
        assert process.returncode == code, f"exit code {process.returncode} of {said}"
        return Place(kind, f"bridge {' '.join(arguments[:2])}{f' that ends with {code}' if code else ''}", out + error)


@asynccontextmanager
async def without(stack: WatchedStack, name: str) -> AsyncIterator[None]:
    """Let one service be away."""
    service = stack.service(name)
    await asyncio.to_thread(service.stop)
    try:
        yield
    finally:
        await asyncio.to_thread(service.start)
