"""Where the relay stands in the change stream, and which process may relay."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo.errors import OperationFailure, PyMongoError

from chassis.landmarks import Landmark
from tenant_registry.mongo.database import Database, Document, DuplicateKeyError, guarded, unavailable

LEASE = timedelta(seconds=10)
WAIT = timedelta(milliseconds=500)
STATE = "state"
RELAYED = ("tenants", "links", "outbox")
TOKEN_LOST = frozenset({9, 260, 280, 286, 50811})
"""MongoDB's codes for a resume token that is unreadable, of another stream, or older than the oplog."""


class PlaceLost(Exception):
    """The saved place in the change stream is of no use any more: look at everything once."""


class LeaseLost(Exception):
    """Another process relays now."""


@dataclass(frozen=True)
class Change:
    """A document that changed: as it is now, or None where it is gone."""

    collection: str
    id: str
    document: Document | None


@dataclass(frozen=True)
class Saved:
    """How far the relay came."""

    place: Document | None = None
    """The change stream's token."""
    told: tuple[Landmark, ...] = ()
    """Where the last of each topic stands in Kafka."""


class Changes:
    """An open change stream over what is relayed."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    @property
    def place(self) -> Document | None:
        """Give the token from which another stream goes on after what was given last."""
        token: Document | None = self._stream.resume_token
        return token

    @guarded
    async def next(self) -> Change | None:
        """Give the next change, or None when none came for a moment. Raises PlaceLost."""
        try:
            told = await self._stream.try_next()
        except OperationFailure as error:
            if error.code in TOKEN_LOST:
                raise PlaceLost from error
            raise
        if told is None:
            if not self._stream.alive:
                raise PlaceLost
            return None
        return Change(told["ns"]["coll"], told["documentKey"]["_id"], told.get("fullDocument"))


class RelayPlace:
    """The collection `relay`: one document, which is the lease and the place."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = database["relay"]

    @guarded
    async def claim(self, holder: str, now: datetime) -> bool:
        """Take, or keep, the right to relay; False while another process has it."""
        free = {"_id": STATE, "$or": [{"holder": {"$in": [holder, None]}}, {"until": {"$lt": now}}]}
        try:
            await self._rows.update_one(free, {"$set": {"holder": holder, "until": now + LEASE}}, upsert=True)
        except DuplicateKeyError:
            return False
        return True

    @guarded
    async def saved(self) -> Saved:
        """Give what was saved last."""
        found = await self._rows.find_one({"_id": STATE}) or {}
        return Saved(found.get("token"), tuple(Landmark(**one) for one in found.get("told", ())))

    @guarded
    async def save(self, holder: str, saved: Saved, now: datetime) -> None:
        """Save how far the relay came. Raises LeaseLost."""
        told = [asdict(landmark) for landmark in saved.told]
        await self._change(holder, {"token": saved.place, "told": told, "until": now + LEASE})

    @guarded
    async def prolong(self, holder: str, now: datetime) -> None:
        """Keep the right to relay. Raises LeaseLost."""
        await self._change(holder, {"until": now + LEASE})

    @guarded
    async def release(self, holder: str) -> None:
        """Let another process go on at once."""
        await self._rows.update_one({"_id": STATE, "holder": holder}, {"$set": {"holder": None}})

    async def _change(self, holder: str, changes: Document) -> None:
        done = await self._rows.update_one({"_id": STATE, "holder": holder}, {"$set": changes})
        if done.matched_count == 0:
            raise LeaseLost

    @asynccontextmanager
    async def changes(self, place: Document | None) -> AsyncIterator[Changes]:
        """Open the change stream after `place`, or from now on. Raises PlaceLost."""
        # An outbox document's later changes are the relay's own.
        wanted = {
            "ns.coll": {"$in": list(RELAYED)},
            "$or": [{"ns.coll": {"$ne": "outbox"}}, {"operationType": "insert"}],
            "operationType": {"$in": ["insert", "update", "replace", "delete"]},
        }
        try:
            async with self._database.watch(
                [{"$match": wanted}],
                full_document="updateLookup",
                resume_after=place,
                max_await_time_ms=int(WAIT / timedelta(milliseconds=1)),
            ) as stream:
                yield Changes(stream)
        except OperationFailure as error:
            if error.code in TOKEN_LOST:
                raise PlaceLost from error
            raise unavailable(error) from error
        except PyMongoError as error:
            raise unavailable(error) from error

    async def everything(self) -> AsyncIterator[Change]:
        """Give every document that is relayed, as it is now."""
        try:
            for collection in RELAYED:
                wanted = {"at": {"$exists": True}} if collection == "outbox" else {}
                async for document in self._database[collection].find(wanted):
                    yield Change(collection, document["_id"], document)
        except PyMongoError as error:
            raise unavailable(error) from error
