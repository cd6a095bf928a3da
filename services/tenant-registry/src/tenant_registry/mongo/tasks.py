"""Taking on tasks: each by one process at a time, and by another where that one was killed."""

from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import uuid4

from pymongo import ReturnDocument

from tenant_registry.mongo.database import Database, Document, guarded
from tenant_registry.tasks import Task

LEASE = timedelta(seconds=60)
"""How long a step may take until another process takes the task over; longer than key-vault is waited for."""
T = TypeVar("T", bound=Task)


class TaskLost(Exception):
    """Another process has taken the task over, or it is gone."""


class Tasks(Generic[T]):
    """A collection of tasks. Every step is such that two processes that take it at once do no harm."""

    def __init__(self, database: Database, name: str, kind: type[T]) -> None:
        self._rows = database[name]
        self._kind = kind

    @guarded
    async def find(self, task_id: str) -> T | None:
        """Find one."""
        found = await self._rows.find_one({"_id": task_id})
        return self._kind.read(found) if found else None

    @guarded
    async def claim(self, now: datetime, task_id: str | None = None) -> T | None:
        """Take on the task that is due longest, or this one if it is due; None where there is none."""
        due: Document = {"due_at": {"$lte": now}} | ({"_id": task_id} if task_id else {})
        found = await self._rows.find_one_and_update(
            due,
            {"$set": {"holder": uuid4().hex, "due_at": now + LEASE}},
            sort=[("due_at", 1)],
            return_document=ReturnDocument.AFTER,
        )
        return self._kind.read(found) if found else None

    @guarded
    async def save(self, task: T, **changes: Any) -> T:
        """Save where a task stands. Raises TaskLost."""
        found = await self._rows.find_one_and_update(
            {"_id": task.id, "holder": task.holder}, {"$set": changes}, return_document=ReturnDocument.AFTER
        )
        if found is None:
            raise TaskLost
        return self._kind.read(found)
