"""What handlers work with."""

import ssl
from dataclasses import dataclass
from typing import Protocol

from contracts.event import Origin
from contracts.registry import Tenant, WaitingIntent
from contracts.teams import Intent
from jira_actor import sites
from jira_actor.bearers import Bearers, Caller, Links
from jira_actor.errors import JiraRefused
from jira_actor.guard import Reach
from jira_actor.http import Http
from jira_actor.key_vault import Keys
from jira_actor.open_cards import OpenCards
from jira_actor.session import BearerSession, Session, SignedSession
from jira_actor.site import Site, site_of


class Tenants(Protocol):
    """The local view of registered tenants."""

    def get(self, key: str) -> Tenant | None: ...

    def find(self, name: str) -> list[Tenant]: ...


@dataclass(frozen=True)
class Means:
    """The adapters, what is remembered, and the two settings that handlers need."""

    tenants: Tenants
    links: Links
    keys: Keys
    http: Http
    bearers: Bearers
    cards: OpenCards
    reach: Reach
    tls: ssl.SSLContext
    registry_url: str
    """Bridge's own public address."""

    @property
    def callback(self) -> str:
        """Give the address to which Jira sends people back."""
        return callback(self.registry_url)

    def tenant_meant(self, asked: Intent) -> Tenant:
        """Give the Jira that an intent is about; raise `No`."""
        return sites.meant(self.tenants.find(asked.origin.teams_tenant), asked.site)

    def tenant(self, tenant_id: str) -> Tenant:
        """Give a registered Jira that may be used; raise `JiraRefused` or `No`."""
        found = self.tenants.get(tenant_id)
        if found is None:
            raise JiraRefused("This Jira is no longer registered.", "not_registered")
        return sites.usable(found)

    def site(self, tenant: Tenant) -> Site:
        """Give where a tenant's Jira is; raise `JiraRefused` where Bridge may not go."""
        return site_of(tenant, self.reach)

    def session(self, tenant: Tenant, origin: Origin) -> Session:
        """Give a person's session with a Jira."""
        site, link = self.site(tenant), link_id(tenant.tenant_id, origin.user)
        if tenant.auth_mode == "oauth1":
            return SignedSession(site, link, self.keys, self.http)
        return BearerSession(Caller(tenant, site, link, origin), self.bearers, self.http)


@dataclass(frozen=True)
class Unconnected:
    """A person without a link to a Jira, and the command that waits for it."""

    origin: Origin
    tenant: Tenant
    resume: WaitingIntent | None = None

    @property
    def link_id(self) -> str:
        """Name the link that is missing."""
        return link_id(self.tenant.tenant_id, self.origin.user)


def callback(registry_url: str) -> str:
    """Give the address to which Jira sends people back."""
    return f"{registry_url}/oauth/callback"


def link_id(tenant_id: str, user: str) -> str:
    """Name a person's account link."""
    return f"{tenant_id}:{user}"
