"""One-time codes for registrations, by their hashes."""

from datetime import datetime

from tenant_registry.mongo.database import Database, Session, guarded
from tenant_registry.rows import CodeRow


class RegistrationCodes:
    """The collection `registration_codes`."""

    def __init__(self, database: Database) -> None:
        self._rows = database["registration_codes"]

    @guarded
    async def add(self, code: CodeRow) -> None:
        """Remember a code; the same one told again changes nothing."""
        await self._rows.update_one({"_id": code.id}, {"$setOnInsert": code.document()}, upsert=True)

    @guarded
    async def usable(self, code_hash: str, now: datetime) -> CodeRow | None:
        """Find a code that may still be used."""
        found = await self._rows.find_one({"_id": code_hash, "used_for": None, "expires_at": {"$gt": now}})
        return CodeRow.read(found) if found else None

    @guarded
    async def use(self, code: CodeRow, tenant_id: str, session: Session) -> bool:
        """Use a code up; False where another was faster."""
        done = await self._rows.update_one(
            {"_id": code.id, "used_for": None}, {"$set": {"used_for": tenant_id}}, session=session
        )
        return done.matched_count == 1
