"""While a tenant's keys are rotated, its people notice nothing."""

import asyncio
from datetime import UTC, datetime

from tests.flows.town import Town

from tenant_registry.mongo.ciphertexts import key_version
from tenant_registry.mongo.database import connect
from tenant_registry.registry import Registry
from tenant_registry.tasks import RotationRow


async def test_everything_is_protected_anew_and_people_go_on_working(town: Town) -> None:
    registry = Registry(connect(town.at.engines.mongo_url), "bridge")
    (tenant,) = await registry.tenants.page("", 1, {})
    before = await versions(registry, tenant.id)
    at = datetime.now(UTC)

    assert await registry.rotations.ask(RotationRow(id=tenant.id, asked_by="operator", asked_at=at, due_at=at))
    async with asyncio.timeout(30):
        while (row := await registry.rotations.find(tenant.id)) and row.state != "settling":  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)

    assert row is not None
    assert await versions(registry, tenant.id) == {row.data_key_version} != before
    assert row.done == row.of >= 2, "the tenant and Ada's link"
    assert await town.ask("ada", "comment OPS-1 after the rotation", "Comment added")
    await registry.close()


async def versions(registry: Registry, tenant_id: str) -> set[int]:
    """The key versions that protect anything of the tenant."""
    return {
        key_version(text) async for one in registry.ciphertexts.every(tenant_id) for text in one.ciphertexts.values()
    }
