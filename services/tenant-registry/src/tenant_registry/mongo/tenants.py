"""Tenants in MongoDB."""

from contracts.jira import TenantChecked
from contracts.keys import TenantKeys
from tenant_registry.mongo.database import Database, Session, guarded
from tenant_registry.rows import TenantRow


class Tenants:
    """The collection `tenants`."""

    def __init__(self, database: Database) -> None:
        self._rows = database["tenants"]

    @guarded
    async def add(self, tenant: TenantRow, session: Session) -> None:
        """Add a tenant; raises DuplicateKeyError where this Teams tenant has this Jira already."""
        await self._rows.insert_one(tenant.document(), session=session)

    @guarded
    async def find(self, tenant_id: str) -> TenantRow | None:
        """Find one."""
        found = await self._rows.find_one({"_id": tenant_id})
        return TenantRow.read(found) if found else None

    async def owned(self, tenant_id: str, teams_tenant: str) -> TenantRow | None:
        """Find one if it is this Teams tenant's."""
        tenant = await self.find(tenant_id)
        return tenant if tenant and tenant.teams_tenant == teams_tenant else None

    @guarded
    async def knows(self, teams_tenant: str, base_url: str) -> bool:
        """Tell whether this Teams tenant has this Jira."""
        return await self._rows.find_one({"teams_tenant": teams_tenant, "base_url": base_url}, {"_id": 1}) is not None

    @guarded
    async def checked(self, result: TenantChecked) -> None:
        """Keep the newest result of the checks."""
        changes = {
            "state": "active" if result.passed else "failed",
            "checks": [check.model_dump() for check in result.checks],
            "checked_at": result.checked_at,
            "updated_at": result.checked_at,
        }
        learned = result.model_dump(include={"signing_base_url", "jira_version", "title"}, exclude_none=True)
        newer = {"$or": [{"checked_at": None}, {"checked_at": {"$lt": result.checked_at}}]}
        await self._rows.update_one({"_id": result.tenant_id, **newer}, {"$set": changes | learned})

    @guarded
    async def keys_told(self, keys: TenantKeys) -> None:
        """Keep the public side of the tenant's keys."""
        told = {
            "public_key": keys.public_key,
            "data_key_version": keys.data_key_version,
            "signing_key_version": keys.signing_key_version,
            "keys_destroyed_at": keys.destroyed_at,
        }
        await self._rows.update_one({"_id": keys.tenant_id}, {"$set": told})
