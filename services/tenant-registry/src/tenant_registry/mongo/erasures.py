"""Erasing a tenant from MongoDB: what there is of it, what goes, and the receipts that stay."""

from tenant_registry.mongo.audit import BLANK
from tenant_registry.mongo.database import (
    Client,
    Database,
    Document,
    Session,
    guarded,
    once,
    transaction,
)
from tenant_registry.mongo.holdings import of_organisation, of_tenant
from tenant_registry.mongo.tasks import Tasks
from tenant_registry.rows import AuditRow
from tenant_registry.schema import LINKS
from tenant_registry.tasks import ErasureRow, ReceiptRow

ERASED = "tenant_erased"
NAMES = {
    "links": "links",
    "pending_links": "pendingLinks",
    "subscriptions": "subscriptions",
    "registration_codes": "registrationCodes",
    "outbox": "waitingEvents",
    "told_changes": "toldChanges",
    "conversations": "conversations",
    "audit": "auditEntriesBlanked",
}


class Erasures(Tasks[ErasureRow]):
    """The collection `erasures`, and what an erasure does to the others."""

    def __init__(self, client: Client, database: Database) -> None:
        super().__init__(database, "erasures", ErasureRow)
        self._client = client
        self._database = database

    async def begin(self, erasure: ErasureRow) -> bool:
        """Let an erasure begin by removing the tenant, so that nothing new comes; False where it is gone already."""

        async def work(session: Session) -> bool:
            gone = await self._database["tenants"].delete_one({"_id": erasure.id}, session=session)
            if gone.deleted_count:
                await self._rows.insert_one(erasure.document(), session=session)
            return bool(gone.deleted_count)

        return await transaction(self._client, work)

    async def end(self, erasure: ErasureRow, receipt: ReceiptRow, noted: AuditRow) -> None:
        """Put the receipt in place of the erasure; doing it again changes nothing."""

        async def work(session: Session) -> None:
            await self._database["receipts"].insert_one(receipt.document(), session=session)
            await self._database["audit"].insert_one(noted.document(), session=session)
            await self._rows.delete_one({"_id": erasure.id}, session=session)

        await once(self._client, work)

    @guarded
    async def count(self, erasure: ErasureRow) -> dict[str, int]:
        """Count what there is of the tenant, by kind."""
        wanted = await self._of(erasure)
        counts = {NAMES[name]: await self._database[name].count_documents(only) for name, only in wanted.items()}
        return {"tenants": 1, **counts}

    @guarded
    async def wipe(self, erasure: ErasureRow) -> None:
        """Erase what there is of the tenant; doing it again erases what came meanwhile."""
        wanted = await self._of(erasure)
        links, audit = wanted.pop("links"), wanted.pop("audit")
        fields = {name: "" for name in LINKS.fields if name != "gone"}
        await self._database["links"].update_many(links, {"$unset": fields, "$set": {"gone": True}})
        await self._database["audit"].update_many(audit, {"$set": BLANK})
        for name, only in wanted.items():
            await self._database[name].delete_many(only)
        await self._database["rotations"].delete_one({"_id": erasure.id})

    async def _of(self, erasure: ErasureRow) -> dict[str, Document]:
        """Give, per collection, what is the tenant's; with an organisation's last tenant all that is of it."""
        wanted = of_tenant(erasure.id)
        organisation = {"teams_tenant": erasure.teams_tenant}
        if await self._database["tenants"].find_one(organisation, {"_id": 1}) is None:
            wanted |= of_organisation(erasure.teams_tenant)
        wanted["audit"] = {**wanted["audit"], "user": {"$ne": ""}, "what": {"$ne": ERASED}}
        return wanted


class Receipts:
    """The collection `receipts`: nothing personal, kept for good."""

    def __init__(self, database: Database) -> None:
        self._rows = database["receipts"]

    @guarded
    async def find(self, receipt_id: str) -> ReceiptRow | None:
        """Find one."""
        found = await self._rows.find_one({"_id": receipt_id})
        return ReceiptRow.read(found) if found else None

    @guarded
    async def of_tenant(self, tenant_id: str) -> ReceiptRow | None:
        """Find the receipt of a tenant that was erased."""
        found = await self._rows.find_one({"tenant_id": tenant_id})
        return ReceiptRow.read(found) if found else None
