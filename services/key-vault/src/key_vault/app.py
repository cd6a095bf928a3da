"""What key-vault handles, and of what it is built."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from prometheus_client import Gauge

from chassis.bounded import Recent
from chassis.errors import Poison
from chassis.handling import To
from chassis.service import Service
from contracts.event import Event
from contracts.keys import (
    CallsAuthorizationAsked,
    KeysQuestion,
    KeysReply,
    OldKeysRetirementAsked,
    SecretsOpeningAsked,
    SecretsProtectionAsked,
    SecretsRewrapAsked,
    SeveralAuthorizationsAsked,
    StatementAsked,
    TenantKeysAsked,
    TenantKeysDestructionAsked,
    TenantKeysRotationAsked,
)
from contracts.registry import AccountLink, Tenant
from contracts.topics import TOPICS
from key_vault import handlers, rotating, stating
from key_vault.login import login_of
from key_vault.memory import Memory
from key_vault.resealing import Resealing
from key_vault.sealing import sealing_key
from key_vault.session import Session
from key_vault.settings import Settings
from key_vault.vault import PublicKey, Vault

ROTATIONS = 1_000
"""Requests that are remembered, so that none of them rotates twice."""
REPLIES = next(topic for topic in TOPICS if topic.name == KeysReply.topic)
Handler = Callable[[Any], Awaitable[Event | tuple[Event, ...]]]


async def connect(service: Service, settings: Settings) -> None:
    """Build key-vault into a service."""

    async def announce(key: PublicKey) -> None:
        await service.kafka.publish(sealing_key(key))

    def now() -> datetime:
        return datetime.now(UTC)

    vault = Vault(settings, login_of(settings))
    session = Session(vault, announce)
    memory = Memory(vault.open, settings.remember, settings.remember_most)
    tenants, links = service.view(Tenant), service.view(AccountLink)
    tenants.changed.append(memory.forget_tenant)
    links.changed.append(memory.forget_link)
    known = handlers.Known(tenants.fresh, links.fresh, memory)
    rotated: Recent[str, bool] = Recent(ROTATIONS)

    service.on(CallsAuthorizationAsked, to_asker(partial(handlers.authorize, vault=vault, known=known, now=now)))
    service.on(
        SeveralAuthorizationsAsked,
        to_asker(partial(handlers.authorize_several, vault=vault, known=known, now=now)),
    )
    service.on(SecretsProtectionAsked, to_asker(partial(handlers.protect, vault=vault)))
    service.on(SecretsOpeningAsked, to_asker(partial(handlers.open_secrets, vault=vault)))
    service.on(TenantKeysAsked, to_asker(partial(handlers.make_keys, vault=vault)))
    service.on(
        TenantKeysDestructionAsked, to_asker(partial(handlers.destroy_keys, vault=vault, opened=memory, now=now))
    )
    service.on(TenantKeysRotationAsked, to_asker(partial(rotating.rotate, vault=vault, done=rotated)))
    service.on(SecretsRewrapAsked, to_asker(partial(rotating.rewrap, vault=vault)))
    service.on(OldKeysRetirementAsked, to_asker(partial(rotating.retire, vault=vault)))
    service.on(StatementAsked, to_asker(partial(stating.sign_statement, vault=vault)))

    service.background(session.run)
    resealing = Resealing(vault, announce, settings.sealing_lives, now)
    service.background(resealing.run)
    Gauge(
        "bridge_sealing_key_age_seconds",
        "Age of the newest key that secrets for key-vault are sealed to; 0: not known yet",
        registry=service.metrics.registry,
    ).set_function(lambda: (now() - resealing.made).total_seconds() if resealing.made else 0)
    service.background(memory.run)
    service.ready["vault"] = session.ready
    service.on_close(vault.close)


def to_asker(handler: Handler) -> Callable[[KeysQuestion], Awaitable[list[Event | To]]]:
    """Have a handler's reply sent to the partition that the asking instance reads; its other events go their way."""

    async def answer(asked: KeysQuestion) -> list[Event | To]:
        if not 0 <= asked.ask.partition < REPLIES.partitions:
            raise Poison("bad_partition", "nobody reads the partition that the request names")
        result = await handler(asked)
        events = result if isinstance(result, tuple) else (result,)
        return [To(event, asked.ask.partition) if isinstance(event, KeysReply) else event for event in events]

    return answer
