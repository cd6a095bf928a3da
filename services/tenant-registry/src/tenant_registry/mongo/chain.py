"""Chaining the audit: rows are added by whoever did something, and put in order by the one process that relays."""

from itertools import groupby
from operator import attrgetter

import structlog
from pymongo import UpdateOne

from tenant_registry.audit_chain import Head, chained
from tenant_registry.mongo.database import BulkWriteError, Database, DuplicateKeyError, guarded
from tenant_registry.rows import AuditRow

log = structlog.get_logger()
AT_ONCE = 500
WAITS = {"seq": {"$type": "null"}}


class AuditChain:
    """The rows of `audit` that have no place yet, and `audit_heads`.

    A place is given once: a unique index refuses a second row there, so a process that has lost the lease does no harm.
    """

    def __init__(self, database: Database) -> None:
        self._rows = database["audit"]
        self._heads = database["audit_heads"]

    @guarded
    async def extend(self) -> int:
        """Chain what waits, at most so much at once; gives how many rows got their places."""
        found = await self._rows.find(WAITS).sort([("at", 1), ("_id", 1)]).limit(AT_ONCE).to_list(None)
        rows = [AuditRow.read(one) for one in found]
        by_organisation = groupby(sorted(rows, key=attrgetter("teams_tenant")), attrgetter("teams_tenant"))
        return sum([await self._extend_one(teams_tenant, list(of_one)) for teams_tenant, of_one in by_organisation])

    async def _extend_one(self, teams_tenant: str, rows: list[AuditRow]) -> int:
        done = chained(await self._end(teams_tenant), rows)
        places = [
            UpdateOne({"_id": row.id, **WAITS}, {"$set": {"seq": row.seq, "prev": row.prev, "hash": row.hash}})
            for row in done
        ]
        try:
            written = await self._rows.bulk_write(places)
        except BulkWriteError as error:
            # Another process chains as well: what is left waits for the next time.
            log.warning("audit_chain_waits", rows=len(done), code=error.code)
            return 0
        if written.modified_count == len(done):
            await self._note(teams_tenant, done[-1])
        return written.modified_count

    async def _end(self, teams_tenant: str) -> Head:
        """Give the last place that was given: a crash may have left the noted one behind, and rows can be deleted."""
        placed = {"teams_tenant": teams_tenant, "seq": {"$gt": 0}}
        last = await self._rows.find_one(placed, sort=[("seq", -1)])
        noted = await self._heads.find_one({"_id": teams_tenant})
        ends = [Head(found["seq"], found["hash"]) for found in (last, noted) if found]
        return max(ends, key=attrgetter("seq"), default=Head())

    async def _note(self, teams_tenant: str, last: AuditRow) -> None:
        older = {"_id": teams_tenant, "seq": {"$lt": last.seq}}
        try:
            await self._heads.update_one(older, {"$set": {"seq": last.seq, "hash": last.hash}}, upsert=True)
        except DuplicateKeyError:
            return
