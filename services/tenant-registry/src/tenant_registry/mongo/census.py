"""Counting what there is, for metrics: numbers of everybody's together, never of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tenant_registry.mongo.database import Database, guarded
from tenant_registry.mongo.rotations import ENDED

AGES: dict[str, timedelta] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "quarter": timedelta(days=90),
    "year": timedelta(days=365),
}
"""Younger than this; what is no younger than a year is `older`."""
OLDER = "older"


@dataclass(frozen=True)
class Numbers:
    """What was counted."""

    tenants: Mapping[str, int]
    """By state."""
    links: Mapping[tuple[str, str], int]
    """By the way to act as a person, and how long ago the person connected."""
    oldest_keys: datetime | None
    """When the tenant keys that were not renewed for longest were made or last renewed; None where there are none."""
    oldest_rotation: datetime | None
    """When the oldest rotation that has not ended was asked for."""
    oldest_erasure: datetime | None


class Census:
    """Reads the collections without changing anything. Raises RegistryUnavailable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, now: datetime) -> Numbers:
        """Count."""
        return Numbers(
            await self._tenants(),
            await self._links(now),
            await self._oldest_keys(),
            await self._oldest("rotations", {"state": {"$nin": ENDED}}),
            await self._oldest("erasures", {}),
        )

    @guarded
    async def _tenants(self) -> dict[str, int]:
        group = [{"$group": {"_id": "$state", "count": {"$sum": 1}}}]
        return {one["_id"]: one["count"] async for one in self._database["tenants"].aggregate(group)}

    @guarded
    async def _links(self, now: datetime) -> dict[tuple[str, str], int]:
        age: Any = OLDER
        for name, limit in reversed(AGES.items()):
            age = {"$cond": [{"$gt": ["$linked_at", now - limit]}, name, age]}
        group = [
            {"$match": {"gone": {"$exists": False}}},
            {"$group": {"_id": {"mode": "$auth_mode", "age": age}, "count": {"$sum": 1}}},
        ]
        found = self._database["links"].aggregate(group)
        return {(one["_id"]["mode"], one["_id"]["age"]): one["count"] async for one in found}

    @guarded
    async def _oldest_keys(self) -> datetime | None:
        """Where a rotation is done, keys are as old as that; else as old as the tenant."""
        done = self._database["rotations"].find({"state": "done"}, {"ended_at": 1})
        renewed = {one["_id"]: one["ended_at"] async for one in done}
        there = self._database["tenants"].find({"keys_destroyed_at": None}, {"registered_at": 1})
        return min([renewed.get(one["_id"], one["registered_at"]) async for one in there], default=None)

    @guarded
    async def _oldest(self, collection: str, only: dict[str, Any]) -> datetime | None:
        found = await self._database[collection].find(only, {"asked_at": 1}).sort("asked_at").limit(1).to_list(None)
        return found[0]["asked_at"] if found else None
