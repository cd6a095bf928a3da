"""Having Jira tell Bridge of changes: the webhook is created in the name of the administrator who asked."""

from pydantic import ValidationError

from contracts.event import Event
from contracts.hooks import SCREEN, events_in_words
from contracts.jira import WebhookCreated
from contracts.keys import ProtectedSecret
from contracts.registry import Tenant, WebhookCreationAsked
from jira_actor import hook_admin, linking, requests
from jira_actor.answers import data
from jira_actor.errors import JiraRefused, NotLinked
from jira_actor.hook_admin import Wanted
from jira_actor.jira_wire import ServerInfo
from jira_actor.key_vault import key_vault_asked
from jira_actor.means import Means, Unconnected
from jira_actor.readings import not_understood
from jira_actor.site import exchange


async def create(asked: WebhookCreationAsked, tenant: Tenant, means: Means) -> list[Event]:
    """Create the webhook, or offer the person to connect first."""
    try:
        return [await _created(asked, tenant, means)]
    except NotLinked as error:
        who = Unconnected(asked.origin, tenant)
        return [*linking.loss(error, who, means), *await linking.offer_once(who, means)]


async def _created(asked: WebhookCreationAsked, tenant: Tenant, means: Means) -> WebhookCreated:
    session = means.session(tenant, asked.origin)
    signed = hook_admin.signs(await _version(tenant, means))
    wanted = Wanted(asked.url, await _secret(asked, means), signed)
    try:
        webhook_id = await hook_admin.put(wanted, session)
    except JiraRefused as refusal:
        if refusal.code == "forbidden":
            raise _not_admin(asked, tenant, signed=signed) from refusal
        said = refusal.for_people.replace(wanted.secret, "…")  # Jira may repeat what it does not like
        raise JiraRefused(said, refusal.code, refusal.advice) from None
    return WebhookCreated(origin=asked.origin, tenant_id=tenant.tenant_id, webhook_id=webhook_id, site=tenant.site)


async def _version(tenant: Tenant, means: Means) -> str:
    """Ask Jira itself: what the registry knows may be older than Jira's last upgrade."""
    answer = await exchange(means.http, means.site(tenant).target, requests.server_info())
    try:
        return ServerInfo.model_validate(data(answer)).version
    except ValidationError as error:
        raise not_understood() from error


async def _secret(asked: WebhookCreationAsked, means: Means) -> str:
    protected = ProtectedSecret(row=asked.tenant_id, field="webhook_secret", ciphertext=asked.secret)
    with key_vault_asked():
        [secret] = await means.keys.open(asked.tenant_id, [protected])
    return secret


def _not_admin(asked: WebhookCreationAsked, tenant: Tenant, *, signed: bool) -> JiraRefused:
    """Say what a Jira administrator enters where; the secret itself is no text for a chat."""
    what = f"the URL {asked.url} and the secret" if signed else "the URL with its token"
    return JiraRefused(
        f"Jira lets only its administrators create webhooks, and you are none in {tenant.site}.",
        "not_admin",
        f"Ask one to open {tenant.base_url}{SCREEN} and to enter {what} that the registration showed (it can make new "
        f"ones), with these events: {events_in_words()}",
    )
