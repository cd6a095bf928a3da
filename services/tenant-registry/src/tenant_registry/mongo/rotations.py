"""Rotations of keys in MongoDB: the last one of each tenant."""

from tenant_registry.mongo.database import Database, DuplicateKeyError, guarded
from tenant_registry.mongo.tasks import Tasks
from tenant_registry.tasks import RotationRow

ENDED = ["done", "failed"]


class Rotations(Tasks[RotationRow]):
    """The collection `rotations`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, "rotations", RotationRow)

    @guarded
    async def ask(self, rotation: RotationRow) -> bool:
        """Have a tenant's keys rotated; False where that is under way already."""
        ended = {"_id": rotation.id, "state": {"$in": ENDED}}
        try:
            await self._rows.replace_one(ended, rotation.document(), upsert=True)
        except DuplicateKeyError:
            return False
        return True

    @guarded
    async def page(self, after: str, limit: int) -> list[RotationRow]:
        """Give the next rotations by their tenants' ids."""
        found = await self._rows.find({"_id": {"$gt": after}}).sort("_id").limit(limit).to_list(None)
        return [RotationRow.read(one) for one in found]

    @guarded
    async def states(self) -> dict[str, int]:
        """Count the rotations by their state."""
        found = await self._rows.aggregate([{"$group": {"_id": "$state", "count": {"$sum": 1}}}]).to_list(None)
        return {one["_id"]: one["count"] for one in found}
