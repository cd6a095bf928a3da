"""The registration pages on a real port, with what stands behind them."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.tenant_registry.fakes import Clock, FakeKeyVault, origin

from chassis.errors import Unavailable
from contracts.jira import CheckResult, TenantChecked
from contracts.keys import TenantKeysMade
from contracts.outcomes import RegistrationCodeIssued
from contracts.teams import RegisterAsked
from tenant_registry.decide import fingerprint
from tenant_registry.handlers.registration import RegistrationRules, register_asked, tenant_checked
from tenant_registry.http.edge import edge
from tenant_registry.http.surroundings import Policy, Surroundings
from tenant_registry.registry import Registry
from tenant_registry.rows import TenantRow
from tenant_registry.settings import Settings

OPERATOR_TOKEN = "the-operator-token"
GOOD = {
    "dns": "jira.linden.example has the address 203.0.113.17.",
    "tcp": "Port 443 is open.",
    "tls": "The certificate is valid.",
    "server_info": "This is Jira 9.12.4.",
    "authentication": "Jira knows Bridge and accepts its signature.",
}
UNKNOWN_KEY = (
    "Jira does not know Bridge's consumer key.",
    "In Jira's administration, open Application links and create the incoming link with exactly this consumer key.",
)


@dataclass
class RealKeys(FakeKeyVault):
    """Key-vault with public keys as long as real ones."""

    async def make(self, tenant_id: str, private_key: str | None = None, *, replace: bool = False) -> TenantKeysMade:
        if self.silent:
            raise Unavailable("key-vault did not answer in time")
        public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
        pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        return TenantKeysMade(request_id=uuid4().hex, tenant_id=tenant_id, public_key=pem)


@dataclass
class Bridge:
    """The registry as a browser reaches it, and the rest of Bridge as far as a registration needs it."""

    registry: Registry
    url: str
    keys: FakeKeyVault
    clock: Clock = field(default_factory=Clock)

    async def code(self) -> str:
        """Ask the bot for a code."""
        code = secrets.token_hex(16)
        rules = RegistrationRules(frozenset({origin().user}), self.url)
        asked = RegisterAsked(origin=origin(), code_hash=fingerprint(code))
        assert isinstance(await register_asked(asked, self.registry, rules, self.clock), RegistrationCodeIssued)
        return code

    async def tenant(self) -> TenantRow:
        """Give the only tenant."""
        (only,) = await self.registry.tenants.page("", 10, {})
        return only

    async def checked(self, failed: str | None = None, said: tuple[str, str] = UNKNOWN_KEY) -> None:
        """Check the tenant's Jira, as jira-actor does."""
        self.clock.passes(timedelta(seconds=1))
        tenant = await self.tenant()
        results: list[CheckResult] = []
        for name, text in GOOD.items():
            facts: dict[str, str | None] = {"status": "ok", "said": text}
            if any(one.status == "failed" for one in results):
                facts = {"status": "skipped", "said": "Not tried, because the check before failed."}
            if name == failed:
                facts = {"status": "failed", "said": said[0], "advice": said[1]}
            results.append(CheckResult.model_validate({"name": name, **facts}))
        result = TenantChecked(
            tenant_id=tenant.id,
            check_id=tenant.check_id or tenant.id,
            checks=tuple(results),
            signing_base_url=tenant.base_url,
            jira_version="9.12.4",
            title="Linden Jira",
            checked_at=self.clock(),
        )
        await tenant_checked(result, self.registry)


@asynccontextmanager
async def bridge_on(registry: Registry, keys: FakeKeyVault, path: str = "") -> AsyncIterator[Bridge]:
    """Serve the pages on a free port; behind a proxy that cuts `path` off, if any."""
    server = uvicorn.Server(uvicorn.Config("", host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    socket = server.config.bind_socket()
    url = f"http://127.0.0.1:{socket.getsockname()[1]}{path}"
    bridge = Bridge(registry, url, keys)
    around = Surroundings(
        registry, keys, bridge.clock, url, False, 1024 * 1024, Policy(operator_token_hash=fingerprint(OPERATOR_TOKEN))
    )
    server.config.app = edge(around, Settings(registry_public_url=url, requests_per_minute=10_000))
    serving = asyncio.create_task(server.serve([socket]))
    try:
        yield bridge
    finally:
        server.should_exit = True
        await serving
