"""Builds jira-actor: the only place where objects are made, and the table of what is handled."""

from functools import partial

from chassis.attempt import cause
from chassis.service import Service
from contracts.event import Event
from contracts.registry import (
    AccountLink,
    AuthorizationEnded,
    CodeExchangeAsked,
    CommandResumed,
    LinkCompletionAsked,
    RevocationAsked,
    Tenant,
    TenantCheckAsked,
    WebhookCreationAsked,
    WebhookReceived,
)
from contracts.teams import ConnectAsked, TokenBrought
from jira_actor import checks, handlers, revoking, words
from jira_actor.bearers import Bearers
from jira_actor.commands import COMMANDS
from jira_actor.http import Http, trusting
from jira_actor.means import Means, callback
from jira_actor.open_cards import OpenCards
from jira_actor.refreshing import RefreshTokens
from jira_actor.settings import Settings
from jira_actor.tally import Tally


async def connect(service: Service, settings: Settings) -> None:
    """Connect topics with handlers."""
    means = _means(service, settings)
    tally = Tally(service.metrics.registry, settings.metrics_tenants)
    for command in COMMANDS:
        service.on(command, tally.of(partial(handlers.command, means=means), means))
    service.on(ConnectAsked, partial(handlers.connect, means=means))
    service.on(TokenBrought, partial(handlers.token_brought, means=means))
    service.on(CommandResumed, partial(handlers.resumed, means=means))
    service.on(LinkCompletionAsked, partial(handlers.complete, means=means))
    service.on(CodeExchangeAsked, partial(handlers.exchange_code, means=means))
    service.on(AuthorizationEnded, partial(handlers.authorization_ended, means=means))
    service.on(RevocationAsked, partial(revoking.revoke, means=means))
    service.on(WebhookCreationAsked, partial(handlers.create_webhook, means=means))
    service.on(TenantCheckAsked, partial(checks.check, means=means))
    service.on(WebhookReceived, partial(handlers.webhook, means=means))
    service.tell(words.delayed, words.given_up)


def _means(service: Service, settings: Settings) -> Means:
    async def publish(event: Event) -> None:
        """Publish in the middle of a handler; with an id of its own, for a second attempt has something else to say."""
        await service.kafka.publish(event, cause.get())

    registry_url = str(settings.registry_public_url).rstrip("/")
    tls = trusting(settings.jira_ca_file)
    http = Http(settings.reach, settings.limits, tls)
    service.on_close(http.aclose)
    keys, links = service.keys(), service.view(AccountLink)
    cards = OpenCards(links)
    bearers = Bearers(links, keys, RefreshTokens(keys, http, callback(registry_url), publish))
    links.changed += [bearers.link_changed, cards.link_changed]
    return Means(
        tenants=service.view(Tenant, found_by=lambda tenant: tenant.teams_tenant),
        links=links,
        keys=keys,
        http=http,
        bearers=bearers,
        cards=cards,
        reach=settings.reach,
        tls=tls,
        registry_url=registry_url,
    )
