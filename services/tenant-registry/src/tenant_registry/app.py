"""The only place that builds objects; `connect` is the table of contents."""

import asyncio
import socket
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import structlog

from chassis.errors import Unavailable
from chassis.kafka import BIGGEST_MESSAGE
from chassis.service import Service
from contracts.jira import AuthorizationPrepared, IssueChanged, LinkGranted, SubscriptionAllowed, TenantChecked
from contracts.keys import TenantKeys
from contracts.teams import (
    ConversationLeft,
    ConversationSeen,
    DisconnectAsked,
    RegisterAsked,
    UnsubscribeAsked,
    VerifyAsked,
)
from tenant_registry import words
from tenant_registry.handlers import linking, notifying, registration
from tenant_registry.http.edge import edge
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.mongo import database
from tenant_registry.registry import Registry
from tenant_registry.relay import Relay
from tenant_registry.settings import Settings

NAME = "tenant-registry"
log = structlog.get_logger()
ROOM_FOR_HEADERS = 8 * 1024


def now() -> datetime:
    """Give the time."""
    return datetime.now(UTC)


async def connect(service: Service, settings: Settings) -> None:
    """Say what is handled by what."""
    client = database.connect(settings.mongo_url.get_secret_value())
    registry = Registry(client, settings.mongo_database)
    relay = Relay(registry, service.kafka, f"{socket.gethostname()}/{uuid4().hex[:8]}", now)
    rules = registration.RegistrationRules(
        settings.allowed_registrars, f"{settings.registry_public_url}/v1/registrations"
    )

    service.on(RegisterAsked, partial(registration.register_asked, registry=registry, rules=rules, now=now))
    service.on(TenantChecked, partial(registration.tenant_checked, registry=registry))
    service.on(TenantKeys, partial(registration.tenant_keys, registry=registry))

    service.on(AuthorizationPrepared, partial(linking.authorization_prepared, registry=registry, now=now))
    service.on(VerifyAsked, partial(linking.verify_asked, registry=registry, now=now))
    service.on(LinkGranted, partial(linking.link_granted, registry=registry, now=now))
    service.on(DisconnectAsked, partial(linking.disconnect_asked, registry=registry, now=now))

    service.on(ConversationSeen, partial(notifying.conversation_seen, registry=registry))
    service.on(ConversationLeft, partial(notifying.conversation_left, registry=registry))
    service.on(SubscriptionAllowed, partial(notifying.subscription_allowed, registry=registry, now=now))
    service.on(UnsubscribeAsked, partial(notifying.unsubscribe_asked, registry=registry, now=now))
    service.on(IssueChanged, partial(notifying.issue_changed, registry=registry, now=now))
    service.tell(words.delayed, words.given_up)

    around = Surroundings(
        registry=registry,
        keys=service.keys(),
        now=now,
        public_url=settings.registry_public_url,
        allow_http=settings.allow_http,
        biggest_hook=BIGGEST_MESSAGE - ROOM_FOR_HEADERS,
    )
    service.serve(edge(around, settings), settings.registry_host, settings.registry_port)
    service.background(partial(_keep, registry, relay))
    service.ready["mongodb"] = lambda: relay.database_answers
    service.on_close(registry.close)
    service.on_close(relay.stop)


async def _keep(registry: Registry, relay: Relay) -> None:
    """Bring the database into shape as soon as it answers, then relay what it holds."""
    while True:
        try:
            await registry.prepare()
        except Unavailable as error:
            log.warning("mongodb_unreachable", error=str(error))
            await asyncio.sleep(1)
        else:
            break
    await relay.run()
