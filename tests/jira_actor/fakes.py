"""Stand-ins for what jira-actor's handlers work with, and a person with a Jira."""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

import uvicorn
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from oauthlib.oauth1 import SIGNATURE_RSA_SHA1, Client

from chassis.keys import KeysRefusal
from contracts.event import Conversation, Origin
from contracts.keys import Call
from contracts.registry import Tenant
from devstack.jira.app import create_app
from devstack.jira.model import AccessToken, Consumer
from devstack.jira.state import State
from jira_actor.guard import Reach
from jira_actor.http import Http, Limits, trusting
from jira_actor.jira import Jira
from jira_actor.means import Means
from jira_actor.session import Session, site_of

CONSUMER = "bridge-consumer"
TENANT_ID = "t1"
TEAMS_TENANT = "11111111-2222-3333-4444-555555555555"
ADA = "ada-in-teams"
LINK = f"{TENANT_ID}:{ADA}"
REACH = Reach(allow_loopback=True, allow_http=True)
TLS = trusting(None)
PRIVATE_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_KEY = PRIVATE_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
ORIGIN = Origin(
    intent_id="intent-1",
    teams_tenant=TEAMS_TENANT,
    user=ADA,
    user_mri="29:ada",
    user_name="Ada",
    conversation=Conversation(
        conversation_id="a:1", service_url="https://smba.example.com/", teams_tenant=TEAMS_TENANT
    ),
    activity_id="1",
    asked_at=datetime.now(UTC),
)


def sign(base_string: str, client: Client) -> str:
    """Sign as Vault does; oauthlib loads the key anew for every signature, which takes 40 ms."""
    signature = client.rsa_key.sign(base_string.encode("ascii"), padding.PKCS1v15(), SHA1())
    return base64.b64encode(signature).decode()


class Signer(Client):  # type: ignore[misc]  # oauthlib has no types
    """oauthlib's client with the key held ready."""

    SIGNATURE_METHODS: ClassVar[dict[str, Any]] = {SIGNATURE_RSA_SHA1: sign}


class KeysInMemory:
    """Key-vault without Vault: signs with oauthlib, seals by turning round."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}
        """Access tokens by link."""
        self.asked: list[tuple[str, ...]] = []
        """The calls of every question, as `METHOD url`."""
        self.refusal: KeysRefusal | None = None
        self.private_key = PRIVATE_KEY
        self.clock_off = 0

    async def authorize(self, tenant_id: str, link_id: str | None, calls: Sequence[Call]) -> list[str]:
        if self.refusal:
            raise self.refusal
        if link_id is not None and link_id not in self.tokens:
            raise KeysRefusal("not_linked", "the person has not connected an account")
        self.asked.append(tuple(f"{call.method} {call.url}" for call in calls))
        return [self._signed(call, self.tokens.get(link_id or "")) for call in calls]

    async def protect(self, tenant_id: str, secrets: Sequence[tuple[str, str, str]]) -> tuple[str, ...]:
        return tuple(f"cipher|{tenant_id}|{row}|{name}|{self.seal(plain)}" for row, name, plain in secrets)

    def seal(self, secret: str) -> str:
        return "sealed:" + base64.b64encode(secret.encode()).decode()

    def unseal(self, sealed: str) -> str:
        return base64.b64decode(sealed.removeprefix("sealed:")).decode()

    def _signed(self, call: Call, token: str | None) -> str:
        client = Signer(
            CONSUMER,
            resource_owner_key=self.unseal(call.token) if call.token else token,
            verifier=self.unseal(call.verifier) if call.verifier else None,
            callback_uri=call.callback,
            signature_method=SIGNATURE_RSA_SHA1,
            rsa_key=self.private_key,
            timestamp=str(int(datetime.now(UTC).timestamp()) + self.clock_off),
        )
        _, headers, _ = client.sign(call.url, http_method=call.method)
        return str(headers["Authorization"])


class TenantsInMemory:
    """The view of registered tenants."""

    def __init__(self, *tenants: Tenant) -> None:
        self.tenants = list(tenants)

    def get(self, key: str) -> Tenant | None:
        return next((tenant for tenant in self.tenants if tenant.tenant_id == key), None)

    def find(self, name: str) -> list[Tenant]:
        return [tenant for tenant in self.tenants if tenant.teams_tenant == name]


def tenant(base_url: str, **other: Any) -> Tenant:
    return Tenant(
        **{
            "tenant_id": TENANT_ID,
            "teams_tenant": TEAMS_TENANT,
            "base_url": base_url,
            "site": "jira.example.com",
            "consumer_key": "vault:v1:ciphertext",
            "state": "active",
            "updated_at": datetime.now(UTC),
            **other,
        }
    )


@dataclass
class Office:
    """A person in Teams, Bridge, and a simulated Jira that really listens."""

    state: State
    address: str
    keys: KeysInMemory
    tenants: TenantsInMemory
    http: Http
    means: Means = field(init=False)

    def __post_init__(self) -> None:
        self.means = Means(self.tenants, self.keys, self.http, REACH, TLS, "https://bridge.example.com")

    def connect(self, user: str = "ada") -> None:
        """Let Ada in Teams be this user of Jira."""
        self.state.world.access_tokens["access"] = AccessToken("access", CONSUMER, user, self.state.now())
        self.keys.tokens[LINK] = "access"

    @property
    def jira(self) -> Jira:
        [registered] = self.tenants.tenants
        return Jira(Session(site_of(registered, REACH), LINK, self.keys, self.http))

    def sent(self, method: str, path: str) -> list[dict[str, Any]]:
        """What Jira received, by method and the path's end."""
        return [one for one in self.state.requests if one["method"] == method and one["path"].endswith(path)]


@asynccontextmanager
async def office(limits: Limits | None = None, path: str = "") -> AsyncIterator[Office]:
    """Open one; Jira listens below `path` on a free port."""
    state = State(f"http://127.0.0.1{path}")
    state.world.consumers[CONSUMER] = Consumer(CONSUMER, "Bridge", PUBLIC_KEY)
    async with listening(create_app(state)) as port:
        address = state.base_url = f"http://127.0.0.1:{port}{path}"
        http = Http(REACH, limits or Limits(), TLS)
        try:
            yield Office(state, address, KeysInMemory(), TenantsInMemory(tenant(address)), http)
        finally:
            await http.aclose()


@asynccontextmanager
async def listening(app: Any, **config: Any) -> AsyncIterator[int]:
    """Serve an ASGI application on a free port of 127.0.0.1."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", timeout_graceful_shutdown=1, **config))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving
