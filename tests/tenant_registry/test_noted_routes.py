"""What a call does is in the audit, with who did it: each route that changes something, and taking data along."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from tests.tenant_registry.fakes import ANNA, BASE_URL, Clock, FakeKeyVault, registered
from tests.tenant_registry.test_register_page import open_page, send
from tests.tenant_registry.test_registration import code_for
from tests.tenant_registry.test_tenants import OPERATOR, OWN, web_of

from tenant_registry.registry import Registry

CHANGING = {"post", "put", "patch", "delete"}
TENANT = "/v1/tenants/{tenant_id}"
NEW_URL = "https://new.linden.example"
CALLERS = {"registration token": OWN, "operator": OPERATOR}


@dataclass(frozen=True)
class Deed:
    """How a route is called, and what is then in the audit, by whose name."""

    what: str
    body: dict[str, Any] | None = None
    params: dict[str, str] = field(default_factory=dict)
    state: str = "active"
    by: tuple[str, ...] = tuple(CALLERS)


NOTED = {
    ("post", "/v1/registrations"): Deed("registered", {"baseUrl": NEW_URL, "product": "jira"}, by=(ANNA,)),
    ("patch", TENANT): Deed("tenant_changed", {"alias": "linden"}),
    ("delete", TENANT): Deed("tenant_erased", params={"confirm": BASE_URL}),
    ("post", f"{TENANT}/checks"): Deed("check_asked"),
    ("post", f"{TENANT}/webhook"): Deed("webhook_renewed", {"signed": False}),
    ("post", f"{TENANT}/rotation"): Deed("rotation_asked"),
    ("post", "/v1/rotations"): Deed("rotation_asked", by=("operator",)),
    ("post", f"{TENANT}/suspension"): Deed("suspended", by=("operator",)),
    ("delete", f"{TENANT}/suspension"): Deed("resumed", state="suspended", by=("operator",)),
    ("get", f"{TENANT}/export"): Deed("exported"),
}
NOT_NOTED = {
    ("post", "/v1/hooks/{tenant_id}"): "nobody's act but Jira's, many a second, and kept in Kafka",
    ("post", "/v1/hooks/{tenant_id}/{token}"): "the same",
}


async def noted(registry: Registry, what: str, by: str) -> int:
    return await registry.database["audit"].count_documents({"what": what, "user": by})


async def test_every_changing_route_is_noted_or_known_not_to_be(empty_web: httpx.AsyncClient) -> None:
    paths = (await empty_web.get("/openapi.json")).json()["paths"]
    routes = {(method, path) for path, methods in paths.items() for method in methods}

    assert set(NOTED) | set(NOT_NOTED) <= routes, "a route is gone"
    assert {one for one in routes if one[0] in CHANGING} <= set(NOTED) | set(NOT_NOTED), "note it, or say why not"


CALLS = [(route, by) for route, deed in NOTED.items() for by in deed.by]


@pytest.mark.parametrize(("route", "by"), CALLS, ids=[f"{method} {path} by {by}" for (method, path), by in CALLS])
async def test_what_was_done_is_noted_with_who_did_it(
    registry: Registry, keys: FakeKeyVault, clock: Clock, route: tuple[str, str], by: str
) -> None:
    (method, path), deed = route, NOTED[route]
    tenant = await registered(registry, state=deed.state)
    body = {**deed.body, "code": await code_for(registry, clock)} if deed.body and by == ANNA else deed.body

    before = await noted(registry, deed.what, by)

    async with web_of(registry, keys, clock) as web:
        url = path.format(tenant_id=tenant.id)
        answer = await web.request(method, url, json=body, params=deed.params, headers=CALLERS.get(by))

    assert answer.is_success, answer.text
    assert await noted(registry, deed.what, by) == before + 1


async def test_what_is_done_on_the_page_of_a_registration_is_noted_too(
    registry: Registry, web: httpx.AsyncClient
) -> None:
    tenant = await registered(registry)
    await open_page(web, tenant)

    taken = await web.get(f"/register/{tenant.id}/export")
    checked = await send(web, {}, f"/register/{tenant.id}/checks")

    assert (taken.status_code, checked.status_code) == (200, 303)
    assert [await noted(registry, what, "registration token") for what in ("exported", "check_asked")] == [1, 1]


async def test_what_is_refused_is_not_noted_as_done(registry: Registry, keys: FakeKeyVault, clock: Clock) -> None:
    tenant = await registered(registry)

    async with web_of(registry, keys, clock) as web:
        for route in NOTED:
            await web.request(route[0], route[1].format(tenant_id=tenant.id), headers={"Authorization": "Bearer guess"})

    assert [one["what"] async for one in registry.database["audit"].find()] == ["registered"]
