"""A browser on its way to Jira's Allow page or back from it: the connection that it belongs to, and pages for none."""

import secrets
from dataclasses import dataclass

from starlette.responses import HTMLResponse

from contracts.outcomes import Refused
from tenant_registry import words
from tenant_registry.decide import fingerprint
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.pages import message_page
from tenant_registry.rows import PendingLink, TenantRow


@dataclass(frozen=True)
class Visit:
    """A connection that still waits, and the Jira it is for."""

    pending: PendingLink
    tenant: TenantRow

    @property
    def oauth2(self) -> bool:
        """Tell by which protocol; what began with one cannot go on with the other."""
        return self.pending.authorize_url is not None


async def visit(secret: str, around: Surroundings) -> Visit | None:
    """Find the connection by what only its link carries: OAuth 1.0a's request token, OAuth 2.0's state."""
    pending = await around.registry.pending.by_lookup(fingerprint(secret))
    if pending is None or pending.completed_by is not None or pending.expires_at <= around.now():
        return None
    tenant = await around.registry.tenants.owned(pending.tenant_id, pending.origin.teams_tenant)
    return Visit(pending, tenant) if tenant and tenant.state != "suspended" else None


def fresh_code() -> str:
    """Make a code for the person to bring to Teams."""
    return f"{secrets.randbelow(10**8):08d}"


async def deny(found: Visit, around: Surroundings) -> HTMLResponse:
    """End a connection that the person did not allow."""
    await end(found, words.denied(found.pending.origin, found.tenant), around)
    site = found.tenant.site
    text = f"You pressed Deny, so Bridge will not act for you in {site}. If you change your mind: {again(found.tenant)}"
    return message_page(200, "Not connected", text)


async def end(found: Visit, said: Refused, around: Surroundings) -> None:
    """End a connection, and say so in Teams."""
    await around.registry.connecting.end(found.pending.lookup, said, around.now())


def again(tenant: TenantRow | None) -> str:
    """Say how to begin anew, with this Jira where it is known."""
    return f"Go back to Teams and type {words.connect(tenant)} to get a new link."


def gone() -> HTMLResponse:
    """Say that nothing waits for this browser."""
    used = "It was used, or it waited too long."
    text = f"{used} If it is brand new, load this page again in a moment; if not: {again(None)}"
    return message_page(404, "This link leads nowhere", text)


def stranger(found: Visit | None, around: Surroundings) -> HTMLResponse:
    """Say the same to whoever made a link up, and to whoever comes with one of the other protocol."""
    around.refused("connect_link", found.tenant if found else None)
    return gone()


def incomplete() -> HTMLResponse:
    """Say that the address lacks something."""
    return message_page(400, "Something is missing", f"This address is incomplete. {again(None)}")


def unavailable() -> HTMLResponse:
    """Say that it may work in a moment."""
    return message_page(503, "Not now", "Bridge cannot do this right now. Wait a moment and load this page again.")
