"""The steps of connecting by OAuth 2.0, as tests take them."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
from tests.tenant_registry.fakes import ANNA, BASE_URL, NOON, origin, registered

from contracts.jira import AuthorizationPrepared, GrantHeld, GrantRefused
from contracts.outcomes import Person
from contracts.registry import CodeExchangeAsked
from tenant_registry.decide import fingerprint
from tenant_registry.mongo.outbox import event_in
from tenant_registry.registry import Registry
from tenant_registry.rows import TenantRow

AUTHORIZE = f"{BASE_URL}/rest/oauth2/latest/authorize?client_id=bridge&response_type=code&code_challenge_method=S256"
STATE = "the-state"
CODE = "jiras-code"


async def registered_oauth2(registry: Registry, **more: Any) -> TenantRow:
    return await registered(registry, auth_mode="oauth2", client_secret="vault:v1:client", **more)


def prepared2(tenant: TenantRow, user: str = ANNA, state: str = STATE, **more: Any) -> AuthorizationPrepared:
    facts: dict[str, Any] = {
        "origin": origin(user, teams_tenant=tenant.teams_tenant),
        "tenant_id": tenant.id,
        "lookup": fingerprint(state),
        "request_token": "",
        "authorize_url": AUTHORIZE,
        "code_verifier": "jwe.of.verifier",
        "expires_at": NOON + timedelta(minutes=10),
    }
    return AuthorizationPrepared.model_validate({**facts, **more})


def held(waits: AuthorizationPrepared, **more: Any) -> GrantHeld:
    """What jira-actor says once Jira has given tokens for the code."""
    facts: dict[str, Any] = {
        "origin": waits.origin,
        "tenant_id": waits.tenant_id,
        "lookup": waits.lookup,
        "link_id": f"{waits.tenant_id}:{waits.origin.user}",
        "jira_user": Person(name="alinde", key="JIRAUSER10100", display_name="Anna Linde"),
        "access_token": "vault:v1:access",
        "refresh_token": "vault:v1:refresh",
        "expires_at": NOON + timedelta(hours=1),
    }
    return GrantHeld.model_validate({**facts, **more})


def not_given(waits: AuthorizationPrepared, **more: Any) -> GrantRefused:
    facts = {"origin": waits.origin, "tenant_id": waits.tenant_id, "lookup": waits.lookup, "why": "invalid_grant"}
    return GrantRefused.model_validate({**facts, **more})


async def come_back(web: httpx.AsyncClient, state: str = STATE, code: str = CODE) -> str:
    """Press Allow in Jira: its redirect brings the browser here, and the page shows the code."""
    page = await web.get("/oauth/callback", params={"code": code, "state": state})
    assert page.status_code == 200, page.text
    return shown_code(page)


def shown_code(page: httpx.Response) -> str:
    found = re.search(r'<p id="code">(\d{8})</p>', page.text)
    assert found is not None
    return found[1]


async def in_outbox(registry: Registry, *kinds: type) -> list[Any]:
    """What waits to be published, of these kinds."""
    found = [event_in(one) async for one in registry.database["outbox"].find({"data": {"$exists": True}})]
    return [event for event in found if isinstance(event, kinds)]


async def exchanges(registry: Registry) -> list[CodeExchangeAsked]:
    return await in_outbox(registry, CodeExchangeAsked)


def fresh_state() -> str:
    return uuid4().hex
