"""What the database itself guards, and what happens without it."""

from datetime import timedelta

import httpx
import pytest
from pymongo.errors import DuplicateKeyError, WriteError
from tests.tenant_registry.fakes import NOON, Clock, FakeKeyVault, checked, origin, registered, tenant_row

from tenant_registry.handlers.registration import tenant_checked
from tenant_registry.http.edge import edge
from tenant_registry.http.surroundings import Surroundings
from tenant_registry.mongo.database import RegistryUnavailable, connect
from tenant_registry.registry import CodeUsed, Registry
from tenant_registry.rows import AuditRow, CodeRow
from tenant_registry.settings import Settings


async def test_preparing_again_changes_nothing(registry: Registry) -> None:
    tenant = await registered(registry)

    await registry.prepare()

    assert await registry.tenants.find(tenant.id) == tenant


@pytest.mark.parametrize(
    "change", [{"plain_token": "s3cret"}, {"hook_token_hash": "s3cret"}, {"base_url": "ftp://x"}, {"state": "maybe"}]
)
async def test_a_document_of_another_shape_is_refused(registry: Registry, change: dict[str, str]) -> None:
    await registered(registry)

    with pytest.raises(WriteError):
        await registry.database["tenants"].update_one({}, {"$set": change})


async def test_one_jira_stands_once_per_teams_organisation(registry: Registry) -> None:
    tenant = await registered(registry)

    with pytest.raises(DuplicateKeyError):
        await registry.database["tenants"].insert_one(tenant_row(base_url=tenant.base_url).document())


async def test_a_registration_that_fails_midway_leaves_nothing_behind(registry: Registry) -> None:
    tenant = await registered(registry)
    later = NOON + timedelta(hours=1)
    code = CodeRow(id="c" * 64, teams_tenant=tenant.teams_tenant, user="u", expires_at=later, purge_at=later)
    await registry.codes.add(code)
    twin = tenant_row()

    assert not await registry.register(code, twin, AuditRow.of("registered", origin(), NOON, tenant_id=twin.id))

    assert await registry.codes.usable(code.id, NOON) is not None
    assert await registry.database["audit"].count_documents({}) == 1
    assert await registry.database["outbox"].count_documents({}) == 1
    with pytest.raises(CodeUsed):
        await registry.register(code.model_copy(update={"id": "d" * 64}), twin, AuditRow.of("x", origin(), NOON))


async def test_what_passes_away_has_an_index_that_sees_to_it(registry: Registry) -> None:
    for collection in ("registration_codes", "pending_links", "told_changes", "outbox"):
        indexes = await registry.database[collection].index_information()
        assert any(index.get("expireAfterSeconds") == 0 for index in indexes.values()), collection


async def test_without_a_database_handlers_wait_and_callers_hear_when_to_come_back(
    keys: FakeKeyVault, clock: Clock, settings: Settings
) -> None:
    client = connect("mongodb://127.0.0.1:9/?replicaSet=none", timedelta(milliseconds=100))
    registry = Registry(client, "nowhere")
    around = Surroundings(registry, keys, clock, "https://bridge.example", allow_http=False, biggest_hook=1024)
    transport = httpx.ASGITransport(edge(around, settings))

    with pytest.raises(RegistryUnavailable):
        await tenant_checked(checked(tenant_row()), registry)
    async with httpx.AsyncClient(transport=transport, base_url="https://bridge.example") as web:
        hook = await web.post("/v1/hooks/a/b", json={})
        page = await web.get("/connect?oauth_token=x")

    assert hook.status_code == 503
    assert hook.headers["content-type"] == "application/problem+json"
    assert hook.headers["retry-after"]
    assert page.status_code == 503
    assert page.headers["content-type"].startswith("text/html")
    await registry.close()
