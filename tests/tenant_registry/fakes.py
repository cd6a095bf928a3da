"""Stand-ins for what surrounds the registry, and the events that its tests are about."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.tenant_registry.statement_key import StatementKey

from chassis.errors import Unavailable
from chassis.keys import KeysRefusal
from chassis.landmarks import Landmark
from contracts.event import Conversation, Event, Origin
from contracts.jira import AuthorizationPrepared, CheckResult, IssueChanged, LinkGranted, TenantChecked
from contracts.keys import ProtectedSecret, StatementSigned, TenantKeysDestroyed, TenantKeysMade
from contracts.outcomes import Person
from contracts.registry import WaitingIntent
from contracts.teams import CommentAsked, VerifyAsked
from tenant_registry.decide import fingerprint
from tenant_registry.handlers.acts import Means, Notes
from tenant_registry.owners import Owners
from tenant_registry.refusals import Refusals, Refusing
from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow, CodeRow, TenantRow

NOON = datetime(2126, 3, 2, 12, 0, tzinfo=UTC)
TEAMS_TENANT = "5d8e8f0a-6f5c-4f0e-9b1f-2f4f1f6f0001"
ANNA = "a0000000-0000-4000-8000-00000000000a"
BEN = "b0000000-0000-4000-8000-00000000000b"
BASE_URL = "https://jira.linden.example"
REGISTRATION_TOKEN = "the-registration-token"
HOOK_TOKEN = "the-hook-token"


@dataclass
class Clock:
    """A clock that goes on when it is told to."""

    time: datetime = NOON

    def __call__(self) -> datetime:
        return self.time

    def passes(self, how_long: timedelta) -> None:
        self.time += how_long


@dataclass
class FakeKafka:
    """Keeps what is published; out of order while `down`; `lose` a topic and it begins anew."""

    events: list[tuple[Event, str | None]] = field(default_factory=list)
    tombstones: list[tuple[type[Event], str]] = field(default_factory=list)
    down: bool = False
    ends: Counter[str] = field(default_factory=Counter)

    async def publish(self, event: Event, cause: Any = None, event_id: str | None = None) -> Landmark:
        confirmed = self._confirmed(event.topic)
        self.events.append((event, event_id))
        return confirmed

    async def tombstone(self, kind: type[Event], key: str) -> Landmark:
        confirmed = self._confirmed(kind.topic)
        self.tombstones.append((kind, key))
        return confirmed

    async def stands(self, landmark: Landmark) -> bool:
        return self.ends[landmark.topic] > landmark.offset

    def lose(self, topic: str) -> None:
        del self.ends[topic]

    def _confirmed(self, topic: str) -> Landmark:
        if self.down:
            raise Unavailable("kafka is down")
        self.ends[topic] += 1
        return Landmark(topic, 0, self.ends[topic] - 1)

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event, _ in self.events if isinstance(event, kind)]


@dataclass
class FakeKeyVault:
    """Answers as key-vault does; `sealed` and `protected` show what was hidden."""

    refuses: str | None = None
    silent: bool = False
    made: list[tuple[str, str | None]] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    """Tenants whose private key may take the place of another."""
    protected: dict[str, str] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)
    destroyed: list[str] = field(default_factory=list)
    statements: StatementKey = field(default_factory=StatementKey)

    def seal(self, secret: str, tenant_id: str) -> str:
        if self.silent:
            raise Unavailable("no sealing key yet")
        return f"jwe.{fingerprint(secret)}"

    async def make(self, tenant_id: str, private_key: str | None = None, *, replace: bool = False) -> TenantKeysMade:
        if self.silent:
            raise Unavailable("key-vault did not answer in time")
        if self.refuses:
            raise KeysRefusal(self.refuses, "no")
        self.made.append((tenant_id, private_key))
        self.replaced += [tenant_id] if replace else []
        public = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"
        return TenantKeysMade(request_id=uuid4().hex, tenant_id=tenant_id, public_key=public)

    async def protect(self, tenant_id: str, secrets: Sequence[tuple[str, str, str]]) -> tuple[str, ...]:
        if self.silent:
            raise Unavailable("key-vault did not answer in time")
        if self.refuses:
            raise KeysRefusal(self.refuses, "no")
        ciphertexts = tuple(f"vault:v1:{row}:{field}:{fingerprint(plain)}" for row, field, plain in secrets)
        self.protected |= {text: plain for text, (_, _, plain) in zip(ciphertexts, secrets, strict=True)}
        return ciphertexts

    async def open(self, tenant_id: str, secrets: Sequence[ProtectedSecret]) -> list[str]:
        if self.silent:
            raise Unavailable("key-vault did not answer in time")
        if self.refuses:
            raise KeysRefusal(self.refuses, "no")
        self.opened += [f"{one.row}:{one.field}" for one in secrets]
        assert all(one.ciphertext.startswith(f"vault:v1:{one.row}:{one.field}:") for one in secrets)
        return [self.protected[one.ciphertext] for one in secrets]

    async def destroy(self, tenant_id: str) -> TenantKeysDestroyed:
        if self.silent:
            raise Unavailable("key-vault did not answer in time")
        self.destroyed.append(tenant_id)
        return TenantKeysDestroyed(request_id=uuid4().hex, tenant_id=tenant_id, at=NOON)

    async def sign_statement(self, tenant_id: str, statement: Mapping[str, Any]) -> StatementSigned:
        if self.silent:
            raise Unavailable("key-vault did not answer in time")
        return self.statements.sign(statement)


def conversation(conversation_id: str = "a:1anna", kind: str = "personal", **more: Any) -> Conversation:
    service_url = more.pop("service_url", "https://connector.example/emea/")
    return Conversation(
        conversation_id=conversation_id, kind=kind, service_url=service_url, teams_tenant=TEAMS_TENANT, **more
    )


CHANNEL = conversation("19:builds@thread.tacv2", "channel", name="Builds")


def origin(user: str = ANNA, where: Conversation | None = None, **more: Any) -> Origin:
    facts: dict[str, Any] = {
        "intent_id": uuid4().hex,
        "teams_tenant": TEAMS_TENANT,
        "user": user,
        "user_mri": f"29:{user}",
        "user_name": "Anna Linde",
        "conversation": where or conversation(),
        "asked_at": NOON,
    }
    return Origin.model_validate({**facts, **more})


def tenant_row(**more: Any) -> TenantRow:
    facts: dict[str, Any] = {
        "id": uuid4().hex,
        "teams_tenant": TEAMS_TENANT,
        "base_url": BASE_URL,
        "site": "jira.linden.example",
        "consumer_key": "vault:v1:consumer",
        "public_key": "-----BEGIN PUBLIC KEY-----",
        "registration_token_hash": fingerprint(REGISTRATION_TOKEN),
        "hook_token_hash": fingerprint(HOOK_TOKEN),
        "registered_by": ANNA,
        "registered_at": NOON,
        "updated_at": NOON,
    }
    return TenantRow.model_validate({**facts, **more})


async def registered(registry: Registry, **more: Any) -> TenantRow:
    """Put a tenant into the registry as a registration does."""
    tenant = tenant_row(**more)
    later = NOON + timedelta(hours=1)
    code = CodeRow(
        id=fingerprint(uuid4().hex), teams_tenant=tenant.teams_tenant, user=ANNA, expires_at=later, purge_at=later
    )
    await registry.codes.add(code)
    noted = AuditRow.of("registered", origin(), NOON, tenant_id=tenant.id)
    assert await registry.register(code, tenant, noted)
    return tenant


def prepared(tenant: TenantRow, user: str = ANNA, token: str = "request-token", **more: Any) -> AuthorizationPrepared:
    facts: dict[str, Any] = {
        "origin": origin(user),
        "tenant_id": tenant.id,
        "lookup": fingerprint(token),
        "request_token": f"jwe.of.{fingerprint(token)}",
        "expires_at": NOON + timedelta(minutes=10),
    }
    return AuthorizationPrepared.model_validate({**facts, **more})


def waiting_comment(user: str = ANNA) -> WaitingIntent:
    asked = CommentAsked(origin=origin(user), issue="OPS-7", text="deployed to staging")
    return WaitingIntent(event_type=asked.event_type(), data=asked.model_dump(mode="json"))


def verify(code: str, user: str = ANNA) -> VerifyAsked:
    return VerifyAsked(origin=origin(user), code=code)


def granted(tenant: TenantRow, user: str = ANNA, **more: Any) -> LinkGranted:
    facts: dict[str, Any] = {
        "origin": origin(user),
        "tenant_id": tenant.id,
        "link_id": f"{tenant.id}:{user}",
        "jira_user": Person(name="alinde", key="JIRAUSER10100", display_name="Anna Linde"),
        "access_token": "vault:v1:access",
        "token_secret": "vault:v1:secret",
    }
    return LinkGranted.model_validate({**facts, **more})


def checked(tenant: TenantRow, *, failed: str | None = None, **more: Any) -> TenantChecked:
    names = ("dns", "tcp", "tls", "server_info", "authentication")
    facts: dict[str, Any] = {
        "tenant_id": tenant.id,
        "check_id": uuid4().hex,
        "checks": [
            CheckResult.model_validate({"name": n, "status": "failed" if n == failed else "ok", "said": f"{n} done"})
            for n in names
        ],
        "signing_base_url": BASE_URL,
        "jira_version": "9.12.4",
        "title": "Linden Jira",
        "checked_at": NOON + timedelta(seconds=5),
    }
    return TenantChecked.model_validate({**facts, **more})


def changed(tenant: TenantRow, **more: Any) -> IssueChanged:
    facts: dict[str, Any] = {
        "tenant_id": tenant.id,
        "change_id": "comment:10082",
        "kind": "commented",
        "issue_id": "10013",
        "issue_key": "OPS-7",
        "project": "OPS",
        "summary": "Deploy fails on Fridays",
        "url": f"{BASE_URL}/browse/OPS-7",
        "comment": "looks fine now",
        "at": NOON,
    }
    return IssueChanged.model_validate({**facts, **more})


def noting(notes: Notes, registry: Registry, clock: Clock) -> Means:
    """Give what noting acts takes."""
    return Means(notes, Owners(registry.tenants), clock)


def counting(counted: list[str]) -> Refusing:
    """Count refusals in a list, and gather nothing."""
    return Refusals(lambda _: None, counted.append).refused
