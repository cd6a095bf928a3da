"""While a tenant's keys are rotated, its people notice nothing."""

import asyncio
import base64
from datetime import UTC, datetime

import httpx
from tests.flows.estate import PAT, Estate, organisation
from tests.flows.town import Town

from tenant_registry.mongo.ciphertexts import key_version
from tenant_registry.mongo.database import connect
from tenant_registry.registry import Registry
from tenant_registry.rows import LinkRow
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


async def test_once_it_has_settled_what_the_old_keys_protected_opens_no_more(estate: Estate) -> None:
    await estate.connect_pat("alan")
    jira = estate.jira_called(PAT)
    tenant = jira.registration["tenantId"]
    registry = Registry(connect(estate.at.engines.mongo_url), "bridge")
    link = next(one for one in await registry.links.of_person(organisation(), await user_of(registry, tenant)))
    vault = httpx.AsyncClient(
        base_url=f"{estate.at.engines.vault_url}/v1/transit/",
        headers={"X-Vault-Token": estate.at.engines.vault_token},
        trust_env=False,
    )
    before = await opened(vault, tenant, link)

    await estate.operator("POST", f"/v1/tenants/{tenant}/rotation")
    async with asyncio.timeout(40):
        while (told := await estate.operator("GET", f"/v1/tenants/{tenant}/rotation"))["state"] != "done":  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.2)

    fresh = await registry.links.find(link.id)
    assert fresh is not None
    assert (before, told["unreadable"]) == (200, 0)
    assert await opened(vault, tenant, link) == 400, "a copy from before"
    assert await opened(vault, tenant, fresh) == 200
    assert await estate.ask("alan", f"on {PAT} comment OPS-1 after it settled", "Comment added")
    await estate.leave("alan", PAT)
    await vault.aclose()
    await registry.close()


async def user_of(registry: Registry, tenant_id: str) -> str:
    """The only person who is connected there."""
    (link,) = await registry.database["links"].find({"tenant_id": tenant_id}).to_list(None)
    return str(link["user"])


async def opened(vault: httpx.AsyncClient, tenant_id: str, link: LinkRow) -> int:
    """Ask Vault itself whether it opens the link's token in its place; gives the status."""
    place = base64.b64encode(f"{tenant_id}|{link.id}|access_token".encode()).decode()
    asked = {"ciphertext": link.access_token, "associated_data": place}
    return (await vault.post(f"decrypt/{tenant_id}", json=asked)).status_code
