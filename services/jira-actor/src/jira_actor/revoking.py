"""Taking back in Jira what made a link that its person ended, as far as Jira has a call for it."""

import hmac
from collections.abc import Awaitable, Callable
from typing import Literal

import structlog
from pydantic import TypeAdapter, ValidationError

from chassis.errors import Unavailable
from chassis.keys import KeysRefusal
from contracts.jira import RevocationTried
from contracts.keys import ProtectedSecret
from contracts.registry import RevocationAsked, Tenant
from jira_actor import oauth2, requests
from jira_actor.answers import data
from jira_actor.errors import GrantInvalid, JiraError, JiraUnavailable
from jira_actor.http import Answer
from jira_actor.jira_wire import OwnTokenWire
from jira_actor.key_vault import key_vault_asked
from jira_actor.means import Means
from jira_actor.oauth2 import OAuth2
from jira_actor.readings import not_understood
from jira_actor.session import is_refused
from jira_actor.site import exchange

log = structlog.get_logger()
Came = Literal["revoked", "already_gone", "in_use", "several_tokens", "refused", "suspended", "unreachable"]
_LISTED = TypeAdapter(tuple[OwnTokenWire, ...])


async def revoke(asked: RevocationAsked, means: Means) -> RevocationTried | None:
    """Take it back and say what came of it; once more does no harm. An outage passes, to be tried again."""
    tenant = means.tenants.get(asked.tenant_id)
    if tenant is None:
        return None  # erased since, and its keys with it
    outcome = await _tried(asked, tenant, means)
    log.info("revocation_tried", tenant=asked.tenant_id, outcome=outcome)
    return tried(asked, outcome)


def tried(asked: RevocationAsked, outcome: Came) -> RevocationTried:
    """Say what came of it."""
    return RevocationTried(
        revocation_id=asked.revocation_id,
        tenant_id=asked.tenant_id,
        auth_mode=asked.auth_mode,
        outcome=outcome,
        origin=asked.origin,
    )


async def _tried(asked: RevocationAsked, tenant: Tenant, means: Means) -> Came:
    if tenant.state == "suspended":
        return "suspended"
    if tenant.state != "active":  # it may just have moved: no token goes there before its checks are green
        raise JiraUnavailable("this Jira has not passed its checks")
    try:
        return await WAYS[asked.auth_mode](asked, tenant, means)
    except Unavailable:
        raise
    except (JiraError, KeysRefusal) as refusal:
        log.warning("revocation_refused", tenant=asked.tenant_id, kind=type(refusal).__name__)
        return "refused"


async def _delete_token(asked: RevocationAsked, tenant: Tenant, means: Means) -> Came:
    """Delete a personal access token where it is the only one: Jira lists them, but does not say which is which."""
    target = means.site(tenant).target
    protected = ProtectedSecret(row=asked.link_id, field="access_token", ciphertext=asked.token)
    with key_vault_asked():
        [token] = await means.keys.open(asked.tenant_id, [protected])
    bearer = f"Bearer {token}"
    listed = await exchange(means.http, target, requests.own_tokens(), bearer)
    if listed.status == 401 and await is_refused(bearer, target, means.http):
        return "already_gone"
    first, *others = _own(listed)
    if others:
        return "several_tokens"
    if await _is_linked_anew(asked, means):
        return "in_use"
    deleted = await exchange(means.http, target, requests.delete_own_token(first.id), bearer)
    if deleted.status in (401, 404):
        return "already_gone"
    data(deleted)
    return "revoked"


def _own(listed: Answer) -> tuple[OwnTokenWire, ...]:
    """Read the list; the token that asked for it stands in it."""
    try:
        own = _LISTED.validate_python(data(listed))
    except ValidationError as error:
        raise not_understood() from error
    if not own:
        raise not_understood()
    return own


async def _is_linked_anew(asked: RevocationAsked, means: Means) -> bool:
    """Tell whether the person connected again: where there is one token alone, that was with this one."""
    link = await means.links.fresh(asked.link_id)
    return link is not None and link.generation > asked.generation


async def _rotate(asked: RevocationAsked, tenant: Tenant, means: Means) -> Came:
    """Exchange the refresh token and forget what comes back: from then on all that Bridge ever stored is worthless."""
    protected = ProtectedSecret(row=asked.link_id, field="refresh_token", ciphertext=asked.token)
    opened = await oauth2.opened(tenant, means.callback, means.keys, [protected])
    [refresh_token] = opened.others
    try:
        got = await OAuth2(means.site(tenant), means.http, opened.client).tokens_for_refresh(refresh_token)
    except GrantInvalid:
        return "already_gone"
    rotated = got.refresh is not None and not hmac.compare_digest(got.refresh.encode(), refresh_token.encode())
    return "revoked" if rotated else "refused"


WAYS: dict[str, Callable[[RevocationAsked, Tenant, Means], Awaitable[Came]]] = {
    "oauth2": _rotate,
    "pat": _delete_token,
}
