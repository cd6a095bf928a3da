"""Commands and webhooks: events in, events out, and every way in which they can fail in plain words."""

from collections.abc import Awaitable, Callable

import structlog
from pydantic import ValidationError

from chassis.errors import Poison, Unavailable
from chassis.keys import KeysRefusal
from contracts.event import Event, Origin
from contracts.jira import GrantHeld, GrantRefused, IssueChanged
from contracts.outcomes import Outcome, Refused
from contracts.registry import (
    AuthorizationEnded,
    CodeExchangeAsked,
    CommandResumed,
    LinkCompletionAsked,
    Tenant,
    WaitingIntent,
    WebhookCreationAsked,
    WebhookReceived,
)
from contracts.sites import written_for
from contracts.teams import ConnectAsked, Intent, TokenBrought
from jira_actor import connect_oauth1, connect_oauth2, connect_token, linking, webhook_creation
from jira_actor.commands import COMMANDS
from jira_actor.decide import No
from jira_actor.errors import JiraRefused, NotLinked, PermissionLost, SignatureRefused
from jira_actor.jira import Jira
from jira_actor.means import Means, Unconnected, link_id
from jira_actor.webhooks import Delivery, NothingToTell, changes_in
from jira_actor.words import about

log = structlog.get_logger()
Events = list[Event]
COMMANDS_BY_TYPE = {kind.event_type(): kind for kind in COMMANDS}


async def command(asked: Intent, means: Means) -> Events:
    """Carry out what a person asked for; who is not connected is asked to connect first."""
    return await _answered(
        asked.origin, lambda: means.tenant_meant(asked), lambda tenant: _command_or_connect(asked, tenant, means)
    )


async def resumed(event: CommandResumed, means: Means) -> Events:
    """Carry out the command that waited for its person to connect."""
    asked = _waiting_intent(event.waiting)
    return await _answered(
        asked.origin, lambda: means.tenant_meant(asked), lambda tenant: _resumed_command(asked, tenant, means)
    )


async def connect(asked: ConnectAsked, means: Means) -> Events:
    """Offer a person to connect."""
    return await _answered(
        asked.origin,
        lambda: means.tenant_meant(asked),
        lambda tenant: linking.offer(Unconnected(asked.origin, tenant), means),
    )


async def token_brought(asked: TokenBrought, means: Means) -> Events:
    """Connect a person with the token that he or she brought."""
    return await _answered(
        asked.origin, lambda: means.tenant_meant(asked), lambda tenant: connect_token.brought(asked, tenant, means)
    )


async def complete(asked: LinkCompletionAsked, means: Means) -> Events:
    """Fetch what the person allowed (OAuth 1.0a)."""
    return await _answered(
        asked.origin,
        lambda: means.tenant(asked.tenant_id),
        lambda tenant: _completed(asked, tenant, means),
    )


async def exchange_code(asked: CodeExchangeAsked, means: Means) -> GrantHeld | GrantRefused:
    """Fetch what the person allowed (OAuth 2.0)."""
    answer = await connect_oauth2.exchange_code(asked, means)
    if isinstance(answer, GrantRefused):
        means.cards.close(link_id(asked.tenant_id, asked.origin.user))
    return answer


async def authorization_ended(ended: AuthorizationEnded, means: Means) -> None:
    """Close the card of a person whose connecting came to nothing: the next command is offered a new one."""
    means.cards.ended(ended.link_id, ended.origin.intent_id)


async def create_webhook(asked: WebhookCreationAsked, means: Means) -> Events:
    """Create Bridge's webhook in Jira."""
    return await _answered(
        asked.origin,
        lambda: means.tenant(asked.tenant_id),
        lambda tenant: webhook_creation.create(asked, tenant, means),
    )


async def webhook(received: WebhookReceived, means: Means) -> list[IssueChanged]:
    """Say what changed."""
    tenant = means.tenants.get(received.tenant_id)
    base_url = tenant.base_url if tenant else None
    try:
        return changes_in(Delivery(received.tenant_id, base_url, received.body, received.received_at))
    except NothingToTell as reason:
        log.info("webhook_without_change", tenant=received.tenant_id, hook=received.hook_id, reason=str(reason))
        return []


async def _completed(asked: LinkCompletionAsked, tenant: Tenant, means: Means) -> Events:
    answer = await connect_oauth1.complete(asked, tenant, means)
    if isinstance(answer, GrantRefused):
        means.cards.close(link_id(asked.tenant_id, asked.origin.user))
    return [answer]


async def _command(asked: Intent, tenant: Tenant, means: Means) -> Events:
    return [await COMMANDS[type(asked)](asked, Jira(means.session(tenant, asked.origin)))]


async def _command_or_connect(asked: Intent, tenant: Tenant, means: Means) -> Events:
    try:
        return await _command(asked, tenant, means)
    except NotLinked as error:
        waiting = WaitingIntent(event_type=asked.event_type(), data=asked.model_dump(mode="json"))
        who = Unconnected(asked.origin, tenant, waiting)
        return [*linking.loss(error, who, means), *await linking.offer_once(who, means)]


async def _resumed_command(asked: Intent, tenant: Tenant, means: Means) -> Events:
    try:
        return await _command(asked, tenant, means)
    except PermissionLost as error:
        raise JiraRefused(
            "Jira does not accept the new permission.",
            "link_failed",
            f"Please try once more: {written_for(tenant, 'connect')}",
        ) from error
    except NotLinked as error:
        raise Unavailable("the new link has not reached key-vault yet") from error


async def _answered(origin: Origin, find: Callable[[], Tenant], work: Callable[[Tenant], Awaitable[Events]]) -> Events:
    """Find the Jira and do the work there; every refusal is an answer, an outage passes, to be tried again."""
    tenant = None
    try:
        tenant = find()
        answers = await work(tenant)
    except No as no:
        answers = [_refused(origin, no.code, no.why, no.advice)]
    except JiraRefused as refusal:
        answers = [_refused(origin, refusal.code, refusal.for_people, refusal.advice)]
    except PermissionLost as lost:
        answers = [_refused(origin, "link_failed", f"Jira does not let people connect ({lost}).", None)]
    except SignatureRefused as refusal:
        words = about(refusal.problem)
        advice = f"Please tell your Jira administrator. {words.advice}"
        answers = [_refused(origin, refusal.problem, words.said, advice)]
    except KeysRefusal as refusal:
        log.warning("key_vault_refused", code=refusal.code, why=str(refusal))
        connect_there = written_for(tenant, "connect") if tenant else "connect"
        said = "Bridge cannot use what it holds of your connection to Jira."
        answers = [_refused(origin, "link_failed", said, f"To connect anew, type: {connect_there}")]
    return [_in(tenant.tenant_id if tenant else None, answer) for answer in answers]


def _in(tenant_id: str | None, answer: Event) -> Event:
    """Note for the audit in which Jira something was done or tried."""
    return answer.model_copy(update={"tenant_id": tenant_id}) if isinstance(answer, Outcome) else answer


def _refused(origin: Origin, code: str, why: str, advice: str | None) -> Refused:
    log.info("refused", code=code)
    return Refused(origin=origin, code=code, why=why, advice=advice)


def _waiting_intent(waiting: WaitingIntent) -> Intent:
    kind = COMMANDS_BY_TYPE.get(waiting.event_type)
    if kind is None:
        raise Poison("bad_waiting_intent", "the waiting intent is not a command of Jira")
    try:
        return kind.model_validate(waiting.data)
    except ValidationError:
        raise Poison("bad_waiting_intent", "the waiting intent does not fit its type") from None
