"""Which changes of issues were told of, so that one that Jira tells twice is posted once."""

from datetime import datetime, timedelta

from tenant_registry.mongo.database import Database, DuplicateKeyError, guarded

REMEMBERED = timedelta(days=2)


class ToldChanges:
    """The collection `told_changes`."""

    def __init__(self, database: Database) -> None:
        self._rows = database["told_changes"]

    @guarded
    async def first(self, change: str, teller: str, now: datetime) -> bool:
        """Tell whether this teller is the first for a change; a repeat of the first is the first."""
        try:
            await self._rows.insert_one({"_id": change, "told_by": teller, "purge_at": now + REMEMBERED})
        except DuplicateKeyError:
            return await self._rows.find_one({"_id": change, "told_by": teller}) is not None
        return True
