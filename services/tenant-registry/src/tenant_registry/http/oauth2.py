"""OAuth 2.0: the way to Jira's Allow page and back with a code, which lives for ten seconds."""

from dataclasses import dataclass, field

from starlette.responses import HTMLResponse

from contracts.registry import CodeExchangeAsked
from tenant_registry import words
from tenant_registry.decide import CODE_LIVES, fingerprint, link_id, with_state
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.http.visits import Visit, again, deny, end, fresh_code, gone, incomplete, stranger, visit
from tenant_registry.mongo.pending import CodeSeen
from tenant_registry.pages import code_page, message_page

DENIED = "access_denied"


@dataclass(frozen=True)
class Back:
    """What Jira sent the browser back with."""

    state: str = field(repr=False)
    code: str = field(repr=False)
    error: str


def allow_page(found: Visit, state: str) -> str:
    """Give the address of Jira's Allow page for this person."""
    return with_state(found.pending.authorize_url or "", state)


async def callback(back: Back, around: Surroundings) -> HTMLResponse:
    """Have Jira's code exchanged at once, and show a code of ours for the person to bring to Teams."""
    if not back.code and not back.error:
        return incomplete()
    found = await visit(back.state, around)
    if found is None or not found.oauth2:
        return stranger(found, around)
    if back.error:
        return await _refused(found, back.error, around)
    return await _exchange(found, back.code, around)


async def _exchange(found: Visit, jira_code: str, around: Surroundings) -> HTMLResponse:
    """Show a code, only to the browser that brought Jira's first one.

    Whoever knows the link could otherwise come with a code that he made up, and be shown ours for what another allowed.
    """
    pending, at, code = found.pending, around.now(), fresh_code()
    seen = CodeSeen(
        lookup=pending.lookup,
        jira_code_hash=fingerprint(jira_code),
        code_hash=fingerprint(code),
        expires_at=at + CODE_LIVES,
    )
    asked = CodeExchangeAsked(
        origin=pending.origin,
        tenant_id=pending.tenant_id,
        link_id=link_id(pending.tenant_id, pending.origin.user),
        lookup=pending.lookup,
        code=around.keys.seal(jira_code, pending.tenant_id),
        code_verifier=pending.code_verifier or "",
    )
    if not await around.registry.connecting.see_code(seen, asked, at):
        around.refused("second_jira_code", found.tenant)
        return gone()
    return code_page(code, found.tenant.site)


async def _refused(found: Visit, error: str, around: Surroundings) -> HTMLResponse:
    """End it, in Teams too; what stands in the address is not repeated."""
    pending, site = found.pending, found.tenant.site
    if pending.jira_code_hash is not None:
        return gone()  # it was allowed before
    if error == DENIED:
        return await deny(found, around)
    await end(found, words.not_granted(pending.origin, found.tenant), around)
    text = f"{site} did not let you connect. {again(found.tenant)} If it happens again, tell your Jira administrator."
    return message_page(200, "Not connected", text)
