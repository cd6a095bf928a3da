"""The audit: who mapped, linked, subscribed what and when. Only ever added to."""

from tenant_registry.mongo.database import Database, DuplicateKeyError, Session, guarded
from tenant_registry.rows import AuditRow


class Audit:
    """The collection `audit`."""

    def __init__(self, database: Database) -> None:
        self._rows = database["audit"]

    @guarded
    async def find(self, deed: str) -> AuditRow | None:
        """Find what was noted of a deed: what is noted was done."""
        found = await self._rows.find_one({"_id": deed})
        return AuditRow.read(found) if found else None

    @guarded
    async def note(self, row: AuditRow, session: Session) -> None:
        """Note a deed together with it; raises DuplicateKeyError where it was done already."""
        await self._rows.insert_one(row.document(), session=session)

    @guarded
    async def note_once(self, row: AuditRow) -> None:
        """Note something that stands alone; a repeat changes nothing."""
        try:
            await self._rows.insert_one(row.document())
        except DuplicateKeyError:
            return
