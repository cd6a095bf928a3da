"""Tenants in MongoDB."""

from dataclasses import dataclass, field
from datetime import datetime

from pymongo import ReturnDocument

from contracts.jira import TenantChecked
from contracts.keys import TenantKeys
from tenant_registry.decide import is_refresh
from tenant_registry.mongo.database import Database, Document, Session, guarded
from tenant_registry.rows import TenantRow


@dataclass(frozen=True)
class TenantChange:
    """New values of a tenant's fields; made only while those of `only` are as they were."""

    tenant_id: str
    at: datetime
    fields: Document = field(default_factory=dict)
    only: Document = field(default_factory=dict)
    check_id: str | None = None
    """Ask for this check of what the tenant then is."""


class Tenants:
    """The collection `tenants`."""

    def __init__(self, database: Database) -> None:
        self._rows = database["tenants"]

    @guarded
    async def add(self, tenant: TenantRow, session: Session) -> None:
        """Add a tenant; raises DuplicateKeyError where this Teams tenant has this Jira, or this alias, already."""
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
    async def at(self, teams_tenant: str, base_url: str) -> TenantRow | None:
        """Find what this Teams tenant registered at a base URL."""
        found = await self._rows.find_one({"teams_tenant": teams_tenant, "base_url": base_url})
        return TenantRow.read(found) if found else None

    @guarded
    async def of_organisation(self, teams_tenant: str) -> list[TenantRow]:
        """Give a Teams tenant's Jiras, the oldest first."""
        found = await self._rows.find({"teams_tenant": teams_tenant}).sort("registered_at").to_list(None)
        return [TenantRow.read(one) for one in found]

    @guarded
    async def page(self, after: str, limit: int, only: Document) -> list[TenantRow]:
        """Give the next tenants by their ids, of those that `only` fits."""
        found = await self._rows.find({**only, "_id": {"$gt": after}}).sort("_id").limit(limit).to_list(None)
        return [TenantRow.read(one) for one in found]

    @guarded
    async def due(self, before: datetime, limit: int) -> list[TenantRow]:
        """Give active tenants whose last check was asked for before this, the oldest first."""
        long_ago = {"$or": [{"check_asked_at": None}, {"check_asked_at": {"$lt": before}}]}
        found = await self._rows.find({"state": "active", **long_ago}).sort("check_asked_at").limit(limit).to_list(None)
        return [TenantRow.read(one) for one in found]

    @guarded
    async def change(self, change: TenantChange, session: Session) -> TenantRow | None:
        """Change one and give it as it is then; None where it is not, or no longer, as `only` says."""
        fields: Document = {**change.fields, "updated_at": change.at} if change.fields else {}
        if change.check_id is not None:
            fields |= {"check_id": change.check_id, "check_asked_at": change.at}
        found = await self._rows.find_one_and_update(
            {**change.only, "_id": change.tenant_id},
            {"$set": fields},
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        return TenantRow.read(found) if found else None

    @guarded
    async def no_default_but(self, tenant: TenantRow, at: datetime, session: Session) -> None:
        """Let no other Jira of this organisation be its default."""
        others = {"teams_tenant": tenant.teams_tenant, "is_default": True, "_id": {"$ne": tenant.id}}
        await self._rows.update_many(others, {"$set": {"is_default": False, "updated_at": at}}, session=session)

    @guarded
    async def keep_webhook_secret(self, tenant_id: str, ciphertext: str, at: datetime) -> TenantRow | None:
        """Give the tenant with its webhook's secret: this one, unless it has one. None where it is gone."""
        await self._rows.update_one(
            {"_id": tenant_id, "webhook_secret": None}, {"$set": {"webhook_secret": ciphertext, "updated_at": at}}
        )
        return await self.find(tenant_id)

    @guarded
    async def checked(self, result: TenantChecked) -> None:
        """Keep the newest result of the checks that were asked for last; one that is suspended stays so.

        A check in the background that fails changes no state: a Jira that is down for its upgrade comes back.
        """
        changes = {
            "checks": [check.model_dump() for check in result.checks],
            "checked_at": result.checked_at,
            "updated_at": result.checked_at,
        }
        learned = result.model_dump(include={"signing_base_url", "jira_version", "title"}, exclude_none=True)
        asked = {
            "_id": result.tenant_id,
            "check_id": {"$in": [None, result.check_id]},
            "$or": [{"checked_at": None}, {"checked_at": {"$lt": result.checked_at}}],
        }
        if result.passed or not is_refresh(result.check_id):
            state = {"state": "active" if result.passed else "failed"}
            awake = {**asked, "state": {"$ne": "suspended"}}
            done = await self._rows.update_one(awake, {"$set": changes | learned | state})
            if done.matched_count:
                return
        await self._rows.update_one(asked, {"$set": changes | learned})

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
