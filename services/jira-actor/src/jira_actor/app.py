"""Builds jira-actor: the only place where objects are made, and the table of what is handled."""

from functools import partial

from chassis.service import Service
from contracts.registry import CommandResumed, LinkCompletionAsked, Tenant, TenantCheckAsked, WebhookReceived
from contracts.teams import ConnectAsked
from jira_actor import checks, handlers, words
from jira_actor.commands import COMMANDS
from jira_actor.http import Http, trusting
from jira_actor.means import Means
from jira_actor.settings import Settings


async def connect(service: Service, settings: Settings) -> None:
    """Connect topics with handlers."""
    tls = trusting(settings.jira_ca_file)
    http = Http(settings.reach, settings.limits, tls)
    service.on_close(http.aclose)
    means = Means(
        tenants=service.view(Tenant, found_by=lambda tenant: tenant.teams_tenant),
        keys=service.keys(),
        http=http,
        reach=settings.reach,
        tls=tls,
        registry_url=str(settings.registry_public_url).rstrip("/"),
    )
    for command in COMMANDS:
        service.on(command, partial(handlers.command, means=means))
    service.on(ConnectAsked, partial(handlers.connect, means=means))
    service.on(CommandResumed, partial(handlers.resumed, means=means))
    service.on(LinkCompletionAsked, partial(handlers.complete, means=means))
    service.on(TenantCheckAsked, partial(checks.check, means=means))
    service.on(WebhookReceived, partial(handlers.webhook, means=means))
    service.tell(words.delayed, words.given_up)
