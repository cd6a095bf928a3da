"""The audit as JSON lines: filters, pages, and a chain that anybody can follow."""

import hashlib
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.tenant_registry.fakes import (
    ANNA,
    BASE_URL,
    BEN,
    NOON,
    TEAMS_TENANT,
    Clock,
    FakeKeyVault,
    origin,
    registered,
)
from tests.tenant_registry.test_tenants import OPERATOR, OWN, web_of

from tenant_registry.registry import Registry
from tenant_registry.rows import AuditRow, TenantRow


@pytest.fixture
async def tenant(registry: Registry) -> TenantRow:
    """Registered at noon; then Anna and Ben commented in turn, every minute."""
    tenant = await registered(registry)
    for minute in range(1, 7):
        who = origin(ANNA if minute % 2 else BEN)
        row = AuditRow.of("comment_added", who, NOON + timedelta(minutes=minute), tenant_id=tenant.id, issue="OPS-7")
        await registry.audit.note_once(row)
    await registry.chain.extend()
    return tenant


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_a_tenant_reads_all_that_was_done_in_its_order(tenant: TenantRow, web: httpx.AsyncClient) -> None:
    told = lines(await web.get(f"/v1/tenants/{tenant.id}/audit", headers=OWN))

    assert [one["seq"] for one in told] == [1, 2, 3, 4, 5, 6, 7]
    assert [one["what"] for one in told] == ["registered", *["comment_added"] * 6]
    assert told[1]["user"] == ANNA
    assert told[1]["details"] == {"issue": "OPS-7"}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"what": "registered"}, [1]),
        ({"user": BEN}, [3, 5, 7]),
        ({"from": "2126-03-02T12:05:00Z"}, [6, 7]),
        ({"to": "2126-03-02T13:02:00+01:00"}, [1, 2]),
        ({"from": "2126-03-02T12:01:00Z", "to": "2126-03-02T12:04:00Z", "user": ANNA}, [2, 4]),
        ({"after": "5"}, [6, 7]),
        ({"what": "nothing"}, []),
    ],
)
async def test_filters(tenant: TenantRow, web: httpx.AsyncClient, query: dict[str, str], wanted: list[int]) -> None:
    told = lines(await web.get(f"/v1/tenants/{tenant.id}/audit", headers=OWN, params=query))

    assert [one["seq"] for one in told] == wanted


async def test_pages_name_the_next_one(tenant: TenantRow, web: httpx.AsyncClient) -> None:
    seen: list[int] = []
    answer = await web.get(f"/v1/tenants/{tenant.id}/audit?limit=3&what=comment_added", headers=OWN)
    seen += [one["seq"] for one in lines(answer)]
    while following := answer.links.get("next"):
        answer = await web.get(following["url"], headers=OWN)
        seen += [one["seq"] for one in lines(answer)]

    assert seen == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("query", ["from=yesterday", "from=2126-03-02T12:00:00", "limit=0", "after=-1"])
async def test_what_cannot_be_understood_is_a_problem(tenant: TenantRow, web: httpx.AsyncClient, query: str) -> None:
    answer = await web.get(f"/v1/tenants/{tenant.id}/audit?{query}", headers=OWN)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert query.split("=", maxsplit=1)[0] in answer.json()["detail"]


async def test_a_tenant_sees_its_own_deeds_alone_and_the_operator_those_of_an_organisation(
    registry: Registry, tenant: TenantRow, keys: FakeKeyVault, clock: Clock
) -> None:
    await registered(registry, base_url=f"{BASE_URL}/two")
    await registry.audit.note_once(AuditRow.of("linked", origin(teams_tenant="another-organisation"), NOON))
    await registry.chain.extend()
    async with web_of(registry, keys, clock) as web:
        own = lines(await web.get(f"/v1/tenants/{tenant.id}/audit", headers=OWN))
        all_of_it = lines(await web.get("/v1/audit", headers=OPERATOR, params={"teamsTenant": TEAMS_TENANT}))
        refused = await web.get("/v1/audit", headers=OWN, params={"teamsTenant": TEAMS_TENANT})
        unsaid = await web.get("/v1/audit", headers=OPERATOR)

    assert {one["tenantId"] for one in own} == {tenant.id}
    assert len(all_of_it) == len(own) + 1
    assert {one["teamsTenant"] for one in all_of_it} == {TEAMS_TENANT}
    assert refused.status_code == 403
    assert "teamsTenant" in unsaid.json()["detail"]


async def test_the_chain_holds_and_says_so(
    registry: Registry, tenant: TenantRow, keys: FakeKeyVault, clock: Clock
) -> None:
    async with web_of(registry, keys, clock) as web:
        said = (await web.get(f"/v1/tenants/{tenant.id}/audit/verification", headers=OWN)).json()
        same = await web.get("/v1/audit/verification", headers=OPERATOR, params={"teamsTenant": TEAMS_TENANT})
        nothing = await web.get("/v1/audit/verification", headers=OPERATOR, params={"teamsTenant": "nobody"})

    assert same.json() == said
    assert (said["holds"], said["entries"], said["advice"]) == (True, 7, None)
    assert (nothing.json()["holds"], nothing.json()["entries"]) == (True, 0)


@pytest.mark.parametrize("change", [{"user": BEN}, {"what": "nothing"}, {"details": {"issue": "OPS-8"}}])
async def test_a_row_that_somebody_changed_is_found(
    registry: Registry, tenant: TenantRow, web: httpx.AsyncClient, change: dict[str, Any]
) -> None:
    await registry.database["audit"].update_one({"teams_tenant": TEAMS_TENANT, "seq": 4}, {"$set": change})

    said = (await web.get(f"/v1/tenants/{tenant.id}/audit/verification", headers=OWN)).json()

    assert (said["holds"], said["brokenAt"], said["entries"]) == (False, 4, 3)
    assert "backups" in said["advice"]


async def test_a_row_that_somebody_removed_is_found(
    registry: Registry, tenant: TenantRow, web: httpx.AsyncClient
) -> None:
    await registry.database["audit"].delete_one({"teams_tenant": TEAMS_TENANT, "seq": 7})

    said = (await web.get(f"/v1/tenants/{tenant.id}/audit/verification", headers=OWN)).json()

    assert (said["holds"], said["brokenAt"]) == (False, 7)


async def test_the_lines_of_an_organisation_are_enough_to_follow_its_chain(
    tenant: TenantRow, registry: Registry, keys: FakeKeyVault, clock: Clock
) -> None:
    """Written from the description alone, without our code."""
    async with web_of(registry, keys, clock) as web:
        told = lines(await web.get("/v1/audit", headers=OPERATOR, params={"teamsTenant": TEAMS_TENANT}))

    prev = "0" * 64
    for one in told:
        own = json.dumps([one["salt"], one["user"], one["details"]], ensure_ascii=False, sort_keys=True)
        assert hashlib.sha256(own.encode()).hexdigest() == one["personal"]
        deed = [prev, one["seq"], one["at"], one["what"], one["tenantId"], one["personal"]]
        prev = hashlib.sha256(json.dumps(deed, ensure_ascii=False).encode()).hexdigest()
        assert one["hash"] == prev
