"""What handlers work with."""

import ssl
from dataclasses import dataclass
from typing import Protocol

from contracts.event import Origin
from contracts.registry import Tenant
from jira_actor.decide import No
from jira_actor.guard import Reach
from jira_actor.http import Http
from jira_actor.session import Keys


class Tenants(Protocol):
    """The local view of registered tenants."""

    def get(self, key: str) -> Tenant | None: ...

    def find(self, name: str) -> list[Tenant]: ...


@dataclass(frozen=True)
class Means:
    """The adapters, and the two settings that handlers need."""

    tenants: Tenants
    keys: Keys
    http: Http
    reach: Reach
    tls: ssl.SSLContext
    registry_url: str
    """Bridge's own public address."""

    @property
    def callback(self) -> str:
        """Give the address to which Jira sends people back."""
        return f"{self.registry_url}/oauth/callback"


def tenant_for(origin: Origin, tenants: Tenants) -> Tenant:
    """Find the Jira that this Teams tenant uses; raise `No` when there is none yet."""
    registered = tenants.find(origin.teams_tenant)
    for tenant in registered:
        if tenant.state == "active":
            return tenant
    if registered:
        raise No(
            "not_active",
            f"{registered[0].site} is registered, but has not passed its checks yet.",
            "Your Jira administrator can see what is wrong and check again.",
        )
    raise No(
        "not_registered", "No Jira is registered for your organisation yet.", "An administrator can begin: register"
    )


def link_id(tenant_id: str, user: str) -> str:
    """Name a person's account link."""
    return f"{tenant_id}:{user}"
