"""The only place that builds objects; `connect` is the table of contents."""

import asyncio
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

import structlog
from prometheus_client import Counter

from chassis.errors import Unavailable
from chassis.gathering import Gathering
from chassis.kafka import BIGGEST_MESSAGE
from chassis.keys import Keys
from chassis.service import Service
from contracts.jira import (
    AuthorizationPrepared,
    GrantHeld,
    GrantRefused,
    IssueChanged,
    LinkGranted,
    LinkLost,
    LinkRefreshed,
    RevocationTried,
    SubscriptionAllowed,
    TenantChecked,
    WebhookCreated,
)
from contracts.keys import TenantKeys
from contracts.outcomes import Refused
from contracts.registry import Tenant
from contracts.teams import (
    ActivitiesRefused,
    ConversationLeft,
    ConversationSeen,
    DisconnectAsked,
    MyDataAsked,
    MyDataDeletionAsked,
    RegisterAsked,
    SitesAsked,
    UnsubscribeAsked,
    VerifyAsked,
    WebhookAsked,
)
from tenant_registry import words
from tenant_registry.attempts import Counted
from tenant_registry.census import Holdings, keep_counting
from tenant_registry.erasure import Eraser
from tenant_registry.handlers import (
    acts,
    grants,
    linking,
    my_data,
    notifying,
    registration,
    revoking,
    sites,
    turned_away,
    unlinking,
    webhooks,
)
from tenant_registry.http.edge import edge
from tenant_registry.http.surroundings import Policy, Surroundings
from tenant_registry.mongo import database
from tenant_registry.mongo.audit_batches import AuditBatches
from tenant_registry.mongo.census import Census
from tenant_registry.owners import Owners
from tenant_registry.refreshing import keep_fresh
from tenant_registry.refusals import Attempted, Refusals, note_gathered
from tenant_registry.registry import Registry
from tenant_registry.relay import Relay
from tenant_registry.rotation import Rotator
from tenant_registry.settings import Settings
from tenant_registry.working import keep_working

NAME = "tenant-registry"
log = structlog.get_logger()
ROOM_FOR_HEADERS = 8 * 1024


@dataclass(frozen=True)
class Shared:
    """What most handlers need."""

    registry: Registry
    keys: Keys
    refusals: Refusals


def now() -> datetime:
    """Give the time."""
    return datetime.now(UTC)


async def connect(service: Service, settings: Settings) -> None:
    """Say what is handled by what."""
    registry = Registry(database.connect(settings.mongo_url.get_secret_value()), settings.mongo_database)
    keys = service.keys()
    gathered = Gathering(partial(note_gathered, registry=registry), Attempted.nameless, now)
    shared = Shared(registry, keys, Refusals(gathered.add, _counted(service)))
    _on_registering(service, shared, settings)
    _on_connecting(service, shared)
    _on_own_data(service, shared)
    _on_notifying(service, shared)
    service.tell(words.delayed, words.given_up)

    around = Surroundings(
        registry=registry,
        keys=keys,
        now=now,
        public_url=settings.registry_public_url,
        allow_http=settings.allow_http,
        biggest_hook=BIGGEST_MESSAGE - ROOM_FOR_HEADERS,
        policy=Policy(settings.operator_token_hash, settings.single_tenant, settings.hook_window),
        refused=shared.refusals.refused,
        gone=partial(service.kafka.tombstone, Tenant),
    )
    service.serve(edge(around, settings), settings.registry_host, settings.registry_port)
    _in_background(service, around, keys, settings)
    service.background(partial(gathered.keep_telling, settings.refusals_window))
    service.on_close(gathered.close)


def _counted(service: Service) -> Counted:
    refused = Counter(
        "bridge_refused_calls_total",
        "Calls to the HTTP edge, and messages, that may be an attack",
        ["why"],
        registry=service.metrics.registry,
    )

    def counted(why: str) -> None:
        refused.labels(why).inc()

    return counted


def _on_registering(service: Service, shared: Shared, settings: Settings) -> None:
    """Say what is handled by what on a Jira's way to be registered and to tell Bridge."""
    registry = shared.registry
    rules = registration.RegistrationRules(
        settings.allowed_registrars, f"{settings.registry_public_url}/register", settings.single_tenant
    )
    service.on(RegisterAsked, partial(registration.register_asked, registry=registry, rules=rules, now=now))
    service.on(TenantChecked, partial(registration.tenant_checked, registry=registry))
    service.on(TenantKeys, partial(registration.tenant_keys, registry=registry))
    webhook_rules = webhooks.WebhookRules(settings.allowed_registrars, settings.registry_public_url)
    means = webhooks.Means(registry, shared.keys, webhook_rules, now)
    service.on(WebhookAsked, partial(webhooks.webhook_asked, means=means))
    service.on(WebhookCreated, partial(webhooks.webhook_created, registry=registry, now=now))


def _on_connecting(service: Service, shared: Shared) -> None:
    """Say what is handled by what on a person's way to a link, and back."""
    with_all: dict[str, Any] = {"registry": shared.registry, "now": now, "counted": shared.refusals.counted}
    service.on(AuthorizationPrepared, partial(linking.authorization_prepared, **with_all))
    service.on(GrantHeld, partial(grants.grant_held, **with_all))
    service.on(GrantRefused, partial(grants.grant_refused, **with_all))
    service.on(VerifyAsked, partial(linking.verify_asked, **with_all))
    service.on(LinkGranted, partial(linking.link_granted, **with_all))
    service.on(LinkRefreshed, partial(grants.link_refreshed, **with_all))
    service.on(LinkLost, partial(grants.link_lost, **with_all))
    service.on(RevocationTried, partial(revoking.revocation_tried, **with_all))
    service.on(DisconnectAsked, partial(unlinking.disconnect_asked, registry=shared.registry, now=now))


def _on_own_data(service: Service, shared: Shared) -> None:
    """Say what is handled by what where people ask about what there is for them and of them."""
    registry = shared.registry
    means = my_data.Means(registry, shared.keys, now)
    service.on(SitesAsked, partial(sites.sites_asked, registry=registry))
    service.on(MyDataAsked, partial(my_data.my_data_asked, registry=registry))
    service.on(MyDataDeletionAsked, partial(my_data.my_data_deletion_asked, means=means))


def _on_notifying(service: Service, shared: Shared) -> None:
    """Say what is handled by what where there is something to tell a conversation, or to note."""
    registry, counted, refused = shared.registry, shared.refusals.counted, shared.refusals.refused
    with_all: dict[str, Any] = {"registry": registry, "now": now, "counted": counted}
    service.on(ConversationSeen, partial(notifying.conversation_seen, registry=registry, refused=refused))
    service.on(ConversationLeft, partial(notifying.conversation_left, registry=registry, refused=refused))
    service.on(ActivitiesRefused, partial(turned_away.activities_refused, registry=registry))
    service.on(Refused, partial(turned_away.command_refused, **with_all))
    service.on(SubscriptionAllowed, partial(notifying.subscription_allowed, **with_all))
    service.on(UnsubscribeAsked, partial(notifying.unsubscribe_asked, **with_all))
    service.on(IssueChanged, partial(notifying.issue_changed, registry=registry, now=now, refused=refused))
    means = acts.Means(AuditBatches(registry), Owners(registry.tenants), now, counted)
    for act in acts.ACTS:
        service.on(act, partial(acts.act_done, means=means))


def _in_background(service: Service, around: Surroundings, keys: Keys, settings: Settings) -> None:
    """Say what goes on by itself, and what ends with the process."""
    registry = around.registry
    relay = Relay(registry, service.kafka, f"{socket.gethostname()}/{uuid4().hex[:8]}", now)
    rotator, eraser = Rotator(registry, keys, now, settings.rotation_settles), Eraser(registry, keys, around.gone, now)
    service.background(partial(_keep, registry, relay))
    service.background(partial(keep_fresh, registry, settings.tenant_check_every, now))
    service.background(partial(keep_working, rotator.step, "rotations"))
    service.background(partial(keep_working, eraser.step, "erasures"))
    holdings = Holdings(service.metrics.registry)
    service.background(partial(keep_counting, Census(registry.database), holdings, now))
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
