"""Stand-ins for what jira-actor's handlers work with, and a person with a Jira."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import uvicorn
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from oauthlib.oauth1 import SIGNATURE_RSA_SHA1, Client

from chassis.errors import Unavailable
from chassis.keys import Authorization, KeysRefusal
from contracts.event import Conversation, Event, Origin
from contracts.keys import Call, ProtectedSecret, SealedSecret
from contracts.registry import AccountLink, Tenant
from devstack.jira.app import create_app
from devstack.jira.model import AccessToken, Consumer, OAuth2Client
from devstack.jira.state import State
from jira_actor.bearers import Bearers
from jira_actor.guard import Reach
from jira_actor.http import Http, Limits, trusting
from jira_actor.jira import Jira
from jira_actor.means import Means, callback
from jira_actor.open_cards import OpenCards
from jira_actor.refreshing import RefreshTokens
from jira_actor.session import SignedSession
from jira_actor.site import site_of

CONSUMER = "bridge-consumer"
CLIENT = OAuth2Client(
    "client-id", "Bridge", "client-secret", "https://bridge.example.com/oauth/callback", "WRITE", True
)
REGISTRY = "https://bridge.example.com"
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


class LinksInMemory:
    """The view of account links."""

    def __init__(self) -> None:
        self.links: dict[str, AccountLink] = {}
        self.changed: list[Callable[[str], None]] = []

    def get(self, key: str) -> AccountLink | None:
        return self.links.get(key)

    async def fresh(self, key: str) -> AccountLink | None:
        return self.get(key)

    def put(self, link: AccountLink) -> None:
        self.links[link.link_id] = link
        self._tell(link.link_id)

    def drop(self, link_id: str) -> None:
        del self.links[link_id]
        self._tell(link_id)

    def _tell(self, link_id: str) -> None:
        for tell in self.changed:
            tell(link_id)


class KeysInMemory:
    """Key-vault without Vault: signs with oauthlib, seals by turning round."""

    def __init__(self, tenants: "TenantsInMemory", links: LinksInMemory) -> None:
        self.tokens: dict[str, str] = {}
        """OAuth 1.0a access tokens by link."""
        self.asked: list[tuple[str, ...]] = []
        """The calls of every question, as `METHOD url`."""
        self.opened: list[str] = []
        """The fields of what was opened."""
        self.refusal: KeysRefusal | None = None
        self.outage: Exception | None = None
        """What the next question to protect something meets."""
        self.private_key = PRIVATE_KEY
        self.clock_off = 0
        self.tenants = tenants
        self.links = links
        """Key-vault's own view, which may be behind."""
        self.news: list[AccountLink] = []
        """What that view hears of after the next question."""

    async def authorize(self, tenant_id: str, link_id: str | None, calls: Sequence[Call]) -> list[Authorization]:
        if self.refusal:
            raise self.refusal
        self.asked.append(tuple(f"{call.method} {call.url}" for call in calls))
        registered = self.tenants.get(tenant_id)
        if registered is not None and registered.auth_mode != "oauth1":
            bearers = [self._bearer(tenant_id, link_id, call) for call in calls]
            while self.news:
                self.links.put(self.news.pop())
            return bearers
        if link_id is not None and link_id not in self.tokens:
            raise KeysRefusal("not_linked", "the person has not connected an account")
        return [Authorization(self._signed(call, self.tokens.get(link_id or ""))) for call in calls]

    async def protect(self, tenant_id: str, secrets: Sequence[tuple[str, str, str]]) -> tuple[str, ...]:
        sealed = [SealedSecret(row=row, field=name, sealed=self.seal(plain)) for row, name, plain in secrets]
        return await self.protect_sealed(tenant_id, sealed)

    async def protect_sealed(self, tenant_id: str, secrets: Sequence[SealedSecret]) -> tuple[str, ...]:
        if self.outage:
            outage, self.outage = self.outage, None
            raise outage
        for secret in secrets:
            self.unseal(secret.sealed, tenant_id)
        return tuple(f"cipher|{tenant_id}|{one.row}|{one.field}|{one.sealed}" for one in secrets)

    async def open(self, tenant_id: str, secrets: Sequence[ProtectedSecret]) -> list[str]:
        if self.refusal:
            raise self.refusal
        self.opened += [secret.field for secret in secrets]
        return [self._open(tenant_id, secret) for secret in secrets]

    def seal(self, secret: str, tenant_id: str = "") -> str:
        return f"sealed:{tenant_id}:{base64.b64encode(secret.encode()).decode()}"

    def unseal(self, sealed: str, tenant_id: str = "t1") -> str:
        if not sealed.startswith(("sealed::", f"sealed:{tenant_id}:")):
            raise KeysRefusal("bad_request", "a sealed secret does not open")
        return base64.b64decode(sealed.rpartition(":")[2]).decode()

    def _open(self, tenant_id: str, secret: ProtectedSecret) -> str:
        place = f"cipher|{tenant_id}|{secret.row}|{secret.field}|"
        if not secret.ciphertext.startswith(place):
            raise KeysRefusal("bad_request", "a ciphertext stands where it does not belong")
        return self.unseal(secret.ciphertext.removeprefix(place))

    def _bearer(self, tenant_id: str, link_id: str | None, call: Call) -> Authorization:
        if link_id is None:
            assert call.token is not None
            return Authorization(f"Bearer {self.unseal(call.token, tenant_id)}", reusable=True)
        link = self.links.get(link_id)
        if link is None:
            raise KeysRefusal("not_linked", "the person has not connected an account")
        if link.expires_at is not None and link.expires_at - datetime.now(UTC) < timedelta(minutes=1):
            raise KeysRefusal("token_expired", "the access token has ended")
        place = ProtectedSecret(row=link_id, field="access_token", ciphertext=link.access_token)
        return Authorization(f"Bearer {self._open(tenant_id, place)}", True, link.expires_at)

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
    links: LinksInMemory
    http: Http
    published: list[Event] = field(default_factory=list)
    """What was published in the middle of handlers."""
    sent_before: list[int] = field(default_factory=list)
    """How many requests Jira had received when each of them was published."""
    kafka_is_down: bool = False
    means: Means = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Be a process that remembers nothing."""
        bearers = Bearers(self.links, self.keys, RefreshTokens(self.keys, self.http, callback(REGISTRY), self.publish))
        cards = OpenCards(self.links)
        self.links.changed[:] = [bearers.link_changed, cards.link_changed]
        self.means = Means(
            self.tenants, self.links, self.keys, self.http, bearers, cards, reach=REACH, tls=TLS, registry_url=REGISTRY
        )

    async def publish(self, event: Event) -> None:
        if self.kafka_is_down:
            raise Unavailable("Kafka confirms nothing")
        self.published.append(event)
        self.sent_before.append(len(self.state.requests))

    def connect(self, user: str = "ada") -> None:
        """Let Ada in Teams be this user of Jira."""
        self.state.world.access_tokens["access"] = AccessToken("access", CONSUMER, user, self.state.now())
        self.keys.tokens[LINK] = "access"

    def authenticate_by(self, auth_mode: str) -> Tenant:
        """Register the Jira anew with another way to act as people."""
        self.state.version = "10.3.0"
        self.state.world.oauth2_clients[CLIENT.id] = CLIENT
        registered = tenant(
            self.address,
            auth_mode=auth_mode,
            consumer_key=self.protected(TENANT_ID, "consumer_key", CLIENT.id) if auth_mode == "oauth2" else "",
            client_secret=self.protected(TENANT_ID, "client_secret", CLIENT.secret) if auth_mode == "oauth2" else None,
        )
        self.tenants.tenants = [registered]
        return registered

    def protected(self, row: str, name: str, plain: str) -> str:
        """What key-vault makes of a secret."""
        return f"cipher|{TENANT_ID}|{row}|{name}|{self.keys.seal(plain)}"

    @property
    def jira(self) -> Jira:
        [registered] = self.tenants.tenants
        return Jira(SignedSession(site_of(registered, REACH), LINK, self.keys, self.http))

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
        tenants, links = TenantsInMemory(tenant(address)), LinksInMemory()
        try:
            yield Office(state, address, KeysInMemory(tenants, links), tenants, links, http)
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
