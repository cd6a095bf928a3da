"""Commands and webhooks: events in, events out, and every way in which they can fail in plain words."""

from collections.abc import Coroutine
from typing import Any

import structlog
from pydantic import ValidationError

from chassis.errors import Poison, Unavailable
from contracts.event import Event, Origin
from contracts.jira import IssueChanged
from contracts.outcomes import Refused
from contracts.registry import CommandResumed, LinkCompletionAsked, WaitingIntent, WebhookReceived
from contracts.teams import ConnectAsked, Intent
from jira_actor import linking
from jira_actor.commands import COMMANDS
from jira_actor.decide import No
from jira_actor.errors import JiraRefused, NotLinked, PermissionLost, SignatureRefused
from jira_actor.jira import Jira
from jira_actor.means import Means, link_id, tenant_for
from jira_actor.session import Session, site_of
from jira_actor.webhooks import Delivery, NothingToTell, changes_in
from jira_actor.words import about

log = structlog.get_logger()
Events = list[Event]
COMMANDS_BY_TYPE = {kind.event_type(): kind for kind in COMMANDS}


async def command(asked: Intent, means: Means) -> Events:
    """Carry out what a person asked for; who is not connected is asked to connect first."""
    return await _answered(asked.origin, _command_or_connect(asked, means))


async def resumed(event: CommandResumed, means: Means) -> Events:
    """Carry out the command that waited for its person to connect."""
    asked = _waiting_intent(event.waiting)
    return await _answered(asked.origin, _resumed_command(asked, means))


async def connect(asked: ConnectAsked, means: Means) -> Events:
    """Offer a person to connect."""
    return await _answered(asked.origin, linking.offer(asked.origin, means))


async def complete(asked: LinkCompletionAsked, means: Means) -> Events:
    """Fetch what the person allowed."""
    return await _answered(asked.origin, linking.complete(asked, means))


async def webhook(received: WebhookReceived, means: Means) -> list[IssueChanged]:
    """Say what changed."""
    tenant = means.tenants.get(received.tenant_id)
    base_url = tenant.base_url if tenant else None
    try:
        return changes_in(Delivery(received.tenant_id, base_url, received.body, received.received_at))
    except NothingToTell as reason:
        log.info("webhook_without_change", tenant=received.tenant_id, hook=received.hook_id, reason=str(reason))
        return []


async def _command(asked: Intent, means: Means) -> Events:
    tenant = tenant_for(asked.origin, means.tenants)
    session = Session(
        site_of(tenant, means.reach), link_id(tenant.tenant_id, asked.origin.user), means.keys, means.http
    )
    return [await COMMANDS[type(asked)](asked, Jira(session))]


async def _command_or_connect(asked: Intent, means: Means) -> Events:
    try:
        return await _command(asked, means)
    except NotLinked:
        waiting = WaitingIntent(event_type=asked.event_type(), data=asked.model_dump(mode="json"))
        return await linking.offer(asked.origin, means, resume=waiting)


async def _resumed_command(asked: Intent, means: Means) -> Events:
    try:
        return await _command(asked, means)
    except PermissionLost as error:
        raise JiraRefused(
            "Jira does not accept the new permission.", "link_failed", "Please try once more: connect"
        ) from error
    except NotLinked as error:
        raise Unavailable("the new link has not reached key-vault yet") from error


async def _answered(origin: Origin, work: Coroutine[Any, Any, Events]) -> Events:
    """Turn every refusal into an answer; outages pass through, so that the message is tried again."""
    try:
        return await work
    except No as no:
        return [_refused(origin, no.code, no.why, no.advice)]
    except JiraRefused as refusal:
        return [_refused(origin, refusal.code, refusal.for_people, refusal.advice)]
    except PermissionLost as lost:
        return [_refused(origin, "link_failed", f"Jira does not let people connect ({lost}).", None)]
    except SignatureRefused as refusal:
        words = about(refusal.problem)
        return [_refused(origin, refusal.problem, words.said, f"Please tell your Jira administrator. {words.advice}")]


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
