"""Chaining the audit: many rows at one time are added in their places; what is added alone is put in order afterwards,
by the one process that relays.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

import structlog
from pymongo import UpdateOne

from tenant_registry.audit_chain import GENESIS, Head, chained
from tenant_registry.mongo.database import BulkWriteError, Database, DuplicateKeyError, guarded
from tenant_registry.rows import AuditRow

log = structlog.get_logger()
AT_ONCE = 500
MANY = 4
"""So many rows of one organisation are worth looking up where its chain ends."""
WAITS = {"seq": {"$type": "null"}}


class AuditChain:
    """The rows of `audit` that have no place yet, and `audit_heads`.

    A place is given once: a unique index refuses a second row there, so several who chain at one time do no harm. And
    whoever chains stops at the first row that is refused, so no place is left out.
    """

    def __init__(self, database: Database) -> None:
        self._rows = database["audit"]
        self._heads = database["audit_heads"]

    @guarded
    async def add(self, rows: Sequence[AuditRow]) -> list[AuditRow]:
        """Add many rows in their places; gives those that are still to be added: few, repeats, refused, overtaken."""
        left: list[AuditRow] = []
        for teams_tenant, of_one in _by_organisation(rows):
            added = await self._add_one(teams_tenant, of_one) if len(of_one) >= MANY else 0
            left += of_one[added:]
        return left

    async def _add_one(self, teams_tenant: str, rows: list[AuditRow]) -> int:
        done = chained(await self._end(teams_tenant), rows)
        try:
            await self._rows.insert_many([row.document() for row in done])
        except BulkWriteError as error:
            done = done[: (error.details or {}).get("nInserted", 0)]
        if done:
            await self._note(teams_tenant, done[-1])
        return len(done)

    @guarded
    async def extend(self) -> int:
        """Chain what waits, at most so much at once; gives how many rows got their places."""
        found = await self._rows.find(WAITS).sort([("at", 1), ("_id", 1)]).limit(AT_ONCE).to_list(None)
        rows = _by_organisation(AuditRow.read(one) for one in found)
        return sum([await self._extend_one(teams_tenant, of_one) for teams_tenant, of_one in rows])

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
        noted = await self._heads.find_one({"_id": teams_tenant}) or {"seq": 0, "hash": GENESIS}
        behind = {"teams_tenant": teams_tenant, "seq": {"$gt": noted["seq"]}}
        end = await self._rows.find_one(behind, sort=[("seq", -1)]) or noted
        return Head(end["seq"], end["hash"])

    async def _note(self, teams_tenant: str, last: AuditRow) -> None:
        older = {"_id": teams_tenant, "seq": {"$lt": last.seq}}
        try:
            await self._heads.update_one(older, {"$set": {"seq": last.seq, "hash": last.hash}}, upsert=True)
        except DuplicateKeyError:
            return


def _by_organisation(rows: Iterable[AuditRow]) -> Iterator[tuple[str, list[AuditRow]]]:
    of = attrgetter("teams_tenant")
    return ((teams_tenant, list(found)) for teams_tenant, found in groupby(sorted(rows, key=of), of))
