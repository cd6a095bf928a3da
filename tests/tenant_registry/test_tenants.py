"""A tenant's life by its API: who may look and change, moving, suspension, checks that come too late."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.tenant_registry.fakes import (
    BASE_URL,
    NOON,
    REGISTRATION_TOKEN,
    Clock,
    FakeKeyVault,
    checked,
    counting,
    registered,
)
from tests.tenant_registry.test_registration import asked_checks, code_for

from tenant_registry.decide import fingerprint
from tenant_registry.handlers.registration import tenant_checked
from tenant_registry.http.edge import edge
from tenant_registry.http.surroundings import Policy, Surroundings
from tenant_registry.mongo.tenants import TenantChange
from tenant_registry.refreshing import ask_what_is_due
from tenant_registry.registry import Overtaken, Registry
from tenant_registry.rows import TenantRow
from tenant_registry.settings import Settings

OWN = {"Authorization": f"Bearer {REGISTRATION_TOKEN}"}
OPERATOR = {"Authorization": "Bearer the-operators-token"}
POLICY = Policy(operator_token_hash=fingerprint("the-operators-token"))


def web_of(
    registry: Registry, keys: FakeKeyVault, clock: Clock, policy: Policy = POLICY, **more: Any
) -> httpx.AsyncClient:
    around = Surroundings(registry, keys, clock, "https://bridge.example", False, 1024 * 1024, policy, **more)
    transport = httpx.ASGITransport(edge(around, Settings()), client=("192.0.2.9", 1))
    return httpx.AsyncClient(transport=transport, base_url="https://bridge.example")


@pytest.fixture
def operated(registry: Registry, keys: FakeKeyVault, clock: Clock) -> httpx.AsyncClient:
    """The edge of an operator who set a token; calls come from 192.0.2.9."""
    return web_of(registry, keys, clock)


async def stored(registry: Registry, tenant: TenantRow) -> TenantRow:
    found = await registry.tenants.find(tenant.id)
    assert found is not None
    return found


async def noted(registry: Registry, what: str) -> dict[str, Any]:
    found = await registry.database["audit"].find_one({"what": what})
    assert found is not None
    return found


ROUTES = [
    ("GET", "/v1/tenants"),
    ("POST", "/v1/tenants/{id}/suspension"),
    ("DELETE", "/v1/tenants/{id}/suspension"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_what_is_the_operators_is_refused_to_a_tenant(
    registry: Registry, operated: httpx.AsyncClient, method: str, path: str
) -> None:
    tenant = await registered(registry)

    nobody = await operated.request(method, path.format(id=tenant.id))
    own = await operated.request(method, path.format(id=tenant.id), headers=OWN)

    assert (nobody.status_code, own.status_code) == (401, 403)
    assert "BRIDGE_OPERATOR_TOKEN_HASH" in own.json()["detail"]


@pytest.mark.parametrize("token", ["", "the-operators-token", fingerprint("")])
async def test_where_no_operator_is_set_nobody_is_one(
    registry: Registry, keys: FakeKeyVault, clock: Clock, token: str
) -> None:
    web = web_of(registry, keys, clock, Policy())

    answer = await web.get("/v1/tenants", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code in {401, 403}


async def test_the_operator_pages_through_all_tenants(registry: Registry, operated: httpx.AsyncClient) -> None:
    ids = sorted([(await registered(registry, base_url=f"https://j{n}.example")).id for n in range(5)])
    await registry.database["tenants"].update_one({"_id": ids[0]}, {"$set": {"state": "active"}})

    seen, after = [], ""
    while after is not None:
        page = (await operated.get("/v1/tenants", params={"after": after, "limit": 2}, headers=OPERATOR)).json()
        seen += [one["tenantId"] for one in page["tenants"]]
        after = page["next"]
    active = (await operated.get("/v1/tenants", params={"state": "active"}, headers=OPERATOR)).json()

    assert seen == ids
    assert [one["tenantId"] for one in active["tenants"]] == ids[:1]
    assert active["next"] is None
    assert all("Hash" not in name and "secret" not in name.lower() for name in active["tenants"][0])


async def test_a_suspended_tenant_is_told_to_all_and_wakes_by_no_check(
    registry: Registry, operated: httpx.AsyncClient
) -> None:
    tenant = await registered(registry, state="active")

    answer = await operated.post(f"/v1/tenants/{tenant.id}/suspension", headers=OPERATOR)
    await tenant_checked(checked(tenant), registry)

    assert (answer.status_code, answer.json()["state"]) == (200, "suspended")
    now = await stored(registry, tenant)
    assert now.state == "suspended"
    assert now.jira_version == "9.12.4", "what was learned is kept"
    assert now.event().state == "suspended"
    assert (await noted(registry, "suspended"))["user"] == "operator"


async def test_suspended_it_may_be_looked_at_but_not_changed_by_its_own_token(
    registry: Registry, operated: httpx.AsyncClient
) -> None:
    tenant = await registered(registry, state="suspended")
    path = f"/v1/tenants/{tenant.id}"

    assert (await operated.get(path, headers=OWN)).json()["state"] == "suspended"
    for answer in (
        await operated.post(f"{path}/checks", headers=OWN),
        await operated.patch(path, json={"alias": "x"}, headers=OWN),
        await operated.post(f"{path}/webhook", json={"signed": True}, headers=OWN),
    ):
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:bridge:problem:suspended")
    assert (await operated.patch(path, json={"alias": "x"}, headers=OPERATOR)).json()["alias"] == "x"


async def test_a_resumed_tenant_is_checked_before_it_is_active(
    registry: Registry, operated: httpx.AsyncClient, clock: Clock
) -> None:
    tenant = await registered(registry, state="suspended")

    resumed = await operated.delete(f"/v1/tenants/{tenant.id}/suspension", headers=OPERATOR)
    again = await operated.delete(f"/v1/tenants/{tenant.id}/suspension", headers=OPERATOR)

    assert resumed.json()["state"] == again.json()["state"] == "pending"
    asked = [one for one in await asked_checks(registry) if one.check_id != tenant.id]
    assert [one.tenant.state for one in asked] == ["pending"]
    clock.passes(timedelta(seconds=9))
    await tenant_checked(checked(tenant, check_id=asked[0].check_id, checked_at=clock()), registry)
    assert (await stored(registry, tenant)).state == "active"


async def test_alias_default_and_networks_can_be_changed(registry: Registry, operated: httpx.AsyncClient) -> None:
    first = await registered(registry, alias="eu", is_default=True)
    second = await registered(registry, base_url="https://us.example", alias="us")
    given = {
        "default": True,
        "alias": "America",
        "sourceNetworks": ["192.0.2.0/24", "2001:db8::/32"],
        "destinations": ["198.51.100.7"],
        "connectorVersion": "2.1",
    }

    answer = await operated.patch(f"/v1/tenants/{second.id}", json=given, headers=OWN)

    said = answer.json()
    assert answer.status_code == 200
    assert (said["default"], said["alias"], said["connectorVersion"]) == (True, "america", "2.1")
    assert said["sourceNetworks"] == ["192.0.2.0/24", "2001:db8::/32"]
    assert said["destinations"] == ["198.51.100.7/32"]
    assert not (await stored(registry, first)).is_default
    assert (await stored(registry, second)).event().destinations == ("198.51.100.7/32",)
    assert "198.51.100.7" not in str(await noted(registry, "tenant_changed"))


@pytest.mark.parametrize(
    ("given", "status", "word"),
    [
        ({"alias": "eu"}, 409, "alias"),
        ({"default": False}, 422, "default"),
        ({"surprise": 1}, 422, "surprise"),
        ({"sourceNetworks": ["office"]}, 422, "192.0.2.0/24"),
        ({"sourceNetworks": ["10.0.0.1/8"]}, 422, "10.0.0.0/8"),
        ({"sourceNetworks": ["10.0.0.0/8"]}, 422, "192.0.2.9"),
        ({"sourceNetworks": ["192.0.2.0/24"] * 51}, 422, "50"),
        ({"baseUrl": "ftp://x"}, 422, "https"),
        ({"baseUrl": "https://new.example"}, 403, "code"),
        ({"baseUrl": "https://new.example", "code": "guess"}, 403, "code"),
        ({"unsignedWebhooks": True}, 422, "unsignedWebhooks"),
    ],
)
async def test_a_change_that_does_not_fit_is_refused_whole(
    registry: Registry, operated: httpx.AsyncClient, given: dict[str, Any], status: int, word: str
) -> None:
    await registered(registry, alias="eu")
    tenant = await registered(registry, base_url="https://us.example", alias="us")

    answer = await operated.patch(f"/v1/tenants/{tenant.id}", json={"connectorVersion": "9", **given}, headers=OWN)

    assert answer.status_code == status, answer.text
    assert word in answer.json()["detail"]
    assert await stored(registry, tenant) == tenant


async def test_moving_keeps_the_tenant_and_its_links_and_checks_it_anew(
    registry: Registry, operated: httpx.AsyncClient, clock: Clock
) -> None:
    tenant = await registered(registry, state="active", signing_base_url=BASE_URL, check_id="old-check")
    given = {"baseUrl": "https://JIRA.new.example:443/", "code": await code_for(registry, clock)}

    answer = await operated.patch(f"/v1/tenants/{tenant.id}", json=given, headers=OWN)

    said = answer.json()
    assert answer.status_code == 200, answer.text
    assert (said["baseUrl"], said["state"], said["signingBaseUrl"]) == ("https://jira.new.example", "pending", None)
    late = checked(tenant, check_id="old-check", checked_at=NOON + timedelta(seconds=30))
    await tenant_checked(late, registry)
    now = await stored(registry, tenant)
    assert now.state == "pending", "a result about the old address says nothing of the new one"
    assert now.site == "jira.new.example"
    assert (await asked_checks(registry))[-1].tenant.base_url == "https://jira.new.example"
    details = (await noted(registry, "moved"))["details"]
    assert details == {"was": BASE_URL, "base_url": "https://jira.new.example", "links": "kept"}
    again = await operated.patch(f"/v1/tenants/{tenant.id}", json={**given, "baseUrl": BASE_URL}, headers=OWN)
    assert again.status_code == 403, "a code is good for one move"


async def test_what_else_is_changed_with_a_move_is_noted_as_in_any_other_change(
    registry: Registry, operated: httpx.AsyncClient, clock: Clock
) -> None:
    tenant = await registered(registry)
    given = {
        "baseUrl": "https://new.example",
        "code": await code_for(registry, clock),
        "sourceNetworks": ["192.0.2.0/24"],
        "alias": "new",
        "connectorVersion": None,
        "unsignedWebhooks": False,
    }

    answer = await operated.patch(f"/v1/tenants/{tenant.id}", json=given, headers=OWN)

    assert answer.status_code == 200, answer.text
    details = (await noted(registry, "moved"))["details"]
    assert details["fields"] == "alias, source_networks, unsigned_webhooks"
    assert (await operated.patch(f"/v1/tenants/{tenant.id}", json={"alias": "x"}, headers=OWN)).status_code == 200
    assert (await noted(registry, "tenant_changed"))["details"] == {"fields": "alias"}


async def test_a_code_of_another_organisation_moves_nothing(
    registry: Registry, operated: httpx.AsyncClient, clock: Clock
) -> None:
    tenant = await registered(registry, teams_tenant="another-organisation")
    given = {"baseUrl": "https://evil.example", "code": await code_for(registry, clock)}

    answer = await operated.patch(f"/v1/tenants/{tenant.id}", json=given, headers=OWN)

    assert answer.status_code == 403
    assert (await stored(registry, tenant)).base_url == BASE_URL


async def test_where_people_gave_bearer_tokens_the_operator_needs_a_code_too(
    registry: Registry, operated: httpx.AsyncClient
) -> None:
    tenant = await registered(registry, auth_mode="pat", consumer_key="")

    answer = await operated.patch(f"/v1/tenants/{tenant.id}", json={"baseUrl": "https://new.example"}, headers=OPERATOR)

    assert (answer.status_code, answer.json()["type"]) == (403, "urn:bridge:problem:code-needed")
    assert (await stored(registry, tenant)).base_url == BASE_URL


async def test_a_move_to_where_another_tenant_is_and_one_while_suspended(
    registry: Registry, operated: httpx.AsyncClient
) -> None:
    await registered(registry, base_url="https://taken.example")
    tenant = await registered(registry, state="suspended")
    path = f"/v1/tenants/{tenant.id}"

    taken = await operated.patch(path, json={"baseUrl": "https://taken.example"}, headers=OPERATOR)
    moved = await operated.patch(path, json={"baseUrl": "https://free.example"}, headers=OPERATOR)

    assert (taken.status_code, taken.json()["type"]) == (409, "urn:bridge:problem:already-registered")
    assert (moved.status_code, moved.json()["state"]) == (200, "suspended")


async def test_calls_from_outside_the_tenants_networks_are_refused_and_counted(
    registry: Registry, keys: FakeKeyVault, clock: Clock
) -> None:
    tenant = await registered(registry, source_networks=["10.0.0.0/8"])
    counted: list[str] = []
    web = web_of(registry, keys, clock, refused=counting(counted))
    path = f"/v1/tenants/{tenant.id}"

    own = [
        await web.get(path, headers=OWN),
        await web.post(f"{path}/checks", headers=OWN),
        await web.patch(path, json={"sourceNetworks": []}, headers=OWN),
    ]
    operator = await web.patch(path, json={"sourceNetworks": []}, headers=OPERATOR)

    assert {one.json()["type"] for one in own} == {"urn:bridge:problem:source-not-allowed"}
    assert counted == ["source_network"] * 3
    assert operator.status_code == 200
    assert (await web.get(path, headers=OWN)).status_code == 200


async def test_a_registration_that_would_lock_its_caller_out_is_refused(
    registry: Registry, operated: httpx.AsyncClient, clock: Clock
) -> None:
    call = {"code": await code_for(registry, clock), "baseUrl": BASE_URL, "product": "jira"}

    outside = await operated.post("/v1/registrations", json={**call, "sourceNetworks": ["10.0.0.0/8"]})
    inside = await operated.post("/v1/registrations", json={**call, "sourceNetworks": ["192.0.2.0/24"]})

    assert (outside.status_code, inside.status_code) == (422, 201)
    assert "192.0.2.9" in outside.json()["detail"]


async def test_one_install_for_one_organisation_refuses_all_others(
    registry: Registry, keys: FakeKeyVault, clock: Clock
) -> None:
    tenant = await registered(registry, base_url="https://old.example")
    code = await code_for(registry, clock)
    call = {"code": code, "baseUrl": BASE_URL, "product": "jira"}

    others = web_of(registry, keys, clock, Policy(single_tenant="another-organisation"))
    ours = web_of(registry, keys, clock, Policy(single_tenant=tenant.teams_tenant.upper()))
    refused = [
        await others.post("/v1/registrations", json=call),
        await others.get(f"/v1/tenants/{tenant.id}", headers=OWN),
    ]

    assert [(one.status_code, one.json()["type"]) for one in refused] == [
        (403, "urn:bridge:problem:other-organisation")
    ] * 2
    assert (await ours.post("/v1/registrations", json=call)).status_code == 201


async def test_active_tenants_are_checked_again_when_it_is_time_and_once(registry: Registry, clock: Clock) -> None:
    day = timedelta(days=1)
    active = await registered(registry, state="active", check_asked_at=NOON)
    await registered(registry, base_url="https://b.example", state="suspended")
    await registered(registry, base_url="https://c.example", state="failed")

    assert await ask_what_is_due(registry, day, clock()) == 0
    clock.passes(day + timedelta(seconds=1))
    assert await ask_what_is_due(registry, day, clock()) == 1
    assert await ask_what_is_due(registry, day, clock()) == 0

    check_id = (await stored(registry, active)).check_id
    assert check_id is not None
    failed = checked(active, failed="tcp", check_id=check_id, checked_at=clock())
    await tenant_checked(failed, registry)
    assert (await stored(registry, active)).state == "active", "a Jira that is down for its upgrade stays registered"
    clock.passes(timedelta(seconds=1))
    passed = checked(active, check_id=check_id, jira_version="10.3.1", checked_at=clock())
    await tenant_checked(passed, registry)
    assert (await stored(registry, active)).jira_version == "10.3.1"


async def test_a_tenant_that_changes_meanwhile_is_not_overwritten(registry: Registry, clock: Clock) -> None:
    tenant = await registered(registry, state="suspended")

    with pytest.raises(Overtaken):
        await registry.change(TenantChange(tenant.id, clock(), {"state": "pending"}, only={"state": "active"}))
    with pytest.raises(Overtaken):
        await registry.change(TenantChange(uuid4().hex, clock(), {"alias": "x"}))
    assert await stored(registry, tenant) == tenant
