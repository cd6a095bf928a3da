"""The audit: who did what and when. Only ever added to; a person's own part of it can be blanked."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tenant_registry.audit_chain import Broken, Head, follow
from tenant_registry.mongo.database import (
    BulkWriteError,
    Database,
    Document,
    DuplicateKeyError,
    Session,
    WriteError,
    guarded,
)
from tenant_registry.rows import AuditRow

PAGE = 1000
DUPLICATE = 11000
BLANK: Document = {"user": "", "details": {}, "salt": None}


@dataclass(frozen=True)
class AuditQuery:
    """Which rows of an organisation are wanted, in the order of the chain; those of the last second may be missing."""

    teams_tenant: str
    tenant_id: str | None = None
    """Of one Jira alone."""
    since: datetime | None = None
    until: datetime | None = None
    """Up to, but without this."""
    what: str | None = None
    user: str | None = None
    after: int = 0
    """The `seq` of the last row that was given before."""
    limit: int = PAGE

    def filter(self) -> Document:
        """Give it as MongoDB asks."""
        wanted: Document = {"teams_tenant": self.teams_tenant, "seq": {"$gt": self.after}}
        same = {"tenant_id": self.tenant_id, "what": self.what, "user": self.user}
        wanted |= {name: value for name, value in same.items() if value is not None}
        at = {"$gte": self.since, "$lt": self.until}
        if bounds := {name: value for name, value in at.items() if value is not None}:
            wanted["at"] = bounds
        return wanted


class Audit:
    """The collections `audit` and `audit_heads`."""

    def __init__(self, database: Database) -> None:
        self._rows = database["audit"]
        self._heads = database["audit_heads"]

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

    @guarded
    async def note_all_once(self, rows: Sequence[AuditRow]) -> None:
        """Note several things that stand alone; those that are repeats change nothing."""
        if not rows:
            return
        try:
            await self._rows.insert_many([row.document() for row in rows], ordered=False)
        except BulkWriteError as error:
            failed = {one.get("code") for one in (error.details or {}).get("writeErrors", [])}
            if not failed:
                raise
            if failed != {DUPLICATE}:
                raise WriteError("a row of the audit does not fit its shape") from error

    @guarded
    async def blank(self, deeds: Sequence[str]) -> None:
        """Take out whom these are about and what is personal of them; the digests stay, so the chain holds."""
        await self._rows.update_many({"_id": {"$in": list(deeds)}}, {"$set": BLANK})

    @guarded
    async def of(self, query: AuditQuery) -> list[AuditRow]:
        """Give what a query is about; ask again with `after` for the next page."""
        found = await self._rows.find(query.filter()).sort("seq").limit(query.limit).to_list(None)
        return [AuditRow.read(one) for one in found]

    async def pages(self, query: AuditQuery) -> AsyncIterator[list[AuditRow]]:
        """Give all that a query is about, page by page."""
        while rows := await self.of(query):
            yield rows
            query = replace(query, after=rows[-1].seq or 0)

    async def verify(self, teams_tenant: str) -> Head | Broken:
        """Follow an organisation's whole chain; gives its end, or the first row that is not as it was written."""
        noted = await self.head(teams_tenant)
        reached = Head()
        async for rows in self.pages(AuditQuery(teams_tenant)):
            end = follow(reached, rows)
            if isinstance(end, Broken):
                return end
            reached = end
            anew = [row.id for row in rows if row.seq == noted.seq and row.hash != noted.hash]
            if anew:
                return Broken(noted.seq, anew[0], "all rows up to this one were written anew")
        return reached if reached.seq >= noted.seq else Broken(reached.seq + 1, None, "the row is gone")

    @guarded
    async def head(self, teams_tenant: str) -> Head:
        """Give the end of an organisation's chain as it was noted last; rows may have come since."""
        found = await self._heads.find_one({"_id": teams_tenant})
        return Head(found["seq"], found["hash"]) if found else Head()
