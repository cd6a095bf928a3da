"""What people do in Jira is noted many rows at a time: nobody waits for these notes, and MongoDB works less."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from tenant_registry.rows import AuditRow

GATHERED_FOR = timedelta(milliseconds=250)


class Notes(Protocol):
    """The part of the audit that this needs; raises Unavailable."""

    async def note_acts(self, acts: Sequence[tuple[AuditRow, datetime]]) -> None: ...


class AuditBatches:
    """Writes rows of the audit: those of a quarter of a second, and of the time that the insert before takes."""

    def __init__(self, audit: Notes) -> None:
        self._audit = audit
        self._gathered: dict[str, tuple[AuditRow, datetime]] = {}
        self._next: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    async def note_act(self, row: AuditRow, asked_at: datetime) -> None:
        """Note an act, together with what others note meanwhile; a repeat changes nothing. Raises Unavailable."""
        self._gathered[row.id] = row, asked_at
        if self._next is None:
            self._next = asyncio.create_task(self._write())
        await asyncio.shield(self._next)  # one who is cancelled does not take the others along

    async def _write(self) -> None:
        await asyncio.sleep(GATHERED_FOR.total_seconds())
        async with self._writing:
            acts, self._gathered, self._next = list(self._gathered.values()), {}, None
            await self._audit.note_acts(acts)
